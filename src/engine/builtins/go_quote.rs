//! Quoted strings as Go's `strconv.Quote` writes them.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use super::characters::runes;

/// Go's printable characters: letters, marks, numbers, punctuation, symbols.
static PRINTABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").ok());

/// Whether Go prints the character as it is.
pub(crate) fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return (' '..='~').contains(&char);
    }
    let mut buffer = [0; 4];
    PRINTABLE.as_ref().is_some_and(|regex| regex.is_match(char.encode_utf8(&mut buffer)))
}

/// The string in double quotes.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    write_quoted(&mut out, bytes);
    out
}

/// Appends the string in double quotes.
pub(crate) fn write_quoted(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for rune in runes(bytes) {
        let char = rune.char;
        if char == char::REPLACEMENT_CHARACTER && rune.end - rune.start == 1 {
            let byte = bytes.get(rune.start).copied().unwrap_or_default();
            let _ = write!(out, "\\x{byte:02x}");
            continue;
        }
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            char if is_printable(char) => out.push(char),
            char if char < ' ' || char == '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(char));
            }
            char if u32::from(char) < 0x10000 => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => {
                let _ = write!(out, "\\U{:08x}", u32::from(char));
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_as_go() {
        for (input, expected) in [
            (&b"a\"b\\"[..], r#""a\"b\\""#),
            (b"\x00\x07\x08\x0c\n\r\t\x0b\x1b\x7f", r#""\x00\a\b\f\n\r\t\v\x1b\x7f""#),
            ("é日😀".as_bytes(), "\"é日😀\""),
            (
                "\u{85}\u{a0}\u{ad}\u{200b}\u{feff}\u{2028}".as_bytes(),
                r#""\u0085\u00a0\u00ad\u200b\ufeff\u2028""#,
            ),
            ("\u{e000}\u{10ffff}\u{fffd}".as_bytes(), "\"\\ue000\\U0010ffff\u{fffd}\""),
            (b"\xff\xe6\x97", r#""\xff\xe6\x97""#),
        ] {
            assert_eq!(quote(input), expected);
        }
    }
}
