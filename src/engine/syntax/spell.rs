//! Which name was meant by a misspelt one; also for attributes and loaded names.

/// Names longer than this (in bytes, folded) get no suggestion: comparing takes the product of the lengths.
const MAX_LENGTH: usize = 200;

/// The candidate nearest to `name` by edit distance, case and underscores aside; of equally near ones the
/// first in order. None if more than half of the name would have to change.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = fold(name);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let limit = best.map_or(name.len().div_ceil(2), |(distance, _)| distance + 1);
        let folded = fold(candidate);
        if folded.len().abs_diff(name.len()) >= limit || folded.len().max(name.len()) > MAX_LENGTH {
            continue;
        }
        let found = (edit_distance(&name, &folded), candidate);
        if found.0 < limit && best.is_none_or(|best| found < best) {
            best = Some(found);
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> Vec<u8> {
    let folded: String = name.chars().filter(|c| *c != '_').filter_map(|c| c.to_lowercase().next()).collect();
    folded.into_bytes()
}

/// How many bytes must be put in, taken out or replaced to make one text of the other.
fn edit_distance(from: &[u8], to: &[u8]) -> usize {
    // `row` holds the distances of the text read so far to each beginning of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (read, byte) in from.iter().enumerate() {
        let mut diagonal = read;
        let mut left = read + 1;
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (cell, other) in cells.zip(to) {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = ["length", "values", "valuex", "My_Name"];
        for (name, want) in [
            ("lenght", Some("length")),
            ("value", Some("values")),
            ("myname", Some("My_Name")),
            ("xyz", None),
            ("l", None),
        ] {
            assert_eq!(nearest(name, names), want, "{name}");
        }
    }
}
