//! Images for talks and papers: colormapped images, contact sheets and plots.

use std::path::Path;
use std::sync::Arc;

use super::figure::save_page;
use super::image_file::{MAX_PIXELS, of_image, save};
use crate::bail;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Rgba;
use crate::draw::Image;
use crate::draw::plot::Curve;
use crate::draw::rgba_image::RgbaImage;
use crate::error::{Error, Result, counted};
use crate::io::encode::{ImageFormat, ImageOptions};
use crate::io::recording::extension_of;
use crate::video::{Strided, Video, shape_text};
use crate::view::annotations::ScaleBar;
use crate::view::figure::{MapPanel, MapPanelOptions, ScaleBarChoice};

/// What is around an exported image.
#[derive(Debug, Clone, Default)]
pub struct ImageAnnotations {
    /// Title above it; may be empty.
    pub title: String,
    /// Whether there is a colorbar.
    pub has_colorbar: bool,
    /// Quantity and unit at the colorbar.
    pub label: String,
    /// Scale bar.
    pub scale_bar: Option<ScaleBar>,
    /// Height and width of a pixel in µm; default: that of the image.
    pub pixel_size: Option<[f64; 2]>,
}

/// Saves an image as displayed, in 8 bits and `scale` times as large: gray through a colormap,
/// colors unchanged. With anything around it, or as SVG or PDF, it is a page of a figure.
pub fn export_image(
    path: &Path,
    image: &Video,
    colors: &ColorSettings,
    scale: f64,
    quality: usize,
    annotations: ImageAnnotations,
) -> Result<()> {
    let extension = extension_of(path);
    let is_page = matches!(extension.as_deref(), Some("svg" | "pdf"))
        || annotations.has_colorbar
        || annotations.scale_bar.is_some()
        || !annotations.title.is_empty();
    let frame = match *image.shape() {
        [_, _] | [_, _, 1 | 3 | 4] => image.with_layout(image.layout().insert_axis(0)),
        _ => {
            let error = Error::new(format!(
                "export_image needs an image {{y, x}} or {{y, x, channel}}, got {} of shape {}",
                image.kind(),
                shape_text(image.shape())
            ));
            return Err(error.hint("select a frame of a video: `v[0]`"));
        }
    };
    if !annotations.has_colorbar && !annotations.label.is_empty() {
        return Err(
            Error::new("export_image needs a colorbar for `label`").hint("pass `colorbar: true`")
        );
    }
    let options = ImageOptions {
        quality,
        ..ImageOptions::default()
    };
    let size = |len: usize| (len as f64 * scale).round().max(1.0);
    let (width, height) = (size(image.shape()[1]), size(image.shape()[0]));
    if !(scale > 0.0 && width * height <= MAX_PIXELS) {
        bail!("`scale` {scale} makes an image that is too small or too large");
    }
    if is_page {
        let panel = MapPanel::new("export_image", image, &annotations.map(colors.clone()))?;
        let page = panel.pixel_page(&annotations.title, (width as usize, height as usize));
        let script = image.metadata().provenance.clone();
        return save_page(path, &page, None, quality, script);
    }
    let image_format = format_of(path)?;
    let rgba_image = RgbaImage::new(&frame, 0, colors)?;
    let scaled = rgba_image.scaled(width as usize, height as usize);
    let mut colors = of_colors(&scaled, image_format);
    colors.metadata_mut().provenance = image.metadata().provenance.clone();
    save(path, image_format, &colors, &options)
}

impl ImageAnnotations {
    /// The same for a map of a figure.
    fn map(&self, colors: ColorSettings) -> MapPanelOptions {
        MapPanelOptions {
            label: self.label.clone(),
            has_colorbar: self.has_colorbar,
            scale_bar: self
                .scale_bar
                .map_or(ScaleBarChoice::Absent, ScaleBarChoice::Shown),
            pixel_size: self.pixel_size,
            ..MapPanelOptions::new(colors)
        }
    }
}

