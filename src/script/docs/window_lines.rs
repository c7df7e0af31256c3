//! What was done in windows as lines of a saved session: a player whose properties are only read
//! becomes a map of them, and any other is set to what its window showed.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};

use crate::history::quoted;
use crate::player::origin::PropertyTexts;
use crate::script::call::context::{Context, PromptEntry};
use crate::script::call::player_record::SETTINGS;
use crate::script::call::register::LAST;
use crate::script::call::value::Type;
use crate::script::docs::transcript::is_pure_call;
use crate::script::host::player_notes::PlayerNote;
use crate::script::language::dialect::{self, plain_name};
use crate::script::language::lexer::{LexState, Lexer};

/// Builtins that do nothing but to a window.
const WINDOW_CALLS: &[&str] = &["close", "seek", "show", "wait"];

/// Entries without windows that are not needed, and with lines for what was done in others.
pub(super) fn with_window_lines(entries: &[PromptEntry], context: &Context) -> Vec<PromptEntry> {
    let mut lines = WindowLines {
        entries,
        context,
        players: BTreeMap::new(),
        written: Vec::new(),
    };
    for at in 0..entries.len() {
        lines.write(at);
    }
    let mut written = lines.written;
    let is_player = |entry: &PromptEntry| has_player_call(&entry.text, context);
    if written.iter().any(is_player) {
        written.insert(0, line("set_headless(true)".into()));
    }
    written
}

/// Whether an entry is one call that makes or shows a player and changes nothing else.
pub(super) fn opens_window(text: &str, context: &Context) -> bool {
    let Ok(ast) = dialect::parse(text) else {
        return false;
    };
    match ast.statements() {
        [Stmt::Expr(expression)] => makes_player(expression, context),
        [Stmt::FnCall(call, _)] => returns_player(call, context),
        _ => false,
    }
}

/// How the script holds a player.
#[derive(Clone, Copy, PartialEq)]
enum PlayerForm {
    /// As the session did.
    Player,
    /// A map of the properties that it reads.
    Map,
    /// Not at all.
    Absent,
}

/// A player of the session up to an entry.
struct SessionPlayer {
    form: PlayerForm,
    /// Properties of the player.
    values: PropertyTexts,
    /// Changes of the window that the script has not made.
    due: PropertyTexts,
    /// What the script has set; `None` as long as there is no map.
    set: Option<PropertyTexts>,
}

struct WindowLines<'a> {
    entries: &'a [PromptEntry],
    context: &'a Context,
    players: BTreeMap<String, SessionPlayer>,
    written: Vec<PromptEntry>,
}

