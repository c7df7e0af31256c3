//! Tests of reductions over all lists of axes and views of different memory order.

use super::*;
use crate::ops::chain::Stage;
use crate::ops::kernel;
use crate::ops::testing::{check_threads, noise, ramp, values, video};
use crate::video::{Layout, Samples, TEST_LIMITS, TestLimits};

/// All lists of axes.
const AXES: &[&[i64]] = &[
    &[],
    &[0],
    &[1],
    &[-1],
    &[0, 1],
    &[1, 2],
    &[2, 0],
    &[0, 1, 2],
];

/// Views of one video: unchanged, flipped, rotated, cropped, every second column.
fn views(video: &Video) -> Vec<Video> {
    let layout = video.layout();
    let cols = video.shape()[2];
    let layouts = [
        layout.clone(),
        layout.flip(0).flip(2),
        layout.swap(1, 2).flip(1),
        layout.slice(1, 1, 3, 1).slice(2, 2, cols - 3, 1),
        layout.slice(2, 1, cols / 2, 2),
        layout.swap(0, 2).flip(0),
    ];
    layouts.map(|layout| video.with_layout(layout)).into()
}

/// Samples of each result, in row-major order.
fn samples_of_results(video: &Video, axes: &[i64]) -> Vec<Vec<f64>> {
    let ndim = video.ndim();
    let axes: Vec<usize> = axes
        .iter()
        .map(|axis| axis.rem_euclid(ndim as i64) as usize)
        .collect();
    let kept: Vec<usize> = (0..ndim).filter(|axis| !axes.contains(axis)).collect();
    let count = kept.iter().map(|axis| video.shape()[*axis]).product();
    let mut results = vec![Vec::new(); count];
    for (mut index, value) in values(video).into_iter().enumerate() {
        let mut at = vec![0; ndim];
        for axis in (0..ndim).rev() {
            at[axis] = index % video.shape()[axis];
            index /= video.shape()[axis];
        }
        let result = kept
            .iter()
            .fold(0, |result, axis| result * video.shape()[*axis] + at[*axis]);
        results[result].push(value);
    }
    results
}

/// A reduction beside its definition for the numbers of one result.
struct Case {
    name: &'static str,
    tolerance: f64,
    reduce: fn(&Video, Option<&[i64]>) -> Result<Video>,
    define: fn(&[f64]) -> f64,
}

/// Compares reductions of all views over all axes with their definitions.
fn check(input: &Video, cases: &[Case]) {
    for video in views(input) {
        for axes in AXES {
            let mut numbers = samples_of_results(&video, axes);
            for samples in &mut numbers {
                samples.retain(|v| !v.is_nan());
            }
            for case in cases {
                let found = values(&(case.reduce)(&video, Some(axes)).unwrap());
                assert_eq!(found.len(), numbers.len(), "{}, axes {axes:?}", case.name);
                for (found, numbers) in found.into_iter().zip(&numbers) {
                    let expected = (case.define)(numbers);
                    let same = (found - expected).abs() <= case.tolerance * expected.abs().max(1.0);
                    assert!(
                        same || found.is_nan() && expected.is_nan(),
                        "{}: {found} for {expected}, {axes:?}",
                        case.name
                    );
                }
            }
        }
    }
}

fn least(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::NAN, f64::min)
}

fn greatest(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::NAN, f64::max)
}

fn mean_of(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

fn var_of(samples: &[f64]) -> f64 {
    let mean = mean_of(samples);
    samples.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / samples.len() as f64
}

fn percentile_of(samples: &[f64], q: f64) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_by(f64::total_cmp);
    let Some(last) = samples.len().checked_sub(1) else {
        return f64::NAN;
    };
    let rank = q / 100.0 * last as f64;
    let (low, high) = (
        samples[rank.floor() as usize],
        samples[rank.ceil() as usize],
    );
    low + (high - low) * rank.fract()
}

