//! Regions of frames: masks, and the trace of a region.

use std::ops::Range;

use super::shape::RegionShape;
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::array::elementwise::{Comparison, Operand, assign, astype, compare, not};
use crate::ops::array::reduce;
use crate::ops::kernel::{Kernel, run_kernel};
use crate::task;
use crate::video::{DType, Number, Strided, Video, shape_text};

/// Number of samples that one parallel step averages.
const STEP: usize = 1 << 16;

/// Full width at half maximum (FWHM) of a Gaussian in standard deviations: 2 √(2 ln 2).
const FULL_WIDTH: f64 = 2.354_820_045_030_949_3;

/// Weights of the pixels of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// Square, uniform weights.
    Rect,
    /// Disc, uniform weights.
    Disc,
    /// Gaussian function of the distance.
    Gaussian,
}

impl Choice for Window {
    const NOUN: &'static str = "a window";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("rect", Self::Rect),
        ("disc", Self::Disc),
        ("gaussian", Self::Gaussian),
    ];
}

/// Pixels around one, and their weights.
#[derive(Debug, Clone, Copy)]
pub struct TraceWindow {
    /// Row of the pixel.
    pub y: i64,
    /// Column of the pixel.
    pub x: i64,
    /// Width of the square, diameter of the disc, or full width at half maximum (FWHM) of the
    /// Gaussian.
    pub size: usize,
    /// Weights of the pixels.
    pub window: Window,
}

/// Part of a frame, and the weight of each of its pixels.
struct Weights {
    rows: Range<usize>,
    cols: Range<usize>,
    weights: Vec<f64>,
}

impl TraceWindow {
    /// Weights within frames of some size. A square or disc of even size extends one pixel further
    /// up and left.
    fn weights(&self, height: usize, width: usize) -> Result<Weights> {
        let inside = |at: i64, len: usize| usize::try_from(at).ok().filter(|at| *at < len);
        let (Some(y), Some(x)) = (inside(self.y, height), inside(self.x, width)) else {
            bail!(
                "trace needs a pixel of frames of {height}×{width}, got ({}, {})",
                self.y,
                self.x
            );
        };
        let size = self.size.clamp(1, 2 * height.max(width));
        let sigma = size as f64 / FULL_WIDTH;
        let (before, after) = match self.window {
            Window::Gaussian => (
                (4.0 * sigma).ceil() as usize,
                (4.0 * sigma).ceil() as usize + 1,
            ),
            _ => (size / 2, size / 2 + 1),
        };
        let rows = y.saturating_sub(before)..height.min(y + after);
        let cols = x.saturating_sub(before)..width.min(x + after);
        let weight = |row: usize, col: usize| {
            let (dy, dx) = (row as f64 - y as f64, col as f64 - x as f64);
            let distance = dy * dy + dx * dx;
            let half = size as f64 / 2.0;
            match self.window {
                Window::Rect => f64::from(u8::from(dy < half && dx < half)),
                Window::Disc => f64::from(u8::from(distance < half * half)),
                Window::Gaussian => (-distance / (2.0 * sigma * sigma)).exp(),
            }
        };
        let pixels = rows
            .clone()
            .flat_map(|row| cols.clone().map(move |col| (row, col)));
        let weights = pixels.map(|(row, col)| weight(row, col)).collect();
        Ok(Weights {
            rows,
            cols,
            weights,
        })
    }
}

/// Mean of a region in each frame, ignoring NaN: a trace `{t}`, or `{t, channel}`.
pub fn trace(video: &Video, region: &TraceWindow) -> Result<Video> {
    video.expect_frames("trace")?;
    let weights = region.weights(video.shape()[1], video.shape()[2])?;
    Ok(averages(video, &[weights])?.remove(0))
}

/// Mean of the pixels of each mask in each frame, ignoring NaN: traces `{t}`, or `{t, channel}`.
pub fn mask_traces(function: &str, video: &Video, masks: &[Video]) -> Result<Vec<Video>> {
    video.expect_frames(function)?;
    let regions = masks.iter().map(|mask| of_mask(function, video, mask));
    averages(video, &regions.collect::<Result<Vec<_>>>()?)
}

