//! All frames of a blend as a video.

use super::{Blend, BlendInput, BlendOptions};
use crate::error::Result;
use crate::ops::array::elementwise::Operand;
use crate::ops::chain::Stage;
use crate::task;
use crate::video::{Strided, Video};

/// The frames of a [blend](Blend::new) as a video `{t, y, x, channel}`. They are computed when they are
/// needed if they are large, and the videos equally long.
pub fn alpha_blend(
    base: Video,
    overlay: Video,
    alpha: Option<Operand>,
    options: &BlendOptions,
) -> Result<Video> {
    options.check()?;
    let input = BlendInput::new(base, overlay, alpha, options.look)?;
    let is_even = input.videos().all(|video| video.len() == input.len());
    if options.skip_frames > 1 || !is_even {
        input.videos().try_for_each(Video::compute)?;
        return all_frames(&Blend::of(input, options)?);
    }
    let blend = Blend::of(input, options)?;
    let videos: Vec<_> = blend.videos().cloned().collect();
    // Otherwise the blend would be another owner of their samples.
    let nothing = Video::new(Strided::<u8>::zeroed(&[0, 0, 0])?);
    let blend = blend.with_videos(vec![nothing; videos.len()]);
    Stage::of_frames("alpha_blend_videos")
        .apply_to_all(videos, move |videos| all_frames(&blend.with_videos(videos)))
}

/// The frames of a blend.
pub(super) fn all_frames(blend: &Blend) -> Result<Video> {
    let shape = blend.shape();
    let mut array = Strided::for_writing(&shape)?;
    let frame_len = shape[1..].iter().product::<usize>().max(1);
    let frames = array.as_mut_slice()?.chunks_mut(frame_len).enumerate();
    task::for_each("blending", frames, |(frame, out)| {
        blend.components(frame, out);
        Ok(())
    })?;
    Ok(blend.base.video.with_samples(array))
}
