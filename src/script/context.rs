//! What builtins need from the session that calls them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock};

use rhai::Engine;

use super::builtin::{Builtin, Topic};
use super::docs::{Function, Library};
use crate::error::{Error, Result};
use crate::io::Encoder;
use crate::player::Player;
use crate::player::hub::Windows;
use crate::task;

/// How a session is set up.
pub struct Settings {
    /// Where scripts print, a line at a time.
    pub print: Box<dyn Fn(&str) + Send + Sync>,
    /// Where windows are opened; none if there is to be no window.
    pub windows: Option<Windows>,
    /// Whether `show_*` returns while its window is open.
    pub interactive: bool,
}

/// The state that builtins share: settings, the table itself, and what scripts may change.
pub struct Context {
    settings: Settings,
    topics: &'static [Topic],
    encoders: Mutex<Encoders>,
    libraries: OnceLock<Vec<Library>>,
    sources: Mutex<BTreeMap<String, String>>,
    make_engine: OnceLock<Box<MakeEngine>>,
    warned: Mutex<BTreeSet<String>>,
    verbose: AtomicBool,
}

/// Makes an engine that knows what that of the session knows.
type MakeEngine = dyn Fn() -> Engine + Send + Sync;

/// The movie encoders that can be chosen by name, and the one that is used by default.
pub struct Encoders {
    /// By name.
    pub known: BTreeMap<String, Encoder>,
    /// The name of the default.
    pub default: String,
}

impl Encoders {
    /// The encoder of a name; without one, the default.
    pub fn get(&self, name: Option<&str>) -> Result<Encoder> {
        let name = name.unwrap_or(&self.default);
        self.known.get(name).cloned().ok_or_else(|| {
            Error::new(format!("there is no encoder `{name}`"))
                .did_you_mean(name, self.known.keys().map(String::as_str))
                .hint("set_ffmpeg_defaults(name, #{…}) adds one")
        })
    }
}

impl Context {
    /// The state of a new session.
    pub fn new(settings: Settings, topics: &'static [Topic]) -> Self {
        let builtin = Encoder::NAMES
            .iter()
            .filter_map(|name| Encoder::builtin(name).ok());
        let known = builtin
            .map(|encoder| (encoder.name.clone(), encoder))
            .collect();
        Self {
            settings,
            topics,
            encoders: Mutex::new(Encoders {
                known,
                default: "libx264".into(),
            }),
            libraries: OnceLock::new(),
            sources: Mutex::default(),
            make_engine: OnceLock::new(),
            warned: Mutex::default(),
            verbose: AtomicBool::new(false),
        }
    }

    /// All topics of the reference.
    pub fn topics(&self) -> &'static [Topic] {
        self.topics
    }

    /// All builtins, in the order of the reference.
    pub fn builtins(&self) -> impl Iterator<Item = &'static Builtin> {
        self.topics.iter().flat_map(|topic| topic.builtins)
    }

    /// The builtin of a name.
    pub fn builtin(&self, name: &str) -> Option<&'static Builtin> {
        self.builtins().find(|builtin| builtin.name == name)
    }

    /// The libraries of script functions that are documented beside the builtins.
    pub fn libraries(&self) -> &[Library] {
        self.libraries.get_or_init(|| {
            super::modules::stdlib()
                .map(|(name, text)| Library::parse(name, text))
                .collect()
        })
    }

    /// The movie encoders.
    pub fn encoders(&self) -> MutexGuard<'_, Encoders> {
        self.encoders.lock().expect("no panic while holding it")
    }

    /// The functions that the scripts and modules run so far define, documented or not.
    pub fn script_functions(&self) -> Vec<Function> {
        let sources = self.sources.lock().expect("no panic while holding it");
        let parsed = sources.values().map(|text| Library::parse("", text));
        parsed.flat_map(|library| library.functions).collect()
    }

    /// Remembers the text of a script or module for messages about it.
    pub fn add_source(&self, name: &str, text: &str) {
        let mut sources = self.sources.lock().expect("no panic while holding it");
        sources.insert(name.to_owned(), text.to_owned());
    }

    /// The text of a script or module.
    pub fn source(&self, name: &str) -> Option<String> {
        self.sources
            .lock()
            .expect("no panic while holding it")
            .get(name)
            .cloned()
    }

    /// Sets how engines are made for functions that outlive their call. The first time counts.
    pub fn set_make_engine(&self, make: impl Fn() -> Engine + Send + Sync + 'static) {
        let _ = self.make_engine.set(Box::new(make));
    }

    /// An engine that knows what that of the session knows now.
    pub fn new_engine(&self) -> Engine {
        self.make_engine
            .get()
            .map_or_else(Engine::new, |make| make())
    }

    /// Shows a warning, unless it has been shown in this session.
    pub fn warn_once(&self, message: &str) {
        let mut warned = self.warned.lock().expect("no panic while holding it");
        if warned.insert(message.to_owned()) {
            task::warn(message);
        }
    }

    /// Sets whether each call of a builtin says how long it took.
    pub fn set_verbose(&self, verbose: bool) {
        self.verbose.store(verbose, Relaxed);
    }

    /// Whether each call of a builtin says how long it took.
    pub fn is_verbose(&self) -> bool {
        self.verbose.load(Relaxed)
    }

    /// Prints a line for the user.
    pub fn print(&self, text: &str) {
        (self.settings.print)(text);
    }

    /// Shows a player in a window: returns when it is closed, or at once with `block` false. If
    /// there is no display, that is said and the script goes on.
    pub fn show(&self, player: &Player, block: Option<bool>) -> Result<()> {
        let Some(windows) = &self.settings.windows else {
            return Ok(());
        };
        if let Err(error) = windows.open(player.clone()) {
            let advice = error
                .hints()
                .iter()
                .map(|hint| format!("\n  = help: {hint}"));
            let advice = advice.collect::<String>();
            self.warn_once(&format!("the video is not shown: {error}{advice}"));
            return Ok(());
        }
        if block.unwrap_or(!self.settings.interactive) {
            player.wait()
        } else {
            Ok(())
        }
    }
}
