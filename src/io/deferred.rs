//! Large recordings whose frames are loaded when they are needed.
//!
//! What can be found without decoding all frames is found before: that frames are missing, or that the
//! first one cannot be decoded. Damage of another is an error that names file and frame when it is
//! needed. The file must not have been written just now, as it may still be written. What was asked
//! for is the file as it was: a file that changes before its frames are loaded is an error. On Windows,
//! where an open file cannot be replaced, a file is closed whenever nothing is read from it, and one
//! that was replaced is an error, too; elsewhere the old file remains readable.

use std::ops::Range;
use std::time::Duration;

use super::bytes::watched::WatchedFile;
use super::recording::{FrameRange, Recording};
use crate::error::{Error, Result};
use crate::ops::array::shape::concatenate;
use crate::task;
use crate::video::{Chain, Metadata, Needs, Origin, StageInfo, Video, min_pending};

/// How long a file must have been left alone.
const SETTLED: Duration = Duration::from_secs(60);

/// Smallest number of times that frames decoded together fit into a recording that is loaded block by
/// block.
const MIN_PARTS: usize = 4;

/// Whether frames of a recording can be loaded later; an error if that is known to fail.
pub(super) fn can_defer(recording: &dyn Recording, range: FrameRange) -> Result<bool> {
    let (shape, dtype) = recording.layout()?;
    let mut lens = [&[range.len], &shape[1..]].concat().into_iter();
    let nbytes = lens.try_fold(dtype.size(), usize::checked_mul);
    if shape.len() < 3 || nbytes.is_none_or(|nbytes| nbytes < min_pending()) {
        return Ok(false);
    }
    let Some(files) = recording.deferrable_files(range)? else {
        return Ok(false);
    };
    let together = recording.frames_together();
    let is_in_parts = together == 1 || (range.step == 1 && MIN_PARTS * together <= range.len);
    let is_settled = |file: &&dyn WatchedFile| file.is_older_than(SETTLED);
    if !is_in_parts || !files.iter().all(is_settled) {
        return Ok(false);
    }
    recording.load(FrameRange { len: 1, ..range })?;
    Ok(true)
}

/// Lets others replace the files of a recording on Windows.
fn release(recording: &dyn Recording, range: FrameRange) {
    if cfg!(windows)
        && let Ok(Some(files)) = recording.deferrable_files(range)
    {
        files.into_iter().for_each(WatchedFile::close);
    }
}

/// Frames of a recording, loaded when they are needed.
pub(super) fn video(
    mut recording: Box<dyn Recording>,
    range: FrameRange,
    metadata: Metadata,
) -> Result<Video> {
    let (mut shape, dtype) = recording.layout()?;
    shape[0] = range.len;
    recording.set_deferred();
    release(&*recording, range);
    let frames = DeferredFrames {
        nbytes: shape.iter().product::<usize>() * dtype.size(),
        together: recording.frames_together(),
        ahead: None,
        recording,
        range,
        metadata: metadata.clone(),
        origin: None,
    };
    Ok(Video::pending(&shape, dtype, metadata, Box::new(frames)))
}

/// Frames to be loaded.
struct DeferredFrames {
    recording: Box<dyn Recording>,
    range: FrameRange,
    /// Number of frames that are decoded together.
    together: usize,
    /// Frames that were decoded with others, and the number of the first of them.
    ahead: Option<(usize, Video)>,
    metadata: Metadata,
    nbytes: usize,
    origin: Option<Origin>,
}

impl DeferredFrames {
    fn load(&self, range: FrameRange) -> Result<Video> {
        let place = || Origin::place(self.origin.as_ref());
        let loaded = task::timed("load_video", place, || self.recording.load(range));
        // A file that has changed may also be the reason for an error.
        let samples = self.check_unchanged(range).and(loaded);
        release(&*self.recording, range);
        match samples {
            Ok(samples) => {
                let video = Video::with_metadata(samples, self.metadata.clone());
                debug_assert_eq!(video.len(), range.len, "an error if frames are missing");
                Ok(video)
            }
            Err(error) if error.is_interrupted() => Err(error),
            Err(error) => {
                let frame = self.damaged_frame(range);
                let of_frame = frame.map_or(String::new(), |frame| format!(" frame {frame} of"));
                Err(match &self.origin {
                    Some(origin) => {
                        error.hint(format!("while loading{of_frame} the recording of {origin}"))
                    }
                    None => error.hint(format!("while loading{of_frame} the recording")),
                })
            }
        }
    }

