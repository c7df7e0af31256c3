//! Motion compensation: frames warped onto a reference frame by their displacements.

use super::flow::{Estimator, FlowMemory};
use super::warp::warp_frame;
use super::{
    FlowOptions, Reference, WarpOptions, contrast_enhancement, estimate_displacements,
    smooth_displacements, warp_video,
};
use crate::bail;
use crate::error::Result;
use crate::ops::expect_gray_frames;
use crate::ops::filter::nan_mean;
use crate::task;
use crate::video::{Real, Strided, Video, shape_text};

/// How motion is compensated.
#[derive(Debug, Clone, Copy)]
pub struct MotionOptions {
    /// Width of the neighborhood for contrast enhancement; 0 for none.
    pub contrast_kernel: usize,
    /// Index of the reference frame; negative from the end.
    pub ref_frame: i64,
    /// Standard deviations of a Gaussian filter before, in frames and in pixels.
    pub presmooth: [f64; 2],
    /// Standard deviations of a Gaussian filter of the displacements, in frames and in pixels.
    pub postsmooth: [f64; 2],
    /// How displacements are estimated.
    pub flow: FlowOptions,
    /// How frames are warped.
    pub warp: WarpOptions,
}

/// Warps every frame onto the reference frame. Displacements are estimated from the video after
/// smoothing and contrast enhancement; the result is made from the video itself.
pub fn motion_compensate(video: &Video, options: &MotionOptions) -> Result<Video> {
    let function = "motion_compensate";
    let tracked = tracked(function, video, options)?;
    let reference = Reference::Frame(options.ref_frame);
    let [temporal, spatial] = options.postsmooth;
    if temporal > 0.0 || spatial > 0.0 {
        let found = displacements(&tracked, false, options)?;
        drop(tracked);
        return warp_video(video, &found, options.warp);
    }
    let estimator = Estimator::new(function, &tracked, &reference, false, &options.flow)?;
    match video.dtype().is_wide() {
        true => compensate::<f64>(video, &estimator, options.warp),
        false => compensate::<f32>(video, &estimator, options.warp),
    }
}

/// Warps the frames of a video without motion so that they move as those of another one, from whose
/// frames the displacements are estimated after smoothing and contrast enhancement.
pub fn reverse_motion_compensate(
    moving: &Video,
    still: &Video,
    options: &MotionOptions,
) -> Result<Video> {
    let function = "reverse_motion_compensate";
    if moving.shape() != still.shape() {
        bail!(
            "{function} needs two videos of the same shape, got {} and {}",
            shape_text(moving.shape()),
            shape_text(still.shape())
        );
    }
    let tracked = tracked(function, moving, options)?;
    let found = displacements(&tracked, true, options)?;
    drop(tracked);
    warp_video(still, &found, options.warp)
}

/// The video that motion is followed in.
fn tracked(function: &str, video: &Video, options: &MotionOptions) -> Result<Video> {
    expect_gray_frames(video, function)?;
    for sigma in options.presmooth.iter().chain(&options.postsmooth) {
        if !(*sigma >= 0.0 && sigma.is_finite()) {
            bail!("{function} needs standard deviations >= 0 to smooth with, got {sigma}");
        }
    }
    let [temporal, spatial] = options.presmooth;
    let mut tracked = match temporal > 0.0 || spatial > 0.0 {
        true => nan_mean::smooth_spatiotemporal(video.clone(), temporal, spatial)?,
        false => video.clone(),
    };
    if options.contrast_kernel != 0 {
        tracked = contrast_enhancement(tracked, options.contrast_kernel)?;
    }
    Ok(tracked)
}

/// Displacements since the reference frame, or back to it, smoothed as asked for.
fn displacements(tracked: &Video, is_reverse: bool, options: &MotionOptions) -> Result<Video> {
    let reference = Reference::Frame(options.ref_frame);
    let found = estimate_displacements(tracked, &reference, is_reverse, &options.flow)?;
    match options.postsmooth {
        [temporal, spatial] if temporal > 0.0 || spatial > 0.0 => {
            smooth_displacements(&found, temporal, spatial)
        }
        _ => Ok(found),
    }
}

