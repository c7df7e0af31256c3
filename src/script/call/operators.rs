//! Arithmetic, comparison and logic with videos on either side.

use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, FLOAT, INT, NativeCallContext, Variant};

use super::context::Context;
use super::record::{changed, operand_literal};
use super::register::{or_raise, origin};
use super::value::{Value, describe};
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::history::{History, Literal, Operation};
use crate::ops::array::elementwise::{
    self, Arithmetic, Comparison, Logic, Operand, UnaryFunction, arithmetic, compare, logic,
};
use crate::ops::chain::Stage;
use crate::video::{DType, Video};

/// Registers all operators. A temporary operand is overwritten by the result.
pub(in crate::script) fn register(engine: &mut Engine, context: &Arc<Context>) {
    for (name, operation) in Arithmetic::CHOICES
        .iter()
        .filter(|(name, _)| is_symbol(name))
    {
        register_operator(engine, context, name, |a, b| {
            Stage::of_frames(name).combine(a, b, |a, b| arithmetic(*operation, a, b))
        });
        register_assignment(engine, name, |video, b| {
            elementwise::arithmetic_assign(*operation, video, b)
        });
    }
    for (name, operation) in Logic::CHOICES {
        register_operator(engine, context, name, |a, b| {
            Stage::of_frames(name).combine(a, b, |a, b| logic(*operation, a, b))
        });
        register_assignment(engine, name, |video, b| {
            elementwise::logic_assign(*operation, video, b)
        });
    }
    for (name, comparison) in Comparison::CHOICES {
        let apply = |a, b| {
            check_order(*comparison, &a, &b)?;
            Stage::of_frames(name).combine(a, b, |a, b| compare(*comparison, a, b))
        };
        register_numbers(engine, context, name, apply);
        if !comparison.is_order() {
            register_bools(engine, context, name, apply);
        }
        register_refusal(engine, name);
    }
    let of = context.clone();
    engine.register_fn("-", move |native: NativeCallContext, video: Video| {
        let negative = |video| elementwise::apply(UnaryFunction::Negative, video);
        let video = of.released(&native, 0, video);
        let result = unary("-", video, |video| {
            Stage::of_frames("-").apply(video, negative)
        });
        or_raise(noted(result, &native), &native)
    });
    engine.register_fn("+", |video: Video| video);
    let of = context.clone();
    engine.register_fn("!", move |native: NativeCallContext, mask: Video| {
        let not = |mask| Stage::of_frames("!").apply(mask, elementwise::not);
        let mask = of.released(&native, 0, mask);
        or_raise(noted(unary("!", mask, not), &native), &native)
    });
}

/// Applies an operator to two operands and notes it in the history of the result.
fn binary(
    name: &'static str,
    a: Operand,
    b: Operand,
    apply: impl Fn(Operand, Operand) -> Result<Video>,
) -> Result<Video> {
    let operation = Operation::Binary(name, operand_literal(&a), operand_literal(&b));
    let mut video = apply(a, b)?;
    video.set_history(History::new(operation));
    Ok(video)
}

/// Like [`binary`], for one operand.
fn unary(
    name: &'static str,
    video: Video,
    apply: impl Fn(Video) -> Result<Video>,
) -> Result<Video> {
    let operation = Operation::Unary(name, Literal::Video(video.history().cloned()));
    let mut video = apply(video)?;
    video.set_history(History::new(operation));
    Ok(video)
}

/// Assignment operator of an operator.
fn assignment(name: &str) -> &'static str {
    match name {
        "+" => "+=",
        "-" => "-=",
        "*" => "*=",
        "/" => "/=",
        "%" => "%=",
        "**" => "**=",
        "&" => "&=",
        "|" => "|=",
        "^" => "^=",
        _ => unreachable!("all operators that are symbols"),
    }
}

fn is_symbol(name: &str) -> bool {
    !name.starts_with(char::is_alphabetic)
}

/// Notes the place of an operator in the pending samples of its result.
fn noted(result: Result<Video>, native: &NativeCallContext) -> Result<Video> {
    result.inspect(|video| video.set_origin(|| origin(native)))
}

type Raised<T> = Result<T, Box<EvalAltResult>>;

fn register_operator(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    apply: impl Fn(Operand, Operand) -> Result<Video> + Send + Sync + Copy + 'static,
) {
    register_numbers(engine, context, name, apply);
    register_bools(engine, context, name, apply);
}

