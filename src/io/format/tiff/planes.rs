//! Pages of recordings that state the location of each plane, in one file or in several: OME-TIFF
//! and Micro-Manager.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::axes::{Arrangement, PageAxis, of_slices};
use super::directory::TiffReader;
use super::files::{InFile, TiffFiles};
use super::micromanager::{self, MicroManager, PlaneIndex};
use super::ome::{self, Ome, OmeImage, PlaneRun};
use super::page::{PageShape, TiffPage};
use super::pages::TiffPages;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::io::Series;
use crate::io::bytes::samples::SharedFile;
use crate::io::format::companion::companion_file;
use crate::io::format::timing;
use crate::task;
use crate::video::Metadata;

/// Maximum ratio of described planes to existing pages.
const MARGIN: usize = 64;

/// Number of planes that a file may describe, however few pages exist.
const LIKELY: usize = 1 << 16;

/// Planes in the order of frames.
pub(super) struct Planes {
    pub(super) shape: PageShape,
    /// Number of channels of a frame, if each is a plane.
    pub(super) channels: Option<usize>,
    /// The pages; missing ones get the fill value.
    pub(super) list: Vec<Option<InFile<TiffPage>>>,
    /// The files that contain them.
    pub(super) files: Vec<PathBuf>,
    /// Total size of the files.
    pub(super) file_len: u64,
    pub(super) metadata: Metadata,
}

/// The page and file of each plane, by the index of the plane in the order of its axes.
#[derive(Default)]
struct PlaneMap {
    pages: HashMap<usize, InFile<usize>>,
    /// Missing files.
    absent: BTreeSet<String>,
    /// Whether some planes are out of range.
    outside: bool,
}

impl PlaneMap {
    /// Whether `count` planes are plausible for some files, most of which may be missing.
    fn has_room(&self, count: usize, files: &TiffFiles<'_>) -> bool {
        let most = self.pages.len().saturating_mul(MARGIN).max(LIKELY);
        count <= most && count as u64 <= files.len
    }
}

/// The planes that a file describes; `None` if it describes none, or nothing plausible.
pub(super) fn find(
    reader: &TiffReader<'_>,
    path: &Path,
    pages: &TiffPages,
    text: &str,
    series: Option<&Series>,
    metadata: &Metadata,
) -> Result<Option<Planes>> {
    let mut files = TiffFiles::new(path, pages);
    if ome::is_ome(text) {
        return match read_ome(path, text) {
            Ok(ome) => of_ome(reader, files, &ome, series, metadata),
            Err(error) if error.is_interrupted() => Err(error),
            Err(error) => {
                task::warn(&format!(
                    "`{}`: {error}; its pages are loaded in their order",
                    path.display()
                ));
                Ok(None)
            }
        };
    }
    match MicroManager::read(reader) {
        Some(header) if !header.plane_indices.is_empty() => {
            let chosen = header.choose(series, path)?;
            files.add_parts()?;
            of_micromanager(reader, files, &header, chosen, metadata).map(Some)
        }
        _ => Ok(None),
    }
}

/// The description, or that of the file that contains it according to this one.
fn read_ome(path: &Path, text: &str) -> Result<Ome> {
    let ome = Ome::parse(text)?;
    let Some(name) = &ome.metadata_file else {
        return match ome.images.is_empty() {
            true => Err(Error::new("its OME description has no images")),
            false => Ok(ome),
        };
    };
    let Some(companion) = companion_file(path, name)? else {
        bail!("there is no file `{name}`, which holds its OME description");
    };
    let source = SharedFile::open(&companion)?;
    let bytes = source.start(usize::try_from(source.len()).unwrap_or(usize::MAX))?;
    let companion = Ome::parse(&super::directory::text(&bytes))?;
    if companion.images.is_empty() {
        bail!("`{name}`, which holds its OME description, has no images");
    }
    Ok(Ome {
        uuid: ome.uuid.or(companion.uuid),
        ..companion
    })
}

fn of_ome(
    reader: &TiffReader<'_>,
    mut files: TiffFiles<'_>,
    ome: &Ome,
    series: Option<&Series>,
    metadata: &Metadata,
) -> Result<Option<Planes>> {
    let path = files.path;
    let names: Vec<String> = ome.images.iter().map(|image| image.name.clone()).collect();
    files.learn_names(ome);
    // Each file of a set can describe all of them.
    let is_here = |image: &OmeImage| image.blocks.iter().any(|block| files.is_own(block));
    let usual = ome.images.iter().position(is_here).unwrap_or(0);
    let index = Series::choose(series, path, &names, usual)?;
    let image = &ome.images[index];
    let (assigned, image) = assign(&mut files, ome, image, index)?;
    if !image
        .planes()
        .is_some_and(|count| assigned.has_room(count, &files))
    {
        bail!("its OME description specifies more planes than the file can hold");
    }
    let mut warnings = image.warnings.clone();
    let left = files.left(ome)?;
    if left > 0 {
        warnings.push(format!(
            "has {} without mention in its OME description, ignored here",
            counted(left, "page")
        ));
    }
    if assigned.outside {
        warnings.push("has an OME description with planes beyond its axes".into());
    }
    let arrangement = Arrangement::along(&image.axes(), usize::MAX)?;
    let metadata = Metadata {
        fps: timing::rate(path, image.fps, &image.times),
        ..described(&image, metadata)
    };
    let metadata = of_slices(&arrangement, metadata, &mut warnings);
    let planes = collect(reader, files, &assigned, &arrangement, metadata, warnings)?;
    if planes.is_none() {
        task::warn(&format!(
            "`{}` has none of the pages that its OME description mentions; its pages are loaded \
             in their order",
            path.display()
        ));
    }
    Ok(planes)
}

