//! Results of filters that need all frames of a pixel and no other pixels.
//!
//! Frames arrive block by block and are written to a scratch file, in tiles: all frames of some
//! neighboring pixels, one tile after the other. The filter gets one tile at a time, as a small
//! video, and its results lie in a second scratch file in the same order, from which frames are put
//! together. So blocks of the input are long runs of each tile, the filter is the one for whole
//! videos, and in memory are a tile and a few blocks.

use std::ops::Range;

use super::chain_frames::{for_each_window, room_aside};
use crate::bail;
use crate::error::Result;
use crate::task;
use crate::video::{
    DType, Element, Layout, Metadata, Samples, Strided, Video, copy_frames, read_run, shape_text,
    with_bits,
};

/// Bytes of a tile, unless those of a few pixels are more: enough work for all cores.
pub(super) const TILE: usize = 16 << 20;

/// Smallest number of pixels of a tile: a few cache lines. Tiles begin at multiples of it, so that
/// filters that compute pixels in pairs find the same pairs as in whole frames.
const MIN_PIXELS: usize = 64;

/// Tiles of results, one after the other.
pub(super) struct FilteredTraces {
    samples: Samples,
    tiles: Tiles,
    dtype: DType,
    /// Shape of a frame.
    frame_shape: Vec<usize>,
    metadata: Metadata,
}

/// How the pixels of frames are divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiles {
    n_frames: usize,
    n_pixels: usize,
    /// Number of pixels of each tile but the last.
    per_tile: usize,
}

impl Tiles {
    /// Tiles of frames of pixels whose samples have at most some bytes.
    pub(super) fn new(n_frames: usize, n_pixels: usize, sample_size: usize) -> Self {
        let fitting = TILE / (n_frames * sample_size).max(1);
        let per_tile = fitting.next_multiple_of(MIN_PIXELS).max(MIN_PIXELS);
        #[cfg(test)]
        let per_tile = match crate::video::TEST_LIMITS.get() {
            Some(limits) => 2 * limits.block,
            None => per_tile,
        };
        Self {
            n_frames,
            n_pixels,
            per_tile,
        }
    }

    /// Pixels of each tile.
    fn pixels(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let Self {
            n_pixels, per_tile, ..
        } = *self;
        let starts = (0..n_pixels).step_by(per_tile.max(1));
        starts.map(move |start| start..n_pixels.min(start + per_tile))
    }

    /// Where samples of some frames of a tile lie.
    fn samples(&self, pixels: &Range<usize>, frames: &Range<usize>) -> Range<usize> {
        let at = |frame| pixels.start * self.n_frames + frame * pixels.len();
        at(frames.start)..at(frames.end)
    }
}

impl FilteredTraces {
    /// The results of a filter of traces, which have a sample type.
    pub(super) fn of(
        video: &Video,
        tiles: Tiles,
        dtype: DType,
        filter: impl Fn(Video) -> Result<Video>,
    ) -> Result<Self> {
        let Tiles {
            n_frames, n_pixels, ..
        } = tiles;
        let bits = with_bits!(video.dtype(), B => B::wrap(arranged::<B>(video, tiles)?));
        let traces = Samples::from_bits(bits, video.dtype());
        let mut metadata = video.metadata().clone();
        let samples = with_bits!(dtype, B => {
            let mut results = room_aside::<B>(&[n_frames * n_pixels])?;
            let room = results.as_mut_slice()?;
            for pixels in tiles.pixels() {
                let all = tiles.samples(&pixels, &(0..n_frames));
                let shape = [n_frames, 1, pixels.len()];
                let strides = [shape[2], shape[2], 1].map(|stride| stride as isize);
                let layout = Layout::new(all.start, &shape, &strides);
                let tile = Video::with_metadata(traces.with_layout(layout), video.metadata().clone());
                let result = task::as_part(|| filter(tile))?;
                if result.shape() != shape || result.dtype() != dtype {
                    bail!("a filter of traces made shape {}", shape_text(result.shape()));
                }
                metadata = result.metadata().clone();
                let result = B::unwrap(result.samples().bits()).expect("of this size");
                task::as_part(|| copy_frames(&result, &mut room[all]))?;
            }
            B::wrap(results)
        });
        Ok(Self {
            samples,
            tiles,
            dtype,
            frame_shape: video.shape()[1..].to_vec(),
            metadata,
        })
    }

    /// Some frames of the result.
    pub(super) fn frames(&self, frames: Range<usize>) -> Result<Video> {
        let samples = with_bits!(self.dtype, B => B::wrap(self.gathered::<B>(frames)?));
        let samples = Samples::from_bits(samples, self.dtype);
        Ok(Video::with_metadata(samples, self.metadata.clone()))
    }

    fn gathered<B: Element>(&self, frames: Range<usize>) -> Result<Strided<B>> {
        let samples = B::unwrap(self.samples.clone()).expect("bits of this size");
        let samples = samples.as_slice().expect("one after the other");
        let shape = [&[frames.len()], &self.frame_shape[..]].concat();
        let mut found = Strided::<B>::for_writing(&shape)?;
        let rows = found.as_mut_slice()?.chunks_mut(self.tiles.n_pixels);
        task::for_each("gathering frames", frames.zip(rows), |(frame, row)| {
            for pixels in self.tiles.pixels() {
                let at = self.tiles.samples(&pixels, &(frame..frame + 1));
                row[pixels].copy_from_slice(&samples[at]);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// The bits of the samples of a video in tiles.
fn arranged<B: Element>(video: &Video, tiles: Tiles) -> Result<Strided<B>> {
    let mut samples = room_aside::<B>(&[tiles.n_frames * tiles.n_pixels])?;
    let room = samples.as_mut_slice()?;
    for_each_window(video, 1, |first, window| {
        let block = B::unwrap(window.samples().bits()).expect("bits of this size");
        let frames = first..first + window.len();
        let mut rest = &mut *room;
        let mut begin = 0;
        let parts = tiles.pixels().map(|pixels| {
            let at = tiles.samples(&pixels, &frames);
            let (part, after) = std::mem::take(&mut rest).split_at_mut(at.end - begin);
            let part = &mut part[at.start - begin..];
            (rest, begin) = (after, at.end);
            (pixels, part)
        });
        let parts: Vec<_> = parts.collect();
        task::for_each("arranging traces", parts.into_iter(), |(pixels, part)| {
            for (frame, row) in part.chunks_exact_mut(pixels.len()).enumerate() {
                read_run(&block, frame, pixels.clone(), row);
            }
            Ok(())
        })
    })?;
    Ok(samples)
}
