//! Classes and escapes of Go's regular expressions: the parts that stand for one character.

use super::regexp_syntax::{BAD_ESCAPE, BAD_RANGE, NO_BRACKET, Result, TRAILING, fail};

/// A class in brackets.
pub(crate) struct Class {
    /// It in the syntax of the `regex` crate.
    pub(crate) text: String,
    /// How many bytes of the pattern it takes.
    pub(crate) length: usize,
}

impl Class {
    /// Reads the class a pattern begins with.
    pub(crate) fn parse(text: &str) -> Result<Class> {
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
/// `\d` and the like as the inside of a class, with the length of the escape.
pub(crate) fn perl_class(text: &str) -> Option<(usize, String)> {
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
pub(crate) fn unicode_class(text: &str) -> Result<Option<(usize, String)>> {
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
pub(crate) fn escaped_char(text: &str) -> Result<(usize, char)> {
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
