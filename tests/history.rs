//! Histories from the command line: files that are described, made again and compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the program in a folder; exit status and both outputs.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(arguments)
        .current_dir(folder)
        .env("OPTIMAP_HEADLESS", "1")
        .env("OPTIMAP_FFMPEG", "")
        .env_remove("OPTIMAP_DATA")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap_or(-1);
    (status, text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}

/// A recording, and results of it in all formats that hold a history.
const SCRIPT: &str = r#"
    import "masks" as masks;
    save_video("heart.npy", example_video(30, 24, 32));
    let v = load_video("heart.npy")[5..25];
    v.fps = 250;
    let m = masks::tissue(v);
    let w = v.normalize() - 0.5;
    w[[(), !m]] = NaN;
    w /= 3;
    for name in ["w.tif", "w.npz", "w.mat", "w.h5", "w.zarr"] { save_video(name, w); }
    save_video("w.npy", w, #{sidecar: true});
    export_image("map.png", w[3], #{cmap: "magma"});
    export_image("map.jpg", w[3]);
    save_image_sequence("frames", v);
    plot_traces(w[[(), 12, 16]], "trace.svg", #{title: "a < b & c"});
    export_video("w.gif", v, #{fps: 25});
    export_video("w.apng", v, #{fps: 25});
    save_matlab(m, "mask.mat", "mask");
    map_figure("map.pdf", w[3], #{label: "ΔF (a < b)", isochrones: 0.1, outlines: m});
    let panels = [map_panel(w[3]), trace_panel([w[[(), 12, 16]]]), histogram_panel(w)];
    for name in ["page.pdf", "page.svg", "page.png"] { figure(name, panels, #{dpi: 100}); }
    plot_traces(w[[(), 12, 16]], "trace.pdf");
    write_csv("trace.csv", #{f: w[[(), 12, 16]]}, #{provenance: true});
    let p = show_videos([v, w], #{titles: ["raw", "filtered"]});
    p.points = [[3, 4], [12, 16]];
    p.regions = [#{kind: "mask", mask: m, name: "tissue"}];
    p.limits = [[200, 900], [-0.1, 0.05]];
    p.zoom = [1.5, 0.5, 0.4];
    p.colorbars = false;
    p.one_scale = false;
    p.frame = 7;
    p.save("shot.png", #{size: [300, 500]});
    p.save("played.gif", #{fps: 25, size: [200, 300]});
"#;

const RESULTS: &[&str] = &[
    "w.tif",
    "w.npz",
    "w.mat",
    "w.h5",
    "w.zarr",
    "w.npy",
    "map.png",
    "map.jpg",
    "frames",
    "trace.svg",
    "w.gif",
    "w.apng",
    "mask.mat",
    "map.pdf",
    "page.pdf",
    "page.svg",
    "page.png",
    "trace.pdf",
    "trace.csv",
    "shot.png",
    "played.gif",
];

/// A folder with the results, without the recording.
fn results() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made");
    fs::create_dir(&made).unwrap();
    fs::write(made.join("make.rhai"), SCRIPT).unwrap();
    let (status, _, errors) = run(&made, &["make.rhai"]);
    assert_eq!(status, 0, "{errors}");
    (folder, made)
}

#[test]
fn every_file_can_be_made_again_in_another_folder() {
    let (folder, made) = results();
    let copy = folder.path().join("copy");
    fs::rename(&made, &copy).unwrap();
    for name in RESULTS {
        let (status, out, errors) = run(&copy, &["rerun", name]);
        assert_eq!(status, 0, "{name}: {out}{errors}");
        assert!(
            out.contains("the same, bit for bit") || out.contains("the same contents"),
            "{name}: {out}"
        );
    }
    assert!(!copy.join("source1").exists());
}

#[test]
fn sources_are_found_by_their_contents_and_never_mistaken() {
    let (folder, made) = results();
    let data = folder.path().join("data/2024");
    fs::create_dir_all(&data).unwrap();
    fs::rename(made.join("heart.npy"), data.join("renamed.npy")).unwrap();
    let (status, _, errors) = run(&made, &["rerun", "w.tif"]);
    assert_eq!(status, 1);
    contains(
        &errors,
        "`heart.npy`, which `w.tif` was made from, was not found",
    );
    let (status, out, errors) = run(folder.path(), &["rerun", "made/w.tif", "--out", "again"]);
    assert_eq!(status, 1, "{out}{errors}");
    let command = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command.current_dir(folder).env("OPTIMAP_DATA", &data);
        command.args(["rerun", "w.tif", "--out", "again"]);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (status, out, errors) = command(&made);
    assert_eq!(status, Some(0), "{out}{errors}");
    contains(&out, "w.tif: the same, bit for bit: 20×24×32 float32");
    assert!(made.join("again/w.tif").exists());
    // A file of the same name and size with other contents is refused.
    let mut bytes = fs::read(data.join("renamed.npy")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(made.join("heart.npy"), bytes).unwrap();
    fs::remove_dir_all(&data).unwrap();
    let (status, _, errors) = command(&made);
    assert_eq!(status, Some(1));
    contains(
        &errors,
        "is not the file that `w.tif` was made from: its contents differ",
    );
}

#[test]
fn files_that_differ_are_told_where() {
    let (_folder, made) = results();
    let script = "let w = load_video(\"w.tif\"); w[[3, 4, 5]] = 1.25; w.comment = \"x\";
                  save_video(\"x.tif\", w)";
    let (status, _, errors) = run(&made, &["-e", script]);
    assert_eq!(status, 0, "{errors}");
    let (status, out, _) = run(&made, &["diff", "w.tif", "w.tif"]);
    assert_eq!(
        (status, out.as_str()),
        (
            0,
            "history: the same\nmetadata: the same\n\
             samples: the same, bit for bit: 20×24×32 float32\n"
        )
    );
    let (status, out, _) = run(&made, &["diff", "w.tif", "x.tif"]);
    assert_eq!(status, 1);
    contains(&out, "  - let target = \"w.tif\";\n");
    contains(&out, "  + a[[3, 4, 5]] = 1.25;\n");
    contains(&out, "    comment: none and x\n");
    contains(&out, "1 of 15360 samples differ by up to ");
    contains(&out, "; the first at [3, 4, 5]: ");
    let (status, out, _) = run(&made, &["diff", "w.tif", "heart.npy"]);
    assert_eq!(status, 1);
    contains(&out, "samples: 20×24×32 float32 and 30×24×32 uint16\n");
}

#[test]
fn what_made_a_file_is_printed() {
    let (_folder, made) = results();
    let (status, out, _) = run(&made, &["info", "w.tif"]);
    assert_eq!(status, 0);
    contains(&out, "\nhistory\n    // optimap ");
    contains(&out, "\n    let source1 = \"heart.npy\"; // ");
    contains(&out, "\n    save_video(target, ");
    let (status, out, _) = run(&made, &["info", "page.pdf"]);
    assert_eq!(status, 0);
    contains(&out, "\nlet target = \"page.pdf\";\n");
    contains(&out, "map_panel(");
    let (status, out, _) = run(&made, &["info", "trace.svg"]);
    assert_eq!(status, 0);
    contains(&out, "title: \"a < b & c\"");
    let (status, _, errors) = run(&made, &["rerun", "heart.npy"]);
    assert_eq!(status, 1);
    contains(
        &errors,
        "`heart.npy` does not hold the history of its making",
    );
}

#[test]
fn a_history_that_cannot_be_run_again_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let script = "let a = []; for i in 0..5000 { a.push(i); } save_video(\"a.tif\", \
                  reshape(video(a), [50, 10, 10]))";
    let (status, _, errors) = run(folder.path(), &["-e", script]);
    assert_eq!(status, 0, "{errors}");
    let (status, _, errors) = run(folder.path(), &["rerun", "a.tif"]);
    assert_eq!(status, 1);
    contains(&errors, "`a.tif` cannot be made again");
    contains(&errors, "it needs an array of 5000 values");
}

#[test]
fn scripts_of_strangers_only_make_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let script = "plot_traces(example_video(20, 8, 8)[[(), 3, 4]], \"a.svg\")";
    let (status, _, errors) = run(folder.path(), &["-e", script]);
    assert_eq!(status, 0, "{errors}");
    let file = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    let call = "plot_traces(a, target, #{";
    assert!(file.contains(call));
    for (evil, said) in [
        (
            "plot_traces(a, \"b\", #{",
            "`plot_traces` writes to another file than the target",
        ),
        (
            "write_text(\"b\", \"c\"); x(#{",
            "it calls `write_text`, which makes no video",
        ),
        (
            "loop { } x(#{",
            "statements other than calls and assignments",
        ),
        ("target = \"b\"; x(#{", "it changes the file that it writes"),
        (
            "a.write_text(\"b\"); x(#{",
            "expressions that histories do not have",
        ),
        (
            "import \"b\" as b; x(#{",
            "statements other than calls and assignments",
        ),
    ] {
        let text = file.replace(call, evil);
        fs::write(folder.path().join("evil.svg"), text).unwrap();
        let (status, _, errors) = run(folder.path(), &["rerun", "evil.svg"]);
        assert_eq!(status, 1, "{errors}");
        contains(&errors, said);
        assert!(!folder.path().join("b").exists());
    }
}

#[test]
fn runs_are_kept_with_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("lib.rhai"), "fn half(v) { v / 2 }").unwrap();
    fs::write(
        path.join("a.rhai"),
        "import \"lib\" as lib;
         let v = load_video(ARGS[0], #{frames: 50});
         export_image(\"map.png\", lib::half(v)[3]);
         save_video(\"sub.tif\", v);
         if load_video(\"sub.tif\").len != n { throw \"wrong\"; }",
    )
    .unwrap();
    let (status, ..) = run(
        path,
        &["-e", "save_video(\"in.npy\", example_video(9, 8, 8))"],
    );
    assert_eq!(status, 0);
    let arguments = ["--arg", "n=9", "--record", "kept", "a.rhai", "in.npy"];
    let (status, _, errors) = run(path, &arguments);
    assert_eq!(status, 0, "{errors}");
    let text = fs::read_to_string(path.join("kept/run.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = |part: &str| -> Vec<String> {
        let files = kept[part].as_array().unwrap().iter();
        let name = |file: &serde_json::Value| {
            let path = PathBuf::from(file["path"].as_str().unwrap());
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        files.map(name).collect()
    };
    assert_eq!(names("inputs"), ["in.npy"]);
    assert_eq!(names("outputs"), ["map.png", "sub.tif"]);
    assert_eq!(names("modules"), ["lib.rhai"]);
    assert_eq!(kept["arguments"], serde_json::json!(["in.npy"]));
    assert_eq!(kept["constants"], serde_json::json!(["n=9"]));
    assert_eq!(kept["succeeded"], true);
    let warning = kept["warnings"][0].as_str().unwrap();
    contains(warning, "in.npy");
    let hash = kept["modules"][0]["sha256"].as_str().unwrap();
    // As `printf 'fn half(v) { v / 2 }' | sha256sum` prints it.
    assert_eq!(hash, HALF);
    let page = fs::read_to_string(path.join("kept/run.md")).unwrap();
    contains(&page, "![map.png](pictures/01-map.png)");
    contains(&page, "## Warnings\n\n- ");
    assert!(path.join("kept/pictures/01-map.png").exists());
    // A failure is kept, too.
    let (status, ..) = run(
        path,
        &["--arg", "n=8", "--record", "kept", "a.rhai", "in.npy"],
    );
    assert_eq!(status, 1);
    contains(
        &fs::read_to_string(path.join("kept/run.md")).unwrap(),
        "**Failed**: wrong",
    );
}

/// SHA-256 of the module above.
const HALF: &str = "f4ac3072f02805738c2d23725b11d8d65176cec4a899b8883eb0fc94f93479e6";

#[test]
fn batches_keep_the_run_of_each_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("a.rhai"), "load_video(ARGS[0]).mean()").unwrap();
    for name in ["x.npy", "y.npy"] {
        let script = format!("save_video(\"{name}\", example_video(3, 8, 8))");
        assert_eq!(run(path, &["-e", &script]).0, 0);
    }
    let arguments = [
        "--record", "kept", "batch", "a.rhai", "x.npy", "y.npy", "--out", "out",
    ];
    let (status, _, errors) = run(path, &arguments);
    assert_eq!(status, 0, "{errors}");
    for name in ["x", "y"] {
        let page = fs::read_to_string(path.join("kept").join(name).join("run.md")).unwrap();
        contains(&page, &format!("{name}.npy` | "));
    }
}
