//! Contiguous samples in memory, in scratch files and in memory-mapped recordings.
//!
//! The `unsafe` code of this folder is here and in `eviction` and `heap`; outside it, only
//! [`crate::system`] has some.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use memmap2::{Mmap, MmapMut};

use super::eviction::{self, EvictionGuard};
use super::pool::{self, PooledMemory};
use super::{Strided, scratch};
use crate::error::{Error, Result};
use crate::fs::files;
#[cfg(unix)]
use crate::system::TruncationGuard;
use crate::task::memory::MemoryKind;
use crate::video::layout::Layout;
use crate::video::memory::{MemoryCharge, expect_room};
use crate::video::samples::{DType, Element};
use crate::video::size_text;

/// From this size on, memory comes straight from the system in huge pages: fresh memory costs a
/// fault per page, and with pages of 4 kB the faults cost more than the arithmetic. Only such
/// arrays are counted.
const HUGE: usize = 4 << 20;

/// Contiguous samples in memory. Only [`Strided`] knows their type, whose size is that of the type
/// the block was made for.
pub(super) enum Block {
    /// Small, or made elsewhere: on the heap.
    Heap {
        values: BlockValues,
        _counted: Option<MemoryCharge>,
    },
    /// Large: memory from the system or a scratch file.
    Pages(SystemBlock),
    /// A recording: byte offset and number of bytes.
    File(Arc<Mapping>, usize, usize),
}

/// Samples on the heap, by their size.
pub(super) enum BlockValues {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
}

impl BlockValues {
    fn of<T: Element>(values: Vec<T>) -> Self {
        match size_of::<T>() {
            1 => BlockValues::One(bytemuck::cast_vec(values)),
            2 => BlockValues::Two(bytemuck::cast_vec(values)),
            4 => BlockValues::Four(bytemuck::cast_vec(values)),
            _ => BlockValues::Eight(bytemuck::cast_vec(values)),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            BlockValues::One(values) => values,
            BlockValues::Two(values) => bytemuck::cast_slice(values),
            BlockValues::Four(values) => bytemuck::cast_slice(values),
            BlockValues::Eight(values) => bytemuck::cast_slice(values),
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            BlockValues::One(values) => values,
            BlockValues::Two(values) => bytemuck::cast_slice_mut(values),
            BlockValues::Four(values) => bytemuck::cast_slice_mut(values),
            BlockValues::Eight(values) => bytemuck::cast_slice_mut(values),
        }
    }
}

/// Memory from the system or a scratch file, and its number of bytes.
pub(super) struct SystemBlock {
    bytes: BlockMemory,
    len: usize,
    _counted: MemoryCharge,
}

enum BlockMemory {
    Memory(PooledMemory),
    Scratch {
        /// Declared before the mapping that it watches, so that it is dropped first.
        _resident: EvictionGuard,
        map: MmapMut,
    },
}

impl SystemBlock {
    fn map(&self) -> &MmapMut {
        match &self.bytes {
            BlockMemory::Memory(memory) => memory,
            BlockMemory::Scratch { map, .. } => map,
        }
    }

    fn map_mut(&mut self) -> &mut MmapMut {
        match &mut self.bytes {
            BlockMemory::Memory(memory) => memory,
            BlockMemory::Scratch { map, .. } => map,
        }
    }
}

/// A mapped file and its guards.
pub(super) struct Mapping {
    /// Declared before the mapping that they watch, so that they are dropped first.
    _resident: EvictionGuard,
    #[cfg(unix)]
    _watch: TruncationGuard,
    map: Mmap,
    _counted: MemoryCharge,
}

/// A whole file mapped read-only.
pub struct MappedFile(Arc<Mapping>);

