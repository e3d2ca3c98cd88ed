//! What a scalar without quotes means: the types of YAML 1.1 as go-yaml v2 knows them.
//!
//! The printer asks the same question to find out which strings need quotes.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::node::{Node, Text};

/// Base64 as Go reads it: padded, but whatever the last bits are.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What a text without quotes stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// Text: nothing else matches.
    Text,
    /// `~`, `null` or nothing.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// An integer of 64 bits with sign.
    Int(i64),
    /// An integer above that, of 64 bits without sign.
    Uint(u64),
    /// A decimal number, infinity or not a number.
    Float(f64),
    /// A date, which stays text but is quoted when printed.
    Timestamp,
}

/// The tag of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// There is none.
    None,
    /// `!`: text.
    NonSpecific,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    /// Any other; its scalars are text.
    Other,
}

/// What the tags of YAML's own types begin with.
const STANDARD_PREFIX: &str = "tag:yaml.org,2002:";

impl Tag {
    /// The tag with this full name.
    pub(super) fn new(name: &str) -> Tag {
        match name.strip_prefix(STANDARD_PREFIX) {
            Some(name) => Tag::standard(name),
            None if name == "!" => Tag::NonSpecific,
            None => Tag::Other,
        }
    }

    /// The tag written `!!name`.
    pub(super) fn standard(name: &str) -> Tag {
        match name {
            "str" => Tag::Str,
            "bool" => Tag::Bool,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "null" => Tag::Null,
            "timestamp" => Tag::Timestamp,
            "binary" => Tag::Binary,
            "merge" => Tag::Merge,
            _ => Tag::Other,
        }
    }
}

impl Scalar {
    fn tag(self) -> &'static str {
        match self {
            Scalar::Text => "!!str",
            Scalar::Null => "!!null",
            Scalar::Bool(_) => "!!bool",
            Scalar::Int(_) | Scalar::Uint(_) => "!!int",
            Scalar::Float(_) => "!!float",
            Scalar::Timestamp => "!!timestamp",
        }
    }

    fn node(self, text: &str) -> Node {
        match self {
            Scalar::Text | Scalar::Timestamp => Node::Str(Text::new(text)),
            Scalar::Null => Node::Null,
            Scalar::Bool(value) => Node::Bool(value),
            Scalar::Int(value) => Node::Int(value),
            Scalar::Uint(value) => Node::Uint(value),
            Scalar::Float(value) => Node::Float(value),
        }
    }
}

/// What `text` stands for where nothing else says so.
pub fn resolve(text: &str) -> Scalar {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'.' => match word(text) {
            Scalar::Text if text.contains('_') => fraction_with_underscores(text),
            Scalar::Text => float(text),
            scalar => scalar,
        },
        b'+' | b'-' => match word(text) {
            Scalar::Text => number(text),
            scalar => scalar,
        },
        b'0'..=b'9' if is_timestamp(text) => Scalar::Timestamp,
        b'0'..=b'9' => number(text),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => Scalar::Text,
    }
}

fn number(text: &str) -> Scalar {
    let stripped;
    let digits = if text.contains('_') {
        stripped = text.replace('_', "");
        stripped.as_str()
    } else {
        text
    };
    if let Some(scalar) = integer(digits) {
        return scalar;
    }
    match float(digits) {
        Scalar::Text => {}
        scalar => return scalar,
    }
    // A sign behind the prefix is a quirk of the reference.
    let binary = digits.strip_prefix("0b").map(|digits| i64::from_str_radix(digits, 2));
    match binary {
        Some(Ok(value)) => Scalar::Int(value),
        _ => Scalar::Text,
    }
}

/// An integer as in Go: decimal, `0x`, `0b`, `0o` or, behind a mere `0`, octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let bytes = digits.as_bytes();
    let (radix, digits) = match (bytes.first()?, bytes.get(1).map(u8::to_ascii_lowercase)) {
        (b'0', Some(b'x')) if bytes.len() > 2 => (16, digits.get(2..)?),
        (b'0', Some(b'o')) if bytes.len() > 2 => (8, digits.get(2..)?),
        (b'0', Some(b'b')) if bytes.len() > 2 => (2, digits.get(2..)?),
        (b'0', Some(_)) => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match (i64::try_from(value), negative) {
        (Ok(value), false) => Some(Scalar::Int(value)),
        (Ok(value), true) => Some(Scalar::Int(-value)),
        (Err(_), true) => (value == i64::MIN.unsigned_abs()).then_some(Scalar::Int(i64::MIN)),
        // The reference reads integers of this size only where they have no sign.
        (Err(_), false) => (!text.starts_with('+')).then_some(Scalar::Uint(value)),
    }
}

/// A decimal number: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within range.
fn float(text: &str) -> Scalar {
    let bytes = text.as_bytes();
    let decimal = bytes.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    // Rust takes the same grammar.
    match text.parse::<f64>() {
        Ok(value) if decimal && value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text,
    }
}

