//! Scripts from the command line: constants, checks, costs, watching, batches, the sandbox.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optimap"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("OPTIMAP_HEADLESS", "1")
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env_remove("OPTIMAP_PATH")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (status.code().unwrap_or(-1), text(&stdout), text(&stderr))
    }
}

#[track_caller]
fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}

#[test]
fn arguments_become_constants() {
    let folder = Folder::new();
    folder.write(
        "a.rhai",
        "fn twice() { 2 * width } print(`${twice()} ${name} ${flag}`)",
    );
    let arguments = [
        "--arg",
        "width=4",
        "--arg",
        "name=heart",
        "--arg",
        "flag=true",
        "a.rhai",
    ];
    assert_eq!(
        folder.run(&arguments),
        (0, "8 heart true\n".into(), String::new())
    );
    let (status, _, stderr) = folder.run(&["--arg", "width", "a.rhai"]);
    assert_eq!(status, 1);
    contains(&stderr, "`--arg width` has no value");
}

#[test]
fn mistakes_are_found_without_running() {
    let folder = Folder::new();
    folder.write(
        "helper.rhai",
        "fn twice(x) { 2 * x }\nprivate fn hidden() { 1 }\n",
    );
    folder.write(
        "bad.rhai",
        "import \"helper\" as h;\nimport \"nowhere\" as n;\nprint(\"ran\");\n\
         let v = example_video(2);\nlet w = v.normalise();\nlet w = v.crop(1, 2, 3);\n\
         let w = normalize(v, #{ymx: 3});\nlet w = v.normalize(#{dtype: \"uint9\"});\n\
         h::twice(1, 2);\nh::triple(1);\nh::hidden();\nfn mine(a) { a }\nmine(1, 2);\ncrop(v);\n",
    );
    let (status, stdout, stderr) = folder.run(&["--check", "bad.rhai"]);
    assert_eq!((status, stdout.as_str()), (1, ""), "{stderr}");
    for part in [
        "there is no module `nowhere`",
        "there is no function `normalise`",
        "did you mean `normalize`?",
        "crop takes at most 2 arguments, got 4",
        "normalize has no parameter `ymx`",
        "got \"uint9\"",
        "h::twice takes 1 argument, got 2".trim_start_matches("h::"),
        "the module `helper` has no function `triple`",
        "the module `helper` has no function `hidden`",
        "mine takes 1 argument, got 2",
        "crop needs `width`",
        "10 mistakes",
    ] {
        contains(&stderr, part);
    }
    folder.write(
        "good.rhai",
        "import \"helper\" as h;\nlet options = #{ymax: 2};\nlet v = example_video(2);\n\
         let a = [normalize(v, options), v.normalize(0, #{ymax: 3})]; h::twice(2); [1].map(|x| x.abs());\n\
         let m = #{act: |x| x}; m.act(1); for i in 0..3 { print(i) } \"a\".to_upper(); let b = v.mean(0);\n\
         fn f(a) { a + NaN } f(1); let g = |x| x; g.call(1); v[0] = 3; throw \"no\";",
    );
    assert_eq!(
        folder.run(&["--check", "good.rhai"]),
        (0, String::new(), String::new())
    );
    folder.write("syntax.rhai", "let a = (1;");
    let (status, _, stderr) = folder.run(&["run", "--check", "syntax.rhai"]);
    assert_eq!(status, 1);
    contains(&stderr, "syntax error");
}

#[test]
fn costs_are_told_by_line_and_builtin() {
    let folder = Folder::new();
    folder.write(
        "a.rhai",
        "let v = example_video(5, 16, 16);\nlet w = v.crop(1).crop(1);\nprint(w.len)",
    );
    let (status, stdout, stderr) = folder.run(&["--time", "a.rhai"]);
    assert_eq!((status, stdout.as_str()), (0, "5\n"));
    for part in [
        "a.rhai: ",
        "by builtin",
        "1 × example_video",
        "2 × crop",
        "by line",
        "let w = v.crop(1).crop(1);",
    ] {
        contains(&stderr, part);
    }
}

