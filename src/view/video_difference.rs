//! The difference of two gray videos, computed where it is looked at.

use std::ops::Range;

use crate::bail;
use crate::color::colormap::{Colormap, Rgba, ScaledColormap};
use crate::error::{Error, Result};
use crate::video::{Strided, Video, shape_text};

/// Colormap of differences: the middle, 0, is neutral.
const COLORMAP: &str = "coolwarm";

/// First video minus second video, sample by sample, and the colors of the differences.
#[derive(Debug, Clone)]
pub struct VideoDifference {
    first: Video,
    second: Video,
    scale: ScaledColormap,
}

impl VideoDifference {
    /// The difference of two gray videos `{t, y, x}` with frames of one size.
    pub fn new(first: Video, second: Video) -> Result<Self> {
        for video in [&first, &second] {
            if video.ndim() != 3 {
                return Err(Error::new(format!(
                    "only gray videos have a difference, got one of shape {}",
                    shape_text(video.shape())
                ))
                .hint(
                    "compare them by \"wipe\", or one after the other by \"first\" and \"second\"",
                ));
            }
        }
        if first.shape()[1..] != second.shape()[1..] {
            bail!(
                "only frames of one size have a difference, got {} and {}",
                shape_text(&first.shape()[1..]),
                shape_text(&second.shape()[1..])
            );
        }
        let scale = ScaledColormap::new(Colormap::named(COLORMAP)?, -1.0, 1.0);
        Ok(Self {
            first,
            second,
            scale,
        })
    }

    /// Number of frames: that of the shorter video.
    pub fn len(&self) -> usize {
        self.first.len().min(self.second.len())
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The video that the other is subtracted from.
    pub fn first(&self) -> &Video {
        &self.first
    }

    /// Colormap and color limits of the differences.
    pub fn scale(&self) -> &ScaledColormap {
        &self.scale
    }

    /// Like [`VideoDifference::scale`], to change them.
    pub fn scale_mut(&mut self) -> &mut ScaledColormap {
        &mut self.scale
    }

    /// Colors of a range of pixels of one frame, counted in row-major order.
    ///
    /// # Panics
    /// If the range exceeds the frame or `out` has another length.
    pub fn colors(&self, frame: usize, pixels: Range<usize>, out: &mut [Rgba]) {
        self.scale.colors(&self.samples(frame, pixels), out);
    }

    /// The differences of some frames, as float64.
    pub fn frames(&self, start: usize, count: usize, step: usize) -> Video {
        let [_, height, width] = *self.first.shape() else {
            unreachable!("both videos are gray");
        };
        let frames = (0..count).map(|index| start + index * step);
        let samples = frames.flat_map(|frame| self.samples(frame, 0..height * width));
        let samples: Vec<f64> = samples.collect();
        Video::new(Strided::from_vec(&[count, height, width], samples))
    }

    /// Differences of a range of pixels of one frame.
    fn samples(&self, frame: usize, pixels: Range<usize>) -> Vec<f64> {
        let read = |video: &Video| {
            let mut samples = vec![0.0f64; pixels.len()];
            video.samples().read(frame, pixels.clone(), &mut samples);
            samples
        };
        let (mut differences, second) = (read(&self.first), read(&self.second));
        for (difference, second) in differences.iter_mut().zip(second) {
            *difference -= second;
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{values, video};

    #[test]
    fn differences_of_ints_can_be_negative() {
        let first = video(&[2, 1, 2], vec![1u8, 2, 3, 250]);
        let second = video(&[3, 1, 2], vec![5u16, 0, 0, 300, 0, 0]);
        let difference = VideoDifference::new(first, second).unwrap();
        assert_eq!(difference.len(), 2);
        let all = difference.frames(0, 2, 1);
        assert_eq!(values(&all), [-4.0, 2.0, 3.0, -50.0]);
        let mut colors = vec![[0; 4]; 1];
        difference.colors(0, 0..1, &mut colors);
        let [red, _, blue, _] = colors[0];
        assert!(red < blue, "negative differences are blue");
    }

    #[test]
    fn what_has_no_difference_says_why() {
        let gray = || video(&[1, 2, 2], vec![0u8; 4]);
        let color = video(&[1, 2, 2, 3], vec![0u8; 12]);
        let message = |a, b| VideoDifference::new(a, b).unwrap_err().message().to_owned();
        assert_eq!(
            message(gray(), color),
            "only gray videos have a difference, got one of shape 1×2×2×3"
        );
        assert_eq!(
            message(gray(), video(&[1, 2, 1], vec![0u8; 2])),
            "only frames of one size have a difference, got 2×2 and 2×1"
        );
    }
}
