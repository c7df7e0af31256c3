//! Storage of samples: memory, a scratch file, or a recording mapped read-only, shared between
//! arrays.

mod bits;
mod block;
mod eviction;
pub(super) mod heap;
mod pool;
mod scratch;

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder};

use super::layout::Layout;
use super::samples::{DType, Element};
use crate::error::Result;
use block::Block;
pub use block::MappedFile;

/// Typed array of samples. Clones share the samples; writing copies them first if shared.
#[derive(Clone)]
pub struct Strided<T> {
    block: Arc<Block>,
    layout: Layout,
    of: PhantomData<T>,
}

impl<T: Element> Strided<T> {
    /// Creates an array of zeros (`false` for bool): in memory, or in a scratch file if it would
    /// exceed the memory budget.
    pub fn zeroed(shape: &[usize]) -> Result<Self> {
        Self::allocated(shape, Block::zeroed::<T>)
    }

    /// Creates an array whose samples must all be written: until then they are arbitrary, as the
    /// memory may be that of a dropped array.
    pub fn for_writing(shape: &[usize]) -> Result<Self> {
        Self::allocated(shape, Block::for_writing::<T>)
    }

    /// Creates an array of zeros in a scratch file, whatever the memory budget is: for samples that
    /// are read once more, in order, much later.
    pub fn in_scratch_file(shape: &[usize]) -> Result<Self> {
        Self::allocated(shape, |len| Block::scratch(len * size_of::<T>()))
    }

    fn allocated(shape: &[usize], allocate: impl FnOnce(usize) -> Result<Block>) -> Result<Self> {
        let fits = shape
            .iter()
            .try_fold(size_of::<T>(), |bytes, &len| bytes.checked_mul(len))
            .is_some_and(|bytes| isize::try_from(bytes).is_ok());
        if !fits {
            return Err(block::out_of_memory(usize::MAX));
        }
        let layout = Layout::contiguous(shape);
        Ok(Self {
            block: Arc::new(allocate(layout.len())?),
            layout,
            of: PhantomData,
        })
    }

    /// Creates an array of the given samples in row-major order.
    ///
    /// # Panics
    /// If their number does not match the shape.
    pub fn from_vec(shape: &[usize], values: Vec<T>) -> Self {
        let layout = Layout::contiguous(shape);
        assert_eq!(
            layout.len(),
            values.len(),
            "as many samples as the shape has"
        );
        Self {
            block: Arc::new(Block::from_vec(values)),
            layout,
            of: PhantomData,
        }
    }

    /// Type of the samples.
    pub fn dtype(&self) -> DType {
        T::DTYPE
    }

    /// Layout of the samples in memory.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// View of the same memory with another layout.
    ///
    /// # Panics
    /// If the layout exceeds the storage.
    pub fn with_layout(&self, layout: Layout) -> Self {
        let (_, end) = layout.bounds().expect("a layout derived from a valid one");
        assert!(end <= self.storage().len(), "layout within the storage");
        Self {
            block: self.block.clone(),
            layout,
            of: PhantomData,
        }
    }

