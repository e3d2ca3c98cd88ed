//! `@ytt:version`.

use std::cmp::Ordering;

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, module_of, one_argument, string};
use crate::engine::{Args, NativeResult};
use crate::version::YTT;

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("version", &[("version.require_at_least", require_at_least)], heap)
}

/// The numbers of a semantic version: three without leading zeros. What follows `-` or `+` is checked
/// for its characters, but makes no difference: a release is at least any of its pre-releases.
fn parse(text: &str) -> Option<[&str; 3]> {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, pre) = text.split_once('-').map_or((text, None), |(text, pre)| (text, Some(pre)));
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let valid = build.is_none_or(|build| build.split('.').all(is_word))
        && pre.is_none_or(|pre| {
            pre.split('.').all(|part| is_word(part) && (!all_digits(part) || is_number(part)))
        });
    let mut parts = numbers.split('.');
    let numbers = [parts.next()?, parts.next()?, parts.next()?];
    let valid = valid && parts.next().is_none();
    let valid = valid && numbers.iter().all(|number| !number.is_empty() && is_number(number));
    valid.then_some(numbers)
}

/// Compares numbers of any size.
fn compare(a: [&str; 3], b: [&str; 3]) -> Ordering {
    a.map(|number| (number.len(), number)).cmp(&b.map(|number| (number.len(), number)))
}

fn require_at_least<'v>(args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = String::from_utf8_lossy(string(one_argument(args)?)?);
    let Some(wanted) = parse(&text) else {
        return fail(format!("version string '{text}' must be a valid semver"));
    };
    if let Some(number) = wanted.iter().find(|number| number.parse::<i64>().is_err()) {
        return fail(format!(
            "Error parsing version: strconv.ParseInt: parsing \"{number}\": value out of range"
        ));
    }
    match parse(YTT) {
        Some(own) if compare(own, wanted).is_ge() => Ok(Value::new_none()),
        _ => fail(format!("ytt version '{YTT}' does not meet the minimum required version '{text}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        for text in ["1.2.3", "0.0.0", "1.0.0-rc.1", "1.0.0-0a.b-c+build.01"] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in ["1.2", "1.2.3.4", "01.2.3", "v1.2.3", "1.2.x", "", "1.0.0-", "1.0.0-01", "1.0.0+"] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert_eq!(compare(["0", "10", "0"], ["0", "9", "9"]), Ordering::Greater);
        assert_eq!(compare(["1", "0", "0"], ["1", "0", "0"]), Ordering::Equal);
    }
}
