//! Images in memory and pages: shapes, text and plots for windows, terminals and files.

mod canvas;
mod graphics;
mod other_fonts;
#[cfg(test)]
pub(crate) mod tiny_font;

pub mod colorbar;
pub(crate) mod decimate;
pub mod label;
pub mod page;
pub mod plot;
pub mod rgba_image;
pub mod terminal;
pub mod text;
pub mod ticks;

pub use crate::color::Color;
pub use canvas::{Image, Rect, mix};
