//! Documentation derived from the builtin table and from the comments of script libraries.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use rhai::Engine;

use super::builtin::{Builtin, Param};
use super::context::Context;
use super::frames::FRAMES_MEMBERS;
use super::importer::IMPORTER_MEMBERS;
use super::player::PLAYER_MEMBERS;
use super::types::{DESCRIPTION_MEMBERS, Member, VIDEO_MEMBERS};
use super::value::{Type, Value};
use crate::error::{Error, Result, closest};
use crate::io::{Importer, atomic};
use crate::ops::describe::Description;
use crate::player::Player;
use crate::video::{Frames, Video};

/// A module of script functions, as its comments document it.
pub struct Library {
    /// The name it is imported by.
    pub name: String,
    /// Its `//!` comments.
    pub doc: String,
    /// Its public functions.
    pub functions: Vec<Function>,
}

/// A function of a library.
pub struct Function {
    /// The name, without the module's.
    pub name: String,
    /// The names of the parameters.
    pub params: Vec<String>,
    /// Its `///` comments.
    pub doc: String,
}

/// An example in a documentation comment: code, and what it shows.
pub struct Example {
    /// The code of a line.
    pub code: String,
    /// What the value prints as, if the example says so after `// =>`.
    pub expected: Option<String>,
}

impl Library {
    /// Reads the documentation in a module's text; a module that does not parse has none.
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
        let ast = Engine::new_raw().compile(text).unwrap_or_default();
        let mut functions: Vec<Function> = ast
            .iter_functions()
            .filter(|function| function.access == rhai::FnAccess::Public)
            .map(|function| Function {
                name: function.name.to_owned(),
                params: function
                    .params
                    .iter()
                    .map(|param| (*param).to_owned())
                    .collect(),
                doc: lines(&function.comments.join("\n"), "///"),
            })
            .collect();
        let place = |function: &Function| text.find(&format!("fn {}(", function.name));
        functions.sort_by_key(|function| place(function).unwrap_or(usize::MAX));
        Self {
            name: name.to_owned(),
            doc: lines(text, "//!"),
            functions,
        }
    }

    /// The first line of the documentation.
    pub fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }
}

impl Function {
    /// How it is called.
    pub fn signature(&self, library: &Library) -> String {
        format!(
            "{}::{}({})",
            library.name,
            self.name,
            self.params.join(", ")
        )
    }

    /// The first line of the documentation.
    pub fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }
}

/// How a builtin is called: `normalize(video, ymin = 0.0, …) -> Video`.
pub fn signature(builtin: &Builtin) -> String {
    let params: Vec<String> = builtin
        .params
        .iter()
        .map(|param| match default_text(param) {
            Some(default) => format!("{} = {default}", param.name),
            None => param.name.to_owned(),
        })
        .collect();
    let returns = match builtin.returns {
        Type::Unit => String::new(),
        returns => format!(" -> {returns}"),
    };
    format!("{}({}){returns}", builtin.name, params.join(", "))
}

fn default_text(param: &Param) -> Option<String> {
    param.default.map(|default| format!("{:?}", default()))
}

/// Everything about one name: a builtin, a function of a library or a library.
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
    let names = context.builtins().map(|builtin| builtin.name);
    let names = names.chain(
        context
            .libraries()
            .iter()
            .map(|library| library.name.as_str()),
    );
    let near = closest(name, names);
    let error = Error::new(format!("there is no function `{name}`"));
    Err(match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("help() lists all functions"),
    })
}

/// The builtins and libraries by topic, a line each.
pub fn overview(context: &Context) -> String {
    let mut text = String::new();
    for topic in context.topics() {
        let entries = topic
            .builtins
            .iter()
            .map(|builtin| (builtin.name, builtin.summary()));
        section(&mut text, topic.title, entries);
    }
    let libraries = context.libraries().iter();
    let modules = libraries.map(|library| (library.name.as_str(), library.summary()));
    section(&mut text, "Modules (import \"name\" as name;)", modules);
    text.push_str("help(\"name\") tells more about one of them.\n");
    text
}

fn section<'a>(text: &mut String, title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) {
    let _ = writeln!(text, "{title}");
    for (name, summary) in entries {
        let _ = writeln!(text, "  {name:<36} {}", summary.replace('`', ""));
    }
    text.push('\n');
}

