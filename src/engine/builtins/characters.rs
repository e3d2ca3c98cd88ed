//! The characters of byte strings, as Go's `range` over a string yields them.

/// One character of a byte string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rune {
    /// The offset of its first byte.
    pub start: usize,
    /// The offset after its last byte.
    pub end: usize,
    /// The character; U+FFFD for a byte that belongs to none.
    pub char: char,
}

/// The characters of `bytes`. Each byte that is not part of a character counts as one by itself.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = Rune> + '_ {
    let mut offset = 0;
    bytes.utf8_chunks().flat_map(move |chunk| {
        let start = offset;
        let valid = chunk.valid();
        let after = start + valid.len();
        offset = after + chunk.invalid().len();
        let good = valid.char_indices().map(move |(at, char)| Rune {
            start: start + at,
            end: start + at + char.len_utf8(),
            char,
        });
        let bad =
            (after..offset).map(|at| Rune { start: at, end: at + 1, char: char::REPLACEMENT_CHARACTER });
        good.chain(bad)
    })
}

#[cfg(test)]
mod tests {
    use super::runes;

    #[test]
    fn bytes_that_are_no_character_count_one_by_one() {
        let text: String = runes(b"a\xe6\x97z\xff").map(|rune| rune.char).collect();
        assert_eq!(text, "a\u{fffd}\u{fffd}z\u{fffd}");
        let ends: Vec<_> = runes("é\u{65e5}".as_bytes()).map(|rune| (rune.start, rune.end)).collect();
        assert_eq!(ends, [(0, 2), (2, 5)]);
    }
}
