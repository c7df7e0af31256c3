//! Rendering frames on all cores while an encoder takes the earlier ones in order.

use std::sync::mpsc::sync_channel;
use std::thread;

use crate::error::{Error, Result};
use crate::task::{self, Task};

/// Number of batches that may wait for the encoder.
const AHEAD: usize = 1;

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
            for frame in batches.into_iter().flatten() {
                task::check()?;
                encode(frame)?;
                task.map_or(Ok(()), |task| task.advance(1))?;
            }
            Ok(())
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
