//! Videos to files, so that nothing is lost.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::io::{self, Compression, Photometric, Saving, StillOptions};
use crate::script::builtins;
use crate::script::convert::Images;
use crate::video::Video;

builtins! {
    /// Saves a video so that nothing is lost; the format follows from the name.
    ///
    /// | files | hold | options |
    /// |---|---|---|
    /// | `.npy` NumPy array | every sample type; in a JSON file beside it all that is known about the recording | `sidecar` |
    /// | `.npz` NumPy archive | every sample type, frame rate and pixel size | `fieldname` |
    /// | `.tif`, `.tiff` stack | every sample type, frame rate and pixel size as ImageJ and Fiji read them | `photometric`, `compression` |
    /// | `.mat` MATLAB | every sample type, frame rate and pixel size | `fieldname` |
    /// | `.h5`, `.hdf5` HDF5 | every sample type and all that is known about the recording | `fieldname` |
    /// | `.zarr` folder of chunks | every sample type and all that is known about the recording | `compression` |
    ///
    /// An existing file is replaced when the new one is complete, and stays as it was if saving
    /// fails. `save_image_sequence` saves frames as pictures, `export_video` makes movies.
    ///
    /// ```
    /// save_video("example.npy", example_video(20));
    /// load_video("example.npy").dtype // => "uint16"
    /// save_video("small.tif", example_video(20), #{compression: "zstd"});
    /// load_video("small.tif").fps // => 500.0
    /// ```
    fn save_video(
        /// File to write.
        filename: PathBuf,
        /// Video to save.
        video: Video,
        /// How programs are to show the samples of a TIFF file; by default "rgb" for three or four
        /// channels, else "minisblack".
        photometric: Option<Photometric> = None,
        /// How a TIFF or Zarr file is made smaller; by default TIFF is not, so that it can be
        /// mapped into memory, and Zarr is by "zstd".
        compression: Option<Compression> = None,
        /// Name of the array in the file; by default "video".
        fieldname: Option<String> = None,
        /// Whether to write what is known about the recording (`fps`, `pixel_size`, …) into a file
        /// beside an `.npy` file, such as `heart.npy.json`; `load_video` reads it, and saving again
        /// replaces it.
        sidecar: bool = false,
    ) -> Result<()> {
        io::save_video_as(&filename, &video, &Saving { photometric, compression, fieldname, sidecar })
    }

    /// Saves a video as a TIFF stack, one page and one strip per frame.
    ///
    /// Files of more than 4 GB are BigTIFF. Fiji shows uint8, uint16 and float32 stacks with time in
    /// seconds and pixels in µm, if they are known. A name with another extension gets `.tiff`
    /// instead.
    ///
    /// ```
    /// save_tiff("example.tif", example_video(20), #{compression: "deflate"});
    /// load_video("example.tif").shape // => [20, 128, 128]
    /// ```
    fn save_tiff(
        /// File to write.
        filename: PathBuf,
        /// Video to save.
        video: Video,
        /// How programs are to show the samples; by default "rgb" for three or four channels, else
        /// "minisblack".
        photometric: Option<Photometric> = None,
        /// How the file is made smaller. "none" can be mapped into memory, "lzw" and "deflate" can be
        /// read by every program, "zstd" is small and fast.
        compression: Compression = Compression::None,
    ) -> Result<()> {
        let saving = Saving { photometric, compression: Some(compression), fieldname: None, sidecar: false };
        io::save_tiff(&filename, &video, &saving)
    }

    /// Saves the frames of a video as TIFF files of a folder.
    ///
    /// ```
    /// save_tiff_folder("stack", example_video(3));
    /// load_video("stack").shape // => [3, 128, 128]
    /// ```
    fn save_tiff_folder(
        /// Folder to write to, made if need be; `()` is the current one.
        directory: Option<PathBuf>,
        /// Video, or list of images, to save.
        video: Images,
        /// Names of the files, with a place for the number of the frame as in Python.
        filepattern: String = "frame_{:03d}".into(),
        /// How the files are made smaller.
        compression: Compression = Compression::None,
    ) -> Result<()> {
        let options = StillOptions { compression, ..StillOptions::default() };
        let directory = directory.as_deref().unwrap_or(Path::new("."));
        io::save_image_sequence(directory, &video.0, &filepattern, ".tiff", &options)
    }

    /// Saves the frames of a video as pictures in a folder.
    ///
    /// PNG holds uint8, uint16 and bool (as black and white), TIFF every sample type, JPEG and BMP
    /// uint8 and bool; gray, or with colour channels. Other types have to be converted first. JPEG is
    /// the only one that loses something.
    ///
    /// ```
    /// save_image_sequence("pictures", example_video(3), "heart_{:02d}");
    /// load_image("pictures/heart_02.png").dtype // => "uint16"
    /// ```
    fn save_image_sequence(
        /// Folder to write to, made if need be; `()` is the current one.
        directory: Option<PathBuf>,
        /// Video, or list of images, to save.
        video: Images,
        /// Names of the files, with a place for the number of the frame as in Python: `{}`, `{:03d}`.
        filepattern: String = "frame_{:03d}".into(),
        /// Extension of the files: `.png`, `.tif`, `.tiff`, `.jpg`, `.jpeg` or `.bmp`.
        format: String = ".png".into(),
        /// How TIFF files are made smaller.
        compression: Compression = Compression::None,
        /// How much JPEG keeps, from 1 to 100.
        quality: usize = io::QUALITY,
    ) -> Result<()> {
        let options = StillOptions { compression, quality };
        let directory = directory.as_deref().unwrap_or(Path::new("."));
        io::save_image_sequence(directory, &video.0, &filepattern, &format, &options)
    }

    /// Saves an array as a variable of a MATLAB file.
    ///
    /// Its axes have the same order in MATLAB as here. Files are of version 5, with arrays of more
    /// than 2 GB of version 7.3. Bools become logical. The frame rate and the pixel size become the
    /// variables `fps` and `pixel_size`, if they are known.
    ///
    /// ```
    /// let v = example_video(200, 32, 32);
    /// save_matlab(v, "example.mat");
    /// save_matlab(v[0] > 500, "example.mat", "mask");
    /// load_video("example.mat", #{fieldname: "mask"}).dtype // => "bool"
    /// ```
    fn save_matlab(
        /// Array to save.
        array: Video,
        /// File to write.
        filename: PathBuf,
        /// Name of the variable.
        fieldname: String = "video".into(),
        /// Whether an existing file keeps its other variables.
        appendmat: bool = true,
    ) -> Result<()> {
        io::save_matlab(&filename, &array, &fieldname, appendmat)
    }
}
