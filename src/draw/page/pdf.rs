//! Pages as PDF 1.7 (ISO 32000-1), written from the same description as images: paths, images, and
//! text in a subset of the embedded font. Equal pages give equal files: they hold no time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use ab_glyph::OutlineCurve;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{
    CidFontType, FontFlags, LineCapStyle, LineJoinStyle, SystemInfo, TextRenderingMode, UnicodeCmap,
};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::{BOLD_LINE, Page, PageItem, PageRect, PageText, Point, clip};
use crate::color::unpack;
use crate::draw::Color;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::text::{self, DIGIT_HEIGHT, FontFile, FontGlyph};

/// Pixels per point of images, at least: viewers that blur what they magnify then do so by less
/// than is visible.
const PIXELS_PER_POINT: f64 = 300.0 / 72.0;

const FONT: Name<'static> = Name(b"F");

/// Thickness of vertical stems, which viewers need only to replace the font.
const STEM: f32 = 90.0;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
const TEXT_FONT: Ref = Ref::new(6);
const CID_FONT: Ref = Ref::new(7);
const DESCRIPTOR: Ref = Ref::new(8);
const FONT_FILE: Ref = Ref::new(9);
const TO_UNICODE: Ref = Ref::new(10);
/// The first of two numbers for each image, followed by those of the opacities.
const FIRST: i32 = 11;

pub(super) fn render(page: &Page, xmp: Option<&str>) -> Vec<u8> {
    let mut drawing = Drawing {
        content: Content::new(),
        unit: page.unit.points(),
        height: page.height,
        glyphs: GlyphRemapper::new(),
        used: BTreeMap::new(),
        images: Vec::new(),
        opacities: BTreeSet::new(),
    };
    drawing
        .content
        .set_line_join(LineJoinStyle::RoundJoin)
        .set_fill_rgb(1.0, 1.0, 1.0);
    drawing.rect(&page.bounds());
    drawing.content.fill_nonzero();
    drawing.draw(&page.shapes, &page.bounds());
    drawing.file(page, xmp)
}

/// Content of the page, and what it uses.
struct Drawing {
    content: Content,
    /// Points per unit.
    unit: f64,
    /// Height of the page in units.
    height: f64,
    /// Numbers of glyphs in the subset of the font.
    glyphs: GlyphRemapper,
    /// The same glyphs by their numbers.
    used: BTreeMap<u16, FontGlyph>,
    images: Vec<RgbaImage>,
    /// Opacities in percent.
    opacities: BTreeSet<u8>,
}

impl Drawing {
    /// Draws the items within the bounds.
    fn draw(&mut self, shapes: &[PageItem], bounds: &PageRect) {
        for shape in shapes {
            match shape {
                PageItem::Line {
                    points,
                    width,
                    color,
                } => {
                    // The ends of clipped lines are outside.
                    let runs = clip::line(points, &bounds.grow(*width));
                    self.pen(*width, *color, LineCapStyle::RoundCap);
                    for run in &runs {
                        self.path(run);
                    }
                    if !runs.is_empty() {
                        self.content.stroke();
                    }
                }
                PageItem::Rule {
                    from,
                    to,
                    width,
                    color,
                } => {
                    self.pen(*width, *color, LineCapStyle::ButtCap);
                    self.path(&[*from, *to]);
                    self.content.stroke();
                }
                PageItem::Area {
                    corners,
                    color,
                    opacity,
                } => {
                    let corners = clip::polygon(corners, &bounds.grow(1.0));
                    if !corners.is_empty() {
                        self.area(&corners, *color, *opacity);
                    }
                }
                PageItem::Image { image, bounds } => self.image(image, bounds),
                PageItem::Text(text) => self.text(text),
                PageItem::Clip { bounds, shapes } => {
                    self.content.save_state();
                    self.rect(bounds);
                    self.content.clip_nonzero().end_path();
                    self.draw(shapes, bounds);
                    self.content.restore_state();
                }
            }
        }
    }

    /// Position in points from the bottom left.
    fn position(&self, (x, y): Point) -> (f32, f32) {
        let rounded = |length: f64| (length * self.unit * 1000.0).round() as f32 / 1000.0;
        (rounded(x), rounded(self.height - y))
    }

    fn rect(&mut self, bounds: &PageRect) {
        let (x, y) = self.position((bounds.left, bounds.bottom));
        let (right, top) = self.position((bounds.right, bounds.top));
        self.content.rect(x, y, right - x, top - y);
    }

