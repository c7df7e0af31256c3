//! Pure functions from videos to videos.
//!
//! A filter is a kernel on plain slices of `f32` or `f64`; [`drive`] walks it over the video: on
//! all cores, from samples of any type and layout, into the memory of the input if that is a
//! temporary, with progress and interruption.

pub mod drive;
