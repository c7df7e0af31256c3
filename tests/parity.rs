//! Results beside those of the Python package, saved by `tests/data/parity.py`.

use optimap::error::Result;
use optimap::io::{FrameSelection, LoadOptions, load_video};
use optimap::ops::edit::geometry;
use optimap::ops::filter::normalize::normalize_pixelwise_slidingwindow;
use optimap::ops::filter::normalize::{Normalize, normalize, normalize_pixelwise};
use optimap::ops::filter::smooth;
use optimap::ops::filter::temporal::{TemporalDifference, temporal_difference};
use optimap::video::{DType, Video};

use super::project;

fn load(name: &str) -> Video {
    let path = project("tests/data/parity").join(format!("{name}.npy"));
    load_video(
        &path,
        &FrameSelection {
            start: 0,
            frames: None,
            step: 1,
        },
        &LoadOptions::default(),
    )
    .unwrap()
}

fn samples(video: &Video) -> Vec<f64> {
    let mut out = vec![0.0; video.layout().len()];
    for (frame, out) in out.chunks_mut(video.frame_len()).enumerate() {
        video.samples().read(frame, 0..out.len(), out);
    }
    out
}

#[track_caller]
fn check(name: &str, result: Result<Video>, tolerance: f64) {
    let (found, expected) = (result.unwrap(), load(name));
    assert_eq!(
        (found.shape(), found.dtype()),
        (expected.shape(), expected.dtype())
    );
    for (found, expected) in samples(&found).into_iter().zip(samples(&expected)) {
        let same = found == expected || (found.is_nan() && expected.is_nan());
        assert!(
            same || (found - expected).abs() <= tolerance,
            "{found} instead of {expected}"
        );
    }
}

const PLAIN: Normalize = Normalize {
    ymin: 0.0,
    ymax: None,
    vmin: None,
    vmax: None,
    dtype: DType::F32,
    clip: true,
};

#[test]
fn scaling_is_the_originals() {
    check("normalize", normalize(load("signal"), &PLAIN), 1e-6);
    let to_bytes = Normalize {
        vmin: Some(1700.0),
        vmax: Some(2300.0),
        dtype: DType::U8,
        ..PLAIN
    };
    check(
        "normalize_uint8",
        normalize(load("recording"), &to_bytes),
        0.0,
    );
    check(
        "normalize_pixelwise",
        normalize_pixelwise(load("signal"), -1.0, 1.0),
        1e-6,
    );
    let sliding = normalize_pixelwise_slidingwindow(load("signal"), 5, 0.0, 1.0);
    check("normalize_pixelwise_slidingwindow", sliding, 1e-6);
}

#[test]
fn filters_are_the_originals() {
    // The original truncates ints after every axis; in float the results agree.
    check(
        "smooth_spatiotemporal",
        smooth::smooth_spatiotemporal(load("recording"), 1.5, 0.8),
        1e-3,
    );
    let options = TemporalDifference {
        n: 3,
        fill_value: -1.0,
        center: true,
    };
    check(
        "temporal_difference",
        temporal_difference(load("recording"), &options),
        0.0,
    );
}

#[test]
fn edits_are_the_originals() {
    check("crop", geometry::crop(load("recording"), 2), 0.0);
    check(
        "rotate_left",
        geometry::rotate_left(load("recording"), 1),
        0.0,
    );
    check(
        "rotate_right",
        geometry::rotate_right(load("recording"), 3),
        0.0,
    );
    check(
        "flip_up_down",
        geometry::flip_up_down(load("recording")),
        0.0,
    );
    check(
        "flip_left_right",
        geometry::flip_left_right(load("recording")),
        0.0,
    );
}
