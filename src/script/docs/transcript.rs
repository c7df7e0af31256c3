//! Entries of the prompt as a script.

use rhai::{ASTNode, Expr, FnCallExpr, Stmt};

use super::window_lines::{opens_window, with_window_lines};
use crate::script::call::context::{Context, PromptEntry};
use crate::script::call::register::LAST;
use crate::script::call::value::{Type, has_paths};
use crate::script::host::player_notes::PlayerNote;
use crate::script::language::dialect::{self, plain_name, used_name};
use crate::script::language::lexer::{LexState, Lexer};
use crate::script::language::lookup::function_text;

/// Builtins that only print.
const PRINTING: &[&str] = &["explain", "help", "history", "preview", "print_properties"];

/// Name of the last value in the script, unless an entry uses it.
const NAME: &str = "last";

/// Beginning of the comment for a change of the folder.
pub const FOLDER_COMMENT: &str = "// cd ";

/// Whether a session has changed its folder.
pub fn changes_folder(entries: &[PromptEntry]) -> bool {
    let mut texts = entries.iter().map(|entry| &entry.text);
    texts.any(|text| text.starts_with(FOLDER_COMMENT))
}

/// Script with the effect of the entries; only the last definition of a function is kept, and no
/// entry that only shows something, unless the last value comes from it.
pub fn transcript(entries: &[PromptEntry], context: &Context) -> String {
    let mut entries = entries.to_vec();
    entries.push(PromptEntry {
        text: String::new(),
        has_value: false,
        functions: Vec::new(),
        is_definition: false,
        before: context.player_notes().pending.clone(),
        after: Vec::new(),
    });
    let entries = &with_window_lines(&needed(&entries, context), context);
    let mut text = String::from("// A session of optimap, saved as a script.\n");
    let name = free_name(entries);
    // The entry whose value is the last one.
    let mut valued: Option<usize> = None;
    let mut codes: Vec<String> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let entry = &without_replaced(entry, &entries[at + 1..]);
        let (code, uses_last) = with_last_named(&entry.text, &name);
        if let Some(valued) = valued.take_if(|_| uses_last) {
            codes[valued] = with_value_named(&codes[valued], &name);
        }
        if entry.has_value {
            valued = Some(at);
        }
        codes.push(finished(code, entry));
    }
    for code in codes.iter().filter(|code| !code.is_empty()) {
        text += code;
        text.push('\n');
    }
    text
}

/// The entries without those that change nothing and whose values nobody uses.
fn needed(entries: &[PromptEntry], context: &Context) -> Vec<PromptEntry> {
    let uses_last = |entry: &PromptEntry| with_last_named(&entry.text, NAME).1;
    let mut needed: Vec<PromptEntry> = Vec::new();
    // What windows changed before and after entries that are left out.
    let mut notes: Vec<PlayerNote> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        // An entry without a value leaves the last value as it was.
        let next = entries[at + 1..].iter();
        let mut users = next.take_while(|next| !next.has_value || uses_last(next));
        let is_used = match entry.has_value {
            true => {
                users.any(uses_last)
                    || is_result(at, entries, context)
                    || has_picture(&entries[at + 1..])
            }
            false => false,
        };
        if is_used || !only_shows(&entry.text, context) {
            let mut entry = entry.clone();
            notes.append(&mut entry.before);
            entry.before = std::mem::take(&mut notes);
            needed.push(entry);
        } else {
            let all = entry.before.iter().chain(&entry.after).cloned();
            notes.extend(all.filter(|note| !note.place.starts_with(LAST)));
        }
    }
    needed
}

/// Whether the window of the last value saved a picture before there was another.
fn has_picture(later: &[PromptEntry]) -> bool {
    let next = later.iter().position(|next| next.has_value);
    let until = &later[..next.map_or(later.len(), |next| next + 1)];
    let mut notes = until.iter().flat_map(|entry| &entry.before);
    notes.any(|note| note.picture.is_some() && note.place.starts_with(LAST))
}

/// Whether the value of an entry is the last of the session, and not just a window.
fn is_result(at: usize, entries: &[PromptEntry], context: &Context) -> bool {
    let is_last = !entries[at + 1..].iter().any(|next| next.has_value);
    is_last && !opens_window(&entries[at].text, context)
}

/// Whether an entry is one expression that changes nothing: all that it calls is builtins that only
/// compute or print.
fn only_shows(text: &str, context: &Context) -> bool {
    let Ok(ast) = dialect::parse(text) else {
        return false;
    };
    let [Stmt::Expr(_) | Stmt::FnCall(..)] = ast.statements() else {
        return false;
    };
    let mut is_pure = !ast.has_functions();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        is_pure &= match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                | ASTNode::Stmt(Stmt::FnCall(call, _)),
            ) => is_pure_call(call, context),
            Some(ASTNode::Expr(Expr::Stmt(_) | Expr::Custom(..))) => false,
            Some(ASTNode::Stmt(Stmt::Expr(_))) | Some(ASTNode::Expr(_)) | None => true,
            Some(_) => false,
        };
        is_pure
    });
    is_pure
}

pub(super) fn is_pure_call(call: &FnCallExpr, context: &Context) -> bool {
    let name = plain_name(&call.name);
    if !name.starts_with(char::is_alphabetic) {
        return true;
    }
    // In the script, there would be no session to save.
    if name == "save_session" {
        return true;
    }
    // A plain array has methods of these names that change it.
    if used_name(name).is_some() {
        return false;
    }
    let Some(builtin) = context.builtin(name) else {
        return false;
    };
    let has_files = builtin.params.iter().any(|param| has_paths(&param.ty));
    match builtin.returns {
        Type::Unit => PRINTING.contains(&name),
        Type::Progress | Type::Any => false,
        _ => !has_files,
    }
}

