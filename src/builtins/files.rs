//! Recordings from files and to files.

use std::path::PathBuf;

use crate::error::Result;
use crate::io::{self, Options, Selection};
use crate::ops::example::{self, Example};
use crate::script::{Recording, builtins};
use crate::video::{Metadata, Video};

builtins! {
    /// Loads a recording; the format is found out from the file's name and contents.
    ///
    /// | format | files |
    /// |---|---|
    /// | TIFF stack | `.tif`, `.tiff` |
    /// | NumPy array | `.npy` |
    /// | MultiRecorder | `.dat` |
    /// | SciMedia MiCAM05 | `.gsh`, `.gsd` |
    /// | SciMedia MiCAM ULTIMA | `.rsh`, `.rsm`, `.rsd` |
    ///
    /// ```
    /// save_video("example.tif", example_video(20));
    /// load_video("example.tif", #{start_frame: 5, frames: 4, step: 2}).shape // => [4, 128, 128]
    /// ```
    fn load_video(
        /// File to load, or importer of one.
        path: Recording,
        /// Index of the first frame.
        start_frame: usize = 0,
        /// Number of frames to load; by default all to the end. Importers count the frames
        /// from which every `step`-th is taken.
        frames: Option<usize> = None,
        /// Load every `step`-th frame only.
        step: usize = 1,
        /// Whether to leave the samples in the file, to be read when they are needed. For
        /// uncompressed TIFF stacks, `.npy` and `.dat`; the file must not be shortened meanwhile.
        use_mmap: bool = false,
    ) -> Result<Video> {
        let selection = Selection { start: start_frame, frames, step };
        path.load(&selection, &Options::mapped(use_mmap))
    }

    /// Reads what a file says about a recording, without its frames.
    ///
    /// ```
    /// save_video("example.tif", example_video(20));
    /// load_metadata("example.tif").fps // => 500.0
    /// ```
    fn load_metadata(
        /// File of the recording.
        filename: PathBuf,
    ) -> Result<Metadata> {
        io::load_metadata(&filename)
    }

    /// Saves a video so that nothing is lost; the format follows from the name.
    ///
    /// `.npy` holds every sample type, `.tif` and `.tiff` all but bool. An existing file is replaced
    /// when the new one is complete, and stays as it was if saving fails.
    ///
    /// ```
    /// save_video("example.npy", example_video(20));
    /// load_video("example.npy").dtype // => "uint16"
    /// ```
    fn save_video(
        /// File to write.
        filename: PathBuf,
        /// Video to save.
        video: Video,
    ) -> Result<()> {
        io::save_video(&filename, &video)
    }

    /// Makes a recording to try things out: a spiral wave on a beating, noisy heart.
    ///
    /// The same arguments give the same samples (uint16) everywhere.
    ///
    /// ```
    /// example_video() // => video 200×128×128 uint16 [182 … 2917] 500 fps, 6.6 MB
    /// ```
    fn example_video(
        /// Number of frames.
        frames: usize = 200,
        /// Height of a frame.
        height: usize [px] = 128,
        /// Width of a frame.
        width: usize [px] = 128,
        /// Frames per second.
        fps: f64 [Hz] = 500.0,
        /// Start of the random noise.
        seed: i64 = 0,
    ) -> Result<Video> {
        example::example_video(&Example { frames, height, width, fps, seed })
    }
}
