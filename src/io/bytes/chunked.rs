//! Arrays stored in chunks of equal shape, each compressed separately, as in HDF5 and Zarr. The
//! chunks of a slab become its frames on one core. Shared by our own readers of both formats.

use std::ops::Range;

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::{self, Conversion, Encoding};
use crate::io::recording::FrameRange;
use crate::task;
use crate::video::{Samples, size_text};

/// Maximum size of a decoded chunk in bytes; neither format allows larger ones.
const MAX_CHUNK: usize = u32::MAX as usize;

/// Minimum number of bytes of samples decoded in one step, unless there are fewer.
const STEP: usize = 1 << 16;

/// How an array is divided into chunks.
pub(in crate::io) struct ChunkGrid {
    axes: Vec<ChunkedAxis>,
    stored: Encoding,
    /// Number of samples of a chunk.
    chunk_len: usize,
    /// Number of axes of the array in the file.
    rank: usize,
    /// Bytes of a sample that was never written, unless they are zeros.
    fill_value: Option<Vec<u8>>,
}

/// An axis of the array.
#[derive(Debug, Clone, Copy)]
struct ChunkedAxis {
    len: usize,
    /// Length of a chunk along the axis.
    chunk: usize,
    /// Distance between neighbors within a chunk, in samples.
    stride: usize,
    /// Index among the axes in the file; `None` if the axis was added.
    index: Option<usize>,
}

impl ChunkedAxis {
    /// An axis that does not exist in the file.
    const ADDED: Self = Self {
        len: 1,
        chunk: 1,
        stride: 0,
        index: None,
    };

    /// First index of a chunk, and its length along the axis.
    fn part(&self, chunk: usize) -> (usize, usize) {
        let start = chunk * self.chunk;
        (start, self.chunk.min(self.len - start))
    }
}

/// Decodes the chunk of an index, filling the output; false if there is no such chunk.
pub(in crate::io) type DecodeChunk<'a> = &'a (dyn Fn(&[usize], &mut [u8]) -> Result<bool> + Sync);

/// The slabs that contain the frames of a range.
#[derive(Clone, Copy)]
struct Slabs {
    range: FrameRange,
    /// Number of frames of a slab in the file.
    chunk: usize,
    /// Number of slabs.
    count: usize,
}

/// The part of a slab that is to be loaded.
#[derive(Debug, PartialEq)]
struct Slab {
    /// Index of the slab along the first axis.
    index: usize,
    /// First requested frame, counted from the start of the slab.
    first: usize,
    len: usize,
}

impl Slabs {
    fn new(range: FrameRange, chunk: usize) -> Self {
        let last = range.start + range.len.saturating_sub(1) * range.step;
        let count = match range.len {
            0 => 0,
            len if range.step >= chunk => len,
            _ => last / chunk - range.start / chunk + 1,
        };
        Self {
            range,
            chunk,
            count,
        }
    }

    /// Number of requested frames before a slab.
    fn before(&self, number: usize) -> usize {
        let Self { range, chunk, .. } = self;
        if number >= self.count {
            return range.len;
        }
        if range.step >= *chunk {
            return number;
        }
        let start = (range.start / chunk + number) * chunk;
        start.saturating_sub(range.start).div_ceil(range.step)
    }

    fn slab(&self, number: usize) -> Slab {
        let before = self.before(number);
        let frame = self.range.start + before * self.range.step;
        Slab {
            index: frame / self.chunk,
            first: frame % self.chunk,
            len: self.before(number + 1) - before,
        }
    }
}

impl ChunkGrid {
    /// A grid of chunks whose samples have the given order of axes, the last varying fastest.
    pub(in crate::io) fn new(
        stored: Encoding,
        shape: &[usize],
        chunk: &[usize],
        order: &[usize],
    ) -> Result<Self> {
        if chunk.len() != shape.len() || order.len() != shape.len() {
            bail!(
                "its chunks have {}, but the array has {}",
                counted(chunk.len(), "axis"),
                shape.len()
            );
        }
        let chunk_len = chunk
            .iter()
            .try_fold(1usize, |len, axis| len.checked_mul(*axis));
        let chunk_bytes = chunk_len.and_then(|len| len.checked_mul(stored.size()));
        let (Some(chunk_len), Some(1..=MAX_CHUNK)) = (chunk_len, chunk_bytes) else {
            bail!("its chunks have an impossible size");
        };
        let mut axes: Vec<ChunkedAxis> = std::iter::zip(shape, chunk)
            .enumerate()
            .map(|(index, (&len, &chunk))| ChunkedAxis {
                len,
                chunk,
                stride: 0,
                index: Some(index),
            })
            .collect();
        let mut stride = 1;
        for axis in order.iter().rev() {
            axes[*axis].stride = stride;
            stride *= chunk[*axis];
        }
        Ok(Self {
            axes,
            stored,
            chunk_len,
            rank: shape.len(),
            fill_value: None,
        })
    }