impl WindowLines<'_> {
    fn write(&mut self, at: usize) {
        let entry = &self.entries[at];
        for note in &entry.before {
            self.apply(at, note);
            if let Some(picture) = &note.picture {
                self.write_picture(&note.place, picture);
            }
        }
        let is_kept = self.write_settings(entry);
        // The last value is another one from here on.
        if entry.has_value {
            self.players.retain(|place, _| root(place) != LAST);
        }
        let mut forms = Vec::new();
        for note in &entry.after {
            forms.extend(self.apply(at, note));
        }
        if is_kept && forms.iter().all(|form| *form == PlayerForm::Player) {
            self.written.push(entry.clone());
        }
    }

    /// Takes what a note says into account; the form of a new player.
    fn apply(&mut self, at: usize, note: &PlayerNote) -> Option<PlayerForm> {
        if note.is_new {
            let form = self.form(at, &note.place);
            let due = match form {
                PlayerForm::Player => changes(note).collect(),
                _ => PropertyTexts::new(),
            };
            let player = SessionPlayer {
                form,
                values: note.values.clone(),
                due,
                set: match form {
                    PlayerForm::Player => Some(note.values.clone()),
                    _ => None,
                },
            };
            self.players.insert(note.place.clone(), player);
            return Some(form);
        }
        let player = self.players.get_mut(&note.place)?;
        player.values.extend(note.values.clone());
        if player.form == PlayerForm::Player {
            let set = player.set.get_or_insert_default();
            let by_script = note
                .values
                .iter()
                .filter(|(name, _)| !note.by_window.contains(*name));
            set.extend(by_script.map(|(name, value)| (*name, value.clone())));
            let due = changes(note).filter(|(name, value)| set.get(name) != Some(value));
            player.due.extend(due);
        }
        None
    }

    /// Writes how a picture was saved that a window has saved.
    fn write_picture(&mut self, place: &str, picture: &str) {
        if let Some(player) = self.players.get_mut(place) {
            for name in SETTINGS.iter().filter(|name| **name != "playing") {
                if let Some(value) = player.due.remove(name) {
                    self.written.push(assignment(place, name, value.as_deref()));
                    player.set.get_or_insert_default().insert(name, value);
                }
            }
            self.written.push(line(format!("{place}.{picture}")));
        }
    }

    /// Writes the properties that an entry uses; false if the entry does nothing but to a window
    /// that the script does not have.
    fn write_settings(&mut self, entry: &PromptEntry) -> bool {
        for (place, player) in &mut self.players {
            let uses = PlayerUses::of(&entry.text, root(place));
            if uses.is_none() {
                continue;
            }
            if player.form == PlayerForm::Player {
                for name in SETTINGS {
                    if uses.need(name)
                        && let Some(value) = player.due.remove(name)
                    {
                        self.written.push(assignment(place, name, value.as_deref()));
                        player.set.get_or_insert_default().insert(name, value);
                    }
                }
                continue;
            }
            if is_of_window_only(entry, root(place), self.context) {
                return false;
            }
            let read = |(name, _): &(&&'static str, &Option<String>)| uses.members.contains(**name);
            let read: PropertyTexts = player
                .values
                .iter()
                .filter(read)
                .map(|(name, value)| (*name, value.clone()))
                .collect();
            match &mut player.set {
                Some(set) => {
                    for (name, value) in read {
                        if set.get(name) != Some(&value) {
                            self.written.push(assignment(place, name, value.as_deref()));
                            set.insert(name, value);
                        }
                    }
                }
                None if !read.is_empty() => {
                    self.written.push(map(place, &read));
                    player.set = Some(read);
                }
                None => {}
            }
        }
        true
    }

    /// The simplest form of a player made by an entry that does what later entries need.
    fn form(&self, at: usize, place: &str) -> PlayerForm {
        if !defines_player(&self.entries[at].text, place, self.context) {
            return PlayerForm::Player;
        }
        let mut form = PlayerForm::Absent;
        for entry in &self.entries[at + 1..] {
            let is_redefined = |note: &PlayerNote| note.is_new && note.place == place;
            let is_picture = |note: &PlayerNote| note.picture.is_some() && note.place == place;
            if entry.before.iter().any(is_picture) {
                return PlayerForm::Player;
            }
            let is_end = entry.after.iter().any(is_redefined);
            let text = match is_end {
                true => without_declaration(&entry.text, place),
                false => &entry.text,
            };
            let uses = PlayerUses::of(text, place);
            if !uses.is_none() && !is_of_window_only(entry, place, self.context) {
                if uses.is_whole || !uses.methods.is_empty() {
                    return PlayerForm::Player;
                }
                form = PlayerForm::Map;
            }
            if is_end {
                break;
            }
        }
        form
    }
}

/// What a window has changed, as settings.
fn changes(note: &PlayerNote) -> impl Iterator<Item = (&'static str, Option<String>)> {
    let settings = SETTINGS.iter().copied();
    let changed = settings.filter(|name| note.by_window.contains(name));
    changed.filter_map(|name| Some((name, note.values.get(name)?.clone())))
}

