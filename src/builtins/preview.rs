//! Images in the terminal.

use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::terminal::{self, Graphics};
use crate::error::Result;
use crate::script::builtins;
use crate::video::Video;

builtins! {
    /// Draws a frame in the terminal, also over ssh and without a display.
    ///
    /// Terminals that can show images (kitty, iTerm2, sixel) get an image, others colored half
    /// blocks, files and pipes characters. The environment variable `OPTIMAP_GRAPHICS` overrides
    /// what is detected. NaN samples are left blank.
    ///
    /// Fails if there is no such frame, or if `video` is neither a video nor an image.
    ///
    /// ```
    /// preview(example_video(10, 64, 64), #{cmap: "viridis", width: 32})
    /// ```
    ///
    /// See also: `show_video`, `contact_sheet`, `export_image`.
    fn preview(
        &context,
        /// Video or image.
        video: Video,
        /// Index of the frame to draw.
        frame: usize [frames] = 0,
        /// Width in terminal columns; default: such that the whole frame is visible.
        width: Option<usize> [columns] = None,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit (sample value); default: the minimum of the first frame.
        vmin: Option<f64> = None,
        /// Upper color limit (sample value); default: the maximum of the first frame.
        vmax: Option<f64> = None,
        /// How to draw in the terminal; default: the best that the terminal is known to support.
        graphics: Option<Graphics> = None,
    ) -> Result<()> {
        let rgba_image = RgbaImage::new(&video, frame, &ColorSettings::new(cmap, vmin, vmax))?;
        let fitting = || terminal::fitting_columns((rgba_image.width, rgba_image.height));
        let columns = width.map_or_else(fitting, |width| width.clamp(1, MAX_COLUMNS));
        let graphics = graphics.unwrap_or_else(Graphics::offered);
        context.print(&terminal::picture(&rgba_image, columns, graphics));
        Ok(())
    }
}

/// More columns than any terminal has.
const MAX_COLUMNS: usize = 1000;
