//! Entries of the prompt as a script.

use crate::script::call::context::PromptEntry;
use crate::script::call::register::LAST;
use crate::script::language::lexer::{LexState, Lexer};
use crate::script::language::lookup::function_text;

/// Name of the last value in the script.
const NAME: &str = "last";

/// Script with the effect of the entries; only the last definition of a function is kept.
pub fn transcript(entries: &[PromptEntry]) -> String {
    let mut text = String::from("// A session of optimap, saved as a script.\n");
    let mut named: Option<usize> = None;
    let mut lines: Vec<String> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let entry = &without_replaced(entry, &entries[at + 1..]);
        if entry.text.is_empty() {
            lines.push(String::new());
            continue;
        }
        let (code, uses_last) = with_last_named(&entry.text);
        if let Some(named) = named.filter(|_| uses_last)
            && !lines[named].starts_with("let ")
        {
            lines[named] = format!("let {NAME} = {}", lines[named]);
        }
        if entry.has_value {
            named = Some(at);
        }
        lines.push(finished(code, entry));
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        text += line;
        text.push('\n');
    }
    text
}

/// Entry without the functions that later entries redefine.
fn without_replaced(entry: &PromptEntry, later: &[PromptEntry]) -> PromptEntry {
    let mut entry = entry.clone();
    for name in &entry.functions {
        if later.iter().any(|later| later.functions.contains(name))
            && let Some(function) = function_text(&entry.text, name)
        {
            entry.text = entry.text.replacen(function, "", 1);
        }
    }
    let text = entry.text.trim_start_matches([';', ' ', '\n']);
    entry.text = text.trim_end().to_owned();
    entry
}

/// Statement that others can follow.
fn finished(mut code: String, entry: &PromptEntry) -> String {
    let is_closed = code.ends_with(';') || entry.is_definition;
    if !is_closed {
        let ends_in_comment = Lexer::of(&code).inside == LexState::LineComment;
        code += if ends_in_comment { "\n;" } else { ";" };
    }
    code
}

/// Code with a valid name for the last value, and whether it uses it.
fn with_last_named(text: &str) -> (String, bool) {
    let (mut named, mut uses_last) = (String::new(), false);
    for (range, inside) in Lexer::pieces(text) {
        let piece = &text[range];
        if inside != LexState::Code || text.contains("switch") {
            named += piece;
            continue;
        }
        let mut rest = piece;
        while !rest.is_empty() {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let is_word = rest.starts_with(is_name);
            let end = rest.find(|c| is_name(c) != is_word).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            uses_last |= word == LAST;
            named += if word == LAST { NAME } else { word };
            rest = after;
        }
    }
    (named, uses_last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, has_value: bool, functions: &[&str]) -> PromptEntry {
        PromptEntry {
            text: text.into(),
            has_value,
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
            is_definition: text.starts_with("fn") && text.ends_with('}'),
        }
    }

    #[test]
    fn entries_become_statements() {
        let entries = [
            entry("fn f(x) { x }", false, &["f"]),
            entry("fn f(x) { x }; let v = 2", false, &["f"]),
            entry("v + 1 // more", true, &[]),
            entry("fn f(x) { 2 * x }", false, &["f"]),
            entry("f(_) + \"_\".len() + a_b", true, &[]),
        ];
        let text = transcript(&entries);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "let v = 2;",
                "let last = v + 1 // more",
                ";",
                "fn f(x) { 2 * x }",
                "f(last) + \"_\".len() + a_b;"
            ]
        );
    }
}
