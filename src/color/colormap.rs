//! Colormaps: from a sample's position in a range to a color.
//!
//! The named tables are matplotlib's, value for value, truncated to 8 bits as its export does; a
//! trailing `_r` reverses any of them.

use std::sync::{Arc, OnceLock};

use pulp::Arch;

use crate::error::{Error, Result};
use crate::video::{Element, Real};

/// The tables, as written by `tests/data/colormaps.py`.
const TABLES: &[u8] = include_bytes!("colormaps.bin");

/// Red, green, blue, opacity.
pub type Rgba = [u8; 4];

/// A color in full precision; each component is from 0 to 1.
pub type FloatColor = [f32; 4];

/// Color of NaN: transparent black.
pub const BAD: Rgba = [0, 0, 0, 0];

/// Names of the colormaps whose middle means no difference.
const DIVERGING: &[&str] = &[
    "BrBG", "PRGn", "PiYG", "PuOr", "RdBu", "RdGy", "RdYlBu", "RdYlGn", "Spectral", "berlin",
    "bwr", "coolwarm", "managua", "seismic", "vanimo",
];

/// A table of colors from the low end of a range to the high end.
#[derive(Debug, Clone, PartialEq)]
pub struct Colormap {
    name: String,
    colors: Arc<[Rgba]>,
    exact: Arc<[FloatColor]>,
    bad: Rgba,
}

impl Colormap {
    /// The colormap with a matplotlib name such as `viridis` or `gray_r`.
    pub fn named(name: &str) -> Result<Self> {
        let (base, reversed) = match name.strip_suffix("_r") {
            Some(base) => (base, true),
            None => (name, false),
        };
        let Some(table) = tables().iter().find(|table| table.name == base) else {
            return Err(Error::new(format!("there is no colormap `{name}`"))
                .did_you_mean(name, Self::names()));
        };
        let (mut colors, mut exact) = (table.colors.clone(), table.exact.clone());
        if reversed {
            colors = table.reversed.clone();
            exact = exact.iter().rev().copied().collect();
        }
        Ok(Self {
            name: name.to_owned(),
            colors,
            exact,
            bad: BAD,
        })
    }

    /// The default colormap.
    pub fn gray() -> Self {
        Self::named("gray").expect("one of our own tables")
    }

    /// The default colormap of overlays.
    pub fn purples() -> Self {
        Self::named("Purples").expect("one of our own tables")
    }

    /// A table of the given colors, low end first.
    pub(crate) fn of_colors(name: &str, exact: Vec<FloatColor>, bad: Rgba) -> Self {
        Self {
            name: name.to_owned(),
            colors: exact.iter().map(|color| color.map(byte)).collect(),
            exact: exact.into(),
            bad,
        }
    }

    /// Names of all tables, without the reversed ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        tables().iter().map(|table| table.name)
    }

    /// The name it was requested by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The table, low end first.
    pub fn colors(&self) -> &[Rgba] {
        &self.colors
    }

    /// The table in full precision, low end first.
    pub fn exact_colors(&self) -> &[FloatColor] {
        &self.exact
    }

    /// The color of NaN.
    pub fn bad(&self) -> Rgba {
        self.bad
    }

    /// The same colors with another color for NaN.
    pub fn with_bad(self, bad: Rgba) -> Self {
        Self { bad, ..self }
    }

    /// The same colors in reverse order.
    pub fn reversed(&self) -> Self {
        let name = match self.name.strip_suffix("_r") {
            Some(base) => base.to_owned(),
            None => format!("{}_r", self.name),
        };
        // Some colors of matplotlib's reversed tables are rounded differently.
        let is_table = Self::named(&self.name).is_ok_and(|table| table.colors == self.colors);
        match Self::named(&name) {
            Ok(table) if is_table => table.with_bad(self.bad),
            _ => Self {
                name,
                colors: self.colors.iter().rev().copied().collect(),
                exact: self.exact.iter().rev().copied().collect(),
                bad: self.bad,
            },
        }
    }

    /// Whether it is one of those whose middle means no difference.
    pub fn is_diverging(&self) -> bool {
        DIVERGING.contains(&self.name.strip_suffix("_r").unwrap_or(&self.name))
    }

    /// Whether every color is gray.
    pub fn is_gray(&self) -> bool {
        let is_gray = |[r, g, b, _]: &Rgba| r == g && g == b;
        self.colors.iter().all(is_gray) && is_gray(&self.bad)
    }
}

/// Number of samples that are looked up at a time.
const RUN: usize = 512;

/// Number of steps of a range for which the colors are computed if gamma is not 1.
const GAMMA_STEPS: usize = 1 << 15;

/// Index of no color.
const NOWHERE: u16 = u16::MAX;

/// A colormap stretched over a range of sample values.
#[derive(Debug, Clone)]
pub struct ScaledColormap {
    colormap: Colormap,
    low: f64,
    high: f64,
    gamma: f64,
    /// Index of the color of each step of the range, unless gamma is 1.
    curve: Option<Arc<[u16]>>,
}

