//! What the player needs of a window on the screen.

use super::{Event, Image};
use crate::error::Result;

/// A window that shows images and reports what the user does.
pub trait Screen {
    /// Whether it has not been closed.
    fn is_open(&self) -> bool;
    /// Its width and height in pixels.
    fn size(&self) -> (usize, usize);
    /// What happened since the last call.
    fn events(&mut self) -> Vec<Event>;
    /// Shows an image of the window's size.
    fn present(&mut self, image: &Image) -> Result<()>;
}