/// Floats with some NaN, and one pixel that is always NaN.
fn spotted() -> Video {
    let mut samples = noise(45 * 7 * 41, 3);
    for i in (0..samples.len()).step_by(13) {
        samples[i] = f32::NAN;
    }
    for frame in samples.chunks_mut(7 * 41) {
        frame[90] = f32::NAN;
    }
    video(&[45, 7, 41], samples)
}

fn bytes() -> Video {
    video(
        &[45, 7, 41],
        noise(45 * 7 * 41, 4)
            .into_iter()
            .map(|v| (v * 256.0) as u8)
            .collect(),
    )
}

fn shorts() -> Video {
    let sample = |v: f32| (v * 60000.0) as i16 - 20000;
    video(
        &[45, 7, 41],
        noise(45 * 7 * 41, 5).into_iter().map(sample).collect(),
    )
}

#[test]
fn every_layout_and_axis_is_as_defined() {
    let case = |name, tolerance, reduce, define| Case {
        name,
        tolerance,
        reduce,
        define,
    };
    let cases = [
        case("mean", 1e-6, mean, mean_of),
        case("sum", 1e-6, sum, |v| v.iter().sum()),
        case("var", 1e-6, |v, axes| var(v, axes, 0.0), var_of),
        case(
            "std",
            1e-6,
            |v, axes| std(v, axes, 0.0),
            |v| var_of(v).sqrt(),
        ),
        case("min", 0.0, min, least),
        case("max", 0.0, max, greatest),
        case("median", 1e-6, median, |v| percentile_of(v, 50.0)),
        case(
            "percentile",
            1e-6,
            |v, axes| percentile(v, &[33.0], false, axes),
            |v| percentile_of(v, 33.0),
        ),
        case("count", 0.0, count, |v| v.len() as f64),
    ];
    for input in [spotted(), bytes(), shorts()] {
        check(&input, &cases);
    }
}

#[test]
fn the_first_of_equal_samples_is_found_in_every_layout() {
    let coarse = noise(45 * 7 * 41, 6)
        .into_iter()
        .map(|v| (v * 9.0) as u8)
        .collect();
    let input = video(&[45, 7, 41], coarse);
    fn first(samples: &[f64], best: f64) -> f64 {
        samples.iter().position(|v| *v == best).unwrap() as f64
    }
    let case = |name, reduce, define| Case {
        name,
        tolerance: 0.0,
        reduce,
        define,
    };
    let cases = [
        case("argmin", argmin, |v| first(v, least(v))),
        case("argmax", argmax, |v| first(v, greatest(v))),
    ];
    check(&input, &cases);
    let mut trace = vec![f32::NAN; 40];
    (trace[17], trace[30]) = (-1.0, -1.0);
    assert_eq!(
        values(&argmin(&video(&[40], trace.clone()), None).unwrap()),
        [17.0]
    );
    assert!(argmax(&video(&[40], vec![f32::NAN; 40]), None).is_err());
}

#[test]
fn counting_and_asking_see_what_is_true() {
    let mask = video(&[2, 3], vec![true, false, true, true, true, true]);
    assert_eq!(values(&count(&mask, Some(&[1])).unwrap()), [2.0, 3.0]);
    assert_eq!(values(&all(&mask, Some(&[1])).unwrap()), [0.0, 1.0]);
    assert_eq!(values(&any(&mask, Some(&[0])).unwrap()), [1.0, 1.0, 1.0]);
    let floats = video(&[3], vec![f32::NAN, 0.0, 0.0]);
    assert_eq!(values(&any(&floats, None).unwrap()), [0.0]);
    assert_eq!(values(&count(&floats, None).unwrap()), [2.0]);
}

