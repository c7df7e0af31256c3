//! A scripting environment for scientific videos: Rhai with video values.
//!
//! # Layers
//!
//! Each layer uses only those above it; `video`, `ops`, `draw`, `io`, `export` and `player` do not
//! depend on scripts.
//!
//! | module | contents |
//! |---|---|
//! | [`error`] | the error type: a message and hints |
//! | [`choice`] | values that are chosen by name |
//! | [`task`] | parallel loops with progress, warnings and interruption |
//! | [`system`] | queries to the operating system: memory, starting other programs |
//! | [`fs`] | files below all formats: opening in the sandbox or not, atomic replacement, names |
//! | [`video`] | the video type: sample types, storage, views, metadata |
//! | [`color`] | colormaps, and the colors of samples |
//! | [`ops`] | pure functions from videos to videos, by topic; [`ops::kernel`] runs their kernels |
//! | [`draw`] | images in memory: shapes and text |
//! | [`io`] | videos from files and to files: a registry over `format`, `codec` and `bytes` |
//! | [`export`] | movies, images and plots of videos |
//! | [`text`] | files and text around an analysis: paths, tables, JSON, numbers as text |
//! | [`player`] | the player: playback, rendering, windows |
//! | [`script`] | the bridge to Rhai: [`script::call`], [`script::types`], [`script::docs`], [`script::language`], [`script::host`] |
//! | [`builtins`] | the builtins by topic, one declaration each |
//! | [`session`] | an engine with builtins, standard library and state |
//! | [`runner`] | scripts from the command line: checked, timed, watched, for many files |
//! | [`gallery`] | the images of the reference |
//! | [`repl`], [`terminal`] | the prompt; warnings, progress and errors on standard error |
//!
//! # A call step by step
//!
//! `v.normalize(0, #{ymax: 255})`: Rhai finds the closure that [`script::call::register`] made for
//! three arguments. [`script::Call`] puts them in the order of the parameters and adds the
//! defaults. The body in [`builtins`] takes them one by one as Rust values and calls
//! [`ops::filter::normalize`], whose kernel [`ops::kernel`] runs over the samples on all cores, in
//! the memory of the input if that was a temporary. A failure is returned as an [`error::Error`],
//! and [`script::language::diagnostic`] shows it with its position in the script.
//!
//! # Threads
//!
//! Scripts run on a thread of their own with a large stack. Windows belong to the main thread,
//! which waits for players to show. A script function that makes or follows the frames of a player
//! runs on a thread and an engine of its own ([`script::Callback`]), so that neither the windows
//! nor the prompt wait for it. Ctrl-C sets a flag that scripts and every loop of [`task`] check.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod choice;
pub mod color;
pub mod error;
pub mod export;
pub mod fs;
pub mod system;
pub mod task;
pub mod video;

pub mod ops;

pub mod draw;
pub mod io;
pub mod text;

pub mod player;

pub mod script;

pub mod builtins;

pub mod gallery;
pub mod repl;
pub mod runner;
pub mod session;
pub mod terminal;
