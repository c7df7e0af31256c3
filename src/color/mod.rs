//! Colors: colormaps, and what makes colors of samples.

pub mod coloring;
pub mod colormap;
pub mod gradient;
