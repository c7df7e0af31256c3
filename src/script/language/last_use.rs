//! Finds the calls that use a variable for the last time: its video need not be kept for others.
//!
//! Only what is certain counts: a variable that `let` defines in a block, a later statement of the
//! same block that is the last to name it, and names it once, as an argument or an operand. Then
//! neither a loop nor another function can come back to it. A closure that captures the variable,
//! `export` and `eval` make it uncertain.

use std::collections::BTreeSet;

use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, ImmutableString, Position, Stmt};

/// Arguments of calls that are the last use of a variable.
#[derive(Debug, Default)]
pub struct LastUses(BTreeSet<LastUse>);

/// Position and name of a call, and index of its argument.
type LastUse = (Position, ImmutableString, usize);

impl LastUses {
    /// Analyzes a script.
    pub fn of(ast: &AST) -> Self {
        let mut uses = Self::default();
        let is_known = ast.walk(&mut |path: &[ASTNode<'_>]| {
            let call = path.last().and_then(call);
            call.is_none_or(|(call, _)| call.name != "eval" && !call.capture_parent_scope)
        });
        if !is_known {
            return uses;
        }
        uses.add_block(ast.statements());
        for function in ast.iter_functions() {
            uses.add_block(&body(ast, function.name, function.params.len()));
        }
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            for block in path.last().map_or([&[][..]; 2], blocks) {
                uses.add_block(block);
            }
            true
        });
        uses
    }

    /// Whether a call is the last use of the variable that it passes as an argument.
    pub fn contains(&self, position: Position, name: &str, argument: usize) -> bool {
        self.0.contains(&(position, name.into(), argument))
    }

    fn add_block(&mut self, block: &[Stmt]) {
        for (at, stmt) in block.iter().enumerate() {
            if let Stmt::Var(parts, flags, _) = stmt
                && !flags.intersects(ASTFlags::EXPORTED | ASTFlags::CONSTANT)
            {
                self.0.extend(last_use(&parts.0.name, &block[at + 1..]));
            }
        }
    }
}

/// Statements of a function.
fn body(ast: &AST, name: &str, n_params: usize) -> Vec<Stmt> {
    let function = ast.clone_functions_only_filtered(|_, _, _, other, n_others| {
        (other, n_others) == (name, n_params)
    });
    let mut statements = Vec::new();
    function.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(stmt)] = path {
            statements.push((*stmt).clone());
        }
        true
    });
    statements
}

/// Statements within a statement or an expression.
fn blocks<'a>(node: &ASTNode<'a>) -> [&'a [Stmt]; 2] {
    match node {
        ASTNode::Stmt(Stmt::Block(block)) | ASTNode::Expr(Expr::Stmt(block)) => {
            [block.statements(), &[]]
        }
        ASTNode::Stmt(
            Stmt::If(parts, _)
            | Stmt::While(parts, _)
            | Stmt::Do(parts, ..)
            | Stmt::TryCatch(parts, _),
        ) => [parts.body.statements(), parts.branch.statements()],
        ASTNode::Stmt(Stmt::For(parts, _)) => [parts.2.body.statements(), &[]],
        _ => [&[], &[]],
    }
}

/// Last use of a variable in the statements after its definition, if that is certain.
fn last_use(name: &str, after: &[Stmt]) -> Option<LastUse> {
    // Another definition hides it from then on.
    let hides = |stmt: &Stmt| matches!(stmt, Stmt::Var(parts, ..) if parts.0.name == name);
    let end = after
        .iter()
        .position(hides)
        .map_or(after.len(), |at| at + 1);
    let mut last = None;
    for stmt in &after[..end] {
        let mut uses = Vec::new();
        let is_known = stmt.walk(
            &mut Vec::new(),
            &mut |path: &[ASTNode<'_>]| match path.last() {
                Some(ASTNode::Expr(Expr::Variable(variable, ..))) if variable.1 == name => {
                    uses.push(argument(path));
                    true
                }
                Some(ASTNode::Stmt(Stmt::Share(names))) => {
                    names.iter().all(|(shared, _)| shared.name != name)
                }
                Some(ASTNode::Stmt(Stmt::Export(names, _))) => names.0.name != name,
                _ => true,
            },
        );
        if !is_known {
            return None;
        }
        match <[_; 1]>::try_from(uses) {
            Ok([once]) => last = once,
            Err(uses) if !uses.is_empty() => last = None,
            Err(_) => {}
        }
    }
    last
}

