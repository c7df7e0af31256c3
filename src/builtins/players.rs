//! Players of a script's own frames, and what can be done with any player.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{Dynamic, INT};

use super::shared::Noted;
use crate::error::{Error, Result};
use crate::io::{self, Annotations, Export, Extent, Look, Shown};
use crate::ops::pad::PadMode;
use crate::player::{Controls, Make, Player, Span};
use crate::script::{Callback, FramesOf, Value, builtins};
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// Makes a player whose frames come from a function, each when it is to be shown.
    ///
    /// The function gets the index of a frame and returns an image, a list of images to show beside each
    /// other, or a drawn plot. It runs beside the script, also after that has gone on; if it is slow,
    /// frames are left out, and if it fails, that is said once and playing stops. `show` opens the
    /// window; the keys are those of `show_video`. `timestamp` and `speed` need frames that know the
    /// frame rate of the recording: `frame.fps = v.fps`.
    ///
    /// ```
    /// let v = example_video(50);
    /// let player = InteractivePlayer(|i| v[i] - v[0], #{end: v.len, interval: 20});
    /// player.frame // => 0
    /// InteractivePlayer((), |i| [v[i], v[49 - i]], 0, 50).step // => 1
    /// ```
    fn InteractivePlayer(
        /// Function, frames or video to play. The Python package has its figure here: `()` stands for one, and
        /// the function follows.
        fig: Option<FramesOf>,
        /// Function, frames or video to play, if it is not passed first.
        func: Option<FramesOf> = None,
        /// First frame.
        start: usize [frames] = 0,
        /// Frame before which to end; by default 100, or the number of frames there are.
        end: Option<usize> [frames] = None,
        /// Frames to go on at a time.
        step: usize [frames] = 1,
        /// Time between two frames.
        interval: usize [ms] = 25,
        /// Place of the controls in the Python package; they have one of their own here.
        gui_pos: Dynamic = Dynamic::UNIT,
        noted: ..Noted,
    ) -> Result<Player> {
        let _ = gui_pos;
        let source = fig.or(func);
        let source = source.ok_or_else(|| Error::new("InteractivePlayer needs a function that makes frames, got ()"))?;
        let end = end.unwrap_or(source.count().unwrap_or(100));
        if let Some(len) = source.count().filter(|len| *len < end) {
            return Err(Error::new(format!("InteractivePlayer has {len} frames, but `end` is {end}")));
        }
        let span = Span { start, end, step, interval_ms: interval as u64 };
        Player::made(make(source), span, noted.notes())
    }

    /// Opens the window of a player.
    ///
    /// ```
    /// InteractivePlayer(|i| full([8, 8], i), #{end: 10}).show(false)
    /// ```
    fn show(
        &context,
        /// Player to show.
        player: Player,
        /// Whether to wait until the window is closed; by default only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
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

    /// Waits until the window of a player is closed.
    ///
    /// ```
    /// let player = show_video(example_video(), #{block: false});
    /// player.close();
    /// player.wait()
    /// ```
    fn wait(
        /// Player to wait for.
        player: Player,
    ) -> Result<()> {
        player.wait()
    }

    /// Saves what a player shows as a movie.
    ///
    /// Every step-th frame is drawn as in the window, with titles, colorbars, zoom and traces, in the size of
    /// the window. The extension decides the kind of movie, as for `export_video`.
    ///
    /// ```no_run
    /// let v = example_video();
    /// show_video_pair(v, v.normalize_pixelwise(), #{block: false}).save("pair.mp4", #{fps: 30})
    /// ```
    fn save(
        &context,
        /// Player to save.
        player: Player,
        /// File to write.
        path: PathBuf,
        /// Frames per second of the movie; by default as it plays.
        fps: Option<f64> [Hz] = None,
        /// Whether to leave out the slider.
        hide_slider: bool = true,
        /// Whether to leave out the button.
        hide_buttons: bool = true,
        /// Whether to leave out the number of the frame.
        hide_framecounter: bool = false,
    ) -> Result<()> {
        let controls = Controls { slider: !hide_slider, button: !hide_buttons, counter: !hide_framecounter };
        let playback = player.playback();
        let export = Export {
            fps: fps.unwrap_or(playback.speed() / playback.interval().as_secs_f64()),
            skip_frames: 1,
            encoder: context.encoders().get(None)?,
            pad_mode: PadMode::Edge,
            progress_bar: true,
            ground: 0,
            annotations: Annotations::default(),
        };
        let look = Look { cmap: Colormap::gray(), vmin: None, vmax: None, range: Extent::First };
        io::export_video(&path, Shown::Frames(player.film(controls)), &look, 8, &export)
    }

    /// Shows a frame in a player.
    ///
    /// ```
    /// let player = show_video(example_video(100));
    /// player.seek(42);
    /// player.frame // => 42
    /// ```
    fn seek(
        /// Player to change.
        player: Player,
        /// Frame to show, the last one if there are not so many.
        frame: usize [frames],
    ) -> () {
        player.seek(frame);
    }

    /// Calls a function with the index of each frame that a player shows from now on.
    ///
    /// It runs beside the script; frames shown while it works are left out. In it the player is `this`. If
    /// it uses the variable that holds the player instead, write `on_frame(player, |i| …)`, `show(player)`
    /// and `wait(player)`, as methods hold on to the variable that they are called on.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.on_frame(|i| if i == 50 { this.playing = false; })
    /// ```
    fn on_frame(
        /// Player to follow.
        player: Player,
        /// Function to call.
        func: Callback,
    ) -> Result<()> {
        // A player that is kept by what it calls would never end.
        let weak = player.downgrade();
        player.on_frame(Arc::new(move |frame| {
            let Some(player) = weak.upgrade() else {
                return Ok(());
            };
            func.call_on(player.into_dynamic(), frame as INT).map(|_| ())
        }))
    }

    /// Lets players show the same frame: what is done in one window is done in all.
    ///
    /// ```
    /// let v = example_video();
    /// let players = [show_video(v), show_video(v.normalize_pixelwise())];
    /// link(players);
    /// players[0].seek(7);
    /// players[1].frame // => 7
    /// ```
    fn link(
        /// Players to link.
        players: Vec<Player>,
    ) -> () {
        Player::link(&players);
    }

    /// The courses in time of what was picked in the window of a player.
    ///
    /// Of a pixel it is the mean of the 5 × 5 around it, as of `trace`; they come in the order in which they
    /// were picked.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.traces() // => []
    /// ```
    fn traces(
        /// Player in whose window they were picked.
        player: Player,
    ) -> Result<Vec<Video>> {
        player.traces()
    }

    /// Writes the courses in time of what was picked in the window of a player as a table.
    ///
    /// The columns are the frame, the time in ms if the frame rate is known, and a column for each pick.
    ///
    /// ```no_run
    /// show_video(example_video()).save_csv("traces.csv")
    /// ```
    fn save_csv(
        /// Player in whose window they were picked.
        player: Player,
        /// File to write.
        path: PathBuf,
    ) -> Result<()> {
        player.save_csv(&path)
    }
}

/// What makes the pictures of a frame.
fn make(source: FramesOf) -> Arc<Make> {
    match source {
        FramesOf::Frames(frames) => Arc::new(move |index| Ok(vec![frames.frame(index)?])),
        FramesOf::Function(function) => Arc::new(move |index| {
            let made = function.call((index as INT,))?;
            FramesOf::pictures(made)
        }),
    }
}
