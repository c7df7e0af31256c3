//! The pages of one TIFF file.

use super::directory::{Directories, TiffReader};
use super::page::TiffPage;
use crate::error::Result;

/// The pages of one file in the order of their directories.
pub(super) struct TiffPages {
    /// The pages, or why they cannot be read.
    pub(super) list: Vec<Result<TiffPage>>,
    /// Whether the chain of directories ends properly.
    pub(super) complete: bool,
    /// Size of the file.
    pub(super) file_len: u64,
}

impl TiffPages {
    /// Reads the pages from their directories.
    pub(super) fn read(reader: &TiffReader<'_>, directories: Directories) -> Result<Self> {
        let complete = directories.complete;
        let mut list = Vec::with_capacity(directories.list.len());
        for directory in directories.list {
            list.push(TiffPage::new(reader, directory));
            reader.check()?;
        }
        let mut pages = Self {
            list,
            complete,
            file_len: reader.bytes.len() as u64,
        };
        pages.close();
        Ok(pages)
    }

    /// Determines the unknown sizes of strips and tiles.
    fn close(&mut self) {
        let pages = || self.list.iter().flatten();
        if !pages().any(TiffPage::is_open) {
            return;
        }
        let directories = pages().map(|page| page.directory.offset);
        let mut starts: Vec<u64> = pages()
            .flat_map(TiffPage::starts)
            .chain(directories)
            .collect();
        starts.sort_unstable();
        let is_sparse = pages().any(TiffPage::has_sizes);
        for page in self.list.iter_mut().flatten() {
            page.close(&starts, self.file_len, is_sparse);
        }
    }
}
