//! A scripting environment for scientific videos: Rhai with video values.
//!
//! # Layers
//!
//! Each layer uses only those above it; `video`, `ops`, `draw`, `io`, `view`, `export` and `player` do
//! not depend on scripts.
//!
//! | module | contents |
//! |---|---|
//! | [`error`] | the error type: a message and hints |
//! | [`choice`] | values that are chosen by name |
//! | [`task`] | parallel loops; the job of a thread: warnings, progress, interruption, memory account |
//! | [`system`] | what differs between operating systems: queries, programs, signals, the display |
//! | [`fs`] | files below all formats: opening in the sandbox or not, atomic replacement, names |
//! | [`history`] | how videos came to be: calls, linked to those that made their arguments |
//! | [`video`] | the video type: sample types, storage, views, metadata |
//! | [`color`] | colors, luma, colormaps, and the colors of samples |
//! | [`ops`] | pure functions from videos to videos, by topic; [`ops::kernel`] runs their kernels |
//! | [`draw`] | images in memory, and pages of shapes and text as pixels, SVG or PDF |
//! | [`io`] | videos from files and to files: a registry over `format`, `codec` and `bytes` |
//! | [`view`] | the picture that windows, movies and images share: frames as colors, layout, annotations; figures of panels |
//! | [`export`] | movies, images and plots of videos |
//! | [`text`] | files and text around an analysis: paths, tables, JSON, numbers as text |
//! | [`player`] | the player: playback, rendering, windows |
//! | [`text_player`] | the player in a terminal |
//! | [`script`] | the bridge to Rhai: [`script::call`], [`script::types`], [`script::docs`], [`script::language`], [`script::host`] |
//! | [`builtins`] | the builtins by topic, one declaration each |
//! | [`terminal`] | warnings, progress and errors on standard error; Ctrl-C |
//! | [`session`] | an engine with builtins, standard library and state |
//! | [`runner`] | scripts from the command line: checked, timed, watched, for many files |
//! | [`gallery`] | the images of the reference |
//! | [`repl`] | the prompt |
//!
//! # Glossary
//!
//! Names in the code, in messages and in the documentation follow it; `tests/names.rs` holds them to it.
//!
//! | term | meaning | in the code |
//! |---|---|---|
//! | video | array with time first, in memory or mapped from a file | `video::Video` |
//! | recording | what a camera or experiment wrote: one or several files that load as a video | `io::recording::Recording`, `io::importer` |
//! | movie | file to be played (MP4, GIF, APNG, …) | `export::movie`, `io::format::movie` |
//! | frame | image of a video at one time | `video::Frames`, `io::recording::FrameRange` |
//! | image | 2-D array, or an image file (PNG, JPEG, …) | `draw::Image` (opaque), `draw::rgba_image::RgbaImage`, `io::format::image` |
//! | trace | time series of a pixel, a region or a frame mean | `ops::kernel::map_traces`, `view::trace_plot::Trace` |
//! | sample | one number of an array | `video::Samples`, `video::Element` |
//! | pixel | position (x, y) of an image | |
//! | index | count along an axis, from 0 | `ops::array::index::Index` |
//! | offset | bytes or samples from a start | `video::Layout::offset` |
//! | position | coordinates on an image, a page or in a text | `draw::page::Point`, `script::language::source_text` |
//! | axis, shape, stride, layout | as in NumPy; a layout is how an array lies in memory | `video::Layout` |
//! | column-major | Fortran order: the first axis varies fastest | `io::bytes::column_major` |
//! | view | array that shares the memory of another | `video::Strided::with_layout` |
//! | chunk | part of an array that HDF5 or Zarr stores by itself; in `ops` the samples of one parallel step | `io::bytes::chunked::ChunkGrid`, `ops::kernel::operands::ChunkPlan` |
//! | slab | the chunks of one index along time | `io::bytes::chunked::Slab` |
//! | strip, tile | parts of a TIFF page | `io::format::tiff::page::TileGrid`, `io::format::tiff::layout::TiffStrip` |
//! | page | TIFF directory (one image); a sheet that plots are drawn on | `io::format::tiff::page::TiffPage`, `draw::page::Page` |
//! | plane | one channel stored apart; one image of an OME-TIFF file | `io::format::tiff::planes` |
//! | history, link | the calls that made a video, and one of them | `history::History` |
//! | chain, stage | filters that compute a video when it is needed, and one of them; until then its samples are pending | `ops::chain::Stage`, `video::Chain` |
//! | block | consecutive frames or traces processed at once | `ops::kernel::TraceBlock` |
//! | fill value | value of samples that no chunk holds | `io::bytes::chunked::ChunkGrid::with_fill_value` |
//! | shared file | file read at several offsets at once | `io::bytes::samples::SharedFile` |
//! | reduction | mean, max, … over axes | `ops::array::reduce::plan::{ReductionPlan, Reducer}` |
//! | accumulator | running state of a reduction | `ops::array::reduce::plan::Reducer` |
//! | kernel | what an operation does with one chunk, compiled for each processor | `ops::kernel::Kernel` |
//! | boundary mode | how an array is extended beyond its edges | `ops::kernel::border::Border`, `ops::edit::pad` |
//! | mask | bool image | `ops::mask` |
//! | region (ROI) | set of pixels: a shape with a name and a color; the same in windows, files and functions | `ops::mask::shape::{Region, RegionShape}`, `io::regions`, `script::types::regions` |
//! | displacement | where a point of a reference is in a frame, relative to there | `ops::motion` |
//! | probe | pixel or region whose trace a player shows | `player::probes::Probe` |
//! | profile, kymograph | values along a line, and those of each frame | `ops::mask::profile` |
//! | figure, panel | what stands on one page of a paper, and a part of it | `view::figure::{Figure, FigurePanel}` |
//! | trace plot | plot of traces under a video | `view::trace_plot::TracePlot`, `player::trace_plot` |
//! | annotation | timestamp, frame number, speed, scale bar or title drawn over a frame | `view::annotations::Annotations` |
//! | overlay | what a player draws over its videos; in `blend`, the upper of two videos | `player::overlays`, `ops::blend` |
//! | label | text drawn on an image, readable on bright and dark | `draw::label::Label` |
//! | colormap, color limits | colors for samples; `vmin` and `vmax` | `color::colormap::{Colormap, ScaledColormap}`, `color::color_settings::ColorSettings` |
//! | color mapping | from the samples of a video to colors | `color::color_mapping::ColorMapping` |
//! | lookup table | colors of all values of 8 or 16 bits | `export::movie::lookup_table` |
//! | pixel format, luma, chroma | as in video coding | `export::movie::pixel_format::PixelFormat` |
//! | frame source, producer | function that makes the frames of a player, and its thread | `script::types::frame_source`, `player::producer` |
//! | event loop | what serves the windows | `player::event_loop::EventLoop` |
//! | sync group | players that show the same frame | `player::sync_group` |
//! | job | everything that runs for one session, on any threads; in a batch, the run of one file | `task::Job`, `runner::batch_job` |
//! | memory account | what the arrays of a job use, its budget and its limit | `task::memory::MemoryAccount` |
//! | buffer pool | memory of dropped arrays that is used again | `video::storage::pool` |
//! | eviction | taking mapped pages out of memory | `video::storage::eviction` |
//! | truncation guard | keeps a mapped file that becomes shorter from ending the program | `system::truncation` |
//! | load cache | what was loaded by an earlier run of the same script | `script::host::load_cache` |
//! | lexer, type inference, hint, diagnostic | as in compilers | `script::language::{lexer, complete, hints, diagnostic}` |
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
//! nor the prompt wait for it. All threads of a session work for its [`task::Job`]; Ctrl-C sets a flag
//! in that of the terminal, which scripts and every loop of [`task`] check.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod choice;
pub mod color;
pub mod error;
pub mod export;
pub mod fs;
pub mod history;
pub mod system;
pub mod task;
pub mod video;

pub mod ops;

pub mod draw;
pub mod io;
pub mod text;

pub mod view;

pub mod player;
pub mod text_player;

pub mod script;

pub mod builtins;

pub mod gallery;
pub mod repl;
pub mod runner;
pub mod session;
pub mod terminal;
