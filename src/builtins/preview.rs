//! Pictures in the terminal.

use crate::draw::still::Still;
use crate::draw::terminal::{self, Graphics};
use crate::error::Result;
use crate::script::builtins;
use crate::video::Video;
use crate::video::colormap::Colormap;

builtins! {
    /// Draws a frame in the terminal, also over ssh and without a display.
    ///
    /// Terminals that show images (kitty, iTerm2, sixels) get one, others coloured half blocks,
    /// files and pipes characters. What is not a number is left out.
    ///
    /// ```
    /// preview(example_video(10, 64, 64), #{cmap: "viridis", width: 32})
    /// ```
    fn preview(
        &context,
        /// Video or image.
        video: Video,
        /// Frame to draw.
        frame: usize [frames] = 0,
        /// Columns of the terminal to fill; by default as many as let it be seen as a whole.
        width: Option<usize> [columns] = None,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Sample value of the colormap's low end; by default the smallest of the first frame.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest of the first frame.
        vmax: Option<f64> = None,
        /// How the terminal shows pictures; by default what it is known to offer.
        graphics: Option<Graphics> = None,
    ) -> Result<()> {
        let still = Still::new(&video, frame, cmap, (vmin, vmax))?;
        let fitting = || terminal::fitting_columns((still.width, still.height));
        let columns = width.map_or_else(fitting, |width| width.clamp(1, MOST_COLUMNS));
        let graphics = graphics.unwrap_or_else(Graphics::offered);
        context.print(&terminal::picture(&still, columns, graphics));
        Ok(())
    }
}

/// More columns than any terminal has.
const MOST_COLUMNS: usize = 1000;