/// Registers an operator for an array and a bool on either side.
fn register_bools(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    apply: impl Fn(Operand, Operand) -> Result<Video> + Send + Sync + Copy + 'static,
) {
    let operand = |value: bool| Operand::Int(value.into());
    register_number::<bool>(engine, context, name, operand, apply);
}

/// Registers an operator for arrays and numbers on either side.
fn register_numbers(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    apply: impl Fn(Operand, Operand) -> Result<Video> + Send + Sync + Copy + 'static,
) {
    let of = context.clone();
    engine.register_fn(
        name,
        move |native: NativeCallContext, a: Video, b: Video| {
            let [a, b] = [(0, a), (1, b)].map(|(at, video)| of.released(&native, at, video));
            let result = binary(name, Operand::Array(a), Operand::Array(b), apply);
            or_raise(noted(result, &native), &native)
        },
    );
    register_number::<INT>(engine, context, name, Operand::Int, apply);
    register_number::<FLOAT>(engine, context, name, Operand::Float, apply);
}

/// Registers an operator for a number on the right and on the left.
fn register_number<N: Variant + Clone>(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    operand: fn(N) -> Operand,
    apply: impl Fn(Operand, Operand) -> Result<Video> + Send + Sync + Copy + 'static,
) {
    let of = context.clone();
    engine.register_fn(name, move |native: NativeCallContext, a: Video, b: N| {
        let a = of.released(&native, 0, a);
        let result = binary(name, Operand::Array(a), operand(b), apply);
        or_raise(noted(result, &native), &native)
    });
    let of = context.clone();
    engine.register_fn(name, move |native: NativeCallContext, a: N, b: Video| {
        let b = of.released(&native, 1, b);
        let result = binary(name, operand(a), Operand::Array(b), apply);
        or_raise(noted(result, &native), &native)
    });
}

/// Registers `v += …`, which changes the samples in place if they are not shared.
fn register_assignment(
    engine: &mut Engine,
    name: &'static str,
    assign: impl Fn(&mut Video, Operand) -> Result<()> + Send + Sync + 'static,
) {
    let name = assignment(name);
    engine.register_fn(
        name,
        move |native: NativeCallContext, video: &mut Video, other: Dynamic| -> Raised<()> {
            let other = match other.is_array() {
                true => Err(other),
                false => Operand::from_dynamic(other),
            };
            let other = other.map_err(|value| {
                Error::new(format!("cannot combine a video with {}", describe(&value)))
            });
            let assigned = other.and_then(|other| {
                let value = operand_literal(&other);
                changed(video, None, name, value, |video| assign(video, other))
            });
            or_raise(assigned, &native)
        },
    );
}

/// An error for order comparisons with a mask, as in `0 < v < 10`.
fn check_order(comparison: Comparison, a: &Operand, b: &Operand) -> Result<()> {
    let is_mask = |operand: &Operand| match operand {
        Operand::Array(array) => array.dtype() == DType::Bool,
        _ => false,
    };
    if comparison.is_order() && is_mask(a) != is_mask(b) {
        let name = comparison.name();
        return Err(Error::new(format!("`{name}` cannot compare a mask with numbers")).hint(CHAIN));
    }
    Ok(())
}

/// Hint at how to combine two comparisons.
pub(in crate::script) const CHAIN: &str = "combine two comparisons with `&`: `(v > 0) & (v < 10)`";

/// Registers errors for comparisons that Rhai would silently evaluate to `false` as it does not
/// know the types. Only comparing a video with `()` is valid.
fn register_refusal(engine: &mut Engine, name: &'static str) {
    let refuse = move |native: NativeCallContext, other: Dynamic| -> Raised<bool> {
        if other.is_unit() && matches!(name, "==" | "!=") {
            return Ok(name == "!=");
        }
        let error = Error::new(format!(
            "cannot compare a video with {} by `{name}`",
            describe(&other)
        ));
        let error = if other.is_bool() {
            error.hint(CHAIN)
        } else {
            error
        };
        or_raise(Err(error), &native)
    };
    engine.register_fn(
        name,
        move |native: NativeCallContext, _: Video, other: Dynamic| refuse(native, other),
    );
    engine.register_fn(
        name,
        move |native: NativeCallContext, other: Dynamic, _: Video| refuse(native, other),
    );
}
