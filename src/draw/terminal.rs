//! Images in a terminal: as graphics where it supports them, as colored half blocks elsewhere.

use std::fmt::Write;

use console::Term;

use super::Color;
use super::graphics;
use super::rgba_image::RgbaImage;
use crate::choice::Choice;
use crate::color::colormap::Rgba;
use crate::color::luma;

/// How a terminal shows images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graphics {
    /// Graphics in kitty's protocol.
    Kitty,
    /// Graphics in iTerm2's protocol.
    Iterm2,
    /// DEC sixel graphics.
    Sixel,
    /// Half blocks in any color.
    Blocks,
    /// Half blocks in the 256 colors of older terminals.
    Blocks256,
    /// Characters from light to dark, for files and pipes.
    Text,
}

impl Choice for Graphics {
    const NOUN: &'static str = "a graphics protocol of terminals";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("kitty", Self::Kitty),
        ("iterm2", Self::Iterm2),
        ("sixel", Self::Sixel),
        ("blocks", Self::Blocks),
        ("blocks256", Self::Blocks256),
        ("text", Self::Text),
    ];
}

impl Graphics {
    /// Graphics support of the terminal on standard output, according to the environment variables
    /// that terminals set; `OPTIMAP_GRAPHICS` overrides them.
    pub fn offered() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Self::of_terminal(understands_escapes(&Term::stdout()), variable)
    }

    fn of_terminal(is_terminal: bool, variable: impl Fn(&str) -> String) -> Self {
        if let Some(chosen) = Self::from_name(&variable("OPTIMAP_GRAPHICS")) {
            return chosen;
        }
        let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
        if !is_terminal || term == "dumb" || !variable("NO_COLOR").is_empty() {
            return Self::Text;
        }
        let inside = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        // Terminal multiplexers do not pass graphics on.
        if inside(&["screen", "tmux"]) || !variable("TMUX").is_empty() {
            return Self::Blocks;
        }
        let is_kitty = inside(&["xterm-kitty", "xterm-ghostty"]) || program == "ghostty";
        if is_kitty || !variable("KITTY_WINDOW_ID").is_empty() {
            return Self::Kitty;
        }
        // ssh passes LC_ variables on.
        let iterm2 = ["iTerm.app", "WezTerm"];
        if iterm2.contains(&program.as_str()) || variable("LC_TERMINAL") == "iTerm2" {
            return Self::Iterm2;
        }
        if inside(&["foot", "mlterm", "yaft"]) || term.contains("sixel") {
            return Self::Sixel;
        }
        if program == "Apple_Terminal" || inside(&["linux", "rxvt"]) {
            return Self::Blocks256;
        }
        Self::Blocks
    }
}

/// Whether a stream is a terminal that interprets escape sequences. Windows consoles are switched
/// to it, which those before Windows 10 cannot do.
pub fn understands_escapes(stream: &Term) -> bool {
    stream.is_term() && (!cfg!(windows) || stream.features().colors_supported())
}

/// Columns and rows of the terminal on standard output.
pub fn size() -> Option<(usize, usize)> {
    let (rows, columns) = Term::stdout().size_checked()?;
    (0 < columns && 0 < rows).then_some((columns.into(), rows.into()))
}

/// Maximum number of columns at which an image of the given size is visible at full height.
pub fn fitting_columns((width, height): (usize, usize)) -> usize {
    const USUAL: (usize, usize) = (80, 24);
    const LINES_LEFT_FREE: usize = 3;
    let (columns, rows) = size().unwrap_or(USUAL);
    let rows = rows.saturating_sub(LINES_LEFT_FREE).max(4);
    (2 * rows * width / height.max(1)).clamp(1, columns.min(100))
}

