//! "did you mean": the nearest of several names.

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
    use super::nearest;

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
        }
    }
}
