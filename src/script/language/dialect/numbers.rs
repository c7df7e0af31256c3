//! Operators and functions of numbers: NumPy's rules, as for the samples of videos.
//!
//! `/` is true division, `%` has the sign of the divisor, numbers compare exactly, `round` takes
//! ties to even, `log` is natural. Operations that Rhai would evaluate to a meaningless result are
//! errors.

use rhai::{Blob, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, NativeCallContext};

use super::Exact;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::array::elementwise::{Arithmetic, Comparison, UnaryFunction};
use crate::script::call::operators::CHAIN;
use crate::script::call::register::or_raise;
use crate::script::call::value::describe;

type Raised<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Registers all of them.
pub(super) fn register(engine: &mut Engine) {
    register_division(engine);
    register_exclusive_or(engine);
    for (name, comparison) in Comparison::CHOICES {
        register_comparison(engine, name, *comparison);
    }
    register_functions(engine);
}

fn register_division(engine: &mut Engine) {
    engine
        .register_fn("/", |a: INT, b: INT| a as FLOAT / b as FLOAT)
        .register_fn("/", |a: INT, b: FLOAT| a as FLOAT / b)
        .register_fn("/", |a: FLOAT, b: INT| a / b as FLOAT)
        .register_fn("/", |a: FLOAT, b: FLOAT| a / b)
        .register_fn("/", |a: INT, b: Exact| a as FLOAT / b.0 as FLOAT)
        .register_fn("/", |a: FLOAT, b: Exact| a / b.0 as FLOAT);
    engine
        .register_fn("%", |native: NativeCallContext, a: INT, b: INT| {
            or_raise(remainder(a, b), &native)
        })
        .register_fn("%", |native: NativeCallContext, a: INT, b: Exact| {
            or_raise(remainder(a, b.0), &native)
        })
        .register_fn("%", |a: INT, b: FLOAT| {
            Arithmetic::Remainder.at(a as FLOAT, b)
        })
        .register_fn("%", |a: FLOAT, b: INT| {
            Arithmetic::Remainder.at(a, b as FLOAT)
        })
        .register_fn("%", |a: FLOAT, b: Exact| {
            Arithmetic::Remainder.at(a, b.0 as FLOAT)
        })
        .register_fn("%", |a: FLOAT, b: FLOAT| Arithmetic::Remainder.at(a, b));
}

/// Remainder of ints with the sign of the divisor.
fn remainder(a: INT, b: INT) -> Result<INT> {
    match b {
        0 => Err(Error::new(format!("{a} % 0 is undefined"))),
        _ => {
            let remainder = a.wrapping_rem(b);
            let is_other_side = remainder != 0 && (remainder < 0) != (b < 0);
            Ok(remainder + if is_other_side { b } else { 0 })
        }
    }
}

/// Registers `^`, exclusive or of bools and masks; between numbers it is an error, as users mean a
/// power.
fn register_exclusive_or(engine: &mut Engine) {
    engine
        .register_fn("^", |a: bool, b: bool| a ^ b)
        .register_fn(
            "^",
            |native: NativeCallContext, a: Dynamic, b: Dynamic| -> Raised<Dynamic> {
                let error = Error::new(format!(
                    "`^` combines bools and masks, got {} and {}",
                    describe(&a),
                    describe(&without_wrapper(b))
                ));
                or_raise(Err(error.hint("write a power as `x ** y`")), &native)
            },
        );
}

fn without_wrapper(value: Dynamic) -> Dynamic {
    let exact = value.read_lock::<Exact>().map(|exact| exact.0);
    exact.map_or(value, Dynamic::from_int)
}

fn register_comparison(engine: &mut Engine, name: &str, comparison: Comparison) {
    engine
        .register_fn(name, move |a: INT, b: INT| comparison.holds(&a, &b))
        .register_fn(name, move |a: FLOAT, b: FLOAT| comparison.holds(&a, &b))
        .register_fn(name, move |a: INT, b: FLOAT| {
            comparison.holds(&(a as FLOAT), &b)
        })
        .register_fn(name, move |a: FLOAT, b: INT| {
            comparison.holds(&a, &(b as FLOAT))
        })
        .register_fn(name, move |a: ImmutableString, b: ImmutableString| {
            comparison.holds(&a, &b)
        })
        .register_fn(name, move |a: bool, b: bool| comparison.holds(&a, &b))
        .register_fn(
            name,
            move |native: NativeCallContext, a: Dynamic, b: Dynamic| {
                or_raise(compare(comparison, &a, &b), &native)
            },
        );
}

