//! Registers the builtin table with Rhai.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rhai::{
    Dynamic, Engine, EvalAltResult, FLOAT, FuncRegistration, Module, NativeCallContext, Position,
    Scope, Token,
};

use super::bind::Call;
use super::builtin::Builtin;
use super::callback;
use super::context::Context;
use super::record::{self, CallRecord};
use super::value::{Type, plain_text};
use crate::error::{Error, Result};
use crate::player::Player;
use crate::script::language::dialect;
use crate::system::check_files;
use crate::task;
use crate::video::{Origin, Video, number_text};

/// Largest number of arguments that Rhai passes to a function.
const MAX_ARGUMENTS: usize = 20;

/// Registers every builtin and the script types.
pub fn register(engine: &mut Engine, context: &Arc<Context>) {
    crate::script::types::members::register(engine, context);
    super::operators::register(engine, context);
    crate::script::host::safe_functions::register(engine);
    crate::script::language::dialect::register(engine);
    super::plain_arrays::register(engine);
    crate::script::host::limits::register(engine);
    register_constants(engine);
    guide_parser(engine, context.clone());
    // A module, as an engine would describe the types of all parameters for its own functions,
    // which took four fifths of the time to start.
    let mut module = Module::new();
    for builtin in context.builtins() {
        let takes_rest = matches!(builtin.params.last().map(|p| p.ty), Some(Type::Rest));
        let most = match takes_rest {
            true => MAX_ARGUMENTS,
            false => MAX_ARGUMENTS.min(builtin.params.len() + 1),
        };
        let used_name = crate::script::language::dialect::used_name(builtin.name);
        for name in used_name.as_deref().into_iter().chain([builtin.name]) {
            for count in 0..=most {
                register_arity(&mut module, builtin, name, context.clone(), count);
            }
        }
    }
    engine.register_global_module(module.into());
}

/// Named constants of scripts, also visible in functions and modules.
pub(in crate::script) const CONSTANTS: &[(&str, FLOAT)] = &[
    ("NaN", FLOAT::NAN),
    ("INF", FLOAT::INFINITY),
    ("PI", std::f64::consts::PI),
    ("E", std::f64::consts::E),
];

/// The constants for the compiler, which refuses unknown names.
pub fn constants() -> Scope<'static> {
    let mut scope = Scope::new();
    for (name, value) in CONSTANTS {
        scope.push_constant(*name, *value);
    }
    scope
}

fn register_constants(engine: &mut Engine) {
    let mut module = Module::new();
    for (name, value) in CONSTANTS {
        module.set_var(*name, *value);
    }
    engine.register_global_module(module.into());
}

/// Name of the last value at the prompt.
pub const LAST: &str = "_";

/// Function names that Rhai reserves without using them.
const FREED: &[&str] = &["var"];

/// Makes reserved names available and replaces operators by ours. Rhai marks the hook as deprecated
/// only because it may change.
#[allow(deprecated)]
fn guide_parser(engine: &mut Engine, context: Arc<Context>) {
    engine.on_parse_token(move |token, position, _| match token {
        Token::Reserved(name) if is_freed(&name) => Token::Identifier(name),
        Token::Underscore if context.last_value_is_named() => {
            Token::Identifier(Box::new(LAST.into()))
        }
        // `eval` knows no names from outside of its text.
        Token::Identifier(name) if !dialect::is_compiling() => match not_finite(&name) {
            Some(value) => Token::FloatConstant(Box::new((value.into(), *name))),
            None => dialect::token(Token::Identifier(name), position),
        },
        token => dialect::token(token, position),
    });
}

/// NaN or infinity, if a name means it.
fn not_finite(name: &str) -> Option<FLOAT> {
    let mut constants = CONSTANTS.iter().filter(|(_, value)| !value.is_finite());
    let constant = constants.find(|(known, _)| *known == name);
    constant.map(|(_, value)| *value)
}

/// Whether a name that Rhai reserves is available to scripts.
pub(in crate::script) fn is_freed(name: &str) -> bool {
    FREED.contains(&name)
}

