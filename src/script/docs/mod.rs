//! Documentation derived from the builtin table and from the comments of script libraries.

pub(in crate::script) mod definitions;
pub mod pictures;
pub(in crate::script) mod reference;
pub mod transcript;
mod window_lines;

use std::fmt::Write;

use rhai::Engine;

use super::call::builtin::{Builtin, Param, Topic};
use super::call::context::Context;
use super::call::value::Type;
use crate::error::{Error, Result, closest};
use crate::io;

pub use super::docs::definitions::{definitions, write_definitions};
pub use super::docs::reference::reference;

/// A module of script functions with its documentation.
pub struct Library {
    /// Name for imports.
    pub name: String,
    /// Its `//!` comments.
    pub doc: String,
    /// Public functions.
    pub functions: Vec<LibraryFunction>,
}

/// A function of a library.
pub struct LibraryFunction {
    /// Name without the module.
    pub name: String,
    /// Names of the parameters.
    pub params: Vec<String>,
    /// Its `///` comments.
    pub doc: String,
}

/// An example in a documentation comment: code and its value.
pub struct DocExample {
    /// One line of code.
    pub code: String,
    /// Printed value, if the example gives one after `// =>`.
    pub expected: Option<String>,
}

impl Library {
    /// Parses the documentation of a module; a module that does not parse has none.
    pub fn parse(name: &str, text: &str) -> Self {
        let comment = |line: &str, mark: &str| {
            let text = line.trim_start().strip_prefix(mark)?;
            Some(text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned())
        };
        let lines = |text: &str, mark: &str| {
            text.lines()
                .filter_map(|line| comment(line, mark))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let mut engine = Engine::new_raw();
        engine.set_max_expr_depths(0, 0);
        let ast = engine.compile(text).unwrap_or_default();
        let mut functions: Vec<LibraryFunction> = ast
            .iter_functions()
            .filter(|function| function.access == rhai::FnAccess::Public)
            .filter(|function| !function.name.starts_with("anon$"))
            .map(|function| LibraryFunction {
                name: function.name.to_owned(),
                params: function
                    .params
                    .iter()
                    .map(|param| (*param).to_owned())
                    .collect(),
                doc: lines(&function.comments.join("\n"), "///"),
            })
            .collect();
        let offset = |function: &LibraryFunction| text.find(&format!("fn {}(", function.name));
        functions.sort_by_key(|function| offset(function).unwrap_or(usize::MAX));
        Self {
            name: name.to_owned(),
            doc: lines(text, "//!"),
            functions,
        }
    }

    /// First line of the documentation.
    pub fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }
}

impl LibraryFunction {
    /// Signature of a call.
    pub fn signature(&self, library: &Library) -> String {
        format!(
            "{}::{}({})",
            library.name,
            self.name,
            self.params.join(", ")
        )
    }

    /// First line of the documentation.
    pub fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }
}

/// Signature of a builtin: `normalize(video, ymin = 0.0, …) -> Video`.
pub fn signature(builtin: &Builtin) -> String {
    let params: Vec<String> = builtin
        .params
        .iter()
        .map(|param| match default_text(param) {
            Some(default) => format!("{} = {default}", param.name),
            None if matches!(param.ty, Type::Rest) => format!("{}…", param.name),
            None => param.name.to_owned(),
        })
        .collect();
    let returns = match builtin.returns {
        Type::Unit => String::new(),
        returns => format!(" -> {returns}"),
    };
    format!("{}({}){returns}", builtin.name, params.join(", "))
}

pub(super) fn default_text(param: &Param) -> Option<String> {
    param.default.map(|default| format!("{:?}", default()))
}

/// Help on a name: a builtin, a function of a library or a library.
pub fn help(context: &Context, name: &str) -> Result<String> {
    if let Some(builtin) = context.builtin(name) {
        return Ok(builtin_help(builtin));
    }
    for library in context.libraries() {
        if library.name == name {
            return Ok(library_help(library));
        }
        let short = name
            .strip_prefix(&format!("{}::", library.name))
            .unwrap_or(name);
        if let Some(function) = library
            .functions
            .iter()
            .find(|function| function.name == short)
        {
            return Ok(format!(
                "{}\n\n{}\n",
                function.signature(library),
                function.doc
            ));
        }
    }
    if let Some(text) = super::language::lookup::user_help(context, name) {
        return Ok(text);
    }
    let names = context.builtins().map(|builtin| builtin.name);
    let names = names.chain(
        context
            .libraries()
            .iter()
            .map(|library| library.name.as_str()),
    );
    let near = closest(name, names);
    let error = Error::new(format!("there is no function `{name}`"));
    if let Some(known) = super::language::hints::words::foreign_name(name) {
        return Err(error.hint(known.hint));
    }
    Err(match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("help() lists all functions"),
    })
}

