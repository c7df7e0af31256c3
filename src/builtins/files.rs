//! Loading recordings from files.

use std::path::PathBuf;

use rhai::Map;

use crate::error::Result;
use crate::io::{self, Endian, FrameSelection, LoadOptions, RawFormat, Series};
use crate::ops::example::{self, ExampleOptions};
use crate::ops::phantom::{self, Dye, PhantomOptions, Rotation, Wavefront};
use crate::ops::wave::polarity::Polarity;
use crate::script::{RecordingSource, Value, builtins};
use crate::video::{DType, Metadata, Strided, Video};

use super::shared::{singularity_columns, table};

builtins! {
    /// Loads a recording; the format is detected from the file's name and contents.
    ///
    /// {formats to load}
    ///
    /// Axes that OME, ImageJ, Micro-Manager, MetaMorph or tifffile describe in TIFF files are
    /// honored: channels become the last axis, and the slices of several times follow each other.
    /// Planes that are described but missing get the fill value 0, with a warning.
    ///
    /// Movies are decoded by the program ffmpeg; without it, H.264 in `.mp4` and `.mov`, GIF and
    /// APNG can be loaded.
    ///
    /// Returns a video {t, y, x}, or {t, y, x, channel} for color, in the sample type of the file
    /// (float16 becomes float32); frame rate, pixel size and other metadata are kept, the frame
    /// rate divided by `step`. A single image is a video of one frame.
    ///
    /// Fails if the file is missing, damaged or of an unknown format, `start_frame` is beyond its
    /// end, `step` is 0, there is no such `fieldname` or `series`, or `use_mmap` is set for a file
    /// whose samples cannot be mapped. Fewer frames than asked for give a warning.
    ///
    /// ```
    /// save_video("example.tif", example_video(20));
    /// load_video("example.tif", #{start_frame: 5, frames: 4, step: 2}).shape // => [4, 128, 128]
    /// ```
    ///
    /// See also: `load_image_folder`, `load_raw`, `load_metadata`, `save_video`
    fn load_video(
        /// File or folder to load, or an importer.
        path: RecordingSource,
        /// Index of the first frame.
        start_frame: usize [frames] = 0,
        /// Number of frames to load; default: all to the end. With an importer: number of frames of
        /// which every `step`-th is loaded.
        frames: Option<usize> [frames] = None,
        /// Load every `step`-th frame only.
        step: usize [frames] = 1,
        /// Memory-map the file instead of loading it, for uncompressed TIFF stacks, `.npy`, `.dat`,
        /// `.mat`, `.h5` and `.sif`. Loaded all the same, with a warning: `.gsd` and `.rsd`,
        /// because a background must be added to their frames, and files in the other byte order
        /// than the machine's.
        use_mmap: bool = false,
        /// Variable of a MATLAB file, dataset of an HDF5 file, or array of an `.npz` file or a Zarr
        /// folder; default: the first with three axes. A path names what is inside a struct, cell
        /// or group: `s/video`, and as in MATLAB `s(2)/video` and `c{1}`.
        fieldname: Option<String> = None,
        /// Convert color movies to gray; false: keep the colors as a channel axis.
        as_gray | as_grey: bool = true,
        /// Prefix of the names of the image files in a folder.
        prefix: String = String::new(),
        /// True: a MultiRecorder file has samples of 8 bits; false: 16 bits; default: decided by
        /// the file size.
        is_8bit: Option<bool> = None,
        /// Image of an OME-TIFF or Micro-Manager file that has several: its index, counted from 0,
        /// or its name; default: the first, with a warning that lists the others.
        series: Option<Series> = None,
    ) -> Result<Video> {
        let selection = FrameSelection { start: start_frame, frames, step };
        let options = LoadOptions { use_mmap, fieldname, prefix, as_gray, is_8bit, series };
        path.load(&selection, &options)
    }

    /// Loads the image files of a folder as the frames of a video.
    ///
    /// The files are TIFF, PNG, JPEG or BMP images of one size, in natural order: `frame_2.png`
    /// before `frame_10.png`. If the folder has several kinds, the first kind in this list is
    /// loaded, with a warning.
    ///
    /// Returns a video {t, y, x}, or {t, y, x, channel} for color, in the sample type of the files.
    ///
    /// Fails if the folder is missing or has no such files, the files differ in size or sample
    /// type, `end_frame` is not above `start_frame`, or `start_frame` is beyond the last file.
    ///
    /// ```
    /// save_image_sequence("recording", example_video(20));
    /// load_image_folder("recording", #{step: 10}).shape // => [2, 128, 128]
    /// ```
    ///
    /// See also: `load_video`, `load_image`, `save_image_sequence`
    fn load_image_folder(
        /// Folder with the image files.
        path: PathBuf,
        /// Prefix of the names of the image files.
        prefix: String = String::new(),
        /// Index of the first file, in natural order.
        start_frame: usize [frames] = 0,
        /// Index to stop before (exclusive); default: the end.
        end_frame: Option<usize> [frames] = None,
        /// Load every `step`-th file only.
        step: usize [frames] = 1,
    ) -> Result<Video> {
        io::load_image_folder(&path, &prefix, start_frame, end_frame, step)
    }

    /// Loads frames from a binary file without a header that describes them.
    ///
    /// Returns a video or array of the given shape and sample type.
    ///
    /// Fails if the file is too short, a length other than the first is 0, `start_frame` is beyond
    /// the end, or `use_mmap` is set for bool samples or with an `offset` or `gap` that is no
    /// multiple of the sample size.
    ///
    /// ```
    /// save_video("example.npy", example_video(20, 64, 64));
    /// let video = load_raw("example.npy", [0, 64, 64], "uint16", #{offset: 128});
    /// video.shape // => [20, 64, 64]
    /// ```
    ///
    /// See also: `load_video`, `from_blob`
    fn load_raw(
        /// File to load.
        path: PathBuf,
        /// Length of each axis, the number of frames first; 0 frames: as many as the file has.
        shape: Vec<usize>,
        /// Sample type of the file.
        dtype: DType,
        /// Offset of the first frame.
        offset: usize [bytes] = 0,
        /// Number of bytes between frames.
        gap: usize [bytes] = 0,
        /// Byte order of the samples.
        endian: Endian = Endian::Little,
        /// Memory-map the file instead of loading it. Samples in the other byte order than that of
        /// the machine are loaded all the same, with a warning.
        use_mmap: bool = false,
        /// Index of the first frame.
        start_frame: usize [frames] = 0,
        /// Number of frames to load; default: all to the end.
        frames: Option<usize> [frames] = None,
        /// Load every `step`-th frame only.
        step: usize [frames] = 1,
    ) -> Result<Video> {
        let (offset, gap) = (offset as u64, gap as u64);
        let format = RawFormat { shape, dtype, offset, gap, endian };
        let selection = FrameSelection { start: start_frame, frames, step };
        io::load_raw(&path, &format, &selection, &LoadOptions::mapped(use_mmap))
    }

    /// Reads the metadata of a recording without loading its frames.
    ///
    /// Returns a map: `fps`, `pixel_size`, `date`, `comment` and `source` if they are known, and
    /// the fields of the format.
    ///
    /// Fails if the file is missing, damaged or of an unknown format.
    ///
    /// ```
    /// save_video("example.tif", example_video(20));
    /// load_metadata("example.tif").fps // => 500.0
    /// ```
    ///
    /// See also: `load_video`, `get_metadata`
    fn load_metadata(
        /// File of the recording.
        filename: PathBuf,
    ) -> Result<Metadata> {
        io::load_metadata(&filename)
    }

    /// Makes a synthetic recording to try things out: a spiral wave on a beating, noisy heart.
    ///
    /// The same arguments give the same samples everywhere.
    ///
    /// Returns a video {t, y, x} of uint16 with the given frame rate.
    ///
    /// Fails if a size is 0, a frame has more than 2²⁴ pixels, or `fps` is not above 0.
    ///
    /// ```
    /// example_video() // => video 200×128×128 uint16 [182 … 2917] 500 fps, 6.6 MB
    /// ```
    ///
    /// See also: `phantom`, `load_video`, `random`
    fn example_video(
        /// Number of frames.
        frames: usize [frames] = 200,
        /// Height of a frame.
        height: usize [px] = 128,
        /// Width of a frame.
        width: usize [px] = 128,
        /// Frames per second.
        fps: f64 [Hz] = 500.0,
        /// Seed of the noise.
        seed: i64 = 0,
    ) -> Result<Video> {
        example::example_video(&ExampleOptions { frames, height, width, fps, seed })
    }

    /// Makes a recording of paced waves together with its truth, to check analyses with.
    ///
    /// The tissue is an ellipse of 1000 counts on a background of 100. Each stimulus starts a wave;
    /// a beat adds 100 counts: half a cosine of `rise` ms, centered at the activation time, then
    /// for "voltage" a plateau and half a cosine of 0.6 · `apd` ms, for "calcium" an exponential
    /// decay with the time constant (`apd` − `rise` / 2) / ln 5. Both have recovered to 80 % `apd`
    /// ms after activation. With `motion`, the tissue shrinks evenly towards the center after each
    /// stimulus and back, by a squared sine over 0.8 · `cycle_length`; `texture` makes it visible.
    /// The same arguments give the same samples everywhere.
    ///
    /// Returns a map: `video`, float32 with frame rate and pixel size; `mask` of the tissue; the
    /// images `activation`, the time from stimulus to activation in ms, and `apd`, the mean
    /// duration to 80 % recovery in ms, both NaN outside of the tissue; `beats`, the frames of the
    /// stimuli; `tips`, a table of the centers of spirals with `frame`, `y`, `x` and `charge`, as
    /// `phase_singularities` has it; and with `motion`, `displacements` {t, y, x, 2} in pixels,
    /// down and to the right, of each point of the tissue at rest. All images are those of the
    /// tissue at rest.
    ///
    /// Fails if a size is 0, a frame has more than 2²⁴ pixels, a number is not possible, or the
    /// durations do not fit between `rise` and `cycle_length`.
    ///
    /// ```
    /// let p = phantom(#{frames: 200, noise: 0.02});
    /// p.beats.to_array() // => [25.0, 125.0]
    /// let beat = p.video[20..110].smooth_spatiotemporal(1, 1);
    /// let error = apd_map(beat, 80) - p.apd;
    /// abs(median(error)) < 1 // => true
    /// ```
    ///
    /// See also: `example_video`, `find_beats`, `activation_map`, `apd_map`
    fn phantom(
        /// Number of frames.
        frames: usize [frames] = 500,
        /// Height of a frame.
        height: usize [px] = 64,
        /// Width of a frame.
        width: usize [px] = 64,
        /// Frames per second.
        fps: f64 [Hz] = 500.0,
        /// Height and width of a pixel.
        pixel_size: f64 [um] = 100.0,
        /// Shape of the wavefronts: plane, circular from the center of the frame, a spiral that
        /// rotates around it, or a pair of spirals a quarter of the width left and right of it.
        wavefront: Wavefront = Wavefront::Plane,
        /// Conduction velocity in cm/s.
        speed: f64 = 50.0,
        /// Direction of plane waves in degrees, clockwise from the right.
        direction: f64 = 0.0,
        /// Time of the first stimulus.
        start: f64 [ms] = 50.0,
        /// Time between stimuli, or of one rotation.
        cycle_length: f64 [ms] = 200.0,
        /// Shape of the beats.
        dye: Dye = Dye::Voltage,
        /// Duration of the upstroke.
        rise: f64 [ms] = 10.0,
        /// Time from activation to 80 % recovery, in the middle of the frame.
        apd: f64 [ms] = 100.0,
        /// Difference of the duration between right and left edge.
        apd_gradient: f64 [ms] = 0.0,
        /// Difference of the duration between even and odd beats; the first is even.
        alternans: f64 [ms] = 0.0,
        /// Fraction of the light that is lost by the end, exponentially.
        bleaching: f64 = 0.0,
        /// Standard deviation of the noise, as a fraction of the amplitude of a beat.
        noise: f64 = 0.0,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Seed of the noise and of the texture.
        seed: i64 = 0,
        /// Largest displacement of the nearest edge of the tissue when it contracts.
        motion: f64 [px] = 0.0,
        /// Standard deviation of the brightness of the tissue from point to point, as a fraction.
        texture: f64 = 0.0,
        /// Direction in which a spiral rotates, and the left one of a pair.
        rotation: Rotation = Rotation::Clockwise,
        /// Radius of the circle, clockwise from its right end, that the centers of spirals move
        /// along.
        meander: f64 [px] = 0.0,
        /// Time that they take for it.
        meander_period: f64 [ms] = 1000.0,
    ) -> Result<Map> {
        let made = phantom::phantom(&PhantomOptions {
            frames,
            height,
            width,
            fps,
            pixel_size,
            wavefront,
            speed,
            direction,
            start,
            cycle_length,
            dye,
            rise,
            apd,
            apd_gradient,
            alternans,
            bleaching,
            noise,
            polarity,
            rotation,
            meander,
            meander_period,
            seed,
            motion,
            texture,
        })?;
        let beats = Video::new(Strided::from_vec(&[made.beats.len()], made.beats));
        let parts = [
            ("video", made.video),
            ("mask", made.mask),
            ("activation", made.activation),
            ("apd", made.apd),
            ("beats", beats),
        ];
        let parts = parts.into_iter().chain(made.displacements.map(|d| ("displacements", d)));
        let parts = parts.map(|(name, video)| (name.into(), video.into_dynamic()));
        let tips = table(singularity_columns(&made.tips));
        Ok(parts.chain([("tips".into(), tips.into())]).collect())
    }
}
