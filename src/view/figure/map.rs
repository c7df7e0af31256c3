//! Panels of maps and images: colors and their colorbar, scale bar, isochrones, outlines, arrows
//! and numbered points.

use super::Insets;
use super::colorbar::FigureColorbar;
use super::isochrones::{self, MapLine};
use super::map_arrows::{self, ArrowEnds, Arrows, KeyArrow};
use super::style;
use crate::bail;
use crate::color::color_mapping::ColorMapping;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{Colormap, Rgba, ScaledColormap};
use crate::color::limits::shared_limits;
use crate::color::{Color, pack, unpack};
use crate::draw::page::{Anchor, PageItem, PageRect, Point};
use crate::draw::plot::curve_color;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::ticks::finite_range;
use crate::error::{Error, Result};
use crate::ops::filter::nan_mean;
use crate::ops::mask::contour::Levels;
use crate::ops::mask::isoline::{self, PixelPosition};
use crate::ops::read_all;
use crate::video::{DType, Strided, Video, shape_text};
use crate::view::annotations::{ScaleBar, length_text};

/// Largest number of isochrones: more are an interval in another unit.
const MAX_LINES: usize = 200;

/// Height of the key of the arrows, relative to the size of its text.
const KEY_HEIGHT: f64 = 1.5;

/// Options of a map.
#[derive(Debug, Clone)]
pub struct MapPanelOptions {
    /// Quantity and unit at the colorbar.
    pub label: String,
    /// Colormap and color limits; default: the range of what is shown.
    pub colors: ColorSettings,
    /// Where the map is shown.
    pub mask: Option<Video>,
    /// Color of pixels that are NaN or outside of the mask; default: none.
    pub bad: Option<Color>,
    /// Gray image beneath.
    pub background: Option<Video>,
    /// Opacity over the background, from 0 to 1.
    pub opacity: f64,
    /// Whether there is a colorbar.
    pub has_colorbar: bool,
    /// Values of the ticks of the colorbar; default: round ones.
    pub ticks: Option<Vec<f64>>,
    /// Scale bar.
    pub scale_bar: ScaleBarChoice,
    /// Height and width of a pixel in µm; default: that of the map.
    pub pixel_size: Option<[f64; 2]>,
    /// Isochrones.
    pub isochrones: Option<Isochrones>,
    /// Masks whose outlines are drawn.
    pub outlines: Vec<Video>,
    /// Arrows.
    pub arrows: Option<Arrows>,
    /// Row and column of numbered points.
    pub points: Vec<[usize; 2]>,
    /// Color of lines, arrows and the scale bar; default: black or white, by the colors beneath.
    pub ink: Option<Color>,
}

impl MapPanelOptions {
    /// A map with a colorbar and nothing on it.
    pub fn new(colors: ColorSettings) -> Self {
        Self {
            label: String::new(),
            colors,
            mask: None,
            bad: None,
            background: None,
            opacity: 1.0,
            has_colorbar: true,
            ticks: None,
            scale_bar: ScaleBarChoice::IfKnown,
            pixel_size: None,
            isochrones: None,
            outlines: Vec::new(),
            arrows: None,
            points: Vec::new(),
            ink: None,
        }
    }
}

/// Whether a map has a scale bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScaleBarChoice {
    /// One of a suitable length, if the pixel size is known.
    IfKnown,
    /// None.
    Absent,
    /// One of this length.
    Shown(ScaleBar),
}

/// Lines of equal value.
#[derive(Debug, Clone)]
pub struct Isochrones {
    /// Their values.
    pub levels: Levels,
    /// Image that they are lines of; default: the map.
    pub times: Option<Video>,
    /// Standard deviation in pixels of the Gaussian that smooths the image first.
    pub smooth: f64,
    /// Whether the values are written on the lines.
    pub has_labels: bool,
}

