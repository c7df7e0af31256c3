//! Saving videos without loss.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::io::{self, Compression, ImageOptions, ImageSequence, Photometric, SaveOptions};
use crate::script::{Chained, Provenance, builtins};
use crate::video::Video;

builtins! {
    /// Saves a video without loss; the extension decides the format.
    ///
    /// {formats to save}
    ///
    /// Metadata is all that is known about the recording, such as `fps` and `pixel_size`. An
    /// existing file is replaced when the new one is complete, and stays as it was if saving fails.
    /// `save_image_sequence` saves frames as image files, `export_video` makes movies.
    ///
    /// Fails if the extension is unknown or missing, if an option does not apply to the format, or
    /// if the file cannot be written.
    ///
    /// ```
    /// save_video("example.npy", example_video(20));
    /// load_video("example.npy").dtype // => "uint16"
    /// save_video("small.tif", example_video(20), #{compression: "zstd"});
    /// load_video("small.tif").fps // => 500.0
    /// ```
    ///
    /// See also: `load_video`, `save_tiff`, `save_image_sequence`, `export_video`.
    ///
    /// Source: the formats are NumPy's `.npy` and `.npz`, TIFF 6.0 and BigTIFF, MATLAB 5 and 7.3,
    /// HDF5, and Zarr version 2.
    fn save_video(
        /// File to write.
        filename: PathBuf,
        /// Video to save.
        video: Chained,
        /// Photometric interpretation of a TIFF file; default: "rgb" for three or four channels,
        /// else "minisblack".
        photometric: Option<Photometric> = None,
        /// Compression of TIFF and Zarr files; default: "none" for TIFF, so that it can be
        /// memory-mapped, and "zstd" for Zarr, which also takes "deflate" and "none".
        compression: Option<Compression> = None,
        /// Name of the array in the file; default: "video".
        fieldname: Option<String> = None,
        /// Write the metadata of the recording (`fps`, `pixel_size`, …) to a JSON file next to an
        /// `.npy` file, such as `heart.npy.json`. `load_video` reads it, and saving again replaces
        /// it.
        sidecar: bool = false,
        /// Keep the history in the file: the script that makes it again, see `history`; for an
        /// `.npy` file in the JSON file next to it, if there is one. "paths" keeps the paths of
        /// files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let options = SaveOptions { photometric, compression, fieldname, sidecar };
        io::save_video_as(&filename, &provenance.with(video.0), &options)
    }

    /// Saves a video as a TIFF stack, with one page and one strip per frame.
    ///
    /// Files of more than 4 GB are BigTIFF. Fiji shows uint8, uint16 and float32 stacks with the
    /// time in seconds and the pixel size in µm, if they are known. A name without an extension
    /// gets `.tiff`; another extension is replaced by it, with a warning.
    ///
    /// Fails if `photometric` does not fit the number of channels, or if the file cannot be
    /// written.
    ///
    /// ```
    /// save_tiff("example.tif", example_video(20), #{compression: "deflate"});
    /// load_video("example.tif").shape // => [20, 128, 128]
    /// ```
    ///
    /// See also: `save_video`, `save_tiff_folder`, `load_video`.
    ///
    /// Source: TIFF 6.0 and BigTIFF, with the metadata of ImageJ.
    fn save_tiff(
        /// File to write.
        filename: PathBuf,
        /// Video to save.
        video: Chained,
        /// Photometric interpretation; default: "rgb" for three or four channels, else
        /// "minisblack".
        photometric: Option<Photometric> = None,
        /// Compression: "none" can be memory-mapped, "lzw" and "deflate" can be read by every
        /// program, "zstd" is small and fast.
        compression: Compression = Compression::None,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let compression = Some(compression);
        let saving = SaveOptions { photometric, compression, ..SaveOptions::default() };
        io::save_tiff(&filename, &provenance.with(video.0), &saving)
    }

    /// Saves the frames of a video as TIFF files in a folder.
    ///
    /// Fails if `filepattern` gives several frames the same name or names a folder, or if a file
    /// cannot be written.
    ///
    /// ```
    /// save_tiff_folder("stack", example_video(3));
    /// load_video("stack").shape // => [3, 128, 128]
    /// ```
    ///
    /// See also: `save_image_sequence`, `save_tiff`, `load_video`.
    fn save_tiff_folder(
        /// Folder to write to, created if needed; `()` is the current one.
        directory: Option<PathBuf>,
        /// Video, or list of images, to save.
        video: ImageSequence,
        /// Pattern of the file names, with a replacement field for the frame number as in Python:
        /// `{}`, `{:03d}`.
        filepattern: String = "frame_{:03d}".into(),
        /// Compression of the TIFF files.
        compression: Compression = Compression::None,
        /// Keep the history in the first file: the script that makes the folder again, see
        /// `history`. "paths" keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let options = ImageOptions { compression, ..ImageOptions::default() };
        let directory = directory.as_deref().unwrap_or(Path::new("."));
        let names = (&*filepattern, ".tiff");
        io::save_image_sequence(directory, &video, provenance.script(), names, &options)
    }

    /// Saves the frames of a video as image files in a folder.
    ///
    /// PNG holds uint8, uint16 and bool (as black and white), TIFF every sample type, JPEG and BMP
    /// uint8 and bool; gray, or with color channels. Convert other types first, with `normalize` or
    /// `astype`. JPEG is the only lossy format.
    ///
    /// Fails if the format cannot hold the sample type or the number of channels, if `format` is
    /// unknown, if `filepattern` gives several frames the same name or names a folder, or if
    /// `quality` is not 1 to 100.
    ///
    /// ```
    /// save_image_sequence("pictures", example_video(3), "heart_{:02d}");
    /// load_image("pictures/heart_02.png").dtype // => "uint16"
    /// ```
    ///
    /// See also: `save_image`, `save_tiff_folder`, `load_video`.
    fn save_image_sequence(
        /// Folder to write to, created if needed; `()` is the current one.
        directory: Option<PathBuf>,
        /// Video, or list of images, to save.
        video: ImageSequence,
        /// Pattern of the file names, with a replacement field for the frame number as in Python:
        /// `{}`, `{:03d}`.
        filepattern: String = "frame_{:03d}".into(),
        /// Extension of the files: `.png`, `.tif`, `.tiff`, `.jpg`, `.jpeg` or `.bmp`.
        format: String = ".png".into(),
        /// Compression of TIFF files.
        compression: Compression = Compression::None,
        /// JPEG quality, 1 to 100.
        quality: usize = io::QUALITY,
        /// Keep the history in the first file: the script that makes the folder again, see
        /// `history`. "paths" keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let options = ImageOptions { compression, quality, ..ImageOptions::default() };
        let directory = directory.as_deref().unwrap_or(Path::new("."));
        let names = (&*filepattern, &*format);
        io::save_image_sequence(directory, &video, provenance.script(), names, &options)
    }

    /// Saves an array as a variable of a MATLAB file.
    ///
    /// Its axes have the same order in MATLAB as here. Bools become logical. The frame rate and the
    /// pixel size become the variables `fps` and `pixel_size`, if they are known.
    ///
    /// Fails if `fieldname` is not a name of a MATLAB variable (a letter, then letters, digits and
    /// `_`, at most 63), or if the file cannot be written.
    ///
    /// ```
    /// let v = example_video(200, 32, 32);
    /// save_matlab(v, "example.mat");
    /// save_matlab(v[0] > 500, "example.mat", "mask");
    /// load_video("example.mat", #{fieldname: "mask"}).dtype // => "bool"
    /// ```
    ///
    /// See also: `save_video`, `load_video`.
    ///
    /// Source: MAT-file version 5; version 7.3 (HDF5) with arrays of more than 2 GB.
    fn save_matlab(
        /// Array to save.
        array: Video,
        /// File to write.
        filename: PathBuf,
        /// Name of the variable.
        fieldname: String = "video".into(),
        /// Keep the other variables of an existing file.
        appendmat: bool = true,
        /// Keep the history in the file, as a variable such as `video_history`: the script that
        /// makes the array again, see `history`. "paths" keeps the paths of files as they were
        /// given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let array = provenance.with(array);
        io::save_matlab(&filename, &array, &fieldname, appendmat)
    }
}
