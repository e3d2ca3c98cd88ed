//! Go's regular expressions (RE2) in the syntax of the `regex` crate, whose own syntax takes more and
//! reads some of it otherwise: `\w` and the like are ASCII only in Go, classes do not nest.

use std::fmt;

/// How deep groups may nest.
const MAX_DEPTH: usize = 1000;

/// The most often something may be repeated.
const MAX_REPEAT: u32 = 1000;

/// What is wrong with a pattern, in Go's words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    problem: &'static str,
    /// The part of the pattern that is to blame.
    part: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.problem, self.part)
    }
}

type Result<T> = std::result::Result<T, SyntaxError>;

fn fail<T>(problem: &'static str, part: impl Into<String>) -> Result<T> {
    Err(SyntaxError { problem, part: part.into() })
}

const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_NAME: &str = "invalid named capture";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_REPEAT: &str = "invalid nested repetition operator";
const BAD_COUNT: &str = "invalid repeat count";
const NO_BRACKET: &str = "missing closing ]";
const NO_PAREN: &str = "missing closing )";
const NO_ARGUMENT: &str = "missing argument to repetition operator";
const TRAILING: &str = "trailing backslash at end of expression";
const UNEXPECTED_PAREN: &str = "unexpected )";
const TOO_DEEP: &str = "expression nests too deeply";

/// The pattern in the syntax of the `regex` crate.
pub(crate) fn translate(pattern: &[u8]) -> Result<String> {
    let Ok(pattern) = std::str::from_utf8(pattern) else {
        return fail("invalid UTF-8", String::from_utf8_lossy(pattern));
    };
    let mut translator = Translator {
        pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        last: None,
        repetition: None,
        groups: Vec::new(),
        names: Vec::new(),
    };
    translator.run()?;
    Ok(translator.out)
}

/// Something that can be repeated.
#[derive(Clone, Copy)]
struct Atom {
    /// Where it ends in the output.
    end: usize,
    /// How often it may repeat something within it.
    repeats: u32,
}

struct Translator<'a> {
    pattern: &'a str,
    rest: &'a str,
    out: String,
    /// What came last, if it can be repeated.
    last: Option<Atom>,
    /// The text from the repetition operator on that came last, if nothing else came since.
    repetition: Option<&'a str>,
    /// For each open group, the most that an atom in it repeats.
    groups: Vec<u32>,
    names: Vec<&'a str>,
}

