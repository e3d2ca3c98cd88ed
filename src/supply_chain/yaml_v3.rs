//! Plain JSON as go-yaml v3 writes it, which is what the status of outputs shows and digests.
//!
//! Unlike the fork of v2 that ytt has (see [`yaml`](crate::yaml)): four columns of indentation, but two in
//! arrays; keys sorted; every number a float; blocks with tabs in them; text that begins with a line break
//! loses it.

use std::cmp::Ordering;

use crate::engine::builtins::{is_digit, is_letter};
use crate::yaml::resolve::{self, Scalar};
use crate::yaml::{Form, Map, Node, push_double_quoted, push_float};

/// One value as a document.
pub(super) fn print(value: &Node) -> String {
    let mut printer = Printer { out: String::new() };
    printer.value(value, Place::Root);
    if !printer.out.ends_with(BREAKS) {
        printer.out.push('\n');
    }
    printer.out
}

/// What ends a line of a block: a line break, LINE SEPARATOR, PARAGRAPH SEPARATOR.
const BREAKS: [char; 3] = ['\n', '\u{2028}', '\u{2029}'];

/// The longest key that is written before a `:` on its line, in bytes.
const SIMPLE_KEY_LENGTH: usize = 128;

/// What a value stands behind, with the column of the collection around it.
#[derive(Clone, Copy)]
enum Place {
    Root,
    /// Behind `key:`.
    Key(usize),
    /// Behind `-`.
    Item(usize),
    /// Behind `?`, or the `:` of such a key.
    Complex(usize),
}

impl Place {
    /// The column of the lines of a block, and of the collections within another one.
    fn inner_column(self) -> usize {
        match self {
            Place::Root => 4,
            Place::Item(column) => column + 2,
            Place::Key(column) | Place::Complex(column) => (column / 4 + 1) * 4,
        }
    }
}

struct Printer {
    out: String,
}

