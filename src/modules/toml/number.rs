//! The numbers of TOML.

use super::read::{Reader, quote_char};
use crate::engine::builtins::quote;
use crate::yaml::Node;

/// A number behind its sign.
pub(super) fn signed(reader: &mut Reader<'_>) -> Result<Node, String> {
    let start = reader.at() - 1;
    let found = reader.next()?;
    match found {
        Some(first @ ('i' | 'n')) => {
            let rest = if first == 'i' { ['n', 'f'] } else { ['a', 'n'] };
            if !reader.accept(rest[0])? || !reader.accept(rest[1])? {
                return Err(reader.error(format!("invalid float: '{}'", reader.since(start))));
            }
            float(reader, reader.since(start))
        }
        Some('.') => Err(reader.error("floats must start with a digit, not '.'")),
        Some(digit) if digit.is_ascii_digit() => {
            if let (b'0', Some(base @ ('b' | 'o' | 'x'))) = (digit as u8, reader.peek()?) {
                let message =
                    format!("cannot use sign with non-decimal numbers: '{}{base}'", reader.since(start));
                return Err(reader.error(message));
            }
            decimal(reader, start)
        }
        found => {
            let message = format!("expected a digit but got {}", quote_char(found));
            Err(reader.unexpected(found, message))
        }
    }
}

/// A number from `start` whose first digits have been read.
pub(super) fn number(reader: &mut Reader<'_>, start: usize) -> Result<Node, String> {
    let (name, radix) = match reader.peek()? {
        Some('b') => ("a binary", 2),
        Some('o') => ("an octal", 8),
        Some('x') => ("a hexidecimal", 16),
        _ => return decimal(reader, start),
    };
    if reader.since(start) != "0" {
        return decimal(reader, start);
    }
    reader.next()?;
    let next = reader.peek()?.unwrap_or_default();
    if !next.is_digit(radix) {
        return Err(reader.error(format!("not {name} number: '{}{next}'", reader.since(start))));
    }
    reader.take(|char| char.is_digit(radix) || char == '_')?;
    integer(reader, reader.since(start), radix)
}

fn decimal(reader: &mut Reader<'_>, start: usize) -> Result<Node, String> {
    reader.take(|char| char.is_ascii_digit() || char == '_')?;
    if !matches!(reader.peek()?, Some('.' | 'e' | 'E')) {
        return integer(reader, reader.since(start), 10);
    }
    reader.take(|char| char.is_ascii_digit() || "_.-+eE".contains(char))?;
    float(reader, reader.since(start))
}

/// Whether every underscore follows a digit and the last character is one. The `x` of `0x` is none.
fn underscores_fit(text: &str) -> bool {
    let mut after_digit = false;
    for char in text.chars() {
        if char == '_' && !after_digit {
            return false;
        }
        after_digit = char.is_ascii_hexdigit();
    }
    after_digit
}

fn leads_with_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', next, ..] => !matches!(next, b'b' | b'o' | b'x'),
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}

fn integer(reader: &Reader<'_>, text: &str, radix: u32) -> Result<Node, String> {
    let invalid = |why: &str| Err(reader.error(format!("Invalid integer {}: {why}", quote(text.as_bytes()))));
    if !underscores_fit(text) {
        return invalid("underscores must be surrounded by digits");
    }
    if leads_with_zero(text) {
        return invalid("cannot have leading zeroes");
    }
    let digits = text.replace('_', "");
    let digits = if radix == 10 { &digits } else { digits.get(2..).unwrap_or_default() };
    i64::from_str_radix(digits, radix)
        .map(Node::Int)
        .map_err(|_| reader.error(format!("{text} is out of range for int64")))
}

/// The float of this text.
pub(super) fn float(reader: &Reader<'_>, text: &str) -> Result<Node, String> {
    let quoted = quote(text.as_bytes());
    let invalid = |why: &str| Err(reader.error(format!("Invalid float {quoted}: {why}")));
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned == "nan" {
        return Ok(Node::Float(f64::NAN));
    }
    if unsigned != "inf" {
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty()).peekable();
        let zero = parts.peek().is_some_and(|part| leads_with_zero(part));
        if !parts.all(underscores_fit) {
            return invalid("underscores must be surrounded by digits");
        }
        if zero {
            return invalid("cannot have leading zeroes");
        }
        let mut after_points = text.split('.').skip(1);
        if !after_points.all(|part| part.starts_with(|char: char| char.is_ascii_digit())) {
            return invalid("'.' must be followed by one or more digits");
        }
    }
    match text.replace('_', "").parse::<f64>() {
        Err(_) => Err(reader.error(format!("Invalid float value: {quoted}"))),
        Ok(value) if value.is_infinite() && unsigned != "inf" => {
            Err(reader.error(format!("{text} is out of range for float64")))
        }
        Ok(value) => Ok(Node::Float(value)),
    }
}
