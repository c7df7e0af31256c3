//! The player in a terminal: frames from characters on the whole screen, also over ssh.
//!
//! Playback is that of the windows; what is drawn is text, so that everything but the loop over keys
//! works without a terminal.

use std::io::{self, Write, stdout};
use std::time::{Duration, Instant};

use crate::color::color_mapping::default_limits;
use crate::color::colormap::Colormap;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::terminal::{Graphics, picture, size};
use crate::error::{Error, Result};
use crate::player::playback::{Key, Outcome, Playback};
use crate::system::raw_input::{RawInput, has_keys};
use crate::task;
use crate::video::{Video, number_text};

/// Time between two looks at the keys.
const TICK: Duration = Duration::from_millis(15);

/// Size of a terminal that does not tell it.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// Keys, on the last line where there is room.
const HELP: &str = "space: play  ←→: step  ↑↓: longer steps  [ ]: speed  q: quit";

/// A video to play in the terminal.
pub struct TextPlayer {
    video: Video,
    colormap: Colormap,
    limits: (Option<f64>, Option<f64>),
    graphics: Graphics,
    playback: Playback,
}

impl TextPlayer {
    /// Creates a player at the first frame; missing color limits are those of the windows.
    pub fn new(
        video: Video,
        colormap: Colormap,
        (vmin, vmax): (Option<f64>, Option<f64>),
        graphics: Graphics,
        interval: Duration,
    ) -> Result<Self> {
        video.expect_frames("preview")?;
        let found = default_limits(&video, &colormap)?;
        let limits = (
            vmin.or(found.map(|range| range.0)),
            vmax.or(found.map(|range| range.1)),
        );
        let graphics = match graphics {
            Graphics::Text | Graphics::Blocks256 => graphics,
            // Images of other protocols would pile up faster than terminals draw them.
            _ => Graphics::Blocks,
        };
        let playback = Playback::new(0, video.len(), 1, interval);
        Ok(Self {
            video,
            colormap,
            limits,
            graphics,
            playback,
        })
    }

    /// Draws the frame and a line about it, as wide and high as the screen.
    pub fn screen(&self, (columns, rows): (usize, usize)) -> Result<String> {
        let frame = self.playback.frame();
        let image = RgbaImage::new(&self.video, frame, self.colormap.clone(), self.limits)?;
        // Characters are twice as high as wide.
        let fitting = 2 * rows.saturating_sub(1).max(1) * image.width / image.height.max(1);
        let width = fitting.clamp(1, columns.max(1));
        let picture = picture(&image, width, self.graphics);
        let lines = picture.lines().map(|line| format!("{line}\x1b[K\n"));
        let picture: String = lines.take(rows.saturating_sub(1)).collect();
        Ok(format!("{picture}{}", self.status(columns)))
    }

    /// State of the playback on one line.
    fn status(&self, columns: usize) -> String {
        let playback = &self.playback;
        let sign = if playback.is_playing() { '▶' } else { '‖' };
        let mut facts = vec![format!("{sign} {}/{}", playback.frame(), playback.last())];
        if let Some(fps) = self.video.metadata().fps {
            let time = 1000.0 * playback.frame() as f64 / fps;
            facts.push(format!("{} ms", number_text(time)));
        }
        if playback.step() != 1 {
            facts.push(format!("step {}", playback.step()));
        }
        if playback.speed() != 1.0 {
            facts.push(format!("speed {}", number_text(playback.speed())));
        }
        facts.push(HELP.to_owned());
        let mut line: String = facts
            .join("  ")
            .chars()
            .take(columns.saturating_sub(1))
            .collect();
        if self.graphics == Graphics::Text {
            line = line.replace('▶', ">").replace('‖', "|");
            line = line.replace('←', "<").replace('→', ">").replace("↑↓", "^v");
        }
        line
    }

    /// Plays until the user quits. The terminal is restored whatever happens.
    pub fn play(mut self) -> Result<()> {
        if !has_keys() || size().is_none() {
            let error = Error::new("`play` needs a terminal to play in");
            return Err(error.hint("leave it out to draw one frame; show_video opens a window"));
        }
        let failed = |e: io::Error| Error::new(format!("cannot play in this terminal: {e}"));
        let mut screen = FullScreen::begin().map_err(failed)?;
        let mut last = Instant::now();
        let mut shown = None;
        loop {
            task::check()?;
            let size = size().unwrap_or(USUAL_SIZE);
            let state = (self.playback.frame(), self.status(size.0), size);
            if shown.as_ref() != Some(&state) {
                let text = self.screen(size)?;
                screen.show(&text).map_err(failed)?;
                self.playback.mark_shown();
                shown = Some(state);
            }
            for key in keys(&screen.input.read(TICK).map_err(failed)?) {
                match key {
                    PressedKey::Interrupt => return Err(Error::interrupted()),
                    PressedKey::Playback(key) => {
                        if self.playback.key(key) == Outcome::Quit {
                            return Ok(());
                        }
                    }
                }
            }
            let now = Instant::now();
            self.playback.advance(now - last);
            last = now;
        }
    }
}

