//! Event loop of the main thread: opens windows for other threads and serves them.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::screen::Screen;
use super::window;
use super::{Image, Player};
use crate::error::{Error, Result};
use crate::task::Job;

/// Time between two polls of the input.
const TICK: Duration = Duration::from_millis(8);

/// Shortest time between two redraws; few displays show more.
const SHOW: Duration = Duration::from_millis(4);

/// Time after which a window is redrawn although nothing changed, as windows do not report that
/// they were covered by others.
const REFRESH: Duration = Duration::from_millis(100);

/// Opens a window with a title, width and height.
pub type OpenScreen = dyn Fn(&str, usize, usize) -> Result<Box<dyn Screen>>;

/// Creates the two ends: one for any thread to open windows with, one for the main thread to run.
pub fn new() -> (EventLoopProxy, EventLoop) {
    with_screens(Box::new(window::open))
}

/// Like [`new`], with windows of another kind.
pub fn with_screens(open_screen: Box<OpenScreen>) -> (EventLoopProxy, EventLoop) {
    let (sender, requests) = mpsc::channel();
    let main_loop = EventLoop {
        requests,
        open_screen,
        windows: Vec::new(),
        saving: Vec::new(),
        finishing: false,
    };
    (EventLoopProxy { sender }, main_loop)
}

/// Opens windows from any thread.
#[derive(Debug, Clone)]
pub struct EventLoopProxy {
    sender: Sender<Request>,
}

enum Request {
    Open(Player, Arc<Job>, Sender<Result<()>>),
    Finish,
    Quit,
}

impl EventLoopProxy {
    /// Shows a player in a window of its own and returns as soon as it is open. A player that
    /// already has a window keeps it.
    pub fn open(&self, player: Player) -> Result<()> {
        let (reply, answer) = mpsc::channel();
        let ended = || Error::new("cannot open a window: the program is about to end");
        let request = Request::Open(player, Job::current(), reply);
        self.sender.send(request).map_err(|_| ended())?;
        answer.recv().map_err(|_| ended())?
    }

    /// Ends [`EventLoop::run`] once all windows are closed, even if other proxies still exist.
    pub fn finish(&self) {
        let _ = self.sender.send(Request::Finish);
    }

    /// Closes all windows and ends [`EventLoop::run`].
    pub fn quit(&self) {
        // Nobody receives this if the loop has already ended.
        let _ = self.sender.send(Request::Quit);
    }
}

/// All windows of the program; belongs to the main thread.
pub struct EventLoop {
    requests: Receiver<Request>,
    open_screen: Box<OpenScreen>,
    windows: Vec<OpenWindow>,
    /// Players without a window that are still saving, and the jobs of their windows.
    saving: Vec<(Player, Arc<Job>)>,
    /// Whether the loop ends with the last window.
    finishing: bool,
}

/// Result of waiting for a request.
enum WaitResult {
    Tick,
    End,
}

impl EventLoop {
    /// Runs all windows until every window is closed and every [`EventLoopProxy`] dropped or one of
    /// them finished, or until [`EventLoopProxy::quit`]. Takes no processor time while there is no
    /// window.
    pub fn run(mut self) {
        while let WaitResult::Tick = self.wait() {
            let closes_all = self
                .windows
                .iter()
                .any(|window| window.player.take_close_all());
            let closed = self
                .windows
                .extract_if(.., |window| !window.tick() || closes_all);
            let saving = closed.map(|window| (window.player.clone(), window.job.clone()));
            self.saving
                .extend(saving.filter(|(player, _)| player.is_saving()));
            self.open_wanted();
            let mut windows = self.windows.iter();
            if windows.any(|window| window.player.take_tile_all()) {
                self.tile();
            }
        }
        self.complete();
    }

    /// Lets all windows share the display.
    fn tile(&mut self) {
        let Some(first) = self.windows.first() else {
            return;
        };
        let area = match first.screen.work_area() {
            Ok(area) => area,
            Err(error) => return first.player.say(error.message()),
        };
        let tiles = area.tiles(self.windows.len());
        for (window, tile) in self.windows.iter_mut().zip(tiles) {
            window.player.leave_full_screen();
            window.follow_full_screen();
            if let Err(error) = window.screen.place(tile) {
                window.player.say(error.message());
            }
        }
    }

    /// Opens the windows that players want, for the jobs of their own.
    fn open_wanted(&mut self) {
        let wanted = self.windows.iter().flat_map(|window| {
            let players = window.player.take_windows_to_open().into_iter();
            players.map(|player| (player, window.job.clone()))
        });
        for (player, job) in wanted.collect::<Vec<_>>() {
            if let Err(error) = self.open(player, job.clone()) {
                job.warn(error.message());
            }
        }
    }

    /// Waits until everything is written that windows save, and says how far it is, unless their jobs
    /// are to stop.
    fn complete(mut self) {
        let open = self.windows.drain(..);
        let open = open.map(|window| (window.player.clone(), window.job.clone()));
        self.saving.extend(open);
        for (player, job) in &self.saving {
            let _entered = job.enter();
            for work in player.background_work() {
                work.wait();
            }
        }
    }

