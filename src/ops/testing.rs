//! Helpers shared by the tests of the operations.

use crate::error::Result;
use crate::video::{Element, Samples, Strided, Video, map_samples};

/// A video with the given samples.
pub(crate) fn video<T: Element>(shape: &[usize], samples: Vec<T>) -> Video {
    Video::new(Strided::from_vec(shape, samples))
}

/// A video of 0, 1, 2 and so on.
pub(crate) fn ramp(shape: &[usize]) -> Video {
    let len = shape.iter().product::<usize>();
    video(shape, (0..len).map(|v| v as f32).collect())
}

/// Pseudo-random numbers from 0 to 1, the same on every call.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..len).map(step).collect()
}

/// All samples in row-major order.
pub(crate) fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => array.view().iter().map(|v| v.to_f64()).collect())
}

/// Address of the samples of a contiguous `f32` video.
pub(crate) fn address(video: &Video) -> *const f32 {
    let Samples::F32(array) = video.samples() else {
        panic!("a video of float32")
    };
    array.as_slice().unwrap().as_ptr()
}

/// Checks that a filter gives bit-identical results on 1, 2 and 7 threads.
#[track_caller]
pub(crate) fn check_threads(filter: impl Fn() -> Result<Video> + Sync) {
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let result = pool.build().unwrap().install(|| filter().unwrap());
        values(&result).into_iter().map(f64::to_bits).collect()
    };
    let expected: Vec<u64> = bits(1);
    assert!(expected == bits(2) && expected == bits(7));
}

/// Checks that a filter reuses the memory of a `float32` temporary and does not change a shared
/// video.
#[track_caller]
pub(crate) fn check_reuse(video: Video, filter: impl Fn(Video) -> Result<Video>) {
    let (before, samples) = (address(&video), values(&video));
    let result = filter(video.clone()).unwrap();
    assert_ne!(address(&result), before);
    assert_eq!(values(&video), samples);
    let again = filter(video).unwrap();
    assert_eq!(address(&again), before);
    assert_eq!(values(&again), values(&result));
}
