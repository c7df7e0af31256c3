//! Warning if a recording of which one beat is measured has several.

use super::polarity::Polarity;
use super::snr::noise_deviation;
use super::welch::SegmentTrend;
use crate::error::Result;
use crate::task;
use crate::video::Video;

/// Side in pixels of the windows whose mean traces are looked at.
const WINDOW: usize = 5;

/// Distance in pixels of the two windows of a place, at which noise that was smoothed as usual is
/// independent.
const APART: usize = 8;

/// Largest number of places along each side of a frame.
const PLACES: usize = 12;

/// Fewest frames from which beats are told from noise.
const FEWEST: usize = 10;

/// Smallest correlation coefficient, when the wave has come, of the two windows of a place with a
/// signal.
const COHERENCE: f64 = 0.7;

/// Fraction of the range of a trace, without its trend, that a beat rises and falls by.
const SWING: f64 = 0.4;

/// The same as a multiple of the standard deviation of the noise, which the range of noise alone does
/// not reach.
const ABOVE_NOISE: f64 = 4.5;

/// Warns if there are several beats in at least half of the places that have a signal.
///
/// Traces are compared within places, where the wave arrives a little later in one window, so that
/// neither the noise of a frame without tissue nor waves that are everywhere at different times, such
/// as spirals, mislead it. Signals must make up half of the variance of all traces.
pub(super) fn warn_of_several_beats(
    function: &str,
    video: &Video,
    polarity: Polarity,
) -> Result<()> {
    if video.len() < FEWEST {
        return Ok(());
    }
    let places = places(video);
    let traces = window_traces(video, &places)?;
    let (mut variances, mut coherent) = (0.0, 0.0);
    let mut counts: Vec<usize> = Vec::new();
    for place in 0..places.len() {
        let trace = |window: usize| {
            let samples = traces[2 * place + window..]
                .iter()
                .step_by(2 * places.len());
            let turned = samples.map(|sample| polarity.sign() * sample);
            let mut trace: Vec<f64> = turned.collect();
            // Bleaching and drift are about a line.
            SegmentTrend::Linear.subtract(&mut trace);
            trace
        };
        let (one, other) = (trace(0), trace(1));
        let variance = product(&one, &one);
        if !variance.is_finite() || variance == 0.0 {
            continue;
        }
        variances += variance;
        let scale = (variance * product(&other, &other)).sqrt();
        if largest_product(&one, &other) >= COHERENCE * scale {
            coherent += variance;
            counts.push(beats(&one));
        }
    }
    let mut several: Vec<usize> = counts.iter().copied().filter(|count| *count > 1).collect();
    if 2.0 * coherent < variances || several.is_empty() || 2 * several.len() < counts.len() {
        return Ok(());
    }
    several.sort_unstable();
    let beats = several[several.len() / 2];
    task::warn(&format!(
        "{function} measures one beat, and the recording seems to have {beats}: each pixel is \
         measured in whichever of them is steepest there; cut out one beat, average them with \
         `ensemble_average`, or measure each of them with `beat_maps`"
    ));
    Ok(())
}

/// Upper left corners of the two windows of each place.
fn places(video: &Video) -> Vec<[[usize; 2]; 2]> {
    let [height, width] = sides(video);
    // Both windows of a place are the same where a frame has no room for two.
    let apart = match width >= WINDOW + APART {
        true => APART,
        false => 0,
    };
    let corners = |side: usize, needed: usize| {
        let room = side.saturating_sub(needed);
        let count = (side / (2 * APART)).clamp(1, PLACES);
        (0..count).map(move |place| (2 * place + 1) * room / (2 * count))
    };
    let rows = corners(height, WINDOW);
    rows.flat_map(|y| corners(width, WINDOW + apart).map(move |x| [[y, x], [y, x + apart]]))
        .collect()
}

/// Height and width of a frame; those of a trace are 1.
fn sides(video: &Video) -> [usize; 2] {
    match video.shape() {
        [_, height, width, ..] => [*height, *width],
        _ => [1, 1],
    }
}

