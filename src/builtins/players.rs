//! Players of a script's own frames, and the functions of all players.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{Dynamic, INT};

use super::shared::AnnotationParams;
use crate::bail;
use crate::error::{Result, counted};
use crate::export;
use crate::player::sync_group::LinkAlignment;
use crate::player::{Controls, MovieWriting, PictureLook, Player, ProduceFrames, Span};
use crate::script::{Callback, FrameSource, Provenance, Value, builtins};
use crate::video::Video;

/// Largest height or width of a picture.
const MAX_SIDE: usize = 1 << 14;

builtins! {
    /// Creates a player whose frames a function makes when they are to be shown.
    ///
    /// The function gets the index of a frame and returns an image, a list of images to show side
    /// by side, or a drawn plot. It runs in the background, also after the script has continued. If
    /// it is slow, frames are dropped; if it fails, the error is shown once and playing stops.
    /// `show` opens the window; the keys are those of `show_video`. `timestamp` and `speed` need
    /// the frame rate of the recording, which images of a function do not have: `fps: v.fps`. Of a
    /// video that is still to be computed, those frames are computed that are shown, as in
    /// `show_video`.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if there is no function, if the function fails at the first frame or returns no image,
    /// if there are no frames from `start` to `end`, if `end` is more than the number of frames, or
    /// if `step` is 0.
    ///
    /// ```
    /// let v = example_video(50);
    /// let player = InteractivePlayer(|i| v[i] - v[0], #{end: v.len, interval: 20});
    /// player.frame // => 0
    /// InteractivePlayer((), |i| [v[i], v[49 - i]], 0, 50).step // => 1
    /// InteractivePlayer(|i| v[i], #{end: v.len, fps: 500, timestamp: true}).frame // => 0
    /// ```
    ///
    /// See also: `show`, `show_video`, `on_frame`, `export_video`.
    fn InteractivePlayer(
        /// Function, frames or video to play. For scripts ported from the Python package, which
        /// passes its figure here, `()` is accepted, and the function follows.
        fig: Option<FrameSource>,
        /// Function, frames or video to play, if it is not passed first.
        func: Option<FrameSource> = None,
        /// Index of the first frame.
        start: usize [frames] = 0,
        /// Index to stop before (exclusive); default: the number of frames, or 100 for a function.
        end: Option<usize> [frames] = None,
        /// Number of frames to advance at a time.
        step: usize [frames] = 1,
        /// Time between two frames.
        interval: usize [ms] = 25,
        /// Position of the controls in the Python package; ignored here.
        gui_pos: Dynamic = Dynamic::UNIT,
        noted: ..AnnotationParams,
        /// Frame rate of the recording, for `timestamp` and `speed`; default: that of the frames,
        /// which a single image `v[i]` does not have.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Player> {
        if let Some(fps) = fps.filter(|fps| !(*fps > 0.0 && fps.is_finite())) {
            bail!("`fps` must be greater than 0, got {fps}");
        }
        let _ = gui_pos;
        let source = fig.or(func);
        let Some(source) = source else {
            bail!("InteractivePlayer needs a function that makes frames, got ()");
        };
        let end = end.unwrap_or(source.count().unwrap_or(100));
        if let Some(len) = source.count().filter(|len| *len < end) {
            bail!("InteractivePlayer has {}, but `end` is {end}", counted(len, "frame"));
        }
        let span = Span { start, end, step, interval_ms: interval as u64 };
        let annotations = noted.annotations()?;
        let needs_fps = annotations.timestamp.is_some() || annotations.speed.is_some();
        let player = Player::with_producer(make(source, fps), span, annotations);
        player.map_err(|error| match needs_fps && fps.is_none() {
            true => error.hint("pass the frame rate of the recording: #{fps: v.fps}"),
            false => error,
        })
    }

    /// Opens the window of a player.
    ///
    /// Without a display it shows a warning and goes on.
    ///
    /// Returns the player.
    ///
    /// ```
    /// InteractivePlayer(|i| full([8, 8], i), #{end: 10}).show(false)
    /// ```
    ///
    /// See also: `InteractivePlayer`, `close`, `wait`.
    fn show(
        &context,
        /// Player to show.
        player: Player,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
        context.show(&player, block)?;
        Ok(player)
    }

    /// Sets whether players stay without a window, as with `--headless`.
    ///
    /// Saved sessions begin with it if they need a player.
    ///
    /// ```
    /// set_headless(true)
    /// show_video(example_video()).is_open // => false
    /// set_headless(false)
    /// ```
    ///
    /// See also: `show`, `show_video`, `save_session`.
    fn set_headless(
        &context,
        /// Open no windows from now on.
        state: bool = true,
    ) -> () {
        context.set_headless(state);
    }

    /// Closes the window of a player.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.close()
    /// player.is_open // => false
    /// ```
    ///
    /// See also: `show`, `wait`.
    fn close(
        /// Player whose window to close.
        player: Player,
    ) -> () {
        player.close();
    }

    /// Waits until the window of a player is closed.
    ///
    /// Ctrl-C closes the window and ends the script.
    ///
    /// ```
    /// let player = show_video(example_video(), #{block: false});
    /// player.close();
    /// player.wait()
    /// ```
    ///
    /// See also: `close`, `show`, `sleep`.
    fn wait(
        /// Player to wait for.
        player: Player,
    ) -> Result<()> {
        player.wait()
    }

    /// Saves what a player shows as a movie or an image.
    ///
    /// Every step-th frame is drawn as in the window, with titles, colorbars, zoom and traces, in
    /// the size of the window. The extension decides the kind of movie, as for `export_video`; with
    /// that of an image, the frame shown is saved.
    ///
    /// Fails if the extension is neither that of a movie nor of an image, if the function of the
    /// player fails, if `size` is not one of a window, or if the file cannot be written.
    ///
    /// ```no_run
    /// let v = example_video();
    /// show_video_pair(v, v.normalize_pixelwise(), #{block: false}).save("pair.mp4", #{fps: 30})
    /// ```
    ///
    /// See also: `export_video`, `export_videos`, `save_csv`.
    fn save(
        &context,
        /// Player to save.
        player: Player,
        /// File to write.
        path: PathBuf,
        /// Frame rate of the movie; default: the speed at which the player plays.
        fps: Option<f64> [Hz] = None,
        /// Leave out the slider.
        hide_slider: bool = true,
        /// Leave out the button.
        hide_buttons: bool = true,
        /// Leave out the frame number.
        hide_framecounter: bool = false,
        /// Height and width; default: those of the window, or what suits the videos.
        size: Option<Vec<usize>> [px] = None,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
        /// Save the videos alone, without titles, colorbars, annotations, regions and traces.
        plain: bool = false,
        /// Draw dark text on white around the videos, for papers.
        light: bool = false,
    ) -> Result<()> {
        let size = match size.as_deref() {
            None => None,
            Some(&[height @ 1..=MAX_SIDE, width @ 1..=MAX_SIDE]) => Some((width, height)),
            Some(other) => bail!(
                "`size` must be a height and a width from 1 to {MAX_SIDE}, got {other:?}"
            ),
        };
        let script = provenance.script();
        let controls = Controls {
            slider: !hide_slider,
            button: !hide_buttons,
            counter: !hide_framecounter,
        };
        let look = PictureLook { is_plain: plain, is_light: light };
        if export::is_image(&path) {
            export::save_drawn(&path, &player.picture(controls, look, size)?, script)
        } else {
            let encoder = context.encoders().get(None)?;
            let writing = MovieWriting { fps, encoder, shows_progress: true, script };
            player.write_movie(&path, player.movie(controls, look, size), &writing)
        }
    }

    /// Shows a frame in a player.
    ///
    /// ```
    /// let player = show_video(example_video(100));
    /// player.seek(42);
    /// player.frame // => 42
    /// ```
    ///
    /// See also: `on_frame`, `link`.
    fn seek(
        /// Player to change.
        player: Player,
        /// Index of the frame to show; beyond the end, the last frame is shown.
        frame: usize [frames],
    ) -> () {
        player.seek(frame);
    }

    /// Calls a function with the index of each frame that a player shows from now on.
    ///
    /// It runs in the background; frames shown while it works are skipped, except the latest. If it
    /// fails, the error is shown once and it is not called again. Another call replaces the
    /// function. In it the player is `this`. If it uses the variable that holds the player instead,
    /// write `on_frame(player, |i| …)`, `show(player)` and `wait(player)`, as a method call locks
    /// the variable that it is called on.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.on_frame(|i| if i == 50 { this.playing = false; })
    /// ```
    ///
    /// See also: `seek`, `link`, `InteractivePlayer`.
    fn on_frame(
        /// Player to follow.
        player: Player,
        /// Function to call with the index of the frame.
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

    /// Links players into a sync group: all show the same frame, or the same time.
    ///
    /// What is done in one window is done in all: they play, zoom and pan together. They begin at
    /// the frame of the first player, or at its time. By time, videos of different frame rates are
    /// aligned; `triggers` are frames at the same moment, such as those of a stimulus. Where a
    /// video was not recorded at a time, its first or last frame stays, and its window says so.
    ///
    /// Fails if the frame rate of a video is not known that is to be aligned by time, or if
    /// `triggers` has not one frame of each.
    ///
    /// ```
    /// let v = example_video();
    /// let players = [show_video(v), show_video(v.normalize_pixelwise())];
    /// link(players);
    /// players[0].seek(7);
    /// players[1].frame // => 7
    /// ```
    ///
    /// ```
    /// let fast = example_video();
    /// let slow = fast.downsample_time(2);
    /// let players = [show_video(fast), show_video(slow)];
    /// link(players, #{align: "time"});
    /// players[0].seek(100);
    /// players[1].frame // => 50
    /// ```
    ///
    /// See also: `show_videos`, `seek`.
    fn link(
        /// Players to link.
        players: Vec<Player>,
        /// What they have in common: the index of the "frame", or the "time".
        align: LinkAlignment = LinkAlignment::Frame,
        /// Frame of each player at the same moment; default: the first frames.
        triggers: Option<Vec<usize>> [frames] = None,
    ) -> Result<()> {
        Player::link(&players, align, triggers.as_deref())
    }

    /// Traces of the probes of a player: pixels and regions set in its window.
    ///
    /// The trace of a pixel is the mean of the 5 × 5 pixels around it, as for `trace`; that of a
    /// color video is the mean of all channels. Of an overlay, the traces are those of the upper
    /// video.
    ///
    /// Returns an array of traces {t}, float64, in the order in which the probes were set; empty if
    /// there are none. They have the frame rate of the video.
    ///
    /// Fails if the frames of the player cannot be made.
    ///
    /// ```
    /// let player = show_video(example_video());
    /// player.traces() // => []
    /// ```
    ///
    /// See also: `save_csv`, `trace`, `plot_traces`.
    fn traces(
        /// Player in whose window the probes were set.
        player: Player,
    ) -> Result<Vec<Video>> {
        player.traces()
    }

    /// Writes the traces of the probes of a player as a table (CSV).
    ///
    /// The columns are the frame, the time in ms if the frame rate is known, and a column for each
    /// probe.
    ///
    /// Fails if there are no probes, or if the file cannot be written.
    ///
    /// ```no_run
    /// show_video(example_video()).save_csv("traces.csv")
    /// ```
    ///
    /// See also: `traces`, `write_csv`, `save`.
    fn save_csv(
        /// Player in whose window the probes were set.
        player: Player,
        /// File to write.
        path: PathBuf,
    ) -> Result<()> {
        player.save_csv(&path)
    }
}

/// What makes the pictures of a frame; they get the frame rate if one is given.
fn make(source: FrameSource, fps: Option<f64>) -> Arc<ProduceFrames> {
    let timed = move |mut pictures: Vec<Video>| {
        if fps.is_some() {
            let pictures = pictures.iter_mut();
            pictures.for_each(|picture| picture.metadata_mut().fps = fps);
        }
        pictures
    };
    match source {
        FrameSource::Frames(frames) => Arc::new(move |index| Ok(timed(vec![frames.frame(index)?]))),
        FrameSource::Function(function) => Arc::new(move |index| {
            let made = function.call((index as INT,))?;
            FrameSource::pictures(made).map(timed)
        }),
    }
}
