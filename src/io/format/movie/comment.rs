//! The script in the comment of an MP4 or QuickTime file, for builds and machines without ffmpeg.

use super::boxes::{before_inner, read};
use crate::error::Result;
use crate::history;
use crate::io::bytes::samples::SharedFile;

/// Maximum number of bytes of a comment that are read.
const MAX_SCRIPT: u64 = 1 << 20;

/// The script that a comment on the movie holds.
pub(super) fn script(source: &SharedFile) -> Result<Option<String>> {
    const PATHS: [&[&[u8; 4]]; 2] = [
        &[b"moov", b"udta", b"\xA9cmt"],
        &[b"moov", b"udta", b"meta", b"ilst", b"\xA9cmt", b"data"],
    ];
    for path in PATHS {
        let mut place = Some((0, source.len(), *b"file"));
        for kind in path {
            place = match place {
                Some((start, end, parent)) => find(source, (start, end), **kind, parent)?,
                None => None,
            };
        }
        if let Some((start, end, _)) = place {
            // Length and language of the comment, or its type, come before it.
            let len = (end - start).min(MAX_SCRIPT) as usize;
            let mut bytes = vec![0; len];
            source.read_at(start, &mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            if let Some(at) = text.find(history::BEGINNING).filter(|at| *at <= 16) {
                return Ok(Some(text[at..].to_owned()));
            }
        }
    }
    Ok(None)
}

/// Where a child of a box holds its own children or content.
fn find(
    source: &SharedFile,
    (mut at, end): (u64, u64),
    kind: [u8; 4],
    parent: [u8; 4],
) -> Result<Option<(u64, u64, [u8; 4])>> {
    while at + 8 <= end
        && let Some(part) = read(source, at, end)?
    {
        if part.kind == kind {
            let before = before_inner(source, parent, part)?.unwrap_or(0);
            return Ok(Some((part.start + before, part.end, kind)));
        }
        at = part.end;
    }
    Ok(None)
}
