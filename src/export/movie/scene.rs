//! Drawing of movie frames: the videos in their cells, and everything drawn around and on them.

use std::ops::Range;

use super::annotations::MovieAnnotations;
use super::cell_source::CellSource;
use super::layout::{MovieLayout, MovieLayoutInputs};
use crate::bail;
use crate::color::colormap::{Rgba, ScaledColormap};
use crate::color::palette::Rgb;
use crate::color::{Color, luma, unpack};
use crate::draw::colorbar::{self, Style};
use crate::draw::label::Label;
use crate::draw::{Image, Rect, text};
use crate::error::{Error, Result};
use crate::ops::mask::region::{self, TraceWindow, Window};
use crate::task;
use crate::view::annotations::{Annotations, ScaleBar, speed_text};
use crate::view::arrows::FramePlace;
use crate::view::trace_plot::{
    TRACE_SIZE, TimeAxis, Trace, TracePlot, TracePlotOptions, TraceScale,
};
use crate::view::{CornerLabels, scale_bar};

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
    /// Everything that does not change between frames.
    background: Image,
    /// Labels on the first video.
    labels: CornerLabels,
    trace_plot: Option<TracePlot>,
    annotations: Annotations,
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
        let (width, height) = sources[0].colored.frame_size();
        let factor = factor(annotations, (width, height))?;
        let video = (width * factor, height * factor);
        let font = (video.0.min(video.1) as f32 / 21.0).clamp(12.0, 48.0);
        let style = style(ground, font);
        let scales = shared_scales(&sources, annotations);
        let quantity = annotations.label()?;
        let label_width =
            |scale: &ScaledColormap| colorbar::label_width(scale, quantity, video.1, &style);
        let needs = MovieLayoutInputs {
            video,
            count: sources.len(),
            ncols: if annotations.needs_frame() {
                ncols.min(sources.len())
            } else {
                ncols
            },
            padding,
            font,
            titles: annotations.has_titles(),
            each_colorbar: scales.each.iter().map(|scale| label_width(scale)).max(),
            shared_colorbar: scales.shared.map(label_width),
            trace_plot: !annotations.annotations.traces.is_empty(),
            framed: annotations.needs_frame(),
        };
        let layout = MovieLayout::new(&needs);
        check_size(layout.size)?;
        let mut background = Image::new(layout.size.0, layout.size.1);
        background.fill(background.area(), ground);
        draw_titles(&mut background, &layout, annotations, &style);
        let bars = layout.cells.iter().map(|cell| cell.colorbar);
        let bars = bars.zip(scales.each);
        for (bar, scale) in bars.chain(scales.shared.map(|scale| (layout.shared_colorbar, scale))) {
            colorbar::draw(&mut background, bar, scale, quantity, &style);
        }
        let len = sources.iter().map(CellSource::len).min().unwrap_or(0);
        let mut scene = Self {
            labels: labels(&annotations.annotations, &sources[0], (factor, len), font)?,
            is_gray: sources.iter().all(|source| source.colored.is_gray())
                && is_gray(ground)
                && annotations.annotations.is_gray(),
            annotations: annotations.annotations.clone(),
            is_plain: sources.len() == 1 && factor == 1 && ncols == 1 && !annotations.is_any(),
            sources,
            layout,
            factor,
            len,
            step,
            background,
            trace_plot: None,
            marks: Vec::new(),
        };
        scene.check_arrows()?;
        scene.add_traces(&annotations.annotations, ground, style)?;
        scene.check_labels();
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
        let scales = self
            .sources
            .iter()
            .filter_map(|source| source.colored.scale());
        let colors = scales.flat_map(|scale| scale.colormap().colors());
        colors
            .map(|[red, green, blue, _]| [*red, *green, *blue])
            .collect()
    }

    /// Number of frames that are to be drawn at once.
    pub(super) fn at_once(&self) -> usize {
        let sources = self.sources.iter().map(CellSource::at_once);
        sources.min().unwrap_or(usize::MAX)
    }

    /// Computes the frames to be drawn next, if they are streamed.
    pub(super) fn advance(&mut self, frames: Range<usize>) -> Result<()> {
        let mut sources = self.sources.iter_mut();
        sources.try_for_each(|source| source.advance(frames.clone()))
    }

    /// Draws a frame into the image of the scratch memory.
    pub(super) fn draw(&self, frame: usize, scratch: &mut SceneBuffers) -> Result<()> {
        let SceneBuffers {
            image,
            pixels,
            colors,
        } = scratch;
        let (width, height) = self.sources[0].colored.frame_size();
        if self.is_plain {
            image.resize(width, height);
            return self.sources[0].pixels(frame, colors, &mut image.pixels);
        }
        image.clone_from(&self.background);
        pixels.resize(width * height, 0);
        for (source, cell) in self.sources.iter().zip(&self.layout.cells) {
            source.pixels(frame, colors, pixels)?;
            paint(image, cell.video, pixels.chunks_exact(width), self.factor);
        }
        self.draw_over(image, frame);
        Ok(())
    }

    fn draw_over(&self, image: &mut Image, frame: usize) {
        let font = self.labels.font;
        let rect = self.layout.cells[0].video;
        let at = |start: usize, at: f64| (start as f64 + at * self.factor as f64) as f32;
        let place = FramePlace {
            rect,
            position: &|(x, y)| (at(rect.left, x), at(rect.top, y)),
            font,
        };
        self.annotations
            .draw_moving(image, &place, frame * self.step);
        for (middle, color) in &self.marks {
            image.marker(*middle, font * 0.42, font / 5.5, *color);
        }
        self.draw_labels(image, frame);
        if let Some(trace_plot) = &self.trace_plot {
            trace_plot.draw_cursor(image, frame);
        }
    }

    /// Draws the labels of a frame over the first video; returns whether all fit.
    fn draw_labels(&self, image: &mut Image, frame: usize) -> bool {
        let video = self.layout.cells[0].video;
        self.labels.draw(image, video, (frame, frame * self.step))
    }

    /// An error unless there are arrows for all frames of the recording, of which every n-th is shown.
    fn check_arrows(&self) -> Result<()> {
        let Some(arrows) = &self.annotations.arrows else {
            return Ok(());
        };
        let shown = self.sources[0].len();
        // The recording may go on after the last frame that is shown.
        let recorded = match arrows.len().div_ceil(self.step) == shown {
            true => arrows.len(),
            false => shown,
        };
        arrows.check(self.sources[0].colored.frame_size(), recorded)
    }

    /// Warns of labels that have no room in the last frame, where times and numbers are longest.
    fn check_labels(&self) {
        let last = self.len.saturating_sub(1);
        if !self.draw_labels(&mut self.background.clone(), last) {
            task::warn(
                "the video is too small for all of its annotations: some are left out; enlarge it \
                 with `scale` or `size`",
            );
        }
    }

    fn add_traces(&mut self, annotations: &Annotations, ground: Color, style: Style) -> Result<()> {
        if annotations.traces.is_empty() {
            return Ok(());
        }
        annotations.check_traces(self.sources[0].colored.frame_size())?;
        let colors = TRACE_COLORS[usize::from(is_bright(ground))];
        let mut traces = Vec::new();
        for (pixel, color) in annotations.traces.iter().zip(colors.into_iter().cycle()) {
            let values = trace(&self.sources[0], *pixel, self.len)?;
            let name = format!("y {}, x {}", pixel[0], pixel[1]);
            traces.push(Trace {
                name,
                values,
                color,
            });
            let cell = self.layout.cells[0].video;
            let middle =
                |start: usize, at: usize| start as f32 + (at as f32 + 0.5) * self.factor as f32;
            let [row, column] = *pixel;
            self.marks
                .push(((middle(cell.left, column), middle(cell.top, row)), color));
        }
        let metadata = self.sources[0].colored.base().metadata();
        let options = TracePlotOptions {
            time: TimeAxis::new(metadata, self.len, annotations.timestamp, self.step),
            frames: (0, self.len.saturating_sub(1)),
            scale: TraceScale::Common,
            style,
        };
        let trace_plot = TracePlot::filling(self.layout.trace_plot, traces, options);
        trace_plot.draw(&mut self.background);
        self.trace_plot = Some(trace_plot);
        Ok(())
    }
}

