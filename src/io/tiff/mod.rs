//! TIFF stacks: every page of the first page's size is a frame.
//!
//! Pages that are stored as they are in memory are read straight from the file or mapped; others
//! are decoded by the `tiff` crate, several at once.

mod chunks;
mod decode;
mod description;
mod directory;
mod fax;
mod layout;
pub(super) mod lzma;
mod lzw;
mod ome;
mod page;
mod page_file;
mod tag;
mod webp;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use write::Photometric;
pub(super) use write::{Form, encode, save};

use super::raw::{self, Encoding, Fill, Source};
use super::{FrameRange, Recording, cannot_load, cannot_map};
use crate::bail;
use crate::error::Result;
use crate::task;
use crate::video::{DType, Element, Layout, MappedFile, Metadata, Samples, with_dtype};
use description::Description;
use directory::Reader;
use ome::Order;
use page::{Page, Shape};

/// A stack of pages of one size and type.
pub(super) struct Stack {
    source: Source,
    file: MappedFile,
    shape: Shape,
    frames: Frames,
    /// How the pages make up frames, if a frame has several.
    order: Option<Order>,
    metadata: Metadata,
}

/// Where the frames are.
enum Frames {
    /// As in memory, from these offsets on.
    Plain(Vec<u64>),
    /// In a form that has to be decoded.
    Coded(Vec<Page>),
}

/// Whether a file that begins with these bytes is a TIFF file.
pub(super) fn begins(bytes: &[u8]) -> bool {
    Reader::new(bytes).is_ok()
}

impl Stack {
    /// Finds the frames; those of a file that was cut short as far as they are whole.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let explain = |e| cannot_load(path, &e);
        let reader = Reader::new(file.bytes()).map_err(explain)?;
        let found = Pages::find(&reader).map_err(explain)?;
        found.warn(path);
        Ok(Self {
            source: Source::open(path)?,
            shape: found.first.shape,
            metadata: found.description.metadata(),
            order: found.order(),
            frames: found.frames,
            file,
        })
    }

    /// The shape and the type of the pages.
    pub(super) fn page_layout(&self) -> (Vec<usize>, DType) {
        (
            self.page_shape(self.frames.len()),
            self.shape.encoding.dtype,
        )
    }

    /// Reads the samples of one page into their place in a video.
    pub(super) fn read_page(&self, frame: usize, out: &mut dyn Fill) -> Result<()> {
        let encoding = self.shape.encoding;
        match &self.frames {
            Frames::Plain(offsets) => out.fill(encoding, &mut |bytes| {
                self.source.read_at(offsets[frame], bytes)
            }),
            Frames::Coded(pages) => {
                let decoded = Encoding {
                    swapped: false,
                    ..encoding
                };
                out.fill(decoded, &mut |bytes| {
                    decode::decode(&self.source, &pages[frame], bytes)
                        .map_err(|e| cannot_load(self.source.path(), &e))
                })
            }
        }
    }

    fn shape_of(&self, frames: usize) -> Vec<usize> {
        let Shape {
            height,
            width,
            channels,
            ..
        } = self.shape;
        let mut shape = vec![frames, height, width];
        match self.order {
            Some(order) => shape.push(order.channels),
            None if channels > 1 => shape.push(channels),
            None => {}
        }
        shape
    }

    /// The shape of pages as they lie in the file.
    fn page_shape(&self, pages: usize) -> Vec<usize> {
        let mut shape = vec![pages, self.shape.height, self.shape.width];
        if self.shape.channels > 1 {
            shape.push(self.shape.channels);
        }
        shape
    }

    /// The number of frames.
    fn len(&self) -> usize {
        self.order.map_or(self.frames.len(), |order| order.frames)
    }

    /// The pages of a range of frames.
    fn pages(&self, range: FrameRange) -> Vec<usize> {
        match self.order {
            None => range.indices().collect(),
            Some(order) => range
                .indices()
                .flat_map(|frame| {
                    (0..order.channels).map(move |channel| order.page(frame, channel))
                })
                .collect(),
        }
    }

    /// Frames from pages that are laid out in memory or in the file with the given distance, the
    /// channels of a frame becoming the last axis.
    fn frame_layout(&self, pages: &Layout, order: Order) -> Layout {
        let (shape, strides) = (pages.shape(), pages.strides());
        let frames = shape[0] / order.channels;
        let (frame, channel) = match order.channel_is_fast {
            true => (strides[0] * order.channels as isize, strides[0]),
            false => (strides[0], strides[0] * frames as isize),
        };
        Layout::new(
            pages.offset(),
            &[frames, shape[1], shape[2], order.channels],
            &[frame, strides[1], strides[2], channel],
        )
    }

    /// The layout of the pages in the file, in samples from the first page on.
    fn file_layout(&self, offsets: &[u64]) -> Option<Layout> {
        let size = self.shape.encoding.size() as u64;
        let shape = self.page_shape(offsets.len());
        let mut strides = Layout::contiguous(&shape).strides().to_vec();
        if let [first, second, ..] = offsets {
            let stride = second.checked_sub(*first)?;
            let constant = offsets
                .windows(2)
                .all(|pair| pair[0].checked_add(stride) == Some(pair[1]));
            if !constant || stride % size != 0 {
                return None;
            }
            strides[0] = (stride / size) as isize;
        }
        Some(Layout::new(0, &shape, &strides))
    }
}

