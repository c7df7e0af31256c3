//! The formats that can be loaded: their names, extensions and first bytes, and what opens them.

use std::path::Path;

use super::bytes::raw::Source;
use super::format::{
    folder, hdf5, image, matlab, micam_ultima, micam05, movie, multirecorder, npy, npz, sif, tiff,
    zarr,
};
use super::recording::{Options, Recording, expect_file, extension_of};
use super::series::Series;
use crate::bail;
use crate::error::{Error, Result};
use crate::task;

/// A kind of file.
pub(super) struct Format {
    pub(super) name: &'static str,
    pub(super) extensions: &'static [&'static str],
    /// Whether a file that begins with these bytes is one.
    pub(super) begins: fn(&[u8]) -> bool,
    pub(super) open: fn(&Path, &Options) -> Result<Box<dyn Recording>>,
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: TIFF,
        extensions: &["tif", "tiff"],
        begins: tiff::begins,
        open: |path, options| Ok(Box::new(tiff::Stack::open(path, options)?)),
    },
    Format {
        name: "NumPy",
        extensions: &["npy"],
        begins: npy::begins,
        open: |path, _| Ok(Box::new(npy::Array::open(path)?)),
    },
    Format {
        name: "NumPy archive",
        extensions: &["npz"],
        begins: |_| false,
        open: npz::open,
    },
    Format {
        name: "MultiRecorder",
        extensions: &["dat"],
        begins: multirecorder::begins,
        open: |path, options| {
            let recording = multirecorder::MultiRecorder::open(path, options.is_8bit)?;
            Ok(Box::new(recording))
        },
    },
    Format {
        name: "MiCAM05",
        extensions: &["gsh", "gsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam05::Micam05::open(path)?)),
    },
    Format {
        name: "HDF5",
        extensions: &["h5", "hdf5", "hdf", "he5", "nwb", "ims"],
        begins: hdf5::begins,
        open: hdf5::open,
    },
    Format {
        name: ZARR,
        extensions: &["zarr"],
        begins: |_| false,
        open: zarr::open,
    },
    Format {
        name: FOLDER,
        extensions: &[],
        begins: |_| false,
        open: |path, options| Ok(Box::new(folder::Folder::open(path, &options.prefix)?)),
    },
    Format {
        name: "MATLAB",
        extensions: &["mat"],
        begins: matlab::begins,
        open: |path, options| Ok(Box::new(matlab::MatFile::open(path, options)?)),
    },
    Format {
        name: "MiCAM ULTIMA",
        extensions: &["rsh", "rsm", "rsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam_ultima::Ultima::open(path)?)),
    },
    Format {
        name: "Andor",
        extensions: &["sif"],
        begins: sif::begins,
        open: |path, _| Ok(Box::new(sif::open(path)?)),
    },
    Format {
        name: "PNG",
        extensions: &["png", "apng"],
        begins: image::begins_png,
        open: |path, options| match movie::is_animated(path) {
            true => movie::open_apng(path, options),
            false => Ok(Box::new(image::Still::open(path)?)),
        },
    },
    Format {
        name: "JPEG",
        extensions: &["jpg", "jpeg"],
        begins: image::begins_jpeg,
        open: |path, _| Ok(Box::new(image::Still::open(path)?)),
    },
    Format {
        name: "BMP",
        extensions: &["bmp"],
        begins: image::begins_bmp,
        open: |path, _| Ok(Box::new(image::Still::open(path)?)),
    },
    Format {
        name: "GIF",
        extensions: &["gif"],
        begins: movie::begins_gif,
        open: movie::open_gif,
    },
    Format {
        name: "movie",
        extensions: movie::EXTENSIONS,
        begins: movie::begins,
        open: movie::open,
    },
];

/// The format of stacks of pages, and of several of them in a file.
const TIFF: &str = "TIFF";

/// The format of folders with arrays in chunks.
const ZARR: &str = "Zarr";

/// The format of folders with pictures.
const FOLDER: &str = "image folder";

/// How many bytes [`Format::begins`] gets.
pub(super) const BEGINNING: usize = 32;

pub(super) fn open(
    path: &Path,
    options: &Options,
) -> Result<(&'static Format, Box<dyn Recording>)> {
    let format = recognise(path)?;
    if format.name != TIFF {
        Series::refuse(options.series.as_ref(), path, format.name)?;
    }
    Ok((format, (format.open)(path, options)?))
}

/// The format by extension, unless the content is plainly another's.
fn recognise(path: &Path) -> Result<&'static Format> {
    if path.is_dir() {
        let name = if is_zarr(path) { ZARR } else { FOLDER };
        let format = FORMATS.iter().find(|format| format.name == name);
        return Ok(format.expect("one of the formats"));
    }
    let beginning = beginning_of(path)?;
    let extension = extension_of(path);
    let by_extension = extension.as_deref().and_then(|extension| {
        let known = |format: &&Format| format.extensions.contains(&extension);
        FORMATS.iter().find(known)
    });
    let by_content = FORMATS.iter().find(|format| (format.begins)(&beginning));
    match (by_extension, by_content) {
        (Some(named), Some(held)) if named.name != held.name => {
            task::warn(&format!("`{}` holds {} data", path.display(), held.name));
            Ok(held)
        }
        (Some(format), _) | (None, Some(format)) => Ok(format),
        (None, None) => Err(unknown_format(path, extension)),
    }
}

/// Whether a folder is one of Zarr's.
pub(super) fn is_zarr(folder: &Path) -> bool {
    let files = ["zarr.json", ".zarray", ".zgroup"];
    files.iter().any(|name| folder.join(name).is_file())
}

pub(super) fn beginning_of(path: &Path) -> Result<Vec<u8>> {
    expect_file(path)?;
    let beginning = Source::open(path)?.start(BEGINNING)?;
    if beginning.is_empty() {
        bail!("`{}` is empty", path.display());
    }
    Ok(beginning)
}

fn unknown_format(path: &Path, extension: Option<String>) -> Error {
    let error = match extension {
        Some(extension) => Error::new(format!(
            "cannot load `{}`: no known format has the extension `.{extension}`",
            path.display()
        )),
        None => Error::new(format!(
            "cannot load `{}`: it has no extension and its contents match no known format",
            path.display()
        )),
    };
    let known: Vec<String> = FORMATS
        .iter()
        .filter(|format| !format.extensions.is_empty())
        .map(|format| format!("{} (.{})", format.name, format.extensions.join(", .")))
        .collect();
    error.hint(format!("supported formats: {}", known.join("; ")))
}
