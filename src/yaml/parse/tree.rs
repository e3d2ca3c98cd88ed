//! Nodes put together from the pieces the grammar finds.
//!
//! There is no recursion: every collection that is not complete yet is an [`Open`] on a stack.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, Limit};
use crate::yaml::keys;
use crate::yaml::node::{
    Array, ArrayItem, FileId, Map, MapItem, Node, Notes, Origin, Pos, ScalarStyle, Text,
};
use crate::yaml::resolve::{self, Tag};

/// Collections stand where their parent does.
pub(super) fn place_collection(node: &mut Node, pos: Pos) {
    match node {
        Node::Map(map) => Arc::make_mut(map).pos = pos,
        Node::Array(array) => Arc::make_mut(array).pos = pos,
        _ => {}
    }
}

/// A complete node.
#[derive(Clone, Default)]
pub(super) struct Value {
    pub(super) node: Node,
    /// The line it begins on, its anchor and tag included.
    line: u32,
    pub(super) style: ScalarStyle,
    /// It is `<<`, and as a key asks for a merge.
    merge: bool,
    /// There was a complaint about a value before it.
    after_complaint: bool,
    alias: Alias,
    height: Height,
}

/// How many levels of collections a node holds.
#[derive(Clone, Copy, Default)]
struct Height {
    levels: usize,
    /// The same once the node has become a key, where each array is an array of maps.
    as_key: usize,
}

impl Height {
    fn max(self, other: Height) -> Height {
        Height { levels: self.levels.max(other.levels), as_key: self.as_key.max(other.as_key) }
    }
}

/// Whether a node was written as an alias.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Alias {
    #[default]
    No,
    Yes,
    /// An alias to a node it is part of, about which there was a complaint.
    ToItself,
}

/// What a collection that is being read looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    BlockSequence,
    /// A block sequence at the column of its key; nothing marks its end.
    IndentlessSequence,
    FlowSequence,
    BlockMapping,
    FlowMapping,
    /// `[a: b]`: a mapping of one pair without braces.
    FlowPair,
}

/// What the innermost open collection expects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) shape: Shape,
    /// Nothing was read of the collection yet.
    pub(super) first: bool,
    /// The key of a pair was read, its value is next.
    pub(super) value: bool,
    /// That key stood without `?` or `:`.
    pub(super) bare_key: bool,
}

/// A collection that is being read.
struct Open<'a> {
    shape: Shape,
    /// The line it begins on, its anchor and tag included.
    line: u32,
    anchor: Option<Anchor<'a>>,
    height: Height,
    content: Content,
}

enum Content {
    Items {
        items: Vec<ArrayItem>,
        /// The line of the `-`, `[` or `,` before the item to come.
        line: u32,
        first: bool,
    },
    Pairs {
        pairs: Vec<MapItem>,
        /// The key whose value is to come.
        key: Option<Value>,
        /// The key stood without `:` or `?` and has no value.
        bare_key: bool,
        first: bool,
    },
}

/// An anchor whose node is being read.
pub(super) struct Anchor<'a> {
    name: &'a str,
    /// Tells anchors of the same name apart.
    id: usize,
    /// How many nodes were read before it.
    nodes_before: usize,
}

/// What an anchor names.
struct Anchored {
    id: usize,
    /// `None` until the node is complete.
    value: Option<Value>,
    nodes: usize,
}

/// Where lines of the scanner are in the file.
pub(super) struct Lines {
    pub(super) file: FileId,
    /// A line was put in front of the file.
    pub(super) implied_start: bool,
    /// The last line that was given a position, as the scanner counts.
    pub(super) last: u32,
}

impl Lines {
    pub(super) fn pos(&mut self, line: u32) -> Pos {
        self.last = self.last.max(line);
        Pos::new(self.file, line + self.shift())
    }

    /// What is added to a line of the scanner.
    fn shift(&self) -> u32 {
        u32::from(!self.implied_start)
    }
}

