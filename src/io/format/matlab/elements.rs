//! Data elements of MATLAB files of versions 5 to 7: each is a value preceded by its type and
//! length.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::ZlibDecoder;

use crate::bail;
use crate::error::Result;
use crate::io::bytes::samples::FileSection;
use crate::io::bytes::stream::corrupted;
use crate::task;

/// Number of bytes skipped in one step.
const STEP: usize = 1 << 16;

/// A stream of elements.
pub(super) struct ElementReader<R> {
    stream: R,
    pub(super) swapped: bool,
    /// Number of bytes read.
    pub(super) position: u64,
}

/// The tag of an element.
pub(super) struct ElementTag {
    pub(super) kind: u32,
    /// Number of bytes of the value.
    pub(super) len: u32,
    /// The value, if it is short enough to be stored in the tag.
    pub(super) inline: Option<[u8; 4]>,
}

/// A stream that can skip bytes.
pub(super) trait Stream: Read {
    /// Skips bytes.
    fn leave_out(&mut self, len: u64) -> std::io::Result<()>;
}

impl Stream for BufReader<FileSection<'_>> {
    fn leave_out(&mut self, len: u64) -> std::io::Result<()> {
        let buffered = self
            .buffer()
            .len()
            .min(usize::try_from(len).unwrap_or(usize::MAX));
        self.consume(buffered);
        self.get_mut().leave_out(len - buffered as u64);
        Ok(())
    }
}

/// Deflated data has to be inflated to be skipped.
impl<R: BufRead> Stream for ZlibDecoder<R> {
    fn leave_out(&mut self, mut len: u64) -> std::io::Result<()> {
        let mut bytes = vec![0; STEP];
        while len > 0 {
            task::check().map_err(std::io::Error::other)?;
            let step = bytes.len().min(usize::try_from(len).unwrap_or(usize::MAX));
            self.read_exact(&mut bytes[..step])?;
            len -= step as u64;
        }
        Ok(())
    }
}

impl<R: Stream> ElementReader<R> {
    pub(super) fn new(stream: R, swapped: bool) -> Self {
        Self {
            stream,
            swapped,
            position: 0,
        }
    }

    fn bytes(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.stream
            .read_exact(&mut bytes)
            .map_err(|e| corrupted(&e))?;
        self.position += len as u64;
        Ok(bytes)
    }

    pub(super) fn words(&self, bytes: &[u8]) -> Vec<u32> {
        let word = |bytes: &[u8]| {
            let word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if self.swapped {
                word.swap_bytes()
            } else {
                word
            }
        };
        bytes.chunks_exact(4).map(word).collect()
    }

    pub(super) fn tag(&mut self) -> Result<ElementTag> {
        let bytes = self.bytes(8)?;
        let (first, second) = match self.words(&bytes)[..] {
            [first, second] => (first, second),
            _ => (0, 0),
        };
        let short = first >> 16;
        if short == 0 {
            return Ok(ElementTag {
                kind: first,
                len: second,
                inline: None,
            });
        }
        Ok(ElementTag {
            kind: first & 0xFFFF,
            len: short.min(4),
            inline: Some([bytes[4], bytes[5], bytes[6], bytes[7]]),
        })
    }

    /// The value of an element of at most `most` bytes, without its padding.
    pub(super) fn value(&mut self, tag: &ElementTag, most: usize) -> Result<Vec<u8>> {
        let len = tag.len as usize;
        if let Some(inline) = tag.inline {
            return Ok(inline[..len].to_vec());
        }
        if len > most {
            bail!("one of its variables is damaged");
        }
        let mut value = self.bytes(len.next_multiple_of(8))?;
        value.truncate(len);
        Ok(value)
    }

    /// Skips to an offset.
    pub(super) fn go_to(&mut self, offset: u64) -> Result<()> {
        let between = offset.saturating_sub(self.position);
        self.stream.leave_out(between).map_err(|e| corrupted(&e))?;
        self.position += between;
        Ok(())
    }
}