/// Means of the finite samples of the windows in each frame, one frame after the other.
fn window_traces(video: &Video, places: &[[[usize; 2]; 2]]) -> Result<Vec<f64>> {
    let [height, width] = sides(video);
    let windows = 2 * places.len();
    let mut means = vec![f64::NAN; video.len() * windows];
    let frames = means.chunks_mut(windows).enumerate();
    task::for_each("looking for beats", frames, |(frame, means)| {
        for (mean, [top, left]) in means.iter_mut().zip(places.iter().flatten()) {
            let (mut sum, mut count) = (0.0, 0.0);
            let columns = *left..(left + WINDOW).min(width);
            let mut row = [0.0; WINDOW];
            let row = &mut row[..columns.len()];
            for y in *top..(top + WINDOW).min(height) {
                let run = y * width + columns.start..y * width + columns.end;
                video.samples().read::<f64>(frame, run, row);
                for sample in row.iter().filter(|sample| sample.is_finite()) {
                    sum += sample;
                    count += 1.0;
                }
            }
            *mean = sum / count;
        }
        Ok(())
    })?;
    Ok(means)
}

/// Largest product of two traces, one of them shifted by the time of a wave from one to the other.
fn largest_product(one: &[f64], other: &[f64]) -> f64 {
    /// Number of shifts to each side, as far as an eighth of the recording.
    const SHIFTS: usize = 16;
    let step = (one.len() / (8 * SHIFTS)).max(1);
    let shifts = (0..=one.len() / 8).step_by(step);
    let products = shifts.map(|shift| {
        let later = product(one, &other[shift..]);
        later.max(product(&one[shift..], other))
    });
    products.fold(f64::NEG_INFINITY, f64::max)
}