fn of_mask(function: &str, video: &Video, mask: &Video) -> Result<Weights> {
    if mask.dtype() != DType::Bool || mask.shape() != &video.shape()[1..3] {
        bail!(
            "{function} needs masks of the shape of a frame, {}, got {} of {}",
            shape_text(&video.shape()[1..3]),
            shape_text(mask.shape()),
            mask.dtype()
        );
    }
    let [y0, x0, y1, x1] = roi_bounds(mask)
        .map_err(|_| Error::new(format!("{function} needs masks with a true pixel")))?;
    let mut weights = Vec::new();
    let mut row = vec![0.0; x1 - x0];
    for y in y0..y1 {
        mask.samples().read(y, x0..x1, &mut row);
        weights.extend_from_slice(&row);
    }
    let (rows, cols) = (y0..y1, x0..x1);
    Ok(Weights {
        rows,
        cols,
        weights,
    })
}

/// Mean of each region in each frame, in one pass.
fn averages(video: &Video, regions: &[Weights]) -> Result<Vec<Video>> {
    if regions.is_empty() {
        return Ok(Vec::new());
    }
    let mut means = vec![Vec::new(); regions.len()];
    video.for_each_block(|block| {
        for (region, means) in regions.iter().zip(&mut means) {
            means.extend(average(block, region)?);
        }
        Ok(())
    })?;
    let mut shape = vec![video.len()];
    shape.extend(video.shape().get(3));
    let traces = means.into_iter().map(|means| {
        let mut trace = match video.dtype().is_wide() {
            true => video.with_samples(Strided::from_vec(&shape, means)),
            false => {
                let samples = means.into_iter().map(|mean| mean as f32);
                video.with_samples(Strided::from_vec(&shape, samples.collect()))
            }
        };
        (trace.metadata_mut().pixel_size, trace.metadata_mut().origin) = (None, None);
        trace
    });
    Ok(traces.collect())
}

/// Mean of a region in each frame and each channel of it.
fn average(video: &Video, region: &Weights) -> Result<Vec<f64>> {
    let channels = match video.shape().get(3) {
        None => 1,
        Some(channels) => *channels,
    };
    let mut means = Vec::new();
    for channel in 0..channels {
        let layout = match video.ndim() {
            4 => video.layout().index(3, channel),
            _ => video.layout().clone(),
        };
        let layout = layout.slice(1, region.rows.start, region.rows.len(), 1);
        let layout = layout.slice(2, region.cols.start, region.cols.len(), 1);
        means.push(weighted_means(&video.with_layout(layout), &region.weights)?);
    }
    let frames = 0..video.len();
    let in_turn = frames.flat_map(|frame| means.iter().map(move |means| means[frame]));
    Ok(in_turn.collect())
}

/// Weighted mean of each frame.
fn weighted_means(video: &Video, weights: &[f64]) -> Result<Vec<f64>> {
    struct Mean<'a>(&'a [f64]);
    impl Kernel<(&[f64], &mut f64)> for Mean<'_> {
        #[inline(always)]
        fn run(&self, (samples, mean): (&[f64], &mut f64)) {
            let (mut sum, mut total) = (0.0, 0.0);
            for (sample, weight) in samples.iter().zip(self.0) {
                let is_number = !sample.is_nan() && *weight > 0.0;
                sum += if is_number { sample * weight } else { 0.0 };
                total += if is_number { *weight } else { 0.0 };
            }
            *mean = sum / total;
        }
    }
    let mut means = vec![0.0; video.len()];
    let frames = (STEP / weights.len()).max(1);
    let steps = means.chunks_mut(frames).enumerate();
    task::for_each_init("averaging", steps, Vec::new, |samples, (step, means)| {
        samples.resize(weights.len(), f64::default());
        for (frame, mean) in (step * frames..).zip(means) {
            video.samples().read(frame, 0..weights.len(), samples);
            run_kernel(&Mean(weights), (samples.as_slice(), mean));
        }
        Ok(())
    })?;
    Ok(means)
}

/// Mask of the pixels less than `radius` away from a point.
pub fn mask_disc(shape: &[i64], y: f64, x: f64, radius: f64) -> Result<Video> {
    if !(radius >= 0.0 && y.is_finite() && x.is_finite()) {
        bail!("mask_disc needs a point and a `radius` >= 0, got ({y}, {x}) and {radius}");
    }
    // A larger one is no different in any frame.
    let radius = radius.min(1e9);
    let disc = RegionShape::Ellipse {
        center: [y, x],
        radii: [radius; 2],
    };
    disc.mask("mask_disc", shape)
}

/// Mask of the pixels from row `y0` and column `x0` to before row `y1` and column `x1`, clipped to
/// the frame.
pub fn mask_rect(shape: &[i64], [y0, x0, y1, x1]: [i64; 4]) -> Result<Video> {
    if y0 > y1 || x0 > x1 {
        bail!("mask_rect needs y0 <= y1 and x0 <= x1, got {y0}, {x0}, {y1}, {x1}");
    }
    RegionShape::Rectangle([y0, x0, y1, x1]).mask("mask_rect", shape)
}

