//! Samples decompressed sequentially from a section of a file.

use std::io::{BufRead, BufReader, Read};

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, ZlibDecoder};

use super::samples::{self, Conversion, FileSection, SharedFile, Stored};
use crate::error::{Error, Result};
use crate::io::codec::inflate::{Inflater, Wrapping};
use crate::io::recording::FrameRange;
use crate::task;
use crate::video::{Element, Layout, MappedFile, Samples, Strided, with_dtype};

/// Number of bytes inflated in one step.
const STEP: usize = 1 << 20;

/// Maximum number of bytes inflated in one call: larger data has to report progress.
const AT_ONCE: usize = 1 << 30;

/// Inflates a section of a file.
pub(in crate::io) fn inflate(
    source: &SharedFile,
    start: u64,
    len: u64,
) -> ZlibDecoder<BufReader<FileSection<'_>>> {
    let section = source.section(start, len);
    ZlibDecoder::new(BufReader::with_capacity(STEP, section))
}

/// Inflates a section of a file that is compressed without a header.
pub(in crate::io) fn inflate_raw(source: &SharedFile, start: u64, len: u64) -> impl Read + '_ {
    let section = source.section(start, len);
    DeflateDecoder::new(BufReader::with_capacity(STEP, section))
}

/// Reads blocks of samples, the first axis of `shape`, after `skip` bytes of a stream.
pub(in crate::io) fn read_blocks(
    stream: &mut dyn Read,
    skip: u64,
    conversion: Conversion,
    shape: &[usize],
    range: FrameRange,
) -> Result<Samples> {
    let block: usize = shape[1..].iter().product();
    let block_bytes = block * conversion.stored.size();
    let shape = [&[range.len], &shape[1..]].concat();
    skip_bytes(stream, skip + (range.start * block_bytes) as u64).map_err(|e| corrupted(&e))?;
    let between = (range.step - 1) * block_bytes;
    let per_step = match between {
        0 => STEP / conversion.stored.size(),
        _ => block,
    };
    let mut is_first = true;
    samples::load_in_order(conversion.dtype, &shape, per_step, |out| {
        if between > 0 && !std::mem::take(&mut is_first) {
            skip_bytes(stream, between as u64).map_err(|e| corrupted(&e))?;
        }
        conversion.fill(out, &mut |bytes| {
            stream.read_exact(bytes).map_err(|e| corrupted(&e))
        })
    })
}

/// Inflates a section of a file in one call and returns all samples after `skip` bytes, which is
/// faster than reading a stream; `None` where that is not possible, or where the checksum of the
/// inflated data differs from the given one.
pub(in crate::io) fn read_all(
    source: &SharedFile,
    wrapping: Wrapping,
    (start, len): (u64, u64),
    skip: u64,
    conversion: Conversion,
    shape: &[usize],
    crc: Option<u32>,
) -> Result<Option<Samples>> {
    let encoding = conversion.direct().filter(|it| it.obstacle().is_none());
    let Some(encoding) = encoding else {
        return Ok(None);
    };
    let size = encoding.size();
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let samples = shape
        .iter()
        .try_fold(1usize, |samples, len| samples.checked_mul(*len));
    let Some(samples) = samples.filter(|samples| *samples <= AT_ONCE / size) else {
        return Ok(None);
    };
    if !skip.is_multiple_of(size) || skip > AT_ONCE {
        return Ok(None);
    }
    let file = MappedFile::open(source.path())?;
    with_dtype!(encoding.dtype, T => {
        // Up to 8 bytes may follow the samples.
        let mut array = Strided::<T>::for_writing(&[skip / size + samples + 8 / size])?;
        let array = task::interruptibly(move || {
            let mut inflate = |out: &mut [u8]| {
                let end = usize::try_from(start + len).unwrap_or(usize::MAX);
                let bytes = file.bytes().get(start as usize..end).unwrap_or_default();
                let given = Inflater::new().whole(wrapping, bytes, out);
                let given = given.filter(|given| *given >= skip + samples * size);
                let is_whole = |given| crc.is_none_or(|crc| sum(&out[..given]) == crc);
                match given.is_some_and(is_whole) {
                    true => Ok(()),
                    false => Err(Error::new("its compressed data is damaged")),
                }
            };
            let out = array.as_mut_slice()?;
            T::fill(out, encoding, &mut inflate)?;
            out.copy_within(skip / size.., 0);
            Ok::<_, Error>(array)
        })?;
        let layout = Layout::contiguous(shape);
        Ok(array.and_then(Result::ok).map(|array| T::wrap(array.with_layout(layout))))
    })
}

/// The checksum of ZIP files (CRC-32).
fn sum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Skips bytes of a stream.
fn skip_bytes(stream: &mut dyn Read, len: u64) -> std::io::Result<()> {
    let mut rest = BufReader::with_capacity(1 << 16, stream.take(len));
    let mut left = len;
    while left > 0 {
        let read = rest.fill_buf()?.len();
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        task::check().map_err(std::io::Error::other)?;
        rest.consume(read);
        left -= read as u64;
    }
    Ok(())
}

/// The error for a section that cannot be inflated.
pub(in crate::io) fn corrupted(cause: &std::io::Error) -> Error {
    let inner = cause
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match inner {
        Some(error) => error.clone(),
        None => Error::new(format!(
            "its compressed data is damaged or truncated ({cause})"
        )),
    }
}