/// A map that is ready to be drawn; positions on it are relative to its width and height.
#[derive(Debug, Clone)]
pub struct MapPanel {
    /// Height relative to the width, by the size of the pixels.
    pub aspect: f64,
    image: RgbaImage,
    colorbar: Option<FigureColorbar>,
    /// Length relative to the width, and label.
    scale_bar: Option<(f64, String)>,
    lines: Vec<MapLine>,
    arrows: Vec<ArrowEnds>,
    arrow_key: Option<KeyArrow>,
    points: Vec<Point>,
    ink: Option<Color>,
}

impl MapPanel {
    /// Prepares a map `{y, x}` or an image in color `{y, x, channel}`.
    pub fn new(function: &str, map: &Video, options: &MapPanelOptions) -> Result<Self> {
        let (height, width) = match *map.shape() {
            [height, width] | [height, width, 1 | 3 | 4] if height * width > 0 => (height, width),
            _ => {
                let (kind, shape) = (map.kind(), shape_text(map.shape()));
                let error = format!(
                    "{function} needs an image {{y, x}} or {{y, x, channel}}, got {kind} of shape {shape}"
                );
                return Err(Error::new(error).hint("select a frame of a video: `v[0]`"));
            }
        };
        let size = (width, height);
        let mask = options
            .mask
            .as_ref()
            .map(|mask| bools(function, "mask", mask, size));
        let mask = mask.transpose()?;
        let values = (map.shape().get(2).is_none_or(|channels| *channels == 1))
            .then(|| masked(read_all(map), mask.as_deref()));
        let (image, scale) = match &values {
            Some(values) => {
                let scale = scale(function, values, &options.colors)?;
                let mut pixels = vec![Rgba::default(); values.len()];
                scale.colors(values, &mut pixels);
                (pixels, Some(scale))
            }
            None => (colored(map, mask.as_deref(), &options.colors)?, None),
        };
        let pixels = composed(function, image, options, size)?;
        let image = RgbaImage {
            width,
            height,
            pixels,
        };
        let pixel_size = pixel_size(function, map, options)?;
        let aspect = pixel_size.map_or(1.0, |[height, width]| height / width);
        let limits = scale.as_ref().map(|scale| (scale.low(), scale.high()));
        let colorbar = match (scale, options.has_colorbar, &values) {
            (Some(scale), true, Some(values)) => Some(colorbar(function, scale, values, options)?),
            _ => None,
        };
        let mut panel = Self {
            aspect: aspect * height as f64 / width as f64,
            image,
            colorbar,
            scale_bar: scale_bar(function, options, pixel_size, width)?,
            lines: Vec::new(),
            arrows: Vec::new(),
            arrow_key: None,
            points: points(function, &options.points, size)?,
            ink: options.ink,
        };
        if let Some(isochrones) = &options.isochrones {
            let shown = values.as_deref().zip(limits);
            let lines = isochrone_lines(function, isochrones, shown, mask.as_deref(), size)?;
            panel.add_lines(lines, 0.08);
        }
        for outline in &options.outlines {
            let mask = bools(function, "outlines", outline, size)?;
            let lines = isoline::outline(&mask, width).into_iter();
            panel.add_lines(lines.map(|line| (line, String::new())), 0.12);
        }
        if let Some(arrows) = &options.arrows {
            (panel.arrows, panel.arrow_key) =
                map_arrows::ends(function, arrows, mask.as_deref(), size)?;
        }
        Ok(panel)
    }

    /// Adds lines in a color that is seen on the map.
    fn add_lines(
        &mut self,
        lines: impl IntoIterator<Item = (Vec<PixelPosition>, String)>,
        width: f64,
    ) {
        for (line, label) in lines {
            let line = isoline::rounded(&line).into_iter();
            let points: Vec<Point> = line.map(|at| relative(at, &self.image)).collect();
            let color = self.ink.unwrap_or_else(|| self.seen_along(&points));
            self.lines.push(MapLine {
                points,
                label,
                color,
                width,
            });
        }
    }

    /// Black or white, whichever is seen better on most of the map along a line.
    fn seen_along(&self, points: &[Point]) -> Color {
        let colors = points.iter().map(|at| self.color_at(*at));
        let better = colors.filter(|color| {
            style::contrast(*color, style::INK) >= style::contrast(*color, style::WHITE)
        });
        match 2 * better.count() >= points.len() {
            true => style::INK,
            false => style::WHITE,
        }
    }

