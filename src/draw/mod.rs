//! Pictures in memory: shapes and text, for windows and for what is written to files.

mod canvas;

pub mod colorbar;
pub mod stamp;
pub mod strip;
pub mod text;
pub mod ticks;

pub use canvas::{Color, Image, Rect, mix};
