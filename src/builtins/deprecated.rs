//! Names of earlier versions of the Python package.

use super::play::{panels, play};
use super::shared::{Looks, Overlaid, Played};
use crate::draw::notes::Notes;
use crate::error::Result;
use crate::ops::blend::Blend;
use crate::ops::elementwise::Operand;
use crate::player::{Panel, Player};
use crate::script::film::Videos;
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
        played: ..Played,
    ) -> Result<Player> {
        warn(context, "play", "show_video");
        let (panel, pace) = played.panel(video)?;
        play(context, vec![panel], pace, Notes::default(), None)
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
        skip_frame: usize [frames] = 1,
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
        play(context, vec![first, second], (skip_frame, interval), Notes::default(), None)
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
        skip_frame: usize [frames] = 1,
        /// Titles.
        titles: Option<Vec<String>> = None,
        looks: ..Looks,
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "playn", "show_videos");
        let panels = panels(videos.0, titles, looks)?;
        play(context, panels, (skip_frame, interval), Notes::default(), None)
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
        skip_frames: usize [frames] = 1,
        overlaid: ..Overlaid,
        /// Time between two frames.
        interval: usize [ms] = 10,
    ) -> Result<Player> {
        warn(context, "play_with_overlay", "show_video_overlay");
        let options = overlaid.options(1);
        let panel = Panel::overlay(Blend::new(base, overlay, alpha, options)?, String::new())?;
        play(context, vec![panel], (skip_frames, interval), Notes::default(), None)
    }
}

/// Says once in a session that there is a new name.
fn warn(context: &Context, old: &str, new: &str) {
    context.warn_once(&format!("{old} is deprecated, use {new} instead"));
}
