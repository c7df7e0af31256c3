//! The pages of a file that form its frames, with their metadata.

use std::path::{Path, PathBuf};

use tiff::tags::CompressionMethod;

use super::axes::{Arrangement, of_slices};
use super::chunks;
use super::description::TiffDescription;
use super::directory::TiffReader;
use super::files::InFile;
use super::metamorph::MetaMorph;
use super::micromanager;
use super::page::{PageShape, TiffPage};
use super::pages::TiffPages;
use super::planes::{self, Planes};
use crate::bail;
use crate::error::{Result, counted};
use crate::io::Series;
use crate::task;
use crate::video::Metadata;

/// Maximum number of bytes of unwritten pages per byte of a file.
const MAX_FILL_EXPANSION: u64 = 1 << 17;

/// The frames of a recording.
pub(super) struct FrameSet {
    /// Shape of the pages.
    pub(super) shape: PageShape,
    /// Number of channels of a frame, if each is a page.
    pub(super) channels: Option<usize>,
    /// Locations of the pages, frame by frame.
    pub(super) locations: PageLocations,
    /// The files that contain them, the requested one first.
    pub(super) files: Vec<PathBuf>,
    pub(super) metadata: Metadata,
}

/// Locations of the pages; missing pages get the fill value.
pub(super) enum PageLocations {
    /// Stored as in memory, at these offsets.
    Plain(Vec<Option<InFile<u64>>>),
    /// In a form that has to be decoded.
    Coded(Vec<Option<InFile<TiffPage>>>),
}

/// Finds the frames; of a file with several images those of the requested one. A file that is a
/// standalone image yields only its own pages, whatever it says about others.
pub(super) fn find(
    reader: &TiffReader<'_>,
    path: &Path,
    series: Option<&Series>,
    alone: bool,
) -> Result<FrameSet> {
    let directories = reader.directories()?;
    let Some(first) = directories.list.first() else {
        bail!("it ends before its first page");
    };
    let description = TiffDescription::read(reader, first);
    let metamorph = MetaMorph::read(reader, first).filter(|_| directories.list.len() == 1);
    let pages = TiffPages::read(reader, directories)?;
    let mut warnings = Vec::new();
    let mut metadata = description.metadata(&mut warnings);
    let found = match alone {
        true => None,
        false => planes::find(reader, path, &pages, description.text(), series, &metadata)?,
    };
    let found = match found {
        Some(planes) => FrameSet::of(planes)?,
        None => {
            metadata = planes::describe_alone(description.text(), metadata);
            Series::choose(series, path, &[String::new()], 0)?;
            if let Some(metamorph) = &metamorph {
                metamorph.describe(path, &mut metadata, &mut warnings);
            }
            let planes = metamorph.map(|metamorph| metamorph.planes);
            follow(
                reader,
                path,
                pages,
                &description,
                planes,
                metadata,
                &mut warnings,
            )?
        }
    };
    for note in warnings {
        task::warn(&format!("`{}` {note}", path.display()));
    }
    Ok(found)
}

