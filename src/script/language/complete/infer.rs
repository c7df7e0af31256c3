//! Type inference of expressions before they run: a value, a type, or nothing.
//!
//! Rhai has no types before a script runs, and the language server of Rhai works on files rather
//! than on an entry that is being typed. Here the type follows from the variables of the session
//! and from the declared result of each builtin, without running anything.

use rhai::{Dynamic, ImmutableString, Map};

use crate::script::call::context::Context;
use crate::script::call::value::Type;
use crate::script::language::lexer::Lexer;
use crate::script::language::source_text::{is_name, last_word};
use crate::script::types::members::{ScriptType, TYPES};

/// Inferred value or type of an expression.
#[derive(Debug, Clone)]
pub(super) enum Inferred {
    /// Value, if the expression consists of variables and their properties.
    Value(Dynamic),
    /// Type.
    Of(Type),
}

/// A text that ends in an expression, and the variables it can use.
pub(super) struct Expressions<'a> {
    text: &'a str,
    lexer: Lexer,
    variables: &'a dyn Fn(&str) -> Option<Dynamic>,
    context: &'a Context,
}

impl<'a> Expressions<'a> {
    pub(super) fn new(
        text: &'a str,
        variables: &'a dyn Fn(&str) -> Option<Dynamic>,
        context: &'a Context,
    ) -> Self {
        let lexer = Lexer::of(text);
        Self {
            text,
            lexer,
            variables,
            context,
        }
    }

    /// Infers the expression that ends at a byte.
    pub(super) fn before(&self, end: usize) -> Inferred {
        let text = self.text[..end].trim_end();
        match text.chars().next_back() {
            Some(')') => self.call(text.len()),
            Some(']') => self.bracket(text.len()),
            Some('}') => self.braces(text.len()),
            Some('"' | '`') => Inferred::Of(Type::Text),
            Some(c) if is_name(c) => self.name(text),
            _ => Inferred::Of(Type::Any),
        }
    }

    fn opening(&self, end: usize) -> Option<usize> {
        let pair = self.lexer.pairs.iter().find(|(_, close)| close + 1 == end);
        pair.map(|(open, _)| *open)
    }

    /// Infers `f(…)`, `x.f(…)` or `(…)`.
    fn call(&self, end: usize) -> Inferred {
        let Some(open) = self.opening(end) else {
            return Inferred::Of(Type::Any);
        };
        let before = self.text[..open].trim_end();
        let name = last_word(before);
        if name.is_empty() {
            return self.operands(open + 1, end - 1);
        }
        if before.ends_with(&format!("::{name}")) {
            return Inferred::Of(Type::Any);
        }
        let builtin = self.context.builtin(name);
        Inferred::Of(builtin.map_or(Type::Any, |builtin| builtin.returns))
    }

    /// Infers an expression in parentheses: a video if one of its operands is.
    fn operands(&self, start: usize, end: usize) -> Inferred {
        let last = self.before(end);
        let inner = self.text[start..end].char_indices();
        let operators = inner.filter(|(_, c)| "+-*/%<>=&|".contains(*c));
        let mut operands = operators.map(|(at, _)| self.before(start + at));
        let is_video = |known: &Inferred| matches!(known.ty(), Type::Video);
        match is_video(&last) {
            true => last,
            false => operands.find(is_video).unwrap_or(last),
        }
    }

    /// Infers `x[…]` or an array.
    fn bracket(&self, end: usize) -> Inferred {
        let Some(open) = self.opening(end) else {
            return Inferred::Of(Type::Any);
        };
        let before = self.text[..open].trim_end();
        let is_index = before.ends_with(|c| is_name(c) || matches!(c, ')' | ']' | '}' | '"' | '`'))
            && !KEYWORDS_BEFORE_VALUES.contains(&last_word(before));
        if !is_index {
            return Inferred::Of(Type::Array(&Type::Any));
        }
        let key = self.text[open + 1..end - 1].trim();
        self.before(before.len()).element(key)
    }

    fn braces(&self, end: usize) -> Inferred {
        let is_map = self
            .opening(end)
            .is_some_and(|open| self.text[..open].ends_with('#'));
        Inferred::Of(if is_map { Type::Map } else { Type::Any })
    }

