//! Masks and regions.

pub mod contour;
pub mod morphology;
pub mod profile;
pub mod region;