fn builtin_help(builtin: &Builtin) -> String {
    let mut text = format!("{}\n\n{}\n", signature(builtin), unindented(builtin.doc));
    for param in builtin.params {
        let _ = writeln!(text, "{:<16} {}", param.name, param_facts(param));
        for line in unindented(param.doc).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn library_help(library: &Library) -> String {
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
fn param_facts(param: &Param) -> String {
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
    facts
}

/// A doc comment without the space that follows each `///`.
fn unindented(doc: &str) -> String {
    let lines = doc
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.fold(String::new(), |text, line| text + line + "\n")
}

/// The whole reference as a page of Markdown.
pub fn reference(context: &Context) -> String {
    let mut text = String::from(
        "# Reference\n\nParameters are passed by position, or by name in a map as the last \
         argument: `normalize(v, #{ymax: 255})`. Every function can be called as a method of its \
         first argument: `v.normalize(0, 255)`. `()` stands for none.\n",
    );
    members_reference(&mut text, "Video", VIDEO_MEMBERS);
    members_reference(&mut text, "Frames", FRAMES_MEMBERS);
    members_reference(&mut text, "Description", DESCRIPTION_MEMBERS);
    members_reference(&mut text, "InteractivePlayer", PLAYER_MEMBERS);
    members_reference(&mut text, "Importer", IMPORTER_MEMBERS);
    for topic in context.topics() {
        let _ = write!(text, "\n## {}\n", topic.title);
        for builtin in topic.builtins {
            builtin_reference(&mut text, builtin);
        }
    }
    for library in context.libraries() {
        let _ = write!(text, "\n## Module {0}\n\n{1}\n", library.name, library.doc);
        for function in &library.functions {
            let signature = function.signature(library);
            let _ = write!(
                text,
                "\n### {}\n\n```rhai\n{signature}\n```\n\n{}\n",
                function.name, function.doc
            );
        }
    }
    text
}

fn members_reference<T>(text: &mut String, name: &str, members: &[Member<T>]) {
    let _ = write!(text, "\n## {name}\n\n| property | |\n|---|---|\n");
    for member in members {
        let _ = writeln!(text, "| `.{}` | {} |", member.name, member.doc);
    }
}

fn builtin_reference(text: &mut String, builtin: &Builtin) {
    let doc = unindented(builtin.doc)
        .replacen("```no_run\n", "```\n", 1)
        .replacen("```\n", "```rhai\n", 1);
    let _ = write!(
        text,
        "\n### {}\n\n```rhai\n{}\n```\n\n{doc}",
        builtin.name,
        signature(builtin)
    );
    if builtin.params.is_empty() {
        return;
    }
    let _ = write!(text, "\n| parameter | type | |\n|---|---|---|\n");
    for param in builtin.params {
        let doc = unindented(param.doc).replace('\n', " ");
        let facts = param_facts(param).replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {facts} | {} |", param.name, doc.trim());
    }
}

/// Writes definition files for editors with Rhai support into a folder.
pub fn write_definitions(context: &Context, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        let fill = |file: &mut fs::File| file.write_all(text.as_bytes());
        atomic::write(&path, |file| {
            fill(file).map_err(|e| Error::io("write", &path, &e))
        })
    };
    write("optimap.d.rhai", definitions(context))?;
    for library in context.libraries() {
        write(
            &format!("{}.d.rhai", library.name),
            library_definitions(library),
        )?;
    }
    Ok(())
}

/// The builtins as definitions: each with its required parameters, and with all of them.
pub fn definitions(context: &Context) -> String {
    let mut text = String::from("module static;\n");
    for builtin in context.builtins() {
        let doc = comment(&unindented(builtin.doc));
        let required = builtin
            .params
            .iter()
            .filter(|param| param.default.is_none())
            .count();
        for count in [required, builtin.params.len()] {
            let params: Vec<String> = builtin.params[..count]
                .iter()
                .map(|p| format!("{}: {}", p.name, definition_type(&p.ty)))
                .collect();
            let returns = definition_type(&builtin.returns);
            let _ = write!(
                text,
                "\n{doc}fn {}({}) -> {returns};\n",
                builtin.name,
                params.join(", ")
            );
            if required == builtin.params.len() {
                break;
            }
        }
    }
    definition_members::<Video>(&mut text, "Video", VIDEO_MEMBERS);
    definition_members::<Frames>(&mut text, "Frames", FRAMES_MEMBERS);
    definition_members::<Description>(&mut text, "Description", DESCRIPTION_MEMBERS);
    definition_members::<Player>(&mut text, "InteractivePlayer", PLAYER_MEMBERS);
    definition_members::<Importer>(&mut text, "Importer", IMPORTER_MEMBERS);
    text
}

fn definition_members<T: Value>(text: &mut String, name: &str, members: &[Member<T>]) {
    for member in members {
        let _ = write!(
            text,
            "\n/// {}\nfn get {}(of: {name}) -> ?;\n",
            member.doc, member.name
        );
    }
}

fn library_definitions(library: &Library) -> String {
    let mut text = format!("module {};\n", library.name);
    for function in &library.functions {
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| format!("{param}: ?"))
            .collect();
        let (doc, params) = (comment(&function.doc), params.join(", "));
        let _ = write!(text, "\n{doc}fn {}({params}) -> ?;\n", function.name);
    }
    text
}

/// A type in the grammar of definition files.
fn definition_type(ty: &Type) -> String {
    match ty {
        Type::Any => "?".into(),
        Type::Unit => "()".into(),
        Type::Text | Type::Path | Type::Choice(..) => "String".into(),
        Type::Map => "Map".into(),
        Type::Blob => "Blob".into(),
        Type::Size => "int | String".into(),
        Type::Array(_) => "Array".into(),
        Type::Optional(of) => format!("{} | ()", definition_type(of)),
        Type::Either(one, other) => {
            format!("{} | {}", definition_type(one), definition_type(other))
        }
        ty => ty.to_string(),
    }
}

fn comment(doc: &str) -> String {
    doc.lines().fold(String::new(), |text, line| {
        text + format!("/// {line}").trim_end() + "\n"
    })
}

/// The examples in the code blocks of a documentation comment, a line each; those of blocks
/// marked `no_run` are for reading only.
pub fn examples(doc: &str) -> Vec<Example> {
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
            examples.push(Example {
                code: code.trim().to_owned(),
                expected,
            });
        }
    }
    examples
}
