//! Look-up of words in names and documentation, of the source of script functions, and of the
//! documentation of the user's modules and functions.

use super::hints::words::{FOREIGN_NAMES, ForeignName};
use super::lexer::Lexer;
use crate::error::{Error, Result};
use crate::script::call::context::Context;
use crate::script::docs::{Library, help, library_help, section, text_of};
use crate::script::host::modules::stdlib;

/// Functions whose name, parameters or documentation contain a word, one line each: first the
/// equivalents of a foreign function of that name, then functions of that name.
pub fn search(context: &Context, word: &str) -> Result<String> {
    let word = word.to_lowercase();
    let known: Vec<&ForeignName> = FOREIGN_NAMES
        .iter()
        .filter(|known| known.is_about(&word))
        .collect();
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for builtin in context.builtins() {
        let mut text = format!("{} {}", builtin.name, text_of(builtin));
        for param in builtin.params {
            text += &format!(" {} {} {}", param.name, param.alias, param.doc);
        }
        entries.push((builtin.name.into(), builtin.summary().into(), text));
    }
    let imported = context.imported();
    let libraries = context
        .libraries()
        .iter()
        .chain(imported.iter().map(|library| &**library));
    for library in libraries {
        entries.push((
            library.name.clone(),
            library.summary().into(),
            library.doc.clone(),
        ));
        for function in &library.functions {
            let name = format!("{}::{}", library.name, function.name);
            entries.push((name, function.summary().into(), function.doc.clone()));
        }
    }
    let is_meant = |name: &str| known.iter().any(|known| known.functions.contains(&name));
    entries.retain(|(name, _, text)| {
        let is_named = name.to_lowercase().contains(&word) || text.to_lowercase().contains(&word);
        is_named || is_meant(name)
    });
    entries.sort_by_key(|(name, ..)| (!is_meant(name), !name.to_lowercase().contains(&word)));
    if entries.is_empty() {
        return Err(
            Error::new(format!("no help found for `{word}`")).hint("help() lists all functions")
        );
    }
    let mut text = String::new();
    let lines = entries
        .iter()
        .map(|(name, summary, _)| (name.as_str(), summary.as_str()));
    section(&mut text, &format!("About \"{word}\""), lines);
    for known in known {
        text += &format!("{}\n", known.hint);
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// Text of a script function; for a builtin, its help.
pub fn source(context: &Context, name: &str) -> Result<String> {
    let short = name.rsplit("::").next().unwrap_or(name);
    let module = name
        .strip_suffix(short)
        .map_or("", |module| module.trim_end_matches("::"));
    let own = context.sources_newest_first();
    let mut own = own.iter().map(|(_, text)| text.as_str());
    let standard = stdlib().filter(|(name, _)| module.is_empty() || *name == module);
    let mut standard = standard.map(|(_, text)| text);
    let found = own.find_map(|text| function_text(text, short));
    match found.or_else(|| standard.find_map(|text| function_text(text, short))) {
        Some(text) => Ok(text.to_owned() + "\n"),
        None if context.builtin(name).is_some() => Ok(format!(
            "`{name}` is built into the program.\n\n{}",
            help(context, name)?
        )),
        None => help(context, name),
    }
}

/// A function with the comments before it, cut out of a script.
pub(in crate::script) fn function_text<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.find(&format!("fn {name}("))?;
    let body = text[head..].find('{')? + head;
    let pairs = Lexer::of(text).pairs;
    let (_, end) = pairs.iter().find(|(open, _)| *open == body)?;
    let mut start = text[..head].rfind('\n').map_or(0, |at| at + 1);
    while let Some(line) = text[..start].lines().next_back()
        && line.trim_start().starts_with("//")
        && !line.trim_start().starts_with("//!")
    {
        start = line.as_ptr() as usize - text.as_ptr() as usize;
    }
    Some(&text[start..=*end])
}

/// Help on a module that the user has imported, or on a function of a module or script.
pub(in crate::script) fn user_help(context: &Context, name: &str) -> Option<String> {
    let imported = context.imported();
    if let Some(library) = imported.iter().find(|library| library.name == name) {
        return Some(library_help(library));
    }
    let (module, short) = name.rsplit_once("::").unwrap_or(("", name));
    let find = |library: &Library| {
        let function = library
            .functions
            .iter()
            .find(|function| function.name == short)?;
        Some(format!(
            "{}\n\n{}\n",
            function.signature(library),
            function.doc
        ))
    };
    let mut libraries = imported.iter();
    let found = libraries.find_map(|library| {
        let is_meant = module.is_empty() || library.name == module;
        is_meant.then(|| find(library)).flatten()
    });
    found.or_else(|| {
        let functions = context.script_functions();
        let function = functions.iter().find(|function| function.name == name)?;
        Some(format!(
            "{}({})\n\n{}\n",
            name,
            function.params.join(", "),
            function.doc
        ))
    })
}

/// Imported modules of the user, one line each.
pub(in crate::script) fn user_overview(text: &mut String, context: &Context) {
    let imported = context.imported();
    if !imported.is_empty() {
        let lines = imported
            .iter()
            .map(|library| (library.name.as_str(), library.summary()));
        section(text, "Your modules", lines);
    }
}

#[cfg(test)]
mod tests {
    use super::function_text;

    #[test]
    fn functions_are_cut_out_with_their_comments() {
        let text =
            "//! Module.\n\n/// Doubles.\nfn twice(n) {\n  if n { 1 }\n  2 * n\n}\nfn other() {}\n";
        let found = function_text(text, "twice").unwrap();
        assert_eq!(
            found,
            "/// Doubles.\nfn twice(n) {\n  if n { 1 }\n  2 * n\n}"
        );
        assert_eq!(function_text(text, "other"), Some("fn other() {}"));
        assert_eq!(function_text(text, "none"), None);
    }
}
