//! Samples in files: read directly into the result, on all cores, and written in bulk.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::watched::WatchedFile;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::fs::files;
use crate::io::recording::FrameRange;
use crate::system::check_files;
use crate::task::{self, Task};
use crate::video::{
    DType, Element, Samples, Strided, Video, map_samples, read_run, shape_text, with_dtype,
};

/// Number of bytes that one parallel step reads, and of one write.
const STEP: usize = 2 << 20;

/// Number of bytes of frames that are reordered ahead of one write.
const BATCH: usize = 16 << 20;

const OTHER_ORDER: &str = "its byte order differs from that of this machine";

/// How a sample is encoded in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) struct Encoding {
    /// The type it is loaded as.
    pub(in crate::io) dtype: DType,
    /// Whether the samples are half-precision floats, which load as `float32`.
    pub(in crate::io) half: bool,
    /// Whether the byte order differs from this machine's.
    pub(in crate::io) swapped: bool,
}

impl Encoding {
    /// Size of a sample in the file in bytes.
    pub(in crate::io) fn size(self) -> usize {
        if self.half { 2 } else { self.dtype.size() }
    }

    /// Why the samples cannot be mapped, if they cannot.
    pub(in crate::io) fn obstacle(self) -> Option<&'static str> {
        match self {
            Self { half: true, .. } => {
                Some("its samples are float16, which are converted on loading")
            }
            Self {
                dtype: DType::Bool, ..
            } => Some("its samples are bool, which are checked on loading"),
            Self {
                dtype: DType::U8 | DType::I8,
                ..
            } => None,
            Self { swapped: true, .. } => Some(OTHER_ORDER),
            _ => None,
        }
    }

    /// The byte order as the reason, if it is the only thing that prevents mapping.
    pub(in crate::io) fn must_load(self) -> Option<&'static str> {
        self.obstacle().filter(|obstacle| *obstacle == OTHER_ORDER)
    }
}

/// Stored type of samples and the type they are converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::io) struct Conversion {
    /// The type they become.
    pub(in crate::io) dtype: DType,
    /// How they are encoded in the file.
    pub(in crate::io) stored: Encoding,
}

impl Conversion {
    /// Samples that keep their type.
    pub(in crate::io) fn none(encoding: Encoding) -> Self {
        Self {
            dtype: encoding.dtype,
            stored: encoding,
        }
    }

    /// The encoding in the file, if the samples keep their type.
    pub(in crate::io) fn direct(self) -> Option<Encoding> {
        let same = match self.dtype {
            DType::Bool => self.stored.size() == 1,
            dtype => self.stored.dtype == dtype,
        };
        same.then_some(Encoding {
            dtype: self.dtype,
            ..self.stored
        })
    }

    /// Fills a part of the result.
    pub(in crate::io) fn fill(self, out: &mut dyn FillFrom, read: ReadBytes<'_>) -> Result<()> {
        match self.direct() {
            Some(encoding) => out.fill(encoding, read),
            None => out.convert(self.stored, read),
        }
    }
}

/// A file that is read at several offsets at once.
pub(crate) struct SharedFile {
    path: PathBuf,
    /// The same path from any current folder.
    full: PathBuf,
    /// `None` if it was closed since it was last read.
    file: Mutex<Option<Arc<File>>>,
    len: u64,
    /// When it had been written to for the last time before it was opened, if that is known.
    modified: Option<SystemTime>,
}

impl SharedFile {
    /// Opens a regular file for reading.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        Self::new(path, files::open(path)?)
    }

    #[cfg(feature = "zarr")]
    /// Opens a file if there is one.
    pub(in crate::io) fn find(path: &Path) -> Result<Option<Self>> {
        let file = files::find(path)?;
        file.map(|file| Self::new(path, file)).transpose()
    }

    /// Wraps an open file.
    pub(in crate::io) fn new(path: &Path, file: File) -> Result<Self> {
        let facts = file.metadata().map_err(|e| Error::io("open", path, &e))?;
        Ok(Self {
            path: path.to_owned(),
            full: files::absolute(path),
            file: Mutex::new(Some(Arc::new(file))),
            len: facts.len(),
            modified: facts.modified().ok(),
        })
    }

    /// The open file, which is opened again if it was closed.
    fn file(&self) -> Result<Arc<File>> {
        let mut file = self.handle();
        if let Some(file) = &*file {
            return Ok(file.clone());
        }
        let opened = Arc::new(files::open(&self.full)?);
        *file = Some(opened.clone());
        Ok(opened)
    }

    fn handle(&self) -> MutexGuard<'_, Option<Arc<File>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Path of the file.
    pub(in crate::io) fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the file in bytes.
    pub(in crate::io) fn len(&self) -> u64 {
        self.len
    }

    /// Reads bytes at an offset of the file.
    pub(in crate::io) fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        read_exact_at(&*self.file()?, offset, out).map_err(|e| Error::io("read", &self.path, &e))
    }

    /// A section of the file as a stream.
    pub(in crate::io) fn section(&self, start: u64, len: u64) -> FileSection<'_> {
        let end = start.saturating_add(len).min(self.len);
        FileSection {
            source: self,
            start,
            at: start,
            end,
        }
    }

    /// The first `len` bytes, or fewer if the file is shorter.
    pub(in crate::io) fn start(&self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.len.min(len as u64) as usize];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

