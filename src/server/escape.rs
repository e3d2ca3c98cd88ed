//! Texts as JSON, quickly: the output of a render in a line of a stream is the whole of it.

/// Appends a text in quotes (RFC 8259, 7).
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + text.len() / 16 + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = special(rest) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, behind)) = from.split_first() else { break };
        rest = behind;
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// Where the first byte is that needs an escape. Eight bytes are looked at together: a byte whose highest bit is
/// set in the result is one; bits above the first may be wrong, which does not matter.
fn special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
        let found = below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1);
        if found & HIGH != 0 {
            return Some(index * 8 + (found & HIGH).trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
    at.map(|at| words.len() * 8 + at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    #[test]
    fn a_text_is_what_it_was_when_it_is_read() {
        let all: String = (0..0x250).filter_map(char::from_u32).chain("\u{2028}😀\\\"\n".chars()).collect();
        for text in ["", "a", "\n", "a\nb\n", "\"", &all] {
            let mut out = b"x".to_vec();
            super::text(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out[1..]).unwrap(), text);
        }
    }
}