/// The frames of consecutive pages, or of planes that follow a single page.
fn follow(
    reader: &TiffReader<'_>,
    path: &Path,
    pages: TiffPages,
    description: &TiffDescription,
    planes: Option<usize>,
    metadata: Metadata,
    warnings: &mut Vec<String>,
) -> Result<FrameSet> {
    let first = match &pages.list[0] {
        Ok(page) => page.clone(),
        Err(error) => return Err(error.clone()),
    };
    let files = vec![path.to_owned()];
    let shape = first.shape;
    if pages.list.len() == 1
        && let Some(frames) = planes.or_else(|| description.frames(shape))
        && frames > 1
    {
        let start = first.plain().filter(|_| !shape.is_packed());
        if let Some(start) = start {
            // In MetaMorph files, any data after the rows of a plane belongs to the plane.
            let distance = match planes {
                Some(_) => first.len(),
                None => shape.bytes() as u64,
            };
            let offsets = block(
                start,
                distance,
                shape.bytes() as u64,
                frames,
                pages.file_len,
            );
            let arrangement = description.arrangement(frames, offsets.len(), shape, warnings)?;
            let metadata = of_slices(&arrangement, metadata, warnings);
            let offsets = whole(path, offsets, &arrangement, true)?;
            let locations = offsets.into_iter().map(|at| Some(InFile { file: 0, at }));
            return Ok(FrameSet {
                shape,
                channels: arrangement.channels,
                locations: PageLocations::Plain(locations.collect()),
                files,
                metadata,
            });
        }
        if planes.is_some() {
            bail!("MetaMorph stacks whose planes are compressed are not supported");
        }
    }

    let (complete, file_len) = (pages.complete, pages.file_len);
    let mut found = in_order(reader, pages, description)?;
    let shape = found.shape;
    if found.different > 0 {
        warnings.push(format!(
            "leaves out {} of another size or type than the first",
            counted(found.different, "page")
        ));
    }
    let total = found.list.len();
    let arrangement = description.arrangement(total, total, shape, warnings)?;
    let mut metadata = of_slices(&arrangement, metadata, warnings);
    let cut = found.list.iter().position(|page| !page.is_whole(file_len));
    found.list.truncate(cut.unwrap_or(total));
    let list = whole(path, found.list, &arrangement, complete)?;
    if arrangement.slices == 1 {
        let frames = list.iter().step_by(arrangement.channels.unwrap_or(1));
        let directories = frames.map(|page| &page.directory);
        micromanager::describe(reader, path, directories, &mut metadata);
    }
    let list = list.into_iter().map(|at| Some(InFile { file: 0, at }));
    FrameSet::of(Planes {
        shape,
        channels: arrangement.channels,
        list: list.collect(),
        files,
        file_len,
        metadata,
    })
}

/// Offsets of consecutive frames, as far as they are in the file.
fn block(start: u64, distance: u64, bytes: u64, frames: usize, file_len: u64) -> Vec<u64> {
    let room = file_len.saturating_sub(start);
    let present = match room.checked_sub(bytes) {
        Some(rest) => (rest / distance + 1).min(frames as u64),
        None => 0,
    };
    (0..present).map(|frame| start + frame * distance).collect()
}

/// The pages in the order of their frames, truncated to complete frames, with a warning if some are
/// not.
fn whole<T>(
    path: &Path,
    pages: Vec<T>,
    arrangement: &Arrangement,
    is_complete: bool,
) -> Result<Vec<T>> {
    let channels = arrangement.channels.unwrap_or(1);
    let promised = arrangement.count / channels;
    let list = match arrangement.pages.as_slice() {
        [] => pages,
        order => {
            let mut pages: Vec<Option<T>> = pages.into_iter().map(Some).collect();
            let mut list = Vec::with_capacity(pages.len());
            for frame in order.chunks(channels) {
                let is_there = |page: &usize| pages.get(*page).is_some_and(Option::is_some);
                if !frame.iter().all(is_there) {
                    break;
                }
                list.extend(frame.iter().filter_map(|page| pages[*page].take()));
            }
            list
        }
    };
    let frames = list.len() / channels;
    if frames == 0 {
        let promised = counted(promised, "frame");
        bail!("it is truncated within the first of its {promised}");
    }
    let path = path.display();
    if !is_complete {
        let frames = counted(frames, "complete frame");
        task::warn(&format!("`{path}` is truncated after {frames}"));
    } else if frames < promised {
        task::warn(&format!(
            "`{path}` is truncated: {frames} of its {promised} frames are complete"
        ));
    }
    Ok(list)
}

/// Pages of the same size and type.
struct UniformPages {
    shape: PageShape,
    list: Vec<TiffPage>,
    /// Number of pages that were left out because they differ.
    different: usize,
}

