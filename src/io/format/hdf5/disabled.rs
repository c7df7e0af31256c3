//! Replacement of the HDF5 module in builds without it: errors that say so.

use std::path::Path;

use crate::error::{Error, Result};
use crate::io::recording::{LoadOptions, Recording};
use crate::video::Video;

/// Whether the first bytes of a file are those of HDF5.
pub(in crate::io) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89HDF\r\n\x1a\n")
}

/// Returns an error that this build lacks HDF5.
pub(in crate::io) fn open(path: &Path, _: &LoadOptions) -> Result<Box<dyn Recording>> {
    Err(Error::left_out(path, "HDF5", "hdf5"))
}

/// Returns an error that this build lacks HDF5.
pub(in crate::io) fn save(path: &Path, _: &Video, _: &str) -> Result<()> {
    Err(Error::left_out(path, "HDF5", "hdf5"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::video;

    #[test]
    fn what_is_left_out_is_said_by_name() {
        let path = Path::new("a.h5");
        let image = video(&[1, 1, 1], vec![0u8]);
        for error in [
            save(path, &image, "").err(),
            open(path, &LoadOptions::default()).err(),
        ] {
            let error = error.unwrap();
            assert_eq!(
                error.message(),
                "`a.h5`: this program was built without HDF5"
            );
            assert_eq!(
                error.hints(),
                ["build it with `cargo build --release --features hdf5`"]
            );
        }
        assert!(begins(b"\x89HDF\r\n\x1a\n"));
    }
}
