//! Letter case as Go's `unicode` package has it: one character for one character, where Rust's
//! mappings may give several.

use std::sync::LazyLock;

use regex::Regex;

use super::characters::runes;

static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());
static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());

fn is_in(class: &Option<Regex>, char: char) -> bool {
    let mut buffer = [0; 4];
    class.as_ref().is_some_and(|class| class.is_match(char.encode_utf8(&mut buffer)))
}

/// Go's `IsLetter`.
pub(crate) fn is_letter(char: char) -> bool {
    if char.is_ascii() { char.is_ascii_alphabetic() } else { is_in(&LETTER, char) }
}

/// Go's `IsDigit`: decimal digits of any script.
pub(crate) fn is_digit(char: char) -> bool {
    if char.is_ascii() { char.is_ascii_digit() } else { is_in(&DIGIT, char) }
}

/// Go's `IsSpace`.
pub(crate) fn is_space(char: char) -> bool {
    char.is_whitespace()
}

/// The letters that have a title case of their own, by their upper, title and lower case.
const DIGRAPHS: [[char; 3]; 4] = [['Ǆ', 'ǅ', 'ǆ'], ['Ǉ', 'ǈ', 'ǉ'], ['Ǌ', 'ǋ', 'ǌ'], ['Ǳ', 'ǲ', 'ǳ']];

/// Go's `IsTitle`.
pub(crate) fn is_title(char: char) -> bool {
    DIGRAPHS.iter().any(|[_, title, _]| *title == char)
        || matches!(char, '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}')
        || matches!(char, '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// Go's `IsUpper`.
pub(crate) fn is_upper(char: char) -> bool {
    is_letter(char) && char.is_uppercase() && !is_title(char)
}

/// Go's `IsLower`.
pub(crate) fn is_lower(char: char) -> bool {
    is_letter(char) && char.is_lowercase() && is_lowercase_letter(char)
}

/// Modifier letters and ordinal indicators count as lower case in Unicode but are not of class Ll.
fn is_lowercase_letter(char: char) -> bool {
    !matches!(
        char,
        'ª' | 'º'
            | '\u{2b0}'..='\u{2b8}'
            | '\u{2c0}'..='\u{2c1}'
            | '\u{2e0}'..='\u{2e4}'
            | '\u{37a}'
            | '\u{10fc}'
            | '\u{1d2c}'..='\u{1d6a}'
            | '\u{1d78}'
            | '\u{1d9b}'..='\u{1dbf}'
            | '\u{2071}'
            | '\u{207f}'
            | '\u{2090}'..='\u{209c}'
            | '\u{2c7c}'..='\u{2c7d}'
            | '\u{a69c}'..='\u{a69d}'
            | '\u{a770}'
            | '\u{a7f8}'..='\u{a7f9}'
            | '\u{ab5c}'..='\u{ab5f}'
    )
}

/// Go's `ToUpper`.
pub(crate) fn to_upper(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        // Greek with an iota below becomes the title case letter.
        _ => match char {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(char) + 8).unwrap_or(char)
            }
            '\u{1fb3}' => '\u{1fbc}',
            '\u{1fc3}' => '\u{1fcc}',
            '\u{1ff3}' => '\u{1ffc}',
            _ => char,
        },
    }
}

/// Go's `ToLower`.
pub(crate) fn to_lower(char: char) -> char {
    let mut lower = char.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ if char == '\u{130}' => 'i',
        _ => char,
    }
}

/// Go's `ToTitle`.
pub(crate) fn to_title(char: char) -> char {
    match char {
        // Georgian has capitals, but no title case.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => char,
        _ => match DIGRAPHS.iter().find(|cases| cases.contains(&char)) {
            Some([_, title, _]) => *title,
            None => to_upper(char),
        },
    }
}

/// Whether Go's case folding knows another form of a character.
pub(crate) fn is_cased(char: char) -> bool {
    match char {
        _ if char.is_ascii() => char.is_ascii_alphabetic(),
        // Its capital has it as lower case, but it has no upper case.
        'ß' => true,
        // Turkish: these are mapped, but not folded.
        'İ' | 'ı' => false,
        _ => to_lower(char) != char || to_upper(char) != char,
    }
}

/// Maps each character; bytes that are no character become U+FFFD.
pub(crate) fn map_runes(bytes: &[u8], mut map: impl FnMut(char) -> char) -> String {
    runes(bytes).map(|rune| map(rune.char)).collect()
}

/// Go's `strings.ToUpper`.
pub(crate) fn upper(bytes: &[u8]) -> String {
    map_runes(bytes, to_upper)
}

/// Go's `strings.ToLower`.
pub(crate) fn lower(bytes: &[u8]) -> String {
    map_runes(bytes, to_lower)
}

/// Upper case where a word begins, lower case within it.
pub(crate) fn title(bytes: &[u8]) -> String {
    let mut within_word = false;
    map_runes(bytes, |char| {
        let char = if within_word { to_lower(char) } else { to_title(char) };
        within_word = is_cased(char);
        char
    })
}

/// Whether upper case stands only where a word begins, lower case only within one.
pub(crate) fn is_titled(bytes: &[u8]) -> bool {
    let (mut cased, mut within_word) = (false, false);
    for rune in runes(bytes) {
        if rune.char.is_ascii_uppercase() || is_title(rune.char) {
            if within_word {
                return false;
            }
            (cased, within_word) = (true, true);
        } else if is_lower(rune.char) {
            if !within_word {
                return false;
            }
            (cased, within_word) = (true, true);
        } else if is_upper(rune.char) {
            // The reference knows only those of ASCII.
            return false;
        } else {
            within_word = false;
        }
    }
    cased
}
