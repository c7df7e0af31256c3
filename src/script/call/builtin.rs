//! The declaration of a builtin function, and the macro for it.

use rhai::Dynamic;

use super::bind::{Call, Values};
use super::value::Type;
use crate::error::Result;

/// A function that scripts can call. Help, completion, the reference, editor definitions and the
/// documentation tests are derived from this value.
pub struct Builtin {
    /// Name in scripts.
    pub name: &'static str,
    /// Documentation in Markdown: a summary line first; examples are in code blocks.
    pub doc: &'static str,
    /// Parameters in positional order.
    pub params: &'static [Param],
    /// Type of the result.
    pub returns: Type,
    /// Reads the arguments and calls the Rust function.
    pub run: fn(Call<'_>) -> Result<Dynamic>,
}

/// A parameter of a builtin.
#[derive(Clone, Copy)]
pub struct Param {
    /// Name for passing it by name.
    pub name: &'static str,
    /// Other name for the same, or "".
    pub alias: &'static str,
    /// Meaning.
    pub doc: &'static str,
    /// Type of the values.
    pub ty: Type,
    /// Unit of the values, or "".
    pub unit: &'static str,
    /// Default value; `None` if the parameter is required.
    pub default: Option<fn() -> Dynamic>,
}

/// Builtins of one chapter of the reference.
pub struct Topic {
    /// Heading.
    pub title: &'static str,
    /// Builtins in reading order.
    pub builtins: &'static [Builtin],
}

/// Declares builtins in the syntax of Rust functions, as the constant `BUILTINS`.
///
/// A parameter may have a unit in brackets, a default after `=`, and an alias, as in
/// `as_gray | as_grey: bool`. A function that needs the session (settings, windows, the table
/// itself) starts its parameter list with `&context`. `name: ..Group` adds all parameters of a
/// group declared by `parameters!`.
macro_rules! builtins {
    ($(
        $(#[doc = $doc:literal])*
        fn $name:ident($(&$context:ident,)? $(
            $(#[doc = $param_doc:literal])*
            $param:ident $(| $alias:ident)?:
                $(..$group:ident)? $($ty:ty $([$unit:ident])? $(= $default:expr)?)?
        ),* $(,)?) -> $returns:ty $body:block
    )*) => {
        /// Builtins of this topic.
        pub(super) const BUILTINS: &[$crate::script::Builtin] = &[$($crate::script::Builtin {
            name: $crate::script::plain_name(stringify!($name)),
            doc: concat!($($doc, "\n"),*),
            params: {
                const PARTS: &[&[$crate::script::Param]] = &[$($crate::script::builtins!(
                    @params [$($param_doc)*] $param [$($alias)?] $(..$group)?
                    $($ty, [$($unit)?] $($default)?)?
                )),*];
                &$crate::script::join::<{ $crate::script::count(PARTS) }>(PARTS)
            },
            returns: <$returns as $crate::script::Returned>::TYPE,
            run: |call| {
                $(let $context = call.context;)?
                #[allow(unused_mut, unused_variables)]
                let mut values = call.values();
                $(
                    #[allow(non_snake_case)]
                    let $param = $crate::script::builtins!(@read values $(..$group)? $($ty)?);
                )*
                let result: $returns = $body;
                $crate::script::Returned::into_result(result)
            },
        },)*];
    };
    (@params [] $param:ident [] ..$group:ident) => {
        <$group as $crate::script::Parameters>::PARAMS
    };
    (
        @params [$($doc:literal)*] $param:ident [$($alias:ident)?]
        $ty:ty, [$($unit:ident)?] $($default:expr)?
    ) => {
        &[$crate::script::Param {
            name: stringify!($param),
            alias: concat!($(stringify!($alias))?),
            doc: concat!($($doc, "\n"),*),
            ty: <$ty as $crate::script::Value>::TYPE,
            unit: $crate::script::unit_text(concat!($(stringify!($unit))?)),
            default: $crate::script::builtins!(@default $ty $(, $default)?),
        }]
    };
    (@read $values:ident ..$group:ident) => {
        <$group as $crate::script::Parameters>::read(&mut $values)?
    };
    (@read $values:ident $ty:ty) => { $values.next::<$ty>()? };
    (@default $ty:ty) => { None };
    (@default $ty:ty, $default:expr) => {
        Some(|| {
            let default: $ty = $default;
            $crate::script::Value::into_dynamic(default)
        })
    };
}
pub(crate) use builtins;

/// Parameters shared by several builtins, and their values.
pub trait Parameters: Sized {
    /// Parameters.
    const PARAMS: &'static [Param];
    /// Takes the next arguments as values of the parameters.
    fn read(values: &mut Values<'_>) -> Result<Self>;
}

/// Declares parameter groups as structs of their values, in the syntax of `builtins!`.
macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])*
        struct $name:ident {$(
            $(#[doc = $param_doc:literal])*
            $param:ident $(| $alias:ident)?: $ty:ty $([$unit:ident])? $(= $default:expr)?
        ),* $(,)?}
    )*) => {$(
        $(#[doc = $doc])*
        pub(super) struct $name {
            $($(#[doc = $param_doc])* pub(super) $param: $ty,)*
        }
        impl $crate::script::Parameters for $name {
            const PARAMS: &'static [$crate::script::Param] = {
                const PARTS: &[&[$crate::script::Param]] = &[$($crate::script::builtins!(
                    @params [$($param_doc)*] $param [$($alias)?] $ty, [$($unit)?] $($default)?
                )),*];
                &$crate::script::join::<{ $crate::script::count(PARTS) }>(PARTS)
            };
            fn read(values: &mut $crate::script::Values<'_>) -> $crate::error::Result<Self> {
                Ok(Self { $($param: values.next()?),* })
            }
        }
    )*};
}
pub(crate) use parameters;

/// Total number of parameters in lists of them.
pub(crate) const fn count(lists: &[&[Param]]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < lists.len() {
        count += lists[at].len();
        at += 1;
    }
    count
}

/// Concatenates lists of parameters; [`count`] gives the length.
pub(crate) const fn join<const COUNT: usize>(lists: &[&[Param]]) -> [Param; COUNT] {
    const NONE: Param = Param {
        name: "",
        alias: "",
        doc: "",
        ty: Type::Unit,
        unit: "",
        default: None,
    };
    let mut all = [NONE; COUNT];
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            all[count] = lists[list][at];
            (count, at) = (count + 1, at + 1);
        }
        list += 1;
    }
    all
}

/// Unit as text: Rust allows no micro sign in names.
pub(crate) const fn unit_text(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"um" => "µm",
        _ => name,
    }
}

/// Name without the `r#` that Rust requires before its own keywords.
pub(crate) const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', plain @ ..] => match str::from_utf8(plain) {
            Ok(plain) => plain,
            Err(_) => name,
        },
        _ => name,
    }
}

impl Param {
    /// Whether a name is the parameter's or its alias.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || (!name.is_empty() && self.alias == name)
    }
}

impl Builtin {
    /// Position of the parameter of a name or alias.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.is_called(name))
    }

    /// Parameter of a name or alias.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.position(name).map(|at| &self.params[at])
    }

    /// First line of the documentation.
    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or_default().trim()
    }
}
