//! Text to tokens, by the rules of YAML 1.1.
//!
//! ytt reads YAML with a fork of go-yaml v2, whose scanner knows YAML 1.1 only: line breaks include
//! U+0085, U+2028 and U+2029, `?` ends a plain scalar in flow context, indentation does not count
//! inside brackets. Its verdicts on malformed text, with their wording and line, are part of what
//! users see, and the line of every `-` and `,` is part of the tree. A YAML 1.2 parser gives neither,
//! hence a scanner of our own.
//!
//! A mapping announces itself only at its first `:`, after its key was read. So tokens wait in a
//! queue while the oldest of them may still turn out to begin a key; when it does, [`Token::Key`] (and
//! [`Token::BlockMappingStart`]) are put in front of it.

mod cursor;
mod scalar;
mod source;
mod tag;

use std::borrow::Cow;
use std::collections::VecDeque;

use self::cursor::Cursor;
use self::source::Source;
use super::node::ScalarStyle;
use crate::error::{Error, ErrorKind, Result};

/// A piece of YAML syntax.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// The end of the text.
    StreamEnd,
    /// `%YAML 1.1`
    Version(u8, u8),
    /// `%TAG !handle! prefix`
    TagDirective { handle: &'a str, prefix: Cow<'a, str> },
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// The first `-` of a sequence is next.
    BlockSequenceStart,
    /// The first key of a mapping is next.
    BlockMappingStart,
    /// The indentation of a block sequence or mapping ends.
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or what follows is the key of a pair.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias(&'a str),
    /// `&name`
    Anchor(&'a str),
    /// `!handle!suffix`; an empty handle where the suffix is the whole tag.
    Tag { handle: &'a str, suffix: Cow<'a, str> },
    /// A scalar.
    Scalar { value: Cow<'a, str>, style: ScalarStyle },
}

/// A token and the line it stands on. Lines count from 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) line: u32,
}

/// A comment: the text behind `#`, and its line counted from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RawComment<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
}

/// A place where a key may have begun, one for each level of brackets.
#[derive(Clone, Copy, Default)]
struct PossibleKey {
    possible: bool,
    /// The text is malformed if no `:` follows: the token stands at the indentation of its mapping.
    required: bool,
    /// The number of the token, counted from the beginning of the text.
    token: usize,
    line: u32,
    column: usize,
}

/// A key must end within this many characters, by YAML 1.1.
const KEY_LENGTH: usize = 1024;

/// `---` and the character behind it: the scanner looks this far ahead for a token.
const MARKER_LENGTH: usize = 4;

