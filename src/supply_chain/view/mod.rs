//! Trees as the reference sees them: some parts of a templating context are plain JSON, others are Go
//! values whose type decides which fields exist, what an unset one is and how it becomes JSON.
//!
//! The tree itself stays as it was read. A [`Shape`] beside it says what Go type it stands for.

mod context;
mod inputs;
mod json;
pub(crate) mod kubernetes;
mod quantity;
mod shape;
mod time;

pub use context::Context;
pub use inputs::{CONFIGS, IMAGES, SOURCE, SOURCES};
pub(crate) use json::Numbers;
pub use shape::{ANY, Field, OPAQUE, OPAQUE_MAP, STRING_MAP, Shape, Struct};
pub(crate) use time::canonical as canonical_time;

use std::sync::LazyLock;

use crate::yaml::{ArrayItem, Map, Node};

/// What stands where nothing was set.
pub(crate) static NULL: Node = Node::Null;

/// A node and the Go type it stands for.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) node: &'a Node,
    pub(crate) shape: &'a Shape,
}

impl<'a> From<&'a Node> for View<'a> {
    /// Plain JSON.
    fn from(node: &'a Node) -> View<'a> {
        View { node, shape: &ANY }
    }
}

impl<'a> From<&'a Context> for View<'a> {
    fn from(context: &'a Context) -> View<'a> {
        context.view()
    }
}

impl<'a> View<'a> {
    /// A node that stands for a Go value of this type.
    pub fn new(node: &'a Node, shape: &'a Shape) -> View<'a> {
        View { node, shape }
    }

    /// The value behind pointers and interfaces; `None` if there is none.
    pub(crate) fn indirect(self) -> Option<View<'a>> {
        match self.shape {
            Shape::Pointer(_) | Shape::Any if matches!(self.node, Node::Null) => None,
            Shape::Pointer(target) => View { node: self.node, shape: target }.indirect(),
            _ => Some(self),
        }
    }

    /// The field of a struct or the item of a map.
    pub(crate) fn field(self, name: &str) -> Option<View<'a>> {
        match self.shape {
            Shape::Any => self.map()?.get(name).map(View::from),
            Shape::Pointer(_) => self.indirect()?.field(name),
            Shape::Struct(fields) => fields.find(self.node, name),
            Shape::Map(item) => self.map()?.get(name).map(|node| View { node, shape: item }),
            Shape::Context(shapes) => {
                let items = &self.map()?.items;
                let index = items.iter().position(|item| item.key.as_str() == Some(name))?;
                Some(View { node: &items.get(index)?.value, shape: shapes.get(index)? })
            }
            Shape::Opaque(_) if matches!(name, "Raw" | "-") => {
                Some(View { node: self.node, shape: &Shape::Raw })
            }
            _ => None,
        }
    }

    /// The items of a list, and what they are; `None` if this is no list.
    pub(crate) fn list(self) -> Option<List<'a>> {
        match (self.shape, self.node) {
            (Shape::Any, Node::Array(array)) => Some(List::Items(&array.items, &ANY)),
            (Shape::List(item), Node::Array(array)) => Some(List::Items(&array.items, item)),
            (Shape::List(item), _) => Some(List::Items(&[], item)),
            (Shape::Raw, _) => Some(List::Bytes(json::raw(self.node))),
            _ => None,
        }
    }

    /// What `*` gives: the fields of a struct, the values of a map in the order of their keys, the items of
    /// a list, the bytes of a text.
    pub(crate) fn children(self) -> Vec<View<'a>> {
        if let Some(list) = self.list() {
            return (0..list.len()).filter_map(|index| list.get(index)).collect();
        }
        match self.shape {
            Shape::Any => match self.node {
                Node::Map(map) => sorted(map).map(|(_, node)| View::from(node)).collect(),
                Node::Str(text) => text.bytes().map(byte).collect(),
                Node::Bytes(bytes) => bytes.iter().copied().map(byte).collect(),
                _ => Vec::new(),
            },
            Shape::Text(_) => self.node.as_str().unwrap_or_default().bytes().map(byte).collect(),
            Shape::Map(item) => {
                self.map().into_iter().flat_map(sorted).map(|(_, node)| View { node, shape: item }).collect()
            }
            Shape::Context(shapes) => {
                let items = self.map().map_or(&[][..], |map| &map.items);
                let mut items: Vec<_> = items.iter().zip(shapes).collect();
                items.sort_by_key(|(item, _)| item.key.as_str());
                items.into_iter().map(|(item, shape)| View { node: &item.value, shape }).collect()
            }
            Shape::Struct(fields) => fields.fields.iter().map(|field| field.of(self.node)).collect(),
            Shape::Opaque(_) => vec![View { node: self.node, shape: &Shape::Raw }],
            Shape::Time | Shape::Quantity => vec![View { node: self.node, shape: &Shape::Internal }],
            Shape::Internal => vec![View { node: &NULL, shape: &Shape::Nothing }],
            _ => Vec::new(),
        }
    }

    /// The value an interface holds; `None` if it holds none.
    pub(crate) fn indirect_interface(self) -> Option<View<'a>> {
        match self.shape {
            Shape::Any => self.indirect(),
            _ => Some(self),
        }
    }

    pub(crate) fn map(self) -> Option<&'a Map> {
        match self.node {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value as Go decodes the reference's JSON of it: unset fields with `omitempty` are absent, every
    /// number is a float.
    pub fn to_json(self) -> Node {
        json::of(self, Numbers::Floats)
    }

    /// The value as YAML reads the reference's JSON of it: as [`View::to_json`], but a number without a
    /// fraction is whole. What a float cannot hold has lost digits all the same.
    pub fn to_whole_json(self) -> Node {
        json::of(self, Numbers::Whole)
    }
}

/// The items of a map in the order of their keys.
pub(crate) fn sorted(map: &Map) -> impl Iterator<Item = (&str, &Node)> {
    let mut items: Vec<_> =
        map.items.iter().map(|item| (item.key.as_str().unwrap_or_default(), &item.value)).collect();
    items.sort_by_key(|(key, _)| *key);
    items.into_iter()
}

/// The items of a list.
pub(crate) enum List<'a> {
    Items(&'a [ArrayItem], &'a Shape),
    Bytes(Vec<u8>),
}

impl<'a> List<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            List::Items(items, _) => items.len(),
            List::Bytes(bytes) => bytes.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<View<'a>> {
        match self {
            List::Items(items, shape) => items.get(index).map(|item| View { node: &item.value, shape }),
            List::Bytes(bytes) => bytes.get(index).copied().map(byte),
        }
    }
}

/// All bytes, for views of them.
static BYTES: LazyLock<[Node; 256]> =
    LazyLock::new(|| std::array::from_fn(|value| Node::Int(i64::try_from(value).unwrap_or(0))));

fn byte(value: u8) -> View<'static> {
    View { node: BYTES.get(usize::from(value)).unwrap_or(&NULL), shape: &Shape::Byte }
}
