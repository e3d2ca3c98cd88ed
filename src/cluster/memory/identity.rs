//! Uids and generated names: the same for the same calls, on every machine.

use crate::yaml::Text;

/// What generated names end with, without vowels and digits that look like them: the API server's alphabet.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// How long the end of a generated name is, and the rest at most (the API server's `names` package).
const SUFFIX: usize = 5;
const PREFIX: usize = 63 - SUFFIX;

/// A hash of texts and a number, the same for ever: words of eight bytes, mixed by multiplication, with the
/// length of each text, so that none can be mistaken for others; SplitMix64 finishes it.
fn hash(texts: &[&str], number: u64) -> u64 {
    let mut hash = finish(number);
    let mut add = |word: u64| {
        let product = u128::from(hash ^ word) * 0xa076_1d64_78bd_642f_u128;
        hash = (product as u64) ^ (product >> 64) as u64;
    };
    for text in texts {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        add(u64::from_le_bytes(last));
        add(text.len() as u64);
    }
    finish(hash)
}

fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A uid: a UUID of version 8 (RFC 9562, for own schemes).
pub(super) fn uid(texts: &[&str], number: u64) -> Text {
    let high = hash(texts, number);
    let low = finish(high.wrapping_add(0x9e37_79b9_7f4a_7c15));
    let bits =
        (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0b11 << 62) | 0x8 << 76 | 0b10 << 62;
    let mut text = [0_u8; 36];
    let mut shift = 128;
    for (index, byte) in text.iter_mut().enumerate() {
        *byte = if matches!(index, 8 | 13 | 18 | 23) {
            b'-'
        } else {
            shift -= 4;
            let digit = (bits >> shift) as u8 & 0xf;
            if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
        };
    }
    Text::new(std::str::from_utf8(&text).unwrap_or_default())
}

/// A name that begins with `prefix`.
pub(super) fn generated_name(prefix: &str, texts: &[&str], number: u64) -> Text {
    let mut end = prefix.len().min(PREFIX);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = String::with_capacity(end + SUFFIX);
    name.push_str(prefix.get(..end).unwrap_or_default());
    let mut rest = hash(texts, number);
    for _ in 0..SUFFIX {
        let index = (rest % ALPHABET.len() as u64) as usize;
        name.push(ALPHABET.get(index).copied().map_or('b', char::from));
        rest /= ALPHABET.len() as u64;
    }
    Text::from(name)
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, generated_name, uid};

    #[test]
    fn uids_are_uuids_and_differ() {
        let one = uid(&["ConfigMap", "a", "b"], 1);
        let shape: String = one.chars().map(|char| if char == '-' { '-' } else { 'x' }).collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert!(one.chars().all(|char| char == '-' || char.is_ascii_hexdigit() && !char.is_uppercase()));
        assert_eq!(one.as_bytes()[14], b'8');
        assert!(b"89ab".contains(&one.as_bytes()[19]));
        assert_eq!(one, uid(&["ConfigMap", "a", "b"], 1));
        assert_ne!(one, uid(&["ConfigMap", "a", "b"], 2));
        assert_ne!(one, uid(&["ConfigMap", "ab", ""], 1));
    }

    #[test]
    fn generated_names_have_the_shape_of_the_api_servers() {
        let name = generated_name("run-", &["ns", "run-"], 0);
        assert_eq!(name.len(), 9);
        assert!(name.starts_with("run-"));
        assert!(name.bytes().skip(4).all(|byte| ALPHABET.contains(&byte)));
        assert_ne!(name, generated_name("run-", &["ns", "run-"], 1));
        assert_eq!(generated_name(&"x".repeat(100), &[], 0).len(), 63);
        assert_eq!(generated_name(&"é".repeat(50), &[], 0).len(), 58 + 5);
    }
}
