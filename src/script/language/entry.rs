//! What an entry of the prompt may leave out, in contrast to a script: the `let` before the first
//! assignment of a variable, and `ans` as in MATLAB for the last value.

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use super::dialect;
use super::source_text::{enclosing_function, span};
use crate::script::call::register::{CONSTANTS, LAST};

/// Name of the last value in MATLAB.
const ANS: &str = "ans";

/// The entry as a script. `is_variable` knows the variables of earlier entries, and `has_last` tells
/// whether there is a last value.
pub fn as_script(text: &str, is_variable: impl Fn(&str) -> bool, has_last: bool) -> String {
    let Ok(ast) = dialect::parse(text) else {
        return text.to_owned();
    };
    let mut edits = definitions(&ast, text, &is_variable);
    // In a switch, the name of the last value is that of the default case.
    if has_last && !text.contains("switch") && !is_variable(ANS) && !defines_ans(&ast) {
        edits.extend(uses_of_ans(&ast, text));
    }
    edits.sort_by_key(|edit| edit.at);
    let mut script = text.to_owned();
    for edit in edits.into_iter().rev() {
        script.replace_range(edit.at..edit.at + edit.removed, edit.inserted);
    }
    script
}

/// A change of the text.
struct Edit {
    at: usize,
    removed: usize,
    inserted: &'static str,
}

/// A `let` before each assignment that defines a variable. Those in blocks and functions are left
/// alone: there the variable would be gone at the end of the block.
fn definitions(ast: &AST, text: &str, is_variable: impl Fn(&str) -> bool) -> Vec<Edit> {
    let is_known = |name: &str| {
        is_variable(name) || name == LAST || CONSTANTS.iter().any(|(known, _)| *known == name)
    };
    let mut defined: Vec<&str> = Vec::new();
    let mut edits = Vec::new();
    for statement in ast.statements() {
        match statement {
            Stmt::Var(parts, ..) => defined.push(&parts.0.name),
            Stmt::Assignment(parts) if parts.0.get_op_assignment_info().is_none() => {
                if let Some((name, position)) = variable(&parts.1.lhs)
                    && !is_known(name)
                    && !defined.contains(&name)
                    && let Some(at) = place_of(name, position, text)
                {
                    defined.push(name);
                    edits.push(Edit {
                        at,
                        removed: 0,
                        inserted: "let ",
                    });
                }
            }
            _ => {}
        }
    }
    edits
}

/// Whether a part of the entry gives `ans` a meaning of its own.
fn defines_ans(ast: &AST) -> bool {
    let mut functions = ast.iter_functions();
    if functions.any(|function| function.params.contains(&ANS)) {
        return true;
    }
    let is_free = ast.walk(&mut |path| {
        let Some(ASTNode::Stmt(statement)) = path.last() else {
            return true;
        };
        match statement {
            Stmt::Var(parts, ..) => parts.0.name != ANS,
            Stmt::Assignment(parts) => variable(&parts.1.lhs).is_none_or(|(name, _)| name != ANS),
            Stmt::For(parts, _) => {
                let counter = parts.1.as_ref();
                parts.0.name != ANS && counter.is_none_or(|counter| counter.name != ANS)
            }
            Stmt::TryCatch(parts, _) => variable(&parts.expr).is_none_or(|(name, _)| name != ANS),
            _ => true,
        }
    });
    !is_free
}

/// The last value in place of `ans`, which functions do not see.
fn uses_of_ans(ast: &AST, text: &str) -> Vec<Edit> {
    let mut places = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(expr)) = path.last()
            && let Some((ANS, position)) = variable(expr)
        {
            places.extend(place_of(ANS, position, text));
        }
        true
    });
    places.sort_unstable();
    places.dedup();
    places.retain(|at| enclosing_function(text, *at).is_none());
    let edit = |at| Edit {
        at,
        removed: ANS.len(),
        inserted: LAST,
    };
    places.into_iter().map(edit).collect()
}

/// Name and position of a variable that does not belong to a module.
fn variable(expr: &Expr) -> Option<(&str, Position)> {
    match expr {
        Expr::Variable(parts, _, position) if parts.2.is_empty() => Some((&parts.1, *position)),
        _ => None,
    }
}

/// Byte of a name at a position.
fn place_of(name: &str, position: Position, text: &str) -> Option<usize> {
    let range = span(text, position)?;
    (text.get(range.clone())? == name).then_some(range.start)
}

#[cfg(test)]
mod tests {
    use super::as_script;

    fn script(text: &str) -> String {
        as_script(text, |name| name == "known", true)
    }

    #[test]
    fn first_assignments_define_variables() {
        for (entry, expected) in [
            ("x = 5", "let x = 5"),
            ("  x_1=5 // x", "  let x_1=5 // x"),
            ("x = 5; x = 6; y = x", "let x = 5; x = 6; let y = x"),
            ("let x = 1; x = 2", "let x = 1; x = 2"),
            ("x =\n  5;\ny = 6", "let x =\n  5;\nlet y = 6"),
            ("/* a */ x = |a| a", "/* a */ let x = |a| a"),
        ] {
            assert_eq!(script(entry), expected);
        }
    }

    #[test]
    fn other_assignments_stay() {
        for entry in [
            "known = 5",
            "PI = 3",
            "_ = 3",
            "x += 5",
            "x[0] = 5",
            "x.a = 5",
            "if true { x = 5 }",
            "fn f() { x = 5 }",
            "[1].map(|a| { x = a })",
            "x == 5",
            "\"x = 5\"",
            "x = ",
        ] {
            assert_eq!(script(entry), entry);
        }
    }

    #[test]
    fn ans_is_the_last_value() {
        for (entry, expected) in [
            ("ans + 1", "_ + 1"),
            ("y = crop(ans, ans)", "let y = crop(_, _)"),
            ("`${ans}`", "`${_}`"),
        ] {
            assert_eq!(script(entry), expected);
        }
        for entry in [
            "let ans = 1; ans",
            "for ans in 0..2 { ans }",
            "[1].map(|ans| ans)",
            "[1].map(|x| x + ans)",
            "try { f() } catch (ans) { ans }",
            "fn f() { ans }",
            "a.ans",
            "\"ans\"",
            "switch ans { 1 => 2 }",
        ] {
            assert_eq!(script(entry), entry);
        }
        assert_eq!(as_script("ans", |_| false, false), "ans");
        assert_eq!(as_script("ans", |name| name == "ans", true), "ans");
    }
}
