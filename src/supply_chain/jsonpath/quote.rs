//! Quoted strings of a path: Go's escapes, in single or double quotes.

/// What a quoted string stands for; `None` if an escape is invalid or the quote stands in it unescaped.
/// `inner` is the text between the quotes.
pub(super) fn unquote(inner: &str, quote: char) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..)?;
        match char {
            '\\' => rest = unescape(rest, quote, &mut out)?,
            _ if char == quote => return None,
            _ => push(&mut out, char),
        }
    }
    Some(out)
}

fn push(out: &mut Vec<u8>, char: char) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads what follows a backslash and returns the rest.
fn unescape<'a>(text: &'a str, quote: char, out: &mut Vec<u8>) -> Option<&'a str> {
    let kind = text.chars().next()?;
    let rest = text.get(kind.len_utf8()..)?;
    let simple = match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '\'' | '"' if kind == quote => u8::try_from(kind).ok()?,
        'x' => {
            let (digits, rest) = rest.split_at_checked(2)?;
            out.push(u8::try_from(number(digits, 16)?).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (digits, rest) = rest.split_at_checked(if kind == 'u' { 4 } else { 8 })?;
            push(out, char::from_u32(number(digits, 16)?)?);
            return Some(rest);
        }
        '0'..='7' => {
            let (digits, rest) = text.split_at_checked(3)?;
            out.push(u8::try_from(number(digits, 8)?).ok()?);
            return Some(rest);
        }
        _ => return None,
    };
    out.push(simple);
    Some(rest)
}

/// A number of digits alone: no sign.
fn number(digits: &str, base: u32) -> Option<u32> {
    digits.chars().all(|digit| digit.is_digit(base)).then(|| u32::from_str_radix(digits, base).ok())?
}
