//! The table of formats: name, extensions, first bytes, and the functions that open and save each.
//! Tables of formats in the documentation and lists of extensions in hints are generated from it.

use std::fmt::Write;
use std::path::Path;

use super::bytes::samples::SharedFile;
use super::codec::compression::Compression;
use super::format::{
    folder, hdf5, image, matlab, micam_ultima, micam05, movie, multirecorder, npy, npz, sif, tiff,
    zarr,
};
use super::recording::{BEGINNING, LoadOptions, Recording, expect_file, extension_of, is_zarr};
use super::save_options::SaveOptions;
use super::series::Series;
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::Video;

/// A file format.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// Name in tables; consecutive formats with the same title share a row.
    title: &'static str,
    pub(super) extensions: &'static [&'static str],
    /// Whether the first bytes of a file are those of the format.
    pub(super) begins: fn(&[u8]) -> bool,
    pub(super) open: fn(&Path, &LoadOptions) -> Result<Box<dyn Recording>>,
    /// How videos are saved losslessly in the format.
    pub(super) saver: Option<Saver>,
}

/// How videos are saved in a format.
pub(super) struct Saver {
    /// Extensions of the format under which files are saved.
    pub(super) extensions: &'static [&'static str],
    /// What a file preserves of a video.
    keeps: &'static str,
    /// Options of `save_video` that apply to it.
    pub(super) options: &'static [&'static str],
    pub(super) save: fn(&Path, &Video, &SaveOptions) -> Result<()>,
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: TIFF,
        title: "TIFF and BigTIFF, ImageJ and OME stacks",
        extensions: &["tif", "tiff"],
        begins: tiff::begins,
        open: |path, options| Ok(Box::new(tiff::TiffStack::open(path, options)?)),
        saver: Some(Saver {
            extensions: &["tif", "tiff"],
            keeps: "every sample type, frame rate and pixel size, as ImageJ and Fiji read them",
            options: &["photometric", "compression"],
            save: |path, video, saving| tiff::save(path, video, &saving.tiff_options()),
        }),
    },
    Format {
        name: "NumPy",
        title: "NumPy array",
        extensions: &["npy"],
        begins: npy::begins,
        open: |path, _| Ok(Box::new(npy::NpyArray::open(path)?)),
        saver: Some(Saver {
            extensions: &["npy"],
            keeps: "every sample type; metadata in a JSON file next to it",
            options: &["sidecar"],
            save: |path, video, saving| npy::save(path, video, saving.sidecar),
        }),
    },
    Format {
        name: "NumPy archive",
        title: "NumPy archive",
        extensions: &["npz"],
        begins: |_| false,
        open: npz::open,
        saver: Some(Saver {
            extensions: &["npz"],
            keeps: "every sample type, frame rate and pixel size",
            options: &["fieldname"],
            save: |path, video, saving| npz::save(path, video, saving.fieldname()),
        }),
    },
    Format {
        name: "MATLAB",
        title: "MATLAB, versions 4 to 7.3",
        extensions: &["mat"],
        begins: matlab::begins,
        open: |path, options| Ok(Box::new(matlab::MatFile::open(path, options)?)),
        saver: Some(Saver {
            extensions: &["mat"],
            keeps: "every sample type, frame rate and pixel size",
            options: &["fieldname"],
            save: |path, video, saving| matlab::save(path, video, saving.fieldname(), false),
        }),
    },
    Format {
        name: "HDF5",
        title: "HDF5, NWB, Imaris",
        extensions: &["h5", "hdf5", "hdf", "he5", "nwb", "ims"],
        begins: hdf5::begins,
        open: hdf5::open,
        saver: Some(Saver {
            extensions: &["h5", "hdf5"],
            keeps: "every sample type and all metadata",
            options: &["fieldname"],
            save: |path, video, saving| hdf5::save(path, video, saving.fieldname()),
        }),
    },
    Format {
        name: ZARR,
        title: "Zarr 2 and 3, OME-Zarr (folders)",
        extensions: &["zarr"],
        begins: |_| false,
        open: zarr::open,
        saver: Some(Saver {
            extensions: &["zarr"],
            keeps: "every sample type and all metadata",
            options: &["compression"],
            save: |path, video, saving| {
                zarr::save(path, video, saving.compression.unwrap_or(Compression::Zstd))
            },
        }),
    },
    Format {
        name: "MultiRecorder",
        title: "MultiRecorder",
        extensions: &["dat"],
        begins: multirecorder::begins,
        open: |path, options| {
            let recording = multirecorder::MultiRecorder::open(path, options.is_8bit)?;
            Ok(Box::new(recording))
        },
        saver: None,
    },
    Format {
        name: "MiCAM05",
        title: "SciMedia MiCAM05",
        extensions: &["gsh", "gsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam05::Micam05::open(path)?)),
        saver: None,
    },
    Format {
        name: "MiCAM ULTIMA",
        title: "SciMedia MiCAM ULTIMA",
        extensions: &["rsh", "rsm", "rsd"],
        begins: |_| false,
        open: |path, _| Ok(Box::new(micam_ultima::Ultima::open(path)?)),
        saver: None,
    },
    Format {
        name: "Andor",
        title: "Andor",
        extensions: &["sif"],
        begins: sif::begins,
        open: |path, _| Ok(Box::new(sif::open(path)?)),
        saver: None,
    },
    Format {
        name: "PNG",
        title: "images and animations",
        extensions: &["png", "apng"],
        begins: image::begins_png,
        open: |path, options| match movie::is_animated(path) {
            true => movie::open_apng(path, options),
            false => Ok(Box::new(image::ImageFile::open(path)?)),
        },
        saver: None,
    },
    Format {
        name: "JPEG",
        title: "images and animations",
        extensions: &["jpg", "jpeg"],
        begins: image::begins_jpeg,
        open: |path, _| Ok(Box::new(image::ImageFile::open(path)?)),
        saver: None,
    },
    Format {
        name: "BMP",
        title: "images and animations",
        extensions: &["bmp"],
        begins: image::begins_bmp,
        open: |path, _| Ok(Box::new(image::ImageFile::open(path)?)),
        saver: None,
    },
    Format {
        name: "GIF",
        title: "images and animations",
        extensions: &["gif"],
        begins: movie::begins_gif,
        open: movie::open_gif,
        saver: None,
    },
    Format {
        name: FOLDER,
        title: "folders of TIFF, PNG, JPEG or BMP images",
        extensions: &[],
        begins: |_| false,
        open: |path, options| Ok(Box::new(folder::ImageFolder::open(path, &options.prefix)?)),
        saver: None,
    },
    Format {
        name: "movie",
        title: "movies",
        extensions: movie::EXTENSIONS,
        begins: movie::begins,
        open: movie::open,
        saver: None,
    },
];

