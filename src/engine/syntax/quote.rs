//! What a string literal stands for.

/// Replaces the escapes in the text between the quotes. Bytes, since `\xff` and octal escapes may make
/// text that is not UTF-8. There are no `\u` escapes: an unknown escape stands for itself.
pub(super) fn unescape(body: &[u8], raw: bool) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'\r' => {
                // All line ends read as "\n"; but one behind a backslash never comes here.
                out.push(b'\n');
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            b'\\' if !raw => rest = escape(rest, &mut out)?,
            _ => out.push(byte),
        }
    }
    Ok(out)
}

/// Writes what the escape behind a backslash stands for, returns what follows it.
fn escape<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let Some((&letter, rest)) = text.split_first() else {
        return Err("truncated escape sequence \\".into());
    };
    let byte = match letter {
        b'\n' => return Ok(rest),
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'\'' | b'"' => letter,
        b'0'..=b'7' => return octal(text, out),
        b'x' => return hexadecimal(text, out),
        _ => {
            out.extend([b'\\', letter]);
            return Ok(rest);
        }
    };
    out.push(byte);
    Ok(rest)
}

/// One to three octal digits.
fn octal<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let digits = text.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    let (digits, rest) = text.split_at(digits);
    let code = digits.iter().fold(0_u32, |n, digit| n * 8 + u32::from(digit - b'0'));
    out.push(u8::try_from(code).map_err(|_| format!("invalid escape sequence \\{code:03o}"))?);
    Ok(rest)
}

/// `x` and exactly two hexadecimal digits.
fn hexadecimal<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let Some((sequence, rest)) = text.split_at_checked(3) else {
        return Err(format!("truncated escape sequence \\{}", String::from_utf8_lossy(text)));
    };
    let digit = |at: usize| sequence.get(at).and_then(|b| char::from(*b).to_digit(16));
    match (digit(1), digit(2)) {
        (Some(high), Some(low)) => {
            out.extend(u8::try_from(high * 16 + low));
            Ok(rest)
        }
        _ => Err(format!("invalid escape sequence \\{}", String::from_utf8_lossy(sequence))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn escapes_are_those_of_the_reference() {
        let cases: &[(&[u8], &[u8])] = &[
            (br"a\n\t\\\'\x41", b"a\n\t\\'A"),
            (br"\101\08\7z\xff\377", b"A\x008\x07z\xff\xff"),
            (br"\u00e9\z", br"\u00e9\z"),
            (b"a\\\nb\r\nc\rd", b"ab\nc\nd"),
            (b"a\\\r\nb", b"a\\\r\nb"),
        ];
        for (body, want) in cases {
            assert_eq!(unescape(body, false).unwrap(), *want);
        }
        assert_eq!(unescape(b"\\n\r\n", true).unwrap(), b"\\n\n");
        let errors: &[(&[u8], &str)] = &[
            (br"\541", r"invalid escape sequence \541"),
            (br"\x4", r"truncated escape sequence \x4"),
            (br"\x4g1", r"invalid escape sequence \x4g"),
        ];
        for (body, want) in errors {
            assert_eq!(unescape(body, false).unwrap_err(), *want);
        }
    }
}
