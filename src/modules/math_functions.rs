//! Exponential, logarithm, powers and what follows from them.
//!
//! The last bits of such results differ from library to library, and templates show them. These are
//! the methods the reference computes by: FreeBSD's msun for the logarithms (fdlibm: argument
//! reduction to `sqrt(1/2)..sqrt(2)` and a polynomial), a Taylor series of twelve multiplications for
//! `exp`, Cephes (S. Moshier) and Hart & Cheney for the rest.
#![allow(clippy::excessive_precision, reason = "coefficients as they were published")]

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// A polynomial by Horner's rule, the coefficient of the highest power first.
pub(crate) fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().copied().reduce(|sum, coefficient| sum * x + coefficient).unwrap_or_default()
}

/// Applies an odd function that is known for positive arguments.
pub(crate) fn odd(x: f64, function: impl Fn(f64) -> f64) -> f64 {
    if x < 0.0 { -function(-x) } else { function(x) }
}

/// `x` as a fraction from 1/2 up to 1 and a power of two.
fn split_exponent(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, shift) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(52), -52) } else { (x, 0) };
    let bits = x.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or_default() - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent + shift)
}

/// `fraction * 2^exponent`, in steps that do not leave the range before the result does.
fn join_exponent(fraction: f64, exponent: i32) -> f64 {
    let (fraction, own) = split_exponent(fraction);
    let exponent = exponent.saturating_add(own);
    if exponent < -1074 {
        return 0f64.copysign(fraction);
    }
    if exponent > 1024 {
        return f64::INFINITY.copysign(fraction);
    }
    if exponent < -1021 {
        return fraction * 2f64.powi(exponent + 53) * 2f64.powi(-53);
    }
    fraction * 2.0 * 2f64.powi(exponent - 1)
}

pub(crate) fn exp(x: f64) -> f64 {
    const LN2_UPPER: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LN2_LOWER: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    const SERIES: [f64; 8] =
        [1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
    if x.is_nan() {
        return x;
    }
    if x > 7.097_827_128_933_84e2 {
        return f64::INFINITY;
    }
    if x < -800.0 {
        return 0.0;
    }
    let power = (x * LOG2_E).round_ties_even();
    let rest = power.mul_add(-LN2_LOWER, power.mul_add(-LN2_UPPER, x)) * 0.0625;
    let sum = SERIES.iter().copied().reduce(|sum, term| sum.mul_add(rest, term)).unwrap_or_default();
    // exp - 1 of a sixteenth, squared up four times: (1 + y)^2 - 1 = y * (y + 2).
    let mut y = sum * rest;
    for _ in 0..3 {
        y *= y + 2.0;
    }
    let result = y.mul_add(y + 2.0, 1.0);
    join_exponent(result, power as i32)
}

const LN2_HIGH: f64 = 6.931_471_803_691_238_164_90e-01;
const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
/// fdlibm's polynomial for the logarithm of `(1 + s) / (1 - s)`, lowest power first.
const LOG_SERIES: [f64; 7] = [
    6.666_666_666_666_735_130e-01,
    3.999_999_999_940_941_908e-01,
    2.857_142_874_366_239_149e-01,
    2.222_219_843_214_978_396e-01,
    1.818_357_216_161_805_012e-01,
    1.531_383_769_920_937_332e-01,
    1.479_819_860_511_658_591e-01,
];

pub(crate) fn log(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    let (mut fraction, mut power) = split_exponent(x);
    if fraction < SQRT_2 / 2.0 {
        fraction *= 2.0;
        power -= 1;
    }
    let (f, k) = (fraction - 1.0, f64::from(power));
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let [l1, l2, l3, l4, l5, l6, l7] = LOG_SERIES;
    let rest = s2 * polynomial(s4, &[l7, l5, l3, l1]) + s4 * polynomial(s4, &[l6, l4, l2]);
    let half_square = 0.5 * f * f;
    k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f)
}

