//! State of a session that builtins use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rhai::{AST, Engine, NativeCallContext};

use super::builtin::{Builtin, Topic};
use crate::error::{Error, Result};
use crate::io::Encoder;
use crate::ops::mask::region::Window;
use crate::player::Player;
use crate::player::event_loop::EventLoopProxy;
use crate::script::docs::{Library, LibraryFunction};
use crate::script::host::load_cache::LoadCache;
use crate::script::host::player_notes::{PlayerNote, PlayerNotes};
use crate::script::host::profile::Profile;
use crate::script::host::run_log::RunLog;
use crate::script::language::last_use::LastUses;
use crate::task::Job;
use crate::video::Video;

/// Settings of a session.
pub struct Settings {
    /// Receives each line that scripts print.
    pub print: Box<dyn Fn(&str) + Send + Sync>,
    /// Proxy that opens windows; `None` for no windows.
    pub windows: Option<EventLoopProxy>,
    /// Whether `show_*` returns while its window is open.
    pub interactive: bool,
}

/// State shared by the builtins: settings, the builtin table, and what scripts may change.
pub struct Context {
    job: Arc<Job>,
    settings: Settings,
    topics: &'static [Topic],
    encoders: Mutex<Encoders>,
    trace_window: Mutex<Window>,
    libraries: OnceLock<Vec<Library>>,
    sources: Mutex<BTreeMap<String, String>>,
    make_engine: OnceLock<Box<MakeEngine>>,
    warned: Mutex<BTreeSet<String>>,
    verbose: AtomicBool,
    is_headless: AtomicBool,
    modules: Mutex<Imported>,
    entries: Mutex<Vec<PromptEntry>>,
    player_notes: Mutex<PlayerNotes>,
    shown: Mutex<Vec<Player>>,
    names_last_value: AtomicBool,
    last_uses: Mutex<BTreeMap<String, LastUses>>,
    /// Profile of the builtins, if enabled.
    pub profile: Profile,
    /// Recordings that need not be loaded again.
    pub load_cache: LoadCache,
    /// Files that are read and written, if they are to be noted.
    pub run_log: RunLog,
}

/// Imported modules of the user.
#[derive(Default)]
struct Imported {
    folders: Vec<PathBuf>,
    libraries: BTreeMap<String, Arc<Library>>,
}

/// An entry of the prompt that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptEntry {
    /// Text of the entry.
    pub text: String,
    /// Whether it had a value, which is the last value from then on.
    pub has_value: bool,
    /// Functions that it defines.
    pub functions: Vec<String>,
    /// Whether it contains only definitions.
    pub is_definition: bool,
    /// What windows have changed before and during it.
    pub before: Vec<PlayerNote>,
    /// Properties of players that differ after it.
    pub after: Vec<PlayerNote>,
}

/// Creates an engine with the same definitions as that of the session.
type MakeEngine = dyn Fn() -> Engine + Send + Sync;

/// Movie encoders by name, and the default.
pub struct Encoders {
    /// Encoders by name.
    pub known: BTreeMap<String, Encoder>,
    /// Name of the default.
    pub default: String,
}

impl Encoders {
    /// Encoder of a name; without a name, the default.
    pub fn get(&self, name: Option<&str>) -> Result<Encoder> {
        let name = name.unwrap_or(&self.default);
        // Plain words, unless the user gave an encoder such a name.
        let name = match name {
            _ if self.known.contains_key(name) => name,
            "built-in" => Encoder::BUILT_IN,
            "ffmpeg" => Encoder::NAMES[0],
            name => name,
        };
        self.known.get(name).cloned().ok_or_else(|| {
            Error::new(format!("there is no encoder `{name}`"))
                .did_you_mean(name, self.known.keys().map(String::as_str))
                .hint("set_ffmpeg_defaults(name, #{…}) adds one")
        })
    }
}

impl Context {
    /// Creates the state of a new session, whose scripts run in a job.
    pub fn new(settings: Settings, topics: &'static [Topic], job: Arc<Job>) -> Self {
        let builtin = Encoder::NAMES
            .iter()
            .filter_map(|name| Encoder::builtin(name).ok());
        let known = builtin
            .map(|encoder| (encoder.name.clone(), encoder))
            .collect();
        Self {
            job,
            settings,
            topics,
            encoders: Mutex::new(Encoders {
                known,
                default: "libx264".into(),
            }),
            trace_window: Mutex::new(Window::Rect),
            libraries: OnceLock::new(),
            sources: Mutex::default(),
            modules: Mutex::default(),
            entries: Mutex::default(),
            player_notes: Mutex::default(),
            is_headless: AtomicBool::new(false),
            shown: Mutex::default(),
            names_last_value: AtomicBool::new(false),
            last_uses: Mutex::default(),
            profile: Profile::default(),
            load_cache: LoadCache::default(),
            run_log: RunLog::default(),
            make_engine: OnceLock::new(),
            warned: Mutex::default(),
            verbose: AtomicBool::new(false),
        }
    }

