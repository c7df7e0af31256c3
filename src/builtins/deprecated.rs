//! Names of earlier versions of the Python package.

use super::play::{panels, play};
use crate::error::Result;
use crate::ops::blend::{Blend, BlendOptions};
use crate::ops::elementwise::Operand;
use crate::player::{Panel, Player};
use crate::script::film::{OneOrEach, Videos};
use crate::script::{Context, builtins};
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// The former name of `show_video`.
    ///
    /// ```no_run
    /// play(example_video())
    /// ```
    fn play(
        &context,
        /// Video to play.
        video: Video,
        /// Show every n-th frame.
        skip_frame: usize = 1,
        /// Title of the window.
        title: String = String::new(),
        /// Sample value of the colormap's low end.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end.
        vmax: Option<f64> = None,
        /// Colormap.
        cmap: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play", "show_video");
        let panel = Panel::video(video, title, cmap, (vmin, vmax))?;
        play(context, vec![panel], (skip_frame, interval), None)
    }

    /// The former name of `show_video_pair`; the order of its parameters differs.
    ///
    /// ```no_run
    /// play2(example_video(), example_video())
    /// ```
    fn play2(
        &context,
        /// First video.
        video1: Video,
        /// Second video.
        video2: Video,
        /// Show every n-th frame.
        skip_frame: usize = 1,
        /// Title of the first video.
        title1: String = String::new(),
        /// Title of the second video.
        title2: String = String::new(),
        /// Sample value of the first colormap's low end.
        vmin1: Option<f64> = None,
        /// Sample value of the first colormap's high end.
        vmax1: Option<f64> = None,
        /// Sample value of the second colormap's low end.
        vmin2: Option<f64> = None,
        /// Sample value of the second colormap's high end.
        vmax2: Option<f64> = None,
        /// Colormap of the first video.
        cmap1: Colormap = Colormap::gray(),
        /// Colormap of the second video.
        cmap2: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play2", "show_video_pair");
        let first = Panel::video(video1, title1, cmap1, (vmin1, vmax1))?;
        let second = Panel::video(video2, title2, cmap2, (vmin2, vmax2))?;
        play(context, vec![first, second], (skip_frame, interval), None)
    }

    /// The former name of `show_videos`.
    ///
    /// ```no_run
    /// playn([example_video(), example_video()])
    /// ```
    fn playn(
        &context,
        /// Videos.
        videos: Videos,
        /// Show every n-th frame.
        skip_frame: usize = 1,
        /// Titles.
        titles: Option<Vec<String>> = None,
        /// Colormap of gray videos, or one for each.
        cmaps: OneOrEach<Colormap> = OneOrEach::One(Colormap::gray()),
        /// Sample value of the colormap's low end, or one for each.
        vmins: OneOrEach<Option<f64>> = OneOrEach::One(None),
        /// Sample value of the colormap's high end, or one for each.
        vmaxs: OneOrEach<Option<f64>> = OneOrEach::One(None),
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "playn", "show_videos");
        let panels = panels(videos.0, titles, cmaps, (vmins, vmaxs))?;
        play(context, panels, (skip_frame, interval), None)
    }

    /// The former name of `show_video_overlay`.
    ///
    /// ```no_run
    /// play_with_overlay(example_video(), example_video().normalize())
    /// ```
    fn play_with_overlay(
        &context,
        /// Base video.
        base: Video,
        /// Video to lay over it.
        overlay: Video,
        /// Opacity of the overlay from 0 to 1.
        alpha: Option<Operand> = None,
        /// Show every n-th frame.
        skip_frames: usize = 1,
        /// Colormap of a gray base.
        cmap_base: Colormap = Colormap::gray(),
        /// Colormap of a gray overlay.
        cmap_overlay: Colormap = Colormap::purples(),
        /// Sample value of the base at the low end of its colormap.
        vmin_base: Option<f64> = None,
        /// Sample value of the base at the high end of its colormap.
        vmax_base: Option<f64> = None,
        /// Sample value of the overlay at the low end of its colormap.
        vmin_overlay: Option<f64> = None,
        /// Sample value of the overlay at the high end of its colormap.
        vmax_overlay: Option<f64> = None,
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play_with_overlay", "show_video_overlay");
        let options = BlendOptions {
            skip_frames: 1, cmap_base, cmap_overlay, vmin_base, vmax_base, vmin_overlay, vmax_overlay,
        };
        let panel = Panel::overlay(Blend::new(base, overlay, alpha, options)?, String::new())?;
        play(context, vec![panel], (skip_frames, interval), None)
    }
}

/// Says once in a session that there is a new name.
fn warn(context: &Context, old: &str, new: &str) {
    context.warn_once(&format!("{old} is deprecated, use {new} instead"));
}