/// The logarithm of `1 + x`, exact also near 0.
pub(crate) fn log1p(x: f64) -> f64 {
    if x < -1.0 || x.is_nan() {
        return f64::NAN;
    }
    if x == -1.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let magnitude = x.abs();
    if magnitude < 2f64.powi(-54) {
        return x;
    }
    if magnitude < 2f64.powi(-29) {
        return x - x * x * 0.5;
    }
    // 1 + x as 2^k * (1 + f), and what rounding 1 + x lost.
    let (mut f, mut k, mut lost, mut tiny) = (x, 0, 0.0, false);
    if magnitude >= SQRT_2 - 1.0 || x <= SQRT_2 / 2.0 - 1.0 {
        let u = if magnitude < 2f64.powi(53) { 1.0 + x } else { x };
        let bits = u.to_bits();
        k = i32::try_from(bits >> 52).unwrap_or_default() - 1023;
        if magnitude < 2f64.powi(53) {
            lost = if k > 0 { 1.0 - (u - x) } else { x - (u - 1.0) } / u;
        }
        let mantissa = bits & 0x000f_ffff_ffff_ffff;
        let scaled = if mantissa < 0x0006_a09e_667f_3bcd {
            tiny = mantissa == 0;
            mantissa | 0x3ff0_0000_0000_0000
        } else {
            k += 1;
            tiny = (0x0010_0000_0000_0000 - mantissa) >> 2 == 0;
            mantissa | 0x3fe0_0000_0000_0000
        };
        f = f64::from_bits(scaled) - 1.0;
    }
    let k = f64::from(k);
    let half_square = 0.5 * f * f;
    if tiny {
        if f == 0.0 {
            return if k == 0.0 { 0.0 } else { k * LN2_HIGH + (lost + k * LN2_LOW) };
        }
        let rest = half_square * (1.0 - 2.0 / 3.0 * f);
        return if k == 0.0 { f - rest } else { k * LN2_HIGH - ((rest - (k * LN2_LOW + lost)) - f) };
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let [p1, p2, p3, p4, p5, p6, p7] = LOG_SERIES;
    let rest = z * polynomial(z, &[p7, p6, p5, p4, p3, p2, p1]);
    if k == 0.0 {
        return f - (half_square - s * (half_square + rest));
    }
    k * LN2_HIGH - ((half_square - (s * (half_square + rest) + (k * LN2_LOW + lost))) - f)
}

fn is_odd(x: f64) -> bool {
    x.fract() == 0.0 && x.abs() < 2f64.powi(63) && (x as i64) & 1 == 1
}

/// Powers where one of the numbers is 0, infinite, or 1.
fn special_power(x: f64, y: f64) -> Option<f64> {
    let grows = (x.abs() < 1.0) == (y < 0.0);
    if y == 0.0 || x == 1.0 {
        Some(1.0)
    } else if y == 1.0 {
        Some(x)
    } else if x.is_nan() || y.is_nan() {
        Some(f64::NAN)
    } else if x == 0.0 {
        let size = if y < 0.0 { f64::INFINITY } else { 0.0 };
        Some(if is_odd(y) { size.copysign(x) } else { size })
    } else if y.is_infinite() {
        Some(if x == -1.0 {
            1.0
        } else if grows {
            f64::INFINITY
        } else {
            0.0
        })
    } else if x == f64::NEG_INFINITY {
        Some(pow(1.0 / x, -y))
    } else if x == f64::INFINITY {
        Some(if y < 0.0 { 0.0 } else { f64::INFINITY })
    } else if y == 0.5 {
        Some(x.sqrt())
    } else if y == -0.5 {
        Some(1.0 / x.sqrt())
    } else {
        None
    }
}

/// `x` to the power of `y`: the fraction of `y` by logarithm, the whole by repeated squaring.
pub(crate) fn pow(x: f64, y: f64) -> f64 {
    if let Some(result) = special_power(x, y) {
        return result;
    }
    let (mut whole, mut fraction) = (y.abs().trunc(), y.abs().fract());
    if fraction != 0.0 && x < 0.0 {
        return f64::NAN;
    }
    if whole >= 2f64.powi(63) {
        return match x {
            -1.0 => 1.0,
            _ if (x.abs() < 1.0) == (y > 0.0) => 0.0,
            _ => f64::INFINITY,
        };
    }
    let (mut result, mut exponent) = (1.0, 0i32);
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            whole += 1.0;
        }
        result = exp(fraction * log(x));
    }
    let (mut base, mut base_exponent) = split_exponent(x);
    let mut bits = whole as i64;
    while bits != 0 {
        if base_exponent.abs() > 1 << 12 {
            // Already beyond the range of floats, either way.
            exponent = exponent.saturating_add(base_exponent);
            break;
        }
        if bits & 1 == 1 {
            result *= base;
            exponent += base_exponent;
        }
        base *= base;
        base_exponent *= 2;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        result = 1.0 / result;
        exponent = -exponent;
    }
    join_exponent(result, exponent)
}

