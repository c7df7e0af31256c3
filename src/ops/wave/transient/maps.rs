//! Maps of the durations, upstrokes and decays of one beat.

use super::{ActivationMethod, Transient, TransientOptions};
use crate::bail;
use crate::error::Result;
use crate::ops::frame_rate;
use crate::ops::wave::measure::measure_many;
use crate::ops::wave::one_beat::warn_of_several_beats;
use crate::video::{Video, shape_text};

/// Measures the beat in the trace of each pixel, turned so that activation goes up: `count` numbers,
/// which are NaN where there is no beat. Warns if there are several.
fn measure_each_beat(
    function: &str,
    operation: &'static str,
    video: &Video,
    options: &TransientOptions,
    count: usize,
    measure: impl Fn(&Transient, &mut [f64]) + Sync,
) -> Result<Vec<Video>> {
    warn_of_several_beats(function, video, options.polarity)?;
    let sign = options.polarity.sign();
    measure_many(
        operation,
        &[video],
        count,
        Vec::new,
        |turned: &mut Vec<f64>, _, trace, out| {
            turned.clear();
            turned.extend(trace.iter().map(|sample| sign * sample));
            if let Some(beat) = Transient::of(turned, options.baseline) {
                measure(&beat, out);
            }
        },
    )
}

/// Measures N numbers of the beat of each pixel, which are NaN where `measure` returns `None`.
fn measure_beats<const N: usize>(
    function: &str,
    operation: &'static str,
    video: &Video,
    options: &TransientOptions,
    measure: impl Fn(&Transient) -> Option<[f64; N]> + Sync,
) -> Result<[Video; N]> {
    let maps = measure_each_beat(function, operation, video, options, N, |beat, out| {
        if let Some(measured) = measure(beat) {
            out.copy_from_slice(&measured);
        }
    })?;
    Ok(maps.try_into().expect("one map for each number"))
}

/// Frame rate per ms, after the checks that all measurements share.
fn frames_per_ms(function: &str, video: &Video, fps: Option<f64>) -> Result<f64> {
    let fps = frame_rate(function, video, fps)?;
    if !matches!(video.ndim(), 1 | 3) {
        bail!(
            "{function} needs a video {{t, y, x}} or a trace, got a {} of shape {}",
            video.kind(),
            shape_text(video.shape())
        );
    }
    if video.len() < 3 {
        bail!("{function} needs at least 3 frames, got {}", video.len());
    }
    Ok(fps / 1000.0)
}

pub(in crate::ops::wave) fn check_percent(function: &str, percent: f64) -> Result<()> {
    match 0.0 < percent && percent < 100.0 {
        true => Ok(()),
        false => bail!("{function} needs `percent` to be between 0 and 100, got {percent}"),
    }
}

/// Durations of the action potential of each pixel in ms, from activation to recovery by each of
/// some percentages of the amplitude.
pub fn apd_maps(video: &Video, percents: &[f64], options: &TransientOptions) -> Result<Vec<Video>> {
    let per_ms = frames_per_ms("apd_map", video, options.fps)?;
    percents
        .iter()
        .try_for_each(|percent| check_percent("apd_map", *percent))?;
    check_method("apd_map", options.method)?;
    let operation = "measuring durations";
    measure_each_beat(
        "apd_map",
        operation,
        video,
        options,
        percents.len(),
        |beat, out| {
            for (out, percent) in out.iter_mut().zip(percents) {
                let duration = beat.duration(options.method, *percent);
                *out = duration.map_or(f64::NAN, |duration| duration / per_ms);
            }
        },
    )
}

/// Durations are measured from a fraction of the upstroke, not from a level.
pub(in crate::ops::wave) fn check_method(function: &str, method: ActivationMethod) -> Result<()> {
    match method {
        ActivationMethod::Threshold => bail!(
            "{function} measures from the `method` \"derivative\" or \"half\", got \"threshold\""
        ),
        ActivationMethod::Derivative | ActivationMethod::Half => Ok(()),
    }
}

