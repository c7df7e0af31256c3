//! Blending a video with an overlay.

use super::shared::{BlendParams, OverlayParams};
use crate::error::Result;
use crate::ops::array::elementwise::Operand;
use crate::ops::blend::{self, Blend};
use crate::script::{Chained, ChainedOperand, builtins};
use crate::video::{Frames, Video};

builtins! {
    /// Blends a video with an overlay.
    ///
    /// Each color component becomes `base·(1 − α) + overlay·α`. Gray videos are colored by their
    /// colormaps first; color videos of floats are read from 0 to 1, those of ints from 0 to the
    /// largest value of their type. Where the overlay is NaN, only the base is visible. The result
    /// is as long as the shortest of the videos. With another `blend_mode` than "normal", the sum,
    /// the product, … of both colors takes the place of the overlay's color.
    ///
    /// Returns a video {t, y, x, channel} of float32 from 0 to 1: red, green, blue and opacity, or
    /// without opacity if both videos are RGB.
    ///
    /// Fails if the frame sizes differ (use `resize`), `alpha` is a number outside 0 to 1 or an
    /// array that does not fit the frames, an RGB overlay comes without `alpha`, or `skip_frames`
    /// is 0.
    ///
    /// ```
    /// let v = example_video(20);
    /// let strength = smoothstep(v.normalize(), 0.3, 0.7);
    /// alpha_blend_videos(v, v, strength, #{cmap_overlay: "hot"}).shape // => [20, 128, 128, 4]
    /// alpha_blend_videos(v, v, 0.5, #{blend_mode: "add", threshold: 500}).max() // => 1.0
    /// ```
    ///
    /// See also: `iter_alpha_blend_videos`, `export_video_with_overlay`, `show_video_overlay`,
    /// `smoothstep`
    ///
    /// Source: Porter & Duff 1984, operator "over" on an opaque base; W3C, Compositing and Blending
    /// Level 1, for the blend modes.
    fn alpha_blend_videos(
        /// Base video, gray, RGB or RGBA; or a gray image, shown in every frame.
        base: Chained,
        /// Overlay with frames of the same size, gray, RGB or RGBA.
        overlay: Chained,
        /// Opacity of the overlay, 0 to 1: a number, an image or a video. A channel axis holds one
        /// opacity for all channels or one for each. Default: the samples of a gray overlay, or the
        /// opacity of an RGBA one.
        alpha: Option<ChainedOperand> = None,
        /// Blend every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..OverlayParams,
        mixed: ..BlendParams,
    ) -> Result<Video> {
        let options = overlaid.options(skip_frames, mixed.look());
        blend::alpha_blend(base.0, overlay.0, alpha.map(|alpha| alpha.0), &options)
    }

    /// Blends a video with an overlay lazily, one frame at a time.
    ///
    /// Like `alpha_blend_videos`, but a frame is blended only when it is needed, so the result
    /// never has to fit into memory: loop over it with `for`, or export it.
    ///
    /// Returns `Frames`, each an image {y, x, channel} of float32 from 0 to 1.
    ///
    /// Fails if `alpha_blend_videos` would.
    ///
    /// ```
    /// let v = example_video(20);
    /// let frames = iter_alpha_blend_videos(v, v.normalize());
    /// frames.len // => 20
    /// frames[0].shape // => [128, 128, 4]
    /// ```
    ///
    /// See also: `alpha_blend_videos`, `export_video`, `InteractivePlayer`
    ///
    /// Source: Porter & Duff 1984, operator "over" on an opaque base; W3C, Compositing and Blending
    /// Level 1, for the blend modes.
    fn iter_alpha_blend_videos(
        /// Base video, gray, RGB or RGBA; or a gray image, shown in every frame.
        base: Video,
        /// Overlay with frames of the same size, gray, RGB or RGBA.
        overlay: Video,
        /// Opacity of the overlay, 0 to 1: a number, an image or a video. A channel axis holds one
        /// opacity for all channels or one for each. Default: the samples of a gray overlay, or the
        /// opacity of an RGBA one.
        alpha: Option<Operand> = None,
        /// Blend every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..OverlayParams,
        mixed: ..BlendParams,
    ) -> Result<Frames> {
        let options = overlaid.options(skip_frames, mixed.look());
        let blend = Blend::new(base, overlay, alpha, options)?;
        Ok(Frames::new(blend.len(), move |frame| blend.frame(frame)))
    }
}
