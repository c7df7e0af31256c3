//! SciMedia MiCAM ULTIMA recordings: a text header (`.rsh`), a background frame (`.rsm`), and blocks
//! of frames (`name(0).rsd`, …) that hold signed differences from it.

mod header;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::raw::Source;
use crate::io::{FrameRange, Recording, cannot_load, cannot_map};
use crate::task;
use crate::video::{DType, Element, Metadata, Samples, Strided};
use header::{Geometry, Header};

/// The longest header that is read.
const MAX_HEADER: usize = 1 << 20;

/// A recording.
pub(in crate::io) struct Ultima {
    header: PathBuf,
    metadata: Metadata,
    files: Result<Files>,
}

/// The files of a recording.
struct Files {
    geometry: Geometry,
    background: Source,
    blocks: Vec<Source>,
    frames_per_block: usize,
    /// How many frames to load at most.
    frames: usize,
}

impl Ultima {
    /// Reads the header that belongs to any of the files.
    pub(in crate::io) fn open(path: &Path) -> Result<Self> {
        let header = find_header(path)?;
        let text = Source::open(&header)?.start(MAX_HEADER)?;
        let parsed = Header::parse(&String::from_utf8_lossy(&text));
        if parsed.fields.is_empty() {
            bail!(
                "`{}` is not the header of a MiCAM ULTIMA recording",
                header.display()
            );
        }
        Ok(Self {
            metadata: parsed.metadata(),
            files: Files::find(&header, &parsed),
            header,
        })
    }

    fn files(&self) -> Result<&Files> {
        self.files.as_ref().map_err(Error::clone)
    }
}

impl Files {
    /// Finds the files that the header names.
    fn find(header: &Path, parsed: &Header) -> Result<Self> {
        let explain = |e| cannot_load(header, &e);
        let background = Source::open(&find_background(header, parsed)?)?;
        let geometry = parsed.geometry(background.len()).map_err(explain)?;
        let needed = geometry.frame_bytes();
        if background.len() < needed {
            bail!(
                "`{}` has {} bytes, a background frame needs {needed}",
                background.path().display(),
                background.len()
            );
        }
        let blocks = open_blocks(header, parsed)?;
        let in_first = (blocks[0].len() / needed) as usize;
        let frames_per_block = parsed.number("blk").map_err(explain)?.unwrap_or(in_first);
        if frames_per_block == 0 || in_first == 0 {
            bail!(
                "`{}` does not hold a whole frame",
                blocks[0].path().display()
            );
        }
        Ok(Files {
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
        let files = self.files()?;
        let Geometry { rows, .. } = files.geometry;
        Ok((vec![files.frames, rows, files.geometry.width()], DType::U16))
    }

    fn load(&self, range: FrameRange) -> Result<Samples> {
        let files = self.files()?;
        let geometry = files.geometry;
        let mut stored = vec![0; geometry.frame_bytes() as usize];
        files.background.read_at(0, &mut stored)?;
        let background: Vec<u16> = geometry.picture(&stored).map(u16::from_le_bytes).collect();
        let mut video = Strided::zeroed(&[range.len, geometry.rows, geometry.width()])?;
        let frames = video
            .as_mut_slice()?
            .par_chunks_mut(background.len())
            .enumerate();
        let memory = || vec![0; geometry.frame_bytes() as usize];
        task::for_each_init("loading", frames, memory, |stored, (frame, out)| {
            let frame = range.start + frame * range.step;
            let (block, index) = (
                frame / files.frames_per_block,
                frame % files.frames_per_block,
            );
            files.blocks[block].read_at(index as u64 * geometry.frame_bytes(), stored)?;
            let differences = geometry.picture(stored).map(i16::from_le_bytes);
            for ((out, background), difference) in out.iter_mut().zip(&background).zip(differences)
            {
                *out = background.saturating_add_signed(difference);
            }
            Ok(())
        })?;
        Ok(Element::wrap(video))
    }

    fn map(&self) -> Result<Samples> {
        Err(cannot_map(
            &self.header,
            "its frames are differences from a background",
        ))
    }
}

/// The number of frames: as many as the header says and the blocks hold.
fn count_frames(
    header: &Path,
    parsed: &Header,
    blocks: &[Source],
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
                "`{}` says there are {promised} frames, its blocks hold {present}; \
                 using the first {}",
                header.display(),
                promised.min(present)
            ));
            Ok(promised.min(present))
        }
        _ => Ok(present),
    }
}

fn find_background(header: &Path, parsed: &Header) -> Result<PathBuf> {
    let listed = parsed.files.iter().find(|name| has_extension(name, "rsm"));
    let usual = header.with_extension("rsm");
    listed
        .and_then(|name| find_file(&header.with_file_name(name)))
        .or_else(|| find_file(&usual))
        .ok_or_else(|| missing(&usual, "the background frame of the recording"))
}

/// The blocks in order, up to the first that is missing.
fn open_blocks(header: &Path, parsed: &Header) -> Result<Vec<Source>> {
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
            Some(path) => blocks.push(Source::open(&path)?),
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

/// A file of the given name, whatever its case.
fn find_file(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    let same = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|other| other.to_string_lossy().to_lowercase() == name)
    };
    paths.find(|path| same(path) && path.is_file())
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|other| other.eq_ignore_ascii_case(extension))
}

