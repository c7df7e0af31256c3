//! Branch-free functions computed from series: compilers can vectorize them, unlike the functions
//! of the system's math library.
//!
//! Numbers are reduced to a short interval where few terms suffice (Cody & Waite 1980; the
//! logarithm as in fdlibm). Everything is computed in double precision; results in single precision
//! need fewer terms.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, LOG2_E, LOG10_E, PI};

use crate::video::{DType, Real};

/// Adding it rounds to a whole number, which is then in the last bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// Only exponent bits are set: a smaller whole number can be added to its bits.
const WHOLE: f64 = 4_503_599_627_370_496.0;

const BIAS: f64 = 1023.0;
const MANTISSA: u32 = 52;

/// Logarithm of 2 in two parts; whole multiples of the first are exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// π/2 in two parts, like [`LN_2`].
const QUARTER: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];

/// Largest angle for which multiples of [`QUARTER`] are exact.
const MAX_ANGLE: f64 = 1e6;

/// Tangent of π/8.
const TAN_PI_8: f64 = 0.414_213_562_373_095_03;

/// 1, 1/1!, 1/2!, …
const EXP: [f64; 15] = {
    let mut terms = [1.0; 15];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = terms[n - 1] / n as f64;
        n += 1;
    }
    terms
};

/// 2/3, 2/5, 2/7, …
const LN: [f64; 11] = {
    let mut terms = [0.0; 11];
    let mut n = 0;
    while n < terms.len() {
        terms[n] = 2.0 / (2 * n + 3) as f64;
        n += 1;
    }
    terms
};

/// 1, -1/3, 1/5, …
const ATAN: [f64; 11] = {
    let mut terms = [0.0; 11];
    let mut n = 0;
    while n < terms.len() {
        let sign = if n % 2 == 0 { 1.0 } else { -1.0 };
        terms[n] = sign / (2 * n + 1) as f64;
        n += 1;
    }
    terms
};

/// 1, -1/3!, 1/5!, … of the sine, or 1, -1/2!, 1/4!, … of the cosine.
const fn circular(first: usize) -> [f64; 7] {
    let mut terms = [1.0; 7];
    let mut n = 1;
    while n < terms.len() {
        let k = 2 * n + first;
        terms[n] = -terms[n - 1] / (k * (k - 1)) as f64;
        n += 1;
    }
    terms
}

const SIN: [f64; 7] = circular(1);
const COS: [f64; 7] = circular(0);

#[inline(always)]
fn polynomial(x: f64, terms: &[f64]) -> f64 {
    terms.iter().rev().fold(0.0, |sum, term| sum * x + term)
}

#[inline(always)]
fn in_precision<R: Real>(single: f64, double: impl Fn() -> f64) -> R {
    match R::DTYPE {
        DType::F64 => R::from_f64(double()),
        _ => R::from_f64(single),
    }
}

/// Exponential function.
#[inline(always)]
pub(super) fn exp<R: Real>(x: R) -> R {
    let x = x.to_f64();
    in_precision(exp_of(x, &EXP[..9]), || exp_of(x, &EXP))
}

#[inline(always)]
fn exp_of(x: f64, terms: &[f64]) -> f64 {
    let x = x.clamp(-746.0, 710.0);
    let n = x * LOG2_E + SHIFT - SHIFT;
    let rest = (x - n * LN_2[0]) - n * LN_2[1];
    // In two steps: a single power of 2 would overflow or underflow for the extreme exponents.
    let half = n * 0.5 + SHIFT - SHIFT;
    polynomial(rest, terms) * power_of_2(half) * power_of_2(n - half)
}

#[inline(always)]
fn power_of_2(n: f64) -> f64 {
    f64::from_bits((n + (BIAS + WHOLE)).to_bits() << MANTISSA)
}

/// Natural logarithm; NaN below 0.
#[inline(always)]
pub(super) fn ln<R: Real>(x: R) -> R {
    let x = x.to_f64();
    in_precision(ln_of(x, &LN[..6]), || ln_of(x, &LN))
}

/// Base-10 logarithm, for single precision.
#[inline(always)]
pub(super) fn log10<R: Real>(x: R) -> R {
    R::from_f64(ln_of(x.to_f64(), &LN[..6]) * LOG10_E)
}

