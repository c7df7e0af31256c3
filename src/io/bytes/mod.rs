//! Samples and bytes: how they are read, encoded, chunked and written.

#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
pub(in crate::io) mod chunked;
pub(in crate::io) mod closed_file;
pub(in crate::io) mod column_major;
pub(in crate::io) mod samples;
pub(in crate::io) mod stream;
pub(in crate::io) mod watched;
