//! Rendering frames on all cores while an encoder takes the earlier ones in order.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::task::{self, Task};

/// Number of batches that may wait for the encoder.
const AHEAD: usize = 1;

/// Part of the time from which on the encoder is what the rest waits for.
const BUSY: f64 = 0.8;

/// Makes `len` frames in batches and hands them to `encode` in order.
pub(super) fn run<T: Send, S>(
    len: usize,
    per_batch: usize,
    task: Option<&Task>,
    init: impl Fn() -> S + Send + Sync,
    render: impl Fn(&mut S, usize) -> Result<T> + Sync,
    mut encode: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    thread::scope(|scope| {
        let (sender, batches) = sync_channel::<Vec<T>>(AHEAD);
        let encoder = scope.spawn(task::in_this_job(move || {
            let (begun, mut encoding) = (Instant::now(), Duration::ZERO);
            for frame in batches.into_iter().flatten() {
                task::check()?;
                let start = Instant::now();
                encode(frame)?;
                encoding += start.elapsed();
                if let Some(task) = task {
                    task.set_held_up(begun.elapsed().mul_f64(BUSY) < encoding);
                    task.advance(1)?;
                }
            }
            // What is left is to end the file.
            task.map_or(Ok(()), |task| {
                task.set_held_up(true);
                task.advance(0)
            })
        }));
        let rendered = (0..len).step_by(per_batch).try_for_each(|first| {
            let batch = task::map(first..len.min(first + per_batch), &init, &render)?;
            // The receiver is dropped only if the encoder has failed, and that error is the one
            // reported.
            sender.send(batch).map_err(|_| Error::interrupted())
        });
        drop(sender);
        let encoded = encoder.join().expect("encoders do not panic");
        encoded.and(rendered)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bail;

    #[test]
    fn frames_arrive_in_their_order() {
        let mut seen = Vec::new();
        run(
            23,
            4,
            None,
            || (),
            |(), frame| Ok(frame),
            |frame| {
                seen.push(frame);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(seen, (0..23).collect::<Vec<_>>());
    }

    #[test]
    fn the_failure_of_either_side_ends_it() {
        let fail = |frame: usize| match frame {
            7 => bail!("frame 7"),
            frame => Ok(frame),
        };
        let error = run(100, 2, None, || (), |(), frame| fail(frame), |_| Ok(())).unwrap_err();
        assert_eq!(error.message(), "frame 7");
        let error = run(
            100,
            2,
            None,
            || (),
            |(), frame| Ok(frame),
            |frame| fail(frame).map(|_| ()),
        )
        .unwrap_err();
        assert_eq!(error.message(), "frame 7");
    }
}