pub(crate) fn sinh(x: f64) -> f64 {
    const P: [f64; 4] = [
        -0.263_056_321_339_749_706_281_948_9e+2,
        -0.289_421_135_598_956_380_728_466_036_6e+4,
        -0.899_127_202_203_950_935_539_801_351_1e+5,
        -0.630_767_364_049_771_699_118_478_725_1e+6,
    ];
    const Q: [f64; 4] = [
        1.0,
        -0.173_678_953_558_233_699_533_450_911e+3,
        0.152_151_737_879_001_907_069_648_517_6e+5,
        -0.630_767_364_049_771_699_121_207_727_7e+6,
    ];
    odd(x, |x| {
        if x > 21.0 {
            exp(x) * 0.5
        } else if x > 0.5 {
            let e = exp(x);
            (e - 1.0 / e) * 0.5
        } else {
            let square = x * x;
            polynomial(square, &P) * x / polynomial(square, &Q)
        }
    })
}

pub(crate) fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    if x.abs() > 21.0 { e * 0.5 } else { (e + 1.0 / e) * 0.5 }
}

pub(crate) fn tanh(x: f64) -> f64 {
    const P: [f64; 3] =
        [-9.643_991_794_250_522_386_28e-1, -9.928_772_310_019_185_865_64e1, -1.614_687_684_417_084_479_52e3];
    const Q: [f64; 4] =
        [1.0, 1.128_116_784_916_329_314_02e2, 2.235_488_390_601_004_485_83e3, 4.844_063_053_251_254_860_48e3];
    let size = x.abs();
    if size > 44.014_845_965_556_527_147_994 {
        1f64.copysign(x)
    } else if size >= 0.625 {
        (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(x)
    } else if x == 0.0 {
        x
    } else {
        let s = x * x;
        x + x * s * polynomial(s, &P) / polynomial(s, &Q)
    }
}

pub(crate) fn asinh(x: f64) -> f64 {
    if !x.is_finite() {
        return x;
    }
    odd(x, |x| {
        if x > 2f64.powi(28) {
            log(x) + LN_2
        } else if x > 2.0 {
            log(2.0 * x + 1.0 / ((x * x + 1.0).sqrt() + x))
        } else if x < 2f64.powi(-28) {
            x
        } else {
            log1p(x + x * x / (1.0 + (1.0 + x * x).sqrt()))
        }
    })
}

pub(crate) fn acosh(x: f64) -> f64 {
    if x < 1.0 || x.is_nan() {
        f64::NAN
    } else if x == 1.0 {
        0.0
    } else if x >= 2f64.powi(28) {
        log(x) + LN_2
    } else if x > 2.0 {
        log(2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt()))
    } else {
        let t = x - 1.0;
        log1p(t + (2.0 * t + t * t).sqrt())
    }
}

pub(crate) fn atanh(x: f64) -> f64 {
    if x.abs() > 1.0 || x.is_nan() {
        return f64::NAN;
    }
    if x.abs() == 1.0 {
        return f64::INFINITY.copysign(x);
    }
    odd(x, |x| {
        if x < 2f64.powi(-28) {
            x
        } else if x < 0.5 {
            let twice = x + x;
            0.5 * log1p(twice + twice * x / (1.0 - x))
        } else {
            0.5 * log1p((x + x) / (1.0 - x))
        }
    })
}

pub(crate) fn hypot(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (longer, shorter) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if longer == 0.0 {
        return 0.0;
    }
    let ratio = shorter / longer;
    longer * (ratio * ratio + 1.0).sqrt()
}

/// What remains after the nearest multiple of `y`: the sign may be either.
pub(crate) fn remainder(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() || x.is_infinite() || y == 0.0 {
        return f64::NAN;
    }
    if y.is_infinite() {
        return x;
    }
    let (size, y) = (x.abs(), y.abs());
    let sign = 1f64.copysign(x);
    if size == y {
        return 0f64.copysign(x);
    }
    let mut rest = if y <= f64::MAX / 2.0 { size % (y + y) } else { size };
    // Whether more than half a divisor is left, without a rounding of the half.
    let beyond_half = |rest: f64| if y < f64::MIN_POSITIVE * 2.0 { rest + rest - y } else { rest - 0.5 * y };
    if beyond_half(rest) > 0.0 {
        rest -= y;
        if beyond_half(rest) >= 0.0 {
            rest -= y;
        }
    }
    rest * sign
}

