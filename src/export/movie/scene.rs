//! Drawing of movie frames: the videos in their cells, and everything drawn around and on them.

use super::annotations::MovieAnnotations;
use super::cell_source::CellSource;
use super::layout::{MovieLayout, MovieLayoutInputs};
use crate::bail;
use crate::color::colormap::{Rgba, ScaledColormap};
use crate::color::palette::Rgb;
use crate::draw::annotations::{
    Annotations, FrameClock, ScaleBar, TimeUnit, length_text, recorded_fps, speed_text,
};
use crate::draw::colorbar::{self, Style};
use crate::draw::label::Label;
use crate::draw::trace_plot::{TimeAxis, Trace, TracePlot};
use crate::draw::{Color, Image, Rect, text};
use crate::error::{Error, Result};

/// Colors of traces and their markers on a dark background, and on a bright one.
const TRACE_COLORS: [[Color; 6]; 2] = [
    [
        0xff_6b_6b, 0x4d_ab_f7, 0xff_d4_3b, 0x69_db_7c, 0xda_77_f2, 0xff_a9_4d,
    ],
    [
        0xd6_27_28, 0x1f_77_b4, 0xb8_86_0b, 0x2c_a0_2c, 0x94_67_bd, 0xe8_59_0c,
    ],
];

/// Maximum of the longer side to which videos are magnified.
const MAX_MAGNIFIED_SIDE: usize = 1280;

/// Maximum magnification.
const MAX_MAGNIFICATION: usize = 256;

/// Minimum of the shorter side to which annotated videos are magnified.
const MIN_ANNOTATED_SIDE: usize = 240;

/// Videos of a movie and their arrangement.
pub(super) struct Panels {
    pub(super) sources: Vec<CellSource>,
    pub(super) ncols: usize,
    pub(super) padding: usize,
    pub(super) ground: Color,
    /// Shows every n-th frame of the recording.
    pub(super) step: usize,
}

/// A movie of which any frame can be drawn.
pub(super) struct MovieScene {
    sources: Vec<CellSource>,
    layout: MovieLayout,
    factor: usize,
    len: usize,
    step: usize,
    font: f32,
    /// Everything that does not change between frames.
    rgba_image: Image,
    /// Labels on the first video that do not change.
    text_labels: Vec<(Label, (usize, usize))>,
    clock: Option<FrameClock>,
    counts: bool,
    trace_plot: Option<TracePlot>,
    /// Center and color of the marker of each trace.
    marks: Vec<((f32, f32), Color)>,
    is_gray: bool,
    /// Whether the movie is a single video and nothing else.
    is_plain: bool,
}

/// Memory reused from frame to frame.
#[derive(Default)]
pub(super) struct SceneBuffers {
    pub(super) image: Image,
    pixels: Vec<Color>,
    colors: Vec<Rgba>,
}

impl MovieScene {
    /// Arranges videos with frames of one size, and their annotations.
    pub(super) fn new(panels: Panels, annotations: &MovieAnnotations) -> Result<Self> {
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
        let labels = |scale: &ScaledColormap| colorbar::label_width(scale, cell.1, &style);
        let needs = MovieLayoutInputs {
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
            trace_plot: !annotations.annotations.traces.is_empty(),
            framed: annotations.needs_frame(),
        };
        let layout = MovieLayout::new(&needs);
        check_size(layout.size)?;
        let mut rgba_image = Image::new(layout.size.0, layout.size.1);
        rgba_image.fill(rgba_image.area(), ground);
        draw_titles(&mut rgba_image, &layout, annotations, &style);
        for (bar, scale) in layout
            .colorbars
            .iter()
            .zip(scales.each.iter().copied().chain(scales.shared))
        {
            colorbar::draw(&mut rgba_image, *bar, scale, &style);
        }
        let len = sources.iter().map(CellSource::len).min().unwrap_or(0);
        let mut scene = Self {
            clock: annotations.annotations.clock(sources[0].metadata(), len)?,
            is_gray: sources.iter().all(CellSource::is_gray)
                && is_gray(ground)
                && annotations.annotations.traces.is_empty(),
            is_plain: sources.len() == 1 && factor == 1 && ncols == 1 && !annotations.is_any(),
            counts: annotations.annotations.frame_number,
            sources,
            layout,
            factor,
            len,
            step,
            font,
            rgba_image,
            text_labels: Vec::new(),
            trace_plot: None,
            marks: Vec::new(),
        };
        scene.add_labels(&annotations.annotations)?;
        scene.add_traces(&annotations.annotations, ground, style)?;
        Ok(scene)
    }

