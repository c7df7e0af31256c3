//! Samples that come one after the other out of a compressed stretch of a file.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::{DeflateDecoder, ZlibDecoder};

use super::FrameRange;
use super::raw::{self, Conversion, Source};
use crate::error::{Error, Result};
use crate::video::Samples;

/// How many bytes are inflated in one step.
const STEP: usize = 1 << 20;

/// What a compressed stretch of a file holds.
pub(super) fn inflate(source: &Source, start: u64, len: u64) -> impl Read + '_ {
    let section = source.section(start, len);
    ZlibDecoder::new(BufReader::with_capacity(STEP, section))
}

/// What a stretch of a file holds that is compressed without a header.
pub(super) fn inflate_raw(source: &Source, start: u64, len: u64) -> impl Read + '_ {
    let section = source.section(start, len);
    DeflateDecoder::new(BufReader::with_capacity(STEP, section))
}

/// Reads blocks of samples, the first axis of `shape`, that come after `skip` bytes of a stream.
pub(super) fn read_blocks(
    stream: &mut dyn Read,
    skip: u64,
    conversion: Conversion,
    shape: &[usize],
    range: FrameRange,
) -> Result<Samples> {
    let block: usize = shape[1..].iter().product();
    let block_bytes = block * conversion.stored.size();
    let shape = [&[range.len], &shape[1..]].concat();
    skip_bytes(stream, skip + (range.start * block_bytes) as u64).map_err(|e| damaged(&e))?;
    let between = (range.step - 1) * block_bytes;
    let per_step = match between {
        0 => STEP / conversion.stored.size(),
        _ => block,
    };
    let mut is_first = true;
    raw::load_in_order(conversion.dtype, &shape, per_step, |out| {
        if between > 0 && !std::mem::take(&mut is_first) {
            skip_bytes(stream, between as u64).map_err(|e| damaged(&e))?;
        }
        conversion.fill(out, &mut |bytes| {
            stream.read_exact(bytes).map_err(|e| damaged(&e))
        })
    })
}

/// Leaves out bytes of a stream.
fn skip_bytes(stream: &mut dyn Read, len: u64) -> std::io::Result<()> {
    let mut rest = BufReader::with_capacity(1 << 16, stream.take(len));
    let mut left = len;
    while left > 0 {
        let read = rest.fill_buf()?.len();
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if crate::task::is_interrupted() {
            return Err(std::io::Error::other(Error::interrupted()));
        }
        rest.consume(read);
        left -= read as u64;
    }
    Ok(())
}

/// The error for a stretch whose bytes cannot be inflated.
pub(super) fn damaged(cause: &std::io::Error) -> Error {
    let inner = cause
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match inner {
        Some(error) => error.clone(),
        None => Error::new(format!(
            "its compressed data is damaged or cut short ({cause})"
        )),
    }
}
