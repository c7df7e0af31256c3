//! Contact sheets: frames of a video in a grid.

use super::rgba_image::RgbaImage;
use super::{Image, Rect, mix, text};
use crate::bail;
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::video::{Video, number_text};

/// Options of a contact sheet.
#[derive(Debug, Clone)]
pub struct ContactSheet {
    /// Distance between the frames shown; default: chosen to show about 20 frames.
    pub every: Option<usize>,
    /// Number of frames in a row; default: chosen to make the sheet a little wider than high.
    pub ncols: Option<usize>,
    /// Colormap of a gray video.
    pub cmap: Colormap,
    /// Color limits; default: the smallest and the largest sample shown.
    pub range: (Option<f64>, Option<f64>),
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

/// Layout of the frames on a sheet.
struct SheetGrid {
    /// Size of a frame in pixels.
    width: usize,
    height: usize,
    /// Distances between the origins of neighboring frames, horizontally and vertically.
    cell: (usize, usize),
    ncols: usize,
    /// Size of the sheet.
    size: (usize, usize),
}

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
        let grid = self.grid(&frames)?;
        let range = self.range_of(&frames)?;
        let mut image = Image::new(grid.size.0, grid.size.1);
        image.fill(image.area(), GROUND);
        for frame in 0..frames.len() {
            let rect = Rect {
                left: self.padding + (frame % grid.ncols) * grid.cell.0,
                top: self.padding + (frame / grid.ncols) * grid.cell.1,
                width: grid.width,
                height: grid.height,
            };
            let rgba_image = RgbaImage::new(&frames, frame, self.cmap.clone(), range)?;
            paint(&mut image, rect, &rgba_image);
            if self.labels {
                write(&mut image, rect, &title(video, frame * every));
            }
        }
        Ok(image)
    }

    fn grid(&self, frames: &Video) -> Result<SheetGrid> {
        let (height, width) = (frames.shape()[1], frames.shape()[2]);
        let scale = self.scale.unwrap_or(WIDTH.div_ceil(width));
        let (width, height) = (width.saturating_mul(scale), height.saturating_mul(scale));
        let label = if self.labels { LABEL_HEIGHT } else { 0 };
        let below = self.padding.saturating_add(label);
        let cell = (
            width.saturating_add(self.padding),
            height.saturating_add(below),
        );
        let ncols = self.ncols.unwrap_or_else(|| columns(frames.len(), cell));
        let ncols = ncols.min(frames.len());
        let nrows = frames.len().div_ceil(ncols);
        let whole =
            |cell: usize, count: usize| cell.saturating_mul(count).saturating_add(self.padding);
        let size = (whole(cell.0, ncols), whole(cell.1, nrows));
        if size.0.saturating_mul(size.1) > MAX_PIXELS {
            bail!(
                "a contact sheet of {}×{} pixels is too large",
                size.0,
                size.1
            );
        }
        Ok(SheetGrid {
            width,
            height,
            cell,
            ncols,
            size,
        })
    }

    /// Color limits common to all frames shown, so that they can be compared.
    fn range_of(&self, frames: &Video) -> Result<(Option<f64>, Option<f64>)> {
        if frames.ndim() == 4 || (self.range.0.is_some() && self.range.1.is_some()) {
            return Ok(self.range);
        }
        let range = frames.finite_range()?;
        Ok((
            self.range.0.or(range.map(|range| range.0)),
            self.range.1.or(range.map(|range| range.1)),
        ))
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
            let color = u32::from_be_bytes([0, *red, *green, *blue]);
            let weight = (u32::from(*opacity) * 256 + 127) / 255;
            *out = mix(*out, color, weight);
        }
    }
}

/// Writes the label of a frame below it.
fn write(image: &mut Image, rect: Rect, title: &str) {
    let title = text::fit(title, LABEL_SIZE, rect.width);
    let room = rect.width.saturating_sub(text::width(&title, LABEL_SIZE));
    let start = (rect.left + room / 2, rect.bottom() + LABEL_HEIGHT / 2);
    text::draw(image, start, &title, LABEL_SIZE, LABEL);
}
