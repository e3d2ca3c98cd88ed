//! Walks over trees.

use std::sync::Arc;

use super::node::{Array, ArrayItem, Document, DocumentSet, Map, MapItem, Node, Notes};

/// Calls `visit` with the notes of the document and of each item in it, parents first.
pub fn visit_notes(document: &Document, visit: &mut dyn FnMut(&Notes)) {
    visit(&document.notes);
    visit_value(&document.value, visit);
}

fn visit_value(value: &Node, visit: &mut dyn FnMut(&Notes)) {
    match value {
        Node::Map(map) => {
            for item in &map.items {
                visit(&item.notes);
                visit_value(&item.value, visit);
            }
        }
        Node::Array(array) => {
            for item in &array.items {
                visit(&item.notes);
                visit_value(&item.value, visit);
            }
        }
        Node::DocumentSet(documents) => {
            documents.items.iter().for_each(|document| visit_notes(document, visit))
        }
        _ => {}
    }
}

/// What hangs together in a document, map item or array item.
trait Item: Clone {
    fn parts(&mut self) -> (&mut Node, &mut Notes);
    fn value(&self) -> &Node;
    fn notes(&self) -> &Notes;
}

macro_rules! item {
    ($type:ty) => {
        impl Item for $type {
            fn parts(&mut self) -> (&mut Node, &mut Notes) {
                (&mut self.value, &mut self.notes)
            }
            fn value(&self) -> &Node {
                &self.value
            }
            fn notes(&self) -> &Notes {
                &self.notes
            }
        }
    };
}
item!(Document);
item!(MapItem);
item!(ArrayItem);

/// What becomes of an item: its value, if that changes, and the number of its annotations.
pub(crate) type Change = (Option<Node>, u32);

/// A collection whose items are what `change` makes of them; `None` if it changes none. What does not
/// change stays shared.
pub(crate) fn with_changed_items(
    node: &Node,
    change: &mut dyn FnMut(&Node, &Notes) -> Option<Change>,
) -> Option<Node> {
    Some(match node {
        Node::Map(map) => Node::Map(Arc::new(Map { items: changed(&map.items, change)?, ..**map })),
        Node::Array(array) => {
            Node::Array(Arc::new(Array { items: changed(&array.items, change)?, ..**array }))
        }
        Node::DocumentSet(set) => {
            let (items, notes) = (changed(&set.items, change)?, set.notes.clone());
            Node::DocumentSet(Arc::new(DocumentSet { items, notes, pos: set.pos }))
        }
        _ => return None,
    })
}

fn changed<T: Item>(items: &[T], change: &mut dyn FnMut(&Node, &Notes) -> Option<Change>) -> Option<Vec<T>> {
    let mut copy: Option<Vec<T>> = None;
    for (index, item) in items.iter().enumerate() {
        let Some((new, annotations)) = change(item.value(), item.notes()) else {
            continue;
        };
        let (value, notes) = copy.get_or_insert_with(|| items.to_vec()).get_mut(index)?.parts();
        notes.annotations = annotations;
        if let Some(new) = new {
            *value = new;
        }
    }
    copy
}
