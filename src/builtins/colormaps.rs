//! Colormaps by name and of colours.

use crate::error::Result;
use crate::script::builtins;
use crate::script::colormap::{self, Colors, Made};
use crate::video::colormap::Colormap;

builtins! {
    /// Makes a colormap that can be passed wherever the name of one can.
    ///
    /// Colours are CSS names or `#rrggbb`, the low end first. A name gives that colormap, in fewer
    /// colours if `n` says so.
    ///
    /// ```
    /// let fire = colormap(["black", "#ff8800", "white"]);
    /// fire.colors[255] // => "#ffffff"
    /// let v = example_video(4, 32, 32);
    /// export_image("fire.png", v[0], #{cmap: fire});
    /// colormap("viridis", #{n: 4, bad: "red"}).bad // => "#ff0000"
    /// ```
    fn colormap(
        /// Colours from the low to the high end, or name of a colormap.
        colors: Colors,
        /// Where the colours lie from the low to the high end; by default evenly spaced.
        positions: Option<Vec<f64>> = None,
        /// Number of colours; by default 256, or as many as the colormap of the name has.
        n: Option<usize> = None,
        /// Colour of samples that are not a number; by default transparent, which movies show black.
        bad: Option<String> = None,
    ) -> Result<Made> {
        colormap::make(colors, positions, n, bad).map(Made)
    }

    /// The names of all colormaps, which are those of matplotlib.
    ///
    /// With `_r` after it, a name gives the reversed colormap.
    ///
    /// ```
    /// colormaps().len // => 91
    /// colormaps().contains("viridis") // => true
    /// ```
    fn colormaps(
        &context,
        /// Whether to print a swatch of each; by default on terminals that show colours.
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
