//! Deprecated names from earlier versions of the Python package.

use super::play::{panels, play};
use super::shared::{ColormapEach, OverlayParams, PlayParams};
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::ops::blend::BlendLook;
use crate::player::{Panel, Player};
use crate::script::types::drawing::VideoList;
use crate::script::{Chained, ChainedOperand, Context, builtins};
use crate::video::Video;
use crate::view::annotations::Annotations;

builtins! {
    /// Deprecated alias of `show_video`.
    ///
    /// Warns once in a session, as all deprecated names do.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// ```no_run
    /// play(example_video())
    /// ```
    ///
    /// See also: `show_video`
    fn play(
        &context,
        /// Video to play.
        video: Video,
        played: ..PlayParams,
    ) -> Result<Player> {
        warn(context, "play", "show_video");
        let (panel, pace) = played.panel(video, RangeExtent::First)?;
        play(context, vec![panel], pace, Annotations::default(), None)
    }

    /// Deprecated form of `show_video_pair`, with its parameters in another order.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// ```no_run
    /// play2(example_video(), example_video())
    /// ```
    ///
    /// See also: `show_video_pair`
    fn play2(
        &context,
        /// First video.
        video1: Video,
        /// Second video.
        video2: Video,
        /// Show every n-th frame.
        skip_frame: usize [frames] = 1,
        /// Title of the first video.
        title1: String = String::new(),
        /// Title of the second video.
        title2: String = String::new(),
        /// Lower color limit of the first video; default: minimum of its first frame with finite
        /// samples.
        vmin1: Option<f64> = None,
        /// Upper color limit of the first video; default: maximum of its first frame with finite
        /// samples.
        vmax1: Option<f64> = None,
        /// Lower color limit of the second video; default: minimum of its first frame with finite
        /// samples.
        vmin2: Option<f64> = None,
        /// Upper color limit of the second video; default: maximum of its first frame with finite
        /// samples.
        vmax2: Option<f64> = None,
        /// Colormap of the first video.
        cmap1: Colormap = Colormap::gray(),
        /// Colormap of the second video.
        cmap2: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play2", "show_video_pair");
        let first = Panel::video(video1, title1, &ColorSettings::new(cmap1, vmin1, vmax1))?;
        let second = Panel::video(video2, title2, &ColorSettings::new(cmap2, vmin2, vmax2))?;
        play(context, vec![first, second], (skip_frame, interval), Annotations::default(), None)
    }

    /// Deprecated alias of `show_videos`.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// ```no_run
    /// playn([example_video(), example_video()])
    /// ```
    ///
    /// See also: `show_videos`
    fn playn(
        &context,
        /// Videos to play.
        videos: VideoList,
        /// Show every n-th frame.
        skip_frame: usize [frames] = 1,
        /// Titles of the videos.
        titles: Option<Vec<String>> = None,
        looks: ..ColormapEach,
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "playn", "show_videos");
        let panels = panels(videos.0, titles, looks, RangeExtent::First)?;
        play(context, panels, (skip_frame, interval), Annotations::default(), None)
    }

    /// Deprecated alias of `show_video_overlay`.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// ```no_run
    /// play_with_overlay(example_video(), example_video().normalize())
    /// ```
    ///
    /// See also: `show_video_overlay`
    fn play_with_overlay(
        &context,
        /// Base video, gray, RGB or RGBA; or a gray image, shown in every frame.
        base: Chained,
        /// Overlay with frames of the same size, gray, RGB or RGBA.
        overlay: Chained,
        /// Opacity of the overlay, 0 to 1; default: the samples of a gray overlay, or the opacity
        /// of an RGBA one.
        alpha: Option<ChainedOperand> = None,
        /// Show every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..OverlayParams,
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play_with_overlay", "show_video_overlay");
        let options = overlaid.options(1, BlendLook::PLAIN);
        let alpha = alpha.map(|alpha| alpha.0);
        let panel = Panel::overlay(base.0, overlay.0, alpha, options, String::new())?;
        play(context, vec![panel], (skip_frames, interval), Annotations::default(), None)
    }
}

/// Warns once in a session that there is a new name.
fn warn(context: &Context, old: &str, new: &str) {
    context.warn_once(&format!("{old} is deprecated, use {new} instead"));
}
