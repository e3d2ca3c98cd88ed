//! The `%` operator of strings.

use starlark::values::dict::DictRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};

use super::characters::runes;
use super::numbers::{as_float, as_int32, format_exponent, format_fixed, format_general, is_int, to_int};
use super::text::{repr, try_repr, write_str};
use crate::engine::values::{ByteStr, Struct};
use crate::engine::{NativeError, NativeResult};
use crate::limits::check_text;

fn fail<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

/// `format % x`.
pub(crate) fn interpolate<'v>(format: Value<'v>, x: Value<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let mut rest = ByteStr::of(format).unwrap_or_default();
    let tuple = TupleRef::from_value(x);
    let count = tuple.map_or(1, |tuple| tuple.len());
    let mut used = 0;
    let mut out = Vec::with_capacity(rest.len());
    while let Some(percent) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(rest.get(..percent).unwrap_or_default());
        rest = rest.get(percent + 1..).unwrap_or_default();
        let arg = match rest.first() {
            Some(b'%') => {
                out.push(b'%');
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            Some(b'(') => {
                let Some(end) = memchr::memchr(b')', rest) else {
                    return fail("incomplete format key");
                };
                let key = rest.get(1..end).unwrap_or_default();
                rest = rest.get(end + 1..).unwrap_or_default();
                keyed(x, key, heap)?
            }
            _ if used >= count => return fail("not enough arguments for format string"),
            _ => match tuple {
                Some(tuple) => tuple.content().get(used).copied().unwrap_or(x),
                None => x,
            },
        };
        let Some(conversion) = rest.first() else {
            return fail("incomplete format");
        };
        rest = rest.get(1..).unwrap_or_default();
        convert(&mut out, *conversion, arg)?;
        check_text(out.len())?;
        used += 1;
    }
    out.extend_from_slice(rest);
    if used < count {
        return fail("too many arguments for format string");
    }
    check_text(out.len())?;
    Ok(ByteStr::alloc(&out, heap))
}

/// The value `%(key)s` stands for.
fn keyed<'v>(mapping: Value<'v>, key: &[u8], heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let name = ByteStr::alloc(key, heap);
    let found = if let Some(dict) = DictRef::from_value(mapping) {
        dict.get(name)?
    } else if let Some(fields) = Struct::from_value(mapping) {
        name.unpack_str().and_then(|name| fields.get(name, heap))
    } else if mapping.get_type() == "yamlfragment" {
        mapping.at(name, heap).ok()
    } else {
        return fail("format requires a mapping");
    };
    found.ok_or_else(|| NativeError::new(format!("key not found: {}", String::from_utf8_lossy(key))))
}

fn convert(out: &mut Vec<u8>, conversion: u8, arg: Value<'_>) -> NativeResult<()> {
    let shown = char::from(conversion);
    match conversion {
        b's' => write_str(out, arg)?,
        b'r' => out.extend_from_slice(try_repr(arg)?.as_bytes()),
        b'd' | b'i' | b'o' | b'x' | b'X' => {
            let int =
                to_int(arg).map_err(|error| error.prefix(&format!("%{shown} format requires integer")))?;
            let text = match conversion {
                b'o' => int.digits(8),
                b'x' => int.digits(16),
                b'X' => int.digits(16).to_uppercase(),
                _ => int.digits(10),
            };
            out.extend_from_slice(text.as_bytes());
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let Some(float) = as_float(arg) else {
                return fail(format!("%{shown} format requires float, not {}", arg.get_type()));
            };
            let text = match conversion {
                b'e' => format_exponent(float, 6),
                b'E' => upper_exponent(&format_exponent(float, 6)),
                b'g' => format_general(float, None),
                b'G' => upper_exponent(&format_general(float, None)),
                _ => format_fixed(float, 6),
            };
            out.extend_from_slice(text.as_bytes());
        }
        b'c' => {
            let mut buffer = [0; 4];
            out.extend_from_slice(character(arg)?.encode_utf8(&mut buffer).as_bytes());
        }
        // Only after `%(key)`.
        b'%' => out.push(b'%'),
        _ => return fail(format!("unknown conversion %{shown}")),
    }
    Ok(())
}

fn upper_exponent(text: &str) -> String {
    text.replace('e', "E")
}

/// The character of `%c`.
fn character(arg: Value<'_>) -> NativeResult<char> {
    if is_int(arg) {
        let code = as_int32(arg).ok().and_then(|code| u32::try_from(code).ok());
        return match code {
            Some(code) if code <= u32::from(char::MAX) => {
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            _ => fail(format!("%c format requires a valid Unicode code point, got {}", repr(arg))),
        };
    }
    let Some(bytes) = ByteStr::of(arg) else {
        return fail(format!("%c format requires int or single-character string, not {}", arg.get_type()));
    };
    let mut all = runes(bytes);
    match (all.next(), all.next()) {
        (Some(rune), None) => Ok(rune.char),
        _ => fail("%c format requires a single-character string"),
    }
}
