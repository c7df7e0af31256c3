//! Alternans: differences between even and odd beats.

use std::f64::consts::PI;

use super::beats::BeatWindow;
use super::measure::measure_pixels;
use super::polarity::Polarity;
use super::transient::{ActivationMethod, RestLevel, Transient};
use crate::bail;
use crate::choice::Choice;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::video::Video;

/// Quantity that alternates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AlternansMeasure {
    /// Duration from activation to recovery.
    Duration,
    /// Height of the peak above rest.
    Amplitude,
}

impl Choice for AlternansMeasure {
    const NOUN: &'static str = "a measure of beats";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("duration", Self::Duration), ("amplitude", Self::Amplitude)];
}

/// Options of [`alternans_map`].
#[derive(Debug, Clone)]
pub struct AlternansOptions {
    /// Quantity to compare.
    pub measure: AlternansMeasure,
    /// Percentage of recovery for the duration.
    pub percent: f64,
    /// Time before each beat in ms; default: a tenth of the median cycle length.
    pub before: Option<f64>,
    /// Whether activation makes the light brighter or darker.
    pub polarity: Polarity,
    /// Definition of the level at rest.
    pub baseline: RestLevel,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Mean of (−1)ⁱ (mᵢ − mᵢ₊₁) over the measures m of consecutive beats of each pixel, in ms or in
/// the unit of the samples.
pub fn alternans_map(video: &Video, beats: &Video, options: &AlternansOptions) -> Result<Video> {
    let fps = frame_rate("alternans_map", video, options.fps)?;
    if !(0.0 < options.percent && options.percent < 100.0) {
        bail!(
            "alternans_map needs `percent` to be between 0 and 100, got {}",
            options.percent
        );
    }
    let window = windows("alternans_map", video, beats, options.before, fps, 2)?;
    let sign = options.polarity.sign();
    let measure = |samples: &[f64]| {
        let beat = Transient::of(samples, options.baseline)?;
        match options.measure {
            AlternansMeasure::Amplitude => Some(beat.amplitude()),
            AlternansMeasure::Duration => {
                let frames = beat.duration(ActivationMethod::Derivative, options.percent)?;
                Some(frames * 1000.0 / fps)
            }
        }
    };
    let [map] = measure_pixels(
        "measuring alternans",
        video,
        Vec::new,
        |turned: &mut Vec<f64>, _, trace| {
            turned.clear();
            turned.extend(trace.iter().map(|sample| sign * sample));
            let mut sum = 0.0;
            let mut last = None;
            for (beat, start) in window.starts.iter().enumerate() {
                let Some(value) = measure(&turned[*start..start + window.len]) else {
                    return [f64::NAN];
                };
                if let Some(last) = last {
                    // The pair of beats i and i + 1, counted from 0.
                    let is_even = beat % 2 == 1;
                    sum += if is_even { last - value } else { value - last };
                }
                last = Some(value);
            }
            [sum / (window.starts.len() - 1) as f64]
        },
    )?;
    Ok(map)
}

/// Spectral test for alternans.
pub struct AlternansSpectrum {
    /// Power at 0.5 cycles per beat above that of the noise, in its standard deviations.
    pub k_score: Video,
    /// Square root of that power.
    pub magnitude: Video,
}

/// Band of the noise in cycles per beat.
const NOISE_BAND: [f64; 2] = [0.33, 0.48];

/// Spectral test for alternans in each pixel (Rosenbaum et al. 1994).
pub fn alternans_spectrum(
    video: &Video,
    beats: &Video,
    before: Option<f64>,
    fps: Option<f64>,
) -> Result<AlternansSpectrum> {
    /// Fewest beats for two frequencies in the band of the noise.
    const FEWEST: usize = 16;
    let fps = frame_rate("alternans_spectrum", video, fps)?;
    let mut window = windows("alternans_spectrum", video, beats, before, fps, FEWEST)?;
    let count = window.starts.len() / 2 * 2;
    window.starts.truncate(count);
    let first = (NOISE_BAND[0] * count as f64).ceil() as usize;
    let last = (NOISE_BAND[1] * count as f64).floor() as usize;
    let bins: Vec<usize> = (first..=last).chain([count / 2]).collect();
    // Cosines and sines of each frequency.
    let waves: Vec<Vec<[f64; 2]>> = bins
        .iter()
        .map(|bin| {
            let angle = |beat: usize| 2.0 * PI * ((bin * beat) % count) as f64 / count as f64;
            (0..count)
                .map(|beat| angle(beat).sin_cos().into())
                .collect()
        })
        .collect();
    let [k_score, magnitude] = measure_pixels(
        "measuring alternans",
        video,
        || (Vec::new(), Vec::new()),
        |(powers, series), _, trace| {
            powers.clear();
            powers.resize(bins.len(), 0.0);
            for frame in 0..window.len {
                series.clear();
                series.extend(window.starts.iter().map(|start| trace[start + frame]));
                let mean = series.iter().sum::<f64>() / count as f64;
                for (power, wave) in powers.iter_mut().zip(&waves) {
                    let mut parts = [0.0; 2];
                    for (sample, [sine, cosine]) in series.iter().zip(wave) {
                        parts[0] += (sample - mean) * cosine;
                        parts[1] += (sample - mean) * sine;
                    }
                    *power += parts[0] * parts[0] + parts[1] * parts[1];
                }
            }
            let scale = 1.0 / (window.len as f64 * (count * count) as f64);
            let (alternating, noise) = powers.split_last().expect("the last frequency is 0.5");
            let number = noise.len() as f64;
            let mean = noise.iter().sum::<f64>() / number;
            let squares = noise
                .iter()
                .map(|power| (power - mean).powi(2))
                .sum::<f64>();
            let deviation = (squares / number).sqrt();
            let above = alternating - mean;
            [above / deviation, (above.max(0.0) * scale).sqrt()]
        },
    )?;
    Ok(AlternansSpectrum { k_score, magnitude })
}

/// Frames of whole beats; an error unless there are at least `fewest`.
fn windows(
    function: &str,
    video: &Video,
    beats: &Video,
    before: Option<f64>,
    fps: f64,
    fewest: usize,
) -> Result<BeatWindow> {
    let needed = |count: usize| match count < fewest {
        true => bail!("{function} needs at least {fewest} beats in the recording, got {count}"),
        false => Ok(()),
    };
    needed(beats.len())?;
    let window = BeatWindow::new(function, video, beats, [before, None], fps)?;
    needed(window.starts.len())?;
    Ok(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{Dye, PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, values, video};

    const ALTERNATING: PhantomOptions = PhantomOptions {
        frames: 1300,
        height: 10,
        width: 10,
        fps: 500.0,
        alternans: 12.0,
        ..PLAIN
    };

    const DURATION: AlternansOptions = AlternansOptions {
        measure: AlternansMeasure::Duration,
        percent: 80.0,
        before: None,
        polarity: Polarity::Positive,
        baseline: RestLevel::Min,
        fps: None,
    };

    #[test]
    fn alternans_is_that_of_the_phantom() {
        let made = phantom(&ALTERNATING).unwrap();
        let beats = video(&[made.beats.len()], made.beats.clone());
        let found = values(&alternans_map(&made.video, &beats, &DURATION).unwrap());
        let inside = values(&made.mask);
        for (found, inside) in found
            .iter()
            .zip(&inside)
            .filter(|(_, inside)| **inside > 0.0)
        {
            assert!((found - 12.0).abs() < 0.3, "{found} {inside}");
        }
        let from_odd = video(&[made.beats.len() - 1], made.beats[1..].to_vec());
        let odd = values(&alternans_map(&made.video, &from_odd, &DURATION).unwrap());
        assert!((odd[55] + 12.0).abs() < 0.3, "{}", odd[55]);
        let of_amplitude = AlternansOptions {
            measure: AlternansMeasure::Amplitude,
            ..DURATION
        };
        let found = values(&alternans_map(&made.video, &beats, &of_amplitude).unwrap());
        assert!(found[55].abs() < 0.1, "{}", found[55]);
        check_threads(|| alternans_map(&made.video, &beats, &DURATION));
    }

    /// The magnitude is half of the root mean square difference between even and odd beats.
    #[test]
    fn the_spectrum_finds_alternans_in_noise_and_none_without() {
        let noisy = PhantomOptions {
            noise: 0.05,
            ..ALTERNATING
        };
        let made = phantom(&noisy).unwrap();
        let beats = video(&[made.beats.len()], made.beats.clone());
        let found = alternans_spectrum(&made.video, &beats, Some(0.0), None).unwrap();
        let clean = values(&phantom(&ALTERNATING).unwrap().video);
        let at = |frame: usize| clean[frame * 100 + 55];
        let squares = (0..75).map(|frame| (at(25 + frame) - at(100 + frame)).powi(2));
        let truth = (squares.sum::<f64>() / 75.0).sqrt() / 2.0;
        let magnitude = values(&found.magnitude)[55];
        assert!(
            (magnitude / truth - 1.0).abs() < 0.05,
            "{magnitude} {truth}"
        );
        assert!(values(&found.k_score)[55] > 10.0);
        let steady = PhantomOptions {
            alternans: 0.0,
            dye: Dye::Calcium,
            ..noisy
        };
        let made = phantom(&steady).unwrap();
        let found = alternans_spectrum(&made.video, &beats, Some(0.0), None).unwrap();
        assert!(values(&found.magnitude)[55] < 1.0);
        let few = video(&[15], made.beats[..15].to_vec());
        assert!(alternans_spectrum(&made.video, &few, None, None).is_err());
        assert!(alternans_map(&made.video, &video(&[1], vec![50.0]), &DURATION).is_err());
    }
}
