//! Reads samples from any layout and converts them.
//!
//! Filters read what they need through [`Samples::read`] into scratch memory that fits the cache.
//! Ints are widened and flipped or rotated views reordered without an extra pass over the whole
//! video.

use std::ops::Range;

use ndarray::{ArrayViewMut, ArrayViewMut2, ArrayViewMut3, Axis, Dimension};
use pulp::Arch;

use super::layout::Layout;
use super::samples::{Element, Real, Samples, map_samples};
use super::storage::Strided;
use crate::error::Result;
use crate::task;

/// Side of the squares in which transposed frames are copied, so that both reads and writes are
/// close together in memory.
const TILE: usize = 8;

/// Side of the blocks that are copied where neighbors along the first axis of a video become
/// neighbors along its last.
const BLOCK: usize = 512;

/// Number of those neighbors read at a time: a few cache lines.
const LINE: usize = 32;

/// Smallest number of samples that one parallel step copies.
const STEP: usize = 1 << 18;

impl Samples {
    /// Reads a range of one frame's samples, counted in row-major order.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length.
    pub fn read<R: Real>(&self, frame: usize, run: Range<usize>, out: &mut [R]) {
        map_samples!(self, array => convert_run(array, frame, run, out, R::from_element));
    }

    /// Reads the same range of several frames, one after the other.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length than all ranges together.
    pub fn read_frames<R: Real>(&self, frames: Range<usize>, run: Range<usize>, out: &mut [R]) {
        map_samples!(self, array => read_runs(array, frames, run, out));
    }
}

/// Like [`read_run`] for several frames; checks the layout only once.
fn read_runs<T: Element, R: Real>(
    array: &Strided<T>,
    frames: Range<usize>,
    run: Range<usize>,
    out: &mut [R],
) {
    assert_eq!(frames.len() * run.len(), out.len(), "room for all runs");
    let layout = array.layout();
    if !layout.has_contiguous_frames() {
        for (frame, out) in frames.zip(out.chunks_exact_mut(run.len().max(1))) {
            convert_run(array, frame, run.clone(), out, R::from_element);
        }
        return;
    }
    let (storage, stride) = (array.storage(), layout.strides()[0]);
    // Contiguous whole frames are read as one range, however short they are.
    let frame_len = layout.shape()[1..].iter().product::<usize>();
    let (frames, run) = if run.len() == frame_len && layout.is_contiguous() {
        (0..1, frames.start * frame_len..frames.end * frame_len)
    } else {
        (frames, run)
    };
    let runs = frames.zip(out.chunks_exact_mut(run.len().max(1)));
    Arch::new().dispatch(|| {
        for (frame, out) in runs {
            let start = layout.offset() + run.start;
            let start = start.wrapping_add_signed(stride * frame as isize);
            let samples = &storage[start..start + out.len()];
            for (out, sample) in out.iter_mut().zip(samples) {
                *out = R::from_element(*sample);
            }
        }
    });
}

/// Copies a range of one frame's samples, counted in row-major order.
pub(crate) fn read_run<T: Element>(
    array: &Strided<T>,
    frame: usize,
    run: Range<usize>,
    out: &mut [T],
) {
    convert_run(array, frame, run, out, |sample| sample);
}

/// Like [`read_run`], converting each sample.
pub(crate) fn convert_run<T: Element, U>(
    array: &Strided<T>,
    frame: usize,
    run: Range<usize>,
    out: &mut [U],
    convert: impl Fn(T) -> U,
) {
    assert_eq!(run.len(), out.len(), "as many samples as there is room for");
    if out.is_empty() {
        return;
    }
    if let Some(samples) = array.frame_slice(frame) {
        for (out, sample) in out.iter_mut().zip(&samples[run]) {
            *out = convert(*sample);
        }
        return;
    }
    let (layout, storage) = (array.layout(), array.storage());
    let cols = *layout.shape().last().expect("a frame of several samples");
    let (&col_stride, outer_strides) = layout.strides()[1..]
        .split_last()
        .expect("as many strides as axes");
    let rows = out.len() / cols;
    if let [row_stride @ (1 | -1)] = *outer_strides
        && run == (0..rows * cols)
        && col_stride.unsigned_abs() > 4
    {
        let strides = [row_stride, col_stride];
        let origin = layout.index_in_frame(frame, 0);
        transpose(storage, origin, strides, cols, out, convert);
        return;
    }
    // Rows are read in the direction of their columns, so that memory is read in one direction.
    let is_backwards = outer_strides
        .last()
        .is_some_and(|stride| (*stride < 0) != (col_stride < 0));
    let (first_row, last_row) = (run.start / cols, (run.end - 1) / cols);
    for step in 0..=last_row - first_row {
        let row = if is_backwards {
            last_row - step
        } else {
            first_row + step
        };
        let (begin, end) = (run.start.max(row * cols), run.end.min((row + 1) * cols));
        let first = layout.index_in_frame(frame, begin);
        let out = &mut out[begin - run.start..end - run.start];
        match col_stride {
            1 => {
                let samples = &storage[first..first + out.len()];
                let pairs = out.iter_mut().zip(samples);
                pairs.for_each(|(out, sample)| *out = convert(*sample));
            }
            -1 => {
                let samples = &storage[first + 1 - out.len()..=first];
                let pairs = out.iter_mut().zip(samples.iter().rev());
                pairs.for_each(|(out, sample)| *out = convert(*sample));
            }
            _ => {
                for (col, out) in out.iter_mut().enumerate() {
                    *out = convert(storage[first.wrapping_add_signed(col as isize * col_stride)]);
                }
            }
        }
    }
}

