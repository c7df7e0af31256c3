//! Completion of the text being typed, and hints, from the builtin table and the session's
//! variables.

mod argument;
mod hint;
mod infer;
mod text;

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{Array, Blob, Dynamic, Engine, FLOAT, INT, ImmutableString, Map, Scope};

use super::lexer::{LexState, Lexer};
use super::source_text::last_word;
use crate::script::call::builtin::Builtin;
use crate::script::call::context::Context;
use crate::script::call::register::CONSTANTS;
use crate::script::call::value::Type;
use crate::script::docs::{Library, LibraryFunction};
use crate::script::types::members::ScriptType;
use argument::{ArgumentKey, ArgumentPosition};
use infer::{Expressions, Inferred};

pub use hint::{Hint, hint};
pub use text::paths;

/// Candidates for the word before the cursor.
#[derive(Debug, Default, PartialEq)]
pub struct Completion {
    /// First byte of the word.
    pub start: usize,
    /// Candidates, sorted.
    pub candidates: Vec<Candidate>,
}

/// A candidate for the word at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Text in lists.
    pub display: String,
    /// Text to insert.
    pub text: String,
}

/// Names that are visible to an entry.
pub struct CompletionScope<'a> {
    /// Builtins and libraries.
    pub context: &'a Context,
    /// Variables.
    pub scope: &'a Scope<'static>,
    /// Imported modules by alias.
    pub modules: &'a BTreeMap<String, Arc<Library>>,
    /// Functions that were defined.
    pub functions: &'a [LibraryFunction],
    /// Methods of Rhai's own types.
    pub methods: &'a Methods,
}

/// Methods of Rhai's own types: type and name.
pub struct Methods(Vec<(TypeId, String)>);

impl Methods {
    /// Methods of an engine.
    pub fn of(engine: &Engine) -> Self {
        let method = |info: rhai::FuncInfo<'_>| {
            let name = info.metadata.name.to_string();
            let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic());
            let receiver = info.metadata.param_types.first()?;
            (is_plain && !name.contains('$')).then_some((*receiver, name))
        };
        let mut methods = engine.collect_fn_metadata(None, method, true);
        methods.sort();
        methods.dedup();
        Self(methods)
    }

    fn of_type(&self, ty: &Type) -> impl Iterator<Item = &str> {
        let wanted = match ty {
            Type::Text | Type::Path | Type::Choice(..) => Some(TypeId::of::<ImmutableString>()),
            Type::Array(_) => Some(TypeId::of::<Array>()),
            Type::Map | Type::Table(_) => Some(TypeId::of::<Map>()),
            Type::Blob => Some(TypeId::of::<Blob>()),
            Type::Int | Type::Count => Some(TypeId::of::<INT>()),
            Type::Float => Some(TypeId::of::<FLOAT>()),
            _ => None,
        };
        let of_type = move |(ty, _): &&(TypeId, String)| Some(*ty) == wanted;
        self.0.iter().filter(of_type).map(|(_, name)| name.as_str())
    }
}

const KEYWORDS: &[&str] = &[
    "break", "catch", "const", "continue", "else", "export", "false", "fn", "for", "if", "import",
    "in", "let", "loop", "print", "return", "switch", "this", "throw", "true", "try", "while",
];

/// Completes the end of `text`.
pub fn complete(text: &str, scope: &CompletionScope<'_>) -> Completion {
    let lexer = Lexer::of(text);
    let (start, mut candidates) = match lexer.inside {
        LexState::Code => code(text, &lexer, scope),
        LexState::Text('"' | '`') => text::complete(text, &lexer, scope),
        _ => return Completion::default(),
    };
    candidates.sort();
    candidates.dedup();
    Completion { start, candidates }
}

fn code(text: &str, lexer: &Lexer, scope: &CompletionScope<'_>) -> (usize, Vec<Candidate>) {
    let word = last_word(text);
    let start = text.len() - word.len();
    let before = &text[..start];
    let names = if let Some(path) = before.strip_suffix("::") {
        members(last_word(path), text, scope)
    } else if before.ends_with('.') && !before.ends_with("..") {
        after_dot(&before[..start - 1], scope)
    } else {
        options(text, lexer, scope).unwrap_or_else(|| names(scope))
    };
    let fitting = names.into_iter().filter(|name| name.starts_with(word));
    (start, fitting.map(Candidate::from).collect())
}

impl From<String> for Candidate {
    fn from(text: String) -> Self {
        let display = text.clone();
        Self { display, text }
    }
}

