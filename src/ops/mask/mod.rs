//! Masks and regions.

pub mod contour;
pub mod isoline;
pub mod morphology;
pub mod region;