#[inline(always)]
fn ln_of(x: f64, terms: &[f64]) -> f64 {
    const SQRT_HALF: u64 = FRAC_1_SQRT_2.to_bits();
    const TINY: f64 = 54.0;
    let is_tiny = x < f64::MIN_POSITIVE;
    let (scaled, less) = if is_tiny {
        (x * (1u64 << 54) as f64, TINY)
    } else {
        (x, 0.0)
    };
    // x = 2ⁿ·(1 + f), with 1 + f between √½ and √2.
    let from_root = scaled.to_bits().wrapping_sub(SQRT_HALF);
    let biased = from_root.wrapping_add((BIAS as u64) << MANTISSA) >> MANTISSA;
    let exponent = f64::from_bits(biased | WHOLE.to_bits()) - (WHOLE + BIAS) - less;
    let f = f64::from_bits((from_root & ((1 << MANTISSA) - 1)) + SQRT_HALF) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let square = 0.5 * f * f;
    let rest = s * (square + z * polynomial(z, terms)) + exponent * LN_2[1];
    let ln = exponent * LN_2[0] - ((square - rest) - f);
    let ln = if x == f64::INFINITY { x } else { ln };
    let ln = if x == 0.0 { f64::NEG_INFINITY } else { ln };
    if x >= 0.0 { ln } else { f64::NAN }
}

/// Whether [`sin`] and [`cos`] are accurate for the angle.
#[inline(always)]
pub(super) fn is_turned_little<R: Real>(x: R) -> bool {
    let x = x.to_f64();
    (x.abs() <= MAX_ANGLE) | x.is_nan()
}

/// Sine of an angle in radians, for single precision.
#[inline(always)]
pub(super) fn sin<R: Real>(x: R) -> R {
    R::from_f64(turned(x.to_f64(), 0))
}

/// Cosine of an angle in radians, for single precision.
#[inline(always)]
pub(super) fn cos<R: Real>(x: R) -> R {
    R::from_f64(turned(x.to_f64(), 1))
}

/// Sine of an angle plus a number of quarter turns.
#[inline(always)]
fn turned(x: f64, quarters: u64) -> f64 {
    let shifted = x * FRAC_2_PI + SHIFT;
    let n = shifted - SHIFT;
    let rest = (x - n * QUARTER[0]) - n * QUARTER[1];
    let quarter = shifted.to_bits().wrapping_add(quarters);
    let square = rest * rest;
    let (sin, cos) = (rest * polynomial(square, &SIN), polynomial(square, &COS));
    let value = if quarter & 1 == 0 { sin } else { cos };
    f64::from_bits(value.to_bits() ^ (quarter & 2) << 62)
}

/// Whether [`atan2`] is valid: not for points at infinity.
#[inline(always)]
pub(super) fn is_point<R: Real>(y: R, x: R) -> bool {
    !x.is_infinite() & !y.is_infinite()
}

/// Angle of the point (x, y), for single precision.
#[inline(always)]
pub(super) fn atan2<R: Real>(y: R, x: R) -> R {
    let (y, x) = (y.to_f64(), x.to_f64());
    let (down, along) = (y.abs(), x.abs());
    let is_steep = down > along;
    let (short, long) = if is_steep {
        (along, down)
    } else {
        (down, along)
    };
    // Angles above π/8 are reduced by π/4.
    let is_wide = short > TAN_PI_8 * long;
    let (short, long) = if is_wide {
        (short - long, short + long)
    } else {
        (short, long)
    };
    let slope = if down + along == 0.0 {
        0.0
    } else {
        short / long
    };
    let angle = slope * polynomial(slope * slope, &ATAN);
    let angle = if is_wide { angle + FRAC_PI_4 } else { angle };
    let angle = if is_steep { FRAC_PI_2 - angle } else { angle };
    let angle = if x.is_sign_negative() {
        PI - angle
    } else {
        angle
    };
    R::from_f64(angle.copysign(y))
}

/// Whether [`pow`] is valid for the operands.
#[inline(always)]
pub(super) fn is_plain_power<R: Real>(x: R, y: R) -> bool {
    !x.is_infinite() & y.is_finite()
}

