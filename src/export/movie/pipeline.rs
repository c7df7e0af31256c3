//! Rendering frames on all cores while an encoder takes the earlier ones in order.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::task::{self, Task};

/// Part of the time from which on the encoder is what the rest waits for.
const BUSY: f64 = 0.8;

/// Makes `len` frames in batches and hands them to `encode` in order.
pub(super) fn run<T: Send, S>(
    len: usize,
    per_batch: usize,
    task: Option<&Task>,
    init: impl Fn() -> S + Send + Sync,
    render: impl Fn(&mut S, usize) -> Result<T> + Sync,
    mut encode: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (begun, mut encoding) = (Instant::now(), Duration::ZERO);
    let batches = (0..len)
        .step_by(per_batch)
        .map(|first| task::map(first..len.min(first + per_batch), &init, &render));
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
