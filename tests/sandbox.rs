//! The sandbox: whatever a file inside names, links to or lists, nothing outside of it is read.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder `in` for scripts, and one beside it, `out`, with what they must not see.
struct TestFolder(tempfile::TempDir);

impl TestFolder {
    fn new() -> Self {
        let test_folder = Self(tempfile::tempdir().unwrap());
        for folder in ["in", "out"] {
            fs::create_dir(test_folder.path().join(folder)).unwrap();
        }
        test_folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Makes a link to something outside.
    fn link(&self, to: &str, name: &str) {
        symlink(self.path().join(to), self.path().join(name)).unwrap();
    }

    /// The exit status and all that is printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("OPTIMAP_HEADLESS", "1")
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env_remove("OPTIMAP_PATH")
            .stdin(Stdio::null());
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        let text = [stdout, stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (status.code().unwrap_or(-1), text)
    }

    /// Runs code that works where it is trusted, and must not work in the sandbox.
    #[track_caller]
    fn refuses(&self, code: &str) {
        let (status, text) = self.run(&["-e", code]);
        assert_eq!(status, 0, "{code} is no attack:\n{text}");
        let (status, text) = self.run(&["--sandbox", "in", "-e", code]);
        assert_eq!(status, 1, "{code}\n{text}");
        assert!(text.contains("outside the sandbox"), "{code}\n{text}");
    }
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn ultima(background: &str, block: &str) -> String {
    format!(
        "//UltimaExp 1111\r\n//x=4/y=2/lskp=1/rskp=1/blk=2\r\n//cmp=0/bit=16\r\npage_frames=2\r\n\
         sample_time=2.0msec\r\nData-File-List\r\n{background}\r\n{block}\r\n"
    )
}

#[test]
fn names_in_headers_do_not_lead_outside() {
    let test_folder = TestFolder::new();
    test_folder.write("out/s.rsm", words(&[1; 8]));
    test_folder.write("out/s(0).rsd", words(&[2; 16]));
    test_folder.write("in/a.rsm", words(&[1; 8]));
    let absolute = test_folder.path().join("out/s(0).rsd");
    for (name, background, block) in [
        ("a", "a.rsm", "../out/s(0).rsd"),
        ("b", "a.rsm", absolute.to_str().unwrap()),
        ("c", "../out/s.rsm", "../out/s(0).rsd"),
        ("d", "a.rsm", "../in/../out/s(0).rsd"),
    ] {
        test_folder.write(&format!("in/{name}.rsh"), ultima(background, block));
        test_folder.refuses(&format!("load_video(\"in/{name}.rsh\")"));
    }
}

#[test]
fn hdf5_files_do_not_lead_to_others() {
    let test_folder = TestFolder::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5");
    for [file, other, field] in [
        ["external.h5", "external.raw", "raw"],
        ["links_new.h5", "links_target.h5", "elsewhere"],
    ] {
        for name in [file, other] {
            test_folder.write(&format!("in/{name}"), fs::read(data.join(name)).unwrap());
        }
        let code = format!("load_video(\"in/{file}\", #{{fieldname: \"{field}\"}})");
        assert_eq!(test_folder.run(&["-e", &code]).0, 0, "{code}");
        let (status, text) = test_folder.run(&["--sandbox", "in", "-e", &code]);
        assert_eq!(status, 1, "{text}");
        assert!(text.contains(other), "{text}");
        assert!(
            text.contains("a sandbox follows no links to other files"),
            "{text}"
        );
    }
}

#[test]
fn links_in_a_folder_do_not_lead_outside() {
    let test_folder = TestFolder::new();
    let save = "let v = full([2, 8, 8], 7, \"uint16\");
        for p in [\"out/a.npy\", \"out/a.tif\", \"in/v.zarr\", \"in/w.zarr\", \"in/x.npy\"] { save_video(p, v) }
        mkdir(\"in/f\"); mkdir(\"out/f\"); save_image(\"in/f/1.png\", v[0]); save_image(\"out/2.png\", v[0]);
        save_image(\"out/f/1.png\", v[0]);";
    assert_eq!(test_folder.run(&["-e", save]), (0, String::new()));
    // The same recordings, parts of which lie elsewhere.
    test_folder.write("in/s.rsh", ultima("s.rsm", "s(0).rsd"));
    test_folder.write("in/s.rsm", words(&[1; 8]));
    test_folder.write("out/data.rsd", words(&[2; 16]));
    test_folder.link("out/data.rsd", "in/s(0).rsd");
    test_folder.link("out/a.npy", "in/a.npy");
    test_folder.link("out/a.npy", "in/b.dat");
    test_folder.link("out/a.tif", "in/a.tif");
    test_folder.link("out/2.png", "in/f/2.png");
    test_folder.link("out/f", "in/g");
    test_folder.write("out/notes.txt", "secret");
    test_folder.link("out/notes.txt", "in/notes.txt");
    for (store, is_metadata) in [("in/v.zarr", false), ("in/w.zarr", true)] {
        let is_part = |path: &PathBuf| path.ends_with(".zarray") == is_metadata;
        let mut files = walk(&test_folder.path().join(store));
        files.retain(|path| is_part(path) && !path.ends_with(".zattrs"));
        let moved = test_folder.path().join(format!("out/part-{is_metadata}"));
        fs::rename(&files[0], &moved).unwrap();
        symlink(&moved, &files[0]).unwrap();
    }
    for code in [
        "load_video(\"in/s.rsh\")",
        "load_video(\"in/s(0).rsd\")",
        "load_video(\"in/a.npy\")",
        "load_video(\"in/a.npy\", #{use_mmap: true})",
        "load_video(\"in/b.dat\")",
        "load_video(\"in/a.tif\")",
        "load_video(\"in/f\")",
        "load_video(\"in/g\")",
        "load_video(\"in/v.zarr\")",
        "load_video(\"in/w.zarr\")",
        "read_text(\"in/notes.txt\")",
        "read_csv(\"in/notes.txt\")",
    ] {
        test_folder.refuses(code);
    }
}

#[test]
fn sidecars_globs_and_modules_do_not_lead_outside() {
    let test_folder = TestFolder::new();
    let save = "save_video(\"in/x.npy\", full([2, 8, 8], 7, \"uint16\"))";
    assert_eq!(test_folder.run(&["-e", save]), (0, String::new()));
    test_folder.write("out/x.json", "{\"comment\": \"secret\"}");
    let sidecar = test_folder.path().join("in/x.npy.json");
    let _ = fs::remove_file(&sidecar);
    test_folder.link("out/x.json", "in/x.npy.json");
    let code = "print(load_metadata(\"in/x.npy\"))";
    assert!(test_folder.run(&["-e", code]).1.contains("secret"));
    let (_, text) = test_folder.run(&["--sandbox", "in", "-e", code]);
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("outside the sandbox"), "{text}");

    test_folder.write("out/secret.txt", "");
    test_folder.link("out", "in/link");
    for pattern in ["in/link/*", "in/**/*.txt", "in/l*/s*"] {
        let code = format!("print(glob(\"{pattern}\"))");
        assert!(
            test_folder.run(&["-e", &code]).1.contains("secret"),
            "{pattern}"
        );
        let (_, text) = test_folder.run(&["--sandbox", "in", "-e", &code]);
        assert!(!text.contains("secret"), "{pattern}\n{text}");
    }

    test_folder.write("out/evil.rhai", "export const SECRET = 7;");
    test_folder.link("out/evil.rhai", "in/evil.rhai");
    test_folder.write("in/main.rhai", "import \"evil\" as e; print(e::SECRET);");
    assert_eq!(test_folder.run(&["in/main.rhai"]), (0, "7\n".into()));
    let (status, text) = test_folder.run(&["--sandbox", "in", "in/main.rhai"]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("outside the sandbox"), "{text}");
    test_folder.write("in/good.rhai", "export const OPEN = 8;");
    test_folder.write("in/main.rhai", "import \"good\" as e; print(e::OPEN);");
    assert_eq!(
        test_folder.run(&["--sandbox", "in", "in/main.rhai"]),
        (0, "8\n".into())
    );
}

/// ffmpeg itself would follow them.
#[test]
fn playlists_are_not_followed_anywhere() {
    let test_folder = TestFolder::new();
    let save = "export_video(\"out/m.mp4\", full([4, 16, 16], 7, \"uint8\"))";
    assert_eq!(test_folder.run(&["-e", save]).0, 0);
    let movie = test_folder.path().join("out/m.mp4");
    let movie = movie.to_str().unwrap();
    let hls = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{movie}\n#EXT-X-ENDLIST\n");
    let concat = format!("ffconcat version 1.0\nfile '{movie}'\n");
    let sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n";
    let dash = format!("<?xml version=\"1.0\"?><MPD><BaseURL>{movie}</BaseURL></MPD>");
    for (text, extensions) in [
        (hls.as_str(), ["mp4", "ts"]),
        (&concat, ["mkv", "avi"]),
        (sdp, ["mpg", "ts"]),
        (&dash, ["mp4", "webm"]),
    ] {
        for extension in extensions {
            let name = format!("in/list.{extension}");
            test_folder.write(&name, text);
            let code = format!("load_video(\"{name}\")");
            for sandbox in [&[][..], &["--sandbox", "in"]] {
                let (status, said) = test_folder.run(&[sandbox, &["-e", &code]].concat());
                assert_eq!(status, 1, "{code}\n{said}");
                assert!(
                    said.contains("list of other files") || said.contains("needs the program"),
                    "{said}"
                );
            }
        }
    }
    test_folder.link("out/m.mp4", "in/m.mp4");
    test_folder.refuses("load_video(\"in/m.mp4\")");
    fs::copy(movie, test_folder.path().join("in/real.mp4")).unwrap();
    let code = "print(load_video(\"in/real.mp4\").shape)";
    let expected = (0, "[4, 16, 16]\n".to_owned());
    assert_eq!(test_folder.run(&["--sandbox", "in", "-e", code]), expected);
    test_folder.write("in/frame1.png", "");
    let (status, _) = test_folder.run(&["-e", "load_video(\"in/frame%d.mp4\")"]);
    assert_eq!(status, 1);
}

/// All files in a folder and those below it.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
