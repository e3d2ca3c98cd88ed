//! JSON text to tree, with the complaints of Go's `encoding/json`.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::{Array, ArrayItem, Map, MapItem, Node, Origin, Text};
use super::recycle::{array_items, map_items};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, Limit};

/// A JSON text as ytt's `json.decode` understands it: every number is a float, keys are sorted, of
/// repeated keys the last counts.
///
/// # Errors
/// Go's: `invalid character 'x' looking for beginning of value`, `unexpected end of JSON input`, ...
pub fn decode(text: &[u8]) -> Result<Node> {
    Reader::new(text, false).document()
}

/// A JSON text as YAML would understand it: whole numbers stay whole, keys keep their order, of repeated
/// keys the last counts, at the place of the first.
///
/// # Errors
/// As [`decode`].
pub fn read(text: &[u8]) -> Result<Node> {
    Reader::new(text, true).document()
}

/// [`read`], with the line in its errors.
pub(crate) fn read_lines(text: &[u8]) -> Result<Node> {
    let mut reader = Reader::new(text, true);
    reader.document().map_err(|error| error.context(format!("line {}", reader.line())))
}

/// How many items most maps have at most.
const USUAL_ITEMS: usize = 8;

/// How many items a map may have before its keys are indexed.
const INDEX_FROM: usize = 16;

struct Reader<'a> {
    text: &'a [u8],
    /// The text, or as much of it as is UTF-8.
    valid: &'a str,
    at: usize,
    /// Keep whole numbers and the order of keys.
    exact: bool,
    /// The first number that is out of range. Malformed text behind it is reported first.
    too_large: Option<String>,
    /// How deep collections may nest.
    most: usize,
    /// Values that the limits do not know of yet.
    uncounted: usize,
}

/// How many values are read between two looks at the limits.
const COUNTED: usize = 64;

