//! Files named in an HDF5 file: targets of external links and of external samples.

use std::path::{Component, Path, PathBuf};

use super::file::Hdf5File;
use super::layout::Piece;
use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::bytes::samples::SharedFile;
use crate::io::codec;

/// Path of a named file, which must be in the folder of the file that names it or below. A file
/// named with an absolute path is searched for by its name alone, as both may have been moved
/// together. In a sandbox no such file is opened.
pub(super) fn external_file(owner: &Path, name: &str) -> Result<PathBuf> {
    if files::sandbox().is_some() {
        let error = Error::new(format!(
            "it links to `{name}`, and a sandbox follows no links to other files"
        ));
        return Err(error.hint("load that file directly"));
    }
    let folder = owner.parent().unwrap_or(Path::new(""));
    let named = Path::new(name);
    let last = named.file_name().map(Path::new);
    let inner = match (named.has_root(), last) {
        (true, Some(last)) => last,
        _ => named,
    };
    let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if last.is_none() || !inner.components().all(is_below) {
        let error = format!("it links to `{name}`, which is not in the folder of the file");
        return Err(Error::new(error).hint("copy that file into the folder and load it directly"));
    }
    let path = folder.join(inner);
    if !path.exists() {
        bail!(
            "it links to `{name}`, but there is no file `{}`",
            path.display()
        );
    }
    Ok(path)
}

/// Identity of a file, whatever name it is opened by.
pub(super) fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A section of an open file that contains samples.
pub(super) struct OpenPiece {
    source: SharedFile,
    start: u64,
    pub(super) len: u64,
}

/// Opens the files that contain the samples of a dataset.
pub(super) fn open_pieces(file: &Hdf5File, pieces: &[Piece]) -> Result<Vec<OpenPiece>> {
    let open = |piece: &Piece| {
        let elsewhere = |e| Error::new(format!("its samples are in another file: {e}"));
        let path = external_file(file.source.path(), &piece.name).map_err(elsewhere)?;
        let source = SharedFile::open(&path)?;
        let present = source.len().saturating_sub(piece.start);
        Ok(OpenPiece {
            len: piece.len.unwrap_or(present).min(present),
            start: piece.start,
            source,
        })
    };
    pieces.iter().map(open).collect()
}

/// Reads bytes from the concatenated sections of several files, from offset `start` on.
pub(super) fn read_pieces(pieces: &[OpenPiece], mut start: u64, mut out: &mut [u8]) -> Result<()> {
    for piece in pieces {
        if out.is_empty() {
            break;
        }
        if start >= piece.len {
            start -= piece.len;
            continue;
        }
        let len = (piece.len - start).min(out.len() as u64) as usize;
        let (here, rest) = out.split_at_mut(len);
        piece.source.read_at(piece.start + start, here)?;
        (start, out) = (0, rest);
    }
    match out.is_empty() {
        true => Ok(()),
        false => Err(codec::corrupted()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let owner = folder.path().join("a.h5");
        let target = folder.path().join("b.h5");
        std::fs::write(&target, "").unwrap();
        for name in ["b.h5", "./b.h5", "/data/of/others/b.h5"] {
            assert_eq!(
                external_file(&owner, name).unwrap(),
                target.clone(),
                "{name}"
            );
        }
        for name in ["../b.h5", "c/../../b.h5", "/", "", "..", "c.h5", "/c.h5"] {
            let error = external_file(&owner, name).unwrap_err();
            assert!(error.message().contains(&format!("`{name}`")), "{error}");
        }
    }
}