/// How an entry uses a variable.
#[derive(Default)]
struct PlayerUses<'a> {
    /// Properties that it reads.
    members: BTreeSet<&'a str>,
    /// Methods that it calls.
    methods: BTreeSet<&'a str>,
    /// Whether it passes the value on, or changes it.
    is_whole: bool,
}

impl<'a> PlayerUses<'a> {
    fn of(text: &'a str, variable: &str) -> Self {
        let mut uses = Self::default();
        for (range, inside) in Lexer::pieces(text) {
            if inside == LexState::Code {
                uses.note(&text[range], variable);
            }
        }
        uses
    }

    fn note(&mut self, code: &'a str, variable: &str) {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        for (at, _) in code.match_indices(variable) {
            let (before, after) = (&code[..at], &code[at + variable.len()..]);
            let before = before.trim_end_matches([' ', '\n', '\t']);
            let is_member = before.ends_with('.') && !before.ends_with("..");
            if before.len() == at && before.ends_with(is_name)
                || after.starts_with(is_name)
                || is_member
            {
                continue;
            }
            let Some(member) = after.trim_start().strip_prefix('.') else {
                match called(before) {
                    Some(function) => self.methods.insert(function),
                    None => std::mem::replace(&mut self.is_whole, true),
                };
                continue;
            };
            let end = member.find(|c| !is_name(c)).unwrap_or(member.len());
            let (member, rest) = member.split_at(end);
            match (member, rest.trim_start().starts_with('(')) {
                ("", _) => self.is_whole = true,
                (method, true) => {
                    self.methods.insert(method);
                }
                (member, false) => {
                    self.members.insert(member);
                    self.is_whole |= is_assigned(rest);
                }
            }
        }
    }

    fn is_none(&self) -> bool {
        !self.is_whole && self.members.is_empty() && self.methods.is_empty()
    }

    /// Whether the effect of the entry may depend on a setting.
    fn need(&self, setting: &str) -> bool {
        let of_member = |member: &&str| match *member {
            "vmin" | "vmax" => setting == "limits",
            "masks" => setting == "regions",
            member => setting == member,
        };
        let of_method = |method: &&str| match *method {
            "traces" | "save_csv" => matches!(setting, "points" | "regions"),
            _ => true,
        };
        self.is_whole || self.members.iter().any(of_member) || self.methods.iter().any(of_method)
    }
}

/// The function whose first argument follows a code.
fn called(code: &str) -> Option<&str> {
    let before = code.strip_suffix('(')?;
    let name = before
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next();
    name.filter(|name| !name.is_empty())
}

