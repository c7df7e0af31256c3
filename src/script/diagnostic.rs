//! Failures as people read them: message, place in the source, hints, and how the script got there.

use std::fmt::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use rhai::{Engine, EvalAltResult, Map, ParseError, ParseErrorType, Position};

use super::colormap::COLORMAP_MEMBERS;
use super::context::Context;
use super::importer::IMPORTER_MEMBERS;
use super::player::PLAYER_MEMBERS;
use super::types::{DESCRIPTION_MEMBERS, VIDEO_MEMBERS, message_of_caught};
use crate::error::Error;

/// A failure of a script, ready to be shown.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    error: Error,
    place: Place,
    trace: Vec<Call>,
}

/// A position in a script or module.
#[derive(Debug, Clone)]
struct Place {
    source: String,
    position: Position,
}

/// A call of a script function, or an import, that was under way.
#[derive(Debug, Clone)]
struct Call {
    what: String,
    place: Place,
}

impl Diagnostic {
    /// Explains a failure to run `source`, the name of a script, among the variables of a session.
    pub fn new(
        error: EvalAltResult,
        source: &str,
        variables: &[String],
        engine: &Engine,
        context: &Context,
    ) -> Self {
        let mut place = Place {
            source: source.into(),
            position: error.position(),
        };
        let mut trace = Vec::new();
        let mut error = error;
        loop {
            error = match error {
                EvalAltResult::ErrorInFunctionCall(name, inside, inner, position) => {
                    let what = match name.as_str() {
                        name if name.starts_with("anon$") => "in a closure, called".to_owned(),
                        name => format!("in `{name}`, called"),
                    };
                    trace.push(place.call(what, position));
                    if !inside.is_empty() {
                        place.source = inside;
                    }
                    *inner
                }
                EvalAltResult::ErrorInModule(path, inner, position) => {
                    let what = "imported".to_owned();
                    trace.push(place.call(what, position));
                    place.source = path;
                    *inner
                }
                error => {
                    place.position = error.position();
                    let text = context.source(&place.source).unwrap_or_default();
                    let names = words(&text).chain(variables.iter().map(String::as_str));
                    let error = explain(error, names, engine, context);
                    let at = (place.position.line(), place.position.position());
                    let error = match at {
                        (Some(line), column) if !error.is_interrupted() => super::teach::teach(
                            error,
                            &text,
                            (line, column.unwrap_or(1)),
                            variables,
                        ),
                        _ => error,
                    };
                    break Self {
                        error,
                        place,
                        trace,
                    };
                }
            };
        }
    }

    /// A failure that has no place in a script.
    pub fn without_place(error: Error) -> Self {
        let place = Place {
            source: String::new(),
            position: Position::NONE,
        };
        Self {
            error,
            place,
            trace: Vec::new(),
        }
    }

    /// A failure at a place in a script.
    pub fn at(error: Error, source: &str, position: Position) -> Self {
        let place = Place {
            source: source.into(),
            position,
        };
        Self {
            error,
            place,
            trace: Vec::new(),
        }
    }

    /// Whether the user asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.error.is_interrupted()
    }

    /// The same place with another failure.
    pub(crate) fn because(self, error: Error) -> Self {
        Self { error, ..self }
    }

    /// The exit status, if the script asked to end.
    pub fn exit_code(&self) -> Option<u8> {
        self.error.exit_code()
    }

    /// The failure itself.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The failure with its place as a hint, for failures that are told elsewhere.
    pub(super) fn with_place(self) -> Error {
        if self.error.is_interrupted() || self.place.position.is_none() {
            return self.error;
        }
        let Place { source, position } = &self.place;
        let place = match (position.line(), position.position()) {
            (Some(line), Some(column)) => format!("at {source}:{line}:{column}"),
            _ => format!("in {source}"),
        };
        self.error.hint(place)
    }

    /// The whole text; coloured for a terminal if asked.
    pub fn render(&self, context: &Context, color: bool) -> String {
        let source = context.source(&self.place.source).unwrap_or_default();
        let mut group = Group::with_title(Level::ERROR.primary_title(self.error.message()));
        if let Some(span) = span(&source, self.place.position) {
            let snippet = Snippet::source(&source).path(&self.place.source);
            group = group.element(snippet.annotation(AnnotationKind::Primary.span(span)));
        }
        let hints = self
            .error
            .hints()
            .iter()
            .map(|hint| Level::HELP.message(hint).into());
        let trace = self.shown_trace();
        let calls = trace.iter().map(|call| Level::NOTE.message(call).into());
        let group: Group<'_> = group.elements(hints.chain(calls).collect::<Vec<Element<'_>>>());
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
        text.push('\n');
        text
    }
}

