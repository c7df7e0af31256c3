//! Writes a history as a script that does the same.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::{Component, Path};
use std::sync::Arc;

use super::literal::{float_text, int_text, is_name, key_text, quoted};
use super::{History, Literal, Operation, SourceFile};

/// Version of the program, with the commit of a release build.
pub const VERSION: &str = match env!("OPTIMAP_COMMIT").is_empty() {
    true => env!("CARGO_PKG_VERSION"),
    false => concat!(env!("CARGO_PKG_VERSION"), " (", env!("OPTIMAP_COMMIT"), ")"),
};

/// Variable of a file that is read, without its number.
pub const SOURCE: &str = "source";

/// Variable of the file that is written.
pub const TARGET: &str = "target";

/// Longest line, if it can be broken.
const WIDTH: usize = 100;

/// Longest text of the history of a file that is repeated in the histories of its videos.
const MAX_RECORDED: usize = 64 << 10;

/// How the paths of files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// As they were given.
    Given,
    /// Without the folders, as far as the names differ.
    Names,
}

impl History {
    /// The script that does the same and ends with the value, or, if the last call returns
    /// nothing, with that call.
    pub fn script(&self, paths: Paths) -> String {
        if let Operation::Recorded(text) = self.operation() {
            return text.to_string();
        }
        let links = self.in_order();
        let mut users: HashMap<_, usize> = HashMap::new();
        for link in &links {
            let inputs = link.operation().inputs().into_iter().map(History::key);
            for input in inputs.collect::<HashSet<_>>() {
                *users.entry(input).or_default() += 1;
            }
        }
        let mut writer = ScriptWriter::new(paths, users);
        for link in &links {
            writer.write(link);
        }
        let name = &writer.names[&self.key()];
        if name.is_empty() {
            return writer.finish("");
        }
        let name = name.clone();
        writer.finish(&name)
    }
}

/// The script of a history, or one that fails if there is none.
pub fn text(history: Option<&History>, paths: Paths) -> String {
    let unknown =
        || format!("// optimap {VERSION}\nthrow \"it is not known how this video was made\";\n");
    history.map_or_else(unknown, |history| history.script(paths))
}

/// A value as an expression that needs no other statement and reads no file, if there is one.
pub fn expression(value: &Literal) -> Option<String> {
    let mut histories = Vec::new();
    value.histories(&mut histories);
    let is_call = |history: &&History| match history.operation() {
        Operation::Call { has_value, .. } => *has_value && history.in_order().len() == 1,
        _ => false,
    };
    if !histories.iter().all(is_call) {
        return None;
    }
    let mut writer = ScriptWriter::new(Paths::Given, HashMap::new());
    let text = writer.text(value);
    let is_complete =
        writer.obstacles.is_empty() && writer.sources.is_empty() && writer.target.is_none();
    is_complete.then_some(text)
}

/// Writes one statement after the other.
struct ScriptWriter {
    paths: Paths,
    /// Number of links that use a link.
    users: HashMap<*const (), usize>,
    /// Variables that hold the values of links; "" for a call without a value.
    names: HashMap<*const (), String>,
    n_names: usize,
    /// Files that are read, with the histories that were found in them.
    sources: Vec<(Arc<SourceFile>, Option<Arc<str>>)>,
    /// Path of the file that is written.
    target: Option<Arc<str>>,
    /// Why the script cannot be run.
    obstacles: Vec<String>,
    lines: String,
}

impl ScriptWriter {
    fn new(paths: Paths, users: HashMap<*const (), usize>) -> Self {
        Self {
            paths,
            users,
            names: HashMap::new(),
            n_names: 0,
            sources: Vec::new(),
            target: None,
            obstacles: Vec::new(),
            lines: String::new(),
        }
    }

