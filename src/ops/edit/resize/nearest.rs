//! Nearest-neighbor resizing: copies pixels, whatever their sample type.

use super::{FrameResize, typed};
use crate::error::Result;
use crate::task;
use crate::video::{Element, Strided, Video, read_run};

/// Resizes by nearest neighbor.
pub(super) fn resize<T: Element>(
    video: &Video,
    frame: &FrameResize,
    shape: &[usize],
) -> Result<Video> {
    let mut result = Strided::<T>::for_writing(shape)?;
    let source = typed::<T>(video);
    let (row_len, channels) = (frame.x.from * frame.channels, frame.channels);
    let columns: Vec<usize> = (0..frame.x.to)
        .flat_map(|col| (0..channels).map(move |channel| (col, channel)))
        .map(|(col, channel)| frame.x.nearest(col) * channels + channel)
        .collect();
    let frames = result
        .as_mut_slice()?
        .chunks_mut(frame.y.to * columns.len())
        .enumerate();
    let row = || vec![T::default(); row_len];
    task::for_each_init("resizing", frames, row, |row, (t, out)| {
        let mut last = None;
        for (y, offset) in (0..frame.y.to).zip((0..out.len()).step_by(columns.len())) {
            let nearest = frame.y.nearest(y);
            if last == Some(nearest) {
                out.copy_within(offset - columns.len()..offset, offset);
                continue;
            }
            last = Some(nearest);
            let run = nearest * row_len..(nearest + 1) * row_len;
            read_run(&source, t, run, row);
            let out = &mut out[offset..offset + columns.len()];
            for (out, column) in out.iter_mut().zip(&columns) {
                *out = row[*column];
            }
        }
        Ok(())
    })?;
    Ok(video.with_samples(result))
}
