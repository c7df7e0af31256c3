//! Completion of what is being typed, from the builtin table and the session's variables.

use super::builtin::Builtin;
use super::colormap::COLORMAP_MEMBERS;
use super::context::Context;
use super::frames::FRAMES_MEMBERS;
use super::importer::IMPORTER_MEMBERS;
use super::register::CONSTANTS;
use super::scan::{Inside, Scan};
use super::types::{DESCRIPTION_MEMBERS, PLAYER_MEMBERS, VIDEO_MEMBERS};
use super::value::Type;

/// What could stand at the cursor instead of the word before it.
#[derive(Debug, Default, PartialEq)]
pub struct Completion {
    /// The byte at which the word begins.
    pub start: usize,
    /// The candidates, sorted.
    pub candidates: Vec<String>,
}

const KEYWORDS: &[&str] = &[
    "break", "catch", "const", "continue", "else", "export", "false", "fn", "for", "if", "import",
    "in", "let", "loop", "print", "return", "switch", "this", "throw", "true", "try", "while",
];

/// Completes the end of `text`; `variables` are those of the session.
pub fn complete(text: &str, variables: &[String], context: &Context) -> Completion {
    let scan = Scan::of(text);
    if scan.inside != Inside::Code {
        return Completion::default();
    }
    let start = text
        .rfind(|c: char| !is_name(c))
        .map_or(0, |at| at + char_len(text, at));
    let (before, word) = text.split_at(start);
    let mut candidates: Vec<String> = if let Some(path) = before.strip_suffix("::") {
        module_functions(path, context)
    } else if before.ends_with('.') && !before.ends_with("..") {
        methods(context)
    } else {
        match option_of(text, &scan, context) {
            Some(builtin) => unused_options(builtin, text, &scan),
            None => names(variables, context),
        }
    };
    candidates.retain(|candidate| candidate.starts_with(word));
    candidates.sort();
    candidates.dedup();
    Completion { start, candidates }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn names(variables: &[String], context: &Context) -> Vec<String> {
    let builtins = context
        .builtins()
        .map(|builtin| format!("{}(", builtin.name));
    let modules = context
        .libraries()
        .iter()
        .map(|library| library.name.clone());
    let keywords = KEYWORDS.iter().map(|keyword| (*keyword).to_owned());
    let constants = CONSTANTS.iter().map(|(name, _)| (*name).to_owned());
    builtins
        .chain(modules)
        .chain(constants)
        .chain(keywords)
        .chain(variables.iter().cloned())
        .collect()
}

fn module_functions(path: &str, context: &Context) -> Vec<String> {
    let name = path.rsplit(|c| !is_name(c)).next().unwrap_or_default();
    let library = context
        .libraries()
        .iter()
        .find(|library| library.name == name);
    let functions = library.into_iter().flat_map(|library| &library.functions);
    functions
        .map(|function| format!("{}(", function.name))
        .collect()
}

/// Properties and the functions that take a video, a player or an importer first.
fn methods(context: &Context) -> Vec<String> {
    let members = VIDEO_MEMBERS.iter().map(|member| member.name);
    let members = members.chain(PLAYER_MEMBERS.iter().map(|member| member.name));
    let members = members.chain(DESCRIPTION_MEMBERS.iter().map(|member| member.name));
    let members = members.chain(FRAMES_MEMBERS.iter().map(|member| member.name));
    let members = members.chain(IMPORTER_MEMBERS.iter().map(|member| member.name));
    let members = members.chain(COLORMAP_MEMBERS.iter().map(|member| member.name));
    let takes_video = |builtin: &&Builtin| {
        builtin
            .params
            .first()
            .is_some_and(|param| has_methods(&param.ty))
    };
    let functions = context.builtins().filter(takes_video);
    members
        .map(str::to_owned)
        .chain(functions.map(|b| format!("{}(", b.name)))
        .collect()
}

fn has_methods(ty: &Type) -> bool {
    match ty {
        Type::Video | Type::Operand | Type::Player | Type::Importer => true,
        Type::Either(one, other) => has_methods(one) || has_methods(other),
        _ => false,
    }
}

/// The builtin in whose option map the cursor stands, at the place of a name.
fn option_of<'a>(text: &str, scan: &Scan, context: &'a Context) -> Option<&'a Builtin> {
    let [.., call, map] = scan.brackets[..] else {
        return None;
    };
    let at_name = text[map.after..].trim_end_matches(is_name).trim_end();
    let at_name = at_name.is_empty() || at_name.ends_with(',');
    if (call.kind, map.kind) != ('(', '#') || !at_name {
        return None;
    }
    let name = text[..call.after - 1]
        .trim_end()
        .rsplit(|c| !is_name(c))
        .next()?;
    context.builtin(name)
}

fn unused_options(builtin: &Builtin, text: &str, scan: &Scan) -> Vec<String> {
    let map = scan.brackets.last().map_or("", |map| &text[map.after..]);
    let is_used = |name: &str| {
        map.split(',').any(|entry| {
            entry.split(':').next().map(str::trim) == Some(name) && entry.contains(':')
        })
    };
    let unused = builtin
        .params
        .iter()
        .filter(|param| param.default.is_some() && !is_used(param.name));
    unused.map(|param| format!("{}: ", param.name)).collect()
}
