//! Argument of saving functions: whether the file holds the script that makes it.

use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};

use crate::history::Paths;
use crate::script::call::value::{Type, Value};
use crate::video::Video;

/// Whether a file holds the script that makes it; a call puts the script in place of the argument.
pub struct Provenance(Option<Arc<str>>);

/// The script in place of the argument.
#[derive(Clone)]
pub(in crate::script) struct FileScript(pub(in crate::script) Arc<str>);

/// Word for paths as they were given.
const PATHS: &str = "paths";

impl Provenance {
    /// Files hold no script unless it is asked for.
    pub fn off() -> Self {
        Self(None)
    }

    /// The script.
    pub fn script(self) -> Option<Arc<str>> {
        self.0
    }

    /// A video together with the script of its file.
    pub fn with(self, mut video: Video) -> Video {
        if self.0.is_some() {
            video.metadata_mut().provenance = self.0;
        }
        video
    }

    /// How paths are to be written, if there is to be a script.
    pub(in crate::script) fn paths(value: &Dynamic) -> Option<Paths> {
        match value.as_bool() {
            Ok(is_wanted) => is_wanted.then_some(Paths::Names),
            Err(_) => is_paths(value).then_some(Paths::Given),
        }
    }
}

fn is_paths(value: &Dynamic) -> bool {
    let text = value.read_lock::<ImmutableString>();
    text.is_some_and(|text| *text == PATHS)
}

impl Default for Provenance {
    fn default() -> Self {
        Self(Some(Arc::default()))
    }
}

impl Value for Provenance {
    const TYPE: Type = Type::Either(
        &Type::Bool,
        &Type::Choice("the word \"paths\"", || vec![PATHS]),
    );
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if let Some(script) = value.read_lock::<FileScript>() {
            return Ok(Self(Some(script.0.clone())));
        }
        match value.is_bool() || is_paths(&value) {
            true => Ok(Self(None)),
            false => Err(value),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.is_some().into()
    }
}
