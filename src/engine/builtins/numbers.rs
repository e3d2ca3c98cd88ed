//! Integers of any size, floats, and their text.

use num_bigint::{BigInt, ToBigInt};
use starlark::values::{Heap, UnpackValue, Value};

use super::go_quote::quote;
use crate::engine::{NativeError, NativeResult, convert};

/// An integer value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Int {
    /// One that fits.
    Small(i64),
    /// One that does not.
    Big(BigInt),
}

impl Int {
    /// The integer behind a value of type `int`.
    pub fn from_value(value: Value<'_>) -> Option<Int> {
        if let Some(small) = value.unpack_i32() {
            return Some(Int::Small(small.into()));
        }
        if value.get_type() != "int" {
            return None;
        }
        Int::from_big_value(value)
    }

    #[cold]
    fn from_big_value(value: Value<'_>) -> Option<Int> {
        match i64::unpack_value(value) {
            Ok(Some(small)) => Some(Int::Small(small)),
            _ => BigInt::unpack_value(value).ok().flatten().map(Int::Big),
        }
    }

    /// The integer as a value.
    pub fn alloc<'v>(self, heap: Heap<'v>) -> Value<'v> {
        match self {
            Int::Small(small) => heap.alloc(small),
            Int::Big(big) => heap.alloc(big),
        }
    }

    /// The integer as a big one.
    pub fn into_big(self) -> BigInt {
        match self {
            Int::Small(small) => small.into(),
            Int::Big(big) => big,
        }
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        *self == Int::Small(0)
    }

    /// How many bits its magnitude has.
    pub fn bits(&self) -> u64 {
        match self {
            Int::Small(small) => u64::from(u64::BITS - small.unsigned_abs().leading_zeros()),
            Int::Big(big) => big.bits(),
        }
    }

    /// The nearest float; an infinity beyond the range of floats.
    #[allow(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn to_float(&self) -> f64 {
        match self {
            Int::Small(small) => *small as f64,
            Int::Big(big) if big.bits() <= 1024 => big.to_string().parse().unwrap_or_default(),
            Int::Big(big) if *big < BigInt::ZERO => f64::NEG_INFINITY,
            Int::Big(_) => f64::INFINITY,
        }
    }

    /// Its digits in a base of 2 to 36, lower case.
    pub fn digits(&self, base: u32) -> String {
        match (self, base) {
            (Int::Small(small), 10) => small.to_string(),
            (Int::Small(small), _) => BigInt::from(*small).to_str_radix(base),
            (Int::Big(big), _) => big.to_str_radix(base),
        }
    }
}

impl From<BigInt> for Int {
    fn from(big: BigInt) -> Int {
        match i64::try_from(&big) {
            Ok(small) => Int::Small(small),
            Err(_) => Int::Big(big),
        }
    }
}

/// The number behind a value of type `int` or `float` as the nearest float.
pub fn as_float(value: Value<'_>) -> Option<f64> {
    match convert::as_float(value) {
        Some(float) => Some(float),
        None => Int::from_value(value).map(|int| int.to_float()),
    }
}

/// Whether a value is an integer.
pub(crate) fn is_int(value: Value<'_>) -> bool {
    value.unpack_i32().is_some() || value.get_type() == "int"
}

/// An integer of 32 bits, as all counts and indexes are: `got string, want int`, `… out of range`.
pub fn as_int32(value: Value<'_>) -> NativeResult<i32> {
    match value.unpack_i32() {
        Some(small) => Ok(small),
        None if is_int(value) => Err(NativeError::new(format!("{} out of range", super::text::repr(value)))),
        None => Err(NativeError::new(format!("got {}, want int", value.get_type()))),
    }
}

/// A number as an integer; floats are cut toward zero.
pub fn to_int(value: Value<'_>) -> NativeResult<Int> {
    if let Some(int) = Int::from_value(value) {
        return Ok(int);
    }
    let Some(float) = convert::as_float(value) else {
        return Err(NativeError::new(format!("cannot convert {} to int", value.get_type())));
    };
    if float.is_infinite() {
        return Err(NativeError::new("cannot convert float infinity to integer"));
    }
    float
        .trunc()
        .to_bigint()
        .map(Int::from)
        .ok_or_else(|| NativeError::new("cannot convert float NaN to integer"))
}

/// The infinities and "not a number" as Go writes them.
fn special(float: f64) -> Option<&'static str> {
    match float {
        f if f.is_nan() => Some("NaN"),
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => None,
    }
}

/// C's `%e`: `precision` digits after the point, at least two in the exponent.
pub fn format_exponent(float: f64, precision: usize) -> String {
    if let Some(text) = special(float) {
        return text.to_owned();
    }
    pad_exponent(&format!("{float:.precision$e}"))
}

fn pad_exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// C's `%f`.
pub fn format_fixed(float: f64, precision: usize) -> String {
    special(float).map_or_else(|| format!("{float:.precision$}"), str::to_owned)
}

