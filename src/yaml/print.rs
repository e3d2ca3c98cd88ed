//! Tree to text: the bytes of go-yaml v2's emitter.
//!
//! Two columns of indentation, arrays at the column of their key, no folding of long lines. A string
//! is plain where that reads back as the same string; in double quotes where plain it would be another
//! type, or where it needs escapes; in single quotes where only syntax forbids plain; a literal block
//! where it holds a line break.

use std::fmt::Write;

use super::float;
use super::node::{Array, DocumentSet, Map, Node, Origin};
use super::resolve::{self, Scalar};

/// The documents as ytt prints them: `---` between them, empty ones left out.
pub fn print_documents(documents: &DocumentSet) -> String {
    let mut out = String::new();
    for document in &documents.items {
        print_document(&mut out, 0, &document.value);
    }
    out
}

/// Appends one more document to those that begin at `start`, unless ytt leaves it out.
pub(crate) fn print_document(out: &mut String, start: usize, value: &Node) {
    if is_empty(value) {
        return;
    }
    if out.len() > start {
        out.push_str("---\n");
    }
    print_root(out, value);
}

/// Whether ytt leaves a document with this value out of its output: `null`, and maps and arrays without
/// items, unless code has made them.
pub fn is_empty(value: &Node) -> bool {
    match value {
        Node::Null => true,
        Node::Map(map) => map.items.is_empty() && map.origin == Origin::Yaml,
        Node::Array(array) => array.items.is_empty() && array.origin == Origin::Yaml,
        _ => false,
    }
}

/// One value as ytt's `yaml.encode` gives it: a document with a line break at its end, nothing for a
/// value whose document would be left out, several documents for a document set.
pub fn print_value(value: &Node) -> String {
    let mut out = String::new();
    if !is_empty(value) {
        print_root(&mut out, value);
    }
    out
}

/// A scalar as a document.
pub(super) fn print_scalar(value: &Node) -> String {
    let mut out = String::new();
    print_root(&mut out, value);
    out
}

fn print_root(out: &mut String, value: &Node) {
    match value {
        Node::DocumentSet(documents) => out.push_str(&print_documents(documents)),
        _ => {
            let mut printer = Printer { out };
            printer.value(value, Place::Root);
            if !is_at_line_start(printer.out) {
                printer.out.push('\n');
            }
        }
    }
}

/// What a value stands behind, which decides where a collection begins. Each has the column of the
/// collection around it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Root,
    /// Behind `key:`.
    Key(usize),
    /// Behind `-`.
    Item(usize),
    /// Behind `?`, or the `:` of such a key.
    Complex(usize),
}

impl Place {
    /// The column of the items of a collection here.
    pub(crate) fn column_of_items(self, is_array: bool) -> usize {
        match self {
            Place::Root => 0,
            // Those of an array stand below the key.
            Place::Key(column) if is_array => column,
            Place::Key(column) | Place::Item(column) | Place::Complex(column) => column + 2,
        }
    }

    /// The column at which the lines of a block scalar stand.
    fn block_column(self) -> usize {
        match self {
            Place::Root => 2,
            Place::Key(column) | Place::Item(column) | Place::Complex(column) => column + 2,
        }
    }
}

/// What ends a line of a block scalar: a line break, LINE SEPARATOR, PARAGRAPH SEPARATOR.
const BREAKS: [char; 3] = ['\n', '\u{2028}', '\u{2029}'];

/// Whether a block scalar has ended the line.
pub(crate) fn is_at_line_start(out: &str) -> bool {
    match out.as_bytes() {
        [.., b'\n'] => true,
        // The last byte of both separators.
        [.., 0xA8 | 0xA9] => out.ends_with(BREAKS),
        _ => false,
    }
}

/// The longest key that is written before a `:` on its line.
const SIMPLE_KEY_LENGTH: usize = 128;