    /// Writes the statements of a link whose inputs are written.
    fn write(&mut self, link: &History) {
        let operation = link.operation();
        if let Operation::Call {
            arguments,
            recorded: Some(text),
            ..
        } = operation
        {
            self.note_recorded(arguments, text);
        }
        let (target, is_new) = match self.free_input(operation) {
            _ if operation.returns_nothing() => (String::new(), false),
            Some(name) => (name, false),
            None => (self.new_name(), true),
        };
        let assignment = match (target.as_str(), is_new) {
            ("", _) => String::new(),
            (name, true) => format!("let {name} = "),
            (name, false) => format!("{name} = "),
        };
        match operation {
            Operation::Change { of, .. }
            | Operation::Metadata { of, .. }
            | Operation::Settings { of, .. } => {
                let of = self.text(of);
                if of != target {
                    let _ = writeln!(self.lines, "{assignment}{of};");
                }
                self.write_change(operation, &target);
            }
            _ => {
                let expression = self.expression(operation, assignment.len());
                let _ = writeln!(self.lines, "{assignment}{expression};");
            }
        }
        self.names.insert(link.key(), target);
    }

    fn write_change(&mut self, operation: &Operation, target: &str) {
        match operation {
            Operation::Change {
                index,
                operator,
                value,
                ..
            } => {
                let index = index
                    .as_ref()
                    .map(|index| format!("[{}]", self.text(index)));
                let (index, value) = (index.unwrap_or_default(), self.text(value));
                let _ = writeln!(self.lines, "{target}{index} {operator} {value};");
            }
            Operation::Metadata { fields, .. } => {
                for (name, value) in fields {
                    let value = match (name.as_str(), value, self.paths) {
                        ("source", Literal::Text(path), Paths::Names) => quoted(file_name(path)),
                        (_, value, _) => self.text(value),
                    };
                    let place = match name.as_str() {
                        "fps" | "pixel_size" | "comment" => name.clone(),
                        name if is_name(name) => format!("metadata.{name}"),
                        name => format!("metadata[{}]", quoted(name)),
                    };
                    let _ = writeln!(self.lines, "{target}.{place} = {value};");
                }
            }
            Operation::Settings { fields, .. } => {
                for (name, value) in fields {
                    let value = self.text(value);
                    let _ = writeln!(self.lines, "{target}.{name} = {value};");
                }
            }
            _ => {}
        }
    }

    /// Expression of an operation, behind `indent` characters.
    fn expression(&mut self, operation: &Operation, indent: usize) -> String {
        match operation {
            Operation::Call {
                function,
                arguments,
                positional,
                ..
            } => self.call(function, arguments, *positional, indent),
            Operation::Binary(operator, left, right) => {
                let (left, right) = (self.operand(left), self.operand(right));
                match operator.starts_with(char::is_alphabetic) {
                    true => format!("{operator}({left}, {right})"),
                    false => format!("{left} {operator} {right}"),
                }
            }
            Operation::Unary(operator, operand) => format!("{operator}{}", self.operand(operand)),
            Operation::Part { of, index } => {
                let (of, index) = (self.text(of), self.text(index));
                format!("{of}[{index}]")
            }
            Operation::Forgotten(links) => {
                let what = format!("the result of {links} calls, which are not kept");
                self.unwritable(&what)
            }
            Operation::Recorded(_) => self.unwritable("a video loaded without a script"),
            Operation::Change { .. } | Operation::Metadata { .. } | Operation::Settings { .. } => {
                unreachable!("written as statements")
            }
        }
    }

    fn call(
        &mut self,
        function: &str,
        arguments: &[(&str, Literal)],
        positional: usize,
        indent: usize,
    ) -> String {
        let mut parts = Vec::new();
        for (_, value) in &arguments[..positional] {
            parts.push(self.text(value));
        }
        let mut named = Vec::new();
        for (name, value) in &arguments[positional..] {
            named.push(format!("{name}: {}", self.text(value)));
        }
        if named.is_empty() {
            return format!("{function}({})", parts.join(", "));
        }
        parts.push("#{".to_owned());
        let before = format!("{function}({}", parts.join(", "));
        let line = format!("{before}{}}})", named.join(", "));
        if indent + line.chars().count() < WIDTH {
            return line;
        }
        format!("{before}\n{}}})", wrapped(&named))
    }

