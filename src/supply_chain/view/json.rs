//! Views as the reference's JSON of them reads, once decoded again.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::shape::Field;
use super::{Shape, View, quantity, sorted, time};
use crate::yaml::{Array, ArrayItem, Map, MapItem, Node, json, with_changed_items};

/// What becomes of numbers. In the reference they have all been floats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// They are floats.
    Floats,
    /// They are whole where their text is: as YAML reads the JSON of a float.
    Whole,
}

/// The value, as decoded from its JSON.
pub(super) fn of(view: View<'_>, numbers: Numbers) -> Node {
    let of = |view| of(view, numbers);
    let decoded = |node| decoded(node, numbers);
    let View { node, shape } = view;
    match shape {
        Shape::Any | Shape::Opaque(_) => decoded(node).unwrap_or_else(|| node.clone()),
        Shape::Raw => match raw(node) {
            bytes if bytes.is_empty() => Node::Null,
            bytes => Node::str(STANDARD.encode(bytes)),
        },
        Shape::Text(_) => match node {
            Node::Null => Node::str(""),
            node => node.clone(),
        },
        Shape::Int(_) | Shape::Float | Shape::Byte => match node {
            Node::Null if numbers == Numbers::Whole => Node::Int(0),
            Node::Null => Node::Float(0.0),
            node => decoded(node).unwrap_or_else(|| node.clone()),
        },
        Shape::Bool => match node {
            Node::Null => Node::Bool(false),
            node => node.clone(),
        },
        Shape::Time => match node.as_str() {
            Some(text) => time::canonical(text).map_or_else(|| node.clone(), Node::str),
            None => Node::Null,
        },
        Shape::Quantity => quantity(node),
        Shape::Pointer(target) => match node {
            Node::Null => Node::Null,
            node => of(View { node, shape: target }),
        },
        Shape::List(item) => match node {
            Node::Array(array) => {
                let values = array.items.iter().map(|node| of(View { node: &node.value, shape: item }));
                let items = values.map(|value| ArrayItem { value, ..ArrayItem::default() }).collect();
                Node::Array(Arc::new(Array { items, ..Array::default() }))
            }
            _ => Node::Null,
        },
        Shape::Map(item) => match node {
            Node::Map(map) => {
                built(sorted(map).map(|(key, node)| (key.into(), of(View { node, shape: item }))))
            }
            _ => Node::Null,
        },
        Shape::Struct(fields) => {
            let mut items = Vec::new();
            push_fields(&mut items, node, fields.fields, numbers);
            Node::Map(Arc::new(Map { items, ..Map::default() }))
        }
        Shape::Context(shapes) => {
            let items = view.map().map_or(&[][..], |map| &map.items);
            built(items.iter().zip(shapes).map(|(item, shape)| {
                (item.key.as_str().unwrap_or_default().into(), of(View { node: &item.value, shape }))
            }))
        }
        Shape::Internal => match node {
            Node::Null => Node::str("0001-01-01T00:00:00Z"),
            node => node.clone(),
        },
        Shape::Nothing => Node::Null,
    }
}

fn built(items: impl Iterator<Item = (crate::yaml::Text, Node)>) -> Node {
    let items = items.map(|(key, value)| item(Node::Str(key), value)).collect();
    Node::Map(Arc::new(Map { items, ..Map::default() }))
}

fn item(key: Node, value: Node) -> MapItem {
    MapItem { key, value, ..MapItem::default() }
}

fn push_fields(items: &mut Vec<MapItem>, node: &Node, fields: &'static [Field], numbers: Numbers) {
    for field in fields {
        let view = field.of(node);
        match (field.json, view.indirect()) {
            ("", Some(View { shape: Shape::Struct(inner), .. })) => {
                push_fields(items, node, inner.fields, numbers)
            }
            ("", _) => {}
            _ if field.omit_empty && is_empty(view) => {}
            (name, _) => items.push(item(Node::str(name), of(view, numbers))),
        }
    }
}

fn quantity(node: &Node) -> Node {
    let text = match node {
        Node::Null => return Node::str("0"),
        Node::Str(text) => text.to_string(),
        number => json::encode(number, 0, false).unwrap_or_default(),
    };
    Node::str(quantity::canonical(&text).unwrap_or(text))
}

/// Whether `omitempty` leaves the value out.
fn is_empty(View { node, shape }: View<'_>) -> bool {
    match (shape, node) {
        (Shape::Struct(_) | Shape::Time | Shape::Quantity | Shape::Opaque(_), _) => false,
        (_, Node::Null) => true,
        (Shape::Pointer(_) | Shape::Any, _) => false,
        (_, Node::Bool(value)) => !value,
        (_, Node::Int(value)) => *value == 0,
        (_, Node::Float(value)) => *value == 0.0,
        (_, Node::Str(text)) => text.is_empty(),
        (_, Node::Array(array)) => array.items.is_empty(),
        (_, Node::Map(map)) => map.items.is_empty(),
        _ => false,
    }
}

/// What becomes of a node of plain JSON; `None` if it stays as it is.
fn decoded(node: &Node, numbers: Numbers) -> Option<Node> {
    /// Up to here a float holds every whole number.
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    match node {
        Node::Int(value) if numbers == Numbers::Whole && value.unsigned_abs() <= EXACT => None,
        Node::Int(value) => Some(number(*value as f64, numbers)),
        Node::Uint(value) => Some(number(*value as f64, numbers)),
        Node::Float(value) if numbers == Numbers::Whole && value.fract() == 0.0 => {
            Some(number(*value, numbers))
        }
        Node::Bytes(bytes) => {
            let mut text = String::new();
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            Some(Node::str(text))
        }
        node => with_changed_items(node, &mut |value, notes| {
            Some((Some(decoded(value, numbers)?), notes.annotations))
        }),
    }
}

fn number(value: f64, numbers: Numbers) -> Node {
    let float = Node::Float(value);
    if numbers == Numbers::Floats {
        return float;
    }
    let text = json::encode(&float, 0, false).unwrap_or_default();
    match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(value), _) => Node::Int(value),
        (_, Ok(value)) => Node::Uint(value),
        _ => float,
    }
}

/// The JSON text of a value that the reference keeps as text.
pub(super) fn raw(node: &Node) -> Vec<u8> {
    match node {
        Node::Null => Vec::new(),
        node => json::encode(node, 0, false).unwrap_or_default().into_bytes(),
    }
}
