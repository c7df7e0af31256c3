//! Pictures in memory: shapes and text, for windows and for what is written to files.

mod canvas;

pub mod text;

pub use canvas::{Color, Image, Rect, mix};