    fn operand(&mut self, value: &Literal) -> String {
        let text = self.text(value);
        match value.is_negative() {
            true => format!("({text})"),
            false => text,
        }
    }

    fn text(&mut self, value: &Literal) -> String {
        match value {
            Literal::Unit => "()".into(),
            Literal::Bool(flag) => flag.to_string(),
            Literal::Int(int) => int_text(*int),
            Literal::Float(float) => float_text(*float),
            Literal::Text(text) => quoted(text),
            Literal::Path(path) => {
                self.target = Some(path.clone());
                TARGET.into()
            }
            Literal::File(file) => self.source_name(file),
            Literal::Range(start, None) => format!("{}..", int_text(*start)),
            Literal::Range(start, Some(end)) => format!("{}..{}", int_text(*start), int_text(*end)),
            Literal::RangeInclusive(start, end) => {
                format!("{}..={}", int_text(*start), int_text(*end))
            }
            Literal::Array(values) => format!("[{}]", self.texts(values)),
            Literal::Map(fields) => {
                let mut texts = Vec::new();
                for (key, value) in fields {
                    texts.push(format!("{}: {}", key_text(key), self.text(value)));
                }
                format!("#{{{}}}", texts.join(", "))
            }
            Literal::Video(Some(history)) => match self.names.get(&history.key()) {
                Some(name) => name.clone(),
                None => self.expression(history.operation(), 0),
            },
            Literal::Video(None) => {
                self.unwritable("a video of which it is not known how it was made")
            }
            Literal::Made(function, values) => format!("{function}({})", self.texts(values)),
            Literal::Unwritable(what) => self.unwritable(what),
        }
    }

    fn texts(&mut self, values: &[Literal]) -> String {
        let mut texts = Vec::new();
        for value in values {
            texts.push(self.text(value));
        }
        texts.join(", ")
    }

    /// Comment in place of a value, for which the script cannot be run.
    fn unwritable(&mut self, what: &str) -> String {
        if !self.obstacles.iter().any(|known| known == what) {
            self.obstacles.push(what.to_owned());
        }
        format!("() /* {} */", what.replace("*/", "* /"))
    }

    /// Variable of a file that is read.
    fn source_name(&mut self, file: &Arc<SourceFile>) -> String {
        let known = self.sources.iter().position(|(known, _)| known == file);
        let at = known.unwrap_or_else(|| {
            self.sources.push((file.clone(), None));
            self.sources.len() - 1
        });
        format!("{SOURCE}{}", at + 1)
    }

    fn note_recorded(&mut self, arguments: &[(&str, Literal)], text: &Arc<str>) {
        for (_, value) in arguments {
            if let Literal::File(file) = value {
                self.source_name(file);
                let mut sources = self.sources.iter_mut();
                if let Some((_, recorded)) = sources.find(|(known, _)| known == file) {
                    *recorded = Some(text.clone());
                }
            }
        }
    }

    /// Variable of the first input that nothing else uses: it can take the result.
    fn free_input(&self, operation: &Operation) -> Option<String> {
        let inputs = operation.inputs();
        let first = match operation {
            // Only what is changed can stay in its place.
            Operation::Change { of, .. }
            | Operation::Metadata { of, .. }
            | Operation::Settings { of, .. } => match of {
                Literal::Video(history) => history.as_ref(),
                _ => None,
            },
            _ => inputs.into_iter().find(|input| self.is_free(input)),
        };
        let free = first.filter(|input| self.is_free(input))?;
        Some(self.names[&free.key()].clone())
    }

    fn is_free(&self, input: &History) -> bool {
        self.users.get(&input.key()) == Some(&1)
    }

