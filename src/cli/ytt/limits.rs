//! What a run may use. ytt has no such flags: they are off unless given, and its help has no place for them.

use super::flags::{Flag, Matches, Takes};
use crate::cli::bench::parse_duration;
use crate::{Error, ErrorKind, Limits, Result};

// Without a text, help leaves them out.
pub(super) const STEPS: Flag = Flag::new("limit-steps", Takes::Text, "");
pub(super) const MEMORY: Flag = Flag::new("limit-memory", Takes::Text, "");
pub(super) const TIME: Flag = Flag::new("limit-time", Takes::Text, "");

/// The limits of a run: those for one's own templates, and what flags say.
pub(super) fn of(matches: &Matches) -> Result<Limits> {
    let mut limits = Limits::trusted();
    if let Some(steps) = value(matches, STEPS, parse_steps)? {
        limits.steps = steps;
    }
    if let Some(bytes) = value(matches, MEMORY, parse_bytes)? {
        limits.memory = bytes;
    }
    if let Some(time) = value(matches, TIME, parse_duration)? {
        limits.time = Some(time);
    }
    Ok(limits)
}

fn value<T>(
    matches: &Matches,
    flag: Flag,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>> {
    let Some(text) = matches.text(flag.name) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    parse(&text).map(Some).map_err(|why| {
        let message = format!("invalid argument \"{text}\" for \"--{}\" flag: {why}", flag.name);
        Error::new(ErrorKind::Usage, message)
    })
}

fn parse_steps(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a number".to_owned())
}

/// A number of bytes, or one with Ki, Mi or Gi.
fn parse_bytes(text: &str) -> Result<usize, String> {
    let expected = || "expected a number of bytes, or one with Ki, Mi or Gi".to_owned();
    let units = [("Ki", 10), ("Mi", 20), ("Gi", 30)];
    let unit = units.into_iter().find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, bits)));
    let (number, bits) = unit.unwrap_or((text, 0));
    let number: usize = number.parse().map_err(|_| expected())?;
    number.checked_mul(1 << bits).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn bytes_may_have_a_unit() {
        for (text, bytes) in [("0", 0), ("512", 512), ("2Ki", 2048), ("64Mi", 64 << 20), ("1Gi", 1 << 30)] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "Mi", "-1", "1.5Mi", "1M", "99999999999999Gi"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