/// Power of a number, for single precision.
#[inline(always)]
pub(super) fn pow<R: Real>(x: R, y: R) -> R {
    let (x, y) = (x.to_f64(), y.to_f64());
    let power = exp_of(y * ln_of(x.abs(), &LN[..6]), &EXP[..9]);
    let (is_whole, is_even) = (y.floor() == y, (y * 0.5).floor() == y * 0.5);
    let is_negated = x.is_sign_negative() & is_whole & !is_even;
    let power = if is_negated { -power } else { power };
    let power = if (x < 0.0) & !is_whole {
        f64::NAN
    } else {
        power
    };
    R::from_f64(if y == 0.0 { 1.0 } else { power })
}

/// Whether [`remainder`] is valid for the operands.
#[inline(always)]
pub(super) fn is_plain_remainder<R: Real>(a: R, b: R) -> bool {
    // Whole multiples of numbers with 24 bits are exact.
    const MAX_QUOTIENT: f64 = (1u64 << 29) as f64;
    let quotient = a.to_f64() / b.to_f64();
    ((quotient.abs() < MAX_QUOTIENT) | quotient.is_nan()) & !b.to_f64().is_infinite()
}

/// Remainder of floor division, for single precision.
#[inline(always)]
pub(super) fn remainder<R: Real>(a: R, b: R) -> R {
    let (a, b) = (a.to_f64(), b.to_f64());
    let rest = a - (a / b).floor() * b;
    // A quotient just below a whole number can be rounded up to it.
    let is_too_low = (rest < 0.0) != (b < 0.0) && rest != 0.0;
    R::from_f64(if is_too_low { rest + b } else { rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of every magnitude and sign.
    fn numbers() -> impl Iterator<Item = f64> {
        let edges = [
            0.0,
            -0.0,
            1.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            5e-324,
            1e-310,
        ];
        let sizes = (-40..40)
            .flat_map(|e| (0..50).map(move |i| 10f64.powi(e) * (1.0 + 0.18 * f64::from(i))));
        let near = (0..20_000).map(|i| f64::from(i) * 0.011 - 110.0);
        edges
            .into_iter()
            .chain(sizes.flat_map(|x| [x, -x]))
            .chain(near)
    }

    /// Distance between two numbers in units of the last place (ULP) of a precision.
    fn apart<R: Real>(number: f64, exact: f64) -> f64 {
        if number == exact || number.is_nan() && exact.is_nan() {
            return 0.0;
        }
        let least = R::min_positive_value().to_f64();
        (number - exact).abs() / (exact.abs().max(least) * R::epsilon().to_f64())
    }

    #[test]
    fn double_precision_is_exact_to_the_last_digit() {
        // MinGW's own `exp` is not correctly rounded.
        let most = if cfg!(windows) { 2.0 } else { 1.0 };
        for x in numbers() {
            assert!(apart::<f64>(exp(x), x.exp()) <= most, "exp {x}: {}", exp(x));
            assert!(apart::<f64>(ln(x), x.ln()) <= 1.0, "ln {x}: {}", ln(x));
        }
    }

    #[test]
    fn single_precision_is_that_of_rounding() {
        let check = |name: &str, x: f32, ours: f32, exact: f64| {
            let is_beyond = exact.abs() > f64::from(f32::MAX) && ours == exact as f32;
            let is_close = is_beyond || apart::<f32>(ours.into(), exact) <= 0.501;
            assert!(is_close, "{name} {x}: {ours} {exact}");
        };
        for x in numbers().map(|x| x as f32) {
            let double = f64::from(x);
            check("exp", x, exp(x), double.exp());
            check("ln", x, ln(x), double.ln());
            check("log10", x, log10(x), double.log10());
            if is_turned_little(x) {
                check("sin", x, sin(x), double.sin());
                check("cos", x, cos(x), double.cos());
            }
            for y in [
                0.0, -0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -2.5, 7.3, 1e-3f32, 100.0,
            ] {
                if is_point(x, y) {
                    check("atan2", x, atan2(x, y), double.atan2(y.into()));
                    check("atan2", y, atan2(y, x), f64::from(y).atan2(double));
                }
                if is_plain_power(x, y) {
                    check("pow", x, pow(x, y).abs(), double.powf(y.into()).abs());
                }
                if is_plain_power(y, x) {
                    check("pow", y, pow(y, x), f64::from(y).powf(double));
                }
                if is_plain_remainder(x, y) {
                    let rest =
                        crate::ops::array::elementwise::formula::remainder(double, f64::from(y));
                    check("remainder", x, remainder(x, y), rest);
                }
            }
        }
    }
}
