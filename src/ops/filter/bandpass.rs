//! Zero-phase temporal filters: frequency bands of the traces of pixels.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::bail;
use crate::error::{Error, Result};
use crate::ops::frame_rate;
use crate::ops::kernel::butterworth::{Band, Biquad, design};
use crate::ops::kernel::{Kernel, TraceBlock, map_traces};
use crate::task;
use crate::video::{Real, Video};

/// Maximum order; beyond it, rounding errors become noticeable.
const MAX_ORDER: usize = 10;

/// Options of [`bandpass`].
#[derive(Debug, Clone, PartialEq)]
pub struct Bandpass {
    /// Lower cutoff frequency in Hz.
    pub low: Option<f64>,
    /// Upper cutoff frequency in Hz.
    pub high: Option<f64>,
    /// Order of the filter.
    pub order: usize,
    /// Frames per second; default: that of the video.
    pub fps: Option<f64>,
}

/// Filters a frequency band with a Butterworth filter that runs forward and then backward: no phase
/// shift, and the amplitude response is applied twice. The ends are extended by odd reflection, as
/// in `scipy.signal.sosfiltfilt`. Samples of 8 and 16 bits give `float32`, wider ones `float64`.
pub fn bandpass(video: Video, options: &Bandpass) -> Result<Video> {
    let sections = design(options.order, band(&video, options)?);
    let is_cut = |section: &&Biquad| section.b[2] == 0.0;
    let terms = 2 * sections.len() + 1 - sections.iter().filter(is_cut).count();
    let reach = 3 * terms;
    if video.len() <= reach {
        bail!(
            "bandpass needs more than {reach} frames for order {}, got {}",
            options.order,
            video.len()
        );
    }
    let is_left = AtomicBool::new(false);
    let kernel = BandpassKernel {
        sections,
        reach,
        is_left: &is_left,
    };
    let filtered = match video.dtype().is_wide() {
        true => map_traces::<f64>("filtering", video, kernel),
        false => map_traces::<f32>("filtering", video, kernel),
    };
    match is_left.into_inner() {
        true => Err(Error::interrupted()),
        false => filtered,
    }
}

/// Pass band as fractions of half the frame rate.
fn band(video: &Video, options: &Bandpass) -> Result<Band> {
    let Bandpass {
        low, high, order, ..
    } = *options;
    if !(1..=MAX_ORDER).contains(&order) {
        bail!("bandpass needs `order` to be 1 to {MAX_ORDER}, got {order}");
    }
    let nyquist = frame_rate("bandpass", video, options.fps)? / 2.0;
    for (name, frequency) in [("low", low), ("high", high)] {
        if let Some(frequency) = frequency.filter(|f| !(*f > 0.0 && *f < nyquist)) {
            let error = Error::new(format!(
                "bandpass needs `{name}` above 0 and below {nyquist} Hz, half the frame rate, got {frequency}"
            ));
            return Err(error.hint(format!("pass `()` for `{name}` to omit this limit")));
        }
    }
    match (low, high) {
        (Some(low), Some(high)) if low >= high => {
            bail!("bandpass needs `low` to be below `high`, got {low} and {high}")
        }
        (Some(low), Some(high)) => Ok(Band::Between(low / nyquist, high / nyquist)),
        (None, Some(high)) => Ok(Band::Low(high / nyquist)),
        (Some(low), None) => Ok(Band::High(low / nyquist)),
        (None, None) => bail!("bandpass needs `low`, `high` or both"),
    }
}

/// Filters traces in double precision: at frequencies far below the frame rate the result is a
/// small difference of large numbers.
struct BandpassKernel<'a> {
    sections: Vec<Biquad>,
    /// Number of frames by which traces are extended at either end.
    reach: usize,
    /// Whether a trace was left unfinished because of an interruption.
    is_left: &'a AtomicBool,
}

/// Number of frames between checks for interruption.
const LOOK: usize = 1 << 12;

