//! A tree as TOML text, in the layout of the `BurntSushi/toml` library: keys sorted, those that hold
//! no tables first, tables indented by their depth, a blank line before each top-level table.

use crate::limits;
use crate::yaml::{Node, float_as_decimal};

/// The text; `indent` spaces a level.
///
/// # Errors
/// What is no map, null in an array, a text that becomes too long.
pub(super) fn write(node: &Node, indent: usize) -> Result<Vec<u8>, String> {
    let Node::Map(_) = node else {
        return Err("toml: top-level values must be Go maps or structs".to_owned());
    };
    let mut writer = Writer { out: Vec::new(), indent, path: Vec::new() };
    writer.table(node)?;
    Ok(writer.out)
}

/// What a value is to the layout.
#[derive(PartialEq)]
enum Kind {
    /// Written behind its key.
    Value,
    /// Has a header of its own.
    Table,
    /// Each of its elements has a header.
    Tables,
}

fn kind(node: &Node) -> Result<Kind, String> {
    if matches!(node, Node::Map(_)) {
        return Ok(Kind::Table);
    }
    let Some(elements) = elements(node) else { return Ok(Kind::Value) };
    let mut tables = !elements.is_empty();
    for element in elements {
        if *element == Node::Null {
            return Err("toml: cannot encode array with nil element".to_owned());
        }
        tables &= kind(element)? == Kind::Table;
    }
    Ok(if tables { Kind::Tables } else { Kind::Value })
}

fn elements(node: &Node) -> Option<Vec<&Node>> {
    match node {
        Node::Array(array) => Some(array.items.iter().map(|item| &item.value).collect()),
        Node::DocumentSet(set) => Some(set.items.iter().map(|item| &item.value).collect()),
        _ => None,
    }
}

/// The bytes of a key.
fn key_bytes(key: &Node) -> &[u8] {
    match key {
        Node::Str(text) => text.as_bytes(),
        Node::Bytes(bytes) => bytes,
        _ => &[],
    }
}

/// Items with their keys.
type Items<'a> = Vec<(&'a [u8], &'a Node)>;

/// The items of a table: those that are written behind their keys, then those with headers.
fn sorted(table: &Node) -> Result<[Items<'_>; 2], String> {
    let (mut direct, mut below) = (Vec::new(), Vec::new());
    if let Node::Map(map) = table {
        for item in &map.items {
            let part = if kind(&item.value)? == Kind::Value { &mut direct } else { &mut below };
            part.push((key_bytes(&item.key), &item.value));
        }
    }
    direct.sort_by_key(|(key, _)| *key);
    below.sort_by_key(|(key, _)| *key);
    Ok([direct, below])
}

struct Writer<'a> {
    out: Vec<u8>,
    indent: usize,
    /// The keys of the table that is being written.
    path: Vec<&'a [u8]>,
}

impl<'a> Writer<'a> {
    fn table(&mut self, table: &'a Node) -> Result<(), String> {
        let [direct, below] = sorted(table)?;
        for (key, value) in direct {
            if *value == Node::Null {
                continue;
            }
            self.margin(self.path.len());
            self.key(key);
            self.push(" = ");
            self.value(value)?;
            self.push("\n");
        }
        for (key, value) in below {
            self.path.push(key);
            if let Some(tables) = elements(value) {
                for table in tables {
                    self.header("[[", "]]");
                    self.table(table)?;
                }
            } else {
                self.header("[", "]");
                self.table(value)?;
            }
            self.path.pop();
        }
        if self.out.len() > limits::text_bytes() {
            limits::check_text(self.out.len()).map_err(|exceeded| exceeded.message)?;
        }
        Ok(())
    }

    fn header(&mut self, open: &str, close: &str) {
        // Tables of the top level and the elements of arrays stand apart from what precedes them.
        if !self.out.is_empty() && (self.path.len() == 1 || open == "[[") {
            self.push("\n");
        }
        self.margin(self.path.len() - 1);
        self.push(open);
        for (index, key) in self.path.clone().into_iter().enumerate() {
            if index > 0 {
                self.push(".");
            }
            self.key(key);
        }
        self.push(close);
        self.push("\n");
    }

    fn margin(&mut self, level: usize) {
        self.out.extend(std::iter::repeat_n(b' ', self.indent * level));
    }

    fn value(&mut self, value: &Node) -> Result<(), String> {
        match value {
            Node::Null => {}
            Node::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Node::Int(value) => self.push(&value.to_string()),
            Node::Uint(value) => self.push(&value.to_string()),
            Node::Float(value) => self.float(*value),
            Node::Str(text) => self.quoted(text.as_bytes()),
            Node::Bytes(bytes) => self.quoted(bytes),
            Node::Map(_) => return self.inline_table(value),
            Node::Array(_) | Node::DocumentSet(_) => {
                self.push("[");
                for (index, element) in elements(value).into_iter().flatten().enumerate() {
                    if index > 0 {
                        self.push(", ");
                    }
                    self.value(element)?;
                }
                self.push("]");
            }
        }
        Ok(())
    }

    fn inline_table(&mut self, table: &Node) -> Result<(), String> {
        let [direct, below] = sorted(table)?;
        self.push("{");
        let groups = [(&direct, !below.is_empty()), (&below, false)];
        for (group, more) in groups {
            for (index, (key, value)) in group.iter().enumerate() {
                if **value == Node::Null {
                    continue;
                }
                self.key(key);
                self.push(" = ");
                self.value(value)?;
                // A null that follows is counted, and leaves a comma behind.
                if more || index + 1 < group.len() {
                    self.push(", ");
                }
            }
        }
        self.push("}");
        Ok(())
    }

    fn float(&mut self, value: f64) {
        if value.is_nan() {
            return self.push("nan");
        }
        if value.is_infinite() {
            return self.push(if value > 0.0 { "+inf" } else { "-inf" });
        }
        let text = float_as_decimal(value);
        self.push(&text);
        if !text.contains('.') {
            self.push(".0");
        }
    }

    fn key(&mut self, key: &[u8]) {
        let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !key.is_empty() && key.iter().all(bare) {
            self.out.extend_from_slice(key);
        } else {
            self.quoted(key);
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        self.push("\"");
        self.out.extend_from_slice(&escape(text));
        self.push("\"");
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// The bytes of a text between double quotes.
fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 | 0x7f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.push(*byte),
        }
    }
    out
}

/// The name of a nested key as messages show it.
pub(super) fn path_text<'k>(keys: impl Iterator<Item = &'k str>) -> String {
    let mut writer = Writer { out: Vec::new(), indent: 0, path: Vec::new() };
    for (index, key) in keys.enumerate() {
        if index > 0 {
            writer.push(".");
        }
        writer.key(key.as_bytes());
    }
    String::from_utf8_lossy(&writer.out).into_owned()
}
