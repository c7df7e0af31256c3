//! The one picture that windows, movies and images show: frames as colors, the layout around them,
//! and what is drawn on them. `player` and `export` only differ in sizes and in what is around.

pub mod annotations;
pub mod arrows;
pub mod cell_layout;
pub mod colored_frames;
pub mod contact_sheet;
mod corner_labels;
pub mod curve;
pub mod figure;
pub mod grid;
pub mod trace_plot;
pub mod video_difference;

pub(crate) use corner_labels::{CornerLabels, scale_bar};