    /// Whether another array has the same memory and layout.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.block, &other.block) && self.layout == other.layout
    }

    /// Whether the samples are in a memory-mapped file.
    pub fn is_mmap(&self) -> bool {
        self.block.is_recording()
    }

    /// Whether the samples are in a scratch file.
    pub fn is_scratch(&self) -> bool {
        self.block.is_scratch()
    }

    /// Whether the samples are in memory fresh from the system, so that the first write to each
    /// page causes a page fault.
    pub fn is_fresh(&self) -> bool {
        self.block.is_fresh()
    }

    /// Gives back memory of frames of a memory-mapped recording, until they are read again, if nobody
    /// else refers to it. Returns whether nobody does.
    pub fn evict_frames(&self, frames: Range<usize>) -> bool {
        let is_only = Arc::strong_count(&self.block) == 1;
        let bounds = |frames: Range<usize>| {
            let layout = self.layout.slice(0, frames.start, frames.len(), 1);
            layout.bounds()
        };
        let rest = frames.end..self.layout.shape()[0];
        // Frames of arrays in Fortran order are spread over the whole file.
        if is_only
            && self.is_mmap()
            && let (Some((begin, end)), Some((next, _))) = (bounds(frames), bounds(rest))
            && end <= next
        {
            self.block
                .evict(begin * size_of::<T>()..end * size_of::<T>());
        }
        is_only
    }

    /// Whether a filter may write its result over these samples: they are not shared, not in a
    /// file, contiguous, and waste little of their memory.
    pub fn is_reusable(&self) -> bool {
        Arc::strong_count(&self.block) == 1
            && !self.is_mmap()
            && self.layout.is_contiguous()
            && self.storage().len() <= 2 * self.layout.len()
    }

    /// Samples in row-major order, if they are contiguous in that order.
    pub fn as_slice(&self) -> Option<&[T]> {
        let start = self.layout.offset();
        self.layout
            .is_contiguous()
            .then(|| match self.layout.len() {
                0 => &[],
                len => &self.storage()[start..start + len],
            })
    }

    /// Samples of one frame (index of the first axis), if they are contiguous in row-major order.
    pub fn frame_slice(&self, frame: usize) -> Option<&[T]> {
        self.layout.has_contiguous_frames().then(|| {
            let len = self.layout.shape()[1..].iter().product::<usize>();
            if len == 0 {
                return &[][..];
            }
            let stride = self.layout.strides()[0];
            let start = self
                .layout
                .offset()
                .wrapping_add_signed(stride * frame as isize);
            &self.storage()[start..start + len]
        })
    }

    /// A run of samples of one frame, which does not go beyond a [run](Layout::run_len) of its layout.
    pub fn run_slice(&self, frame: usize, run: Range<usize>) -> &[T] {
        let start = self.layout.index_in_frame(frame, run.start);
        &self.storage()[start..start + run.len()]
    }

    /// Array for reading, with its shape and strides.
    pub fn view(&self) -> ArrayViewD<'_, T> {
        if self.layout.is_empty() {
            return ArrayViewD::from_shape(IxDyn(self.shape()), &[]).expect("no samples");
        }
        let (low, high) = self
            .layout
            .bounds()
            .expect("checked when the layout was set");
        let samples = &self.storage()[low..high];
        let distances: Vec<usize> = self
            .layout
            .strides()
            .iter()
            .map(|s| s.unsigned_abs())
            .collect();
        let shape = IxDyn(self.layout.shape()).strides(IxDyn(&distances));
        let mut view = ArrayViewD::from_shape(shape, samples).expect("bounds cover the layout");
        for (axis, &stride) in self.layout.strides().iter().enumerate() {
            if stride < 0 {
                view.invert_axis(Axis(axis));
            }
        }
        view
    }

    /// Samples for writing, in row-major order; copied first if they are shared, in a file or in
    /// another order.
    pub fn as_mut_slice(&mut self) -> Result<&mut [T]> {
        if Arc::strong_count(&self.block) > 1 || self.is_mmap() || !self.layout.is_contiguous() {
            *self = self.copy()?;
        }
        if self.layout.is_empty() {
            return Ok(&mut []);
        }
        let range = self.layout.offset()..self.layout.offset() + self.layout.len();
        let block = Arc::get_mut(&mut self.block).expect("not shared, or just copied");
        Ok(&mut block.as_mut_slice().expect("not a file's, or just copied")[range])
    }

    /// Array for writing; copied first if it is shared, in a file or in another order.
    pub fn view_mut(&mut self) -> Result<ArrayViewMutD<'_, T>> {
        let shape = IxDyn(self.layout.shape());
        let samples = self.as_mut_slice()?;
        Ok(ArrayViewMutD::from_shape(shape, samples).expect("contiguous samples"))
    }

    /// All samples of the storage, for reading through the layout.
    pub(crate) fn storage(&self) -> &[T] {
        self.block.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(shape: &[usize]) -> Strided<u16> {
        let len = shape.iter().product::<usize>() as u16;
        Strided::from_vec(shape, (0..len).collect())
    }

    #[test]
    fn writing_copies_only_what_is_shared() {
        let mut a = ramp(&[2, 3]);
        let before = a.as_slice().unwrap().as_ptr();
        a.as_mut_slice().unwrap()[0] = 7;
        assert_eq!(a.as_slice().unwrap().as_ptr(), before);
        let b = a.clone();
        a.as_mut_slice().unwrap()[0] = 9;
        assert_eq!(b.as_slice().unwrap()[0], 7);
        assert_eq!(a.as_slice().unwrap()[0], 9);
    }

    #[test]
    fn views_follow_negative_strides() {
        let a = ramp(&[2, 3]);
        let flipped = a.with_layout(a.layout().flip(1));
        assert_eq!(
            flipped.view().iter().copied().collect::<Vec<_>>(),
            [2, 1, 0, 5, 4, 3]
        );
        assert_eq!(
            flipped.copy().unwrap().as_slice().unwrap(),
            [2, 1, 0, 5, 4, 3]
        );
    }

    #[test]
    fn large_arrays_are_zeroed() {
        let a = Strided::<f32>::zeroed(&[3, 1024, 1024]).unwrap();
        assert!(a.as_slice().unwrap().iter().all(|v| *v == 0.0));
    }

    #[test]
    fn empty_arrays_can_be_read_and_written() {
        let a = Strided::<u8>::zeroed(&[0, 3, 4]).unwrap();
        assert!(a.as_slice().unwrap().is_empty());
        assert_eq!(a.view().shape(), [0, 3, 4]);
        let mut flipped = a.with_layout(a.layout().flip(2));
        drop(a);
        assert!(flipped.as_mut_slice().unwrap().is_empty());
    }
}
