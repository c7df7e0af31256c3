//! Arrays that a file holds in chunks of equal shape, each compressed by itself, as HDF5 and
//! Zarr do. A row of chunks becomes its frames on one core.

use crate::bail;
use crate::error::{Error, Result};
use crate::io::FrameRange;
use crate::io::raw::{self, Conversion, Encoding};
use crate::task;
use crate::video::{Samples, shape_text};

/// The largest chunk that is decoded, in bytes; both formats allow no larger ones.
const MAX_CHUNK: usize = u32::MAX as usize;

/// An array of which a file claims more than this, and more than [`MAX_RATIO`] times what it
/// holds, in bytes, is not believed in.
const SMALL: usize = 16 << 20;
const MAX_RATIO: u64 = 4096;

/// How an array is cut into chunks.
pub(super) struct Grid {
    axes: Vec<Axis>,
    stored: Encoding,
    /// The samples of a chunk.
    chunk_len: usize,
    /// The number of axes of the array in the file.
    rank: usize,
    /// The bytes of a sample that was never written, unless they are zeros.
    blank: Option<Vec<u8>>,
}

/// An axis of the array.
#[derive(Debug, Clone, Copy)]
struct Axis {
    len: usize,
    /// How much of it a chunk has.
    chunk: usize,
    /// The distance between neighbours within a chunk, in samples.
    stride: usize,
    /// Its place among the axes in the file; `None` if it was added.
    index: Option<usize>,
}

/// Decodes the chunk of an index into as many bytes as a chunk has; false if there is none.
pub(super) type Decode<'a> = &'a (dyn Fn(&[usize], &mut [u8]) -> Result<bool> + Sync);

/// The part of a row of chunks that is to be loaded.
struct Row {
    /// The row's place along the first axis.
    index: usize,
    /// The first frame wanted, counted from the start of the row.
    first: usize,
    len: usize,
}

