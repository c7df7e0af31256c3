//! Differences between scripts and plain Rhai: numbers follow NumPy's rules, as videos do, and
//! methods that change a value in place return it where their value is used.
//!
//! Rhai has no option for either, so the parser is guided: operators with another meaning are
//! declared as custom operators, which are looked up among the registered functions (0.1 µs each),
//! and `OperatorSites` finds the positions where Rhai's own, faster ones give the same result.

mod assign;
mod in_place;
mod numbers;
mod operator_sites;

use std::cell::RefCell;

use rhai::{AST, Engine, ParseError, ParseErrorType, Position, Scope, Token};

use operator_sites::OperatorSites;

pub(in crate::script) use assign::Exact;
pub(crate) use operator_sites::parse;

/// Operators with another meaning, and their precedences in Rhai.
const OPERATORS: &[(&str, u8)] = &[
    ("^", 30),
    ("==", 90),
    ("!=", 90),
    ("<", 130),
    ("<=", 130),
    (">", 130),
    (">=", 130),
    ("/", 180),
    ("%", 180),
];

thread_local! {
    /// Sites of the script that this thread is compiling.
    static SITES: RefCell<Option<OperatorSites>> = const { RefCell::new(None) };
}

/// Registers operators, functions of numbers and methods.
pub(in crate::script) fn register(engine: &mut Engine) {
    for (operator, precedence) in OPERATORS {
        engine.disable_symbol(*operator);
        engine
            .register_custom_operator(operator, *precedence)
            .expect("a disabled symbol may be an operator");
    }
    assign::register(engine);
    numbers::register(engine);
    in_place::register(engine);
}

/// Name of a builtin where its value is used, if Rhai has an in-place method of the same name.
pub(in crate::script) fn used_name(builtin: &str) -> Option<String> {
    in_place::NAMES
        .contains(&builtin)
        .then(|| in_place::used_name(builtin))
}

/// Name as written in the script.
pub(in crate::script) fn plain_name(name: &str) -> &str {
    name.strip_suffix(in_place::MARK).unwrap_or(name)
}

/// Compiles a script with some known variables and functions.
pub fn compile(
    engine: &Engine,
    known: &Scope<'_>,
    functions: &[&str],
    text: &str,
) -> Result<AST, ParseError> {
    let text = assign::mark(text);
    let sites = OperatorSites::of(&text, known, functions);
    if let Some((error, position)) = sites.mistake() {
        return Err(ParseError(ParseErrorType::BadInput(error).into(), position));
    }
    let outer = SITES.replace(Some(sites));
    let ast = engine.compile_with_scope(known, text.as_ref());
    SITES.set(outer);
    ast
}

/// Whether this thread is compiling a script, and not the text of an `eval`.
pub(in crate::script) fn is_compiling() -> bool {
    SITES.with_borrow(Option::is_some)
}

/// Token to pass to the parser.
pub(in crate::script) fn token(token: Token, position: Position) -> Token {
    SITES.with_borrow_mut(|sites| match (token, sites) {
        (Token::Custom(name), Some(sites)) if sites.is_quick(position) => {
            Token::lookup_symbol_from_syntax(&name).unwrap_or(Token::Custom(name))
        }
        (Token::Identifier(name), Some(sites)) if sites.is_used(position) => {
            Token::Identifier(Box::new(in_place::used_name(&name).into()))
        }
        (token, sites) => assign::token(token, sites.is_some()),
    })
}