/// Labels on a video that is magnified by a factor and has a number of frames.
fn labels(
    annotations: &Annotations,
    source: &CellSource,
    (factor, len): (usize, usize),
    font: f32,
) -> Result<CornerLabels> {
    let metadata = source.colored.base().metadata();
    let bar = |bar: ScaleBar| {
        let columns = source.colored.frame_size().0;
        let field = columns as f64 * annotations.pixel_width(metadata)?;
        let length = bar.length(field)?;
        Ok(scale_bar(length, field, columns * factor, font))
    };
    Ok(CornerLabels {
        font,
        clock: annotations.clock(metadata, len)?,
        is_numbered: annotations.frame_number,
        speed: annotations
            .speed
            .map(|speed| Label::text(&speed_text(speed), font)),
        scale_bar: annotations.scale_bar.map(bar).transpose()?,
        arrow_key: annotations.arrows.as_ref().map(|arrows| {
            let width = source.colored.frame_size().0 * factor;
            arrows.key(factor as f64, width, font)
        }),
    })
}

/// Colorbars of a movie: one for all videos if they have the same colors and range.
struct Scales<'a> {
    shared: Option<&'a ScaledColormap>,
    each: Vec<&'a ScaledColormap>,
}

fn shared_scales<'a>(sources: &'a [CellSource], annotations: &MovieAnnotations) -> Scales<'a> {
    let scales: Vec<_> = sources
        .iter()
        .filter_map(|source| source.colored.scale())
        .collect();
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

/// Trace of a pixel over all frames: the mean of the square around it, as in windows.
fn trace(source: &CellSource, [row, column]: [usize; 2], len: usize) -> Result<Vec<f64>> {
    let Some(video) = source.samples() else {
        return Err(Error::new(
            "`traces` needs a video, not frames generated on demand",
        ));
    };
    if source.colored.scale().is_none() {
        return Err(Error::new(
            "`traces` needs a gray video: the pixels of a color video have no single value",
        ));
    }
    let region = TraceWindow {
        y: row as i64,
        x: column as i64,
        size: TRACE_SIZE,
        window: Window::Rect,
    };
    let trace = region::trace(&video.frames(0, len, 1), &region)?;
    let mut values = vec![0.0; len];
    trace.samples().read_frames(0..len, 0..1, &mut values);
    Ok(values)
}

fn draw_titles(
    image: &mut Image,
    layout: &MovieLayout,
    annotations: &MovieAnnotations,
    style: &Style,
) {
    let sizes = [1.12, 0.95, 0.8].map(|part| part * style.label_size);
    for (cell, title) in layout.cells.iter().zip(&annotations.titles) {
        let rect = cell.title;
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
    luma(unpack(color).map(f64::from)) > 127.0
}

fn is_gray(color: Color) -> bool {
    let [red, green, blue] = unpack(color);
    red == green && green == blue
}

#[cfg(test)]
mod tests;
