//! Chains of filters give the same files as filters run one by one, whatever the blocks.

mod loading;
mod memory;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::bail;
use crate::io::{FrameSelection, LoadOptions, load_video, save_video};
use crate::ops::chain::Stage;
use crate::ops::testing::ramp;
use crate::ops::testing::values;
use crate::script::Settings;
use crate::session::Session;
use crate::task::{Job, OperationProgress, Reporter};
use crate::video::{TEST_LIMITS, TestLimits, Video};

/// Sources: small videos of all kinds of samples and layouts.
fn source() -> impl Strategy<Value = String> {
    const DTYPES: &[&str] = &["uint8", "uint16", "int32", "float32", "float64", "bool"];
    const VIEWS: &[&str] = &[
        "",
        ".slice(0, (), 2)",
        ".flip_left_right()",
        ".rotate_left()",
    ];
    (1..14usize, 5..9usize, 5..9usize)
        .prop_flat_map(|size| {
            (
                Just(size),
                prop::sample::select(DTYPES),
                prop::sample::select(VIEWS),
                any::<bool>(),
            )
        })
        .prop_map(|((t, y, x), dtype, view, has_nan)| {
            let video = format!("example_video({t}, {y}, {x}).astype(\"{dtype}\"){view}");
            match has_nan && dtype.starts_with("float") {
                true => format!("{{ let v = {video}; v[[0, 1, 2]] = NaN; v }}"),
                false => video,
            }
        })
}

/// A filter, applied to `v`.
fn filter() -> impl Strategy<Value = String> {
    let size = 0..9i64;
    let mode = prop::sample::select(&["nearest", "reflect", "mirror", "wrap", "constant"][..]);
    prop_oneof![
        Just("v = v.normalize();".to_owned()),
        Just("v = v.normalize(#{vmin: 500, dtype: \"uint8\"});".to_owned()),
        Just("v = v.normalize(#{vmin: 100, vmax: 900});".to_owned()),
        size.clone()
            .prop_map(|w| format!("v = v.normalize_pixelwise_slidingwindow({w});")),
        (0.0..4.0, 0.0..2.0, any::<bool>()).prop_map(|(t, s, ignores)| {
            format!("v = v.smooth_spatiotemporal({t:?}, {s:?}, {ignores});")
        }),
        (size.clone(), 1..4i64, mode.clone(), any::<bool>()).prop_map(|(t, s, mode, ignores)| {
            format!("v = v.mean_filter({t}, {s}, \"{mode}\", {ignores});")
        }),
        (size.clone(), 1..4i64, mode, any::<bool>()).prop_map(|(t, s, mode, ignores)| {
            format!("v = v.median_filter({t}, {s}, \"{mode}\", {ignores});")
        }),
        (1..16i64, any::<bool>())
            .prop_map(|(n, center)| format!("v = v.temporal_difference({n}, 0.5, {center});")),
        Just("v = v.smoothstep(0.1, 900);".to_owned()),
        Just("v = v.normalize_pixelwise(-1);".to_owned()),
        Just("v = v.dff(\"median\");".to_owned()),
        Just("v = v.dff(\"mean\");".to_owned()),
        Just("v = v.dff(example_video(2, v.shape[1], v.shape[2])[1]);".to_owned()),
        Just("v = v.zscore();".to_owned()),
        Just("v = v.detrend();".to_owned()),
        Just("v = v.detrend(#{window: 3});".to_owned()),
        Just("v = (v + 1000).bleach_correct(\"linear\");".to_owned()),
        Just("v = v.bandpass((), 100, #{order: 1, fps: 500});".to_owned()),
        (-0.01..0.01).prop_map(|t: f64| format!("v = v.evolve_jitter_filter(500, {t:?});")),
        Just("v = ratio(v, v + 1);".to_owned()),
        Just("v = v.savgol_filter(3, 1);".to_owned()),
        Just("v = v.hilbert_phase();".to_owned()),
        (1..5i64).prop_map(|n| format!("v = v.downsample_time(min([{n}, v.len]));")),
        (0..4i64, 4..15i64, 1..4i64)
            .prop_map(|(start, end, step)| format!("v = v.slice({start}, {end}, {step});")),
        Just("v = v.apply_mask(example_video(1, v.shape[1], v.shape[2])[0] > 900);".to_owned()),
        Just("v = v.apply_mask(v > 500, 7);".to_owned()),
        Just("v = v.contrast_enhancement(3);".to_owned()),
        Just("v = v.warp_affine(video([[1, 0, 0.5], [0, 1, 1]]));".to_owned()),
        Just("v = warp_video(v, stack([v, v], 3) / 5000);".to_owned()),
        Just("v = collage([v * 2, v], #{ncols: 2, padding: 1}).resize([7, 6]);".to_owned()),
        Just("v = alpha_blend_videos(v, v * 2, 0.5).mean(3);".to_owned()),
        Just("v = alpha_blend_videos(v, v - 1, #{vmin_base: 0, vmax_base: 1}).mean(3);".to_owned()),
        Just("v = v.crop(1);".to_owned()),
        Just("v = v.flip_up_down().rotate_right();".to_owned()),
        Just("v = v.resize([7, 6]);".to_owned()),
        Just("v = v.pad(2, \"mean\");".to_owned()),
        Just("v = v.pad(1, #{constant_values: [[0, 0], [1, 0], [0, 1]]});".to_owned()),
        Just("v = v * 2 - 0.5;".to_owned()),
        Just("v = 3 / v;".to_owned()),
        Just("v = v ** 2 % 7;".to_owned()),
        Just("v = -v;".to_owned()),
        Just("v = v - v[0];".to_owned()),
        Just("let w = v + 1; v = w * v; w = ();".to_owned()),
        Just("v = (v > 0.4) | (v == 0);".to_owned()),
        Just("v = v.clip(0.1, 900);".to_owned()),
        Just("v = v.astype(\"int16\");".to_owned()),
        Just("v = v.abs().sqrt().round();".to_owned()),
        Just("v = v.fill_nan(3);".to_owned()),
        Just("v = where(v > 0.5, v, -1.5);".to_owned()),
        Just("let w = v * 2; v = where(isfinite(w) & !isnan(v), w, v[0]); w = ();".to_owned()),
    ]
}