/// Saves a drawn image together with the script that makes the file.
pub fn save_drawn(path: &Path, image: &Image, script: Option<Arc<str>>) -> Result<()> {
    let mut colors = of_image(image);
    colors.metadata_mut().provenance = script;
    save(path, format_of(path)?, &colors, &ImageOptions::default())
}

/// Curves of the traces, and whether the frame rate is known: if it is, time is in ms, else it is
/// the frame number.
pub fn curves(
    function: &str,
    traces: &[Video],
    labels: &[String],
    fps: Option<f64>,
) -> Result<(Vec<Curve>, bool)> {
    if traces.is_empty() {
        bail!("{function} needs at least one trace");
    }
    if labels.len() > traces.len() {
        bail!(
            "`labels` has {} for {}",
            counted(labels.len(), "name"),
            counted(traces.len(), "trace")
        );
    }
    if let Some(fps) = fps.filter(|fps| !(fps.is_finite() && *fps > 0.0)) {
        bail!("`fps` must be above 0, got {fps}");
    }
    let rates: Vec<Option<f64>> = traces
        .iter()
        .map(|trace| fps.or(trace.metadata().fps))
        .collect();
    let is_timed = rates.iter().all(Option::is_some);
    let mut curves = Vec::with_capacity(traces.len());
    for (index, (trace, fps)) in traces.iter().zip(rates).enumerate() {
        let label = labels.get(index).cloned().unwrap_or_default();
        curves.push(curve(function, trace, label, fps.filter(|_| is_timed))?);
    }
    Ok((curves, is_timed))
}

fn curve(function: &str, trace: &Video, label: String, fps: Option<f64>) -> Result<Curve> {
    if trace.ndim() != 1 {
        let error = Error::new(format!(
            "{function} needs traces, got {} of shape {}",
            trace.kind(),
            shape_text(trace.shape())
        ));
        let hint = "extract the trace of a pixel, `v[[(), 10, 20]]`, or of a region with `trace`";
        return Err(error.hint(hint));
    }
    let mut values = vec![0.0f64; trace.len()];
    for (frame, value) in values.iter_mut().enumerate() {
        trace
            .samples()
            .read(frame, 0..1, std::slice::from_mut(value));
    }
    let interval = fps.map_or(1.0, |fps| 1000.0 / fps);
    let points = values.into_iter().enumerate();
    let points = points.map(|(frame, value)| (frame as f64 * interval, value));
    Ok(Curve {
        label,
        points: points.collect(),
    })
}

/// Whether the extension is that of an image.
pub fn is_image(path: &Path) -> bool {
    extension_of(path).is_some_and(|extension| ImageFormat::of(&extension).is_some())
}

fn format_of(path: &Path) -> Result<ImageFormat> {
    let extension = extension_of(path);
    extension
        .and_then(|extension| ImageFormat::of(&extension))
        .ok_or_else(|| {
            Error::new(format!("cannot write the image `{}`", path.display()))
                .hint(format!("use one of {}", ImageFormat::extensions()))
        })
}

/// The colors, with opacity if it matters and the format supports it, else on black.
fn of_colors(rgba_image: &RgbaImage, image_format: ImageFormat) -> Video {
    let is_opaque = rgba_image.pixels.iter().all(|color| color[3] == 255);
    let shape = |channels| [rgba_image.height, rgba_image.width, channels];
    if !is_opaque && image_format.has_opacity() {
        return Video::new(Strided::from_vec(&shape(4), rgba_image.pixels.concat()));
    }
    let on_black = |[red, green, blue, opacity]: &Rgba| {
        [red, green, blue].map(|byte| (u16::from(*byte) * u16::from(*opacity) / 255) as u8)
    };
    let pixels = rgba_image.pixels.iter().flat_map(on_black).collect();
    Video::new(Strided::from_vec(&shape(3), pixels))
}