    /// Waits for a request, or until a window has something to do.
    fn wait(&mut self) -> WaitResult {
        if self.finishing && self.is_unattended() {
            return WaitResult::End;
        }
        let request = if self.windows.is_empty() {
            self.requests.recv().map_err(RecvTimeoutError::from)
        } else {
            self.requests.recv_timeout(self.pause())
        };
        match request {
            Ok(Request::Open(player, job, reply)) => {
                // The thread that asked may have been interrupted in the meantime.
                let _ = reply.send(self.open(player, job));
                WaitResult::Tick
            }
            Ok(Request::Finish) => {
                self.finishing = true;
                WaitResult::Tick
            }
            Err(RecvTimeoutError::Timeout) => WaitResult::Tick,
            Err(RecvTimeoutError::Disconnected) if !self.is_unattended() => {
                thread::sleep(self.pause());
                WaitResult::Tick
            }
            Ok(Request::Quit) | Err(RecvTimeoutError::Disconnected) => WaitResult::End,
        }
    }

    /// Whether there are no windows, or the jobs that opened them are to stop.
    fn is_unattended(&self) -> bool {
        let mut jobs = self.windows.iter().map(|window| &window.job);
        jobs.all(|job| job.is_interrupted())
    }

    fn open(&mut self, player: Player, job: Arc<Job>) -> Result<()> {
        if !player.is_open() {
            let (width, height) = player.window_size();
            let screen = (self.open_screen)(&player.window_title(), width, height)?;
            self.windows.push(OpenWindow::new(player, job, screen));
        }
        Ok(())
    }

    /// Time until some window has something to do.
    fn pause(&self) -> Duration {
        let pauses = self.windows.iter().map(OpenWindow::pause);
        pauses.min().unwrap_or(TICK)
    }
}

/// A player and the window that shows it.
struct OpenWindow {
    player: Player,
    /// Job of the thread that opened it.
    job: Arc<Job>,
    screen: Box<dyn Screen>,
    title: String,
    image: Image,
    /// Revision of the player that the image shows.
    drawn: Option<u64>,
    presented: Option<Instant>,
    ticked: Instant,
    rate: FrameRate,
}

/// Counter of the frames shown.
struct FrameRate {
    since: Instant,
    frames: usize,
    last: Option<usize>,
}

impl OpenWindow {
    fn new(player: Player, job: Arc<Job>, screen: Box<dyn Screen>) -> Self {
        player.set_open(true);
        Self {
            title: player.window_title(),
            player,
            job,
            screen,
            image: Image::default(),
            drawn: None,
            presented: None,
            ticked: Instant::now(),
            rate: FrameRate {
                since: Instant::now(),
                frames: 0,
                last: None,
            },
        }
    }

    /// Passes events on, advances the time and shows what is new; false once the window is closed.
    fn tick(&mut self) -> bool {
        let _entered = self.job.enter();
        for event in self.screen.events() {
            self.player.handle(event, self.screen.size());
        }
        self.follow_full_screen();
        let now = Instant::now();
        self.player.advance(now - self.ticked);
        self.ticked = now;
        if !self.screen.is_open() || !self.player.is_open() {
            return false;
        }
        if !self.player.is_playing() {
            self.player.set_rate(None);
        }
        match self.show(now) {
            Ok(()) => true,
            Err(error) => {
                self.job.warn(error.message());
                false
            }
        }
    }

    /// Fills the display or leaves it, if the player wants that.
    fn follow_full_screen(&mut self) {
        if let Some(is_full) = self.player.take_full_screen()
            && let Err(error) = self.screen.set_full_screen(is_full)
        {
            self.player.stay_in_place(&error);
        }
    }

    fn show(&mut self, now: Instant) -> Result<()> {
        let (size, revision) = (self.screen.size(), self.player.revision());
        let changed = self.drawn != Some(revision) || size != (self.image.width, self.image.height);
        let since_shown = self.presented.map_or(REFRESH, |then| now - then);
        if since_shown < SHOW {
            return Ok(());
        }
        if changed {
            self.image.resize(size.0, size.1);
            self.player.render_into(&mut self.image);
            self.drawn = Some(revision);
            let title = self.player.window_title();
            if title != self.title {
                self.screen.set_title(&title);
                self.title = title;
            }
            self.rate.count(&self.player, now);
        }
        if changed || REFRESH <= since_shown {
            self.presented = Some(now);
            self.screen.present(&self.image)?;
            self.player.mark_shown(size);
        }
        Ok(())
    }

    /// Time until there is something to do, counted from the last tick.
    fn pause(&self) -> Duration {
        let until_next = self.player.until_next().unwrap_or(TICK);
        let since_shown = self.presented.map_or(SHOW, |then| then.elapsed());
        let until_show = until_next.max(SHOW.saturating_sub(since_shown));
        until_show.min(TICK).saturating_sub(self.ticked.elapsed())
    }
}

impl FrameRate {
    /// Counts a frame, and reports the frame rate to the player once a second.
    fn count(&mut self, player: &Player, now: Instant) {
        const PERIOD: Duration = Duration::from_secs(1);
        let frame = player.frame_on_screen();
        if self.last.replace(frame) != Some(frame) {
            self.frames += 1;
        }
        let period = now - self.since;
        if PERIOD <= period {
            let rate = self.frames as f64 / period.as_secs_f64();
            player.set_rate(Some(rate).filter(|_| player.is_playing()));
            (self.since, self.frames) = (now, 0);
        }
    }
}

impl Drop for OpenWindow {
    fn drop(&mut self) {
        self.player.set_rate(None);
        self.player.set_open(false);
    }
}
