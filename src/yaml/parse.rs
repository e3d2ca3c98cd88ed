//! Text to tree.
//!
//! [`Parser`] turns tokens into nodes without recursion: every collection that is still open is an
//! [`Open`] on a stack. The order in which it looks at tokens, and the line each complaint names, are
//! the reference's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::comments;
use super::keys;
use super::node::{
    Array, ArrayItem, Comment, Document, DocumentSet, FileId, Map, MapItem, Node, Notes, Origin, Pos,
    ScalarStyle, Text,
};
use super::resolve::{self, Tag};
use super::scan::{RawComment, Scanner, Token};
use crate::error::{Error, ErrorKind, Result};

/// How many collections may stand within one another.
///
/// Trees are walked by recursion (to print, compare, copy and drop them), so this bounds the stack
/// that takes: threads of 2 MiB suffice. The reference has no such bound.
pub const MAX_DEPTH: usize = 1000;

/// How many nodes aliases may add to one document. The reference has no such bound and exhausts the
/// memory on a few lines of aliases to aliases.
const MAX_ALIASED_NODES: usize = 1_000_000;

/// How to read a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Attach comments to the nodes they belong to. Plain YAML needs none.
    pub with_comments: bool,
    /// Refuse scalars without quotes that YAML versions or readers understand differently.
    pub strict: bool,
}

/// Reads the documents of a file, whose lines positions name as lines of `file`.
///
/// Keys may repeat in the result: see [`keys::keep_last`](super::keep_last_of_repeated_keys).
///
/// # Errors
/// [`ErrorKind::Yaml`] with the reference's wording (`yaml: line 3: did not find expected key`),
/// [`ErrorKind::Limit`] beyond [`MAX_DEPTH`] or too many aliased nodes.
pub fn parse(text: &[u8], file: FileId, options: &ParseOptions) -> Result<DocumentSet> {
    let mut parser = Parser::new(text, file, options.strict);
    let mut documents = Vec::new();
    let mut left_over: Vec<Comment> = Vec::new();
    while let Some((value, line)) = parser.document()? {
        // The first `---` may be implied; its document then stands at the file's first line.
        let implied = documents.is_empty() && parser.scanner.implied_start() && line == 0;
        let pos = if implied { Pos::UNKNOWN } else { parser.pos(line) };
        let style = value.style;
        let mut document = Document { value: value.node, pos, notes: Notes { style, ..Notes::default() } };
        if options.with_comments {
            let before = std::mem::take(&mut left_over);
            let comments = parser.take_comments();
            left_over = comments::attach(&mut document, before, comments);
        }
        parser.scanner.comments.clear();
        parser.check_lines()?;
        if implied {
            document.pos = parser.pos(1);
        }
        place_collections(&mut document.value, document.pos);
        documents.push(document);
    }
    if !left_over.is_empty() {
        let notes = Notes { comments: Some(left_over.into()), ..Notes::default() };
        documents.push(Document { value: Node::Null, pos: Pos::UNKNOWN, notes });
    }
    Ok(DocumentSet { items: documents, ..DocumentSet::default() })
}

/// Collections stand where their parent does.
fn place_collections(root: &mut Node, pos: Pos) {
    match root {
        Node::Map(map) => Arc::make_mut(map).pos = pos,
        Node::Array(array) => Arc::make_mut(array).pos = pos,
        _ => {}
    }
}

