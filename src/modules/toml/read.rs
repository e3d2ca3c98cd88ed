//! Reads TOML text as the `BurntSushi/toml` library does, with its messages.
//!
//! The library counts lines where its scanner stands when it gives up, which is not always where the
//! fault is: at the end of the text it names the line before.

use std::rc::Rc;

use super::tables::{Tables, Value};
use super::time::is_time;
use super::{number, string};
use crate::engine::builtins::quote;
use crate::yaml::{Node, Text};

/// How deep tables and arrays may nest.
const MAX_DEPTH: usize = 1000;

/// The text as a tree, keys sorted.
///
/// # Errors
/// What the library says of a text that is not TOML, or of dates and times, or of too deep nesting.
pub(super) fn read(text: &[u8]) -> Result<Node, String> {
    let text = [b"\xff\xfe", b"\xfe\xff"].iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text);
    if text.iter().take(6).any(|byte| *byte == 0) {
        return Err("toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must \
                    be UTF-8"
            .to_owned());
    }
    let chunk = text.utf8_chunks().next();
    let valid = chunk.as_ref().map(|chunk| chunk.valid()).unwrap_or_default();
    let invalid = chunk.and_then(|chunk| chunk.invalid().first().copied());
    let mut reader =
        Reader { text: valid, invalid, at: 0, line: 1, key_line: 1, nesting: 0, tables: Tables::new() };
    reader.document()?;
    reader.tables.into_node()
}

pub(super) struct Reader<'a> {
    /// The text as far as it is UTF-8.
    text: &'a str,
    /// The byte that is not.
    invalid: Option<u8>,
    at: usize,
    line: usize,
    /// Where the last key began.
    key_line: usize,
    /// Arrays and inline tables around the place.
    nesting: usize,
    tables: Tables,
}

fn is_blank(char: Option<char>) -> bool {
    matches!(char, Some(' ' | '\t'))
}

fn is_break(char: Option<char>) -> bool {
    matches!(char, Some('\n' | '\r'))
}

