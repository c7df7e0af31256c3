//! Mapping of the samples of a video to colors, for windows and movies alike.

use std::ops::Range;

use super::color_settings::ColorSettings;
use super::colormap::{BAD, FloatColor, Rgba, ScaledColormap};
use crate::error::{Error, Result, counted};
use crate::video::{Element, Real, Video, shape_text};

/// Mapping of the samples of a video to colors.
#[derive(Debug, Clone)]
pub enum ColorMapping {
    /// One sample per pixel, through a colormap.
    Mapped(ScaledColormap),
    /// Three or four samples per pixel: red, green, blue and opacity.
    Direct {
        /// Number of samples per pixel.
        channels: usize,
        /// Sample value of full brightness: 1 for floats, the largest value for ints.
        white: f64,
    },
}

impl ColorMapping {
    /// Color mapping of a video `{t, y, x}` through the colormap of the settings, or of a color video
    /// `{t, y, x, c}`, which needs no settings.
    pub fn new(video: &Video, settings: &ColorSettings) -> Result<Self> {
        let white = video.dtype().limits().1;
        match video.shape().get(3) {
            None | Some(1) => {
                let (low, high) = settings.limits(video)?;
                let scale = ScaledColormap::new(settings.cmap.clone(), low, high);
                Ok(ColorMapping::Mapped(scale))
            }
            Some(&channels @ (3 | 4)) => Ok(ColorMapping::Direct { channels, white }),
            Some(channels) => Err(Error::new(format!(
                "a video of shape {} cannot be shown: it has {}, not 1, 3 or 4",
                shape_text(video.shape()),
                counted(*channels, "channel")
            ))
            .hint("select one channel: `v[[(), (), (), 0]]`")),
        }
    }

    /// The colormap with its color limits; `None` for a color video.
    pub fn scale(&self) -> Option<&ScaledColormap> {
        match self {
            ColorMapping::Mapped(scale) => Some(scale),
            ColorMapping::Direct { .. } => None,
        }
    }

    /// Colors of a range of pixels of one frame, counted in row-major order.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length.
    pub fn colors(&self, video: &Video, frame: usize, pixels: Range<usize>, out: &mut [Rgba]) {
        if video.dtype().is_wide() {
            self.colors_in::<f64>(video, frame, pixels, out);
        } else {
            self.colors_in::<f32>(video, frame, pixels, out);
        }
    }

    /// Like [`ColorMapping::colors`] in full precision; NaN components stay NaN and keep their
    /// opacity.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length.
    pub fn exact_colors(
        &self,
        video: &Video,
        frame: usize,
        pixels: Range<usize>,
        out: &mut [FloatColor],
    ) {
        if video.dtype().is_wide() {
            self.exact_colors_in::<f64>(video, frame, pixels, out);
        } else {
            self.exact_colors_in::<f32>(video, frame, pixels, out);
        }
    }

    /// Number of samples per pixel.
    pub fn channels(&self) -> usize {
        match self {
            ColorMapping::Mapped(_) => 1,
            ColorMapping::Direct { channels, .. } => *channels,
        }
    }

    fn colors_in<R: Real>(
        &self,
        video: &Video,
        frame: usize,
        pixels: Range<usize>,
        out: &mut [Rgba],
    ) {
        let samples = self.read::<R>(video, frame, pixels);
        match self {
            ColorMapping::Mapped(scale) => scale.colors(&samples, out),
            ColorMapping::Direct { channels, white } => {
                for (out, pixel) in out.iter_mut().zip(samples.chunks_exact(*channels)) {
                    *out = direct(pixel, 255.0 / white);
                }
            }
        }
    }

    fn exact_colors_in<R: Real>(
        &self,
        video: &Video,
        frame: usize,
        pixels: Range<usize>,
        out: &mut [FloatColor],
    ) {
        let samples = self.read::<R>(video, frame, pixels);
        match self {
            ColorMapping::Mapped(scale) => scale.exact_colors(&samples, out),
            ColorMapping::Direct { channels, white } => {
                for (out, pixel) in out.iter_mut().zip(samples.chunks_exact(*channels)) {
                    *out = exact_direct(pixel, *white);
                }
            }
        }
    }

    fn read<R: Real>(&self, video: &Video, frame: usize, pixels: Range<usize>) -> Vec<R> {
        let channels = self.channels();
        let mut samples = vec![R::zero(); pixels.len() * channels];
        let run = pixels.start * channels..pixels.end * channels;
        video.samples().read(frame, run, &mut samples);
        samples
    }
}

