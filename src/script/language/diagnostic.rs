//! Diagnostics: message, position in the source, hints, and stack trace of a failure.

use std::fmt::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use rhai::{Engine, EvalAltResult, Map, ParseError, ParseErrorType, Position};

use super::source_text::{enclosing_function, span};
use crate::error::{Error, counted};
use crate::script::call::context::Context;
use crate::script::types::members::{ScriptType, TYPES};

/// A failure of a script, ready to be shown.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    error: Error,
    location: SourcePosition,
    trace: Vec<CallFrame>,
    /// Whether the script runs nevertheless.
    is_warning: bool,
}

/// Position in a script or module.
#[derive(Debug, Clone)]
struct SourcePosition {
    source: String,
    position: Position,
}

/// A call of a script function, or an import, that was running.
#[derive(Debug, Clone)]
struct CallFrame {
    what: String,
    location: SourcePosition,
}

impl Diagnostic {
    /// Explains a failure of `source`, the name of a script, given the variables of a session.
    pub fn new(
        error: EvalAltResult,
        source: &str,
        variables: &[String],
        engine: &Engine,
        context: &Context,
    ) -> Self {
        let mut location = SourcePosition {
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
                    trace.push(location.call(what, position));
                    if !inside.is_empty() {
                        location.source = inside;
                    }
                    *inner
                }
                EvalAltResult::ErrorInModule(path, inner, position) => {
                    let what = "imported".to_owned();
                    trace.push(location.call(what, position));
                    location.source = path;
                    *inner
                }
                error => {
                    location.position = error.position();
                    let text = context.source(&location.source).unwrap_or_default();
                    let names = words(&text).chain(variables.iter().map(String::as_str));
                    let hidden = unknown_name(&error)
                        .and_then(|name| hidden(name, &text, location.position, variables));
                    let error = hidden.unwrap_or_else(|| explain(error, names, engine, context));
                    let at = (location.position.line(), location.position.position());
                    let error = match at {
                        (Some(line), column) if !error.is_interrupted() => super::hints::add_hint(
                            error,
                            &text,
                            (line, column.unwrap_or(1)),
                            variables,
                            context,
                        ),
                        _ => error,
                    };
                    break Self {
                        error,
                        location,
                        trace,
                        is_warning: false,
                    };
                }
            };
        }
    }

    /// Failure without a position in a script.
    pub fn without_position(error: Error) -> Self {
        let location = SourcePosition {
            source: String::new(),
            position: Position::NONE,
        };
        Self {
            error,
            location,
            trace: Vec::new(),
            is_warning: false,
        }
    }

    /// Failure at a position in a script.
    pub fn at(error: Error, source: &str, position: Position) -> Self {
        let location = SourcePosition {
            source: source.into(),
            position,
        };
        Self {
            error,
            location,
            trace: Vec::new(),
            is_warning: false,
        }
    }

    /// Warning about code without effect at a position.
    pub fn warning(error: Error, source: &str, position: Position) -> Self {
        Self {
            is_warning: true,
            ..Self::at(error, source, position)
        }
    }

    /// Whether it is a warning, which does not keep the script from running.
    pub fn is_warning(&self) -> bool {
        self.is_warning
    }

    /// Position in the script.
    pub fn position(&self) -> Position {
        self.location.position
    }

    /// Whether the user asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.error.is_interrupted()
    }

    /// The same position with another failure.
    pub(crate) fn because(self, error: Error) -> Self {
        Self { error, ..self }
    }

    /// Exit status, if the script asked to end.
    pub fn exit_code(&self) -> Option<u8> {
        self.error.exit_code()
    }

    /// The failure itself.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The failure with its position as a hint, for failures that are shown elsewhere.
    pub(in crate::script) fn with_position(self) -> Error {
        if self.error.is_interrupted() || self.location.position.is_none() {
            return self.error;
        }
        let SourcePosition { source, position } = &self.location;
        let location = match (position.line(), position.position()) {
            (Some(line), Some(column)) => format!("at {source}:{line}:{column}"),
            _ => format!("in {source}"),
        };
        self.error.hint(location)
    }

    /// The whole text, with terminal colors if `color` is set.
    pub fn render(&self, context: &Context, color: bool) -> String {
        let source = context.source(&self.location.source).unwrap_or_default();
        let level = if self.is_warning {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let mut group = Group::with_title(level.primary_title(self.error.message()));
        if let Some(span) = span(&source, self.location.position) {
            let snippet = Snippet::source(&source).path(&self.location.source);
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
    /// Running calls, the innermost first; of many calls only the first and the last ones.
    fn shown_trace(&self) -> Vec<String> {
        const MAX_FRAMES: usize = 8;
        let mut calls: Vec<String> = self.trace.iter().rev().map(CallFrame::describe).collect();
        if calls.len() > MAX_FRAMES {
            let left_out = format!("… {} more calls …", calls.len() - MAX_FRAMES + 1);
            calls.splice(MAX_FRAMES / 2..calls.len() - MAX_FRAMES / 2 + 1, [left_out]);
        }
        calls
    }
}

impl SourcePosition {
    /// A call elsewhere in the same source.
    fn call(&self, what: String, position: Position) -> CallFrame {
        let source = self.source.clone();
        let location = SourcePosition { source, position };
        CallFrame { what, location }
    }
}

impl CallFrame {
    fn describe(&self) -> String {
        let mut text = self.what.clone();
        if let (Some(line), Some(column)) = (
            self.location.position.line(),
            self.location.position.position(),
        ) {
            let _ = write!(text, " at {}:{line}:{column}", self.location.source);
        }
        text
    }
}

/// Rewords failures of Rhai, with hints where a remedy is known.
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
                Some(map) => match caught(&map, engine, context) {
                    Some(error) => error.message().to_owned(),
                    None => value.to_string(),
                },
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
                .hint(
                    "modules are searched for in the folder of the script, in OPTIMAP_PATH, and \
                       in the standard library",
                )
        }
        EvalAltResult::ErrorStackOverflow(_) => Error::new("function calls are nested too deeply")
            .hint("a recursive function needs a condition that ends the recursion"),
        EvalAltResult::ErrorDataTooLarge(what, _) => {
            let error = |what| Error::new(format!("the {what} would be too large"));
            match what.contains("tring") {
                true => error("string").hint("write a long text to a file in pieces"),
                false => error("array or map")
                    .hint("store large numbers of samples in a video: zeros([n], \"float32\")"),
            }
        }
        EvalAltResult::ErrorDataRace(location, _) if location.contains('\'') => {
            let name = location.split('\'').nth(1).unwrap_or_default();
            Error::new(format!(
                "`{name}` got a function that uses the variable it is called on"
            ))
            .hint(format!(
                "a method locks its variable: pass the variable as an argument instead, \
                     {name}(variable, …)"
            ))
        }
        EvalAltResult::ErrorMismatchDataType(expected, got, _)
        | EvalAltResult::ErrorMismatchOutputType(expected, got, _) => wrong_type(&expected, &got),
        EvalAltResult::ErrorNonPureMethodCallOnConstant(name, _) => {
            let name = name.split(" (").next().unwrap_or_default();
            Error::new(format!(
                "`{name}` changes what it is called on, which is a constant"
            ))
            .hint("copy the constant into a variable first: let a = ARGS;")
        }
        error => Error::new(reworded(&error)),
    }
}