    /// The same array with these bytes as the fill value.
    pub(in crate::io) fn with_fill_value(self, fill_value: Vec<u8>) -> Self {
        let fill_value = (fill_value.len() == self.stored.size()
            && fill_value.iter().any(|byte| *byte != 0))
        .then_some(fill_value);
        Self { fill_value, ..self }
    }

    /// The same array with its axes in the given order, the first being that of the frames, and a
    /// new axis of length 1 for each `None`. Axes that are omitted must have length 1.
    pub(in crate::io) fn with_axes(mut self, axes: &[Option<usize>]) -> Self {
        let axis = |axis: &Option<usize>| axis.map_or(ChunkedAxis::ADDED, |axis| self.axes[axis]);
        self.axes = axes.iter().map(axis).collect();
        self
    }

    /// Loads frames on all cores.
    ///
    /// Samples of missing chunks are not touched, so that only decoded samples take memory,
    /// whatever size a file claims.
    pub(in crate::io) fn load(
        &self,
        conversion: Conversion,
        range: FrameRange,
        decode: DecodeChunk<'_>,
    ) -> Result<Samples> {
        let lens: Vec<usize> = self.axes[1..].iter().map(|axis| axis.len).collect();
        let shape = [&[range.len], &lens[..]].concat();
        let frame_len = lens
            .iter()
            .fold(1, |len: usize, axis| len.saturating_mul(*axis));
        let slabs = Slabs::new(range, self.axes[0].chunk);
        let row_bytes = frame_len
            .saturating_mul(self.axes[0].chunk.min(range.len))
            .saturating_mul(self.stored.size());
        let per_part = (STEP / row_bytes.max(1)).max(1);
        let frames = |part: usize| {
            let end = part.saturating_add(1).saturating_mul(per_part);
            slabs.before(end) - slabs.before(part * per_part)
        };
        let parts = match shape.contains(&0) {
            true => 0,
            false => slabs.count.div_ceil(per_part),
        };
        let len_of = |part| frames(part) * frame_len;
        samples::load_parts(conversion.dtype, &shape, parts, len_of, |part, out| {
            let first = part * per_part;
            let numbers = first..slabs.count.min(first + per_part);
            let mut read = |mut bytes: &mut [u8]| {
                for number in numbers.clone() {
                    let slab = slabs.slab(number);
                    let len = slab.len * frame_len * self.stored.size();
                    let out = bytes.split_off_mut(..len).expect("the bytes of all rows");
                    self.read_slab(&slab, range.step, decode, out)?;
                }
                Ok(())
            };
            conversion.fill(out, &mut read)
        })
    }

    /// Decodes the chunks of a slab and copies the requested samples to the output.
    fn read_slab(
        &self,
        slab: &Slab,
        step: usize,
        decode: DecodeChunk<'_>,
        out: &mut [u8],
    ) -> Result<()> {
        let fits = slab.first == 0 && step == 1 && slab.len == self.axes[0].chunk;
        if fits && self.is_one_chunk() {
            if !decode(&self.index_in_file(slab.index, &[0; 3]), out)? {
                self.fill_with_value(out);
            }
            return Ok(());
        }
        let counts = self.inner().map(|axis| axis.len.div_ceil(axis.chunk));
        let mut chunk = Vec::new();
        for number in 0..counts.iter().product() {
            task::check()?;
            let inner = [
                number / counts[2] / counts[1],
                number / counts[2] % counts[1],
                number % counts[2],
            ];
            if chunk.is_empty() {
                chunk = zeros(self.chunk_len * self.stored.size())?;
            }
            if decode(&self.index_in_file(slab.index, &inner), &mut chunk)? {
                self.scatter(&chunk, slab, step, inner, out);
            } else {
                self.scatter_fill_value(slab, inner, out);
            }
        }
        Ok(())
    }

    /// Fills zeroed bytes with the fill value.
    fn fill_with_value(&self, out: &mut [u8]) {
        let Some(fill_value) = &self.fill_value else {
            return;
        };
        let mut filled = fill_value.len().min(out.len());
        out[..filled].copy_from_slice(&fill_value[..filled]);
        while filled < out.len() {
            let more = filled.min(out.len() - filled);
            out.copy_within(..more, filled);
            filled += more;
        }
    }

    /// Whether each slab is a single chunk whose samples are in order.
    fn is_one_chunk(&self) -> bool {
        let mut stride = 1;
        self.axes.iter().enumerate().rev().all(|(index, axis)| {
            let ordered = axis.stride == stride && (index == 0 || axis.chunk == axis.len);
            stride *= axis.chunk;
            ordered
        }) && stride == self.chunk_len
    }

