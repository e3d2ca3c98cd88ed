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
            let mut others: HashMap<String, usize> = HashMap::new();
            for mut item in items {
                keep_last(&mut item.value);
                let next = map.items.len();
                let index = match &item.key {
                    Node::Str(text) => *texts.entry(text.clone()).or_insert(next),
                    // It does not equal itself.
                    Node::Float(value) if value.is_nan() => next,
                    // Both zeros are equal.
                    Node::Float(value) => *others.entry(format!("{:?}", value + 0.0)).or_insert(next),
                    key => *others.entry(format!("{key:?}")).or_insert(next),
                };
                match map.items.get_mut(index) {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::keep_last_of_repeated_keys;
    use crate::yaml::{ParseOptions, parse, print_documents};

    /// Expected values are what the reference printed.
    #[test]
    fn the_last_of_repeated_keys_stays() {
        let cases = [
            ("a: 1\nb: 2\na: {c: 3, c: 4}\n", "a:\n  c: 4\nb: 2\n"),
            ("- 1: a\n  \"1\": b\n  1.5: c\n  0x1: d\n", "- 1: d\n  \"1\": b\n  1.5: c\n"),
            ("0.0: a\n-0.0: b\ntrue: c\ny: d\n~: e\nnull: f\n", "-0: b\ntrue: d\nnull: f\n"),
            ("? [a]\n: 1\n? [a]\n: 2\n", "? - value: a\n    line: 1\n: 1\n? - value: a\n    line: 3\n: 2\n"),
        ];
        for (text, expected) in cases {
            let mut documents = parse(text.as_bytes(), 0, &ParseOptions::default()).unwrap();
            keep_last_of_repeated_keys(&mut documents);
            assert_eq!(print_documents(&documents), expected, "{text:?}");
        }
        let many: String = (0..20_000).map(|index| format!("{}: {index}\n", index % 10_000)).collect();
        let mut documents = parse(many.as_bytes(), 0, &ParseOptions::default()).unwrap();
        keep_last_of_repeated_keys(&mut documents);
        assert_eq!(print_documents(&documents).lines().count(), 10_000);
    }
}
