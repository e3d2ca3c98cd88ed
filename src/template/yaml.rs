//! YAML templates as dialect text.

use std::sync::Arc;

use super::annotation::{self, Annotation, UnknownComment};
use super::lines::{Instruction, Line, SourceLine};
use super::nodes::{AnnotationSite, Kind, NO_TAG, Nodes, Piece, Prebuilt, Tag, TemplateNode};
use super::text;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{
    Array, ArrayItem, Comment, Document, DocumentSet, FileTable, Map, MapItem, Node, Notes, Pos, Text,
};

const TEXT_TEMPLATED_STRINGS: &str = "yaml/text-templated-strings";

/// Forms of a keyword that cover one node and close by themselves.
const NODE_KEYWORDS: [(&str, &str); 5] =
    [("if/end", "if"), ("else/end", "else"), ("elif/end", "elif"), ("for/end", "for"), ("def/end", "def")];

/// Whether a file has any ytt comment but `#!`: otherwise it is plain YAML.
pub(crate) fn has_templating(set: &DocumentSet) -> bool {
    comments_have_templating(&set.notes).unwrap_or_else(|| {
        for document in &set.items {
            if let Some(found) = comments_have_templating(&document.notes) {
                return found;
            }
            if value_has_templating(&document.value) {
                return true;
            }
        }
        false
    })
}

/// `None` where the comments say nothing.
fn comments_have_templating(notes: &Notes) -> Option<bool> {
    notes
        .comments()
        .iter()
        .any(|comment| !matches!(annotation::parse(&comment.data, true), Ok(Annotation::Comment)))
        .then_some(true)
}

fn value_has_templating(node: &Node) -> bool {
    match node {
        Node::Map(map) => map.items.iter().any(|item| {
            comments_have_templating(&item.notes).unwrap_or_else(|| value_has_templating(&item.value))
        }),
        Node::Array(array) => array.items.iter().any(|item| {
            comments_have_templating(&item.notes).unwrap_or_else(|| value_has_templating(&item.value))
        }),
        _ => false,
    }
}

/// Turns a file into dialect text.
pub(crate) struct Lowering<'a> {
    files: &'a FileTable,
    source: Vec<&'a str>,
    ignore_unknown_comments: bool,
    pub(crate) nodes: Nodes,
    pub(crate) lines: Vec<Line>,
}

/// What the comments of a node say.
#[derive(Default)]
struct Metas {
    code: Vec<(Pos, String)>,
    values: Vec<(Pos, String)>,
    annotations: Vec<(Pos, Text, String)>,
    kept: Vec<Comment>,
    ends: bool,
}

impl Metas {
    fn is_empty(&self) -> bool {
        self.code.is_empty() && self.values.is_empty() && self.annotations.is_empty()
    }
}

