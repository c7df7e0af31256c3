//! Limits on the time and memory of scripts. Functions of Rhai's library that could allocate a lot
//! of memory in a single step are replaced by versions that check the limit first.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map, NativeCallContext};

use crate::error::{Error, Result};
use crate::script::call::register::or_raise;
use crate::script::types::json::to_json;
use crate::task::{Job, Stop, in_this_job};
use crate::video::memory;

/// Largest nesting depth of expressions: a chain of a few hundred calls is one expression.
pub(crate) const EXPRESSION_DEPTH: usize = 1024;

/// Size of a value in an array, and of a string in addition to its bytes.
const VALUE: usize = size_of::<Dynamic>();
const TEXT: usize = VALUE + 40;

/// Largest nesting depth of JSON, as JSON parsers have the same limit.
const DEPTH: usize = 127;

type Raised<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Time limit of a script.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimit {
    limit: Duration,
}

impl TimeLimit {
    /// Creates a limit in seconds.
    pub fn new(seconds: f64) -> Result<Self> {
        match Duration::try_from_secs_f64(seconds) {
            Ok(limit) if !limit.is_zero() => Ok(Self { limit }),
            _ => Err(Error::new(format!(
                "the time limit must be a number of seconds above 0, got {seconds}"
            ))),
        }
    }

    /// Starts the clock: at the end of the time, the current job is asked to stop. If something does
    /// not stop, such as a single long step in Rhai's library, the whole program is ended a while
    /// later. The clock runs until the guard is dropped.
    pub(crate) fn start(self) -> TimeLimitGuard {
        let (running, is_over) = channel::<()>();
        let limit = self.limit;
        let watch = move || {
            let grace = limit.clamp(Duration::from_secs(2), Duration::from_secs(10));
            let waited = |time| {
                let begin = Instant::now();
                let _ = is_over.recv_timeout(time);
                begin.elapsed() >= time
            };
            if waited(limit) {
                Job::current().stop(Stop::Time);
                if waited(grace) {
                    eprintln!("error: {}", self.passed());
                    std::process::exit(1);
                }
            }
        };
        // Without the thread scripts run without a limit.
        let _ = thread::Builder::new()
            .name("clock".into())
            .spawn(in_this_job(watch));
        TimeLimitGuard { _until: running }
    }

    /// Error when the time is over.
    fn passed(self) -> Error {
        Error::new(format!(
            "the script took longer than the time limit of {} s",
            self.limit.as_secs_f64()
        ))
        .hint("raise it with --limit-time")
    }
}

/// A running clock: its thread ends when the guard is dropped.
pub(crate) struct TimeLimitGuard {
    _until: Sender<()>,
}

/// Error to show instead of "interrupted" if a limit was the reason.
pub(crate) fn reason(job: &Job, clock: Option<TimeLimit>) -> Option<Error> {
    match job.stopped()? {
        Stop::User => None,
        Stop::Time => clock.map(TimeLimit::passed),
        Stop::Memory => Some(memory::beyond_limit(job.memory())),
    }
}

/// Whether the scripts of a job are to stop; called at every step of them.
pub(crate) fn must_stop(job: &Job) -> bool {
    if memory::exceeds_limit(job.memory()) {
        job.stop(Stop::Memory);
    }
    job.is_interrupted()
}

/// Registers the replacements.
pub(in crate::script) fn register(engine: &mut Engine) {
    engine.register_fn("replace", replace::<ImmutableString, ImmutableString>);
    engine.register_fn("replace", replace::<ImmutableString, char>);
    engine.register_fn("replace", replace::<char, ImmutableString>);
    engine.register_fn("split", split::<ImmutableString>);
    engine.register_fn("split", split::<char>);
    engine.register_fn("split_rev", split_rev::<ImmutableString>);
    engine.register_fn("split_rev", split_rev::<char>);
    engine.register_fn("+=", append);
    engine.register_fn("append", append);
    engine.register_fn("+", |native: NativeCallContext, mut a: Array, b: Array| {
        append(native, &mut a, b).map(|()| a)
    });
    engine.register_fn("to_json", |native: NativeCallContext, map: &mut Map| {
        or_raise(json_of(map), &native)
    });
}

