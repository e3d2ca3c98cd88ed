//! Trees in cases: taking them apart and putting them together.

use std::sync::Arc;

use stampmill::yaml::{Array, ArrayItem, Map, MapItem, Node};

/// The items of an array; none of anything else.
pub(crate) fn items(node: &Node) -> Vec<&Node> {
    match node {
        Node::Array(array) => array.items.iter().map(|item| &item.value).collect(),
        _ => Vec::new(),
    }
}

/// An array of these values.
pub(crate) fn array(values: impl IntoIterator<Item = Node>) -> Node {
    let items = values.into_iter().map(|value| ArrayItem { value, ..ArrayItem::default() }).collect();
    Node::Array(Arc::new(Array { items, ..Array::default() }))
}

/// A map of these items.
pub(crate) fn map<K: AsRef<str>>(values: impl IntoIterator<Item = (K, Node)>) -> Node {
    let item =
        |(key, value): (K, Node)| MapItem { key: Node::str(key.as_ref()), value, ..MapItem::default() };
    Node::Map(Arc::new(Map { items: values.into_iter().map(item).collect(), ..Map::default() }))
}
