//! Text to tokens.
//!
//! Still knows indentation, although blocks do not depend on it (see [`super::blocks`]): a line that
//! steps out to a level nobody opened is an error, as in the reference.

use std::sync::LazyLock;

use regex::Regex;

use super::SyntaxError;
use super::ast::{BinaryOp, Position};
use super::quote::unescape;
use super::token::{Kind, Token, Value};

/// What `peek` gives at the end. A NUL in the text ends it too, as in the reference.
pub(super) const END: char = '\0';

/// Reads tokens one by one.
pub(super) struct Scanner<'a> {
    source: &'a [u8],
    at: usize,
    pos: Position,
    /// How many brackets are open.
    brackets: usize,
    /// The columns of the open indentation levels; the first is 0.
    indents: Vec<u32>,
    /// Indents (positive) or outdents to hand out before the next token.
    dents: isize,
    line_start: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(source: &'a [u8]) -> Scanner<'a> {
        Scanner {
            source,
            at: 0,
            pos: Position { line: 1, col: 1 },
            brackets: 0,
            indents: vec![0],
            dents: 0,
            line_start: true,
        }
    }

    /// How far the text is read; many errors are reported there.
    pub(super) fn pos(&self) -> Position {
        self.pos
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(self.pos, message))
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn at_end(&self) -> bool {
        self.at >= self.source.len()
    }

    /// The next character and its length; every line end is "\n", a byte that is not UTF-8 is U+FFFD.
    fn decode(&self) -> (char, usize) {
        match self.rest() {
            [] => (END, 0),
            [b'\r', b'\n', ..] => ('\n', 2),
            [b'\r', ..] => ('\n', 1),
            [ascii @ ..=0x7f, ..] => (char::from(*ascii), 1),
            rest => {
                let head = rest.get(..4).unwrap_or(rest);
                let valid = head.utf8_chunks().next().map_or("", |chunk| chunk.valid());
                valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
            }
        }
    }

    pub(super) fn peek(&self) -> char {
        self.decode().0
    }

    /// Consumes a character; at the end it does nothing.
    pub(super) fn read(&mut self) -> char {
        let (c, len) = self.decode();
        self.at += len;
        if c == '\n' {
            self.pos.line += 1;
            self.pos.col = 1;
        } else if len > 0 {
            self.pos.col += 1;
        }
        c
    }

    /// Consumes characters while they are such; returns the first that is not.
    pub(super) fn skip_while(&mut self, such: impl Fn(char) -> bool) -> char {
        loop {
            let c = self.peek();
            if self.at_end() || !such(c) {
                return c;
            }
            self.read();
        }
    }

    fn eat(&mut self, c: char) -> bool {
        let here = self.peek() == c;
        if here {
            self.read();
        }
        here
    }

    /// The next token; at the end `Eof`, again and again.
    pub(super) fn next(&mut self) -> Result<Token<'a>, SyntaxError> {
        loop {
            let at_line_start = std::mem::take(&mut self.line_start);
            let blank = at_line_start && self.indentation()?;
            if self.dents != 0 {
                let kind = if self.dents < 0 { Kind::Outdent } else { Kind::Indent };
                self.dents -= self.dents.signum();
                return Ok(Token::plain(kind, self.pos));
            }
            let mut c = self.skip_while(|c| c == ' ' || c == '\t');
            if c == '#' {
                c = self.skip_while(|c| c != END && c != '\n');
            }
            match c {
                '\n' => {
                    self.line_start = true;
                    let pos = self.pos;
                    self.read();
                    if self.brackets == 0 && !blank {
                        return Ok(Token::plain(Kind::Newline, pos));
                    }
                }
                END => {
                    if self.indents.len() == 1 {
                        return Ok(Token::plain(Kind::Eof, self.pos));
                    }
                    // The last indented line may lack its line end.
                    if !at_line_start {
                        self.line_start = true;
                        return Ok(Token::plain(Kind::Newline, self.pos));
                    }
                    self.dents = 1 - isize::try_from(self.indents.len()).unwrap_or(isize::MAX);
                    self.indents.truncate(1);
                }
                '\\' => {
                    self.read();
                    if self.peek() != '\n' {
                        return self.error("stray backslash in program");
                    }
                    self.read();
                }
                _ => return self.token(c),
            }
        }
    }

    /// Skips the white space a line starts with and notes what it means for the indentation; true if
    /// nothing else is on the line.
    fn indentation(&mut self) -> Result<bool, SyntaxError> {
        let mut col = 0;
        let blank = loop {
            match self.peek() {
                ' ' => col += 1,
                '\t' => col += 8 - (self.pos.col - 1) % 8,
                c => break matches!(c, '#' | '\n' | END),
            }
            self.read();
        };
        if blank || self.brackets > 0 {
            return Ok(blank);
        }
        let level = |indents: &[u32]| indents.last().copied().unwrap_or(0);
        if col > level(&self.indents) {
            self.dents += 1;
            self.indents.push(col);
        }
        while col < level(&self.indents) {
            self.dents -= 1;
            self.indents.pop();
        }
        if col != level(&self.indents) {
            return self.error("unindent does not match any outer indentation level");
        }
        Ok(false)
    }

    /// A token that starts with this character.
    fn token(&mut self, c: char) -> Result<Token<'a>, SyntaxError> {
        let pos = self.pos;
        match c {
            '"' | '\'' => self.string(pos, false),
            'r' if matches!(self.rest(), [_, b'"' | b'\'', ..]) => {
                self.read();
                self.string(pos, true)
            }
            '0'..='9' => self.number(),
            '.' => {
                if self.rest().get(1).is_some_and(u8::is_ascii_digit) {
                    return self.number();
                }
                self.read();
                Ok(Token::plain(Kind::DOT, pos))
            }
            c if starts_word(c) => {
                let start = self.at;
                self.skip_while(|c| starts_word(c) || c.is_ascii_digit());
                let word = self.text_since(start);
                Ok(Token { kind: Kind::of_word(word), pos, word, value: Value::None })
            }
            _ => Ok(Token::plain(self.punctuation(c)?, pos)),
        }
    }

    /// Where the reading stands in the text, for [`Scanner::text_since`].
    pub(super) fn mark(&self) -> usize {
        self.at
    }

    /// The text from a mark up to here; empty if it is not UTF-8, which words and numbers always are.
    pub(super) fn text_since(&self, mark: usize) -> &'a str {
        let text = self.source.get(mark..self.at).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    fn punctuation(&mut self, c: char) -> Result<Kind, SyntaxError> {
        use BinaryOp::*;
        let start = self.pos;
        match c {
            '(' | '[' | '{' => self.brackets += 1,
            ')' | ']' | '}' => match self.brackets.checked_sub(1) {
                Some(outer) => self.brackets = outer,
                None => return self.error(format!("unexpected '{c}'")),
            },
            ',' | ':' | ';' | '~' | '=' | '<' | '>' | '!' | '+' | '-' | '%' | '/' | '&' | '|' | '^' | '*' => {
            }
            _ => return self.error(format!("unexpected input character {}", quoted(c))),
        }
        self.read();
        Ok(match c {
            '(' => Kind::LPAREN,
            ')' => Kind::RPAREN,
            '[' => Kind::LBRACK,
            ']' => Kind::RBRACK,
            '{' => Kind::LBRACE,
            '}' => Kind::RBRACE,
            ',' => Kind::COMMA,
            ':' => Kind::COLON,
            ';' => Kind::SEMI,
            '~' => Kind::TILDE,
            '=' if self.eat('=') => Kind::Op(Eq),
            '=' => Kind::Assign,
            '!' if self.eat('=') => Kind::Op(Ne),
            '!' => return Err(SyntaxError::new(start, "unexpected input character '!'")),
            '<' if self.eat('=') => Kind::Op(Le),
            '<' if self.eat('<') => self.maybe_assign(ShiftLeft),
            '<' => Kind::Op(Lt),
            '>' if self.eat('=') => Kind::Op(Ge),
            '>' if self.eat('>') => self.maybe_assign(ShiftRight),
            '>' => Kind::Op(Gt),
            '*' if self.eat('*') => Kind::STARSTAR,
            '*' => self.maybe_assign(Mul),
            '/' if self.eat('/') => self.maybe_assign(FloorDiv),
            '/' => self.maybe_assign(Div),
            '+' => self.maybe_assign(Add),
            '-' => self.maybe_assign(Sub),
            '%' => self.maybe_assign(Mod),
            '&' => self.maybe_assign(BitAnd),
            '|' => self.maybe_assign(BitOr),
            // Only `^` is left.
            _ => self.maybe_assign(BitXor),
        })
    }

    fn maybe_assign(&mut self, op: BinaryOp) -> Kind {
        if self.eat('=') { Kind::AugAssign(op) } else { Kind::Op(op) }
    }

    /// A string literal whose quote is next; `start` is where its token starts.
    fn string(&mut self, start: Position, raw: bool) -> Result<Token<'a>, SyntaxError> {
        let quote_pos = self.pos;
        let quote = self.read();
        let triple = matches!(self.rest(), [a, b, ..] if char::from(*a) == quote && char::from(*b) == quote);
        let body = if triple { self.triple_quoted(start, quote)? } else { self.single_quoted(start, quote)? };
        let text = unescape(&body, raw).map_err(|message| SyntaxError::new(quote_pos, message))?;
        Ok(Token { kind: Kind::Str, pos: start, word: "", value: Value::Str(text.into()) })
    }

    fn single_quoted(&mut self, start: Position, quote: char) -> Result<Vec<u8>, SyntaxError> {
        let from = self.at;
        loop {
            let end = self.at;
            match self.read_in_string(start)? {
                '\n' => return Err(SyntaxError::new(start, "unexpected newline in string")),
                '\\' => _ = self.read_in_string(start)?,
                c if c == quote => return Ok(self.source.get(from..end).unwrap_or_default().to_vec()),
                _ => {}
            }
        }
    }

    /// The text after the first of the three quotes. The reference puts it together again from
    /// characters, so line ends are "\n" even behind a backslash and bad UTF-8 is replaced.
    fn triple_quoted(&mut self, start: Position, quote: char) -> Result<Vec<u8>, SyntaxError> {
        self.read();
        self.read();
        let mut body = String::new();
        let mut quotes = 0;
        loop {
            let c = self.read_in_string(start)?;
            body.push(c);
            quotes = if c == quote { quotes + 1 } else { 0 };
            if quotes == 3 {
                body.truncate(body.len() - 3);
                return Ok(body.into_bytes());
            }
            if c == '\\' {
                body.push(self.read_in_string(start)?);
            }
        }
    }

    fn read_in_string(&mut self, start: Position) -> Result<char, SyntaxError> {
        if self.at_end() {
            return Err(SyntaxError::new(start, "unexpected EOF in string"));
        }
        Ok(self.read())
    }
}

/// Whether a name or keyword may start so: `_` or a letter (general category L, which is narrower
/// than `char::is_alphabetic`).
fn starts_word(c: char) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());
    if c.is_ascii() {
        return c.is_ascii_alphabetic() || c == '_';
    }
    LETTER.as_ref().is_some_and(|letter| letter.is_match(c.encode_utf8(&mut [0; 4])))
}

/// A character as Go's `%q` prints it; quotes and backslashes never come here.
fn quoted(c: char) -> String {
    // Not as the first character of its text, where marks that combine with it are escaped too.
    let printable = format!("a{c}").escape_debug().count() == 2;
    match u32::from(c) {
        _ if printable => format!("'{c}'"),
        0x07 => "'\\a'".into(),
        0x08 => "'\\b'".into(),
        0x0b => "'\\v'".into(),
        0x0c => "'\\f'".into(),
        code @ (..0x20 | 0x7f) => format!("'\\x{code:02x}'"),
        code @ ..0x1_0000 => format!("'\\u{code:04x}'"),
        code => format!("'\\U{code:08x}'"),
    }
}
