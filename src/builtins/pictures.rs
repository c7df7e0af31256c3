//! Single pictures: images, contact sheets and plots.

use std::path::PathBuf;

use crate::draw::plot::Plot;
use crate::draw::sheet::Sheet;
use crate::error::Result;
use crate::io::{self, Coloured, Compression, StillOptions};
use crate::ops::normalize::{self, Normalize};
use crate::script::builtins;
use crate::script::convert::Traces;
use crate::video::colormap::Colormap;
use crate::video::{DType, Video};

builtins! {
    /// Loads a picture as an image: a `.png`, `.tif`, `.jpg`, `.bmp` or `.npy` file.
    ///
    /// ```
    /// save_image("image.png", example_video(4)[2]);
    /// load_image("image.png") // => image 128×128 uint16 [186 … 2890], 32.8 kB, image.png
    /// ```
    fn load_image(
        /// File to load.
        filename: PathBuf,
        /// Whether colours become gray.
        as_gray: bool = false,
    ) -> Result<Video> {
        io::load_picture(&filename, as_gray)
    }

    /// Saves an image so that nothing is lost; the format follows from the name.
    ///
    /// `.npy` and `.tif` hold every sample type, `.png` uint8, uint16 and bool, `.bmp` and `.jpg` uint8
    /// and bool; JPEG is the only one that loses something. `export_image` makes pictures for papers.
    ///
    /// ```
    /// let image = example_video(4)[2];
    /// save_image("image.png", image);
    /// equals(load_image("image.png"), image) // => true
    /// ```
    fn save_image(
        /// File to write.
        filename: PathBuf,
        /// Image to save, `{y, x}` or `{y, x, channel}`.
        image: Video,
        /// Whether to scale the samples to uint8, from the darkest to the brightest, for programs that
        /// show nothing else.
        compat: bool = false,
        /// How TIFF files are made smaller.
        compression: Compression = Compression::None,
        /// How much JPEG keeps, from 1 to 100.
        quality: usize = io::QUALITY,
    ) -> Result<()> {
        let bytes = Normalize { ymin: 0.0, ymax: None, vmin: None, vmax: None, dtype: DType::U8, clip: true };
        let image = if compat { normalize::normalize(image, &bytes)? } else { image };
        io::save_image(&filename, &image, &StillOptions { compression, quality })
    }

    /// Saves an image as it is to look in a paper: gray through the colormap, in 8 bits.
    ///
    /// Samples that are not a number are transparent in `.png` and `.tif`, black elsewhere.
    ///
    /// ```
    /// let v = example_video(20);
    /// export_image("map.png", v[4] - v[0], #{cmap: "RdBu_r", vmin: -1000, vmax: 1000, scale: 4});
    /// load_image("map.png").shape // => [512, 512, 3]
    /// ```
    fn export_image(
        /// File to write: `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: PathBuf,
        /// Image to export, `{y, x}` or with colour channels `{y, x, channel}`.
        image: Video,
        /// Colormap of a gray image.
        cmap: Colormap = Colormap::gray(),
        /// Sample value of the colormap's low end; by default the smallest.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest.
        vmax: Option<f64> = None,
        /// By how much the picture is enlarged: pixels become squares. Below 1 it is reduced.
        scale: f64 = 1.0,
        /// How much JPEG keeps, from 1 to 100.
        quality: usize = io::QUALITY,
    ) -> Result<()> {
        let look = Coloured { cmap, range: (vmin, vmax), scale };
        io::export_image(&filename, &image, &look, quality)
    }

    /// Shows some frames of a video beside each other, with their times.
    ///
    /// Returns the picture, and writes it if a `filename` is given. All frames have the same range.
    ///
    /// ```
    /// let v = example_video(100);
    /// contact_sheet(v, #{every: 10, ncols: 5, cmap: "viridis", filename: "sheet.png"}).shape // => [314, 688, 3]
    /// ```
    fn contact_sheet(
        /// Video to show.
        video: Video,
        /// Show every n-th frame; by default some 20 frames are shown.
        every: Option<usize> [frames] = None,
        /// Number of frames in a row; by default as many as suit the page.
        ncols: Option<usize> = None,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Sample value of the colormap's low end; by default the smallest of all frames shown.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest of all frames shown.
        vmax: Option<f64> = None,
        /// By how much frames are enlarged; by default until they are 120 pixels wide.
        scale: Option<usize> = None,
        /// Distance between the frames.
        padding: usize [px] = 8,
        /// Whether the time of each frame, or its number if the frame rate is not known, is below it.
        labels: bool = true,
        /// File to write the picture to: `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: Option<PathBuf> = None,
    ) -> Result<Video> {
        let range = (vmin, vmax);
        let sheet = Sheet { every, ncols, cmap, range, scale, padding, labels };
        let image = sheet.draw(&video)?;
        filename.map_or(Ok(()), |path| io::save_drawn(&path, &image))?;
        Ok(io::of_image(&image))
    }

    /// Plots traces over time, as a picture or as `.svg` for papers.
    ///
    /// The time is in ms if the frame rate is known. Samples that are not a number leave gaps.
    ///
    /// ```
    /// let v = example_video(200);
    /// plot_traces([v[[(), 40, 40]], v[[(), 90, 70]]], "traces.svg", #{labels: ["apex", "base"], title: "Raw signals"})
    /// ```
    fn plot_traces(
        /// Trace, or list of traces, to plot.
        traces: Traces,
        /// File to write: `.svg`, `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: PathBuf,
        /// Names of the traces for the legend.
        labels: Vec<String> = Vec::new(),
        /// What stands above the plot.
        title: String = String::new(),
        /// What stands below the horizontal axis; by default "time (ms)" or "frame".
        xlabel: Option<String> = None,
        /// What stands beside the vertical axis.
        ylabel: String = String::new(),
        /// Frames per second; by default those of the traces.
        fps: Option<f64> [Hz] = None,
        /// Value of the lower end of the vertical axis; by default what the traces need.
        ymin: Option<f64> = None,
        /// Value of the upper end of the vertical axis; by default what the traces need.
        ymax: Option<f64> = None,
        /// Width of the picture.
        width: usize [px] = 800,
        /// Height of the picture.
        height: usize [px] = 400,
    ) -> Result<()> {
        let (curves, is_timed) = io::curves(&traces.0, &labels, fps)?;
        let xlabel = xlabel.unwrap_or(if is_timed { "time (ms)" } else { "frame" }.into());
        let (yrange, size) = ((ymin, ymax), (width, height));
        io::save_plot(&filename, &Plot { curves, title, xlabel, ylabel, yrange, size })
    }
}
