//! How the samples of a gray video are colored: the one type that carries `cmap`, `vmin` and `vmax`
//! from a script to the pixels of a window, a movie or an image.

use super::colormap::Colormap;
use super::limits::default_limits;
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::video::{Video, number_text};

/// Color settings of a gray video.
#[derive(Debug, Clone)]
pub struct ColorSettings {
    /// Colormap.
    pub cmap: Colormap,
    /// Value of the first color (`vmin`).
    pub vmin: Option<f64>,
    /// Value of the last color (`vmax`).
    pub vmax: Option<f64>,
    /// What color limits that are not given are computed from.
    pub range: RangeExtent,
}

/// What color limits that are not given are computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeExtent {
    /// The first frame with finite samples.
    First,
    /// The whole video.
    All,
}

impl Choice for RangeExtent {
    const NOUN: &'static str = "what the range is computed from";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("first", RangeExtent::First), ("all", RangeExtent::All)];
}

impl ColorSettings {
    /// A colormap between limits that default to [`default_limits`].
    pub fn new(cmap: Colormap, vmin: Option<f64>, vmax: Option<f64>) -> Self {
        Self {
            cmap,
            vmin,
            vmax,
            range: RangeExtent::First,
        }
    }

    /// Color limits of a gray video.
    pub fn limits(&self, video: &Video) -> Result<(f64, f64)> {
        self.limits_within(|| match self.range {
            RangeExtent::First => default_limits(video, &self.cmap),
            RangeExtent::All => video.finite_range(),
        })
    }

    /// Color limits that default to a range, which is computed only if it is needed; 0 and 1 if
    /// there is none.
    pub fn limits_within(
        &self,
        range: impl FnOnce() -> Result<Option<(f64, f64)>>,
    ) -> Result<(f64, f64)> {
        let (low, high) = match (self.vmin, self.vmax) {
            (Some(low), Some(high)) => (low, high),
            (vmin, vmax) => {
                let (low, high) = range()?.unwrap_or((0.0, 1.0));
                (vmin.unwrap_or(low), vmax.unwrap_or(high))
            }
        };
        if low.is_nan() || high.is_nan() {
            bail!("`vmin` and `vmax` must be numbers, got {low} and {high}");
        }
        if low > high {
            let (low, high) = (number_text(low), number_text(high));
            bail!("`vmin` must not be above `vmax`, got {low} and {high}");
        }
        Ok((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    #[test]
    fn limits_that_are_not_given_are_those_of_the_first_frame_or_of_all() {
        let video = Video::new(Strided::from_vec(&[2, 1, 2], vec![1u8, 2, 0, 9]));
        let limits = |range, vmin, vmax| {
            let settings = ColorSettings::new(Colormap::gray(), vmin, vmax);
            ColorSettings { range, ..settings }.limits(&video)
        };
        assert_eq!(limits(RangeExtent::First, None, None), Ok((1.0, 2.0)));
        assert_eq!(limits(RangeExtent::First, None, Some(3.0)), Ok((1.0, 3.0)));
        assert_eq!(limits(RangeExtent::All, None, None), Ok((0.0, 9.0)));
        assert_eq!(limits(RangeExtent::All, Some(5.0), None), Ok((5.0, 9.0)));
    }
}