    /// Color of the map at a relative position, on white.
    fn color_at(&self, (x, y): Point) -> Color {
        let at = |part: f64, len: usize| ((part * len as f64) as usize).min(len - 1);
        let (column, row) = (at(x, self.image.width), at(y, self.image.height));
        let [red, green, blue, opacity] = self.image.pixels[row * self.image.width + column];
        let weight = u32::from(opacity) * 256 / 255;
        crate::draw::mix(style::WHITE, pack([red, green, blue]), weight)
    }

    /// Room for the colorbar of a map of a height.
    pub(super) fn insets(&self, height: f64, em: f64) -> Insets {
        let key = match &self.arrow_key {
            Some(_) => KEY_HEIGHT * em,
            None => 0.0,
        };
        let Some(colorbar) = &self.colorbar else {
            return Insets {
                top: key,
                ..Insets::default()
            };
        };
        Insets {
            right: colorbar.width(height, em),
            // Half of the labels at the ends.
            top: key.max(0.4 * em),
            bottom: 0.4 * em,
            left: 0.0,
        }
    }

    /// Draws the key of the arrows above the right end of the map.
    fn draw_arrow_key(
        &self,
        shapes: &mut Vec<PageItem>,
        (part, label): (f64, &str),
        frame: &PageRect,
        em: f64,
    ) {
        let middle = frame.top - 0.75 * em;
        shapes.push(style::label(label, (frame.right, middle), Anchor::End, em));
        let to = frame.right - style::width(label, em) - 0.5 * em;
        let from = to - part * frame.width();
        shapes.extend(map_arrows::shapes(
            (from, middle),
            (to, middle),
            em,
            style::INK,
        ));
    }

    pub(super) fn draw(&self, frame: &PageRect, em: f64) -> Vec<PageItem> {
        let placed = |(x, y): &Point| {
            (
                frame.left + x * frame.width(),
                frame.top + y * frame.height(),
            )
        };
        let mut inside = Vec::new();
        let lines: Vec<MapLine> = self
            .lines
            .iter()
            .map(|line| MapLine {
                points: line.points.iter().map(placed).collect(),
                ..line.clone()
            })
            .collect();
        isochrones::draw(&mut inside, &lines, em);
        let ends = self.arrows.iter().flat_map(|(from, to)| [*from, *to]);
        let ends: Vec<Point> = ends.collect();
        let color = self.ink.unwrap_or_else(|| self.seen_along(&ends));
        for (from, to) in &self.arrows {
            inside.extend(map_arrows::shapes(placed(from), placed(to), em, color));
        }
        for (index, point) in self.points.iter().enumerate() {
            let color = curve_color(index, self.points.len());
            let center = placed(point);
            inside.push(style::dot(center, 0.48 * em, style::WHITE, 1.0));
            inside.push(style::dot(center, 0.36 * em, color, 1.0));
        }
        let mut shapes = vec![
            PageItem::Image {
                image: self.image.clone(),
                bounds: *frame,
            },
            PageItem::Clip {
                // Outlines along the edge are as wide as elsewhere.
                bounds: frame.grow(0.08 * em),
                shapes: inside,
            },
        ];
        if let Some((part, label)) = &self.arrow_key {
            self.draw_arrow_key(&mut shapes, (*part, label), frame, em);
        }
        if let Some((part, label)) = &self.scale_bar {
            self.draw_scale_bar(&mut shapes, (*part, label), frame, em);
        }
        if let Some(colorbar) = &self.colorbar {
            colorbar.draw(&mut shapes, frame, em);
        }
        shapes
    }