impl<R: Real> Kernel<TraceBlock<'_, R>> for BandpassKernel<'_> {
    #[inline(always)]
    fn run(&self, mut traces: TraceBlock<'_, R>) {
        let (reach, pixels) = (self.reach, traces.pixels);
        let mut rows = self.continued(traces.samples, pixels);
        let frames = rows.len() / pixels;
        self.pass(&mut rows, pixels, |step| step);
        self.pass(&mut rows, pixels, |step| frames - 1 - step);
        for (frame, row) in rows[reach * pixels..(frames - reach) * pixels]
            .chunks_exact(pixels)
            .enumerate()
        {
            let results = traces.results.frame(frame);
            for (result, value) in results.iter_mut().zip(row) {
                *result = R::from_f64(*value);
            }
        }
    }
}

impl BandpassKernel<'_> {
    /// Traces with `reach` more frames at either end, reflected at the first and last sample.
    #[inline(always)]
    fn continued<R: Real>(&self, samples: &[R], pixels: usize) -> Vec<f64> {
        let frames = samples.len() / pixels;
        let row = |frame: usize| &samples[frame * pixels..][..pixels];
        let mut rows = Vec::with_capacity((frames + 2 * self.reach) * pixels);
        let reflected = |end: usize, frame: usize| {
            let pairs = row(end).iter().zip(row(frame));
            pairs.map(|(end, sample)| 2.0 * f64::from_element(*end) - f64::from_element(*sample))
        };
        for distance in (1..=self.reach).rev() {
            rows.extend(reflected(0, distance));
        }
        rows.extend(samples.iter().map(|sample| f64::from_element(*sample)));
        for distance in 1..=self.reach {
            rows.extend(reflected(frames - 1, frames - 1 - distance));
        }
        rows
    }

    /// Filters all rows in the given order; each section starts in the steady state of the first
    /// row.
    #[inline(always)]
    fn pass(&self, rows: &mut [f64], pixels: usize, order: impl Fn(usize) -> usize) {
        let first = rows[order(0) * pixels..][..pixels].to_vec();
        let mut gain = 1.0;
        let mut memory = Vec::with_capacity(2 * self.sections.len() * pixels);
        for section in &self.sections {
            for settled in section.settled() {
                memory.extend(first.iter().map(|value| value * settled * gain));
            }
            gain *= section.gain();
        }
        for step in 0..rows.len() / pixels {
            if step % LOOK == 0 && task::is_interrupted() {
                self.is_left.store(true, Relaxed);
                return;
            }
            let row = &mut rows[order(step) * pixels..][..pixels];
            for (section, memory) in self
                .sections
                .iter()
                .zip(memory.chunks_exact_mut(2 * pixels))
            {
                let (near, far) = memory.split_at_mut(pixels);
                section.step(row, near, far);
            }
        }
    }
}