/// Writes parts of a document.
pub(crate) struct Printer<'a> {
    out: &'a mut String,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(out: &'a mut String) -> Printer<'a> {
        Printer { out }
    }

    /// Writes a key that [is simple](is_simple_key).
    pub(crate) fn key(&mut self, key: &Node) {
        self.scalar(key, None);
        self.out.push(':');
    }

    /// Writes what an item of an array begins with.
    pub(crate) fn dash(&mut self) {
        self.out.push('-');
    }

    /// Writes what a collection is set off with from the item it is the value of.
    pub(crate) fn space(&mut self) {
        self.out.push(' ');
    }

    /// Writes a value behind `key:`, `-` or at the beginning; leaves the cursor behind its last
    /// character, or at the beginning of a line behind a block scalar.
    pub(crate) fn value(&mut self, value: &Node, place: Place) {
        match value {
            Node::Map(map) if !map.items.is_empty() => {
                let column = self.begin_collection(place, false);
                self.map(map, column);
            }
            Node::Array(array) if !array.items.is_empty() => {
                let column = self.begin_collection(place, true);
                self.array(array, column);
            }
            scalar => {
                if !matches!(place, Place::Root) {
                    self.out.push(' ');
                }
                self.scalar(scalar, Some(place.block_column()));
            }
        }
    }

    /// Goes to where the first item of a collection stands, and gives its column.
    fn begin_collection(&mut self, place: Place, is_array: bool) -> usize {
        let column = place.column_of_items(is_array);
        match place {
            Place::Root => {}
            Place::Key(_) => self.new_line(column),
            Place::Item(_) | Place::Complex(_) => self.space(),
        }
        column
    }

    /// Begins a line, unless a block scalar has ended the last one.
    pub(crate) fn new_line(&mut self, column: usize) {
        if !is_at_line_start(self.out) {
            self.out.push('\n');
        }
        self.indent(column);
    }

    fn indent(&mut self, column: usize) {
        const SPACES: &str = "                                                                ";
        let mut left = column;
        while left > 0 {
            let count = left.min(SPACES.len());
            self.out.push_str(SPACES.get(..count).unwrap_or_default());
            left -= count;
        }
    }

    fn map(&mut self, map: &Map, column: usize) {
        for (index, item) in map.items.iter().enumerate() {
            if index > 0 {
                self.new_line(column);
            }
            if is_simple_key(&item.key) {
                self.key(&item.key);
                self.value(&item.value, Place::Key(column));
            } else {
                self.out.push('?');
                self.value(&item.key, Place::Complex(column));
                self.new_line(column);
                self.out.push(':');
                self.value(&item.value, Place::Complex(column));
            }
        }
    }

    fn array(&mut self, array: &Array, column: usize) {
        for (index, item) in array.items.iter().enumerate() {
            if index > 0 {
                self.new_line(column);
            }
            self.out.push('-');
            self.value(&item.value, Place::Item(column));
        }
    }

    /// Writes a scalar or an empty collection. Block scalars stand at column `block`; there are none
    /// without it, as in keys.
    fn scalar(&mut self, value: &Node, block: Option<usize>) {
        // Writing to a string cannot fail.
        match value {
            Node::Null | Node::DocumentSet(_) => self.out.push_str("null"),
            Node::Bool(true) => self.out.push_str("true"),
            Node::Bool(false) => self.out.push_str("false"),
            Node::Int(value) => _ = write!(self.out, "{value}"),
            Node::Uint(value) => _ = write!(self.out, "{value}"),
            Node::Float(value) => push_float(self.out, *value),
            Node::Str(text) => self.text(text, block),
            Node::Bytes(bytes) => {
                self.out.push_str("!!binary ");
                let encoded = resolve::encode_binary(bytes);
                match block {
                    Some(column) if encoded.ends_with('\n') => self.literal(&encoded, column),
                    _ => self.out.push_str(&encoded),
                }
            }
            Node::Map(_) => self.out.push_str("{}"),
            Node::Array(_) => self.out.push_str("[]"),
        }
    }

    fn text(&mut self, text: &str, block: Option<usize>) {
        if is_plainly_plain(text) {
            return self.out.push_str(text);
        }
        let form = Form::of(text);
        if form.has_line_feed {
            if form.block
                && !form.has_tab
                && let Some(column) = block
            {
                return self.literal(text, column);
            }
        } else if resolve::resolve(text) == Scalar::Text && !resolve::is_base60(text) {
            if form.plain {
                return self.out.push_str(text);
            }
            if form.single {
                return self.single_quoted(text, block.unwrap_or(0));
            }
        }
        push_double_quoted(self.out, text);
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

    /// `|`, the hints and the lines. Text that does not end in a line break leaves its last line open.
    fn literal(&mut self, text: &str, column: usize) {
        let is_break = |char| BREAKS.contains(&char);
        self.out.push('|');
        if text.starts_with(|char| char == ' ' || is_break(char)) {
            self.out.push('2');
        }
        let mut last = text.chars().rev();
        if !last.next().is_some_and(is_break) {
            self.out.push('-');
        } else if last.next().is_none_or(is_break) {
            self.out.push('+');
        }
        self.out.push('\n');
        for line in text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                self.indent(column);
            }
            self.out.push_str(line);
        }
    }
}

fn push_float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str(".nan");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { ".inf" } else { "-.inf" });
    } else {
        float::push_general(out, value);
    }
}