/// Title of stacks of pages, with one or several per file.
const TIFF: &str = "TIFF";

/// Title of folders with chunked arrays.
const ZARR: &str = "Zarr";

/// Title of folders with images.
const FOLDER: &str = "image folder";

pub(super) fn open(
    path: &Path,
    options: &LoadOptions,
) -> Result<(&'static Format, Box<dyn Recording>)> {
    let format = recognise(path)?;
    if format.name != TIFF {
        Series::refuse(options.series.as_ref(), path, format.name)?;
    }
    Ok((format, (format.open)(path, options)?))
}

/// The format by extension, unless the content is clearly that of another.
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

/// Whether a file or folder has the extension or the contents of a format.
pub(super) fn is_known(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    let extension = extension_of(path).unwrap_or_default();
    let mut formats = FORMATS.iter();
    path.exists()
        && (formats
            .clone()
            .any(|format| format.extensions.contains(&extension.as_str()))
            || beginning_of(path)
                .is_ok_and(|beginning| formats.any(|format| (format.begins)(&beginning))))
}

pub(super) fn beginning_of(path: &Path) -> Result<Vec<u8>> {
    expect_file(path)?;
    let beginning = SharedFile::open(path)?.start(BEGINNING)?;
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

/// The saver for a file extension.
pub(super) fn saver(extension: &str) -> Option<&'static Saver> {
    let mut savers = FORMATS.iter().filter_map(|format| format.saver.as_ref());
    savers.find(|saver| saver.extensions.contains(&extension))
}

/// Extensions under which videos can be saved, as listed in hints.
pub(super) fn saved_extensions() -> String {
    let savers = FORMATS.iter().filter_map(|format| format.saver.as_ref());
    dotted(savers.flat_map(|saver| saver.extensions))
}

/// The formats that can be loaded, as a Markdown table.
pub fn table_of_loading() -> String {
    let mut table = String::from("| format | extensions |\n|---|---|\n");
    for formats in FORMATS.chunk_by(|one, next| one.title == next.title) {
        let extensions = dotted(formats.iter().flat_map(|format| format.extensions));
        let _ = writeln!(table, "| {} | {extensions} |", formats[0].title);
    }
    table
}

/// The formats that videos can be saved in, as a Markdown table.
pub fn table_of_saving() -> String {
    let mut table = String::from("| extensions | format | keeps | options |\n|---|---|---|---|\n");
    for format in FORMATS {
        if let Some(saver) = &format.saver {
            let options = saver.options.iter().map(|option| format!("`{option}`"));
            let options = options.collect::<Vec<_>>().join(", ");
            let (extensions, name, keeps) = (dotted(saver.extensions), format.name, saver.keeps);
            let _ = writeln!(table, "| {extensions} | {name} | {keeps} | {options} |");
        }
    }
    table
}

/// Extensions with leading dots, in backticks.
fn dotted(extensions: impl IntoIterator<Item = &'static &'static str>) -> String {
    let names = extensions.into_iter().map(|name| format!("`.{name}`"));
    names.collect::<Vec<_>>().join(", ")
}
