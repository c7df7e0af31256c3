//! Elementwise formulas and the loops that apply them.

use super::series;
use crate::ops::kernel::Kernel;
use crate::video::{Element, Real};

/// Formula of two samples.
pub(super) trait Formula<T: Element, U>: Sync {
    /// Result for two samples for which the fast path is valid.
    fn at(&self, a: T, b: T) -> U;

    /// Whether [`Self::at`] is valid for two samples.
    #[inline(always)]
    fn is_quick(&self, _: T, _: T) -> bool {
        true
    }

    /// Result for any two samples.
    #[inline(always)]
    fn slowly(&self, a: T, b: T) -> U {
        self.at(a, b)
    }
}

impl<T: Element, U, F: Fn(T, T) -> U + Sync> Formula<T, U> for F {
    #[inline(always)]
    fn at(&self, a: T, b: T) -> U {
        self(a, b)
    }
}

/// Defines formulas with a vectorizable expression, the condition under which it is valid, and a
/// slow fallback. They are types of their own since only methods are sure to be inlined into the
/// loop, and so compiled for this processor.
macro_rules! formulas {
    ($($name:ident($a:ident, $b:ident): $at:expr $(, if $is_quick:expr, else $slowly:expr)?;)*) => {
        $(pub(super) struct $name;

        impl<R: Real> Formula<R, R> for $name {
            #[inline(always)]
            fn at(&self, $a: R, $b: R) -> R {
                $at
            }

            $(#[inline(always)]
            fn is_quick(&self, $a: R, $b: R) -> bool {
                $is_quick
            }

            #[inline(always)]
            fn slowly(&self, $a: R, $b: R) -> R {
                $slowly
            })?
        })*
    };
}

formulas! {
    Exp(x, _y): series::exp(x);
    Ln(x, _y): series::ln(x);
    Log10(x, _y): series::log10(x);
    Sin(x, _y): series::sin(x), if series::is_turned_little(x), else x.sin();
    Cos(x, _y): series::cos(x), if series::is_turned_little(x), else x.cos();
    Power(x, y): series::pow(x, y), if series::is_plain_power(x, y), else x.powf(y);
    Angle(y, x): series::atan2(y, x), if series::is_point(y, x), else y.atan2(x);
    Rest(a, b): series::remainder(a, b), if series::is_plain_remainder(a, b), else remainder(a, b);
}

/// Formula with exchanged operands.
pub(super) struct Swapped<F>(pub(super) F);

impl<T: Element, U, F: Formula<T, U>> Formula<T, U> for Swapped<F> {
    #[inline(always)]
    fn at(&self, a: T, b: T) -> U {
        self.0.at(b, a)
    }

    #[inline(always)]
    fn is_quick(&self, a: T, b: T) -> bool {
        self.0.is_quick(b, a)
    }

    #[inline(always)]
    fn slowly(&self, a: T, b: T) -> U {
        self.0.slowly(b, a)
    }
}

/// Applies a formula to all samples of some runs.
pub(super) struct Loop<F>(pub(super) F);

impl<T: Element, F: Formula<T, T>> Kernel<&mut [T]> for Loop<F> {
    /// Changes samples; the second operand is not used.
    #[inline(always)]
    fn run(&self, samples: &mut [T]) {
        let (Self(f), nothing) = (self, T::default());
        let mut is_quick = true;
        for a in samples.iter() {
            is_quick &= f.is_quick(*a, nothing);
        }
        for a in samples {
            *a = if is_quick {
                f.at(*a, nothing)
            } else {
                f.slowly(*a, nothing)
            };
        }
    }
}

impl<T: Element, F: Formula<T, T>> Kernel<(&mut [T], &[T])> for Loop<F> {
    /// Changes the first operand.
    #[inline(always)]
    fn run(&self, (out, b): (&mut [T], &[T])) {
        let (Self(f), mut is_quick) = (self, true);
        for (a, b) in out.iter().zip(b) {
            is_quick &= f.is_quick(*a, *b);
        }
        for (a, b) in out.iter_mut().zip(b) {
            *a = if is_quick {
                f.at(*a, *b)
            } else {
                f.slowly(*a, *b)
            };
        }
    }
}

impl<T: Element, U, F: Formula<T, U>> Kernel<(&mut [U], &[T], &[T])> for Loop<F> {
    /// Computes results from two operands.
    #[inline(always)]
    fn run(&self, (out, a, b): (&mut [U], &[T], &[T])) {
        let (Self(f), mut is_quick) = (self, true);
        for (a, b) in a.iter().zip(b) {
            is_quick &= f.is_quick(*a, *b);
        }
        for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
            *out = if is_quick {
                f.at(*a, *b)
            } else {
                f.slowly(*a, *b)
            };
        }
    }
}

/// As in NumPy and Python: has the sign of the divisor.
pub(super) fn remainder<R: Real>(a: R, b: R) -> R {
    let remainder = a % b;
    if remainder != R::zero() && (remainder < R::zero()) != (b < R::zero()) {
        remainder + b
    } else {
        remainder
    }
}
