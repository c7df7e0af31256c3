//! Single images: image files, contact sheets and plots.

use std::path::PathBuf;

use super::shared::TracePlotParams;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::export::{self, ImageAnnotations};
use crate::io::{self, Compression, ImageOptions};
use crate::ops::filter::normalize::{self, Normalize};
use crate::script::call::convert::{Numbers, Traces};
use crate::script::types::drawing::ScaleBarParam;
use crate::script::{Provenance, builtins};
use crate::video::Video;
use crate::view::contact_sheet::ContactSheet;

builtins! {
    /// Loads an image file as an array: PNG, TIFF, JPEG, BMP or `.npy`.
    ///
    /// The format of a file is recognized by its content, `.npy` by its name.
    ///
    /// Returns an image {y, x}, or {y, x, channel} for color, in the sample type of the file.
    ///
    /// Fails if the file does not exist, is not an image that can be read, or holds a
    /// video, as a TIFF file of several pages does: use `load_video`.
    ///
    /// ```
    /// save_image("image.png", example_video(4)[2]);
    /// load_image("image.png") // => image 128×128 uint16 [186 … 2890], 32.8 kB, image.png
    /// ```
    ///
    /// See also: `save_image`, `load_image_folder`, `load_video`.
    fn load_image(
        /// File to load.
        filename: PathBuf,
        /// Convert color to gray: 0.299 R + 0.587 G + 0.114 B, in the same sample type, without
        /// opacity.
        as_gray: bool = false,
    ) -> Result<Video> {
        io::load_picture(&filename, as_gray)
    }

    /// Saves an image without loss; the extension decides the format.
    ///
    /// `.npy` and `.tif` hold every sample type, `.png` uint8, uint16 and bool, `.bmp` and `.jpg`
    /// uint8 and bool. JPEG is the only lossy format. Use `export_image` to make images for papers.
    ///
    /// Fails if the extension is unknown, if the format cannot hold the sample type or the number
    /// of channels, if `image` has no two or three axes or no samples, or if `quality` is not 1 to
    /// 100.
    ///
    /// ```
    /// let image = example_video(4)[2];
    /// save_image("image.png", image);
    /// equals(load_image("image.png"), image) // => true
    /// ```
    ///
    /// See also: `load_image`, `export_image`, `save_image_sequence`, `save_video`.
    fn save_image(
        /// File to write: `.png`, `.tif`, `.tiff`, `.jpg`, `.jpeg`, `.bmp` or `.npy`.
        filename: PathBuf,
        /// Image to save, `{y, x}` or `{y, x, channel}`.
        image: Video,
        /// Scale the samples from their minimum and maximum to 0 to 255 (uint8), for programs that
        /// show nothing else.
        compat: bool = false,
        /// Compression of TIFF files.
        compression: Compression = Compression::None,
        /// JPEG quality, 1 to 100.
        quality: usize = io::QUALITY,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let image = match compat {
            true => normalize::normalize(image, &Normalize::TO_BYTES)?,
            false => image,
        };
        let image = provenance.with(image);
        io::save_image(&filename, &image, &ImageOptions {
            compression, quality, ..ImageOptions::default()
        })
    }

    /// Saves an image as it is to look in a paper: through a colormap, in 8 bits.
    ///
    /// Color images are written as they are. NaN samples are transparent in `.png` and `.tif`,
    /// black in other formats. With a colorbar, a scale bar or a title, or as `.svg` or `.pdf`, the
    /// image is on a white page; text is as large as suits the width of the image. For figures in
    /// millimeters of paper, see `map_figure`.
    ///
    /// Fails if `image` is not {y, x} or {y, x, channel} with 1, 3 or 4 channels, if the extension
    /// is unknown, if `scale` makes an image that is too small or too large, if `quality` is not 1
    /// to 100, if a scale bar needs a pixel size that is not known or does not fit, or if there is
    /// a `label` without a colorbar.
    ///
    /// ```
    /// let v = example_video(20);
    /// export_image("map.png", v[4] - v[0], #{cmap: "RdBu_r", vmin: -1000, vmax: 1000, scale: 4});
    /// load_image("map.png").shape // => [512, 512, 3]
    /// export_image("labeled.png", v[4], #{scale: 4, colorbar: true, label: "counts", title: "Frame 4"})
    /// ```
    ///
    /// See also: `map_figure`, `save_image`, `colormap`, `contact_sheet`, `export_video`.
    fn export_image(
        /// File to write: `.png`, `.tif`, `.tiff`, `.jpg`, `.jpeg`, `.bmp`, `.svg` or `.pdf`.
        filename: PathBuf,
        /// Image to export, `{y, x}` or with color channels `{y, x, channel}`.
        image: Video,
        /// Colormap of a gray image.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit (sample value); default: the minimum.
        vmin: Option<f64> = None,
        /// Upper color limit (sample value); default: the maximum.
        vmax: Option<f64> = None,
        /// Magnification: above 1, pixels become squares (nearest neighbor); below 1, the mean of
        /// the pixels is taken.
        scale: f64 = 1.0,
        /// JPEG quality, 1 to 100.
        quality: usize = io::QUALITY,
        /// Title above the image.
        title: String = String::new(),
        /// Show a colorbar with the sample values of the colors.
        colorbar: bool = false,
        /// Quantity and unit at the colorbar, such as "APD80 (ms)".
        label: String = String::new(),
        /// Length of a scale bar; true: a suitable round length.
        scale_bar: ScaleBarParam [um] = ScaleBarParam(None),
        /// Height and width of a pixel, or one number for both; default: that of the image.
        pixel_size: Option<Numbers> [um] = None,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let colors = ColorSettings::new(cmap, vmin, vmax);
        let pair = |size: Numbers| size.pair("export_image", "pixel_size");
        let annotations = ImageAnnotations {
            title,
            has_colorbar: colorbar,
            label,
            scale_bar: scale_bar.0,
            pixel_size: pixel_size.map(pair).transpose()?,
        };
        let image = provenance.with(image);
        export::export_image(&filename, &image, &colors, scale, quality, annotations)
    }

    /// Draws frames of a video side by side in one image, with their times.
    ///
    /// All frames have the same color limits. NaN samples are white.
    ///
    /// Returns the image {y, x, channel}, RGB, uint8. It is also written to `filename` if that is
    /// given.
    ///
    /// Fails if `video` has no frames, if `every`, `ncols` or `scale` is 0, or if the sheet would
    /// be too large.
    ///
    /// ```
    /// let v = example_video(100);
    /// contact_sheet(v, #{every: 10, ncols: 5, cmap: "viridis", filename: "sheet.png"}).shape // => [314, 688, 3]
    /// ```
    ///
    /// See also: `export_image`, `collage`, `preview`.
    fn contact_sheet(
        /// Video to show.
        video: Video,
        /// Show every n-th frame; default: such that at most 20 frames are shown.
        every: Option<usize> [frames] = None,
        /// Number of frames in a row; default: such that the sheet is about 1.5 times as wide as
        /// high.
        ncols: Option<usize> = None,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit (sample value); default: the minimum of all frames shown.
        vmin: Option<f64> = None,
        /// Upper color limit (sample value); default: the maximum of all frames shown.
        vmax: Option<f64> = None,
        /// Magnification, a whole factor; default: such that frames are at least 120 pixels wide.
        scale: Option<usize> = None,
        /// Distance between the frames.
        padding: usize [px] = 8,
        /// Write the time of each frame below it, or its number if the frame rate is not known.
        labels: bool = true,
        /// File to write the image to: `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: Option<PathBuf> = None,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<Video> {
        let colors = ColorSettings { cmap, vmin, vmax, range: RangeExtent::All };
        let sheet = ContactSheet { every, ncols, colors, scale, padding, labels };
        let image = sheet.draw(&video)?;
        let script = provenance.script();
        filename.map_or(Ok(()), |path| export::save_drawn(&path, &image, script))?;
        Ok(export::of_image(&image))
    }

    /// Plots traces over time, as an image, or as `.svg` or `.pdf` for papers.
    ///
    /// The horizontal axis is in ms if the frame rate of all traces is known, else in frames. NaN
    /// samples leave gaps.
    ///
    /// Fails if there are no traces, if one of them has more than one axis, if there are more
    /// labels than traces, if `fps` is not positive, if `ymin` is not below `ymax`, if the plot has
    /// no room for its curves or is larger than 16384 pixels, or if the extension is unknown.
    ///
    /// ```
    /// let v = example_video(200);
    /// plot_traces([v[[(), 40, 40]], v[[(), 90, 70]]], "traces.svg", #{labels: ["apex", "base"], title: "Raw signals"})
    /// ```
    ///
    /// See also: `show_traces`, `trace_panel`, `trace`, `export_image`, `write_csv`.
    fn plot_traces(
        /// Trace, or list of traces, to plot.
        traces: Traces,
        /// File to write: `.svg`, `.pdf`, `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: PathBuf,
        plotted: ..TracePlotParams,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let page = plotted.page("plot_traces", &traces.0)?;
        export::save_page(&filename, &page, None, io::QUALITY, provenance.script())
    }
}
