//! Reads JSON, with the error texts of Go's `encoding/json`.

use std::str::Chars;

use super::go_text::quoted_char;
use crate::{Error, ErrorKind, Result};

/// How deep values may nest. Values are dropped by recursion, so this is far below Go's 10,000.
const MAX_DEPTH: usize = 1000;

/// A JSON value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Json {
    Null,
    Bool,
    Number,
    Text(String),
    Array(Vec<Json>),
    /// Keys may repeat.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one value that makes up the whole text. Numbers and booleans are checked, not kept.
    pub(crate) fn parse(text: &str) -> Result<Json> {
        let mut reader = Reader { rest: text.chars(), depth: 0 };
        let first = reader.next_after_space();
        let value = reader.value(first)?;
        match reader.next_after_space() {
            None => Ok(value),
            unexpected => reader.fail(unexpected, "after top-level value"),
        }
    }

    /// What Go calls the value's type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool => "bool",
            Json::Number => "number",
            Json::Text(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }
}

struct Reader<'a> {
    rest: Chars<'a>,
    depth: usize,
}

impl Reader<'_> {
    fn next_after_space(&mut self) -> Option<char> {
        self.rest.find(|char| !matches!(char, ' ' | '\t' | '\r' | '\n'))
    }

    fn fail<T>(&self, unexpected: Option<char>, context: &str) -> Result<T> {
        let message = match unexpected {
            // Go reports the first byte of a character.
            Some(char) => {
                let mut bytes = [0; 4];
                let first = char.encode_utf8(&mut bytes).bytes().next().unwrap_or_default();
                format!("invalid character {} {context}", quoted_char(char::from(first)))
            }
            None => "unexpected end of JSON input".to_owned(),
        };
        Err(Error::new(ErrorKind::Usage, message))
    }

    /// Within a number, a word or an escape, Go takes the end of the text for a space.
    fn fail_within<T>(&self, unexpected: Option<char>, context: &str) -> Result<T> {
        self.fail(Some(unexpected.unwrap_or(' ')), context)
    }

    fn value(&mut self, first: Option<char>) -> Result<Json> {
        match first {
            Some('"') => Ok(Json::Text(self.text()?)),
            Some('[') => self.nested(Reader::array),
            Some('{') => self.nested(Reader::object),
            Some('t') => self.word("true", Json::Bool),
            Some('f') => self.word("false", Json::Bool),
            Some('n') => self.word("null", Json::Null),
            Some(digit @ ('-' | '0'..='9')) => self.number(digit),
            unexpected => self.fail(unexpected, "looking for beginning of value"),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json>) -> Result<Json> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(ErrorKind::Limit, "exceeded max depth"));
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Json> {
        let mut items = Vec::new();
        let mut first = self.next_after_space();
        if first == Some(']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(first)?);
            match self.next_after_space() {
                Some(',') => first = self.next_after_space(),
                Some(']') => return Ok(Json::Array(items)),
                unexpected => return self.fail(unexpected, "after array element"),
            }
        }
    }

    fn object(&mut self) -> Result<Json> {
        let mut items = Vec::new();
        let mut first = self.next_after_space();
        if first == Some('}') {
            return Ok(Json::Object(items));
        }
        loop {
            if first != Some('"') {
                return self.fail(first, "looking for beginning of object key string");
            }
            let key = self.text()?;
            match self.next_after_space() {
                Some(':') => {}
                unexpected => return self.fail(unexpected, "after object key"),
            }
            let start = self.next_after_space();
            items.push((key, self.value(start)?));
            match self.next_after_space() {
                Some(',') => first = self.next_after_space(),
                Some('}') => return Ok(Json::Object(items)),
                unexpected => return self.fail(unexpected, "after object key:value pair"),
            }
        }
    }

    fn word(&mut self, word: &'static str, value: Json) -> Result<Json> {
        for expected in word.chars().skip(1) {
            let next = self.rest.next();
            if next != Some(expected) {
                return self.fail_within(next, &format!("in literal {word} (expecting '{expected}')"));
            }
        }
        Ok(value)
    }

    fn number(&mut self, first: char) -> Result<Json> {
        let mut digit = Some(first);
        if first == '-' {
            digit = self.rest.next();
            if !is_digit(digit) {
                return self.fail_within(digit, "in numeric literal");
            }
        }
        if digit != Some('0') {
            self.digits();
        }
        if self.take(&['.']) {
            self.some_digits("after decimal point in numeric literal")?;
        }
        if self.take(&['e', 'E']) {
            self.take(&['+', '-']);
            self.some_digits("in exponent of numeric literal")?;
        }
        Ok(Json::Number)
    }

    fn some_digits(&mut self, context: &str) -> Result<()> {
        let next = self.rest.next();
        if !is_digit(next) {
            return self.fail_within(next, context);
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while is_digit(self.rest.clone().next()) {
            self.rest.next();
        }
    }

    /// Skips the next character if it is one of these.
    fn take(&mut self, chars: &[char]) -> bool {
        let is_one = self.rest.clone().next().is_some_and(|char| chars.contains(&char));
        if is_one {
            self.rest.next();
        }
        is_one
    }

    /// The text after its opening quote.
    fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(text),
                Some('\\') => {
                    let char = self.escape()?;
                    text.push(char);
                }
                Some(char @ '\0'..='\x1f') => return self.fail(Some(char), "in string literal"),
                Some(char) => text.push(char),
                None => return self.fail(None, ""),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        Ok(match self.rest.next() {
            Some(char @ ('"' | '\\' | '/')) => char,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let first = self.unit()?;
                if !(0xd800..0xe000).contains(&first) {
                    return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                // The other half of a pair, if there is one; it is left alone if it does not fit.
                let before = self.rest.clone();
                if first < 0xdc00 && self.take(&['\\']) && self.take(&['u']) {
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                }
                self.rest = before;
                char::REPLACEMENT_CHARACTER
            }
            unexpected => return self.fail_within(unexpected, "in string escape code"),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let next = self.rest.next();
            match next.and_then(|char| char.to_digit(16)) {
                Some(digit) => unit = unit * 16 + digit,
                None => return self.fail_within(next, "in \\u hexadecimal character escape"),
            }
        }
        Ok(unit)
    }
}

fn is_digit(char: Option<char>) -> bool {
    char.is_some_and(|char| char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let text = |text: &str| Json::Text(text.to_owned());
        for (source, expected) in [
            (r#" "a\u00e9\ud83d\ude00\n\/" "#, text("aé😀\n/")),
            (r#""\ud800x""#, text("\u{fffd}x")),
            (r#""\ud800\u0041""#, text("\u{fffd}A")),
            (r#""\ude00\ud83d""#, text("\u{fffd}\u{fffd}")),
            (
                "[1, -0.5e+3,0, true,null]",
                Json::Array(vec![Json::Number, Json::Number, Json::Number, Json::Bool, Json::Null]),
            ),
            (
                r#"{"a":{},"b":[]}"#,
                Json::Object(vec![
                    ("a".to_owned(), Json::Object(vec![])),
                    ("b".to_owned(), Json::Array(vec![])),
                ]),
            ),
        ] {
            assert_eq!(Json::parse(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn errors_are_worded_as_go_does() {
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
            let error = Json::parse(source).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected), "{source}");
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err_and(|error| error.kind() == ErrorKind::Limit));
    }
}
