//! Panels of one quantity against another, with a straight line fitted to them.

use super::axes::{AxesLayer, AxesPanel, axis_range};
use super::style;
use crate::bail;
use crate::color::Color;
use crate::draw::plot::curve_color;
use crate::error::{Result, counted};
use crate::ops::read_all;
use crate::ops::statistics::LinearFit;
use crate::task;
use crate::video::{Video, number_text, shape_text};

/// Options of a scatter panel.
#[derive(Debug, Clone)]
pub struct ScatterOptions {
    /// Whether a line is fitted by least squares.
    pub has_fit: bool,
    /// Label of the horizontal axis.
    pub xlabel: String,
    /// Label of the vertical axis.
    pub ylabel: String,
    /// Limits of the horizontal axis.
    pub x_limits: [Option<f64>; 2],
    /// Limits of the vertical axis.
    pub y_limits: [Option<f64>; 2],
    /// Color of the dots; default: the first of all plots.
    pub color: Option<Color>,
}

/// A straight line fitted by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    slope: f64,
    intercept: f64,
    r_squared: f64,
}

/// Panel of the samples of two arrays of one shape against each other.
pub fn scatter_panel(x: &Video, y: &Video, options: &ScatterOptions) -> Result<AxesPanel> {
    if x.shape() != y.shape() {
        let (x, y) = (shape_text(x.shape()), shape_text(y.shape()));
        bail!("scatter_panel needs `x` and `y` of the same shape, got {x} and {y}");
    }
    let pairs = read_all::<f64>(x).into_iter().zip(read_all::<f64>(y));
    let is_finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    let points: Vec<_> = pairs.filter(is_finite).collect();
    if points.is_empty() {
        bail!("scatter_panel needs pairs of finite samples, got none");
    }
    let ends = ["xmin", "xmax"];
    let xs = axis_range(
        ends,
        options.x_limits,
        points.iter().map(|point| point.0),
        0.05,
    )?;
    let ends = ["ymin", "ymax"];
    let ys = axis_range(
        ends,
        options.y_limits,
        points.iter().map(|point| point.1),
        0.06,
    )?;
    let is_outside =
        |(x, y): &&(f64, f64)| !(xs.0..=xs.1).contains(x) || !(ys.0..=ys.1).contains(y);
    let outside = points.iter().filter(is_outside).count();
    if outside > 0 {
        let outside = counted(outside, "point");
        task::warn(&format!(
            "scatter_panel does not show {outside} beyond its limits"
        ));
    }
    let fit = options.has_fit.then(|| fitted(&points)).transpose()?;
    let opacity = if points.len() > 300 { 0.35 } else { 0.8 };
    let mut layers = vec![AxesLayer::Dots {
        radius: if points.len() > 300 { 0.16 } else { 0.26 },
        color: options.color.unwrap_or_else(|| curve_color(0, 1)),
        opacity,
        points: points.clone(),
    }];
    let mut note = Vec::new();
    if let Some(fit) = fit {
        let at = |x: f64| (x, fit.slope * x + fit.intercept);
        layers.push(AxesLayer::Curve {
            points: vec![at(xs.0), at(xs.1)],
            width: style::CURVE,
            color: style::INK,
        });
        note = Vec::from(fit.texts(points.len()));
    }
    Ok(AxesPanel {
        kind: "scatter plot",
        xlabel: options.xlabel.clone(),
        ylabel: options.ylabel.clone(),
        x: xs,
        y: ys,
        categories: None,
        layers,
        legend: Vec::new(),
        note,
    })
}

impl Fit {
    /// Equation, coefficient of determination and number of points.
    fn texts(&self, count: usize) -> [String; 3] {
        let number = |value: f64| number_text(value).replace('-', "−");
        let sign = if self.intercept < 0.0 { "−" } else { "+" };
        let (slope, intercept) = (rounded(self.slope), rounded(self.intercept.abs()));
        [
            format!("y = {} x {sign} {}", number(slope), number(intercept)),
            format!("R² = {:.2}", self.r_squared),
            format!("n = {count}"),
        ]
    }
}

/// A number with three significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn fitted(points: &[(f64, f64)]) -> Result<Fit> {
    let (x, y): (Vec<_>, Vec<_>) = points.iter().copied().unzip();
    let fit = (points.len() >= 3).then(|| LinearFit::of(&x, &y)).flatten();
    let Some(fit) = fit else {
        let points = counted(points.len(), "point");
        bail!("scatter_panel cannot fit a line to {points}: it needs 3, not all of the same `x`");
    };
    Ok(Fit {
        slope: fit.slope,
        intercept: fit.intercept,
        // Points on a horizontal line lie on it, although nothing is explained by `x`.
        r_squared: if fit.r_squared.is_nan() {
            1.0
        } else {
            fit.r_squared
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_numpy() {
        let points = [(0.0, 1.0), (1.0, 2.5), (2.0, 2.0), (3.0, 4.5), (4.0, 4.0)];
        let fit = fitted(&points).unwrap();
        // numpy.polyfit(x, y, 1) and numpy.corrcoef(x, y)[0, 1] ** 2.
        assert!((fit.slope - 0.8).abs() < 1e-12 && (fit.intercept - 1.2).abs() < 1e-12);
        assert!(
            (fit.r_squared - 0.771_084_337).abs() < 1e-9,
            "{}",
            fit.r_squared
        );
        assert_eq!(fit.texts(5), ["y = 0.8 x + 1.2", "R² = 0.77", "n = 5"]);
        assert!(fitted(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]).is_err());
        assert!(fitted(&points[..2]).is_err());
    }
}
