//! Recordings of a known camera, independent of their file names.

use std::path::{Path, PathBuf};

use super::format::multirecorder::MultiRecorder;
use super::recording::{FrameSelection, LoadOptions, RecordingInfo};
use super::registry::{FORMATS, Format, beginning_of};
use super::{Series, load_recording, metadata_of};
use crate::bail;
use crate::error::Result;
use crate::video::{Metadata, Video};

/// A camera, or the program that recorded with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    /// MultiRecorder of the MPI for Dynamics and Self-Organization.
    MultiRecorder,
    /// SciMedia MiCAM05.
    Micam05,
    /// SciMedia MiCAM ULTIMA.
    MicamUltima,
}

/// A recording whose header has been read, to load frames from.
#[derive(Debug, Clone)]
pub struct Importer {
    camera: Camera,
    path: PathBuf,
    is_8bit: Option<bool>,
    info: RecordingInfo,
}

impl Camera {
    /// Function of scripts that opens its recordings.
    pub fn constructor(self) -> &'static str {
        match self {
            Self::MultiRecorder => "MultiRecorderImporter",
            Self::Micam05 => "MiCAM05_Importer",
            Self::MicamUltima => "MiCAM_ULTIMA_Importer",
        }
    }

    fn format(self) -> &'static Format {
        let name = match self {
            Self::MultiRecorder => "MultiRecorder",
            Self::Micam05 => "MiCAM05",
            Self::MicamUltima => "MiCAM ULTIMA",
        };
        let format = FORMATS.iter().find(|format| format.name == name);
        format.expect("every camera has a format of its name")
    }
}

impl Importer {
    /// Reads the header of a recording; `is_8bit` as in [`LoadOptions`].
    pub fn open(camera: Camera, path: &Path, is_8bit: Option<bool>) -> Result<Self> {
        beginning_of(path)?;
        let options = LoadOptions {
            is_8bit,
            ..LoadOptions::default()
        };
        let recording = (camera.format().open)(path, &options)?;
        let (shape, dtype) = recording.layout()?;
        let info = RecordingInfo {
            format: camera.format().name,
            shape,
            dtype,
            metadata: metadata_of(path, &*recording),
        };
        Ok(Self {
            camera,
            path: path.to_owned(),
            is_8bit,
            info,
        })
    }

    /// Camera.
    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// Whether samples have 8 bits, if that was said.
    pub fn is_8bit(&self) -> Option<bool> {
        self.is_8bit
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Contents of the file.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Metadata of the recording in the file.
    pub fn metadata(&self) -> &Metadata {
        &self.info.metadata
    }

    /// Loads frames, or maps them into memory.
    pub fn load_video(&self, selection: &FrameSelection, options: &LoadOptions) -> Result<Video> {
        Series::refuse(options.series.as_ref(), &self.path, self.info.format)?;
        let options = LoadOptions {
            is_8bit: options.is_8bit.or(self.is_8bit),
            ..options.clone()
        };
        let recording = (self.camera.format().open)(&self.path, &options)?;
        load_recording(&self.path, recording, selection, &options)
    }

    /// Time of each frame, a trace `{t}` of `uint64`; the unit depends on the camera.
    pub fn frame_times(&self) -> Result<Video> {
        if self.camera != Camera::MultiRecorder {
            bail!("{} recordings have no frame times", self.info.format);
        }
        let times = MultiRecorder::open(&self.path, self.is_8bit)?.frame_times()?;
        Ok(Video::with_metadata(times, self.info.metadata.clone()))
    }
}
