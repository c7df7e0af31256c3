//! The prompt: reads entries of one or more lines, completes them and shows their values, and runs
//! commands such as `vars`, `time` and `cd` that are not code.

mod actions;
mod command;
mod config;
mod continuation;
mod editor;
mod highlight;
mod keys;
mod menu;
mod pager;
mod reflow;
mod show;
mod text_editor;

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rhai::Dynamic;
use rustyline::error::ReadlineError;

use crate::error::{Error, Result};
use crate::script::host::sandbox;
use crate::script::language::diagnostic::Diagnostic;
use crate::session::{Session, user_folder};
use crate::terminal;
use crate::text::wrap::wrapped;
use command::PromptCommand;
use config::Preferences;
use editor::{LineEditor, Prompt};

/// Width assumed if that of the terminal is unknown.
const WIDTH: usize = 80;

/// Smallest width of a terminal that shows thumbnails.
const WIDE: usize = 100;

/// The prompt and its state between entries.
struct Repl<'a> {
    session: Rc<RefCell<Session>>,
    new_session: &'a dyn Fn() -> Result<Session>,
    editor: LineEditor,
    preferences: Preferences,
    /// Text that the next entry begins with.
    draft: String,
}

/// Whether the prompt continues.
#[derive(PartialEq)]
enum AfterEntry {
    Entry,
    /// End, with an exit status if one was requested.
    End(Option<u8>),
}

/// Reads and runs entries until Ctrl-D or an entry that ends with an exit status, in a session
/// created by `new_session`.
pub fn run(new_session: &dyn Fn() -> Result<Session>) -> Result<Option<u8>> {
    let (preferences, error) = Preferences::load();
    let session = Rc::new(RefCell::new(new_session()?));
    // What the prompt itself does with values, such as thumbnails, stops at Ctrl-C too.
    let _entered = session.borrow().job().enter();
    let editor = editor::new(session.clone(), &preferences).map_err(|e| failed(&e))?;
    let mut repl = Repl {
        session,
        new_session,
        editor,
        preferences,
        draft: String::new(),
    };
    if let Ok(printer) = repl.editor.create_external_printer() {
        terminal::print_above_entries(printer);
    }
    let greeting = format!(
        "optimap {}: help lists the functions, crop? describes one, Ctrl-D quits",
        env!("CARGO_PKG_VERSION")
    );
    print!("{}", wrapped(&greeting, repl.width()));
    if let Some(error) = error {
        terminal::print_error(&error);
    }
    match repl.run_startup_file() {
        AfterEntry::Entry => repl.read_entries(),
        AfterEntry::End(code) => Ok(code),
    }
}

impl Repl<'_> {
    fn read_entries(&mut self) -> Result<Option<u8>> {
        let history = history_file();
        if let Some(path) = &history {
            // There is no history before the first session.
            let _ = self.editor.load_history(path);
        }
        loop {
            let next = match self.read_entry() {
                Ok(entry) => self.run_entry(&entry),
                Err(ReadlineError::Interrupted) => AfterEntry::Entry,
                Err(ReadlineError::Eof) => AfterEntry::End(None),
                Err(error) => return Err(failed(&error)),
            };
            if let Some(path) = &history {
                // A history that cannot be written is not worth a message after every entry.
                let _ = self.editor.append_history(path);
            }
            if let AfterEntry::End(code) = next {
                return Ok(code);
            }
        }
    }

    /// Reads an entry, in the text editor if the user wishes.
    fn read_entry(&mut self) -> rustyline::Result<String> {
        let prompt = self.preferences.prompt.clone();
        loop {
            if let Some(helper) = self.editor.helper() {
                helper.begin();
            }
            let draft = std::mem::take(&mut self.draft);
            let entry = {
                let _reading = terminal::EntryBeingTyped::begin();
                self.editor.readline_with_initial(&prompt, (&draft, ""))?
            };
            let helper = self.editor.helper();
            if !helper.is_some_and(Prompt::take_wish_for_editor) {
                self.editor.add_history_entry(&entry)?;
                return Ok(self.without_margins(&entry).into_owned());
            }
            let entry = self.without_margins(&entry);
            let edited = sandbox::check_free("run commands");
            let edited = edited.and_then(|()| text_editor::edited(&entry));
            self.draft = edited.unwrap_or_else(|error| {
                terminal::print_error(&error);
                entry.into_owned()
            });
        }
    }

    /// An entry without the spaces below the prompt.
    fn without_margins<'e>(&self, entry: &'e str) -> Cow<'e, str> {
        match self.editor.helper() {
            Some(helper) => helper.continuation.without_margins(entry),
            None => entry.into(),
        }
    }

    fn run_entry(&mut self, entry: &str) -> AfterEntry {
        let session = self.session.clone();
        // Clears an earlier Ctrl-C.
        session.borrow().job().clear_interrupt();
        let is_variable = |name: &str| session.borrow().has_variable(name);
        match PromptCommand::parse(entry, is_variable) {
            Some(command) => self.run_command(command),
            None => self.run_code(entry),
        }
    }

    /// Runs an entry and shows its value.
    fn run_code(&mut self, entry: &str) -> AfterEntry {
        if entry.trim().is_empty() {
            return AfterEntry::Entry;
        }
        let result = self.session.borrow_mut().run_entry(entry);
        self.show(result)
    }

    fn show(&mut self, result: Result<Dynamic, Diagnostic>) -> AfterEntry {
        let width = self.width();
        let session = self.session.borrow();
        match result {
            Ok(value) => {
                if let Some(text) = show::value(&session, &value, width) {
                    println!("{text}");
                }
                let has_room = self.preferences.thumbnails && width >= WIDE;
                if let Some(picture) = has_room.then(|| show::thumbnail(&value)).flatten() {
                    println!("{picture}");
                }
            }
            Err(diagnostic) if diagnostic.is_interrupted() => eprintln!("interrupted"),
            Err(diagnostic) if diagnostic.exit_code().is_some() => {
                return AfterEntry::End(diagnostic.exit_code());
            }
            Err(diagnostic) => terminal::print_diagnostic(&diagnostic, session.context()),
        }
        AfterEntry::Entry
    }

    /// Runs the startup file of the user.
    fn run_startup_file(&mut self) -> AfterEntry {
        let path = config::config_file("startup.rhai").filter(|path| path.exists());
        path.map_or(AfterEntry::Entry, |path| self.run_script(&path))
    }

    /// Runs a script in the session; its value is not shown.
    fn run_script(&mut self, path: &Path) -> AfterEntry {
        let result = self.session.borrow_mut().run_file(path);
        self.show(result.map(|_| Dynamic::UNIT))
    }

    fn width(&mut self) -> usize {
        let columns = self
            .editor
            .dimensions()
            .map(|(columns, _)| usize::from(columns));
        columns.filter(|columns| *columns > 0).unwrap_or(WIDTH)
    }
}

fn failed(error: &ReadlineError) -> Error {
    Error::new(format!("cannot read from the terminal: {error}"))
}

/// Path of the history, in the user's data folder.
fn history_file() -> Option<PathBuf> {
    let folder = user_folder()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history.txt"))
}
