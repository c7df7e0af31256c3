//! The members of a ZIP archive, found by the `zip` crate. Their offsets are kept here, so that
//! stored members can be mapped and deflated ones inflated in one call.

use std::io::{BufReader, Read};
use std::sync::Arc;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::io::bytes::stream::{self, corrupted};
use crate::task;

/// Maximum expansion factor of a compressed member.
const MAX_EXPANSION: u64 = 1100;

/// Number of bytes checksummed at once.
const STEP: usize = 1 << 18;

/// A member of an archive.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ZipMember {
    pub(super) name: String,
    /// Offset and number of its bytes.
    pub(super) start: u64,
    pub(super) stored: u64,
    /// Number of bytes once inflated.
    pub(super) len: u64,
    pub(super) is_deflated: bool,
    /// Checksum of the member.
    pub(super) crc: u32,
}

impl ZipMember {
    /// The bytes of the member.
    pub(super) fn stream<'a>(&self, source: &'a SharedFile) -> Box<dyn Read + 'a> {
        if self.is_deflated {
            Box::new(stream::inflate_raw(source, self.start, self.stored))
        } else {
            Box::new(source.section(self.start, self.stored))
        }
    }
}

/// Checksum of the first bytes of a member.
#[derive(Default)]
pub(super) struct MemberSum {
    crc: Crc,
    /// Number of frames that they hold.
    pub(super) frames: usize,
}

impl MemberSum {
    /// Adds all bytes of a stream.
    pub(super) fn add(&mut self, stream: &mut dyn Read) -> std::io::Result<()> {
        let mut part = vec![0; STEP];
        loop {
            task::check().map_err(std::io::Error::other)?;
            match stream.read(&mut part)? {
                0 => return Ok(()),
                len => self.crc.update(&part[..len]),
            }
        }
    }
}

/// Bytes of a member in order, and their checksum.
pub(super) struct MemberStream {
    bytes: Box<dyn Read + Send>,
    crc: Crc,
    position: u64,
}

impl MemberStream {
    /// Number of bytes that were read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }
}

impl Read for MemberStream {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = self.bytes.read(out)?;
        self.crc.update(&out[..len]);
        self.position += len as u64;
        Ok(len)
    }
}

/// A section of a file that several have, read from start to end.
struct SharedSection {
    source: Arc<SharedFile>,
    at: u64,
    end: u64,
}

impl Read for SharedSection {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.section(self.at, self.end - self.at).read(out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl ZipMember {
    /// The inflated bytes of the member, for somebody who keeps them.
    pub(super) fn shared_stream(&self, source: &Arc<SharedFile>) -> MemberStream {
        let section = SharedSection {
            source: source.clone(),
            at: self.start,
            end: self.start + self.stored,
        };
        MemberStream {
            bytes: Box::new(DeflateDecoder::new(BufReader::with_capacity(STEP, section))),
            crc: Crc::new(),
            position: 0,
        }
    }

    /// Reads the rest; an error if the checksum of all is wrong.
    pub(super) fn expect_end(&self, mut stream: MemberStream) -> Result<()> {
        let mut sum = MemberSum::default();
        // The stream adds what is read to its own checksum.
        let left = self.len.saturating_add(1).saturating_sub(stream.position);
        sum.add(&mut stream.by_ref().take(left))
            .map_err(|e| corrupted(&e))?;
        sum.crc = stream.crc;
        self.expect_sum(&sum)
    }

    /// An error if the checksum of all bytes is not that of the member.
    pub(super) fn expect_sum(&self, sum: &MemberSum) -> Result<()> {
        if sum.crc.sum() != self.crc {
            bail!("`{}` is damaged: its checksum does not match", self.name);
        }
        Ok(())
    }

    /// An error if the checksum of the member is wrong.
    pub(super) fn check(&self, source: &SharedFile) -> Result<()> {
        let mut sum = MemberSum::default();
        let mut stream = self.stream(source).take(self.len.saturating_add(1));
        sum.add(&mut stream).map_err(|e| corrupted(&e))?;
        self.expect_sum(&sum)
    }
}

/// The stored or deflated members of an archive, in order.
pub(super) fn members(source: &SharedFile) -> Result<Vec<ZipMember>> {
    let file = BufReader::new(source.section(0, source.len()));
    let mut archive = ZipArchive::new(file)
        .map_err(|e| explain(e, "it is not a ZIP archive, or is truncated"))?;
    let mut found = Vec::new();
    for index in 0..archive.len() {
        task::check()?;
        let misplaced = "one of its files is not at the offset in its directory";
        let file = archive
            .by_index_raw(index)
            .map_err(|e| explain(e, misplaced))?;
        let is_deflated = match file.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            _ => continue,
        };
        if file.encrypted() {
            continue;
        }
        let (stored, len) = (file.compressed_size(), file.size());
        let start = file.data_start();
        let is_inside = |start: &u64| {
            let end = start.checked_add(stored);
            end.is_some_and(|end| end <= source.len())
        };
        let most = stored.saturating_mul(if is_deflated { MAX_EXPANSION } else { 1 });
        let Some(start) = start.filter(is_inside).filter(|_| len <= most) else {
            bail!("{misplaced}");
        };
        let name = file.name().map_err(|e| explain(e, misplaced))?;
        found.push(ZipMember {
            name: name.into_owned(),
            start,
            stored,
            len,
            is_deflated,
            crc: file.crc32(),
        });
    }
    Ok(found)
}

/// The error for an archive that cannot be read although the file itself can.
fn explain(error: ZipError, otherwise: &str) -> Error {
    match error {
        ZipError::Io(cause) if cause.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::new(format!("it cannot be read: {cause}"))
        }
        _ => Error::new(otherwise),
    }
}
