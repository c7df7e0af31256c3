//! Interface between the player and a window on the screen.

use super::{Event, Image};
use crate::error::Result;
use crate::system::display_rect::DisplayRect;

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
    /// Lets the window fill the display, or ends that.
    fn set_full_screen(&mut self, is_full: bool) -> Result<()>;
    /// The part of the display that windows share.
    fn work_area(&self) -> Result<DisplayRect>;
    /// Moves the window with its frame to a rectangle of the display.
    fn place(&mut self, to: DisplayRect) -> Result<()>;
    /// Shows an image of the window's size.
    fn present(&mut self, image: &Image) -> Result<()>;
}