/// Mask of the samples above a threshold; default: Otsu's.
pub fn mask_threshold(image: &Video, threshold: Option<f64>) -> Result<Video> {
    let threshold = match threshold {
        Some(threshold) => threshold,
        None => reduce::otsu("mask_threshold", image)?,
    };
    let (left, right) = (Operand::Array(image.clone()), Operand::Float(threshold));
    compare(Comparison::Greater, left, right)
}

/// Sets the samples to `fill_value` where the mask is false. Ints become floats if they cannot
/// represent that value.
pub fn apply_mask(video: Video, mask: &Video, fill_value: Number) -> Result<Video> {
    let mask = fitting(&video, mask)?;
    let dtype = video.dtype();
    let mut video = match dtype.represents(fill_value) {
        true => video,
        false if dtype.is_wide() => astype(video, DType::F64)?,
        false => astype(video, DType::F32)?,
    };
    assign(&mut video, &not(mask)?, &fill_value.into())?;
    Ok(video)
}

/// Mask of frames or of the whole video, in a shape that broadcasts to that of the video.
fn fitting(video: &Video, mask: &Video) -> Result<Video> {
    if mask.dtype() != DType::Bool {
        return Err(Error::new(format!(
            "apply_mask needs `mask` to be bool, got {}",
            mask.dtype()
        ))
        .hint("convert it to bool: `mask > 0`"));
    }
    let (shape, of) = (video.shape(), mask.shape());
    if of == shape || shape.len() == 3 && of == &shape[1..] {
        return Ok(mask.clone());
    }
    if shape.len() == 4 && (of == &shape[..3] || of == &shape[1..3]) {
        return Ok(mask.with_layout(mask.layout().insert_axis(of.len())));
    }
    bail!(
        "apply_mask needs a mask of the shape of the frames or of the video {}, got {}",
        shape_text(shape),
        shape_text(of)
    )
}