impl<'a> Translator<'a> {
    fn run(&mut self) -> Result<()> {
        while let Some(char) = self.rest.chars().next() {
            let repetition = self.repetition.take();
            match char {
                '(' => self.group()?,
                ')' => {
                    let Some(repeats) = self.groups.pop() else {
                        return fail(UNEXPECTED_PAREN, self.pattern);
                    };
                    self.take(1);
                    self.out.push(')');
                    self.atom(repeats);
                }
                '|' => {
                    self.take(1);
                    self.out.push('|');
                    self.last = None;
                }
                '*' | '+' | '?' => self.repeat(1, 1, repetition)?,
                '{' => match counts(self.rest) {
                    Some((length, min, max)) => {
                        if min.max(max) > MAX_REPEAT || max < min {
                            return fail(BAD_COUNT, self.rest.get(..length).unwrap_or_default());
                        }
                        self.repeat(length, max, repetition)?;
                    }
                    None => {
                        self.take(1);
                        self.literal('{');
                    }
                },
                '[' => {
                    let class = Class::parse(self.rest)?;
                    self.take(class.length);
                    self.out.push_str(&class.text);
                    self.atom(1);
                }
                '\\' => self.escape()?,
                '^' | '$' | '.' => {
                    self.take(1);
                    self.out.push(char);
                    self.atom(1);
                }
                _ => {
                    self.take(char.len_utf8());
                    self.literal(char);
                }
            }
        }
        if self.groups.is_empty() { Ok(()) } else { fail(NO_PAREN, self.pattern) }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// What was written last can be repeated.
    fn atom(&mut self, repeats: u32) {
        self.set_last(Atom { end: self.out.len(), repeats });
    }

    fn set_last(&mut self, atom: Atom) {
        self.last = Some(atom);
        if let Some(most) = self.groups.last_mut() {
            *most = atom.repeats.max(*most);
        }
    }

    fn literal(&mut self, char: char) {
        push_literal(&mut self.out, char);
        self.atom(1);
    }

    /// A repetition operator of `length` bytes, with a `?` behind it if there is one.
    fn repeat(&mut self, length: usize, times: u32, previous: Option<&'a str>) -> Result<()> {
        let before = self.rest;
        let lazy = usize::from(before.get(length..).is_some_and(|after| after.starts_with('?')));
        let operator = self.take(length + lazy);
        if let Some(previous) = previous {
            let length = previous.len() - self.rest.len();
            return fail(BAD_REPEAT, previous.get(..length).unwrap_or_default());
        }
        let Some(atom) = self.last else {
            return fail(NO_ARGUMENT, operator);
        };
        let repeats = times.max(1).saturating_mul(atom.repeats);
        if repeats > MAX_REPEAT {
            return fail(BAD_COUNT, operator);
        }
        // Flags may stand between.
        self.out.insert_str(atom.end, operator);
        self.set_last(Atom { end: atom.end + operator.len(), repeats });
        self.repetition = Some(before);
        Ok(())
    }

    fn group(&mut self) -> Result<()> {
        if self.groups.len() >= MAX_DEPTH {
            return fail(TOO_DEEP, self.pattern);
        }
        if self.rest.starts_with("(?P<") {
            return self.named_group();
        }
        if self.rest.starts_with("(?") {
            return self.flags();
        }
        self.take(1);
        self.out.push('(');
        self.open();
        Ok(())
    }

    fn open(&mut self) {
        self.groups.push(1);
        self.last = None;
    }

    fn named_group(&mut self) -> Result<()> {
        let Some(end) = self.rest.find('>') else {
            return fail(BAD_NAME, self.rest);
        };
        let name = self.rest.get(4..end).unwrap_or_default();
        let opening = self.rest.get(..=end).unwrap_or_default();
        let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !valid {
            return fail(BAD_NAME, opening);
        }
        let number = self.names.iter().filter(|other| **other == name).count();
        self.names.push(name);
        self.take(end + 1);
        self.out.push_str(&format!("(?P<_{number}.{name}>"));
        self.open();
        Ok(())
    }

    /// `(?i)`, `(?i-s:...)`, `(?:...)`.
    fn flags(&mut self) -> Result<()> {
        let text = self.rest;
        let (mut negative, mut flagged) = (false, false);
        for (at, char) in text.char_indices().skip(2) {
            match char {
                'i' | 'm' | 's' | 'U' => flagged = true,
                '-' if !negative => {
                    negative = true;
                    flagged = false;
                }
                ':' | ')' if !negative || flagged => {
                    let opening = self.take(at + 1);
                    self.out.push_str(opening);
                    if char == ':' {
                        self.open();
                    }
                    return Ok(());
                }
                _ => return fail(BAD_PERL, text.get(..at + char.len_utf8()).unwrap_or_default()),
            }
        }
        fail(BAD_PERL, text)
    }

    fn escape(&mut self) -> Result<()> {
        let Some(char) = self.rest.chars().nth(1) else {
            return fail(TRAILING, "");
        };
        match char {
            'A' | 'z' => {
                self.take(2);
                self.out.push('\\');
                self.out.push(char);
                self.atom(1);
            }
            'b' | 'B' => {
                self.take(2);
                self.out.push_str(if char == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
                self.atom(1);
            }
            'Q' => {
                self.take(2);
                let (quoted, rest) = match self.rest.split_once("\\E") {
                    Some((quoted, rest)) => (quoted, rest),
                    None => (self.rest, ""),
                };
                self.rest = rest;
                quoted.chars().for_each(|char| self.literal(char));
            }
            _ => {
                if let Some((length, class)) = perl_class(self.rest).or(unicode_class(self.rest)?) {
                    self.take(length);
                    self.out.push('[');
                    self.out.push_str(&class);
                    self.out.push(']');
                    self.atom(1);
                } else {
                    let (length, char) = escaped_char(self.rest)?;
                    self.take(length);
                    self.literal(char);
                }
            }
        }
        Ok(())
    }
}

/// The name Go knows a group by. In translated patterns it stands behind a number and a dot: Go's names
/// may repeat and may begin with a digit.
pub(crate) fn group_name(translated: &str) -> &str {
    translated.split_once('.').map_or(translated, |(_, name)| name)
}

/// Appends a character that stands for itself.
fn push_literal(out: &mut String, char: char) {
    out.push_str(&regex::escape(char.encode_utf8(&mut [0; 4])));
}

/// `{n}`, `{n,}` or `{n,m}`: its length, the least and the most; the most of an open one counts as
/// the least, as do numbers beyond 32 bits as the greatest of these.
fn counts(text: &str) -> Option<(usize, u32, u32)> {
    let end = text.find('}')?;
    let number = |digits: &str| {
        let valid = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0'));
        valid.then(|| digits.parse::<u32>().unwrap_or(u32::MAX))
    };
    let (min, max) = match text.get(1..end)?.split_once(',') {
        None => (number(text.get(1..end)?)?, None),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some((end + 1, min, max.unwrap_or(min)))
}

/// `\d` and the like as the inside of a class, with the length of the escape.
fn perl_class(text: &str) -> Option<(usize, String)> {
    let inside = match text.as_bytes() {
        [b'\\', b'd', ..] => "0-9",
        [b'\\', b'D', ..] => "^0-9",
        [b'\\', b's', ..] => "\\t\\n\\f\\r ",
        [b'\\', b'S', ..] => "^\\t\\n\\f\\r ",
        [b'\\', b'w', ..] => "0-9A-Za-z_",
        [b'\\', b'W', ..] => "^0-9A-Za-z_",
        _ => return None,
    };
    Some((2, inside.to_owned()))
}

/// `\pL` or `\p{Greek}` as the inside of a class, with the length of the escape.
fn unicode_class(text: &str) -> Result<Option<(usize, String)>> {
    let Some(rest) = text.strip_prefix("\\p").or_else(|| text.strip_prefix("\\P")) else {
        return Ok(None);
    };
    let (name, length) = match rest.chars().next() {
        None => return Ok(None),
        Some('{') => match rest.find('}') {
            Some(end) => (rest.get(1..end).unwrap_or_default(), end + 3),
            None => return fail("invalid character class range", text),
        },
        Some(char) => (rest.get(..char.len_utf8()).unwrap_or_default(), 2 + char.len_utf8()),
    };
    let whole = text.get(..length).unwrap_or(text);
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let letter = if text.starts_with("\\P") != negated { 'P' } else { 'p' };
    let class = match name {
        "Any" if letter == 'p' => "\\x{0}-\\x{10FFFF}".to_owned(),
        "Any" => "^\\x{0}-\\x{10FFFF}".to_owned(),
        _ => format!("\\{letter}{{{name}}}"),
    };
    // Go knows categories by their short names and scripts; both begin with a capital.
    let known = name.starts_with(|char: char| char.is_ascii_uppercase())
        && !name.contains('=')
        && regex::Regex::new(&format!("[{class}]")).is_ok();
    if known { Ok(Some((length, class))) } else { fail(BAD_RANGE, whole) }
}

/// A character written as an escape, with the length of the escape.
fn escaped_char(text: &str) -> Result<(usize, char)> {
    let mut chars = text.chars().skip(1);
    let Some(char) = chars.next() else {
        return fail(TRAILING, "");
    };
    let length = 1 + char.len_utf8();
    let whole = || text.get(..length).unwrap_or(text);
    let simple = match char {
        'a' => '\u{7}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0'..='7' => return octal(text, char),
        'x' => return hexadecimal(text),
        char if char.is_ascii() && !char.is_ascii_alphanumeric() => char,
        _ => return fail(BAD_ESCAPE, whole()),
    };
    Ok((length, simple))
}

/// `\012`. A single digit other than 0 would be a reference to a group, which there are none of.
fn octal(text: &str, first: char) -> Result<(usize, char)> {
    let digits: String = text.chars().skip(1).take_while(|char| ('0'..='7').contains(char)).take(3).collect();
    if first != '0' && digits.len() < 2 {
        return fail(BAD_ESCAPE, text.get(..2).unwrap_or(text));
    }
    let char = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
    char.map_or_else(|| fail(BAD_ESCAPE, text), |char| Ok((1 + digits.len(), char)))
}

/// `\x41` or `\x{1F600}`.
fn hexadecimal(text: &str) -> Result<(usize, char)> {
    let rest = text.get(2..).unwrap_or_default();
    let (digits, length) = match rest.strip_prefix('{') {
        Some(inner) => match inner.find('}') {
            Some(end) => (inner.get(..end).unwrap_or_default(), end + 4),
            None => return fail(BAD_ESCAPE, text),
        },
        None => match rest.get(..2) {
            Some(digits) => (digits, 4),
            None => return fail(BAD_ESCAPE, text),
        },
    };
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = if valid { u32::from_str_radix(digits, 16).ok() } else { None };
    match code {
        // Surrogates match nothing; the replacement character is as near as it gets.
        Some(code) if code <= u32::from(char::MAX) => {
            Ok((length, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)))
        }
        _ => fail(BAD_ESCAPE, text.get(..length).unwrap_or(text)),
    }
}

/// A class in brackets.
struct Class {
    text: String,
    length: usize,
}

impl Class {
    fn parse(text: &str) -> Result<Class> {
        let mut rest = text.get(1..).unwrap_or_default();
        let mut out = "[".to_owned();
        if let Some(after) = rest.strip_prefix('^') {
            out.push('^');
            rest = after;
        }
        let mut first = true;
        while std::mem::take(&mut first) || !rest.starts_with(']') {
            if rest.is_empty() {
                return fail(NO_BRACKET, text);
            }
            if let Some((length, class)) = posix_class(rest)? {
                out.push_str(class);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            if let Some((length, class)) = perl_class(rest).or(unicode_class(rest)?) {
                out.push('[');
                out.push_str(&class);
                out.push(']');
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            let before = rest;
            let low;
            (low, rest) = class_char(rest, text)?;
            let mut high = low;
            if rest.starts_with('-') && rest.len() >= 2 && !rest.starts_with("-]") {
                (high, rest) = class_char(rest.get(1..).unwrap_or_default(), text)?;
                if high < low {
                    let length = before.len() - rest.len();
                    return fail(BAD_RANGE, before.get(..length).unwrap_or(before));
                }
            }
            push_class_literal(&mut out, low);
            if high != low {
                out.push('-');
                push_class_literal(&mut out, high);
            }
        }
        out.push(']');
        rest = rest.get(1..).unwrap_or_default();
        Ok(Class { text: out, length: text.len() - rest.len() })
    }
}

fn push_class_literal(out: &mut String, char: char) {
    if char.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(char);
}

/// One character of a class and what follows it.
fn class_char<'a>(text: &'a str, whole: &str) -> Result<(char, &'a str)> {
    match text.chars().next() {
        None => fail(NO_BRACKET, whole),
        Some('\\') => {
            let (length, char) = escaped_char(text)?;
            Ok((char, text.get(length..).unwrap_or_default()))
        }
        Some(char) => Ok((char, text.get(char.len_utf8()..).unwrap_or_default())),
    }
}

/// `[:alpha:]` within a class, with its length.
fn posix_class(text: &str) -> Result<Option<(usize, &str)>> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    if !text.starts_with("[:") {
        return Ok(None);
    }
    let Some(end) = text.get(2..).and_then(|rest| rest.find(":]")) else {
        return Ok(None);
    };
    let whole = text.get(..end + 4).unwrap_or(text);
    let name = text.get(2..end + 2).unwrap_or_default();
    if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        Ok(Some((end + 4, whole)))
    } else {
        fail(BAD_RANGE, whole)
    }
}
