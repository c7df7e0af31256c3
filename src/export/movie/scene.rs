//! A film frame by frame: the videos in their places, and all that is drawn around and on them.

use super::annotations::Annotations;
use super::plan::{Needs, Plan};
use super::source::Source;
use crate::bail;
use crate::color::colormap::{Rgba, Scale};
use crate::draw::colorbar::{self, Style};
use crate::draw::notes::{Clock, Notes, ScaleBar, TimeUnit, length_text, recorded_fps, speed_text};
use crate::draw::stamp::Stamp;
use crate::draw::strip::{Course, Strip, TimeAxis};
use crate::draw::{Color, Image, Rect, text};
use crate::error::{Error, Result};

/// The colours of courses and their marks over a dark ground, and over a bright one.
const COURSES: [[Color; 6]; 2] = [
    [
        0xff_6b_6b, 0x4d_ab_f7, 0xff_d4_3b, 0x69_db_7c, 0xda_77_f2, 0xff_a9_4d,
    ],
    [
        0xd6_27_28, 0x1f_77_b4, 0xb8_86_0b, 0x2c_a0_2c, 0x94_67_bd, 0xe8_59_0c,
    ],
];

/// The longer side that they are magnified to at most.
const COMFORTABLE: usize = 1280;

/// The most that videos are magnified.
const LARGEST: usize = 256;

/// The shorter side that annotated videos are magnified to at least.
const LEGIBLE: usize = 240;

/// The videos of a film and how they are arranged.
pub(super) struct Panels {
    pub(super) sources: Vec<Source>,
    pub(super) ncols: usize,
    pub(super) padding: usize,
    pub(super) ground: Color,
    /// Every so-manieth frame of the recording is shown.
    pub(super) step: usize,
}

/// A film of which any frame can be drawn.
pub(super) struct Scene {
    sources: Vec<Source>,
    plan: Plan,
    factor: usize,
    len: usize,
    step: usize,
    font: f32,
    /// What does not change.
    still: Image,
    /// What lies on the first video and does not change.
    stamps: Vec<(Stamp, (usize, usize))>,
    clock: Option<Clock>,
    counts: bool,
    strip: Option<Strip>,
    /// The middle and the colour of a mark for each course.
    marks: Vec<((f32, f32), Color)>,
    is_gray: bool,
    /// Whether a single video is all there is.
    is_plain: bool,
}

/// Memory that is used for one frame after the other.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) image: Image,
    pixels: Vec<Color>,
    colors: Vec<Rgba>,
}

impl Scene {
    /// Arranges videos, of frames of one size, with their annotations.
    pub(super) fn new(panels: Panels, annotations: &Annotations) -> Result<Self> {
        let Panels {
            sources,
            ncols,
            padding,
            ground,
            step,
        } = panels;
        let (width, height) = sources[0].size();
        let factor = factor(annotations, (width, height))?;
        let cell = (width * factor, height * factor);
        let font = (cell.0.min(cell.1) as f32 / 21.0).clamp(12.0, 48.0);
        let style = style(ground, font);
        let scales = shared_scales(&sources, annotations);
        let labels = |scale: &Scale| colorbar::label_width(scale, cell.1, &style);
        let needs = Needs {
            cell,
            count: sources.len(),
            ncols: if annotations.needs_frame() {
                ncols.min(sources.len())
            } else {
                ncols
            },
            padding,
            font,
            titles: annotations.has_titles(),
            each_colorbar: scales.each.iter().map(|scale| labels(scale)).max(),
            shared_colorbar: scales.shared.map(labels),
            strip: !annotations.notes.traces.is_empty(),
            framed: annotations.needs_frame(),
        };
        let plan = Plan::new(&needs);
        check_size(plan.size)?;
        let mut still = Image::new(plan.size.0, plan.size.1);
        still.fill(still.area(), ground);
        draw_titles(&mut still, &plan, annotations, &style);
        for (bar, scale) in plan
            .colorbars
            .iter()
            .zip(scales.each.iter().copied().chain(scales.shared))
        {
            colorbar::draw(&mut still, *bar, scale, &style);
        }
        let len = sources.iter().map(Source::len).min().unwrap_or(0);
        let mut scene = Self {
            clock: annotations.notes.clock(sources[0].metadata(), len)?,
            is_gray: sources.iter().all(Source::is_gray)
                && is_gray(ground)
                && annotations.notes.traces.is_empty(),
            is_plain: sources.len() == 1 && factor == 1 && ncols == 1 && !annotations.is_any(),
            counts: annotations.notes.frame_number,
            sources,
            plan,
            factor,
            len,
            step,
            font,
            still,
            stamps: Vec::new(),
            strip: None,
            marks: Vec::new(),
        };
        scene.add_stamps(&annotations.notes)?;
        scene.add_traces(&annotations.notes, ground, style)?;
        Ok(scene)
    }

