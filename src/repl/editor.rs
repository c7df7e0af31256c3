//! Callbacks of the line editor: completion, hints, colors, completeness.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use console::measure_text_width;
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
use super::continuation::Continuation;
use super::highlight::{HINT, colored, highlight, menu_highlighted};
use super::keys::{self, SharedKeyState};
use super::menu::{Menu, MenuStep, common_start};
use super::reflow::{Drawn, breaks_lines_anew, correction};
use crate::draw::terminal;
use crate::script::language::complete::paths;
use crate::script::language::lexer::Lexer;
use crate::session::Session;

/// Size of a terminal that does not tell it.
const USUAL_SIZE: (usize, usize) = (80, 24);

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
    let state = SharedKeyState::default();
    let continuation = Continuation {
        margin: measure_text_width(&preferences.prompt),
    };
    editor.set_helper(Some(Prompt {
        session,
        colors,
        prompt: preferences.prompt.clone(),
        continuation,
        state: state.clone(),
        drawn: RefCell::default(),
    }));
    keys::bind(&mut editor, &state, continuation);
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
    prompt: String,
    /// Layout of entries of several lines.
    pub(super) continuation: Continuation,
    state: SharedKeyState,
    drawn: RefCell<Drawn>,
}

impl Prompt {
    /// Forgets what was drawn for an earlier entry.
    pub(super) fn begin(&self) {
        self.state.lock().menu = None;
        self.drawn.take();
    }

    /// Whether the last entry is meant for the text editor.
    pub(super) fn take_wish_for_editor(&self) -> bool {
        std::mem::take(&mut self.state.lock().wants_editor)
    }

    /// Candidates for the text before the cursor, and the byte at which they begin.
    fn candidates(&self, line: &str, cursor: usize) -> (usize, Vec<Pair>) {
        let (text, rest) = line.split_at(cursor);
        if let Some(found) = path_of_command(text) {
            return found;
        }
        let session = self.session.borrow();
        let measured = ["time ", "timeit "];
        let code = measured.iter().find_map(|word| text.strip_prefix(word));
        let code = code.unwrap_or(text);
        let skipped = text.len() - code.len();
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
        (completion.start + skipped, pairs)
    }

    /// Follows a change of the terminal's width since the entry was drawn.
    fn follow_width(&self, text: String) {
        let columns = terminal::size().map_or(0, |(columns, _)| columns);
        let mut drawn = self.drawn.borrow_mut();
        // Otherwise it has been edited since, and nothing had to be moved.
        let is_drawn = drawn.text == text;
        let variable = |name: &str| std::env::var(name).ok();
        if let Some(output) =
            correction(&drawn, columns).filter(|_| is_drawn && breaks_lines_anew(variable))
        {
            let mut out = std::io::stdout().lock();
            // The line editor reports a terminal that is gone.
            let _ = out.write_all(output.as_bytes()).and_then(|()| out.flush());
        }
        drawn.text = text;
        drawn.columns = columns;
    }

    /// The open menu, drawn for the terminal; it closes with the entry that it was opened for.
    fn menu(&self, line: &str, cursor: usize) -> Option<String> {
        let mut state = self.state.lock();
        let Some(menu) = state.menu.as_mut().filter(|menu| menu.is_for(line, cursor)) else {
            state.menu = None;
            return None;
        };
        let lines = menu.lines(terminal::size().unwrap_or(USUAL_SIZE));
        Some(format!("\n{}", lines.join("\n")))
    }

    fn text_before(&self, line: &str, cursor: usize) -> String {
        format!("{}{}", self.prompt, &line[..cursor])
    }
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

    /// Returns one candidate at most, which the line editor inserts; several open the menu.
    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let only = |start: usize, replacement: &str| {
            let pair = Pair {
                display: String::new(),
                replacement: replacement.to_owned(),
            };
            Ok((start, vec![pair]))
        };
        let mut state = self.state.lock();
        if let Some((start, replacement)) = state.replacement.take() {
            return only(start, &replacement);
        }
        let menu = state.menu.as_mut();
        if let Some(menu) = menu.filter(|menu| menu.is_for(line, cursor)) {
            menu.step(MenuStep::Next);
            return only(menu.start, &line[menu.start..cursor]);
        }
        let (start, candidates) = self.candidates(line, cursor);
        if candidates.len() < 2 {
            return Ok((start, candidates));
        }
        let replacements = candidates.iter().map(|pair| pair.replacement.as_str());
        let common = common_start(replacements);
        let typed = &line[start..cursor];
        let inserted = if typed.len() < common.len() {
            common
        } else {
            typed
        };
        let result = only(start, inserted);
        let position = start + inserted.len();
        let line = format!("{}{inserted}{}", &line[..start], &line[cursor..]);
        let candidates = candidates.iter();
        let candidates = candidates.map(|pair| (pair.display.clone(), pair.replacement.clone()));
        state.menu = Some(Menu::new(line, position, start, candidates.collect()));
        result
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

/// Paths that can complete the argument of `cd`, `ls`, `run`, `edit` or a command of the system.
fn path_of_command(text: &str) -> Option<(usize, Vec<Pair>)> {
    let is_shell = text.starts_with('!') && text.contains(' ');
    let begins = |word: &&str| text.starts_with(&format!("{word} "));
    if !is_shell && !["cd", "ls", "run", "edit"].iter().any(begins) {
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
        self.follow_width(self.text_before(line, cursor));
        let hint = self.hint_after(line, cursor, context);
        let shown = hint.as_ref().map_or("", |hint| &hint.text);
        self.drawn.borrow_mut().whole = format!("{}{line}{shown}", self.prompt);
        hint
    }
}

impl Prompt {
    fn hint_after(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<HintText> {
        if let Some(text) = self.menu(line, cursor) {
            return Some(HintText {
                text,
                can_be_taken: false,
            });
        }
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
            true => {
                let dim = |text: &str| colored(text, HINT);
                let text = highlight(line, cursor);
                self.continuation.painted(line, text, dim).into()
            }
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
            true if hint.starts_with('\n') => menu_highlighted(hint).into(),
            true => colored(hint, HINT).into(),
            false => hint.into(),
        }
    }

    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        // Moves of the cursor are told here only.
        self.drawn.borrow_mut().text = self.text_before(line, cursor);
        self.colors && kind != CmdKind::ForcedRefresh
    }
}

impl Validator for Prompt {
    fn validate(&self, entry: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match needs_more(entry.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

/// Whether an entry is not complete.
pub(super) fn needs_more(text: &str) -> bool {
    let is_command = text.starts_with(['?', '!']) || text.trim_end().ends_with('?');
    !is_command && Lexer::of(text).is_incomplete()
}