/// Builtins and libraries by topic, one line each.
pub fn overview(context: &Context) -> String {
    let mut text = String::new();
    for topic in context.topics() {
        text += &topic_overview(topic);
    }
    let libraries = context.libraries().iter();
    let modules = libraries.map(|library| (library.name.as_str(), library.summary()));
    section(&mut text, "Modules (import \"name\" as name;)", modules);
    super::language::lookup::user_overview(&mut text, context);
    text.push_str("help(\"name\") describes one of them.\n");
    text
}

/// Builtins of one topic, one line each.
pub fn topic_overview(topic: &Topic) -> String {
    let mut text = String::new();
    let builtins = topic.builtins.iter();
    let entries = builtins.map(|builtin| (builtin.name, builtin.summary()));
    section(&mut text, topic.title, entries);
    text
}

pub(super) fn section<'a>(
    text: &mut String,
    title: &str,
    entries: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let _ = writeln!(text, "{title}");
    for (name, summary) in entries {
        let _ = writeln!(text, "  {name:<36} {}", summary.replace('`', ""));
    }
    text.push('\n');
}

fn builtin_help(builtin: &Builtin) -> String {
    let mut text = format!("{}\n\n{}\n", signature(builtin), text_of(builtin));
    for param in builtin.params {
        let _ = writeln!(text, "{:<16} {}", param.name, param_facts(param));
        for line in unindented(param.doc).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

pub(super) fn library_help(library: &Library) -> String {
    let mut text = format!(
        "import \"{0}\" as {0};\n\n{1}\n\n",
        library.name, library.doc
    );
    for function in &library.functions {
        let _ = writeln!(
            text,
            "  {:<44} {}",
            function.signature(library),
            function.summary()
        );
    }
    text
}

/// Type, unit, default and choices of a parameter.
pub(super) fn param_facts(param: &Param) -> String {
    let mut facts = param.ty.to_string();
    if !param.unit.is_empty() {
        let _ = write!(facts, ", in {}", param.unit);
    }
    if let Some(default) = default_text(param) {
        let _ = write!(facts, ", default {default}");
    }
    let choices = param.ty.choices();
    if !choices.is_empty() && choices.len() <= 12 {
        let _ = write!(facts, "; one of {}", choices.join(", "));
    }
    if !param.alias.is_empty() {
        let _ = write!(facts, "; also `{}`", param.alias);
    }
    facts
}

/// Documentation of a builtin, with the tables generated from the supported formats.
pub(in crate::script) fn text_of(builtin: &Builtin) -> String {
    let mut text = unindented(builtin.doc);
    let mut insert = |mark: &str, table: fn() -> String| {
        if text.contains(mark) {
            text = text.replace(mark, &table());
        }
    };
    insert("{formats to load}\n", io::table_of_loading);
    insert("{formats to save}\n", io::table_of_saving);
    text
}

/// Doc comment without the space after each `///`.
pub(super) fn unindented(doc: &str) -> String {
    let lines = doc
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// Examples in the code blocks of a documentation comment, one per line; blocks marked `no_run` are
/// skipped.
pub fn examples(doc: &str) -> Vec<DocExample> {
    let mut block = None;
    let mut examples = Vec::new();
    for line in doc.lines().map(str::trim) {
        if let Some(mark) = line.strip_prefix("```") {
            block = if block.is_none() { Some(mark) } else { None };
        } else if block == Some("") && !line.is_empty() {
            let (code, expected) = match line.split_once("// =>") {
                Some((code, expected)) => (code, Some(expected.trim().to_owned())),
                None => (line, None),
            };
            examples.push(DocExample {
                code: code.trim().to_owned(),
                expected,
            });
        }
    }
    examples
}
