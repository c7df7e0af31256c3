//! Colors: colormaps, and the mapping of samples to colors.

pub mod color_mapping;
pub mod colormap;
pub mod gradient;
