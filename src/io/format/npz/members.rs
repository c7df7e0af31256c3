//! The members of a ZIP archive, found by the `zip` crate. Their offsets are kept here, so that
//! stored members can be mapped and deflated ones inflated in one call.

use std::io::{BufReader, Read};

use flate2::Crc;
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

impl ZipMember {
    /// An error if the checksum of the member is wrong.
    pub(super) fn check(&self, source: &SharedFile) -> Result<()> {
        let (mut crc, mut part) = (Crc::new(), vec![0; STEP]);
        let mut stream = self.stream(source).take(self.len.saturating_add(1));
        loop {
            task::check()?;
            match stream.read(&mut part).map_err(|e| corrupted(&e))? {
                0 => break,
                len => crc.update(&part[..len]),
            }
        }
        if crc.sum() != self.crc {
            bail!("`{}` is damaged: its checksum does not match", self.name);
        }
        Ok(())
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
