//! Script type for importers, and the argument of loading functions.

use std::fmt;
use std::path::PathBuf;

use rhai::Dynamic;

use super::members::{Member, Scripted};
use crate::error::Result;
use crate::io::{self, FrameSelection, Importer, LoadOptions};
use crate::script::call::value::{Type, Value};
use crate::video::{Video, number_text, shape_text};

impl Scripted for Importer {
    const NAME: &'static str = "Importer";
    const DOC: &'static str = "A camera recording of which the header was read.";
    const KIND: Type = Type::Importer;
    const MEMBERS: &'static [Member<Self>] = IMPORTER_MEMBERS;
    fn text(&self) -> String {
        self.to_string()
    }
}

/// Properties of an importer.
const IMPORTER_MEMBERS: &[Member<Importer>] = &[
    Member {
        name: "filepath",
        doc: "Path of the file.",
        get: |importer| importer.path().to_owned().into_dynamic(),
    },
    Member {
        name: "format",
        doc: "Name of the format, such as \"MultiRecorder\".",
        get: |importer| importer.info().format.into(),
    },
    Member {
        name: "shape",
        doc: "Length of each axis of the whole recording: `[frames, height, width]`.",
        get: |importer| importer.info().shape.clone().into_dynamic(),
    },
    Member {
        name: "dtype",
        doc: "Type of the samples, such as \"uint16\".",
        get: |importer| importer.info().dtype.into_dynamic(),
    },
    Member {
        name: "fps",
        doc: "Frames per second, or `()` if unknown.",
        get: |importer| importer.metadata().fps.into_dynamic(),
    },
];

/// Argument of `load_video`: a file or an importer.
pub enum RecordingSource {
    /// A file or folder, whose format is detected.
    File(PathBuf),
    /// A file whose header has been read.
    Importer(Box<Importer>),
}

impl RecordingSource {
    /// Loads or memory-maps frames. As in the Python package optimap, an importer counts frames
    /// before it takes every `step`-th of them.
    pub fn load(&self, selection: &FrameSelection, options: &LoadOptions) -> Result<Video> {
        match self {
            Self::File(path) => io::load_video(path, selection, options),
            Self::Importer(importer) => {
                let taken = |frames: usize| frames.div_ceil(selection.step.max(1));
                let selection = FrameSelection {
                    frames: selection.frames.map(taken),
                    ..*selection
                };
                importer.load_video(&selection, options)
            }
        }
    }
}

impl Value for Importer {
    const TYPE: Type = Type::Importer;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result()
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self)
    }
}

impl Value for RecordingSource {
    const TYPE: Type = Type::Either(&Type::Path, &Type::Importer);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Importer::from_dynamic(value)
            .map(|importer| Self::Importer(Box::new(importer)))
            .or_else(|value| PathBuf::from_dynamic(value).map(Self::File))
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::File(path) => path.into_dynamic(),
            Self::Importer(importer) => importer.into_dynamic(),
        }
    }
}

/// One line: format, shape, dtype, frame rate and file.
impl fmt::Display for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.info();
        let shape = shape_text(&info.shape);
        write!(f, "{} importer {shape} {}", info.format, info.dtype)?;
        if let Some(fps) = info.metadata.fps {
            write!(f, " {} fps", number_text(fps))?;
        }
        let name = self.path().file_name().unwrap_or_default();
        write!(f, ", {}", name.to_string_lossy())
    }
}