/// Bounding box of the true samples of a mask: `[y0, x0, y1, x1]`, excluding row `y1` and column
/// `x1`.
pub fn roi_bounds(mask: &Video) -> Result<[usize; 4]> {
    if mask.dtype() != DType::Bool || mask.ndim() < 2 {
        bail!(
            "roi_bounds needs a mask of frames, got {} of shape {} of {}",
            mask.kind_with_article(),
            shape_text(mask.shape()),
            mask.dtype()
        );
    }
    let rows = usize::from(mask.ndim() > 2);
    let span = |axis: usize| {
        let others = (0..mask.ndim()).filter(|other| *other != axis);
        let others: Vec<i64> = others.map(|other| other as i64).collect();
        let found = reduce::any(mask, Some(&others))?;
        let mut lines = vec![0f32; found.len()];
        let line = found.with_layout(found.layout().insert_axis(0));
        line.samples().read(0, 0..lines.len(), &mut lines);
        let first = lines.iter().position(|line| *line > 0.0);
        Ok(first.zip(lines.iter().rposition(|line| *line > 0.0)))
    };
    match (span(rows)?, span(rows + 1)?) {
        (Some((y0, y1)), Some((x0, x1))) => Ok([y0, x0, y1 + 1, x1 + 1]),
        _ => bail!("roi_bounds needs a mask with a true pixel"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_reuse, check_threads, noise, ramp, values, video};

    fn region(y: i64, x: i64, size: usize, window: Window) -> TraceWindow {
        TraceWindow { y, x, size, window }
    }

    #[test]
    fn regions_are_averaged_within_the_frame() {
        let video = ramp(&[2, 6, 7]);
        let mean = |region| values(&trace(&video, &region).unwrap())[0];
        assert_eq!(mean(region(3, 3, 3, Window::Rect)), 24.0);
        assert_eq!(
            mean(region(3, 3, 2, Window::Rect)),
            (16 + 17 + 23 + 24) as f64 / 4.0
        );
        assert_eq!(mean(region(0, 0, 3, Window::Rect)), 4.0);
        assert_eq!(mean(region(3, 3, 0, Window::Disc)), 24.0);
        assert_eq!(
            mean(region(0, 0, 3, Window::Disc)),
            (1 + 7 + 8) as f64 / 4.0
        );
        assert!((mean(region(3, 3, 1, Window::Gaussian)) - 24.0).abs() < 1e-5);
        assert!(trace(&video, &region(6, 0, 1, Window::Rect)).is_err());
        assert!(trace(&video, &region(-1, 0, 1, Window::Rect)).is_err());
        assert!(trace(&ramp(&[6, 7]), &region(0, 0, 1, Window::Rect)).is_err());
        assert!(mean(region(3, 3, usize::MAX, Window::Gaussian)).is_finite());
    }

    #[test]
    fn gaps_count_for_nothing_and_channels_stay() {
        let mut samples = vec![2.0f32; 50];
        samples[12] = f32::NAN;
        let gap = video(&[2, 5, 5], samples);
        let found = trace(&gap, &region(2, 2, 5, Window::Gaussian)).unwrap();
        assert!(values(&found).iter().all(|v| (v - 2.0).abs() < 1e-6));
        assert!(values(&trace(&gap, &region(2, 2, 1, Window::Rect)).unwrap())[0].is_nan());
        let colors = trace(&ramp(&[2, 3, 3, 2]), &region(1, 1, 1, Window::Rect)).unwrap();
        assert_eq!(
            (colors.shape(), values(&colors)),
            (&[2, 2][..], vec![8.0, 9.0, 26.0, 27.0])
        );
        let input = video(&[300, 20, 30], noise(180_000, 9));
        check_threads(|| trace(&input, &region(9, 9, 7, Window::Gaussian)));
    }

    #[test]
    fn traces_of_masks_are_means_of_their_pixels() {
        let video = ramp(&[2, 6, 7]);
        let disc = mask_disc(&[6, 7], 2.0, 3.0, 1.5).unwrap();
        let found = values(&mask_traces("traces", &video, std::slice::from_ref(&disc)).unwrap()[0]);
        assert_eq!(found, [17.0, 59.0]);
        let far = mask_disc(&[6, 7], 2.0, 3.0, 0.0).unwrap();
        assert!(mask_traces("traces", &video, &[disc.clone(), far]).is_err());
        let other = mask_disc(&[7, 6], 2.0, 3.0, 1.0).unwrap();
        assert!(mask_traces("traces", &video, &[other]).is_err());
        assert!(mask_traces("traces", &ramp(&[6, 7]), &[disc]).is_err());
        assert!(mask_traces("traces", &video, &[]).unwrap().is_empty());
    }

    #[test]
    fn masks_are_drawn_and_bounded() {
        let disc = mask_disc(&[5, 9, 9], 4.0, 4.0, 2.5).unwrap();
        assert_eq!(
            (disc.shape(), values(&disc).iter().sum::<f64>()),
            (&[9, 9][..], 21.0)
        );
        let rect = mask_rect(&[9, 9], [2, -5, 4, 3]).unwrap();
        assert_eq!(roi_bounds(&rect).unwrap(), [2, 0, 4, 3]);
        assert!(roi_bounds(&mask_rect(&[9, 9], [2, 2, 2, 2]).unwrap()).is_err());
        assert!(mask_rect(&[9, 9], [3, 0, 2, 1]).is_err());
        assert!(mask_disc(&[9], 0.0, 0.0, 1.0).is_err());
    }

    #[test]
    fn masked_ints_become_floats_only_for_nan() {
        let input = video(&[1, 2, 2], vec![1u16, 2, 3, 4]);
        let mask = video(&[2, 2], vec![true, false, true, false]);
        let holes = apply_mask(input.clone(), &mask, Number::Float(f64::NAN)).unwrap();
        assert_eq!(holes.dtype(), DType::F32);
        assert!(values(&holes)[1].is_nan() && values(&holes)[2] == 3.0);
        let filled = apply_mask(input.clone(), &mask, Number::Int(9)).unwrap();
        assert_eq!(
            (values(&filled), filled.dtype()),
            (vec![1.0, 9.0, 3.0, 9.0], DType::U16)
        );
        let colors = apply_mask(ramp(&[1, 2, 2, 2]), &mask, Number::Int(-1)).unwrap();
        assert_eq!(
            values(&colors),
            [0.0, 1.0, -1.0, -1.0, 4.0, 5.0, -1.0, -1.0]
        );
        assert!(apply_mask(input.clone(), &input, Number::Int(0)).is_err());
        check_reuse(ramp(&[3, 2, 2]), |video| {
            apply_mask(video, &mask, Number::Int(0))
        });
    }

    #[test]
    fn thresholds_part_two_classes() {
        let samples = vec![10u8, 11, 12, 10, 90, 91, 95, 90];
        let found = values(&mask_threshold(&video(&[2, 4], samples), None).unwrap());
        assert_eq!(found, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        let floats = vec![0.1f32, 0.2, f32::NAN, 0.15, 0.9, 0.8, 0.95, 0.85];
        let found = values(&mask_threshold(&video(&[2, 4], floats), None).unwrap());
        assert_eq!(found, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }
}