/// The pages that are like the first one; its planes if they are frames.
fn in_order(
    reader: &TiffReader<'_>,
    pages: TiffPages,
    description: &TiffDescription,
) -> Result<UniformPages> {
    let are_alone = pages.list.len() == 1;
    let mut list = pages.list.into_iter();
    let first = list.next().expect("there is a first page")?;
    let are_frames = are_alone && description.has_planes_as_frames(first.shape);
    let planes = match are_frames && !first.ycbcr && chunks::obstacle(&first).is_none() {
        true => first.planes()?,
        false => vec![first],
    };
    let first = planes[0].clone();
    let mut found = UniformPages {
        shape: first.shape,
        list: planes,
        different: 0,
    };
    found.list.extend(parts(reader, &first, description));
    for page in list {
        reader.check()?;
        match page {
            Ok(page) if page.shape == first.shape => {
                let parts = parts(reader, &page, description);
                found.list.push(page);
                found.list.extend(parts);
            }
            Ok(page) if page.thumbnail => {}
            _ => found.different += 1,
        }
    }
    reader.check()?;
    Ok(found)
}

/// The subpages of a page that have its size; the others are reduced-resolution copies.
fn parts(reader: &TiffReader<'_>, page: &TiffPage, description: &TiffDescription) -> Vec<TiffPage> {
    // These programs use subpages for something else.
    if description.tells_of_pages() {
        return Vec::new();
    }
    let parts = reader.sub_directories(&page.directory).into_iter();
    let parts = parts.filter_map(|directory| TiffPage::new(reader, directory).ok());
    let parts = parts.map(|mut part| {
        part.close(&[], reader.bytes.len() as u64, part.has_sizes());
        part
    });
    parts
        .filter(|part| part.shape == page.shape && !part.thumbnail)
        .collect()
}

impl FrameSet {
    /// The frames of planes; an error if they claim more than their files can contain.
    pub(super) fn of(planes: Planes) -> Result<Self> {
        let page_bytes = planes.shape.bytes() as u64;
        let (mut stored, mut missing) = (0u64, 0u64);
        for page in &planes.list {
            let written = page.as_ref().map_or(0, |page| page.at.written());
            missing = missing.saturating_add(page_bytes.saturating_sub(written));
            let is_stored =
                |page: &InFile<TiffPage>| page.at.compression == CompressionMethod::None;
            if page.as_ref().is_some_and(is_stored) {
                stored = stored.saturating_add(written);
            }
        }
        // Otherwise pages that share samples would let a small file fill the memory.
        if stored > planes.file_len {
            bail!("its pages overlap: they have more samples than the file can hold");
        }
        if missing > planes.file_len.saturating_mul(MAX_FILL_EXPANSION) {
            bail!("it claims an implausible number of empty pages for its size");
        }
        Ok(Self {
            shape: planes.shape,
            channels: planes.channels,
            locations: PageLocations::of(planes.list),
            files: planes.files,
            metadata: planes.metadata,
        })
    }
}

impl PageLocations {
    fn of(list: Vec<Option<InFile<TiffPage>>>) -> Self {
        let list = list.into_iter();
        let list: Vec<_> = list
            .map(|page| page.filter(|page| !page.at.is_missing()))
            .collect();
        let mut pages = list.iter().flatten();
        let is_plain =
            |page: &InFile<TiffPage>| page.at.plain().is_some() && !page.at.shape.is_packed();
        if !pages.all(is_plain) {
            return Self::Coded(list);
        }
        let plain = |page: InFile<TiffPage>| {
            let at = page.at.plain()?;
            Some(InFile {
                file: page.file,
                at,
            })
        };
        Self::Plain(list.into_iter().map(|page| page.and_then(plain)).collect())
    }

    /// Number of pages.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(list) => list.len(),
            Self::Coded(list) => list.len(),
        }
    }
}