/// A key of the terminal.
#[derive(Debug, Clone, Copy, PartialEq)]
enum PressedKey {
    Playback(Key),
    /// Ctrl-C
    Interrupt,
}

/// Keys of bytes that a terminal sends.
fn keys(mut bytes: &[u8]) -> Vec<PressedKey> {
    const SEQUENCES: &[(&[u8], Key)] = &[
        (b"\x1b[A", Key::Up),
        (b"\x1b[B", Key::Down),
        (b"\x1b[C", Key::Right),
        (b"\x1b[D", Key::Left),
        (b"\x1b[H", Key::Home),
        (b"\x1b[F", Key::End),
        (b"\x1bOA", Key::Up),
        (b"\x1bOB", Key::Down),
        (b"\x1bOC", Key::Right),
        (b"\x1bOD", Key::Left),
        (b"\x1bOH", Key::Home),
        (b"\x1bOF", Key::End),
        (b"\x1b[1~", Key::Home),
        (b"\x1b[4~", Key::End),
        (b" ", Key::Space),
    ];
    let mut keys = Vec::new();
    while let Some(&first) = bytes.first() {
        let known = SEQUENCES
            .iter()
            .find(|(sequence, _)| bytes.starts_with(sequence));
        let (key, length) = match known {
            Some((sequence, key)) => (Some(PressedKey::Playback(*key)), sequence.len()),
            None if first == b'\x03' => (Some(PressedKey::Interrupt), 1),
            None if bytes == b"\x1b" => (Some(PressedKey::Playback(Key::Escape)), 1),
            // Another sequence, up to the letter or tilde that ends it.
            None if first == b'\x1b' => {
                let end = bytes[1..]
                    .iter()
                    .position(|byte| matches!(byte, b'@'..=b'Z' | b'a'..=b'z' | b'~'));
                (None, end.map_or(bytes.len(), |end| end + 2))
            }
            None if first.is_ascii_graphic() => {
                (Some(PressedKey::Playback(Key::Char(first.into()))), 1)
            }
            None => (None, 1),
        };
        keys.extend(key);
        bytes = &bytes[length..];
    }
    keys
}

/// While it exists, the program has the whole screen of the terminal and its keys.
struct FullScreen {
    input: RawInput,
}

impl FullScreen {
    fn begin() -> io::Result<Self> {
        let input = RawInput::begin()?;
        let screen = Self { input };
        // The other screen, without a cursor.
        write(b"\x1b[?1049h\x1b[?25l\x1b[2J")?;
        Ok(screen)
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        write(format!("\x1b[H{}\x1b[J", text.replace('\n', "\r\n")).as_bytes())
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing anyway.
        let _ = write(b"\x1b[0m\x1b[?25h\x1b[?1049l");
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Strided;

    fn player() -> TextPlayer {
        let samples = (0..3 * 4 * 8).map(f64::from).collect();
        let video = Video::new(Strided::from_vec(&[3, 4, 8], samples));
        let interval = Duration::from_millis(10);
        let limits = (None, None);
        TextPlayer::new(video, Colormap::gray(), limits, Graphics::Text, interval).unwrap()
    }

    #[test]
    fn frames_fill_the_screen_above_a_line_about_them() {
        let mut player = player();
        let screen = player.screen((40, 5)).unwrap();
        let lines: Vec<&str> = screen.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[4].starts_with("> 0/2  space: play"), "{screen}");
        let first = lines[..4].join("");
        player.playback.key(Key::Space);
        player.playback.key(Key::End);
        let screen = player.screen((40, 5)).unwrap();
        let lines: Vec<&str> = screen.lines().collect();
        assert!(lines[4].starts_with("| 2/2"), "{screen}");
        // Brighter than all of the first frame, whose range the colors have.
        assert_ne!(lines[..4].join(""), first);
        assert!(player.screen((1, 1)).is_ok());
    }

    #[test]
    fn the_time_and_what_is_not_usual_are_told() {
        let mut player = player();
        player.video.metadata_mut().fps = Some(500.0);
        player.playback.key(Key::Right);
        player.playback.key(Key::Up);
        player.playback.key(Key::Char(']'));
        let status = player.status(80);
        assert!(
            status.starts_with("> 1/2  2 ms  step 2  speed 2  space"),
            "{status}"
        );
        assert_eq!(player.status(10).chars().count(), 9);
    }

    #[test]
    fn bytes_of_terminals_are_keys() {
        let playback = |keys: &[Key]| -> Vec<PressedKey> {
            keys.iter().map(|key| PressedKey::Playback(*key)).collect()
        };
        assert_eq!(
            keys(b"\x1b[C\x1bOD q\x1b[5~["),
            playback(&[
                Key::Right,
                Key::Left,
                Key::Space,
                Key::Char('q'),
                Key::Char('[')
            ])
        );
        assert_eq!(keys(b"\x1b"), playback(&[Key::Escape]));
        assert_eq!(keys(b"\x03"), [PressedKey::Interrupt]);
        assert_eq!(keys("ä\x1b[".as_bytes()), []);
    }
}
