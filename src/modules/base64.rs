//! `@ytt:base64`.

use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{flag, module_of, one_argument, string};
use crate::engine::values::ByteStr;
use crate::engine::{Args, NativeError, NativeResult};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("base64", &[("base64.encode", encode), ("base64.decode", decode)], heap)
}

struct Encoding {
    url: bool,
    raw: bool,
    strict: bool,
}

impl Encoding {
    fn of(args: &Args<'_>) -> NativeResult<Encoding> {
        let url = flag(args, "url", false)?;
        let raw = flag(args, "raw", false)?;
        Ok(Encoding { url, raw, strict: flag(args, "strict", false)? })
    }

    /// The six bits a character stands for.
    fn value(&self, byte: u8) -> Option<u32> {
        let value = match (byte, self.url) {
            (b'A'..=b'Z', _) => byte - b'A',
            (b'a'..=b'z', _) => byte - b'a' + 26,
            (b'0'..=b'9', _) => byte - b'0' + 52,
            (b'+', false) | (b'-', true) => 62,
            (b'/', false) | (b'_', true) => 63,
            _ => return None,
        };
        Some(value.into())
    }

    /// Decodes as Go does: line breaks count nowhere, and an error names the byte Go names.
    fn decode(&self, text: &[u8]) -> Result<Vec<u8>, usize> {
        let mut out = Vec::with_capacity(text.len() / 4 * 3);
        let mut symbols = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
        loop {
            let (mut bits, mut count) = (0, 0);
            // Where the group ends.
            let mut end = text.len();
            while count < 4 {
                let Some((at, byte)) = symbols.next() else { break };
                if let Some(value) = self.value(byte) {
                    bits = bits << 6 | value;
                    count += 1;
                    end = at + 1;
                    continue;
                }
                if byte != b'=' || self.raw || count < 2 {
                    return Err(at);
                }
                end = at + 1;
                if count == 2 {
                    match symbols.next() {
                        None => return Err(text.len()),
                        Some((at, b'=')) => end = at + 1,
                        // Go names the byte before the one that should have been `=`.
                        Some((at, _)) => return Err(at - 1),
                    }
                }
                self.group(&mut out, bits << (6 * (4 - count)), count, end)?;
                return symbols.next().map_or(Ok(out), |(at, _)| Err(at));
            }
            match count {
                0 => return Ok(out),
                4 => self.group(&mut out, bits, 4, end)?,
                count if count == 1 || !self.raw => return Err(text.len() - count),
                count => {
                    self.group(&mut out, bits << (6 * (4 - count)), count, text.len())?;
                    return Ok(out);
                }
            }
        }
    }

    /// Appends the bytes of a group of `count` characters.
    fn group(&self, out: &mut Vec<u8>, bits: u32, count: usize, end: usize) -> Result<(), usize> {
        let [_, bytes @ ..] = bits.to_be_bytes();
        let (kept, rest) = bytes.split_at(count - 1);
        if self.strict && rest.iter().any(|byte| *byte != 0) {
            return Err(end - (4 - count));
        }
        out.extend_from_slice(kept);
        Ok(())
    }
}

fn encode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    let encoding = Encoding::of(args)?;
    let engine = match (encoding.url, encoding.raw) {
        (false, false) => &STANDARD,
        (false, true) => &STANDARD_NO_PAD,
        (true, false) => &URL_SAFE,
        (true, true) => &URL_SAFE_NO_PAD,
    };
    Ok(eval.heap().alloc_str(&engine.encode(text)).to_value())
}

fn decode<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    let encoding = Encoding::of(args)?;
    let decoded = encoding
        .decode(text)
        .map_err(|at| NativeError::new(format!("illegal base64 data at input byte {at}")))?;
    Ok(ByteStr::alloc(&decoded, eval.heap()))
}
