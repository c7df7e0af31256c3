//! Gray levels of 16 bits, for lossless movies.

use std::ops::Range;

use super::streamed::{Shown, ShownFrames, StreamedFrames};
use crate::bail;
use crate::color::color_settings::ColorSettings;
use crate::error::Result;
use crate::video::{Video, shape_text};

/// A video whose samples are mapped to gray levels from 0 to 65535.
pub(super) struct HighBitDepth {
    /// All frames, or the streamed ones to be rendered next.
    video: Video,
    /// Number of the first of these frames.
    first: usize,
    streamed: Option<StreamedFrames>,
    low: f64,
    factor: f64,
}

impl HighBitDepth {
    /// Every `step`-th frame, with samples from `vmin` to `vmax` mapped to all levels; ints are
    /// unchanged unless one of the two is given.
    pub(super) fn new(video: &Video, settings: &ColorSettings, step: usize) -> Result<Self> {
        if video.ndim() != 3 || video.is_empty() {
            bail!(
                "`bits` can only be 16 for a gray video {{t, y, x}}, got shape {}",
                shape_text(video.shape())
            );
        }
        let keeps = !video.dtype().is_float() && settings.vmin.is_none() && settings.vmax.is_none();
        let mut frames = ShownFrames::every(step, video);
        if keeps {
            frames.limits = None;
        }
        let Shown {
            video,
            colors,
            streamed,
        } = Shown::new(video, settings, frames)?;
        let (low, high) = match keeps {
            true => (0.0, 65535.0),
            false => colors.limits(&video)?,
        };
        if !(high - low).is_finite() {
            bail!("`vmin` and `vmax` are too far apart for gray levels, got {low} and {high}");
        }
        Ok(Self {
            factor: if low == high {
                0.0
            } else {
                65535.0 / (high - low)
            },
            video,
            first: 0,
            streamed,
            low,
        })
    }

    /// Width and height of a frame.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.video.shape()[2], self.video.shape()[1])
    }

    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        let streamed = self.streamed.as_ref();
        streamed.map_or(self.video.len(), StreamedFrames::len)
    }

    /// Number of frames that are to be rendered at once.
    pub(super) fn at_once(&self) -> usize {
        let streamed = self.streamed.as_ref();
        streamed.map_or(usize::MAX, StreamedFrames::at_once)
    }

    /// Computes the frames to be rendered next, if they are streamed.
    pub(super) fn advance(&mut self, frames: Range<usize>) -> Result<()> {
        if let Some(streamed) = &mut self.streamed {
            self.first = frames.start;
            self.video = streamed.frames(frames)?;
        }
        Ok(())
    }

    /// Writes the levels of a frame, big-endian or little-endian.
    pub(super) fn render(&self, frame: usize, is_big_endian: bool, out: &mut [u8]) {
        let mut samples = vec![0.0f64; out.len() / 2];
        let run = 0..samples.len();
        let frame = frame - self.first;
        self.video.samples().read(frame, run, &mut samples);
        for (out, sample) in out.as_chunks_mut::<2>().0.iter_mut().zip(samples) {
            // The cast saturates and turns NaN into 0.
            let level = ((sample - self.low) * self.factor).round() as u16;
            *out = match is_big_endian {
                true => level.to_be_bytes(),
                false => level.to_le_bytes(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::colormap::Colormap;
    use crate::ops::testing::video;

    #[test]
    fn ints_stay_as_they_are_and_floats_fill_the_range() {
        let mut settings = ColorSettings::new(Colormap::gray(), None, None);
        let levels = |high_bit_depth: &HighBitDepth, is_big_endian| {
            let mut out = [0; 6];
            high_bit_depth.render(0, is_big_endian, &mut out);
            out
        };
        let ints = video(&[1, 1, 3], vec![0u16, 258, 65535]);
        let high_bit_depth = HighBitDepth::new(&ints, &settings, 1).unwrap();
        assert_eq!(levels(&high_bit_depth, false), [0, 0, 2, 1, 255, 255]);
        assert_eq!(levels(&high_bit_depth, true), [0, 0, 1, 2, 255, 255]);
        let floats = video(&[1, 1, 3], vec![0.0f32, f32::NAN, 2.0]);
        settings.vmax = Some(1.0);
        let high_bit_depth = HighBitDepth::new(&floats, &settings, 1).unwrap();
        assert_eq!(levels(&high_bit_depth, false), [0, 0, 0, 0, 255, 255]);
    }
}