impl Diagnostic {
    /// The calls under way, the innermost first; of many only the first and the last.
    fn shown_trace(&self) -> Vec<String> {
        const MOST: usize = 8;
        let mut calls: Vec<String> = self.trace.iter().rev().map(Call::describe).collect();
        if calls.len() > MOST {
            let left_out = format!("… {} more calls …", calls.len() - MOST + 1);
            calls.splice(MOST / 2..calls.len() - MOST / 2 + 1, [left_out]);
        }
        calls
    }
}

impl Place {
    /// A call elsewhere in the same source.
    fn call(&self, what: String, position: Position) -> Call {
        let source = self.source.clone();
        let place = Place { source, position };
        Call { what, place }
    }
}

impl Call {
    fn describe(&self) -> String {
        let mut text = self.what.clone();
        if let (Some(line), Some(column)) =
            (self.place.position.line(), self.place.position.position())
        {
            let _ = write!(text, " at {}:{line}:{column}", self.place.source);
        }
        text
    }
}

/// The bytes of the name, string or sign at a position.
fn span(source: &str, position: Position) -> Option<std::ops::Range<usize>> {
    let (line, column) = (position.line()?, position.position().unwrap_or(1).max(1));
    let line_start: usize = source
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let line = source[line_start..].lines().next().unwrap_or_default();
    let start = line
        .char_indices()
        .nth(column - 1)
        .map_or(line.len(), |(start, _)| start);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let length = match line[start..].chars().next() {
        Some(first) if is_name(first) => line[start..]
            .find(|c| !is_name(c))
            .unwrap_or(line.len() - start),
        Some('"') => line[start + 1..].find('"').map_or(1, |end| end + 2),
        Some(first) => first.len_utf8(),
        None => 0,
    };
    Some(line_start + start..line_start + start + length)
}

/// The failure in our words: Rhai's own are reworded, with hints where a remedy is known.
fn explain<'a>(
    error: EvalAltResult,
    names: impl Iterator<Item = &'a str>,
    engine: &Engine,
    context: &Context,
) -> Error {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<Error>() {
            Some(error) => error,
            None => Error::new(match value.read_lock::<Map>() {
                Some(map) => message_of_caught(&map).map_or_else(
                    || value.to_string(),
                    |text| uncapitalized(&plain_types(&text)),
                ),
                None if value.is_unit() => "() was thrown".into(),
                None => value.to_string(),
            }),
        },
        EvalAltResult::ErrorTerminated(token, _) => {
            token.try_cast::<Error>().unwrap_or_else(Error::interrupted)
        }
        EvalAltResult::ErrorParsing(kind, _) => explain_syntax(kind, names, context),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            unknown_function(&signature, engine, context)
        }
        EvalAltResult::ErrorVariableNotFound(name, _) => unknown_variable(&name, names, context),
        EvalAltResult::ErrorDotExpr(text, _) => unknown_property(&text, context),
        EvalAltResult::ErrorModuleNotFound(path, _) => {
            Error::new(format!("there is no module `{path}`"))
                .did_you_mean(&path, library_names(context))
                .hint("modules are looked for beside the script, in OPTIMAP_PATH, and in the standard library")
        }
        EvalAltResult::ErrorStackOverflow(_) => Error::new("functions call each other without end")
            .hint("a function that calls itself needs a condition under which it does not"),
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            let error = |what| Error::new(format!("the {what} would be too large"));
            match what.contains("tring") {
                true => error("string").hint("files are written piece by piece"),
                false => error("array or map")
                    .hint("numbers by the million belong in a video: zeros([n], \"float32\")"),
            }
        }
        EvalAltResult::ErrorDataRace(place, _) if place.contains('\'') => {
            let name = place.split('\'').nth(1).unwrap_or_default();
            Error::new(format!("`{name}` got a function that uses the variable it is called on"))
                .hint(format!(
                    "a method holds on to its variable: pass that instead, {name}(variable, …)"
                ))
        }
        error => Error::new(reworded(&error)),
    }
}

fn library_names(context: &Context) -> impl Iterator<Item = &str> {
    let libraries = context.libraries().iter();
    libraries.map(|library| library.name.as_str())
}

/// Rhai's message without its position, in the style of ours.
fn reworded(error: &EvalAltResult) -> String {
    let mut text = error.to_string();
    if let Some(start) = text.rfind(" (line ") {
        text.truncate(start);
    }
    uncapitalized(&plain_types(&text))
}

/// Names of types as scripts know them.
fn plain_types(text: &str) -> String {
    const PLAIN: [(&str, &str); 5] = [
        ("&str | ImmutableString | String", "string"),
        ("optimap::video::Video", "Video"),
        ("optimap::player::Player", "InteractivePlayer"),
        ("i64", "int"),
        ("f64", "float"),
    ];
    let replace = |text: String, (ours, plain): (&str, &str)| text.replace(ours, plain);
    PLAIN.into_iter().fold(text.to_owned(), replace)
}

fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