    fn pen(&mut self, width: f64, color: Color, cap: LineCapStyle) {
        let [red, green, blue] = parts(color);
        self.content
            .set_line_width((width * self.unit) as f32)
            .set_line_cap(cap)
            .set_stroke_rgb(red, green, blue);
    }

    fn path(&mut self, points: &[Point]) {
        for (index, point) in points.iter().enumerate() {
            let (x, y) = self.position(*point);
            match index {
                0 => self.content.move_to(x, y),
                _ => self.content.line_to(x, y),
            };
        }
    }

    fn area(&mut self, corners: &[Point], color: Color, opacity: f64) {
        let percent = (opacity * 100.0).round() as u8;
        if percent < 100 {
            self.opacities.insert(percent);
            let name = opacity_name(percent);
            self.content.save_state();
            self.content.set_parameters(Name(name.as_bytes()));
        }
        let [red, green, blue] = parts(color);
        self.content.set_fill_rgb(red, green, blue);
        self.path(corners);
        self.content.close_path().fill_nonzero();
        if percent < 100 {
            self.content.restore_state();
        }
    }

    fn image(&mut self, image: &RgbaImage, bounds: &PageRect) {
        let needed = bounds.width() * self.unit * PIXELS_PER_POINT;
        let factor = (needed / image.width as f64 - 1e-6).ceil().max(1.0) as usize;
        let name = image_name(self.images.len());
        self.images
            .push(image.scaled(image.width * factor, image.height * factor));
        let (x, y) = self.position((bounds.left, bounds.bottom));
        let (right, top) = self.position((bounds.right, bounds.top));
        self.content.save_state();
        self.content
            .transform([right - x, 0.0, 0.0, top - y, x, y])
            .x_object(Name(name.as_bytes()));
        self.content.restore_state();
    }

    fn text(&mut self, text: &PageText) {
        let Some(glyphs) = text::font_glyphs(&text.text) else {
            return self.outlined_text(text);
        };
        let size = (text.size * self.unit) as f32;
        let width: f32 = glyphs
            .iter()
            .map(|glyph| glyph.width / 1000.0 * glyph.scale * size)
            .sum();
        let (sin, cos) = (-text.turn).to_radians().sin_cos();
        let (sin, cos) = (rounded(sin), rounded(cos));
        let (x, y) = self.position(text.position);
        let before = text.anchor.part() as f32 * width;
        let shown: String = text
            .text
            .chars()
            .filter(|char| !char.is_control())
            .collect();
        // Characters that the font lacks are drawn by others; copied text has the written ones.
        let is_exact = shown.chars().eq(glyphs.iter().map(|glyph| glyph.char))
            && glyphs.iter().all(|glyph| glyph.id != 0);
        if !is_exact {
            let mut span = self
                .content
                .begin_marked_content_with_properties(Name(b"Span"));
            span.properties().actual_text(TextStr(&shown));
        }
        let [red, green, blue] = parts(text.color);
        self.content.begin_text();
        self.content.set_fill_rgb(red, green, blue);
        if text.is_bold {
            self.content
                .set_text_rendering_mode(TextRenderingMode::FillStroke)
                .set_stroke_rgb(red, green, blue)
                .set_line_width(size * BOLD_LINE as f32);
        }
        self.content
            .set_text_matrix([cos, sin, -sin, cos, x - before * cos, y - before * sin]);
        for run in glyphs.chunk_by(|a, b| (a.scale, a.rise) == (b.scale, b.rise)) {
            self.content
                .set_font(FONT, rounded((size * run[0].scale).into()))
                .set_rise(rounded((size * run[0].rise).into()));
            let mut codes = Vec::with_capacity(2 * run.len());
            for glyph in run {
                let code = self.glyphs.remap(glyph.id);
                self.used.entry(code).or_insert(*glyph);
                codes.extend(code.to_be_bytes());
            }
            self.content.show(Str(&codes));
        }
        if text.is_bold {
            self.content
                .set_text_rendering_mode(TextRenderingMode::Fill);
        }
        self.content.end_text();
        if !is_exact {
            self.content.end_marked_content();
        }
    }

