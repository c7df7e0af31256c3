//! Playback: a state machine without a window and without a clock of its own.

use std::time::Duration;

/// Longest delay that is made up for after a window was held up.
const MAX_DELAY: Duration = Duration::from_millis(500);

/// Slowest and fastest speed.
const SPEEDS: (f64, f64) = (1.0 / 64.0, 64.0);

/// Key, independent of the kind of window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Plays or pauses.
    Space,
    /// Shows the previous frame.
    Left,
    /// Shows the next frame.
    Right,
    /// Makes the step one frame longer.
    Up,
    /// Makes the step one frame shorter.
    Down,
    /// Shows the first frame.
    Home,
    /// Shows the last frame.
    End,
    /// Leaves the current mode, or else the window.
    Escape,
    /// Shows a frame ten steps back.
    PageUp,
    /// Shows a frame ten steps ahead.
    PageDown,
    /// Removes the last probe, or the last letter of a text.
    Backspace,
    /// Ends a text, or runs the command highlighted in the menu.
    Enter,
    /// Completes a text.
    Tab,
    /// Fills the display.
    F11,
    /// A character other than space.
    Char(char),
}

/// Effect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Ignored,
    /// There is something new to show.
    Changed,
    /// The user wants to quit.
    Quit,
}

/// Position in a recording, and how it advances.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    frame: usize,
    start: usize,
    end: usize,
    step: usize,
    interval: Duration,
    speed: f64,
    /// First and last frame of the part that is played, unless it is the whole.
    part: Option<(usize, usize)>,
    /// Time since `frame` was due.
    passed: Duration,
    playing: bool,
    looping: bool,
    every_frame: bool,
    /// Whether `frame` has been shown.
    shown: bool,
}

impl Playback {
    /// Plays every `step`-th frame from `start` to `end` (exclusive) in a loop, one per `interval`;
    /// begins at the first one.
    ///
    /// # Panics
    /// If there is no frame or `step` is 0.
    pub fn new(start: usize, end: usize, step: usize, interval: Duration) -> Self {
        assert!(start < end && 0 < step, "a frame to show and a way on");
        Self {
            frame: start,
            start,
            end,
            step,
            interval: interval.max(Duration::from_millis(1)),
            speed: 1.0,
            part: None,
            passed: Duration::ZERO,
            playing: true,
            looping: true,
            every_frame: false,
            shown: false,
        }
    }

    /// Frame to show.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// First frame.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Last frame.
    pub fn last(&self) -> usize {
        self.end - 1
    }

    /// First and last frame of the part that is played, unless it is the whole.
    pub fn part(&self) -> Option<(usize, usize)> {
        self.part
    }

    /// Plays only the part between two frames, including both, or the whole.
    pub fn set_part(&mut self, part: Option<(usize, usize)>) {
        let inside = |frame: usize| frame.clamp(self.start, self.last());
        self.part = part.map(|(a, b)| (inside(a.min(b)), inside(a.max(b))));
    }

    /// Step between the frames shown.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Time from frame to frame at normal speed.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Speed relative to normal.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Whether it is playing.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Whether it restarts after the last frame.
    pub fn is_looping(&self) -> bool {
        self.looping
    }

    /// Whether every frame is shown, however long that takes; otherwise frames are dropped to keep
    /// time.
    pub fn shows_every_frame(&self) -> bool {
        self.every_frame
    }

    /// Plays or pauses.
    pub fn set_playing(&mut self, playing: bool) {
        if playing && !self.looping && self.is_at_end() {
            self.frame = self.ends().0;
        }
        self.playing = playing;
        self.passed = Duration::ZERO;
    }

    /// Sets the step between the frames shown; at least 1.
    pub fn set_step(&mut self, step: usize) {
        self.step = step.max(1);
    }

    /// Sets the speed relative to normal, within limits.
    pub fn set_speed(&mut self, speed: f64) {
        if speed.is_finite() {
            self.speed = speed.clamp(SPEEDS.0, SPEEDS.1);
            self.passed = Duration::ZERO;
        }
    }

    /// Sets whether it restarts after the last frame or stops there.
    pub fn set_looping(&mut self, looping: bool) {
        self.looping = looping;
    }

    /// Sets whether every frame is shown, or late frames are dropped to keep time.
    pub fn set_every_frame(&mut self, every_frame: bool) {
        self.every_frame = every_frame;
        self.passed = Duration::ZERO;
    }