/// Puts the nodes of one document after the other together.
pub(super) struct Builder<'a> {
    pub(super) lines: Lines,
    strict: bool,
    open: Vec<Open<'a>>,
    anchors: HashMap<&'a str, Anchored>,
    /// Anchors and nodes of this document so far.
    anchor_count: usize,
    nodes: usize,
    aliased_nodes: usize,
    /// The first complaint about a value. The reference looks at values when a document is
    /// complete, so malformed text behind it is reported first.
    complaint: Option<String>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(lines: Lines, strict: bool) -> Builder<'a> {
        Builder {
            lines,
            strict,
            open: Vec::new(),
            anchors: HashMap::new(),
            anchor_count: 0,
            nodes: 0,
            aliased_nodes: 0,
            complaint: None,
        }
    }

    /// Begins a document.
    pub(super) fn start(&mut self) {
        self.open.clear();
        self.anchors.clear();
        (self.nodes, self.aliased_nodes) = (0, 0);
    }

    /// Ends a document: complains about its values, if there is reason to.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.complaint.take() {
            Some(message) => Err(Error::new(ErrorKind::Yaml, format!("yaml: {message}"))),
            None => Ok(()),
        }
    }

    /// What the innermost open collection expects, if there is one.
    pub(super) fn expected(&self) -> Option<Expected> {
        let open = self.open.last()?;
        let (first, value, bare_key) = match &open.content {
            Content::Items { first, .. } => (*first, false, false),
            Content::Pairs { first, key, bare_key, .. } => (*first, key.is_some(), *bare_key),
        };
        Some(Expected { shape: open.shape, first, value, bare_key })
    }

    /// Puts a node where the innermost open collection expects it.
    pub(super) fn add(&mut self, value: Value) -> Result<()> {
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let height = match &open.content {
            Content::Pairs { key: None, .. } => Height { levels: value.height.as_key, ..value.height },
            _ => value.height,
        };
        check_depth(depth + height.levels)?;
        open.height = open.height.max(height);
        match &mut open.content {
            Content::Items { items, line, first } => {
                *first = false;
                let notes = Notes { style: value.style, ..Notes::default() };
                let mut item = ArrayItem { value: value.node, pos: self.lines.pos(*line), notes };
                place_collection(&mut item.value, item.pos);
                items.push(item);
            }
            Content::Pairs { pairs, key, first, .. } => {
                *first = false;
                match key.take() {
                    None => *key = Some(value),
                    Some(key) if key.merge => merge(pairs, value, key.after_complaint, &mut self.complaint),
                    Some(key) => {
                        let notes = Notes { style: value.style, ..Notes::default() };
                        let pos = self.lines.pos(key.line);
                        let key = keys::internal_form(key.node, self.lines.shift());
                        let mut item = MapItem { key, value: value.node, pos, notes };
                        place_collection(&mut item.value, pos);
                        pairs.push(item);
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes the line of the `-`, `[` or `,` before the next item.
    pub(super) fn set_item_line(&mut self, to: u32) {
        if let Some(Open { content: Content::Items { line, .. }, .. }) = self.open.last_mut() {
            *line = to;
        }
    }

    /// Notes whether the next key stands without `?` or `:`.
    pub(super) fn set_bare_key(&mut self, to: bool) {
        if let Some(Open { content: Content::Pairs { bare_key, .. }, .. }) = self.open.last_mut() {
            *bare_key = to;
        }
    }

    /// A node without text.
    pub(super) fn empty(&mut self, line: u32) -> Value {
        self.scalar(Tag::None, "", true, ScalarStyle::Plain, line, None)
    }

    /// A scalar. `implicit` tells that its type is found from its text.
    pub(super) fn scalar(
        &mut self,
        tag: Tag,
        text: &str,
        implicit: bool,
        style: ScalarStyle,
        line: u32,
        anchor: Option<Anchor<'a>>,
    ) -> Value {
        self.nodes += 1;
        let after_complaint = self.complaint.is_some();
        let node = match tag {
            Tag::None if !implicit => Ok(Node::Str(Text::new(text))),
            Tag::None if self.strict => resolve::strict(text),
            tag => resolve::tagged(tag, text),
        };
        let node = node.unwrap_or_else(|message| {
            self.complaint.get_or_insert(message);
            Node::Null
        });
        let merge = text == "<<" && (implicit || tag == Tag::Merge);
        let value = Value { node, line, style, merge, after_complaint, ..Value::default() };
        if let Some(anchor) = anchor {
            self.end_anchor(&anchor, &value);
        }
        value
    }

    /// Names the node to come.
    pub(super) fn begin_anchor(&mut self, name: &'a str) -> Anchor<'a> {
        self.anchor_count += 1;
        let id = self.anchor_count;
        self.anchors.insert(name, Anchored { id, value: None, nodes: 0 });
        Anchor { name, id, nodes_before: self.nodes }
    }

    fn end_anchor(&mut self, anchor: &Anchor<'a>, value: &Value) {
        let nodes = self.nodes - anchor.nodes_before;
        // The name may have been given to another node within this one.
        if let Some(anchored) = self.anchors.get_mut(anchor.name)
            && anchored.id == anchor.id
        {
            anchored.value = Some(value.clone());
            anchored.nodes = nodes;
        }
    }

    /// A copy of the node with this anchor.
    pub(super) fn alias(&mut self, name: &str, line: u32) -> Result<Value> {
        let Some(anchored) = self.anchors.get(name) else {
            let message = format!("yaml: unknown anchor '{name}' referenced");
            return Err(Error::new(ErrorKind::Yaml, message));
        };
        let Some(value) = anchored.value.clone() else {
            self.complaint.get_or_insert_with(|| format!("anchor '{name}' value contains itself"));
            return Ok(Value { line, alias: Alias::ToItself, ..Value::default() });
        };
        let nodes = anchored.nodes;
        self.nodes += nodes;
        self.aliased_nodes += nodes;
        let most = limits::yaml_aliases();
        if self.aliased_nodes > most {
            let message = format!("yaml: aliases add more than {most} nodes to a document");
            return Err(limits::exceed(Limit::YamlAliases, message).into());
        }
        limits::spend_value_nodes(nodes)?;
        Ok(Value { line, merge: false, alias: Alias::Yes, ..value })
    }

    /// Opens a collection.
    pub(super) fn begin(&mut self, shape: Shape, line: u32, anchor: Option<Anchor<'a>>) -> Result<()> {
        check_depth(self.open.len() + 1)?;
        self.nodes += 1;
        let content = match shape {
            Shape::BlockSequence | Shape::IndentlessSequence | Shape::FlowSequence => {
                Content::Items { items: Vec::new(), line, first: true }
            }
            Shape::BlockMapping | Shape::FlowMapping | Shape::FlowPair => {
                Content::Pairs { pairs: Vec::new(), key: None, bare_key: false, first: true }
            }
        };
        self.open.push(Open { shape, line, anchor, height: Height::default(), content });
        Ok(())
    }

    /// Completes the innermost open collection.
    pub(super) fn close(&mut self) -> Result<Value> {
        let Some(open) = self.open.pop() else {
            return Err(Error::new(ErrorKind::Internal, "yaml: no open collection"));
        };
        let node = match open.content {
            Content::Items { items, .. } => {
                Node::Array(Arc::new(Array { items, pos: Pos::UNKNOWN, origin: Origin::Yaml }))
            }
            Content::Pairs { pairs, .. } => {
                Node::Map(Arc::new(Map { items: pairs, pos: Pos::UNKNOWN, origin: Origin::Yaml }))
            }
        };
        let Height { levels, as_key } = open.height;
        let added = if matches!(node, Node::Array(_)) { 2 } else { 1 };
        let height = Height { levels: levels + 1, as_key: as_key + added };
        let value = Value { node, line: open.line, height, ..Value::default() };
        if let Some(anchor) = &open.anchor {
            self.end_anchor(anchor, &value);
        }
        Ok(value)
    }
}

fn check_depth(depth: usize) -> Result<()> {
    let most = limits::yaml_depth();
    if depth > most {
        let message = format!("yaml: collections are nested deeper than {most} levels");
        return Err(limits::exceed(Limit::YamlDepth, message).into());
    }
    Ok(())
}

/// Adds the items that the value of `<<` brings. The reference takes a map or an alias to one; its check
/// of lists of maps fails for any but the empty list.
fn merge(pairs: &mut Vec<MapItem>, value: Value, after_complaint: bool, complaint: &mut Option<String>) {
    match value.node {
        Node::Map(map) => pairs.extend(Arc::unwrap_or_clone(map).items),
        Node::Array(array) if array.items.is_empty() && value.alias == Alias::No => {}
        _ if after_complaint || value.alias == Alias::ToItself => {}
        // This comes before complaints about what the value holds.
        _ => *complaint = Some("map merge requires map or sequence of maps as the value".to_owned()),
    }
}