    /// Width and height of the movie.
    pub(super) fn size(&self) -> (usize, usize) {
        self.layout.size
    }

    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether every pixel is gray.
    pub(super) fn is_gray(&self) -> bool {
        self.is_gray
    }

    /// Colors of the colormaps, low ends first.
    pub(super) fn colormap(&self) -> Vec<Rgb> {
        let scales = self.sources.iter().filter_map(CellSource::scale);
        let colors = scales.flat_map(|scale| scale.colormap().colors());
        colors
            .map(|[red, green, blue, _]| [*red, *green, *blue])
            .collect()
    }

    /// Draws a frame into the image of the scratch memory.
    pub(super) fn draw(&self, frame: usize, scratch: &mut SceneBuffers) -> Result<()> {
        let SceneBuffers {
            image,
            pixels,
            colors,
        } = scratch;
        let (width, height) = self.sources[0].size();
        if self.is_plain {
            image.resize(width, height);
            return self.sources[0].pixels(frame, colors, &mut image.pixels);
        }
        image.clone_from(&self.rgba_image);
        pixels.resize(width * height, 0);
        for (source, cell) in self.sources.iter().zip(&self.layout.cells) {
            source.pixels(frame, colors, pixels)?;
            paint(image, *cell, pixels.chunks_exact(width), self.factor);
        }
        self.draw_over(image, frame);
        Ok(())
    }

    fn draw_over(&self, image: &mut Image, frame: usize) {
        for (middle, color) in &self.marks {
            image.marker(*middle, self.font * 0.42, self.font / 5.5, *color);
        }
        for (label, position) in &self.text_labels {
            label.draw(image, *position);
        }
        let room = self.first_room();
        if let Some(clock) = &self.clock {
            Label::text(&clock.text(frame), self.font).draw(image, (room.left, room.top));
        }
        if self.counts {
            let label = Label::text(&format!("frame {}", frame * self.step), self.font);
            let top = room.bottom().saturating_sub(label.height());
            label.draw(image, (room.left, top));
        }
        if let Some(trace_plot) = &self.trace_plot {
            trace_plot.draw_cursor(image, frame);
        }
    }

    /// Part of the first video that text may cover.
    fn first_room(&self) -> Rect {
        let inset = (self.font * 0.4) as usize;
        self.layout.cells[0].inset(inset, inset)
    }

    fn add_labels(&mut self, annotations: &Annotations) -> Result<()> {
        let room = self.first_room();
        if let Some(speed) = annotations.speed {
            let label = Label::text(&speed_text(speed), self.font);
            let left = room.right().saturating_sub(label.width());
            self.text_labels.push((label, (left, room.top)));
        }
        if let Some(bar) = annotations.scale_bar {
            let label = self.scale_bar(bar, annotations)?;
            let left = room.right().saturating_sub(label.width());
            let top = room.bottom().saturating_sub(label.height());
            self.text_labels.push((label, (left, top)));
        }
        Ok(())
    }

    fn scale_bar(&self, bar: ScaleBar, annotations: &Annotations) -> Result<Label> {
        let pixel = annotations.pixel_width(self.sources[0].metadata())?;
        let (columns, _) = self.sources[0].size();
        let length = bar.length(columns as f64 * pixel)?;
        let width = (length / pixel * self.factor as f64).round().max(1.0) as usize;
        Ok(Label::bar(width, &length_text(length), self.font))
    }

