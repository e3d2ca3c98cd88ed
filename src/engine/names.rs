//! Names that ytt's dialect allows and the `starlark` crate does not: some it reserves, its names are
//! ASCII, and a load statement can bind any text.

use std::borrow::Cow;

/// Words the crate's grammar keeps for itself; in ytt they are ordinary names (`assert` is even the
/// usual name of a module).
const RESERVED: [&str; 3] = ["assert", "async", "await"];

/// The prefix of names that only generated code uses.
pub(crate) const PREFIX: &str = "__sm_";

/// The prefix under which built-ins can be reached where a file binds their name.
pub(crate) const BUILTIN: &str = "__sm_builtin_";

/// What chunks and operators are called in the crate's back traces, which leave them out.
pub(crate) const NATIVE_FRAME: &str = "__sm_native";

/// Words of the crate's grammar, which only a load statement can bind.
const KEYWORDS: [&str; 30] = [
    "and", "as", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for",
    "from", "global", "if", "import", "in", "is", "lambda", "load", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !KEYWORDS.contains(&name)
}

/// Before the bytes, in hexadecimal, of a name that is no name of the crate's.
const ENCODED: &str = "__sm_utf8_";

/// Puts a name into a form the crate accepts.
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    if RESERVED.contains(&name) {
        format!("{PREFIX}{name}").into()
    } else if is_plain(name) {
        name.into()
    } else {
        name.bytes().fold(ENCODED.to_owned(), |text, byte| text + &format!("{byte:02x}")).into()
    }
}

/// The name the template used.
pub(crate) fn restore(name: &str) -> Cow<'_, str> {
    if let Some(decoded) = name.strip_prefix(ENCODED).and_then(decode) {
        return decoded.into();
    }
    match name.strip_prefix(PREFIX) {
        Some(rest) if RESERVED.contains(&rest) => rest.into(),
        _ => name.into(),
    }
}

fn decode(hexadecimal: &str) -> Option<String> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{escape, restore};

    #[test]
    fn reserved_words_survive_the_round_trip() {
        for name in ["assert", "async", "await", "name", "__sm_x", "größe", "名", "", "dat=", "1x", "if"] {
            assert_eq!(restore(&escape(name)), name);
        }
        assert_ne!(escape("assert"), "assert");
        assert!(escape("größe").is_ascii());
    }
}
