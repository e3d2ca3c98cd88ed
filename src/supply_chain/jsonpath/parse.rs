//! Text to steps.

use std::sync::LazyLock;

use regex::Regex;

use super::error::SyntaxError;
use super::quote::unquote;
use super::syntax::{Filter, Operator, Slice, Step, Test};
use crate::engine::builtins::is_printable;
use crate::supply_chain::view::Shape;
use crate::yaml::Node;

type Result<T> = std::result::Result<T, SyntaxError>;

/// How deep filters and unions may stand within one another. The reference has no limit but its stack.
const MAX_DEPTH: usize = 50;

/// The parts of an expression: texts and what stands in braces.
pub(super) fn parse(text: &str) -> Result<Vec<Step>> {
    parse_nested(text, 0)
}

fn parse_nested(text: &str, depth: usize) -> Result<Vec<Step>> {
    if depth > MAX_DEPTH {
        return error("filters stand too deep within one another");
    }
    let mut parser = Parser { input: text, start: 0, pos: 0, depth };
    let mut parts = Vec::new();
    loop {
        match parser.rest().find('{') {
            Some(length) => parser.pos += length,
            None => parser.pos = text.len(),
        }
        let outside = parser.take();
        if !outside.is_empty() {
            parts.push(Step::Text(Node::str(outside)));
        }
        if parser.next().is_none() {
            return Ok(parts);
        }
        parser.take();
        parts.push(Step::List(parser.action()?));
    }
}

/// What stands in braces, given without them. If the text closes the braces, what follows is checked, but
/// does not count.
fn parse_action(text: &str, depth: usize) -> Result<Vec<Step>> {
    let mut parts = parse_nested(&format!("{{{text}}}"), depth)?.into_iter();
    match parts.next() {
        Some(Step::List(steps)) => Ok(steps),
        _ => Ok(Vec::new()),
    }
}

fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(SyntaxError(message.into()))
}

struct Parser<'a> {
    input: &'a str,
    /// Where what is being read began.
    start: usize,
    /// Where reading goes on.
    pos: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.pos += char.len_utf8();
        Some(char)
    }

    /// What was read since the last call.
    fn take(&mut self) -> &'a str {
        let taken = self.input.get(self.start..self.pos).unwrap_or_default();
        self.start = self.pos;
        taken
    }

    /// Whether the character before the one just read is a backslash.
    fn is_escaped(&self) -> bool {
        self.pos.checked_sub(2).and_then(|at| self.input.as_bytes().get(at)) == Some(&b'\\')
    }

    /// Reads up to the closing brace and past it.
    fn action(&mut self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with('}') {
                self.pos += 1;
                self.take();
                return Ok(steps);
            }
            if rest.starts_with("[?(") {
                self.filter(&mut steps)?;
                continue;
            }
            if rest.starts_with("..") {
                self.recursive(&mut steps)?;
                continue;
            }
            match self.next() {
                None | Some('\r' | '\n') => return error("unclosed action"),
                // `@` and `$` are the value at hand.
                Some(' ' | '@' | '$') => _ = self.take(),
                Some('[') => self.array(&mut steps)?,
                Some(quote @ ('"' | '\'')) => self.quoted(&mut steps, quote)?,
                Some('.') => self.field(&mut steps),
                Some('+' | '-') => self.number(&mut steps)?,
                Some(char) if is_digit(char) => self.number(&mut steps)?,
                Some(char) if is_alphanumeric(char) => self.identifier(&mut steps),
                Some(char) => {
                    let shown = if is_printable(char) { format!(" '{char}'") } else { String::new() };
                    let code = u32::from(char);
                    return error(format!("unrecognized character in action: U+{code:04X}{shown}"));
                }
            }
        }
    }

    /// A word; its first character has been read.
    fn identifier(&mut self, steps: &mut Vec<Step>) {
        while self.peek().is_some_and(|char| !is_terminator(char)) {
            self.next();
        }
        steps.push(match self.take() {
            "true" => Step::Literal(Node::Bool(true), Shape::Bool),
            "false" => Step::Literal(Node::Bool(false), Shape::Bool),
            word => Step::Identifier(word.into()),
        });
    }

    fn recursive(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        if matches!(steps.last(), Some(Step::Recursive)) {
            return error("invalid multiple recursive descent");
        }
        self.pos += 2;
        self.take();
        steps.push(Step::Recursive);
        if self.peek().is_some_and(is_alphanumeric) {
            self.field(steps);
        }
        Ok(())
    }

    /// A number; its first character has been read.
    fn number(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        while self.peek().is_some_and(|char| char == '.' || is_digit(char)) {
            self.next();
        }
        let text = self.take();
        steps.push(if let Ok(value) = text.parse::<i64>() {
            Step::Literal(Node::Int(value), Shape::Int("int"))
        } else {
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Step::Literal(Node::Float(value), Shape::Float),
                _ => return error(format!("cannot parse number {text}")),
            }
        });
        Ok(())
    }

    /// What stands in brackets; the first one has been read.
    fn array(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated array"),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let taken = self.take();
        let text = taken.get(1..taken.len().saturating_sub(1)).unwrap_or_default();
        if text.contains(',') {
            let parts = text.split(',');
            let parts =
                parts.map(|part| parse_action(&format!("[{}]", part.trim_matches(' ')), self.depth + 1));
            steps.push(Step::Union(parts.collect::<Result<_>>()?));
            return Ok(());
        }
        let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(key) = quoted.filter(|key| !key.contains('\'')) {
            steps.extend(parse_action(&format!(".{key}"), self.depth + 1)?);
            return Ok(());
        }
        steps.push(Step::Slice(slice(if text == "*" { ":" } else { text })?));
        Ok(())
    }

    fn filter(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        self.pos += "[?(".len();
        self.take();
        // A closing parenthesis within quotes does not count.
        let mut quote = None;
        let mut closed = false;
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated filter"),
                Some(char @ ('"' | '\'')) => match quote {
                    None => quote = Some(char),
                    Some(opening) if opening == char && !self.is_escaped() => closed = true,
                    Some(_) => {}
                },
                Some(')') if quote.is_some() == closed => break,
                Some(_) => {}
            }
        }
        if self.next() != Some(']') {
            return error("unclosed array expect ]");
        }
        let taken = self.take();
        let text = taken.get(..taken.len().saturating_sub(2)).unwrap_or_default();
        let depth = self.depth + 1;
        let filter = match comparison(text) {
            None => Filter { left: parse_action(text, depth)?, test: Test::Exists },
            Some((left, operator, right)) => {
                let left = parse_action(left, depth)?;
                let right = parse_action(right, depth)?;
                Filter { left, test: Test::Compare(Operator::new(operator), right) }
            }
        };
        steps.push(Step::Filter(Box::new(filter)));
        Ok(())
    }

    /// A string; its opening quote has been read.
    fn quoted(&mut self, steps: &mut Vec<Step>, quote: char) -> Result<()> {
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated quoted string"),
                Some(char) if char == quote && !self.is_escaped() => break,
                Some(_) => {}
            }
        }
        let text = self.take();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        match unquote(inner, quote) {
            Some(bytes) => steps.push(Step::Text(Node::from_bytes(&bytes))),
            None => return error(format!("unquote string {text} error invalid syntax")),
        }
        Ok(())
    }

    /// A field; the dot before it has been read, if there is one.
    fn field(&mut self, steps: &mut Vec<Step>) {
        self.take();
        while let Some(char) = self.peek() {
            if char == '\\' {
                self.next();
            } else if is_terminator(char) {
                break;
            }
            self.next();
        }
        steps.push(match self.take() {
            "*" => Step::Wildcard,
            name => Step::Field(name.replace('\\', "").into()),
        });
    }
}

