//! Quantities of resources: the text the reference writes for the one it read (`1024Mi` becomes `1Gi`).
//!
//! The rules are those of `k8s.io/apimachinery/pkg/api/resource`.

use num_bigint::BigInt;

/// How a quantity was written, and so is written again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    /// `5e3`
    DecimalExponent,
    /// `5k`
    DecimalSi,
    /// `5Ki`
    BinarySi,
}

/// Suffixes and their powers of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// Suffixes and their powers of two.
const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// No quantity is finer than this power of ten.
const NANO: i32 = -9;

/// So many digits fit a machine word.
const WORD_DIGITS: i32 = 18;

/// `mantissa * 10^exponent`
struct Amount {
    mantissa: BigInt,
    exponent: i32,
}

/// The canonical text of a quantity; `None` if the text is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return (text == "0").then(|| text.to_owned());
    }
    let (positive, digits) = match text.as_bytes().first()? {
        b'-' => (false, text.get(1..)?),
        b'+' => (true, text.get(1..)?),
        _ => (true, text),
    };
    let has_zero = digits.starts_with('0');
    let digits = digits.trim_start_matches('0');
    let (whole, rest) = split_digits(digits);
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    let (exponent, format) = interpret(suffix)?;
    let all = format!("{}{fraction}", if whole.is_empty() { "0" } else { whole });
    let length = i32::try_from(all.len()).ok()?;
    let fraction_length = i32::try_from(fraction.len()).ok()?;

    // A number that fits a word keeps its text where that looks canonical.
    let (room, scale) = match format {
        Format::BinarySi if fraction.is_empty() => (15 - length - exponent * 3 / 10 - 1, 0),
        Format::BinarySi => (-1, 0),
        _ => (WORD_DIGITS - length, exponent),
    };
    let scale = scale.checked_sub(fraction_length)?;
    let is_binary = format == Format::BinarySi;
    if room >= 0 && scale >= NANO {
        let value = all.parse::<i64>().ok()?;
        let factor = if is_binary { 1_i64.checked_shl(exponent.unsigned_abs())? } else { 1 };
        if let Some(value_in_units) = value.checked_mul(factor) {
            let keeps = match format {
                Format::BinarySi => exponent % 10 == 0 && value % 8 != 0,
                _ => scale % 3 == 0 && !all.ends_with("000") && !all.starts_with('0'),
            };
            if keeps {
                return Some(text.to_owned());
            }
            let value = if positive { value_in_units } else { -value_in_units };
            return Some(write(Amount { mantissa: value.into(), exponent: scale }, format));
        }
    }

    if whole.is_empty() && fraction.is_empty() && !has_zero {
        return None;
    }
    let mut amount =
        Amount { mantissa: BigInt::parse_bytes(all.as_bytes(), 10)?, exponent: -fraction_length };
    if is_binary {
        amount.mantissa <<= exponent.unsigned_abs();
    } else {
        amount.exponent = amount.exponent.checked_add(exponent)?;
    }
    amount.round_up();
    let mut format = format;
    if is_binary {
        let most = BigInt::from(i64::MAX);
        if amount.whole() > most {
            amount = Amount { mantissa: most, exponent: 0 };
        }
        if amount.whole() == BigInt::ZERO {
            format = Format::DecimalSi;
        }
    }
    if !positive {
        amount.mantissa = -amount.mantissa;
    }
    Some(write(amount, format))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()))
}