    /// The width and height of the film.
    pub(super) fn size(&self) -> (usize, usize) {
        self.plan.size
    }

    /// The number of frames.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether every pixel is gray.
    pub(super) fn is_gray(&self) -> bool {
        self.is_gray
    }

    /// Draws a frame into the scratch memory's image.
    pub(super) fn draw(&self, frame: usize, scratch: &mut Scratch) -> Result<()> {
        let Scratch {
            image,
            pixels,
            colors,
        } = scratch;
        let (width, height) = self.sources[0].size();
        if self.is_plain {
            image.resize(width, height);
            return self.sources[0].pixels(frame, colors, &mut image.pixels);
        }
        image.clone_from(&self.still);
        pixels.resize(width * height, 0);
        for (source, cell) in self.sources.iter().zip(&self.plan.cells) {
            source.pixels(frame, colors, pixels)?;
            paint(image, *cell, pixels.chunks_exact(width), self.factor);
        }
        self.draw_over(image, frame);
        Ok(())
    }

    fn draw_over(&self, image: &mut Image, frame: usize) {
        for (middle, color) in &self.marks {
            let radius = self.font * 0.42;
            image.ring(*middle, radius, self.font / 2.6, 0);
            image.ring(*middle, radius, self.font / 4.5, *color);
        }
        for (stamp, place) in &self.stamps {
            stamp.draw(image, *place);
        }
        let room = self.first_room();
        if let Some(clock) = &self.clock {
            Stamp::text(&clock.text(frame), self.font).draw(image, (room.left, room.top));
        }
        if self.counts {
            let stamp = Stamp::text(&format!("frame {}", frame * self.step), self.font);
            let top = room.bottom().saturating_sub(stamp.height());
            stamp.draw(image, (room.left, top));
        }
        if let Some(strip) = &self.strip {
            strip.draw_cursor(image, frame);
        }
    }

    /// The part of the first video in which text may stand.
    fn first_room(&self) -> Rect {
        let inset = (self.font * 0.4) as usize;
        self.plan.cells[0].inset(inset, inset)
    }

    fn add_stamps(&mut self, notes: &Notes) -> Result<()> {
        let room = self.first_room();
        if let Some(speed) = notes.speed {
            let stamp = Stamp::text(&speed_text(speed), self.font);
            let left = room.right().saturating_sub(stamp.width());
            self.stamps.push((stamp, (left, room.top)));
        }
        if let Some(bar) = notes.scale_bar {
            let stamp = self.scale_bar(bar, notes)?;
            let left = room.right().saturating_sub(stamp.width());
            let top = room.bottom().saturating_sub(stamp.height());
            self.stamps.push((stamp, (left, top)));
        }
        Ok(())
    }

    fn scale_bar(&self, bar: ScaleBar, notes: &Notes) -> Result<Stamp> {
        let pixel = notes.pixel_width(self.sources[0].metadata())?;
        let (columns, _) = self.sources[0].size();
        let length = bar.length(columns as f64 * pixel)?;
        let width = (length / pixel * self.factor as f64).round().max(1.0) as usize;
        Ok(Stamp::bar(width, &length_text(length), self.font))
    }

    fn add_traces(&mut self, notes: &Notes, ground: Color, style: Style) -> Result<()> {
        if notes.traces.is_empty() {
            return Ok(());
        }
        let palette = COURSES[usize::from(is_bright(ground))];
        let mut courses = Vec::new();
        for (pixel, color) in notes.traces.iter().zip(palette.into_iter().cycle()) {
            let values = course(&self.sources[0], *pixel, self.len)?;
            courses.push(Course { values, color });
            let cell = self.plan.cells[0];
            let middle =
                |start: usize, at: usize| start as f32 + (at as f32 + 0.5) * self.factor as f32;
            let [row, column] = *pixel;
            self.marks
                .push(((middle(cell.left, column), middle(cell.top, row)), color));
        }
        let unit = notes.timestamp.unwrap_or(TimeUnit::Auto);
        let clock =
            recorded_fps(self.sources[0].metadata()).map(|fps| Clock::new(fps, self.len, unit));
        let time = clock.map_or(
            TimeAxis {
                interval: self.step as f64,
                unit: "frames",
            },
            |clock| TimeAxis {
                interval: clock.interval,
                unit: clock.unit,
            },
        );
        let strip = Strip::new(self.plan.strip, courses, time, style);
        strip.draw(&mut self.still);
        self.strip = Some(strip);
        Ok(())
    }
}

/// The colorbars of a film: one for all videos if they have the same colours and range.
struct Scales<'a> {
    shared: Option<&'a Scale>,
    each: Vec<&'a Scale>,
}

