//! Finds code without effect: unused results, changes of copies, divisions taken for comments.

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Position, Stmt};

use super::complete::type_before;
use super::lexer::{LexState, Lexer};
use super::source_text::{enclosing_function, is_name, position_of, span};
use crate::error::Error;
use crate::script::call::builtin::Builtin;
use crate::script::call::context::Context;
use crate::script::call::value::{Type, has_paths};

/// A script to check.
pub struct EffectCheck<'a> {
    /// Text.
    pub text: &'a str,
    /// Syntax tree of the text.
    pub ast: &'a AST,
    /// Builtins.
    pub context: &'a Context,
    /// Values of existing variables.
    pub variables: &'a dyn Fn(&str) -> Option<Dynamic>,
}

/// Use of the value of a statement.
#[derive(PartialEq)]
enum Fate {
    /// It is the value of its block.
    Used,
    /// It is the value of the whole script, which the prompt shows.
    Shown,
    /// It is not used.
    Dropped,
}

/// Builtins with the names of methods that change plain arrays and strings.
const AMBIGUOUS: &[&str] = &["crop", "pad", "shift", "sort"];

/// Methods that are called only to change a plain array, map or string.
const CHANGING: &[&str] = &["append", "fill_with", "insert", "mixin", "push", "set"];

/// Properties whose change is visible outside, as players are shared.
const SHARED: &[&str] = &[
    "every_frame",
    "frame",
    "looping",
    "playing",
    "speed",
    "step",
];

