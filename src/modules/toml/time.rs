//! Which dates and times a TOML text may hold. Nothing needs their value: templates have no such type.

/// Whether this is a date, a time, or both with or without an offset, as Go reads them.
pub(super) fn is_time(text: &str) -> bool {
    // Letters may be small, and a space may stand for the `T`.
    let text = text.replace(['t', ' '], "T").replace('z', "Z");
    match text.split_once('T') {
        Some((date, time)) => {
            is_date(date) && after_clock(time).is_some_and(|rest| rest.is_empty() || is_offset(rest))
        }
        None => is_date(&text) || after_clock(&text).is_some_and(str::is_empty),
    }
}

/// A number of exactly `width` digits and what follows it.
fn digits(text: &str, width: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(width)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some((number.parse().ok()?, rest)))?
}

fn is_date(text: &str) -> bool {
    let read = || {
        let (year, rest) = digits(text, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        Some(rest.is_empty() && (1..=days).contains(&day))
    };
    read().unwrap_or(false)
}

/// What follows `hh:mm:ss` and a fraction. The hour may have one digit.
fn after_clock(text: &str) -> Option<&str> {
    let (hour, rest) = digits(text, 2).or_else(|| digits(text, 1))?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|char: char| char.is_ascii_digit()) => {
            Some(fraction.trim_start_matches(|char: char| char.is_ascii_digit()))
        }
        _ => Some(rest),
    }
}

/// `Z` or `+hh:mm`, of any size.
fn is_offset(text: &str) -> bool {
    let read = || {
        let (_, rest) = digits(text.strip_prefix(['+', '-'])?, 2)?;
        digits(rest.strip_prefix(':')?, 2).map(|(_, rest)| rest.is_empty())
    };
    text == "Z" || read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn dates_and_times_of_go() {
        for text in [
            "1979-05-27T07:32:00Z",
            "1979-05-27t7:32:00.999999999999z",
            "1979-05-27 07:32:00+25:61",
            "1979-05-27T07:32:00",
            "2000-02-29",
            "07:32:00.5",
        ] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "1979-13-27",
            "1900-02-29",
            "1979-5-27",
            "24:00:00",
            "07:32",
            "1979-05-27T07:32:00+1:00",
            "07:32:00Z",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
