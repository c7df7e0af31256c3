//! Colormaps: by name, and made from colors.

use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::script::builtins;
use crate::script::types::colormap::{self, ColormapSource, CustomColormap};

builtins! {
    /// Makes a colormap from a list of colors, or adapts a named one.
    ///
    /// Colors are CSS names or `#rrggbb`, the low end first; they are interpolated linearly. A name
    /// gives that colormap, resampled to `n` colors if `n` is given. The result can be passed
    /// wherever the name of a colormap can.
    ///
    /// Returns a `Colormap` with the properties `name` ("gradient" if made from colors), `colors`
    /// and `bad`.
    ///
    /// Fails if a color or name is unknown, the list is empty, `n` is not from 1 to 65536, or
    /// `positions` do not ascend, are not one for each color, or are given for a named colormap.
    ///
    /// ```
    /// let fire = colormap(["black", "#ff8800", "white"]);
    /// fire.colors[255] // => "#ffffff"
    /// let v = example_video(4, 32, 32);
    /// export_image("fire.png", v[0], #{cmap: fire});
    /// colormap("viridis", #{n: 4, bad: "red"}).bad // => "#ff0000"
    /// ```
    ///
    /// See also: `colormaps`, `export_image`, `show_video`
    fn colormap(
        /// Colors from the low to the high end, or the name of a colormap.
        colors: ColormapSource,
        /// Positions of the colors, ascending from the low to the high end; default: evenly spaced.
        positions: Option<Vec<f64>> = None,
        /// Number of colors; default: 256, or that of the named colormap.
        n: Option<usize> = None,
        /// Color of NaN samples; default: transparent, which movies show black.
        bad: Option<String> = None,
    ) -> Result<CustomColormap> {
        colormap::make(colors, positions, n, bad).map(CustomColormap)
    }

    /// Lists the names of all colormaps, which are those of Matplotlib.
    ///
    /// A name with `_r` appended, such as "viridis_r", gives the reversed colormap; these are not
    /// listed.
    ///
    /// Returns an array of strings.
    ///
    /// ```
    /// colormaps().len // => 91
    /// colormaps().contains("viridis") // => true
    /// ```
    ///
    /// See also: `colormap`
    fn colormaps(
        &context,
        /// Print a swatch of each colormap; default: on terminals that show colors.
        swatches: Option<bool> = None,
    ) -> Vec<String> {
        if swatches.unwrap_or_else(colormap::shows_swatches) {
            for name in Colormap::names() {
                let swatch = Colormap::named(name).map(|colormap| colormap::swatch(&colormap));
                context.print(&format!("{name:<20} {}", swatch.unwrap_or_default()));
            }
        }
        Colormap::names().map(str::to_owned).collect()
    }
}
