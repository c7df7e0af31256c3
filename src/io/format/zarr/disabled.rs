//! Replacement of the Zarr module in builds without it: errors that say so.

use std::path::Path;

use crate::error::{Error, Result};
use crate::io::codec::compression::Compression;
use crate::io::recording::{LoadOptions, Recording};
use crate::video::Video;

/// Returns an error that this build lacks Zarr.
pub(in crate::io) fn open(path: &Path, _: &LoadOptions) -> Result<Box<dyn Recording>> {
    Err(Error::left_out(path, "Zarr", "zarr"))
}

/// Returns an error that this build lacks Zarr.
pub(in crate::io) fn save(path: &Path, _: &Video, _: Compression) -> Result<()> {
    Err(Error::left_out(path, "Zarr", "zarr"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::video;

    #[test]
    fn what_is_left_out_is_said_by_name() {
        let path = Path::new("a.zarr");
        let image = video(&[1, 1, 1], vec![0u8]);
        for error in [
            save(path, &image, Compression::None).err(),
            open(path, &LoadOptions::default()).err(),
        ] {
            assert_eq!(
                error.unwrap().message(),
                "`a.zarr`: this program was built without Zarr"
            );
        }
    }
}