impl<'a> Lowering<'a> {
    /// Lowers a parsed file.
    pub(crate) fn lower(
        set: &DocumentSet,
        file_text: &'a str,
        files: &'a FileTable,
        ignore_unknown_comments: bool,
    ) -> Result<Lowering<'a>> {
        let mut lowering = Lowering {
            files,
            source: file_text.split('\n').collect(),
            ignore_unknown_comments,
            nodes: Nodes::default(),
            lines: vec![
                Line::generated(Instruction::SetCtxType.call("\"yaml\"")),
                Line::generated(Instruction::StartCtx.call("\"yaml\"")),
            ],
        };
        lowering.document_set(set)?;
        lowering.lines.push(Line::generated(Instruction::EndCtx.call("None")));
        Ok(lowering)
    }

    fn line(&mut self, text: String, pos: Pos) {
        let source = (pos.is_known())
            .then(|| self.source.get(pos.line as usize - 1))
            .flatten()
            .map(|content| SourceLine { pos, content: Text::new(content), whole: None });
        self.lines.push(Line { text: text.into_bytes(), source });
    }

    fn add(&mut self, kind: Kind, pos: Pos, parent: Tag, comments: Vec<Comment>) -> Tag {
        let comments = (!comments.is_empty()).then(|| Arc::from(comments));
        self.nodes.add(TemplateNode { kind, pos, parent, comments, value: None, children: 0, prebuilt: None })
    }

    fn document_set(&mut self, set: &DocumentSet) -> Result<()> {
        let metas = self.metas(&set.notes, set.pos, None)?;
        let tag = self.add(Kind::DocumentSet, set.pos, NO_TAG, Vec::new());
        self.code_and_annotations(&metas, tag);
        self.line(Instruction::StartNode.call(&tag.to_string()), set.pos);
        if metas.values.is_empty() {
            for document in &set.items {
                self.item(&document.notes, document.pos, Kind::Document, &document.value, tag, false)?;
            }
        } else {
            self.values(&metas, tag);
        }
        self.end(&metas);
        Ok(())
    }

    /// A document, map item or array item. Says whether it became one shared piece.
    fn item(
        &mut self,
        notes: &Notes,
        pos: Pos,
        kind: Kind,
        value: &Node,
        parent: Tag,
        text_strings: bool,
    ) -> Result<bool> {
        let metas = self.metas(notes, pos, Some(value))?;
        let text_strings =
            text_strings || metas.annotations.iter().any(|(_, name, _)| name == TEXT_TEMPLATED_STRINGS);
        let plain = metas.is_empty() && !text_strings;

        let key = match &kind {
            Kind::MapItem { key } => key.clone(),
            _ => Node::Null,
        };
        let (first_line, tag) = (self.lines.len(), self.nodes.next());
        let is_map_item = matches!(kind, Kind::MapItem { .. });
        let is_document = matches!(kind, Kind::Document);
        self.add(kind, pos, parent, metas.kept.clone());
        self.code_and_annotations(&metas, tag);
        if let (true, true, Node::Str(key)) = (is_map_item, text_strings, &key) {
            self.string(key, pos, tag, Instruction::SetMapItemKey)?;
        }
        self.line(Instruction::StartNode.call(&tag.to_string()), pos);
        let mut shared = plain;
        if metas.values.is_empty() {
            shared &= self.value(value, pos, tag, text_strings)?;
        } else {
            self.values(&metas, tag);
        }
        self.end(&metas);

        if shared {
            // Nothing below needs code: one instruction puts the finished piece.
            let value = bare(value);
            let notes = Notes { style: notes.style, ..Notes::default() };
            let depth = value.depth();
            let piece = if is_document {
                Piece::Document(Document { value, pos, notes })
            } else if is_map_item {
                Piece::MapItem(MapItem { key, value, pos, notes })
            } else {
                Piece::ArrayItem(ArrayItem { value, pos, notes })
            };
            self.lines.truncate(first_line + 1);
            self.nodes.forget_after(tag);
            if let Some(node) = self.nodes.get_mut(tag) {
                node.prebuilt = Some(Prebuilt { piece, depth });
            }
        }
        Ok(shared)
    }

    /// The value of a node. Says whether it holds no code at all.
    fn value(&mut self, value: &Node, pos: Pos, parent: Tag, text_strings: bool) -> Result<bool> {
        match value {
            Node::Map(map) => {
                let tag = self.add(Kind::Map, map.pos, parent, Vec::new());
                self.line(Instruction::StartNode.call(&tag.to_string()), map.pos);
                let repeated = has_repeated_keys(map);
                self.nodes.repeated_keys |= repeated;
                let mut shared = !repeated;
                for item in &map.items {
                    let kind = Kind::MapItem { key: item.key.clone() };
                    shared &= self.item(&item.notes, item.pos, kind, &item.value, tag, text_strings)?;
                }
                Ok(shared)
            }
            Node::Array(array) => {
                let tag = self.add(Kind::Array, array.pos, parent, Vec::new());
                self.line(Instruction::StartNode.call(&tag.to_string()), array.pos);
                let mut shared = true;
                for item in &array.items {
                    shared &=
                        self.item(&item.notes, item.pos, Kind::ArrayItem, &item.value, tag, text_strings)?;
                }
                Ok(shared)
            }
            Node::Str(text) if text_strings => {
                self.string(text, pos, parent, Instruction::SetNode)?;
                Ok(false)
            }
            scalar => {
                self.line(Instruction::SetNode.call(&parent.to_string()), pos);
                if let Some(node) = self.nodes.get_mut(parent) {
                    node.value = Some(scalar.clone());
                }
                Ok(true)
            }
        }
    }

    fn code_and_annotations(&mut self, metas: &Metas, tag: Tag) {
        for (pos, code) in &metas.code {
            self.line(code.clone(), *pos);
        }
        for (pos, name, args) in &metas.annotations {
            let site = self.nodes.annotations.len();
            self.nodes.annotations.push(AnnotationSite { tag, name: name.clone(), pos: *pos });
            let collected = Instruction::CollectNodeAnnotation.call(args);
            self.line(
                Instruction::StartNodeAnnotation.call(&format!("{site}, \"{name}\", {collected}")),
                *pos,
            );
        }
    }

    fn values(&mut self, metas: &Metas, tag: Tag) {
        for (pos, code) in &metas.values {
            self.line(Instruction::SetNode.call(&format!("{tag}, ({code})")), *pos);
        }
    }

    fn end(&mut self, metas: &Metas) {
        if metas.ends {
            self.lines.push(Line::generated("end".to_owned()));
        }
    }

    /// A string with `(@ @)` in it, as value or key of a node.
    fn string(&mut self, string: &str, pos: Pos, tag: Tag, set: Instruction) -> Result<()> {
        let pieces = text::parse(string, pos).map_err(|message| self.compile_error(message))?;
        let mut lines = text::lower(&pieces, pos.file, &mut self.nodes);
        // The last instruction ends the context; its value is the string.
        let ended = lines.pop().map(|line| line.shown()).unwrap_or_default();
        for mut line in lines {
            if let Some(source) = &mut line.source {
                let index = (source.pos.line as usize).wrapping_sub(1);
                source.whole = self.source.get(index).map(Text::new);
            }
            self.lines.push(line);
        }
        self.line(set.call(&format!("{tag}, ({ended})")), pos);
        self.lines.push(Line::generated(Instruction::SetCtxType.call("\"yaml\"")));
        Ok(())
    }

    fn metas(&self, notes: &Notes, pos: Pos, value: Option<&Node>) -> Result<Metas> {
        let mut metas = Metas::default();
        for comment in notes.comments() {
            let parsed = annotation::parse(&comment.data, self.ignore_unknown_comments);
            let parsed = parsed.map_err(|UnknownComment| {
                self.compile_error(format!(
                    "Failed to parse line {}: '#{}': {}",
                    comment.pos.line,
                    comment.data,
                    UnknownComment::MESSAGE
                ))
            })?;
            match parsed {
                Annotation::Comment => {}
                Annotation::Named { name: "template/value", args } => {
                    self.add_value(&mut metas, comment, args, value)?;
                }
                Annotation::Named { name: "template/code", args } => {
                    self.add_code(&mut metas, comment, args)?;
                }
                Annotation::Code(code) if pos.is_known() && comment.pos.line == pos.line => {
                    self.add_value(&mut metas, comment, code, value)?;
                }
                Annotation::Code(code) => self.add_code(&mut metas, comment, code)?,
                Annotation::Named { name, args } => {
                    metas.annotations.push((comment.pos, Text::new(name), args.to_owned()));
                    metas.kept.push(comment.clone());
                }
            }
        }
        Ok(metas)
    }

    fn add_value(
        &self,
        metas: &mut Metas,
        comment: &Comment,
        code: &str,
        value: Option<&Node>,
    ) -> Result<()> {
        if value.is_some_and(|value| *value != Node::Null) {
            return Err(self.compile_error(format!(
                "Expected YAML node at line {} to have either computed or YAML value, but found both",
                self.files.show(comment.pos)
            )));
        }
        metas.values.push((comment.pos, code.to_owned()));
        Ok(())
    }

    fn add_code(&self, metas: &mut Metas, comment: &Comment, code: &str) -> Result<()> {
        if metas.ends {
            return Err(self.compile_error(format!(
                "Unexpected code at line {} after use of '*/end', expected YAML node",
                self.files.show(comment.pos)
            )));
        }
        let trimmed = code.trim_start();
        let keyword = NODE_KEYWORDS.iter().find(|(long, _)| trimmed.starts_with(long));
        let code = match keyword {
            Some((long, short)) => {
                metas.ends = true;
                code.replacen(long, short, 1)
            }
            None => code.to_owned(),
        };
        metas.code.push((comment.pos, code));
        Ok(())
    }

    fn compile_error(&self, message: String) -> Error {
        Error::new(ErrorKind::Syntax, message)
    }
}

