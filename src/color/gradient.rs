//! Colormaps made from a list of colors or by resampling another colormap.

use colorgrad::{Color, Gradient, GradientBuilder, LinearGradient};

use super::colormap::{BAD, Colormap, Rgba};
use crate::bail;
use crate::error::{Error, Result, counted};

/// Default number of colors of a gradient.
const STEPS: usize = 256;

/// Maximum number of colors of a colormap.
const MAX_COLORS: usize = 1 << 16;

/// Parses a CSS color: "black", "#ff8800", "rgb(255 136 0 / 50%)".
pub fn parse_color(text: &str) -> Result<Rgba> {
    Ok(color(text)?.to_rgba8())
}

fn color(text: &str) -> Result<Color> {
    Color::from_html(text).map_err(|_| {
        Error::new(format!("there is no color \"{text}\""))
            .hint("write colors like \"black\" or \"#ff8800\"")
    })
}

impl Colormap {
    /// A gradient through the given colors, low end first.
    pub fn gradient(colors: &[String]) -> Result<Self> {
        Self::gradient_at(colors, None, None)
    }

    /// A gradient of `steps` colors through the given ones, evenly spaced or at the given positions
    /// from the low end to the high end.
    pub fn gradient_at(
        colors: &[String],
        positions: Option<&[f64]>,
        steps: Option<usize>,
    ) -> Result<Self> {
        let parsed: Vec<Color> = colors
            .iter()
            .map(|text| color(text))
            .collect::<Result<_>>()?;
        if parsed.is_empty() {
            bail!("a colormap needs at least one color");
        }
        let steps = steps.unwrap_or(STEPS);
        check_steps(steps)?;
        let mut builder = GradientBuilder::new();
        builder.colors(&parsed);
        if let Some(positions) = positions {
            check_positions(positions, colors.len())?;
            let positions: Vec<f32> = positions.iter().map(|position| *position as f32).collect();
            builder.domain(&positions);
        }
        let gradient = builder.build::<LinearGradient>().map_err(|cause| {
            Error::new(format!("cannot make a colormap of {colors:?}: {cause}"))
        })?;
        let exact = gradient
            .colors(steps)
            .map(|color| color.to_array())
            .collect();
        Ok(Self::of_colors("gradient", exact, BAD))
    }

    /// The colormap resampled to `steps` colors, evenly spaced from its low to its high end.
    pub fn resampled(&self, steps: usize) -> Result<Self> {
        check_steps(steps)?;
        let exact = self.exact_colors();
        let last = (steps - 1).max(1);
        let nearest = |step: usize| exact[(step * exact.len() / last).min(exact.len() - 1)];
        let exact = (0..steps).map(nearest).collect();
        Ok(Self::of_colors(self.name(), exact, self.bad()))
    }
}

fn check_steps(steps: usize) -> Result<()> {
    if (1..=MAX_COLORS).contains(&steps) {
        return Ok(());
    }
    bail!("a colormap has 1 to {MAX_COLORS} colors, got `n` {steps}")
}

fn check_positions(positions: &[f64], colors: usize) -> Result<()> {
    if positions.len() != colors {
        bail!(
            "`positions` must be one for each of the {}, got {}",
            counted(colors, "color"),
            positions.len()
        );
    }
    if !positions.is_sorted() || positions.iter().any(|position| !position.is_finite()) {
        bail!("`positions` must ascend, got {positions:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(colors: &[&str]) -> Vec<String> {
        colors.iter().map(|color| (*color).to_owned()).collect()
    }

    #[test]
    fn gradients_run_through_their_colors() {
        let gradient = Colormap::gradient(&texts(&["black", "#ff8800", "white"])).unwrap();
        assert_eq!(gradient.colors().len(), 256);
        assert_eq!(gradient.colors().first(), Some(&[0, 0, 0, 255]));
        assert_eq!(gradient.colors().last(), Some(&[255, 255, 255, 255]));
        let error = Colormap::gradient(&texts(&["red", "reddish"])).unwrap_err();
        assert_eq!(error.message(), "there is no color \"reddish\"");
        assert!(Colormap::gradient(&[]).is_err());
    }

    #[test]
    fn colors_have_positions() {
        let colors = texts(&["black", "red", "white"]);
        let gradient = Colormap::gradient_at(&colors, Some(&[0.0, 0.25, 1.0]), Some(5)).unwrap();
        assert_eq!(gradient.colors()[1], [255, 0, 0, 255]);
        assert!(Colormap::gradient_at(&colors, Some(&[0.0, 1.0]), None).is_err());
        assert!(Colormap::gradient_at(&colors, Some(&[0.0, 1.0, 0.5]), None).is_err());
        assert!(Colormap::gradient_at(&colors, None, Some(0)).is_err());
    }

    #[test]
    fn fewer_colors_are_those_of_matplotlib() {
        let steps = Colormap::named("viridis").unwrap().resampled(4).unwrap();
        // `matplotlib.colormaps["viridis"].resampled(4)`, rounded.
        let expected = [
            [68, 1, 84, 255],
            [49, 104, 142, 255],
            [53, 183, 121, 255],
            [253, 231, 37, 255],
        ];
        assert_eq!(steps.colors(), expected);
    }
}
