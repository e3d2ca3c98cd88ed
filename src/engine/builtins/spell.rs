//! "did you mean": the nearest of several names.

use starlark::values::Value;

use super::repr;
use crate::engine::NativeError;

/// The error of a key that `container` does not have, with the nearest of those it has.
pub(crate) fn missing_key<'a>(
    key: Value<'_>,
    container: &str,
    keys: impl Iterator<Item = &'a str>,
) -> NativeError {
    let keys: Vec<&str> = keys.collect();
    let near = key.unpack_str().and_then(|key| meant(key, &keys));
    NativeError::new(format!("key {} not in {container}", repr(key)))
        .with_help(near.map(|near| format!("    Did you mean {near:?}?")))
}

/// Lower case without underscores, so that these differences do not count.
fn fold(name: &str) -> Vec<u8> {
    name.chars().filter(|char| *char != '_').flat_map(char::to_lowercase).collect::<String>().into_bytes()
}

/// The candidate that differs least from `name`, if it differs by less than half.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = fold(name);
    let mut least = name.len().div_ceil(2);
    let mut best = None;
    for candidate in candidates {
        let distance = distance(&name, &fold(candidate));
        if distance < least {
            least = distance;
            best = Some(candidate);
        }
    }
    best.filter(|best| !best.is_empty())
}

/// The candidate that is [nearest], or else one of the same letters in another order. For what the
/// reference does not say.
pub(crate) fn meant<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let letters = |name| {
        let mut letters = fold(name);
        letters.sort_unstable();
        letters
    };
    let candidates = || candidates.iter().copied();
    nearest(name, candidates()).or_else(|| {
        let wanted = letters(name);
        candidates().find(|other| !other.is_empty() && letters(other) == wanted)
    })
}

/// The Levenshtein distance.
pub(crate) fn distance(x: &[u8], y: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=y.len()).collect();
    for (i, a) in x.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(y) {
            let here = (diagonal + usize::from(a != b)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{meant, nearest};

    #[test]
    fn finds_what_was_meant() {
        let names = ["startswith", "strip", "split", "splitlines", "upper"];
        for (name, expected) in [
            ("startsWith", Some("startswith")),
            ("starts_with", Some("startswith")),
            ("uper", Some("upper")),
            ("splt", Some("split")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
            assert_eq!(meant(name, &names), expected, "{name}");
        }
        assert_eq!(nearest("nmae", ["kind", "name"]), None);
        assert_eq!(meant("nmae", &["kind", "name"]), Some("name"));
    }
}
