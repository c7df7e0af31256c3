//! Runs a script again whenever it or one of its modules is saved.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::session::Session;

/// Interval between two checks of the files.
const LOOK: Duration = Duration::from_millis(100);

/// A file with its modification time and its size.
type FileStamp = (PathBuf, Option<SystemTime>, u64);

/// Runs a script with `run` at once and after every change, until Ctrl-C. Recordings whose files
/// have not changed are not loaded again.
pub fn watch(session: &mut Session, script: &str, mut run: impl FnMut(&mut Session)) {
    session.context().load_cache.keep();
    loop {
        let mut watched = stamps(session, script);
        run(session);
        session.context().load_cache.forget_unused();
        // The modules are known only now.
        for stamp in stamps(session, script) {
            if !watched.iter().any(|(path, ..)| *path == stamp.0) {
                watched.push(stamp);
            }
        }
        eprintln!("watching {script}; Ctrl-C stops");
        session.job().clear_interrupt();
        while watched.iter().all(|known| stamp(&known.0) == *known) {
            if session.job().is_interrupted() {
                return;
            }
            thread::sleep(LOOK);
        }
        session.context().close_windows();
        session.forget_all();
        eprintln!("\nrunning {script} again");
    }
}

fn stamps(session: &Session, script: &str) -> Vec<FileStamp> {
    let mut files = session.context().source_files();
    files.push(PathBuf::from(script));
    files.iter().map(stamp).collect()
}

fn stamp(path: &PathBuf) -> FileStamp {
    // Some editors replace a file: for a moment it does not exist and cannot be run.
    for _ in 0..10 {
        if path.exists() {
            break;
        }
        thread::sleep(LOOK / 5);
    }
    let facts = std::fs::metadata(path).ok();
    let changed = facts.as_ref().and_then(|facts| facts.modified().ok());
    (path.clone(), changed, facts.map_or(0, |facts| facts.len()))
}
