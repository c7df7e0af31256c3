//! Windows that show pictures: images, plots of traces and figures.

use super::shared::{ArrangementParams, TracePlotParams};
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::page::Page;
use crate::error::{Error, Result};
use crate::player::{Panel, Player, Show};
use crate::script::call::convert::Traces;
use crate::script::types::drawing::ScaleBarParam;
use crate::script::types::figure_panel::PanelsParam;
use crate::script::{Context, builtins};
use crate::video::{Video, shape_text, warn_of_pixel_size};
use crate::view::annotations::Annotations;
use crate::view::colored_frames::image_frame;

/// Pixels of a picture per unit of its page, so that it stays sharp in a large window.
const PIXELS_PER_PIXEL: f64 = 2.0;
const PIXELS_PER_POINT: f64 = 192.0 / 72.0;

builtins! {
    /// Shows an image in a window, with a colorbar.
    ///
    /// Contrast, colormap, zoom, values under the pointer and regions are at hand by the keys of
    /// `show_video`; `w` shows or hides the colorbar. In a script the call returns when the window
    /// is closed, at the prompt at once. Without a display it shows a warning and goes on. Color
    /// images are shown as they are; NaN samples are left blank.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if `image` is not {y, x} or {y, x, channel} with 1, 3 or 4 channels, or if a scale bar
    /// needs a pixel size that is not known or does not fit.
    ///
    /// ```
    /// let p = phantom(#{frames: 120, apd_gradient: 20});
    /// let apd = apd_map(p.video, 80).apply_mask(p.mask);
    /// show_image(apd, #{cmap: "viridis", label: "APD80 (ms)", title: "APD80"}).cmap // => "viridis"
    /// ```
    ///
    /// See also: `show_video`, `show_traces`, `show_figure`, `map_figure`, `export_image`.
    fn show_image(
        &context,
        /// Image to show, `{y, x}` or with color channels `{y, x, channel}`.
        image: Video,
        /// Colormap of a gray image: a name, an array of colors, or a `colormap`.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit (sample value); default: the minimum, and symmetric around 0 for
        /// diverging colormaps.
        vmin: Option<f64> = None,
        /// Upper color limit (sample value); default: the maximum, and symmetric around 0 for
        /// diverging colormaps.
        vmax: Option<f64> = None,
        /// Title above the image and of the window.
        title: String = String::new(),
        /// Show the colorbar.
        colorbar: bool = true,
        /// Quantity and unit at the colorbar, such as "APD80 (ms)".
        label: String = String::new(),
        /// Length of a scale bar; true: a suitable round length.
        scale_bar: ScaleBarParam [um] = ScaleBarParam(None),
        /// Width of a pixel for the scale bar; default: that of the image.
        pixel_size: Option<f64> [um] = None,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
        warn_of_pixel_size(pixel_size.as_slice());
        let frame = image_frame(&image, "show_image").map_err(|_| {
            let error = Error::new(format!(
                "show_image needs an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
                image.kind(),
                shape_text(image.shape())
            ));
            error.hint("select a frame of a video: `v[0]`")
        })?;
        let panel = Panel::video(frame, title, &ColorSettings::new(cmap, vmin, vmax))?;
        let scale_bar = scale_bar.0;
        let annotations = Annotations { label, scale_bar, pixel_size, ..Annotations::default() };
        let player = player(panel, annotations)?;
        player.show_colorbars(colorbar);
        context.show(&player, block)?;
        Ok(player)
    }

    /// Shows a plot of traces over time in a window, as `plot_traces` draws it.
    ///
    /// Returns an `InteractivePlayer`: its picture can be zoomed, and saved by `s`.
    ///
    /// Fails if `plot_traces` would.
    ///
    /// ```
    /// let v = example_video(200);
    /// show_traces([v.trace(40, 40), v.trace(90, 70)], #{labels: ["apex", "base"], ylabel: "F"}).frame // => 0
    /// ```
    ///
    /// See also: `plot_traces`, `show_figure`, `show_image`, `trace`.
    fn show_traces(
        &context,
        /// Trace, or list of traces, to plot.
        traces: Traces,
        plotted: ..TracePlotParams,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
        let page = plotted.page("show_traces", &traces.0)?;
        show(context, &page, PIXELS_PER_PIXEL, block)
    }

    /// Shows panels as a figure in a window, as `figure` draws it.
    ///
    /// Returns an `InteractivePlayer`: its picture can be zoomed, and saved by `s`.
    ///
    /// Fails if `figure` would.
    ///
    /// ```
    /// let p = phantom(#{frames: 120});
    /// let map = map_panel(p.activation, #{label: "Activation (ms)"});
    /// show_figure([map, trace_panel(p.video.trace(20, 20))], #{width: "double"}).frame // => 0
    /// ```
    ///
    /// See also: `figure`, `map_panel`, `trace_panel`, `show_image`, `show_traces`.
    fn show_figure(
        &context,
        /// Panels, or an array of panels for each row.
        panels: PanelsParam,
        arranged: ..ArrangementParams,
        /// Size of the text.
        font_size: f64 [pt] = 8.0,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
    ) -> Result<Player> {
        let page = arranged.figure("show_figure", panels, font_size)?.page()?;
        show(context, &page, PIXELS_PER_POINT, block)
    }
}

/// Shows a page in a window.
fn show(context: &Context, page: &Page, scale: f64, block: Option<bool>) -> Result<Player> {
    let player = player(Panel::page(page, scale)?, Annotations::default())?;
    context.show(&player, block)?;
    Ok(player)
}

fn player(panel: Panel, annotations: Annotations) -> Result<Player> {
    Player::new(Show {
        panels: vec![panel],
        interval_ms: 10,
        step: 1,
        annotations,
    })
}
