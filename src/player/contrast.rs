//! The histogram of a video, and the handles with which its color limits and gamma are dragged.

use std::ops::RangeInclusive;

use super::panel::Panel;
use crate::color::colormap::ScaledColormap;
use crate::draw::Rect;
use crate::ops::blend::BlendLook;

/// Smallest and largest gamma.
pub(super) const GAMMA: RangeInclusive<f64> = 0.1..=10.0;

/// Histogram that is shown, with handles for the color limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ContrastStrip {
    /// Panel whose samples are counted.
    pub(super) panel: usize,
    /// Values at the ends of its axis, unless a limit is beyond.
    pub(super) ends: (f64, f64),
}

/// Part of the histogram that the mouse can drag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ContrastHandle {
    /// The lower limit.
    Low,
    /// The upper limit.
    High,
    /// The point of the curve at half height.
    Gamma,
    /// Both limits: the value that was grabbed, and the limits then.
    Both { from: f64, low: f64, high: f64 },
    /// The threshold of an overlay.
    Threshold,
    /// The opacity of an overlay, on a slider of its own.
    Opacity,
}

impl ContrastStrip {
    /// Values at the ends of the axis, for a panel with color limits.
    pub(super) fn axis(&self, scale: &ScaledColormap) -> (f64, f64) {
        let (low, high) = (self.ends.0.min(scale.low()), self.ends.1.max(scale.high()));
        match low < high {
            true => (low, high),
            false => (low - 0.5, high + 0.5),
        }
    }

    /// Column of a value.
    pub(super) fn column(&self, value: f64, scale: &ScaledColormap, rect: Rect) -> f32 {
        let (low, high) = self.axis(scale);
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        rect.left as f32 + 0.5 + part as f32 * rect.width.saturating_sub(1) as f32
    }

    /// Value at a column.
    pub(super) fn value(&self, x: f32, scale: &ScaledColormap, rect: Rect) -> f64 {
        let (low, high) = self.axis(scale);
        let way = rect.width.saturating_sub(1).max(1) as f64;
        let part = ((f64::from(x) - rect.left as f64 - 0.5) / way).clamp(0.0, 1.0);
        low + part * (high - low)
    }

    /// Column of the threshold of an overlay; without one, that of the smallest value.
    pub(super) fn threshold_column(
        &self,
        look: &BlendLook,
        (scale, rect): (&ScaledColormap, Rect),
    ) -> f32 {
        let value = look.threshold.unwrap_or(f64::NEG_INFINITY);
        self.column(value, scale, rect)
    }

    /// The handle nearest to a column, if it is near; else both limits, if it is between them.
    pub(super) fn handle(
        &self,
        x: f32,
        scale: &ScaledColormap,
        (rect, reach): (Rect, f32),
    ) -> ContrastHandle {
        let at = |value| (self.column(value, scale, rect) - x).abs();
        let handles = [
            (ContrastHandle::Low, at(scale.low())),
            (ContrastHandle::High, at(scale.high())),
            (ContrastHandle::Gamma, at(middle(scale))),
        ];
        let (handle, distance) = handles
            .into_iter()
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .expect("there are three handles");
        let value = self.value(x, scale, rect);
        match distance <= reach || !(scale.low() < value && value < scale.high()) {
            true => handle,
            false => ContrastHandle::Both {
                from: value,
                low: scale.low(),
                high: scale.high(),
            },
        }
    }
}

/// Value that gets the middle color.
pub(super) fn middle(scale: &ScaledColormap) -> f64 {
    scale.low() + 0.5f64.powf(1.0 / scale.gamma()) * (scale.high() - scale.low())
}