impl MappedFile {
    /// Maps a file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = files::open(path)?;
        // SAFETY: the mapping is read-only. If another program shortens the file while it is
        // mapped, reads past the new end give zeros, and `check_files` reports it.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("map", path, &e))?;
        let _counted = MemoryCharge::new(MemoryKind::Recording, map.len());
        let _resident = EvictionGuard::new(&map);
        #[cfg(unix)]
        let _watch = TruncationGuard::new(&map, path);
        Ok(Self(Arc::new(Mapping {
            _resident,
            #[cfg(unix)]
            _watch,
            map,
            _counted,
        })))
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0.map
    }

    /// View of the samples from byte offset `start` on, without copying; `None` if they would
    /// exceed the file, are not aligned, or not every byte pattern is a valid `T`.
    pub fn array<T: Element>(&self, start: usize, layout: Layout) -> Option<Strided<T>> {
        let (_, end) = layout.bounds()?;
        let stop = end.checked_mul(size_of::<T>())?.checked_add(start)?;
        let aligned = (self.0.map.as_ptr() as usize)
            .wrapping_add(start)
            .is_multiple_of(align_of::<T>());
        if stop > self.0.map.len() || !aligned || T::DTYPE == DType::Bool {
            return None;
        }
        Some(Strided {
            block: Arc::new(Block::File(self.0.clone(), start, stop - start)),
            layout,
            of: PhantomData,
        })
    }
}

impl Block {
    /// Creates `len` zeros.
    pub(super) fn zeroed<T: Element>(len: usize) -> Result<Self> {
        Self::new::<T>(len, true)
    }

    /// Creates `len` samples of arbitrary value.
    pub(super) fn for_writing<T: Element>(len: usize) -> Result<Self> {
        // Not every byte is a valid bool.
        let mut block = Self::new::<T>(len, T::DTYPE == DType::Bool)?;
        if cfg!(debug_assertions) {
            // Reveals samples that are not written to tests.
            block
                .as_mut_slice()
                .expect("not a file's")
                .fill(T::from_int(99));
        }
        Ok(block)
    }

    fn new<T: Element>(len: usize, is_zero: bool) -> Result<Self> {
        let bytes = len * size_of::<T>();
        if bytes < HUGE {
            return Ok(Block::Heap {
                values: BlockValues::of(vec![T::default(); len]),
                _counted: None,
            });
        }
        Self::pages(bytes, is_zero)
    }

    fn pages(bytes: usize, is_zero: bool) -> Result<Self> {
        expect_room(bytes)?;
        let Some(counted) = MemoryCharge::within_budget(bytes) else {
            return Self::scratch(bytes);
        };
        let Ok(memory) = PooledMemory::new(bytes, is_zero) else {
            drop(counted);
            return Self::scratch(bytes);
        };
        Ok(Block::Pages(SystemBlock {
            bytes: BlockMemory::Memory(memory),
            len: bytes,
            _counted: counted,
        }))
    }