/// A character as Go's `%q` shows it; the end of the text is NUL.
pub(super) fn quote_char(char: Option<char>) -> String {
    match char.unwrap_or_default() {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => {
            let text = quote(other.encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", text.trim_matches('"'))
        }
    }
}

fn or_end_of_file(char: Option<char>) -> String {
    char.map_or_else(|| "end of file".to_owned(), |char| format!("'{char}'"))
}

impl<'a> Reader<'a> {
    /// A message about the text at this line.
    pub(super) fn error_at(&self, line: usize, message: impl std::fmt::Display) -> String {
        match self.tables.current() {
            key if key.is_empty() => format!("toml: line {line}: {message}"),
            key => format!("toml: line {line} (last key {}): {message}", quote(key.as_bytes())),
        }
    }

    /// A message about the text at the present line.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> String {
        self.error_at(self.line, message)
    }

    /// A message about a character that has been read.
    pub(super) fn unexpected(&self, found: Option<char>, message: impl std::fmt::Display) -> String {
        self.error_at(self.line.saturating_sub(found.is_none().into()), message)
    }

    /// A message about a line break that has been read.
    pub(super) fn broken_line(&self, message: &str) -> String {
        self.error_at(self.line.saturating_sub(1), message)
    }

    /// A message about the last key.
    pub(super) fn key_error(&self, message: impl std::fmt::Display) -> String {
        self.error_at(self.key_line, message)
    }

    /// A message about the last key, as [`Tables`] words it.
    fn refused<T>(&self, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|message| self.key_error(message))
    }

    /// Where the next character is.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The next character, None at the end.
    pub(super) fn next(&mut self) -> Result<Option<char>, String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(char) = rest.chars().next() else {
            return match self.invalid {
                Some(byte) => Err(self.error(format!("invalid UTF-8 byte: 0x{byte:02x}"))),
                None => Ok(None),
            };
        };
        match char {
            '\n' => self.line += 1,
            // The library takes the replacement character for what it stands for.
            '\u{fffd}' => return Err(self.error("invalid UTF-8 byte: 0xef")),
            '\r' if rest.as_bytes().get(1) == Some(&b'\n') => {}
            '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f' => {
                let code = u32::from(char);
                return Err(
                    self.error(format!("TOML files cannot contain control characters: '0x{code:02x}'"))
                );
            }
            _ => {}
        }
        self.at += char.len_utf8();
        Ok(Some(char))
    }

    /// The next character, which stays.
    pub(super) fn peek(&mut self) -> Result<Option<char>, String> {
        let (at, line) = (self.at, self.line);
        let char = self.next()?;
        (self.at, self.line) = (at, line);
        Ok(char)
    }

    /// Reads this character if it is the next.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool, String> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Reads characters as long as they are wanted, and returns them.
    pub(super) fn take(&mut self, wanted: impl Fn(char) -> bool) -> Result<&'a str, String> {
        let start = self.at;
        while self.peek()?.is_some_and(&wanted) {
            self.next()?;
        }
        Ok(self.since(start))
    }

    /// Goes back by this many bytes of one line.
    pub(super) fn back(&mut self, bytes: usize) {
        self.at = self.at.saturating_sub(bytes);
    }

    fn skip_blanks(&mut self) -> Result<(), String> {
        self.take(|char| is_blank(Some(char))).map(drop)
    }

    /// The rest of a comment, without its line break.
    fn comment(&mut self) -> Result<(), String> {
        self.take(|char| !is_break(Some(char))).map(drop)
    }

    fn document(&mut self) -> Result<(), String> {
        loop {
            match self.peek()? {
                None => return Ok(()),
                found if is_blank(found) || is_break(found) => drop(self.next()?),
                Some('#') => self.comment()?,
                Some('[') => {
                    self.next()?;
                    self.header()?;
                    self.line_end()?;
                }
                Some(_) => {
                    let outer = self.tables.context.clone();
                    self.pair()?;
                    self.tables.context = outer;
                    self.tables.key = Text::default();
                    self.line_end()?;
                }
            }
        }
    }

    /// What may follow a header or a value.
    fn line_end(&mut self) -> Result<(), String> {
        self.skip_blanks()?;
        match self.next()? {
            None => Ok(()),
            Some('#') => self.comment(),
            found if is_break(found) => Ok(()),
            found => Err(self.error(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                quote_char(found)
            ))),
        }
    }

    /// A header, whose `[` has been read.
    fn header(&mut self) -> Result<(), String> {
        let array = self.accept('[')?;
        let mut names = Vec::new();
        loop {
            self.skip_blanks()?;
            match self.peek()? {
                None | Some(']') => {
                    return Err(self.error("unexpected end of table name (table names cannot be empty)"));
                }
                Some('.') => {
                    return Err(self.error("unexpected table separator (table names cannot be empty)"));
                }
                Some(_) => self.name(&mut names)?,
            }
            self.skip_blanks()?;
            match self.next()? {
                Some('.') => {}
                Some(']') => break,
                found => {
                    let found_text = quote_char(found);
                    let message =
                        format!("expected '.' or ']' to end table name, but got {found_text} instead");
                    return Err(self.unexpected(found, message));
                }
            }
        }
        if array {
            let found = self.next()?;
            if found != Some(']') {
                let found_text = quote_char(found);
                let message =
                    format!("expected end of table array name delimiter ']', but got {found_text} instead");
                return Err(self.unexpected(found, message));
            }
        }
        self.check_depth(names.len())?;
        let opened = self.tables.open(&names, array);
        self.refused(opened)
    }

    /// One part of a key or of the name of a table.
    fn name(&mut self, names: &mut Vec<Text>) -> Result<(), String> {
        let name: Text = match self.peek()? {
            Some(mark @ ('"' | '\'')) => {
                self.next()?;
                let text = string::line(self, mark)?;
                text.into()
            }
            _ => self.take(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))?.into(),
        };
        if names.is_empty() {
            self.key_line = self.line;
        }
        names.push(name);
        Ok(())
    }

    /// The parts of a key, up to the value.
    fn key(&mut self) -> Result<Vec<Text>, String> {
        self.skip_blanks()?;
        match self.peek()? {
            None | Some('=') => return Err(self.error("unexpected '=': key name appears blank")),
            Some('.') => return Err(self.error("unexpected '.': keys cannot start with a '.'")),
            Some(_) => {}
        }
        let mut names = Vec::new();
        loop {
            self.skip_blanks()?;
            match self.peek()? {
                None | Some('=') => return Err(self.error("unexpected '='")),
                Some('.') => return Err(self.error("unexpected '.'")),
                Some(_) => self.name(&mut names)?,
            }
            self.skip_blanks()?;
            match self.next()? {
                Some('=') => return Ok(names),
                Some('.') => {}
                None => return Err(self.unexpected(None, "unexpected EOF; expected key separator '='")),
                found => {
                    let found = quote_char(found);
                    return Err(self.error(format!("expected '.' or '=', but got {found} instead")));
                }
            }
        }
    }

    /// `key = value` into the context, which stays where the last part of the key is.
    fn pair(&mut self) -> Result<(Text, Value), String> {
        let mut names = self.key()?;
        self.tables.key = names.pop().unwrap_or_default();
        for name in names {
            self.check_depth(self.tables.depth() + 1)?;
            let stepped = self.tables.step(&name, false);
            self.refused(stepped)?;
        }
        let value = self.value(false)?;
        let key = self.tables.key.clone();
        let set = self.tables.set(&key, value.clone());
        self.refused(set)?;
        Ok((key, value))
    }

    fn check_depth(&self, depth: usize) -> Result<(), String> {
        if depth + self.nesting > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    fn value(&mut self, in_array: bool) -> Result<Value, String> {
        self.skip_blanks()?;
        let found = self.next()?;
        match found {
            Some('[') => self.nested(Reader::array),
            Some('{') => self.nested(|reader| reader.inline_table(in_array)),
            Some(mark @ ('"' | '\'')) => {
                let text = string::value(self, mark)?;
                Ok(Value::Scalar(Node::str(text)))
            }
            Some('0'..='9') => {
                self.back(1);
                self.number_or_time()
            }
            Some('-' | '+') => number::signed(self).map(Value::Scalar),
            Some('.') => Err(self.error("floats must start with a digit, not '.'")),
            Some('i' | 'n') if self.accept_special()? => {
                number::float(self, self.since(self.at - 3)).map(Value::Scalar)
            }
            Some(letter) if letter.is_alphabetic() => {
                self.back(letter.len_utf8());
                match self.take(char::is_alphabetic)? {
                    "true" => Ok(Value::Scalar(Node::Bool(true))),
                    "false" => Ok(Value::Scalar(Node::Bool(false))),
                    word => {
                        let word = quote(word.as_bytes());
                        Err(self.error(format!("expected value but found {word} instead")))
                    }
                }
            }
            None => Err(self.unexpected(None, "unexpected EOF; expected value")),
            found => Err(self.error(format!("expected value but found {} instead", quote_char(found)))),
        }
    }

    /// The rest of `inf` or `nan`. What was read in vain stays read.
    fn accept_special(&mut self) -> Result<bool, String> {
        Ok((self.accept('n')? && self.accept('f')?) || (self.accept('a')? && self.accept('n')?))
    }

    fn number_or_time(&mut self) -> Result<Value, String> {
        let start = self.at;
        let first = self.take(|char| char.is_ascii_digit())?;
        if first != "0" && matches!(self.peek()?, Some('-' | ':')) {
            let is_part = |char: char| char.is_ascii_digit() || "-:Tt .Zz+".contains(char);
            self.take(is_part)?;
            let text = self.since(start).trim_ascii();
            return match is_time(text) {
                true => Ok(Value::Time),
                false => {
                    let text = text.replace(['t', ' '], "T").replace('z', "Z");
                    let text = quote(text.as_bytes());
                    Err(self.error(format!("Invalid TOML Datetime: {text}.")))
                }
            };
        }
        number::number(self, start).map(Value::Scalar)
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<Value, String>,
    ) -> Result<Value, String> {
        self.nesting += 1;
        self.check_depth(self.tables.depth())?;
        let value = read(self);
        self.nesting -= 1;
        value
    }

    /// An array, whose `[` has been read.
    fn array(&mut self) -> Result<Value, String> {
        let key = self.tables.key.clone();
        self.tables.set_array(&key, true);
        let mut elements = Vec::new();
        loop {
            match self.peek()? {
                found if is_blank(found) || is_break(found) => drop(self.next()?),
                Some('#') => self.comment()?,
                Some(',') => return Err(self.error("unexpected comma")),
                Some(']') => {
                    self.next()?;
                    break;
                }
                _ => {
                    elements.push(self.value(true)?);
                    if self.array_end()? {
                        break;
                    }
                }
            }
        }
        Ok(Value::Array(Rc::from(elements)))
    }

    /// Whether the array ends after an element.
    fn array_end(&mut self) -> Result<bool, String> {
        loop {
            match self.next()? {
                found if is_blank(found) || is_break(found) => {}
                Some('#') => self.comment()?,
                Some(',') => return Ok(false),
                Some(']') => return Ok(true),
                found => {
                    let message = format!(
                        "expected a comma (',') or array terminator (']'), but got {}",
                        or_end_of_file(found)
                    );
                    return Err(self.unexpected(found, message));
                }
            }
        }
    }

    /// A table between braces, whose `{` has been read.
    fn inline_table(&mut self, in_array: bool) -> Result<Value, String> {
        let outer = (self.tables.context.clone(), self.tables.key.clone());
        let opened = self.tables.open_inline(in_array);
        self.refused(opened)?;
        let inner = self.tables.context.clone();
        let table = self.tables.new_table();
        loop {
            match self.next()? {
                found if is_blank(found) => {}
                found if is_break(found) => return Err(self.broken_line(NO_BREAKS)),
                Some('#') => self.comment()?,
                Some(',') => return Err(self.error("unexpected comma")),
                Some('}') => break,
                found => {
                    self.back(found.map_or(0, char::len_utf8));
                    let (name, value) = self.pair()?;
                    self.tables.insert(table, name, value);
                    self.tables.context = inner.clone();
                    if self.inline_table_end()? {
                        break;
                    }
                }
            }
        }
        (self.tables.context, self.tables.key) = outer;
        Ok(Value::Table(table))
    }

    /// Whether the inline table ends after a value.
    fn inline_table_end(&mut self) -> Result<bool, String> {
        loop {
            match self.next()? {
                found if is_blank(found) => {}
                found if is_break(found) => return Err(self.broken_line(NO_BREAKS)),
                Some('#') => self.comment()?,
                Some(',') => {
                    self.skip_blanks()?;
                    if self.peek()? == Some('}') {
                        return Err(self.error("trailing comma not allowed in inline tables"));
                    }
                    return Ok(false);
                }
                Some('}') => return Ok(true),
                found => {
                    let message = format!(
                        "expected a comma or an inline table terminator '}}', but got {} instead",
                        or_end_of_file(found)
                    );
                    return Err(self.unexpected(found, message));
                }
            }
        }
    }
}

const NO_BREAKS: &str = "newlines not allowed within inline tables";
