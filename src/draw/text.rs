//! Text in the embedded font: Noto Sans Regular (Latin, Greek, Cyrillic), © Google, under the
//! license in `font/OFL.txt`.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScaleFont, ScaleFont};

use super::{Color, Image};

/// The embedded font.
pub(super) const FONT: &[u8] = include_bytes!("font/NotoSans-Regular.ttf");

/// The width of a line of text in pixels.
pub fn width(text: &str, size: f32) -> usize {
    let font = font(size);
    let mut pen = 0.0;
    for (advance, ..) in glyphs(&font, text) {
        pen += advance;
    }
    pen.ceil() as usize
}

/// Draws a line of text whose digits have their middle at the row `middle`; returns the column
/// where it ends.
pub fn draw(
    image: &mut Image,
    (left, middle): (usize, usize),
    text: &str,
    size: f32,
    color: Color,
) -> usize {
    let font = font(size);
    let baseline = (middle as f32 + DIGIT_HEIGHT * size / 2.0).round();
    let mut pen = left as f32;
    for (advance, id) in glyphs(&font, text) {
        let glyph = id.with_scale_and_position(font.scale, ab_glyph::point(pen, baseline));
        pen += advance;
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let bounds = outline.px_bounds();
        let area = image.area();
        outline.draw(|x, y, coverage| {
            let (x, y) = (bounds.min.x + x as f32, bounds.min.y + y as f32);
            if area.contains(x, y) {
                image.blend(x as usize, y as usize, color, crisp(coverage));
            }
        });
    }
    pen.ceil() as usize
}

/// The text, or as much of it as fits into `room` pixels, with an ellipsis.
pub fn fit(text: &str, size: f32, room: usize) -> String {
    // Every letter takes a pixel and more, and titles of any length may come from scripts.
    let start: String = text.chars().take(room + 1).collect();
    if width(&start, size) <= room {
        return start;
    }
    let ends = start.char_indices().rev().map(|(end, _)| end);
    ends.map(|end| format!("{}…", start[..end].trim_end()))
        .find(|shorter| width(shorter, size) <= room)
        .unwrap_or_default()
}

/// The text with what stands for the characters that the font does not have.
pub fn drawable(text: &str) -> String {
    let font = font(1.0);
    let known = |char| font.glyph_id(char) != ab_glyph::GlyphId(0);
    let shown = |char| if known(char) { char } else { plain(char) };
    text.chars().map(shown).collect()
}

/// The height of the font's digits and capitals, in parts of its size.
const DIGIT_HEIGHT: f32 = 0.714;

/// The embedded font; `size` is that of the em square in pixels.
fn font(size: f32) -> PxScaleFont<&'static FontRef<'static>> {
    static PARSED: OnceLock<FontRef<'static>> = OnceLock::new();
    let font =
        PARSED.get_or_init(|| FontRef::try_from_slice(FONT).expect("the embedded font is whole"));
    let units_per_em = font.units_per_em().unwrap_or(1000.0);
    font.into_scaled(size * font.height_unscaled() / units_per_em)
}

/// The glyphs of a text and how far each moves the pen on.
fn glyphs<'a>(
    font: &'a PxScaleFont<&'static FontRef<'static>>,
    text: &'a str,
) -> impl Iterator<Item = (f32, ab_glyph::GlyphId)> + 'a {
    let printable = text.chars().filter(|char| !char.is_control());
    printable.map(|char| {
        let id = match font.glyph_id(char) {
            ab_glyph::GlyphId(0) => font.glyph_id(plain(char)),
            id => id,
        };
        let advance = font.h_advance(id);
        // Figures stand on whole pixels, so that a running counter does not shimmer.
        let advance = if char.is_ascii_digit() {
            advance.round()
        } else {
            advance
        };
        (advance, id)
    })
}

/// What stands for a raised or lowered figure that the font does not have, as in F₀.
fn plain(char: char) -> char {
    match char {
        '₀'..='₉' => char_after('0', char as u32 - '₀' as u32),
        '⁰' | '⁴'..='⁹' => char_after('0', char as u32 - '⁰' as u32),
        '−' => '-',
        _ => char,
    }
}

fn char_after(char: char, distance: u32) -> char {
    char::from_u32(char as u32 + distance).unwrap_or(char)
}

/// Light text on a dark ground looks thinner than it is; this makes up for it.
fn crisp(coverage: f32) -> f32 {
    coverage.powf(0.8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        let text = "Optical mapping of a ventricle";
        assert_eq!(fit(text, 13.0, 1000), text);
        let short = fit(text, 13.0, 100);
        assert!(short.ends_with('…') && width(&short, 13.0) <= 100);
        assert_eq!(fit(text, 13.0, 3), "");
    }

    #[test]
    fn the_font_has_what_science_writes() {
        let font = font(13.0);
        for char in "ΔFλτµ²×·±°…≤".chars().chain(plain('₀').to_string().chars()) {
            assert_ne!(font.glyph_id(char).0, 0, "{char}");
        }
    }
}
