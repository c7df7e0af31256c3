//! Checks a script without running it: unknown functions, wrong numbers of arguments, unknown
//! options and names, missing modules.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use super::diagnostic::{self, Diagnostic};
use super::hints::words::foreign_name;
use super::no_effect::EffectCheck;
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::script::call::bind::takes_map;
use crate::script::call::builtin::{Builtin, Param};
use crate::script::call::context::Context;
use crate::script::call::value::Type;
use crate::script::docs::{Library, signature};
use crate::script::host::modules::Modules;

/// Context of a check.
pub struct Check<'a> {
    /// Engine that would run the script.
    pub engine: &'a Engine,
    /// Builtins and libraries.
    pub context: &'a Context,
    /// Resolver of its modules.
    pub modules: &'a Modules,
}

/// Names that a script defines.
struct Names {
    /// Functions it defines, with their numbers of parameters.
    functions: BTreeSet<(String, usize)>,
    /// Modules it imports, by alias; `None` if the module is not known.
    modules: BTreeMap<String, Option<Library>>,
    /// Keys of its maps, which may hold functions.
    keys: BTreeSet<String>,
    /// Functions of the engine, with their numbers of parameters.
    engine: BTreeSet<(String, usize)>,
}

/// Functions of the language that are not in any list.
const LANGUAGE: &[&str] = &[
    "Fn",
    "call",
    "curry",
    "debug",
    "eval",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "print",
    "type_of",
];

impl Check<'_> {
    /// Mistakes in a script that parses, in order.
    pub fn mistakes(&self, script: &EffectCheck<'_>, source: &str) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let ast = script.ast;
        let names = self.names(ast, source, &mut mistakes);
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            let found = match path.last() {
                Some(
                    ASTNode::Expr(Expr::FnCall(call, position))
                    | ASTNode::Stmt(Stmt::FnCall(call, position)),
                ) if script.is_builtin(call, *position, false) => {
                    Some((self.call(call, &names, false), *position))
                }
                Some(ASTNode::Expr(Expr::MethodCall(call, position)))
                    if script.is_builtin(call, *position, true) =>
                {
                    Some((self.call(call, &names, true), *position))
                }
                _ => None,
            };
            if let Some((errors, position)) = found {
                mistakes.extend(errors.into_iter().map(|error| (error, position)));
            }
            true
        });
        mistakes.sort_by_key(|(_, position)| (position.line(), position.position()));
        mistakes.dedup();
        let mistakes = mistakes.into_iter();
        mistakes
            .map(|(error, position)| Diagnostic::at(error, source, position))
            .collect()
    }

    fn names(&self, ast: &AST, source: &str, mistakes: &mut Vec<(Error, Position)>) -> Names {
        let functions = ast.iter_functions();
        let functions = functions.map(|function| (function.name.to_owned(), function.params.len()));
        let of_engine = |info: rhai::FuncInfo<'_>| {
            Some((info.metadata.name.to_string(), info.metadata.num_params))
        };
        let mut names = Names {
            functions: functions.collect(),
            modules: BTreeMap::new(),
            keys: BTreeSet::new(),
            engine: self
                .engine
                .collect_fn_metadata(None, of_engine, true)
                .into_iter()
                .collect(),
        };
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Import(import, position))) => {
                    let library = self.library(&import.0, source);
                    let alias = import.1.name.to_string();
                    match library {
                        Ok(library) => drop(names.modules.insert(alias, library)),
                        Err(error) => {
                            mistakes.push((error, *position));
                            names.modules.insert(alias, None);
                        }
                    }
                }
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    names
                        .keys
                        .extend(map.0.iter().map(|(key, _)| key.name.to_string()));
                }
                // A map of constants was evaluated when the script was compiled.
                Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                    let map = value.read_lock::<rhai::Map>();
                    let keys = map.iter().flat_map(|map| map.keys());
                    names.keys.extend(keys.map(ToString::to_string));
                }
                _ => {}
            }
            true
        });
        names
    }

    /// Module of an import, if its path is fixed.
    fn library(&self, path: &Expr, importer: &str) -> Result<Option<Library>> {
        let Expr::StringConstant(name, _) = path else {
            return Ok(None);
        };
        let text = self.modules.text(Some(importer), name)?;
        let constants = crate::script::call::register::constants();
        if let Err(error) = super::dialect::compile(self.engine, &constants, &[], &text) {
            let position = error.position();
            return Err(Error::new(format!(
                "the module `{name}` cannot be read: {}",
                error.err_type()
            ))
            .hint(format!("line {} of it", position.line().unwrap_or(1))));
        }
        Ok(Some(Library::parse(name, &text)))
    }

    /// Mistakes in a call.
    fn call(&self, call: &FnCallExpr, names: &Names, is_method: bool) -> Vec<Error> {
        let name = call.name.as_str();
        let count = call.args.len() + usize::from(is_method);
        if call.is_operator_call() || LANGUAGE.contains(&name) || name.contains('$') {
            return Vec::new();
        }
        if !call.namespace.is_empty() {
            let alias = call.namespace.root();
            return match names.modules.get(alias) {
                Some(Some(library)) => failures([of_library(library, name, call.args.len())]),
                _ => Vec::new(),
            };
        }
        let is_own = |count: usize| names.functions.contains(&(name.to_owned(), count));
        if is_own(call.args.len()) || (is_method && names.keys.contains(name)) {
            return Vec::new();
        }
        if let Some(builtin) = self.context.builtin(name) {
            return of_builtin(builtin, &call.args, is_method);
        }
        if names.engine.contains(&(name.to_owned(), count)) {
            return Vec::new();
        }
        if let Some((_, takes)) = names.functions.iter().find(|(known, _)| known == name) {
            let got = call.args.len();
            let takes = counted(*takes, "argument");
            return vec![Error::new(format!("{name} takes {takes}, got {got}"))];
        }
        let unknown = vec!["?"; count].join(", ");
        let signature = format!("{name} ({unknown})");
        let error = diagnostic::unknown_function(&signature, self.engine, self.context);
        vec![match foreign_name(name) {
            Some(known) => Error::new(error.message()).hint(known.hint),
            None => error,
        }]
    }
}