/// How the result of a script is saved: as a temporary, as a variable that is not used again, and
/// as one that is.
const ENDS: &[&str] = &[
    "let last = [v]; v = (); save_video(\"RESULT\", last.pop());",
    "save_video(\"RESULT\", v);",
    "save_video(\"RESULT\", v); let frames = v.len;",
];

/// How the result of a script is written to files of other kinds, with an extension.
const FILES: &[(&str, &str)] = &[
    ("zarr", "save_video(\"RESULT\", v);"),
    (
        "zarr",
        "save_video(\"RESULT\", v, #{compression: \"none\"});",
    ),
    ("folder", "save_tiff_folder(\"RESULT\", v);"),
    (
        "folder",
        "save_image_sequence(\"RESULT\", (v * 9).astype(\"uint16\"));",
    ),
    ("mat", "save_video(\"RESULT\", v);"),
    (
        "gif",
        "export_video(\"RESULT\", v, #{fps: 25, cmap: \"viridis\"});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v, #{vmin: 0, vmax: 2, skip_frames: 2});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v, #{range: \"all\", colorbar: true});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v, #{range: \"all\", skip_frames: 3, frame_number: true});",
    ),
    ("apng", "export_video(\"RESULT\", v, #{bits: 16});"),
    (
        "apng",
        "export_video(\"RESULT\", v, #{bits: 16, vmax: 3, skip_frames: 2});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v, #{traces: [[1, 1]], skip_frames: 2});",
    ),
    (
        "apng",
        "export_videos(\"RESULT\", [v * 2, v + 1], #{padding: 1, skip_frames: 2});",
    ),
    (
        "apng",
        "let w = v - 1; export_videos(\"RESULT\", [w, example_video(v.len, 6, 6)], #{vmins: 0, vmaxs: 1});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v - v[0], #{cmap: \"coolwarm\"});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v - v[0], #{cmap: \"coolwarm\", skip_frames: 2, traces: [[2, 1]]});",
    ),
    (
        "apng",
        "export_video(\"RESULT\", v, #{vmin: 0, vmax: 1, skip_frames: 3, timestamp: true, speed: 0.1});",
    ),
    (
        "apng",
        "export_videos(\"RESULT\", [v * 2, v + 1], #{skip_frames: 2, traces: [[1, 1], [2, 3]]});",
    ),
    (
        "apng",
        "let b = v * 2; export_video_with_overlay(\"RESULT\", b, v + 1, 0.5, #{skip_frames: 2});",
    ),
    (
        "apng",
        "let o = v.normalize(); let b = example_video(o.len + 2, o.shape[1], o.shape[2]); \
         export_video_with_overlay(\"RESULT\", b, o, #{traces: [[1, 2]], timestamp: true, skip_frames: 3});",
    ),
    (
        "apng",
        "export_video_with_overlay(\"RESULT\", v - 1, v.normalize(), smoothstep(v * 2, 0.2, 0.8), \
         #{cmap_overlay: \"hot\", vmin_overlay: 0, vmax_overlay: 0.5, threshold: 0.3});",
    ),
    (
        "apng",
        "export_video_with_overlay(\"RESULT\", v - v[0], v - v[0], #{cmap_base: \"coolwarm\", \
         alpha: 0.4, vmin_overlay: -1, skip_frames: 2, colorbar: true});",
    ),
    (
        "apng",
        "let a = (v > 0).astype(\"float32\").resize([v.shape[2], v.shape[1]]); \
         export_video_with_overlay(\"RESULT\", v[0], v * 3, a, #{vmin_overlay: 0, vmax_overlay: 9});",
    ),
];

