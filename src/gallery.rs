//! Images of the reference, drawn by running the code next to them.

use std::io::Write;
use std::path::Path;

use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::rgba_image::RgbaImage;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::script::docs::pictures::{PICTURES, SETUP};
use crate::session::Session;
use crate::text::paths;
use crate::video::Video;

/// Height of the image of a colormap.
const STRIP: usize = 16;

/// Draws the images of functions and colormaps into a folder, which is created if necessary.
pub fn write(session: &mut Session, folder: &Path) -> Result<()> {
    paths::create_folder(folder)?;
    evaluate(session, SETUP).map(drop)?;
    for picture in PICTURES {
        let value = evaluate(session, picture.code)?;
        let Some(image) = value.try_cast::<Video>() else {
            return Err(Error::new(format!("`{}` is not an image", picture.code)));
        };
        let colors = ColorSettings::new(Colormap::named(picture.cmap)?, None, None);
        let rgba_image = RgbaImage::new(&image, 0, &colors)?;
        save(folder, picture.name, &rgba_image)?;
    }
    for name in Colormap::names() {
        save(
            folder,
            &format!("colormap_{name}"),
            &strip(&Colormap::named(name)?),
        )?;
    }
    Ok(())
}

fn evaluate(session: &mut Session, code: &str) -> Result<rhai::Dynamic> {
    let value = session.run_entry(code);
    value.map_err(|diagnostic| diagnostic.error().clone())
}

/// Draws the colors of a colormap from left to right, each in the same number of columns.
fn strip(colormap: &Colormap) -> RgbaImage {
    let colors = colormap.colors();
    let columns = (256 / colors.len().max(1)).max(1);
    let row: Vec<_> = colors
        .iter()
        .flat_map(|color| std::iter::repeat_n(*color, columns))
        .collect();
    RgbaImage {
        width: row.len(),
        height: STRIP,
        pixels: row.repeat(STRIP),
    }
}

fn save(folder: &Path, name: &str, rgba_image: &RgbaImage) -> Result<()> {
    let path = folder.join(format!("{name}.png"));
    let bytes = rgba_image.to_png();
    atomic::write(&path, |file| {
        file.write_all(&bytes)
            .map_err(|e| Error::io("write", &path, &e))
    })
}
