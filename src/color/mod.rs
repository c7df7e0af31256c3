//! Colors: colormaps, and what makes colors of samples.

pub mod color_mapping;
pub mod colormap;
pub mod gradient;
