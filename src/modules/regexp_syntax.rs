//! Go's regular expressions (RE2) in the syntax of the `regex` crate, whose own syntax takes more and
//! reads some of it otherwise: `\w` and the like are ASCII only in Go, classes do not nest.

use std::fmt;

use super::regexp_class::{Class, escaped_char, perl_class, unicode_class};

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

pub(crate) type Result<T> = std::result::Result<T, SyntaxError>;

/// A syntax error.
pub(crate) fn fail<T>(problem: &'static str, part: impl Into<String>) -> Result<T> {
    Err(SyntaxError { problem, part: part.into() })
}

pub(crate) const BAD_RANGE: &str = "invalid character class range";
pub(crate) const BAD_ESCAPE: &str = "invalid escape sequence";
const BAD_NAME: &str = "invalid named capture";
const BAD_PERL: &str = "invalid or unsupported Perl syntax";
const BAD_REPEAT: &str = "invalid nested repetition operator";
const BAD_COUNT: &str = "invalid repeat count";
pub(crate) const NO_BRACKET: &str = "missing closing ]";
const NO_PAREN: &str = "missing closing )";
const NO_ARGUMENT: &str = "missing argument to repetition operator";
pub(crate) const TRAILING: &str = "trailing backslash at end of expression";
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