/// A name for the last value that no entry uses.
fn free_name(entries: &[PromptEntry]) -> String {
    let is_used = |name: &str| {
        let mut texts = entries.iter().map(|entry| &entry.text);
        texts.any(|text| words(text).any(|word| word == name))
    };
    let mut name = NAME.to_owned();
    let mut number = 1;
    while is_used(&name) {
        number += 1;
        name = format!("{NAME}_{number}");
    }
    name
}

/// Code that names the value of its last statement.
fn with_value_named(code: &str, name: &str) -> String {
    match last_expression(code) {
        Some(offset) => {
            let (before, last) = code.split_at(offset);
            format!("{before}let {name} = {last}")
        }
        None => code.to_owned(),
    }
}

/// Offset of the last statement of a code, if it is an expression.
fn last_expression(code: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut starts = vec![0];
    for (range, inside) in Lexer::pieces(code) {
        if inside != LexState::Code {
            continue;
        }
        for (at, char) in code[range.clone()].char_indices() {
            match char {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(char, ';' | '}') {
                starts.push(range.start + at + 1);
            }
        }
    }
    let starts = starts.into_iter().rev().map(|start| {
        let rest = &code[start..];
        start + rest.len() - rest.trim_start().len()
    });
    let is_expression = |start: &usize| {
        let Ok(ast) = dialect::parse(&code[*start..]) else {
            return false;
        };
        let [statement] = ast.statements() else {
            return false;
        };
        !matches!(
            statement,
            Stmt::Var(..) | Stmt::Assignment(..) | Stmt::Import(..)
        )
    };
    starts.into_iter().find(is_expression)
}

/// Words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
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
    if !is_closed && !code.is_empty() {
        let ends_in_comment = Lexer::of(&code).inside == LexState::LineComment;
        code += if ends_in_comment { "\n;" } else { ";" };
    }
    code
}

/// Code with a valid name for the last value, and whether it uses it.
fn with_last_named(text: &str, name: &str) -> (String, bool) {
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
            named += if word == LAST { name } else { word };
            rest = after;
        }
    }
    (named, uses_last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Settings;
    use crate::task::Job;

    /// The script of entries, without knowing any builtin.
    fn saved(entries: &[PromptEntry]) -> String {
        let settings = Settings {
            print: Box::new(|_| ()),
            windows: None,
            interactive: false,
        };
        transcript(entries, &Context::new(settings, &[], Job::new()))
    }

    fn entry(text: &str, has_value: bool, functions: &[&str]) -> PromptEntry {
        PromptEntry {
            text: text.into(),
            has_value,
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
            is_definition: text.starts_with("fn") && text.ends_with('}'),
            before: Vec::new(),
            after: Vec::new(),
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
        let text = saved(&entries);
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

    #[test]
    fn the_value_of_the_last_statement_is_named() {
        let after = |text: &str| {
            let entries = [
                entry("1", true, &[]),
                entry(text, true, &[]),
                entry("_ + 1", true, &[]),
            ];
            let text = saved(&entries);
            text.lines().nth(1).unwrap().to_owned()
        };
        for (text, named) in [
            ("let a = 2; a * 3", "let a = 2; let last = a * 3;"),
            (
                "let a = [1; 2]; \"a;b\".len()",
                "let a = [1; 2]; let last = \"a;b\".len();",
            ),
            (
                "if a > 1 { 5 } else { 6 }",
                "let last = if a > 1 { 5 } else { 6 };",
            ),
            ("if a > 1 { b = 5; } a", "if a > 1 { b = 5; } let last = a;"),
            ("#{a: 1}.a", "let last = #{a: 1}.a;"),
            (
                "f(|x| { x; 1 }); v.g(|x| { x })",
                "f(|x| { x; 1 }); let last = v.g(|x| { x });",
            ),
            ("fn f(x) { x } f(2)", "fn f(x) { x } let last = f(2);"),
            (
                "import \"waves\" as w; w::f(2)",
                "import \"waves\" as w; let last = w::f(2);",
            ),
            ("a = 1; a", "a = 1; let last = a;"),
        ] {
            assert_eq!(after(text), named);
        }
    }

    #[test]
    fn entries_that_only_show_something_are_left_out() {
        let entries = [
            entry("let a = [1]", false, &[]),
            entry("a[0] + 1", true, &[]),
            entry("a.push(2)", true, &[]),
            entry("a", true, &[]),
            entry("print(_)", false, &[]),
            entry("a.len", true, &[]),
            entry("let b = 2", false, &[]),
        ];
        let text = saved(&entries);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let expected = [
            "let a = [1];",
            "a.push(2);",
            "let last = a;",
            "print(last);",
            "a.len;",
            "let b = 2;",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn values_stay_the_last_until_there_are_others() {
        let entries = [
            entry("let a = 1; a + 1", true, &[]),
            entry("let b = _ * 2", false, &[]),
            entry("_ * 3", true, &[]),
            entry("print(_)", false, &[]),
        ];
        let text = saved(&entries);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let expected = [
            "let a = 1; let last = a + 1;",
            "let b = last * 2;",
            "let last = last * 3;",
            "print(last);",
        ];
        assert_eq!(lines, expected);
        // A name of the user is not taken.
        let entries = [
            entry("let last = 5; last", true, &[]),
            entry("_ + last", true, &[]),
        ];
        let text = saved(&entries);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            ["let last = 5; let last_2 = last;", "last_2 + last;"]
        );
    }
}
