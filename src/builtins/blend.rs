//! Laying one video over another.

use super::shared::Overlaid;
use crate::error::Result;
use crate::ops::blend::{self, Blend};
use crate::ops::elementwise::Operand;
use crate::script::builtins;
use crate::video::{Frames, Video};

builtins! {
    /// Blends a video with an overlay by their opacity.
    ///
    /// Each component of a pixel becomes base·(1 − α) + overlay·α (Porter & Duff 1984, "over" on an opaque
    /// base). The result `{t, y, x, channel}` is float32 from 0 to 1: red, green, blue and opacity, without the
    /// last if both videos are RGB. Coloured videos of floats are taken from 0 to 1, those of ints from 0 to
    /// the largest value of their type. Where the overlay is not a number, the base is seen. As many
    /// frames are blended as the shortest video has.
    ///
    /// ```
    /// let v = example_video(20);
    /// let strength = smoothstep(v.normalize(), 0.3, 0.7);
    /// alpha_blend_videos(v, v, strength, #{cmap_overlay: "hot"}).shape // => [20, 128, 128, 4]
    /// ```
    fn alpha_blend_videos(
        /// Base video, gray, RGB or RGBA; or a gray image, which then stays.
        base: Video,
        /// Overlay of the same height and width, gray, RGB or RGBA.
        overlay: Video,
        /// Opacity of the overlay from 0 to 1: a number, an image or a video, which may have a channel axis with
        /// one opacity for all channels or one for each. By default the samples of a
        /// gray overlay, or the opacity of an RGBA one.
        alpha: Option<Operand> = None,
        /// Blend every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..Overlaid,
    ) -> Result<Video> {
        let options = overlaid.options(skip_frames);
        blend::alpha_blend(&Blend::new(base, overlay, alpha, options)?)
    }

    /// Blends a video with an overlay, one frame at a time.
    ///
    /// Like `alpha_blend_videos`, but each frame is made when it is asked for and never are all of them in memory:
    /// go through them with `for`, or export them.
    ///
    /// ```
    /// let v = example_video(20);
    /// let frames = iter_alpha_blend_videos(v, v.normalize());
    /// frames.len // => 20
    /// frames[0].shape // => [128, 128, 4]
    /// ```
    fn iter_alpha_blend_videos(
        /// Base video, gray, RGB or RGBA; or a gray image, which then stays.
        base: Video,
        /// Overlay of the same height and width, gray, RGB or RGBA.
        overlay: Video,
        /// Opacity of the overlay from 0 to 1: a number, an image or a video, which may have a channel axis with
        /// one opacity for all channels or one for each. By default the samples of a
        /// gray overlay, or the opacity of an RGBA one.
        alpha: Option<Operand> = None,
        /// Blend every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..Overlaid,
    ) -> Result<Frames> {
        let options = overlaid.options(skip_frames);
        let blend = Blend::new(base, overlay, alpha, options)?;
        Ok(Frames::new(blend.len(), move |frame| blend.frame(frame)))
    }
}