    /// Draws text that needs other fonts than the embedded one as areas, with its characters for programs
    /// that read the actual text.
    fn outlined_text(&mut self, text: &PageText) {
        let (letters, width) = text::outlines(&text.text);
        let size = text.size * self.unit;
        let (sin, cos) = (-text.turn).to_radians().sin_cos();
        let (x, y) = self.position(text.position);
        let (x, y) = (f64::from(x), f64::from(y));
        let before = text.anchor.part() * f64::from(width);
        let at = |point: ab_glyph::Point| {
            let (along, up) = (
                (f64::from(point.x) - before) * size,
                -f64::from(point.y) * size,
            );
            let along_x = rounded(x + along * cos - up * sin);
            (along_x, rounded(y + along * sin + up * cos))
        };
        let mut span = self
            .content
            .begin_marked_content_with_properties(Name(b"Span"));
        span.properties().actual_text(TextStr(&text.text));
        drop(span);
        let [red, green, blue] = parts(text.color);
        self.content.set_fill_rgb(red, green, blue);
        if text.is_bold {
            self.pen(text.size * BOLD_LINE, text.color, LineCapStyle::RoundCap);
        }
        for letter in letters.iter().filter(|letter| !letter.is_empty()) {
            let mut pen = None;
            for curve in letter {
                let (from, to) = ends(curve);
                if pen != Some(from) {
                    let (x, y) = at(from);
                    self.content.move_to(x, y);
                }
                pen = Some(to);
                let (x, y) = at(to);
                match *curve {
                    OutlineCurve::Line(..) => self.content.line_to(x, y),
                    OutlineCurve::Quad(from, by, to) => {
                        // The cubic curve that is the same.
                        let between = |end: ab_glyph::Point| {
                            ab_glyph::point(
                                end.x + (by.x - end.x) * 2.0 / 3.0,
                                end.y + (by.y - end.y) * 2.0 / 3.0,
                            )
                        };
                        let ((x1, y1), (x2, y2)) = (at(between(from)), at(between(to)));
                        self.content.cubic_to(x1, y1, x2, y2, x, y)
                    }
                    OutlineCurve::Cubic(_, by, near, _) => {
                        let ((x1, y1), (x2, y2)) = (at(by), at(near));
                        self.content.cubic_to(x1, y1, x2, y2, x, y)
                    }
                };
            }
            match text.is_bold {
                true => self.content.close_fill_nonzero_and_stroke(),
                false => self.content.close_path().fill_nonzero(),
            };
        }
        self.content.end_marked_content();
    }

    /// The whole file.
    fn file(self, page: &Page, xmp: Option<&str>) -> Vec<u8> {
        let first_opacity = FIRST + 2 * self.images.len() as i32;
        let metadata = Ref::new(first_opacity + self.opacities.len() as i32);
        let mut pdf = Pdf::new();
        let mut catalog = pdf.catalog(CATALOG);
        catalog.pages(PAGES);
        if xmp.is_some() {
            catalog.metadata(metadata);
        }
        catalog.finish();
        pdf.pages(PAGES).kids([PAGE]).count(1);
        pdf.document_info(INFO).producer(TextStr("optimap"));
        let length = |length: f64| (length * self.unit) as f32;
        let mut leaf = pdf.page(PAGE);
        leaf.parent(PAGES)
            .media_box(Rect::new(0.0, 0.0, length(page.width), length(page.height)))
            .contents(CONTENT);
        let mut resources = leaf.resources();
        if !self.used.is_empty() {
            resources.fonts().pair(FONT, TEXT_FONT);
        }
        if !self.images.is_empty() {
            let mut images = resources.x_objects();
            for index in 0..self.images.len() {
                let name = image_name(index);
                images.pair(Name(name.as_bytes()), image_ref(index));
            }
        }
        if !self.opacities.is_empty() {
            let mut states = resources.ext_g_states();
            for (percent, at) in self.opacities.iter().zip(first_opacity..) {
                let name = opacity_name(*percent);
                states.pair(Name(name.as_bytes()), Ref::new(at));
            }
        }
        resources.finish();
        leaf.finish();
        pdf.stream(CONTENT, &deflated(&self.content.finish()))
            .filter(Filter::FlateDecode);
        if !self.used.is_empty() {
            write_font(&mut pdf, &self.glyphs, &self.used);
        }
        for (index, image) in self.images.iter().enumerate() {
            write_image(&mut pdf, image_ref(index), image);
        }
        for (percent, at) in self.opacities.iter().zip(first_opacity..) {
            pdf.ext_graphics(Ref::new(at))
                .non_stroking_alpha(f32::from(*percent) / 100.0);
        }
        if let Some(xmp) = xmp {
            pdf.metadata(metadata, xmp.as_bytes());
        }
        pdf.finish()
    }
}

