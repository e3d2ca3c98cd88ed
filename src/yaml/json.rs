//! Tree to JSON and back, as Go's `encoding/json` does it for ytt.

use std::fmt::Write;

use super::float;
use super::node::{DocumentSet, MapItem, Node};
use super::print::is_empty;
use crate::error::{Error, ErrorKind, Result};

pub(crate) use super::json_read::read_lines;
pub use super::json_read::{decode, read};

/// The documents as ytt prints them with `-o json`: one behind the other without a separator, empty
/// ones left out, and those with a number JSON cannot express left out as well.
///
/// # Errors
/// A key that is not text; the reference crashes on these.
pub fn print_documents(documents: &DocumentSet) -> Result<String> {
    let mut out = String::new();
    for document in &documents.items {
        if is_empty(&document.value) {
            continue;
        }
        let length = out.len();
        let mut printer = Printer { out: &mut out, indent: 0, escape_html: true };
        match printer.value(&document.value, 0) {
            Ok(()) => {}
            Err(Problem::Key) => return Err(Problem::Key.into()),
            Err(Problem::Number(_)) => out.truncate(length),
        }
    }
    Ok(out)
}

/// A value as JSON, keys sorted. With an `indent` above 0 every item has a line of its own, indented
/// by as many spaces a level. `escape_html` writes `<`, `>` and `&` as escapes.
///
/// # Errors
/// Infinity, not a number (`json: unsupported value: NaN`) and keys that are not text.
pub fn encode(value: &Node, indent: usize, escape_html: bool) -> Result<String> {
    let mut out = String::new();
    Printer { out: &mut out, indent, escape_html }.value(value, 0)?;
    Ok(out)
}

/// Appends a value as [`encode`] gives it: on one line, with HTML escapes.
///
/// # Errors
/// As [`encode`].
pub(crate) fn write(out: &mut String, value: &Node) -> Result<()> {
    Ok(Printer { out, indent: 0, escape_html: true }.value(value, 0)?)
}

/// Why a value has no JSON.
enum Problem {
    /// A key is not text.
    Key,
    /// JSON has no such number.
    Number(f64),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        let message = match problem {
            Problem::Key => "Expected key to be string".to_owned(),
            Problem::Number(value) => {
                let mut text = "json: unsupported value: ".to_owned();
                float::push_general(&mut text, value);
                text
            }
        };
        Error::new(ErrorKind::Evaluation, message)
    }
}

struct Printer<'a> {
    out: &'a mut String,
    indent: usize,
    escape_html: bool,
}

impl Printer<'_> {
    fn value(&mut self, value: &Node, level: usize) -> Result<(), Problem> {
        // Writing to a string cannot fail.
        match value {
            Node::Null | Node::DocumentSet(_) => self.out.push_str("null"),
            Node::Bool(true) => self.out.push_str("true"),
            Node::Bool(false) => self.out.push_str("false"),
            Node::Int(value) => _ = write!(self.out, "{value}"),
            Node::Uint(value) => _ = write!(self.out, "{value}"),
            Node::Float(value) if !value.is_finite() => return Err(Problem::Number(*value)),
            Node::Float(value) => float::push_json(self.out, *value),
            Node::Str(text) => self.text(text.as_bytes()),
            Node::Bytes(bytes) => self.text(bytes),
            Node::Map(map) => return self.map(&map.items, level),
            Node::Array(array) => {
                self.out.push('[');
                for (index, item) in array.items.iter().enumerate() {
                    self.next_item(index, level + 1);
                    self.value(&item.value, level + 1)?;
                }
                self.end(array.items.is_empty(), ']', level);
            }
        }
        Ok(())
    }

    fn map(&mut self, items: &[MapItem], level: usize) -> Result<(), Problem> {
        let mut sorted = Vec::with_capacity(items.len());
        for item in items {
            let key = match &item.key {
                Node::Str(text) => text.as_bytes(),
                Node::Bytes(bytes) => bytes,
                _ => return Err(Problem::Key),
            };
            sorted.push((key, &item.value));
        }
        sorted.sort_by_key(|(key, _)| *key);
        self.out.push('{');
        for (index, (key, value)) in sorted.iter().enumerate() {
            self.next_item(index, level + 1);
            self.text(key);
            self.out.push_str(if self.indent > 0 { ": " } else { ":" });
            self.value(value, level + 1)?;
        }
        self.end(items.is_empty(), '}', level);
        Ok(())
    }

    fn next_item(&mut self, index: usize, level: usize) {
        if index > 0 {
            self.out.push(',');
        }
        self.new_line(level);
    }

    fn end(&mut self, empty: bool, bracket: char, level: usize) {
        if !empty {
            self.new_line(level);
        }
        self.out.push(bracket);
    }

    fn new_line(&mut self, level: usize) {
        if self.indent > 0 {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', self.indent * level));
        }
    }

    /// A string; each byte that is not UTF-8 becomes a replacement character.
    fn text(&mut self, bytes: &[u8]) {
        self.out.push('"');
        for chunk in bytes.utf8_chunks() {
            self.valid(chunk.valid());
            for _ in chunk.invalid() {
                self.out.push_str("\\ufffd");
            }
        }
        self.out.push('"');
    }

    fn valid(&mut self, text: &str) {
        let mut run = 0;
        for (at, char) in text.char_indices() {
            let escaped = match char {
                '"' | '\\' | '\0'..' ' | '\u{2028}' | '\u{2029}' => true,
                '<' | '>' | '&' => self.escape_html,
                _ => false,
            };
            if !escaped {
                continue;
            }
            self.out.push_str(text.get(run..at).unwrap_or_default());
            run = at + char.len_utf8();
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                // Writing to a string cannot fail.
                _ => _ = write!(self.out, "\\u{:04x}", u32::from(char)),
            }
        }
        self.out.push_str(text.get(run..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
