//! Recordings from files.

use std::path::PathBuf;

use crate::error::Result;
use crate::io::{self, Endian, Options, RawFormat, Selection, Series};
use crate::ops::example::{self, Example};
use crate::script::{Recording, builtins};
use crate::video::{DType, Metadata, Video};

builtins! {
    /// Loads a recording; the format is found out from the file's name and contents.
    ///
    /// | format | files |
    /// |---|---|
    /// | TIFF stack | `.tif`, `.tiff` |
    /// | NumPy array | `.npy`, `.npz` |
    /// | MultiRecorder | `.dat` |
    /// | SciMedia MiCAM05 | `.gsh`, `.gsd` |
    /// | MATLAB, versions 4 to 7.3 | `.mat` |
    /// | HDF5, NWB, Imaris | `.h5`, `.hdf5`, `.nwb`, `.ims` |
    /// | Zarr, OME-Zarr | folders such as `.zarr` |
    /// | SciMedia MiCAM ULTIMA | `.rsh`, `.rsm`, `.rsd` |
    /// | Andor | `.sif` |
    /// | movies | `.mp4`, `.mov`, `.avi`, `.mkv`, `.webm`, …, `.gif`, `.apng` |
    /// | pictures | folders of TIFF, PNG, JPEG or BMP files; single ones |
    ///
    /// Of TIFF files, what OME, ImageJ, Micro-Manager, MetaMorph and tifffile say about their axes is
    /// obeyed: channels become the last axis, and slices of several times follow each other. Planes that
    /// a file tells of, but that are not there, are blank, with a warning.
    ///
    /// Movies are decoded by the ffmpeg program; without it H.264 in `.mp4` and `.mov`, GIF and APNG can
    /// be loaded.
    ///
    /// ```
    /// save_video("example.tif", example_video(20));
    /// load_video("example.tif", #{start_frame: 5, frames: 4, step: 2}).shape // => [4, 128, 128]
    /// ```
    fn load_video(
        /// File to load, or importer of one.
        path: Recording,
        /// Index of the first frame.
        start_frame: usize [frames] = 0,
        /// Number of frames to load; by default all to the end. Importers count the frames
        /// from which every `step`-th is taken.
        frames: Option<usize> [frames] = None,
        /// Load every `step`-th frame only.
        step: usize [frames] = 1,
        /// Whether to leave the samples in the file, to be read when they are needed. For
        /// uncompressed TIFF stacks, `.npy`, `.dat`, `.mat`, `.h5` and `.sif`; the frames of `.gsd` and
        /// `.rsd` are loaded all the same, with a warning, because a background must be added to them.
        use_mmap: bool = false,
        /// Variable of a MATLAB file, dataset of an HDF5 file, or array of an `.npz` file or a Zarr
        /// folder to load; by default the first with three axes. What is within a struct, a cell or a
        /// group is named by its path: `s/video`, and as in MATLAB `s(2)/video` and `c{1}`.
        fieldname: Option<String> = None,
        /// Whether the colours of a movie become gray; else it has a channel axis.
        as_grey: bool = true,
        /// What the names of the pictures in a folder begin with.
        prefix: String = String::new(),
        /// Whether a MultiRecorder file has samples of 8 bits rather than 16; by default its size
        /// tells.
        is_8bit: Option<bool> = None,
        /// Image to load of an OME-TIFF or Micro-Manager file that has several: its place, counted
        /// from 0, or its name; by default the first, with a warning that lists the others.
        series: Option<Series> = None,
    ) -> Result<Video> {
        let selection = Selection { start: start_frame, frames, step };
        path.load(&selection, &Options { use_mmap, fieldname, prefix, as_grey, is_8bit, series })
    }

    /// Loads the pictures of a folder as the frames of a video.
    ///
    /// Pictures are TIFF, PNG, JPEG or BMP files of one size; they are ordered by the numbers in their
    /// names, `frame_2.png` before `frame_10.png`.
    ///
    /// ```
    /// save_image_sequence("recording", example_video(20));
    /// load_image_folder("recording", #{step: 10}).shape // => [2, 128, 128]
    /// ```
    fn load_image_folder(
        /// Folder of the pictures.
        path: PathBuf,
        /// What the names of the pictures begin with.
        prefix: String = String::new(),
        /// Index of the first picture.
        start_frame: usize [frames] = 0,
        /// Index of the picture before which to stop; by default all to the end.
        end_frame: Option<usize> [frames] = None,
        /// Load every `step`-th picture only.
        step: usize [frames] = 1,
    ) -> Result<Video> {
        io::load_image_folder(&path, &prefix, start_frame, end_frame, step)
    }

    /// Loads frames of a file that does not say how they lie in it.
    ///
    /// ```
    /// save_video("example.npy", example_video(20, 64, 64));
    /// let video = load_raw("example.npy", [0, 64, 64], "uint16", #{offset: 128});
    /// video.shape // => [20, 64, 64]
    /// ```
    fn load_raw(
        /// File to load.
        path: PathBuf,
        /// Length of each axis, the number of frames first; 0 frames stand for all that there are.
        shape: Vec<usize>,
        /// Type of the samples.
        dtype: DType,
        /// Where the first frame begins, in bytes.
        offset: usize [bytes] = 0,
        /// Number of bytes between frames.
        gap: usize [bytes] = 0,
        /// Order of the bytes of a sample.
        endian: Endian = Endian::Little,
        /// Whether to leave the samples in the file, to be read when they are needed.
        use_mmap: bool = false,
        /// Index of the first frame.
        start_frame: usize [frames] = 0,
        /// Number of frames to load; by default all to the end.
        frames: Option<usize> [frames] = None,
        /// Load every `step`-th frame only.
        step: usize [frames] = 1,
    ) -> Result<Video> {
        let (offset, gap) = (offset as u64, gap as u64);
        let format = RawFormat { shape, dtype, offset, gap, endian };
        let selection = Selection { start: start_frame, frames, step };
        io::load_raw(&path, &format, &selection, &Options::mapped(use_mmap))
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

    /// Makes a recording to try things out: a spiral wave on a beating, noisy heart.
    ///
    /// The same arguments give the same samples (uint16) everywhere.
    ///
    /// ```
    /// example_video() // => video 200×128×128 uint16 [182 … 2917] 500 fps, 6.6 MB
    /// ```
    fn example_video(
        /// Number of frames.
        frames: usize [frames] = 200,
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
