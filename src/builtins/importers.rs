//! Importers: recordings of cameras whose headers are read once.

use std::path::PathBuf;

use crate::error::Result;
use crate::io::{Camera, Importer};
use crate::script::builtins;
use crate::video::{Metadata, Video};

builtins! {
    /// Opens a MultiRecorder recording (`.dat`).
    ///
    /// Reads versions d, e and f of the format, in either byte order. `load_video` also loads such
    /// files by name; an importer in addition gives the time of each frame.
    ///
    /// Returns an `Importer`, from which `load_video` loads frames.
    ///
    /// Fails if the file is missing or not a MultiRecorder recording.
    ///
    /// ```no_run
    /// let recording = MultiRecorderImporter("heart.dat");
    /// recording.load_video(100, 50).normalize().show_video();
    /// recording.get_frametimes()[0]
    /// ```
    ///
    /// See also: `load_video`, `get_frametimes`, `get_metadata`
    ///
    /// Source: the format of MultiRecorder, MPI for Dynamics and Self-Organization.
    fn MultiRecorderImporter(
        /// File to open.
        filepath: PathBuf,
        /// True: samples of 8 bits; false: 16 bits; default: decided by the file size.
        is_8bit: Option<bool> = None,
    ) -> Result<Importer> {
        Importer::open(Camera::MultiRecorder, &filepath, is_8bit)
    }

    /// Opens a recording of a SciMedia MiCAM05 camera (`.gsh` and `.gsd`).
    ///
    /// Loading adds the background frame to the differences that the file holds; sums below 0 or
    /// above 65535 saturate.
    ///
    /// Returns an `Importer`, from which `load_video` loads frames (uint16).
    ///
    /// Fails if one of the two files is missing or is not one of a MiCAM05 recording.
    ///
    /// ```no_run
    /// MiCAM05_Importer("heart.gsd").load_video(#{step: 10}).show_video();
    /// ```
    ///
    /// See also: `load_video`, `get_metadata`, `MiCAM_ULTIMA_Importer`
    fn MiCAM05_Importer(
        /// Either of the two files.
        filepath: PathBuf,
    ) -> Result<Importer> {
        Importer::open(Camera::Micam05, &filepath, None)
    }

    /// Opens a recording of a SciMedia MiCAM ULTIMA camera (`.rsh`, `.rsm` and `.rsd`).
    ///
    /// Loading adds the background frame to the differences that the files hold; sums below 0 or
    /// above 65535 saturate. If later files are missing, the frames before them are loaded, with a
    /// warning.
    ///
    /// Returns an `Importer`, from which `load_video` loads frames (uint16).
    ///
    /// Fails if the header or the background is missing or is not one of a MiCAM ULTIMA recording.
    ///
    /// ```no_run
    /// MiCAM_ULTIMA_Importer("heart.rsh").get_metadata().acquisition_date
    /// ```
    ///
    /// See also: `load_video`, `get_metadata`, `MiCAM05_Importer`
    fn MiCAM_ULTIMA_Importer(
        /// Any of the files.
        filepath: PathBuf,
    ) -> Result<Importer> {
        Importer::open(Camera::MicamUltima, &filepath, None)
    }

    /// Metadata in the header of an importer's recording.
    ///
    /// Returns a map: the frame rate `fps` and the fields of the format.
    ///
    /// ```no_run
    /// MultiRecorderImporter("heart.dat").get_metadata().fps
    /// ```
    ///
    /// See also: `load_metadata`, `MultiRecorderImporter`
    fn get_metadata(
        /// Importer of the recording.
        importer: Importer,
    ) -> Metadata {
        importer.metadata().clone()
    }

    /// Acquisition time of each frame of a MultiRecorder recording.
    ///
    /// The unit depends on the camera; for many it is milliseconds.
    ///
    /// Returns a trace {t} of uint64 with one number for each frame of the file.
    ///
    /// Fails if the recording is not of MultiRecorder, or is of version d, which has no frame
    /// times.
    ///
    /// ```no_run
    /// MultiRecorderImporter("heart.dat").get_frametimes()
    /// ```
    ///
    /// See also: `MultiRecorderImporter`, `get_metadata`
    fn get_frametimes(
        /// Importer of a MultiRecorder recording.
        importer: Importer,
    ) -> Result<Video> {
        importer.frame_times()
    }
}
