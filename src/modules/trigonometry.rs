//! Sine, cosine, tangent and their inverses.
//!
//! The methods are those of Cephes (S. Moshier), by which the reference computes: see
//! [`math_functions`](super::math_functions) for why that matters.
#![allow(clippy::excessive_precision, reason = "coefficients as they were published")]

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::math_functions::{odd, polynomial};

/// From here on the argument is reduced with as many digits of pi as that takes.
const LARGE: f64 = 536_870_912.0;

/// The binary digits of 4/pi.
const FOUR_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0001,
    0x45f3_06dc_9c88_2a53,
    0xf84e_afa3_ea69_bb81,
    0xb6c5_2b32_7887_2083,
    0xfca2_c757_bd77_8ac3,
    0x6e48_dc74_849b_a5c0,
    0x0c92_5dd4_13a3_2439,
    0xfc3b_d639_6253_4e7d,
    0xd104_6bea_5d76_8909,
    0xd338_e04d_68be_fc82,
    0x7323_ac73_06a6_73e9,
    0x3908_bf17_7bf2_5076,
    0x3ff1_2fff_bc0b_301f,
    0xde5e_2316_b414_da3e,
    0xda6c_fd9e_4f96_136e,
    0x9e8c_7ecd_3cbf_d45a,
    0xea4f_758f_d7cb_e2f6,
    0x7a0e_73ef_14a5_25d4,
    0xd7f6_bf62_3f1a_ba10,
    0xac06_608d_f8f6_d757,
];

/// The octant a positive angle falls into, made even, and what is left of the angle there.
fn octant(x: f64) -> (u64, f64) {
    /// Pi/4 in three parts of few bits, so that their products are exact.
    const PARTS: [f64; 3] =
        [7.853_981_256_484_985_351_56e-1, 3.774_894_707_930_798_176_68e-8, 2.695_151_429_079_059_526_45e-15];
    if x >= LARGE {
        return large_octant(x);
    }
    let whole = (x * (4.0 / PI)) as u64;
    let whole = whole + (whole & 1);
    let y = whole as f64;
    let [a, b, c] = PARTS;
    (whole & 7, ((x - y * a) - y * b) - y * c)
}

/// Payne and Hanek's reduction: the argument times the digits of 4/pi that make a difference.
fn large_octant(x: f64) -> (u64, f64) {
    let bits = x.to_bits();
    let exponent = usize::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // The value is mantissa * 2^(exponent - 1075).
    let offset = exponent + 61 - 1075;
    let (digit, shift) = (offset / 64, offset % 64);
    let word = |index: usize| u128::from(FOUR_OVER_PI.get(index).copied().unwrap_or_default());
    let digits = |index: usize| {
        let both = word(index) << 64 | word(index + 1);
        (both << shift >> 64) as u64
    };
    let product = |digits: u64| u128::from(digits) * u128::from(mantissa);
    let sum = (product(digits(digit)) << 64)
        .wrapping_add(product(digits(digit + 1)))
        .wrapping_add(product(digits(digit + 2)) >> 64);
    let octant = (sum >> 125) as u64;
    // The fraction after the three bits of the octant, cut to the bits of a float.
    let fraction = sum << 3;
    let zeros = fraction.leading_zeros();
    let cut = (fraction << zeros >> 75) as u64;
    let z = cut as f64 * 2f64.powi(-53 - i32::try_from(zeros).unwrap_or_default());
    let (octant, z) = if octant & 1 == 1 { ((octant + 1) & 7, z - 1.0) } else { (octant, z) };
    (octant, z * FRAC_PI_4)
}

/// Sine within an octant around 0.
fn sine_series(z: f64) -> f64 {
    const SERIES: [f64; 6] = [
        1.589_623_015_765_465_680_60e-10,
        -2.505_074_776_285_780_728_66e-8,
        2.755_731_362_138_572_452_13e-6,
        -1.984_126_982_958_953_859_96e-4,
        8.333_333_333_322_118_588_78e-3,
        -1.666_666_666_666_663_072_95e-1,
    ];
    let square = z * z;
    z + z * square * polynomial(square, &SERIES)
}

/// Cosine within an octant around 0.
fn cosine_series(z: f64) -> f64 {
    const SERIES: [f64; 6] = [
        -1.135_853_652_138_768_173_00e-11,
        2.087_570_084_197_473_167_78e-9,
        -2.755_731_417_929_673_881_12e-7,
        2.480_158_728_885_170_453_48e-5,
        -1.388_888_888_887_305_641_16e-3,
        4.166_666_666_666_659_292_18e-2,
    ];
    let square = z * z;
    1.0 - 0.5 * square + square * square * polynomial(square, &SERIES)
}

