//! The text of a file as the scanner may read it: UTF-8 without control characters.

/// Text the scanner reads, and the fault that stands behind its end, if any.
pub(super) struct Source<'a> {
    /// The readable text.
    pub(super) text: &'a str,
    /// What is wrong with the bytes that follow `text`; `None` at the true end of the file.
    pub(super) fault: Option<&'static str>,
}

/// The reference reads files in blocks of this many bytes and refuses a whole block for one bad
/// byte in it, so a fault hides the text from the beginning of its block on.
const BLOCK: usize = 512;

const INCOMPLETE: &str = "incomplete UTF-8 octet sequence";

impl<'a> Source<'a> {
    /// Checks `bytes`. `ahead` is the number of bytes the reference has put in front of them.
    pub(super) fn new(bytes: &'a [u8], ahead: usize) -> Source<'a> {
        let (valid, fault) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let (head, tail) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(head).unwrap_or_default(), Some(encoding_fault(tail)))
            }
        };
        let (at, fault) = match first_control(valid) {
            Some(at) => (at, "control characters are not allowed"),
            None => match fault {
                // This shows only when the text before it is read.
                Some(fault @ INCOMPLETE) => return Source { text: valid, fault: Some(fault) },
                Some(fault) => (valid.len(), fault),
                None => return Source { text: valid, fault: None },
            },
        };
        let width = bytes.get(at).map_or(1, |lead| width(*lead));
        let text = valid.get(..block_start(valid, at, width, ahead)).unwrap_or_default();
        Source { text, fault: Some(fault) }
    }
}

/// How many bytes a character takes that begins with `lead`.
fn width(lead: u8) -> usize {
    match lead {
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF8 => 4,
        _ => 1,
    }
}

/// Where the block begins in which the character of `width` bytes at byte `at` is read.
fn block_start(text: &str, at: usize, width: usize, ahead: usize) -> usize {
    let mut start = 0;
    let mut end = BLOCK - ahead;
    while end < at + width {
        // A character cut by the end of a block moves to the next one.
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        start = end;
        end += BLOCK;
    }
    start
}

/// The byte at which the first character stands that YAML 1.1 does not allow in a stream.
fn first_control(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let next = |at: usize, n: usize| bytes.get(at + n).copied().unwrap_or(0);
    bytes.iter().enumerate().position(|(at, &byte)| match byte {
        b'\t' | b'\n' | b'\r' => false,
        0..0x20 | 0x7F => true,
        0xC2 => next(at, 1) < 0xA0 && next(at, 1) != 0x85,
        0xEF => next(at, 1) == 0xBF && next(at, 2) >= 0xBE,
        _ => false,
    })
}

/// What is wrong with bytes that begin with a sequence that is not UTF-8.
fn encoding_fault(bytes: &[u8]) -> &'static str {
    let lead = bytes.first().copied().unwrap_or(0);
    let width = width(lead);
    let first = match width {
        2 => lead & 0x1F,
        3 => lead & 0x0F,
        4 => lead & 0x07,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(rest) = bytes.get(1..width) else { return INCOMPLETE };
    let mut value = u32::from(first);
    for octet in rest {
        if octet & 0xC0 != 0x80 {
            return "invalid trailing UTF-8 octet";
        }
        value = value << 6 | u32::from(octet & 0x3F);
    }
    match (width, value) {
        (2, 0..0x80) | (3, 0..0x800) | (4, 0..0x1_0000) => "invalid length of a UTF-8 sequence",
        _ => "invalid Unicode character",
    }
}
