//! Analyzes the syntax tree of a script before it is compiled: which operators and methods can be
//! treated as Rhai's own.
//!
//! Rhai's own operators, which need no lookup, are correct for ints: `i < 10` in a loop over a
//! range. Only certain cases count: names that are assigned nothing but ints in the whole script.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use rhai::{
    AST, ASTNode, Engine, Expr, FnCallExpr, LexError, OptimizationLevel, ParseError, Position,
    Scope, Stmt, Token,
};

use super::in_place;
use crate::script::call::register::{LAST, is_freed};

/// Positions in a script, by line and column, that get a special treatment.
#[derive(Debug, Default)]
pub(super) struct OperatorSites {
    quick: BTreeSet<LineColumn>,
    used: BTreeSet<LineColumn>,
    mistake: Option<(LexError, Position)>,
}

type LineColumn = (usize, usize);

fn line_column(position: Position) -> Option<LineColumn> {
    Some((position.line()?, position.position()?))
}

impl OperatorSites {
    /// Analyzes a script. Variables in `known` may have any value, and `functions` are not Rhai's.
    pub(super) fn of(text: &str, known: &Scope<'_>, functions: &[&str]) -> Self {
        // Parse errors are reported by the engine that runs the script.
        let Ok(ast) = parse(text) else {
            return Self::default();
        };
        let ints = IntNames::of(&ast, known);
        let mut own: BTreeSet<&str> = functions.iter().copied().collect();
        own.extend(ast.iter_functions().map(|function| function.name));
        let mut sites = Self::default();
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            let Some((call, position)) = path.last().and_then(call) else {
                return true;
            };
            let name = call.name.as_str();
            let is_method =
                in_place::NAMES.contains(&name) && call.namespace.is_empty() && !own.contains(name);
            if ints.is_quick(call) {
                sites.quick.extend(line_column(position));
            } else if is_method && (!in_place::QUICK.contains(&name) || is_surely_used(path)) {
                sites.used.extend(line_column(position));
            } else if name == "**" && is_negated(&call.args[0], position, text) {
                let message =
                    "a minus before a power is ambiguous: write -(x ** y) or (-x) ** y".to_owned();
                let error = LexError::ImproperSymbol("**".into(), message);
                sites.mistake.get_or_insert((error, position));
            }
            true
        });
        sites
    }

    /// Whether Rhai's own operator is correct at a position.
    pub(super) fn is_quick(&self, position: Position) -> bool {
        line_column(position).is_some_and(|key| self.quick.contains(&key))
    }

    /// Whether the value of an in-place method is used at a position.
    pub(super) fn is_used(&self, position: Position) -> bool {
        line_column(position).is_some_and(|key| self.used.contains(&key))
    }

    /// An ambiguous expression.
    pub(super) fn mistake(&self) -> Option<(LexError, Position)> {
        self.mistake.clone()
    }
}

/// Syntax tree of a script as written: with its own names, and without constant folding.
pub(crate) fn parse(text: &str) -> Result<AST, ParseError> {
    // Without a switch, `_` is the name of the last value at the prompt.
    HAS_DEFAULT_CASE.set(text.contains("switch"));
    parser().compile(text)
}

thread_local! {
    /// Whether `_` may be the default case in the script that this thread is parsing.
    static HAS_DEFAULT_CASE: Cell<bool> = const { Cell::new(false) };
}

fn parser() -> &'static Engine {
    static PARSER: OnceLock<Engine> = OnceLock::new();
    PARSER.get_or_init(|| {
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        let depth = crate::script::host::limits::EXPRESSION_DEPTH;
        engine.set_max_expr_depths(depth, depth);
        super::assign::register(&mut engine);
        free_names(&mut engine);
        engine
    })
}

/// Makes names available that Rhai reserves, with a hook that is marked as deprecated only because
/// it may change.
#[allow(deprecated)]
fn free_names(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match token {
        Token::Reserved(name) if is_freed(&name) => Token::Identifier(name),
        Token::Underscore if !HAS_DEFAULT_CASE.get() => Token::Identifier(Box::new(LAST.into())),
        token => token,
    });
}