    /// First frame of a range that cannot be loaded; none if each can.
    fn damaged_frame(&self, range: FrameRange) -> Option<usize> {
        if self.recording.is_sequential() {
            // Its error says where it ends.
            return None;
        }
        let mut frames = range.indices();
        frames.find(|frame| {
            let one = FrameRange {
                start: *frame,
                len: 1,
                step: 1,
            };
            self.recording.load(one).is_err()
        })
    }

    /// Frames of the selected ones, counted from its first.
    fn selected(&self, frames: Range<usize>) -> FrameRange {
        let FrameRange { start, step, .. } = self.range;
        FrameRange {
            start: start + frames.start * step,
            len: frames.len(),
            step,
        }
    }

    /// Decodes frames, and keeps those that are decoded with the last of them.
    fn decode(&mut self, frames: Range<usize>) -> Result<Video> {
        let start = self.range.start;
        let end = (start + frames.end).next_multiple_of(self.together) - start;
        let end = end.min(self.range.len);
        let video = self.load(self.selected(frames.start..end))?;
        if end == frames.end {
            return Ok(video);
        }
        let wanted = video.frames(0, frames.len(), 1);
        self.ahead = Some((frames.start, video));
        Ok(wanted)
    }

    fn check_unchanged(&self, range: FrameRange) -> Result<()> {
        let files = self.recording.deferrable_files(range)?;
        let files = files.into_iter().flatten();
        match files.into_iter().find(|file| !file.is_unchanged()) {
            None => Ok(()),
            Some(file) => {
                let path = file.path().display();
                let error = Error::new(format!("`{path}` has changed since it was loaded"));
                Err(error.hint("`compute(load_video(…))` keeps what a file holds now"))
            }
        }
    }
}

impl Chain for DeferredFrames {
    fn frames(&mut self, frames: Range<usize>) -> Result<Video> {
        let Some((first, ahead)) = self.ahead.take() else {
            return self.decode(frames);
        };
        let known = first..first + ahead.len();
        if !known.contains(&frames.start) {
            return self.decode(frames);
        }
        let count = frames.end.min(known.end) - frames.start;
        let kept = ahead.frames(frames.start - first, count, 1);
        if frames.end < known.end {
            self.ahead = Some((first, ahead));
        }
        match frames.start + count {
            start if start < frames.end => concatenate(&[kept, self.decode(start..frames.end)?], 0),
            _ => Ok(kept),
        }
    }

    fn peek(&mut self, frames: Range<usize>) -> Result<Video> {
        self.load(self.selected(frames))
    }

    fn whole(&mut self) -> Result<Video> {
        self.load(self.range)
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn example(&self, n_frames: usize) -> Result<Option<Video>> {
        self.load(self.selected(0..n_frames)).map(Some)
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin.get_or_insert(origin);
    }

    fn stages(&self) -> Vec<StageInfo> {
        vec![StageInfo {
            name: "load_video",
            origin: self.origin.clone(),
            needs: match self.recording.is_sequential() {
                true => Needs::FileInOrder,
                false => Needs::File,
            },
            nbytes: self.nbytes,
            held: match self.together {
                1 => 0,
                together => together * (self.nbytes / self.range.len.max(1)),
            },
            reads: 0,
            moves: self.nbytes,
        }]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs::{self, File};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::time::SystemTime;

    use super::*;
    use crate::bail;
    use crate::io::bytes::samples::SharedFile;
    use crate::io::{
        Compression, FrameSelection, ImageOptions, ImageSequence, LoadOptions, SaveOptions,
        load_video, save_image_sequence, save_video, save_video_as,
    };
    use crate::ops::testing::{ramp, values};
    use crate::video::{DType, Samples, TEST_LIMITS, TestLimits};

    /// A file that was written long ago.
    fn saved(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        save_video(&path, &ramp(&[9, 4, 5])).unwrap();
        age(&path);
        (folder, path)
    }

    fn age(path: &std::path::Path) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - 2 * SETTLED).unwrap();
    }

    const LIMITS: TestLimits = TestLimits {
        pending: 0,
        block: 2,
        per_call: 1,
    };

    fn load(path: &std::path::Path, selection: FrameSelection) -> Result<Video> {
        TEST_LIMITS.set(Some(LIMITS));
        let video = load_video(path, &selection, &LoadOptions::default());
        TEST_LIMITS.set(None);
        video
    }

    #[test]
    fn frames_are_loaded_when_they_are_needed() {
        let selection = FrameSelection {
            start: 1,
            frames: Some(4),
            step: 2,
        };
        for name in ["a.npy", "a.tif", "a.h5", "a.npz"] {
            let (_folder, path) = saved(name);
            let video = load(&path, selection).unwrap();
            assert!(video.is_pending(), "{name}");
            let mut found = Vec::new();
            video
                .scan(|block| {
                    found.extend(values(block));
                    Ok(())
                })
                .unwrap();
            assert!(video.is_pending(), "a scan keeps nothing");
            assert_eq!(found, values(&ramp(&[9, 4, 5]).frames(1, 4, 2)), "{name}");
            assert_eq!(values(&video), found, "{name}");
        }
    }

