//! What stands for Zarr in a program that was built without it: errors that say so.

use std::path::Path;

use crate::error::{Error, Result};
use crate::io::codec::compression::Compression;
use crate::io::recording::{Options, Recording};
use crate::video::Video;

/// Says that this needs another program.
pub(in crate::io) fn open(path: &Path, _: &Options) -> Result<Box<dyn Recording>> {
    Err(Error::left_out(path, "Zarr", "zarr"))
}

/// Says that this needs another program.
pub(in crate::io) fn save(path: &Path, _: &Video, _: Compression) -> Result<()> {
    Err(Error::left_out(path, "Zarr", "zarr"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::save_video;
    use crate::ops::testing::video;

    #[test]
    fn what_is_left_out_is_said_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zarr");
        let error = save_video(&path, &video(&[1, 1, 1], vec![0u8])).unwrap_err();
        let message = "this program was built without Zarr";
        assert!(error.message().ends_with(message), "{error}");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(".zgroup"), "{}").unwrap();
        let error = crate::io::open(&path, &Options::default()).err().unwrap();
        assert!(error.message().ends_with(message), "{error}");
    }
}
