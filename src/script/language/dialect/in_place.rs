//! Rhai's methods that change an array, blob, map or string in place have no value. Where one is used,
//! as in `let s = sort([3, 1, 2])`, scripts mean what has become of it, and get that.

use std::any::TypeId;

use rhai::{Array, Blob, Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext};

/// What follows the name of a method whose value is used.
pub(super) const MARK: char = '$';

/// The methods.
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

/// Those that take no time to speak of, where a copy of the whole would: the value of the last
/// expression of a function or block is not enough to make one.
pub(super) const QUICK: &[&str] = &["append", "insert", "push", "set"];

/// The name of a method where its value is used.
pub(super) fn used_name(name: &str) -> String {
    format!("{name}{MARK}")
}

/// Registers the methods as they are called where their values are used.
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

/// The function that a map holds under a name.
fn field(receiver: &Dynamic, name: &str) -> Option<FnPtr> {
    receiver.read_lock::<Map>()?.get(name)?.clone().try_cast()
}