    /// Draws the scale bar in the corner where it is seen best, the lower right one first.
    fn draw_scale_bar(
        &self,
        shapes: &mut Vec<PageItem>,
        (part, label): (f64, &str),
        frame: &PageRect,
        em: f64,
    ) {
        const INSET: f64 = 0.6;
        const THICKNESS: f64 = 0.26;
        let bar = part * frame.width();
        let (width, height) = (bar.max(style::width(label, em)), (1.15 + THICKNESS) * em);
        let left = [frame.right - INSET * em - width, frame.left + INSET * em];
        let top = [frame.bottom - INSET * em - height, frame.top + INSET * em];
        let corners = [
            (left[0], top[0]),
            (left[1], top[0]),
            (left[0], top[1]),
            (left[1], top[1]),
        ];
        let rated = corners.into_iter().enumerate().map(|(order, (left, top))| {
            let (ink, contrast) = self.visible_within(
                &PageRect {
                    left,
                    top,
                    right: left + width,
                    bottom: top + height,
                },
                frame,
            );
            // Text needs a contrast of 4.5; beyond it, the usual corner is as good.
            (contrast.min(4.5) - 0.01 * order as f64, (left, top), ink)
        });
        let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
        let (_, (left, top), ink) = best.expect("four corners");
        let ink = self.ink.unwrap_or(ink);
        let middle = left + width / 2.0;
        let baseline = top + 0.85 * em;
        shapes.push(style::written(
            label,
            (middle, baseline),
            (Anchor::Middle, 0.0),
            em,
            ink,
        ));
        let bounds = PageRect {
            left: middle - bar / 2.0,
            right: middle + bar / 2.0,
            top: top + 1.15 * em,
            bottom: top + height,
        };
        shapes.push(style::block(&bounds, ink));
    }

    /// Black or white by the colors of the map within a rectangle, and the worst contrast.
    fn visible_within(&self, part: &PageRect, frame: &PageRect) -> (Color, f64) {
        const STEPS: u32 = 12;
        let steps = |step: u32| f64::from(step) / f64::from(STEPS);
        let positions = (0..=STEPS).flat_map(|row| (0..=STEPS).map(move |column| (column, row)));
        let colors: Vec<Color> = positions
            .map(|(column, row)| {
                let x = part.left + steps(column) * part.width() - frame.left;
                let y = part.top + steps(row) * part.height() - frame.top;
                self.color_at((x / frame.width(), y / frame.height()))
            })
            .collect();
        style::visible_on(colors.iter().copied())
    }
}

/// Position of a pixel's center relative to the size of its image.
fn relative((x, y): PixelPosition, image: &RgbaImage) -> Point {
    (
        (x + 0.5) / image.width as f64,
        (y + 0.5) / image.height as f64,
    )
}

/// Samples with NaN outside of the mask.
fn masked(mut values: Vec<f64>, mask: Option<&[bool]>) -> Vec<f64> {
    if let Some(mask) = mask {
        let outside = values
            .iter_mut()
            .zip(mask)
            .filter(|(_, is_inside)| !**is_inside);
        outside.for_each(|(value, _)| *value = f64::NAN);
    }
    values
}

/// Samples of a mask of the size of the map.
fn bools(
    function: &str,
    name: &str,
    mask: &Video,
    (width, height): (usize, usize),
) -> Result<Vec<bool>> {
    let is_mask = mask.dtype() == DType::Bool && *mask.shape() == [height, width];
    if !is_mask {
        let (kind, shape) = (mask.kind_with_article(), shape_text(mask.shape()));
        let dtype = mask.dtype();
        let error = format!(
            "{function} needs `{name}` to be bool of shape {height}×{width}, got {kind} of shape \
             {shape} of {dtype}"
        );
        return Err(Error::new(error).hint("create a mask: `image > 0` or `mask_threshold(image)`"));
    }
    Ok(read_all::<f64>(mask)
        .iter()
        .map(|sample| *sample != 0.0)
        .collect())
}

/// Colormap and limits of the samples that are shown.
fn scale(function: &str, values: &[f64], colors: &ColorSettings) -> Result<ScaledColormap> {
    let range = finite_range(values.iter().copied());
    if range.is_none() {
        let error = format!("{function} needs a map with finite samples, got none to show");
        return Err(Error::new(error).hint("check the mask: `count(mask)`"));
    }
    let range = range.map(|range| shared_limits(range, &colors.cmap));
    let (low, high) = colors.limits_within(|| Ok(range))?;
    if !(high - low).is_finite() {
        bail!("{function} needs finite color limits, got {low} and {high}");
    }
    Ok(ScaledColormap::new(colors.cmap.clone(), low, high))
}