/// Color of the given components, multiplied by `scale` and truncated as in matplotlib.
fn direct<R: Real>(pixel: &[R], scale: f64) -> Rgba {
    if pixel.iter().any(|sample| sample.is_nan()) {
        return BAD;
    }
    let byte = |sample: &R| (Element::to_f64(*sample) * scale) as u8;
    let opacity = pixel.get(3).map_or(255, byte);
    [byte(&pixel[0]), byte(&pixel[1]), byte(&pixel[2]), opacity]
}

/// Color of the given components, relative to `white`.
#[inline(always)]
fn exact_direct<R: Real>(pixel: &[R], white: f64) -> FloatColor {
    let part = |sample: R| (Element::to_f64(sample) / white) as f32;
    match *pixel {
        [red, green, blue, opacity] => [part(red), part(green), part(blue), part(opacity)],
        [red, green, blue] if !(red + green + blue).is_nan() => {
            [part(red), part(green), part(blue), 1.0]
        }
        _ => [0.0; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::colormap::Colormap;
    use crate::color::limits::default_limits;
    use crate::video::Strided;

    fn gray(vmax: Option<f64>) -> ColorSettings {
        ColorSettings::new(Colormap::gray(), None, vmax)
    }

    fn colored<T: crate::video::Element>(samples: Vec<T>) -> Vec<Rgba> {
        let pixels = samples.len() / 3;
        let video = Video::new(Strided::from_vec(&[1, 1, pixels, 3], samples));
        let mapping = ColorMapping::new(&video, &gray(None)).unwrap();
        let mut colors = vec![BAD; pixels];
        mapping.colors(&video, 0, 0..pixels, &mut colors);
        colors
    }

    #[test]
    fn channels_are_fractions_of_their_type() {
        let bytes = colored(vec![0u8, 1, 2, 253, 254, 255]);
        assert_eq!(bytes, [[0, 1, 2, 255], [253, 254, 255, 255]]);
        let floats = colored(vec![0.0f32, 0.5, 1.0, 1.5, -0.5, 0.1, f32::NAN, 0.0, 0.0]);
        assert_eq!(floats, [[0, 127, 255, 255], [255, 0, 25, 255], BAD]);
        assert_eq!(colored(vec![0u16, 257, 65535]), [[0, 1, 255, 255]]);
    }

    #[test]
    fn the_range_is_that_of_the_first_frame_with_numbers() {
        let mut samples = vec![f32::NAN; 4];
        samples.extend([3.0, f32::INFINITY, 7.0, 5.0, 100.0, 0.0, 0.0, 0.0]);
        let video = Video::new(Strided::from_vec(&[3, 2, 2], samples));
        let range = |vmax| {
            let mapping = ColorMapping::new(&video, &gray(vmax))?;
            Ok(mapping.scale().map(|scale| (scale.low(), scale.high())))
        };
        assert_eq!(range(None), Ok(Some((3.0, 7.0))));
        assert_eq!(range(Some(5.0)), Ok(Some((3.0, 5.0))));
        let error: Error = range(Some(1.0)).unwrap_err();
        assert_eq!(
            error.message(),
            "`vmin` must not be above `vmax`, got 3 and 1"
        );
    }

    #[test]
    fn a_constant_first_frame_has_no_range() {
        let differences = [0.0f32, 0.0, -1.0, 3.0, 2.0, f32::NAN];
        let video = Video::new(Strided::from_vec(&[3, 1, 2], differences.to_vec()));
        let limits = |name: &str, vmin, vmax| {
            let colormap = Colormap::named(name).unwrap();
            let settings = ColorSettings::new(colormap, vmin, vmax);
            let mapping = ColorMapping::new(&video, &settings).unwrap();
            mapping
                .scale()
                .map(|scale| (scale.low(), scale.high()))
                .unwrap()
        };
        assert_eq!(limits("viridis", None, None), (-1.0, 3.0));
        assert_eq!(limits("viridis", None, Some(5.0)), (-1.0, 5.0));
        assert_eq!(limits("RdBu_r", None, None), (-3.0, 3.0));
        assert_eq!(limits("seismic", Some(-2.0), None), (-2.0, 3.0));
        // Nothing else is known of a constant video.
        let constant = video.frames(0, 1, 1);
        let colormap = Colormap::named("coolwarm").unwrap();
        assert_eq!(default_limits(&constant, &colormap), Ok(Some((0.0, 0.0))));
        let twice = Video::new(Strided::from_vec(&[2, 1, 1], vec![7u8; 2]));
        assert_eq!(default_limits(&twice, &colormap), Ok(Some((7.0, 7.0))));
    }

    #[test]
    fn two_channels_are_no_color() {
        let video = Video::new(Strided::<u8>::zeroed(&[1, 2, 2, 2]).unwrap());
        assert!(ColorMapping::new(&video, &gray(None)).is_err());
    }
}
