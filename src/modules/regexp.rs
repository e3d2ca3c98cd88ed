//! `@ytt:regexp`.

use regex::bytes::{Captures, Regex, RegexBuilder};
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, module_of, string};
use super::regexp_syntax::{group_name, translate};
use crate::engine::builtins::{call, is_callable};
use crate::engine::values::ByteStr;
use crate::engine::{Args, NativeError, NativeResult};
use crate::limits::check_text;

/// The most bytes a compiled pattern may take.
const SIZE_LIMIT: usize = 10 << 20;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("regexp", &[("regexp.match", matches), ("regexp.replace", replace)], heap)
}

fn compile(pattern: &[u8]) -> NativeResult<Regex> {
    let parse_error = |error: String| NativeError::new(format!("error parsing regexp: {error}"));
    let translated = translate(pattern).map_err(|error| parse_error(error.to_string()))?;
    RegexBuilder::new(&translated)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|_| parse_error(format!("expression too large: `{}`", String::from_utf8_lossy(pattern))))
}

fn matches<'v>(args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [pattern, target] = args.positional.as_slice() else {
        return fail("expected exactly two arguments");
    };
    let (pattern, target) = (string(*pattern)?, string(*target)?);
    Ok(Value::new_bool(compile(pattern)?.is_match(target)))
}

fn replace<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [pattern, source, replacement] = args.positional.as_slice() else {
        return fail("expected exactly 3 arguments");
    };
    let regex = compile(string(*pattern)?)?;
    let source = string(*source)?;
    let heap = eval.heap();
    // The crate finds nothing also within characters, Go only between them.
    let text = std::str::from_utf8(source).ok();
    let between_chars = |captures: &Captures<'_>| {
        let found = captures.get(0).map_or(0..0, |found| found.range());
        !found.is_empty() || text.is_none_or(|text| text.is_char_boundary(found.start))
    };
    let mut out = Vec::with_capacity(source.len());
    let mut end = 0;
    let mut between = |out: &mut Vec<u8>, captures: &Captures<'_>| {
        let Some(whole) = captures.get(0) else { return Ok(()) };
        out.extend_from_slice(source.get(end..whole.start()).unwrap_or_default());
        end = whole.end();
        check_text(out.len())
    };
    if is_callable(*replacement) {
        for captures in regex.captures_iter(source).filter(between_chars) {
            between(&mut out, &captures)?;
            let found = captures.get(0).map(|found| found.as_bytes()).unwrap_or_default();
            let result = call(*replacement, &[ByteStr::alloc(found, heap)], &[], eval)?;
            out.extend_from_slice(string(result)?);
        }
    } else {
        let template = string(*replacement)?;
        for captures in regex.captures_iter(source).filter(between_chars) {
            between(&mut out, &captures)?;
            expand(&mut out, template, &regex, &captures);
        }
    }
    out.extend_from_slice(source.get(end..).unwrap_or_default());
    check_text(out.len())?;
    Ok(ByteStr::alloc(&out, heap))
}

/// Go's `Expand`: `$name` takes as many word characters as there are, `${name}` is exact, `$$` is `$`.
/// Groups that do not exist are empty; a `$` that begins no name stays.
fn expand(out: &mut Vec<u8>, mut template: &[u8], regex: &Regex, captures: &Captures<'_>) {
    while let Some(dollar) = memchr::memchr(b'$', template) {
        out.extend_from_slice(template.get(..dollar).unwrap_or_default());
        template = template.get(dollar..).unwrap_or_default();
        if template.starts_with(b"$$") {
            out.push(b'$');
            template = template.get(2..).unwrap_or_default();
            continue;
        }
        match reference(template.get(1..).unwrap_or_default()) {
            Some((name, length)) => {
                let found = match group_number(name) {
                    Some(number) => captures.get(number),
                    None => named(regex, name).find_map(|group| captures.get(group)),
                };
                out.extend_from_slice(found.map(|found| found.as_bytes()).unwrap_or_default());
                template = template.get(1 + length..).unwrap_or_default();
            }
            None => {
                out.push(b'$');
                template = template.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(template);
}

/// The groups of this name.
fn named<'a>(regex: &'a Regex, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let has_name = move |group: Option<&str>| group.is_some_and(|group| group_name(group) == name);
    regex.capture_names().enumerate().filter(move |(_, group)| has_name(*group)).map(|(group, _)| group)
}

/// The name behind a `$` and how many bytes it takes.
fn reference(text: &[u8]) -> Option<(&str, usize)> {
    let (braced, inner) = match text.strip_prefix(b"{") {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let valid = inner.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    let length = valid.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(valid.len());
    let name = valid.get(..length).filter(|name| !name.is_empty())?;
    match braced {
        true if inner.get(length) != Some(&b'}') => None,
        true => Some((name, length + 2)),
        false => Some((name, length)),
    }
}

/// The number a name stands for, if it is one: without leading zeros, below a hundred million.
fn group_number(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|byte| byte.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    if plain { name.parse().ok().filter(|number| *number < 1_000_000_000) } else { None }
}
