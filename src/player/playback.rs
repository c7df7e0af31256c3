//! Which frame is shown when: a state machine without a window and without a clock of its own.

use std::time::Duration;

/// How much time is made up for at most, after a window was held up.
const MAX_DELAY: Duration = Duration::from_millis(500);

/// The slowest and the fastest speed.
const SPEEDS: (f64, f64) = (1.0 / 64.0, 64.0);

/// A key, whatever window it was pressed in.
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
    /// Leaves what is open, at last the window.
    Escape,
    /// Removes the last pick.
    Backspace,
    /// A character other than space.
    Char(char),
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Ignored,
    /// There is something new to show.
    Changed,
    /// The user wants to leave.
    Quit,
}

/// The position in a recording, and how it moves on.
#[derive(Debug, Clone, PartialEq)]
pub struct Playback {
    frame: usize,
    start: usize,
    end: usize,
    step: usize,
    interval: Duration,
    speed: f64,
    /// Time that has passed since `frame` was due.
    passed: Duration,
    playing: bool,
    looping: bool,
    every_frame: bool,
    /// Whether `frame` has been seen.
    shown: bool,
}

impl Playback {
    /// Plays the frames from `start` up to but without `end`, every `step`-th, in a loop, one
    /// each `interval`; starts at the first one.
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
            passed: Duration::ZERO,
            playing: true,
            looping: true,
            every_frame: false,
            shown: false,
        }
    }

    /// The frame to show.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// The first frame.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The last frame.
    pub fn last(&self) -> usize {
        self.end - 1
    }

    /// How many frames it goes on at a time.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The time from frame to frame at the normal speed.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How many times faster than normally it plays.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Whether it moves on by itself.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Whether it begins anew after the last frame.
    pub fn is_looping(&self) -> bool {
        self.looping
    }

    /// Whether each frame is seen, however long that takes; otherwise time is kept.
    pub fn shows_every_frame(&self) -> bool {
        self.every_frame
    }

    /// Plays or pauses.
    pub fn set_playing(&mut self, playing: bool) {
        if playing && !self.looping && self.frame == self.last() {
            self.frame = self.start;
        }
        self.playing = playing;
        self.passed = Duration::ZERO;
    }

    /// Sets how many frames it goes on at a time; at least 1.
    pub fn set_step(&mut self, step: usize) {
        self.step = step.max(1);
    }

    /// Sets how many times faster than normally it plays, within limits.
    pub fn set_speed(&mut self, speed: f64) {
        if speed.is_finite() {
            self.speed = speed.clamp(SPEEDS.0, SPEEDS.1);
            self.passed = Duration::ZERO;
        }
    }

    /// Sets whether it begins anew after the last frame, or stops there.
    pub fn set_looping(&mut self, looping: bool) {
        self.looping = looping;
    }

    /// Sets whether each frame is to be seen, or time kept and frames left out that come late.
    pub fn set_every_frame(&mut self, every_frame: bool) {
        self.every_frame = every_frame;
        self.passed = Duration::ZERO;
    }

    /// Notes that the frame has been seen.
    pub fn mark_shown(&mut self) {
        self.shown = true;
    }

    /// Shows a frame, the last one if there are not so many.
    pub fn seek(&mut self, frame: usize) {
        self.go_to(frame.clamp(self.start, self.last()));
        self.passed = Duration::ZERO;
    }

    /// Shows the next frame, a step on; after the last one comes the first.
    pub fn next(&mut self) {
        self.go_to(match self.frame.checked_add(self.step) {
            Some(frame) if frame < self.end => frame,
            _ if self.looping => self.start,
            _ => self.last(),
        });
    }

    /// Shows the previous frame, a step back; before the first one comes the last.
    pub fn previous(&mut self) {
        self.go_to(match self.frame.checked_sub(self.step) {
            Some(frame) if self.start <= frame => frame,
            _ if self.looping => self.last(),
            _ => self.start,
        });
    }

    /// Goes to where another playback is, and on as it does.
    pub fn follow(&mut self, other: &Self) {
        self.go_to(other.frame.clamp(self.start, self.last()));
        self.passed = other.passed;
        self.playing = other.playing;
        self.step = other.step;
        self.speed = other.speed;
        self.looping = other.looping;
    }

    /// Lets time pass; whether there is something new to show. Frames that are late are left out,
    /// unless each is to be seen.
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
        if !self.looping && self.frame == self.last() {
            self.playing = false;
        }
        self.frame != before || !self.playing
    }

    /// The time until the next frame is due; `None` while it is paused.
    pub fn until_next(&self) -> Option<Duration> {
        self.playing
            .then(|| self.pace().saturating_sub(self.passed))
    }

    /// Does what a key stands for.
    pub fn key(&mut self, key: Key) -> Outcome {
        match key {
            Key::Space => self.set_playing(!self.playing),
            Key::Left => self.previous(),
            Key::Right => self.next(),
            Key::Up => self.set_step(self.step.saturating_add(1)),
            Key::Down => self.set_step(self.step - 1),
            Key::Home => self.seek(self.start),
            Key::End => self.seek(self.last()),
            Key::Char(']') => self.set_speed(self.speed * 2.0),
            Key::Char('[') => self.set_speed(self.speed / 2.0),
            Key::Char('l') => self.looping = !self.looping,
            Key::Char('e') => self.set_every_frame(!self.every_frame),
            Key::Escape | Key::Char('q' | 'Q') => return Outcome::Quit,
            Key::Char(_) | Key::Backspace => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// The time from frame to frame.
    fn pace(&self) -> Duration {
        let pace = self.interval.div_f64(self.speed);
        pace.max(Duration::from_micros(100))
    }

    fn go_to(&mut self, frame: usize) {
        self.shown &= self.frame == frame;
        self.frame = frame;
    }
}