/// How the result of a script is reduced.
fn reduction() -> impl Strategy<Value = String> {
    let functions = &[
        "min",
        "max",
        "mean",
        "std",
        "var",
        "sum",
        "count",
        "any",
        "all",
        "argmax",
        "median",
        "percentile(20, AXES)",
        "trace(2, 1)",
        "region_traces([[0, 1, 3, 3], [1, 0, 4, 2]])[1]",
    ];
    let axes = &["", "0", "1", "2", "[0, 1]", "[0, 2]", "[1, 2]", "[0, 1, 2]"];
    let functions = prop::sample::select(&functions[..]);
    (functions, prop::sample::select(&axes[..])).prop_map(|(function, axes)| match axes {
        "" | "[0, 1, 2]" if function.contains("AXES") => {
            "save_video(\"RESULT\", v.percentile([0, 35, 100]));".to_owned()
        }
        _ if function.contains("AXES") => {
            format!(
                "save_video(\"RESULT\", v.{});",
                function.replace("AXES", axes)
            )
        }
        _ if function.contains('(') => format!("save_video(\"RESULT\", v.{function});"),
        "" | "[0, 1, 2]" => format!("save_video(\"RESULT\", video([v.{function}({axes})]));"),
        _ => format!("save_video(\"RESULT\", v.{function}({axes}));"),
    })
}

const WHOLE: TestLimits = TestLimits {
    pending: usize::MAX,
    block: 1,
    per_call: 1,
};

/// A file that was written long ago, with the video that a script makes.
fn source_file(video: &str, extension: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source").with_extension(extension);
    let bytes = saved(
        &format!("save_video(\"RESULT\", {video});"),
        extension,
        WHOLE,
    );
    fs::write(&path, bytes.unwrap()).unwrap();
    age(&path);
    (folder, path)
}

/// Makes a file look as if it had been written long ago.
fn age(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    let old = SystemTime::now() - Duration::from_secs(1000);
    file.set_modified(old).unwrap();
}

/// A path as scripts write it in a string on every system.
fn literal(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

fn session() -> Session {
    Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    })
}

/// The bytes of the file that a script saves, or its error.
fn saved(script: &str, extension: &str, limits: TestLimits) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result").with_extension(extension);
    let script = script.replace("RESULT", &literal(&path));
    let mut session = session();
    // Chains with large blocks may keep everything in memory, others nothing.
    session.job().memory().set_budget(limits.block >> 2 << 30);
    TEST_LIMITS.set(Some(limits));
    let result = session.run("chain.rhai", &script);
    TEST_LIMITS.set(None);
    match result {
        Ok(_) => Ok(contents(&path)),
        Err(diagnostic) => Err(diagnostic.error().message().to_owned()),
    }
}

/// The bytes of a file, or the names and the bytes of the files of a folder.
fn contents(path: &Path) -> Vec<u8> {
    if path.is_file() {
        return fs::read(path).unwrap();
    }
    let entries = fs::read_dir(path).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let named = |file: &PathBuf| {
        let name = file.file_name().unwrap().as_encoded_bytes().to_vec();
        [name, contents(file)].concat()
    };
    files.iter().flat_map(named).collect()
}

#[test]
fn an_error_names_the_stage_and_the_line_where_it_happened() {
    let (folder, path) = source_file("example_video(9, 8, 8) / 0", "npy");
    let (source, result) = (literal(&path), folder.path().join("result.npy"));
    let script = format!(
        "let v = load_video(\"{source}\");\nlet n = (v + 1).normalize();\n\
         save_video(\"{}\", n * 2);",
        literal(&result)
    );
    TEST_LIMITS.set(Some(TestLimits {
        pending: 0,
        ..WHOLE
    }));
    let failed = session().run("chain.rhai", &script).unwrap_err();
    TEST_LIMITS.set(None);
    let hints = failed.error().hints();
    let places: Vec<_> = hints
        .iter()
        .filter(|hint| hint.starts_with("while"))
        .collect();
    assert_eq!(
        places,
        ["while computing `normalize` of line 2 of `chain.rhai`"]
    );
    assert!(!result.exists());
}