fn call<'a>(node: &ASTNode<'a>) -> Option<(&'a FnCallExpr, Position)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
        | ASTNode::Stmt(Stmt::FnCall(call, position)) => Some((call, *position)),
        _ => None,
    }
}

/// Whether the value of the last expression of a path is used: by a variable, an argument, an
/// operator or the next method. The value of a statement may be unused.
fn is_surely_used(path: &[ASTNode<'_>]) -> bool {
    for pair in path.windows(2).rev() {
        match (&pair[0], &pair[1]) {
            (ASTNode::Stmt(stmt), _) => {
                return matches!(
                    stmt,
                    Stmt::Var(..) | Stmt::Assignment(..) | Stmt::Return(..) | Stmt::FnCall(..)
                );
            }
            // The end of a chain of properties and methods has the value of the chain.
            (ASTNode::Expr(Expr::Dot(chain, ..) | Expr::Index(chain, ..)), ASTNode::Expr(part)) => {
                if std::ptr::eq(&chain.lhs, *part) {
                    return true;
                }
            }
            (ASTNode::Expr(Expr::Stmt(..)), _) => return false,
            _ => return true,
        }
    }
    false
}

/// Whether the base of a power is negated without parentheses around both.
fn is_negated(base: &Expr, power: Position, text: &str) -> bool {
    let is_minus = match base {
        Expr::FnCall(call, _) => call.name == "-" && call.args.len() == 1,
        Expr::IntegerConstant(int, _) => *int < 0,
        Expr::FloatConstant(float, _) => **float < 0.0,
        _ => false,
    };
    let between = || -> Option<&str> {
        let (start, end) = (byte_of(base.position(), text)?, byte_of(power, text)?);
        text.get(start..end)
    };
    let is_closed = |text: &str| {
        let mut depth = 0;
        text.chars().any(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0
        })
    };
    is_minus && between().is_some_and(|between| !is_closed(between))
}

fn byte_of(position: Position, text: &str) -> Option<usize> {
    let (line, column) = line_column(position)?;
    let before: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = text.get(before..)?;
    let at = rest
        .char_indices()
        .nth(column - 1)
        .map_or(rest.len(), |(at, _)| at);
    Some(before + at)
}

/// Names that hold ints wherever a script uses them.
#[derive(Default)]
struct IntNames {
    /// Names that hold any ints.
    any: BTreeSet<String>,
    /// Names that count up from 0 or more, and are never changed.
    counters: BTreeSet<String>,
}

impl IntNames {
    fn of(ast: &AST, known: &Scope<'_>) -> Self {
        let mut ints = Self::default();
        // Begins with all names that are assigned anywhere, and removes names until the rest is
        // consistent.
        let is_known = ast.walk(&mut |path| {
            if let Some(ASTNode::Stmt(stmt)) = path.last() {
                ints.any.extend(names_of(stmt));
            }
            !has_eval(path)
        });
        if !is_known {
            return Self::default();
        }
        let mut changed: BTreeSet<String> = known.iter_raw().map(|(n, ..)| n.to_owned()).collect();
        for function in ast.iter_functions() {
            changed.extend(function.params.iter().map(ToString::to_string));
        }
        let mut unknown = changed.clone();
        loop {
            ints.any.retain(|name| !unknown.contains(name));
            let before = unknown.len();
            ast.walk(&mut |path| {
                match path.last() {
                    Some(ASTNode::Stmt(stmt)) => ints.check(stmt, &mut unknown, &mut changed),
                    // A script method may change its receiver.
                    Some(ASTNode::Expr(Expr::Dot(chain, ..))) => {
                        unknown.extend(name_of(&chain.lhs));
                    }
                    _ => {}
                }
                true
            });
            if unknown.len() == before {
                break;
            }
        }
        ast.walk(&mut |path| {
            if let Some(ASTNode::Stmt(Stmt::For(parts, _))) = path.last() {
                let starts_at = match range_of(&parts.2.expr) {
                    Some([Expr::IntegerConstant(start, _), _]) => *start,
                    _ => -1,
                };
                if starts_at < 0 {
                    changed.insert(parts.0.name.to_string());
                } else {
                    ints.counters.insert(parts.0.name.to_string());
                }
            }
            true
        });
        let any = &ints.any;
        ints.counters
            .retain(|name| any.contains(name) && !changed.contains(name));
        ints
    }

