//! Images in memory and pages: shapes, text and plots for windows, terminals and files.

mod canvas;
mod graphics;

pub mod annotations;
pub mod colorbar;
pub mod contact_sheet;
pub mod label;
pub mod page;
pub mod plot;
pub mod rgba_image;
pub mod terminal;
pub mod text;
pub mod ticks;
pub mod trace_plot;

use crate::color::colormap::Rgba;

pub use canvas::{Color, Image, Rect, mix};

/// Luma of a color, from 0 to 255.
pub fn luminance([red, green, blue, _]: Rgba) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((red * 77 + green * 150 + blue * 29) >> 8) as u8
}
