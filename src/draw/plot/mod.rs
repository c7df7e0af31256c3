//! Plots of courses in time, as pictures and as SVG.

mod page;
mod runs;

use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Image;
use crate::error::{Error, Result};
use crate::video::colormap::Colormap;
use page::Page;

/// A course in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it is called in the legend; nothing if it is not to be there.
    pub label: String,
    /// Time and value of each sample; what is not finite leaves a gap.
    pub points: Vec<(f64, f64)>,
}

/// Courses in time with axes, a title and a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// The courses, the first drawn first.
    pub curves: Vec<Curve>,
    /// What stands above the plot, or nothing.
    pub title: String,
    /// What stands below the horizontal axis.
    pub xlabel: String,
    /// What stands beside the vertical axis, or nothing.
    pub ylabel: String,
    /// The values of the lower and the upper end of the vertical axis; by default what the curves
    /// need.
    pub yrange: (Option<f64>, Option<f64>),
    /// Width and height in pixels.
    pub size: (usize, usize),
}

/// Pictures are drawn larger by this factor and reduced, which makes lines and text smooth.
const OVERSAMPLING: usize = 3;

/// How many units of an SVG make a pixel.
const SVG_UNITS: usize = 10;

/// Colours that can be told apart by everyone (Okabe and Ito).
const COLORS: &[RGBColor] = &[
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

impl Plot {
    /// The plot as a picture.
    pub fn image(&self) -> Result<Image> {
        let (width, height) = (self.size.0 * OVERSAMPLING, self.size.1 * OVERSAMPLING);
        let mut pixels = vec![255; width * height * 3];
        let area = BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32));
        self.draw(area.into_drawing_area(), OVERSAMPLING)?;
        Ok(reduced(&pixels, self.size))
    }

    /// The plot as the text of an SVG file.
    pub fn svg(&self) -> Result<String> {
        let mut text = String::new();
        let (width, height) = self.size;
        let units = ((width * SVG_UNITS) as u32, (height * SVG_UNITS) as u32);
        let area = SVGBackend::with_string(&mut text, units).into_drawing_area();
        self.draw(area, SVG_UNITS)?;
        // The units are finer than pixels; and some programs take an opacity for one of what is not
        // to be filled.
        let drawn = format!("width=\"{}\" height=\"{}\"", units.0, units.1);
        let size = format!("width=\"{width}\" height=\"{height}\"");
        Ok(text
            .replacen(&drawn, &size, 1)
            .replace(" opacity=\"1\"", ""))
    }

    fn draw<B: DrawingBackend>(&self, area: DrawingArea<B, Shift>, units: usize) -> Result<()> {
        register_font();
        let page = Page {
            area: &area,
            plot: self,
            units: units as f64,
            is_embedded: units == OVERSAMPLING,
        };
        page.draw()
            .and_then(|()| area.present())
            .map_err(|cause| Error::new(format!("cannot draw the plot: {cause}")))
    }

    /// The lowest and the highest of some finite numbers.
    fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
        values
            .filter(|value| value.is_finite())
            .fold(None, |range, value| {
                let (low, high) = range.unwrap_or((value, value));
                Some((value.min(low), value.max(high)))
            })
    }

    fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.curves.iter().flat_map(|curve| &curve.points)
    }

    fn x_range(&self) -> (f64, f64) {
        match Self::range(self.points().map(|point| point.0)) {
            Some((low, high)) if low < high => (low, high),
            Some((low, _)) => (low, low + 1.0),
            None => (0.0, 1.0),
        }
    }

    /// What the curves need and a little more.
    fn y_range(&self) -> (f64, f64) {
        let (low, high) = Self::range(self.points().map(|point| point.1)).unwrap_or((0.0, 1.0));
        let margin = match high - low {
            0.0 => (low.abs() * 0.1).max(0.5),
            span => span * 0.05,
        };
        (
            self.yrange.0.unwrap_or(low - margin),
            self.yrange.1.unwrap_or(high + margin),
        )
    }

    /// The colour of a curve.
    fn color(&self, curve: usize) -> RGBColor {
        if self.curves.len() <= COLORS.len() {
            return COLORS[curve];
        }
        let colormap = Colormap::named("turbo").unwrap_or_else(|_| Colormap::gray());
        let colors = colormap.colors();
        // Without the dark ends, which look alike.
        let place = 0.05 + 0.9 * curve as f64 / (self.curves.len() - 1) as f64;
        let [red, green, blue, _] = colors[(place * (colors.len() - 1) as f64) as usize];
        RGBColor(red, green, blue)
    }
}

/// The font of all text, by the name that SVG viewers know.
fn register_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // It is the one that is embedded elsewhere too.
        let _ = plotters::style::register_font("sans-serif", FontStyle::Normal, super::text::FONT);
    });
}

/// The mean of each square of oversampled pixels.
fn reduced(pixels: &[u8], (width, height): (usize, usize)) -> Image {
    let mut image = Image::new(width, height);
    let row_len = width * OVERSAMPLING * 3;
    for y in 0..height {
        let rows = &pixels[y * OVERSAMPLING * row_len..][..OVERSAMPLING * row_len];
        for (x, out) in image.row_mut(0, y, width).iter_mut().enumerate() {
            let mean = |channel: usize| {
                let line = |row: usize| {
                    let start = row * row_len + x * OVERSAMPLING * 3 + channel;
                    (0..OVERSAMPLING).map(move |column| u32::from(rows[start + 3 * column]))
                };
                let sum: u32 = (0..OVERSAMPLING).flat_map(line).sum();
                sum / (OVERSAMPLING * OVERSAMPLING) as u32
            };
            *out = mean(0) << 16 | mean(1) << 8 | mean(2);
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: &[f64]) -> Plot {
        let points = values.iter().enumerate();
        let points = points
            .map(|(index, value)| (index as f64, *value))
            .collect();
        let label = "F".into();
        Plot {
            curves: vec![Curve { label, points }],
            title: "Title".into(),
            xlabel: "time (ms)".into(),
            ylabel: "ΔF/F₀".into(),
            yrange: (None, None),
            size: (200, 120),
        }
    }

    #[test]
    fn pictures_have_the_size_that_is_asked_for() {
        for values in [&[][..], &[3.0], &[f64::NAN; 4], &[1.0, 5.0, 2.0]] {
            let image = plot(values).image().unwrap();
            assert_eq!((image.width, image.height), (200, 120));
            assert!(image.pixels.iter().any(|pixel| *pixel != 0xFF_FFFF));
            let svg = plot(values).svg().unwrap();
            assert!(
                svg.contains("width=\"200\" height=\"120\" viewBox=\"0 0 2000 1200\""),
                "{svg}"
            );
        }
    }
}
