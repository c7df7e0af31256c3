//! The list of files in a ZIP archive.

use std::io::Read;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::raw::Source;
use crate::io::stream;

const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

/// How far from the end of a file its list can be announced.
const TAIL: u64 = 22 + 20 + 0xFFFF;

/// The longest list that is read.
const MAX_LIST: u64 = 1 << 24;

/// How many times larger than its compressed form a file can be.
const GREATEST_EXPANSION: u64 = 1100;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Where its bytes begin, and how many there are.
    pub(super) start: u64,
    pub(super) stored: u64,
    /// How many bytes it has once inflated.
    pub(super) len: u64,
    pub(super) is_deflated: bool,
}

impl Member {
    /// The bytes of the file.
    pub(super) fn stream<'a>(&self, source: &'a Source) -> Box<dyn Read + 'a> {
        if self.is_deflated {
            Box::new(stream::inflate_raw(source, self.start, self.stored))
        } else {
            Box::new(source.section(self.start, self.stored))
        }
    }
}

/// The files of an archive that are stored or deflated, in order.
pub(super) fn members(source: &Source) -> Result<Vec<Member>> {
    let not_zip = || Error::new("it is not a ZIP archive, or is cut short");
    let tail_start = source.len().saturating_sub(TAIL);
    let mut tail = vec![0; (source.len() - tail_start) as usize];
    source.read_at(tail_start, &mut tail)?;
    let at = tail
        .windows(4)
        .rposition(|bytes| bytes == END)
        .ok_or_else(not_zip)?;
    let place = (uint(&tail, at + 12, 4), uint(&tail, at + 16, 4));
    let (Some(mut len), Some(mut start)) = place else {
        return Err(not_zip());
    };
    let locator = at.checked_sub(20).and_then(|at| tail.get(at..at + 20));
    if let Some(locator) = locator.filter(|locator| locator.starts_with(LOCATOR_64)) {
        let mut end = [0; 56];
        source.read_at(uint(locator, 8, 8).unwrap_or(u64::MAX), &mut end)?;
        if !end.starts_with(END_64) {
            return Err(not_zip());
        }
        len = uint(&end, 40, 8).unwrap_or(0);
        start = uint(&end, 48, 8).unwrap_or(0);
    }
    if len > MAX_LIST || start.checked_add(len).is_none_or(|end| end > source.len()) {
        return Err(not_zip());
    }
    let mut list = vec![0; len as usize];
    source.read_at(start, &mut list)?;
    let mut found = Vec::new();
    let mut rest = &list[..];
    while rest.starts_with(ENTRY) {
        let (member, len) = entry(source, rest)?;
        found.extend(member);
        rest = rest.get(len..).unwrap_or_default();
    }
    Ok(found)
}

/// A file as the list describes it, and the length of its description.
fn entry(source: &Source, bytes: &[u8]) -> Result<(Option<Member>, usize)> {
    let field = |at, size| uint(bytes, at, size).unwrap_or(0);
    let (method, flags) = (field(10, 2), field(8, 2));
    let (name_len, extra_len, comment_len) = (field(28, 2), field(30, 2), field(32, 2));
    let (name_len, extra_len) = (name_len as usize, extra_len as usize);
    let len = 46 + name_len + extra_len + comment_len as usize;
    let (Some(name), Some(extra)) = (
        bytes.get(46..46 + name_len),
        bytes.get(46 + name_len..46 + name_len + extra_len),
    ) else {
        bail!("the list of its files is cut short");
    };
    let mut sizes = [field(24, 4), field(20, 4), field(42, 4)];
    extend_sizes(&mut sizes, extra);
    let [len_inflated, stored, header] = sizes;
    let is_plain = flags & 1 == 0 && matches!(method, 0 | 8);
    if !is_plain {
        return Ok((None, len));
    }
    let mut local = [0; 30];
    source.read_at(header, &mut local)?;
    let lens = uint(&local, 26, 2).unwrap_or(0) + uint(&local, 28, 2).unwrap_or(0);
    let start = header + 30 + lens;
    let is_inside = start
        .checked_add(stored)
        .is_some_and(|end| end <= source.len());
    let is_deflated = method == 8;
    let most = stored.saturating_mul(if is_deflated { GREATEST_EXPANSION } else { 1 });
    if !local.starts_with(LOCAL) || !is_inside || len_inflated > most {
        bail!("one of its files is not where its list says");
    }
    let member = Member {
        name: String::from_utf8_lossy(name).into_owned(),
        start,
        stored,
        len: len_inflated,
        is_deflated,
    };
    Ok((Some(member), len))
}

/// Sizes that have no room in 32 bits stand in an extra field, in this order.
fn extend_sizes(sizes: &mut [u64; 3], mut extra: &[u8]) {
    while let (Some(id), Some(len)) = (uint(extra, 0, 2), uint(extra, 2, 2)) {
        let end = (4 + len as usize).min(extra.len());
        if id == 1 {
            let mut at = 4;
            for size in sizes.iter_mut().filter(|size| **size == 0xFFFF_FFFF) {
                if let Some(value) = uint(&extra[..end], at, 8) {
                    *size = value;
                }
                at += 8;
            }
        }
        extra = &extra[end..];
    }
}

/// A whole number whose lowest byte comes first.
fn uint(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}
