//! Which frame is shown when: a state machine without a window and without a clock of its own.

use std::time::Duration;

/// How much time is made up for at most, after a window was held up.
const LONGEST_DELAY: Duration = Duration::from_millis(500);

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
    /// Closes the window.
    Escape,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playback {
    frame: usize,
    start: usize,
    end: usize,
    step: usize,
    interval: Duration,
    /// Time that has passed since `frame` was due.
    passed: Duration,
    playing: bool,
    looping: bool,
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
            passed: Duration::ZERO,
            playing: true,
            looping: true,
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

    /// Whether it moves on by itself.
    pub fn is_playing(&self) -> bool {
        self.playing
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

    /// Sets whether it begins anew after the last frame, or stops there.
    pub fn set_looping(&mut self, looping: bool) {
        self.looping = looping;
    }

    /// Shows a frame, the last one if there are not so many.
    pub fn seek(&mut self, frame: usize) {
        self.frame = frame.clamp(self.start, self.last());
        self.passed = Duration::ZERO;
    }

    /// Shows the next frame, a step on; after the last one comes the first.
    pub fn next(&mut self) {
        self.frame = match self.frame.checked_add(self.step) {
            Some(frame) if frame < self.end => frame,
            _ if self.looping => self.start,
            _ => self.last(),
        };
    }

    /// Shows the previous frame, a step back; before the first one comes the last.
    pub fn previous(&mut self) {
        self.frame = match self.frame.checked_sub(self.step) {
            Some(frame) if self.start <= frame => frame,
            _ if self.looping => self.last(),
            _ => self.start,
        };
    }

    /// Lets time pass; frames that were due meanwhile are left out. Whether there is another
    /// frame to show.
    pub fn advance(&mut self, elapsed: Duration) -> bool {
        if !self.playing {
            return false;
        }
        let before = self.frame;
        self.passed = (self.passed + elapsed).min(self.interval + LONGEST_DELAY);
        while self.interval <= self.passed {
            self.passed -= self.interval;
            self.next();
        }
        if !self.looping && self.frame == self.last() {
            self.playing = false;
        }
        self.frame != before || !self.playing
    }

    /// The time until the next frame is due; `None` while it is paused.
    pub fn until_next(&self) -> Option<Duration> {
        self.playing
            .then(|| self.interval.saturating_sub(self.passed))
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
            Key::Escape | Key::Char('q' | 'Q') => return Outcome::Quit,
            Key::Char(_) => return Outcome::Ignored,
        }
        Outcome::Changed
    }
}