/// Lines that ask for a stage of a chain get its time, not the line that saves it.
#[test]
fn the_time_of_a_chain_belongs_to_the_lines_that_ask_for_it() {
    let folder = Folder::new();
    folder.write(
        "a.rhai",
        "let v = example_video(300, 128, 128);\nlet n = v.median_filter(1, 3);\nlet w = n * 2;\n\
         save_video(\"w.npy\", w);",
    );
    let (status, _, stderr) = folder.run(&["--time", "a.rhai"]);
    assert_eq!(status, 0, "{stderr}");
    contains(&stderr, "1 × median_filter");
    contains(&stderr, "1 × *");
    let percent = |code: &str| -> usize {
        let line = stderr.lines().find(|line| line.ends_with(code)).unwrap();
        let before = line.split(" %").next().unwrap();
        before.split_whitespace().last().unwrap().parse().unwrap()
    };
    let (asked, saved) = (percent("v.median_filter(1, 3);"), percent("w);"));
    assert!(asked > saved, "{stderr}");
}

/// Waits until a file holds a text.
fn waits_for(folder: &Folder, name: &str, text: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if folder.read(name).contains(text) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn watched_scripts_run_again_when_saved() {
    let folder = Folder::new();
    let prepare = "save_video(\"v.npy\", example_video(3, 8, 8));";
    assert_eq!(folder.run(&["-e", prepare]).0, 0);
    folder.write("m.rhai", "fn word() { \"old\" }");
    folder.write(
        "a.rhai",
        "import \"m\" as m; print(`first ${m::word()} ${load_video(\"v.npy\").len}`)",
    );
    let out = fs::File::create(folder.path().join("out")).unwrap();
    let mut command = folder.command(&["--watch", "a.rhai"]);
    let _running = Running(command.stdout(out).stderr(Stdio::null()).spawn().unwrap());
    assert!(waits_for(&folder, "out", "first old 3"));
    std::thread::sleep(Duration::from_millis(300));
    folder.write("m.rhai", "fn word() { \"new word\" }");
    assert!(
        waits_for(&folder, "out", "first new word 3"),
        "{}",
        folder.read("out")
    );
    std::thread::sleep(Duration::from_millis(300));
    folder.write("a.rhai", "print(\"second\")");
    assert!(waits_for(&folder, "out", "second"));
}

#[test]
fn a_batch_isolates_failures_and_resumes() {
    let folder = Folder::new();
    let mut files = Vec::new();
    for index in 0..20 {
        let name = format!("f{index:02}.npy");
        files.push(name);
    }
    let save = "for i in 0..20 { let n = if i < 10 { `0${i}` } else { `${i}` }; \
                if i != 7 && i != 13 { save_video(`f${n}.npy`, example_video(2, 4, 4)) } }";
    assert_eq!(folder.run(&["-e", save]).0, 0);
    folder.write("f07.npy", "not an array");
    folder.write("f13.npy", "");
    folder.write(
        "s.rhai",
        "let v = load_video(ARGS[0]); print(`${ARGS[1]} ${v.len}`);",
    );
    let mut arguments = vec!["batch", "s.rhai", "--jobs", "3", "--out", "out"];
    arguments.extend(files.iter().map(String::as_str));
    let (status, stdout, stderr) = folder.run(&arguments);
    assert_eq!((status, stdout.as_str()), (1, ""), "{stderr}");
    contains(&stderr, "20 files: 18 done, 2 failed");
    let table = folder.read("out/summary.csv");
    assert_eq!(table.lines().count(), 21, "{table}");
    contains(
        &table,
        "file,status,seconds,peak_memory_mb,message\nf00.npy,done,",
    );
    contains(&table, "f07.npy,failed,");
    assert_eq!(folder.read("out/f03.out"), "out 2\n");
    contains(&folder.read("out/f13.err"), "error: ");

    assert_eq!(
        folder
            .run(&["-e", "save_video(\"f07.npy\", example_video(2, 4, 4))"])
            .0,
        0
    );
    arguments.insert(1, "--resume");
    let (status, _, stderr) = folder.run(&arguments);
    assert_eq!(status, 1);
    contains(&stderr, "18 of 20 files are done already");
    contains(&stderr, "[2/2]");
    contains(&stderr, "20 files: 19 done, 1 failed");

    // Patterns that the shell has left.
    let (status, _, stderr) = folder.run(&["batch", "s.rhai", "f0[0-2]*", "f19.npy"]);
    assert_eq!(status, 0, "{stderr}");
    contains(&stderr, "4 files: 4 done, 0 failed");
    contains(&folder.read("batch/summary.csv"), "\nf02.npy,done,");
    let (status, _, stderr) = folder.run(&["batch", "s.rhai", "g*.npy"]);
    assert_eq!(status, 1);
    contains(&stderr, "no file matches `g*.npy`");
}

#[test]
fn shards_share_the_files_and_slurm_runs_them() {
    let folder = Folder::new();
    folder.write("s.rhai", "print(ARGS[0]);");
    for name in ["a", "b", "c"] {
        folder.write(name, "");
    }
    let batch = |shard: &str| {
        folder
            .run(&[
                "batch", "s.rhai", "a", "b", "c", "--out", "o", "--shard", shard,
            ])
            .0
    };
    assert_eq!((batch("1/2"), batch("2/2")), (0, 0));
    let rows = |name: &str| folder.read(name).lines().count() - 1;
    assert_eq!(rows("o/summary-1-of-2.csv"), 2);
    assert_eq!(rows("o/summary-2-of-2.csv"), 1);
    assert_eq!(batch("3/2"), 2);
    let slurm = [
        "--arg", "n=2", "batch", "s.rhai", "a", "b c", "--out", "o", "--slurm", "job.sh",
        "--shard", "1/2",
    ];
    assert_eq!(folder.run(&slurm).0, 0);
    let job = folder.read("job.sh");
    for part in [
        "#SBATCH --array=1-2",
        "--arg n=2 batch s.rhai",
        "--shard \"$SLURM_ARRAY_TASK_ID/2\"",
        "'b c'",
    ] {
        contains(&job, part);
    }
    #[cfg(unix)]
    {
        folder.write("b c", "");
        let _ = fs::remove_dir_all(folder.path().join("o"));
        let mut command = Command::new("sh");
        command
            .arg("job.sh")
            .current_dir(folder.path())
            .env("SLURM_ARRAY_TASK_ID", "2");
        assert!(command.output().unwrap().status.success());
        contains(&folder.read("o/summary-2-of-2.csv"), "b c,done");
    }
}

#[test]
fn the_sandbox_confines_files_and_commands() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("in")).unwrap();
    let sandboxed = |code: &str| {
        let (status, _, stderr) = folder.run(&["--sandbox", "in", "-e", code]);
        (status, stderr)
    };
    assert_eq!(
        sandboxed("save_video(\"in/a.npy\", example_video(2))"),
        (0, String::new())
    );
    assert_eq!(
        sandboxed("load_video(\"in/a.npy\").len"),
        (0, String::new())
    );
    for code in [
        "save_video(\"a.npy\", example_video(2))",
        "save_video(\"in/../a.npy\", example_video(2))",
        "load_video(\"/etc/passwd\")",
        "export_video(\"a.mp4\", example_video(2))",
        "import \"/tmp/x\" as x",
    ] {
        let (status, stderr) = sandboxed(code);
        assert_eq!(status, 1, "{code}");
        if !code.starts_with("import") {
            contains(&stderr, "is outside the sandbox");
        }
    }
    let (_, stderr) = sandboxed("set_ffmpeg_defaults(\"x\", #{\"-i\": \"/etc/passwd\"})");
    contains(&stderr, "the sandbox does not allow");
    assert_eq!(folder.run(&["--sandbox", "none", "-e", "1"]).0, 1);
}

#[test]
fn limits_end_in_errors() {
    let folder = Folder::new();
    folder.write("a.rhai", "import \"b\" as b;");
    folder.write("b.rhai", "import \"a\" as a;");
    let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    folder.write("nested.rhai", &nested);
    for code in [
        "fn f() { f() } f()",
        "fn f(x) { [x].map(|x| f(x)) } f(1)",
        "let f = |g| g.call(g); f.call(f)",
        "import \"a\" as a",
    ] {
        let (status, _, stderr) = folder.run(&["-e", code]);
        assert_eq!(status, 1, "{code}\n{stderr}");
        contains(&stderr, "error: ");
    }
    for code in [
        "let s = \"x\"; loop { s += s }",
        "let s = \"x\"; loop { s = s + s }",
        "let s = \"x\"; loop { s = `${s}${s}` }",
    ] {
        let (status, _, stderr) = folder.run(&["--limit-memory", "200MB", "-e", code]);
        assert_eq!(status, 1, "{code}\n{stderr}");
        contains(&stderr, "more than the memory limit of 200 MB allows");
    }
    let (status, _, stderr) = folder.run(&["nested.rhai"]);
    assert_eq!(status, 1, "{stderr}");
}