/// Behind a leading point, underscores may stand between digits only. Elsewhere they are ignored.
fn fraction_with_underscores(text: &str) -> Scalar {
    let bytes = text.as_bytes();
    let between_digits = bytes.windows(3).filter(|window| match window {
        [before, b'_', after] => before.is_ascii_digit() && after.is_ascii_digit(),
        _ => false,
    });
    if between_digits.count() == bytes.iter().filter(|byte| **byte == b'_').count() {
        float(&text.replace('_', ""))
    } else {
        Scalar::Text
    }
}

/// Whether `text` is one of the dates go-yaml v2 knows: `2001-12-14`, `2001-12-14 21:59:43.10`,
/// `2001-12-14t21:59:43.10-05:00`, fields of one digit allowed.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || !bytes.iter().take(4).all(u8::is_ascii_digit) {
        return false;
    }
    let Some(year) = text.get(..4).and_then(|year| year.parse::<u32>().ok()) else { return false };
    let mut rest = bytes.get(4..).unwrap_or_default();
    let (Some(month), Some(day)) = (field(&mut rest, b"-"), field(&mut rest, b"-")) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    if !(1..=days).contains(&day) {
        return false;
    }
    let zoned = match rest.first() {
        None => return true,
        Some(b'T' | b't') => {
            rest = rest.get(1..).unwrap_or_default();
            true
        }
        Some(b' ') => {
            rest = rest.trim_ascii_start();
            false
        }
        Some(_) => return false,
    };
    let time = (field(&mut rest, b""), field(&mut rest, b":"), field(&mut rest, b":"));
    if !matches!(time, (Some(0..24), Some(0..60), Some(0..60))) {
        return false;
    }
    if let [b'.' | b',', b'0'..=b'9', ..] = rest {
        let digits = rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        rest = rest.get(1 + digits..).unwrap_or_default();
    }
    match rest {
        [] => !zoned,
        [b'Z'] => zoned,
        [b'+' | b'-', h1, h2, b':', m1, m2] => zoned && [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}

/// Takes a number of one or two digits behind `separator`.
fn field(rest: &mut &[u8], separator: &[u8]) -> Option<u32> {
    let tail = rest.strip_prefix(separator)?;
    let length = tail.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, tail) = tail.split_at(length);
    *rest = tail;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The node for a scalar with this tag, or what is wrong with it.
pub(super) fn tagged(tag: Tag, text: &str) -> Result<Node, String> {
    let wanted = match tag {
        Tag::None => return Ok(resolve(text).node(text)),
        Tag::Str | Tag::NonSpecific | Tag::Merge | Tag::Other => return Ok(Node::Str(Text::new(text))),
        Tag::Binary => {
            let encoded: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
            return match BASE64.decode(encoded) {
                Ok(bytes) => Ok(Node::from_bytes(&bytes)),
                Err(_) => Err("!!binary value contains invalid base64 data".to_owned()),
            };
        }
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Null => "!!null",
        Tag::Timestamp => "!!timestamp",
    };
    let mut scalar = resolve(text);
    if scalar == Scalar::Timestamp && tag != Tag::Timestamp {
        scalar = Scalar::Text;
    }
    match scalar {
        Scalar::Int(value) if tag == Tag::Float => Ok(Node::Float(value as f64)),
        scalar if scalar.tag() == wanted => Ok(scalar.node(text)),
        scalar => Err(format!("cannot decode {} `{text}` as a {wanted}", scalar.tag())),
    }
}

/// The node for a scalar without quotes in strict mode, or why it is refused: it would be read
/// differently by the few rules below, or is text that is easily mistaken.
pub(super) fn strict(text: &str) -> Result<Node, String> {
    let native = resolve(text);
    let plain = conservative(text)?;
    if plain.tag() != native.tag() {
        let (plain, native) = (plain.tag(), native.tag());
        return Err(format!("Strict parsing: Found '{text}' ambigious (could be {plain} or {native})"));
    }
    Ok(native.node(text))
}

/// The types strict mode takes for granted.
fn conservative(text: &str) -> Result<Scalar, String> {
    match text {
        "" => return Ok(Scalar::Null),
        "true" => return Ok(Scalar::Bool(true)),
        "false" => return Ok(Scalar::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let canonical = whole == 1 || whole > 1 && !unsigned.starts_with('0');
    if canonical && whole == unsigned.len() {
        return match integer(text) {
            Some(scalar) => Ok(scalar),
            None => {
                // The reference tries again without a sign, and reports that.
                let reason = if text == unsigned { "value out of range" } else { "invalid syntax" };
                Err(format!(
                    "Strict parsing: Parsing int '{text}': strconv.ParseUint: parsing \"{text}\": {reason}"
                ))
            }
        };
    }
    if canonical && is_fraction(unsigned.as_bytes().get(whole..).unwrap_or_default()) {
        return match float(text) {
            Scalar::Text => Err(format!(
                "Strict parsing: Parsing float '{text}': strconv.ParseFloat: parsing \"{text}\": value out of range"
            )),
            scalar => Ok(scalar),
        };
    }
    if text.contains(|c: char| c.is_whitespace()) {
        return Err(format!("Strict parsing: Strings with whitespace must be explicitly quoted: '{text}'"));
    }
    if text.contains(':') {
        return Err(format!("Strict parsing: Strings with colon must be explicitly quoted: '{text}'"));
    }
    // The line break before a `---` was forgotten.
    if text.contains("---") {
        return Err(format!("Strict parsing: Strings with triple-dash must be explicitly quoted: '{text}'"));
    }
    Ok(Scalar::Text)
}

/// `(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_fraction(mut rest: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if let [b'.', tail @ ..] = rest {
        let count = digits(tail);
        if count == 0 {
            return false;
        }
        rest = tail.get(count..).unwrap_or_default();
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', tail @ ..] | [b'e' | b'E', tail @ ..] => {
            !tail.is_empty() && digits(tail) == tail.len()
        }
        _ => false,
    }
}

