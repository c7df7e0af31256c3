//! Lossless saving; the format is chosen by the extension.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::format::image::encode::{ImageFormat, ImageOptions};
use super::format::movie::is_movie_extension;
use super::format::tiff;
use super::format::{matlab, npy};
use super::recording::extension_of;
use super::registry::{self, saved_extensions};
use super::save_options::SaveOptions;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::fs::template::Pattern;
use crate::ops::chain::for_each_window;
use crate::task;
use crate::video::Video;

/// Saves all samples unchanged, in the format of the extension.
pub fn save_video(path: &Path, video: &Video) -> Result<()> {
    save_video_as(path, video, &SaveOptions::default())
}

/// Like [`save_video`], with options of some formats.
pub fn save_video_as(path: &Path, video: &Video, saving: &SaveOptions) -> Result<()> {
    let Some(extension) = extension_of(path) else {
        let error = Error::new(format!("`{}` has no extension", path.display()));
        return Err(error.hint(format!(
            "add the extension of a format: {}",
            saved_extensions()
        )));
    };
    let Some(saver) = registry::saver(&extension) else {
        let error = Error::new(format!("cannot save to a `.{extension}` file"));
        let error = error.hint(format!("use one of {}", saved_extensions()));
        return Err(match ImageFormat::of(&extension) {
            Some(_) => error
                .hint("`save_image_sequence` saves frames as images, `save_image` saves one image"),
            None if is_movie_extension(&extension) => error.hint("`export_video` writes movies"),
            None => error,
        });
    };
    if let Some(option) = saving.set().find(|option| !saver.options.contains(option)) {
        let error = Error::new(format!("a `.{extension}` file does not support `{option}`"));
        return Err(match saver.options {
            [] => error.hint("omit it"),
            options => error.hint(format!("it supports `{}`", options.join("`, `"))),
        });
    }
    (saver.save)(path, video, saving)
}

/// Saves a TIFF stack; the extension becomes `.tiff` unless it is `.tif` or `.tiff`.
pub fn save_tiff(path: &Path, video: &Video, saving: &SaveOptions) -> Result<()> {
    let extension = extension_of(path);
    if matches!(extension.as_deref(), Some("tif" | "tiff")) {
        return tiff::save(path, video, &saving.tiff_options());
    }
    let named = path.with_extension("tiff");
    if extension.is_some() {
        task::warn(&format!(
            "`{}` is saved as `{}`",
            path.display(),
            named.display()
        ));
    }
    tiff::save(&named, video, &saving.tiff_options())
}

/// Saves an array as a variable of a MATLAB file; with `append` the other variables of an existing
/// file are kept.
pub fn save_matlab(path: &Path, video: &Video, fieldname: &str, append: bool) -> Result<()> {
    matlab::save(path, video, fieldname, append)
}

/// Saves one image, in the format of the extension.
pub fn save_image(path: &Path, image: &Video, options: &ImageOptions) -> Result<()> {
    if extension_of(path).as_deref() == Some("npy") {
        return npy::save(path, image, false);
    }
    let kind = extension_of(path).and_then(|extension| ImageFormat::of(&extension));
    let Some(kind) = kind else {
        let error = Error::new(format!("cannot save an image to `{}`", path.display()));
        return Err(error.hint(format!("use one of {}, `.npy`", ImageFormat::extensions())));
    };
    options.check()?;
    kind.check(image)?;
    let bytes = kind.encode(image, options)?;
    atomic::write(path, |file| {
        std::io::Write::write_all(file, &bytes).map_err(|e| Error::io("write", path, &e))
    })
}

/// Images to be saved as files of a folder.
pub enum ImageSequence {
    /// The frames of a video `{t, y, x}` or `{t, y, x, channel}`.
    Frames(Video),
    /// A list of images `{y, x}` or `{y, x, channel}`.
    Images(Vec<Video>),
}

impl ImageSequence {
    fn len(&self) -> usize {
        match self {
            Self::Frames(video) => video.len(),
            Self::Images(images) => images.len(),
        }
    }

    fn check(&self, kind: ImageFormat) -> Result<()> {
        match self {
            Self::Frames(video) if video.shape()[0] == 0 => Ok(()),
            Self::Frames(video) => kind.check_layout(&video.shape()[1..], video.dtype()),
            Self::Images(images) => images.iter().try_for_each(|image| kind.check(image)),
        }
    }
}

/// Saves images as files of a folder, which is created if necessary; the first holds a script.
pub fn save_image_sequence(
    directory: &Path,
    images: &ImageSequence,
    script: Option<Arc<str>>,
    (filepattern, format): (&str, &str),
    options: &ImageOptions,
) -> Result<()> {
    let kind = format.strip_prefix('.').and_then(ImageFormat::of);
    let Some(kind) = kind else {
        let error = Error::new(format!(
            "`format` must be an image format, got \"{format}\""
        ));
        let error = error.hint(format!("use one of {}", ImageFormat::extensions()));
        return Err(match ImageFormat::of(format) {
            Some(_) => error.hint(format!("did you mean `.{format}`?")),
            None => error,
        });
    };
    options.check()?;
    images.check(kind)?;
    let names = names(filepattern, format, images.len())?;
    atomic::write_into(directory, |folder| {
        let save = |mut image: Video, at: usize| {
            image.compute()?;
            if at == 0 && script.is_some() {
                image.metadata_mut().provenance.clone_from(&script);
            }
            let bytes = kind.encode(&image, options)?;
            let name = &names[at];
            let fail = |e| Error::io("write", &directory.join(name), &e);
            fs::write(folder.join(name), bytes).map_err(fail)
        };
        match images {
            ImageSequence::Images(images) => {
                let images = images.iter().enumerate();
                task::for_each("saving", images, |(at, image)| save(image.clone(), at))
            }
            ImageSequence::Frames(video) => for_each_window(video, 1, |first, window| {
                let frames = 0..window.len();
                task::for_each("saving", frames, |frame| {
                    save(window.frame(frame), first + frame)
                })
            }),
        }
    })
}

/// The names of the files, all of which differ.
fn names(filepattern: &str, format: &str, len: usize) -> Result<Vec<String>> {
    let pattern = Pattern::parse(filepattern)?;
    let names: Vec<String> = (0..len).map(|frame| pattern.name(frame) + format).collect();
    if filepattern.contains(['/', '\\']) {
        let error = Error::new(format!("`filepattern` \"{filepattern}\" names a folder"));
        return Err(error.hint("put the folder into `directory`"));
    }
    if len > 1 && !pattern.has_number() {
        let error = format!(
            "`filepattern` \"{}\" gives all {len} frames the name `{}`",
            pattern.text(),
            names[0]
        );
        let error = Error::new(error);
        return Err(error.hint("write `{:03d}` for the frame number"));
    }
    Ok(names)
}