/// Image in a number of columns, as lines of text without a final line feed.
pub fn picture(rgba_image: &RgbaImage, columns: usize, graphics: Graphics) -> String {
    let columns = columns.max(1);
    let rows = (columns * rgba_image.height)
        .div_ceil(2 * rgba_image.width.max(1))
        .max(1);
    match graphics {
        Graphics::Kitty => graphics::kitty(rgba_image, columns, rows),
        Graphics::Iterm2 => graphics::iterm2(rgba_image, columns, rows),
        Graphics::Sixel => graphics::sixel(rgba_image, columns, rows),
        Graphics::Blocks => blocks(rgba_image, columns, |[red, green, blue, _]| {
            format!("2;{red};{green};{blue}")
        }),
        Graphics::Blocks256 => blocks(rgba_image, columns, |color| {
            format!("5;{}", nearest256(color))
        }),
        Graphics::Text => text(&rgba_image.scaled(columns, rows)),
    }
}

/// Text in a color, or as it is where there are no colors.
pub fn colored(text: &str, color: Color, graphics: Graphics) -> String {
    let [_, red, green, blue] = color.to_be_bytes();
    match graphics {
        Graphics::Text => text.to_owned(),
        Graphics::Blocks256 => {
            let number = nearest256([red, green, blue, 255]);
            format!("\x1b[38;5;{number}m{text}\x1b[0m")
        }
        _ => format!("\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"),
    }
}

/// Half blocks: each character shows two pixels, one above the other; `code` writes a color.
fn blocks(rgba_image: &RgbaImage, columns: usize, code: impl Fn(Rgba) -> String) -> String {
    let height = (columns * rgba_image.height / rgba_image.width.max(1)).max(1);
    let rgba_image = rgba_image.scaled(columns, height);
    let mut lines = Vec::new();
    for rows in rgba_image.pixels.chunks(2 * columns) {
        let (upper, lower) = rows.split_at(columns);
        let mut line = String::new();
        let mut before = None;
        for (x, &top) in upper.iter().enumerate() {
            let bottom = lower.get(x).copied();
            block(
                &mut line,
                &mut before,
                (seen(top), bottom.and_then(seen)),
                &code,
            );
        }
        line.push_str("\x1b[0m");
        lines.push(line);
    }
    lines.join("\n")
}

/// Foreground and background; none: the terminal's own color.
type CellColors = (Option<Rgba>, Option<Rgba>);

/// Writes one character, with an escape sequence only where the colors change.
fn block(
    line: &mut String,
    before: &mut Option<CellColors>,
    (top, bottom): CellColors,
    code: &impl Fn(Rgba) -> String,
) {
    let (char, colors) = match (top, bottom) {
        (None, None) => (' ', (None, None)),
        (None, Some(_)) => ('▄', (bottom, None)),
        (Some(_), _) => ('▀', (top, bottom)),
    };
    if *before != Some(colors) {
        line.push_str("\x1b[0");
        if let Some(color) = colors.0 {
            let _ = write!(line, ";38;{}", code(color));
        }
        if let Some(color) = colors.1 {
            let _ = write!(line, ";48;{}", code(color));
        }
        line.push('m');
        *before = Some(colors);
    }
    line.push(char);
}

/// The color, or none if it is mostly transparent.
fn seen(color: Rgba) -> Option<Rgba> {
    (128 <= color[3]).then_some(color)
}

/// Nearest of the 216 colors and 24 grays that terminals number from 16 on.
fn nearest256([red, green, blue, _]: Rgba) -> u8 {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let rgb = [red, green, blue].map(i32::from);
    let steps = rgb.map(|value| {
        let nearest = (0..6).min_by_key(|step| (LEVELS[*step] - value).abs());
        nearest.unwrap_or(0)
    });
    let distance = |color: [i32; 3]| -> i32 {
        let differences = color.iter().zip(rgb).map(|(a, b)| (a - b) * (a - b));
        differences.sum()
    };
    let gray = ((rgb.iter().sum::<i32>() / 3 - 3) / 10).clamp(0, 23);
    if distance([8 + 10 * gray; 3]) < distance(steps.map(|step| LEVELS[step])) {
        232 + gray as u8
    } else {
        (16 + 36 * steps[0] + 6 * steps[1] + steps[2]) as u8
    }
}

