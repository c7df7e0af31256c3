//! Methods of Rhai that change an array, blob, map or string in place have no value. Where their
//! value is used, as in `let s = sort([3, 1, 2])`, they return the changed receiver here.

use std::any::TypeId;

use rhai::{Array, Blob, Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext};

/// Suffix of the name of a method whose value is used.
pub(super) const MARK: char = '$';

/// Names of the methods.
pub(super) const NAMES: &[&str] = &[
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "push",
    "remove",
    "replace",
    "reverse",
    "set",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "trim",
    "truncate",
];

/// Methods that are fast compared with a copy of the whole receiver: being the last expression of a
/// function or block does not count as use of the value.
pub(super) const QUICK: &[&str] = &["append", "insert", "push", "set"];

/// Name of a method where its value is used.
pub(super) fn used_name(name: &str) -> String {
    format!("{name}{MARK}")
}

/// Registers the methods under the names for used values.
pub(super) fn register(engine: &mut Engine) {
    let receivers = [
        TypeId::of::<Array>(),
        TypeId::of::<Blob>(),
        TypeId::of::<Map>(),
        TypeId::of::<ImmutableString>(),
    ];
    for name in NAMES {
        for receiver in receivers {
            for others in 0..4 {
                let mut types = vec![receiver];
                types.resize(1 + others, TypeId::of::<Dynamic>());
                engine.register_raw_fn(
                    used_name(name),
                    types,
                    |native: NativeCallContext<'_>, arguments: &mut [&mut Dynamic]| {
                        let name = super::plain_name(native.fn_name());
                        if let Some(function) = field(arguments[0], name) {
                            let [map, others @ ..] = arguments else {
                                return Ok(Dynamic::UNIT);
                            };
                            let others = others.iter_mut().map(|other| std::mem::take(*other));
                            let others: Vec<Dynamic> = others.collect();
                            return function.call_raw(&native, Some(map), others);
                        }
                        let value = native.call_native_fn_raw(name, true, arguments)?;
                        Ok(match value.is_unit() {
                            true => arguments[0].flatten_clone(),
                            false => value,
                        })
                    },
                );
            }
        }
    }
}

/// Function stored in a map under a name.
fn field(receiver: &Dynamic, name: &str) -> Option<FnPtr> {
    receiver.read_lock::<Map>()?.get(name)?.clone().try_cast()
}
