//! `str.format`.

use starlark::values::{Heap, Value};

use super::go_quote::quote;
use super::text::{try_repr, write_str};
use crate::engine::values::ByteStr;
use crate::engine::{Args, NativeError, NativeResult};
use crate::limits::check_text;

fn fail<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

/// How fields without and with a number choose their argument: the two cannot be mixed.
#[derive(Default)]
struct Numbering {
    automatic: bool,
    manual: bool,
    next: usize,
}

/// `format.format(...)`.
pub(crate) fn format<'v>(format: Value<'v>, args: &Args<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let mut rest = ByteStr::of(format).unwrap_or_default();
    let mut out = Vec::with_capacity(rest.len());
    let mut numbering = Numbering::default();
    loop {
        let brace = memchr::memchr(b'{', rest);
        let literal = brace.map_or(rest, |brace| rest.get(..brace).unwrap_or_default());
        write_literal(&mut out, literal)?;
        check_text(out.len())?;
        let Some(brace) = brace else { break };
        rest = rest.get(brace + 1..).unwrap_or_default();
        if rest.first() == Some(&b'{') {
            out.push(b'{');
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let Some(end) = memchr::memchr(b'}', rest) else {
            return fail("format: unmatched '{' in format");
        };
        let field = rest.get(..end).unwrap_or_default();
        rest = rest.get(end + 1..).unwrap_or_default();
        write_field(&mut out, field, args, &mut numbering)?;
    }
    Ok(ByteStr::alloc(&out, heap))
}

/// Text between fields; `}}` stands for `}`.
fn write_literal(out: &mut Vec<u8>, mut literal: &[u8]) -> NativeResult<()> {
    while let Some(brace) = memchr::memchr(b'}', literal) {
        if literal.get(brace + 1) != Some(&b'}') {
            return fail("format: single '}' in format");
        }
        out.extend_from_slice(literal.get(..=brace).unwrap_or_default());
        literal = literal.get(brace + 2..).unwrap_or_default();
    }
    out.extend_from_slice(literal);
    Ok(())
}

/// The part before the first `mark` and the part after it.
fn split_at_byte(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(mark, text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

fn write_field(
    out: &mut Vec<u8>,
    field: &[u8],
    args: &Args<'_>,
    numbering: &mut Numbering,
) -> NativeResult<()> {
    let (name, conversion, spec) = match split_at_byte(field, b'!') {
        (name, Some(conversion)) => {
            let (conversion, spec) = split_at_byte(conversion, b':');
            (name, conversion, spec)
        }
        (field, None) => {
            let (name, spec) = split_at_byte(field, b':');
            (name, &b"s"[..], spec)
        }
    };
    let arg = argument(name, args, numbering)?;
    if let Some(spec) = spec.filter(|spec| !spec.is_empty()) {
        let spec = String::from_utf8_lossy(spec);
        return fail(format!("format spec features not supported in replacement fields: {spec}"));
    }
    match conversion {
        b"s" => write_str(out, arg),
        b"r" => {
            out.extend_from_slice(try_repr(arg)?.as_bytes());
            Ok(())
        }
        other => fail(format!("format: unknown conversion {}", quote(other))),
    }
}

fn argument<'v>(name: &[u8], args: &Args<'v>, numbering: &mut Numbering) -> NativeResult<Value<'v>> {
    let out_of_range = || NativeError::new("format: tuple index out of range");
    if name.is_empty() {
        if numbering.manual {
            return fail(
                "format: cannot switch from manual field specification to automatic field numbering",
            );
        }
        numbering.automatic = true;
        let arg = args.get(numbering.next).ok_or_else(out_of_range)?;
        numbering.next += 1;
        return Ok(arg);
    }
    let name = String::from_utf8_lossy(name);
    let number = name.parse::<i64>().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()));
    if let Some(number) = number {
        if numbering.automatic {
            return fail(
                "format: cannot switch from automatic field numbering to manual field specification",
            );
        }
        numbering.manual = true;
        return usize::try_from(number).ok().and_then(|index| args.get(index)).ok_or_else(out_of_range);
    }
    if let Some(arg) = args.keyword(&name) {
        return Ok(arg);
    }
    // Python's syntaxes that Starlark has not.
    if name.contains('.') {
        return fail(format!("format: attribute syntax x.y is not supported in replacement fields: {name}"));
    }
    if name.contains('[') {
        return fail(format!("format: element syntax a[i] is not supported in replacement fields: {name}"));
    }
    if name.contains('{') {
        return fail("format: nested replacement fields not supported");
    }
    fail(format!("format: keyword {name} not found"))
}
