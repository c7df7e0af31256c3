//! Plots of traces over time, as images and as SVG.

mod characters;
mod layout;

use super::page::Page;
use super::ticks::finite_range;
use super::{Color, Image};
use crate::bail;
use crate::color::colormap::Colormap;
use crate::color::pack;
use crate::error::{Error, Result};

/// Curve of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Name in the legend; empty: not in the legend.
    pub label: String,
    /// Time and value of each sample; samples that are not finite leave a gap.
    pub points: Vec<(f64, f64)>,
}

/// Curves with axes, a title and a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Curves in drawing order.
    pub curves: Vec<Curve>,
    /// Title above the plot; may be empty.
    pub title: String,
    /// Label of the horizontal axis.
    pub xlabel: String,
    /// Label of the vertical axis; may be empty.
    pub ylabel: String,
    /// Limits of the vertical axis; default: the range of the curves.
    pub yrange: (Option<f64>, Option<f64>),
    /// Width and height in pixels.
    pub size: (usize, usize),
}

/// Maximum side of a plot in pixels.
const MAX_SIDE: usize = 1 << 14;

/// Colors that people with color blindness can tell apart (Okabe and Ito).
const COLORS: &[Color] = &[
    0x00_72_b2, 0xd5_5e_00, 0x00_9e_73, 0xcc_79_a7, 0xe6_9f_00, 0x56_b4_e9, 0x5a_5a_5a,
];

impl Plot {
    /// Renders the plot as an image.
    pub fn image(&self) -> Result<Image> {
        Ok(self.page()?.image(1.0))
    }

    /// Writes the plot as the text of an SVG file.
    pub fn svg(&self) -> Result<String> {
        Ok(self.page()?.svg())
    }

    /// Page in units of one pixel of the plot's size.
    pub fn page(&self) -> Result<Page> {
        let (width, height) = self.size;
        if MAX_SIDE < width.max(height) {
            bail!("`width` and `height` must be at most {MAX_SIDE} pixels, got {width}×{height}");
        }
        layout::page(self)
    }

    fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.curves.iter().flat_map(|curve| &curve.points)
    }

    fn x_range(&self) -> (f64, f64) {
        match finite_range(self.points().map(|point| point.0)) {
            Some((low, high)) if low < high => (low, high),
            Some((low, _)) => (low, low + 1.0),
            None => (0.0, 1.0),
        }
    }

    /// Limits of the vertical axis: as requested, or the range of the curves with a margin.
    fn y_range(&self) -> Result<(f64, f64)> {
        let needed = finite_range(self.points().map(|point| point.1));
        let (low, high) = match needed {
            Some((low, high)) => {
                let margin = match high - low {
                    0.0 => (low.abs() * 0.1).max(0.5),
                    span => span * 0.05,
                };
                (low - margin, high + margin)
            }
            None => {
                let below = self.yrange.1.map(|high| high - 1.0);
                let low = self.yrange.0.or(below).unwrap_or(0.0);
                (low, low + 1.0)
            }
        };
        let (from, to) = (self.yrange.0.unwrap_or(low), self.yrange.1.unwrap_or(high));
        let ends = format!("from {from:?} to {to:?}");
        let is_axis = from < to;
        if !is_axis {
            let error = format!("the y axis would range {ends}");
            return Err(Error::new(error).hint("`ymin` must be below `ymax`; pass both"));
        }
        if !(to - from).is_finite() {
            bail!("values {ends} are too far apart to plot");
        }
        Ok((from, to))
    }

    fn has_legend(&self) -> bool {
        self.curves.iter().any(|curve| !curve.label.is_empty())
    }

    /// Color of a curve.
    fn color(&self, curve: usize) -> Color {
        curve_color(curve, self.curves.len())
    }
}

