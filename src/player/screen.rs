//! Interface between the player and a window on the screen.

use super::{Event, Image};
use crate::error::Result;

/// A window that shows images and reports user input.
pub trait Screen {
    /// Whether the window is open.
    fn is_open(&self) -> bool;
    /// Width and height in pixels.
    fn size(&self) -> (usize, usize);
    /// Events since the last call.
    fn events(&mut self) -> Vec<Event>;
    /// Changes the title.
    fn set_title(&mut self, title: &str);
    /// Shows an image of the window's size.
    fn present(&mut self, image: &Image) -> Result<()>;
}