/// Steps done, all steps and bytes forecast of an operation that is called "computing".
#[derive(Clone, Default)]
struct StepCounts(std::sync::Arc<std::sync::Mutex<Vec<(usize, usize, usize)>>>);

impl Reporter for StepCounts {
    fn warn(&self, _: &str) {}
    fn note(&self, _: &str) {}
    fn progress(&self, progress: &OperationProgress<'_>) {
        if progress.operation == "computing" {
            let steps = (progress.done, progress.total, progress.needed);
            self.0.lock().unwrap().push(steps);
        }
    }
    fn finished(&self, _: &str) {}
}

#[test]
fn a_first_pass_is_part_of_the_progress_of_its_chain() {
    let (folder, source) = source_file("example_video(60, 8, 8)", "npy");
    let steps = StepCounts::default();
    let job = Job::reporting_to(Box::new(steps.clone()));
    let _entered = job.enter();
    TEST_LIMITS.set(Some(TestLimits {
        pending: 0,
        block: 4,
        per_call: 1,
    }));
    let video = load_video(&source, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    let find = |video: &Video| video.finite_range();
    let scaled = Stage::of_frames("scale").apply_after(video, find, |video, _, _| Ok(video), Ok);
    let saved = save_video(&folder.path().join("result.npy"), &scaled.unwrap());
    TEST_LIMITS.set(None);
    saved.unwrap();
    let found = steps.0.lock().unwrap().clone();
    let expected: Vec<_> = (1..=30).map(|block| (4 * block, 120)).collect();
    let done: Vec<_> = found
        .iter()
        .map(|(done, total, _)| (*done, *total))
        .collect();
    assert_eq!(done, expected);
    assert!(found.iter().all(|(_, _, needed)| *needed > 0));
}

/// What happens in the middle of a chain.
#[derive(Debug, Clone, Copy)]
enum Incident {
    Interruption,
    Failure,
    ShorterFile,
}

/// A chain over the frames of a file, in blocks of 4 frames, to which something happens.
fn disturbed(source: &Path, incident: Incident) -> Video {
    let (source, blocks) = (source.to_owned(), AtomicUsize::new(0));
    let video = load_video(&source, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    let disturb = move |video| {
        // The first call is for the shape of the result.
        if blocks.fetch_add(1, Relaxed) == 5 {
            match incident {
                Incident::Interruption => Job::current().interrupt(),
                Incident::Failure => bail!("it fails"),
                Incident::ShorterFile => {
                    let file = File::options().write(true).open(&source).unwrap();
                    file.set_len(200).unwrap();
                }
            }
        }
        Ok(video)
    };
    Stage::of_frames("disturb").apply(video, disturb).unwrap()
}

#[test]
fn what_ends_a_chain_in_the_middle_leaves_the_old_files() {
    for incident in [
        Incident::Interruption,
        Incident::Failure,
        Incident::ShorterFile,
    ] {
        for name in ["a.npy", "a.tif", "a.mat"] {
            let (_folder, source) = source_file("example_video(60, 8, 8)", "npy");
            let results = tempfile::tempdir().unwrap();
            let path = results.path().join(name);
            save_video(&path, &ramp(&[2, 3, 4])).unwrap();
            let before = contents(results.path());
            let job = Job::new();
            let _entered = job.enter();
            TEST_LIMITS.set(Some(TestLimits {
                pending: 0,
                block: 4,
                per_call: 1,
            }));
            let saved = save_video(&path, &disturbed(&source, incident));
            TEST_LIMITS.set(None);
            let error = saved.unwrap_err();
            let expected = match incident {
                Incident::Interruption => "interrupted",
                Incident::Failure => "it fails",
                Incident::ShorterFile => "has changed since it was loaded",
            };
            assert!(error.message().contains(expected), "{name}: {error}");
            assert_eq!(contents(results.path()), before, "{name} {incident:?}");
        }
    }
}

#[test]
fn windows_compute_the_frames_that_they_show() {
    let chain = "let v = example_video(60, 8, 8) * 2 - 1;";
    for window in [
        "show_video(v)",
        "show_video_overlay(example_video(60, 8, 8), v)",
        "show_video_overlay(v, v + 1, v * 2)",
        "show_videos([v, v + 1])",
        "InteractivePlayer(v)",
        "InteractivePlayer((), v, 5, 20)",
    ] {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            ..WHOLE
        }));
        let value = session().run("window.rhai", &format!("{chain} {window}; v"));
        TEST_LIMITS.set(None);
        let video = value.unwrap().cast::<Video>();
        assert!(video.is_pending(), "{window}");
    }
}

