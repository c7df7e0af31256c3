//! Large recordings whose frames are loaded when they are needed, if nothing can go wrong later that
//! could be found now.
//!
//! The samples have to be stored as in memory, so that loading them cannot find damage; and the
//! file must not have been written just now, as it may still be written. What was asked for is the
//! file as it was: a file that changes before its frames are loaded is an error. Windows, where a
//! file cannot be replaced while it is open, loads everything at once.

use std::ops::Range;
use std::time::Duration;

use super::bytes::samples::SharedFile;
use super::recording::{FrameRange, Recording};
use crate::error::{Error, Result};
use crate::task;
use crate::video::{Chain, Metadata, Needs, Origin, StageInfo, Video, min_pending};

/// How long a file must have been left alone.
const SETTLED: Duration = Duration::from_secs(60);

/// Whether frames of a recording can be loaded later; an error if some are missing.
pub(super) fn can_defer(recording: &dyn Recording, range: FrameRange) -> Result<bool> {
    if cfg!(windows) {
        return Ok(false);
    }
    let (shape, dtype) = recording.layout()?;
    let mut lens = [&[range.len], &shape[1..]].concat().into_iter();
    let nbytes = lens.try_fold(dtype.size(), usize::checked_mul);
    if shape.len() < 3 || nbytes.is_none_or(|nbytes| nbytes < min_pending()) {
        return Ok(false);
    }
    let files = recording.plain_files(range)?;
    let is_settled = |file: &&SharedFile| file.is_older_than(SETTLED);
    Ok(files.is_some_and(|files| files.iter().all(is_settled)))
}

/// Frames of a recording, loaded when they are needed.
pub(super) fn video(
    recording: Box<dyn Recording>,
    range: FrameRange,
    metadata: Metadata,
) -> Result<Video> {
    let (mut shape, dtype) = recording.layout()?;
    shape[0] = range.len;
    let frames = DeferredFrames {
        nbytes: shape.iter().product::<usize>() * dtype.size(),
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
        match samples {
            Ok(samples) => Ok(Video::with_metadata(samples, self.metadata.clone())),
            Err(error) if error.is_interrupted() => Err(error),
            Err(error) => Err(match &self.origin {
                Some(origin) => error.hint(format!("while loading the recording of {origin}")),
                None => error,
            }),
        }
    }

    fn check_unchanged(&self, range: FrameRange) -> Result<()> {
        let files = self.recording.plain_files(range)?;
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
        let FrameRange { start, step, .. } = self.range;
        self.load(FrameRange {
            start: start + frames.start * step,
            len: frames.len(),
            step,
        })
    }

    fn peek(&mut self, frames: Range<usize>) -> Result<Video> {
        self.frames(frames)
    }

    fn whole(&mut self) -> Result<Video> {
        self.load(self.range)
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn is_contiguous(&self) -> bool {
        let FrameRange { start, len, step } = self.range;
        let two = FrameRange {
            start,
            len: len.min(2),
            step,
        };
        let loaded = self.recording.load(two);
        loaded.is_ok_and(|samples| samples.layout().is_contiguous())
    }

    fn set_origin(&mut self, origin: Origin) {
        self.origin.get_or_insert(origin);
    }

    fn stages(&self) -> Vec<StageInfo> {
        vec![StageInfo {
            name: "load_video",
            origin: self.origin.clone(),
            needs: Needs::File,
            nbytes: self.nbytes,
            held: 0,
        }]
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;
    use crate::io::{FrameSelection, LoadOptions, load_video, save_video};
    use crate::ops::testing::{ramp, values};
    use crate::video::{TEST_LIMITS, TestLimits};

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

    fn load(path: &std::path::Path, selection: FrameSelection) -> Result<Video> {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 2,
            per_call: 1,
        }));
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
        for name in ["a.npy", "a.tif", "a.h5"] {
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
        let replaced = load(&path, FrameSelection::ALL).unwrap();
        save_video(&path, &ramp(&[2, 4, 5])).unwrap();
        let same = values(&replaced);
        assert_eq!(same, values(&ramp(&[9, 4, 5])), "the old file is open");

        let (_folder, path) = saved("a.npy");
        let overwritten = load(&path, FrameSelection::ALL).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let expected = format!("`{}` has changed since it was loaded", path.display());
        assert_eq!(overwritten.compute().unwrap_err().message(), expected);
    }

    #[test]
    fn new_files_and_packed_ones_are_loaded_at_once() {
        let (_folder, path) = saved("a.npy");
        save_video(&path, &ramp(&[9, 4, 5])).unwrap();
        assert!(!load(&path, FrameSelection::ALL).unwrap().is_pending());
        let (_folder, path) = saved("a.npz");
        assert!(!load(&path, FrameSelection::ALL).unwrap().is_pending());
    }
}
