//! One video of a player: its samples, its range of values and the colours they get.

use super::theme;
use crate::bail;
use crate::draw::{Color, Image, Rect, mix};
use crate::error::Result;
use crate::video::coloring::Coloring;
use crate::video::colormap::{BAD, Colormap, Rgba, Scale};
use crate::video::{Video, shape_text};

/// A video and how its samples become colours.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    video: Video,
    title: String,
    coloring: Coloring,
}

impl Panel {
    /// A panel for a video `{t, y, x}`, or a coloured one of 3 or 4 channels `{t, y, x, c}`,
    /// which needs no range.
    pub(super) fn new(
        video: Video,
        title: String,
        colormap: Colormap,
        vmin: Option<f64>,
        vmax: Option<f64>,
    ) -> Result<Self> {
        video.expect_frames("a player")?;
        if video.is_empty() {
            let shape = shape_text(video.shape());
            bail!("there is nothing to play in a video of shape {shape}");
        }
        let coloring = Coloring::new(&video, colormap, vmin, vmax)?;
        Ok(Self {
            video,
            title,
            coloring,
        })
    }

    /// The video.
    pub(super) fn video(&self) -> &Video {
        &self.video
    }

    /// What is written above it.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// The width and height of a frame.
    pub(super) fn frame_size(&self) -> (usize, usize) {
        (self.video.shape()[2], self.video.shape()[1])
    }

    /// The colours and the range they stand for, unless the video is coloured itself.
    pub(super) fn scale(&self) -> Option<&Scale> {
        self.coloring.scale()
    }

    /// Draws a frame that fills the rectangle, each pixel in the colour of the sample nearest to
    /// it. Only rows that are seen are read.
    pub(super) fn draw(&self, frame: usize, image: &mut Image, rect: Rect) {
        let (width, height) = self.frame_size();
        let columns = nearest(rect.width, width);
        let mut colors = vec![BAD; width];
        let mut drawn = None;
        for (y, row) in (rect.top..).zip(nearest(rect.height, height)) {
            if drawn == Some(row) {
                copy_row_above(image, rect, y);
                continue;
            }
            drawn = Some(row);
            let pixels = row * width..(row + 1) * width;
            self.coloring
                .colors(&self.video, frame, pixels, &mut colors);
            let shown = image.row_mut(rect.left, y, rect.width);
            for (pixel, column) in shown.iter_mut().zip(&columns) {
                *pixel = over_background(colors[*column]);
            }
        }
    }
}

/// For each of `shown` pixels the one of `available` samples nearest to it.
fn nearest(shown: usize, available: usize) -> Vec<usize> {
    (0..shown)
        .map(|i| (2 * i + 1) * available / (2 * shown))
        .collect()
}

fn copy_row_above(image: &mut Image, rect: Rect, y: usize) {
    let start = (y - 1) * image.width + rect.left;
    let above = start..start + rect.width;
    image.pixels.copy_within(above, start + image.width);
}

fn over_background([red, green, blue, opacity]: Rgba) -> Color {
    let color = u32::from_be_bytes([0, red, green, blue]);
    match opacity {
        255 => color,
        0 => theme::BACKGROUND,
        _ => mix(theme::BACKGROUND, color, u32::from(opacity) * 256 / 255),
    }
}
