//! The player: the state machine of playback, the renderer to an image in memory, and the windows.
//!
//! ```text
//! script ── Player ──┬── playback: which frame            (no window, no clock)
//!             │      ├── view:     which part of it       (zoom and pan)
//!             │      ├── comparison: two videos in one place
//!             │      ├── layout:   where the parts are    (for drawing and the mouse)
//!             │      ├── input:    what keys and mouse do (commands, actions, probes)
//!             │      ├── scene:    snapshot of everything that is drawn
//!             │      └── render:   panels, overlays, traces, controls, menu → Image
//!             ├── producer: frames made on demand, on a thread of its own
//!          EventLoopProxy ──── EventLoop: on the main thread ──── window: minifb
//! ```

mod actions;
mod annotations;
mod background;
mod changes;
mod commands;
pub mod comparison;
mod contrast;
mod contrast_actions;
mod contrast_strip;
mod controls;
pub mod event_loop;
mod frame_sample;
mod input;
mod kymograph;
mod latest_channel;
mod layout;
mod light;
mod looks;
mod menu;
#[cfg(any(test, not(feature = "window")))]
pub mod no_window;
mod open_file;
pub mod origin;
mod overlay_look;
mod overlays;
mod panel;
mod placement;
pub mod playback;
mod probe_trace;
pub mod probes;
mod producer;
mod read_ahead;
pub mod region;
mod region_actions;
mod region_list;
mod render;
mod save;
mod scale;
mod scene;
pub mod screen;
mod shown_file;
mod sketch;
mod state;
pub mod sync_group;
mod text_entry;
pub mod theme;
mod trace_plot;
mod velocity;
mod view;
#[cfg(feature = "window")]
pub mod window;

// Its tests run in every build.
#[cfg(not(feature = "window"))]
pub use no_window as window;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError, Weak};
use std::time::Duration;

pub use crate::draw::{Image, Rect};
pub use changes::ChangedSettings;
pub use input::Event;
pub use layout::{HitTarget, PanelLayout, PanelLayoutInputs, PlayerLayout, PlayerLayoutInputs};
pub use panel::Panel;
pub use playback::{Key, Outcome, Playback};
pub use producer::{FrameListener, ProduceFrames};
pub use read_ahead::ReadAhead;
pub use save::MovieWriting;
pub use scene::{Controls, PictureLook};
pub use shown_file::ViewFiles;
pub use theme::ThemeSizes;

use crate::bail;
use crate::error::{Error, Result};
use crate::system;
use crate::task;
use crate::video::Video;
use crate::view::annotations::Annotations;
use latest_channel::LatestSender;
use origin::PlayerOrigin;
use probes::Probe;
use producer::{MakePanels, Producer};
use state::PlayerState;

/// Contents and settings of a player.
#[derive(Debug, Clone)]
pub struct Show {
    /// Panels shown side by side; the frames of the first one are played.
    pub panels: Vec<Panel>,
    /// Time from frame to frame in milliseconds.
    pub interval_ms: u64,
    /// Step between the frames shown.
    pub step: usize,
    /// Annotations of the first video and under it.
    pub annotations: Annotations,
}

/// Frames of a function to play, and how to play them.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// First frame.
    pub start: usize,
    /// Frame to stop before (exclusive).
    pub end: usize,
    /// Step between the frames shown.
    pub step: usize,
    /// Time from frame to frame in milliseconds.
    pub interval_ms: u64,
}

/// A video that is played, with or without a window. Clones are the same player.
#[derive(Clone)]
pub struct Player {
    shared: Arc<SharedPlayer>,
}

/// Weak reference to a player.
#[derive(Clone)]
pub struct WeakPlayer {
    shared: Weak<SharedPlayer>,
}

struct SharedPlayer {
    state: Mutex<PlayerState>,
    closed: Condvar,
    producer: Option<Producer>,
    listener: Mutex<Option<LatestSender<usize>>>,
    group: Mutex<Option<Arc<sync_group::SyncGroup>>>,
    origin: OnceLock<PlayerOrigin>,
    /// Whether the call that shows it returns when its window is closed.
    holds_call: AtomicBool,
}