impl ScaledColormap {
    /// `low` gets the first color, `high` the last; values outside are clipped.
    pub fn new(colormap: Colormap, low: f64, high: f64) -> Self {
        Self {
            colormap,
            low,
            high,
            gamma: 1.0,
            curve: None,
        }
    }

    /// The same with gamma: a value at a part of the range gets the color at that part to the power
    /// of gamma, as with matplotlib's `PowerNorm`.
    pub fn with_gamma(&self, gamma: f64) -> Self {
        let len = self.colormap.colors().len();
        let index = |step: usize| {
            let part = (step as f64 / GAMMA_STEPS as f64).powf(gamma);
            ((part * len as f64) as usize).min(len - 1) as u16
        };
        Self {
            gamma,
            curve: (gamma != 1.0).then(|| (0..GAMMA_STEPS).map(index).collect()),
            ..self.clone()
        }
    }

    /// The same colors and gamma for other limits.
    pub fn with_limits(&self, low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            ..self.clone()
        }
    }

    /// The same limits and gamma for other colors.
    pub fn with_colormap(&self, colormap: Colormap) -> Self {
        Self::new(colormap, self.low, self.high).with_gamma(self.gamma)
    }

    /// The value that gets the first color.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The value that gets the last color.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Power of the position in the range that is the position in the colormap.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Color at a step of a number of equal steps of the range, from 0.
    pub fn color_at(&self, step: usize, steps: usize) -> Rgba {
        let colors = self.colormap.colors();
        let index = match &self.curve {
            None => step * colors.len() / steps,
            Some(curve) => usize::from(curve[step * curve.len() / steps]),
        };
        colors[index]
    }

    /// The colormap.
    pub fn colormap(&self) -> &Colormap {
        &self.colormap
    }

    /// Color of each sample, chosen as in matplotlib. With a range of zero width everything gets
    /// the first color; with a non-finite range nothing is shown.
    pub fn colors<R: Real>(&self, samples: &[R], out: &mut [Rgba]) {
        self.look_up(samples, self.colormap.colors(), self.colormap.bad, out);
    }

    /// Like [`ScaledColormap::colors`] in full precision.
    pub fn exact_colors<R: Real>(&self, samples: &[R], out: &mut [FloatColor]) {
        let bad = self.colormap.bad.map(|byte| f32::from(byte) / 255.0);
        self.look_up(samples, self.colormap.exact_colors(), bad, out);
    }

    fn look_up<R: Real, C: Copy>(&self, samples: &[R], colors: &[C], bad: C, out: &mut [C]) {
        let mut indices = [0; RUN];
        for (samples, out) in samples.chunks(RUN).zip(out.chunks_mut(RUN)) {
            let indices = &mut indices[..samples.len()];
            Arch::new().dispatch(|| self.find_indices(samples, indices));
            for (out, index) in out.iter_mut().zip(indices) {
                *out = colors.get(usize::from(*index)).copied().unwrap_or(bad);
            }
        }
    }

    /// Finds the table indices of the samples, or [`NOWHERE`].
    #[inline(always)]
    fn find_indices<R: Real>(&self, samples: &[R], indices: &mut [u16]) {
        let len = match &self.curve {
            None => self.colormap.colors().len(),
            Some(curve) => curve.len(),
        };
        let (nowhere, last) = (NOWHERE, len as u16 - 1);
        let n = R::from_f64(len as f64);
        let (low, width) = (self.low, self.high - self.low);
        if !width.is_finite() {
            indices.fill(nowhere);
            return;
        }
        // NumPy computes both steps in double precision and stores each in the type of the samples.
        let stored = |value: f64| R::from_f64(value);
        for (index, &sample) in indices.iter_mut().zip(samples) {
            let distance = stored(Element::to_f64(sample) - low);
            let part = stored(Element::to_f64(distance) / width);
            let part = if width == 0.0 { R::zero() } else { part };
            let inside = part.max(R::zero()).min(R::one()) * n;
            let nearest = inside.to_element::<u16>().min(last);
            *index = if sample.is_nan() { nowhere } else { nearest };
        }
        if let Some(curve) = &self.curve {
            for index in indices {
                *index = curve.get(usize::from(*index)).copied().unwrap_or(nowhere);
            }
        }
    }
}

/// A color component in 8 bits, rounded.
fn byte(component: f32) -> u8 {
    (component * 255.0).round() as u8
}

/// One of matplotlib's tables.
struct ColorTable {
    name: &'static str,
    colors: Arc<[Rgba]>,
    /// Colors of the reversed table, some of which are rounded differently.
    reversed: Arc<[Rgba]>,
    exact: Arc<[FloatColor]>,
}

fn tables() -> &'static [ColorTable] {
    static PARSED: OnceLock<Vec<ColorTable>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut rest = TABLES;
        let mut tables = Vec::new();
        while let Some((&name_len, after)) = rest.split_first() {
            let (name, after) = after.split_at(usize::from(name_len));
            let (count, after) = number(after);
            let (colors, after) = after.split_at(9 * count);
            let (count, after) = number(after);
            let (differences, after) = after.split_at(2 * count);
            let colors = || colors.as_chunks::<3>().0.as_chunks::<3>().0.iter();
            let bytes: Arc<[Rgba]> = colors().map(|[r, g, b]| [r[0], g[0], b[0], 255]).collect();
            tables.push(ColorTable {
                name: std::str::from_utf8(name).expect("the tables are our own"),
                reversed: reversed(&bytes, differences),
                colors: bytes,
                exact: colors().map(exact_color).collect(),
            });
            rest = after;
        }
        tables
    })
}