    /// Infers a variable, a number or a property.
    fn name(&self, text: &str) -> Inferred {
        let name = last_word(text);
        let before = text[..text.len() - name.len()].trim_end();
        if before.ends_with('.') && !before.ends_with("..") {
            return self.before(before.len() - 1).property(name);
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return Inferred::Of(Type::Int);
        }
        if let Some(end) = self.definition(name, before.len()) {
            return self.before(end);
        }
        match (self.variables)(name) {
            Some(value) => Inferred::Value(value),
            None => Inferred::Of(Type::Any),
        }
    }

    /// End of the expression that defines a variable earlier in the text.
    fn definition(&self, name: &str, before: usize) -> Option<usize> {
        let text = &self.text[..before];
        let starts = ["let ", "const "].into_iter().filter_map(|keyword| {
            let start = text.rfind(&format!("{keyword}{name} "))?;
            Some(start + keyword.len() + name.len())
        });
        let start = starts.max()?;
        let length = text[start..].find([';', '\n'])?;
        Some(start + length)
    }
}

/// Words after which a bracket begins an array.
const KEYWORDS_BEFORE_VALUES: &[&str] = &["return", "in", "else", "throw"];

impl Inferred {
    /// Inferred type.
    pub(super) fn ty(&self) -> Type {
        match self {
            Inferred::Value(value) => type_of(value),
            Inferred::Of(ty) => *ty,
        }
    }

    /// Names of the properties; of a map, its keys.
    pub(super) fn properties(&self) -> Vec<String> {
        if let Inferred::Value(value) = self
            && let Some(map) = value.read_lock::<Map>()
        {
            return map.keys().map(ToString::to_string).collect();
        }
        properties(&self.ty())
    }

    fn property(&self, name: &str) -> Inferred {
        let Inferred::Value(value) = self else {
            return Inferred::Of(property_type(name));
        };
        let found = match ScriptType::of_value(value) {
            Some(ty) => (ty.get)(value, name),
            None => value
                .read_lock::<Map>()
                .and_then(|map| map.get(name).cloned()),
        };
        found.map_or(Inferred::Of(Type::Any), Inferred::Value)
    }

    /// Element: of a video a view, of an array the first element.
    fn element(&self, key: &str) -> Inferred {
        if let Inferred::Value(value) = self {
            let key = key.trim_matches('"');
            if let Some(value) = value.read_lock::<Map>().and_then(|m| m.get(key).cloned()) {
                return Inferred::Value(value);
            }
            if let Some(array) = value.read_lock::<rhai::Array>() {
                let index = key.parse::<usize>().unwrap_or(0);
                return array
                    .get(index)
                    .or(array.first())
                    .map_or(Inferred::Of(Type::Any), |v| Inferred::Value(v.clone()));
            }
        }
        Inferred::Of(match self.ty() {
            Type::Video | Type::Operand | Type::Frames => Type::Video,
            Type::Array(of) => *of,
            _ => Type::Any,
        })
    }
}

/// Type of the value of a variable.
fn type_of(value: &Dynamic) -> Type {
    if let Some(ty) = ScriptType::of_value(value) {
        return ty.kind;
    }
    match value {
        value if value.is::<ImmutableString>() => Type::Text,
        value if value.is_array() => Type::Array(&Type::Any),
        value if value.is_map() => Type::Map,
        value if value.is_int() => Type::Int,
        value if value.is_float() => Type::Float,
        value if value.is_bool() => Type::Bool,
        value if value.is_blob() => Type::Blob,
        value if value.is_unit() => Type::Unit,
        _ => Type::Any,
    }
}

/// Properties of a type, or of all types if it is not known.
fn properties(ty: &Type) -> Vec<String> {
    let names = |ty: &ScriptType| ty.properties().map(str::to_owned).collect::<Vec<_>>();
    match ty {
        Type::Operand => properties(&Type::Video),
        Type::Optional(of) => properties(of),
        Type::Either(one, other) => [properties(one), properties(other)].concat(),
        Type::Any => TYPES.iter().flat_map(names).collect(),
        ty => ScriptType::of_kind(ty).map(names).unwrap_or_default(),
    }
}

/// Type of a property, whatever type it belongs to.
fn property_type(name: &str) -> Type {
    match name {
        "shape" | "pixel_size" => Type::Array(&Type::Float),
        "dtype" | "comment" | "filepath" | "format" => Type::Text,
        "metadata" => Type::Map,
        "len" | "ndim" | "nbytes" | "frame" | "step" | "nan" => Type::Int,
        "fps" | "min" | "max" | "mean" | "std" | "drift" => Type::Float,
        _ => Type::Any,
    }
}
