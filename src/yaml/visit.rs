//! Walks over trees.

use super::node::{Document, Node, Notes};

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