/// Reads tokens from a text.
pub(super) struct Scanner<'a> {
    cursor: Cursor<'a>,
    /// What follows the text instead of its end.
    fault: Option<&'static str>,
    /// The text was given without `---`, so line 0 is the one the reference puts in front.
    implied_start: bool,
    queue: VecDeque<Placed<'a>>,
    /// It is certain what the first token of the queue is.
    certain: bool,
    /// How many tokens have been taken from the queue.
    taken: usize,
    /// The column of the current block collection, -1 outside of any.
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    /// A key may begin at this place.
    key_allowed: bool,
    keys: Vec<PossibleKey>,
    /// No key below this level is possible.
    first_key: usize,
    /// The comments met since they were last taken.
    pub(super) comments: Vec<RawComment<'a>>,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of `bytes`.
    ///
    /// The reference puts `---` and a line break in front of a text that does not begin with `---`.
    /// That line is line 0; the text itself then begins at line 1.
    pub(super) fn new(bytes: &'a [u8]) -> Scanner<'a> {
        let implied_start = !starts_with_marker(bytes);
        let source = Source::new(bytes, if implied_start { 4 } else { 0 });
        let mut scanner = Scanner {
            cursor: Cursor::new(source.text, u32::from(implied_start)),
            fault: source.fault,
            implied_start,
            queue: VecDeque::new(),
            certain: false,
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            key_allowed: true,
            keys: vec![PossibleKey::default()],
            first_key: 0,
            comments: Vec::new(),
        };
        if implied_start {
            scanner.queue.push_back(Placed { token: Token::DocumentStart, line: 0 });
        }
        scanner
    }

    /// Whether the text was given without `---` at its beginning.
    pub(super) fn implied_start(&self) -> bool {
        self.implied_start
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Result<&Placed<'a>> {
        if !self.certain {
            self.fill()?;
        }
        // INVARIANT: `fill` leaves at least one token in the queue.
        self.queue.front().ok_or_else(|| Error::new(ErrorKind::Internal, "yaml: no token"))
    }

    /// Takes the next token. Behind the end of the text it is [`Token::StreamEnd`] for ever.
    pub(super) fn take(&mut self) -> Result<Placed<'a>> {
        self.fill()?;
        let placed = self.queue.pop_front();
        self.certain = false;
        self.taken += 1;
        placed.ok_or_else(|| Error::new(ErrorKind::Internal, "yaml: no token"))
    }

    /// An error of the scanner at the current place. These name the right line.
    fn fail<T>(&self, problem: &str) -> Result<T> {
        if let Some(fault) = self.fault
            && self.cursor.at_end()
        {
            return Err(Error::new(ErrorKind::Yaml, format!("yaml: {fault}")));
        }
        let line = self.cursor.line;
        Err(self.error_on_line(if line == 0 { 0 } else { line + 1 }, problem))
    }

    /// An error of the grammar at a token of this line. The reference names the line before it.
    pub(super) fn grammar_error(&self, line: u32, problem: &str) -> Error {
        self.error_on_line(line, problem)
    }

    fn error_on_line(&self, line: u32, problem: &str) -> Error {
        let message = match line {
            0 => format!("yaml: {problem}"),
            // The reference crashes where this is line 0 of the file.
            _ if self.implied_start => format!("yaml: line {}: {problem}", (line - 1).max(1)),
            _ => format!("yaml: line {line}: {problem}"),
        };
        Error::new(ErrorKind::Yaml, message)
    }

    /// Reads on until it is certain what the first token of the queue is.
    fn fill(&mut self) -> Result<()> {
        while !self.certain {
            if !self.queue.is_empty() {
                self.drop_stale_keys()?;
                let taken = self.taken;
                let may_be_key = |key: &PossibleKey| key.possible && key.token == taken;
                if !self.keys.iter().skip(self.first_key).any(may_be_key) {
                    self.certain = true;
                    return Ok(());
                }
            }
            self.fetch()?;
        }
        Ok(())
    }

    fn push(&mut self, token: Token<'a>, line: u32) {
        self.queue.push_back(Placed { token, line });
    }

    /// Puts a token before the one with this number.
    fn insert(&mut self, number: usize, token: Token<'a>, line: u32) {
        let index = number.saturating_sub(self.taken).min(self.queue.len());
        self.queue.insert(index, Placed { token, line });
    }

    /// Reads one token into the queue.
    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        let column = self.cursor.column();
        self.close_blocks(column as isize);
        let line = self.cursor.line;
        let (byte, next) = (self.cursor.byte(0), self.cursor.byte(1));
        if let Some(fault) = self.fault
            && self.cursor.left() < MARKER_LENGTH
        {
            return Err(Error::new(ErrorKind::Yaml, format!("yaml: {fault}")));
        }
        if self.cursor.at_end() {
            return self.fetch_end();
        }
        if column == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if let Some(marker) = self.cursor.document_marker() {
                self.close_blocks(-1);
                self.forget_key()?;
                self.key_allowed = false;
                self.cursor.skip_ascii(3);
                let token = if marker == b'-' { Token::DocumentStart } else { Token::DocumentEnd };
                self.push(token, line);
                return Ok(());
            }
        }
        let flow = self.flow_level > 0;
        let blank_follows = self.cursor.is_blank_or_end(1);
        match byte {
            b'[' => self.fetch_flow_start(Token::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Token::FlowMappingStart),
            b']' => self.fetch_flow_end(Token::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Token::FlowMappingEnd),
            b',' => {
                self.forget_key()?;
                self.key_allowed = true;
                self.cursor.skip_ascii(1);
                self.push(Token::FlowEntry, line);
                Ok(())
            }
            b'-' if blank_follows => self.fetch_entry(),
            b'?' if flow || blank_follows => self.fetch_key(),
            b':' if flow || blank_follows => self.fetch_value(),
            b'*' | b'&' => {
                self.save_key()?;
                self.key_allowed = false;
                let name = self.anchor_name()?;
                self.push(if byte == b'*' { Token::Alias(name) } else { Token::Anchor(name) }, line);
                Ok(())
            }
            b'!' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.tag()?;
                self.push(token, line);
                Ok(())
            }
            b'|' | b'>' if !flow => {
                self.forget_key()?;
                self.key_allowed = true;
                let token = self.block_scalar(byte == b'|')?;
                self.push(token, line);
                Ok(())
            }
            b'\'' | b'"' => {
                self.save_key()?;
                self.key_allowed = false;
                let token = if byte == b'"' { self.double_quoted()? } else { self.single_quoted()? };
                self.push(token, line);
                Ok(())
            }
            _ if starts_plain(byte, next, flow) => {
                self.save_key()?;
                self.key_allowed = false;
                let token = self.plain()?;
                self.push(token, line);
                Ok(())
            }
            _ => self.fail("found character that cannot start any token"),
        }
    }

    /// Skips white space and comments.
    fn skip_to_token(&mut self) {
        loop {
            // A tab may not take part in indentation.
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || tabs && self.cursor.byte(0) == b'\t' {
                self.cursor.skip_ascii(1);
            }
            if self.cursor.byte(0) == b'#' {
                let line = self.cursor.line;
                self.cursor.skip_ascii(1);
                let text = self.cursor.rest_of_line();
                self.comments.push(RawComment { text, line });
            }
            if !self.cursor.skip_break() {
                return;
            }
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn fetch_end(&mut self) -> Result<()> {
        self.cursor.end_line();
        self.close_blocks(-1);
        self.forget_key()?;
        self.key_allowed = false;
        self.push(Token::StreamEnd, self.cursor.line);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.forget_key()?;
        self.key_allowed = false;
        let line = self.cursor.line;
        let token = self.directive()?;
        self.push(token, line);
        Ok(())
    }

    fn fetch_flow_start(&mut self, token: Token<'a>) -> Result<()> {
        self.save_key()?;
        self.keys.push(PossibleKey::default());
        self.flow_level += 1;
        self.key_allowed = true;
        let line = self.cursor.line;
        self.cursor.skip_ascii(1);
        self.push(token, line);
        Ok(())
    }

    fn fetch_flow_end(&mut self, token: Token<'a>) -> Result<()> {
        self.forget_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        let line = self.cursor.line;
        self.cursor.skip_ascii(1);
        self.push(token, line);
        Ok(())
    }

    fn fetch_entry(&mut self) -> Result<()> {
        let line = self.cursor.line;
        // Within brackets the grammar refuses the token.
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.fail("block sequence entries are not allowed in this context");
            }
            if self.open_block(self.cursor.column()) {
                self.push(Token::BlockSequenceStart, line);
            }
        }
        self.forget_key()?;
        self.key_allowed = true;
        self.cursor.skip_ascii(1);
        self.push(Token::BlockEntry, line);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        let line = self.cursor.line;
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.fail("mapping keys are not allowed in this context");
            }
            if self.open_block(self.cursor.column()) {
                self.push(Token::BlockMappingStart, line);
            }
        }
        self.forget_key()?;
        self.key_allowed = self.flow_level == 0;
        self.cursor.skip_ascii(1);
        self.push(Token::Key, line);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        let line = self.cursor.line;
        let key = self.keys.last().copied().unwrap_or_default();
        if key.possible {
            self.insert(key.token, Token::Key, key.line);
            if self.flow_level == 0 && self.open_block(key.column) {
                self.insert(key.token, Token::BlockMappingStart, key.line);
            }
            self.set_key(PossibleKey::default());
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return self.fail("mapping values are not allowed in this context");
                }
                if self.open_block(self.cursor.column()) {
                    self.push(Token::BlockMappingStart, line);
                }
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.cursor.skip_ascii(1);
        self.push(Token::Value, line);
        Ok(())
    }

    /// Begins a block collection if the column is beyond the current one's.
    fn open_block(&mut self, column: usize) -> bool {
        let column = column as isize;
        if self.indent >= column {
            return false;
        }
        self.indents.push(self.indent);
        self.indent = column;
        true
    }

    /// Ends the block collections beyond this column.
    fn close_blocks(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Token::BlockEnd, self.cursor.line);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn set_key(&mut self, key: PossibleKey) {
        let level = self.keys.len().saturating_sub(1);
        if let Some(last) = self.keys.last_mut() {
            *last = key;
        }
        if key.possible {
            self.first_key = self.first_key.min(level);
        }
    }

    /// Notes that a key may begin here.
    fn save_key(&mut self) -> Result<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.forget_key()?;
        let column = self.cursor.column();
        self.set_key(PossibleKey {
            possible: true,
            required: self.flow_level == 0 && self.indent == column as isize,
            token: self.taken + self.queue.len(),
            line: self.cursor.line,
            column,
        });
        Ok(())
    }

    /// The key noted on this level was none.
    fn forget_key(&mut self) -> Result<()> {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => self.fail("could not find expected ':'"),
            Some(key) => {
                key.possible = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A key ends on its line, within [`KEY_LENGTH`].
    fn drop_stale_keys(&mut self) -> Result<()> {
        let (line, column) = (self.cursor.line, self.cursor.column());
        let mut first = self.keys.len();
        for (level, key) in self.keys.iter_mut().enumerate().skip(self.first_key) {
            if key.possible && (key.line < line || key.column + KEY_LENGTH < column) {
                if key.required {
                    return self.fail("could not find expected ':'");
                }
                key.possible = false;
            }
            if key.possible {
                first = first.min(level);
            }
        }
        self.first_key = first;
        Ok(())
    }
}

/// Whether a plain scalar begins with these two characters.
fn starts_plain(byte: u8, next: u8, flow: bool) -> bool {
    let blank_or_end = |byte| matches!(byte, 0 | b' ' | b'\t' | b'\n' | b'\r');
    match byte {
        b'-' => !matches!(next, b' ' | b'\t'),
        b'?' | b':' => !flow && !blank_or_end(next),
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' => false,
        b'%' | b'@' | b'`' => false,
        _ => !blank_or_end(byte),
    }
}

/// Whether the reference takes the text to begin with `---`: white space, three dashes, white space.
fn starts_with_marker(bytes: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ');
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let text = bytes.get(start..).unwrap_or_default();
    text.starts_with(b"---") && text.get(3).is_some_and(is_space)
}