/// Whether a key is written before a `:` on its line, without `?`.
fn is_simple_key(key: &Node) -> bool {
    match key {
        Node::Map(map) => map.items.is_empty(),
        Node::Array(array) => array.items.is_empty(),
        Node::Str(text) => is_simple_text(text),
        Node::Bytes(bytes) => {
            let encoded = resolve::encode_binary(bytes);
            !encoded.ends_with('\n') && "!!binary".len() + encoded.len() <= SIMPLE_KEY_LENGTH
        }
        _ => true,
    }
}

/// [`is_simple_key`] for text.
pub(crate) fn is_simple_text(text: &str) -> bool {
    text.len() <= SIMPLE_KEY_LENGTH
        && (is_plainly_plain(text) || !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']))
}

/// A quick yes for most strings: printable ASCII that begins like no other type and holds no sign that
/// YAML would take for its own.
fn is_plainly_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    // These begin no number; the words that mean something else are no longer than `false`.
    let safe_first =
        first.is_ascii_alphabetic() && (bytes.len() > 5 || !b"yYnNtTfFoO".contains(first)) || *first == b'/';
    if !safe_first || matches!(last, b' ' | b':') {
        return false;
    }
    let seen =
        bytes.iter().fold(0, |seen, byte| seen | SIGNS.get(usize::from(*byte)).copied().unwrap_or(NOT_PLAIN));
    // Behind or before a space, the signs of a comment and of the end of a key.
    seen & NOT_PLAIN == 0
        && (seen != SPACE | SIGN || !bytes.windows(2).any(|pair| matches!(pair, b" #" | b": ")))
}

/// Bytes that are never plain, spaces, and `#` and `:`.
const NOT_PLAIN: u8 = 1;
const SPACE: u8 = 2;
const SIGN: u8 = 4;

/// What each byte is of these.
const SIGNS: [u8; 256] = {
    let mut signs = [NOT_PLAIN; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        signs[byte as usize] = 0;
        byte += 1;
    }
    signs[b' ' as usize] = SPACE;
    signs[b'#' as usize] = SIGN;
    signs[b':' as usize] = SIGN;
    signs
};

/// In which ways a string may be written; a tab rules out all but double quotes and, in go-yaml v3, blocks.
pub(crate) struct Form {
    pub(crate) plain: bool,
    pub(crate) single: bool,
    pub(crate) block: bool,
    pub(crate) has_line_feed: bool,
    pub(crate) has_tab: bool,
}

impl Form {
    pub(crate) fn of(text: &str) -> Form {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut breaks, mut has_line_feed, mut has_tab) = (false, false, false, false);
        let (mut space_before_break, mut break_before_space) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut after_white_space = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(char) = chars.next() {
            let before_blank = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
            indicators |= match char {
                '#' => first || after_white_space,
                ':' => before_blank,
                '?' | '-' => first && before_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    first
                }
                _ => false,
            };
            let tab = char == '\t';
            has_tab |= tab;
            special |= !tab && !is_printable(char);
            let space = char == ' ';
            let line_break = matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
            has_line_feed |= char == '\n';
            breaks |= line_break;
            break_before_space |= space && previous_break;
            space_before_break |= line_break && previous_space;
            previous_space = space;
            previous_break = line_break;
            after_white_space = space || line_break || tab;
            first = false;
        }
        let leading_space = text.starts_with(' ');
        let trailing_space = previous_space;
        special |= space_before_break;
        Form {
            plain: !(text.is_empty()
                || has_tab
                || indicators
                || special
                || breaks
                || leading_space
                || trailing_space),
            single: !(special || has_tab || break_before_space),
            block: !(special || trailing_space || text.is_empty()),
            has_line_feed,
            has_tab,
        }
    }
}

/// Whether the emitter writes a character as it is. It escapes all that needs four bytes.
fn is_printable(char: char) -> bool {
    match char {
        '\n' | ' '..='~' => true,
        '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => false,
        '\u{A0}'..='\u{FFFD}' => true,
        _ => false,
    }
}

/// A string in double quotes.
pub(crate) fn push_double_quoted(out: &mut String, text: &str) {
    // Behind a byte order mark the reference escapes every character.
    let escape_all = text.starts_with('\u{FEFF}');
    out.push('"');
    for char in text.chars() {
        let escape =
            escape_all || !is_printable(char) || matches!(char, '"' | '\\' | '\n' | '\u{2028}' | '\u{2029}');
        if escape {
            push_escape(out, char);
        } else {
            out.push(char);
        }
    }
    out.push('"');
}

fn push_escape(out: &mut String, char: char) {
    let letter = match char {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(char);
            // Writing to a string cannot fail.
            _ = match code {
                0..=0xFF => write!(out, "\\x{code:02X}"),
                0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
                _ => write!(out, "\\U{code:08X}"),
            };
            return;
        }
    };
    out.push('\\');
    out.push(letter);
}

#[cfg(test)]
mod tests;
