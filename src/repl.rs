//! The prompt: reads entries of one or more lines, completes them, shows their values.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use etcetera::BaseStrategy;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter};

use crate::error::{Error, Result};
use crate::script::scan::Scan;
use crate::session::Session;
use crate::terminal;

const PROMPT: &str = "optimap> ";

/// Reads and runs entries until Ctrl-D, or until one of them asks to end with an exit status.
pub fn run(session: Session) -> Result<Option<u8>> {
    let session = Rc::new(RefCell::new(session));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .max_history_size(10_000)
        .map_err(|e| failed(&e))?
        .build();
    let mut editor = Editor::with_config(config).map_err(|e| failed(&e))?;
    editor.set_helper(Some(Prompt {
        session: session.clone(),
    }));
    let history = history_file();
    if let Some(path) = &history {
        // There is no history before the first session.
        let _ = editor.load_history(path);
    }
    println!(
        "optimap {}, help() lists the functions, Ctrl-D leaves",
        env!("CARGO_PKG_VERSION")
    );
    let mut code = None;
    while code.is_none() {
        match editor.readline(PROMPT) {
            Ok(entry) => code = run_entry(&mut session.borrow_mut(), &entry),
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(failed(&error)),
        }
        if let Some(path) = &history {
            save_history(&mut editor, path);
        }
    }
    Ok(code)
}

/// The exit status, if the entry asks to end.
fn run_entry(session: &mut Session, entry: &str) -> Option<u8> {
    if entry.trim().is_empty() {
        return None;
    }
    match session.run_entry(entry) {
        Ok(value) => {
            if let Some(text) = session.text(&value, true) {
                println!("{text}");
            }
        }
        Err(diagnostic) if diagnostic.is_interrupted() => eprintln!("interrupted"),
        Err(diagnostic) if diagnostic.exit_code().is_some() => return diagnostic.exit_code(),
        Err(diagnostic) => terminal::print_diagnostic(&diagnostic, session.context()),
    }
    None
}

fn failed(error: &ReadlineError) -> Error {
    Error::new(format!("cannot read from the terminal: {error}"))
}

/// Where entries are remembered, in the user's folder for data.
fn history_file() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy()
        .ok()?
        .data_dir()
        .join("optimap");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history.txt"))
}

fn save_history(editor: &mut Editor<Prompt, rustyline::history::DefaultHistory>, path: &PathBuf) {
    // A history that cannot be written is not worth a message after every entry.
    let _ = editor.append_history(path);
}

/// What the line editor asks while an entry is typed.
#[derive(Helper, Highlighter, Hinter)]
struct Prompt {
    session: Rc<RefCell<Session>>,
}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let completion = self.session.borrow().complete(&line[..cursor]);
        let pair = |text: String| Pair {
            display: text.clone(),
            replacement: text,
        };
        Ok((
            completion.start,
            completion.candidates.into_iter().map(pair).collect(),
        ))
    }
}

impl Validator for Prompt {
    fn validate(&self, entry: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match Scan::of(entry.input()).is_incomplete() {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
