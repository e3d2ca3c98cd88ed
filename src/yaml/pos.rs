//! `-o pos`: each node with the place it was written at.

use super::go_text::go_text;
use super::node::{DocumentSet, FileTable, Node, Origin, Pos};
use super::print::{is_empty, print_scalar, print_value};

/// The documents with `file:line | ` before each node that has a position, empty documents left out.
pub fn print_positions(documents: &DocumentSet, files: &FileTable) -> String {
    let mut printer = Printer { out: String::new(), files, width: 0 };
    for document in &documents.items {
        if !is_empty(&document.value) {
            printer.place(document.pos);
            printer.out.push_str("[doc]\n");
            printer.value(&document.value, 1);
        }
    }
    printer.out
}

struct Printer<'a> {
    out: String,
    files: &'a FileTable,
    /// The width of the column of places. It grows with the first place that does not fit.
    width: usize,
}

impl Printer<'_> {
    fn place(&mut self, pos: Pos) {
        if pos.is_known() {
            let place = self.files.show(pos);
            self.column(&place);
        }
    }

    fn column(&mut self, text: &str) {
        if text.len() > self.width {
            self.width = text.len() + 10;
        }
        let padding = self.width.saturating_sub(text.chars().count());
        self.out.extend(std::iter::repeat_n(' ', padding));
        self.out.push_str(text);
        self.out.push_str(" | ");
    }

    fn indent(&mut self, level: usize) {
        self.out.extend(std::iter::repeat_n("  ", level));
    }

    fn value(&mut self, value: &Node, level: usize) {
        match value {
            Node::Map(map) => {
                for item in &map.items {
                    self.place(item.pos);
                    self.indent(level);
                    self.out.push_str(&go_text(&item.key));
                    self.out.push(':');
                    self.item(&item.value, level);
                }
            }
            Node::Array(array) if !is_leaf(value) => {
                for (index, item) in array.items.iter().enumerate() {
                    self.place(item.pos);
                    self.indent(level);
                    self.out.push_str(&format!("[{index}]"));
                    self.item(&item.value, level);
                }
            }
            Node::DocumentSet(_) => {}
            scalar => {
                let text = scalar_text(scalar);
                self.column("");
                // The reference takes text that stands by itself for a format string.
                let mut line = String::new();
                line.extend(std::iter::repeat_n("  ", level));
                line.push_str(&text);
                line.push('\n');
                push_formatted(&mut self.out, &line);
            }
        }
    }

    /// Scalars of one line go on the line of their key or index.
    fn item(&mut self, value: &Node, level: usize) {
        if is_leaf(value) {
            let text = scalar_text(value);
            if !text.contains('\n') {
                self.out.push(' ');
                self.out.push_str(&text);
                self.out.push('\n');
                return;
            }
        }
        self.out.push('\n');
        self.value(value, level + 1);
    }
}

/// Whether a value is printed in one piece: scalars, and lists of code, whose items have no place.
fn is_leaf(value: &Node) -> bool {
    match value {
        Node::Array(array) => {
            array.origin == Origin::Code && array.items.iter().all(|item| is_leaf(&item.value))
        }
        value => value.is_scalar(),
    }
}

/// A leaf as a YAML document, without its last character (a line break).
fn scalar_text(value: &Node) -> String {
    let mut text = if value.is_scalar() { print_scalar(value) } else { print_value(value) };
    text.pop();
    text
}

/// What Go's `Printf` makes of `format` without arguments.
fn push_formatted(out: &mut String, format: &str) {
    let mut rest = format;
    while let Some((plain, tail)) = rest.split_once('%') {
        out.push_str(plain);
        let mut bad_index = false;
        rest = tail.trim_start_matches(['#', '0', '+', '-', ' ']);
        rest = skip_index(rest, &mut bad_index);
        rest = skip_number(rest, "%!(BADWIDTH)", out);
        if let Some(tail) = rest.strip_prefix('.') {
            rest = skip_index(tail, &mut bad_index);
            rest = skip_number(rest, "%!(BADPREC)", out);
        }
        rest = skip_index(rest, &mut bad_index);
        let mut chars = rest.chars();
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => {
                out.extend(["%!", verb.encode_utf8(&mut [0; 4])]);
                out.push_str(if bad_index { "(BADINDEX)" } else { "(MISSING)" });
            }
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// Skips the number of an argument, `[2]`.
fn skip_index<'a>(text: &'a str, bad: &mut bool) -> &'a str {
    let Some(tail) = text.strip_prefix('[') else { return text };
    *bad = true;
    tail.split_once(']').map_or(tail, |(_, tail)| tail)
}

/// Skips a width or precision.
fn skip_number<'a>(text: &'a str, complaint: &str, out: &mut String) -> &'a str {
    match text.strip_prefix('*') {
        Some(tail) => {
            out.push_str(complaint);
            tail
        }
        None => text.trim_start_matches(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::print_positions;
    use crate::yaml::{FileTable, ParseOptions, parse};

    #[test]
    fn as_the_reference_prints_them() {
        let cases = [
            (
                "a: 1\nb:\n- c\n- {d: e}\n",
                "          f.yml:1 | [doc]\n          f.yml:1 |   a: 1\n          f.yml:2 |   b:\n          f.yml:3 |     [0] c\n          f.yml:4 |     [1]\n          f.yml:4 |       d: e\n",
            ),
            (
                "--- x\n---\na: |\n  50%\n  100% d %5.*f %[1]s\n1: 2\n~: 3\n",
                "          f.yml:1 | [doc]\n                  |   x\n          f.yml:2 | [doc]\n          f.yml:3 |   a:\n                  |     |\n  50%!\n(MISSING)  100%!d(MISSING) %!(BADPREC)%!f(MISSING) %!s(BADINDEX)\n          f.yml:6 |   %!s(int=1): 2\n          f.yml:7 |   %!s(<nil>): 3\n",
            ),
            (
                "y:\n  - - \"a\"\n",
                "          f.yml:1 | [doc]\n          f.yml:1 |   %!s(bool=true):\n          f.yml:2 |     [0]\n          f.yml:2 |       [0] a\n",
            ),
            ("? [a]\n: 1\n", "          f.yml:1 | [doc]\n          f.yml:1 |   [{a %!s(int=1)}]: 1\n"),
            ("---\n---\n{}\n", ""),
        ];
        for (text, expected) in cases {
            let mut files = FileTable::default();
            let file = files.add("f.yml", text);
            let documents = parse(text.as_bytes(), file, &ParseOptions::default()).unwrap();
            assert_eq!(print_positions(&documents, &files), expected, "{text:?}");
        }
    }
}