/// Embeds the glyphs that are used, their widths and the characters that they show.
fn write_font(pdf: &mut Pdf, glyphs: &GlyphRemapper, used: &BTreeMap<u16, FontGlyph>) {
    let FontFile {
        bytes,
        ascent,
        descent,
        bounds: [left, bottom, right, top],
    } = text::font_file(used.values().map(|glyph| glyph.id));
    let subset = subsetter::subset(bytes, 0, glyphs).expect("the embedded font is whole");
    let name = format!("{}+NotoSans-Regular", subset_tag(used));
    let name = Name(name.as_bytes());
    let identity = SystemInfo {
        registry: Str(b"Adobe"),
        ordering: Str(b"Identity"),
        supplement: 0,
    };
    pdf.type0_font(TEXT_FONT)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(CID_FONT)
        .to_unicode(TO_UNICODE);
    let mut font = pdf.cid_font(CID_FONT);
    font.subtype(CidFontType::Type2)
        .base_font(name)
        .system_info(identity)
        .font_descriptor(DESCRIPTOR)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for (code, glyph) in used {
        widths.consecutive(*code, [glyph.width]);
    }
    widths.finish();
    font.finish();
    pdf.font_descriptor(DESCRIPTOR)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(ascent)
        .descent(descent)
        .cap_height(DIGIT_HEIGHT * 1000.0)
        .stem_v(STEM)
        .font_file2(FONT_FILE);
    pdf.stream(FONT_FILE, &deflated(&subset))
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), subset.len() as i32);
    let mut characters = UnicodeCmap::new(Name(b"Custom"), identity);
    for (code, glyph) in used.iter().filter(|(_, glyph)| glyph.id != 0) {
        characters.pair(*code, glyph.char);
    }
    pdf.cmap(TO_UNICODE, &deflated(&characters.finish()))
        .filter(Filter::FlateDecode);
}

/// Six letters that tell subsets of one font apart.
fn subset_tag(used: &BTreeMap<u16, FontGlyph>) -> String {
    let ids = used.values().map(|glyph| u64::from(glyph.id));
    let mut hash = ids.fold(0u64, |hash, id| hash.wrapping_mul(1_099_511_628_211) ^ id);
    let mut letter = || {
        let letter = b'A' + (hash % 26) as u8;
        hash /= 26;
        char::from(letter)
    };
    (0..6).map(|_| letter()).collect()
}

fn write_image(pdf: &mut Pdf, id: Ref, image: &RgbaImage) {
    let (width, height) = (image.width as i32, image.height as i32);
    let is_opaque = image.pixels.iter().all(|pixel| pixel[3] == 255);
    let mask = Ref::new(id.get() + 1);
    let colors: Vec<u8> = image
        .pixels
        .iter()
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let bytes = deflated(&colors);
    let mut object = pdf.image_xobject(id, &bytes);
    object.filter(Filter::FlateDecode);
    object.width(width).height(height).bits_per_component(8);
    object.color_space().device_rgb();
    if !is_opaque {
        object.s_mask(mask);
    }
    object.finish();
    if !is_opaque {
        let opacities: Vec<u8> = image.pixels.iter().map(|pixel| pixel[3]).collect();
        let bytes = deflated(&opacities);
        let mut object = pdf.image_xobject(mask, &bytes);
        object.filter(Filter::FlateDecode);
        object.width(width).height(height).bits_per_component(8);
        object.color_space().device_gray();
    }
}

/// First and last point of a curve.
fn ends(curve: &OutlineCurve) -> (ab_glyph::Point, ab_glyph::Point) {
    match *curve {
        OutlineCurve::Line(from, to) => (from, to),
        OutlineCurve::Quad(from, _, to) => (from, to),
        OutlineCurve::Cubic(from, _, _, to) => (from, to),
    }
}

fn image_ref(index: usize) -> Ref {
    Ref::new(FIRST + 2 * index as i32)
}

fn image_name(index: usize) -> String {
    format!("I{index}")
}

fn opacity_name(percent: u8) -> String {
    format!("G{percent}")
}

/// Red, green and blue from 0 to 1.
fn parts(color: Color) -> [f32; 3] {
    unpack(color).map(|byte| (f32::from(byte) / 255.0 * 1000.0).round() / 1000.0)
}