impl EffectCheck<'_> {
    /// Code without effect, in the order of the script.
    pub fn without_effect(&self) -> Vec<(Error, Position)> {
        let mut found = floor_divisions(self.text);
        self.ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(statement)) = path.last() {
                found.extend(self.unused(statement));
                found.extend(self.changed_copy(statement));
            }
            true
        });
        found.sort_by_key(|(_, position)| (position.line(), position.position()));
        found.dedup_by_key(|(_, position)| *position);
        found
    }

    /// A statement whose only effect would be its value.
    fn unused(&self, statement: &Stmt) -> Option<(Error, Position)> {
        let (call, position, is_method) = match statement {
            Stmt::FnCall(call, position) => (call, *position, false),
            Stmt::Expr(expr) => match last_of_chain(expr) {
                Expr::FnCall(call, position) => (call, *position, false),
                Expr::MethodCall(call, position) => (call, *position, true),
                _ => return None,
            },
            _ => return None,
        };
        let fate = || Some(self.fate(span(self.text, position)?.start));
        let name = call.name.as_str();
        let error = Error::new(format!("the result of `{name}` is not used"));
        if call.is_operator_call() {
            let is_meant = name == "==" && fate()? == Fate::Dropped;
            let error = error.hint("assign a value with =");
            return is_meant.then_some((error, position));
        }
        let is_own = self
            .ast
            .iter_functions()
            .any(|function| function.name == name);
        let builtin = self
            .context
            .builtin(name)
            .filter(|builtin| has_no_effect(builtin))?;
        let is_dropped = match fate()? {
            Fate::Dropped => true,
            // It is shown, but users who end a script so may believe that it changes the video.
            Fate::Shown => matches!(builtin.returns, Type::Video),
            Fate::Used => false,
        };
        let is_plain = call.namespace.is_empty() && !is_own;
        if !is_dropped || !is_plain || !self.is_builtin(call, position, is_method) {
            return None;
        }
        let hint = match builtin.returns {
            Type::Video => format!(
                "`{name}` returns a new array and does not change its argument: v = v.{name}(…);"
            ),
            _ => format!("store it with let x = {name}(…); or show it with print({name}(…));"),
        };
        Some((error.hint(hint), position))
    }

    /// Use of the value of the statement at an offset.
    fn fate(&self, offset: usize) -> Fate {
        let end = end_of_statement(self.text, offset);
        if !self.text[..end].ends_with(';') || is_in_closure(&self.text[..offset]) {
            return Fate::Used;
        }
        let mut rest = Lexer::pieces(&self.text[end..]).into_iter();
        let code = rest.find_map(|(range, inside)| {
            let piece = self.text[end..][range].trim_start();
            let is_code = !matches!(inside, LexState::LineComment | LexState::BlockComment(_));
            (is_code && !piece.is_empty()).then_some(piece)
        });
        match code {
            None => Fate::Shown,
            // The value of the last statement is that of its block, unless that is a loop.
            Some(code) if code.starts_with('}') => {
                let block = Lexer::of(&self.text[..offset]).brackets.pop();
                let head = block.map_or("", |block| head(&self.text[..block.after - 1]));
                match repeats(head) {
                    true => Fate::Dropped,
                    false => Fate::Used,
                }
            }
            Some(_) => Fate::Dropped,
        }
    }

    /// Whether a call is one of the builtin, not of the method of that name that changes plain
    /// arrays or strings.
    pub(in crate::script) fn is_builtin(
        &self,
        call: &FnCallExpr,
        position: Position,
        is_method: bool,
    ) -> bool {
        if !AMBIGUOUS.contains(&call.name.as_str()) {
            return true;
        }
        let start = span(self.text, position).map_or(0, |name| name.start);
        let end = match (is_method, call.args.first()) {
            (true, _) => self.text[..start]
                .trim_end()
                .strip_suffix('.')
                .map(str::len),
            (false, Some(Expr::Variable(_, _, position))) => {
                span(self.text, *position).map(|name| name.end)
            }
            _ => None,
        };
        let ty = end.map(|end| type_before(&self.text[..end], self.variables, self.context));
        matches!(ty, Some(Type::Video))
    }

    /// A function parameter that is changed and not used afterwards.
    fn changed_copy(&self, statement: &Stmt) -> Option<(Error, Position)> {
        let (name, position) = match statement {
            Stmt::Assignment(parts) => changed_variable(&parts.1.lhs)?,
            Stmt::Expr(expr) => match &**expr {
                Expr::Dot(parts, ..) => match (&parts.lhs, &parts.rhs) {
                    (Expr::Variable(variable, _, position), Expr::MethodCall(call, _))
                        if CHANGING.contains(&call.name.as_str()) =>
                    {
                        (variable.1.as_str(), *position)
                    }
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        };
        // Most variables belong to no function; this test is quick.
        let mut functions = self.ast.iter_functions();
        if !functions.any(|function| function.params.contains(&name)) {
            return None;
        }
        let offset = span(self.text, position)?;
        let function = enclosing_function(self.text, offset.start)?;
        let is_parameter = function.params.split(',').any(|param| param.trim() == name);
        let before = &self.text[function.body.start..offset.start];
        let end = end_of_statement(self.text, offset.start);
        let after = self.text.get(end..function.body.end).unwrap_or_default();
        let is_hidden = has_word(before, &format!("let {name}"));
        let blocks = Lexer::of(before).brackets.into_iter();
        let mut heads = blocks.map(|bracket| head(&before[..bracket.after - 1]));
        let is_repeated = heads.any(|head| head.ends_with('|') || repeats(head));
        let is_read = has_word(after, name) || is_repeated && has_word(before, name);
        if !is_parameter || is_hidden || is_read {
            return None;
        }
        let called = function.name;
        let error = Error::new(format!(
            "`{name}` is a copy of the argument of `{called}`: this change is lost"
        ));
        let hint =
            format!("return it in the last line, {name}, and assign the result: x = {called}(x);");
        Some((error.hint(hint), position))
    }
}

/// Positions where `//` was probably meant as a division, although it begins a comment.
pub fn floor_divisions(text: &str) -> Vec<(Error, Position)> {
    let comments = Lexer::pieces(text).into_iter();
    let comments = comments.filter(|(_, inside)| *inside == LexState::LineComment);
    let offsets = comments.filter(|(range, _)| is_division(text, range.start));
    let found = offsets.map(|(range, _)| {
        let error = Error::new("// starts a comment");
        let error = error.hint("integer division is div(a, b): div(7, 2) is 3");
        (error, position_of(text, range.start))
    });
    found.collect()
}

fn is_division(text: &str, comment: usize) -> bool {
    let before = text[..comment].trim_end_matches([' ', '\t']);
    let line = text[comment..].lines().next().unwrap_or_default();
    let after = line.trim_start_matches('/');
    let after = after.strip_prefix(' ').unwrap_or(after);
    let word = after.split(|c| !is_name(c)).next().unwrap_or_default();
    let rest = after[word.len()..].trim();
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    let defines = |kind: &str| has_word(text, &format!("{kind}{word}"));
    let is_variable = !word.is_empty() && ["let ", "const "].iter().any(|kind| defines(kind));
    let is_value = before.ends_with(|c| is_name(c) || matches!(c, ')' | ']'));
    let divides = rest.starts_with([';', ')', ',', ']']) || rest.is_empty() && is_number;
    let is_plain = line.starts_with("//") && !line.starts_with("///");
    is_value && is_plain && (is_number || is_variable) && divides
}

/// Text before a bracket, from the start of its statement.
fn head(text: &str) -> &str {
    let start = text.rfind(['\n', ';', '{', '}']).map_or(0, |at| at + 1);
    text[start..].trim()
}

/// Whether a text ends in the expression of a closure, as in `let f = |v| v.`, which has a value.
fn is_in_closure(before: &str) -> bool {
    let start = before.rfind([';', '{', '}']).map_or(0, |at| at + 1);
    let statement = &before[start..];
    let mut pieces = Lexer::pieces(statement).into_iter();
    pieces.any(|(range, inside)| inside == LexState::Code && statement[range].contains('|'))
}

/// Last link of `a.b(c).d(e)`.
fn last_of_chain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Dot(parts, ..) => last_of_chain(&parts.rhs),
        expr => expr,
    }
}