    #[test]
    fn a_file_that_changes_is_an_error() {
        let (_folder, path) = saved("a.npy");
        let shorter = load(&path, FrameSelection::ALL).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(200).unwrap();
        let expected = format!("`{}` has changed since it was loaded", path.display());
        assert_eq!(shorter.compute().unwrap_err().message(), expected);

        let (_folder, path) = saved("a.npy");
        let overwritten = load(&path, FrameSelection::ALL).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let expected = format!("`{}` has changed since it was loaded", path.display());
        assert_eq!(overwritten.compute().unwrap_err().message(), expected);
    }

    #[test]
    fn a_file_that_is_to_be_loaded_can_be_replaced() {
        for name in ["a.npy", "a.tif", "a.h5", "a.npz"] {
            let (_folder, path) = saved(name);
            let replaced = load(&path, FrameSelection::ALL).unwrap();
            let begun = replaced.peek(0..2).unwrap();
            assert_eq!(values(&begun), values(&ramp(&[9, 4, 5]).frames(0, 2, 1)));
            assert!(replaced.is_pending(), "{name}");
            save_video(&path, &ramp(&[2, 4, 5])).unwrap();
            if cfg!(windows) {
                let expected = format!("`{}` has changed since it was loaded", path.display());
                assert_eq!(replaced.compute().unwrap_err().message(), expected);
            } else {
                let same = values(&replaced);
                assert_eq!(same, values(&ramp(&[9, 4, 5])), "the old file is open");
            }
        }
    }

    /// A recording whose frames are decoded several at a time.
    struct Grouped {
        source: SharedFile,
        _folder: tempfile::TempDir,
        video: Video,
        together: usize,
        damaged: Option<usize>,
        /// Number of groups decoded so far.
        n_decoded: Arc<AtomicUsize>,
    }

    impl Recording for Grouped {
        fn metadata(&self) -> &Metadata {
            self.video.metadata()
        }

        fn layout(&self) -> Result<(Vec<usize>, DType)> {
            Ok((self.video.shape().to_vec(), self.video.dtype()))
        }

        fn load(&self, range: FrameRange) -> Result<Samples> {
            let groups: BTreeSet<_> = range.indices().map(|frame| frame / self.together).collect();
            self.n_decoded.fetch_add(groups.len(), Relaxed);
            if self
                .damaged
                .is_some_and(|damaged| range.indices().any(|frame| frame == damaged))
            {
                bail!("it is damaged");
            }
            let frames = self
                .video
                .frames(range.start, range.len, range.step as isize);
            Ok(frames.samples().clone())
        }

        fn deferrable_files(&self, _: FrameRange) -> Result<Option<Vec<&dyn WatchedFile>>> {
            Ok(Some(vec![&self.source]))
        }

        fn frames_together(&self) -> usize {
            self.together
        }

        fn map(&self) -> Result<Samples> {
            unreachable!("nobody asked for it")
        }
    }

    /// A recording of 23 frames beside an old file, and the number of groups decoded so far.
    fn grouped(together: usize, damaged: Option<usize>) -> (Box<Grouped>, Arc<AtomicUsize>) {
        let (_folder, path) = saved("a.npy");
        let n_decoded = Arc::new(AtomicUsize::new(0));
        let recording = Grouped {
            source: SharedFile::open(&path).unwrap(),
            _folder,
            video: ramp(&[23, 4, 5]),
            together,
            damaged,
            n_decoded: n_decoded.clone(),
        };
        (Box::new(recording), n_decoded)
    }

    /// Frames of a recording, loaded in blocks of 2 frames.
    fn deferred(recording: Box<Grouped>, range: FrameRange) -> Video {
        TEST_LIMITS.set(Some(LIMITS));
        assert!(can_defer(&*recording, range).unwrap());
        let metadata = recording.metadata().clone();
        let video = super::video(recording, range, metadata).unwrap();
        TEST_LIMITS.set(None);
        video
    }

    /// Samples of a video as a scan finds them.
    fn scanned(video: &Video) -> Result<Vec<f64>> {
        TEST_LIMITS.set(Some(LIMITS));
        let mut found = Vec::new();
        let scanned = video.scan(|block| {
            found.extend(values(block));
            Ok(())
        });
        TEST_LIMITS.set(None);
        scanned.map(|()| found)
    }