/// Whether `text` is a number of base 60 in YAML 1.1, such as `190:20:30`. The reference reads these
/// as text but quotes them for readers that do not.
pub fn is_base60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = digits.split(':');
    let head = parts.next().unwrap_or_default();
    if !head.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return false;
    }
    let mut count = 0;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        count += 1;
        let (whole, fraction) = part.split_once('.').map_or((part, None), |(w, f)| (w, Some(f)));
        let sexagesimal = matches!(whole.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        let fraction_fits = fraction.is_none_or(|fraction| {
            parts.peek().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        });
        if !sexagesimal || !fraction_fits {
            return false;
        }
    }
    count > 0
}

/// The base64 text of bytes as the printer writes it: lines of 70 characters once there are several.
pub(super) fn encode_binary(bytes: &Arc<[u8]>) -> String {
    const LINE: usize = 70;
    let encoded = BASE64.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = tail;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::Scalar::{self, Bool, Float, Int, Null, Text, Timestamp, Uint};
    use super::{is_base60, resolve};

    /// Expected values are what the reference reads.
    #[test]
    fn types() {
        let cases: &[(Scalar, &[&str])] = &[
            (Null, &["", "~", "null", "Null", "NULL"]),
            (Bool(true), &["y", "Y", "yes", "Yes", "on", "ON", "true", "True", "TRUE"]),
            (Bool(false), &["n", "N", "no", "NO", "off", "Off", "false", "FALSE"]),
            (Int(0), &["0", "-0", "000", "0_"]),
            (Int(15), &["15", "+15", "017", "0o17", "0O17", "0xF", "0Xf", "0b1111", "0B1111", "1_5", "0x_F"]),
            (Int(-3), &["-3", "-0x3", "-0b11", "0b-11", "-03"]),
            (Int(i64::MIN), &["-9223372036854775808"]),
            (Uint(1 << 63), &["9223372036854775808", "0x8000000000000000"]),
            (Float(1e19), &["10000000000000000000000e-3", "+10000000000000000000", "1e19"]),
            (Float(8.0), &["08", "8.", "8.0", "8e0", "80E-1", "+08"]),
            (Float(0.5), &[".5", "+.5", "0.5", "5e-1", ".5_0", "0_.5"]),
            (Float(f64::INFINITY), &[".inf", "+.INF", ".Inf"]),
            (Timestamp, &["2001-01-01", "2000-2-29", "2001-1-1 1:2:3", "2001-12-14t21:59:43.1-05:00"]),
            (
                Text,
                &["a", "tRUE", "yES", "nULL", ".", "._5", "1e", "1e400", "0b12", "0x", "0x10000000000000000"],
            ),
            (
                Text,
                &[
                    "0x1p4",
                    "inf",
                    "NaN",
                    "<<",
                    "=",
                    "190:20:30",
                    "1a",
                    "--",
                    "+",
                    "_1",
                    "1.2.3",
                    "2001-02-29",
                ],
            ),
            (
                Text,
                &["2001-13-01", "2001-01-01 24:00:00", "2001-01-01T1:1:1", "2001-01-01 1:1:1Z", "1900-02-29"],
            ),
        ];
        for (expected, texts) in cases {
            for text in *texts {
                assert_eq!(resolve(text), *expected, "{text:?}");
            }
        }
        assert!(matches!(resolve(".NaN"), Float(value) if value.is_nan()));
    }

    #[test]
    fn base60() {
        for text in ["190:20:30", "1:5", "-1:59.", "+1_0:00.5_"] {
            assert!(is_base60(text), "{text:?}");
        }
        for text in ["", "1", "1:60", "a:1", ":1", "1:", "1:1.5:1", "_1:1", "1:005"] {
            assert!(!is_base60(text), "{text:?}");
        }
    }
}
