//! Configuration of the prompt in the user's configuration folder: `config.rhai`, a map, and
//! `startup.rhai`, which runs first.

use std::path::PathBuf;

use console::Term;
use etcetera::BaseStrategy;
use rhai::{Dynamic, Engine, Map};

use crate::choice::Choice;
use crate::draw::terminal::understands_escapes;
use crate::error::{Error, Result};
use crate::script::host::modules::read_script;

/// Editing mode of the line editor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EditMode {
    Emacs,
    Vi,
}

impl Choice for EditMode {
    const NOUN: &'static str = "the name of an edit mode";
    const CHOICES: &'static [(&'static str, Self)] = &[("emacs", Self::Emacs), ("vi", Self::Vi)];
}

impl From<EditMode> for rustyline::EditMode {
    fn from(mode: EditMode) -> Self {
        match mode {
            EditMode::Emacs => Self::Emacs,
            EditMode::Vi => Self::Vi,
        }
    }
}

/// Settings of the user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preferences {
    /// Text before an entry.
    pub(super) prompt: String,
    /// Whether colors are used.
    pub(super) colors: bool,
    /// Whether an image is shown below the line of a video.
    pub(super) thumbnails: bool,
    /// Number of entries in the history.
    pub(super) history: usize,
    /// Editing mode.
    pub(super) edit_mode: EditMode,
}

const NAMES: &[&str] = &["prompt", "colors", "thumbnails", "history", "edit_mode"];

impl Preferences {
    fn new() -> Self {
        let has_colors = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            prompt: "optimap> ".into(),
            colors: has_colors && understands_escapes(&Term::stdout()),
            thumbnails: true,
            history: 10_000,
            edit_mode: EditMode::Emacs,
        }
    }

    /// Loads the settings from the user's file; settings that are not set keep their defaults.
    pub(super) fn load() -> (Self, Option<Error>) {
        let mut preferences = Self::new();
        let Some(path) = config_file("config.rhai").filter(|path| path.exists()) else {
            return (preferences, None);
        };
        let read = read_script(&path).and_then(|text| preferences.read(&text));
        let error = read.err().map(|error| {
            let hint = format!("the settings are in {}", path.display());
            error.hint(hint)
        });
        (preferences, error)
    }

    fn read(&mut self, text: &str) -> Result<()> {
        let settings = Engine::new().eval::<Map>(text).map_err(|error| {
            Error::new(format!("the settings of the prompt are not a map: {error}"))
                .hint("for example: #{edit_mode: \"vi\", thumbnails: false}")
        })?;
        // A mistake in one setting does not discard the others.
        let results: Vec<Result<()>> = settings
            .into_iter()
            .map(|(name, value)| self.set(&name, value))
            .collect();
        results.into_iter().collect()
    }

    fn set(&mut self, name: &str, value: Dynamic) -> Result<()> {
        let wrong = |expected: &str, value: &Dynamic| {
            Error::new(format!(
                "the setting `{name}` must be {expected}, got {value}"
            ))
        };
        let flag = |value: &Dynamic| value.as_bool().map_err(|_| wrong("true or false", value));
        let text = |value: &Dynamic| value.clone().into_string();
        match name {
            "prompt" => self.prompt = text(&value).map_err(|_| wrong("a string", &value))?,
            // Colors that were disabled stay disabled.
            "colors" => self.colors &= flag(&value)?,
            "thumbnails" => self.thumbnails = flag(&value)?,
            "history" => {
                let count = value.as_int().ok().and_then(|count| count.try_into().ok());
                self.history = count.ok_or_else(|| wrong("an int >= 0", &value))?;
            }
            "edit_mode" => {
                let mode = text(&value)
                    .ok()
                    .and_then(|mode| EditMode::from_name(&mode));
                self.edit_mode = mode.ok_or_else(|| wrong("\"emacs\" or \"vi\"", &value))?;
            }
            name => {
                return Err(Error::new(format!("there is no setting `{name}`"))
                    .did_you_mean(name, NAMES.iter().copied())
                    .hint(format!("the settings are {}", NAMES.join(", "))));
            }
        }
        Ok(())
    }
}

/// File in the user's configuration folder.
pub(super) fn config_file(name: &str) -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("optimap").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_mistakes_told() {
        let mut preferences = Preferences::new();
        preferences
            .read("#{edit_mode: \"vi\", history: 5, prompt: \">> \"}")
            .unwrap();
        assert_eq!(preferences.edit_mode, EditMode::Vi);
        assert_eq!(
            (preferences.history, preferences.prompt.as_str()),
            (5, ">> ")
        );
        let message = |text: &str| Preferences::new().read(text).unwrap_err().to_string();
        assert_eq!(message("#{colour: true}"), "there is no setting `colour`");
        assert_eq!(
            message("#{history: -1}"),
            "the setting `history` must be an int >= 0, got -1"
        );
        assert!(message("1").starts_with("the settings of the prompt are not a map"));
    }
}