/// Copies a frame with contiguous columns, in either direction.
fn transpose<T: Element, U>(
    storage: &[T],
    origin: usize,
    [row_stride, col_stride]: [isize; 2],
    cols: usize,
    out: &mut [U],
    convert: impl Fn(T) -> U,
) {
    let at = |row: usize, col: usize| {
        let offset = row as isize * row_stride + col as isize * col_stride;
        origin.wrapping_add_signed(offset)
    };
    let mut first_row = 0;
    for rows in out.chunks_mut(TILE * cols) {
        let n_rows = rows.len() / cols;
        let mut first_col = 0;
        while n_rows == TILE && first_col + TILE <= cols {
            let columns: [&[T; TILE]; TILE] = std::array::from_fn(|col| {
                let (begin, end) = (at(first_row, first_col + col), first_row + TILE - 1);
                let lowest = begin.min(at(end, first_col + col));
                storage[lowest..].first_chunk().expect("a tile of rows")
            });
            for row in 0..TILE {
                let offset = if row_stride < 0 { TILE - 1 - row } else { row };
                let out = &mut rows[row * cols + first_col..][..TILE];
                for col in 0..TILE {
                    out[col] = convert(columns[col][offset]);
                }
            }
            first_col += TILE;
        }
        for row in 0..n_rows {
            for col in first_col..cols {
                rows[row * cols + col] = convert(storage[at(first_row + row, col)]);
            }
        }
        first_row += n_rows;
    }
}

/// Copies all samples into row-major order, on all cores.
///
/// # Panics
/// If there are more samples than room.
pub(crate) fn copy_frames<T: Element>(array: &Strided<T>, out: &mut [T]) -> Result<()> {
    if out.is_empty() {
        return Ok(());
    }
    if let Some(samples) = array.as_slice() {
        let steps = out.chunks_mut(STEP).zip(samples.chunks(STEP));
        return task::for_each("copying", steps, |(out, samples)| {
            out.copy_from_slice(samples);
            Ok(())
        });
    }
    if array.layout().is_crosswise() {
        return copy_crosswise(array, out);
    }
    let frame_len: usize = array.shape()[1..].iter().product();
    let frames = (STEP / frame_len).max(1);
    let steps = out.chunks_mut(frames * frame_len).enumerate();
    task::for_each("copying", steps, |(step, out)| {
        for (frame, out) in out.chunks_mut(frame_len).enumerate() {
            read_run(array, step * frames + frame, 0..frame_len, out);
        }
        Ok(())
    })
}

/// Copies samples where neighbors along the first axis become neighbors along the last, one block
/// of both axes at a time, so that reads and writes touch few pages of memory.
fn copy_crosswise<T: Element>(array: &Strided<T>, out: &mut [T]) -> Result<()> {
    let shape = array.shape();
    let last = shape.len() - 1;
    let n_middle: usize = shape[1..last].iter().product();
    let out = ArrayViewMut3::from_shape((shape[0], n_middle, shape[last]), out)
        .expect("as many samples as the shape has");
    let planes = (STEP / (shape[0].min(BLOCK) * shape[last].min(BLOCK))).max(1);
    let mut blocks = Vec::new();
    for (plane, planes) in split(out, Axis(1), planes) {
        for (row, rows) in split(planes, Axis(0), BLOCK) {
            for (col, block) in split(rows, Axis(2), BLOCK) {
                blocks.push(([row, plane, col], block));
            }
        }
    }
    task::for_each_init("copying", blocks, Vec::new, |buffer, (first, mut block)| {
        for (plane, block) in block.axis_iter_mut(Axis(1)).enumerate() {
            let mut layout = array.layout().clone();
            let mut index = first[1] + plane;
            for axis in (1..last).rev() {
                let len = layout.shape()[axis];
                layout = layout.index(axis, index % len);
                index /= len;
            }
            let (rows, cols) = block.dim();
            let layout = layout
                .slice(0, first[0], rows, 1)
                .slice(1, first[2], cols, 1);
            copy_turned(array.storage(), &layout, block, buffer);
        }
        Ok(())
    })
}