/// Original failure of the language that a script has caught, which Rhai converts to a map.
pub(in crate::script) fn caught(map: &Map, engine: &Engine, context: &Context) -> Option<Error> {
    let text = |key: &str| map.get(key).map(ToString::to_string).unwrap_or_default();
    let kind = text("error");
    if !kind.starts_with("Error") || !map.contains_key("message") {
        return None;
    }
    // The kind of a failure in a function is known only from the text; positions follow.
    let message = text("message");
    let message = message.lines().next().unwrap_or_default();
    let message = message.split(" @ '").next().unwrap_or_default();
    let message = message.split(" (line ").next().unwrap_or_default();
    if let Some(signature) = message.strip_prefix("Function not found: ") {
        return Some(unknown_function(signature, engine, context));
    }
    if message.starts_with("Unknown property") {
        return Some(unknown_property(message, context));
    }
    let types = message.strip_prefix("Data type incorrect: ");
    if let Some((got, expected)) = types.and_then(|types| types.split_once(" (expecting ")) {
        return Some(wrong_type(expected.trim_end_matches(')'), got));
    }
    Some(Error::new(uncapitalized(&plain_types(message))))
}

/// Error for a wrong type; `expected` and `got` are Rhai's names of types.
fn wrong_type(expected: &str, got: &str) -> Error {
    let name = |ty: &str| match plain_types(ty).as_str() {
        "bool" => "true or false".to_owned(),
        "()" => "()".to_owned(),
        plain if plain.starts_with(['a', 'e', 'i', 'o', 'u', 'E', 'I']) => format!("an {plain}"),
        plain => format!("a {plain}"),
    };
    let got = match got {
        "bool" => "a bool".to_owned(),
        got => name(got),
    };
    Error::new(format!("expected {}, got {got}", name(expected)))
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

/// Replaces Rust names of types by those of scripts.
fn plain_types(text: &str) -> String {
    const PLAIN: [(&str, &str); 6] = [
        ("&str | ImmutableString | String", "string"),
        ("core::ops::range::RangeInclusive<i64>", "range"),
        ("core::ops::range::Range<i64>", "range"),
        ("i64", "int"),
        ("f64", "float"),
        ("&str", "string"),
    ];
    let ours = TYPES.iter().map(|ty| ((ty.rust_name)(), ty.name));
    let replace = |text: String, (rust, plain): (&str, &str)| text.replace(rust, plain);
    ours.chain(PLAIN).fold(text.to_owned(), replace)
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

/// Error for an unknown variable; `names` are those that the script and the session define.
fn unknown_variable<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str>,
    context: &Context,
) -> Error {
    let error = Error::new(format!("there is no variable `{name}`"));
    if matches!(name, "exit" | "quit") {
        return error.hint("Ctrl-D quits the prompt");
    }
    if let Some(builtin) = context.builtin(name) {
        return error.hint(format!(
            "`{name}` is a function: {}",
            crate::script::docs::signature(builtin)
        ));
    }
    let builtins = context.builtins().map(|builtin| builtin.name);
    error.did_you_mean(name, names.filter(|known| *known != name).chain(builtins))
}

/// Name of the undefined variable that caused a failure.
fn unknown_name(error: &EvalAltResult) -> Option<&str> {
    match error {
        EvalAltResult::ErrorVariableNotFound(name, _) => Some(name),
        EvalAltResult::ErrorParsing(ParseErrorType::VariableUndefined(name), _) => Some(name),
        _ => None,
    }
}

/// Error for an outer variable used in a function, where it is not visible.
fn hidden(name: &str, text: &str, position: Position, variables: &[String]) -> Option<Error> {
    let location = span(text, position)?.start;
    let function = enclosing_function(text, location)?;
    let outside = [&text[..function.body.start], &text[function.body.end..]];
    let defines = |keyword: &str| {
        let is_definition = |rest: &str| {
            let rest = rest.trim_start().strip_prefix(name);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        outside
            .iter()
            .any(|text| text.split(keyword).skip(1).any(is_definition))
    };
    let is_constant = defines("const ");
    if !is_constant && !defines("let ") && !variables.iter().any(|known| known == name) {
        return None;
    }
    let (called, params) = (function.name, function.params);
    let more = if params.trim().is_empty() { "" } else { ", " };
    let error = Error::new(format!(
        "there is no variable `{name}` in the function `{called}`"
    ));
    Some(match is_constant {
        true => error.hint(format!(
            "functions access the constants of their script as global::{name}"
        )),
        false => error.hint(format!(
            "functions can only access their parameters and constants: pass it, fn {called}({params}{more}{name}), or make \
             the function a closure, let {called} = |{params}| …, called with {called}.call(…)"
        )),
    })
}

/// Words of a script, its variables among them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.len() > 1)
}

/// Error for an unknown function; `signature` is Rhai's, such as `corp (Video, i64)`.
pub(in crate::script) fn unknown_function(
    signature: &str,
    engine: &Engine,
    context: &Context,
) -> Error {
    let (name, arguments) = signature.split_once(" (").unwrap_or((signature, ""));
    let name = super::dialect::plain_name(name);
    // Not all of the brackets at the end: the last type may be `()`.
    let arguments = plain_types(arguments.strip_suffix(')').unwrap_or(arguments));
    let got = arguments
        .split(", ")
        .filter(|argument| !argument.is_empty())
        .count();
    if let Some(builtin) = context.builtin(name) {
        let most = counted(builtin.params.len(), "argument");
        return Error::new(format!("{name} takes at most {most}, got {got}"))
            .hint(crate::script::docs::signature(builtin));
    }
    let functions = context.script_functions();
    let short = name.rsplit("::").next().unwrap_or(name);
    if let Some(function) = functions.iter().find(|function| function.name == short) {
        let takes = counted(function.params.len(), "argument");
        return Error::new(format!("{name} takes {takes}, got {got}"))
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

/// Error for an unknown property; `text` is Rhai's: "Unknown property 'shpe' - a getter is not
/// registered for type 'Video'".
fn unknown_property(text: &str, context: &Context) -> Error {
    let quoted: Vec<&str> = text.split('\'').collect();
    match quoted[..] {
        [_, property, _, ty, ..]
            if script_type(ty).is_some_and(|ty| ty.properties().any(|known| known == property)) =>
        {
            let ty = plain_types(ty);
            let article = if ty.starts_with(['I', 'E']) {
                "an"
            } else {
                "a"
            };
            Error::new(format!("`{property}` of {article} {ty} cannot be set"))
        }
        [_, property, _, ty, ..] => {
            let ty = plain_types(ty);
            let error = Error::new(format!("{ty} has no property `{property}`"));
            if context.builtin(property).is_some() {
                return error.hint(format!(
                    "it is a function: write {property}(…) after the dot"
                ));
            }
            match script_type(&ty) {
                Some(known) => error.did_you_mean(property, known.properties()),
                None => error,
            }
        }
        _ => Error::new(uncapitalized(text)),
    }
}

/// Type of a name in scripts or in Rust.
fn script_type(name: &str) -> Option<&'static ScriptType> {
    TYPES
        .iter()
        .find(|ty| ty.name == name || (ty.rust_name)() == name)
}

/// Converts a parse error to a failure like any other.
pub fn parse_failure(error: ParseError) -> EvalAltResult {
    EvalAltResult::ErrorParsing(*error.0, error.1)
}
