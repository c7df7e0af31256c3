//! Peaks of a trace, with the properties and conditions of SciPy's `find_peaks`.

use crate::bail;
use crate::error::Result;
use crate::ops::read_all;
use crate::video::{Video, shape_text};

/// Conditions that peaks must meet, applied in this order.
#[derive(Debug, Clone)]
pub struct PeakOptions {
    /// Smallest and largest number of samples of equal height.
    pub plateau_size: Option<[f64; 2]>,
    /// Smallest and largest sample.
    pub height: Option<[f64; 2]>,
    /// Smallest and largest difference from the neighboring samples.
    pub threshold: Option<[f64; 2]>,
    /// Smallest distance in frames; of closer peaks, lower ones are removed first.
    pub distance: Option<f64>,
    /// Smallest and largest prominence.
    pub prominence: Option<[f64; 2]>,
    /// Smallest and largest width in frames.
    pub width: Option<[f64; 2]>,
    /// Number of frames around a peak in which its prominence is evaluated.
    pub wlen: Option<f64>,
    /// Part of the prominence at which the width is measured.
    pub rel_height: f64,
}

/// Peak of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Frame of the peak.
    pub index: usize,
    /// Sample of the peak.
    pub height: f64,
    /// Height above the higher of the two lowest samples between the peak and higher ones.
    pub prominence: f64,
    /// Frames of those two samples.
    pub bases: [usize; 2],
    /// Distance between the two positions.
    pub width: f64,
    /// Height at which the width is measured.
    pub width_height: f64,
    /// Positions at that height, interpolated.
    pub positions: [f64; 2],
}

/// Finds the peaks of a trace that meet the conditions.
pub fn find_peaks(trace: &Video, options: &PeakOptions) -> Result<Vec<Peak>> {
    let samples = trace_samples("find_peaks", trace)?;
    options.check()?;
    Ok(peaks(&samples, options))
}

/// Samples of a trace; an error unless all are finite.
pub(super) fn trace_samples(function: &str, trace: &Video) -> Result<Vec<f64>> {
    if trace.ndim() != 1 {
        bail!(
            "{function} needs a trace, got a {} of shape {}",
            trace.kind(),
            shape_text(trace.shape())
        );
    }
    let samples = read_all::<f64>(trace);
    match samples.iter().position(|sample| !sample.is_finite()) {
        None => Ok(samples),
        Some(frame) => bail!(
            "{function} needs finite samples, that of frame {frame} is {}",
            samples[frame]
        ),
    }
}

impl PeakOptions {
    /// Every peak.
    pub(super) const ALL: Self = Self {
        plateau_size: None,
        height: None,
        threshold: None,
        distance: None,
        prominence: None,
        width: None,
        wlen: None,
        rel_height: 0.5,
    };

    fn check(&self) -> Result<()> {
        let intervals = [
            ("plateau_size", self.plateau_size),
            ("height", self.height),
            ("threshold", self.threshold),
            ("prominence", self.prominence),
            ("width", self.width),
        ];
        for (name, interval) in intervals {
            if let Some([least, most]) = interval
                && (least.is_nan() || most.is_nan() || least > most)
            {
                bail!("find_peaks needs `{name}` to be in order, got [{least}, {most}]");
            }
        }
        if let Some(distance) = self.distance
            && (distance.is_nan() || distance < 1.0)
        {
            bail!("find_peaks needs `distance` to be a number >= 1, got {distance}");
        }
        if let Some(wlen) = self.wlen
            && (wlen.is_nan() || wlen <= 1.0)
        {
            bail!("find_peaks needs `wlen` to be a number > 1, got {wlen}");
        }
        if self.rel_height.is_nan() || self.rel_height < 0.0 {
            bail!(
                "find_peaks needs `rel_height` to be a number >= 0, got {}",
                self.rel_height
            );
        }
        Ok(())
    }
}

/// Peaks of finite samples, in order.
pub(super) fn peaks(samples: &[f64], options: &PeakOptions) -> Vec<Peak> {
    let mut indices = Vec::new();
    for [left, right] in plateaus(samples) {
        let index = left.midpoint(right);
        let neighbors = [samples[index - 1], samples[index + 1]];
        let drops = neighbors.map(|neighbor| samples[index] - neighbor);
        let is_sharp = options.threshold.is_none_or(|[least, most]| {
            drops[0].min(drops[1]) >= least && drops[0].max(drops[1]) <= most
        });
        let size = (right - left + 1) as f64;
        if is_within(options.plateau_size, size)
            && is_within(options.height, samples[index])
            && is_sharp
        {
            indices.push(index);
        }
    }
    if let Some(distance) = options.distance {
        indices = far_apart(samples, indices, distance);
    }
    let peaks = indices
        .into_iter()
        .map(|index| Peak::new(samples, index, options));
    let is_kept = |peak: &Peak| {
        is_within(options.prominence, peak.prominence) && is_within(options.width, peak.width)
    };
    peaks.filter(is_kept).collect()
}