pub(crate) fn sin(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::NAN;
    }
    odd(x, |x| {
        let (octant, z) = octant(x);
        let value = if matches!(octant & 3, 1 | 2) { cosine_series(z) } else { sine_series(z) };
        if octant > 3 { -value } else { value }
    })
}

pub(crate) fn cos(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let (octant, z) = octant(x.abs());
    let value = if matches!(octant & 3, 1 | 2) { sine_series(z) } else { cosine_series(z) };
    if (octant > 3) != (octant & 3 > 1) { -value } else { value }
}

pub(crate) fn tan(x: f64) -> f64 {
    const P: [f64; 3] =
        [-1.309_369_391_813_837_776_46e4, 1.153_516_648_385_874_161_40e6, -1.795_652_519_764_848_779_88e7];
    const Q: [f64; 5] = [
        1.0,
        1.368_129_634_706_929_546_78e4,
        -1.320_892_344_402_109_674_47e6,
        2.500_838_018_233_579_158_39e7,
        -5.386_957_559_294_546_298_81e7,
    ];
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return f64::NAN;
    }
    odd(x, |x| {
        let (octant, z) = octant(x);
        let square = z * z;
        let value = if square > 1e-14 {
            z + z * (square * polynomial(square, &P) / polynomial(square, &Q))
        } else {
            z
        };
        if octant & 2 == 2 { -1.0 / value } else { value }
    })
}

/// Arc tangent up to 0.66.
fn small_atan(x: f64) -> f64 {
    const P: [f64; 5] = [
        -8.750_608_600_031_904_122_785e-01,
        -1.615_753_718_733_365_076_637e+01,
        -7.500_855_792_314_704_667_340e+01,
        -1.228_866_684_490_136_173_410e+02,
        -6.485_021_904_942_025_371_773e+01,
    ];
    const Q: [f64; 6] = [
        1.0,
        2.485_846_490_142_306_297_962e+01,
        1.650_270_098_316_988_542_046e+02,
        4.328_810_604_912_902_668_951e+02,
        4.853_903_996_359_136_964_868e+02,
        1.945_506_571_482_613_964_425e+02,
    ];
    let square = x * x;
    x * (square * polynomial(square, &P) / polynomial(square, &Q)) + x
}

/// Arc tangent of a positive number.
fn positive_atan(x: f64) -> f64 {
    /// What pi/2 has beyond its float.
    const MORE: f64 = 6.123_233_995_736_765_886_130e-17;
    if x <= 0.66 {
        small_atan(x)
    } else if x > 2.414_213_562_373_095_048_80 {
        FRAC_PI_2 - small_atan(1.0 / x) + MORE
    } else {
        FRAC_PI_4 + small_atan((x - 1.0) / (x + 1.0)) + 0.5 * MORE
    }
}

pub(crate) fn atan(x: f64) -> f64 {
    if x == 0.0 { x } else { odd(x, positive_atan) }
}

pub(crate) fn asin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    if x.abs() > 1.0 || x.is_nan() {
        return f64::NAN;
    }
    odd(x, |x| {
        let other = (1.0 - x * x).sqrt();
        if x > 0.7 { FRAC_PI_2 - positive_atan(other / x) } else { positive_atan(x / other) }
    })
}

pub(crate) fn acos(x: f64) -> f64 {
    FRAC_PI_2 - asin(x)
}

pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let behind = x.is_sign_negative();
    if y == 0.0 {
        return if behind { PI } else { 0.0 }.copysign(y);
    }
    if x == 0.0 {
        return FRAC_PI_2.copysign(y);
    }
    if x.is_infinite() {
        let angle = match (behind, y.is_infinite()) {
            (false, true) => FRAC_PI_4,
            (false, false) => 0.0,
            (true, true) => 3.0 * PI / 4.0,
            (true, false) => PI,
        };
        return angle.copysign(y);
    }
    if y.is_infinite() {
        return FRAC_PI_2.copysign(y);
    }
    let quotient = atan(y / x);
    match (behind, quotient <= 0.0) {
        (false, _) => quotient,
        (true, true) => quotient + PI,
        (true, false) => quotient - PI,
    }
}
