//! Samples in column-major order, as MATLAB has them: the first axis varies fastest.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use super::raw;
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Element, Samples, Strided, map_samples};

/// How many bytes of neighbouring samples are read, and written, at a time: some cache lines.
const RUN: usize = 128;

/// How many bytes one parallel step puts in order at most.
const STEP: usize = 64 << 20;

/// Writes all samples in column-major order from byte `offset` of a file on, on all cores.
pub(super) fn write(samples: &Samples, path: &Path, file: &File, offset: u64) -> Result<()> {
    map_samples!(samples, array => write_array(array, path, file, offset))
}

fn write_array<T: Element>(
    array: &Strided<T>,
    path: &Path,
    file: &File,
    offset: u64,
) -> Result<()> {
    let columns = Columns::of(array);
    let slab = columns.slab_len();
    if slab == 0 {
        return Ok(());
    }
    let per_step = (RUN / size_of::<T>())
        .min(STEP / size_of::<T>() / slab)
        .clamp(1, columns.slabs);
    // Memory for a step is used again, because to get it anew takes as long as to fill it.
    let pool = Mutex::new(Vec::<Vec<T>>::new());
    let take = || pool.lock().expect("no panic while holding it").pop();
    let steps = (0..columns.slabs.div_ceil(per_step)).into_par_iter();
    task::for_each("saving", steps, |step| {
        let first = step * per_step;
        let slabs = first..columns.slabs.min(first + per_step);
        let mut ordered = take().unwrap_or_default();
        ordered.resize(slabs.len() * slab, T::default());
        columns.order(slabs, &mut ordered)?;
        let start = offset + (first * slab * size_of::<T>()) as u64;
        raw::write_at(file, start, bytemuck::cast_slice(&ordered))
            .map_err(|e| Error::io("write", path, &e))?;
        pool.lock()
            .expect("no panic while holding it")
            .push(ordered);
        Ok(())
    })
}

/// An array seen as slabs that follow each other in column-major order: all samples at one index
/// of the third and the fourth axis.
struct Columns<'a, T> {
    storage: &'a [T],
    offset: usize,
    lens: [usize; 4],
    strides: [isize; 4],
    slabs: usize,
}

impl<'a, T: Element> Columns<'a, T> {
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

    /// Where the first sample of a slab is.
    fn start(&self, slab: usize) -> usize {
        let (third, fourth) = (slab % self.lens[2], slab / self.lens[2]);
        self.place(self.offset, third, 2, fourth, 3)
    }

    fn place(&self, start: usize, a: usize, a_axis: usize, b: usize, b_axis: usize) -> usize {
        let distance = a as isize * self.strides[a_axis] + b as isize * self.strides[b_axis];
        start.wrapping_add_signed(distance)
    }

    /// Puts the samples of some slabs in order. It goes through squares of time and slabs, so that
    /// every cache line is read, and written, as a whole.
    fn order(&self, slabs: Range<usize>, out: &mut [T]) -> Result<()> {
        let [len, rows, ..] = self.lens;
        let starts: Vec<usize> = slabs.map(|slab| self.start(slab)).collect();
        let is_run = starts.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let block = RUN / size_of::<T>();
        let mut square = vec![T::default(); block * starts.len()];
        for first in (0..len).step_by(block) {
            if task::is_interrupted() {
                return Err(Error::interrupted());
            }
            let count = block.min(len - first);
            for row in 0..rows {
                for (index, line) in square
                    .chunks_exact_mut(starts.len())
                    .take(count)
                    .enumerate()
                {
                    let start = self.place(starts[0], first + index, 0, row, 1);
                    if is_run {
                        line.copy_from_slice(&self.storage[start..start + starts.len()]);
                        continue;
                    }
                    for (sample, slab) in line.iter_mut().zip(&starts) {
                        *sample = self.storage[self.place(*slab, first + index, 0, row, 1)];
                    }
                }
                for slab in 0..starts.len() {
                    let at = (slab * rows + row) * len + first;
                    let column = square[slab..].iter().step_by(starts.len());
                    for (out, sample) in out[at..at + count].iter_mut().zip(column) {
                        *out = *sample;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::video::Layout;

    /// What is written for the array seen through a layout.
    fn check(layout: &Layout) {
        let array = Strided::from_vec(&[20_000], (0..20_000u16).collect());
        let view = array.with_layout(layout.clone());
        let mut file = tempfile::tempfile().unwrap();
        let samples = Element::wrap(view.clone());
        write(&samples, Path::new("a.mat"), &file, 6).unwrap();
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
        let video = Layout::contiguous(&[67, 9, 33]);
        check(&video);
        check(&video.flip(2).swap(1, 2));
        check(&video.slice(2, 1, 20, 1).slice(0, 3, 20, 3));
        check(&Layout::contiguous(&[70]));
        check(&Layout::contiguous(&[9, 70]));
        check(&Layout::contiguous(&[13, 7, 66, 3]));
    }
}