fn rounded(number: f64) -> f32 {
    ((number * 1e4).round() / 1e4) as f32
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;
    use crate::draw::page::{Anchor, PageUnit};

    fn pdf(shapes: Vec<PageItem>) -> Vec<u8> {
        let page = Page {
            width: 100.0,
            height: 60.0,
            unit: PageUnit::Point,
            shapes,
        };
        page.pdf(None)
    }

    fn words(text: &str, is_bold: bool) -> PageItem {
        PageItem::Text(PageText {
            text: text.into(),
            position: (50.0, 20.0),
            anchor: Anchor::Middle,
            turn: -90.0,
            size: 10.0,
            is_bold,
            color: 0x33_33_33,
        })
    }

    /// Streams of a file, inflated.
    fn streams(bytes: &[u8]) -> Vec<Vec<u8>> {
        let find = |from: usize, mark: &[u8]| {
            let found = bytes[from..].windows(mark.len()).position(|at| at == mark);
            found.map(|at| from + at)
        };
        let mut streams = Vec::new();
        let mut at = 0;
        while let Some(start) = find(at, b"\nstream\n") {
            let start = start + b"\nstream\n".len();
            let end = find(start, b"\nendstream").unwrap();
            let mut stream = Vec::new();
            ZlibDecoder::new(&bytes[start..end])
                .read_to_end(&mut stream)
                .unwrap();
            streams.push(stream);
            at = end;
        }
        streams
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn text_stays_text_in_a_subset_of_the_font() {
        let bytes = pdf(vec![words("APD80 (ms)", false), words("B", true)]);
        let file = text(&bytes);
        assert!(file.starts_with("%PDF-1.7"));
        for part in ["/Identity-H", "/CIDFontType2", "/FontFile2", "/ToUnicode"] {
            assert!(file.contains(part), "{part}");
        }
        assert!(!file.contains("CreationDate") && !file.contains("ActualText"));
        let streams = streams(&bytes);
        assert!(streams[1].len() < 20_000, "{}", streams[1].len());
        let characters = text(&streams[2]);
        let hexadecimal = |char: char| format!("<{:04X}>", char as u32);
        assert!(
            "APD80 (ms)B"
                .chars()
                .all(|char| characters.contains(&hexadecimal(char)))
        );
        // Only the letter is outlined.
        assert_eq!(text(&streams[0]).matches("2 Tr").count(), 1);
        assert_eq!(
            bytes,
            pdf(vec![words("APD80 (ms)", false), words("B", true)])
        );
    }

    #[test]
    fn characters_that_the_font_lacks_are_copied_as_written() {
        let content = text(&streams(&pdf(vec![words("F₀", false)]))[0]);
        assert!(content.contains("/ActualText"), "{content}");
        assert!(
            content.contains("6.2 Tf") && content.contains("-1.4 Ts"),
            "{content}"
        );
    }

    #[test]
    fn images_have_a_soft_mask_only_if_it_matters() {
        let image = |opacity| PageItem::Image {
            image: RgbaImage {
                width: 2,
                height: 1,
                pixels: vec![[255, 0, 0, 255], [0, 0, 255, opacity]],
            },
            bounds: PageRect {
                left: 10.0,
                top: 10.0,
                right: 34.0,
                bottom: 22.0,
            },
        };
        let bytes = pdf(vec![image(0)]);
        assert!(text(&bytes).contains("/SMask 12 0 R"));
        let streams = streams(&bytes);
        assert!(
            text(&streams[0]).contains("24 0 0 12 10 38 cm"),
            "{}",
            text(&streams[0])
        );
        // Enlarged to 300 pixels per inch.
        assert_eq!(streams[2].len(), 100 * 50);
        assert_eq!(&streams[2][49..51], [255, 0]);
        assert!(!text(&pdf(vec![image(255)])).contains("/SMask"));
    }

    #[test]
    fn areas_may_be_transparent() {
        let area = |opacity| PageItem::Area {
            corners: vec![(10.0, 10.0), (20.0, 10.0), (20.0, 1e300)],
            color: 0xff_00_00,
            opacity,
        };
        let bytes = pdf(vec![area(0.25), area(1.0)]);
        assert!(text(&bytes).contains("/ca 0.25"));
        let content = text(&streams(&bytes)[0]);
        assert_eq!(content.matches("/G25 gs").count(), 1);
        assert_eq!(content.matches("1 0 0 rg").count(), 2);
    }
}