fn shared_scales<'a>(sources: &'a [Source], annotations: &Annotations) -> Scales<'a> {
    let scales: Vec<_> = sources.iter().filter_map(Source::scale).collect();
    let same = |a: &Scale, b: &Scale| {
        (a.low(), a.high()) == (b.low(), b.high()) && a.colormap() == b.colormap()
    };
    let all_same = scales.windows(2).all(|pair| same(pair[0], pair[1]));
    let is_complete = scales.len() == sources.len();
    match scales.first() {
        Some(first) if annotations.colorbar && all_same => Scales {
            shared: Some(first),
            each: Vec::new(),
        },
        Some(_) if annotations.colorbar && is_complete => Scales {
            shared: None,
            each: scales,
        },
        _ => Scales {
            shared: None,
            each: Vec::new(),
        },
    }
}

/// How many pixels of the film show one of the video, in each direction.
fn factor(annotations: &Annotations, (width, height): (usize, usize)) -> Result<usize> {
    match (annotations.scale, annotations.size) {
        (Some(_), Some(_)) => {
            bail!("`scale` and `size` cannot be combined: both enlarge the video")
        }
        (Some(0), None) => bail!("`scale` must be at least 1, got 0"),
        (Some(scale), None) if scale > LARGEST => {
            bail!("`scale` must be at most {LARGEST}, got {scale}")
        }
        (Some(scale), None) => Ok(scale),
        (None, Some(size)) => Ok((size / width.max(height)).clamp(1, LARGEST)),
        (None, None) if annotations.is_any() => {
            let most = (COMFORTABLE / width.max(height)).max(1);
            Ok(LEGIBLE.div_ceil(width.min(height)).min(most))
        }
        (None, None) => Ok(1),
    }
}

fn check_size((width, height): (usize, usize)) -> Result<()> {
    const MOST_PIXELS: usize = 1 << 28;
    if width.saturating_mul(height) <= MOST_PIXELS {
        return Ok(());
    }
    Err(
        Error::new(format!("a movie of {width}×{height} pixels is too large")).hint(
            "choose a smaller `scale`, `size`, `ncols` or `padding`, or shrink the video with \
               `resize`",
        ),
    )
}

/// The samples of a pixel in all frames.
fn course(source: &Source, [row, column]: [usize; 2], len: usize) -> Result<Vec<f64>> {
    let (width, height) = source.size();
    if row >= height || column >= width {
        bail!(
            "`traces` has the pixel [{row}, {column}], which is outside of frames of \
             {height}×{width}"
        );
    }
    let Some(video) = source.samples() else {
        return Err(Error::new(
            "`traces` needs a video, not frames generated on demand",
        ));
    };
    if source.scale().is_none() {
        return Err(Error::new(
            "`traces` needs a gray video: the pixels of a color video have no single value",
        ));
    }
    let pixel = video.layout().slice(1, row, 1, 1).slice(2, column, 1, 1);
    let mut values = vec![0.0; len];
    video
        .with_layout(pixel)
        .samples()
        .read_frames(0..len, 0..1, &mut values);
    Ok(values)
}

fn draw_titles(image: &mut Image, plan: &Plan, annotations: &Annotations, style: &Style) {
    let sizes = [1.12, 0.95, 0.8].map(|part| part * style.label_size);
    for (rect, title) in plan.titles.iter().zip(&annotations.titles) {
        let fits = |size: &f32| text::width(title, *size) <= rect.width;
        let size = sizes.into_iter().find(fits).unwrap_or(sizes[2]);
        let title = text::fit(title, size, rect.width);
        let left = rect.center(text::width(&title, size), 0).left;
        text::draw(image, (left, rect.middle()), &title, size, style.text);
    }
}

/// Fills a rectangle with rows of pixels, each a square of `factor` pixels.
fn paint<'a>(
    image: &mut Image,
    cell: Rect,
    rows: impl Iterator<Item = &'a [Color]>,
    factor: usize,
) {
    for (row, pixels) in rows.enumerate() {
        let top = cell.top + row * factor;
        let shown = image.row_mut(cell.left, top, cell.width);
        for (shown, pixel) in shown.chunks_exact_mut(factor).zip(pixels) {
            shown.fill(*pixel);
        }
        let start = top * image.width + cell.left;
        for copy in 1..factor {
            image
                .pixels
                .copy_within(start..start + cell.width, start + copy * image.width);
        }
    }
}

/// How labels look on a ground.
fn style(ground: Color, label_size: f32) -> Style {
    let (text, line) = match is_bright(ground) {
        true => (0x26_26_26, 0x99_99_99),
        false => (0xe6_e6_e6, 0x80_80_80),
    };
    Style {
        label_size,
        text,
        line,
    }
}

fn is_bright(color: Color) -> bool {
    let [_, red, green, blue] = color.to_be_bytes().map(u32::from);
    299 * red + 587 * green + 114 * blue > 127_000
}

fn is_gray(color: Color) -> bool {
    let [_, red, green, blue] = color.to_be_bytes();
    red == green && green == blue
}

#[cfg(test)]
mod tests;