#[test]
fn types_are_wide_enough() {
    let dtype = |video: Result<Video>| video.unwrap().dtype();
    let bytes = video(&[2, 2], vec![255u8; 4]);
    assert_eq!(
        (dtype(mean(&bytes, Some(&[0]))), dtype(mean(&bytes, None))),
        (DType::F32, DType::F64)
    );
    assert_eq!(dtype(sum(&bytes, Some(&[0]))), DType::I64);
    assert_eq!(dtype(max(&bytes, Some(&[0]))), DType::U8);
    let longs = video(&[2], vec![i64::MAX, i64::MAX]);
    assert_eq!(dtype(mean(&longs, None)), DType::F64);
    // A sum beyond int64 is a float, or an error if there are several results.
    let total = sum(&longs, None).unwrap();
    assert_eq!(
        (total.dtype(), values(&total)),
        (DType::F64, vec![2f64.powi(64)])
    );
    let rows = video(&[2, 2], vec![i64::MAX, 1, i64::MAX, 2]);
    assert!(sum(&rows, Some(&[0])).is_err());
    let exact = video(&[2], vec![i64::MAX, -3]);
    let Samples::I64(total) = sum(&exact, None).unwrap().into_parts().0 else {
        panic!("int64")
    };
    assert_eq!(total.as_slice().unwrap(), [i64::MAX - 3]);
}

#[test]
fn small_changes_on_a_large_offset_do_not_cancel() {
    let samples: Vec<f32> = noise(200_000, 8)
        .iter()
        .map(|v| 1e7 + (v * 8.0).floor())
        .collect();
    let expected = var_of(&samples.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    for shape in [&[200_000][..], &[2000, 100], &[10, 20_000]] {
        let found = values(&var(&video(shape, samples.clone()), None, 0.0).unwrap())[0];
        assert!(
            (found - expected).abs() < 1e-9 * expected,
            "{found} for {expected}"
        );
    }
}

#[test]
fn nothing_has_no_mean_but_a_sum() {
    let nothing = Video::new(Strided::<f32>::zeroed(&[0, 3, 4]).unwrap());
    assert_eq!(
        mean(&nothing, None).unwrap_err().message(),
        "mean needs samples, got a video of shape 0×3×4"
    );
    assert!(median(&nothing, Some(&[0])).is_err() && argmax(&nothing, Some(&[0])).is_err());
    assert_eq!(values(&sum(&nothing, Some(&[0])).unwrap()), [0.0; 12]);
    assert_eq!(mean(&nothing, Some(&[1])).unwrap().shape(), [0, 4]);
    assert_eq!(median(&nothing, Some(&[1])).unwrap().shape(), [0, 4]);
    let one = video(&[1, 1, 1], vec![7u16]);
    assert_eq!(values(&median(&one, None).unwrap()), [7.0]);
    assert!(values(&std(&one, None, 1.0).unwrap())[0].is_nan());
    assert!(mean(&one, Some(&[3])).is_err() && mean(&one, Some(&[0, -3])).is_err());
}

#[test]
fn threads_make_no_difference() {
    let video = video(&[300, 20, 30], noise(180_000, 9));
    for axes in [None, Some(&[0i64][..]), Some(&[1, 2])] {
        check_threads(|| mean(&video, axes));
        check_threads(|| var(&video, axes, 1.0));
        check_threads(|| percentile(&video, &[5.0, 50.0], true, axes));
    }
}

#[test]
fn whole_videos_are_searched_by_digits() {
    let floats: Vec<f32> = noise(200_000, 10).iter().map(|v| v * 3.0 - 1.0).collect();
    let doubles: Vec<f64> = floats.iter().map(|v| f64::from(*v) * 1.000_000_1).collect();
    let shorts: Vec<i16> = floats.iter().map(|v| (v * 9000.0) as i16).collect();
    for video in [
        video(&[200, 1000], floats),
        video(&[200, 1000], doubles),
        video(&[200, 1000], shorts),
    ] {
        let samples = values(&video);
        let q = [0.0, 0.1, 12.5, 50.0, 99.99, 100.0];
        let found = values(&percentile(&video, &q, true, None).unwrap());
        for (found, q) in found.into_iter().zip(q) {
            let expected = percentile_of(&samples, q);
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs(),
                "{found} for {expected}"
            );
        }
    }
}

