//! Windows that play videos.

use crate::error::Result;
use crate::player::{Player, Show};
use crate::script::builtins;
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// Plays a video in a window.
    ///
    /// In a script the call returns when the window is closed, at the prompt at once. Without a
    /// display it says so and carries on.
    ///
    /// | key | does |
    /// |---|---|
    /// | Space | play or pause |
    /// | Left, Right | one step back or on |
    /// | Up, Down | longer or shorter steps |
    /// | q | close |
    ///
    /// ```
    /// show_video(example_video(), #{title: "heart", cmap: "viridis"}).frame // => 0
    /// ```
    fn show_video(
        &context,
        /// Video to play.
        video: Video,
        /// Show every n-th frame.
        skip_frame: usize = 1,
        /// Title of the window.
        title: String = String::new(),
        /// Sample value of the colormap's low end; by default the smallest of the first frame.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest of the first frame.
        vmax: Option<f64> = None,
        /// Colormap.
        cmap: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
        /// Whether to wait until the window is closed; by default only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
        let interval_ms = interval as u64;
        let show = Show { video, title, colormap: cmap, vmin, vmax, interval_ms, step: skip_frame };
        let player = Player::new(show)?;
        context.show(&player, block)?;
        Ok(player)
    }

    /// Closes the window of a player.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.close()
    /// player.is_open // => false
    /// ```
    fn close(
        /// Player whose window to close.
        player: Player,
    ) -> () {
        player.close();
    }
}
