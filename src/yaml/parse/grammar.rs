//! Which tokens make which nodes: the grammar of YAML 1.1.
//!
//! The order in which tokens are looked at, and the line each complaint names, are the reference's.

use std::borrow::Cow;
use std::collections::HashMap;

use super::tree::{Builder, Expected, Lines, Shape, Value};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::yaml::node::{Comment, FileId, Pos, ScalarStyle, Text};
use crate::yaml::resolve::Tag;
use crate::yaml::scan::{RawComment, Scanner, Token};

/// Reads the documents of a text, one after the other.
pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    builder: Builder<'a>,
    /// The prefixes that stand for tag handles in this document.
    tag_prefixes: HashMap<&'a str, Cow<'a, str>>,
    /// Behind the first document, one without `---` is an error.
    started: bool,
    /// How many lines there are if line feeds end them.
    line_count: u32,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8], file: FileId, strict: bool) -> Parser<'a> {
        let scanner = Scanner::new(text);
        let implied_start = scanner.implied_start();
        let line_feeds = text.iter().filter(|byte| **byte == b'\n').count();
        let line_count = u32::try_from(line_feeds).unwrap_or(u32::MAX - 2) + 1 + u32::from(implied_start);
        let lines = Lines { file, implied_start, last: 0 };
        let builder = Builder::new(lines, strict);
        Parser { scanner, builder, tag_prefixes: HashMap::new(), started: false, line_count }
    }

    /// Whether the text was given without `---` at its beginning.
    pub(super) fn implied_start(&self) -> bool {
        self.scanner.implied_start()
    }

    /// The position of a line of the scanner.
    pub(super) fn pos(&mut self, line: u32) -> Pos {
        self.builder.lines.pos(line)
    }

    /// YAML 1.1 knows line breaks besides the line feed. The reference takes positions from YAML's
    /// lines but looks up their text in lines that end in line feeds, and crashes beyond the last.
    pub(super) fn check_lines(&self) -> Result<()> {
        let last = self.builder.lines.last;
        if last < self.line_count {
            return Ok(());
        }
        Err(self.scanner.grammar_error(last, "found line breaks other than line feeds"))
    }

    /// The comments met since they were last taken.
    pub(super) fn take_comments(&mut self) -> Vec<Comment> {
        let comments = std::mem::take(&mut self.scanner.comments);
        let comment = |raw: &RawComment<'_>| Comment { data: Text::new(raw.text), pos: self.pos(raw.line) };
        comments.iter().map(comment).collect()
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

    /// The next document: its value and the line it begins on.
    pub(super) fn document(&mut self) -> Result<Option<(Value, u32)>> {
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
        self.builder.start();
        let empty = !implicit
            && matches!(
                self.peek()?,
                Token::Version(..)
                    | Token::TagDirective { .. }
                    | Token::DocumentStart
                    | Token::DocumentEnd
                    | Token::StreamEnd
            );
        let value = if empty {
            let line = self.line()?;
            self.builder.empty(line)
        } else {
            self.content()?
        };
        if *self.peek()? == Token::DocumentEnd {
            self.scanner.take()?;
        }
        self.tag_prefixes.clear();
        self.builder.finish()?;
        Ok(Some((value, line)))
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        loop {
            match self.scanner.peek()?.token.clone() {
                Token::Version(..) if version => return self.unexpected("found duplicate %YAML directive"),
                Token::Version(1, 1) => version = true,
                Token::Version(..) => return self.unexpected("found incompatible YAML document"),
                Token::TagDirective { handle, prefix } => {
                    if self.tag_prefixes.insert(handle, prefix).is_some() {
                        return self.unexpected("found duplicate %TAG directive");
                    }
                }
                _ => return Ok(()),
            }
            self.scanner.take()?;
        }
    }

    /// The node of a document.
    fn content(&mut self) -> Result<Value> {
        let mut complete = self.node(true, false)?;
        loop {
            if let Some(value) = complete {
                if self.builder.expected().is_none() {
                    return Ok(value);
                }
                self.builder.add(value)?;
            }
            complete = match self.builder.expected() {
                Some(expected) => self.step(expected)?,
                None => return Err(Error::new(ErrorKind::Internal, "yaml: no open collection")),
            };
        }
    }

    /// Goes on with the innermost open collection: returns a node that is complete, if there is one.
    fn step(&mut self, expected: Expected) -> Result<Option<Value>> {
        match expected.shape {
            Shape::BlockSequence => self.block_sequence(),
            Shape::IndentlessSequence => self.indentless_sequence(),
            Shape::FlowSequence => self.flow_sequence(expected.first),
            Shape::BlockMapping if expected.value => self.block_value(),
            Shape::BlockMapping => self.block_key(),
            Shape::FlowMapping if expected.value => self.flow_value(expected.bare_key),
            Shape::FlowMapping => self.flow_key(expected.first),
            Shape::FlowPair if expected.value => self.pair_value(),
            Shape::FlowPair if expected.first => self.pair_key(),
            Shape::FlowPair => self.close(),
        }
    }

    /// An empty node.
    fn empty(&mut self, line: u32) -> Result<Option<Value>> {
        Ok(Some(self.builder.empty(line)))
    }

    /// Completes the innermost open collection.
    fn close(&mut self) -> Result<Option<Value>> {
        self.builder.close().map(Some)
    }

    fn block_sequence(&mut self) -> Result<Option<Value>> {
        match self.peek()? {
            Token::BlockEntry => {
                let line = self.scanner.take()?.line;
                self.builder.set_item_line(line);
                match self.peek()? {
                    Token::BlockEntry | Token::BlockEnd => self.empty(line),
                    _ => self.node(true, false),
                }
            }
            Token::BlockEnd => {
                self.scanner.take()?;
                self.close()
            }
            _ => self.unexpected("did not find expected '-' indicator"),
        }
    }

    fn indentless_sequence(&mut self) -> Result<Option<Value>> {
        if *self.peek()? != Token::BlockEntry {
            return self.close();
        }
        let line = self.scanner.take()?.line;
        self.builder.set_item_line(line);
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
                self.close()
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
                self.builder.set_item_line(line);
            }
            match self.peek()? {
                Token::Key => {
                    let line = self.scanner.take()?.line;
                    self.builder.begin(Shape::FlowPair, line, None)?;
                    return Ok(None);
                }
                Token::FlowSequenceEnd => {}
                _ => return self.node(false, false),
            }
        }
        self.scanner.take()?;
        self.close()
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
                    self.builder.set_bare_key(false);
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
                    self.builder.set_bare_key(true);
                    return self.node(false, false);
                }
            }
        }
        self.scanner.take()?;
        self.close()
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
        limits::spend_value_nodes(1)?;
        let start = self.line()?;
        if let Token::Alias(name) = *self.peek()? {
            self.scanner.take()?;
            return self.builder.alias(name, start).map(Some);
        }
        let (anchor, tag) = self.properties()?;
        let tag = match tag {
            None => Tag::None,
            Some((handle, suffix, line)) => self.tag(handle, &suffix, line)?,
        };
        let has_properties = anchor.is_some() || tag != Tag::None;
        let anchor = anchor.map(|name| self.builder.begin_anchor(name));
        let shape = match self.peek()? {
            Token::BlockEntry if indentless => Shape::IndentlessSequence,
            Token::Scalar { .. } => {
                let Token::Scalar { value, style } = self.scanner.take()?.token else {
                    return Err(Error::new(ErrorKind::Internal, "yaml: no scalar"));
                };
                let implicit = tag == Tag::NonSpecific || tag == Tag::None && style == ScalarStyle::Plain;
                return Ok(Some(self.builder.scalar(tag, &value, implicit, style, start, anchor)));
            }
            Token::FlowSequenceStart => Shape::FlowSequence,
            Token::FlowMappingStart => Shape::FlowMapping,
            Token::BlockSequenceStart if block => Shape::BlockSequence,
            Token::BlockMappingStart if block => Shape::BlockMapping,
            _ if has_properties => {
                let implicit = tag == Tag::None;
                return Ok(Some(self.builder.scalar(tag, "", implicit, ScalarStyle::Plain, start, anchor)));
            }
            _ => return self.unexpected("did not find expected node content"),
        };
        self.builder.begin(shape, start, anchor)?;
        if shape != Shape::IndentlessSequence {
            let line = self.scanner.take()?.line;
            self.builder.set_item_line(line);
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
        match (self.tag_prefixes.get(handle), handle) {
            (Some(prefix), _) => Ok(Tag::new(&format!("{prefix}{suffix}"))),
            (None, "!") => Ok(Tag::new(&format!("!{suffix}"))),
            (None, "!!") => Ok(Tag::standard(suffix)),
            _ => Err(self.scanner.grammar_error(line, "found undefined tag handle")),
        }
    }
}