impl WatchedFile for SharedFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    fn is_unchanged(&self) -> bool {
        let facts = self.file().and_then(|file| {
            let facts = file.metadata();
            facts.map_err(|e| Error::io("read", &self.path, &e))
        });
        facts.is_ok_and(|facts| (facts.len(), facts.modified().ok()) == (self.len, self.modified))
    }

    fn close(&self) {
        self.handle().take();
    }
}

/// A section of a file, read from start to end.
pub(in crate::io) struct FileSection<'a> {
    source: &'a SharedFile,
    start: u64,
    at: u64,
    end: u64,
}

impl FileSection<'_> {
    /// Skips bytes.
    pub(in crate::io) fn leave_out(&mut self, len: u64) {
        self.at = self.at.saturating_add(len);
    }
}

impl Read for FileSection<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = self.end.saturating_sub(self.at).min(out.len() as u64) as usize;
        let file = self.source.file().map_err(std::io::Error::other)?;
        read_exact_at(&file, self.at, &mut out[..len])?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for FileSection<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => self.start.checked_add(at),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.end.checked_add_signed(step),
        };
        let at = at.filter(|at| *at >= self.start);
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at - self.start)
    }
}

/// Reads contiguous samples of a file, from byte `offset` on, on all cores.
pub(in crate::io) fn read_block(
    source: &SharedFile,
    encoding: Encoding,
    shape: &[usize],
    offset: u64,
) -> Result<Samples> {
    let per_step = STEP / encoding.size();
    load(encoding.dtype, shape, per_step, |step, out| {
        let start = offset + (step * per_step * encoding.size()) as u64;
        out.fill(encoding, &mut |bytes| source.read_at(start, bytes))
    })
}

/// Reads frames that begin at the given offsets of a file, on all cores.
pub(in crate::io) fn read_frames(
    source: &SharedFile,
    encoding: Encoding,
    shape: &[usize],
    offsets: &[u64],
) -> Result<Samples> {
    let frame_len: usize = shape[1..].iter().product();
    let frame_bytes = (frame_len * encoding.size()) as u64;
    let follow = |pair: &[u64]| pair[0].checked_add(frame_bytes) == Some(pair[1]);
    if offsets.windows(2).all(follow) {
        return read_block(
            source,
            encoding,
            shape,
            offsets.first().copied().unwrap_or(0),
        );
    }
    load(encoding.dtype, shape, frame_len, |frame, out| {
        out.fill(encoding, &mut |bytes| source.read_at(offsets[frame], bytes))
    })
}

/// Reads frames of an array of the given shape that starts at byte `start` of a file, on all cores.
pub(in crate::io) fn read_blocks(
    source: &SharedFile,
    conversion: Conversion,
    shape: &[usize],
    start: u64,
    range: FrameRange,
) -> Result<Samples> {
    // Checked before memory is reserved for what a file claims.
    let frames = match range.len {
        0 => 0,
        len => range.start + (len - 1) * range.step + 1,
    };
    let mut lens = [&[frames], &shape[1..]].concat().into_iter();
    let claimed = lens.try_fold(conversion.stored.size(), usize::checked_mul);
    let end = claimed.and_then(|bytes| start.checked_add(bytes as u64));
    if end.is_none_or(|end| end > source.len()) {
        bail!(
            "it claims {} samples, but has {} of them",
            shape_text(shape),
            counted(source.len().saturating_sub(start), "byte")
        );
    }
    let frame_len: usize = shape[1..].iter().product();
    let frame_bytes = (frame_len * conversion.stored.size()) as u64;
    let at = |frame: usize| start + frame as u64 * frame_bytes;
    let shape = [&[range.len], &shape[1..]].concat();
    if let Some(encoding) = conversion.direct() {
        let offsets: Vec<u64> = range.indices().map(at).collect();
        return read_frames(source, encoding, &shape, &offsets);
    }
    load(conversion.dtype, &shape, frame_len, |step, out| {
        let start = at(range.start + step * range.step);
        out.convert(conversion.stored, &mut |bytes| source.read_at(start, bytes))
    })
}

