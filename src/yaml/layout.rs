//! Lays out YAML anew with its comments: what `ytt fmt` prints.
//!
//! Collections stand two columns to the right of their key or `-`; a comment on a line of its own has
//! an empty line before and after what it belongs to.

use std::fmt::Write;

use super::node::{Array, Document, DocumentSet, Map, Node, Notes, Pos};
use super::print::print_scalar;

/// How much the layout is ytt's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fidelity {
    /// Byte for byte what ytt prints. It loses empty collections, and prints keys without quotes, those
    /// that are no strings as `%!s(int=1)`.
    AsYtt,
    /// The same data as before, with the layout of ytt. Empty documents in front are left out.
    KeepData,
}

/// Prints documents that were read with their comments.
pub fn layout(documents: &DocumentSet, fidelity: Fidelity) -> String {
    let mut layout = Layout { out: String::new(), last: Last::Line, keeps_breaks: false, fidelity };
    let skipped = match fidelity {
        Fidelity::AsYtt => 0,
        Fidelity::KeepData => empty_in_front(documents),
    };
    for (index, document) in documents.items.iter().skip(skipped).enumerate() {
        let comments = layout.comments(&document.notes, document.pos, 0, index == 0);
        if index > 0 || !comments.behind.is_empty() {
            layout.end_line();
            layout.line(0, &format!("---{}", comments.behind), false);
        }
        if document.value != Node::Null {
            layout.node(&document.value, 0);
        }
        layout.end(&comments);
    }
    layout.out
}

/// How many empty documents in front can be left out. The `---` of a document with comments before it
/// is needed, and is only written behind another document.
fn empty_in_front(documents: &DocumentSet) -> usize {
    let has_comments = |document: &Document| !document.notes.comments().is_empty();
    let is_full = |document: &Document| document.value != Node::Null || has_comments(document);
    match documents.items.iter().position(is_full) {
        Some(first) if !documents.items.get(first).is_some_and(has_comments) => first,
        _ => 0,
    }
}

/// What was written last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Line,
    /// A place where a blank line goes if more follows.
    Blank,
    /// A key or `-` whose line goes on.
    Begun,
}

struct Layout {
    out: String,
    last: Last,
    /// The last line belongs to a block scalar with `|+`.
    keeps_breaks: bool,
    fidelity: Fidelity,
}

struct Comments {
    /// The comment that stands behind the node on its line, with the space before it.
    behind: String,
    /// There were others, before the node.
    before: bool,
}