#[test]
fn several_percentiles_stand_along_a_first_axis() {
    let video = ramp(&[5, 2, 3]);
    let found = percentile(&video, &[0.0, 50.0], true, Some(&[0])).unwrap();
    assert_eq!(found.shape(), [2, 2, 3]);
    assert_eq!(values(&found)[..3], [0.0, 1.0, 2.0]);
    assert_eq!(values(&found)[6..9], [12.0, 13.0, 14.0]);
}

#[test]
fn what_is_known_of_lost_axes_is_forgotten() {
    let mut video = ramp(&[4, 2, 3]);
    video.metadata_mut().fps = Some(500.0);
    video.metadata_mut().pixel_size = Some([1.0, 1.0]);
    let trace = mean(&video, Some(&[1, 2])).unwrap();
    assert_eq!(
        (trace.metadata().fps, trace.metadata().pixel_size),
        (Some(500.0), None)
    );
    let image = mean(&video, Some(&[0])).unwrap();
    assert_eq!(
        (image.metadata().fps, image.metadata().pixel_size),
        (None, Some([1.0, 1.0]))
    );
}

#[test]
fn bins_hold_their_lower_edge_and_the_last_one_both() {
    let found = histogram(
        &video(&[6], vec![0.0f32, 1.0, 1.0, 2.0, 4.0, f32::NAN]),
        4,
        None,
    )
    .unwrap();
    assert_eq!(found.counts, [1, 2, 1, 1]);
    assert_eq!(found.edges, [0.0, 1.0, 2.0, 3.0, 4.0]);
    let flat = histogram(&video(&[3], vec![7u8; 3]), 2, None).unwrap();
    assert_eq!((flat.counts, flat.edges), (vec![0, 3], vec![6.5, 7.0, 7.5]));
}

#[test]
fn samples_are_put_in_order_along_any_axis() {
    let samples = vec![3.0f32, f32::NAN, 1.0, -2.0, 0.0, 5.0];
    let sorted = sort(video(&[2, 3], samples.clone()), Some(-1)).unwrap();
    assert_eq!(values(&sorted)[..2], [1.0, 3.0]);
    assert_eq!(values(&sorted)[3..], [-2.0, 0.0, 5.0]);
    let sorted = sort(video(&[2, 3], samples.clone()), Some(0)).unwrap();
    assert_eq!(values(&sorted)[..3], [-2.0, 0.0, 1.0]);
    let sorted = sort(video(&[1, 6], samples.clone()), Some(0)).unwrap();
    assert_eq!(
        values(&sorted)[2..],
        values(&video(&[6], samples.clone()))[2..]
    );
    let many: Vec<u16> = (0..3 * 50 * 4000u64)
        .map(|i| (i * 7919 % 10007) as u16)
        .collect();
    let shape = [3, 50, 4000];
    for axis in 0..3 {
        let layout = video(&shape, many.clone());
        let sorted = values(&sort(layout, Some(axis as i64)).unwrap());
        let stride: usize = shape[axis + 1..].iter().product();
        for first in (0..many.len()).filter(|at| (at / stride).is_multiple_of(shape[axis])) {
            let line = |at: usize| first + at * stride;
            let mut expected: Vec<_> = (0..shape[axis]).map(|at| many[line(at)]).collect();
            expected.sort_unstable();
            for (at, expected) in expected.into_iter().enumerate() {
                assert_eq!(sorted[line(at)], f64::from(expected));
            }
        }
    }
    let sorted = sort(video(&[2, 3], samples), None).unwrap();
    assert_eq!(
        (sorted.shape(), &values(&sorted)[..2]),
        (&[6][..], &[-2.0, 0.0][..])
    );
    let found = unique(&video(&[2, 3], vec![3u16, 1, 3, 0, 1, 900])).unwrap();
    assert_eq!(
        (values(&found), found.dtype()),
        (vec![0.0, 1.0, 3.0, 900.0], DType::U16)
    );
    let found = unique(&video(&[4], vec![0.5f32, -0.0, 0.0, 0.5])).unwrap();
    assert_eq!(values(&found), [0.0, 0.5]);
}