/// The power a suffix stands for, of two for binary ones, else of ten.
fn interpret(suffix: &str) -> Option<(i32, Format)> {
    let find =
        |table: &[(&str, i32)]| table.iter().find(|(known, _)| *known == suffix).map(|(_, power)| *power);
    if let Some(power) = find(&DECIMAL) {
        return Some((power, Format::DecimalSi));
    }
    if let Some(power) = find(&BINARY) {
        return Some((power, Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((exponent.parse::<i32>().ok()?, Format::DecimalExponent))
}

impl Amount {
    /// Rounds what is finer than a nano away from zero.
    fn round_up(&mut self) {
        let too_fine = NANO.saturating_sub(self.exponent);
        if too_fine <= 0 || self.mantissa == BigInt::ZERO {
            return;
        }
        let digits = self.mantissa.to_string().len();
        self.exponent = NANO;
        if usize::try_from(too_fine).is_ok_and(|too_fine| too_fine > digits) {
            self.mantissa = 1.into();
            return;
        }
        let unit = BigInt::from(10).pow(too_fine.unsigned_abs());
        let rest = &self.mantissa % &unit;
        self.mantissa /= unit;
        if rest != BigInt::ZERO {
            self.mantissa += 1;
        }
    }

    /// The whole part. Called for what has few digits behind or before the point only.
    fn whole(&self) -> BigInt {
        let power = BigInt::from(10).pow(self.exponent.unsigned_abs());
        if self.exponent < 0 { &self.mantissa / power } else { &self.mantissa * power }
    }

    /// Moves factors of a base from the mantissa into a count of them.
    fn strip(&mut self, base: i32) -> i32 {
        let base = BigInt::from(base);
        let mut times = 0;
        while self.mantissa != BigInt::ZERO && &self.mantissa % &base == BigInt::ZERO {
            self.mantissa /= &base;
            times += 1;
        }
        times
    }
}

fn write(mut amount: Amount, format: Format) -> String {
    if amount.mantissa == BigInt::ZERO {
        return "0".to_owned();
    }
    if format == Format::BinarySi {
        let whole = amount.whole();
        let is_small = whole > BigInt::from(-1024) && whole < BigInt::from(1024);
        let is_exact = Amount { mantissa: whole.clone(), exponent: 0 }.equals(&amount);
        if !is_small && is_exact {
            amount = Amount { mantissa: whole, exponent: 0 };
            let times = amount.strip(1024);
            let suffix =
                BINARY.iter().find(|(_, power)| *power == times * 10).map_or("", |(suffix, _)| *suffix);
            return format!("{}{suffix}", amount.mantissa);
        }
    }
    amount.exponent = amount.exponent.saturating_add(amount.strip(10));
    while amount.exponent % 3 != 0 {
        amount.mantissa *= 10;
        amount.exponent -= 1;
    }
    let Amount { mantissa, exponent } = amount;
    if format == Format::DecimalExponent {
        return if exponent == 0 { mantissa.to_string() } else { format!("{mantissa}e{exponent}") };
    }
    // A power without a suffix is left out, as in the reference.
    let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent).map_or("", |(suffix, _)| *suffix);
    format!("{mantissa}{suffix}")
}

impl Amount {
    fn equals(&self, other: &Amount) -> bool {
        let least = self.exponent.min(other.exponent);
        let scaled = |amount: &Amount| {
            &amount.mantissa * BigInt::from(10).pow(amount.exponent.saturating_sub(least).unsigned_abs())
        };
        scaled(self) == scaled(other)
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    /// Expected values are what the reference's library wrote; none where it refuses the text.
    #[test]
    fn writes_as_the_reference() {
        let cases = [
            ("0", "0"),
            ("00", "0"),
            ("1", "1"),
            ("01", "01"),
            ("+5", "+5"),
            ("-5", "-5"),
            ("-0.5", "-500m"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("1.G", "1.G"),
            (".5", "500m"),
            (".", "0"),
            ("1024Mi", "1Gi"),
            ("12Mi", "12Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.1Gi", "107374182400m"),
            ("0.0001Ki", "102400u"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("100m", "100m"),
            ("1e3", "1e3"),
            ("10e1", "100"),
            ("1E3", "1E3"),
            ("1e-3", "1e-3"),
            ("1.5e3", "1500"),
            ("1e-12", "1e-9"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("123456789012345678", "123456789012345678"),
            ("1234567890123456789", "1234567890123456789"),
            ("12345678901234567890", "12345678901234567890"),
            ("9223372036854775807Ki", "9223372036854775807"),
            ("8Ei", "9223372036854775807"),
            ("7Ei", "7Ei"),
            ("0.5Ei", "512Pi"),
            ("1000E", "1"),
            ("1e21", "1e21"),
            ("100k", "100k"),
            ("1000k", "1M"),
            ("1M", "1M"),
            ("x", ""),
            ("1x", ""),
            ("1 Gi", ""),
            ("1KiB", ""),
            ("--1", ""),
            ("-1Gi", "-1Gi"),
            ("-1500Mi", "-1500Mi"),
            ("1023Ki", "1023Ki"),
            ("1025Ki", "1025Ki"),
            ("0Gi", "0"),
            ("1.0", "1"),
            ("1.00Gi", "1Gi"),
            ("2048", "2048"),
            ("2048Ki", "2Mi"),
            ("1e+3", "1e+3"),
            ("1Ee", ""),
            ("3.000001n", "4n"),
            ("1.0000000001", "1000000001n"),
            ("128974848", "128974848"),
            ("129M", "129M"),
            ("123Mi", "123Mi"),
            ("0.5Mi", "512Ki"),
            ("1.5Ki", "1536"),
            ("0.3Ki", "307200m"),
            ("1000000000000000000000Ki", "9223372036854775807"),
            ("Pi", ""),
            ("0Pi", "0"),
            ("-.Ei", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text).unwrap_or_default(), expected, "{text}");
        }
    }
}