/// Registers a builtin for one number of arguments, which Rhai then passes by value: a temporary
/// arrives unshared, so that filters may overwrite it.
fn register_arity(
    module: &mut Module,
    builtin: &'static Builtin,
    name: &str,
    context: Arc<Context>,
    count: usize,
) {
    let run = move |native: &NativeCallContext, arguments: Vec<Dynamic>| {
        let mut arguments: Vec<_> = arguments.into_iter().map(Dynamic::flatten).collect();
        for (at, value) in arguments.iter_mut().enumerate() {
            if let Some(mut video) = value.write_lock::<Video>() {
                context.release(native, at, &mut video);
            }
        }
        callback::capture(native, builtin, &context, &mut arguments);
        let begin = context.is_verbose().then(Instant::now);
        let result = context.profile.measure(builtin.name, native, || {
            let mut call = Call::bind(builtin, arguments, &context)?;
            call.check_paths()?;
            let record = CallRecord::of(&call);
            record::provide(&mut call);
            let files = context.run_log.files_of(&call);
            let mut value = context.load_cache.run(call)?;
            if let Some(files) = files {
                context.run_log.note(files);
            }
            if let Some(record) = record {
                record.attach(&mut value);
            }
            // Not before its history is there, which the pictures that its window saves hold.
            let player = value.read_lock::<Player>().map(|player| player.clone());
            if let Some(player) = player {
                player.wait_if_held()?;
            }
            Ok(value)
        });
        if let (Some(begin), Ok(value)) = (begin, &result) {
            note(builtin, begin.elapsed(), value);
        }
        if let Ok(value) = &result
            && let Some(video) = value.read_lock::<Video>()
        {
            video.set_origin(|| origin(native));
        }
        or_raise(result, native)
    };
    let function = FuncRegistration::new(name)
        .in_global_namespace()
        .with_volatility(true);
    macro_rules! by_count {
        ($($count:literal: $($argument:ident)*;)*) => {
            match count {
                $($count => {
                    function.set_into_module(
                        module,
                        move |native: NativeCallContext, $($argument: Dynamic),*| run(&native, vec![$($argument),*]),
                    );
                })*
                _ => unreachable!("at most as many arguments as Rhai passes"),
            }
        };
    }
    by_count! {
        0: ; 1: a; 2: a b; 3: a b c; 4: a b c d; 5: a b c d e; 6: a b c d e f; 7: a b c d e f g;
        8: a b c d e f g h; 9: a b c d e f g h i; 10: a b c d e f g h i j;
        11: a b c d e f g h i j k; 12: a b c d e f g h i j k l; 13: a b c d e f g h i j k l m;
        14: a b c d e f g h i j k l m n; 15: a b c d e f g h i j k l m n o;
        16: a b c d e f g h i j k l m n o p; 17: a b c d e f g h i j k l m n o p q;
        18: a b c d e f g h i j k l m n o p q r; 19: a b c d e f g h i j k l m n o p q r s;
        20: a b c d e f g h i j k l m n o p q r s t;
    }
}

/// Place of a call, for errors of samples that are computed later.
pub(in crate::script) fn origin(native: &NativeCallContext) -> Origin {
    Origin {
        source: native.call_source().map(str::to_owned),
        line: native.call_position().line().unwrap_or(0),
    }
}

/// Reports that a call of a builtin is complete.
fn note(builtin: &Builtin, time: Duration, value: &Dynamic) {
    let result = match value.read_lock::<Video>() {
        // Its text would compute it.
        Some(video) if video.is_pending() => " → to be computed".to_owned(),
        _ if value.is_unit() => String::new(),
        _ => format!(" → {}", plain_text(value)),
    };
    let milliseconds = number_text(time.as_secs_f64() * 1000.0);
    task::note(&format!("{}: {milliseconds} ms{result}", builtin.name));
}

/// Converts an error to one of Rhai: failures can be caught by the script, its end cannot.
pub(crate) fn raise(error: Error, position: Position) -> Box<EvalAltResult> {
    if error.is_interrupted() || error.exit_code().is_some() {
        return EvalAltResult::ErrorTerminated(Dynamic::from(error), position).into();
    }
    EvalAltResult::ErrorRuntime(Dynamic::from(error), position).into()
}

/// Raises the failure of a builtin, a property, an index or an operator, and that of a mapped file
/// which has become shorter: results from it are invalid.
pub(in crate::script) fn or_raise<T>(
    result: Result<T>,
    native: &NativeCallContext,
) -> Result<T, Box<EvalAltResult>> {
    let result = check_files().and(result);
    result.map_err(|error| raise(error, native.call_position()))
}
