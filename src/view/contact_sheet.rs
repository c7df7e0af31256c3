//! Contact sheets: frames of a video in a grid.

use super::grid::Grid;
use crate::bail;
use crate::color::color_mapping::ColorMapping;
use crate::color::color_settings::ColorSettings;
use crate::color::pack;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::{Image, Rect, mix, text};
use crate::error::Result;
use crate::video::{Video, number_text};

/// Options of a contact sheet.
#[derive(Debug, Clone)]
pub struct ContactSheet {
    /// Distance between the frames shown; default: chosen to show about 20 frames.
    pub every: Option<usize>,
    /// Number of frames in a row; default: chosen to make the sheet a little wider than high.
    pub ncols: Option<usize>,
    /// Colors of a gray video, the same for all frames shown.
    pub colors: ColorSettings,
    /// Magnification of the frames; default: large enough to see them well.
    pub scale: Option<usize>,
    /// Distance between frames in pixels.
    pub padding: usize,
    /// Whether the time, or the number, of each frame is written below it.
    pub labels: bool,
}

/// Default number of frames.
const FRAMES: usize = 20;

/// Minimum width to which frames are magnified, in pixels.
const WIDTH: usize = 120;

/// Maximum number of pixels of a sheet.
const MAX_PIXELS: usize = 1 << 28;

const LABEL_SIZE: f32 = 12.0;
const LABEL_HEIGHT: usize = 17;
const GROUND: u32 = 0xFF_FFFF;
const LABEL: u32 = 0x40_4040;

impl ContactSheet {
    /// Draws frames of a video.
    pub fn draw(&self, video: &Video) -> Result<Image> {
        video.expect_frames("contact_sheet")?;
        if video.is_empty() {
            bail!("contact_sheet needs frames, got none");
        }
        let every = self.every.unwrap_or(video.len().div_ceil(FRAMES));
        if every == 0 || self.ncols == Some(0) || self.scale == Some(0) {
            bail!("`every`, `ncols` and `scale` must be at least 1, got 0");
        }
        let frames = video.frames(0, video.len().div_ceil(every), every as isize);
        let grid = self.grid(&frames);
        let [width, height] = [grid.size().0, grid.size().1]
            .map(|length| length.saturating_add(self.padding.saturating_mul(2)));
        if width.saturating_mul(height) > MAX_PIXELS {
            bail!("a contact sheet of {width}×{height} pixels is too large");
        }
        let mapping = ColorMapping::new(&frames, &self.colors)?;
        let mut image = Image::new(width, height);
        image.fill(image.area(), GROUND);
        for frame in 0..frames.len() {
            let mut rect = grid.cell((self.padding, self.padding), frame);
            let label = rect.cut_bottom(self.label_height());
            paint(
                &mut image,
                rect,
                &RgbaImage::colored(&frames, frame, &mapping),
            );
            if self.labels {
                write(&mut image, label, &title(video, frame * every));
            }
        }
        Ok(image)
    }

    fn label_height(&self) -> usize {
        if self.labels { LABEL_HEIGHT } else { 0 }
    }

    fn grid(&self, frames: &Video) -> Grid {
        let (height, width) = (frames.shape()[1], frames.shape()[2]);
        let scale = self.scale.unwrap_or(WIDTH.div_ceil(width));
        let height = height.saturating_mul(scale);
        let cell = (
            width.saturating_mul(scale),
            height.saturating_add(self.label_height()),
        );
        let columns = self.ncols.unwrap_or_else(|| {
            let [width, height] =
                [cell.0, cell.1].map(|length| length.saturating_add(self.padding));
            columns(frames.len(), (width, height))
        });
        Grid {
            count: frames.len(),
            columns: columns.min(frames.len()),
            cell,
            gap: (self.padding, self.padding),
        }
    }
}

/// Number of columns that makes the sheet about 1.5 times as wide as high, one more or less if that
/// leaves fewer empty cells.
fn columns(frames: usize, cell: (usize, usize)) -> usize {
    let ratio = cell.1 as f64 / cell.0.max(1) as f64;
    let best = (frames as f64 * 1.5 * ratio).sqrt().round().max(1.0) as usize;
    let empty_cells = |ncols: &usize| frames.next_multiple_of(*ncols) - frames;
    let near = [best, best.saturating_sub(1).max(1), best + 1];
    near.into_iter().min_by_key(empty_cells).unwrap_or(best)
}

/// Time of a frame, or its number if the frame rate is unknown.
fn title(video: &Video, frame: usize) -> String {
    match video.metadata().fps {
        Some(fps) if fps > 0.0 => format!("{} ms", number_text(frame as f64 * 1000.0 / fps)),
        _ => format!("frame {frame}"),
    }
}

/// Draws an image over a part of another; transparent pixels show the background.
fn paint(image: &mut Image, rect: Rect, rgba_image: &RgbaImage) {
    let scaled = rgba_image.scaled(rect.width, rect.height);
    for (y, row) in scaled.pixels.chunks_exact(rect.width).enumerate() {
        let out = image.row_mut(rect.left, rect.top + y, rect.width);
        for (out, [red, green, blue, opacity]) in out.iter_mut().zip(row) {
            let color = pack([*red, *green, *blue]);
            let weight = (u32::from(*opacity) * 256 + 127) / 255;
            *out = mix(*out, color, weight);
        }
    }
}

/// Writes the label of a frame in the middle of a rectangle.
fn write(image: &mut Image, rect: Rect, title: &str) {
    let title = text::fit(title, LABEL_SIZE, rect.width);
    let left = rect.center(text::width(&title, LABEL_SIZE), 0).left;
    text::draw(image, (left, rect.middle()), &title, LABEL_SIZE, LABEL);
}
