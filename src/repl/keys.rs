//! Keys of the line editor that depend on what is typed: they move in the menu of completions, or
//! indent entries of several lines. Every other key has the meaning it has in rustyline.

use std::sync::{Arc, Mutex, MutexGuard};

use rustyline::{
    Cmd, ConditionalEventHandler, EditMode, Event, EventContext, EventHandler, InputMode, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::continuation::Continuation;
use super::editor::{LineEditor, needs_more};
use super::menu::{Menu, MenuStep};

/// What keys leave for the callbacks of the line editor.
#[derive(Default)]
pub(super) struct KeyState {
    /// The open menu.
    pub(super) menu: Option<Menu>,
    /// Text that the next completion puts in place of what stands from a byte to the cursor.
    pub(super) replacement: Option<(usize, String)>,
    /// Whether the entry goes to the text editor instead of being run.
    pub(super) wants_editor: bool,
}

/// The state, shared with the handlers of keys.
#[derive(Clone, Default)]
pub(super) struct SharedKeyState(Arc<Mutex<KeyState>>);

impl SharedKeyState {
    pub(super) fn lock(&self) -> MutexGuard<'_, KeyState> {
        self.0.lock().expect("no panic while it is held")
    }
}

/// What a key does.
#[derive(Clone, Copy)]
enum Role {
    /// Takes the selected completion, continues an open entry, or runs the entry.
    Enter,
    /// Begins a new line of the entry.
    NewLine,
    Backspace,
    Closing(char),
    Step(MenuStep),
    CloseMenu,
    TextEditor,
}

struct Handler {
    role: Role,
    state: SharedKeyState,
    continuation: Continuation,
}

/// Binds the keys.
pub(super) fn bind(editor: &mut LineEditor, state: &SharedKeyState, continuation: Continuation) {
    let plain = |code| KeyEvent(code, Modifiers::NONE);
    let mut bind = |keys: Event, role| {
        let handler = Handler {
            role,
            state: state.clone(),
            continuation,
        };
        editor.bind_sequence(keys, EventHandler::Conditional(Box::new(handler)));
    };
    bind(plain(KeyCode::Enter).into(), Role::Enter);
    bind(plain(KeyCode::Backspace).into(), Role::Backspace);
    bind(
        KeyEvent(KeyCode::Enter, Modifiers::ALT).into(),
        Role::NewLine,
    );
    bind(KeyEvent::ctrl('O').into(), Role::NewLine);
    for bracket in [')', ']', '}'] {
        bind(plain(KeyCode::Char(bracket)).into(), Role::Closing(bracket));
    }
    for (code, step) in [
        (KeyCode::Down, MenuStep::Next),
        (KeyCode::Up, MenuStep::Previous),
        (KeyCode::BackTab, MenuStep::Previous),
        (KeyCode::Left, MenuStep::Left),
        (KeyCode::Right, MenuStep::Right),
    ] {
        bind(plain(code).into(), Role::Step(step));
    }
    bind(KeyEvent::ctrl('G').into(), Role::CloseMenu);
    let keys = vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')];
    bind(Event::KeySeq(keys), Role::TextEditor);
}

impl ConditionalEventHandler for Handler {
    fn handle(&self, _: &Event, n: RepeatCount, _: bool, entry: &EventContext) -> Option<Cmd> {
        let (text, rest) = entry.line().split_at(entry.pos());
        let inserts = entry.mode() == EditMode::Emacs || entry.input_mode() == InputMode::Insert;
        let mut state = self.state.lock();
        let menu = state.menu.as_mut();
        let menu = menu.filter(|menu| menu.is_for(entry.line(), entry.pos()));
        match self.role {
            Role::Enter => {
                if let Some(menu) = menu
                    && let Some(selected) = menu.selected()
                {
                    state.replacement = Some((menu.start, selected.to_owned()));
                    state.menu = None;
                    return Some(Cmd::Complete);
                }
                let goes_on = inserts && rest.trim().is_empty() && needs_more(entry.line());
                let line_break = self.continuation.line_break(text).filter(|_| goes_on);
                line_break.map(|line_break| Cmd::Insert(1, line_break))
            }
            Role::NewLine => Some(match self.continuation.line_break(text) {
                Some(line_break) => Cmd::Insert(1, line_break),
                None => Cmd::Newline,
            }),
            Role::Backspace if inserts && n == 1 => {
                let characters = self.continuation.before_backspace(text);
                let count = RepeatCount::try_from(characters)
                    .ok()
                    .filter(|count| 1 < *count);
                count.map(|count| Cmd::Kill(Movement::BackwardChar(count)))
            }
            Role::Closing(bracket) if inserts && n == 1 => {
                let spaces = self.continuation.before_closing(text);
                (0 < spaces).then(|| {
                    state.replacement = Some((text.len() - spaces, bracket.into()));
                    Cmd::Complete
                })
            }
            Role::Backspace | Role::Closing(_) => None,
            Role::Step(step) => menu.map(|menu| {
                menu.step(step);
                Cmd::Repaint
            }),
            Role::CloseMenu => {
                menu?;
                state.menu = None;
                Some(Cmd::Repaint)
            }
            Role::TextEditor => {
                state.wants_editor = true;
                Some(Cmd::AcceptLine)
            }
        }
    }
}