/// The metadata of a recording with that of its image.
fn described(image: &OmeImage, metadata: &Metadata) -> Metadata {
    Metadata {
        fps: image.fps,
        pixel_size: image.pixel_size.or(metadata.pixel_size),
        date: image.date.clone().or_else(|| metadata.date.clone()),
        comment: image.comment.clone().or_else(|| metadata.comment.clone()),
        ..metadata.clone()
    }
}

/// Metadata of a standalone image, completed from its description.
pub(super) fn describe_alone(text: &str, metadata: Metadata) -> Metadata {
    let ome = ome::is_ome(text).then(|| Ome::parse(text).ok()).flatten();
    match ome.as_ref().and_then(|ome| ome.images.first()) {
        Some(image) => described(image, &metadata),
        None => metadata,
    }
}

/// The pages of an image's planes, and the image with the channel count of its pages.
fn assign(
    files: &mut TiffFiles<'_>,
    ome: &Ome,
    image: &OmeImage,
    index: usize,
) -> Result<(PlaneMap, OmeImage)> {
    let mut image = image.clone();
    let mut assigned = PlaneMap::default();
    let is_vague = |block: &PlaneRun| block.count.is_none() && block.file.is_none();
    if index > 0 && image.blocks.iter().any(is_vague) {
        bail!(
            "its OME description does not specify the pages of the image {:?}",
            image.name
        );
    }
    if let Some(block) = image.blocks.first()
        && let Some(file) = files.of_block(ome, block)?
        && let Some(Ok(page)) = files.pages(file).list.get(block.page)
        && page.shape.channels > 1
    {
        // If samples are not counted, all channels are those of a pixel.
        if image.samples == 1 && image.lens[1] == page.shape.channels {
            image.lens[1] = 1;
        }
        if image.lens[1] > 1 {
            bail!("its channels have several samples each, which is not supported");
        }
    }
    let Some(count) = image.planes() else {
        bail!("its OME description specifies more planes than the file can hold");
    };
    for block in &image.blocks {
        let Some(first) = image.first_plane(block) else {
            assigned.outside = true;
            continue;
        };
        let Some(file) = files.of_block(ome, block)? else {
            assigned.absent.extend(block.file.clone());
            continue;
        };
        let present = files.pages(file).list.len().saturating_sub(block.page);
        let asked = block.count.unwrap_or(usize::MAX).min(count - first);
        for step in 0..asked.min(present) {
            task::check()?;
            let at = block.page + step;
            assigned.pages.insert(first + step, InFile { file, at });
        }
    }
    Ok((assigned, image))
}

fn of_micromanager(
    reader: &TiffReader<'_>,
    files: TiffFiles<'_>,
    header: &MicroManager,
    position: usize,
    metadata: &Metadata,
) -> Result<Planes> {
    let mut plane_indices = Vec::new();
    for file in 0..files.count() {
        let pages = files.pages(file).list.iter().enumerate();
        let offset = |(index, page): (usize, &Result<TiffPage>)| {
            let page = page.as_ref().ok()?;
            Some((page.directory.offset, index))
        };
        let index: HashMap<u64, usize> = pages.filter_map(offset).collect();
        let header = match file {
            0 => &header.plane_indices[..],
            file => files.plane_indices(file),
        };
        for plane_index in header
            .iter()
            .filter(|plane_index| plane_index.position == position)
        {
            let at = index.get(&plane_index.offset).copied();
            plane_indices.push((*plane_index, at.map(|at| InFile { file, at })));
        }
    }
    let most = |of: fn(&PlaneIndex) -> usize| {
        let lens = plane_indices.iter().map(|(plane_index, _)| of(plane_index));
        lens.max().map_or(1, |most| most.saturating_add(1))
    };
    // A part of a recording need not start at its beginning.
    let first = plane_indices
        .iter()
        .map(|(plane_index, _)| plane_index.time)
        .min()
        .unwrap_or(0);
    let (slices, channels) = (
        most(|plane_index| plane_index.slice),
        most(|plane_index| plane_index.channel),
    );
    let times = most(|plane_index| plane_index.time) - first;
    let count = slices
        .checked_mul(channels)
        .and_then(|planes| planes.checked_mul(times))
        .filter(|count| *count <= MARGIN.saturating_mul(plane_indices.len() + 1));
    if count.is_none() {
        bail!("its index specifies more planes than the file can hold");
    }
    let mut assigned = PlaneMap::default();
    for (plane_index, at) in plane_indices {
        let plane = ((plane_index.time - first) * slices + plane_index.slice) * channels
            + plane_index.channel;
        if let Some(at) = at {
            assigned.pages.insert(plane, at);
        }
    }
    let axes = [
        (PageAxis::Time, times),
        (PageAxis::Slice, slices),
        (PageAxis::Channel, channels),
    ];
    let arrangement = Arrangement::along(&axes, usize::MAX)?;
    let size = header.pixel_size().map(|size| [size, size]);
    let metadata = Metadata {
        fps: None,
        pixel_size: size.or(metadata.pixel_size),
        ..metadata.clone()
    };
    let mut warnings = Vec::new();
    let metadata = of_slices(&arrangement, metadata, &mut warnings);
    let interval = header.interval().filter(|_| arrangement.slices == 1);
    let planes = collect(reader, files, &assigned, &arrangement, metadata, warnings)?;
    let Some(mut planes) = planes else {
        bail!("it has none of the pages that its index lists");
    };
    if planes.metadata.fps.is_none() {
        planes.metadata.fps = interval.map(|seconds| 1.0 / seconds);
    }
    Ok(planes)
}

