//! Memory that chains take, in bytes.

use super::*;

/// Number of bytes of the result of [`peak_memory`].
const WHOLE_BYTES: usize = 4 * 400 * 112 * 112;

/// Peak of the memory of videos of a script that saves a chain over a recording of 10 MB to a file
/// with an extension.
fn peak_memory(end: &str, extension: &str) -> usize {
    let (folder, path) = source_file("example_video(400, 112, 112)", "tif");
    let result = folder.path().join("result").with_extension(extension);
    let source = literal(&path);
    let script = format!(
        "let v = load_video(\"{source}\").normalize().normalize_pixelwise_slidingwindow(9) \
         .smooth_spatiotemporal(1, 1).temporal_difference(3) * 2; {end}"
    );
    let script = script.replace("RESULT", &literal(&result));
    let script = script.replace("SOURCE", &source);
    let mut session = session();
    session.job().memory().set_budget(4 * WHOLE_BYTES);
    TEST_LIMITS.set(Some(TestLimits {
        pending: 1 << 20,
        block: 16,
        per_call: 16,
    }));
    let run = session.run("chain.rhai", &script);
    TEST_LIMITS.set(None);
    assert!(run.is_ok(), "{end}");
    session.job().memory().counts().max_in_memory()
}

#[test]
fn a_chain_from_file_to_file_holds_blocks_only() {
    let operand = "let n = v * 2; save_video(\"RESULT\", n);";
    let ends = [ENDS[0], ENDS[1], operand].map(|end| ("npy", end));
    for (extension, end) in [&ends, &FILES[..3], &[("mat", ENDS[0])]].concat() {
        let peak = peak_memory(end, extension);
        assert!(peak <= 2 * (8 << 20), "{end}: {peak}");
    }
    assert!(peak_memory(ENDS[2], "npy") >= WHOLE_BYTES);
}

#[test]
fn what_needs_all_frames_is_kept_in_scratch_files() {
    for (filter, blocks) in [
        ("dff(\"mean\")", 2),
        ("evolve_jitter_filter()", 2),
        ("downsample_time(3)", 2),
        // A tile of results is larger than a block.
        ("detrend()", 3),
    ] {
        let end = format!("save_video(\"RESULT\", v.{filter});");
        let peak = peak_memory(&end, "npy");
        assert!(peak <= blocks * (8 << 20), "{filter}: {peak}");
    }
}

#[test]
fn a_chain_from_file_to_movie_holds_blocks_only() {
    for movie in [
        "export_video(PATH, v, #{vmin: -1, vmax: 1, skip_frames: 8})",
        "export_video(PATH, v, #{vmin: -1, vmax: 1, skip_frames: 9})",
        "export_video(PATH, v, #{range: \"all\", skip_frames: 8})",
        // The first frame of a difference is 0 and has no range.
        "export_video(PATH, v, #{skip_frames: 8})",
        "export_video(PATH, v, #{traces: [[9, 9]], skip_frames: 8, scale: 1})",
        "export_video_with_overlay(PATH, w, v, 0.5, #{skip_frames: 8})",
        "export_video_with_overlay(PATH, v, w, load_video(SOURCE) * 3, #{vmin_overlay: 0, vmax_overlay: 9, skip_frames: 8})",
        "export_video_with_overlay(PATH, w, v, 0.5, #{traces: [[9, 9]], skip_frames: 8, scale: 1})",
    ] {
        let film = movie
            .replace("PATH", "\"RESULT\"")
            .replace("(SOURCE)", "(\"SOURCE\")");
        let end = format!("let w = load_video(\"SOURCE\") * 2; {film};");
        let peak = peak_memory(&end, "gif");
        assert!(peak <= 3 * (8 << 20), "{movie}: {peak}");
    }
    let shared = "export_video_with_overlay(\"RESULT\", v * 2, v, 0.5, #{skip_frames: 8}); v.len;";
    assert!(peak_memory(shared, "gif") >= WHOLE_BYTES);
}

#[test]
fn what_a_movie_keeps_of_a_chain_lies_in_a_scratch_file() {
    for options in [
        "range: \"all\"",
        "traces: [[9, 9]], scale: 1",
        "colorbar: true, scale: 1",
    ] {
        let end = format!("export_video(\"RESULT\", v, #{{{options}}});");
        let peak = peak_memory(&end, "gif");
        assert!(peak <= 2 * (8 << 20), "{options}: {peak}");
    }
}

#[test]
fn reducing_a_chain_holds_blocks_only() {
    for reduction in [
        "v.std()",
        "v.mean(0)",
        "v.max([1, 2])",
        "v.median(0)",
        "v.percentile([5, 95], [1, 2])",
        "v.percentile(10)",
        "v.trace(50, 60)",
        "v.region_traces([[10, 20, 40, 50], [30, 40, 90, 80]])",
    ] {
        let peak = peak_memory(&format!("let r = {reduction};"), "npy");
        assert!(peak <= 2 * (8 << 20), "{reduction}: {peak}");
        let peak = peak_memory(&format!("let r = {reduction}; v.len;"), "npy");
        assert!(peak >= WHOLE_BYTES, "{reduction}: {peak}");
    }
}