/// JSON of a map in one line. Functions are an error: closures can hold the map itself, and reading
/// it would wait for the call that changes it.
fn json_of(map: &Map) -> Result<ImmutableString> {
    let value = to_json(&map.clone().into(), "")?;
    Ok(value.to_string().into())
}

/// An error for values that are nested too deeply to be traversed.
pub(in crate::script) fn expect_depth(depth: usize) -> Result<()> {
    match depth > DEPTH {
        true => Err(Error::new(format!("JSON is nested at most {DEPTH} deep"))),
        false => Ok(()),
    }
}

/// Number of matches of a string, before it is replaced or split at.
fn matches(text: &str, find: &str) -> usize {
    text.matches(find).count()
}

fn replace<A: ToString, B: ToString>(
    native: NativeCallContext,
    text: &mut ImmutableString,
    find: A,
    by: B,
) -> Raised<()> {
    let (find, by) = (find.to_string(), by.to_string());
    let added = by.len().saturating_sub(find.len());
    let bytes = added
        .saturating_mul(matches(text, &find))
        .saturating_add(text.len());
    or_raise(memory::expect_room_for_values(bytes), &native)?;
    *text = text.replace(&find, &by).into();
    Ok(())
}

fn parts<T: ToString>(native: &NativeCallContext, text: &str, at: &T) -> Raised<String> {
    let at = at.to_string();
    let bytes = matches(text, &at).saturating_add(1).saturating_mul(TEXT);
    or_raise(memory::expect_room_for_values(bytes), native).map(|()| at)
}

fn split<T: ToString>(
    native: NativeCallContext,
    text: &mut ImmutableString,
    at: T,
) -> Raised<Array> {
    let at = parts(&native, text, &at)?;
    Ok(text.split(&at).map(|part| part.to_owned().into()).collect())
}

fn split_rev<T: ToString>(
    native: NativeCallContext,
    text: &mut ImmutableString,
    at: T,
) -> Raised<Array> {
    let at = parts(&native, text, &at)?;
    Ok(text
        .rsplit(&at)
        .map(|part| part.to_owned().into())
        .collect())
}

/// Appends an array; its elements are not copied again.
fn append(native: NativeCallContext, array: &mut Array, others: Array) -> Raised<()> {
    let bytes = others.len().saturating_mul(VALUE).saturating_mul(2);
    or_raise(memory::expect_room_for_values(bytes), &native)?;
    array.extend(others);
    Ok(())
}

/// An error if `copies` copies of a value take more memory than scripts may.
pub(in crate::script) fn expect_copies(value: &Dynamic, copies: INT) -> Result<()> {
    let copies = usize::try_from(copies).unwrap_or(0);
    memory::expect_room_for_values(bytes_of(value).saturating_mul(copies))
}

/// Memory of a copy of a value; videos are shared.
fn bytes_of(value: &Dynamic) -> usize {
    if let Some(items) = value.read_lock::<Array>() {
        return VALUE + items.iter().map(bytes_of).sum::<usize>();
    }
    match value.read_lock::<Map>() {
        Some(fields) => {
            VALUE
                + fields
                    .values()
                    .map(|field| TEXT + bytes_of(field))
                    .sum::<usize>()
        }
        None => VALUE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_counted_with_what_they_hold() {
        let array: Array = (0..100).map(Dynamic::from).collect();
        let nested = Dynamic::from(vec![Dynamic::from(array.clone()), Dynamic::from(array)]);
        assert!(bytes_of(&nested) > 200 * VALUE && bytes_of(&nested) < 210 * VALUE);
        assert!(expect_copies(&nested, INT::MAX).is_err());
        assert!(expect_copies(&nested, -1).is_ok());
    }

    #[test]
    fn times_are_seconds_above_zero() {
        assert!(TimeLimit::new(0.5).is_ok());
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(TimeLimit::new(wrong).is_err(), "{wrong}");
        }
    }
}
