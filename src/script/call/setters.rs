//! Setters that distinguish assignments of a script from values that Rhai writes back.
//!
//! `v[0].shape.len()` reads `v[0]`. Rhai then passes the value to the setter of `v[0]` in case it
//! has changed, or `()` if a function has taken it. Such values change nothing: no constant is
//! changed by them, and no recording is copied for them.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FuncRegistration, Map, Module, NativeCallContext,
    RhaiFunc, Shared,
};

use super::register::or_raise;
use crate::error::Result;
use crate::ops::array::equality;
use crate::video::Video;

/// A video of which a part is to be set.
pub(in crate::script) struct SetterTarget<'a> {
    /// The video.
    pub(in crate::script) video: &'a mut Video,
    /// Whether the same position in the script was read before the setter was called.
    pub(in crate::script) was_read: bool,
    is_constant: bool,
    native: &'a NativeCallContext<'a>,
}

type Raised<T> = Result<T, Box<EvalAltResult>>;

impl SetterTarget<'_> {
    /// Changes the video; an error if it is a constant.
    pub(in crate::script) fn change(
        self,
        change: impl FnOnce(&mut Video) -> Result<()>,
    ) -> Raised<()> {
        if self.is_constant {
            let name = self.native.fn_name().to_owned();
            let position = self.native.call_position();
            return Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(name, position).into());
        }
        or_raise(change(self.video), self.native)
    }

    /// Raises a failure to determine the change.
    pub(in crate::script) fn raise<T>(&self, result: Result<T>) -> Raised<T> {
        or_raise(result, self.native)
    }
}

/// Registers a setter of videos with arguments of the given types, the value last. Unlike other
/// functions that change their receiver, it is called for constants too.
pub(in crate::script) fn register(
    engine: &mut Engine,
    name: &str,
    arguments: &[TypeId],
    set: impl Fn(SetterTarget, Vec<Dynamic>) -> Raised<()> + Send + Sync + 'static,
) {
    let call = move |native: Option<NativeCallContext>, arguments: &mut [&mut Dynamic]| {
        let native = native.expect("as the function has a context");
        let (target, arguments) = arguments
            .split_first_mut()
            .expect("as many arguments as types");
        let arguments = arguments.iter_mut();
        let arguments = arguments.map(|argument| std::mem::take(*argument).flatten());
        let arguments = arguments.collect();
        let is_constant = target.is_read_only();
        let mut video = target
            .write_lock::<Video>()
            .expect("arguments of the types registered");
        let target = SetterTarget {
            video: &mut video,
            was_read: was_read(&native),
            is_constant,
            native: &native,
        };
        set(target, arguments).map(Dynamic::from)
    };
    let mut module = Module::new();
    FuncRegistration::new(name)
        .in_global_namespace()
        .set_into_module_raw(
            &mut module,
            [&[TypeId::of::<Video>()], arguments].concat(),
            RhaiFunc::Method {
                func: Shared::new(call),
                has_context: true,
                is_pure: true,
                is_volatile: true,
            },
        );
    engine.register_global_module(module.into());
}

thread_local! {
    /// Script positions at which a part of a video was read. A position that is read is never
    /// assigned to, except by an operator such as `+=`.
    static READ: RefCell<HashSet<u64>> = RefCell::default();

    /// Properties of players that were read, by their positions.
    static VALUES: RefCell<HashMap<u64, Dynamic>> = RefCell::default();
}

/// Records the value of a property that is read at a position: of a player, whose window may change it
/// before Rhai writes the value back.
pub(in crate::script) fn note_value(native: &NativeCallContext, value: &Dynamic) {
    VALUES.with_borrow_mut(|values| values.insert(call_position(native), value.clone()));
}

/// Whether a value that is to be set is one that was read at the same position and not changed since.
pub(in crate::script) fn is_unchanged(native: &NativeCallContext, value: &Dynamic) -> bool {
    let read = VALUES.with_borrow_mut(|values| values.remove(&call_position(native)));
    // A function that has taken it leaves nothing.
    read.is_some_and(|read| value.is_unit() || is_same(&read, value))
}

fn is_same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        let has_same = |(key, value): (_, &Dynamic)| b.get(key).is_some_and(|b| is_same(value, b));
        return a.len() == b.len() && a.iter().all(has_same);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Video>(), b.read_lock::<Video>()) {
        return equality::equals(&a, &b).unwrap_or(false);
    }
    a.type_id() == b.type_id() && a.to_string() == b.to_string()
}

/// Records that a part is read.
pub(in crate::script) fn note_read(native: &NativeCallContext) {
    READ.with_borrow_mut(|read| read.insert(call_position(native)));
}

fn was_read(native: &NativeCallContext) -> bool {
    READ.with_borrow(|read| read.contains(&call_position(native)))
}

/// Forgets the positions that were read, as they may now belong to other text.
pub(crate) fn forget_reads() {
    READ.with_borrow_mut(HashSet::clear);
    VALUES.with_borrow_mut(HashMap::clear);
}

fn call_position(native: &NativeCallContext) -> u64 {
    let mut hasher = DefaultHasher::new();
    native.call_source().hash(&mut hasher);
    native.call_position().hash(&mut hasher);
    hasher.finish()
}