/// A chain over a video.
fn doubled(video: &Video) -> Video {
    let double = |run: &mut [f32]| run.iter_mut().for_each(|v| *v *= 2.0);
    let filter = move |video| kernel::map_samples("doubling", video, double);
    let stage = Stage::of_frames("double");
    stage.apply(video.clone(), filter).unwrap()
}

type LayoutView = fn(&Layout) -> Layout;

/// Views of the frames of a chain, one after the other.
const VIEWS: &[&[LayoutView]] = &[
    &[|layout| {
        layout
            .slice(1, 1, 3, 1)
            .slice(2, 2, layout.shape()[2] - 3, 1)
    }],
    &[|layout| layout.flip(1).flip(2)],
    &[|layout| layout.swap(1, 2)],
    &[
        |layout| layout.slice(2, 1, layout.shape()[2] / 2, 2).flip(1),
        |layout| layout.swap(1, 2).flip(2),
    ],
];

/// A chain over a video that ends in views.
fn viewed(video: &Video, views: &'static [LayoutView]) -> Video {
    views.iter().fold(doubled(video), |video, view| {
        let view = move |video: Video| Ok(video.with_layout(view(video.layout())));
        Stage::of_frames("view").apply_view(video, view).unwrap()
    })
}

type Function = fn(&Video, Option<&[i64]>) -> Result<Video>;

/// Compares the reductions of a chain with those of its whole; returns whether all were streamed.
fn reduce_streamed(shape: &[usize], block: usize) -> bool {
    reduce_views_streamed(shape, block, &[])
}

/// Like [`reduce_streamed`], for a chain that ends in views.
fn reduce_views_streamed(shape: &[usize], block: usize, views: &'static [LayoutView]) -> bool {
    let input = video(shape, noise(shape.iter().product(), 7));
    let whole = viewed(&input, views);
    let reductions: [Function; 6] = [sum, mean, max, argmin, count, |video, axes| {
        std(video, axes, 0.0)
    }];
    let mut is_streamed = true;
    for axes in AXES {
        for reduction in reductions {
            TEST_LIMITS.set(Some(TestLimits {
                pending: 0,
                block,
                per_call: 1,
            }));
            let pending = viewed(&input, views);
            let found = reduction(&pending, Some(axes)).unwrap();
            TEST_LIMITS.set(None);
            let expected = reduction(&whole, Some(axes)).unwrap();
            let bits = |video: &Video| values(video).into_iter().map(f64::to_bits).collect();
            let [found, expected]: [Vec<u64>; 2] = [&found, &expected].map(bits);
            assert!(found == expected, "{shape:?} {axes:?}");
            is_streamed &= pending.compute().is_err();
        }
    }
    is_streamed
}

#[test]
fn chains_are_reduced_as_they_are_computed() {
    assert!(reduce_streamed(&[150, 33, 41], 7));
    assert!(reduce_streamed(&[20, 33, 41], 1));
    assert!(reduce_streamed(&[1000, 5, 20], 64));
    assert!(reduce_streamed(&[9, 130, 300], 2));
    // Traces of few pixels are reduced along time, many frames at once.
    reduce_streamed(&[1100, 3, 3], 100);
    // Nothing is gained by streaming a frame.
    assert!(!reduce_streamed(&[1, 130, 300], 1));
}

#[test]
fn chains_that_end_in_views_are_reduced_as_they_are_computed() {
    for views in VIEWS {
        assert!(reduce_views_streamed(&[50, 33, 41], 7, views));
        assert!(reduce_views_streamed(&[9, 60, 70], 2, views));
        reduce_views_streamed(&[300, 5, 7], 64, views);
    }
}
