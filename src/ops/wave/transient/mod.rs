//! Action potentials and calcium transients: activation, durations, upstroke and decay of one beat.

mod decay;
pub mod maps;

use super::peaks::parabola_peak;
use super::polarity::Polarity;
use crate::choice::Choice;

use decay::exponential;

/// Definition of the activation time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ActivationMethod {
    /// Steepest slope of the upstroke.
    Derivative,
    /// Upstroke through a level.
    Threshold,
    /// Upstroke through half of the amplitude.
    Half,
}

impl Choice for ActivationMethod {
    const NOUN: &'static str = "a definition of activation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("derivative", Self::Derivative),
        ("threshold", Self::Threshold),
        ("half", Self::Half),
    ];
}

/// Definition of the level at rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RestLevel {
    /// Smallest sample before the peak.
    Min,
    /// Median of the samples before the upstroke.
    Median,
}

impl Choice for RestLevel {
    const NOUN: &'static str = "a definition of the baseline";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("min", Self::Min), ("median", Self::Median)];
}

/// How beats are measured.
#[derive(Debug, Clone, Copy)]
pub struct TransientOptions {
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Definition of the activation time.
    pub method: ActivationMethod,
    /// Definition of the level at rest.
    pub baseline: RestLevel,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Fraction of the amplitude at which an upstroke begins.
const ONSET: f64 = 0.1;

/// A beat in a trace, in which activation goes up.
pub(super) struct Transient<'a> {
    samples: &'a [f64],
    /// Time of the steepest slope in frames, and that slope per frame.
    steepest: f64,
    slope: f64,
    /// Frame of the largest sample after it.
    peak: usize,
    baseline: f64,
    amplitude: f64,
}

impl<'a> Transient<'a> {
    /// Finds the beat; `None` if the trace does not rise.
    pub(super) fn of(samples: &'a [f64], baseline: RestLevel) -> Option<Self> {
        let slopes = samples.windows(3).map(|three| (three[2] - three[0]) / 2.0);
        let mut at = 0;
        let mut slope = 0.0;
        for (frame, value) in slopes.enumerate() {
            if value > slope {
                (at, slope) = (frame + 1, value);
            }
        }
        if at == 0 {
            return None;
        }
        let slope_at = |frame: usize| match frame {
            0 => f64::NAN,
            frame if frame + 1 >= samples.len() => f64::NAN,
            frame => (samples[frame + 1] - samples[frame - 1]) / 2.0,
        };
        let around = [at - 1, at, at + 1].map(slope_at);
        let largest = |best: usize, frame: usize| match samples[frame] > samples[best] {
            true => frame,
            false => best,
        };
        let peak = (at..samples.len()).fold(at, largest);
        let min = samples[..=peak]
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let mut found = Self {
            samples,
            steepest: at as f64 + parabola_peak(around),
            slope,
            peak,
            baseline: min,
            amplitude: samples[peak] - min,
        };
        if baseline == RestLevel::Median {
            let onset = found.rise_to(ONSET)?;
            let mut before = samples[..=onset as usize].to_vec();
            let middle = before.len() / 2;
            found.baseline = *before.select_nth_unstable_by(middle, f64::total_cmp).1;
            found.amplitude = samples[peak] - found.baseline;
        }
        (found.amplitude > 0.0).then_some(found)
    }

    /// Time in frames at which the upstroke reaches a level: the crossing next to the steepest
    /// slope. `None` if the level is not between rest and peak.
    fn rise_through(&self, level: f64) -> Option<f64> {
        let steepest = self.steepest as usize;
        let after = match self.samples[steepest] >= level {
            // The last sample below the level is before the steepest slope.
            true => (0..steepest).rev().find(|at| self.samples[*at] < level)? + 1,
            false => (steepest..=self.peak).find(|at| self.samples[*at] >= level)?,
        };
        let [before, reached] = [self.samples[after - 1], self.samples[after]];
        Some(after as f64 - 1.0 + (level - before) / (reached - before))
    }

    /// Time in frames at which the upstroke reaches a fraction of the amplitude.
    pub(super) fn rise_to(&self, fraction: f64) -> Option<f64> {
        self.rise_through(self.baseline + fraction * self.amplitude)
    }

    /// Time in frames at which the trace has recovered by a percentage of the amplitude.
    pub(super) fn recovery(&self, percent: f64) -> Option<f64> {
        let level = self.baseline + (1.0 - percent / 100.0) * self.amplitude;
        let after = (self.peak + 1..self.samples.len()).find(|at| self.samples[*at] <= level)?;
        let [before, reached] = [self.samples[after - 1], self.samples[after]];
        Some(after as f64 - 1.0 + (before - level) / (before - reached))
    }

    /// Activation time in frames.
    pub(super) fn activation(&self, method: ActivationMethod, level: f64) -> Option<f64> {
        match method {
            ActivationMethod::Derivative => Some(self.steepest),
            ActivationMethod::Half => self.rise_to(0.5),
            ActivationMethod::Threshold => self.rise_through(level),
        }
    }

    /// Duration in frames from activation to recovery.
    pub(super) fn duration(&self, method: ActivationMethod, percent: f64) -> Option<f64> {
        // Durations are measured from a fraction of the upstroke, not from a level.
        Some(self.recovery(percent)? - self.activation(method, f64::NAN)?)
    }

    /// Height of the peak above rest.
    pub(super) fn amplitude(&self) -> f64 {
        self.amplitude
    }

    /// Steepest slope of the upstroke, per frame.
    pub(super) fn slope(&self) -> f64 {
        self.slope
    }

    /// Frame of the peak, between samples.
    pub(super) fn peak_time(&self) -> f64 {
        let neighbors = [self.peak - 1, self.peak, self.peak + 1];
        let around = neighbors.map(|at| self.samples.get(at).copied().unwrap_or(f64::NAN));
        self.peak as f64 + parabola_peak(around)
    }

    /// Least-squares decay a·exp(−t/τ) + c after the peak, from 10 % to 90 % recovery: τ in frames,
    /// and R².
    fn decay(&self) -> Option<[f64; 2]> {
        /// Fewest samples that determine three parameters and their fit.
        const FEWEST: usize = 5;
        let first = self.recovery(10.0)?.ceil() as usize;
        let last = self.recovery(90.0)?.floor() as usize;
        let samples = self.samples.get(first..=last)?;
        (samples.len() >= FEWEST).then(|| exponential(samples))?
    }
}
