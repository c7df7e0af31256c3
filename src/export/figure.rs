//! Figures and plots as files: SVG and PDF with text as text, or images of a resolution.

use std::path::Path;
use std::sync::Arc;

use super::image_file::{MAX_PIXELS, of_image, save, write};
use crate::bail;
use crate::draw::page::Page;
use crate::error::{Error, Result};
use crate::io::encode::ImageFormat;
use crate::io::recording::extension_of;
use crate::io::{self, ImageOptions};

/// A figure in millimeters on paper is written in 72nds of an inch.
const POINTS_PER_INCH: f64 = 72.0;

/// Saves a page: `.svg` and `.pdf` as shapes and text, others as an image of `dpi` pixels per inch;
/// none: one pixel per unit of the page. The file also holds the script that makes it.
pub fn save_page(
    path: &Path,
    page: &Page,
    dpi: Option<f64>,
    quality: usize,
    script: Option<Arc<str>>,
) -> Result<()> {
    let extension = extension_of(path);
    match extension.as_deref() {
        Some("svg") => {
            let svg = page.svg();
            let svg = match script {
                Some(script) => io::svg_with_script(svg, &script),
                None => svg,
            };
            return write(path, svg.as_bytes());
        }
        Some("pdf") => {
            let xmp = script.map(|script| io::xmp_with_script(&script));
            return write(path, &page.pdf(xmp.as_deref()));
        }
        _ => {}
    }
    let image_format = extension.as_deref().and_then(ImageFormat::of);
    let image_format = image_format.ok_or_else(|| {
        let extensions = ImageFormat::extensions();
        Error::new(format!("cannot write the figure `{}`", path.display()))
            .hint(format!("use one of `.pdf`, `.svg`, {extensions}"))
    })?;
    if let Some(dpi) = dpi.filter(|dpi| !(*dpi > 0.0 && dpi.is_finite())) {
        bail!("`dpi` must be a number > 0, got {dpi}");
    }
    let scale = dpi.map_or(1.0, |dpi| dpi * page.unit.points() / POINTS_PER_INCH);
    let (width, height) = (page.width * scale, page.height * scale);
    if width * height > MAX_PIXELS {
        bail!("a figure of {width:.0}×{height:.0} pixels is too large");
    }
    let options = ImageOptions {
        quality,
        dpi,
        ..ImageOptions::default()
    };
    let mut colors = of_image(&page.image(scale));
    colors.metadata_mut().provenance = script;
    save(path, image_format, &colors, &options)
}
