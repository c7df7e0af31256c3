//! Check that the boxes of an MP4 or QuickTime file are nested correctly, because decoders reserve
//! memory for the sizes they claim.

use crate::bail;
use crate::error::{Result, counted};
use crate::io::bytes::samples::SharedFile;

/// Maximum depth of nested boxes that are checked.
const MAX_DEPTH: usize = 16;

/// Maximum number of boxes that are checked.
const MAX_BOXES: usize = 1 << 20;

/// A box: the range of its content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mp4Box {
    pub(super) kind: [u8; 4],
    pub(super) start: u64,
    pub(super) end: u64,
}

/// An error if a box is longer than its parent or the file; only the frame data of a truncated
/// recording may be.
pub(super) fn check(source: &SharedFile) -> Result<()> {
    let mut pending = vec![(0, source.len(), 0, *b"file")];
    let mut count = 0;
    while let Some((mut at, end, depth, parent)) = pending.pop() {
        // A box with size zero, or smaller than its own header, is the end.
        while at + 8 <= end
            && let Some(part) = read(source, at, end)?
        {
            count += 1;
            if count > MAX_BOXES {
                bail!("it has more than {MAX_BOXES} boxes");
            }
            at = part.end;
            if let Some(before) = before_inner(source, parent, part)? {
                if depth == MAX_DEPTH {
                    bail!("its boxes are more than {MAX_DEPTH} deep within each other");
                }
                pending.push((part.start + before, part.end, depth + 1, part.kind));
            }
        }
    }
    Ok(())
}

/// The box at an offset, in a section that ends at `end`; `None` if it has no size.
pub(super) fn read(source: &SharedFile, at: u64, end: u64) -> Result<Option<Mp4Box>> {
    let mut bytes = [0; 16];
    let len = (end - at).min(16) as usize;
    source.read_at(at, &mut bytes[..len])?;
    let [a, b, c, d, ref kind @ .., _, _, _, _, _, _, _, _] = bytes;
    let long = u64::from_be_bytes(*bytes.last_chunk().expect("16 bytes"));
    let (len, start) = match u32::from_be_bytes([a, b, c, d]) {
        0 => return Ok(None),
        1 => (long, at + 16),
        len => (u64::from(len), at + 8),
    };
    let is_cut = kind == b"mdat" && end == source.len();
    let stop = at.checked_add(len).filter(|stop| *stop >= start);
    let stop = stop.map(|stop| if is_cut { stop.min(end) } else { stop });
    let stop = stop.filter(|stop| *stop <= end);
    let Some(stop) = stop else {
        let name = kind.escape_ascii();
        bail!(
            "its box `{name}` claims {} and has {}",
            counted(len, "byte"),
            end - at
        );
    };
    Ok(Some(Mp4Box {
        kind: *kind,
        start,
        end: stop,
    }))
}

/// Number of bytes before the children of a box; `None` if it has none.
pub(super) fn before_inner(
    source: &SharedFile,
    parent: [u8; 4],
    part: Mp4Box,
) -> Result<Option<u64>> {
    Ok(Some(match &part.kind {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts" | b"mvex" | b"moof" | b"traf"
        | b"dinf" | b"udta" | b"ilst" => 0,
        b"stsd" | b"dref" => 8,
        b"avc1" => 78,
        // In QuickTime files this box has no version.
        b"meta" if part.end >= part.start + 4 => {
            let mut version = [0; 4];
            source.read_at(part.start, &mut version)?;
            if version == [0; 4] { 4 } else { 0 }
        }
        // List items have their own names.
        _ if parent == *b"ilst" => 0,
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let len = (content.len() as u32 + 8).to_be_bytes();
        [&len[..], kind, content].concat()
    }

    fn check_bytes(bytes: &[u8]) -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, bytes).unwrap();
        check(&SharedFile::open(&path).unwrap())
    }

    #[test]
    fn boxes_are_within_each_other() {
        let inner = part(b"stbl", &part(b"stco", &[0; 12]));
        let good = [
            part(b"ftyp", b"isom"),
            part(b"moov", &part(b"trak", &inner)),
        ]
        .concat();
        check_bytes(&good).unwrap();
        check_bytes(&[&good[..], &[0; 7]].concat()).unwrap();
        let open_end = [&good[..], &[0, 0, 0, 0], b"mdat", &[1; 100]].concat();
        check_bytes(&open_end).unwrap();
        let long = [&[0, 0, 0, 1][..], b"mdat", &20u64.to_be_bytes(), &[0; 4]].concat();
        check_bytes(&[&good[..], &long].concat()).unwrap();
        for (at, kind) in [(12, "moov"), (20, "trak"), (28, "stbl"), (36, "stco")] {
            let mut bad = good.clone();
            bad[at + 2] = 1;
            let error = check_bytes(&bad).unwrap_err();
            assert!(error.message().contains(kind), "{error}");
        }
        let item = part(b"\xA9too", &part(b"data", &[0; 12]));
        let meta = part(b"meta", &[&[0; 4][..], &part(b"ilst", &item)].concat());
        check_bytes(&meta).unwrap();
        let mut bad = meta.clone();
        bad[30] = 1;
        assert!(check_bytes(&bad).is_err());
        let huge = |kind: &[u8]| [&[0, 0, 0, 1], kind, &u64::MAX.to_be_bytes()].concat();
        assert!(check_bytes(&huge(b"free")).is_err());
        // The frame data of a truncated recording ends where the file does.
        check_bytes(&huge(b"mdat")).unwrap();
        assert!(check_bytes(&[0, 0, 0, 3, b'm', b'd', b'a', b't']).is_err());
        let mut deep = part(b"udta", b"");
        for _ in 0..MAX_DEPTH + 1 {
            deep = part(b"udta", &deep);
        }
        assert!(check_bytes(&deep).is_err());
    }
}
