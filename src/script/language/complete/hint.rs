//! Hints at what could be typed next: the parameters of a call, or a name to choose.

use super::CompletionScope;
use super::argument::{ArgumentKey, ArgumentPosition, ends_in_word};
use super::text::{StringPurpose, wanted};
use crate::script::call::builtin::{Builtin, Param};
use crate::script::docs::default_text;
use crate::script::language::lexer::{LexState, Lexer};

/// Hint shown after the cursor.
#[derive(Debug, PartialEq)]
pub struct Hint {
    /// Text.
    pub text: String,
    /// Whether the text can be accepted; otherwise it only explains.
    pub can_be_taken: bool,
}

/// Hint at the end of a text that ends inside a call.
pub fn hint(text: &str, scope: &CompletionScope<'_>) -> Option<Hint> {
    let lexer = Lexer::of(text);
    match lexer.inside {
        LexState::Text('"') => choice(text, &lexer, scope),
        LexState::Code => signature(text, &lexer, scope),
        _ => None,
    }
}

/// Rest of the first matching name.
fn choice(text: &str, lexer: &Lexer, scope: &CompletionScope<'_>) -> Option<Hint> {
    let typed = &text[lexer.since + 1..];
    let StringPurpose::Names(names) = wanted(&text[..lexer.since], scope) else {
        return None;
    };
    let name = names.iter().find(|name| name.starts_with(typed))?;
    Some(Hint {
        text: format!("{}\"", &name[typed.len()..]),
        can_be_taken: true,
    })
}

/// Remaining parameters.
fn signature(text: &str, lexer: &Lexer, scope: &CompletionScope<'_>) -> Option<Hint> {
    let call_argument = ArgumentPosition::of(text, lexer)?;
    let builtin = call_argument.builtin(scope.context);
    let (rest, closed) = match (&call_argument.argument, builtin) {
        (ArgumentKey::At(index), Some(builtin)) => {
            let skipped = index + usize::from(!call_argument.is_empty);
            (params(builtin, |at, _| at >= skipped), ")")
        }
        (ArgumentKey::At(index), None) => {
            let skipped =
                index + usize::from(!call_argument.is_empty) - usize::from(call_argument.is_method);
            (
                script_params(&call_argument, text, scope)?
                    .into_iter()
                    .skip(skipped)
                    .collect(),
                ")",
            )
        }
        (ArgumentKey::Key(used), Some(builtin)) if !ends_in_word(text) => {
            let unused = |_, param: &Param| {
                param.default.is_some() && !used.iter().any(|name| param.is_called(name))
            };
            (params(builtin, unused), "})")
        }
        (ArgumentKey::Option(name), Some(builtin)) if call_argument.is_empty => {
            (value_of(builtin.param(name)?).into_iter().collect(), "")
        }
        _ => return None,
    };
    let between = match (call_argument.is_empty, text.ends_with(',')) {
        (false, _) if !rest.is_empty() => ", ",
        (true, true) => " ",
        _ => "",
    };
    Some(Hint {
        text: format!("{between}{}{closed}", rest.join(", ")),
        can_be_taken: false,
    })
}

fn params(builtin: &Builtin, is_left: impl Fn(usize, &Param) -> bool) -> Vec<String> {
    let params = builtin.params.iter().enumerate();
    let left = params.filter(|(at, param)| is_left(*at, param));
    left.map(|(_, param)| match default_text(param) {
        Some(default) => format!("{} = {default}", param.name),
        None => param.name.to_owned(),
    })
    .collect()
}

/// Expected value of an option.
fn value_of(param: &Param) -> Option<String> {
    let unit = if param.unit.is_empty() {
        String::new()
    } else {
        format!(" in {}", param.unit)
    };
    Some(format!("{}{unit}", param.ty.expected()))
}

/// Parameters of a function of a module, or of one that was defined at the prompt.
fn script_params(
    call_argument: &ArgumentPosition<'_>,
    text: &str,
    scope: &CompletionScope<'_>,
) -> Option<Vec<String>> {
    let find = |functions: &[crate::script::docs::LibraryFunction]| {
        let function = functions
            .iter()
            .find(|function| function.name == call_argument.function)?;
        Some(function.params.clone())
    };
    let Some(alias) = call_argument.module else {
        return find(scope.functions);
    };
    if let Some(library) = scope.modules.get(alias) {
        return find(&library.functions);
    }
    let name = super::imported_as(alias, text).unwrap_or(alias);
    find(&scope.context.library(name)?.functions)
}