/// Time in ms that each pixel takes from one percentage of recovery to another.
pub fn triangulation_map(
    video: &Video,
    [first, last]: [f64; 2],
    options: &TransientOptions,
) -> Result<Video> {
    let per_ms = frames_per_ms("triangulation_map", video, options.fps)?;
    if !(0.0 < first && first < last && last < 100.0) {
        bail!(
            "triangulation_map needs `percents` to be two percentages in order between 0 and 100, \
             got [{first}, {last}]"
        );
    }
    let [times] = measure_beats(
        "triangulation_map",
        "measuring recovery",
        video,
        options,
        |beat| Some([(beat.recovery(last)? - beat.recovery(first)?) / per_ms]),
    )?;
    Ok(times)
}

/// Time of each pixel in ms from the first frame at which it has recovered by a percentage of the
/// amplitude.
pub fn repolarization_map(
    video: &Video,
    percent: f64,
    options: &TransientOptions,
) -> Result<Video> {
    let per_ms = frames_per_ms("repolarization_map", video, options.fps)?;
    check_percent("repolarization_map", percent)?;
    let [times] = measure_beats(
        "repolarization_map",
        "measuring recovery",
        video,
        options,
        |beat| Some([beat.recovery(percent)? / per_ms]),
    )?;
    Ok(times)
}

/// Time of each pixel in ms from the first frame at which its upstroke crosses a level, or half of
/// its amplitude if that exceeds `threshold`.
pub(in crate::ops::wave) fn rise_map(
    video: &Video,
    threshold: Option<f64>,
    options: &TransientOptions,
) -> Result<Video> {
    let per_ms = frames_per_ms("activation_map", video, options.fps)?;
    let level = options.polarity.sign() * threshold.unwrap_or(f64::NAN);
    let least = match options.method {
        ActivationMethod::Half => threshold.unwrap_or(0.0),
        _ => 0.0,
    };
    let [times] = measure_beats(
        "activation_map",
        "finding activation times",
        video,
        options,
        |beat| {
            let time = beat.activation(options.method, level)?;
            (beat.amplitude() > least).then_some([time / per_ms])
        },
    )?;
    Ok(times)
}

/// Upstroke of each pixel.
pub struct UpstrokeMaps {
    /// Height of the peak above rest, in the unit of the samples.
    pub amplitude: Video,
    /// Largest slope in units of the samples per ms.
    pub slope: Video,
    /// Time in ms between two percentages of the amplitude.
    pub rise_time: Video,
    /// Time in ms from activation to peak.
    pub time_to_peak: Video,
}

/// Measures the upstroke of each pixel; the rise time between two percentages of the amplitude.
pub fn upstroke_maps(
    video: &Video,
    [lower, upper]: [f64; 2],
    options: &TransientOptions,
) -> Result<UpstrokeMaps> {
    let per_ms = frames_per_ms("upstroke_maps", video, options.fps)?;
    if !(0.0 < lower && lower < upper && upper < 100.0) {
        bail!(
            "upstroke_maps needs `rise` to be two percentages in order between 0 and 100, got \
             [{lower}, {upper}]"
        );
    }
    let maps = measure_beats(
        "upstroke_maps",
        "measuring upstrokes",
        video,
        options,
        |beat| {
            let rise = match (beat.rise_to(lower / 100.0), beat.rise_to(upper / 100.0)) {
                (Some(begin), Some(end)) => (end - begin) / per_ms,
                _ => f64::NAN,
            };
            let activation = beat.activation(options.method, f64::NAN)?;
            Some([
                beat.amplitude(),
                beat.slope() * per_ms,
                rise,
                (beat.peak_time() - activation) / per_ms,
            ])
        },
    )?;
    let [amplitude, slope, rise_time, time_to_peak] = maps;
    Ok(UpstrokeMaps {
        amplitude,
        slope,
        rise_time,
        time_to_peak,
    })
}

/// Decay of each pixel.
pub struct DecayMaps {
    /// Time constant in ms.
    pub tau: Video,
    /// Coefficient of determination of the fit.
    pub r_squared: Video,
}

