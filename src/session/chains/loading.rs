//! Recordings whose frames are loaded when a chain needs them.

use super::*;

/// A movie that was exported long ago.
fn old_movie(extension: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie").with_extension(extension);
    let script = format!(
        "export_video(\"{}\", example_video(40, 32, 48));",
        literal(&path)
    );
    let _ = session().run("movie.rhai", &script).unwrap();
    age(&path);
    (folder, path)
}

#[test]
fn movies_are_loaded_as_they_are_needed() {
    let limits = TestLimits {
        pending: 0,
        block: 7,
        per_call: 1,
    };
    let mut extensions = vec!["gif", "apng"];
    if cfg!(feature = "h264") {
        extensions.push("mp4");
    }
    for extension in extensions {
        let (_folder, path) = old_movie(extension);
        for (start, frames, step) in [(0, None, 1), (3, Some(20), 1), (2, Some(9), 4)] {
            let selection = FrameSelection {
                start,
                frames,
                step,
            };
            let load = || load_video(&path, &selection, &LoadOptions::default()).unwrap();
            let whole = load();
            assert!(!whole.is_pending());
            TEST_LIMITS.set(Some(limits));
            let video = load();
            assert!(video.is_pending() && !video.is_peekable(), "{extension}");
            let shown = video.peek(3..5).unwrap();
            assert!(equal_samples(&shown, &whole.frames(3, 2, 1)), "{extension}");
            for _ in 0..2 {
                let mut found = Vec::new();
                let collect = |block: &Video| {
                    found.extend(values(block));
                    Ok(())
                };
                video.scan(collect).unwrap();
                assert!(found == values(&whole), "{extension} {selection:?}");
            }
            assert!(equal_samples(&video, &whole), "{extension}");
            assert_eq!(video.metadata().fps, whole.metadata().fps);
            TEST_LIMITS.set(None);
        }
    }
}

/// Makes the files of a folder, and of those in it, look old.
#[cfg(feature = "zarr")]
fn age_all(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => age_all(&path),
            false => age(&path),
        }
    }
}

#[cfg(feature = "zarr")]
#[test]
fn chunks_of_zarr_are_loaded_as_they_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let saved = example_of_frames(1100);
    save_video(&path, &saved).unwrap();
    age_all(&path);
    let load = || {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 7,
            per_call: 1,
        }));
        let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::default());
        TEST_LIMITS.set(None);
        video.unwrap()
    };
    let video = load();
    assert!(video.is_pending() && video.is_peekable());
    assert!(equal_samples(
        &video.peek(254..259).unwrap(),
        &saved.frames(254, 5, 1)
    ));
    assert!(equal_samples(&video, &saved));
    // A chunk that goes is noticed; one that was never there is filled.
    let video = load();
    let chunk = path.join("1.0.0");
    fs::remove_file(&chunk).unwrap();
    let error = video.compute().unwrap_err();
    let expected = format!("`{}` has changed since it was loaded", chunk.display());
    assert_eq!(error.message(), expected);
    assert!(!load().is_pending());
}

/// Frames of 64×64 pixels.
#[cfg(feature = "zarr")]
fn example_of_frames(len: usize) -> Video {
    let script = format!("example_video({len}, 64, 64)");
    session()
        .run("example.rhai", &script)
        .unwrap()
        .cast::<Video>()
}

#[test]
fn a_movie_that_ends_too_early_is_loaded_at_once() {
    for extension in ["gif", "apng"] {
        let (_folder, path) = old_movie(extension);
        let len = fs::metadata(&path).unwrap().len();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(len * 2 / 3)
            .unwrap();
        age(&path);
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            ..WHOLE
        }));
        let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::default());
        TEST_LIMITS.set(None);
        let video = video.unwrap();
        assert!(
            !video.is_pending() && (1..40).contains(&video.len()),
            "{extension}"
        );
    }
}
