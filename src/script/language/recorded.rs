//! Whether a script found in a file does nothing but what histories do: files may come from
//! anybody, and nobody expects that one writes to others, or never ends.

use rhai::{AST, ASTNode, Expr, FnCallExpr, Map, Stmt};

use super::dialect::plain_name;
use crate::bail;
use crate::error::{Error, Result};
use crate::history::TARGET;
use crate::script::call::builtin::Builtin;
use crate::script::call::context::Context;
use crate::script::call::record::{PROVENANCE, may_hold_videos};
use crate::script::call::value::{Type, has_paths};

/// An error if a script does more than to load, to compute, and to write its target.
pub fn check(ast: &AST, context: &Context) -> Result<()> {
    let mut problem = ast
        .has_functions()
        .then(|| Error::new("it defines functions"));
    let mut targets = 0;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let found = match path.last() {
            Some(ASTNode::Stmt(statement)) => {
                targets += usize::from(declares_target(statement));
                statement_problem(statement, context)
            }
            Some(ASTNode::Expr(expression)) => expression_problem(expression, context),
            _ => Ok(()),
        };
        problem = problem.take().or(found.err());
        problem.is_none()
    });
    if targets > 1 {
        bail!("it names several files to write");
    }
    problem.map_or(Ok(()), Err)
}

fn declares_target(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Var(declared, ..) if declared.0.name == TARGET)
}

fn statement_problem(statement: &Stmt, context: &Context) -> Result<()> {
    match statement {
        Stmt::Noop(_) | Stmt::Expr(_) => Ok(()),
        Stmt::Var(declared, ..) => match (&*declared.0.name, &declared.1) {
            (TARGET, Expr::StringConstant(..)) => Ok(()),
            (TARGET, _) => bail!("the file that it writes is not a plain path"),
            _ => Ok(()),
        },
        Stmt::Assignment(assigned) => match &assigned.1.lhs {
            Expr::Variable(variable, ..) if variable.1 == TARGET => {
                bail!("it changes the file that it writes")
            }
            _ => Ok(()),
        },
        Stmt::FnCall(call, _) => call_problem(call, context),
        _ => bail!("it has statements other than calls and assignments"),
    }
}

fn expression_problem(expression: &Expr, context: &Context) -> Result<()> {
    match expression {
        Expr::FnCall(call, _) => call_problem(call, context),
        Expr::MethodCall(..) | Expr::Stmt(_) | Expr::ThisPtr(_) => {
            bail!("it has expressions that histories do not have")
        }
        _ => Ok(()),
    }
}

/// Operators and functions that make videos may be called, and those that save one, to the target.
fn call_problem(call: &FnCallExpr, context: &Context) -> Result<()> {
    let name = plain_name(&call.name);
    if !name.starts_with(char::is_alphabetic) {
        return Ok(());
    }
    match context.builtin(name) {
        Some(builtin) if builtin.position(PROVENANCE).is_some() => target_problem(call, builtin),
        Some(builtin)
            if may_hold_videos(&builtin.returns) || matches!(builtin.returns, Type::Importer) =>
        {
            Ok(())
        }
        _ => bail!("it calls `{name}`, which makes no video"),
    }
}

fn target_problem(call: &FnCallExpr, builtin: &Builtin) -> Result<()> {
    let fits = |value: &Expr| match value {
        Expr::Variable(variable, ..) => variable.1 == TARGET,
        Expr::Unit(_) => true,
        _ => false,
    };
    for (index, param) in builtin
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| has_paths(&param.ty))
    {
        let by_position = call
            .args
            .get(index)
            .filter(|value| !matches!(value, Expr::Map(..)));
        let by_name = match call.args.last() {
            Some(Expr::Map(map, _)) => {
                let mut fields = map.0.iter();
                fields
                    .find(|(name, _)| param.is_called(&name.name))
                    .map(|(_, value)| value)
            }
            // A map of constants was evaluated when the script was compiled.
            Some(Expr::DynamicConstant(value, _))
                if value.read_lock::<Map>().is_some_and(|map| {
                    map.iter()
                        .any(|(name, value)| param.is_called(name) && !value.is_unit())
                }) =>
            {
                bail!("`{}` writes to a fixed path", builtin.name)
            }
            _ => None,
        };
        if !by_position.or(by_name).is_none_or(fits) {
            bail!("`{}` writes to another file than the target", builtin.name);
        }
    }
    Ok(())
}
