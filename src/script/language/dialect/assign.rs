//! NumPy's rules for `x /= y`, `x %= y` and `x ^= y`, which Rhai computes by its own rules if both
//! are ints, whatever is registered. The mark `$` after such an operator wraps an int into
//! [`Exact`], for which Rhai has no rule, so that it falls back on the registered operators.

use std::borrow::Cow;
use std::cell::Cell;

use rhai::{Dynamic, Engine, INT, LexError, Token};

use crate::script::language::lexer::{LexState, Lexer};

/// The mark. Rhai reserves it without using it.
const MARK: &str = "$";

const OPERATORS: &[&str] = &["/=", "%=", "^="];

/// An int on the right of an assignment.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) struct Exact(pub(in crate::script) INT);

thread_local! {
    /// Whether the last token was such an operator.
    static EXPECTS_MARK: Cell<bool> = const { Cell::new(false) };
}

/// Registers the mark: `$ expression`.
#[allow(deprecated)] // `EvalContext` is said to be volatile; this is the documented way
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Exact>("int");
    engine
        .register_custom_syntax([MARK, "$expr$"], false, |context, inputs| {
            let value = context.eval_expression_tree(&inputs[0])?.flatten();
            Ok(match value.as_int() {
                Ok(int) => Dynamic::from(Exact(int)),
                Err(_) => value,
            })
        })
        .expect("the syntax is valid");
}

/// Inserts a mark after each of these operators, replacing a following space so that positions stay
/// the same.
pub(super) fn mark(text: &str) -> Cow<'_, str> {
    if !OPERATORS.iter().any(|operator| text.contains(operator)) {
        return text.into();
    }
    let mut marked = String::with_capacity(text.len() + 8);
    for (range, inside) in Lexer::pieces(text) {
        let mut rest = &text[range];
        if inside == LexState::Code {
            while let Some(at) = OPERATORS.iter().filter_map(|op| rest.find(op)).min() {
                let (before, after) = rest.split_at(at + 2);
                marked.push_str(before);
                marked.push_str(MARK);
                rest = after.strip_prefix(' ').unwrap_or(after);
            }
        }
        marked.push_str(rest);
    }
    marked.into()
}

/// Ensures that such an operator and a mark only occur together.
pub(super) fn token(token: Token, is_marked: bool) -> Token {
    let expects_mark = EXPECTS_MARK.replace(false);
    match token {
        Token::DivideAssign | Token::ModuloAssign | Token::XOrAssign if is_marked => {
            EXPECTS_MARK.set(true);
            token
        }
        Token::DivideAssign | Token::ModuloAssign | Token::XOrAssign => {
            let syntax = token.literal_syntax();
            let message = format!("in eval, write x = x {} y", &syntax[..1]);
            Token::LexError(LexError::ImproperSymbol(syntax.into(), message).into())
        }
        Token::Custom(name) if *name == MARK && !expects_mark => {
            let message = "it has no meaning here".to_owned();
            Token::LexError(LexError::ImproperSymbol(name.to_string(), message).into())
        }
        token => token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_in_place_of_spaces() {
        assert_eq!(mark("x /= 2; y%=3"), "x /=$2; y%=$3");
        assert_eq!(mark("\"a /= b\"; // x /= 2"), "\"a /= b\"; // x /= 2");
        assert_eq!(mark("x == 2"), "x == 2");
    }
}
