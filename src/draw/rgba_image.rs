//! Images with opacity, made from one frame of a video, and resizing them.

use crate::bail;
use crate::color::color_mapping::ColorMapping;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{BAD, Rgba};
use crate::error::{Error, Result, counted};
use crate::video::{Video, shape_text};

/// Image with opacity, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct RgbaImage {
    /// Number of pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// `width × height` colors.
    pub pixels: Vec<Rgba>,
}

impl RgbaImage {
    /// A frame of a video, or an image `{y, x}`.
    pub fn new(video: &Video, frame: usize, settings: &ColorSettings) -> Result<Self> {
        let video = as_frames(video)?;
        if video.len() <= frame {
            let frames = counted(video.len(), "frame");
            let error = format!("there is no frame {frame} in a video of {frames}");
            return Err(Error::new(error).hint("frame indices start at 0"));
        }
        let mapping = ColorMapping::new(&video, settings)?;
        Ok(Self::colored(&video, frame, &mapping))
    }

    /// A frame of a video `{t, y, x}` or `{t, y, x, channel}` in known colors.
    pub fn colored(video: &Video, frame: usize, mapping: &ColorMapping) -> Self {
        let (height, width) = (video.shape()[1], video.shape()[2]);
        let mut pixels = vec![BAD; width * height];
        mapping.colors(video, frame, 0..width * height, &mut pixels);
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Resizes the image: where it shrinks, each pixel is the mean of those it replaces; where it
    /// grows, the nearest one.
    pub fn scaled(&self, width: usize, height: usize) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let columns: Vec<_> = (0..width).map(|x| span(x, width, self.width)).collect();
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = span(y, height, self.height);
            pixels.extend(columns.iter().map(|columns| self.mean(columns, &rows)));
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// The bytes of a PNG file.
    pub fn to_png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(self.pixels.as_flattened()));
        written.expect("memory takes every byte");
        bytes
    }

    /// Mean color of a part, weighted by opacity.
    fn mean(&self, columns: &std::ops::Range<usize>, rows: &std::ops::Range<usize>) -> Rgba {
        if columns.len() == 1 && rows.len() == 1 {
            return self.pixels[rows.start * self.width + columns.start];
        }
        let mut sums = [0u64; 4];
        for y in rows.clone() {
            for [red, green, blue, opacity] in &self.pixels[y * self.width..][columns.clone()] {
                let weight = u64::from(*opacity);
                sums[0] += u64::from(*red) * weight;
                sums[1] += u64::from(*green) * weight;
                sums[2] += u64::from(*blue) * weight;
                sums[3] += weight;
            }
        }
        let count = (columns.len() * rows.len()) as u64;
        match sums[3] {
            0 => BAD,
            weight => [
                ((sums[0] + weight / 2) / weight) as u8,
                ((sums[1] + weight / 2) / weight) as u8,
                ((sums[2] + weight / 2) / weight) as u8,
                ((weight + count / 2) / count) as u8,
            ],
        }
    }
}

/// Range of the `available` pixels that pixel `index` of `shown` represents, at least one.
fn span(index: usize, shown: usize, available: usize) -> std::ops::Range<usize> {
    if available <= shown {
        let nearest = (2 * index + 1) * available / (2 * shown);
        return nearest..nearest + 1;
    }
    index * available / shown..(index + 1) * available / shown
}

/// The video itself, or an image as a video of one frame.
fn as_frames(video: &Video) -> Result<Video> {
    if video.is_empty() {
        let shape = shape_text(video.shape());
        bail!(
            "there are no samples to show in {} of shape {shape}",
            video.kind_with_article()
        );
    }
    match *video.shape() {
        [_, _] => Ok(video.with_layout(video.layout().insert_axis(0))),
        [_, _, _] | [_, _, _, _] => Ok(video.clone()),
        _ => bail!(
            "expected a video {{t, y, x}} or an image {{y, x}}, got {} of shape {}",
            video.kind(),
            shape_text(video.shape())
        ),
    }
}