/// A complete node.
#[derive(Clone, Default)]
struct Value {
    node: Node,
    /// The line it begins on, its anchor and tag included.
    line: u32,
    style: ScalarStyle,
    /// It is `<<`, and as a key asks for a merge.
    merge: bool,
    /// There was a complaint about a value before it.
    after_complaint: bool,
    alias: Alias,
    /// How many levels of collections it holds.
    height: usize,
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
enum Shape {
    BlockSequence,
    /// A block sequence at the column of its key; nothing marks its end.
    IndentlessSequence,
    FlowSequence,
    BlockMapping,
    FlowMapping,
    /// `[a: b]`: a mapping of one pair without braces.
    FlowPair,
}

/// A collection that is being read.
struct Open<'a> {
    shape: Shape,
    /// The line it begins on, its anchor and tag included.
    line: u32,
    anchor: Option<Anchor<'a>>,
    height: usize,
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
struct Anchor<'a> {
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

struct Parser<'a> {
    scanner: Scanner<'a>,
    file: FileId,
    strict: bool,
    open: Vec<Open<'a>>,
    tag_directives: Vec<(&'a str, Cow<'a, str>)>,
    anchors: HashMap<&'a str, Anchored>,
    /// Anchors and nodes of this document so far.
    anchor_count: usize,
    nodes: usize,
    aliased_nodes: usize,
    /// The first complaint about a value. The reference looks at values when a document is
    /// complete, so malformed text behind it is reported first.
    value_error: Option<String>,
    /// Behind the first document, one without `---` is an error.
    started: bool,
    /// How many lines there are if line feeds end them, and the last one that was given a position.
    line_count: u32,
    last_line: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], file: FileId, strict: bool) -> Parser<'a> {
        let scanner = Scanner::new(text);
        let line_feeds = text.iter().filter(|byte| **byte == b'\n').count();
        let line_count =
            u32::try_from(line_feeds).unwrap_or(u32::MAX - 2) + 1 + u32::from(scanner.implied_start());
        Parser {
            scanner,
            file,
            strict,
            open: Vec::new(),
            tag_directives: Vec::new(),
            anchors: HashMap::new(),
            anchor_count: 0,
            nodes: 0,
            aliased_nodes: 0,
            value_error: None,
            started: false,
            line_count,
            last_line: 0,
        }
    }

    /// The position of a line of the scanner.
    fn pos(&mut self, line: u32) -> Pos {
        self.last_line = self.last_line.max(line);
        Pos::new(self.file, if self.scanner.implied_start() { line } else { line + 1 })
    }

    /// YAML 1.1 knows line breaks besides the line feed. The reference takes positions from YAML's
    /// lines but looks up their text in lines that end in line feeds, and crashes beyond the last.
    fn check_lines(&self) -> Result<()> {
        if self.last_line < self.line_count {
            return Ok(());
        }
        Err(self.scanner.grammar_error(self.last_line, "found line breaks other than line feeds"))
    }

    fn peek(&mut self) -> Result<&Token<'a>> {
        Ok(&self.scanner.peek()?.token)
    }

    fn line(&mut self) -> Result<u32> {
        Ok(self.scanner.peek()?.line)
    }

    /// A complaint about the next token.
    fn unexpected<T>(&mut self, problem: &str) -> Result<T> {
        let line = self.line()?;
        Err(self.scanner.grammar_error(line, problem))
    }

    fn take_comments(&mut self) -> Vec<Comment> {
        let comments = std::mem::take(&mut self.scanner.comments);
        let comment = |raw: &RawComment<'_>| Comment { data: Text::new(raw.text), pos: self.pos(raw.line) };
        comments.iter().map(comment).collect()
    }

    /// The next document: its value and the line it begins on.
    fn document(&mut self) -> Result<Option<(Value, u32)>> {
        if self.started {
            while *self.peek()? == Token::DocumentEnd {
                self.scanner.take()?;
            }
        }
        let line = self.line()?;
        let implicit = !self.started
            && !matches!(
                self.peek()?,
                Token::Version(..) | Token::TagDirective { .. } | Token::DocumentStart | Token::StreamEnd
            );
        self.started = true;
        if *self.peek()? == Token::StreamEnd {
            return Ok(None);
        }
        self.directives()?;
        if !implicit {
            if *self.peek()? != Token::DocumentStart {
                return self.unexpected("did not find expected <document start>");
            }
            self.scanner.take()?;
        }
        self.anchors.clear();
        (self.nodes, self.aliased_nodes) = (0, 0);
        let empty = !implicit
            && matches!(
                self.peek()?,
                Token::Version(..)
                    | Token::TagDirective { .. }
                    | Token::DocumentStart
                    | Token::DocumentEnd
                    | Token::StreamEnd
            );
        let value = if empty { Value { line: self.line()?, ..Value::default() } } else { self.content()? };
        if *self.peek()? == Token::DocumentEnd {
            self.scanner.take()?;
        }
        self.tag_directives.clear();
        match self.value_error.take() {
            Some(message) => Err(Error::new(ErrorKind::Yaml, format!("yaml: {message}"))),
            None => Ok(Some((value, line))),
        }
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        loop {
            match self.scanner.peek()?.token.clone() {
                Token::Version(..) if version => return self.unexpected("found duplicate %YAML directive"),
                Token::Version(1, 1) => version = true,
                Token::Version(..) => return self.unexpected("found incompatible YAML document"),
                Token::TagDirective { handle, prefix } => {
                    if self.tag_directives.iter().any(|(known, _)| *known == handle) {
                        return self.unexpected("found duplicate %TAG directive");
                    }
                    self.tag_directives.push((handle, prefix));
                }
                _ => return Ok(()),
            }
            self.scanner.take()?;
        }
    }

    /// The node of a document.
    fn content(&mut self) -> Result<Value> {
        self.open.clear();
        let mut complete = self.node(true, false)?;
        loop {
            if let Some(value) = complete {
                match self.open.last_mut() {
                    None => return Ok(value),
                    Some(_) => self.add(value),
                }
            }
            complete = self.step()?;
        }
    }

    /// Puts a node where the innermost open collection expects it.
    fn add(&mut self, value: Value) {
        let Some(mut open) = self.open.pop() else { return };
        open.height = open.height.max(value.height);
        match &mut open.content {
            Content::Items { items, line, first } => {
                *first = false;
                let mut item = ArrayItem { value: value.node, pos: self.pos(*line), notes: Notes::default() };
                item.notes.style = value.style;
                place_collections(&mut item.value, item.pos);
                items.push(item);
            }
            Content::Pairs { pairs, key, first, .. } => {
                *first = false;
                match key.take() {
                    None => *key = Some(value),
                    Some(key) if key.merge => self.merge(pairs, value, key.after_complaint),
                    Some(key) => pairs.push(self.pair(key, value)),
                }
            }
        }
        self.open.push(open);
    }

    fn pair(&mut self, key: Value, value: Value) -> MapItem {
        let shift = if self.scanner.implied_start() { 0 } else { 1 };
        let mut item = MapItem { key: keys::internal_form(key.node, shift), ..MapItem::default() };
        item.value = value.node;
        item.pos = self.pos(key.line);
        item.notes.style = value.style;
        place_collections(&mut item.value, item.pos);
        item
    }

    /// Adds the items that the value of `<<` brings. The reference takes a map or an alias to one; its
    /// check of lists of maps fails for any but the empty list.
    fn merge(&mut self, pairs: &mut Vec<MapItem>, value: Value, after_complaint: bool) {
        match value.node {
            Node::Map(map) => pairs.extend(Arc::unwrap_or_clone(map).items),
            Node::Array(array) if array.items.is_empty() && value.alias == Alias::No => {}
            _ if after_complaint || value.alias == Alias::ToItself => {}
            // This comes before complaints about what the value holds.
            _ => {
                let problem = "map merge requires map or sequence of maps as the value";
                self.value_error = Some(problem.to_owned());
            }
        }
    }

    /// Goes on with the innermost open collection: returns a node that is complete, if there is one.
    fn step(&mut self) -> Result<Option<Value>> {
        let Some(open) = self.open.last() else {
            return Err(Error::new(ErrorKind::Internal, "yaml: no open collection"));
        };
        let (first, value_next, bare_key) = match &open.content {
            Content::Items { first, .. } => (*first, false, false),
            Content::Pairs { first, key, bare_key, .. } => (*first, key.is_some(), *bare_key),
        };
        match open.shape {
            Shape::BlockSequence => self.block_sequence(),
            Shape::IndentlessSequence => self.indentless_sequence(),
            Shape::FlowSequence => self.flow_sequence(first),
            Shape::BlockMapping if value_next => self.block_value(),
            Shape::BlockMapping => self.block_key(),
            Shape::FlowMapping if value_next => self.flow_value(bare_key),
            Shape::FlowMapping => self.flow_key(first),
            Shape::FlowPair if value_next => self.pair_value(),
            Shape::FlowPair if first => self.pair_key(),
            Shape::FlowPair => self.close().map(Some),
        }
    }

    /// An empty node.
    fn empty(&mut self, line: u32) -> Result<Option<Value>> {
        self.nodes += 1;
        match self.scalar_node(&Tag::None, "", true) {
            Ok(node) => Ok(Some(Value { node, line, ..Value::default() })),
            Err(message) => {
                self.value_error.get_or_insert(message);
                Ok(Some(Value { line, ..Value::default() }))
            }
        }
    }

    fn set_item_line(&mut self, to: u32) {
        if let Some(Open { content: Content::Items { line, .. }, .. }) = self.open.last_mut() {
            *line = to;
        }
    }

    fn block_sequence(&mut self) -> Result<Option<Value>> {
        match self.peek()? {
            Token::BlockEntry => {
                let line = self.scanner.take()?.line;
                self.set_item_line(line);
                match self.peek()? {
                    Token::BlockEntry | Token::BlockEnd => self.empty(line),
                    _ => self.node(true, false),
                }
            }
            Token::BlockEnd => {
                self.scanner.take()?;
                self.close().map(Some)
            }
            _ => self.unexpected("did not find expected '-' indicator"),
        }
    }

    fn indentless_sequence(&mut self) -> Result<Option<Value>> {
        if *self.peek()? != Token::BlockEntry {
            return self.close().map(Some);
        }
        let line = self.scanner.take()?.line;
        self.set_item_line(line);
        match self.peek()? {
            Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd => self.empty(line),
            _ => self.node(true, false),
        }
    }

    fn block_key(&mut self) -> Result<Option<Value>> {
        match self.peek()? {
            Token::Key => {
                let line = self.scanner.take()?.line;
                self.block_node_or_empty(line)
            }
            Token::BlockEnd => {
                self.scanner.take()?;
                self.close().map(Some)
            }
            _ => self.unexpected("did not find expected key"),
        }
    }

    fn block_value(&mut self) -> Result<Option<Value>> {
        let line = self.line()?;
        if *self.peek()? != Token::Value {
            return self.empty(line);
        }
        self.scanner.take()?;
        self.block_node_or_empty(line)
    }

    fn block_node_or_empty(&mut self, line: u32) -> Result<Option<Value>> {
        match self.peek()? {
            Token::Key | Token::Value | Token::BlockEnd => self.empty(line),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self, first: bool) -> Result<Option<Value>> {
        if *self.peek()? != Token::FlowSequenceEnd {
            if !first {
                if *self.peek()? != Token::FlowEntry {
                    return self.unexpected("did not find expected ',' or ']'");
                }
                let line = self.scanner.take()?.line;
                self.set_item_line(line);
            }
            match self.peek()? {
                Token::Key => {
                    let line = self.scanner.take()?.line;
                    self.begin(Shape::FlowPair, line, None)?;
                    return Ok(None);
                }
                Token::FlowSequenceEnd => {}
                _ => return self.node(false, false),
            }
        }
        self.scanner.take()?;
        self.close().map(Some)
    }

    fn pair_key(&mut self) -> Result<Option<Value>> {
        match self.peek()? {
            Token::Value | Token::FlowEntry | Token::FlowSequenceEnd => {
                // The reference loses this token.
                let line = self.scanner.take()?.line;
                self.empty(line)
            }
            _ => self.node(false, false),
        }
    }

    fn pair_value(&mut self) -> Result<Option<Value>> {
        let line = self.line()?;
        if *self.peek()? == Token::Value {
            self.scanner.take()?;
            if !matches!(self.peek()?, Token::FlowEntry | Token::FlowSequenceEnd) {
                return self.node(false, false);
            }
        }
        self.empty(line)
    }

    fn flow_key(&mut self, first: bool) -> Result<Option<Value>> {
        if *self.peek()? != Token::FlowMappingEnd {
            if !first {
                if *self.peek()? != Token::FlowEntry {
                    return self.unexpected("did not find expected ',' or '}'");
                }
                self.scanner.take()?;
            }
            match self.peek()? {
                Token::Key => {
                    self.scanner.take()?;
                    self.set_bare_key(false);
                    return match self.peek()? {
                        Token::Value | Token::FlowEntry | Token::FlowMappingEnd => {
                            let line = self.line()?;
                            self.empty(line)
                        }
                        _ => self.node(false, false),
                    };
                }
                Token::FlowMappingEnd => {}
                _ => {
                    self.set_bare_key(true);
                    return self.node(false, false);
                }
            }
        }
        self.scanner.take()?;
        self.close().map(Some)
    }

    fn set_bare_key(&mut self, to: bool) {
        if let Some(Open { content: Content::Pairs { bare_key, .. }, .. }) = self.open.last_mut() {
            *bare_key = to;
        }
    }

    fn flow_value(&mut self, bare_key: bool) -> Result<Option<Value>> {
        let line = self.line()?;
        if !bare_key && *self.peek()? == Token::Value {
            self.scanner.take()?;
            if !matches!(self.peek()?, Token::FlowEntry | Token::FlowMappingEnd) {
                return self.node(false, false);
            }
        }
        self.empty(line)
    }

    /// Reads a scalar or an alias, or opens a collection.
    fn node(&mut self, block: bool, indentless: bool) -> Result<Option<Value>> {
        let start = self.line()?;
        if let Token::Alias(name) = *self.peek()? {
            self.scanner.take()?;
            return self.alias(name, start).map(Some);
        }
        let (anchor, tag) = self.properties()?;
        let tag = match tag {
            None => Tag::None,
            Some((handle, suffix, line)) => self.tag(handle, &suffix, line)?,
        };
        let has_properties = anchor.is_some() || tag != Tag::None;
        let anchor = anchor.map(|name| self.begin_anchor(name));
        let shape = match self.peek()? {
            Token::BlockEntry if indentless => Shape::IndentlessSequence,
            Token::Scalar { .. } => {
                let Token::Scalar { value, style } = self.scanner.take()?.token else {
                    return Err(Error::new(ErrorKind::Internal, "yaml: no scalar"));
                };
                let implicit = tag == Tag::NonSpecific || tag == Tag::None && style == ScalarStyle::Plain;
                return self.scalar(&tag, &value, implicit, style, start, anchor).map(Some);
            }
            Token::FlowSequenceStart => Shape::FlowSequence,
            Token::FlowMappingStart => Shape::FlowMapping,
            Token::BlockSequenceStart if block => Shape::BlockSequence,
            Token::BlockMappingStart if block => Shape::BlockMapping,
            _ if has_properties => {
                let implicit = tag == Tag::None;
                return self.scalar(&tag, "", implicit, ScalarStyle::Plain, start, anchor).map(Some);
            }
            _ => return self.unexpected("did not find expected node content"),
        };
        self.begin(shape, start, anchor)?;
        if shape != Shape::IndentlessSequence {
            let line = self.scanner.take()?.line;
            self.set_item_line(line);
        }
        Ok(None)
    }

    /// The anchor and the tag before a node, in either order; the tag with its line.
    #[allow(clippy::type_complexity)] // A tag as the scanner has it.
    fn properties(&mut self) -> Result<(Option<&'a str>, Option<(&'a str, Cow<'a, str>, u32)>)> {
        let (mut anchor, mut tag) = (None, None);
        loop {
            match self.peek()? {
                Token::Anchor(name) if anchor.is_none() => anchor = Some(*name),
                Token::Tag { handle, suffix } if tag.is_none() => {
                    let (handle, suffix) = (*handle, suffix.clone());
                    tag = Some((handle, suffix, self.line()?));
                }
                _ => return Ok((anchor, tag)),
            }
            self.scanner.take()?;
        }
    }

    /// What a tag means here.
    fn tag(&self, handle: &str, suffix: &str, line: u32) -> Result<Tag> {
        if handle.is_empty() {
            return Ok(Tag::new(suffix));
        }
        let declared = self.tag_directives.iter().find(|(known, _)| *known == handle);
        match (declared, handle) {
            (Some((_, prefix)), _) => Ok(Tag::new(&format!("{prefix}{suffix}"))),
            (None, "!") => Ok(Tag::new(&format!("!{suffix}"))),
            (None, "!!") => Ok(Tag::standard(suffix)),
            _ => Err(self.scanner.grammar_error(line, "found undefined tag handle")),
        }
    }

    fn scalar(
        &mut self,
        tag: &Tag,
        text: &str,
        implicit: bool,
        style: ScalarStyle,
        line: u32,
        anchor: Option<Anchor<'a>>,
    ) -> Result<Value> {
        self.nodes += 1;
        let after_complaint = self.value_error.is_some();
        let node = match self.scalar_node(tag, text, implicit) {
            Ok(node) => node,
            Err(message) => {
                self.value_error.get_or_insert(message);
                Node::Null
            }
        };
        let merge = text == "<<" && (implicit || *tag == Tag::Merge);
        let value = Value { node, line, style, merge, after_complaint, ..Value::default() };
        if let Some(anchor) = anchor {
            self.end_anchor(&anchor, &value);
        }
        Ok(value)
    }

    fn scalar_node(&self, tag: &Tag, text: &str, implicit: bool) -> std::result::Result<Node, String> {
        if *tag == Tag::None && !implicit {
            return Ok(Node::Str(Text::new(text)));
        }
        if self.strict && *tag == Tag::None {
            return resolve::strict(text);
        }
        resolve::tagged(tag, text)
    }

    fn begin_anchor(&mut self, name: &'a str) -> Anchor<'a> {
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

    fn alias(&mut self, name: &str, line: u32) -> Result<Value> {
        let Some(anchored) = self.anchors.get(name) else {
            let message = format!("yaml: unknown anchor '{name}' referenced");
            return Err(Error::new(ErrorKind::Yaml, message));
        };
        let Some(value) = anchored.value.clone() else {
            self.value_error.get_or_insert_with(|| format!("anchor '{name}' value contains itself"));
            return Ok(Value { line, alias: Alias::ToItself, ..Value::default() });
        };
        let nodes = anchored.nodes;
        self.nodes += nodes;
        self.aliased_nodes += nodes;
        if self.aliased_nodes > MAX_ALIASED_NODES {
            let message = format!("yaml: aliases add more than {MAX_ALIASED_NODES} nodes to a document");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        self.check_depth(value.height)?;
        Ok(Value { line, merge: false, alias: Alias::Yes, ..value })
    }

    /// Whether a node of this height may be added here.
    fn check_depth(&self, height: usize) -> Result<()> {
        if self.open.len() + height > MAX_DEPTH {
            let message = format!("yaml: collections are nested deeper than {MAX_DEPTH} levels");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Ok(())
    }

    /// Opens a collection.
    fn begin(&mut self, shape: Shape, line: u32, anchor: Option<Anchor<'a>>) -> Result<()> {
        self.check_depth(1)?;
        self.nodes += 1;
        let content = match shape {
            Shape::BlockSequence | Shape::IndentlessSequence | Shape::FlowSequence => {
                Content::Items { items: Vec::new(), line, first: true }
            }
            Shape::BlockMapping | Shape::FlowMapping | Shape::FlowPair => {
                Content::Pairs { pairs: Vec::new(), key: None, bare_key: false, first: true }
            }
        };
        self.open.push(Open { shape, line, anchor, height: 0, content });
        Ok(())
    }

    /// Completes the innermost open collection.
    fn close(&mut self) -> Result<Value> {
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
        let value = Value { node, line: open.line, height: open.height + 1, ..Value::default() };
        if let Some(anchor) = &open.anchor {
            self.end_anchor(anchor, &value);
        }
        Ok(value)
    }
}
