//! SciMedia MiCAM ULTIMA recordings: a text header (`.rsh`), a background frame (`.rsm`), and
//! blocks of frames (`name(0).rsd`, …) stored as signed differences from it.

mod header;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::bytes::samples::SharedFile;
use crate::io::bytes::watched::WatchedFile;
use crate::io::format::camera::{DIFFERENCES, DifferenceFrames, Geometry, find_file};
use crate::io::format::text_header::TextHeader;
use crate::io::recording::{FrameRange, Recording, cannot_load, cannot_map};
use crate::task;
use crate::video::{DType, Metadata, Samples};
use header::UltimaHeader;

/// A recording.
pub(in crate::io) struct Ultima {
    header: PathBuf,
    metadata: Metadata,
    files: Result<UltimaFiles>,
}

/// The files of a recording.
struct UltimaFiles {
    geometry: Geometry,
    background: SharedFile,
    blocks: Vec<SharedFile>,
    frames_per_block: usize,
    /// Maximum number of frames to load.
    frames: usize,
}

impl Ultima {
    /// Reads the header that belongs to any of the files.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let header = find_header(path)?;
        let parsed = TextHeader::open(&header, "MiCAM ULTIMA", UltimaHeader::parse)?;
        Ok(Self {
            metadata: parsed.metadata(),
            files: UltimaFiles::find(&header, &parsed),
            header,
        })
    }

    fn files(&self) -> Result<&UltimaFiles> {
        self.files.as_ref().map_err(Error::clone)
    }
}

impl UltimaFiles {
    /// Finds the files named in the header.
    fn find(header: &Path, parsed: &UltimaHeader) -> Result<Self> {
        let explain = |e| cannot_load(header, &e);
        let background = SharedFile::open(&find_background(header, parsed)?)?;
        let geometry = parsed.geometry(background.len()).map_err(explain)?;
        let needed = geometry.frame_bytes();
        if background.len() < needed {
            bail!(
                "`{}` has {}, but a background frame needs {needed}",
                background.path().display(),
                counted(background.len(), "byte")
            );
        }
        let blocks = open_blocks(header, parsed)?;
        if parsed.alternates() {
            task::warn(&format!(
                "`{}` was recorded with two cameras (`dual_cam`), whose frames may alternate; \
                 `#{{step: 2}}` and `#{{start_frame: 1, step: 2}}` load those of one",
                header.display()
            ));
        }
        let in_first = (blocks[0].len() / needed) as usize;
        let frames_per_block = parsed.number("blk").map_err(explain)?.unwrap_or(in_first);
        if frames_per_block == 0 || in_first == 0 {
            bail!(
                "`{}` does not hold a complete frame",
                blocks[0].path().display()
            );
        }
        Ok(UltimaFiles {
            frames: count_frames(header, parsed, &blocks, frames_per_block, needed)?,
            geometry,
            background,
            blocks,
            frames_per_block,
        })
    }
}

impl Recording for Ultima {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        let UltimaFiles {
            geometry, frames, ..
        } = *self.files()?;
        Ok((vec![frames, geometry.height, geometry.width], DType::U16))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let files = self.files()?;
        let background = |bytes: &mut [u8]| files.background.read_at(0, bytes);
        let differences = DifferenceFrames::new(files.geometry, background)?;
        differences.load(range, |frame, bytes| {
            let (block, index) = (
                frame / files.frames_per_block,
                frame % files.frames_per_block,
            );
            files.blocks[block].read_at(index as u64 * files.geometry.frame_bytes(), bytes)
        })
    }

    fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
        let files = self.files()?;
        let blocks = files.blocks.iter();
        let files = blocks.chain([&files.background]);
        Ok(Some(files.map(|file| file as _).collect()))
    }

    fn must_load(&self) -> Option<&'static str> {
        Some(DIFFERENCES)
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(&self.header, DIFFERENCES))
    }
}

/// Number of frames: the number in the header, limited by the blocks.
fn count_frames(
    header: &Path,
    parsed: &UltimaHeader,
    blocks: &[SharedFile],
    per_block: usize,
    frame_bytes: u64,
) -> Result<usize> {
    let mut present = 0;
    for block in blocks {
        let frames = ((block.len() / frame_bytes) as usize).min(per_block);
        present += frames;
        if frames < per_block {
            break;
        }
    }
    let explain = |e| cannot_load(header, &e);
    let promised = match parsed.number("page_frames").map_err(explain)? {
        Some(frames) => Some(frames),
        None => parsed.number("frame_number").map_err(explain)?,
    };
    match promised {
        Some(promised) if promised != present => {
            task::warn(&format!(
                "`{}` specifies {}, but its blocks hold {present}; loading the first {}",
                header.display(),
                counted(promised, "frame"),
                promised.min(present)
            ));
            Ok(promised.min(present))
        }
        _ => Ok(present),
    }
}

fn find_background(header: &Path, parsed: &UltimaHeader) -> Result<PathBuf> {
    let listed = parsed.files.iter().find(|name| has_extension(name, "rsm"));
    let usual = header.with_extension("rsm");
    listed
        .and_then(|name| find_file(&header.with_file_name(name)))
        .or_else(|| find_file(&usual))
        .ok_or_else(|| missing(&usual, "the background frame of the recording"))
}

/// The blocks in order, up to the first missing one.
fn open_blocks(header: &Path, parsed: &UltimaHeader) -> Result<Vec<SharedFile>> {
    let usual = |index: usize| {
        let stem = header.file_stem().unwrap_or_default().to_string_lossy();
        header.with_file_name(format!("{stem}({index}).rsd"))
    };
    let mut listed = parsed
        .files
        .iter()
        .filter(|name| has_extension(name, "rsd"));
    let is_listed = listed.clone().next().is_some();
    let mut blocks = Vec::new();
    loop {
        let index = blocks.len();
        let name = listed.next().map(|name| header.with_file_name(name));
        if is_listed && name.is_none() {
            break;
        }
        let named = name.as_deref().and_then(find_file);
        match named.or_else(|| find_file(&usual(index))) {
            Some(path) => blocks.push(SharedFile::open(&path)?),
            None if index == 0 => {
                let first = name.unwrap_or_else(|| usual(0));
                return Err(missing(
                    &first,
                    "the first block of frames of the recording",
                ));
            }
            None => {
                if let Some(name) = name {
                    task::warn(&format!(
                        "block {index} of the recording is missing: there is no file `{}`",
                        name.display()
                    ));
                }
                break;
            }
        }
    }
    Ok(blocks)
}

/// The header that belongs to a file of a recording: `name.rsh` for `name(0).rsd`.
fn find_header(path: &Path) -> Result<PathBuf> {
    let usual = path.with_extension("rsh");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let of_block = stem
        .strip_suffix(')')
        .and_then(|stem| stem.rsplit_once('('))
        .map(|(name, _)| path.with_file_name(format!("{name}.rsh")));
    find_file(&usual)
        .or_else(|| of_block.as_deref().and_then(find_file))
        .ok_or_else(|| {
            missing(
                of_block.as_ref().unwrap_or(&usual),
                "the header of the recording",
            )
        })
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|other| other.eq_ignore_ascii_case(extension))
}

fn missing(path: &Path, what: &str) -> Error {
    Error::new(format!("there is no file `{}`, {what}", path.display()))
        .hint("the .rsh, .rsm and .rsd files of a recording must be in the same folder")
}
