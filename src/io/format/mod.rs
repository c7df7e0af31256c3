//! The file formats: one module per family, which reads and writes it.

pub(in crate::io) mod camera;
pub(in crate::io) mod companion;
pub(in crate::io) mod date;
pub(in crate::io) mod folder;
#[cfg(feature = "hdf5")]
pub(in crate::io) mod hdf5;
#[cfg(any(test, not(feature = "hdf5")))]
#[path = "hdf5/disabled.rs"]
pub(in crate::io) mod hdf5_disabled;
pub(in crate::io) mod image;
pub(in crate::io) mod matlab;
pub(crate) mod metadata_keys;
pub(in crate::io) mod micam05;
pub(in crate::io) mod micam_ultima;
pub(crate) mod movie;
pub(in crate::io) mod multirecorder;
pub(in crate::io) mod npy;
pub(in crate::io) mod npz;
pub(in crate::io) mod raw_binary;
pub(in crate::io) mod sidecar;
pub(in crate::io) mod sif;
pub(in crate::io) mod text_header;
pub(in crate::io) mod tiff;
pub(in crate::io) mod timing;
#[cfg(feature = "zarr")]
pub(in crate::io) mod zarr;
#[cfg(any(test, not(feature = "zarr")))]
#[path = "zarr/disabled.rs"]
pub(in crate::io) mod zarr_disabled;

// Replacements of what is left out; their tests run in every build.
#[cfg(not(feature = "hdf5"))]
pub(in crate::io) use hdf5_disabled as hdf5;
#[cfg(not(feature = "zarr"))]
pub(in crate::io) use zarr_disabled as zarr;
