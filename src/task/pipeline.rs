//! A producer and a consumer that work at the same time.

use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::{STACK_SIZE, in_this_job};
use crate::error::{Error, Result};

/// Makes items in order on a thread of its own and uses them on this one: while one is used, the
/// next two are made, as some take much longer than others, and no more. The first error of either
/// ends both.
pub fn pipeline<T: Send>(
    items: impl Iterator<Item = Result<T>> + Send,
    mut consume: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (send, receive) = sync_channel(1);
    thread::scope(|scope| {
        let produce = in_this_job(move || {
            for item in items {
                let is_last = item.is_err();
                // Nobody receives it if the consumer has failed.
                if send.send(item).is_err() || is_last {
                    break;
                }
            }
        });
        let producer = thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, produce)
            .map_err(|e| Error::new(format!("cannot start a thread: {e}")))?;
        let result = receive.iter().try_for_each(|item| consume(item?));
        // The producer may be waiting for it.
        drop(receive);
        match producer.join() {
            Ok(()) => result,
            Err(panic) => resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_arrive_in_order() {
        let mut seen = Vec::new();
        let taken = pipeline((0..9).map(Ok), |item| {
            seen.push(item);
            Ok(())
        });
        assert!(taken.is_ok());
        assert_eq!(seen, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn either_side_ends_both() {
        let fail = |at: usize| match at {
            3 => Err(Error::new("three")),
            at => Ok(at),
        };
        let mut seen = 0;
        let made = pipeline((0..).map(fail), |_| {
            seen += 1;
            Ok(())
        });
        assert_eq!((made.unwrap_err().message(), seen), ("three", 3));
        let used = pipeline((0..).map(Ok), |item| fail(item).map(drop));
        assert_eq!(used.unwrap_err().message(), "three");
    }

    #[test]
    fn a_panic_of_the_producer_is_passed_on() {
        let items = (0..2).map(|item| match item {
            0 => Ok(()),
            _ => resume_unwind(Box::new("lost")),
        });
        let caught = std::panic::catch_unwind(move || pipeline(items, Ok));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"lost"));
    }
}