/// Fits an exponential decay to the recovery of each pixel, from 10 % to 90 %.
pub fn decay_maps(video: &Video, options: &TransientOptions) -> Result<DecayMaps> {
    let per_ms = frames_per_ms("decay_maps", video, options.fps)?;
    let [tau, r_squared] = measure_beats("decay_maps", "fitting decays", video, options, |beat| {
        let [tau, r_squared] = beat.decay()?;
        Some([tau / per_ms, r_squared])
    })?;
    Ok(DecayMaps { tau, r_squared })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::array::equality::allclose;
    use crate::ops::filter::smooth::smooth_spatiotemporal;
    use crate::ops::phantom::tests::{PLAIN, error};
    use crate::ops::phantom::{Dye, Phantom, PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, noise, values, video};
    use crate::ops::wave::polarity::Polarity;
    use crate::ops::wave::transient::RestLevel;

    const UPSTROKE: TransientOptions = TransientOptions {
        polarity: Polarity::Positive,
        method: ActivationMethod::Derivative,
        baseline: RestLevel::Min,
        fps: None,
    };

    /// One beat at 500 frames/s, of durations from 70 to 110 ms.
    const BEAT: PhantomOptions = PhantomOptions {
        frames: 100,
        fps: 500.0,
        cycle_length: 300.0,
        apd: 90.0,
        apd_gradient: 40.0,
        ..PLAIN
    };

    /// Durations of one percentage.
    fn apd(video: &Video, percent: f64, options: &TransientOptions) -> Result<Video> {
        Ok(apd_maps(video, &[percent], options)?.remove(0))
    }

    fn activations(made: &Phantom) -> Vec<f64> {
        values(&made.activation)
            .iter()
            .map(|time| time + 50.0)
            .collect()
    }

    #[test]
    fn activation_times_are_those_of_the_phantom() {
        for polarity in [Polarity::Positive, Polarity::Negative] {
            let made = phantom(&PhantomOptions { polarity, ..BEAT }).unwrap();
            let half = TransientOptions {
                method: ActivationMethod::Half,
                polarity,
                ..UPSTROKE
            };
            let found = rise_map(&made.video, None, &half).unwrap();
            assert!(error(&found, &activations(&made)) < 0.1);
            let level = match polarity {
                Polarity::Positive => 1050.0,
                Polarity::Negative => 950.0,
            };
            let threshold = TransientOptions {
                method: ActivationMethod::Threshold,
                ..half
            };
            let found = rise_map(&made.video, Some(level), &threshold).unwrap();
            assert!(error(&found, &activations(&made)) < 0.1);
        }
    }

    #[test]
    fn durations_are_those_of_the_phantom() {
        let made = phantom(&BEAT).unwrap();
        let truth = values(&made.apd);
        let found = apd(&made.video, 80.0, &UPSTROKE).unwrap();
        assert!(error(&found, &truth) < 0.3, "{}", error(&found, &truth));
        // Half recovery, where the half cosine of repolarization is 0.5.
        let half: Vec<f64> = truth
            .iter()
            .map(|apd| apd * (1.0 - 0.6 * 0.2048327647))
            .collect();
        let options = TransientOptions {
            method: ActivationMethod::Half,
            baseline: RestLevel::Median,
            ..UPSTROKE
        };
        let found = apd(&made.video, 50.0, &options).unwrap();
        assert!(error(&found, &half) < 0.3, "{}", error(&found, &half));
        let several = apd_maps(&made.video, &[30.0, 80.0, 90.0], &UPSTROKE).unwrap();
        let alone = apd(&made.video, 80.0, &UPSTROKE).unwrap();
        assert!(allclose(&several[1], &alone, 0.0, 0.0, true).unwrap());
        let triangulation = triangulation_map(&made.video, [30.0, 90.0], &UPSTROKE).unwrap();
        let pairs = values(&several[0]).into_iter().zip(values(&several[2]));
        let expected: Vec<f64> = pairs.map(|(apd30, apd90)| apd90 - apd30).collect();
        assert!(error(&triangulation, &expected) < 1e-4);
        let recovered = repolarization_map(&made.video, 80.0, &UPSTROKE).unwrap();
        let pairs = activations(&made).into_iter().zip(&truth);
        let ends: Vec<f64> = pairs.map(|(time, apd)| time + apd).collect();
        assert!(error(&recovered, &ends) < 0.1);
        assert!(recovered.metadata().fps.is_none() && recovered.metadata().pixel_size.is_some());
    }

    /// The smallest of noisy samples is below their level, so that recovery to a part of the amplitude
    /// seems late.
    #[test]
    fn noise_lowers_the_smallest_sample_and_not_the_median() {
        let noisy = PhantomOptions {
            noise: 0.05,
            ..BEAT
        };
        let made = phantom(&noisy).unwrap();
        let smooth = smooth_spatiotemporal(made.video.clone(), 1.0, 0.0).unwrap();
        let truth = values(&made.apd);
        let bias = |baseline: RestLevel| {
            let options = TransientOptions {
                baseline,
                ..UPSTROKE
            };
            let found = values(&apd(&smooth, 80.0, &options).unwrap());
            let errors = found.iter().zip(&truth).map(|(found, truth)| found - truth);
            let errors: Vec<f64> = errors.filter(|error| !error.is_nan()).collect();
            errors.iter().sum::<f64>() / errors.len() as f64
        };
        let [min, median] = [RestLevel::Min, RestLevel::Median].map(bias);
        assert!(min > 0.5 && median.abs() < 0.5 * min, "{min} {median}");
    }

    #[test]
    fn upstrokes_are_those_of_the_phantom() {
        let fine = PhantomOptions {
            frames: 400,
            fps: 2000.0,
            ..BEAT
        };
        let made = phantom(&fine).unwrap();
        let found = upstroke_maps(&made.video, [10.0, 90.0], &UPSTROKE).unwrap();
        let inside: Vec<f64> = values(&made.apd).iter().map(|apd| apd * 0.0).collect();
        let all = |value: f64| inside.iter().map(|zero| zero + value).collect::<Vec<f64>>();
        assert!(error(&found.amplitude, &all(100.0)) < 1e-3);
        // The slope of half a cosine of 10 ms is π/20 at most; central differences flatten it.
        let slope = 100.0 * std::f64::consts::PI / 20.0;
        assert!(error(&found.slope, &all(slope)) < 0.01 * slope);
        // 2 arcsin(0.8) / π of 10 ms.
        assert!(error(&found.rise_time, &all(5.903344706)) < 0.05);
    }

    #[test]
    fn decays_are_those_of_the_phantom() {
        let options = PhantomOptions {
            dye: Dye::Calcium,
            frames: 150,
            ..BEAT
        };
        let made = phantom(&options).unwrap();
        let truth: Vec<f64> = values(&made.apd)
            .iter()
            .map(|apd| (apd - 5.0) / 5.0_f64.ln())
            .collect();
        let found = decay_maps(&made.video, &UPSTROKE).unwrap();
        assert!(
            error(&found.tau, &truth) < 0.1,
            "{}",
            error(&found.tau, &truth)
        );
        let fits = values(&found.r_squared);
        assert!(fits.iter().all(|fit| fit.is_nan() || *fit > 0.9999));
        let peaks = upstroke_maps(&made.video, [10.0, 90.0], &UPSTROKE).unwrap();
        let at_peak: Vec<f64> = truth.iter().map(|tau| tau * 0.0 + 5.0).collect();
        assert!(error(&peaks.time_to_peak, &at_peak) < 1.2);
    }

    #[test]
    fn what_has_no_beat_is_nan() {
        let made = phantom(&BEAT).unwrap();
        let outside = values(&made.mask).into_iter().map(|inside| inside == 0.0);
        let found = values(&apd(&made.video, 80.0, &UPSTROKE).unwrap());
        assert!(
            found
                .iter()
                .zip(outside)
                .all(|(apd, outside)| apd.is_nan() == outside)
        );
        let cut = made.video.frames(0, 40, 1);
        let found = values(&apd(&cut, 80.0, &UPSTROKE).unwrap());
        assert!(found.iter().all(|apd| apd.is_nan()));
        let mut falling = video(&[5], vec![5.0, 4.0, 3.0, 2.0, 1.0]);
        falling.metadata_mut().fps = Some(100.0);
        assert!(values(&repolarization_map(&falling, 50.0, &UPSTROKE).unwrap())[0].is_nan());
        let mut short = video(&[2], vec![0.0, 1.0]);
        short.metadata_mut().fps = Some(100.0);
        assert!(apd(&short, 50.0, &UPSTROKE).is_err());
        assert!(apd(&made.video, 100.0, &UPSTROKE).is_err());
        assert!(upstroke_maps(&made.video, [90.0, 10.0], &UPSTROKE).is_err());
        assert!(triangulation_map(&made.video, [90.0, 30.0], &UPSTROKE).is_err());
        let mut noisy = video(&[60, 9, 9], noise(60 * 81, 3));
        noisy.metadata_mut().fps = Some(500.0);
        check_threads(|| apd(&noisy, 50.0, &UPSTROKE));
    }
}