/// Estimates the displacements of a frame and warps it while they are in the cache.
fn compensate<R: Real>(
    video: &Video,
    estimator: &Estimator<'_>,
    options: WarpOptions,
) -> Result<Video> {
    let size = [video.shape()[1], video.shape()[2]];
    let len = video.frame_len();
    let mut result = Strided::<R>::for_writing(video.shape())?;
    let frames = result.as_mut_slice()?.chunks_mut(len).enumerate();
    let memory = || {
        let (displacements, samples) = (vec![0.0; 2 * len], vec![R::default(); len]);
        (FlowMemory::default(), displacements, samples)
    };
    task::for_each_init(
        "compensating motion",
        frames,
        memory,
        |(memory, displacements, samples), (frame, out)| {
            estimator.estimate(frame, memory, displacements)?;
            video
                .samples()
                .read_frames(frame..frame + 1, 0..len, samples);
            warp_frame(samples, size, displacements, options, out);
            Ok(())
        },
    )?;
    estimator.warn_of_blank_frames();
    Ok(video.with_samples(result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::motion::{WarpEdge, WarpInterpolation};
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{PhantomOptions, phantom};
    use crate::ops::testing::{check_threads, values};

    const OPTIONS: MotionOptions = MotionOptions {
        contrast_kernel: 7,
        ref_frame: 0,
        presmooth: [0.8, 0.8],
        postsmooth: [0.0, 0.0],
        flow: FlowOptions {
            window: 17,
            levels: 5,
            iterations: 2,
            poly_sigma: 1.1,
        },
        warp: WarpOptions {
            interpolation: WarpInterpolation::Cubic,
            edge: WarpEdge::Mirror,
        },
    };

    /// A beating heart at 20 frames per cycle.
    fn beating(motion: f64) -> Video {
        let made = phantom(&PhantomOptions {
            frames: 20,
            height: 64,
            width: 64,
            fps: 1000.0 / 7.5,
            motion,
            texture: 0.2,
            noise: 0.02,
            ..PLAIN
        });
        made.unwrap().video
    }

    /// Root mean square of the difference of two videos in the middle of the tissue, as a fraction
    /// of the mean.
    fn difference(one: &Video, other: &Video) -> f64 {
        let (one, other) = (values(one), values(other));
        let (mut squares, mut sum, mut count) = (0.0, 0.0, 0.0);
        for (at, (one, other)) in one.iter().zip(&other).enumerate() {
            let (y, x) = ((at / 64 % 64) as f64 - 31.5, (at % 64) as f64 - 31.5);
            if y.hypot(x) < 22.0 {
                squares += (one - other).powi(2);
                sum += other;
                count += 1.0;
            }
        }
        (squares / count).sqrt() / (sum / count)
    }

    #[test]
    fn what_remains_is_the_signal() {
        let (still, moving) = (beating(0.0), beating(2.0));
        let before = difference(&moving, &still);
        let after = difference(&motion_compensate(&moving, &OPTIONS).unwrap(), &still);
        assert!(before > 0.04 && after < 0.15 * before, "{before} {after}");
    }

    #[test]
    fn it_is_the_sum_of_its_steps() {
        let moving = beating(2.0);
        let found = motion_compensate(&moving, &OPTIONS).unwrap();
        let smoothed = nan_mean::smooth_spatiotemporal(moving.clone(), 0.8, 0.8).unwrap();
        let enhanced = contrast_enhancement(smoothed, 7).unwrap();
        let d = estimate_displacements(&enhanced, &Reference::Frame(0), false, &OPTIONS.flow);
        let d = d.unwrap();
        let expected = warp_video(&moving, &d, OPTIONS.warp).unwrap();
        assert_eq!(values(&found), values(&expected));
        let smoother = MotionOptions {
            postsmooth: [1.0, 2.0],
            ..OPTIONS
        };
        let d = smooth_displacements(&d, 1.0, 2.0).unwrap();
        let expected = warp_video(&moving, &d, OPTIONS.warp).unwrap();
        let found = motion_compensate(&moving, &smoother).unwrap();
        assert_eq!(values(&found), values(&expected));
        check_threads(|| motion_compensate(&moving, &OPTIONS));
    }

    #[test]
    fn impossible_options_are_refused() {
        let moving = beating(1.0);
        let refused = |options| {
            motion_compensate(&moving, &options)
                .unwrap_err()
                .to_string()
        };
        let endless = MotionOptions {
            presmooth: [f64::INFINITY, 0.0],
            ..OPTIONS
        };
        assert!(refused(endless).contains("standard deviations"));
        let late = MotionOptions {
            ref_frame: 20,
            ..OPTIONS
        };
        assert!(refused(late).contains("20 frames"));
        let even = MotionOptions {
            contrast_kernel: 6,
            ..OPTIONS
        };
        assert!(refused(even).contains("odd"));
    }

    /// A signal on tissue at rest, put back on the tissue that moves, is that of the recording.
    #[test]
    fn what_is_still_moves_again() {
        let (moving, still) = (beating(2.0), beating(0.0));
        let again = reverse_motion_compensate(&moving, &still, &OPTIONS).unwrap();
        let (before, after) = (difference(&still, &moving), difference(&again, &moving));
        assert!(after < 0.35 * before, "{after} of {before}");
        let smooth = MotionOptions {
            postsmooth: [1.0, 1.0],
            ..OPTIONS
        };
        let again = reverse_motion_compensate(&moving, &still, &smooth).unwrap();
        assert!(difference(&again, &moving) < 0.5 * before);
        let short = still.frames(0, 5, 1);
        assert!(reverse_motion_compensate(&moving, &short, &OPTIONS).is_err());
    }
}