/// How many bytes stand for themselves at the start of the rest of a string.
fn plain_bytes(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is 0, of the lowest one at least; likewise of each below 0x20.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = |word: u64| word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    let (words, _) = text.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let found =
            zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\'))) | control(word);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    at + end.unwrap_or(rest.len())
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], exact: bool) -> Reader<'a> {
        let valid = std::str::from_utf8(text).unwrap_or_else(|error| {
            let valid = text.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        });
        Reader { text, valid, at: 0, exact, too_large: None, most: limits::yaml_depth(), uncounted: 0 }
    }

    /// The line that is being read.
    fn line(&self) -> usize {
        1 + memchr::memchr_iter(b'\n', self.text.get(..self.at).unwrap_or_default()).count()
    }

    fn document(&mut self) -> Result<Node> {
        let value = self.value(0)?;
        limits::spend_value_nodes(self.uncounted)?;
        match self.peek_token() {
            None => {}
            Some(_) => return self.unexpected("after top-level value"),
        }
        match self.too_large.take() {
            Some(message) => Err(Error::new(ErrorKind::Yaml, message)),
            None => Ok(value),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Skips white space and looks at what is next.
    fn peek_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    fn unexpected<T>(&self, context: &str) -> Result<T> {
        match self.peek() {
            None => Err(Error::new(ErrorKind::Yaml, "unexpected end of JSON input")),
            Some(_) => self.unexpected_inside(context),
        }
    }

    /// A complaint within a word, number or escape, where the end of the text counts as a space.
    fn unexpected_inside<T>(&self, context: &str) -> Result<T> {
        let byte = quoted(self.peek().unwrap_or(b' '));
        Err(Error::new(ErrorKind::Yaml, format!("invalid character {byte} {context}")))
    }

    fn value(&mut self, depth: usize) -> Result<Node> {
        self.uncounted += 1;
        if self.uncounted == COUNTED {
            self.uncounted = 0;
            limits::spend_value_nodes(COUNTED)?;
        }
        if depth > self.most {
            return Err(limits::exceed(Limit::YamlDepth, "exceeded max depth").into());
        }
        match self.peek_token() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Node::Str(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Node::Bool(true)),
            Some(b'f') => self.literal("false", Node::Bool(false)),
            Some(b'n') => self.literal("null", Node::Null),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn literal(&mut self, word: &str, node: Node) -> Result<Node> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return self
                    .unexpected_inside(&format!("in literal {word} (expecting {})", quoted(expected)));
            }
            self.at += 1;
        }
        Ok(node)
    }

    fn object(&mut self, depth: usize) -> Result<Node> {
        self.at += 1;
        let mut items: Vec<MapItem> = map_items(USUAL_ITEMS);
        // Where the items are, once there are enough of them for a search to hurt.
        let mut places: Option<HashMap<Text, usize>> = None;
        let mut next = self.peek_token();
        while next != Some(b'}') {
            if next != Some(b'"') {
                return self.unexpected("looking for beginning of object key string");
            }
            let key = self.string()?;
            if self.peek_token() != Some(b':') {
                return self.unexpected("after object key");
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            if items.len() == INDEX_FROM {
                let known = items.iter().enumerate();
                places = Some(known.filter_map(|(at, item)| Some((item.key.as_str()?.into(), at))).collect());
            }
            let place = match &mut places {
                Some(places) => *places.entry(key.clone()).or_insert(items.len()),
                None => items.iter().position(|item| item.key.as_str() == Some(&key)).unwrap_or(items.len()),
            };
            match items.get_mut(place) {
                Some(item) => item.value = value,
                None => items.push(MapItem { key: Node::Str(key), value, ..MapItem::default() }),
            }
            match self.peek_token() {
                Some(b',') => {
                    self.at += 1;
                    next = self.peek_token();
                    if next == Some(b'}') {
                        return self.unexpected("looking for beginning of object key string");
                    }
                }
                Some(b'}') => next = Some(b'}'),
                _ => return self.unexpected("after object key:value pair"),
            }
        }
        self.at += 1;
        if !self.exact {
            items.sort_by(|a, b| a.key.as_str().cmp(&b.key.as_str()));
        }
        Ok(Node::Map(Arc::new(Map { items, origin: Origin::Code, ..Map::default() })))
    }

    fn array(&mut self, depth: usize) -> Result<Node> {
        self.at += 1;
        let mut items = array_items(USUAL_ITEMS / 2);
        if self.peek_token() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                let value = self.value(depth + 1)?;
                items.push(ArrayItem { value, ..ArrayItem::default() });
                match self.peek_token() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break self.at += 1,
                    _ => return self.unexpected("after array element"),
                }
            }
        }
        Ok(Node::Array(Arc::new(Array { items, origin: Origin::Code, ..Array::default() })))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Node> {
        let start = self.at;
        let mut whole = true;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return self.unexpected_inside("in numeric literal");
        }
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            if self.digits() == 0 {
                return self.unexpected_inside("after decimal point in numeric literal");
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.unexpected_inside("in exponent of numeric literal");
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if self.exact
            && whole
            && let Some(value) = short_integer(text)
        {
            return Ok(Node::Int(value));
        }
        let text = std::str::from_utf8(text).unwrap_or_default();
        if self.exact && whole {
            if let Ok(value) = text.parse() {
                return Ok(Node::Int(value));
            }
            if let Ok(value) = text.parse() {
                return Ok(Node::Uint(value));
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Node::Float(value)),
            _ => {
                let message =
                    || format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.too_large.get_or_insert_with(message);
                Ok(Node::Null)
            }
        }
    }

    /// A string; what is not UTF-8 and halves of surrogate pairs become replacement characters.
    fn string(&mut self) -> Result<Text> {
        self.at += 1;
        let mut run = self.at;
        // Most strings are as they stand.
        let end = run + plain_bytes(self.text.get(run..).unwrap_or_default());
        if self.text.get(end) == Some(&b'"')
            && let Some(text) = self.valid.get(run..end)
        {
            self.at = end + 1;
            return Ok(Text::new(text));
        }
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(b'"' | b'\\') => {
                    push_lossy(&mut text, self.text.get(run..self.at).unwrap_or_default());
                    let end = self.peek() == Some(b'"');
                    self.at += 1;
                    if end {
                        return Ok(Text::new(text));
                    }
                    self.escape(&mut text)?;
                    run = self.at;
                }
                Some(0x20..) => self.at += 1,
                _ => return self.unexpected("in string literal"),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<()> {
        text.push(match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0C',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.unit()?;
                text.push(self.surrogate_pair(unit)?);
                return Ok(());
            }
            _ => return self.unexpected_inside("in string escape code"),
        });
        self.at += 1;
        Ok(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.unexpected_inside("in \\u hexadecimal character escape");
            };
            value = value << 4 | digit;
            self.at += 1;
        }
        Ok(value)
    }

    /// The character that begins with this unit of UTF-16.
    fn surrogate_pair(&mut self, unit: u32) -> Result<char> {
        if let Some(char) = char::from_u32(unit) {
            return Ok(char);
        }
        let start = self.at;
        if (0xD800..0xDC00).contains(&unit) && self.text.get(start..start + 2) == Some(b"\\u") {
            self.at += 2;
            let low = self.unit()?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // The second one stands for itself.
            self.at = start;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}

/// An integer without a sign that is certain to fit.
fn short_integer(digits: &[u8]) -> Option<i64> {
    if digits.len() > 18 || digits.first() == Some(&b'-') {
        return None;
    }
    Some(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// Appends bytes, each that is not UTF-8 as a replacement character.
fn push_lossy(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// A byte as Go quotes it in these messages.
fn quoted(byte: u8) -> String {
    let char = char::from(byte);
    match char {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        '\\' => "'\\\\'".to_owned(),
        '\x07' => "'\\a'".to_owned(),
        '\x08' => "'\\b'".to_owned(),
        '\t' => "'\\t'".to_owned(),
        '\n' => "'\\n'".to_owned(),
        '\x0B' => "'\\v'".to_owned(),
        '\x0C' => "'\\f'".to_owned(),
        '\r' => "'\\r'".to_owned(),
        '\0'..' ' | '\x7F' => format!("'\\x{byte:02x}'"),
        '\u{80}'..='\u{A0}' | '\u{AD}' => format!("'\\u{byte:04x}'"),
        _ => format!("'{char}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_end_at_the_first_that_is_not() {
        for length in 0..40 {
            let text: Vec<u8> = (0..length).map(|at| b"a\x7f\x80 \xff!#[]"[at % 9]).collect();
            assert_eq!(plain_bytes(&text), length);
            for (end, byte) in (0..length).zip([b'"', b'\\', 0, 0x1f, b'\n'].into_iter().cycle()) {
                let mut text = text.clone();
                text[end] = byte;
                text[length - 1] = byte;
                assert_eq!(plain_bytes(&text), end);
            }
        }
    }

    #[test]
    fn complaints_are_those_of_go() {
        for (source, expected) in [
            ("", "unexpected end of JSON input"),
            ("[1,", "unexpected end of JSON input"),
            ("\"abc", "unexpected end of JSON input"),
            ("{\"a\"", "unexpected end of JSON input"),
            ("{\"files\": [}", "invalid character '}' looking for beginning of value"),
            ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
            ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{\"x\" 1}", "invalid character '1' after object key"),
            ("{\"x\":1 \"y\"}", "invalid character '\"' after object key:value pair"),
            ("{\"a\":01}", "invalid character '1' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("1 2", "invalid character '2' after top-level value"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\", "invalid character ' ' in string escape code"),
            ("\"\\u12\"", "invalid character '\"' in \\u hexadecimal character escape"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("nul", "invalid character ' ' in literal null (expecting 'l')"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("1.", "invalid character ' ' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("-]", "invalid character ']' in numeric literal"),
            ("é", "invalid character 'Ã' looking for beginning of value"),
        ] {
            let error = decode(source.as_bytes()).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected), "{source}");
        }
        assert!(
            decode("[".repeat(100_000).as_bytes())
                .is_err_and(|error| error.kind() == ErrorKind::Limit(Limit::YamlDepth))
        );
    }
}