/// Fills an array in steps of `per_step` samples, on all cores; each step has to fill its part.
pub(in crate::io) fn load(
    dtype: DType,
    shape: &[usize],
    per_step: usize,
    fill: impl Fn(usize, &mut dyn FillFrom) -> Result<()> + Sync,
) -> Result<Samples> {
    with_dtype!(dtype, T => {
        let mut array = Strided::<T>::for_writing(shape)?;
        let steps = array.as_mut_slice()?.chunks_mut(per_step.max(1)).enumerate();
        task::for_each("loading", steps, |(step, mut out)| fill(step, &mut out))?;
        Ok(T::wrap(array))
    })
}

/// Fills an array in parts of the given numbers of samples, on all cores; unfilled samples are
/// zero.
pub(in crate::io) fn load_parts(
    dtype: DType,
    shape: &[usize],
    parts: usize,
    len_of: impl Fn(usize) -> usize,
    fill: impl Fn(usize, &mut dyn FillFrom) -> Result<()> + Sync,
) -> Result<Samples> {
    with_dtype!(dtype, T => {
        let mut array = Strided::<T>::zeroed(shape)?;
        let mut rest = array.as_mut_slice()?;
        let slices: Vec<&mut [T]> = (0..parts)
            .map(|part| {
                let slice = rest.split_off_mut(..len_of(part));
                slice.expect("the parts make up the array")
            })
            .collect();
        let slices = slices.into_iter().enumerate();
        task::for_each("loading", slices, |(part, mut out)| fill(part, &mut out))?;
        Ok(T::wrap(array))
    })
}

/// Fills an array in steps of `per_step` samples, one after the other.
pub(in crate::io) fn load_in_order(
    dtype: DType,
    shape: &[usize],
    per_step: usize,
    mut fill: impl FnMut(&mut dyn FillFrom) -> Result<()>,
) -> Result<Samples> {
    with_dtype!(dtype, T => {
        let mut array = Strided::<T>::for_writing(shape)?;
        let samples = array.as_mut_slice()?;
        let task = Task::new("loading", samples.len()).in_units("samples");
        for mut out in samples.chunks_mut(per_step.max(1)) {
            fill(&mut out)?;
            task.advance(out.len())?;
        }
        Ok(T::wrap(array))
    })
}

/// Best alignment of samples in a file, in bytes, for a number of bytes of samples. Large arrays
/// start at a memory page and are copied faster to a page boundary of the file.
pub(in crate::io) fn alignment(bytes: usize) -> usize {
    if bytes < 1 << 20 { 64 } else { 4096 }
}

/// Writes all samples in row-major order, as they are in memory; pending ones as they are computed.
pub(in crate::io) fn write_samples(video: &Video, path: &Path, file: &mut dyn Write) -> Result<()> {
    video.for_each_block(
        |block| map_samples!(block.samples(), array => write_array(array, path, file)),
    )
}

fn write_array<T: Stored>(array: &Strided<T>, path: &Path, file: &mut dyn Write) -> Result<()> {
    let mut write = |samples: &[T]| {
        let bytes = bytemuck::cast_slice(samples);
        file.write_all(bytes)
            .map_err(|e| cannot_write(path, bytes, &e))
    };
    let task = Task::new("saving", array.layout().len()).in_units("samples");
    if let Some(samples) = array.as_slice() {
        return samples.chunks(STEP / size_of::<T>()).try_for_each(|step| {
            write(step)?;
            task.advance(step.len())
        });
    }
    let frame_len: usize = array.shape()[1..].iter().product();
    let per_batch = (BATCH / size_of::<T>() / frame_len).max(1);
    let mut batch = vec![T::default(); per_batch.min(array.shape()[0]) * frame_len];
    for first in (0..array.shape()[0]).step_by(per_batch) {
        let frames = per_batch.min(array.shape()[0] - first);
        let batch = &mut batch[..frames * frame_len];
        let ordered = batch.chunks_mut(frame_len).enumerate();
        task::share(
            ordered,
            || (),
            |(), (frame, out)| {
                read_run(array, first + frame, 0..frame_len, out);
                Ok(())
            },
        )?;
        write(batch)?;
        task.advance(batch.len())?;
    }
    Ok(())
}

/// The error for bytes that could not be written: that of the mapped file, if they were lost from
/// one.
pub(in crate::io) fn cannot_write(path: &Path, bytes: &[u8], cause: &std::io::Error) -> Error {
    // Losses are noticed when bytes are read here, not when the system is asked to write them.
    std::hint::black_box(bytes.iter().fold(0, |sum, byte| sum ^ byte));
    let lost = check_files().err();
    lost.unwrap_or_else(|| Error::io("write", path, cause))
}

/// A trace or an image as a video of one frame; a video unchanged.
pub(in crate::io) fn as_frames(video: &Video) -> Cow<'_, Video> {
    if video.ndim() >= 3 {
        return Cow::Borrowed(video);
    }
    let mut layout = video.layout().clone();
    while layout.shape().len() < 3 {
        layout = layout.insert_axis(0);
    }
    Cow::Owned(video.with_layout(layout))
}

