//! The rooms of the crate: which may hold `unsafe` code, which may use which, and that no thread
//! loses its job.

use std::collections::BTreeSet;
use std::fs;

use super::names::add_files;
use super::project;

/// The source files, as a path from `src` with slashes, and their lines of code.
fn sources() -> Vec<(String, Vec<String>)> {
    let root = project("src");
    let mut paths = Vec::new();
    add_files(root.clone(), "rs", &mut paths);
    assert!(paths.len() > 300);
    let source = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(str::trim_start);
        let code = lines
            .filter(|line| !line.starts_with("//"))
            .map(str::to_owned);
        let path = path.strip_prefix(&root).unwrap();
        let names = path.iter().map(|name| name.to_string_lossy());
        (names.collect::<Vec<_>>().join("/"), code.collect())
    };
    paths.into_iter().map(source).collect()
}

#[test]
fn unsafe_code_lives_in_two_rooms() {
    let mut found = BTreeSet::new();
    for (path, lines) in sources() {
        let is_unsafe = |line: &String| line.contains("unsafe ") || line.contains("unsafe_code");
        if lines.iter().any(is_unsafe) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            found.insert(folder.to_owned());
        }
    }
    let found: Vec<_> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ["system", "video/storage"]);
}

/// The rooms from the first to the last, as the page of the crate lists them.
fn rooms() -> Vec<String> {
    let page = fs::read_to_string(project("src/lib.rs")).unwrap();
    let table = page.lines().skip_while(|line| !line.contains("| module |"));
    let rows = table.skip(2).take_while(|line| line.starts_with("//! |"));
    let name = |part: &str| part.split('`').nth(1).unwrap().to_owned();
    rows.flat_map(|row| {
        let names = row.split('|').nth(1).unwrap();
        names.split(',').map(name).collect::<Vec<_>>()
    })
    .collect()
}

/// The rooms that a line uses by their path from the crate.
fn used(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, mark) in line.match_indices("crate::") {
        let rest = &line[at + mark.len()..];
        let group = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split('}').next());
        for path in group.unwrap_or(rest).split(", ") {
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            found.push(&path[..end.unwrap_or(path.len())]);
            if group.is_none() {
                break;
            }
        }
    }
    found
}

/// Lines of unit tests that use a room below theirs: a file, and what its lines hold.
const ABOVE_THEIRS: &[(&str, &str)] = &[
    // What one format saves is read, exported and read again.
    ("io/round_trip.rs", ""),
    // On Windows, a file that is mapped cannot be replaced.
    ("fs/atomic.rs", "crate::video::MappedFile::open("),
];

#[test]
fn no_room_uses_one_below_it() {
    let rooms = rooms();
    assert!(rooms.len() > 15, "{rooms:?}");
    let rank = |room: &str| rooms.iter().position(|known| known == room);
    let mut failures = String::new();
    for (path, lines) in sources() {
        let room = path.split(['/', '.']).next().unwrap();
        // The page of the crate and the program itself are no rooms.
        let Some(own) = rank(room) else {
            continue;
        };
        let is_test = |line: &String| {
            let known = |(file, text): &(&str, &str)| path == *file && line.contains(text);
            ABOVE_THEIRS.iter().any(known)
        };
        for line in lines.iter().filter(|line| !is_test(line)) {
            let mut below = used(line).into_iter().filter(|name| rank(name) > Some(own));
            if let Some(name) = below.next() {
                failures += &format!("{path} uses {name}: {line}\n");
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// Threads that serve all jobs of the process, and the room that hands the job on.
const OF_THE_PROCESS: &[&str] = &[
    "video/storage/eviction.rs",
    "video/storage/pool.rs",
    "task/mod.rs",
    "task/job.rs",
];

#[test]
fn threads_work_for_the_job_that_starts_them() {
    let mut count = 0;
    for (path, lines) in sources() {
        if OF_THE_PROCESS.contains(&path.as_str()) {
            continue;
        }
        for line in lines.iter().filter(|line| line.contains("spawn(")) {
            // Other programs are started without an argument.
            let starts_thread = !line.contains("spawn()");
            count += usize::from(starts_thread);
            assert!(
                !starts_thread || line.contains("in_this_job("),
                "{path}: `{line}` starts a thread without its job"
            );
        }
    }
    assert!(count > 8, "only {count} threads were found");
}