/// Colors of an image in color, transparent outside of the mask.
fn colored(map: &Video, mask: Option<&[bool]>, colors: &ColorSettings) -> Result<Vec<Rgba>> {
    let frame = map.with_layout(map.layout().insert_axis(0));
    let mapping = ColorMapping::new(&frame, colors)?;
    let mut pixels = RgbaImage::colored(&frame, 0, &mapping).pixels;
    if let Some(mask) = mask {
        let outside = pixels
            .iter_mut()
            .zip(mask)
            .filter(|(_, is_inside)| !**is_inside);
        outside.for_each(|(pixel, _)| pixel[3] = 0);
    }
    Ok(pixels)
}

/// The map over its background.
fn composed(
    function: &str,
    mut pixels: Vec<Rgba>,
    options: &MapPanelOptions,
    (width, height): (usize, usize),
) -> Result<Vec<Rgba>> {
    if !(0.0..=1.0).contains(&options.opacity) {
        bail!(
            "{function} needs `opacity` from 0 to 1, got {}",
            options.opacity
        );
    }
    for pixel in &mut pixels {
        match (pixel[3], options.bad) {
            (0, Some(bad)) => {
                let [red, green, blue] = unpack(bad);
                *pixel = [red, green, blue, 255];
            }
            (opacity, _) => pixel[3] = (f64::from(opacity) * options.opacity).round() as u8,
        }
    }
    let Some(background) = &options.background else {
        return Ok(pixels);
    };
    if *background.shape() != [height, width] {
        let shape = shape_text(background.shape());
        bail!("{function} needs a `background` {{y, x}} of shape {height}×{width}, got {shape}");
    }
    let gray = ColorSettings::new(Colormap::gray(), None, None);
    let ground = RgbaImage::new(background, 0, &gray)?.pixels;
    let over = |(over, under): (Rgba, Rgba)| {
        let weight = u32::from(over[3]) * 256 / 255;
        let [red, green, blue] = unpack(crate::draw::mix(
            pack([under[0], under[1], under[2]]),
            pack([over[0], over[1], over[2]]),
            weight,
        ));
        [red, green, blue, under[3].max(over[3])]
    };
    Ok(pixels.into_iter().zip(ground).map(over).collect())
}

fn pixel_size(function: &str, map: &Video, options: &MapPanelOptions) -> Result<Option<[f64; 2]>> {
    let size = options.pixel_size.or(map.metadata().pixel_size);
    match size {
        Some(size) if !size.iter().all(|side| *side > 0.0 && side.is_finite()) => {
            bail!(
                "{function} needs `pixel_size` in µm above 0, got {} and {}",
                size[0],
                size[1]
            )
        }
        size => Ok(size),
    }
}

/// Length of the scale bar relative to the width of the map, and its label.
fn scale_bar(
    function: &str,
    options: &MapPanelOptions,
    pixel_size: Option<[f64; 2]>,
    width: usize,
) -> Result<Option<(f64, String)>> {
    let chosen = match options.scale_bar {
        ScaleBarChoice::Absent => return Ok(None),
        ScaleBarChoice::IfKnown if pixel_size.is_none() => return Ok(None),
        ScaleBarChoice::IfKnown => ScaleBar::Auto,
        ScaleBarChoice::Shown(bar) => bar,
    };
    let Some([_, side]) = pixel_size else {
        let error = format!("{function} needs the pixel size for a scale bar, which is unknown");
        return Err(Error::new(error)
            .hint("pass it in µm: #{scale_bar: 500, pixel_size: 20}, or set `map.pixel_size`"));
    };
    let field = side * width as f64;
    let length = chosen.length(field)?;
    Ok(Some((length / field, length_text(length))))
}