/// Passes the samples of one frame as bytes in row-major order.
pub(in crate::io) fn with_frame<R>(
    samples: &Samples,
    frame: usize,
    run: impl FnOnce(&[u8]) -> R,
) -> R {
    map_samples!(samples, array => match array.frame_slice(frame) {
        Some(samples) => run(bytemuck::cast_slice(samples)),
        None => {
            let mut ordered = vec![Default::default(); array.shape()[1..].iter().product()];
            read_run(array, frame, 0..ordered.len(), &mut ordered);
            run(bytemuck::cast_slice(&ordered))
        }
    })
}

/// Writes bytes at an offset of a file.
pub(in crate::io) fn write_at(file: &File, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let (mut offset, mut bytes) = (offset, bytes);
        while !bytes.is_empty() {
            let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
            (offset, bytes) = (offset + written as u64, &bytes[written..]);
        }
        Ok(())
    }
}

/// Sample types that can be stored as bytes in a file.
pub(in crate::io) trait Stored: Element + bytemuck::NoUninit {
    /// Fills samples with the bytes from `read`.
    fn fill(samples: &mut [Self], encoding: Encoding, read: ReadBytes<'_>) -> Result<()>;
}

/// Reads exactly as many bytes as the buffer holds.
pub(in crate::io) type ReadBytes<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<()>;

/// A part of the result to be filled, whatever its type.
pub(in crate::io) trait FillFrom {
    /// Fills it with samples decoded from the bytes of `read`.
    fn fill(&mut self, encoding: Encoding, read: ReadBytes<'_>) -> Result<()>;
    /// Fills it with samples that are stored as another type.
    fn convert(&mut self, stored: Encoding, read: ReadBytes<'_>) -> Result<()>;
}

impl<T: Stored> FillFrom for &mut [T] {
    fn fill(&mut self, encoding: Encoding, read: ReadBytes<'_>) -> Result<()> {
        T::fill(self, encoding, read)
    }

    fn convert(&mut self, stored: Encoding, read: ReadBytes<'_>) -> Result<()> {
        let numbers = read_numbers(stored, self.len(), read)?;
        for (sample, number) in self.iter_mut().zip(numbers) {
            *sample = T::from_f64(number);
        }
        Ok(())
    }
}

/// Reads `len` samples of any type.
pub(in crate::io) fn read_numbers(
    stored: Encoding,
    len: usize,
    read: ReadBytes<'_>,
) -> Result<Vec<f64>> {
    with_dtype!(stored.dtype, T => {
        let mut samples = vec![T::default(); len];
        T::fill(&mut samples, stored, read)?;
        Ok(samples.into_iter().map(Element::to_f64).collect())
    })
}

macro_rules! stored {
    ($($type:ident)*) => {
        $(impl Stored for $type {
            fn fill(samples: &mut [Self], encoding: Encoding, read: ReadBytes<'_>) -> Result<()> {
                fill_numbers(samples, encoding, read)
            }
        })*
    };
}
stored! { u8 u16 u32 u64 i8 i16 i32 i64 f64 }

impl Stored for f32 {
    fn fill(samples: &mut [Self], encoding: Encoding, read: ReadBytes<'_>) -> Result<()> {
        if !encoding.half {
            return fill_numbers(samples, encoding, read);
        }
        let mut halves = vec![f16::ZERO; samples.len()];
        fill_numbers(&mut halves, encoding, read)?;
        halves.convert_to_f32_slice(samples);
        Ok(())
    }
}

impl Stored for bool {
    fn fill(samples: &mut [Self], _: Encoding, read: ReadBytes<'_>) -> Result<()> {
        let mut bytes = vec![0; samples.len()];
        read(&mut bytes)?;
        for (sample, byte) in samples.iter_mut().zip(bytes) {
            *sample = byte != 0;
        }
        Ok(())
    }
}

fn fill_numbers<T: bytemuck::Pod>(
    samples: &mut [T],
    encoding: Encoding,
    read: ReadBytes<'_>,
) -> Result<()> {
    read(bytemuck::cast_slice_mut(samples))?;
    if encoding.swapped {
        match size_of::<T>() {
            2 => bytemuck::cast_slice_mut(samples)
                .iter_mut()
                .for_each(|v: &mut u16| *v = v.swap_bytes()),
            4 => bytemuck::cast_slice_mut(samples)
                .iter_mut()
                .for_each(|v: &mut u32| *v = v.swap_bytes()),
            8 => bytemuck::cast_slice_mut(samples)
                .iter_mut()
                .for_each(|v: &mut u64| *v = v.swap_bytes()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> std::io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        (offset, out) = (offset + read as u64, &mut out[read..]);
    }
    Ok(())
}