/// Compares values that are not two numbers and have no rule of their own.
fn compare(comparison: Comparison, a: &Dynamic, b: &Dynamic) -> Result<bool> {
    if let (Some(a), Some(b)) = (text(a), text(b)) {
        return Ok(comparison.holds(&a, &b));
    }
    if !comparison.is_order() {
        return equal(a, b).map(|equal| equal == (comparison == Comparison::Equal));
    }
    let error = Error::new(format!(
        "`{}` cannot compare {} with {}",
        comparison.name(),
        describe(a),
        describe(b)
    ));
    Err(match a.is_bool() || b.is_bool() {
        true => error.hint(CHAIN),
        false => error,
    })
}

/// String of a string or a character.
fn text(value: &Dynamic) -> Option<String> {
    match value.as_char() {
        Ok(character) => Some(character.to_string()),
        Err(_) => value.clone().into_string().ok(),
    }
}

/// Compares for equality; values of different types are not equal.
fn equal(a: &Dynamic, b: &Dynamic) -> Result<bool> {
    fn of_type<T: rhai::Variant + Clone + PartialEq>(a: &Dynamic, b: &Dynamic) -> Option<bool> {
        Some(*a.read_lock::<T>()? == *b.read_lock::<T>()?)
    }
    if a.type_id() != b.type_id() {
        return Ok(false);
    }
    if a.is_unit() {
        return Ok(true);
    }
    of_type::<Blob>(a, b)
        .or_else(|| of_type::<std::ops::Range<INT>>(a, b))
        .or_else(|| of_type::<std::ops::RangeInclusive<INT>>(a, b))
        .ok_or_else(|| {
            let (a, b) = (describe(a), describe(b));
            Error::new(format!("`==` cannot compare {a} with {b}"))
        })
}

type Elementary = fn(FLOAT) -> FLOAT;

/// Registers functions that Rhai defines with another result, or only for floats.
fn register_functions(engine: &mut Engine) {
    engine
        .register_fn("log", |x: FLOAT| UnaryFunction::Log.at(x))
        .register_fn("round", |x: FLOAT| UnaryFunction::Round.at(x))
        .register_get("round", |x: &mut FLOAT| UnaryFunction::Round.at(*x))
        .register_fn("sign", |x: FLOAT| {
            if x.is_nan() {
                x
            } else {
                x.signum() * FLOAT::from(u8::from(x != 0.0))
            }
        });
    for (name, larger) in [("max", true), ("min", false)] {
        // As for videos, NaN is ignored.
        let choose = move |a: FLOAT, b: FLOAT| if larger { a.max(b) } else { a.min(b) };
        engine
            .register_fn(name, choose)
            .register_fn(name, move |a: INT, b: FLOAT| choose(a as FLOAT, b))
            .register_fn(name, move |a: FLOAT, b: INT| choose(a, b as FLOAT));
    }
    let of_ints: [(&str, Elementary); 13] = [
        ("acos", FLOAT::acos),
        ("acosh", FLOAT::acosh),
        ("asin", FLOAT::asin),
        ("asinh", FLOAT::asinh),
        ("atan", FLOAT::atan),
        ("atanh", FLOAT::atanh),
        ("cosh", FLOAT::cosh),
        ("ln", FLOAT::ln),
        ("sinh", FLOAT::sinh),
        ("tan", FLOAT::tan),
        ("tanh", FLOAT::tanh),
        ("to_degrees", FLOAT::to_degrees),
        ("to_radians", FLOAT::to_radians),
    ];
    for (name, function) in of_ints {
        engine.register_fn(name, move |x: INT| function(x as FLOAT));
    }
}
