//! One video of a player: its samples, its range of values and the colours they get.

use super::canvas::{Image, Rect, mix};
use super::theme::{self, Color};
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::colormap::{Colormap, Rgba, Scale};
use crate::video::{DType, Element, Real, Video, shape_text};

/// A video and how its samples become colours.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    video: Video,
    title: String,
    coloring: Coloring,
}

/// How samples become colours.
#[derive(Debug, Clone)]
enum Coloring {
    /// One sample for each pixel, through a colormap.
    Mapped(Scale),
    /// Three or four samples for each pixel, of which this one is the brightest.
    Direct { white: f64 },
}

impl Panel {
    /// A panel for a video `{t, y, x}`, or a coloured one of 3 or 4 channels `{t, y, x, c}`,
    /// which needs no range. `vmin` and `vmax` default to those of [`first_range`].
    pub(super) fn new(
        video: Video,
        title: String,
        colormap: Colormap,
        vmin: Option<f64>,
        vmax: Option<f64>,
    ) -> Result<Self> {
        let coloring = match channels(&video)? {
            1 => Coloring::Mapped(scale(&video, colormap, vmin, vmax)?),
            _ => Coloring::Direct {
                white: video.dtype().limits().1,
            },
        };
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
        match &self.coloring {
            Coloring::Mapped(scale) => Some(scale),
            Coloring::Direct { .. } => None,
        }
    }

    /// Draws a frame that fills the rectangle, each pixel in the colour of the sample nearest to
    /// it. Only samples that are seen are read.
    pub(super) fn draw(&self, frame: usize, image: &mut Image, rect: Rect) {
        match self.video.dtype() {
            DType::F64 | DType::I32 | DType::U32 | DType::I64 | DType::U64 => {
                self.draw_samples::<f64>(frame, image, rect);
            }
            _ => self.draw_samples::<f32>(frame, image, rect),
        }
    }

    fn draw_samples<R: Real>(&self, frame: usize, image: &mut Image, rect: Rect) {
        let (width, height) = self.frame_size();
        let row_len = self.video.frame_len() / height;
        let (columns, sparse) = (nearest(rect.width, width), rect.width < width);
        let mut samples = vec![R::zero(); row_len];
        let mut colors = Vec::with_capacity(width);
        let mut drawn = None;
        for (y, row) in (rect.top..).zip(nearest(rect.height, height)) {
            if drawn == Some(row) {
                copy_row_above(image, rect, y);
                continue;
            }
            drawn = Some(row);
            let run = row * row_len..(row + 1) * row_len;
            self.video.samples().read(frame, run, &mut samples);
            colors.clear();
            if sparse {
                keep_columns(&mut samples, &columns, row_len / width);
                self.colors(&samples[..columns.len() * row_len / width], &mut colors);
            } else {
                self.colors(&samples, &mut colors);
            }
            let pixels = image.row_mut(rect.left, y, rect.width);
            if sparse {
                pixels.copy_from_slice(&colors);
            } else {
                for (pixel, column) in pixels.iter_mut().zip(&columns) {
                    *pixel = colors[*column];
                }
            }
        }
    }

    fn colors<R: Real>(&self, samples: &[R], out: &mut Vec<Color>) {
        match &self.coloring {
            Coloring::Mapped(scale) => out.extend(scale.colors(samples).map(over_background)),
            Coloring::Direct { white } => {
                let channels = self.video.shape()[3];
                let pixels = samples.chunks_exact(channels);
                out.extend(pixels.map(|pixel| over_background(direct(pixel, *white))));
            }
        }
    }
}

/// The smallest and the largest finite sample of the first frame that has any.
pub fn first_range(video: &Video) -> Result<Option<(f64, f64)>> {
    let mut samples = vec![0.0; video.frame_len()];
    for frame in 0..video.len() {
        if task::is_interrupted() {
            return Err(Error::interrupted());
        }
        video.samples().read(frame, 0..samples.len(), &mut samples);
        let finite = samples.iter().copied().filter(|v: &f64| v.is_finite());
        let range = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if range.0 <= range.1 {
            return Ok(Some(range));
        }
    }
    Ok(None)
}

/// The number of samples of a pixel.
fn channels(video: &Video) -> Result<usize> {
    video.expect_frames("a player")?;
    let shape = shape_text(video.shape());
    if video.is_empty() {
        bail!("there is nothing to play in a video of shape {shape}");
    }
    match video.shape().get(3) {
        None | Some(1) => Ok(1),
        Some(3) => Ok(3),
        Some(4) => Ok(4),
        Some(channels) => Err(Error::new(format!(
            "a player needs 1, 3 (RGB) or 4 (RGBA) channels, got {channels} in shape {shape}"
        ))
        .hint("show one channel of it")),
    }
}

fn scale(video: &Video, colormap: Colormap, vmin: Option<f64>, vmax: Option<f64>) -> Result<Scale> {
    let (low, high) = match (vmin, vmax) {
        (Some(low), Some(high)) => (low, high),
        (vmin, vmax) => {
            let (low, high) = first_range(video)?.unwrap_or((0.0, 1.0));
            (vmin.unwrap_or(low), vmax.unwrap_or(high))
        }
    };
    Ok(Scale::new(colormap, low, high))
}

/// For each of `shown` pixels the one of `available` samples nearest to it.
fn nearest(shown: usize, available: usize) -> Vec<usize> {
    (0..shown)
        .map(|i| (2 * i + 1) * available / (2 * shown))
        .collect()
}

/// Moves the samples of some columns, in rising order, to the front.
fn keep_columns<R: Copy>(samples: &mut [R], columns: &[usize], channels: usize) {
    for (to, from) in columns.iter().enumerate() {
        for channel in 0..channels {
            samples[to * channels + channel] = samples[from * channels + channel];
        }
    }
}

fn copy_row_above(image: &mut Image, rect: Rect, y: usize) {
    let start = (y - 1) * image.width + rect.left;
    let above = start..start + rect.width;
    image.pixels.copy_within(above, start + image.width);
}

fn direct<R: Real>(pixel: &[R], white: f64) -> Rgba {
    if pixel.iter().any(|sample| sample.is_nan()) {
        return crate::video::colormap::BAD;
    }
    let byte = |sample: &R| (Element::to_f64(*sample) / white * 255.0 + 0.5) as u8;
    let opacity = pixel.get(3).map_or(255, byte);
    [byte(&pixel[0]), byte(&pixel[1]), byte(&pixel[2]), opacity]
}

fn over_background([red, green, blue, opacity]: Rgba) -> Color {
    let color = u32::from_be_bytes([0, red, green, blue]);
    match opacity {
        255 => color,
        0 => theme::BACKGROUND,
        _ => mix(theme::BACKGROUND, color, u32::from(opacity) * 256 / 255),
    }
}
