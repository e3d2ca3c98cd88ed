//! Values as they are once they have been sent as JSON: keys sorted, whole numbers whole.

use std::sync::Arc;

use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, Text};

/// From here on a float has no digits behind the point, and Go writes it with an exponent a little later.
const WHOLE: f64 = 9_223_372_036_854_775_808.0;

/// The value as another program reads it from JSON that Go wrote. What is so already is shared.
pub(crate) fn wire(node: &Node) -> Node {
    changed(node).unwrap_or_else(|| node.clone())
}

/// None where nothing changes.
fn changed(node: &Node) -> Option<Node> {
    match node {
        Node::Float(value) if value.fract() == 0.0 && value.abs() < WHOLE => Some(Node::Int(*value as i64)),
        Node::Array(array) => {
            let mut items = None;
            for (index, item) in array.items.iter().enumerate() {
                if let Some(value) = changed(&item.value) {
                    let items = items.get_or_insert_with(|| array.items.clone());
                    if let Some(item) = items.get_mut(index) {
                        *item = ArrayItem { value, ..ArrayItem::default() };
                    }
                }
            }
            items.map(|items| Node::Array(Arc::new(Array { items, ..Array::default() })))
        }
        Node::Map(map) => {
            let mut items: Option<Vec<MapItem>> = None;
            for (index, item) in map.items.iter().enumerate() {
                let key = json_key(&item.key);
                let value = changed(&item.value);
                if key.is_some() || value.is_some() {
                    let items = items.get_or_insert_with(|| map.items.clone());
                    if let Some(item) = items.get_mut(index) {
                        item.key = key.unwrap_or_else(|| item.key.clone());
                        item.value = value.unwrap_or_else(|| item.value.clone());
                    }
                }
            }
            let now = items.as_deref().unwrap_or(&map.items);
            if !now.is_sorted_by(|a, b| a.key.as_str() < b.key.as_str()) {
                let items = items.get_or_insert_with(|| map.items.clone());
                items.sort_by(|a, b| a.key.as_str().cmp(&b.key.as_str()));
                // Of keys that read the same once they are text, the last counts.
                items.reverse();
                items.dedup_by(|a, b| a.key.as_str() == b.key.as_str());
                items.reverse();
            }
            items.map(|items| Node::Map(Arc::new(Map { items, ..Map::default() })))
        }
        _ => None,
    }
}

/// A key that is no text, as text: what reading YAML as JSON makes of it.
fn json_key(key: &Node) -> Option<Node> {
    let text = match key {
        Node::Str(_) => return None,
        Node::Bool(value) => Text::new_static(if *value { "true" } else { "false" }),
        Node::Int(value) => smol_str::format_smolstr!("{value}"),
        Node::Uint(value) => smol_str::format_smolstr!("{value}"),
        Node::Null => Text::new_static("null"),
        other => Text::new(crate::yaml::go_text(other)),
    };
    Some(Node::Str(text))
}

/// A map of these items, in this order.
pub(crate) fn map<K: Into<Text>>(items: impl IntoIterator<Item = (K, Node)>) -> Node {
    let items = items.into_iter();
    let items = items.map(|(key, value)| MapItem { key: Node::Str(key.into()), value, ..MapItem::default() });
    Node::Map(Arc::new(Map { items: items.collect(), ..Map::default() }))
}