impl Player {
    /// Creates a player at the first frame, playing; [`event_loop::EventLoopProxy::open`] shows it
    /// in a window. Frames that are still to be computed are computed when they are shown.
    pub fn new(show: Show) -> Result<Self> {
        let Some(first) = show.panels.first() else {
            bail!("a player needs at least one video, got none");
        };
        let span = Span {
            start: 0,
            end: first.frames.len(),
            step: show.step,
            interval_ms: show.interval_ms,
        };
        for (index, panel) in show.panels.iter().enumerate() {
            if panel.frames.len() < span.end {
                let error = format!(
                    "videos played together must have the same number of frames: video 0 has {} \
                     frames, video {index} has {}",
                    span.end,
                    panel.frames.len()
                );
                let hint = format!("shorten the longer ones: `v[..{}]`", panel.frames.len());
                return Err(Error::new(error).hint(hint));
            }
        }
        if show.panels.iter().any(Panel::is_pending) {
            let make = producer::panels_of_chains(show.panels);
            return Self::with_panels(make, span, show.annotations);
        }
        let playback = span.playback(first, &show.annotations)?;
        let state = PlayerState::new(show.panels, playback, display_scale());
        let player = Self {
            shared: Arc::new(SharedPlayer::new(state, None)),
        };
        player.annotate(show.annotations)?;
        Ok(player)
    }

    /// Creates a player whose frames are made when they are to be shown; the first one is made at
    /// once.
    pub fn with_producer(
        produce: Arc<ProduceFrames>,
        span: Span,
        annotations: Annotations,
    ) -> Result<Self> {
        Self::with_panels(producer::panels_of_function(produce), span, annotations)
    }

    /// Creates a player whose panels are made for each frame that is to be shown.
    fn with_panels(make: Box<MakePanels>, span: Span, annotations: Annotations) -> Result<Self> {
        span.check()?;
        let panels = make(span.start)?;
        let playback = span.playback(&panels[0], &annotations)?;
        let mut state = PlayerState::new(panels, playback, display_scale());
        state.produced = Some(span.start);
        let mut failed = None;
        let shared = Arc::new_cyclic(|shared| {
            let producer = Producer::start(
                make,
                WeakPlayer {
                    shared: shared.clone(),
                },
            );
            let producer = producer.map_err(|error| failed = Some(error)).ok();
            SharedPlayer::new(state, producer)
        });
        match failed {
            Some(error) => Err(error),
            None => {
                let player = Self { shared };
                player.annotate(annotations)?;
                Ok(player)
            }
        }
    }

    /// Weak reference to the same player.
    pub fn downgrade(&self) -> WeakPlayer {
        WeakPlayer {
            shared: Arc::downgrade(&self.shared),
        }
    }

    /// Index of the frame shown.
    pub fn frame(&self) -> usize {
        self.state().playback.frame()
    }

    /// Index of the frame that the panels show: if a function makes the frames, the last one made.
    pub fn frame_on_screen(&self) -> usize {
        let state = self.state();
        state.produced.unwrap_or_else(|| state.playback.frame())
    }

    /// Shows a frame; the last one if the index is beyond the end.
    pub fn seek(&self, frame: usize) {
        self.change(|playback| playback.seek(frame));
    }

    /// Whether the player is playing.
    pub fn is_playing(&self) -> bool {
        self.state().playback.is_playing()
    }

    /// Plays or pauses.
    pub fn set_playing(&self, playing: bool) {
        self.change(|playback| playback.set_playing(playing));
    }

    /// Step between the frames shown.
    pub fn step(&self) -> usize {
        self.state().playback.step()
    }

    /// Sets the step between the frames shown; at least 1.
    pub fn set_step(&self, step: usize) {
        self.change(|playback| playback.set_step(step));
    }

    /// Frames that are bookmarked, in order.
    pub fn bookmarks(&self) -> Vec<usize> {
        self.state().bookmarks.iter().copied().collect()
    }

    /// Replaces the bookmarks.
    pub fn set_bookmarks(&self, frames: impl IntoIterator<Item = usize>) {
        let mut state = self.state();
        state.bookmarks = frames.into_iter().collect();
        state.changed();
    }

    /// A copy of the state machine.
    pub fn playback(&self) -> Playback {
        self.state().playback.clone()
    }

    /// Whether a window shows the player.
    pub fn is_open(&self) -> bool {
        self.state().open
    }

    /// Closes the window, if there is one.
    pub fn close(&self) {
        self.set_open(false);
    }

    /// Lets the call that shows it return only when the window is closed.
    pub fn hold_call(&self) {
        self.shared.holds_call.store(true, Relaxed);
    }

    /// Waits, if the call that showed it is to return when the window is closed.
    pub fn wait_if_held(&self) -> Result<()> {
        match self.shared.holds_call.swap(false, Relaxed) {
            true => self.wait(),
            false => Ok(()),
        }
    }

