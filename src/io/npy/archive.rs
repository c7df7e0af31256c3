//! Saving NumPy's `.npz` archives: ZIP files of `.npy` files, uncompressed.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Crc;
use ndarray::{ArrayView1, arr0};
use ndarray_npy::WriteNpyExt;

use crate::error::{Error, Result};
use crate::io::{atomic, known, raw};
use crate::video::{DType, Video};

/// Files from this size on have their sizes and offsets in 64 bits.
const LARGE: u64 = u32::MAX as u64;

/// The longest name of an array.
const MAX_NAME: usize = 1 << 12;

/// A file in the archive.
struct Member {
    name: String,
    start: u64,
    len: u64,
    crc: u32,
}

/// Saves an array under a name, and the frame rate and pixel size if they are known.
pub(in crate::io) fn save(path: &Path, video: &Video, name: &str) -> Result<()> {
    if name.is_empty() || name.contains(['/', '\\']) || name.len() > MAX_NAME {
        let error = Error::new(format!("`fieldname` \"{name}\" is no name of an array"));
        return Err(error.hint("use a name without slashes"));
    }
    let fail = |e| Error::io("write", path, &e);
    atomic::write(path, |file| {
        let header = header(&descr(video.dtype()), video.shape(), video.nbytes());
        let mut members = vec![member(file, name, path, |out| {
            out.write_all(&header).map_err(fail)?;
            raw::write_samples(video.samples(), path, out)
        })?];
        for (other, values) in known::numbers(video.metadata()) {
            if other != name {
                members.push(member(file, other, path, |out| {
                    out.write_all(&small(&values)).map_err(fail)
                })?);
            }
        }
        finish(file, &members).map_err(fail)
    })
}

/// A single number has no axes.
fn small(values: &[f64]) -> Vec<u8> {
    let mut out = Vec::new();
    let written = match values {
        [value] => arr0(*value).write_npy(&mut out),
        values => ArrayView1::from(values).write_npy(&mut out),
    };
    written.expect("memory takes all bytes");
    out
}

/// What NumPy calls the type of samples.
pub(in crate::io) fn descr(dtype: DType) -> String {
    let order = match (dtype.size(), cfg!(target_endian = "big")) {
        (1, _) => '|',
        (_, true) => '>',
        (_, false) => '<',
    };
    let kind = match dtype {
        DType::Bool => 'b',
        dtype if dtype.is_float() => 'f',
        dtype if dtype.limits().0 < 0.0 => 'i',
        _ => 'u',
    };
    format!("{order}{kind}{}", dtype.size())
}

/// The beginning of an `.npy` file, filled up to a multiple of 64 bytes or, before many samples, to
/// where a page of memory begins.
pub(super) fn header(descr: &str, shape: &[usize], samples: usize) -> Vec<u8> {
    let lens = match shape {
        [len] => format!("{len},"),
        lens => lens
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lens}), }}");
    let len = (10 + text.len() + 1).next_multiple_of(raw::alignment(samples)) - 10;
    let mut out = [super::MAGIC, &[1, 0]].concat();
    out.extend((len as u16).to_le_bytes());
    out.extend(format!("{text:<0$}\n", len - 1).bytes());
    out
}

/// Sums up what goes through it.
struct Summed<'a> {
    file: &'a mut File,
    crc: Crc,
    len: u64,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.crc.update(&bytes[..written]);
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a member; its sum and size go into the header before it.
fn member(
    file: &mut File,
    name: &str,
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<Member> {
    let fail = |e| Error::io("write", path, &e);
    let start = file.stream_position().map_err(fail)?;
    let mut member = Member {
        name: format!("{name}.npy"),
        start,
        len: 0,
        crc: 0,
    };
    file.write_all(&member.local_header()).map_err(fail)?;
    let mut out = Summed {
        file,
        crc: Crc::new(),
        len: 0,
    };
    fill(&mut out)?;
    (member.len, member.crc) = (out.len, out.crc.sum());
    let mut finish = || {
        let end = file.stream_position()?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(&member.local_header())?;
        file.seek(SeekFrom::Start(end))
    };
    finish().map_err(fail)?;
    Ok(member)
}

impl Member {
    /// The header before the contents, with room for sizes of 64 bits.
    fn local_header(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        out.extend(45u16.to_le_bytes());
        out.extend(self.common([u32::MAX; 2], 20));
        out.extend(self.name.as_bytes());
        out.extend([1, 0, 16, 0]);
        out.extend([self.len, self.len].map(u64::to_le_bytes).concat());
        out
    }

    /// The entry in the list at the end.
    fn entry(&self) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        out.extend([45u16, 45].map(u16::to_le_bytes).concat());
        out.extend(self.common([u32::MAX; 2], 28));
        out.extend([0; 10]);
        out.extend(u32::MAX.to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend([1, 0, 24, 0]);
        out.extend(
            [self.len, self.len, self.start]
                .map(u64::to_le_bytes)
                .concat(),
        );
        out
    }

    /// What both have: flags, no compression, the first day that ZIP knows, sum, sizes, and the
    /// lengths of the name and of what comes after it.
    fn common(&self, sizes: [u32; 2], extra: u16) -> Vec<u8> {
        let mut out = [0u16, 0, 0, 0x21].map(u16::to_le_bytes).concat();
        out.extend(self.crc.to_le_bytes());
        out.extend(sizes.map(u32::to_le_bytes).concat());
        out.extend(
            [self.name.len() as u16, extra]
                .map(u16::to_le_bytes)
                .concat(),
        );
        out
    }
}

/// Writes the list of the members, and where it is.
fn finish(file: &mut File, members: &[Member]) -> io::Result<()> {
    let start = file.stream_position()?;
    let list: Vec<u8> = members.iter().flat_map(Member::entry).collect();
    let (count, len) = (members.len() as u64, list.len() as u64);
    let mut out = list;
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([45u16, 45].map(u16::to_le_bytes).concat());
    out.extend([0; 8]);
    out.extend([count, count, len, start].map(u64::to_le_bytes).concat());
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend((start + len).to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count as u16; 2].map(u16::to_le_bytes).concat());
    out.extend((len as u32).to_le_bytes());
    out.extend((start.min(LARGE) as u32).to_le_bytes());
    out.extend([0; 2]);
    file.write_all(&out)
}