impl Grid {
    /// A grid of chunks whose samples lie in the given order of axes, the last varying fastest.
    pub(super) fn new(
        stored: Encoding,
        shape: &[usize],
        chunk: &[usize],
        order: &[usize],
    ) -> Result<Self> {
        if chunk.len() != shape.len() {
            bail!(
                "its chunks have {} axes, and the array has {}",
                chunk.len(),
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
        let mut axes: Vec<Axis> = std::iter::zip(shape, chunk)
            .enumerate()
            .map(|(index, (&len, &chunk))| Axis {
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
            blank: None,
        })
    }

    /// The same array, in which samples that were never written have these bytes.
    pub(super) fn with_blank(self, blank: Vec<u8>) -> Self {
        let blank = (blank.len() == self.stored.size() && blank.iter().any(|byte| *byte != 0))
            .then_some(blank);
        Self { blank, ..self }
    }

    /// The same array without some of its axes of length 1.
    pub(super) fn without_axes(mut self, dropped: &[usize]) -> Self {
        self.axes
            .retain(|axis| !axis.index.is_some_and(|index| dropped.contains(&index)));
        self
    }

    /// Loads frames, on all cores. The file has `present` bytes for all chunks together.
    pub(super) fn load(
        &self,
        conversion: Conversion,
        range: FrameRange,
        present: u64,
        decode: Decode<'_>,
    ) -> Result<Samples> {
        let lens: Vec<usize> = self.axes.iter().map(|axis| axis.len).collect();
        let shape = [&[range.len], &lens[1..]].concat();
        self.check_size(&shape, present)?;
        self.check_size(&[self.chunk_len], present)?;
        let frame_len: usize = lens[1..].iter().product();
        let rows = self.rows(range);
        let parts: Vec<usize> = rows.iter().map(|row| row.len * frame_len).collect();
        raw::load_parts(conversion.dtype, &shape, &parts, |index, out| {
            let mut read =
                |bytes: &mut [u8]| self.read_row(&rows[index], range.step, decode, bytes);
            conversion.fill(out, &mut read)
        })
    }

    /// An error if so many samples cannot be what the chunks hold.
    fn check_size(&self, shape: &[usize], present: u64) -> Result<()> {
        let size = self.stored.size();
        let claimed = shape
            .iter()
            .try_fold(size, |len, axis| len.checked_mul(*axis));
        match claimed {
            Some(claimed) if claimed <= SMALL => Ok(()),
            Some(claimed) if claimed as u64 / MAX_RATIO <= present => Ok(()),
            _ => bail!(
                "it claims {} samples, but has only {present} bytes of them",
                shape_text(shape)
            ),
        }
    }

    /// The rows of chunks that have the frames of a range.
    fn rows(&self, range: FrameRange) -> Vec<Row> {
        let per_row = self.axes[0].chunk;
        let mut rows: Vec<Row> = Vec::new();
        for frame in range.indices() {
            match rows.last_mut() {
                Some(row) if row.index == frame / per_row => row.len += 1,
                _ => rows.push(Row {
                    index: frame / per_row,
                    first: frame % per_row,
                    len: 1,
                }),
            }
        }
        rows
    }

    /// Decodes the chunks of a row, and copies what is wanted of them into place.
    fn read_row(&self, row: &Row, step: usize, decode: Decode<'_>, out: &mut [u8]) -> Result<()> {
        let whole = self.chunk_len * self.stored.size();
        let fits = row.first == 0 && step == 1 && row.len == self.axes[0].chunk;
        if fits && self.blank.is_none() && self.is_one_chunk() {
            decode(&self.index_in_file(row.index, &[0; 3]), out)?;
            return Ok(());
        }
        let mut chunk = vec![0; whole];
        let counts = self.inner().map(|axis| axis.len.div_ceil(axis.chunk));
        for number in 0..counts.iter().product() {
            if task::is_interrupted() {
                return Err(Error::interrupted());
            }
            let inner = [
                number / counts[2] / counts[1],
                number / counts[2] % counts[1],
                number % counts[2],
            ];
            if decode(&self.index_in_file(row.index, &inner), &mut chunk)? {
                self.scatter(&chunk, row, step, inner, out);
            } else if let Some(blank) = &self.blank {
                let samples = chunk.chunks_exact_mut(blank.len());
                samples.for_each(|sample| sample.copy_from_slice(blank));
                self.scatter(&chunk, row, step, inner, out);
            }
        }
        Ok(())
    }

    /// Whether each row is one chunk whose samples are in order.
    fn is_one_chunk(&self) -> bool {
        let mut stride = 1;
        self.axes.iter().enumerate().rev().all(|(index, axis)| {
            let ordered = axis.stride == stride && (index == 0 || axis.chunk == axis.len);
            stride *= axis.chunk;
            ordered
        }) && stride == self.chunk_len
    }

    /// The three axes of a frame, or fewer preceded by ones of length 1.
    fn inner(&self) -> [Axis; 3] {
        let mut axes = [Axis {
            len: 1,
            chunk: 1,
            stride: 0,
            index: None,
        }; 3];
        let count = self.axes.len() - 1;
        axes[3 - count..].copy_from_slice(&self.axes[1..]);
        axes
    }

    /// The index of a chunk along all axes in the file.
    fn index_in_file(&self, row: usize, inner: &[usize; 3]) -> Vec<usize> {
        let mut index = vec![0; self.rank];
        let places = [(&self.axes[0], row)];
        let axes = self.inner();
        for (axis, place) in places
            .into_iter()
            .chain(axes.iter().zip(inner.iter().copied()))
        {
            if let Some(in_file) = axis.index {
                index[in_file] = place;
            }
        }
        index
    }

    /// Copies what a row has of a chunk to its frames.
    fn scatter(&self, chunk: &[u8], row: &Row, step: usize, place: [usize; 3], out: &mut [u8]) {
        let size = self.stored.size();
        let [a, b, c] = self.inner();
        let start = |axis: &Axis, place: usize| place * axis.chunk;
        let [a0, b0, c0] = [
            start(&a, place[0]),
            start(&b, place[1]),
            start(&c, place[2]),
        ];
        let count = |axis: &Axis, start: usize| axis.chunk.min(axis.len - start);
        let run = count(&c, c0);
        for frame in 0..row.len {
            let from_frame = (row.first + frame * step) * self.axes[0].stride;
            for i in 0..count(&a, a0) {
                for j in 0..count(&b, b0) {
                    let from = (from_frame + i * a.stride + j * b.stride) * size;
                    let to = ((frame * a.len + a0 + i) * b.len + b0 + j) * c.len + c0;
                    let out = &mut out[to * size..(to + run) * size];
                    if c.stride == 1 {
                        out.copy_from_slice(&chunk[from..from + run * size]);
                    } else {
                        let samples = chunk[from..].chunks(c.stride.max(1) * size);
                        for (out, sample) in out.chunks_exact_mut(size).zip(samples) {
                            out.copy_from_slice(&sample[..size]);
                        }
                    }
                }
            }
        }
    }
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

    /// Loads a ramp of shape 5×1×4×7 in chunks, of which one is missing.
    fn load(chunk: [usize; 4], order: [usize; 4], range: FrameRange) -> Vec<u16> {
        let grid = Grid::new(U16, &[5, 1, 4, 7], &chunk, &order).unwrap();
        let grid = grid
            .with_blank(9u16.to_ne_bytes().into())
            .without_axes(&[1]);
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
                let place =
                    |axis: usize| at / strides[axis] % chunk[axis] + index[axis] * chunk[axis];
                *sample = (place(0) * 100 + place(2) * 10 + place(3)) as u16;
            }
            Ok(true)
        };
        let samples = grid.load(Conversion::none(U16), range, 0, &decode).unwrap();
        let Samples::U16(array) = samples else {
            panic!("other type")
        };
        assert_eq!(array.shape(), [range.len, 4, 7]);
        array.as_slice().unwrap().to_vec()
    }

    #[test]
    fn chunks_come_to_their_places() {
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
                assert_eq!(load(chunk, order, range), expected, "{chunk:?} {range:?}");
            }
        }
    }

    #[test]
    fn what_the_file_cannot_hold_is_not_allocated() {
        let load = |shape: &[usize], chunk: &[usize]| {
            let grid = Grid::new(U16, shape, chunk, &[0, 1, 2]).unwrap();
            let grid = grid.with_blank(vec![1, 1]);
            let all = FrameRange {
                start: 0,
                len: shape[0],
                step: 1,
            };
            grid.load(Conversion::none(U16), all, 1000, &|_, _| Ok(false))
        };
        assert!(load(&[1 << 20, 1 << 10, 1 << 10], &[1, 8, 8]).is_err());
        assert!(load(&[usize::MAX, 2, 2], &[1, 8, 8]).is_err());
        assert!(load(&[1, 2, 2], &[1 << 10, 1 << 10, 1 << 10]).is_err());
        assert!(load(&[1, 2, 2], &[1 << 5, 1 << 5, 1 << 5]).is_ok());
    }

    #[test]
    fn impossible_chunks_are_refused() {
        for chunk in [[0, 1, 1], [usize::MAX, 2, 1], [1 << 20, 1 << 20, 1]] {
            assert!(Grid::new(U16, &[1, 1, 1], &chunk, &[0, 1, 2]).is_err());
        }
    }
}
