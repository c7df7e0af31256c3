//! Options of saving that only some formats support.

use super::codec::compression::Compression;
use super::format::matlab;
use super::format::tiff::{Photometric, TiffOptions};

/// Options of some formats.
#[derive(Debug, Clone, Default)]
pub struct SaveOptions {
    /// How programs should display the samples of a TIFF file.
    pub photometric: Option<Photometric>,
    /// The compression of a TIFF or Zarr file.
    pub compression: Option<Compression>,
    /// Name of the array in the file.
    pub fieldname: Option<String>,
    /// Write the metadata to a JSON file next to an `.npy` file.
    pub sidecar: bool,
}

impl SaveOptions {
    pub(super) fn fieldname(&self) -> &str {
        self.fieldname.as_deref().unwrap_or(matlab::FIELDNAME)
    }

    pub(super) fn tiff_options(&self) -> TiffOptions {
        TiffOptions {
            photometric: self.photometric,
            compression: self.compression.unwrap_or(Compression::None),
        }
    }

    /// Names of the options that are set.
    pub(super) fn set(&self) -> impl Iterator<Item = &'static str> {
        let options = [
            ("photometric", self.photometric.is_some()),
            ("compression", self.compression.is_some()),
            ("fieldname", self.fieldname.is_some()),
            ("sidecar", self.sidecar),
        ];
        options
            .into_iter()
            .filter_map(|(name, is_set)| is_set.then_some(name))
    }
}
