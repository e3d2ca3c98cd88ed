//! Floating point numbers as Go writes them.

use std::fmt::Write;

/// A number of fewer digits is never halfway between two shortest forms.
const TIE_DIGITS: usize = 15;

/// The shortest decimal digits of a finite number and the place of their point: `0.ddd * 10^point`.
fn digits(value: f64) -> (String, i32) {
    // Rust's shortest form: `d.ddde-dd`.
    let mut text = format!("{:e}", value.abs());
    let count = text.find('e').unwrap_or(0).saturating_sub(1);
    if count >= TIE_DIGITS {
        // Between two shortest forms that are equally near, Go takes the even one, as rounding does.
        text = format!("{:.*e}", count - 1, value.abs());
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    if digits == "0" {
        digits.clear();
    }
    let exponent = exponent.parse::<i32>().unwrap_or(0);
    let point = if digits.is_empty() { 0 } else { exponent + 1 };
    (digits, point)
}

fn push_exponent_form(out: &mut String, digits: &str, point: i32, width: usize) {
    let (head, tail) = digits.split_at(digits.len().min(1));
    out.push_str(if head.is_empty() { "0" } else { head });
    if !tail.is_empty() {
        out.push('.');
        out.push_str(tail);
    }
    let exponent = if digits.is_empty() { 0 } else { point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string cannot fail.
    let _ = write!(out, "e{sign}{:0width$}", exponent.abs());
}

fn push_point_form(out: &mut String, digits: &str, point: i32) {
    let whole = usize::try_from(point).unwrap_or(0);
    if whole == 0 {
        out.push('0');
    }
    let (head, tail) = digits.split_at(digits.len().min(whole));
    out.push_str(head);
    out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
    if !tail.is_empty() {
        out.push('.');
        out.extend(std::iter::repeat_n('0', usize::try_from(-point).unwrap_or(0)));
        out.push_str(tail);
    }
}

/// A finite number in plain digits, however many that takes; Go's `%f` with the shortest precision.
pub(crate) fn as_decimal(value: f64) -> String {
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    let (digits, point) = digits(value);
    push_point_form(&mut out, &digits, point);
    out
}

/// Go's `%v` and `%g`, which YAML uses: exponents below -4 and above 5 are written with `e`.
pub(crate) fn push_general(out: &mut String, value: f64) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let (digits, point) = digits(value);
    if !digits.is_empty() && !(-3..=6).contains(&point) {
        push_exponent_form(out, &digits, point, 2);
    } else {
        push_point_form(out, &digits, point);
    }
}

/// A number as in Go's JSON: plain digits from 1e-6 up to 1e21, otherwise an exponent without padding.
pub(super) fn push_json(out: &mut String, value: f64) {
    if value.is_sign_negative() {
        out.push('-');
    }
    let (digits, point) = digits(value);
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        push_exponent_form(out, &digits, point, if size < 1.0 { 1 } else { 2 });
    } else {
        push_point_form(out, &digits, point);
    }
}
