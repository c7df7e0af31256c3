//! Text in the embedded font: Noto Sans Regular (Latin, Greek, Cyrillic), © Google, under the
//! license in `font/OFL.txt`. Characters that it lacks are those of fonts of the system.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, Point, PxScaleFont, ScaleFont, point};

use super::{Color, Image, other_fonts};

/// Embedded font.
const FONT: &[u8] = include_bytes!("font/NotoSans-Regular.ttf");

/// Width of a line of text in pixels.
pub fn width(text: &str, size: f32) -> usize {
    let advances = letters(text).into_iter();
    let pen: f32 = advances.map(|letter| letter.advance(size)).sum();
    pen.ceil() as usize
}

/// Draws a line of text whose digits are vertically centered at row `middle`; returns the column
/// where it ends.
pub fn draw(
    image: &mut Image,
    (left, middle): (usize, usize),
    text: &str,
    size: f32,
    color: Color,
) -> usize {
    let baseline = (middle as f32 + DIGIT_HEIGHT * size / 2.0).round();
    let mut pen = left as f32;
    for letter in letters(text) {
        let font = letter.scaled(size);
        let glyph = letter
            .id
            .with_scale_and_position(font.scale, point(pen, baseline));
        pen += letter.advance(size);
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

/// Draws a line of text that ends at the column `right`; returns the column where it begins.
pub fn draw_before(
    image: &mut Image,
    (right, middle): (usize, usize),
    text: &str,
    (size, color): (f32, Color),
) -> usize {
    let left = right.saturating_sub(width(text, size));
    draw(image, (left, middle), text, size, color);
    left
}

/// Draws a line of text that runs upward; its digits are centered at column `middle`, and it begins
/// at row `bottom`.
pub fn draw_upward(
    image: &mut Image,
    (middle, bottom): (usize, usize),
    text: &str,
    size: f32,
    color: Color,
) {
    let mut line = Image::new(width(text, size) + 1, (2.0 * size).ceil() as usize);
    let center = line.height / 2;
    draw(&mut line, (0, center), text, size, 0xff_ff_ff);
    for (index, pixel) in line.pixels.iter().enumerate() {
        let (along, across) = (index % line.width, index / line.width);
        let x = (middle + across).checked_sub(center);
        let y = bottom.checked_sub(along + 1);
        if let (Some(x), Some(y), coverage @ 1..) = (x, y, pixel & 0xff)
            && x < image.width
            && y < image.height
        {
            image.blend(x, y, color, coverage as f32 / 255.0);
        }
    }
}

/// The text, shortened with an ellipsis if it is wider than `room` pixels.
pub fn fit(text: &str, size: f32, room: usize) -> String {
    // Every letter is at least a pixel wide, and scripts may pass titles of any length.
    let start: String = text.chars().take(room + 1).collect();
    shortened(&start, |text| width(text, size) <= room)
}

/// The text, shortened with an ellipsis if it does not fit.
pub(crate) fn shortened(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let ends = text.char_indices().rev().map(|(end, _)| end);
    ends.map(|end| format!("{}…", text[..end].trim_end()))
        .find(|shorter| fits(shorter))
        .unwrap_or_default()
}

/// Width of a line of text whose letters need not be on whole pixels.
pub(crate) fn exact_width(text: &str, size: f64) -> f64 {
    size * f64::from(outlined(text, |_, _| {}))
}

/// Outline of each letter of a line of text, and the width of the line, at size 1. The baseline
/// starts at (0, 0); coordinates above it are negative.
pub(super) fn outlines(text: &str) -> (Vec<Vec<OutlineCurve>>, f32) {
    let mut glyphs = Vec::new();
    let width = outlined(text, |letter, position| {
        if let Some(outline) = letter.font.outline(letter.id) {
            let curves = outline.curves.iter();
            glyphs.push(curves.map(|curve| placed(curve, position)).collect());
        }
    });
    (glyphs, width)
}

/// A letter of a line of text, for files that embed the font.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FontGlyph {
    /// Index of the glyph in the font.
    pub(super) id: u16,
    /// Size relative to that of the text.
    pub(super) scale: f32,
    /// Distance above the baseline, relative to the size of the text.
    pub(super) rise: f32,
    /// Width of the letter in thousandths of its own size.
    pub(super) width: f32,
    /// Character that the glyph is made for: another than in the text where the font lacks that.
    pub(super) char: char,
}

/// Letters of a line of text; `None` if the embedded font lacks some that another one has.
pub(super) fn font_glyphs(text: &str) -> Option<Vec<FontGlyph>> {
    let font = embedded();
    let em = font.units_per_em().unwrap_or(UNITS_PER_EM);
    let mut glyphs = Vec::new();
    let mut are_embedded = true;
    outlined(text, |letter, position| {
        are_embedded &= std::ptr::eq(letter.font, font);
        glyphs.push(FontGlyph {
            id: letter.id.0,
            scale: (position.unit * em * 1000.0).round() / 1000.0,
            rise: position.rise,
            width: font.h_advance_unscaled(letter.id) * 1000.0 / em,
            char: letter.char,
        });
    });
    are_embedded.then_some(glyphs)
}

/// The embedded font as a file holds it.
pub(super) struct FontFile {
    /// Bytes of the TrueType file.
    pub(super) bytes: &'static [u8],
    /// Height above the baseline, in thousandths of the size.
    pub(super) ascent: f32,
    /// Depth below the baseline, negative.
    pub(super) descent: f32,
    /// Left, bottom, right and top of the glyphs that are used.
    pub(super) bounds: [f32; 4],
}

/// The embedded font and the bounds of some of its glyphs.
pub(super) fn font_file(ids: impl Iterator<Item = u16>) -> FontFile {
    let font = embedded();
    let unit = 1000.0 / font.units_per_em().unwrap_or(UNITS_PER_EM);
    let mut bounds = [0.0f32; 4];
    for outline in ids.filter_map(|id| font.outline(GlyphId(id))) {
        let (min, max) = (outline.bounds.min, outline.bounds.max);
        // Of outlines, y grows upward or downward, as the font has it.
        let (low, high) = (min.y.min(max.y) * unit, min.y.max(max.y) * unit);
        bounds = [
            bounds[0].min(min.x * unit),
            bounds[1].min(low),
            bounds[2].max(max.x * unit),
            bounds[3].max(high),
        ];
    }
    FontFile {
        bytes: FONT,
        ascent: font.ascent_unscaled() * unit,
        descent: font.descent_unscaled() * unit,
        bounds,
    }
}

/// Position of a letter and size of a font unit.
#[derive(Clone, Copy)]
struct GlyphPosition {
    pen: f32,
    rise: f32,
    unit: f32,
}

/// Calls `tell` for each letter of a line of text; returns the width of the line.
fn outlined(text: &str, mut tell: impl FnMut(&Letter, GlyphPosition)) -> f32 {
    let mut pen = 0.0;
    let written = text.chars().filter(|char| !char.is_control());
    for (char, letter) in written.zip(letters(text)) {
        let (scale, rise) = match char {
            _ if char == letter.char => (1.0, 0.0),
            '₀'..='₎' => (SMALL, LOWERED),
            '⁰'..='ⁿ' => (SMALL, RAISED),
            _ => (1.0, 0.0),
        };
        let unit = scale / letter.font.units_per_em().unwrap_or(UNITS_PER_EM);
        tell(&letter, GlyphPosition { pen, rise, unit });
        pen += letter.font.h_advance_unscaled(letter.id) * unit;
    }
    pen
}

fn placed(curve: &OutlineCurve, position: GlyphPosition) -> OutlineCurve {
    let at = |Point { x, y }| {
        point(
            position.pen + x * position.unit,
            -position.rise - y * position.unit,
        )
    };
    match *curve {
        OutlineCurve::Line(from, to) => OutlineCurve::Line(at(from), at(to)),
        OutlineCurve::Quad(from, by, to) => OutlineCurve::Quad(at(from), at(by), at(to)),
        OutlineCurve::Cubic(from, by, near, to) => {
            OutlineCurve::Cubic(at(from), at(by), at(near), at(to))
        }
    }
}

/// Size of superscripts and subscripts and their distance from the baseline, relative to the font
/// size.
const SMALL: f32 = 0.62;
const RAISED: f32 = 0.3;
const LOWERED: f32 = -0.14;

/// Units per em assumed for a font that does not state them.
const UNITS_PER_EM: f32 = 1000.0;

/// Height of the font's digits and capitals, relative to the font size.
pub(crate) const DIGIT_HEIGHT: f32 = 0.714;

fn embedded() -> &'static FontRef<'static> {
    static PARSED: OnceLock<FontRef<'static>> = OnceLock::new();
    PARSED.get_or_init(|| FontRef::try_from_slice(FONT).expect("the embedded font is whole"))
}

/// A letter of a text.
struct Letter {
    /// Character that is drawn: a plain one where no font has that of the text.
    char: char,
    /// The embedded font, or one of the system.
    font: &'static FontRef<'static>,
    id: GlyphId,
}

impl Letter {
    /// The letter of a character; the box of missing ones if no font has it.
    fn of(char: char) -> Self {
        let font = embedded();
        let plain = plain(char);
        for char in [char, plain] {
            let id = font.glyph_id(char);
            if id.0 != 0 {
                return Self { char, font, id };
            }
        }
        let (font, id) = other_fonts::find(char).unwrap_or((font, GlyphId(0)));
        Self { char, font, id }
    }

    /// Its font; `size` is that of the em square in pixels.
    fn scaled(&self, size: f32) -> PxScaleFont<&'static FontRef<'static>> {
        let units_per_em = self.font.units_per_em().unwrap_or(UNITS_PER_EM);
        let scale = size * self.font.height_unscaled() / units_per_em;
        self.font.into_scaled(scale)
    }

    fn advance(&self, size: f32) -> f32 {
        let advance = self.scaled(size).h_advance(self.id);
        // Digits have whole-pixel widths, so that a running counter does not jitter.
        match self.char.is_ascii_digit() {
            true => advance.round(),
            false => advance,
        }
    }
}

/// Letters of a text; warns of characters that no font has.
fn letters(text: &str) -> Vec<Letter> {
    let printable = text.chars().filter(|char| !char.is_control());
    let letters: Vec<_> = printable.map(Letter::of).collect();
    let missing = letters.iter().filter(|letter| letter.id.0 == 0);
    let missing: Vec<char> = missing.map(|letter| letter.char).collect();
    if !missing.is_empty() {
        other_fonts::warn_of_missing(&missing);
    }
    letters
}

/// Plain character for a superscript or subscript that the font lacks, as in F₀.
fn plain(char: char) -> char {
    match char {
        '₀'..='₉' => char_after('0', char as u32 - '₀' as u32),
        '⁰' | '⁴'..='⁹' => char_after('0', char as u32 - '⁰' as u32),
        '⁺' | '₊' => '+',
        '⁻' | '₋' => '−',
        '−' => '-',
        _ => char,
    }
}

fn char_after(char: char, distance: u32) -> char {
    char::from_u32(char as u32 + distance).unwrap_or(char)
}

/// Increases coverage: light text on a dark background looks thinner than it is.
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
        for char in "ΔFλτµμ²³×·±°…≤√−–éüçÅñß".chars() {
            assert_ne!(embedded().glyph_id(char).0, 0, "{char}");
        }
        for char in "₀₉⁰⁴⁹⁻₋⁺₊".chars() {
            assert_ne!(embedded().glyph_id(plain(char)).0, 0, "{char}");
        }
    }

    #[test]
    fn figures_that_the_font_does_not_have_are_small_and_out_of_line() {
        let extent = |text: &str| {
            let (glyphs, _) = outlines(text);
            let ends = glyphs[0].iter().map(|curve| match curve {
                OutlineCurve::Line(from, _) => from.y,
                OutlineCurve::Quad(from, ..) | OutlineCurve::Cubic(from, ..) => from.y,
            });
            let top = ends.clone().fold(f32::INFINITY, f32::min);
            (top, ends.fold(f32::NEG_INFINITY, f32::max))
        };
        let ((top, bottom), (low_top, low_bottom)) = (extent("0"), extent("₀"));
        assert!(low_bottom > bottom + 0.1 && low_top > top + 0.1);
        assert!(low_bottom - low_top < 0.7 * (bottom - top));
        let ((top, bottom), (high_top, high_bottom)) = (extent("+"), extent("⁺"));
        assert!(
            high_bottom < bottom - 0.1 && high_top < top,
            "{high_top} {top}"
        );
        assert!(exact_width("₀", 100.0) < 0.7 * exact_width("0", 100.0));
    }
}
