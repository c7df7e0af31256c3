//! How scripts differ from plain Rhai: numbers follow NumPy's rules, as videos do, and methods that
//! change a value in place give that value where it is used.
//!
//! Rhai offers no switch for either, so the parser is guided: operators with another meaning are
//! declared as operators of our own, which are looked up among the registered functions (a tenth of
//! a microsecond each), and `OperatorSites` finds the places where Rhai's own, quicker ones give the same.

mod assign;
mod in_place;
mod numbers;
mod operator_sites;

use std::cell::RefCell;

use rhai::{AST, Engine, ParseError, ParseErrorType, Position, Scope, Token};

use operator_sites::OperatorSites;

pub(in crate::script) use assign::Exact;
pub(crate) use operator_sites::parse;

/// Operators with a meaning of their own, and their precedences in Rhai.
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
    /// What is known of the script that this thread is compiling.
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

/// The name under which a builtin is called where its value is used, if Rhai has a method of its
/// name that works in place.
pub(in crate::script) fn used_name(builtin: &str) -> Option<String> {
    in_place::NAMES
        .contains(&builtin)
        .then(|| in_place::used_name(builtin))
}

/// The name as the script has it.
pub(in crate::script) fn plain_name(name: &str) -> &str {
    name.strip_suffix(in_place::MARK).unwrap_or(name)
}

/// Compiles a script in which some variables are known, and some functions.
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

/// The token that the parser shall see.
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
