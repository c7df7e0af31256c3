//! What a function that scripts can call is, and the macro that declares them.

use rhai::Dynamic;

use super::call::Call;
use super::value::Type;
use crate::error::Result;

/// A function scripts can call. Help, completion, the reference page, editor definitions and the
/// documentation tests are all read from this value.
pub struct Builtin {
    /// The name scripts call it by.
    pub name: &'static str,
    /// What it does, in Markdown, the first line a summary; examples stand in code blocks.
    pub doc: &'static str,
    /// The parameters, in the order in which they are passed by position.
    pub params: &'static [Param],
    /// The type of the result.
    pub returns: Type,
    /// Reads the arguments and calls the function proper.
    pub run: fn(Call<'_>) -> Result<Dynamic>,
}

/// A parameter of a builtin.
pub struct Param {
    /// The name it can be passed by.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The type of its values.
    pub ty: Type,
    /// The unit of its values, or nothing.
    pub unit: &'static str,
    /// The value if it is left out; required when there is none.
    pub default: Option<fn() -> Dynamic>,
}

/// The builtins of one chapter of the reference.
pub struct Topic {
    /// The heading.
    pub title: &'static str,
    /// The builtins, in reading order.
    pub builtins: &'static [Builtin],
}

/// Declares builtins in the syntax of Rust functions, as the constant `BUILTINS`.
///
/// A parameter may carry a unit in brackets and a default after `=`. A function that needs the
/// session (settings, windows, the table itself) starts its list with `&context`.
macro_rules! builtins {
    ($(
        $(#[doc = $doc:literal])*
        fn $name:ident($(&$context:ident,)? $(
            $(#[doc = $param_doc:literal])*
            $param:ident: $ty:ty $([$unit:ident])? $(= $default:expr)?
        ),* $(,)?) -> $returns:ty $body:block
    )*) => {
        /// The builtins of this topic.
        pub(super) const BUILTINS: &[$crate::script::Builtin] = &[$($crate::script::Builtin {
            name: $crate::script::plain_name(stringify!($name)),
            doc: concat!($($doc, "\n"),*),
            params: &[$($crate::script::Param {
                name: stringify!($param),
                doc: concat!($($param_doc, "\n"),*),
                ty: <$ty as $crate::script::Value>::TYPE,
                unit: concat!($(stringify!($unit))?),
                default: $crate::script::builtins!(@default $ty $(, $default)?),
            },)*],
            returns: <$returns as $crate::script::Returned>::TYPE,
            run: |call| {
                $(let $context = call.context;)?
                #[allow(unused_mut, unused_variables)]
                let mut values = call.values();
                $(
                    #[allow(non_snake_case)]
                    let $param: $ty = values.next()?;
                )*
                let result: $returns = $body;
                $crate::script::Returned::into_result(result)
            },
        },)*];
    };
    (@default $ty:ty) => { None };
    (@default $ty:ty, $default:expr) => {
        Some(|| {
            let default: $ty = $default;
            $crate::script::Value::into_dynamic(default)
        })
    };
}
pub(crate) use builtins;

/// A name without the mark that Rust wants before its own keywords.
pub(crate) const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', plain @ ..] => match str::from_utf8(plain) {
            Ok(plain) => plain,
            Err(_) => name,
        },
        _ => name,
    }
}

impl Builtin {
    /// The parameter of a name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// The first line of the documentation.
    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or_default().trim()
    }
}
