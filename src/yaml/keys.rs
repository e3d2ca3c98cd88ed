//! Keys of maps: repeated ones and collections as keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::{Array, ArrayItem, DocumentSet, Map, MapItem, Node, Text};

/// Keeps the last of the items that share a key, at the place of the first, in every map. This is
/// how plain YAML is read; in a template a repeated key is an error.
pub fn keep_last_of_repeated_keys(documents: &mut DocumentSet) {
    for document in &mut documents.items {
        keep_last(&mut document.value);
    }
}

fn keep_last(node: &mut Node) {
    match node {
        Node::Map(map) if has_map_or_repeats(map) => {
            let map = Arc::make_mut(map);
            let items = std::mem::take(&mut map.items);
            let mut texts: HashMap<Text, usize> = HashMap::new();
            for mut item in items {
                keep_last(&mut item.value);
                let earlier = match &item.key {
                    Node::Str(text) => {
                        let next = map.items.len();
                        let index = *texts.entry(text.clone()).or_insert(next);
                        (index < next).then_some(index)
                    }
                    key => map.items.iter().position(|earlier| earlier.key == *key),
                };
                match earlier.and_then(|index| map.items.get_mut(index)) {
                    Some(place) => *place = item,
                    None => map.items.push(item),
                }
            }
        }
        Node::Array(array) if array.items.iter().any(|item| !item.value.is_scalar()) => {
            for item in &mut Arc::make_mut(array).items {
                keep_last(&mut item.value);
            }
        }
        _ => {}
    }
}

/// Whether there is anything to look at: most maps hold few keys, all different.
fn has_map_or_repeats(map: &Map) -> bool {
    let items = &map.items;
    items.len() > 16
        || items.iter().any(|item| !item.value.is_scalar())
        || items
            .iter()
            .enumerate()
            .any(|(index, item)| items.iter().take(index).any(|earlier| earlier.key == item.key))
}

/// A key as the reference keeps it. It does not turn collections in keys into nodes, so that the items
/// of an array show as its decoder has them: maps of `value` and `line`. Lines count from 0 there;
/// `shift` is what was added to make positions of them.
pub(super) fn internal_form(key: Node, shift: u32) -> Node {
    match key {
        Node::Array(array) => {
            let items = array.items.iter().map(|item| {
                let line = i64::from(item.pos.line) - i64::from(shift);
                let value = internal_form(item.value.clone(), shift);
                let fields = [("value", value), ("line", Node::Int(line))];
                let items =
                    fields.map(|(key, value)| MapItem { key: Node::str(key), value, ..MapItem::default() });
                let map = Map { items: items.into(), ..Map::default() };
                ArrayItem { value: Node::Map(Arc::new(map)), ..ArrayItem::default() }
            });
            Node::Array(Arc::new(Array { items: items.collect(), ..Array::default() }))
        }
        Node::Map(mut map) => {
            for item in &mut Arc::make_mut(&mut map).items {
                item.pos.line = item.pos.line.saturating_sub(shift);
                item.value = internal_form(std::mem::take(&mut item.value), shift);
            }
            Node::Map(map)
        }
        scalar => scalar,
    }
}