/// The call whose argument is the last node of a path, if the calls around it run once.
fn argument(path: &[ASTNode<'_>]) -> Option<LastUse> {
    let [outer @ .., parent, ASTNode::Expr(variable)] = path else {
        return None;
    };
    let runs_once = |node: &ASTNode<'_>| {
        matches!(
            node,
            ASTNode::Expr(Expr::FnCall(..) | Expr::MethodCall(..) | Expr::Dot(..))
        )
    };
    let is_simple = |node: &ASTNode<'_>| {
        matches!(
            node,
            ASTNode::Stmt(
                Stmt::FnCall(..)
                    | Stmt::Expr(..)
                    | Stmt::Var(..)
                    | Stmt::Assignment(..)
                    | Stmt::Return(..)
            )
        )
    };
    match outer {
        [] if !is_simple(parent) => return None,
        [first, rest @ ..] if !is_simple(first) || !rest.iter().all(runs_once) => return None,
        _ => {}
    }
    let (call, position, argument) = match parent {
        ASTNode::Expr(Expr::Dot(chain, ..)) if std::ptr::eq(&chain.lhs, *variable) => {
            let first = match &chain.rhs {
                Expr::Dot(rest, ..) => &rest.lhs,
                method => method,
            };
            let Expr::MethodCall(call, position) = first else {
                return None;
            };
            (&**call, *position, 0)
        }
        node => {
            let (call, position) = call(node)?;
            let is_method = matches!(node, ASTNode::Expr(Expr::MethodCall(..)));
            let at = call
                .args
                .iter()
                .position(|arg| std::ptr::eq(arg, *variable))?;
            (call, position, at + usize::from(is_method))
        }
    };
    call.namespace
        .is_empty()
        .then(|| (position, call.name.clone(), argument))
}

fn call<'a>(node: &ASTNode<'a>) -> Option<(&'a FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rhai::Engine;

    use super::*;

    /// Names of the calls of a script that are a last use, with the index of the argument.
    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        let mut engine = Engine::new();
        engine.set_optimization_level(rhai::OptimizationLevel::None);
        let ast = engine.compile(script).unwrap();
        let uses = LastUses::of(&ast).0.into_iter();
        let found: Vec<_> = uses.map(|(_, name, at)| format!("{name} {at}")).collect();
        assert_eq!(found, expected, "{script}");
    }

    #[test]
    fn the_last_argument_is_found() {
        check("let v = f(1); g(v); save(2, v);", &["save 1"]);
        check("let v = f(1); save(2, v.g().h());", &["g 0"]);
        check("let v = f(1); let w = v.g(2); save(w);", &["g 0", "save 0"]);
        check("let v = f(1); x.blend(v);", &["blend 1"]);
        check("fn p(x) { let v = f(x); save(v) }", &["save 0"]);
        check("for i in 0..3 { let v = f(i); save(v); }", &["save 0"]);
        check("if a { let v = f(1); save(v); }", &["save 0"]);
        check("let v = f(1); let v = g(v); save(v);", &["g 0", "save 0"]);
        check("let v = f(1); v = g(2); save(v);", &["save 0"]);
        check("let v = f(1); let n = v * 2; save(n);", &["* 0", "save 0"]);
        check("let v = f(1); save(1 - (-v).g());", &["- 0"]);
        check("let v = f(1); let w = f(2); save(w / v);", &["/ 0", "/ 1"]);
    }

    #[test]
    fn what_may_be_used_again_is_not_a_last_use() {
        check("let v = f(1); save(v); v.len;", &[]);
        check("let v = f(1); save(v); print(`${v}`);", &[]);
        check("let v = f(1); for i in 0..3 { save(v); }", &[]);
        check("let v = f(1); while c(v) { }", &[]);
        check("let v = f(1); if a { save(v); }", &[]);
        check("let v = f(1); save(v, v);", &[]);
        check("let v = f(1); save([v]); ", &[]);
        check("let v = f(1); let g = || v; save(v);", &[]);
        check("let v = f(1); save(v); export v;", &[]);
        check("export let v = f(1); save(v);", &[]);
        check("let v = f(1); save(v); eval(\"v\");", &[]);
        check("fn p(v) { save(v) }", &[]);
        check("let v = f(1); save(v); { let v = 2; g(v); }", &["g 0"]);
    }
}