/// Scale after a handle was dragged to a value.
pub(super) fn dragged(
    handle: ContrastHandle,
    value: f64,
    scale: &ScaledColormap,
) -> ScaledColormap {
    let (low, high) = (scale.low(), scale.high());
    match handle {
        ContrastHandle::Low => scale.with_limits(value.min(high), high),
        ContrastHandle::High => scale.with_limits(low, value.max(low)),
        ContrastHandle::Gamma if low < high => {
            let part = ((value - low) / (high - low)).clamp(1e-6, 1.0 - 1e-6);
            let gamma = 0.5f64.ln() / part.ln();
            scale.with_gamma(gamma.clamp(*GAMMA.start(), *GAMMA.end()))
        }
        ContrastHandle::Gamma | ContrastHandle::Threshold | ContrastHandle::Opacity => {
            scale.clone()
        }
        ContrastHandle::Both { from, low, high } => {
            scale.with_limits(low + value - from, high + value - from)
        }
    }
}

/// Numbers of finite samples of a frame in equal parts of a range; those outside are left out.
pub(super) fn counts(
    panel: &Panel,
    frame: usize,
    (low, high): (f64, f64),
    bins: usize,
) -> Vec<usize> {
    let video = panel
        .frames
        .sampled(frame.min(panel.frames.len() - 1), 1, 1);
    let (width, height) = panel.frames.frame_size();
    let mut counts = vec![0; bins];
    let mut samples = vec![0.0f64; width];
    let per_value = bins as f64 / (high - low);
    for row in 0..height {
        let pixels = row * width..(row + 1) * width;
        video.samples().read(0, pixels, &mut samples);
        for sample in samples
            .iter()
            .filter(|sample| low <= **sample && **sample <= high)
        {
            let bin = ((sample - low) * per_value) as usize;
            counts[bin.min(bins - 1)] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::colormap::Colormap;

    const RECT: Rect = Rect {
        left: 10,
        top: 0,
        width: 201,
        height: 50,
    };

    const STRIP: ContrastStrip = ContrastStrip {
        panel: 0,
        ends: (0.0, 200.0),
    };

    fn gray(low: f64, high: f64) -> ScaledColormap {
        ScaledColormap::new(Colormap::gray(), low, high)
    }

    #[test]
    fn handles_are_where_their_values_are() {
        let scale = gray(50.0, 150.0);
        let grab = |x: f32| STRIP.handle(x, &scale, (RECT, 5.0));
        assert_eq!(grab(62.0), ContrastHandle::Low);
        assert_eq!(grab(163.0), ContrastHandle::High);
        assert_eq!(grab(111.0), ContrastHandle::Gamma);
        assert!(matches!(grab(80.5), ContrastHandle::Both { from, .. } if from == 70.0));
        // Beside the limits there is nothing to grab but them.
        assert_eq!(grab(15.0), ContrastHandle::Low);
        assert_eq!(grab(205.0), ContrastHandle::High);
    }

    #[test]
    fn limits_never_cross_and_gamma_follows_the_middle() {
        let scale = gray(50.0, 150.0);
        let limits = |handle, value| {
            let after = dragged(handle, value, &scale);
            (after.low(), after.high())
        };
        assert_eq!(limits(ContrastHandle::Low, 190.0), (150.0, 150.0));
        assert_eq!(limits(ContrastHandle::High, 20.0), (50.0, 50.0));
        let both = STRIP.handle(80.5, &scale, (RECT, 5.0));
        assert_eq!(limits(both, 90.0), (70.0, 170.0));
        let bent = dragged(ContrastHandle::Gamma, 75.0, &scale);
        assert!((bent.gamma() - 0.5).abs() < 1e-9 && (middle(&bent) - 75.0).abs() < 1e-9);
        let still = dragged(ContrastHandle::Gamma, 50.0, &gray(7.0, 7.0));
        assert_eq!(still.gamma(), 1.0);
    }

    #[test]
    fn limits_beyond_the_axis_extend_it() {
        assert_eq!(STRIP.axis(&gray(-10.0, 20.0)), (-10.0, 200.0));
        let flat = ContrastStrip {
            panel: 0,
            ends: (3.0, 3.0),
        };
        assert_eq!(flat.axis(&gray(3.0, 3.0)), (2.5, 3.5));
    }
}