/// Splits an array along an axis into parts of `len` indices, each with its first index.
pub(crate) fn split<T, D: Dimension>(
    mut array: ArrayViewMut<'_, T, D>,
    axis: Axis,
    len: usize,
) -> Vec<(usize, ArrayViewMut<'_, T, D>)> {
    let (mut parts, mut first) = (Vec::new(), 0);
    while array.len_of(axis) > len {
        let (part, rest) = array.split_at(axis, len);
        parts.push((first, part));
        (array, first) = (rest, first + len);
    }
    parts.push((first, array));
    parts
}

/// Copies a plane with contiguous columns, in either direction, through a buffer that stays in the
/// cache.
fn copy_turned<T: Element>(
    storage: &[T],
    layout: &Layout,
    mut out: ArrayViewMut2<'_, T>,
    buffer: &mut Vec<T>,
) {
    let [row_stride, col_stride] = [0, 1].map(|axis| layout.strides()[axis]);
    let origin = layout.offset();
    for (first_row, mut rows) in (0..)
        .step_by(LINE)
        .zip(out.axis_chunks_iter_mut(Axis(0), LINE))
    {
        let n_rows = rows.nrows();
        let n_cols = rows.ncols();
        buffer.resize(n_rows * n_cols, T::default());
        let at = |row: usize, col: usize| {
            let offset = row as isize * row_stride + col as isize * col_stride;
            origin.wrapping_add_signed(offset)
        };
        for (col, buffer) in buffer.chunks_exact_mut(n_rows).enumerate() {
            let (begin, end) = (at(first_row, col), at(first_row + n_rows - 1, col));
            buffer.copy_from_slice(&storage[begin.min(end)..=begin.max(end)]);
        }
        for (row, mut out) in rows.rows_mut().into_iter().enumerate() {
            let row = if row_stride < 0 {
                n_rows - 1 - row
            } else {
                row
            };
            for (out, samples) in out.iter_mut().zip(buffer.chunks_exact(n_rows)) {
                *out = samples[row];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares ndarray's reading of each view of 40×50 frames with ours.
    fn check(change: impl Fn(&crate::video::Layout) -> crate::video::Layout) {
        let array = Strided::from_vec(&[3, 40, 50], (0..6000u16).collect());
        let view = array.with_layout(change(array.layout()));
        let expected: Vec<f32> = view.view().iter().map(|v| f32::from(*v)).collect();
        let frame_len = 2000;
        let samples = Element::wrap(view.clone());
        for (frame, expected) in expected.chunks(frame_len).enumerate() {
            let mut whole = vec![0f32; frame_len];
            samples.read(frame, 0..frame_len, &mut whole);
            assert_eq!(whole, expected);
            let mut run = vec![0f32; 777];
            samples.read(frame, 333..1110, &mut run);
            assert_eq!(run, expected[333..1110]);
        }
        let mut runs = vec![0f32; 2 * 777];
        samples.read_frames(1..3, 333..1110, &mut runs);
        assert_eq!(runs[..777], expected[2333..3110]);
        assert_eq!(runs[777..], expected[4333..5110]);
        let copied: Vec<f32> = view
            .copy()
            .unwrap()
            .as_slice()
            .unwrap()
            .iter()
            .map(|v| v.to_f32())
            .collect();
        assert_eq!(copied, expected);
    }

    #[test]
    fn crosswise_copies_are_as_their_views_show() {
        let samples: Vec<u32> = (0..2 * 530 * 3 * 515).collect();
        let array = Strided::from_vec(&[515, 2, 3, 530], samples);
        let layout = array.layout().swap(0, 3);
        for layout in [
            layout.clone(),
            layout.flip(0).flip(1),
            layout.flip(3),
            layout.swap(1, 2),
        ] {
            let view = array.with_layout(layout);
            assert!(view.layout().is_crosswise());
            let copy = view.copy().unwrap();
            assert_eq!(copy.view(), view.view());
        }
        let plane = Strided::from_vec(&[3, 700], (0..2100u16).collect());
        let turned = plane.with_layout(plane.layout().swap(0, 1).flip(0));
        assert_eq!(turned.copy().unwrap().view(), turned.view());
    }

    #[test]
    fn any_layout_reads_as_its_view_shows() {
        check(|layout| layout.clone());
        check(|layout| layout.flip(0));
        check(|layout| layout.flip(1));
        check(|layout| layout.flip(2));
        check(|layout| layout.swap(1, 2));
        check(|layout| layout.swap(1, 2).flip(1).flip(0));
    }
}
