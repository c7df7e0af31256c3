//! Where samples live: memory of our own or a file mapped read-only, shared between arrays.
//!
//! This is the only module with `unsafe` code.
#![allow(unsafe_code)]

use std::fs::File;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use memmap2::{Mmap, MmapMut};
use ndarray::{ArrayViewD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder};

use super::layout::Layout;
use super::samples::{DType, Element};
use crate::error::{Error, Result};

/// From this size on, memory comes straight from the system in huge pages: fresh memory costs
/// a fault per page, and with pages of 4 kB the faults cost more than the arithmetic.
const HUGE: usize = 4 << 20;

/// A typed array of samples. Clones share the samples; writing copies them first if shared.
#[derive(Clone)]
pub struct Strided<T> {
    block: Arc<Block<T>>,
    layout: Layout,
}

/// A run of samples in memory.
enum Block<T> {
    /// Small: on the heap.
    Heap(Vec<T>),
    /// Large: anonymous memory.
    Pages(MmapMut, usize, PhantomData<T>),
    /// A file, from a byte offset on, for a number of samples.
    File(Arc<Mmap>, usize, usize),
}

/// A whole file mapped read-only.
pub struct MappedFile(Arc<Mmap>);

impl MappedFile {
    /// Maps a file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("open", path, &e))?;
        // SAFETY: the mapping is read-only. If another program shortens the file while it is
        // mapped, reading past the new end raises SIGBUS, which ends the program without
        // corrupting anything.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("map", path, &e))?;
        Ok(Self(Arc::new(map)))
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// An array over the samples from byte `start` on, without copying them; `None` if they
    /// would not lie within the file, are not aligned, or any byte pattern is not a valid `T`.
    pub fn array<T: Element>(&self, start: usize, layout: Layout) -> Option<Strided<T>> {
        let (_, end) = layout.bounds()?;
        let stop = end.checked_mul(size_of::<T>())?.checked_add(start)?;
        let aligned = (self.0.as_ptr() as usize)
            .wrapping_add(start)
            .is_multiple_of(align_of::<T>());
        if stop > self.0.len() || !aligned || T::DTYPE == DType::Bool {
            return None;
        }
        Some(Strided {
            block: Arc::new(Block::File(self.0.clone(), start, end)),
            layout,
        })
    }
}

impl<T: Element> Block<T> {
    fn zeroed(len: usize) -> Result<Self> {
        let bytes = len * size_of::<T>();
        if bytes < HUGE {
            return Ok(Block::Heap(vec![T::default(); len]));
        }
        let pages = MmapMut::map_anon(bytes).map_err(|_| out_of_memory(bytes))?;
        #[cfg(target_os = "linux")]
        let _ = pages.advise(memmap2::Advice::HugePage);
        Ok(Block::Pages(pages, len, PhantomData))
    }

    fn as_slice(&self) -> &[T] {
        let (start, len) = match self {
            Block::Heap(values) => return values,
            Block::Pages(pages, len, _) => (pages.as_ptr(), *len),
            Block::File(map, offset, len) => (map[*offset..].as_ptr(), *len),
        };
        // SAFETY: both mappings are at least `len` samples long and aligned: anonymous memory by
        // page, a file as checked in `MappedFile::array`. Every bit pattern is a valid number; a
        // bool is never in a file, and anonymous memory starts as zeros and is written only as `T`.
        unsafe { std::slice::from_raw_parts(start.cast(), len) }
    }

    /// The samples for writing, unless they are those of a file.
    fn as_mut_slice(&mut self) -> Option<&mut [T]> {
        match self {
            Block::Heap(values) => Some(values),
            // SAFETY: as in `as_slice`; the mapping is private and borrowed mutably.
            Block::Pages(pages, len, _) => {
                Some(unsafe { std::slice::from_raw_parts_mut(pages.as_mut_ptr().cast(), *len) })
            }
            Block::File(..) => None,
        }
    }
}

/// The samples do not fit into memory.
fn out_of_memory(bytes: usize) -> Error {
    Error::new(format!(
        "cannot allocate {} of memory",
        super::size_text(bytes)
    ))
    .hint("work on fewer frames (`frames`, `step`) or a smaller region (`crop`)")
}