/// Names that can begin an expression or a statement.
fn names(scope: &CompletionScope<'_>) -> Vec<String> {
    let builtins = scope.context.builtins().map(|builtin| called(builtin.name));
    let functions = scope
        .functions
        .iter()
        .map(|function| called(&function.name));
    let libraries = scope.context.libraries().iter();
    let modules = libraries.map(|library| library.name.clone());
    let keywords = KEYWORDS.iter().map(|keyword| (*keyword).to_owned());
    let constants = CONSTANTS.iter().map(|(name, _)| (*name).to_owned());
    let variables = scope.scope.iter_raw().map(|(name, ..)| name.to_owned());
    builtins
        .chain(functions)
        .chain(modules)
        .chain(scope.modules.keys().cloned())
        .chain(constants)
        .chain(keywords)
        .chain(variables)
        .collect()
}

fn called(name: &str) -> String {
    format!("{name}(")
}

/// Functions of a module that has been imported, or is imported earlier in the text.
fn members(alias: &str, text: &str, scope: &CompletionScope<'_>) -> Vec<String> {
    let functions = |library: &Library| {
        let functions = library.functions.iter();
        functions.map(|function| called(&function.name)).collect()
    };
    let here = imported_as(alias, text);
    let name = here.unwrap_or(alias);
    if here.is_none()
        && let Some(library) = scope.modules.get(alias)
    {
        return functions(library);
    }
    let library = scope.context.library(name);
    library
        .map(|library| functions(&library))
        .unwrap_or_default()
}

/// Module that a text imports under an alias.
fn imported_as<'a>(alias: &str, text: &'a str) -> Option<&'a str> {
    let end = text.find(&format!("\" as {alias}"))?;
    text[..end].rsplit_once('"').map(|(_, name)| name)
}

/// Type of the expression at the end of a text.
pub(in crate::script) fn type_before(
    text: &str,
    variables: &dyn Fn(&str) -> Option<Dynamic>,
    context: &Context,
) -> Type {
    Expressions::new(text, variables, context)
        .before(text.len())
        .ty()
}

/// Properties, and the functions that take the value before the dot as their first argument.
fn after_dot(before: &str, scope: &CompletionScope<'_>) -> Vec<String> {
    let variable = |name: &str| scope.scope.get(name).cloned();
    let expressions = Expressions::new(before, &variable, scope.context);
    let known = expressions.before(before.len());
    let ty = known.ty();
    let takes = |builtin: &&Builtin| {
        let first = builtin.params.first();
        first.is_some_and(|param| has_method(&param.ty, &ty))
    };
    let functions = scope.context.builtins().filter(takes);
    let functions = functions.map(|builtin| called(builtin.name));
    let methods = scope.methods.of_type(&ty).map(called);
    let is_map_value = matches!(&known, Inferred::Value(value) if value.is_map());
    let methods = methods.filter(|_| !is_map_value);
    let properties = known.properties().into_iter();
    properties.chain(functions).chain(methods).collect()
}

/// Whether a function with a first parameter of type `first` is a method of values of type `of`.
fn has_method(first: &Type, of: &Type) -> bool {
    use Type::{Any, Either, Operand, Optional, Video};
    match (first, of) {
        (Either(one, other), of) => has_method(one, of) || has_method(other, of),
        (first, Either(one, other)) => has_method(first, one) || has_method(first, other),
        (first, Optional(of)) => has_method(first, of),
        (Video | Operand, Video | Operand | Any) => true,
        (first, of) => match ScriptType::of_kind(first) {
            Some(ty) => {
                matches!(of, Any) || ScriptType::of_kind(of).is_some_and(|of| of.name == ty.name)
            }
            None => false,
        },
    }
}

/// Options that the call at the end of the text can still take, if an option name is being typed.
fn options(text: &str, lexer: &Lexer, scope: &CompletionScope<'_>) -> Option<Vec<String>> {
    let call_argument = ArgumentPosition::of(text, lexer)?;
    let ArgumentKey::Key(used) = &call_argument.argument else {
        return None;
    };
    let builtin = call_argument.builtin(scope.context)?;
    let unused = builtin
        .params
        .iter()
        .filter(|param| param.default.is_some() && !used.iter().any(|name| param.is_called(name)));
    Some(unused.map(|param| format!("{}: ", param.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::imported_as;

    #[test]
    fn imports_in_the_text_itself_count() {
        assert_eq!(
            imported_as("w", "import \"waves\" as w; w::"),
            Some("waves")
        );
        assert_eq!(imported_as("w", "w::"), None);
    }
}