    #[test]
    fn frames_that_are_decoded_together_are_decoded_once() {
        for together in [1, 3, 5] {
            for (start, len) in [(0, 23), (2, 20), (3, 20)] {
                let range = FrameRange {
                    start,
                    len,
                    step: 1,
                };
                let (recording, n_decoded) = grouped(together, None);
                let video = deferred(recording, range);
                let expected = ramp(&[23, 4, 5]).frames(start, len, 1);
                for _ in 0..2 {
                    let before = n_decoded.load(Relaxed);
                    assert_eq!(scanned(&video).unwrap(), values(&expected));
                    let groups = (start + len).div_ceil(together) - start / together;
                    let found = n_decoded.load(Relaxed) - before;
                    assert_eq!(found, groups, "{together} {range:?}");
                    let shown = video.peek(5..9).unwrap();
                    assert_eq!(values(&shown), values(&expected.frames(5, 4, 1)));
                }
                assert_eq!(values(&video), values(&expected));
            }
        }
        let can_defer = |together, step| {
            let range = FrameRange {
                start: 0,
                len: 11,
                step,
            };
            TEST_LIMITS.set(Some(LIMITS));
            let can_defer = can_defer(&*grouped(together, None).0, range);
            TEST_LIMITS.set(None);
            can_defer.unwrap()
        };
        assert!(can_defer(1, 2) && can_defer(2, 1));
        assert!(!can_defer(2, 2), "groups would be decoded twice");
        assert!(!can_defer(3, 1), "blocks would be most of the recording");
    }

    #[test]
    fn damage_is_an_error_that_names_the_frame() {
        let all = FrameRange {
            start: 0,
            len: 23,
            step: 1,
        };
        let (recording, _) = grouped(3, Some(13));
        let video = deferred(recording, all);
        let error = scanned(&video).unwrap_err();
        assert_eq!(error.message(), "it is damaged");
        assert_eq!(error.hints(), ["while loading frame 13 of the recording"]);
        // What can be found at once is found at once.
        TEST_LIMITS.set(Some(LIMITS));
        let error = can_defer(&*grouped(3, Some(0)).0, all).unwrap_err();
        TEST_LIMITS.set(None);
        assert_eq!(error.message(), "it is damaged");
    }

    #[test]
    fn compressed_pages_are_decoded_when_they_are_needed() {
        let (_folder, path) = saved("a.tif");
        let saving = SaveOptions {
            compression: Some(Compression::Deflate),
            ..SaveOptions::default()
        };
        save_video_as(&path, &ramp(&[9, 4, 5]), &saving).unwrap();
        age(&path);
        let video = load(&path, FrameSelection::ALL).unwrap();
        assert!(video.is_pending());
        assert_eq!(scanned(&video).unwrap(), values(&ramp(&[9, 4, 5])));
        assert!(video.is_pending());
        assert_eq!(values(&video), values(&ramp(&[9, 4, 5])));
    }

    #[test]
    fn images_of_a_folder_are_loaded_when_they_are_needed() {
        let folder = tempfile::tempdir().unwrap();
        let images = ImageSequence::Frames(ramp(&[9, 4, 5]));
        let naming = ("frame{}", ".tif");
        save_image_sequence(
            folder.path(),
            &images,
            None,
            naming,
            &ImageOptions::default(),
        )
        .unwrap();
        let paths = fs::read_dir(folder.path()).unwrap();
        let mut paths: Vec<_> = paths.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().for_each(|path| age(path));
        let video = load(folder.path(), FrameSelection::ALL).unwrap();
        assert!(video.is_pending());
        assert_eq!(scanned(&video).unwrap(), values(&ramp(&[9, 4, 5])));
        fs::remove_file(&paths[6]).unwrap();
        let changed = format!("`{}` has changed since it was loaded", paths[6].display());
        assert_eq!(scanned(&video).unwrap_err().message(), changed);
        // An image of another size is found at once.
        save_video(&paths[3], &ramp(&[1, 5, 5])).unwrap();
        age(&paths[3]);
        let error = load(folder.path(), FrameSelection::ALL).unwrap_err();
        assert!(error.message().contains("but the first image"), "{error}");
    }

    #[test]
    fn new_files_and_transposed_ones_are_loaded_at_once() {
        let (_folder, path) = saved("a.npy");
        save_video(&path, &ramp(&[9, 4, 5])).unwrap();
        assert!(!load(&path, FrameSelection::ALL).unwrap().is_pending());
        let (_folder, path) = saved("a.mat");
        assert!(!load(&path, FrameSelection::ALL).unwrap().is_pending());
    }
}
