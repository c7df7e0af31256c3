//! Script functions that are called later, on other threads, while the script continues or after it
//! has ended.
//!
//! The engine of the session belongs to the thread that runs scripts and gets new functions with
//! every entry of the prompt. A function that outlives its call therefore gets an engine of its own
//! with everything defined at that time, and a copy of the state it was passed in: it calls the
//! functions of its script and of earlier entries, and captured values stay shared with the script.

use std::sync::Arc;

#[allow(deprecated)] // Rhai marks what may change in its next versions.
use rhai::NativeCallContextStore;
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, FuncArgs, Map, NativeCallContext};

use super::builtin::Builtin;
use super::context::Context;
use super::value::{Type, Value};
use crate::error::Result;
use crate::script::language::diagnostic::Diagnostic;

/// A script function that can be called at any time on any thread.
#[derive(Clone)]
pub struct Callback {
    function: FnPtr,
    call: Arc<Caller>,
}

#[allow(deprecated)]
struct Caller {
    engine: Engine,
    store: NativeCallContextStore,
    context: Arc<Context>,
}

impl Callback {
    /// Calls the function.
    pub fn call(&self, arguments: impl FuncArgs) -> Result<Dynamic> {
        self.run(|function, native| function.call_within_context(native, arguments))
    }

    /// Calls the function with an argument and a value for `this`.
    pub fn call_on(&self, mut this: Dynamic, argument: impl Into<Dynamic>) -> Result<Dynamic> {
        self.run(|function, native| function.call_raw(native, Some(&mut this), [argument.into()]))
    }

    #[allow(deprecated)]
    fn run(&self, call: impl FnOnce(&FnPtr, &NativeCallContext<'_>) -> Called) -> Result<Dynamic> {
        let Caller {
            engine,
            store,
            context,
        } = &*self.call;
        let native = store.create_context(engine);
        call(&self.function, &native)
            .map(Dynamic::flatten)
            .map_err(|error| {
                let source = native.call_source().unwrap_or_default();
                let diagnostic = Diagnostic::new(*error, source, &[], engine, context);
                diagnostic.with_position()
            })
    }
}

type Called = Result<Dynamic, Box<EvalAltResult>>;

impl Value for Callback {
    const TYPE: Type = Type::Function;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result()
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self)
    }
}

/// Makes functions among the arguments of a builtin callable after the call, if it takes functions.
#[allow(deprecated)]
pub(in crate::script) fn capture(
    native: &NativeCallContext<'_>,
    builtin: &Builtin,
    context: &Arc<Context>,
    arguments: &mut [Dynamic],
) {
    let takes = builtin.params.iter().any(|param| mentions(&param.ty));
    if !takes {
        return;
    }
    let mut caller: Option<Arc<Caller>> = None;
    let mut replace = |argument: &mut Dynamic| {
        let Some(function) = argument.clone().try_cast::<FnPtr>() else {
            return;
        };
        let new = || {
            Arc::new(Caller {
                engine: context.new_engine(),
                store: native.store_data(),
                context: context.clone(),
            })
        };
        let call = caller.get_or_insert_with(new).clone();
        *argument = Dynamic::from(Callback { function, call });
    };
    for argument in arguments {
        if let Some(mut options) = argument.write_lock::<Map>() {
            options.values_mut().for_each(&mut replace);
        }
        replace(argument);
    }
}

/// Whether a type accepts functions.
fn mentions(ty: &Type) -> bool {
    match ty {
        Type::Function => true,
        Type::Optional(of) | Type::Array(of) => mentions(of),
        Type::Either(one, other) => mentions(one) || mentions(other),
        _ => false,
    }
}