    /// The three axes of a frame; fewer are preceded by axes of length 1.
    fn inner(&self) -> [ChunkedAxis; 3] {
        let mut axes = [ChunkedAxis::ADDED; 3];
        let count = self.axes.len() - 1;
        axes[3 - count..].copy_from_slice(&self.axes[1..]);
        axes
    }

    /// The index of a chunk along all axes in the file.
    fn index_in_file(&self, slab: usize, inner: &[usize; 3]) -> Vec<usize> {
        let mut index = vec![0; self.rank];
        let positions = [(&self.axes[0], slab)];
        let axes = self.inner();
        for (axis, position) in positions
            .into_iter()
            .chain(axes.iter().zip(inner.iter().copied()))
        {
            if let Some(in_file) = axis.index {
                index[in_file] = position;
            }
        }
        index
    }

    /// Copies the samples of a chunk that belong to a slab to its frames.
    fn scatter(
        &self,
        chunk: &[u8],
        slab: &Slab,
        step: usize,
        position: [usize; 3],
        out: &mut [u8],
    ) {
        let size = self.stored.size();
        let [a, b, c] = self.inner();
        self.runs(slab, position, |[frame, i, j], run| {
            let from_frame = (slab.first + frame * step) * self.axes[0].stride;
            let from = (from_frame + i * a.stride + j * b.stride) * size;
            let out = &mut out[run.start * size..run.end * size];
            if c.stride == 1 {
                out.copy_from_slice(&chunk[from..from + out.len()]);
            } else {
                let samples = chunk[from..].chunks(c.stride.max(1) * size);
                for (out, sample) in out.chunks_exact_mut(size).zip(samples) {
                    out.copy_from_slice(&sample[..size]);
                }
            }
        });
    }

    /// Fills the part of a slab whose chunk was never written.
    fn scatter_fill_value(&self, slab: &Slab, position: [usize; 3], out: &mut [u8]) {
        let size = self.stored.size();
        if self.fill_value.is_some() {
            self.runs(slab, position, |_, run| {
                self.fill_with_value(&mut out[run.start * size..run.end * size]);
            });
        }
    }

    /// Calls `run` for the runs of samples along the last axis that a slab has of a chunk: with the
    /// frame and the indices along the other axes within the chunk, and with the range of samples
    /// in the slab.
    fn runs(
        &self,
        slab: &Slab,
        position: [usize; 3],
        mut run: impl FnMut([usize; 3], Range<usize>),
    ) {
        let [a, b, c] = self.inner();
        let ((a0, slabs), (b0, columns), (c0, len)) = (
            a.part(position[0]),
            b.part(position[1]),
            c.part(position[2]),
        );
        for frame in 0..slab.len {
            for i in 0..slabs {
                for j in 0..columns {
                    let to = ((frame * a.len + a0 + i) * b.len + b0 + j) * c.len + c0;
                    run([frame, i, j], to..to + len);
                }
            }
        }
    }
}

