//! Motion of tissue: displacements between frames, and videos warped by them.
//!
//! Displacements are arrays `{t, y, x, 2}` of `float32`: rows down, then columns to the right, as in
//! all positions of this program. The point of the tissue that is at a pixel of the reference is at
//! the pixel plus its displacement in the frame. NaN is a displacement that is not known.

mod affine;
mod compensate;
mod correlation;
mod deformation;
mod expansion;
mod flow;
mod local_contrast;
mod pyramid;
mod search;
mod solution;
mod warp;

pub use affine::{AffineModel, AffineOptions, register_affine, warp_affine};
pub use compensate::{MotionOptions, motion_compensate, reverse_motion_compensate};
pub use deformation::{Strain, divergence, strain};
pub use flow::{FlowOptions, Reference, estimate_displacements};
pub use local_contrast::contrast_enhancement;
pub use search::Registration;
pub use warp::{WarpEdge, WarpInterpolation, WarpOptions, warp_video};

use crate::error::{Error, Result};
use crate::ops::array::shape::stack;
use crate::ops::filter::nan_mean;
use crate::video::{Video, shape_text};

/// Smooths displacements with a Gaussian filter in time and space; NaN is left out and stays.
pub fn smooth_displacements(
    displacements: &Video,
    sigma_temporal: f64,
    sigma_spatial: f64,
) -> Result<Video> {
    let function = "smooth_displacements";
    let video = Displacements::of(function, displacements)?.video;
    let part = |axis: usize| {
        let part = video.with_layout(video.layout().index(3, axis));
        nan_mean::smooth_spatiotemporal(part, sigma_temporal, sigma_spatial)
    };
    let smoothed = stack(vec![part(0)?, part(1)?], -1)?;
    Ok(match displacements.ndim() {
        3 => smoothed.with_layout(smoothed.layout().index(0, 0)),
        _ => smoothed,
    })
}

/// Displacements of frames, `{t, y, x, 2}`.
struct Displacements {
    video: Video,
}

impl Displacements {
    /// Displacements of frames or of one image; an error unless they have two components.
    fn of(function: &str, video: &Video) -> Result<Self> {
        match *video.shape() {
            [_, _, _, 2] => Ok(Self {
                video: video.clone(),
            }),
            [_, _, 2] => Ok(Self {
                video: video.with_layout(video.layout().insert_axis(0)),
            }),
            _ => {
                let error = Error::new(format!(
                    "{function} needs displacements {{t, y, x, 2}}, got {} of shape {}",
                    video.kind_with_article(),
                    shape_text(video.shape())
                ));
                Err(error.hint("estimate_displacements makes them"))
            }
        }
    }

    /// Height and width of the frames.
    fn size(&self) -> [usize; 2] {
        [self.video.shape()[1], self.video.shape()[2]]
    }

    /// Reads the displacements of a frame, down and to the right in turn.
    fn read(&self, frame: usize, out: &mut [f32]) {
        let run = 0..out.len();
        self.video.samples().read_frames(frame..frame + 1, run, out);
    }
}