    /// Records that the frame has been shown.
    pub fn mark_shown(&mut self) {
        self.shown = true;
    }

    /// Shows a frame; the last one if the index is beyond the end.
    pub fn seek(&mut self, frame: usize) {
        self.go_to(frame.clamp(self.start, self.last()));
        self.passed = Duration::ZERO;
    }

    /// Shows the next frame, one step ahead; the first one follows the last.
    pub fn next(&mut self) {
        let (first, last) = self.ends();
        // From a frame behind the part, steps lead to the end of the whole.
        let end = if last < self.frame { self.last() } else { last };
        self.go_to(match self.frame.checked_add(self.step) {
            Some(frame) if frame <= end => frame,
            _ if self.looping => first,
            _ => end,
        });
    }

    /// Shows the previous frame, one step back; the last one precedes the first.
    pub fn previous(&mut self) {
        let (first, last) = self.ends();
        let begin = if self.frame < first {
            self.start
        } else {
            first
        };
        self.go_to(match self.frame.checked_sub(self.step) {
            Some(frame) if begin <= frame => frame,
            _ if self.looping => last,
            _ => begin,
        });
    }

    /// Takes the position and the state of another playback.
    pub fn follow(&mut self, other: &Self) {
        self.go_to(other.frame.clamp(self.start, self.last()));
        self.passed = other.passed;
        self.playing = other.playing;
        self.step = other.step;
        self.speed = other.speed;
        self.looping = other.looping;
        self.set_part(other.part);
    }

    /// Advances the time; true if there is something new to show. Late frames are dropped unless
    /// every frame is to be shown.
    pub fn advance(&mut self, elapsed: Duration) -> bool {
        if !self.playing {
            return false;
        }
        let (before, pace) = (self.frame, self.pace());
        self.passed = (self.passed + elapsed).min(pace + MAX_DELAY);
        if self.every_frame {
            if pace <= self.passed && self.shown {
                self.passed = (self.passed - pace).min(pace);
                self.next();
            }
        } else {
            while pace <= self.passed {
                self.passed -= pace;
                self.next();
            }
        }
        if !self.looping && self.is_at_end() {
            self.playing = false;
        }
        self.frame != before || !self.playing
    }

    /// Time until the next frame is due; `None` while paused.
    pub fn until_next(&self) -> Option<Duration> {
        self.playing
            .then(|| self.pace().saturating_sub(self.passed))
    }

    /// Executes a key.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key {
            Key::Space => self.set_playing(!self.playing),
            Key::Left => self.previous(),
            Key::Right => self.next(),
            Key::Up => self.set_step(self.step.saturating_add(1)),
            Key::Down => self.set_step(self.step - 1),
            Key::Home => self.seek(self.start),
            Key::End => self.seek(self.last()),
            Key::PageUp => self.seek(self.frame.saturating_sub(self.step.saturating_mul(10))),
            Key::PageDown => self.seek(self.frame.saturating_add(self.step.saturating_mul(10))),
            Key::Char('(') => self.set_part(Some((self.frame, self.ends().1.max(self.frame)))),
            Key::Char(')') => self.set_part(Some((self.ends().0.min(self.frame), self.frame))),
            Key::Char('x') => self.set_part(None),
            Key::Char(']') => self.set_speed(self.speed * 2.0),
            Key::Char('[') => self.set_speed(self.speed / 2.0),
            Key::Char('l') => self.looping = !self.looping,
            Key::Char('e') => self.set_every_frame(!self.every_frame),
            Key::Escape | Key::Char('q' | 'Q') => return Outcome::Quit,
            Key::Char(_) | Key::Backspace | Key::Enter | Key::Tab | Key::F11 => {
                return Outcome::Ignored;
            }
        }
        Outcome::Changed
    }

    /// First and last frame of the part that is played.
    fn ends(&self) -> (usize, usize) {
        self.part.unwrap_or((self.start, self.last()))
    }

    /// Whether the last frame of the part that is played is shown, or that of the whole.
    fn is_at_end(&self) -> bool {
        self.frame == self.ends().1 || self.frame == self.last()
    }

    /// Time from frame to frame at the current speed.
    fn pace(&self) -> Duration {
        let pace = self.interval.div_f64(self.speed);
        pace.max(Duration::from_micros(100))
    }

    fn go_to(&mut self, frame: usize) {
        self.shown &= self.frame == frame;
        self.frame = frame;
    }
}