/// Checks a call of a function of a module.
fn of_library(library: &Library, name: &str, count: usize) -> Result<()> {
    let mut named = library
        .functions
        .iter()
        .filter(|function| function.name == name)
        .peekable();
    let Some(first) = named.peek() else {
        let names = library
            .functions
            .iter()
            .map(|function| function.name.as_str());
        return Err(Error::new(format!(
            "the module `{}` has no function `{name}`",
            library.name
        ))
        .did_you_mean(name, names));
    };
    let takes = counted(first.params.len(), "argument");
    if named.any(|function| function.params.len() == count) {
        return Ok(());
    }
    Err(Error::new(format!(
        "{}::{name} takes {takes}, got {count}",
        library.name
    )))
}

/// Checks a call of a builtin, and its option map as far as it is written literally.
fn of_builtin(builtin: &Builtin, args: &[Expr], is_method: bool) -> Vec<Error> {
    let first = usize::from(is_method);
    let total = args.len() + first;
    let is_value = |options: &MapOptions| {
        let names = options.iter().map(|(name, _)| name.as_str());
        let param = builtin.params.get(total - 1);
        param.is_some_and(|param| takes_map(param, names))
    };
    let options = args.last().and_then(options);
    let options = options.filter(|options| !is_value(options));
    let positional = total - usize::from(options.is_some());
    if takes_any_number(builtin) {
        return Vec::new();
    }
    let usage = |error: Error| error.hint(signature(builtin));
    let arguments = builtin.params.iter().skip(first).zip(args);
    let arguments =
        arguments.map(|(param, value)| choice(builtin, param.name, &param.ty, text(value)));
    let named = options.iter().flatten();
    let named =
        named.map(|(key, value)| option(builtin, positional, key, value.as_deref()).map_err(usage));
    let counted = [count(builtin, positional).map_err(usage)];
    let mut found = failures(counted.into_iter().chain(arguments).chain(named));
    // The last argument may be a variable that holds the options.
    let may_hold_options = options.is_none() && total > 1 && !args.last().is_some_and(is_literal);
    let is_given = |param: &Param| {
        options
            .iter()
            .flatten()
            .any(|(key, _)| param.is_called(key))
    };
    let mut missing = builtin.params.iter().skip(positional);
    match missing.find(|param| param.default.is_none() && !is_given(param)) {
        Some(param) if !may_hold_options => {
            let error = Error::new(format!("{} needs `{}`", builtin.name, param.name));
            found.push(usage(error));
        }
        _ => {}
    }
    found
}