impl Recording for Stack {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn layout(&self) -> Result<(Vec<usize>, DType)> {
        Ok((self.shape_of(self.len()), self.shape.encoding.dtype))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let pages = self.pages(range);
        let shape = self.page_shape(pages.len());
        let encoding = self.shape.encoding;
        let samples = match &self.frames {
            Frames::Plain(offsets) => {
                let offsets: Vec<u64> = pages.iter().map(|page| offsets[*page]).collect();
                raw::read_frames(&self.source, encoding, &shape, &offsets)
            }
            Frames::Coded(_) => {
                raw::load(encoding.dtype, &shape, self.shape.len(), |index, out| {
                    self.read_page(pages[index], out)
                })
            }
        }?;
        Ok(match self.order {
            None => samples,
            Some(order) => {
                let order = Order {
                    channel_is_fast: true,
                    ..order
                };
                samples.with_layout(self.frame_layout(samples.layout(), order))
            }
        })
    }

    fn must_load(&self) -> Option<&'static str> {
        match self.frames {
            Frames::Plain(_) => self.shape.encoding.must_load(),
            Frames::Coded(_) => None,
        }
    }

    fn map(&self) -> Result<Samples> {
        let refuse = |reason: &str| cannot_map(self.source.path(), reason);
        let Frames::Plain(offsets) = &self.frames else {
            return Err(refuse("its pages are compressed, tiled or packed"));
        };
        if let Some(obstacle) = self.shape.encoding.obstacle() {
            return Err(refuse(obstacle));
        }
        let layout = self
            .file_layout(offsets)
            .ok_or_else(|| refuse("its pages are not evenly spaced"))?;
        let layout = match self.order {
            Some(order) => self.frame_layout(&layout, order),
            None => layout,
        };
        let mapped = with_dtype!(self.shape.encoding.dtype, T => {
            self.file.array::<T>(offsets[0] as usize, layout).map(Element::wrap)
        });
        mapped.ok_or_else(|| refuse("its samples are not aligned"))
    }
}

/// What the directories of a file amount to.
struct Pages {
    first: Page,
    frames: Frames,
    description: Description,
    /// How many frames there should be, if the file was cut short.
    promised: Option<Promise>,
    /// Pages left out because they are of another size or type.
    different: usize,
}

/// The number of frames a file should have had.
enum Promise {
    Frames(usize),
    More,
}