fn is_within(interval: Option<[f64; 2]>, value: f64) -> bool {
    interval.is_none_or(|[least, most]| least <= value && value <= most)
}

/// First and last frames of equal samples that are higher than those before and after them.
fn plateaus(samples: &[f64]) -> Vec<[usize; 2]> {
    let mut found = Vec::new();
    let mut first = 1;
    while first + 1 < samples.len() {
        let equal = samples[first..].iter();
        let last = first + equal.take_while(|s| **s == samples[first]).count() - 1;
        let is_after_lower = samples[first - 1] < samples[first];
        if is_after_lower && last + 1 < samples.len() && samples[last + 1] < samples[first] {
            found.push([first, last]);
        }
        first = last + 1;
    }
    found
}

/// Removes peaks closer than `distance` to a higher one, beginning at the highest; of equal ones
/// the later is kept.
fn far_apart(samples: &[f64], indices: Vec<usize>, distance: f64) -> Vec<usize> {
    let distance = distance.ceil() as usize;
    let mut is_kept = vec![true; indices.len()];
    let mut order: Vec<usize> = (0..indices.len()).collect();
    order.sort_by(|a, b| samples[indices[*a]].total_cmp(&samples[indices[*b]]));
    for peak in order.into_iter().rev() {
        if !is_kept[peak] {
            continue;
        }
        let is_near = |other: &usize| indices[*other].abs_diff(indices[peak]) < distance;
        let (before, after) = ((0..peak).rev(), peak + 1..indices.len());
        let near = before.take_while(is_near).chain(after.take_while(is_near));
        near.for_each(|other| is_kept[other] = false);
    }
    let kept = indices.into_iter().zip(is_kept);
    kept.filter(|(_, is_kept)| *is_kept)
        .map(|(index, _)| index)
        .collect()
}

impl Peak {
    fn new(samples: &[f64], index: usize, options: &PeakOptions) -> Self {
        let height = samples[index];
        let reach = match options.wlen {
            Some(wlen) => wlen.ceil() as usize / 2,
            None => samples.len(),
        };
        let [first, last] = [
            index.saturating_sub(reach),
            index.saturating_add(reach).min(samples.len() - 1),
        ];
        let lowest = |frames: &mut dyn Iterator<Item = usize>| {
            let lower = frames.take_while(|frame| samples[*frame] <= height);
            lower.fold(index, |lowest, frame| {
                match samples[frame] < samples[lowest] {
                    true => frame,
                    false => lowest,
                }
            })
        };
        let bases = [
            lowest(&mut (first..=index).rev()),
            lowest(&mut (index..=last)),
        ];
        let prominence = height - samples[bases[0]].max(samples[bases[1]]);
        let width_height = height - prominence * options.rel_height;
        let is_above = |frame: &usize| width_height < samples[*frame];
        let left = (bases[0] + 1..=index).rev().take_while(is_above).count();
        let right = (index..bases[1]).take_while(is_above).count();
        let between = |outer: usize, inner: usize| match samples[outer] < width_height {
            true => (width_height - samples[outer]) / (samples[inner] - samples[outer]),
            false => 0.0,
        };
        let [left, right] = [index - left, index + right];
        let positions = [
            left as f64 + between(left, (left + 1).min(samples.len() - 1)),
            right as f64 - between(right, right.saturating_sub(1)),
        ];
        Self {
            index,
            height,
            prominence,
            bases,
            width: positions[1] - positions[0],
            width_height,
            positions,
        }
    }
}