    /// Records names that a statement may assign a non-int, and names that it changes.
    fn check(&self, stmt: &Stmt, unknown: &mut BTreeSet<String>, changed: &mut BTreeSet<String>) {
        match stmt {
            Stmt::Var(parts, ..) => {
                let name = parts.0.name.to_string();
                if !self.is_int(&parts.1) {
                    unknown.insert(name.clone());
                }
                changed.insert(name);
            }
            Stmt::For(parts, _) => {
                let is_range = range_of(&parts.2.expr).is_some();
                if !is_range {
                    unknown.insert(parts.0.name.to_string());
                }
            }
            Stmt::Assignment(parts) => {
                let Some(name) = name_of(&parts.1.lhs) else {
                    return;
                };
                let keeps_ints = match parts.0.get_op_assignment_info() {
                    None => true,
                    Some((.., operator)) => matches!(operator, "+" | "-" | "*"),
                };
                if !(keeps_ints && self.is_int(&parts.1.rhs)) {
                    unknown.insert(name.clone());
                }
                changed.insert(name);
            }
            Stmt::TryCatch(parts, _) => unknown.extend(name_of(&parts.expr)),
            Stmt::Import(parts, _) => {
                unknown.insert(parts.1.name.to_string());
            }
            _ => {}
        }
    }

    /// Whether an expression is an int or an error.
    fn is_int(&self, expr: &Expr) -> bool {
        match expr {
            Expr::IntegerConstant(..) => true,
            Expr::Variable(..) => name_of(expr).is_some_and(|name| self.any.contains(&name)),
            Expr::FnCall(call, _) => {
                call.op_token.is_some()
                    && matches!(call.name.as_str(), "+" | "-" | "*" | "%")
                    && call.args.iter().all(|arg| self.is_int(arg))
            }
            _ => false,
        }
    }

    /// Whether Rhai's own operator gives the same result as ours.
    fn is_quick(&self, call: &FnCallExpr) -> bool {
        let [a, b] = &call.args[..] else {
            return false;
        };
        if call.op_token.is_none() {
            return false;
        }
        match call.name.as_str() {
            "==" | "!=" | "<" | "<=" | ">" | ">=" => self.is_int(a) && self.is_int(b),
            "%" => {
                let is_counter = name_of(a).is_some_and(|name| self.counters.contains(&name));
                is_counter && matches!(b, Expr::IntegerConstant(divisor, _) if *divisor > 0)
            }
            "/" => is_float(a) || is_float(b),
            _ => false,
        }
    }
}

fn is_float(expr: &Expr) -> bool {
    matches!(expr, Expr::FloatConstant(..))
}

/// Whether the last node of a path calls `eval`, which may do anything.
fn has_eval(path: &[ASTNode<'_>]) -> bool {
    let call = path.last().and_then(call);
    call.is_some_and(|(call, _)| call.name == "eval")
}

/// Names that a statement assigns.
fn names_of(stmt: &Stmt) -> Vec<String> {
    match stmt {
        Stmt::Var(parts, ..) => vec![parts.0.name.to_string()],
        Stmt::For(parts, _) => {
            let counter = parts.1.iter();
            let names = [&parts.0].into_iter().chain(counter);
            names.map(|name| name.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Name of a variable of the script itself.
fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Variable(parts, ..) if parts.2.is_empty() => Some(parts.1.to_string()),
        _ => None,
    }
}

/// Ends of a literal range; ranges exist for ints only.
fn range_of(expr: &Expr) -> Option<[&Expr; 2]> {
    match expr {
        Expr::FnCall(call, _) if matches!(call.name.as_str(), ".." | "..=") => match &call.args[..]
        {
            [start, end] => Some([start, end]),
            _ => None,
        },
        _ => None,
    }
}
