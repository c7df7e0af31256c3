//! Rendering frames on all cores while an encoder takes the earlier ones in order.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::task::{self, Task};

/// Part of the time from which on the encoder is what the rest waits for.
const BUSY: f64 = 0.8;

/// Renders `len` frames in batches and hands them to `encode` in order; `advance` gets the frames of
/// each batch ready.
pub(super) fn run<F: Send + Sync, T: Send, S>(
    frames: &mut F,
    (len, per_batch): (usize, usize),
    task: Option<&Task>,
    init: impl Fn() -> S + Send + Sync,
    mut advance: impl FnMut(&mut F, Range<usize>) -> Result<()> + Send,
    render: impl Fn(&F, &mut S, usize) -> Result<T> + Send + Sync,
    mut encode: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (begun, mut encoding) = (Instant::now(), Duration::ZERO);
    let batches = (0..len).step_by(per_batch).map(move |first| {
        let batch = first..len.min(first + per_batch);
        advance(frames, batch.clone())?;
        let frames = &*frames;
        task::map(batch, &init, |scratch, frame| {
            render(frames, scratch, frame)
        })
    });
    task::pipeline(batches, |batch| {
        for frame in batch {
            task::check()?;
            let start = Instant::now();
            encode(frame)?;
            encoding += start.elapsed();
            if let Some(task) = task {
                task.set_held_up(begun.elapsed().mul_f64(BUSY) < encoding);
                task.advance(1)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bail;

    #[test]
    fn frames_arrive_in_their_order() {
        let (mut seen, mut ready) = (Vec::new(), 0..0);
        run(
            &mut ready,
            (23, 4),
            None,
            || (),
            |ready, batch| {
                assert_eq!(batch.start, ready.end);
                *ready = batch;
                Ok(())
            },
            |ready, (), frame| Ok((ready.contains(&frame), frame)),
            |(is_ready, frame)| {
                assert!(is_ready);
                seen.push(frame);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(seen, (0..23).collect::<Vec<_>>());
    }

    #[track_caller]
    fn check_failure(
        advance: impl Fn(usize) -> Result<()> + Send + Sync,
        render: impl Fn(usize) -> Result<usize> + Send + Sync,
        encode: impl Fn(usize) -> Result<()>,
    ) {
        let run = run(
            &mut (),
            (100, 2),
            None,
            || (),
            |(), batch| advance(batch.start),
            |(), (), frame| render(frame),
            encode,
        );
        assert_eq!(run.unwrap_err().message(), "frame 7");
    }

    #[test]
    fn the_failure_of_any_side_ends_it() {
        let fail = |frame: usize| match frame {
            7 => bail!("frame 7"),
            frame => Ok(frame),
        };
        let never = |_: usize| Ok(());
        let always = |frame| fail(frame).map(drop);
        check_failure(never, fail, never);
        check_failure(never, Ok, always);
        check_failure(
            |start| if start < 6 { Ok(()) } else { fail(7).map(drop) },
            Ok,
            never,
        );
    }
}