/// Variable that is changed by an assignment to it, or to a part of it.
fn changed_variable(target: &Expr) -> Option<(&str, Position)> {
    match target {
        Expr::Variable(variable, _, position) => Some((variable.1.as_str(), *position)),
        Expr::Index(parts, ..) => changed_variable(&parts.lhs),
        Expr::Dot(parts, ..) => {
            let property = match &parts.rhs {
                Expr::Property(property, _) => property.2.as_str(),
                _ => "",
            };
            (!SHARED.contains(&property))
                .then(|| changed_variable(&parts.lhs))
                .flatten()
        }
        _ => None,
    }
}

/// Whether a builtin only returns a value computed from its first argument.
fn has_no_effect(builtin: &Builtin) -> bool {
    let takes_video = builtin
        .params
        .first()
        .is_some_and(|param| has_video(&param.ty));
    let is_value = !matches!(builtin.returns, Type::Unit | Type::Player | Type::Any);
    let acts = |ty: &Type| has_paths(ty) || matches!(ty, Type::Function);
    let acts = builtin
        .params
        .iter()
        .any(|param| acts(&param.ty) || matches!(&param.ty, Type::Optional(of) if acts(of)));
    takes_video && is_value && !acts && !builtin.name.starts_with("show")
}

fn has_video(ty: &Type) -> bool {
    match ty {
        Type::Video | Type::Operand => true,
        Type::Array(of) | Type::Optional(of) => has_video(of),
        Type::Either(one, other) => has_video(one) || has_video(other),
        _ => false,
    }
}

/// Whether a block header is that of a loop.
fn repeats(head: &str) -> bool {
    let word = head.split(|c| !is_name(c)).next().unwrap_or_default();
    ["for", "while", "loop", "do"].contains(&word)
}

/// End of the statement at an offset: after its semicolon, or before the bracket that closes its
/// block.
fn end_of_statement(text: &str, offset: usize) -> usize {
    let mut depth = 0usize;
    for (range, inside) in Lexer::pieces(text) {
        if inside != LexState::Code || range.end <= offset {
            continue;
        }
        let start = range.start.max(offset);
        for (at, c) in text[start..range.end].char_indices() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return start + at,
                ')' | ']' | '}' => depth -= 1,
                ';' if depth == 0 => return start + at + 1,
                _ => {}
            }
        }
    }
    text.len()
}

/// Whether a text contains a word, not as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    let mut offsets = text.match_indices(word);
    offsets.any(|(at, _)| {
        !text[..at].ends_with(is_name) && !text[at + word.len()..].starts_with(is_name)
    })
}

#[cfg(test)]
mod tests {
    use super::floor_divisions;

    #[test]
    fn comments_are_told_from_divisions() {
        for text in [
            "let b = a // 2;",
            "f(a // 2)",
            "a // 2",
            "let n = 3; f(a // n)",
        ] {
            assert_eq!(floor_divisions(text).len(), 1, "{text}");
        }
        for text in [
            "let b = a; // 2;",
            "f(a) // 2 frames",
            "a // two;",
            "\"http://1;\"",
            "a /// 2",
            "let n = 3; // n",
            "a // n",
        ] {
            assert!(floor_divisions(text).is_empty(), "{text}");
        }
    }
}