    /// `a` to `z`, then `v27`.
    fn new_name(&mut self) -> String {
        self.n_names += 1;
        match u8::try_from(self.n_names) {
            Ok(number @ 1..=26) => char::from(b'a' + number - 1).to_string(),
            _ => format!("v{}", self.n_names),
        }
    }

    /// The whole script, which ends with a value.
    fn finish(self, value: &str) -> String {
        let mut script = format!("// optimap {VERSION}\n");
        if !self.obstacles.is_empty() {
            let what = self.obstacles.join("; ");
            let message = format!("this history cannot be run again: it needs {what}");
            let _ = writeln!(script, "throw {};", quoted(&message));
        }
        let names = match self.paths {
            Paths::Given => {
                let given = self
                    .sources
                    .iter()
                    .map(|(file, _)| with_slashes(&file.path));
                given.collect()
            }
            Paths::Names => short_names(&self.sources),
        };
        for (number, ((file, _), name)) in (1..).zip(self.sources.iter().zip(&names)) {
            let (name, facts) = (quoted(name), file.text());
            let _ = writeln!(script, "let {SOURCE}{number} = {name}; // {facts}");
        }
        if let Some(target) = &self.target {
            let target = match self.paths {
                Paths::Given => target,
                Paths::Names => file_name(target),
            };
            let _ = writeln!(script, "let {TARGET} = {};", quoted(target));
        }
        for ((_, recorded), name) in self.sources.iter().zip(&names) {
            if let Some(text) = recorded {
                let _ = writeln!(script, "// How {} was made:", quoted(name));
                script += &commented(text);
            }
        }
        script += &self.lines;
        if !value.is_empty() {
            let _ = writeln!(script, "{value}");
        }
        script
    }
}

impl Operation {
    /// Whether it is a call without a value.
    fn returns_nothing(&self) -> bool {
        match self {
            Self::Call { has_value, .. } => !has_value,
            _ => false,
        }
    }
}

/// Named arguments in lines.
fn wrapped(named: &[String]) -> String {
    let mut lines = String::new();
    let mut line = String::from("   ");
    for part in named {
        if line.chars().count() + part.chars().count() + 2 > WIDTH && line.len() > 3 {
            let _ = writeln!(lines, "{line}");
            line = String::from("   ");
        }
        let _ = write!(line, " {part},");
    }
    let _ = writeln!(lines, "{line}");
    lines
}

/// A script as comments, as far as it is not too long.
fn commented(script: &str) -> String {
    let mut text = String::new();
    // A lone carriage return would end a comment.
    let mut lines = script.split(['\n', '\r']).filter(|line| !line.is_empty());
    for line in lines.by_ref() {
        if text.len() + line.len() > MAX_RECORDED {
            let rest = 1 + lines.count();
            let _ = writeln!(text, "//     … {rest} more lines");
            break;
        }
        let _ = writeln!(text, "//     {line}");
    }
    text
}

fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

pub(super) fn with_slashes(path: &Path) -> String {
    let text = path.display().to_string();
    match cfg!(windows) && !text.starts_with(r"\\?\") {
        true => text.replace('\\', "/"),
        false => text,
    }
}

/// The last parts of paths, as many as tell them from each other.
fn short_names(sources: &[(Arc<SourceFile>, Option<Arc<str>>)]) -> Vec<String> {
    let end = |path: &Path, len: usize| {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        parts[parts.len().saturating_sub(len)..].join("/")
    };
    let name = |(file, _): &(Arc<SourceFile>, _)| {
        let others = sources.iter().map(|(other, _)| other);
        let others: Vec<_> = others.filter(|other| other.path != file.path).collect();
        let depth = file.path.components().count();
        let is_own = |len: &usize| {
            let own = end(&file.path, *len);
            others.iter().all(|other| end(&other.path, *len) != own)
        };
        let len = (1..depth).find(is_own).unwrap_or(depth);
        end(&file.path, len)
    };
    sources.iter().map(name).collect()
}