/// Draws with characters of increasing ink coverage.
fn text(rgba_image: &RgbaImage) -> String {
    const SHADES: &[u8] = b" .:-=+*#%@";
    let lines = rgba_image.pixels.chunks(rgba_image.width).map(|row| {
        let shades = row.iter().map(|&color| {
            let [red, green, blue, _] = seen(color).unwrap_or_default().map(f64::from);
            let light = luma([red, green, blue]) as usize;
            char::from(SHADES[light * SHADES.len() / 256])
        });
        shades.collect::<String>().trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Rgba = [255, 0, 0, 255];
    const BLUE: Rgba = [0, 0, 255, 255];
    const NONE: Rgba = [0; 4];

    fn rgba_image(width: usize, pixels: &[Rgba]) -> RgbaImage {
        RgbaImage {
            width,
            height: pixels.len() / width,
            pixels: pixels.to_vec(),
        }
    }

    #[test]
    fn two_pixels_share_a_character() {
        let picture = picture(
            &rgba_image(2, &[RED, NONE, BLUE, BLUE]),
            2,
            Graphics::Blocks,
        );
        let expected = "\x1b[0;38;2;255;0;0;48;2;0;0;255m▀\x1b[0;38;2;0;0;255m▄\x1b[0m";
        assert_eq!(picture, expected);
    }

    #[test]
    fn what_is_not_a_number_is_left_out() {
        let picture = picture(&rgba_image(2, &[NONE; 4]), 2, Graphics::Blocks);
        assert_eq!(picture, "\x1b[0m  \x1b[0m");
    }

    #[test]
    fn lines_have_the_asked_for_columns() {
        let wide = rgba_image(30, &[RED; 30 * 20]);
        for graphics in [Graphics::Blocks, Graphics::Blocks256, Graphics::Text] {
            for columns in [1, 7, 30, 64] {
                let picture = picture(&wide, columns, graphics);
                let shown = picture.lines().next().unwrap().chars();
                let shown = shown.filter(|char| "▀▄:".contains(*char)).count();
                assert_eq!(shown, columns, "{graphics:?}");
            }
        }
        assert_eq!(picture(&wide, 30, Graphics::Blocks).lines().count(), 10);
    }

    #[test]
    fn old_terminals_get_the_nearest_color() {
        assert_eq!(nearest256(RED), 196);
        assert_eq!(nearest256([128, 128, 128, 255]), 244);
        assert_eq!(nearest256([0, 0, 0, 255]), 16);
        assert_eq!(nearest256([255; 4]), 231);
    }

    #[test]
    fn texts_are_colored_as_the_terminal_can() {
        let red = |graphics| colored("a", 0xff_00_00, graphics);
        assert_eq!(red(Graphics::Kitty), "\x1b[38;2;255;0;0ma\x1b[0m");
        assert_eq!(red(Graphics::Blocks256), "\x1b[38;5;196ma\x1b[0m");
        assert_eq!(red(Graphics::Text), "a");
    }

    #[test]
    fn files_get_shades() {
        let shades = [NONE, [0, 0, 0, 255], [128, 128, 128, 255], [255; 4]];
        assert_eq!(picture(&rgba_image(4, &shades), 4, Graphics::Text), "  +@");
    }

    #[test]
    fn terminals_are_known_by_their_variables() {
        let of = |is_terminal, variables: &[(&str, &str)]| {
            Graphics::of_terminal(is_terminal, |name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map_or(String::new(), |(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(true, &[("TERM", "xterm-256color")]), Graphics::Blocks);
        assert_eq!(of(false, &[("TERM", "xterm-kitty")]), Graphics::Text);
        assert_eq!(of(true, &[("TERM", "xterm-kitty")]), Graphics::Kitty);
        assert_eq!(of(true, &[("LC_TERMINAL", "iTerm2")]), Graphics::Iterm2);
        assert_eq!(of(true, &[("TERM", "foot")]), Graphics::Sixel);
        let tmux = [("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")];
        assert_eq!(of(true, &tmux), Graphics::Blocks);
        assert_eq!(of(false, &[("OPTIMAP_GRAPHICS", "sixel")]), Graphics::Sixel);
    }
}
