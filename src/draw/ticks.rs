//! Round values for the ticks of an axis or a colorbar.

use crate::video::power_of_ten;

/// Tick of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Value.
    pub value: f64,
    /// Distance from the low end in pixels.
    pub offset: usize,
    /// Label.
    pub label: String,
}

/// Range of an axis and its length in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlotAxis {
    /// Value of the first pixel.
    pub low: f64,
    /// Value of the last pixel.
    pub high: f64,
    /// Number of pixels.
    pub length: usize,
}

/// Values from here on use scientific notation.
const LARGE: f64 = 1e6;
/// Steps below this use scientific notation.
const SMALL: f64 = 1e-4;

impl PlotAxis {
    /// Round values, about ten at most, at least `spacing` pixels apart; the ends of the axis if
    /// there are fewer than two.
    pub fn ticks(self, spacing: usize) -> Vec<Tick> {
        const MAX_TICKS: usize = 10;
        let spacing = spacing.max(self.length / MAX_TICKS);
        let span = self.high - self.low;
        if self.length == 0 || !span.is_finite() || span < 0.0 {
            return Vec::new();
        }
        if span == 0.0 {
            return vec![self.tick(self.low, round_step(self.low.abs() / 1000.0))];
        }
        let most = self.length / spacing.max(1) + 1;
        let step = round_step(span * spacing as f64 / self.length as f64);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        if last - first < 1.0 || last - first > most as f64 {
            let step = round_step(span / 20.0);
            return [self.low, self.high].map(|end| self.tick(end, step)).into();
        }
        let count = (last - first) as usize + 1;
        let values = (0..count).map(|index| (first + index as f64) * step);
        values.map(|value| self.tick(value, step)).collect()
    }

    /// Distance of a value from the low end in pixels; that of the nearer end for a value outside.
    pub fn offset(self, value: f64) -> usize {
        let (span, last) = (self.high - self.low, self.length.saturating_sub(1) as f64);
        let part = if span == 0.0 {
            0.5
        } else {
            (value - self.low) / span
        };
        (part.clamp(0.0, 1.0) * last).round() as usize
    }

    fn tick(self, value: f64, step: f64) -> Tick {
        Tick {
            value,
            offset: self.offset(value),
            label: label(value, step, self.low.abs().max(self.high.abs())),
        }
    }
}

/// Minimum and maximum of the finite numbers.
pub fn finite_range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    finite.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `least`.
pub fn round_step(least: f64) -> f64 {
    if !(least > 0.0 && least.is_finite()) {
        return 1.0;
    }
    let power = power_of_ten(least.log10().floor() as i32);
    let factors = [1.0, 2.0, 5.0, 10.0];
    // With a tolerance: 0.1 / 0.02 is 5.000000000000001.
    let fits = |factor: &&f64| least <= **factor * power * (1.0 + 1e-9);
    factors.iter().find(fits).unwrap_or(&10.0) * power
}

/// Label of a value with enough digits to tell it from one `step` away.
fn label(value: f64, step: f64, largest: f64) -> String {
    let order = |value: f64| value.log10().floor() as i32;
    if value.abs() < step / 1000.0 {
        return "0".into();
    }
    if step >= SMALL && largest < LARGE {
        let digits = (-order(step * 1.000_001)).clamp(0, 12) as usize;
        return minus(format!("{value:.digits$}"));
    }
    let digits = (order(value.abs()) - order(step * 1.000_001)).clamp(0, 12) as usize;
    minus(format!("{value:.digits$e}"))
}

/// Replaces the hyphen by a minus sign, which is as wide as a digit.
fn minus(text: String) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, length: usize) -> Vec<String> {
        let axis = PlotAxis { low, high, length };
        axis.ticks(40).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_lie_where_they_belong() {
        assert_eq!(labels(0.0, 0.8, 170), ["0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(labels(-312.0, 5890.0, 200), ["0", "2000", "4000"]);
        assert_eq!(labels(-0.05, 0.05, 130), ["−0.05", "0", "0.05"]);
        assert_eq!(labels(0.0, 6.1e7, 160), ["0", "2e7", "4e7", "6e7"]);
        assert_eq!(labels(0.0, 3e-6, 160), ["0", "1e−6", "2e−6", "3e−6"]);
        let axis = PlotAxis {
            low: 0.0,
            high: 100.0,
            length: 101,
        };
        let offsets: Vec<_> = axis.ticks(25).iter().map(|tick| tick.offset).collect();
        assert_eq!(offsets, [0, 50, 100]);
    }

    #[test]
    fn the_ends_are_labeled_where_nothing_else_fits() {
        assert_eq!(labels(0.312, 0.381, 60), ["0.312", "0.381"]);
        assert_eq!(labels(7.0, 7.0, 60), ["7.00"]);
        assert!(labels(1e15, 1e15 + 1.0, 200).len() > 1);
        assert!(labels(f64::NAN, 1.0, 60).is_empty());
        assert!(labels(0.0, f64::INFINITY, 60).is_empty());
        assert!(labels(0.0, 1.0, 0).is_empty());
    }

    #[test]
    fn powers_of_ten_are_those_that_one_writes() {
        let powers = [-24, -6, -2, 0, 3, 24].map(power_of_ten);
        assert_eq!(powers, [1e-24, 1e-6, 0.01, 1.0, 1000.0, 1e24]);
    }

    #[test]
    fn steps_are_one_two_or_five() {
        let steps = [0.1 / 0.02, 1.0, 1.1, 3.0, 7.0, 0.03].map(round_step);
        assert_eq!(steps, [5.0, 1.0, 2.0, 5.0, 10.0, 0.05]);
    }
}