fn number(bytes: &[u8]) -> (usize, &[u8]) {
    let (number, after) = bytes.split_at(2);
    (
        usize::from(u16::from_le_bytes([number[0], number[1]])),
        after,
    )
}

/// The colors in reverse order; some components are larger or smaller by one.
fn reversed(colors: &[Rgba], differences: &[u8]) -> Arc<[Rgba]> {
    let mut reversed: Vec<Rgba> = colors.iter().rev().copied().collect();
    for difference in differences.as_chunks::<2>().0 {
        let difference = usize::from(u16::from_le_bytes(*difference));
        let (color, component) = (difference / 2 / 3, difference / 2 % 3);
        let byte = &mut reversed[color][component];
        *byte = byte.wrapping_add_signed(if difference % 2 == 1 { 1 } else { -1 });
    }
    reversed.into()
}

fn exact_color(color: &[[u8; 3]; 3]) -> FloatColor {
    let [red, green, blue] = color.map(|[high, middle, low]| {
        let value = u32::from_be_bytes([0, high, middle, low]);
        (f64::from(value) / f64::from(255 << 16)) as f32
    });
    [red, green, blue, 1.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_matplotlibs() {
        let viridis = Colormap::named("viridis").unwrap();
        assert_eq!(viridis.colors().first(), Some(&[68, 1, 84, 255]));
        assert_eq!(viridis.colors().last(), Some(&[253, 231, 36, 255]));
        let reversed = Colormap::named("viridis_r").unwrap();
        assert_eq!(reversed.colors().first(), viridis.colors().last());
        assert_eq!(
            Colormap::named("gray").unwrap().colors()[33],
            [32, 32, 32, 255]
        );
    }

    #[test]
    fn exact_colors_are_those_of_8_bits_with_more_digits() {
        for name in ["gray", "viridis", "tab10", "hsv_r"] {
            let colormap = Colormap::named(name).unwrap();
            let pairs = colormap.colors().iter().zip(colormap.exact_colors());
            for (bytes, exact) in pairs {
                for (byte, exact) in bytes.iter().zip(exact) {
                    let rest = exact * 255.0 - f32::from(*byte);
                    assert!((-1e-4..1.0).contains(&rest), "{name}: {byte} and {exact}");
                }
            }
        }
        let third = Colormap::named("gray").unwrap().exact_colors()[85][0];
        assert!((third - 1.0 / 3.0).abs() < 1e-7);
    }

    #[test]
    fn diverging_colormaps_are_known_by_their_names() {
        let is_diverging = |name| Colormap::named(name).unwrap().is_diverging();
        assert!(DIVERGING.iter().all(|name| is_diverging(name)));
        assert!(is_diverging("RdBu_r") && !is_diverging("viridis") && !is_diverging("Reds"));
    }

    #[test]
    fn reversed_colormaps_are_those_of_that_name() {
        let viridis = Colormap::named("viridis").unwrap();
        assert_eq!(viridis.reversed(), Colormap::named("viridis_r").unwrap());
        assert_eq!(viridis.reversed().reversed(), viridis);
        let own = Colormap::of_colors("gray", vec![[1.0; 4], [0.0; 4]], BAD);
        assert_eq!(own.reversed().colors(), [[0; 4], [255; 4]]);
    }

    #[test]
    fn gamma_bends_the_way_through_the_colormap() {
        let gray = |gamma| {
            let scale = ScaledColormap::new(Colormap::gray(), 0.0, 1.0).with_gamma(gamma);
            let mut colors = [BAD; 4];
            scale.colors(&[0.0f32, 0.25, 1.0, f32::NAN], &mut colors);
            (colors, scale.color_at(64, 256))
        };
        let level = |level: u8| [level, level, level, 255];
        assert_eq!(
            gray(1.0),
            ([level(0), level(64), level(255), BAD], level(64))
        );
        assert_eq!(
            gray(0.5),
            ([level(0), level(128), level(255), BAD], level(128))
        );
        assert_eq!(
            gray(2.0),
            ([level(0), level(16), level(255), BAD], level(16))
        );
    }

    #[test]
    fn unknown_names_are_corrected() {
        let error = Colormap::named("virdis").unwrap_err();
        assert_eq!(error.hints(), ["did you mean `viridis`?"]);
    }

    #[test]
    fn samples_outside_the_range_saturate_and_nan_is_transparent() {
        let scale = ScaledColormap::new(Colormap::named("gray").unwrap(), 0.0, 1.0);
        let mut colors = [BAD; 5];
        scale.colors(&[-1.0f32, 0.0, 1.0, 9.0, f32::NAN], &mut colors);
        assert_eq!(
            colors,
            [[0, 0, 0, 255], [0, 0, 0, 255], [255; 4], [255; 4], BAD]
        );
    }
}
