//! Parts of objects as they were written, each with the line to blame.
//!
//! Checks read objects this way rather than through the types of the API, which say less: where a field
//! stands, and what is wrong with an object whose fields do not even have their types.

use crate::yaml::{Map, Node, Pos};

/// A node of an object, or the place where one is missing.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    node: &'a Node,
    pos: Pos,
}

impl<'a> Part<'a> {
    /// A node and where it stands.
    pub fn new(node: &'a Node, pos: Pos) -> Part<'a> {
        Part { node, pos }
    }

    /// A whole object, which stands where its first field does.
    pub fn object(node: &'a Node) -> Part<'a> {
        let pos = match node {
            Node::Map(map) => map.items.first().map_or(map.pos, |item| item.pos),
            _ => Pos::UNKNOWN,
        };
        Part { node, pos }
    }

    /// The node; null where there is none.
    pub fn node(self) -> &'a Node {
        self.node
    }

    /// The line of the field or item; of what it is missing from if there is none.
    pub fn pos(self) -> Pos {
        self.pos
    }

    /// Whether it is there. Null is as good as nothing, as in Go's JSON.
    pub fn is_set(self) -> bool {
        !matches!(self.node, Node::Null)
    }

    /// The map that it is.
    pub fn map(self) -> Option<&'a Map> {
        match self.node {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A field.
    pub fn get(self, name: &str) -> Part<'a> {
        let found = self.map().and_then(|map| map.items.iter().find(|item| item.key.as_str() == Some(name)));
        match found {
            Some(item) => Part { node: &item.value, pos: item.pos },
            None => Part { node: &Node::Null, pos: self.pos },
        }
    }

    /// The field at the end of several.
    pub fn at(self, names: &[&str]) -> Part<'a> {
        names.iter().fold(self, |part, name| part.get(name))
    }

    /// The text that it is; empty if it is none.
    pub fn text(self) -> &'a str {
        self.node.as_str().unwrap_or_default()
    }

    /// The items of a list; none if it is no list.
    pub fn items(self) -> impl DoubleEndedIterator<Item = Part<'a>> + Clone {
        let items = match self.node {
            Node::Array(array) => array.items.as_slice(),
            _ => &[],
        };
        items.iter().map(|item| Part { node: &item.value, pos: item.pos })
    }

    /// The fields of a map whose names are text; none if it is no map.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, Part<'a>)> + Clone {
        let items = self.map().map_or(&[][..], |map| &map.items);
        items.iter().filter_map(|item| Some((item.key.as_str()?, Part { node: &item.value, pos: item.pos })))
    }

    /// Whether it is a list or map without items, or nothing at all.
    pub fn is_empty(self) -> bool {
        match self.node {
            Node::Map(map) => map.items.is_empty(),
            Node::Array(array) => array.items.is_empty(),
            _ => true,
        }
    }
}
