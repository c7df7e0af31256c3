//! What a player shows: the state machine of playback, the renderer to an image in memory, and the
//! windows.
//!
//! ```text
//! script ── Player ──┬── playback: which frame          (no window, no clock)
//!             │      ├── layout:   where the parts are  (for drawing and the mouse)
//!             │      └── render:   panel, text → Image  (what the window shows, and files get)
//!          Windows ──── hub: the main thread's loop ──── window: Screen, minifb
//! ```

pub mod hub;
mod layout;
mod panel;
pub mod playback;
mod render;
pub mod theme;
pub mod window;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use crate::draw::{Image, Rect};
pub use layout::{Layout, Target};
pub use playback::{Key, Outcome, Playback};

use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::Video;
use crate::video::colormap::Colormap;
use panel::Panel;

/// What to show and how.
#[derive(Debug, Clone)]
pub struct Show {
    /// The video `{t, y, x}`, or `{t, y, x, c}` with 3 or 4 channels.
    pub video: Video,
    /// What is written above it; may be empty.
    pub title: String,
    /// The colours of a video without channels.
    pub colormap: Colormap,
    /// The value of the first colour; by default the lowest of the first frame with finite samples.
    pub vmin: Option<f64>,
    /// The value of the last colour; by default the highest of that frame.
    pub vmax: Option<f64>,
    /// Time from frame to frame in milliseconds.
    pub interval_ms: u64,
    /// How many frames to go on at a time.
    pub step: usize,
}

/// What happened in a window, with places in pixels from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A key was pressed, or repeats.
    Key(Key),
    /// The left mouse button was pressed.
    Press(f32, f32),
    /// The mouse was moved with the left button down.
    Drag(f32, f32),
    /// The left mouse button was released.
    Release,
    /// The wheel was turned by a number of notches, positive away from the user.
    Wheel(i32),
}

/// A video being played, whether or not it is seen in a window. Clones are the same player.
#[derive(Clone)]
pub struct Player {
    shared: Arc<Shared>,
}

struct Shared {
    panel: Panel,
    needs: layout::Needs,
    state: Mutex<State>,
    closed: Condvar,
}

struct State {
    playback: Playback,
    /// Whether a window shows it.
    open: bool,
    /// Whether the mouse holds the slider's handle.
    held: bool,
    /// Counts the changes, so that a window knows when to draw.
    revision: u64,
}

impl Player {
    /// A player at the first frame, playing; it is seen once [`hub::Windows::open`] shows it.
    pub fn new(show: Show) -> Result<Self> {
        if show.step == 0 {
            bail!("the step from frame to frame must be at least 1, got 0");
        }
        let interval = Duration::from_millis(show.interval_ms);
        let frames = show.video.shape().first().copied().unwrap_or_default();
        let panel = Panel::new(show.video, show.title, show.colormap, show.vmin, show.vmax)?;
        let shared = Shared {
            needs: render::needs(&panel),
            panel,
            state: Mutex::new(State {
                playback: Playback::new(0, frames, show.step, interval),
                open: false,
                held: false,
                revision: 0,
            }),
            closed: Condvar::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The frame shown.
    pub fn frame(&self) -> usize {
        self.state().playback.frame()
    }

    /// Shows a frame, the last one if there are not so many.
    pub fn seek(&self, frame: usize) {
        self.change(|playback| playback.seek(frame));
    }

    /// Whether it moves on by itself.
    pub fn is_playing(&self) -> bool {
        self.state().playback.is_playing()
    }

    /// Plays or pauses.
    pub fn set_playing(&self, playing: bool) {
        self.change(|playback| playback.set_playing(playing));
    }

    /// How many frames it goes on at a time.
    pub fn step(&self) -> usize {
        self.state().playback.step()
    }

    /// Sets how many frames it goes on at a time; at least 1.
    pub fn set_step(&self, step: usize) {
        self.change(|playback| playback.set_step(step));
    }

    /// Whether a window shows it.
    pub fn is_open(&self) -> bool {
        self.state().open
    }

    /// Closes its window, if it has one.
    pub fn close(&self) {
        self.set_open(false);
    }

    /// Waits until its window is closed; Ctrl-C closes it and is an error.
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

    /// What a window of the given size shows; at least one pixel.
    pub fn render(&self, width: usize, height: usize) -> Image {
        let mut image = Image::new(width.max(1), height.max(1));
        self.render_into(&mut image);
        image
    }

    /// Draws over the whole image what a window of its size shows.
    pub fn render_into(&self, image: &mut Image) {
        let playback = self.state().playback.clone();
        render::draw(image, &self.shared.panel, &self.shared.needs, &playback);
    }

    /// Where the parts of a window of the given size are.
    pub fn layout(&self, (width, height): (usize, usize)) -> Layout {
        let area = Rect {
            width,
            height,
            ..Rect::default()
        };
        Layout::new(area, &self.shared.needs)
    }

    /// The size of window that suits the video.
    pub fn window_size(&self) -> (usize, usize) {
        Layout::window_size(&self.shared.needs)
    }

    /// The name of the window: the title, else the name of the file, else that of the program.
    pub fn window_title(&self) -> String {
        let panel = &self.shared.panel;
        if !panel.title().is_empty() {
            return panel.title().to_owned();
        }
        let source = panel.video().metadata().source.as_ref();
        let name = source.and_then(|path| path.file_name());
        name.map_or("optimap".into(), |name| name.to_string_lossy().into_owned())
    }

    /// Does what the user asks for in a window of the given size.
    pub fn handle(&self, event: Event, size: (usize, usize)) {
        match event {
            Event::Key(key) => self.key(key),
            Event::Press(x, y) => self.press(x, y, &self.layout(size)),
            Event::Drag(x, _) if self.state().held => self.drag(x, &self.layout(size)),
            Event::Drag(..) => {}
            Event::Release => self.state().held = false,
            Event::Wheel(notches) => self.turn(notches),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, elapsed: Duration) {
        let mut state = self.state();
        if !state.held && state.playback.advance(elapsed) {
            state.revision += 1;
        }
    }

    /// The time until the next frame is due; `None` while nothing moves.
    pub fn until_next(&self) -> Option<Duration> {
        let state = self.state();
        state.playback.until_next().filter(|_| !state.held)
    }

    /// A number that changes with what the player shows.
    pub fn revision(&self) -> u64 {
        self.state().revision
    }

    /// Notes that a window has appeared or gone.
    fn set_open(&self, open: bool) {
        self.state().open = open;
        self.shared.closed.notify_all();
    }

    fn key(&self, key: Key) {
        let mut state = self.state();
        match state.playback.key(key) {
            Outcome::Ignored => {}
            Outcome::Changed => state.revision += 1,
            Outcome::Quit => {
                drop(state);
                self.close();
            }
        }
    }

    fn press(&self, x: f32, y: f32, layout: &Layout) {
        match layout.target(x, y) {
            Some(Target::Button) => {
                self.change(|playback| playback.set_playing(!playback.is_playing()));
            }
            Some(Target::Slider) => {
                self.state().held = true;
                self.drag(x, layout);
            }
            None => {}
        }
    }

    fn drag(&self, x: f32, layout: &Layout) {
        self.change(|playback| playback.seek(layout.frame_at(x, playback)));
    }

    fn turn(&self, notches: i32) {
        self.change(|playback| {
            for _ in 0..notches.unsigned_abs() {
                if 0 < notches {
                    playback.previous();
                } else {
                    playback.next();
                }
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Playback)) {
        let mut state = self.state();
        change(&mut state.playback);
        state.revision += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}