/// The pages in the order of frames, up to the last complete frame of a truncated file; `None` if
/// there are none.
fn collect(
    reader: &TiffReader<'_>,
    files: TiffFiles<'_>,
    assigned: &PlaneMap,
    arrangement: &Arrangement,
    mut metadata: Metadata,
    mut warnings: Vec<String>,
) -> Result<Option<Planes>> {
    let mut shape: Option<PageShape> = None;
    let (mut list, mut different, mut cut) = (Vec::new(), 0, false);
    for plane in &arrangement.pages {
        let Some(plane_index) = assigned.pages.get(plane) else {
            list.push(None);
            continue;
        };
        let pages = files.pages(plane_index.file);
        cut |= !pages.complete;
        let page = match &pages.list[plane_index.at] {
            Ok(page) if !page.is_whole(pages.file_len) => {
                cut = true;
                None
            }
            Ok(page) if shape.is_none_or(|shape| shape == page.shape) => Some(page.clone()),
            _ => {
                different += 1;
                None
            }
        };
        if let Some(page) = &page {
            shape = Some(page.shape);
        }
        let file = plane_index.file;
        list.push(page.map(|at| InFile { file, at }));
    }
    // Pages missing from a truncated file are among those not assigned to any plane.
    cut |= !files.own.complete;
    let channels = arrangement.channels.unwrap_or(1);
    let Some(shape) = shape else {
        if !assigned.absent.is_empty() {
            let absent: Vec<String> = assigned.absent.iter().take(5).cloned().collect();
            let error = Error::new("the files that have its planes are missing");
            return Err(error.hint(format!(
                "put them into the same folder: {}",
                absent.join(", ")
            )));
        }
        if cut {
            let frames = list.len() / channels;
            let frames = counted(frames, "frame");
            bail!("it is truncated within the first of its {frames}");
        }
        return Ok(None);
    };
    let path = files.path.display();
    if cut {
        let promised = list.len() / channels;
        let frames = list.chunks(channels);
        let whole = frames
            .take_while(|frame| frame.iter().all(Option::is_some))
            .count();
        if whole == 0 {
            let promised = counted(promised, "frame");
            bail!("it is truncated within the first of its {promised}");
        }
        list.truncate(whole * channels);
        warnings.push(format!(
            "is truncated: {whole} of its {promised} frames are complete"
        ));
    }
    let missing = list.iter().filter(|page| page.is_none()).count();
    if missing > 0 {
        let total = list.len();
        let why = match assigned.absent.len() {
            0 if different > 0 => {
                ", some because they differ from the others in size or type".into()
            }
            0 => String::new(),
            1 => format!(", because there is no file {}", absent_text(assigned)),
            _ => format!(", because there are no files {}", absent_text(assigned)),
        };
        warnings.push(format!(
            "lacks {missing} of its {total} planes, which are filled with zeros{why}"
        ));
    }
    for note in &warnings {
        task::warn(&format!("`{path}` {note}"));
    }
    if arrangement.slices == 1 {
        let frames = list.iter().step_by(channels);
        let own = frames.map_while(|page| page.as_ref().filter(|page| page.file == 0));
        let directories = own.map(|page| &page.at.directory);
        micromanager::describe(reader, files.path, directories, &mut metadata);
    }
    Ok(Some(Planes {
        shape,
        channels: arrangement.channels,
        list,
        file_len: files.len,
        files: files.paths(),
        metadata,
    }))
}

fn absent_text(assigned: &PlaneMap) -> String {
    let mut names: Vec<String> = assigned
        .absent
        .iter()
        .take(4)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.len() > 3 {
        names[3] = "…".into();
    }
    names.join(", ")
}
