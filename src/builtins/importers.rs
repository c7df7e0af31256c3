//! Importers: recordings of cameras, whose headers are read once.

use std::path::PathBuf;

use crate::error::Result;
use crate::io::{Camera, Importer};
use crate::script::builtins;
use crate::video::{Metadata, Video};

builtins! {
    /// Opens a recording of MultiRecorder (`.dat`).
    ///
    /// Versions d, e and f of the format are read, in either order of bytes. `load_video` loads
    /// files of that name too; an importer also knows when each frame was taken.
    ///
    /// ```no_run
    /// let recording = MultiRecorderImporter("heart.dat");
    /// recording.load_video(100, 50).normalize().show_video();
    /// recording.get_frametimes()[0]
    /// ```
    fn MultiRecorderImporter(
        /// File to open.
        filepath: PathBuf,
        /// Whether samples have 8 bits rather than 16; by default the size of the file tells.
        is_8bit: Option<bool> = None,
    ) -> Result<Importer> {
        Importer::open(Camera::MultiRecorder, &filepath, is_8bit)
    }

    /// Opens a recording of a SciMedia MiCAM05 camera (`.gsh` and `.gsd`).
    ///
    /// Loading adds the background frame to the differences that the file holds; sums below 0 and
    /// above 65535 saturate.
    ///
    /// ```no_run
    /// MiCAM05_Importer("heart.gsd").load_video(#{step: 10}).show_video();
    /// ```
    fn MiCAM05_Importer(
        /// Either of the two files.
        filepath: PathBuf,
    ) -> Result<Importer> {
        Importer::open(Camera::Micam05, &filepath, None)
    }

    /// Opens a recording of a SciMedia MiCAM ULTIMA camera (`.rsh`, `.rsm` and `.rsd`).
    ///
    /// Loading adds the background frame to the differences that the files hold; sums below 0 and
    /// above 65535 saturate. If later files are missing, the frames before them are loaded, with a
    /// warning.
    ///
    /// ```no_run
    /// MiCAM_ULTIMA_Importer("heart.rsh").get_metadata().acquisition_date
    /// ```
    fn MiCAM_ULTIMA_Importer(
        /// Any of the files.
        filepath: PathBuf,
    ) -> Result<Importer> {
        Importer::open(Camera::MicamUltima, &filepath, None)
    }

    /// What the file of an importer says about the recording.
    ///
    /// ```no_run
    /// MultiRecorderImporter("heart.dat").get_metadata().fps
    /// ```
    fn get_metadata(
        /// Importer of the recording.
        importer: Importer,
    ) -> Metadata {
        importer.metadata().clone()
    }

    /// When each frame was taken, a trace of uint64.
    ///
    /// Versions e and f of MultiRecorder files have these times; what the numbers mean depends on
    /// the camera, for many it is milliseconds.
    ///
    /// ```no_run
    /// MultiRecorderImporter("heart.dat").get_frametimes()
    /// ```
    fn get_frametimes(
        /// Importer of a MultiRecorder recording.
        importer: Importer,
    ) -> Result<Video> {
        importer.frame_times()
    }
}
