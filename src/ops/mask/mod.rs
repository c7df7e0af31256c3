//! Masks and regions.

pub mod background;
mod bit_rows;
mod components;
pub mod contour;
pub mod isoline;
pub mod morphology;
pub mod profile;
pub mod region;
pub mod shape;