impl Biquad {
    /// Filters one sample of each trace (transposed direct form II).
    #[inline(always)]
    fn step(&self, row: &mut [f64], near: &mut [f64], far: &mut [f64]) {
        let Biquad { b, a } = *self;
        for ((value, near), far) in row.iter_mut().zip(near).zip(far) {
            let result = b[0] * *value + *near;
            *near = b[1] * *value - a[0] * result + *far;
            *far = b[2] * *value - a[1] * result;
            *value = result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, values, video};

    /// sin(0.7 t) + cos(0.11 t) / 2 + 0.02 t for 40 frames at 500 per second.
    fn trace() -> Video {
        let at = |t: usize| {
            let t = t as f64;
            (0.7 * t).sin() + 0.5 * (0.11 * t).cos() + 0.02 * t
        };
        let mut trace = video(&[40], (0..40).map(at).collect());
        trace.metadata_mut().fps = Some(500.0);
        trace
    }

    fn filtered(order: usize, low: Option<f64>, high: Option<f64>) -> Result<Video> {
        let options = Bandpass {
            low,
            high,
            order,
            fps: None,
        };
        bandpass(trace(), &options)
    }

    /// Frames 0, 1, 10, 20 and 39 of `scipy.signal.sosfiltfilt(scipy.signal.butter(order, …), …)`.
    #[track_caller]
    fn check(order: usize, low: f64, high: f64, expected: [f64; 5]) {
        let end = |frequency: f64| Some(frequency).filter(|frequency| *frequency > 0.0);
        let values = values(&filtered(order, end(low), end(high)).unwrap());
        for (frame, expected) in [0, 1, 10, 20, 39].into_iter().zip(expected) {
            assert!((values[frame] - expected).abs() < 2e-8, "{}", values[frame]);
        }
    }

    #[test]
    fn results_are_those_of_scipy() {
        check(
            2,
            20.0,
            100.0,
            [
                0.0312400675,
                0.682761682,
                0.656679239,
                1.00342419,
                0.0749758865,
            ],
        );
        check(
            3,
            20.0,
            100.0,
            [
                0.0152414528,
                0.681829808,
                0.650580337,
                0.98988529,
                0.0629747273,
            ],
        );
        check(
            1,
            100.0,
            245.0,
            [
                -0.00350041422,
                0.131923038,
                0.128031489,
                0.191191669,
                0.00186426083,
            ],
        );
        check(
            3,
            5.0,
            240.0,
            [
                0.259561604,
                0.914508038,
                0.735463002,
                0.505633004,
                -0.0869114839,
            ],
        );
        check(
            2,
            0.0,
            60.0,
            [
                0.501613477,
                0.889303499,
                0.808149805,
                0.680975138,
                1.40292573,
            ],
        );
        check(
            2,
            60.0,
            0.0,
            [
                -0.0016134774,
                0.271892237,
                0.275634852,
                0.415381411,
                0.00664096407,
            ],
        );
        check(
            3,
            0.0,
            60.0,
            [
                0.504869261,
                0.916882607,
                0.833801667,
                0.719456583,
                1.40809224,
            ],
        );
        check(
            3,
            60.0,
            0.0,
            [
                -0.0048692626,
                0.244313138,
                0.249983165,
                0.376912443,
                0.00701663596,
            ],
        );
    }

    #[test]
    fn what_cannot_be_filtered_is_named() {
        let message = |order, low, high| {
            let error = filtered(order, low, high).unwrap_err();
            error.message().to_owned()
        };
        assert_eq!(
            message(2, None, None),
            "bandpass needs `low`, `high` or both"
        );
        assert!(message(0, Some(1.0), None).contains("`order`"));
        assert!(message(2, Some(f64::NAN), None).contains("`low` above 0"));
        assert!(message(2, None, Some(250.0)).contains("below 250 Hz"));
        assert!(message(2, Some(60.0), Some(50.0)).contains("below `high`"));
        assert!(message(7, Some(20.0), Some(50.0)).contains("more than 45 frames"));
        let mut unknown = trace();
        unknown.metadata_mut().fps = None;
        let options = Bandpass {
            low: Some(10.0),
            high: None,
            order: 2,
            fps: None,
        };
        assert!(bandpass(unknown, &options).is_err());
    }

    #[test]
    fn every_pixel_is_filtered_by_itself() {
        let options = Bandpass {
            low: Some(10.0),
            high: Some(100.0),
            order: 2,
            fps: Some(500.0),
        };
        let samples = video(&[50, 9, 17], noise(50 * 9 * 17, 3));
        check_threads(|| bandpass(samples.clone(), &options));
        let whole = bandpass(samples.clone(), &options).unwrap();
        let part = samples.with_layout(samples.layout().slice(2, 16, 1, 1).slice(1, 8, 1, 1));
        let part = values(&bandpass(part, &options).unwrap());
        let last: Vec<f64> = values(&whole)
            .chunks(9 * 17)
            .map(|frame| frame[152])
            .collect();
        assert_eq!(part, last);
        check_reuse(samples, |video| bandpass(video, &options));
    }
}