    /// Creates `bytes` bytes of zeros in a scratch file.
    pub(super) fn scratch(bytes: usize) -> Result<Self> {
        expect_room(bytes)?;
        let file = scratch::create(bytes)?;
        // SAFETY: the file has no name, so that nobody else can shorten or change it.
        let map = unsafe { MmapMut::map_mut(&file) }.map_err(|_| out_of_memory(bytes))?;
        // Otherwise the system caches the file in pieces of up to megabytes, and a strided pass
        // over it loads one of them for each sample.
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Random);
        Ok(Block::Pages(SystemBlock {
            bytes: BlockMemory::Scratch {
                _resident: EvictionGuard::new(&map),
                map,
            },
            len: bytes,
            _counted: MemoryCharge::new(MemoryKind::Scratch, bytes),
        }))
    }

    /// Wraps existing samples.
    pub(super) fn from_vec<T: Element>(values: Vec<T>) -> Self {
        let bytes = values.capacity() * size_of::<T>();
        Self::from_values(BlockValues::of(values), bytes)
    }

    fn from_values(values: BlockValues, bytes: usize) -> Self {
        let _counted = (bytes >= HUGE).then(|| MemoryCharge::new(MemoryKind::Heap, bytes));
        if _counted.is_some() {
            pool::make_room();
        }
        Block::Heap { values, _counted }
    }

    /// Whether the samples are in a memory-mapped recording.
    pub(super) fn is_recording(&self) -> bool {
        matches!(self, Block::File(..))
    }

    /// Gives back memory of bytes of a memory-mapped recording, until they are read again.
    pub(super) fn evict(&self, bytes: Range<usize>) {
        if let Block::File(file, offset, len) = self {
            eviction::evict_part(&file.map[*offset..][..*len][bytes]);
        }
    }

    /// Whether the samples are in a scratch file.
    pub(super) fn is_scratch(&self) -> bool {
        matches!(self, Block::Pages(pages) if matches!(pages.bytes, BlockMemory::Scratch { .. }))
    }

    /// Whether the samples are in memory fresh from the system.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(self, Block::Pages(pages)
            if matches!(&pages.bytes, BlockMemory::Memory(memory) if memory.is_new()))
    }

    /// Size of the samples in bytes.
    pub(super) fn nbytes(&self) -> usize {
        match self {
            Block::Heap { values, .. } => values.bytes().len(),
            Block::Pages(pages) => pages.len,
            Block::File(_, _, len) => *len,
        }
    }

    fn start(&self) -> *const u8 {
        match self {
            Block::Heap { values, .. } => values.bytes().as_ptr(),
            Block::Pages(pages) => pages.map().as_ptr(),
            Block::File(file, offset, _) => file.map[*offset..].as_ptr(),
        }
    }

    fn start_mut(&mut self) -> Option<*mut u8> {
        match self {
            Block::Heap { values, .. } => Some(values.bytes_mut().as_mut_ptr()),
            Block::Pages(pages) => Some(pages.map_mut().as_mut_ptr()),
            Block::File(..) => None,
        }
    }

    pub(super) fn as_slice<T: Element>(&self) -> &[T] {
        let (start, len) = (self.start(), self.nbytes() / size_of::<T>());
        // SAFETY: all blocks are `nbytes` bytes long and aligned for samples of the size they were
        // made for, which is that of `T`: vectors by their type, memory and scratch files by page,
        // a recording as checked in `MappedFile::array`. Every bit pattern is a valid number. A
        // bool is never in a recording or in memory of a dropped array, fresh memory and scratch
        // files start as zeros and are written only as `T`, and samples written as another type are
        // checked before they are viewed as bools.
        unsafe { std::slice::from_raw_parts(start.cast(), len) }
    }

    /// Samples for writing, unless they are in a recording.
    pub(super) fn as_mut_slice<T: Element>(&mut self) -> Option<&mut [T]> {
        let len = self.nbytes() / size_of::<T>();
        let start = self.start_mut()?;
        // SAFETY: as in `as_slice`; the memory is not shared and borrowed mutably.
        Some(unsafe { std::slice::from_raw_parts_mut(start.cast(), len) })
    }
}

/// Error for samples that do not fit into memory.
pub(super) fn out_of_memory(bytes: usize) -> Error {
    Error::new(format!("cannot allocate {} of memory", size_text(bytes)))
        .hint("work on fewer frames (`frames`, `step`) or a smaller region (`crop`)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::memory::usage;

    #[test]
    fn scratch_files_are_memory() {
        let mut block = Block::scratch(6 << 20).unwrap();
        assert!(block.is_scratch() && !block.is_recording());
        assert!(usage().scratch >= 6 << 20);
        assert!(block.as_slice::<u16>().iter().all(|sample| *sample == 0));
        block.as_mut_slice::<u16>().unwrap()[3_000_000] = 7;
        assert_eq!(block.as_slice::<u16>()[3_000_000], 7);
    }

    #[test]
    fn only_large_arrays_are_counted() {
        let is_counted = |block: &Block| match block {
            Block::Heap { _counted, .. } => _counted.is_some(),
            _ => panic!("on the heap"),
        };
        assert!(!is_counted(&Block::from_vec(vec![0u8; 100])));
        let large = Block::from_vec(vec![0u8; 5 << 20]);
        assert!(is_counted(&large));
        assert!(usage().in_use >= 5 << 20);
    }
}
