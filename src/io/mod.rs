//! Loading videos from files and saving them, one module per family of formats.
//!
//! Each format is an entry of `FORMATS`: how it is recognized, and how its header is read into a
//! `Recording`, from which frames are then loaded.

mod bytes;
#[cfg_attr(not(all(feature = "hdf5", feature = "zarr")), allow(dead_code))]
mod codec;
mod deferred;
pub(crate) mod ffmpeg;
pub(crate) mod format;
mod importer;
mod listing;
mod page_script;
mod picture;
pub(crate) mod recording;
mod regions;
mod registry;
mod save;
mod save_options;
mod series;
mod table_script;

#[cfg(test)]
mod corruption;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use codec::compression::Compression;
pub use ffmpeg::{Encoder, MovieQuality};
pub use format::folder::load_image_folder;
pub(crate) use format::image::encode;
pub use format::image::encode::{ImageOptions, QUALITY};
pub use format::image::load_image;
pub use format::raw_binary::{Endian, RawFormat};
pub use format::tiff::Photometric;
pub use importer::{Camera, Importer};
pub use page_script::{range_of_script, svg_with_script, xmp_with_script};
pub use picture::load_picture;
pub use recording::{FrameRange, FrameSelection, LoadOptions, RecordingInfo};
pub use regions::{load_regions, region_from_json, region_to_json, save_regions};
pub use registry::{table_of_loading, table_of_saving};
pub use save::{
    ImageSequence, save_image, save_image_sequence, save_matlab, save_tiff, save_video,
    save_video_as,
};
pub use save_options::SaveOptions;
pub use series::Series;
pub use table_script::save_table_script;

use crate::error::Result;
use crate::history::{History, Operation};
use crate::task;
use crate::video::{Metadata, Samples, Video};
use format::raw_binary;
use recording::{Recording, expect_file};
use registry::open;

/// Loads frames of a recording, or maps them into memory.
pub fn load_video(path: &Path, selection: &FrameSelection, options: &LoadOptions) -> Result<Video> {
    let (_, recording) = open(path, options)?;
    load_recording(path, recording, selection, options)
}

/// Loads frames of a file without a header, or maps them into memory.
pub fn load_raw(
    path: &Path,
    format: &RawFormat,
    selection: &FrameSelection,
    options: &LoadOptions,
) -> Result<Video> {
    expect_file(path)?;
    let frames = raw_binary::RawFrames::open(path, format)?;
    load_recording(path, Box::new(frames), selection, options)
}

pub(in crate::io) fn load_recording(
    path: &Path,
    recording: Box<dyn Recording>,
    selection: &FrameSelection,
    options: &LoadOptions,
) -> Result<Video> {
    let (shape, _) = recording.layout()?;
    let range = selection.resolve(path, shape[0])?;
    let mut metadata = metadata_of(path, &*recording);
    let recorded = metadata.provenance.take();
    let use_mmap = options.use_mmap
        && match recording.must_load() {
            None => true,
            Some(reason) => {
                let path = path.display();
                task::warn(&format!(
                    "`{path}` is loaded instead of memory-mapped: {reason}"
                ));
                false
            }
        };
    if use_mmap {
        let video = Video::with_metadata(recording.map()?, metadata);
        let frames = video.frames(range.start, range.len, range.step as isize);
        return Ok(with_history(frames, recorded));
    }
    metadata.take_every(range.step);
    let video = match deferred::can_defer(&*recording, range)? {
        true => deferred::video(recording, range, metadata)?,
        false => Video::with_metadata(recording.load(range)?, metadata),
    };
    Ok(with_history(video, recorded))
}

/// A video of a file, whose script becomes its history.
pub(in crate::io) fn of_file(samples: Samples, mut metadata: Metadata) -> Video {
    let recorded = metadata.provenance.take();
    with_history(Video::with_metadata(samples, metadata), recorded)
}

fn with_history(mut video: Video, recorded: Option<Arc<str>>) -> Video {
    if let Some(script) = recorded {
        video.set_history(History::new(Operation::Recorded(script)));
    }
    video
}

/// The metadata of a recording.
pub fn load_metadata(path: &Path) -> Result<Metadata> {
    let (_, recording) = open(path, &LoadOptions::default())?;
    Ok(metadata_of(path, &*recording))
}

/// The script that made a file, if the file holds it.
pub fn recorded_script(path: &Path) -> Result<Option<Arc<str>>> {
    match page_script::script_of_page(path)? {
        Some(script) => Ok(Some(script)),
        None if is_recording(path) => load_metadata(path).map(|metadata| metadata.provenance),
        None => Ok(table_script::script_of_table(path)),
    }
}

/// Whether a file or folder has the extension or the contents of a recording.
pub fn is_recording(path: &Path) -> bool {
    registry::is_known(path)
}

/// Extensions of the files that are recordings, movies or images.
pub fn extensions() -> impl Iterator<Item = &'static str> {
    registry::FORMATS
        .iter()
        .flat_map(|format| format.extensions.iter().copied())
}

/// Contents of a file, without reading its frames.
pub fn info(path: &Path) -> Result<RecordingInfo> {
    let (format, recording) = open(path, &LoadOptions::default())?;
    let (shape, dtype) = recording.layout()?;
    Ok(RecordingInfo {
        format: format.name,
        shape,
        dtype,
        metadata: metadata_of(path, &*recording),
    })
}

fn metadata_of(path: &Path, recording: &dyn Recording) -> Metadata {
    Metadata {
        source: Some(path.to_owned()),
        ..recording.metadata().clone()
    }
}
