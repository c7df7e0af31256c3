//! Colors: colormaps, the mapping of samples to colors, and the coding of colors in movies.

pub mod color_mapping;
pub mod colormap;
pub mod gradient;
pub mod palette;
pub mod yuv;