/// Stirling's formula, in two factors because their product may be beyond the range.
fn stirling(x: f64) -> (f64, f64) {
    const S: [f64; 5] = [
        7.873_113_957_930_936_283_97e-04,
        -2.295_499_616_133_781_263_80e-04,
        -2.681_326_178_057_812_328_25e-03,
        3.472_222_216_054_586_673_10e-03,
        8.333_333_333_334_822_571_26e-02,
    ];
    const SQRT_TWO_PI: f64 = 2.506_628_274_631_000_502_417;
    if x > 200.0 {
        return (f64::INFINITY, 1.0);
    }
    let w = 1.0 / x;
    let w = 1.0 + w * polynomial(w, &S);
    let e = exp(x);
    let (first, second) = if x > 143.01608 {
        let v = pow(x, 0.5 * x - 0.25);
        (v, v / e)
    } else {
        (pow(x, x - 0.5) / e, 1.0)
    };
    (first, SQRT_TWO_PI * w * second)
}

/// The gamma function: Stirling's formula beyond 33, else a quotient of polynomials between 2 and 3.
pub(crate) fn gamma(mut x: f64) -> f64 {
    const P: [f64; 7] = [
        1.601_195_224_767_518_614_07e-04,
        1.191_351_470_065_863_849_13e-03,
        1.042_137_975_617_615_699_35e-02,
        4.763_678_004_571_372_314_64e-02,
        2.074_482_276_484_359_751_50e-01,
        4.942_148_268_014_971_007_53e-01,
        9.999_999_999_999_999_967_96e-01,
    ];
    const Q: [f64; 8] = [
        -2.315_818_733_241_201_298_19e-05,
        5.396_055_804_933_033_978_42e-04,
        -4.456_419_138_517_972_404_94e-03,
        1.181_397_852_220_604_355_52e-02,
        3.582_363_986_054_986_533_73e-02,
        -2.345_917_957_182_433_485_68e-01,
        7.143_049_170_302_730_740_85e-02,
        1.0,
    ];
    const EULER: f64 = 0.577_215_664_901_532_860_606_512_090_082_402_431;
    if x.is_nan() || x == f64::NEG_INFINITY || x < 0.0 && x.fract() == 0.0 {
        return f64::NAN;
    }
    if x == f64::INFINITY {
        return x;
    }
    if x == 0.0 {
        return f64::INFINITY.copysign(x);
    }
    if x.abs() > 33.0 {
        return large_gamma(x);
    }
    let near_pole = |z: f64, x: f64| if x == 0.0 { f64::INFINITY } else { z / ((1.0 + EULER * x) * x) };
    let mut z = 1.0;
    while x >= 3.0 {
        x -= 1.0;
        z *= x;
    }
    while x < 0.0 {
        if x > -1e-09 {
            return near_pole(z, x);
        }
        z /= x;
        x += 1.0;
    }
    while x < 2.0 {
        if x < 1e-09 {
            return near_pole(z, x);
        }
        z /= x;
        x += 1.0;
    }
    if x == 2.0 {
        return z;
    }
    x -= 2.0;
    z * polynomial(x, &P) / polynomial(x, &Q)
}

fn large_gamma(x: f64) -> f64 {
    if x > 0.0 {
        let (first, second) = stirling(x);
        return first * second;
    }
    let q = x.abs();
    let mut p = q.floor();
    let sign = if p % 2.0 == 0.0 { -1.0 } else { 1.0 };
    if q - p > 0.5 {
        p += 1.0;
    }
    let z = (q * super::trigonometry::sin(std::f64::consts::PI * (q - p))).abs();
    if z == 0.0 {
        return f64::INFINITY * sign;
    }
    let (first, second) = stirling(q);
    let divisor = z * first * second;
    let pi = std::f64::consts::PI;
    sign * if divisor.is_infinite() { pi / z / first / second } else { pi / divisor }
}
