//! Samples in column-major order, as in MATLAB: the first axis varies fastest.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use super::samples;
use crate::error::{Error, Result};
use crate::ops::chain::{PixelOrder, PixelTraces};
use crate::task;
use crate::video::{Element, Strided, Video, map_samples, with_dtype};

/// Number of bytes of neighboring samples that are read and written at a time: some cache lines.
const RUN: usize = 128;

/// Maximum number of bytes that one parallel step reorders.
const STEP: usize = 128 << 20;

/// Bytes of the samples of pixels of a chain that one step writes.
const TRACES: usize = 4 << 20;

/// Writes all samples in column-major order from byte `offset` of a file on, using all cores.
/// Frames that are still to be computed, and that nobody else would use, are not kept in memory.
pub(in crate::io) fn write(video: &Video, path: &Path, file: &File, offset: u64) -> Result<()> {
    if !video.is_streamable() {
        video.compute()?;
        return map_samples!(video.samples(), array => write_array(array, path, file, offset));
    }
    with_dtype!(video.dtype(), T => {
        let traces = PixelTraces::<T>::of(video, PixelOrder::ColumnMajor)?;
        traces.for_each("saving", TRACES, |first, samples| {
            let start = offset + (first * video.len() * size_of::<T>()) as u64;
            samples::write_at(file, start, bytemuck::cast_slice(samples))
                .map_err(|e| Error::io("write", path, &e))
        })
    })
}

fn write_array<T: Element>(
    array: &Strided<T>,
    path: &Path,
    file: &File,
    offset: u64,
) -> Result<()> {
    let columns = ColumnMajor::of(array);
    let slab = columns.slab_len();
    if slab == 0 {
        return Ok(());
    }
    let per_step = (RUN / size_of::<T>())
        .min(STEP / size_of::<T>() / slab)
        .clamp(1, columns.slabs);
    // The memory of a step is reused, because allocating it takes as long as filling it.
    let pool = Mutex::new(Vec::<Vec<T>>::new());
    let take = || pool.lock().expect("no panic while holding it").pop();
    let steps = 0..columns.slabs.div_ceil(per_step);
    task::for_each("saving", steps, |step| {
        let first = step * per_step;
        let slabs = first..columns.slabs.min(first + per_step);
        let mut ordered = take().unwrap_or_default();
        ordered.resize(slabs.len() * slab, T::default());
        columns.order(slabs, &mut ordered)?;
        let start = offset + (first * slab * size_of::<T>()) as u64;
        samples::write_at(file, start, bytemuck::cast_slice(&ordered))
            .map_err(|e| Error::io("write", path, &e))?;
        pool.lock()
            .expect("no panic while holding it")
            .push(ordered);
        Ok(())
    })
}

/// An array as slabs that follow each other in column-major order: all samples at one index of the
/// third and the fourth axis.
struct ColumnMajor<'a, T> {
    storage: &'a [T],
    offset: usize,
    lens: [usize; 4],
    strides: [isize; 4],
    slabs: usize,
}

impl<'a, T: Element> ColumnMajor<'a, T> {
    fn of(array: &'a Strided<T>) -> Self {
        let layout = array.layout();
        let (mut lens, mut strides) = ([1; 4], [0; 4]);
        lens[..layout.shape().len()].copy_from_slice(layout.shape());
        strides[..layout.shape().len()].copy_from_slice(layout.strides());
        Self {
            storage: array.storage(),
            offset: layout.offset(),
            lens,
            strides,
            slabs: lens[2] * lens[3],
        }
    }

    fn slab_len(&self) -> usize {
        match self.slabs {
            0 => 0,
            _ => self.lens[0] * self.lens[1],
        }
    }

    /// Offset of the first sample of a slab.
    fn start(&self, slab: usize) -> usize {
        let (third, fourth) = (slab % self.lens[2], slab / self.lens[2]);
        self.offset(self.offset, third, 2, fourth, 3)
    }

    fn offset(&self, start: usize, a: usize, a_axis: usize, b: usize, b_axis: usize) -> usize {
        let distance = a as isize * self.strides[a_axis] + b as isize * self.strides[b_axis];
        start.wrapping_add_signed(distance)
    }

