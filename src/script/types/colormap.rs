//! Script type for colormaps.

use console::Term;
use rhai::Dynamic;

use super::members::{Member, Scripted};
use crate::color::colormap::{Colormap, Rgba};
use crate::color::gradient;
use crate::draw::terminal::understands_escapes;
use crate::error::{Result, counted};
use crate::script::call::value::{Type, Value};

/// Width of a swatch in terminal cells.
const CELLS: usize = 48;

impl Scripted for Colormap {
    const NAME: &'static str = "Colormap";
    const DOC: &'static str = "Colors from the low to the high end of a range, made by `colormap`.";
    const KIND: Type = Type::Colormap;
    const MEMBERS: &'static [Member<Self>] = COLORMAP_MEMBERS;
    fn text(&self) -> String {
        let colors = counted(self.colors().len(), "color");
        let text = format!("colormap {}, {colors}", self.name());
        match shows_swatches() {
            true => format!("{text} {}", swatch(self)),
            false => text,
        }
    }
}

/// Properties of a colormap.
const COLORMAP_MEMBERS: &[Member<Colormap>] = &[
    Member {
        name: "name",
        doc: "Name, or \"gradient\".",
        get: |colormap| colormap.name().to_owned().into_dynamic(),
    },
    Member {
        name: "colors",
        doc: "Colors from the low to the high end, such as \"#440154\".",
        get: |colormap| {
            let texts = colormap.colors().iter().map(|color| hex(*color));
            texts.collect::<Vec<_>>().into_dynamic()
        },
    },
    Member {
        name: "bad",
        doc: "Color of NaN samples.",
        get: |colormap| hex(colormap.bad()).into_dynamic(),
    },
];

/// A colormap given by value rather than by name.
pub struct CustomColormap(pub Colormap);

impl Value for CustomColormap {
    const TYPE: Type = Type::Colormap;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Colormap::from_dynamic(value).map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self.0)
    }
}

/// Argument of `colormap`: another colormap or its name, or some colors.
pub enum ColormapSource {
    /// A colormap or its name.
    Known(Colormap),
    /// Colors from the low to the high end.
    List(Vec<String>),
}

impl Value for ColormapSource {
    const TYPE: Type = <Colormap as Value>::TYPE;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if value.is_array() {
            return Vec::from_dynamic(value).map(Self::List);
        }
        Colormap::from_dynamic(value).map(Self::Known)
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Known(colormap) => Dynamic::from(colormap),
            Self::List(colors) => colors.into_dynamic(),
        }
    }
}

/// Creates a colormap that interpolates colors, or one from another.
pub fn make(
    colors: ColormapSource,
    positions: Option<Vec<f64>>,
    n: Option<usize>,
    bad: Option<String>,
) -> Result<Colormap> {
    let made = match (colors, &positions) {
        (ColormapSource::List(colors), _) => {
            Colormap::gradient_at(&colors, positions.as_deref(), n)?
        }
        (ColormapSource::Known(_), Some(_)) => {
            crate::bail!("`positions` need an array of colors; a colormap has its own")
        }
        (ColormapSource::Known(colormap), None) => {
            n.map_or(Ok(colormap.clone()), |n| colormap.resampled(n))?
        }
    };
    Ok(match bad {
        Some(bad) => made.with_bad(gradient::parse_color(&bad)?),
        None => made,
    })
}

/// Swatch of the colors from the low to the high end, for terminals with 24-bit color.
pub fn swatch(colormap: &Colormap) -> String {
    let colors = colormap.colors();
    let cells = (0..CELLS).map(|cell| colors[cell * colors.len() / CELLS]);
    let cells = cells.map(|[red, green, blue, _]| format!("\x1b[48;2;{red};{green};{blue}m "));
    format!("{}\x1b[0m", cells.collect::<String>())
}

/// Whether standard output shows colors.
pub fn shows_swatches() -> bool {
    understands_escapes(&Term::stdout()) && std::env::var_os("NO_COLOR").is_none()
}

/// CSS notation of a color, with its opacity unless it is opaque.
fn hex([red, green, blue, opacity]: Rgba) -> String {
    match opacity {
        255 => format!("#{red:02x}{green:02x}{blue:02x}"),
        _ => format!("#{red:02x}{green:02x}{blue:02x}{opacity:02x}"),
    }
}