impl Printer {
    fn value(&mut self, value: &Node, place: Place) {
        let is_block = match value {
            Node::Map(map) => !map.items.is_empty(),
            Node::Array(array) => !array.items.is_empty(),
            _ => false,
        };
        if !is_block {
            if !matches!(place, Place::Root) {
                self.out.push(' ');
            }
            return self.scalar(value, Some(place.inner_column()));
        }
        let column = match place {
            Place::Root => 0,
            Place::Key(_) => {
                self.new_line(place.inner_column());
                place.inner_column()
            }
            // Behind the sign, on its line.
            Place::Item(column) | Place::Complex(column) => {
                self.indent(place.inner_column() - column - 1);
                place.inner_column()
            }
        };
        match value {
            Node::Map(map) => self.map(map, column),
            Node::Array(array) => {
                for (index, item) in array.items.iter().enumerate() {
                    if index > 0 {
                        self.new_line(column);
                    }
                    self.out.push('-');
                    self.value(&item.value, Place::Item(column));
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, map: &Map, column: usize) {
        let items: Vec<(&str, &Node)> =
            map.items.iter().map(|item| (item.key.as_str().unwrap_or_default(), &item.value)).collect();
        for (index, (key, value)) in sorted(items).into_iter().enumerate() {
            if index > 0 {
                self.new_line(column);
            }
            if key.len() <= SIMPLE_KEY_LENGTH && !key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
            {
                self.text(key, None);
                self.out.push(':');
                self.value(value, Place::Key(column));
            } else {
                self.out.push_str("? ");
                self.text(key, Some(Place::Complex(column).inner_column()));
                self.new_line(column);
                self.out.push(':');
                self.value(value, Place::Complex(column));
            }
        }
    }

    /// Begins a line, unless a block has ended the last one.
    fn new_line(&mut self, column: usize) {
        if !self.out.ends_with(BREAKS) {
            self.out.push('\n');
        }
        self.indent(column);
    }

    fn indent(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
    }

    /// Writes a scalar or an empty collection. Blocks stand at column `block`; there are none without it.
    fn scalar(&mut self, value: &Node, block: Option<usize>) {
        match value {
            Node::Null | Node::DocumentSet(_) => self.out.push_str("null"),
            Node::Bool(true) => self.out.push_str("true"),
            Node::Bool(false) => self.out.push_str("false"),
            Node::Int(value) => push_float(&mut self.out, *value as f64),
            Node::Uint(value) => push_float(&mut self.out, *value as f64),
            Node::Float(value) => push_float(&mut self.out, *value),
            Node::Str(text) => self.text(text, block),
            Node::Bytes(bytes) => self.text(&String::from_utf8_lossy(bytes), block),
            Node::Map(_) => self.out.push_str("{}"),
            Node::Array(_) => self.out.push_str("[]"),
        }
    }

    fn text(&mut self, text: &str, block: Option<usize>) {
        let form = Form::of(text);
        if form.has_line_feed {
            if form.block
                && let Some(column) = block
            {
                return self.literal(text, column);
            }
        } else if reads_as_text(text) {
            if form.plain {
                return self.out.push_str(text);
            }
            if form.single {
                return self.single_quoted(text, block.unwrap_or_default());
            }
        }
        push_double_quoted(&mut self.out, text);
    }

    fn single_quoted(&mut self, text: &str, column: usize) {
        self.out.push('\'');
        let mut broken = false;
        for char in text.chars() {
            let line_break = BREAKS.contains(&char);
            if broken && !line_break {
                self.indent(column);
            }
            broken = line_break;
            if char == '\'' {
                self.out.push('\'');
            }
            self.out.push(char);
        }
        self.out.push('\'');
    }

    /// `|`, the hints and the lines. A line break at the beginning only ends the line of the `|`.
    fn literal(&mut self, text: &str, column: usize) {
        let is_break = |char| BREAKS.contains(&char);
        self.out.push('|');
        // The hint is 4 even in arrays, whose blocks stand two columns further in only.
        let starts_with_break = text.starts_with(is_break);
        if starts_with_break || text.starts_with(' ') {
            self.out.push('4');
        }
        let mut last = text.chars().rev();
        if !last.next().is_some_and(is_break) {
            self.out.push('-');
        } else if last.next().is_none_or(is_break) {
            self.out.push('+');
        }
        if !starts_with_break {
            self.out.push('\n');
        }
        for line in text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.indent(column);
            }
            self.out.push_str(line);
        }
    }
}

/// Whether text without quotes reads back as text, for readers of YAML 1.1 too.
fn reads_as_text(text: &str) -> bool {
    // A sign behind the prefix is a quirk of the reference.
    let octal = || text.replace('_', "").strip_prefix("0o").map(|digits| i64::from_str_radix(digits, 8));
    resolve::resolve(text) == Scalar::Text
        && !resolve::is_base60(text)
        && !(text.starts_with("0") && matches!(octal(), Some(Ok(_))))
}

/// The items by their keys: letters behind other characters, digits by the number that they are.
///
/// The order is not one in which everything is either before or behind everything else, and sorting as the
/// standard library does may then panic. This merges neighbours instead.
fn sorted<'a>(mut items: Vec<(&'a str, &'a Node)>) -> Vec<(&'a str, &'a Node)> {
    if items.len() < 2 {
        return items;
    }
    let right = sorted(items.split_off(items.len() / 2));
    let mut merged = Vec::with_capacity(items.len() + right.len());
    let mut left = sorted(items).into_iter().peekable();
    for item in right {
        while let Some(before) = left.next_if(|before| compare(item.0, before.0) != Ordering::Less) {
            merged.push(before);
        }
        merged.push(item);
    }
    merged.extend(left);
    merged
}

fn compare(one: &str, other: &str) -> Ordering {
    let (mut ones, mut others) = (one.chars(), other.chars());
    // The characters that both begin with: whether the last is a digit, and whether that run of digits has
    // one that is not zero.
    let (mut digits, mut leading) = (false, false);
    loop {
        let (left, right) = (ones.as_str(), others.as_str());
        let (Some(a), Some(b)) = (ones.next(), others.next()) else {
            return left.chars().count().cmp(&right.chars().count());
        };
        if a == b {
            digits = is_digit(a);
            leading = digits && (leading || a != '0');
            continue;
        }
        match (is_letter(a), is_letter(b)) {
            (true, true) => return a.cmp(&b),
            (true, false) => return if digits { Ordering::Less } else { Ordering::Greater },
            (false, true) => return if digits { Ordering::Greater } else { Ordering::Less },
            (false, false) => {}
        }
        let start = i64::from(leading && (a == '0' || b == '0'));
        return number(left, start).cmp(&number(right, start)).then(a.cmp(&b));
    }
}

/// The digits that a text begins with as a number, and how many they are.
fn number(text: &str, start: i64) -> (i64, usize) {
    let mut count = 0;
    let value = text.chars().take_while(|char| is_digit(*char)).fold(start, |value, char| {
        count += 1;
        value.wrapping_mul(10).wrapping_add(i64::from(u32::from(char)) - i64::from(u32::from('0')))
    });
    (value, count)
}

#[cfg(test)]
mod tests;
