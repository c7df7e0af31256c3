//! Finds the argument of a call that is being typed.

use crate::script::call::builtin::{Builtin, Param};
use crate::script::call::context::Context;
use crate::script::call::value::Type;
use crate::script::language::lexer::{Bracket, LexState, Lexer};
use crate::script::language::source_text::{is_name, last_word};

/// Position of an argument in a call.
pub(super) struct ArgumentPosition<'a> {
    /// Function that is called.
    pub(super) function: &'a str,
    /// Module of the function, by its alias in the script.
    pub(super) module: Option<&'a str>,
    /// Whether it is a method call, with the value before the dot as its first argument.
    pub(super) is_method: bool,
    /// Index or name of the argument.
    pub(super) argument: ArgumentKey<'a>,
    /// Whether nothing of the argument has been typed yet.
    pub(super) is_empty: bool,
}

/// An argument of a call.
pub(super) enum ArgumentKey<'a> {
    /// Index, a method's receiver included.
    At(usize),
    /// Name of an option, with the options before it.
    Key(Vec<&'a str>),
    /// Value of an option.
    Option(&'a str),
}

impl<'a> ArgumentPosition<'a> {
    /// Position at the end of a text, if that is inside a call.
    pub(super) fn of(text: &'a str, lexer: &Lexer) -> Option<Self> {
        let open = lexer
            .brackets
            .iter()
            .rposition(|bracket| bracket.kind == '(')?;
        let call = lexer.brackets[open];
        let function = last_word(text[..call.after - 1].trim_end());
        if function.is_empty() {
            return None;
        }
        let start = function.as_ptr() as usize - text.as_ptr() as usize;
        let before = text[..start].trim_end();
        let module = before.strip_suffix("::").map(last_word);
        let is_method = before.ends_with('.');
        let inner = &lexer.brackets[open + 1..];
        let (argument, typed) = match inner {
            [] | [Bracket { kind: '[', .. }] => {
                let arguments = &text[call.after..];
                let parts = parts(arguments);
                let index = parts.len() - 1 + usize::from(is_method);
                let after = inner.first().map(|bracket| &text[bracket.after..]);
                (ArgumentKey::At(index), after.or(parts.last().copied()))
            }
            [map] | [map, Bracket { kind: '[', .. }] if map.kind == '#' => {
                option(&text[map.after..])
            }
            _ => return None,
        };
        Some(Self {
            function,
            module,
            is_method,
            argument,
            is_empty: typed.is_none_or(|typed| typed.trim().is_empty()),
        })
    }

    /// Builtin that is called.
    pub(super) fn builtin(&self, context: &'a Context) -> Option<&'static Builtin> {
        match self.module {
            Some(_) => None,
            None => context.builtin(self.function),
        }
    }

    /// Parameter of the argument.
    pub(super) fn param<'b>(&self, builtin: &'b Builtin) -> Option<&'b Param> {
        match &self.argument {
            ArgumentKey::At(index) => builtin.params.get(*index),
            ArgumentKey::Option(name) => builtin.param(name),
            ArgumentKey::Key(_) => None,
        }
    }
}

/// Option at the end of an option map: its name, or its value.
fn option(map: &str) -> (ArgumentKey<'_>, Option<&str>) {
    let entries = parts(map);
    let key = |entry: &&'_ str| entry.split_once(':').map(|(key, _)| key.len());
    let last = entries.last().copied().unwrap_or_default();
    match last.split_once(':') {
        Some((key, value)) => (ArgumentKey::Option(key.trim()), Some(value)),
        None => {
            let used = entries
                .iter()
                .filter_map(|entry| Some(entry[..key(entry)?].trim()));
            (ArgumentKey::Key(used.collect()), Some(last))
        }
    }
}

/// Splits a text at the commas outside brackets, strings and comments.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (range, inside) in Lexer::pieces(text) {
        if inside != LexState::Code {
            continue;
        }
        for (at, c) in text[range.clone()].char_indices() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    parts.push(&text[start..range.start + at]);
                    start = range.start + at + 1;
                }
                _ => {}
            }
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Names that a value of a type can be chosen from.
pub(super) fn choices(ty: &Type) -> Vec<&'static str> {
    match ty {
        Type::Either(one, other) => [choices(one), choices(other)].concat(),
        Type::Optional(of) | Type::Array(of) => choices(of),
        ty => ty.choices(),
    }
}

/// Whether a text ends inside a word.
pub(super) fn ends_in_word(text: &str) -> bool {
    text.ends_with(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, function: &str, argument: &str) {
        let lexer = Lexer::of(text);
        let call_argument = ArgumentPosition::of(text, &lexer).unwrap();
        let found = match call_argument.argument {
            ArgumentKey::At(index) => index.to_string(),
            ArgumentKey::Key(used) => format!("key after {used:?}"),
            ArgumentKey::Option(name) => name.to_owned(),
        };
        assert_eq!(
            (call_argument.function, found.as_str()),
            (function, argument),
            "{text}"
        );
    }

    #[test]
    fn arguments_are_counted_and_named() {
        check("crop(", "crop", "0");
        check("crop(f(1, 2), [3, 4], ", "crop", "2");
        check("v.crop(", "crop", "1");
        check("m::crop(\"a,b\", ", "crop", "1");
        check("crop(v, #{wid", "crop", "key after []");
        check("normalize(v, #{ymin: 1, dtype: \"", "normalize", "dtype");
        check(
            "normalize(v, #{ymin: 1, ",
            "normalize",
            "key after [\"ymin\"]",
        );
        check("f(v, [\"", "f", "1");
        assert!(ArgumentPosition::of("(1, 2", &Lexer::of("(1, 2")).is_none());
    }
}
