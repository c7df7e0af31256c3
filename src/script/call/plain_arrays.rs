//! Read-only methods of plain arrays; Rhai's own refuse constants such as `ARGS`.

use std::ops::{Range, RangeInclusive};

use rhai::{Array, Engine, INT};

/// Registers the methods.
pub(in crate::script) fn register(engine: &mut Engine) {
    engine.register_fn("extract", |array: Array, start: INT| {
        part(array, start, INT::MAX)
    });
    engine.register_fn("extract", part);
    engine.register_fn("extract", |array: Array, range: Range<INT>| {
        part(array, range.start, range.end.saturating_sub(range.start))
    });
    engine.register_fn("extract", |array: Array, range: RangeInclusive<INT>| {
        let len = range.end().saturating_sub(*range.start());
        part(array, *range.start(), len.saturating_add(1))
    });
}

/// Elements from `start` on, which counts from the end if negative; at most `len`.
fn part(array: Array, start: INT, len: INT) -> Array {
    let count = array.len() as INT;
    let start = match start < 0 {
        true => start.saturating_add(count).max(0),
        false => start,
    };
    let skipped = usize::try_from(start).unwrap_or(0);
    let taken = usize::try_from(len).unwrap_or(0);
    array.into_iter().skip(skipped).take(taken).collect()
}