fn failures(results: impl IntoIterator<Item = Result<()>>) -> Vec<Error> {
    results.into_iter().filter_map(Result::err).collect()
}

/// Checks the number of positional arguments of a builtin.
fn count(builtin: &Builtin, positional: usize) -> Result<()> {
    let (name, most) = (builtin.name, builtin.params.len());
    if positional > most {
        let most = counted(most, "argument");
        bail!("{name} takes at most {most}, got {positional}");
    }
    Ok(())
}

/// Checks an option of a call, and its value if that is known.
fn option(builtin: &Builtin, positional: usize, key: &str, value: Option<&str>) -> Result<()> {
    let name = builtin.name;
    let Some(at) = builtin.position(key) else {
        let names = builtin.params.iter().map(|param| param.name);
        return Err(Error::new(format!("{name} has no parameter `{key}`")).did_you_mean(key, names));
    };
    if at < positional {
        bail!("{name} got `{key}` twice, by position and by name");
    }
    choice(builtin, key, &builtin.params[at].ty, value)
}

/// Whether the last parameter takes any number of arguments.
fn takes_any_number(builtin: &Builtin) -> bool {
    let last = builtin.params.last();
    last.is_some_and(|param| matches!(param.ty, Type::Rest))
}

/// Keys of a literal map, and the values that are strings.
type MapOptions = Vec<(String, Option<String>)>;

fn options(argument: &Expr) -> Option<MapOptions> {
    match argument {
        Expr::Map(map, _) => {
            let entry = |(key, value): &(rhai::Ident, Expr)| {
                (key.name.to_string(), text(value).map(str::to_owned))
            };
            Some(map.0.iter().map(entry).collect())
        }
        Expr::DynamicConstant(value, _) => {
            let map = value.read_lock::<rhai::Map>()?;
            let text = |value: &rhai::Dynamic| value.clone().into_string().ok();
            let entries = map.iter();
            Some(
                entries
                    .map(|(key, value)| (key.to_string(), text(value)))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// String literal.
fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringConstant(text, _) => Some(text),
        _ => None,
    }
}

fn is_literal(expr: &Expr) -> bool {
    expr.is_constant() && !matches!(expr, Expr::DynamicConstant(..))
        || matches!(expr, Expr::Array(..))
}

/// Checks a name that must be one of a set.
fn choice(builtin: &Builtin, name: &str, ty: &Type, text: Option<&str>) -> Result<()> {
    let (Type::Choice(..), Some(text)) = (ty, text) else {
        return Ok(());
    };
    let choices = ty.choices();
    // Long lists, such as that of the colormaps, have more names than they show.
    if choices.len() > 12 || choices.contains(&text) {
        return Ok(());
    }
    let (function, expected) = (builtin.name, ty.expected());
    let error = Error::new(format!(
        "{function} needs `{name}` to be {expected}, got \"{text}\""
    ));
    Err(error.did_you_mean(text, choices))
}