fn colorbar(
    function: &str,
    scale: ScaledColormap,
    values: &[f64],
    options: &MapPanelOptions,
) -> Result<FigureColorbar> {
    let (low, high) = (scale.low(), scale.high());
    let finite = || values.iter().filter(|value| value.is_finite());
    if let Some(ticks) = &options.ticks {
        let outside = ticks.iter().find(|tick| !(low..=high).contains(*tick));
        if let Some(tick) = outside {
            bail!("{function} got {tick} in `ticks`, which is not from {low} to {high}");
        }
    }
    Ok(FigureColorbar {
        beyond: [
            finite().any(|value| *value < low),
            finite().any(|value| *value > high),
        ],
        scale,
        label: options.label.clone(),
        ticks: options.ticks.clone(),
    })
}

fn points(
    function: &str,
    pixels: &[[usize; 2]],
    (width, height): (usize, usize),
) -> Result<Vec<Point>> {
    let point = |[row, column]: &[usize; 2]| {
        if height <= *row || width <= *column {
            bail!(
                "{function} got the point [{row}, {column}], which is outside of a map of \
                 {height}×{width}"
            );
        }
        Ok((
            (*column as f64 + 0.5) / width as f64,
            (*row as f64 + 0.5) / height as f64,
        ))
    };
    pixels.iter().map(point).collect()
}

/// Isochrones with their labels.
fn isochrone_lines(
    function: &str,
    options: &Isochrones,
    map: Option<(&[f64], (f64, f64))>,
    mask: Option<&[bool]>,
    (width, height): (usize, usize),
) -> Result<Vec<(Vec<PixelPosition>, String)>> {
    const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    let (values, limits) = match (&options.times, map) {
        (Some(times), _) if *times.shape() == [height, width] => {
            (masked(read_all(times), mask), ALL)
        }
        (Some(times), _) => {
            let shape = shape_text(times.shape());
            bail!("{function} needs `times` of shape {height}×{width}, got {shape}")
        }
        (None, Some((map, limits))) => (map.to_vec(), limits),
        (None, None) => bail!("{function} cannot draw isochrones of an image in color"),
    };
    if !(options.smooth >= 0.0 && options.smooth.is_finite()) {
        bail!(
            "{function} needs `smooth` in pixels >= 0, got {}",
            options.smooth
        );
    }
    let finite = values
        .iter()
        .map(|value| if value.is_finite() { *value } else { f64::NAN });
    let frame = Video::new(Strided::from_vec(
        &[1, height, width],
        finite.collect::<Vec<_>>(),
    ));
    let values = read_all(&nan_mean::smooth_spatiotemporal(
        frame,
        0.0,
        options.smooth,
    )?);
    let levels = levels(function, &options.levels, &values, limits)?;
    let labels = match options.has_labels {
        true => style::numbers(&levels),
        false => vec![String::new(); levels.len()],
    };
    let mut lines = Vec::new();
    for (level, label) in levels.into_iter().zip(labels) {
        let found = isoline::isolines(&values, width, level).into_iter();
        lines.extend(found.map(|line| (line, label.clone())));
    }
    Ok(lines)
}

/// Values of the isochrones: multiples of a step within the color limits, which leave out what a few
/// pixels have.
fn levels(function: &str, levels: &Levels, values: &[f64], limits: (f64, f64)) -> Result<Vec<f64>> {
    let step = match levels {
        Levels::At(levels) => return Ok(levels.clone()),
        Levels::Every(step) if *step > 0.0 && step.is_finite() => *step,
        Levels::Every(step) => bail!(
            "{function} needs `isochrones` to be a number > 0 or an array of numbers, got {step}"
        ),
    };
    let Some((low, high)) = finite_range(values.iter().copied()) else {
        return Ok(Vec::new());
    };
    let (low, high) = (low.max(limits.0), high.min(limits.1));
    // A line at the smallest value would be noise around its pixels.
    let (first, last) = ((low / step).floor() + 1.0, (high / step).ceil() - 1.0);
    if last - first >= MAX_LINES as f64 {
        let error = format!("{function} would draw more than {MAX_LINES} isochrones every {step}");
        return Err(Error::new(error).hint("increase `isochrones`, which is in units of the map"));
    }
    let count = (last - first + 1.0).max(0.0) as usize;
    Ok((0..count)
        .map(|index| (first + index as f64) * step)
        .collect())
}