/// C's `%g` without trailing zeros: six significant digits for `str()`, or as many as it takes to
/// read the same number again.
pub fn format_general(float: f64, digits: Option<usize>) -> String {
    if let Some(text) = special(float) {
        return text.to_owned();
    }
    let scientific = match digits {
        Some(digits) => format!("{float:.*e}", digits.saturating_sub(1)),
        None => format!("{float:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let count = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let mut limit = digits.and_then(|digits| i32::try_from(digits).ok()).unwrap_or(6);
    if digits.is_some() && limit > count && count > exponent {
        limit = count;
    }
    if exponent < -4 || exponent >= limit {
        return pad_exponent(&format!("{mantissa}e{exponent}"));
    }
    let decimals = usize::try_from(count - exponent - 1).unwrap_or(0);
    // From the digits, not from the number: those are already rounded.
    let negative = mantissa.starts_with('-');
    let figures: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let sign = if negative { "-" } else { "" };
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{figures}", "0".repeat(zeros));
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    if decimals == 0 {
        return format!("{sign}{figures}{}", "0".repeat(whole.saturating_sub(figures.len())));
    }
    let (before, after) = figures.split_at(whole.min(figures.len()));
    format!("{sign}{before}.{after}")
}

/// Go's `strconv.ParseFloat`, with its errors.
pub fn parse_float(text: &[u8]) -> NativeResult<f64> {
    let fail = |why: &str| NativeError::new(format!("strconv.ParseFloat: parsing {}: {why}", quote(text)));
    let invalid = || fail("invalid syntax");
    if !underscores_separate_digits(text) {
        return Err(invalid());
    }
    let text = std::str::from_utf8(text).map_err(|_| invalid())?.replace('_', "");
    let text = text.as_str();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        // Go's NaN has no sign.
        "nan" if unsigned.len() == text.len() => return Ok(f64::NAN),
        lower if lower.starts_with("0x") => {
            let value = parse_hex_float(lower.strip_prefix("0x").unwrap_or_default()).ok_or_else(invalid)?;
            return if value.is_infinite() { Err(fail("value out of range")) } else { Ok(sign * value) };
        }
        _ => {}
    }
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b)) {
        return Err(invalid());
    }
    let value: f64 = unsigned.parse().map_err(|_| invalid())?;
    if unsigned.starts_with(['+', '-']) {
        return Err(invalid());
    }
    if value.is_infinite() { Err(fail("value out of range")) } else { Ok(sign * value) }
}

/// Go's rule for `_` in numbers: between digits, or after the prefix of a base.
fn underscores_separate_digits(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let prefix = matches!(text, [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]);
    let hex = matches!(text, [b'0', b'x' | b'X', ..]);
    let mut after_digit = prefix;
    let mut after_underscore = false;
    for byte in text.iter().skip(if prefix { 2 } else { 0 }) {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        if (*byte == b'_' && !after_digit) || (after_underscore && !digit) {
            return false;
        }
        after_digit = digit;
        after_underscore = *byte == b'_';
    }
    !after_underscore
}

/// `1.8p3` of a hexadecimal float; the exponent is required.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !exponent.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let scale = exponent.saturating_sub(i32::try_from(fraction.len()).ok()?.saturating_mul(4));
    let mut value = 0.0;
    for digit in digits.chars() {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    // In two steps, so that neither factor leaves the range.
    Some(value * 2f64.powi(scale / 2) * 2f64.powi(scale - scale / 2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail this way")]

    use super::*;

    /// Printed by the reference.
    #[test]
    fn floats_are_written_as_go_does() {
        for (float, six, shortest) in [
            (1.0, "1", "1"),
            (0.1 + 0.2, "0.3", "0.30000000000000004"),
            (1e6, "1e+06", "1e+06"),
            (123_456.0, "123456", "123456"),
            (123_456_789.0, "1.23457e+08", "1.23456789e+08"),
            (12.5, "12.5", "12.5"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "1e-05"),
            (-0.0, "-0", "-0"),
            (100.0, "100", "100"),
            (-1234.5678, "-1234.57", "-1234.5678"),
            (999_999.5, "1e+06", "999999.5"),
            (f64::INFINITY, "+Inf", "+Inf"),
            (f64::NAN, "NaN", "NaN"),
        ] {
            assert_eq!(format_general(float, Some(6)), six);
            assert_eq!(format_general(float, None), shortest);
        }
        assert_eq!(format_exponent(12345.678, 6), "1.234568e+04");
        assert_eq!(format_fixed(2.5, 6), "2.500000");
    }

    #[test]
    fn floats_are_read_as_go_does() {
        for (text, expected) in [
            ("1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
            ("0x1p-2", 0.25),
            ("1_000", 1000.0),
            ("0x1_0p2", 64.0),
        ] {
            assert_eq!(parse_float(text.as_bytes()).unwrap(), expected, "{text}");
        }
        for text in ["", "abc", "1e", " 1", "1 ", "--1", "0x1", "e5", ".", "1__0", "_1", "1_", "+nan"] {
            let message = parse_float(text.as_bytes()).unwrap_err().message();
            assert_eq!(message, format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"));
        }
        let message = parse_float(b"1e999").unwrap_err().message();
        assert_eq!(message, "strconv.ParseFloat: parsing \"1e999\": value out of range");
    }
}