#[test]
fn histories_compute_nothing() {
    let script = "let v = example_video(9, 8, 8).normalize() * 2; history(v); v.history; v";
    TEST_LIMITS.set(Some(TestLimits {
        pending: 0,
        ..WHOLE
    }));
    let value = session().run("history.rhai", script);
    TEST_LIMITS.set(None);
    let video = value.unwrap().cast::<Video>();
    assert!(video.is_pending());
    assert!(video.history().is_some());
}

/// Whether two videos have the same samples to the bit.
fn equal_samples(a: &Video, b: &Video) -> bool {
    let bits = |video: &Video| {
        values(video)
            .into_iter()
            .map(f64::to_bits)
            .collect::<Vec<_>>()
    };
    (a.shape(), a.dtype(), bits(a)) == (b.shape(), b.dtype(), bits(b))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn chains_give_what_single_filters_give(
        source in source(),
        filters in prop::collection::vec(filter(), 1..6),
        block in 1..9usize,
        per_call in 1..16usize,
        end in prop::sample::select(ENDS),
        file in prop::option::of(prop::sample::select(&["npy", "tif", "npz"][..])),
    ) {
        let filters = filters.join(" ");
        let file = file.map(|extension| source_file(&source, extension));
        let source = match &file {
            Some((_folder, path)) => format!("load_video(\"{}\")", literal(path)),
            None => source,
        };
        let script = format!("let v = {source}; {filters} {end}");
        let limits = TestLimits { pending: 0, block, per_call };
        let expected = saved(&script, "npy", WHOLE);
        prop_assert_eq!(saved(&script, "npy", limits), expected, "{}", script);
    }

    #[test]
    fn chains_show_any_frame_of_the_whole(
        source in source(),
        filters in prop::collection::vec(filter(), 1..5),
        per_call in 1..16usize,
        frames in prop::collection::vec((0..14usize, 1..5usize), 1..5),
    ) {
        let script = format!("let v = {source}; {} v", filters.join(" "));
        let limits = TestLimits { pending: 0, block: 3, per_call };
        let [found, expected] = [limits, WHOLE].map(|limits| {
            TEST_LIMITS.set(Some(limits));
            let value = session().run("chain.rhai", &script);
            TEST_LIMITS.set(None);
            value.map(|value| value.cast::<Video>())
        });
        if let (Ok(found), Ok(expected)) = (found, expected) {
            prop_assume!(!found.is_empty());
            TEST_LIMITS.set(Some(limits));
            for (first, len) in frames {
                let first = first % found.len();
                let len = len.min(found.len() - first);
                let shown = found.peek(first..first + len);
                let same = expected.frames(first, len, 1);
                let same = shown.is_ok_and(|shown| equal_samples(&shown, &same));
                prop_assert!(same, "{first} + {len} of {script}");
            }
            prop_assert!(found.compute().is_ok() && equal_samples(&found, &expected), "{script}");
            TEST_LIMITS.set(None);
        }
    }

    #[test]
    fn chains_are_reduced_as_single_filters_are(
        source in source(),
        filters in prop::collection::vec(filter(), 1..4),
        block in 1..9usize,
        per_call in 1..16usize,
        end in reduction(),
    ) {
        let script = format!("let v = {source}; {} {end}", filters.join(" "));
        let limits = TestLimits { pending: 0, block, per_call };
        let expected = saved(&script, "npy", WHOLE);
        prop_assert_eq!(saved(&script, "npy", limits), expected, "{}", script);
    }

    #[test]
    fn chains_give_all_kinds_of_files_that_single_filters_give(
        source in source(),
        filters in prop::collection::vec(filter(), 1..4),
        block in 1..9usize,
        per_call in 1..16usize,
        (extension, end) in prop::sample::select(FILES),
    ) {
        let script = format!("let v = {source}; {} {end}", filters.join(" "));
        let limits = TestLimits { pending: 0, block, per_call };
        let expected = saved(&script, extension, WHOLE);
        prop_assert_eq!(saved(&script, extension, limits), expected, "{}", script);
    }
}