fn has_repeated_keys(map: &Map) -> bool {
    if map.items.len() > 16 {
        let mut keys: Vec<_> = map.items.iter().filter_map(|item| item.key.as_str()).collect();
        if keys.len() == map.items.len() {
            keys.sort_unstable();
            return keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        }
    }
    map.items
        .iter()
        .enumerate()
        .any(|(index, item)| map.items.iter().skip(index + 1).any(|other| other.key == item.key))
}

/// A value without the comments of the template.
fn bare(node: &Node) -> Node {
    match node {
        Node::Map(map) => Node::Map(Arc::new(Map {
            items: map
                .items
                .iter()
                .map(|item| MapItem {
                    key: item.key.clone(),
                    value: bare(&item.value),
                    pos: item.pos,
                    notes: Notes { style: item.notes.style, ..Notes::default() },
                })
                .collect(),
            ..Map { pos: map.pos, origin: map.origin, ..Map::default() }
        })),
        Node::Array(array) => Node::Array(Arc::new(Array {
            items: array
                .items
                .iter()
                .map(|item| ArrayItem {
                    value: bare(&item.value),
                    pos: item.pos,
                    notes: Notes { style: item.notes.style, ..Notes::default() },
                })
                .collect(),
            ..Array { pos: array.pos, origin: array.origin, ..Array::default() }
        })),
        scalar => scalar.clone(),
    }
}