/// `len` zeros, which take memory only once they are written to; an error if there is not enough.
pub(in crate::io) fn zeros(len: usize) -> Result<Vec<u8>> {
    let zeros = bytemuck::try_zeroed_vec(len);
    zeros.map_err(|()| {
        Error::new(format!(
            "there is not enough memory for {} of samples",
            size_text(len)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::DType;

    const U16: Encoding = Encoding {
        dtype: DType::U16,
        half: false,
        swapped: false,
    };

    /// Loads a ramp of shape 5×1×4×7 in chunks, one of which is missing.
    fn load(
        chunk: [usize; 4],
        order: [usize; 4],
        axes: &[Option<usize>],
        range: FrameRange,
    ) -> Samples {
        let grid = ChunkGrid::new(U16, &[5, 1, 4, 7], &chunk, &order).unwrap();
        let grid = grid
            .with_fill_value(9u16.to_ne_bytes().into())
            .with_axes(axes);
        let mut strides = [0; 4];
        let mut stride = 1;
        for axis in order.into_iter().rev() {
            strides[axis] = stride;
            stride *= chunk[axis];
        }
        let decode = |index: &[usize], out: &mut [u8]| {
            if index == [0, 0, 0, 0] {
                return Ok(false);
            }
            let samples: &mut [u16] = bytemuck::cast_slice_mut(out);
            for (at, sample) in samples.iter_mut().enumerate() {
                let position =
                    |axis: usize| at / strides[axis] % chunk[axis] + index[axis] * chunk[axis];
                *sample = (position(0) * 100 + position(2) * 10 + position(3)) as u16;
            }
            Ok(true)
        };
        grid.load(Conversion::none(U16), range, &decode).unwrap()
    }

    fn values(samples: &Samples) -> Vec<u16> {
        let Samples::U16(array) = samples else {
            panic!("other type")
        };
        array.view().iter().copied().collect()
    }

    #[test]
    fn chunks_come_to_their_positions() {
        let range = |start, len, step| FrameRange { start, len, step };
        for (chunk, order) in [
            ([2, 1, 3, 4], [0, 1, 2, 3]),
            ([2, 3, 3, 4], [3, 2, 1, 0]),
            ([1, 1, 4, 7], [0, 1, 2, 3]),
            ([9, 1, 4, 2], [0, 1, 2, 3]),
        ] {
            for range in [range(0, 5, 1), range(1, 2, 2), range(4, 1, 1)] {
                let expected = range.indices().flat_map(|t| {
                    (0..28).map(move |at| {
                        let (y, x) = (at / 7, at % 7);
                        let missing = t < chunk[0] && y < chunk[2] && x < chunk[3];
                        if missing { 9 } else { t * 100 + y * 10 + x }
                    })
                });
                let expected: Vec<u16> = expected.map(|value| value as u16).collect();
                let samples = load(chunk, order, &[Some(0), Some(2), Some(3)], range);
                assert_eq!(samples.layout().shape(), [range.len, 4, 7]);
                assert_eq!(values(&samples), expected, "{chunk:?} {range:?}");
            }
        }
    }

    #[test]
    fn axes_come_in_another_order() {
        let all = |len| FrameRange {
            start: 0,
            len,
            step: 1,
        };
        for chunk in [[2, 1, 3, 4], [5, 1, 4, 7], [1, 1, 1, 1]] {
            let plain = load(chunk, [0, 1, 2, 3], &[Some(0), Some(2), Some(3)], all(5));
            let turned = load(chunk, [0, 1, 2, 3], &[Some(3), Some(0), Some(2)], all(7));
            assert_eq!(turned.layout().shape(), [7, 5, 4]);
            let layout = plain.layout().swap(0, 2).swap(1, 2);
            assert_eq!(values(&turned), values(&plain.with_layout(layout)));
            let one = load(
                chunk,
                [0, 1, 2, 3],
                &[None, Some(0), Some(2), Some(3)],
                all(1),
            );
            assert_eq!(one.layout().shape(), [1, 5, 4, 7]);
            assert_eq!(values(&one), values(&plain));
        }
    }

    #[test]
    fn rows_cover_the_frames_of_a_range() {
        for (start, len, step, chunk) in [
            (0, 10, 1, 3),
            (4, 3, 1, 3),
            (1, 7, 2, 3),
            (2, 5, 3, 3),
            (0, 4, 7, 3),
            (5, 1, 1, 100),
            (3, 0, 2, 2),
        ] {
            let range = FrameRange { start, len, step };
            let slabs = Slabs::new(range, chunk);
            let mut expected: Vec<Slab> = Vec::new();
            for frame in range.indices() {
                match expected.last_mut() {
                    Some(slab) if slab.index == frame / chunk => slab.len += 1,
                    _ => expected.push(Slab {
                        index: frame / chunk,
                        first: frame % chunk,
                        len: 1,
                    }),
                }
            }
            let found: Vec<Slab> = (0..slabs.count).map(|number| slabs.slab(number)).collect();
            assert_eq!(found, expected, "{range:?} {chunk}");
        }
    }

    #[test]
    fn what_no_memory_holds_is_refused() {
        let load = |shape: &[usize], chunk: &[usize]| {
            let grid = ChunkGrid::new(U16, shape, chunk, &[0, 1, 2]).unwrap();
            let grid = grid.with_fill_value(vec![1, 1]);
            let all = FrameRange {
                start: 0,
                len: shape[0],
                step: 1,
            };
            grid.load(Conversion::none(U16), all, &|_, _| Ok(false))
        };
        assert!(load(&[1 << 47, 1, 1], &[1, 1, 1]).is_err());
        assert!(load(&[1 << 30, 1 << 10, 1 << 10], &[1, 8, 8]).is_err());
        assert!(load(&[usize::MAX, 2, 2], &[1, 8, 8]).is_err());
        let samples = load(&[1, 2, 2], &[1 << 10, 1 << 10, 1 << 10]).unwrap();
        assert_eq!(values(&samples), [0x101; 4]);
        assert!(load(&[0, 2, 2], &[1, 8, 8]).is_ok());
    }

    #[test]
    fn impossible_chunks_are_refused() {
        for chunk in [[0, 1, 1], [usize::MAX, 2, 1], [1 << 20, 1 << 20, 1]] {
            assert!(ChunkGrid::new(U16, &[1, 1, 1], &chunk, &[0, 1, 2]).is_err());
        }
        assert!(ChunkGrid::new(U16, &[1, 1, 1], &[1, 1], &[0, 1]).is_err());
        assert!(ChunkGrid::new(U16, &[1, 1], &[1, 1, 1], &[0, 1, 2]).is_err());
    }
}