fn explain_syntax<'a>(
    kind: ParseErrorType,
    names: impl Iterator<Item = &'a str>,
    context: &Context,
) -> Error {
    match kind {
        ParseErrorType::VariableUndefined(name) => unknown_variable(&name, names, context),
        ParseErrorType::ModuleUndefined(name) => {
            Error::new(format!("there is no module `{name}` here"))
                .did_you_mean(&name, library_names(context))
                .hint(format!("import it first: import \"{name}\" as {name};"))
        }
        kind => Error::new(format!(
            "syntax error: {}",
            uncapitalized(&kind.to_string())
        )),
    }
}

/// `names` are those that the script and the session know.
fn unknown_variable<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str>,
    context: &Context,
) -> Error {
    let error = Error::new(format!("there is no variable `{name}`"));
    if matches!(name, "exit" | "quit") {
        return error.hint("Ctrl-D leaves the prompt");
    }
    if let Some(builtin) = context.builtin(name) {
        return error.hint(format!(
            "`{name}` is a function: {}",
            super::docs::signature(builtin)
        ));
    }
    let builtins = context.builtins().map(|builtin| builtin.name);
    error.did_you_mean(name, names.filter(|known| *known != name).chain(builtins))
}

/// The words of a script, its variables among them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.len() > 1)
}

/// `signature` is Rhai's, such as `corp (Video, i64)`.
pub(super) fn unknown_function(signature: &str, engine: &Engine, context: &Context) -> Error {
    let (name, arguments) = signature.split_once(" (").unwrap_or((signature, ""));
    let arguments = plain_types(arguments.trim_end_matches(')'));
    let got = arguments
        .split(", ")
        .filter(|argument| !argument.is_empty())
        .count();
    if let Some(builtin) = context.builtin(name) {
        let most = builtin.params.len();
        return Error::new(format!("{name} takes at most {most} arguments, got {got}"))
            .hint(super::docs::signature(builtin));
    }
    let functions = context.script_functions();
    let short = name.rsplit("::").next().unwrap_or(name);
    if let Some(function) = functions.iter().find(|function| function.name == short) {
        let takes = function.params.len();
        return Error::new(format!("{name} takes {takes} arguments, got {got}"))
            .hint(format!("{short}({})", function.params.join(", ")));
    }
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        let operands = arguments.replace(", ", " and ");
        return Error::new(format!("the operator `{name}` does not take {operands}"));
    }
    let mut known =
        engine.collect_fn_metadata(None, |info| Some(info.metadata.name.to_string()), true);
    known.retain(|name| name.starts_with(char::is_alphabetic));
    let names = context.builtins().map(|builtin| builtin.name);
    let names = names.chain(functions.iter().map(|function| function.name.as_str()));
    let names = names.chain(known.iter().map(String::as_str));
    if known.iter().any(|known| known == name) {
        return Error::new(format!("there is no function `{name}` for ({arguments})"));
    }
    let error = Error::new(format!("there is no function `{name}`")).did_you_mean(short, names);
    match context
        .libraries()
        .iter()
        .find(|library| library.functions.iter().any(|f| f.name == name))
    {
        Some(library) => error.hint(format!(
            "it is in a module: import \"{0}\" as {0}; {0}::{name}(…)",
            library.name
        )),
        None => error,
    }
}

/// `text` is Rhai's: "Unknown property 'shpe' - a getter is not registered for type 'Video'".
fn unknown_property(text: &str, context: &Context) -> Error {
    let quoted: Vec<&str> = text.split('\'').collect();
    match quoted[..] {
        [_, property, _, "Video", ..]
            if VIDEO_MEMBERS.iter().any(|member| member.name == property) =>
        {
            Error::new(format!("`{property}` of a Video cannot be set"))
        }
        [_, property, _, ty, ..] => {
            let ty = plain_types(ty);
            let error = Error::new(format!("{ty} has no property `{property}`"));
            if context.builtin(property).is_some() {
                return error.hint(format!(
                    "it is a function: write {property}(…) after the dot"
                ));
            }
            match ty.as_str() {
                "Video" => error.did_you_mean(property, VIDEO_MEMBERS.iter().map(|m| m.name)),
                "InteractivePlayer" => {
                    error.did_you_mean(property, PLAYER_MEMBERS.iter().map(|m| m.name))
                }
                "Description" => {
                    error.did_you_mean(property, DESCRIPTION_MEMBERS.iter().map(|m| m.name))
                }
                "Colormap" => error.did_you_mean(property, COLORMAP_MEMBERS.iter().map(|m| m.name)),
                "Importer" => error.did_you_mean(property, IMPORTER_MEMBERS.iter().map(|m| m.name)),
                _ => error,
            }
        }
        _ => Error::new(uncapitalized(text)),
    }
}

/// A script that cannot be parsed is a failure like any other.
pub fn parse_failure(error: ParseError) -> EvalAltResult {
    EvalAltResult::ErrorParsing(*error.0, error.1)
}