impl Pages {
    fn find(reader: &Reader<'_>) -> Result<Self> {
        let directories = reader.directories()?;
        let complete = directories.complete;
        let mut list = directories.list.into_iter();
        let Some(directory) = list.next() else {
            bail!("it ends before its first page");
        };
        let description = Description::read(reader, &directory);
        let first = Page::new(reader, directory);
        reader.check()?;
        let first = first?;
        let file_len = reader.bytes.len() as u64;
        if list.len() == 0
            && let Some(frames) = description.frames(first.shape)
            && let Some(start) = first.plain()
            && !first.shape.is_packed()
        {
            return Self::block(first, description, start, frames, file_len);
        }

        let are_frames = list.len() == 0 && description.has_planes_as_frames(first.shape);
        let planes = match are_frames && chunks::can_decode(&first) {
            true => first.planes()?,
            false => vec![first],
        };
        let first = planes[0].clone();
        let mut pages: Vec<Result<Page>> = planes.into_iter().map(Ok).collect();
        pages.extend(parts(reader, &first, &description));
        for directory in list {
            let page = Page::new(reader, directory);
            let parts = page
                .as_ref()
                .map_or_else(|_| Vec::new(), |page| parts(reader, page, &description));
            pages.push(page);
            pages.extend(parts);
            reader.check()?;
        }
        let (mut whole, mut total, mut different, mut cut) = (Vec::new(), 0, 0, false);
        for page in pages {
            reader.check()?;
            match page {
                Ok(page) if page.shape == first.shape => {
                    total += 1;
                    cut |= !page.is_whole(file_len);
                    if !cut {
                        whole.push(page);
                    }
                }
                Ok(page) if page.thumbnail => {}
                _ => different += 1,
            }
        }
        if whole.is_empty() {
            bail!("it is cut short within the first of its {total} frames");
        }
        let uncompressed = whole.iter().filter(|page| page.compression == 1);
        let bytes = uncompressed.map(|page| page.shape.bytes() as u64);
        // Pages that share their samples would let a small file fill the memory.
        if bytes.fold(0, u64::saturating_add) > file_len {
            bail!("its pages overlap: they have more samples than there is room for in the file");
        }
        Ok(Self {
            first,
            frames: Frames::of(whole),
            promised: match (complete, cut) {
                (true, false) => None,
                (true, true) => Some(Promise::Frames(total)),
                (false, _) => Some(Promise::More),
            },
            description,
            different,
        })
    }

    /// Frames that follow each other after one directory.
    fn block(
        first: Page,
        description: Description,
        start: u64,
        frames: usize,
        file_len: u64,
    ) -> Result<Self> {
        let bytes = first.shape.bytes() as u64;
        let present = (file_len.saturating_sub(start) / bytes).min(frames as u64);
        if present == 0 {
            bail!("it is cut short within the first of its {frames} frames");
        }
        Ok(Self {
            frames: Frames::Plain((0..present).map(|frame| start + frame * bytes).collect()),
            promised: (present < frames as u64).then_some(Promise::Frames(frames)),
            first,
            description,
            different: 0,
        })
    }

    /// How the pages make up frames, if a frame has several.
    fn order(&self) -> Option<Order> {
        let pages = Some(self.frames.len()).filter(|_| self.first.shape.channels == 1);
        self.description.order(pages?)
    }

    fn warn(&self, path: &Path) {
        let path = path.display();
        let frames = self.frames.len();
        match self.promised {
            Some(Promise::Frames(promised)) => task::warn(&format!(
                "`{path}` is cut short: {frames} of its {promised} frames are whole"
            )),
            Some(Promise::More) => task::warn(&format!(
                "`{path}` is cut short after {frames} whole frames"
            )),
            None => {}
        }
        if self.different > 0 {
            task::warn(&format!(
                "{} pages of `{path}` differ from the first in size or type and are left out",
                self.different
            ));
        }
    }
}

/// The pages within a page that are as large as itself; others are smaller copies of it.
fn parts(reader: &Reader<'_>, page: &Page, description: &Description) -> Vec<Result<Page>> {
    // Those programs mean something else by them.
    if description.tells_of_pages() {
        return Vec::new();
    }
    let parts = reader.sub_directories(&page.directory).into_iter();
    let parts = parts.filter_map(|directory| Page::new(reader, directory).ok());
    parts
        .filter(|part| part.shape == page.shape && !part.thumbnail)
        .map(Ok)
        .collect()
}

impl Frames {
    fn of(pages: Vec<Page>) -> Self {
        let packed = pages.iter().any(|page| page.shape.is_packed());
        let plain: Option<Vec<u64>> = pages.iter().map(Page::plain).collect();
        match plain {
            Some(offsets) if !packed => Frames::Plain(offsets),
            _ => Frames::Coded(pages),
        }
    }

    fn len(&self) -> usize {
        match self {
            Frames::Plain(offsets) => offsets.len(),
            Frames::Coded(pages) => pages.len(),
        }
    }
}