fn missing(path: &Path, what: &str) -> Error {
    Error::new(format!("there is no file `{}`, {what}", path.display()))
        .hint("the .rsh, .rsm and .rsd files of a recording belong into one folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Options, Selection, load_metadata, load_video};
    use crate::video::{Field, Video};

    const HEADER: &str = "//UltimaExp 1111\r\n//x=4/y=2/lskp=1/rskp=1/blk=2\r\n//cmp=0/bit=16\r\n\
        acquisition_date=2018/02/14 15:22:04\r\npage_frames=4\r\nsample_time=  2.0msec\r\n\
        Data-File-List\r\na b.rsm\r\na b(0).rsd\r\na b(1).rsd\r\n";

    /// A recording of two blocks of two frames of 2×2, whose differences count up from -2 in
    /// frame 0 and from 70 in every later one.
    fn recording(header: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        let words =
            |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
        let (low, high) = (u16::MAX - 1, 70);
        let first = [9, low, low + 1, 9, 9, 0, 1, 9];
        let later = [9, high, high + 1, 9, 9, high + 2, high + 3, 9];
        write("a b.rsh", header.as_bytes());
        write("A B.RSM", &words(&[9, 1, 1, 9, 9, 65500, 65535, 9]));
        write("a b(0).rsd", &words(&[first, later].concat()));
        write("a b(1).RSD", &words(&[later, later].concat()));
        folder
    }

    fn load(folder: &tempfile::TempDir, name: &str) -> Result<Video> {
        load_video(
            &folder.path().join(name),
            &Selection::ALL,
            &Options::default(),
        )
    }

    fn values(video: &Video) -> Vec<u16> {
        let samples = u16::unwrap(video.samples().clone()).unwrap();
        samples.as_slice().unwrap().to_vec()
    }

    #[test]
    fn differences_saturate_and_any_of_the_files_loads() {
        let folder = recording(HEADER);
        for name in ["a b.rsh", "A B.RSM", "a b(0).rsd", "a b(1).RSD"] {
            let video = load(&folder, name).unwrap();
            assert_eq!(
                (video.shape(), video.metadata().fps),
                (&[4, 2, 2][..], Some(500.0))
            );
            assert_eq!(
                values(&video)[..8],
                [0, 0, 65500, 65535, 71, 72, 65535, 65535]
            );
        }
        let selection = Selection {
            start: 1,
            frames: Some(2),
            step: 2,
        };
        let video = load_video(
            &folder.path().join("a b.rsh"),
            &selection,
            &Options::default(),
        )
        .unwrap();
        assert_eq!(values(&video), [[71, 72, 65535, 65535]; 2].concat());
        assert_eq!(video.metadata().fps, Some(250.0));
    }

    #[test]
    fn fields_are_kept_and_the_date_is_iso() {
        let folder = recording(HEADER);
        let metadata = load_metadata(&folder.path().join("a b.rsh")).unwrap();
        let text = |name: &str| match &metadata.fields[name] {
            Field::Text(text) => text.clone(),
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(text("date"), "2018-02-14T15:22:04");
        assert_eq!(text("acquisition_date"), "2018/02/14 15:22:04");
        assert_eq!(
            (text("sample_time"), text("lskp")),
            ("2.0msec".into(), "1".into())
        );
    }

    #[test]
    fn slashes_may_stand_anywhere_around_the_sizes() {
        let header = HEADER
            .replace("//x", "x")
            .replace("/blk=2", "\n/blk=2/")
            .replace('\r', "");
        assert_eq!(
            load(&recording(&header), "a b.rsh").unwrap().shape(),
            [4, 2, 2]
        );
    }

    #[test]
    fn the_header_limits_the_frames_and_missing_blocks_end_them() {
        let fewer = recording(&HEADER.replace("page_frames=4", "page_frames=3"));
        assert_eq!(load(&fewer, "a b.rsh").unwrap().len(), 3);
        let folder = recording(HEADER);
        std::fs::remove_file(folder.path().join("a b(1).RSD")).unwrap();
        assert_eq!(load(&folder, "a b.rsh").unwrap().len(), 2);
        std::fs::remove_file(folder.path().join("a b(0).rsd")).unwrap();
        let error = load(&folder, "a b.rsh").unwrap_err();
        assert!(error.message().contains("a b(0).rsd"), "{error}");
        assert!(load_metadata(&folder.path().join("a b.rsh")).is_ok());
        std::fs::remove_file(folder.path().join("A B.RSM")).unwrap();
        let error = load(&folder, "a b.rsh").unwrap_err();
        assert!(error.message().contains("a b.rsm"), "{error}");
    }

    #[test]
    fn damaged_headers_never_panic() {
        crate::io::damage::check(HEADER.as_bytes(), 300, "rsh");
        let folder = recording(HEADER);
        let path = folder.path().join("a b.rsh");
        for (name, value) in [
            ("x", "0"),
            ("y", "99999999999"),
            ("lskp", "9"),
            ("blk", "0"),
            ("blk", "-1"),
        ] {
            let header = HEADER.replace(&format!("{name}="), &format!("{name}={value}"));
            std::fs::write(&path, header).unwrap();
            let _ = load(&folder, "a b.rsh");
        }
    }
}
