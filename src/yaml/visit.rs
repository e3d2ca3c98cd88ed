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

/// A tree that has been looked at before: what another tree shares with it need not be again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a>(Option<&'a Node>);

impl<'a> Known<'a> {
    pub(crate) fn new(tree: &'a Node) -> Known<'a> {
        Known(Some(tree))
    }

    /// Whether this is the very collection.
    pub(crate) fn is(self, node: &Node) -> bool {
        match (self.0, node) {
            (Some(Node::Map(known)), Node::Map(map)) => Arc::ptr_eq(known, map),
            (Some(Node::Array(known)), Node::Array(array)) => Arc::ptr_eq(known, array),
            (Some(Node::DocumentSet(known)), Node::DocumentSet(set)) => Arc::ptr_eq(known, set),
            _ => false,
        }
    }

    /// What is known of the item at this index.
    pub(crate) fn item(self, index: usize) -> Known<'a> {
        Known(match self.0 {
            Some(Node::Map(map)) => map.items.get(index).map(|item| &item.value),
            Some(Node::Array(array)) => array.items.get(index).map(|item| &item.value),
            Some(Node::DocumentSet(set)) => set.items.get(index).map(|document| &document.value),
            _ => None,
        })
    }

    /// What is known of the map's item of this key, if it is at this index.
    pub(crate) fn map_item(self, index: usize, key: &Node) -> Known<'a> {
        match self.0 {
            Some(Node::Map(map)) if map.items.get(index).is_some_and(|item| item.key == *key) => {
                self.item(index)
            }
            _ => Known(None),
        }
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
