//! `@ytt:semver`, which ytt has not: versions by the rules of Semantic Versioning 2.0.
//!
//! `compare(a, b)` is -1, 0 or 1. `satisfies(version, constraint)` tells whether a version lies in a
//! range: `>=1.2, <2` (all of them), `^1.2`, `~1.2`, `1.x`, `1.2 || 3` (any of them). A bare version
//! stands for itself and, where parts are left out, for all that begin with it. A `v` in front is
//! allowed. A pre-release lies in a range only if the range names a pre-release of the same version.

use std::cmp::Ordering;

use semver::{Version, VersionReq};
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, module_of, string};
use crate::engine::{Args, NativeError, NativeResult};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("semver", &[("semver.compare", compare), ("semver.satisfies", satisfies)], heap)
}

/// The two arguments of either function.
fn texts(args: &Args<'_>) -> NativeResult<[String; 2]> {
    let [a, b] = args.positional.as_slice() else {
        return fail("expected exactly two arguments");
    };
    Ok([String::from_utf8_lossy(string(*a)?).into_owned(), String::from_utf8_lossy(string(*b)?).into_owned()])
}

fn version(text: &str) -> NativeResult<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text))
        .map_err(|error| NativeError::new(format!("invalid version '{text}': {error}")))
}

fn compare<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [a, b] = texts(args)?;
    let order = match version(&a)?.cmp_precedence(&version(&b)?) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    };
    Ok(eval.heap().alloc(order))
}

fn satisfies<'v>(args: &Args<'v>, _eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let [text, constraint] = texts(args)?;
    let version = version(&text)?;
    let mut satisfied = false;
    for range in constraint.split("||") {
        let range = parse_range(range)
            .map_err(|error| NativeError::new(format!("invalid constraint '{constraint}': {error}")))?;
        satisfied |= range.matches(&version);
    }
    Ok(Value::new_bool(satisfied))
}

/// A range without `||`.
fn parse_range(text: &str) -> Result<VersionReq, semver::Error> {
    let comparators: Vec<String> = text.split(',').map(comparator).collect();
    VersionReq::parse(&comparators.join(","))
}

/// One comparison as the crate reads it: there, a bare version means `^`, and `v` is unknown.
fn comparator(text: &str) -> String {
    let text = text.trim();
    let version = text.trim_start_matches(['<', '>', '=', '^', '~', ' ']);
    let operator = text.strip_suffix(version).unwrap_or_default().trim_end();
    let version = match version.strip_prefix('v') {
        Some(rest) if rest.starts_with(|char: char| char.is_ascii_digit()) => rest,
        _ => version,
    };
    let wild = version.split(['-', '+']).next().is_some_and(|numbers| numbers.contains(['x', 'X', '*']));
    match operator {
        "" if !wild && !version.is_empty() => format!("={version}"),
        operator => format!("{operator}{version}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn ranges_hold_the_versions_they_name() {
        let holds = |version: &str, range: &str| {
            range
                .split("||")
                .any(|range| parse_range(range).unwrap().matches(&Version::parse(version).unwrap()))
        };
        for (range, inside, outside) in [
            (">=1.2, <2", "1.9.9", "2.0.0"),
            ("> v1.2.3", "1.2.4", "1.2.3"),
            ("^1.2", "1.3.0", "2.0.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("~1.2", "1.2.9", "1.3.0"),
            ("1.x", "1.9.0", "2.0.0"),
            ("*", "0.0.1", "1.0.0-rc.1"),
            ("1.2", "1.2.7", "1.3.0"),
            ("1.2.3", "1.2.3", "1.2.4"),
            ("1.2 || >=3", "3.1.0", "2.0.0"),
            (">=1.0.0-rc.1", "1.0.0-rc.2", "1.0.1-rc.1"),
        ] {
            assert!(holds(inside, range) && !holds(outside, range), "{range}");
        }
        for text in ["", "1.2,", "one", ">=", "1.2.3.4"] {
            assert!(parse_range(text).is_err(), "{text}");
        }
    }
}
