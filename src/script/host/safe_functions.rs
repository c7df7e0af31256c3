//! Replacements for functions of Rhai's library that could crash the program, that Ctrl-C would not
//! stop, or that give a number where there is none.

use std::time::{Duration, Instant};

use rhai::{
    Array, Blob, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, NativeCallContext,
};

use crate::bail;
use crate::error::Result;
use crate::script::call::register::or_raise;
use crate::task;

/// Largest number of elements that a single call may make.
const MAX_ELEMENTS: INT = 1 << 26;

type Raised<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Registers the replacements.
pub(in crate::script) fn register(engine: &mut Engine) {
    engine.register_fn(
        "pad",
        |native: NativeCallContext, array: &mut Array, len: INT, item: Dynamic| -> Raised<()> {
            let most = or_raise(length("pad", len), &native)?;
            or_raise(super::limits::expect_copies(&item, len), &native)?;
            array.resize(most.max(array.len()), item);
            Ok(())
        },
    );
    engine.register_fn("pad", pad_text::<char>);
    engine.register_fn("pad", pad_text::<ImmutableString>);
    engine.register_fn(
        "blob",
        |native: NativeCallContext, len: INT| -> Raised<Blob> {
            Ok(vec![0; or_raise(length("blob", len), &native)?])
        },
    );
    engine.register_fn(
        "blob",
        |native: NativeCallContext, len: INT, value: INT| -> Raised<Blob> {
            Ok(vec![value as u8; or_raise(length("blob", len), &native)?])
        },
    );
    engine.register_fn("to_int", |native: NativeCallContext, number: FLOAT| {
        or_raise(to_int(number), &native)
    });
    engine.register_fn("sleep", |native: NativeCallContext, seconds: INT| {
        or_raise(sleep(seconds as f64), &native)
    });
    engine.register_fn("sleep", |native: NativeCallContext, seconds: f64| {
        or_raise(sleep(seconds), &native)
    });
}

fn pad_text<T: ToString>(
    native: NativeCallContext,
    text: &mut ImmutableString,
    len: INT,
    padding: T,
) -> Raised<()> {
    let len = or_raise(length("pad", len), &native)?;
    let padding = padding.to_string();
    let missing = len.saturating_sub(text.chars().count());
    let padding: String = padding.chars().cycle().take(missing).collect();
    *text += padding.as_str();
    Ok(())
}

/// The int of a number, cut off towards zero.
fn to_int(number: FLOAT) -> Result<INT> {
    let int = number.trunc();
    // The largest int is no float; the next float is beyond it.
    if !(INT::MIN as FLOAT..-(INT::MIN as FLOAT)).contains(&int) {
        bail!(
            "to_int needs a number between {} and {}, got {number}",
            INT::MIN,
            INT::MAX
        );
    }
    Ok(int as INT)
}

fn length(function: &str, len: INT) -> Result<usize> {
    if len > MAX_ELEMENTS {
        bail!("{function} makes at most {MAX_ELEMENTS} elements, got {len}");
    }
    Ok(usize::try_from(len).unwrap_or(0))
}

/// Waits for a number of seconds; Ctrl-C ends it.
pub fn sleep(seconds: f64) -> Result<()> {
    const LOOK: Duration = Duration::from_millis(20);
    let Ok(duration) = Duration::try_from_secs_f64(seconds.max(0.0)) else {
        bail!("sleep needs a number of seconds, got {seconds}");
    };
    let start = Instant::now();
    while let Some(left) = duration
        .checked_sub(start.elapsed())
        .filter(|left| !left.is_zero())
    {
        task::check()?;
        std::thread::sleep(left.min(LOOK));
    }
    Ok(())
}