    /// Job that the scripts of the session run in.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// All topics of the reference.
    pub fn topics(&self) -> &'static [Topic] {
        self.topics
    }

    /// All builtins, in the order of the reference.
    pub fn builtins(&self) -> impl Iterator<Item = &'static Builtin> {
        self.topics.iter().flat_map(|topic| topic.builtins)
    }

    /// Builtin of a name.
    pub fn builtin(&self, name: &str) -> Option<&'static Builtin> {
        self.builtins().find(|builtin| builtin.name == name)
    }

    /// Libraries of script functions that the reference documents in addition to the builtins.
    pub fn libraries(&self) -> &[Library] {
        self.libraries.get_or_init(|| {
            crate::script::host::modules::stdlib()
                .map(|(name, text)| Library::parse(name, text))
                .collect()
        })
    }

    /// Library of a name: an imported one of the user, or a standard one.
    pub fn library(&self, name: &str) -> Option<Arc<Library>> {
        if let Some(library) = self.modules().libraries.get(name) {
            return Some(library.clone());
        }
        let (_, text) = crate::script::host::modules::stdlib().find(|(known, _)| *known == name)?;
        Some(Arc::new(Library::parse(name, text)))
    }

    /// Imported modules of the user.
    pub fn imported(&self) -> Vec<Arc<Library>> {
        self.modules().libraries.values().cloned().collect()
    }

    /// Adds the documentation of a module of the user.
    pub(in crate::script) fn add_library(&self, library: Library) {
        let library = Arc::new(library);
        let name = library.name.clone();
        self.modules().libraries.insert(name, library);
    }

    /// Sets the folders searched for modules after that of the importing script.
    pub fn set_library_folders(&self, folders: Vec<PathBuf>) {
        self.modules().folders = folders;
    }

    /// Folders searched for modules after that of the importing script.
    pub fn library_folders(&self) -> Vec<PathBuf> {
        self.modules().folders.clone()
    }

    fn modules(&self) -> MutexGuard<'_, Imported> {
        self.modules.lock().expect("no panic while holding it")
    }

    /// Entries of the prompt that succeeded.
    pub fn entries(&self) -> MutexGuard<'_, Vec<PromptEntry>> {
        self.entries.lock().expect("no panic while holding it")
    }

    /// Properties of players as they were last noted.
    pub fn player_notes(&self) -> MutexGuard<'_, PlayerNotes> {
        self.player_notes.lock().expect("no panic while holding it")
    }

    /// Sets whether `_` is the last value rather than the default case of a `switch`.
    pub fn name_last_value(&self, is_named: bool) {
        self.names_last_value.store(is_named, Relaxed);
    }

    pub(in crate::script) fn last_value_is_named(&self) -> bool {
        self.names_last_value.load(Relaxed)
    }

    /// Names of the modules that can be imported.
    pub fn module_names(&self) -> Vec<String> {
        let mut folders = self.library_folders();
        folders.push(PathBuf::from("."));
        let files = folders.iter().filter_map(|folder| folder.read_dir().ok());
        let paths = files.flatten().flatten().map(|entry| entry.path());
        let scripts = paths.filter(|path| path.extension().is_some_and(|end| end == "rhai"));
        let names = scripts.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        let standard = crate::script::host::modules::stdlib().map(|(name, _)| name.to_owned());
        names.chain(standard).collect()
    }

    /// Movie encoders.
    pub fn encoders(&self) -> MutexGuard<'_, Encoders> {
        self.encoders.lock().expect("no panic while holding it")
    }

    /// Window of traces, unless a call gives another.
    pub fn trace_window(&self) -> MutexGuard<'_, Window> {
        self.trace_window.lock().expect("no panic while holding it")
    }

    /// Functions defined by the scripts and modules run so far, documented or not.
    pub fn script_functions(&self) -> Vec<LibraryFunction> {
        let sources = self.sources.lock().expect("no panic while holding it");
        let parsed = sources.values().map(|text| Library::parse("", text));
        parsed.flat_map(|library| library.functions).collect()
    }

    /// Records the text of a script or module for messages.
    pub fn add_source(&self, name: &str, text: &str) {
        let mut sources = self.sources.lock().expect("no panic while holding it");
        sources.insert(name.to_owned(), text.to_owned());
    }

    /// Notes where a script uses a variable for the last time. At the prompt variables stay.
    pub fn find_last_uses(&self, name: &str, ast: &AST) {
        if !self.settings.interactive {
            let mut last_uses = self.last_uses.lock().expect("no panic while holding it");
            last_uses.insert(name.to_owned(), LastUses::of(ast));
        }
    }

    /// Notes that no variable will be asked again for an argument of a call with pending samples.
    pub(in crate::script) fn release(
        &self,
        call: &NativeCallContext,
        argument: usize,
        video: &mut Video,
    ) {
        if video.is_pending() && self.is_last_use(call, argument) {
            video.release();
        }
    }

    /// Like [`Context::release`], for an operand.
    pub(in crate::script) fn released(
        &self,
        call: &NativeCallContext,
        operand: usize,
        mut video: Video,
    ) -> Video {
        self.release(call, operand, &mut video);
        video
    }

    /// Whether a call is the last use of the variable that it passes as an argument.
    fn is_last_use(&self, call: &NativeCallContext, argument: usize) -> bool {
        let last_uses = self.last_uses.lock().expect("no panic while holding it");
        let uses = call.call_source().and_then(|source| last_uses.get(source));
        uses.is_some_and(|uses| uses.contains(call.call_position(), call.fn_name(), argument))
    }

    /// Text of a script or module.
    pub fn source(&self, name: &str) -> Option<String> {
        self.sources
            .lock()
            .expect("no panic while holding it")
            .get(name)
            .cloned()
    }

    /// Scripts, modules and entries by name, with the entries of the prompt from newest to oldest.
    pub(in crate::script) fn sources_newest_first(&self) -> Vec<(String, String)> {
        let sources = self.sources.lock().expect("no panic while holding it");
        let mut all: Vec<_> = sources.clone().into_iter().collect();
        let number = |name: &str| name.trim_matches(['<', '>']).parse::<usize>().ok();
        all.sort_by_key(|(name, _)| std::cmp::Reverse(number(name)));
        all
    }

    /// Sets how engines are created for functions that outlive their call. Only the first call has
    /// an effect.
    pub fn set_make_engine(&self, make: impl Fn() -> Engine + Send + Sync + 'static) {
        let _ = self.make_engine.set(Box::new(make));
    }

    /// Creates an engine with the current definitions of the session.
    pub fn new_engine(&self) -> Engine {
        self.make_engine
            .get()
            .map_or_else(Engine::new, |make| make())
    }

    /// Shows a warning once per session.
    pub fn warn_once(&self, message: &str) {
        let mut warned = self.warned.lock().expect("no panic while holding it");
        if warned.insert(message.to_owned()) {
            self.job.warn(message);
        }
    }

    /// Sets whether each call of a builtin reports its time.
    pub fn set_verbose(&self, verbose: bool) {
        self.verbose.store(verbose, Relaxed);
    }

    /// Whether each call of a builtin reports its time.
    pub fn is_verbose(&self) -> bool {
        self.verbose.load(Relaxed)
    }

    /// Prints a line for the user.
    pub fn print(&self, text: &str) {
        (self.settings.print)(text);
    }

    /// Closes the windows that scripts have opened.
    pub fn close_windows(&self) {
        let mut shown = self.shown.lock().expect("no panic while holding it");
        shown.drain(..).for_each(|player| player.close());
    }

    /// Paths of the scripts and modules run so far that are files.
    pub fn source_files(&self) -> Vec<PathBuf> {
        let sources = self.sources.lock().expect("no panic while holding it");
        let paths = sources.keys().map(PathBuf::from);
        paths.filter(|path| path.is_file()).collect()
    }

    /// Whether windows can be opened, as far as the command line decides.
    pub fn has_windows(&self) -> bool {
        self.settings.windows.is_some()
    }

    /// Sets whether players stay without a window from now on.
    pub fn set_headless(&self, is_headless: bool) {
        self.is_headless.store(is_headless, Relaxed);
    }

    /// Shows a player in a window; the builtin that returns it returns when the window is closed, or
    /// at once with `block` false.
    /// Without a display it shows a warning, and the script continues.
    pub fn show(&self, player: &Player, block: Option<bool>) -> Result<()> {
        let windows = self.settings.windows.as_ref();
        let Some(windows) = windows.filter(|_| !self.is_headless.load(Relaxed)) else {
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
        let mut shown = self.shown.lock().expect("no panic while holding it");
        shown.retain(Player::is_open);
        shown.push(player.clone());
        drop(shown);
        if block.unwrap_or(!self.settings.interactive) {
            player.hold_call();
        }
        Ok(())
    }
}
