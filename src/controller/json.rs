//! Making trees.

use std::sync::Arc;

use crate::yaml::{Map, MapItem, Node};

/// A map of these fields.
pub(super) fn map<const N: usize>(fields: [(&str, Node); N]) -> Node {
    let items = fields
        .into_iter()
        .map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() })
        .collect();
    Node::Map(Arc::new(Map { items, ..Map::default() }))
}
