//! Equality of trees as far as printing keeps it.

use stampmill::yaml::{DocumentSet, Node};

/// Whether printing and reading gives the same documents. Not so, in the reference neither, for documents
/// within values; for collections in keys, which print in an internal form; for the key `<<`, which prints
/// plain and then asks for a merge; for line breaks other than line feeds, which are not escaped.
pub fn survives_printing(documents: &DocumentSet) -> bool {
    documents.items.iter().all(|document| value_survives(&document.value))
}

fn value_survives(node: &Node) -> bool {
    match node {
        Node::Map(map) => map.items.iter().all(|item| key_survives(&item.key) && value_survives(&item.value)),
        Node::Array(array) => array.items.iter().all(|item| value_survives(&item.value)),
        Node::DocumentSet(_) => false,
        Node::Str(text) => !text.contains(['\u{85}', '\u{2028}', '\u{2029}']),
        _ => true,
    }
}

fn key_survives(key: &Node) -> bool {
    key.is_scalar() && key.as_str() != Some("<<") && value_survives(key)
}

/// Whether these are the same documents. Empty ones do not count: those that were written in a template are
/// not printed, in ytt neither, and those that code made are. Nor do positions, comments and styles.
pub fn same_documents(left: &DocumentSet, right: &DocumentSet) -> bool {
    let values = |set: &DocumentSet| -> Vec<Node> {
        set.items.iter().map(|document| document.value.clone()).filter(|value| !is_empty(value)).collect()
    };
    let (left, right) = (values(left), values(right));
    left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same(left, right))
}

fn is_empty(value: &Node) -> bool {
    match value {
        Node::Null => true,
        Node::Map(map) => map.items.is_empty(),
        Node::Array(array) => array.items.is_empty(),
        _ => false,
    }
}

/// Whether these are the same values. Numbers are compared as numbers: a whole float prints like an
/// integer.
pub fn same(left: &Node, right: &Node) -> bool {
    match (left, right) {
        (Node::Map(left), Node::Map(right)) => {
            left.items.len() == right.items.len()
                && left
                    .items
                    .iter()
                    .zip(&right.items)
                    .all(|(left, right)| same(&left.key, &right.key) && same(&left.value, &right.value))
        }
        (Node::Array(left), Node::Array(right)) => {
            left.items.len() == right.items.len()
                && left.items.iter().zip(&right.items).all(|(left, right)| same(&left.value, &right.value))
        }
        (Node::Float(_), _) | (_, Node::Float(_)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right || left.is_nan() && right.is_nan(),
            _ => false,
        },
        _ => left == right,
    }
}

fn number(node: &Node) -> Option<f64> {
    match node {
        Node::Int(value) => Some(*value as f64),
        Node::Uint(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        _ => None,
    }
}
