//! Callbacks of the line editor: completion, hints, colors, completeness.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::config::Configurer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::{DefaultHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    ColorMode, CompletionType, Config, Context, Editor, Helper, KeyCode, KeyEvent, Modifiers,
};

use super::command::WORDS;
use super::config::Preferences;
use super::highlight::{HINT, colored, highlight};
use crate::script::language::complete::paths;
use crate::script::language::lexer::Lexer;
use crate::session::Session;

/// The line editor with its callbacks.
pub(super) type LineEditor = Editor<Prompt, DefaultHistory>;

/// Creates an editor for the entries of a session.
pub(super) fn new(
    session: Rc<RefCell<Session>>,
    preferences: &Preferences,
) -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .auto_add_history(true)
        .max_history_size(preferences.history)?
        .history_ignore_dups(true)?
        .edit_mode(preferences.edit_mode.into())
        .bracketed_paste(true)
        .build();
    let mut editor = Editor::with_config(config)?;
    let colors = preferences.colors;
    editor.set_color_mode(if colors {
        ColorMode::Enabled
    } else {
        ColorMode::Disabled
    });
    editor.set_helper(Some(Prompt { session, colors }));
    // Inserts a line break at the cursor, as in many editors.
    let newline = rustyline::Cmd::Newline;
    editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), newline.clone());
    editor.bind_sequence(KeyEvent::ctrl('O'), newline);
    // Up and Down search for entries that begin with the typed text.
    editor.bind_sequence(
        KeyEvent(KeyCode::PageUp, Modifiers::NONE),
        rustyline::Cmd::HistorySearchBackward,
    );
    editor.bind_sequence(
        KeyEvent(KeyCode::PageDown, Modifiers::NONE),
        rustyline::Cmd::HistorySearchForward,
    );
    Ok(editor)
}

/// Callbacks of the line editor.
pub(super) struct Prompt {
    session: Rc<RefCell<Session>>,
    colors: bool,
}

/// Text shown after the cursor, and the part of it that can be accepted.
pub(super) struct HintText {
    text: String,
    can_be_taken: bool,
}

impl rustyline::hint::Hint for HintText {
    fn display(&self) -> &str {
        &self.text
    }
    fn completion(&self) -> Option<&str> {
        self.can_be_taken.then_some(&self.text)
    }
}

impl Helper for Prompt {}

impl Completer for Prompt {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (text, rest) = line.split_at(cursor);
        if let Some((start, pairs)) = path_of_command(text) {
            return Ok((start, pairs));
        }
        let session = self.session.borrow();
        let (skipped, code) = match text.strip_prefix("time ") {
            Some(code) => (text.len() - code.len(), code),
            None => (0, text),
        };
        let completion = session.complete(code);
        let mut pairs: Vec<Pair> = completion
            .candidates
            .into_iter()
            .map(|candidate| Pair {
                display: candidate.display,
                replacement: without_repetition(candidate.text, rest),
            })
            .collect();
        if completion.start == 0 && skipped == 0 {
            pairs.extend(commands(text));
        }
        Ok((completion.start + skipped, pairs))
    }
}

/// Candidate without its last character if that already follows the cursor.
fn without_repetition(mut text: String, rest: &str) -> String {
    let last = text.chars().next_back();
    if matches!(last, Some('"' | '(' | '`')) && rest.chars().next() == last {
        text.pop();
    }
    text
}

fn commands(typed: &str) -> impl Iterator<Item = Pair> {
    let fitting = WORDS
        .iter()
        .filter(move |word| !typed.is_empty() && word.starts_with(typed));
    fitting.map(|word| Pair {
        display: (*word).to_owned(),
        replacement: (*word).to_owned(),
    })
}

/// Paths that can complete the argument of `cd`, `ls`, `run` or a command of the system.
fn path_of_command(text: &str) -> Option<(usize, Vec<Pair>)> {
    let is_shell = text.starts_with('!') && text.contains(' ');
    let begins = |word: &&str| text.starts_with(&format!("{word} "));
    if !is_shell && !["cd", "ls", "run"].iter().any(begins) {
        return None;
    }
    let start = text.rfind(' ')? + 1;
    let only_folders = text.starts_with("cd ");
    let only_scripts = text.starts_with("run ") && text[..start].trim_end() == "run";
    let mut found = paths(&text[start..], Path::new(""));
    found.retain(|path| {
        let is_folder = path.text.ends_with('/');
        is_folder || !only_folders && (!only_scripts || path.text.ends_with(".rhai"))
    });
    found.sort();
    let pairs = found.into_iter().map(|path| Pair {
        display: path.display,
        replacement: path.text,
    });
    Some((start, pairs.collect()))
}

impl Hinter for Prompt {
    type Hint = HintText;

    fn hint(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<HintText> {
        if cursor < line.len() || line.is_empty() {
            return None;
        }
        if let Some(hint) = self.session.borrow().hint(line) {
            return Some(HintText {
                text: hint.text,
                can_be_taken: hint.can_be_taken,
            });
        }
        earlier(line, context)
    }
}

/// Rest of the last entry that began the same way.
fn earlier(line: &str, context: &Context<'_>) -> Option<HintText> {
    let history = context.history();
    let last = history.len().checked_sub(1)?;
    let found = history
        .starts_with(line, last, SearchDirection::Reverse)
        .ok()??;
    let rest = found.entry.get(line.len()..)?;
    let is_line = !rest.is_empty() && !rest.contains('\n');
    is_line.then(|| HintText {
        text: rest.to_owned(),
        can_be_taken: true,
    })
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        match self.colors {
            true => highlight(line, cursor).into(),
            false => line.into(),
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.colors {
            true => colored(prompt, "\x1b[1;36m").into(),
            false => prompt.into(),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.colors {
            true => colored(hint, HINT).into(),
            false => hint.into(),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.colors && kind != CmdKind::ForcedRefresh
    }
}

impl Validator for Prompt {
    fn validate(&self, entry: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = entry.input();
        let is_command = text.starts_with(['?', '!']) || text.trim_end().ends_with('?');
        Ok(match !is_command && Lexer::of(text).is_incomplete() {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