/// Whether the code after a property assigns to it or to a part of it.
fn is_assigned(code: &str) -> bool {
    let mut depth = 0usize;
    let mut chars = code.char_indices();
    let end = chars.find(|(_, c)| {
        match c {
            '[' => depth += 1,
            ']' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0 && !(c.is_alphanumeric() || matches!(c, '_' | '.' | ' ' | '?'))
    });
    let rest = end.map_or("", |(at, _)| &code[at..]);
    let operators = [
        "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=",
    ];
    rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
        || operators.iter().any(|operator| rest.starts_with(operator))
}

/// Whether an entry is one statement that does nothing but to the window of a variable.
fn is_of_window_only(entry: &PromptEntry, variable: &str, context: &Context) -> bool {
    let Ok(ast) = dialect::parse(&entry.text) else {
        return false;
    };
    if entry.has_value || ast.has_functions() {
        return false;
    }
    let is_of_window = match ast.statements() {
        [Stmt::Assignment(assigned)] => match &assigned.1.lhs {
            Expr::Dot(of, ..) => is_variable(&of.lhs, variable),
            _ => false,
        },
        [Stmt::Expr(expression)] => match &**expression {
            Expr::Dot(of, ..) => {
                is_variable(&of.lhs, variable) && matches!(of.rhs, Expr::MethodCall(..))
            }
            Expr::FnCall(call, _) => call
                .args
                .first()
                .is_some_and(|of| is_variable(of, variable)),
            _ => false,
        },
        [Stmt::FnCall(call, _)] => call
            .args
            .first()
            .is_some_and(|of| is_variable(of, variable)),
        _ => false,
    };
    is_of_window
        && calls_only(&ast, |call| {
            WINDOW_CALLS.contains(&plain_name(&call.name)) || is_pure_call(call, context)
        })
}

fn is_variable(expression: &Expr, variable: &str) -> bool {
    matches!(expression, Expr::Variable(of, ..) if of.1 == variable)
}

/// Whether an entry only makes the player of a variable.
fn defines_player(text: &str, variable: &str, context: &Context) -> bool {
    let Ok(ast) = dialect::parse(text) else {
        return false;
    };
    let made = match ast.statements() {
        [Stmt::Var(declared, ..)] if declared.0.name == variable => &declared.1,
        [Stmt::Assignment(assigned)] if is_variable(&assigned.1.lhs, variable) => &assigned.1.rhs,
        _ => return false,
    };
    let is_pure = |call: &FnCallExpr| is_pure_call(call, context) || returns_player(call, context);
    !ast.has_functions() && makes_player(made, context) && calls_only(&ast, is_pure)
}

fn makes_player(expression: &Expr, context: &Context) -> bool {
    match expression {
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => returns_player(call, context),
        Expr::Dot(of, ..) => makes_player(&of.rhs, context),
        _ => false,
    }
}

fn returns_player(call: &FnCallExpr, context: &Context) -> bool {
    let builtin = context.builtin(plain_name(&call.name));
    builtin.is_some_and(|builtin| matches!(builtin.returns, Type::Player))
}

/// Whether all calls in a script are of a kind.
fn calls_only(ast: &AST, is_fine: impl Fn(&FnCallExpr) -> bool) -> bool {
    let mut is_all = true;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(
            ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
            | ASTNode::Stmt(Stmt::FnCall(call, _)),
        ) = path.last()
        {
            is_all &= is_fine(call);
        }
        is_all
    });
    is_all
}

/// Whether a code calls a builtin that makes or shows a player.
fn has_player_call(text: &str, context: &Context) -> bool {
    dialect::parse(text).is_ok_and(|ast| !calls_only(&ast, |call| !returns_player(call, context)))
}

/// An entry without `let p =` or `p =` at its beginning.
fn without_declaration<'a>(text: &'a str, variable: &str) -> &'a str {
    let rest = text.trim_start();
    let rest = rest.strip_prefix("let ").unwrap_or(rest).trim_start();
    let rest = rest.strip_prefix(variable).map(str::trim_start);
    rest.and_then(|rest| rest.strip_prefix('=')).unwrap_or(text)
}

/// Variable of a place.
fn root(place: &str) -> &str {
    place.split('[').next().unwrap_or(place)
}

fn assignment(place: &str, name: &str, value: Option<&str>) -> PromptEntry {
    line(match value {
        Some(value) => format!("{place}.{name} = {value}"),
        None => unwritable(place, name),
    })
}

/// A map in place of a player.
fn map(place: &str, values: &PropertyTexts) -> PromptEntry {
    if let Some((name, _)) = values.iter().find(|(_, value)| value.is_none()) {
        return line(unwritable(place, name));
    }
    let fields = values.iter();
    let fields =
        fields.map(|(name, value)| format!("{name}: {}", value.as_deref().unwrap_or("()")));
    let fields: Vec<String> = fields.collect();
    line(format!("let {place} = #{{{}}}", fields.join(", ")))
}

fn unwritable(place: &str, name: &str) -> String {
    let message = format!("`{place}.{name}` of the window cannot be written in a script");
    format!("throw {}", quoted(&message))
}

fn line(text: String) -> PromptEntry {
    PromptEntry {
        text,
        has_value: false,
        functions: Vec::new(),
        is_definition: false,
        before: Vec::new(),
        after: Vec::new(),
    }
}
