//! Making the trees that schemas are exported as.

use std::sync::Arc;

use crate::yaml::{Map, MapItem, Node};

/// A map with these keys.
pub(super) fn map(items: Vec<(&str, Node)>) -> Node {
    let items = items.into_iter();
    map_of(items.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() }).collect())
}

/// A map of these items.
pub(super) fn map_of(items: Vec<MapItem>) -> Node {
    Node::Map(Arc::new(Map { items, ..Map::default() }))
}