/// `start:end:step`, each of which may be absent.
fn slice(text: &str) -> Result<Slice> {
    let is_number =
        |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 || !parts.iter().all(|part| is_number(part)) {
        return error(format!("invalid array index {text}"));
    }
    let bound = |index: usize| match parts.get(index) {
        None | Some(&"") => Ok(None),
        Some(part) => match part.parse::<i64>() {
            Ok(value) => Ok(Some(value)),
            Err(_) => error(format!("array index {part} is not a number")),
        },
    };
    let (start, end, step) = (bound(0)?, bound(1)?, bound(2)?);
    let is_index = parts.len() == 1;
    let end = if is_index { Some(start.unwrap_or(0).wrapping_add(1)) } else { end };
    Ok(Slice { start, end, is_index, step })
}

/// The two sides of a comparison and its operator.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_operator = |char: char| matches!(char, '!' | '<' | '>' | '=');
    let (left, rest) = text.split_at(text.find(is_operator)?);
    let length = rest.find(|char| !is_operator(char)).unwrap_or(rest.len());
    // The right side needs one character at least, if need be the operator's last.
    let length = if length == rest.len() { length - 1 } else { length };
    let (operator, right) = rest.split_at(length);
    (!left.is_empty() && !operator.is_empty()).then_some((left, operator, right))
}

/// Whether a word or field ends before this character.
fn is_terminator(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());
static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());

fn is_one_of(class: &LazyLock<Option<Regex>>, char: char) -> bool {
    class.as_ref().is_some_and(|class| class.is_match(char.encode_utf8(&mut [0; 4])))
}

/// Go's `unicode.IsDigit`.
fn is_digit(char: char) -> bool {
    char.is_ascii_digit() || !char.is_ascii() && is_one_of(&DIGIT, char)
}

fn is_alphanumeric(char: char) -> bool {
    char == '_'
        || char.is_ascii_alphanumeric()
        || !char.is_ascii() && is_one_of(&LETTER, char)
        || is_digit(char)
}