impl Layout {
    fn node(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Map(map) => self.map(map, indent),
            Node::Array(array) => self.array(array, indent),
            leaf => self.line(indent, &leaf_text(leaf), false),
        }
    }

    fn map(&mut self, map: &Map, indent: usize) {
        for (index, item) in map.items.iter().enumerate() {
            let comments = self.comments(&item.notes, item.pos, indent, index == 0);
            let key = self.key(&item.key);
            self.item(&format!("{key}:"), &item.value, &comments, indent, false);
        }
    }

    fn array(&mut self, array: &Array, indent: usize) {
        for (index, item) in array.items.iter().enumerate() {
            let comments = self.comments(&item.notes, item.pos, indent, index == 0);
            self.item("-", &item.value, &comments, indent, true);
        }
    }

    /// A key or `-` and what belongs to it; collections begin on the line of a `-`.
    fn item(&mut self, name: &str, value: &Node, comments: &Comments, indent: usize, joined: bool) {
        let Comments { behind, .. } = comments;
        let leaf = self.leaf(value);
        match leaf {
            Some(text) if !text.contains('\n') => {
                let hidden = *value == Node::Null && !behind.is_empty();
                let value = if hidden { String::new() } else { format!(" {text}") };
                self.line(indent, &format!("{name}{value}{behind}"), false);
            }
            leaf => {
                let begun = behind.is_empty() && (joined || leaf.is_some());
                self.line(indent, &format!("{name}{behind}"), begun);
                self.node(value, indent + 2);
            }
        }
        self.end(comments);
    }

    /// The text of a value that has no lines of its own.
    fn leaf(&self, value: &Node) -> Option<String> {
        match value {
            Node::Map(map) if map.items.is_empty() && self.fidelity == Fidelity::KeepData => {
                Some("{}".to_owned())
            }
            Node::Array(array) if array.items.is_empty() && self.fidelity == Fidelity::KeepData => {
                Some("[]".to_owned())
            }
            Node::Map(_) | Node::Array(_) | Node::DocumentSet(_) => None,
            leaf => Some(leaf_text(leaf)),
        }
    }

    fn key(&self, key: &Node) -> String {
        let go_type = match key {
            _ if self.fidelity == Fidelity::KeepData => return leaf_text(key),
            Node::Str(text) => return text.to_string(),
            Node::Null => return "%!s(<nil>)".to_owned(),
            Node::Bool(_) => "bool",
            Node::Int(_) => "int",
            Node::Uint(_) => "uint64",
            Node::Float(_) => "float64",
            other => return leaf_text(other),
        };
        format!("%!s({go_type}={})", leaf_text(key))
    }

    /// Writes the comments before a node.
    fn comments(&mut self, notes: &Notes, pos: Pos, indent: usize, first: bool) -> Comments {
        let mut comments = Comments { behind: String::new(), before: false };
        for comment in notes.comments() {
            if pos.is_known() && comment.pos.line == pos.line {
                comments.behind = format!(" #{}", comment.data);
                continue;
            }
            if !first && !comments.before {
                self.last = Last::Blank;
            }
            comments.before = true;
            self.end_line();
            self.line(indent, &format!("#{}", comment.data), false);
        }
        comments
    }

    fn end_line(&mut self) {
        if self.last == Last::Begun {
            self.out.push('\n');
            self.last = Last::Line;
        }
    }

    fn end(&mut self, comments: &Comments) {
        if comments.before {
            self.last = Last::Blank;
        }
    }

    /// Writes a line, behind a `-` or key whose line goes on. Lines after the first are those of a block
    /// scalar, which stands two columns in by itself.
    fn line(&mut self, indent: usize, text: &str, begun: bool) {
        match self.last {
            // A blank line behind a block scalar that keeps its line breaks would be part of it, and one
            // at the start is of no use.
            Last::Blank
                if self.fidelity == Fidelity::KeepData && (self.keeps_breaks || self.out.is_empty()) => {}
            Last::Blank => self.out.push('\n'),
            Last::Begun => self.out.push(' '),
            Last::Line => {}
        }
        let mut lines = text.split('\n');
        let width = if self.last == Last::Begun { 0 } else { indent };
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{:width$}{}", "", lines.next().unwrap_or_default());
        let width = indent.saturating_sub(2);
        for line in lines {
            let _ = write!(self.out, "\n{:width$}{line}", "");
        }
        if !begun {
            self.out.push('\n');
        }
        self.last = if begun { Last::Begun } else { Last::Line };
        self.keeps_breaks = text.ends_with('\n');
    }
}

fn leaf_text(node: &Node) -> String {
    let mut text = print_scalar(node);
    // The line break that ends a document.
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::yaml::{ParseOptions, parse};

    fn laid_out(text: &str, fidelity: Fidelity) -> String {
        let options = ParseOptions { with_comments: true, ..ParseOptions::default() };
        layout(&parse(text.as_bytes(), 0, &options).unwrap(), fidelity)
    }

    #[test]
    fn comments_stay_with_their_nodes() {
        let source = "\
# top
a:   #@ tail
   {b: 1}
l:
- # first

  a: 1
# own
- x: z
- - 1
m: |
  x

  y
k: #@ value
-  - |
     deep
# end
";
        let expected = "\
# top
a: #@ tail
  b: 1

l:
  - # first
    a: 1

  # own
  - x: z

  - - 1
m: |
  x

  y
k: #@ value
  - - |
      deep

# end
---
";
        assert_eq!(laid_out(source, Fidelity::AsYtt), expected);
        assert_eq!(laid_out(expected, Fidelity::KeepData), expected);
    }

    #[test]
    fn what_ytt_loses_can_be_kept() {
        let source = "1: a\n~: b\n\"c: d\": {}\ne:\n- {}\n- []\n- x: {}\n";
        assert_eq!(
            laid_out(source, Fidelity::AsYtt),
            "%!s(int=1): a\n%!s(<nil>): b\nc: d:\ne:\n  - - - x:\n"
        );
        assert_eq!(
            laid_out(source, Fidelity::KeepData),
            "1: a\nnull: b\n'c: d': {}\ne:\n  - {}\n  - []\n  - x: {}\n"
        );

        let keep = "---\n---\na:\n- |+\n  x\n\n# own\n- b\n";
        assert_eq!(laid_out(keep, Fidelity::AsYtt), "---\na:\n  - |+\n    x\n  \n\n  # own\n  - b\n");
        assert_eq!(laid_out(keep, Fidelity::KeepData), "a:\n  - |+\n    x\n  \n  # own\n  - b\n");
    }
}
