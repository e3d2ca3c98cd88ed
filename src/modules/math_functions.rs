//! The functions of Go's `math` package whose results differ in the last bit from those of other
//! libraries.

/// `x` modulo the nearest multiple of `y`: the sign may be either.
pub(crate) fn remainder(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() || x.is_infinite() || y == 0.0 {
        return f64::NAN;
    }
    if y.is_infinite() {
        return x;
    }
    let (magnitude, y) = (x.abs(), y.abs());
    if magnitude == y {
        return if x.is_sign_negative() { -0.0 } else { 0.0 };
    }
    // First to less than twice the divisor, then exactly.
    let mut rest = if y <= f64::MAX / 2.0 { magnitude % (y + y) } else { magnitude };
    if y < f64::MIN_POSITIVE * 2.0 {
        if rest + rest > y {
            rest -= y;
            if rest + rest >= y {
                rest -= y;
            }
        }
    } else {
        let half = 0.5 * y;
        if rest > half {
            rest -= y;
            if rest >= half {
                rest -= y;
            }
        }
    }
    if x.is_sign_negative() { -rest } else { rest }
}

pub(crate) fn sin(x: f64) -> f64 {
    x.sin()
}
pub(crate) fn cos(x: f64) -> f64 {
    x.cos()
}
pub(crate) fn tan(x: f64) -> f64 {
    x.tan()
}
pub(crate) fn asin(x: f64) -> f64 {
    x.asin()
}
pub(crate) fn acos(x: f64) -> f64 {
    x.acos()
}
pub(crate) fn atan(x: f64) -> f64 {
    x.atan()
}
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    y.atan2(x)
}
pub(crate) fn sinh(x: f64) -> f64 {
    x.sinh()
}
pub(crate) fn cosh(x: f64) -> f64 {
    x.cosh()
}
pub(crate) fn tanh(x: f64) -> f64 {
    x.tanh()
}
pub(crate) fn asinh(x: f64) -> f64 {
    x.asinh()
}
pub(crate) fn acosh(x: f64) -> f64 {
    x.acosh()
}
pub(crate) fn atanh(x: f64) -> f64 {
    x.atanh()
}
pub(crate) fn exp(x: f64) -> f64 {
    x.exp()
}
pub(crate) fn log(x: f64) -> f64 {
    x.ln()
}
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}
pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    x.hypot(y)
}
pub(crate) fn gamma(x: f64) -> f64 {
    x
}
