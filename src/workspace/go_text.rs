//! Characters as Go's `strconv.Quote` and `encoding/json` show them in messages.

/// A single character in single quotes, with escapes.
pub(crate) fn quoted_char(char: char) -> String {
    let mut out = String::from("'");
    match char {
        '\'' => out.push_str("\\'"),
        char => push_escaped(&mut out, char),
    }
    out.push('\'');
    out
}

/// Appends a character, escaped unless it can be printed; quotes are left to the caller.
pub(crate) fn push_escaped(out: &mut String, char: char) {
    match char {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        char if char.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(char))),
        char if char.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(char))),
        char => out.push(char),
    }
}