    /// Reorders the samples of some slabs, in square tiles of time and slabs, so that every cache
    /// line is read and written as a whole.
    fn order(&self, slabs: Range<usize>, out: &mut [T]) -> Result<()> {
        let starts: Vec<usize> = slabs.map(|slab| self.start(slab)).collect();
        let is_run = starts.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let side = starts.len().min((RUN / size_of::<T>()).max(16));
        let (times, count) = match side {
            64.. if is_run => self.order_tiles::<64>(&starts, out)?,
            32.. if is_run => self.order_tiles::<32>(&starts, out)?,
            16.. if is_run => self.order_tiles::<16>(&starts, out)?,
            _ => (0, 0),
        };
        self.order_rest(&starts, 0..times, count..starts.len(), out)?;
        self.order_rest(&starts, times..self.lens[0], 0..starts.len(), out)
    }

    /// Processes as many square tiles of the given side as fit, of slabs adjacent in memory;
    /// returns the number of times and of slabs covered.
    fn order_tiles<const SIDE: usize>(
        &self,
        starts: &[usize],
        out: &mut [T],
    ) -> Result<(usize, usize)> {
        let [len, rows, ..] = self.lens;
        let mut tile = [[T::default(); SIDE]; SIDE];
        let (times, count) = (len / SIDE * SIDE, starts.len() / SIDE * SIDE);
        for first in (0..times).step_by(SIDE) {
            check()?;
            for row in 0..rows {
                for slab in (0..count).step_by(SIDE) {
                    for (time, line) in tile.iter_mut().enumerate() {
                        let start = self.offset(starts[slab], first + time, 0, row, 1);
                        line.copy_from_slice(&self.storage[start..start + SIDE]);
                    }
                    for column in 0..SIDE {
                        let at = ((slab + column) * rows + row) * len + first;
                        for (out, line) in out[at..at + SIDE].iter_mut().zip(&tile) {
                            *out = line[column];
                        }
                    }
                }
            }
        }
        Ok((times, count))
    }

    /// Reorders part of the slabs, wherever they are in memory.
    fn order_rest(
        &self,
        starts: &[usize],
        times: Range<usize>,
        slabs: Range<usize>,
        out: &mut [T],
    ) -> Result<()> {
        let [len, rows, ..] = self.lens;
        let side = RUN / size_of::<T>();
        for first in times.clone().step_by(side) {
            check()?;
            let times = first..times.end.min(first + side);
            for row in 0..rows {
                for slab in slabs.clone() {
                    let at = (slab * rows + row) * len;
                    let line = &mut out[at + times.start..at + times.end];
                    for (out, time) in line.iter_mut().zip(times.clone()) {
                        *out = self.storage[self.offset(starts[slab], time, 0, row, 1)];
                    }
                }
            }
        }
        Ok(())
    }
}

/// An error if the user asked to stop.
fn check() -> Result<()> {
    task::check()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;
    use crate::video::Layout;

    /// Checks the bytes written for an array with a layout.
    fn check(layout: &Layout) {
        let array = Strided::from_vec(&[20_000], (0..20_000u16).collect());
        let view = array.with_layout(layout.clone());
        let mut file = tempfile::tempfile().unwrap();
        write(&Video::new(view.clone()), Path::new("a.mat"), &file, 6).unwrap();
        // Windows moves the file position to where it writes.
        file.rewind().unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let written: Vec<u16> = bytes[6..]
            .chunks_exact(2)
            .map(|pair| u16::from_ne_bytes([pair[0], pair[1]]))
            .collect();
        let expected: Vec<u16> = view.view().reversed_axes().iter().copied().collect();
        assert_eq!(written, expected, "{layout:?}");
    }

    #[test]
    fn the_first_axis_varies_fastest() {
        let video = Layout::contiguous(&[67, 4, 70]);
        check(&video);
        check(&video.flip(2).swap(1, 2));
        check(&video.slice(2, 1, 35, 1).slice(0, 3, 20, 3));
        check(&Layout::contiguous(&[40, 3, 17]));
        check(&Layout::contiguous(&[70]));
        check(&Layout::contiguous(&[9, 70]));
        check(&Layout::contiguous(&[13, 7, 66, 3]));
    }
}