/// Sum of the products of samples, as many as both have.
fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Number of times that a trace rises, after it has fallen or from its beginning on; 0 if noise may
/// do so, too.
fn beats(trace: &[f64]) -> usize {
    let (low, high) = trace
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), sample| {
            (low.min(*sample), high.max(*sample))
        });
    let swing = SWING * (high - low);
    if swing <= ABOVE_NOISE * noise_deviation(trace, &mut Vec::new()) {
        return 0;
    }
    let (mut count, mut is_up, mut turn) = (0, false, trace[0]);
    for sample in trace {
        match is_up {
            false if sample - turn >= swing => (count, is_up, turn) = (count + 1, true, *sample),
            true if turn - sample >= swing => (is_up, turn) = (false, *sample),
            false => turn = turn.min(*sample),
            true => turn = turn.max(*sample),
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::filter::smooth::smooth_spatiotemporal;
    use crate::ops::mask::region::apply_mask;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{Dye, PhantomOptions, Wavefront, phantom};
    use crate::ops::testing::{noise, values, video};
    use crate::ops::wave::activation::{ActivationOptions, activation_map};
    use crate::ops::wave::latency::{LatencyMethod, LatencyOptions, latency_map};
    use crate::ops::wave::transient::maps::{
        apd_maps, decay_maps, repolarization_map, triangulation_map, upstroke_maps,
    };
    use crate::ops::wave::transient::{ActivationMethod, RestLevel, TransientOptions};
    use crate::video::Number;

    /// What is said of a recording.
    fn warning(video: &Video, polarity: Polarity) -> Option<String> {
        let job = task::Job::new();
        job.keep_warnings();
        let entered = job.enter();
        warn_of_several_beats("activation_map", video, polarity).unwrap();
        drop(entered);
        job.warnings().pop()
    }

    fn made(options: PhantomOptions) -> Video {
        phantom(&options).unwrap().video
    }

    const PACED: PhantomOptions = PhantomOptions {
        frames: 500,
        ..PLAIN
    };

    #[test]
    fn several_beats_are_counted() {
        for polarity in [Polarity::Positive, Polarity::Negative] {
            for (bleaching, noise) in [(0.0, 0.0), (0.2, 0.2), (0.0, 0.5)] {
                let options = PhantomOptions {
                    polarity,
                    bleaching,
                    noise,
                    ..PACED
                };
                let said = warning(&made(options), polarity).unwrap();
                assert!(said.contains("seems to have 3"), "{said}");
                assert!(said.contains("`beat_maps`"), "{said}");
            }
        }
        let center = values(&made(PACED)).into_iter().skip(12 * 32 + 16);
        let trace = video(&[500], center.step_by(24 * 32).collect());
        assert!(warning(&trace, Polarity::Positive).is_some());
    }

    /// The mean of all pixels hardly changes while a spiral rotates.
    #[test]
    fn turns_of_a_spiral_are_beats() {
        // At the second speed, the arms of the spiral are 30 pixels apart.
        for speed in [20.0, 2.0] {
            let spiral = PhantomOptions {
                wavefront: Wavefront::Spiral,
                height: 64,
                width: 64,
                noise: 0.1,
                speed,
                ..PACED
            };
            assert!(warning(&made(spiral), Polarity::Positive).is_some());
        }
    }

    #[test]
    fn one_beat_is_none_too_many() {
        for dye in [Dye::Voltage, Dye::Calcium] {
            for (frames, bleaching, noise) in [(200, 0.0, 0.0), (200, 0.2, 0.3), (110, 0.0, 0.1)] {
                let options = PhantomOptions {
                    dye,
                    frames,
                    bleaching,
                    noise,
                    ..PLAIN
                };
                for polarity in [Polarity::Positive, Polarity::Negative] {
                    let options = PhantomOptions {
                        polarity,
                        ..options.clone()
                    };
                    assert_eq!(warning(&made(options), polarity), None);
                }
            }
        }
    }

    #[test]
    fn noise_has_no_beats() {
        for (frames, height, width) in [(40, 9, 9), (100, 64, 64), (1000, 32, 48)] {
            for seed in 0..8 {
                let samples = noise(frames * height * width, seed);
                let white = video(&[frames, height, width], samples);
                assert_eq!(warning(&white, Polarity::Positive), None);
                if height > 9 {
                    let smooth = smooth_spatiotemporal(white, 1.0, 2.0).unwrap();
                    assert_eq!(warning(&smooth, Polarity::Positive), None);
                }
            }
        }
    }

    #[test]
    fn pixels_outside_of_the_tissue_and_few_frames_are_left_out() {
        let made = phantom(&PhantomOptions {
            noise: 0.3,
            ..PACED
        })
        .unwrap();
        let masked = apply_mask(made.video, &made.mask, Number::Float(f64::NAN)).unwrap();
        assert!(warning(&masked, Polarity::Positive).is_some());
        assert_eq!(warning(&masked.frames(0, 9, 1), Polarity::Positive), None);
        let empty = video(&[40, 8, 8], vec![f32::NAN; 40 * 64]);
        assert_eq!(warning(&empty, Polarity::Positive), None);
        let flat = video(&[40, 8, 8], vec![7u8; 40 * 64]);
        assert_eq!(warning(&flat, Polarity::Positive), None);
    }

    /// Each map of one beat warns once.
    #[test]
    fn every_map_of_one_beat_warns() {
        let paced = made(PACED);
        let (positive, method) = (Polarity::Positive, ActivationMethod::Half);
        let activation = |method| ActivationOptions {
            polarity: positive,
            threshold: None,
            fps: None,
            method,
            window: 3,
        };
        let options = TransientOptions {
            polarity: positive,
            method,
            baseline: RestLevel::Min,
            fps: None,
        };
        let latency = LatencyOptions {
            method: LatencyMethod::Half,
            polarities: [positive; 2],
            max_lag: 50.0,
            fps: None,
        };
        let one = made(PLAIN);
        let warnings = |video: &Video| {
            let job = task::Job::new();
            job.keep_warnings();
            let entered = job.enter();
            activation_map(video, &activation(ActivationMethod::Derivative)).unwrap();
            activation_map(video, &activation(method)).unwrap();
            apd_maps(video, &[50.0, 80.0], &options).unwrap();
            repolarization_map(video, 80.0, &options).unwrap();
            triangulation_map(video, [30.0, 90.0], &options).unwrap();
            upstroke_maps(video, [10.0, 90.0], &options).unwrap();
            decay_maps(video, &options).unwrap();
            latency_map(&video.frames(0, 200, 1), &video.frames(0, 200, 1), &latency).unwrap();
            drop(entered);
            let names = job.warnings().into_iter();
            let names = names.map(|said| said.split(' ').next().unwrap().to_owned());
            names.collect::<Vec<String>>()
        };
        assert_eq!(warnings(&one), [""; 0]);
        let said = [
            "activation_map",
            "activation_map",
            "apd_map",
            "repolarization_map",
            "triangulation_map",
            "upstroke_maps",
            "decay_maps",
        ];
        assert_eq!(warnings(&paced), said);
    }
}