    fn add_traces(&mut self, annotations: &Annotations, ground: Color, style: Style) -> Result<()> {
        if annotations.traces.is_empty() {
            return Ok(());
        }
        let lookup_table = TRACE_COLORS[usize::from(is_bright(ground))];
        let mut traces = Vec::new();
        for (pixel, color) in annotations
            .traces
            .iter()
            .zip(lookup_table.into_iter().cycle())
        {
            let values = trace(&self.sources[0], *pixel, self.len)?;
            traces.push(Trace { values, color });
            let cell = self.layout.cells[0];
            let middle =
                |start: usize, at: usize| start as f32 + (at as f32 + 0.5) * self.factor as f32;
            let [row, column] = *pixel;
            self.marks
                .push(((middle(cell.left, column), middle(cell.top, row)), color));
        }
        let unit = annotations.timestamp.unwrap_or(TimeUnit::Auto);
        let clock = recorded_fps(self.sources[0].metadata())
            .map(|fps| FrameClock::new(fps, self.len, unit));
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
        let trace_plot = TracePlot::new(self.layout.trace_plot, traces, time, style);
        trace_plot.draw(&mut self.rgba_image);
        self.trace_plot = Some(trace_plot);
        Ok(())
    }
}

/// Colorbars of a movie: one for all videos if they have the same colors and range.
struct Scales<'a> {
    shared: Option<&'a ScaledColormap>,
    each: Vec<&'a ScaledColormap>,
}

fn shared_scales<'a>(sources: &'a [CellSource], annotations: &MovieAnnotations) -> Scales<'a> {
    let scales: Vec<_> = sources.iter().filter_map(CellSource::scale).collect();
    let same = |a: &ScaledColormap, b: &ScaledColormap| {
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

/// Magnification: movie pixels per video pixel, in each direction.
fn factor(annotations: &MovieAnnotations, (width, height): (usize, usize)) -> Result<usize> {
    match (annotations.scale, annotations.size) {
        (Some(_), Some(_)) => {
            bail!("`scale` and `size` cannot be combined: both enlarge the video")
        }
        (Some(0), None) => bail!("`scale` must be at least 1, got 0"),
        (Some(scale), None) if scale > MAX_MAGNIFICATION => {
            bail!("`scale` must be at most {MAX_MAGNIFICATION}, got {scale}")
        }
        (Some(scale), None) => Ok(scale),
        (None, Some(size)) => Ok((size / width.max(height)).clamp(1, MAX_MAGNIFICATION)),
        (None, None) if annotations.is_any() => {
            let most = (MAX_MAGNIFIED_SIDE / width.max(height)).max(1);
            Ok(MIN_ANNOTATED_SIDE.div_ceil(width.min(height)).min(most))
        }
        (None, None) => Ok(1),
    }
}

fn check_size((width, height): (usize, usize)) -> Result<()> {
    const MAX_PIXELS: usize = 1 << 28;
    if width.saturating_mul(height) <= MAX_PIXELS {
        return Ok(());
    }
    Err(
        Error::new(format!("a movie of {width}×{height} pixels is too large")).hint(
            "choose a smaller `scale`, `size`, `ncols` or `padding`, or shrink the video with \
               `resize`",
        ),
    )
}

/// Trace of a pixel over all frames.
fn trace(source: &CellSource, [row, column]: [usize; 2], len: usize) -> Result<Vec<f64>> {
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

fn draw_titles(
    image: &mut Image,
    layout: &MovieLayout,
    annotations: &MovieAnnotations,
    style: &Style,
) {
    let sizes = [1.12, 0.95, 0.8].map(|part| part * style.label_size);
    for (rect, title) in layout.titles.iter().zip(&annotations.titles) {
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

/// Style of labels on a background.
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