impl<T: Element> Strided<T> {
    /// An array of zeros (`false` for bool).
    pub fn zeroed(shape: &[usize]) -> Result<Self> {
        let fits = shape
            .iter()
            .try_fold(size_of::<T>(), |bytes, &len| bytes.checked_mul(len))
            .is_some_and(|bytes| isize::try_from(bytes).is_ok());
        if !fits {
            return Err(out_of_memory(usize::MAX));
        }
        let layout = Layout::contiguous(shape);
        Ok(Self {
            block: Arc::new(Block::zeroed(layout.len())?),
            layout,
        })
    }

    /// An array of the given samples in row-major order.
    ///
    /// # Panics
    /// If their number is not that of the shape.
    pub fn from_vec(shape: &[usize], values: Vec<T>) -> Self {
        let layout = Layout::contiguous(shape);
        assert_eq!(
            layout.len(),
            values.len(),
            "as many samples as the shape has"
        );
        Self {
            block: Arc::new(Block::Heap(values)),
            layout,
        }
    }

    /// The type of the samples.
    pub fn dtype(&self) -> DType {
        T::DTYPE
    }

    /// How the samples lie in memory.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// The same memory seen through another layout.
    ///
    /// # Panics
    /// If the layout leaves the storage.
    pub fn with_layout(&self, layout: Layout) -> Self {
        let (_, end) = layout.bounds().expect("a layout derived from a valid one");
        assert!(
            end <= self.block.as_slice().len(),
            "layout within the storage"
        );
        Self {
            block: self.block.clone(),
            layout,
        }
    }

    /// Whether the samples are those of a file.
    pub fn is_mmap(&self) -> bool {
        matches!(*self.block, Block::File(..))
    }

    /// Whether a filter may write its result over these samples: nobody else sees them, they
    /// are not a file's, they are contiguous, and little of their memory would be wasted.
    pub fn is_reusable(&self) -> bool {
        Arc::strong_count(&self.block) == 1
            && !self.is_mmap()
            && self.layout.is_contiguous()
            && self.block.as_slice().len() <= 2 * self.layout.len()
    }

    /// The samples in row-major order, if they lie so in memory.
    pub fn as_slice(&self) -> Option<&[T]> {
        let start = self.layout.offset();
        self.layout
            .is_contiguous()
            .then(|| match self.layout.len() {
                0 => &[],
                len => &self.block.as_slice()[start..start + len],
            })
    }

    /// The samples of one frame (index of the first axis), if they lie in order in memory.
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
            &self.block.as_slice()[start..start + len]
        })
    }

    /// The array for reading, with the shape and strides that it has.
    pub fn view(&self) -> ArrayViewD<'_, T> {
        if self.layout.is_empty() {
            return ArrayViewD::from_shape(IxDyn(self.shape()), &[]).expect("no samples");
        }
        let (low, high) = self
            .layout
            .bounds()
            .expect("checked when the layout was set");
        let samples = &self.block.as_slice()[low..high];
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

    /// The samples for writing, in row-major order; copied first if they are shared, a file's or
    /// in another order.
    pub fn as_mut_slice(&mut self) -> Result<&mut [T]> {
        if Arc::strong_count(&self.block) > 1 || self.is_mmap() || !self.layout.is_contiguous() {
            *self = self.copy()?;
        }
        let range = self.layout.offset()..self.layout.offset() + self.layout.len();
        let block = Arc::get_mut(&mut self.block).expect("not shared, or just copied");
        Ok(&mut block.as_mut_slice().expect("not a file's, or just copied")[range])
    }

    /// The array for writing; copied first if it is shared, a file's or in another order.
    pub fn view_mut(&mut self) -> Result<ArrayViewMutD<'_, T>> {
        let shape = IxDyn(self.layout.shape());
        let samples = self.as_mut_slice()?;
        Ok(ArrayViewMutD::from_shape(shape, samples).expect("contiguous samples"))
    }

    /// A copy with memory of its own, in row-major order.
    pub fn copy(&self) -> Result<Self> {
        let mut copy = Self::zeroed(self.shape())?;
        super::read::copy_frames(self, copy.as_mut_slice()?)?;
        Ok(copy)
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
    fn empty_arrays_can_be_read() {
        let a = Strided::<u8>::zeroed(&[0, 3, 4]).unwrap();
        assert!(a.as_slice().unwrap().is_empty());
        assert_eq!(a.view().shape(), [0, 3, 4]);
    }
}