/// Color of a curve, one of `count`.
pub(crate) fn curve_color(curve: usize, count: usize) -> Color {
    if count <= COLORS.len() {
        return COLORS[curve];
    }
    let colormap = Colormap::named("turbo").unwrap_or_else(|_| Colormap::gray());
    let colors = colormap.colors();
    // Without the dark ends, which look alike.
    let position = 0.05 + 0.9 * curve as f64 / (count - 1) as f64;
    let [red, green, blue, _] = colors[(position * (colors.len() - 1) as f64) as usize];
    pack([red, green, blue])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::page::{Anchor, PageItem, PageText};

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

    fn texts(plot: &Plot) -> Vec<PageText> {
        let shapes = plot.page().unwrap().shapes.into_iter();
        let texts = shapes.filter_map(|shape| match shape {
            PageItem::Text(text) => Some(text),
            _ => None,
        });
        texts.collect()
    }

    /// Number of pixels in the color of the first curve, between two columns.
    fn inked(image: &Image, columns: std::ops::Range<usize>) -> usize {
        let positions = columns.flat_map(|x| (0..image.height).map(move |y| (x, y)));
        positions
            .filter(|(x, y)| image.at(*x, *y) == COLORS[0])
            .count()
    }

    #[test]
    fn pictures_have_the_size_that_is_asked_for() {
        for values in [&[][..], &[3.0], &[f64::NAN; 4], &[1.0, 5.0, 2.0]] {
            let image = plot(values).image().unwrap();
            assert_eq!((image.width, image.height), (200, 120));
            let has_curve = values.iter().any(|value| value.is_finite());
            let legend = plot(&[]).image().unwrap();
            let without = inked(&legend, 0..200);
            assert_eq!(without < inked(&image, 0..200), has_curve, "{values:?}");
            let svg = plot(values).svg().unwrap();
            assert!(
                svg.contains("width=\"200\" height=\"120\" viewBox=\"0 0 200 120\""),
                "{svg}"
            );
            roxmltree::Document::parse(&svg).unwrap();
        }
    }

    #[test]
    fn dense_curves_stay_within_their_values_and_their_files_small() {
        let noise = |index: u64| {
            let hash = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (hash ^ hash >> 29) as f64 / u64::MAX as f64
        };
        let values: Vec<_> = (0..1_000_000).map(noise).collect();
        let mut plot = plot(&values);
        plot.size = (800, 400);
        plot.yrange = (Some(-1.0), Some(2.0));
        assert!(plot.svg().unwrap().len() < 300_000);
        let image = plot.image().unwrap();
        let is_curve = |y: usize| (100..700).any(|x| image.at(x, y) == COLORS[0]);
        let rows: Vec<_> = (70..400).filter(|y| is_curve(*y)).collect();
        let (top, bottom) = (56.0, 400.0 - 52.0);
        let expected = [2.0 / 3.0, 1.0 / 3.0].map(|part| bottom - part * (bottom - top));
        assert!((rows[0] as f64 - expected[0]).abs() < 4.0, "{}", rows[0]);
        let last = rows[rows.len() - 1] as f64;
        assert!((last - expected[1]).abs() < 4.0, "{last}");
        assert_eq!(rows.len(), rows[rows.len() - 1] - rows[0] + 1);
    }

    #[test]
    fn what_lies_outside_of_the_axis_is_not_drawn() {
        let mut plot = plot(&[0.5, 0.5, 9.0, f64::MAX, 9.0, 0.5, 0.5]);
        plot.yrange = (Some(0.0), Some(1.0));
        plot.curves[0].label.clear();
        plot.size = (400, 200);
        let image = plot.image().unwrap();
        assert!(inked(&image, 60..150) > 20);
        assert_eq!(inked(&image, 190..280), 0);
    }

    #[test]
    fn gaps_are_left_open() {
        let mut plot = plot(&[
            1.0,
            1.2,
            1.1,
            f64::NAN,
            f64::INFINITY,
            f64::NAN,
            1.0,
            1.1,
            1.3,
        ]);
        plot.curves[0].label.clear();
        plot.size = (500, 200);
        let image = plot.image().unwrap();
        assert!(inked(&image, 80..150) > 20 && inked(&image, 400..480) > 20);
        assert_eq!(inked(&image, 200..350), 0);
    }

    #[test]
    fn text_stays_on_the_page() {
        for size in [(800, 400), (160, 300), (300, 160)] {
            let mut plot = plot(&[1e6, 1e6 + 3.0]);
            plot.title = "A title that needs more than a line of the page\nand has two".into();
            plot.xlabel = "time since the stimulus that came first".into();
            plot.ylabel = "fluorescence relative to the rest before the stimulus".into();
            plot.size = size;
            for text in texts(&plot) {
                let width = crate::draw::text::exact_width(&text.text, text.size);
                let (along, side) = match text.turn == 0.0 {
                    true => (text.position.0, size.0 as f64),
                    false => (text.position.1, size.1 as f64),
                };
                let start = match text.anchor {
                    Anchor::Start => along,
                    Anchor::Middle => along - width / 2.0,
                    Anchor::End => along - width,
                };
                assert!(0.0 <= start && start + width <= side, "{text:?}");
            }
        }
    }

    #[test]
    fn titles_break_between_words() {
        let mut plot = plot(&[1.0, 2.0]);
        plot.size = (200, 300);
        plot.title = "Recorded at 500 Hz from the left ventricle".into();
        let texts = texts(&plot);
        let lines: Vec<_> = texts.iter().filter(|text| text.size > 14.0).collect();
        let joined: Vec<_> = lines.iter().map(|text| text.text.as_str()).collect();
        assert!(
            joined.len() == 2 && joined.join(" ") == plot.title,
            "{joined:?}"
        );
        assert!(lines[0].position.1 + 16.0 < lines[1].position.1);
    }

    #[test]
    fn ranges_and_sizes_that_make_no_plot_are_errors() {
        let error = |yrange, size| {
            let mut plot = plot(&[1.0, 2.0]);
            (plot.yrange, plot.size) = (yrange, size);
            plot.image().unwrap_err().message().to_owned()
        };
        let size = (200, 120);
        assert_eq!(
            error((Some(3.0), None), size),
            "the y axis would range from 3.0 to 2.05"
        );
        assert_eq!(
            error((Some(f64::NAN), None), size),
            "the y axis would range from NaN to 2.05"
        );
        let apart = error((Some(-1e308), Some(1e308)), size);
        assert!(apart.ends_with("are too far apart to plot"), "{apart}");
        for size in [(0, 0), (40, 30), (600, 60)] {
            let (width, height) = size;
            let room = format!("a plot of {width}×{height} pixels is too small for its curves");
            assert_eq!(error((None, None), size), room);
        }
        assert_eq!(
            error((None, None), (usize::MAX, 100)),
            format!(
                "`width` and `height` must be at most 16384 pixels, got {}×100",
                usize::MAX
            )
        );
    }
}
