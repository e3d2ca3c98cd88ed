//! Texts as JSON, quickly: the output of a render in a line of a stream is the whole of it.

/// Appends a text in quotes (RFC 8259, 7).
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + text.len() / 16 + 2);
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        from = at + 1;
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
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out.push(b'"');
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