/// Position of the peak of the parabola through a sample and its two neighbors, between −0.5 and
/// 0.5 from the middle one.
pub(super) fn parabola_peak([left, middle, right]: [f64; 3]) -> f64 {
    let curvature = left - 2.0 * middle + right;
    let offset = (left - right) / (2.0 * curvature);
    match curvature < 0.0 {
        true => offset.clamp(-0.5, 0.5),
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{ramp, video};

    /// 0.5 sin(0.11 t) + sin(0.37 t + 1) with a plateau at frames 40 to 43.
    fn waves() -> Vec<f64> {
        let wave = |t: f64| 0.5 * (0.11 * t).sin() + (0.37 * t + 1.0).sin();
        let mut samples: Vec<f64> = (0..100).map(|t| wave(f64::from(t))).collect();
        samples[40..44].fill(2.0);
        samples
    }

    fn indices(options: &PeakOptions) -> Vec<usize> {
        let found = peaks(&waves(), options);
        found.into_iter().map(|peak| peak.index).collect()
    }

    /// `scipy.signal.find_peaks(x, …)` of SciPy 1.17.
    #[test]
    fn conditions_are_those_of_scipy() {
        let least = |value: f64| Some([value, f64::INFINITY]);
        let all = PeakOptions::ALL;
        let with = |change: &dyn Fn(&mut PeakOptions)| {
            let mut options = all.clone();
            change(&mut options);
            indices(&options)
        };
        assert_eq!(indices(&all), [2, 18, 35, 41, 53, 70, 86]);
        assert_eq!(with(&|o| o.height = least(1.2)), [18, 41, 70]);
        assert_eq!(with(&|o| o.height = Some([0.6, 1.3])), [2, 35, 53, 86]);
        assert_eq!(with(&|o| o.distance = Some(20.0)), [18, 41, 70]);
        assert_eq!(with(&|o| o.distance = Some(17.2)), [18, 41, 70]);
        assert_eq!(with(&|o| o.prominence = least(1.9)), [18, 41, 70]);
        assert_eq!(with(&|o| o.width = least(7.6)), [18, 70]);
        let wide = |o: &mut PeakOptions| (o.width, o.rel_height) = (least(7.6), 0.8);
        assert_eq!(with(&wide), [18, 41, 53, 70, 86]);
        assert_eq!(with(&|o| o.threshold = least(0.02)), [2, 18, 35, 53, 86]);
        assert_eq!(with(&|o| o.plateau_size = least(2.0)), [41]);
        let near = |o: &mut PeakOptions| (o.prominence, o.wlen) = (least(1.2), Some(12.5));
        assert_eq!(with(&near), [18, 41, 53, 70, 86]);
    }

    /// `scipy.signal.find_peaks(x, prominence=0, width=0)` of SciPy 1.17, without and with
    /// `wlen=12.5`.
    #[test]
    fn properties_are_those_of_scipy() {
        let found = peaks(&waves(), &PeakOptions::ALL);
        let bases: Vec<_> = found.iter().map(|peak| peak.bases).collect();
        let expected = [
            [0, 10],
            [10, 27],
            [27, 39],
            [27, 44],
            [44, 61],
            [44, 95],
            [78, 95],
        ];
        assert_eq!(bases, expected);
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12);
        close(found[1].prominence, 1.99428304123865);
        close(found[5].prominence, 2.902026979839767);
        close(found[1].width, 8.28541762524725);
        close(found[3].width, 4.084836997847859);
        close(found[3].width_height, 0.5426957253881339);
        close(found[3].positions[0], 39.33201996725955);
        close(found[3].positions[1], 43.41685696510741);
        let narrow = PeakOptions {
            wlen: Some(12.5),
            ..PeakOptions::ALL
        };
        let found = peaks(&waves(), &narrow);
        close(found[1].prominence, 1.6392139083696913);
        close(found[3].positions[0], 39.5);
        close(found[6].width, 6.9092348068950855);
        assert_eq!((found[2].bases, found[6].bases), ([29, 39], [80, 92]));
    }

    #[test]
    fn traces_without_peaks_and_bad_conditions_are_seen() {
        for samples in [vec![], vec![1.0], vec![1.0, 1.0, 1.0], vec![2.0, 1.0, 2.0]] {
            assert_eq!(peaks(&samples, &PeakOptions::ALL), []);
        }
        assert_eq!(peaks(&[0.0, 2.0, 2.0], &PeakOptions::ALL), []);
        let error = find_peaks(&video(&[2], vec![0.0, f64::NAN]), &PeakOptions::ALL).unwrap_err();
        assert_eq!(
            error.message(),
            "find_peaks needs finite samples, that of frame 1 is NaN"
        );
        assert!(find_peaks(&ramp(&[3, 3]), &PeakOptions::ALL).is_err());
        let near = PeakOptions {
            distance: Some(0.5),
            ..PeakOptions::ALL
        };
        assert!(find_peaks(&ramp(&[3]), &near).is_err());
        let reversed = PeakOptions {
            height: Some([2.0, 1.0]),
            ..PeakOptions::ALL
        };
        assert!(find_peaks(&ramp(&[3]), &reversed).is_err());
    }
}