    /// Waits until the window is closed; Ctrl-C closes it and is an error.
    pub fn wait(&self) -> Result<()> {
        const POLL: Duration = Duration::from_millis(50);
        let mut state = self.state();
        while state.open {
            if task::is_interrupted() {
                drop(state);
                self.close();
                return Err(Error::interrupted());
            }
            let woken = self.shared.closed.wait_timeout(state, POLL);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Calls a function with the index of each frame shown from now on, on a thread of its own.
    /// Frames shown while it runs are skipped except for the latest. The first error is reported
    /// and ends the calls.
    pub fn on_frame(&self, listen: Arc<FrameListener>) -> Result<()> {
        let mut listen = Some(listen);
        let mut last = None;
        let work = move |frame: Option<usize>| {
            let Some(frame) = frame.filter(|frame| last.replace(*frame) != Some(*frame)) else {
                return false;
            };
            let failure = listen.as_ref().and_then(|listen| listen(frame).err());
            if let Some(error) = failure {
                listen = None;
                if !error.is_interrupted() {
                    task::warn(&format!("the function of `on_frame` failed: {error}"));
                }
            }
            false
        };
        let listener = LatestSender::start("on_frame", task::STACK_SIZE, work);
        let listener = listener.map_err(producer::no_thread)?;
        let slot = self.shared.listener.lock();
        *slot.unwrap_or_else(PoisonError::into_inner) = Some(listener);
        Ok(())
    }

    /// Probes of the player.
    pub fn probes(&self) -> Vec<Probe> {
        self.state().probes.clone()
    }

    /// Width and height of the frames of each video.
    pub fn frame_sizes(&self) -> Vec<(usize, usize)> {
        let panels = self.state().panels.clone();
        panels
            .iter()
            .map(|panel| panel.frames.frame_size())
            .collect()
    }

    /// Traces of the probes; waits until they are complete.
    pub fn traces(&self) -> Result<Vec<Video>> {
        self.want_missing();
        self.probes()
            .iter()
            .map(|probe| probe.trace.wait())
            .collect()
    }

    /// Writes the traces of the probes as a table.
    pub fn save_csv(&self, path: &Path) -> Result<()> {
        self.want_missing();
        let (probes, panels) = (self.probes(), self.state().panels.clone());
        if probes.is_empty() {
            return Err(Error::new("there are no traces to save").hint(
                "press `t` over a pixel in the window, or `r` and draw a region, to add a probe",
            ));
        }
        let fps = panels
            .first()
            .and_then(|panel| panel.frames.base().metadata().fps);
        probes::save_csv(path, &probes, panels.len(), fps)
    }

    /// Draws the contents of a window of the given size; at least one pixel.
    pub fn render(&self, width: usize, height: usize) -> Image {
        let mut image = Image::new(width.max(1), height.max(1));
        self.render_into(&mut image);
        image
    }

    /// Draws the contents of a window of the image's size over the whole image.
    pub fn render_into(&self, image: &mut Image) {
        let scene = self.state().scene();
        render::draw(image, &scene);
    }

    /// Layout of a window of the given size.
    pub fn layout(&self, size: (usize, usize)) -> PlayerLayout {
        let area = Rect {
            width: size.0,
            height: size.1,
            ..Rect::default()
        };
        PlayerLayout::new(area, self.state().inputs())
    }

    /// Size of a window that suits the videos.
    pub fn window_size(&self) -> (usize, usize) {
        PlayerLayout::window_size(self.state().inputs())
    }

    /// Title of the window: the titles of the panels, else the file name, else the program's name.
    pub fn window_title(&self) -> String {
        let panels = self.state().panels.clone();
        let titles = panels.iter().map(|panel| panel.title.as_str());
        let titles: Vec<_> = titles.filter(|title| !title.is_empty()).collect();
        if !titles.is_empty() {
            return titles.join(", ");
        }
        let source = panels
            .first()
            .and_then(|panel| panel.frames.base().metadata().source.as_ref());
        let name = source.and_then(|path| path.file_name());
        name.map_or("optimap".into(), |name| name.to_string_lossy().into_owned())
    }

    /// Advances the time.
    pub fn advance(&self, elapsed: Duration) {
        let is_led = self.is_led();
        let mut state = self.state();
        state.fade(elapsed);
        let held = matches!(
            state.drag,
            state::Drag::Slider | state::Drag::Strip | state::Drag::Part { .. }
        );
        if !held && !is_led && state.playback.advance(elapsed) {
            state.changed();
            drop(state);
            self.frame_changed();
            self.lead();
        }
    }

    /// Time until the next frame is due; `None` while nothing moves.
    pub fn until_next(&self) -> Option<Duration> {
        let state = self.state();
        state
            .playback
            .until_next()
            .filter(|_| state.drag == state::Drag::None)
    }

    /// Number that changes whenever the player shows something new.
    pub fn revision(&self) -> u64 {
        self.state().revision
    }

    /// Records that the contents were shown in a window of the given size.
    pub fn mark_shown(&self, size: (usize, usize)) {
        let mut state = self.state();
        state.size = Some(size);
        if state
            .produced
            .is_none_or(|produced| produced == state.playback.frame())
        {
            state.playback.mark_shown();
        }
    }

    /// Records the number of frames shown per second.
    pub fn set_rate(&self, rate: Option<f64>) {
        let mut state = self.state();
        if state.rate != rate {
            state.rate = rate;
            state.changed();
        }
    }

    /// Records that a window was opened or closed.
    fn set_open(&self, open: bool) {
        let mut state = self.state();
        let is_closed = std::mem::replace(&mut state.open, open) && !open;
        // Another window opens as windows do.
        (state.is_full_screen, state.full_screen_wanted) = (false, None);
        state.renew_needs();
        drop(state);
        if is_closed {
            self.remember_colors();
        }
        self.shared.closed.notify_all();
    }

    /// Changes the playback, also that of the players of the sync group.
    pub fn change(&self, change: impl FnOnce(&mut Playback)) {
        let mut state = self.state();
        change(&mut state.playback);
        state.changed();
        drop(state);
        self.frame_changed();
        self.lead();
    }

    /// Passes the frame on to the producer and the listeners.
    fn frame_changed(&self) {
        let frame = self.frame();
        if let Some(producer) = &self.shared.producer
            && self.state().produced != Some(frame)
        {
            producer.want(frame);
        }
        let listener = self.shared.listener.lock();
        if let Some(listener) = &*listener.unwrap_or_else(PoisonError::into_inner) {
            listener.send(frame);
        }
    }

    fn state(&self) -> MutexGuard<'_, PlayerState> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn group(&self) -> MutexGuard<'_, Option<Arc<sync_group::SyncGroup>>> {
        let group = self.shared.group.lock();
        group.unwrap_or_else(PoisonError::into_inner)
    }
}

impl WeakPlayer {
    /// The player, if it still exists.
    pub fn upgrade(&self) -> Option<Player> {
        let shared = self.shared.upgrade()?;
        Some(Player { shared })
    }

    /// Whether it is a reference to a player.
    pub fn is(&self, player: &Player) -> bool {
        std::ptr::eq(self.shared.as_ptr(), Arc::as_ptr(&player.shared))
    }
}

impl SharedPlayer {
    fn new(state: PlayerState, producer: Option<Producer>) -> Self {
        Self {
            state: Mutex::new(state),
            closed: Condvar::new(),
            producer,
            listener: Mutex::new(None),
            group: Mutex::new(None),
            origin: OnceLock::new(),
            holds_call: AtomicBool::new(false),
        }
    }
}

impl Span {
    fn check(&self) -> Result<()> {
        if self.step == 0 {
            bail!("the step from frame to frame must be at least 1, got 0");
        }
        if self.end <= self.start {
            bail!(
                "there are no frames to play from {} to {}",
                self.start,
                self.end
            );
        }
        Ok(())
    }

    /// Playback of these frames of a panel, at the speed that the annotations give.
    fn playback(&self, panel: &Panel, annotations: &Annotations) -> Result<Playback> {
        self.check()?;
        let interval = match annotations.fps(panel.frames.base().metadata())? {
            Some(fps) => annotations::interval(self.step, fps)?,
            None => Duration::from_millis(self.interval_ms),
        };
        Ok(Playback::new(self.start, self.end, self.step, interval))
    }
}

/// Largest display scale; that of a display with 600 pixels per inch is about 6.
const MAX_SCALE: f32 = 8.0;

/// Display scale: the variable `OPTIMAP_SCALE`, else the `GDK_SCALE` of desktops, else that of the
/// system.
fn display_scale() -> f32 {
    const VARIABLE: &str = "OPTIMAP_SCALE";
    static WARNED: Once = Once::new();
    let own = std::env::var_os(VARIABLE).filter(|text| !text.is_empty());
    let scale = own.as_deref().and_then(scale_of);
    if let Some(text) = own.filter(|_| scale.is_none()) {
        WARNED.call_once(|| {
            task::warn(&format!(
                "{VARIABLE} must be a number above 0 and up to {MAX_SCALE}, got `{}`: it is ignored",
                text.display()
            ));
        });
    }
    let scale = scale.or_else(|| scale_of(&std::env::var_os("GDK_SCALE")?));
    // Called in any case, as windows then use the pixels of the display.
    let displays = system::display_scale();
    scale.or(displays).unwrap_or(1.0)
}

/// A display scale written as text, if it is one.
fn scale_of(text: &OsStr) -> Option<f32> {
    let scale = text.to_str()?.trim().parse().ok()?;
    (0.0 < scale && scale <= MAX_SCALE).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_scales_are_numbers_within_reason() {
        let scales = ["1", " 1.5 ", "8", "0", "-1", "9", "inf", "NaN", "abc", ""];
        let found = scales.map(|text| scale_of(OsStr::new(text)));
        assert_eq!(found[..3], [Some(1.0), Some(1.5), Some(8.0)]);
        assert!(found[3..].iter().all(Option::is_none), "{found:?}");
    }
}
