//! All integration tests, in one program so that they are linked once.
#![allow(clippy::unwrap_used)]

mod arrays;
mod catalogue;
mod chains;
mod cli;
mod complete;
mod cut_files;
mod docs;
mod fonts;
mod golden;
mod history;
mod importers;
mod libraries;
mod limits;
mod movie_slices;
mod names;
mod notices;
mod operators;
mod parity;
mod player;
mod player_keys;
mod player_loop;
mod player_measure;
mod player_overlays;
mod player_regions;
mod player_window;
mod player_window_keys;
mod properties;
mod repl;
mod rooms;
mod runner;
mod sandbox;
mod sessions;
mod stdlib;
mod suite;
mod window_lines;

use std::path::{Path, PathBuf};

use optimap::script::Settings;
use optimap::session::Session;

/// A session that prints nothing and opens no windows.
fn session() -> Session {
    Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    })
}

/// A path below the folder of the project.
fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A path as strings of scripts can hold it on all systems.
fn with_slashes(path: &Path) -> String {
    let text = path.display().to_string();
    match cfg!(windows) {
        true => text.replace('\\', "/"),
        false => text,
    }
}

/// The files of a folder with an extension, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}
