//! Binds one call of a builtin: turns positional and named arguments into values in parameter
//! order.

use rhai::{Array, Dynamic, Map};

use super::builtin::{Builtin, Param};
use super::context::Context;
use super::value::{Type, Value, compute, describe};
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::script::host::sandbox;

/// A call with its arguments in parameter order.
pub struct Call<'a> {
    pub(in crate::script) builtin: &'a Builtin,
    arguments: Vec<Dynamic>,
    /// Session of the call.
    pub context: &'a Context,
}

/// Iterator over the arguments of a call.
pub struct Values<'a> {
    builtin: &'a Builtin,
    arguments: std::iter::Zip<std::slice::Iter<'a, Param>, std::vec::IntoIter<Dynamic>>,
}

impl<'a> Call<'a> {
    /// Orders the arguments: positional ones first, then a final map of named ones, then the
    /// defaults.
    pub fn bind(
        builtin: &'a Builtin,
        mut arguments: Vec<Dynamic>,
        context: &'a Context,
    ) -> Result<Self> {
        gather_rest(builtin, &mut arguments);
        let options = take_options(builtin, &mut arguments);
        let (name, most) = (builtin.name, builtin.params.len());
        let positional = arguments.len();
        if positional > most {
            let most = counted(most, "argument");
            return Err(
                Error::new(format!("{name} takes at most {most}, got {positional}"))
                    .hint(crate::script::docs::signature(builtin)),
            );
        }
        let mut slots: Vec<Option<Dynamic>> = arguments.into_iter().map(Some).collect();
        slots.resize_with(most, || None);
        for (key, value) in options {
            let Some(index) = builtin.position(&key) else {
                let names = builtin.params.iter().map(|param| param.name);
                return Err(Error::new(format!("{name} has no parameter `{key}`"))
                    .did_you_mean(&key, names)
                    .hint(crate::script::docs::signature(builtin)));
            };
            if slots[index].replace(value.flatten()).is_some() {
                let Param {
                    name: param, alias, ..
                } = builtin.params[index];
                match index < positional {
                    true => bail!("{name} got `{key}` twice, by position and by name"),
                    false => bail!("{name} got `{param}` twice, also as `{alias}`"),
                }
            }
        }
        let params = builtin.params.iter();
        let arguments = slots.into_iter().zip(params).map(|(slot, param)| {
            slot.or_else(|| param.default.map(|default| default()))
                .ok_or_else(|| {
                    Error::new(format!("{name} needs `{}`", param.name))
                        .hint(crate::script::docs::signature(builtin))
                })
        });
        let arguments = arguments.collect::<Result<_>>()?;
        Ok(Self {
            builtin,
            arguments,
            context,
        })
    }

    /// Arguments in parameter order.
    pub(in crate::script) fn arguments(&self) -> &[Dynamic] {
        &self.arguments
    }

    /// Replaces an argument.
    pub(in crate::script) fn replace(&mut self, index: usize, value: Dynamic) {
        self.arguments[index] = value;
    }

    /// An error if an argument is a path with control characters, or one outside the sandbox.
    pub(in crate::script) fn check_paths(&self) -> Result<()> {
        let mut arguments = self.builtin.params.iter().zip(&self.arguments);
        arguments.try_for_each(|(param, value)| {
            check_path(self.builtin.name, &param.ty, value)?;
            sandbox::check_argument(&param.ty, value)
        })
    }

    /// Calls the Rust function.
    pub(in crate::script) fn run(self) -> Result<Dynamic> {
        (self.builtin.run)(self)
    }

    /// Arguments, to be taken one after the other as the types of the parameters.
    pub fn values(self) -> Values<'a> {
        Values {
            builtin: self.builtin,
            arguments: self.builtin.params.iter().zip(self.arguments),
        }
    }
}

impl Values<'_> {
    /// Next argument; an error that names the parameter and the value if the type does not match.
    #[allow(clippy::should_implement_trait)]
    pub fn next<T: Value>(&mut self) -> Result<T> {
        let (param, value) = self
            .arguments
            .next()
            .expect("one argument for each parameter");
        if !T::TAKES_PENDING {
            compute(&value)?;
        }
        T::from_dynamic(value).map_err(|value| mismatch(self.builtin, param, &value))
    }
}

/// Collects the remaining arguments in an array if the last parameter takes any number of them.
fn gather_rest(builtin: &Builtin, arguments: &mut Vec<Dynamic>) {
    if let Some((Param { ty: Type::Rest, .. }, before)) = builtin.params.split_last()
        && arguments.len() >= before.len()
    {
        let rest: Array = arguments.drain(before.len()..).collect();
        arguments.push(rest.into());
    }
}

/// Removes and returns the option map, if the last argument is one rather than the value of a map
/// parameter.
fn take_options(builtin: &Builtin, arguments: &mut Vec<Dynamic>) -> Map {
    let is_options = arguments.last().is_some_and(|last| {
        let Some(map) = last.read_lock::<Map>() else {
            return false;
        };
        let param = builtin.params.get(arguments.len() - 1);
        let names = map.keys().map(|name| name.as_str());
        !param.is_some_and(|param| takes_map(param, names))
    });
    if is_options {
        arguments.pop().map(Dynamic::cast).unwrap_or_default()
    } else {
        Map::new()
    }
}

/// Whether a map with some keys, as the last argument, is the value of a parameter rather than the
/// options of the call. In the place of a table that must be given, only a map that names the
/// parameter can hold options.
pub(in crate::script) fn takes_map<'a>(
    param: &Param,
    mut names: impl Iterator<Item = &'a str>,
) -> bool {
    accepts_map(&param.ty)
        || param.default.is_none()
            && accepts_table(&param.ty)
            && !names.any(|name| param.is_called(name))
}

pub(super) fn accepts_map(ty: &Type) -> bool {
    match ty {
        Type::Map | Type::Any => true,
        Type::Optional(of) => accepts_map(of),
        Type::Either(one, other) => accepts_map(one) || accepts_map(other),
        _ => false,
    }
}

fn accepts_table(ty: &Type) -> bool {
    match ty {
        Type::Table(_) => true,
        Type::Either(one, other) => accepts_table(one) || accepts_table(other),
        _ => false,
    }
}

fn mismatch(builtin: &Builtin, param: &Param, value: &Dynamic) -> Error {
    let error = Error::new(format!(
        "{} needs `{}` to be {}, got {}",
        builtin.name,
        param.name,
        param.ty.expected(),
        describe(value)
    ));
    if let Some(name) = value.read_lock::<rhai::ImmutableString>() {
        return error.did_you_mean(&name, param.ty.choices());
    }
    if value.is_float() && takes_int(&param.ty) {
        return error.hint("`div(a, b)` divides two ints and rounds down");
    }
    if value.is_array() && takes_video(&param.ty) {
        return error.hint(
            "an array of numbers is converted to a trace, nested arrays of equal length to an \
             image",
        );
    }
    error
}

/// Whether the type accepts a plain array of numbers as a video.
fn takes_video(ty: &Type) -> bool {
    match ty {
        Type::Video | Type::Operand => true,
        Type::Optional(of) => takes_video(of),
        Type::Either(one, other) => takes_video(one) || takes_video(other),
        _ => false,
    }
}

fn takes_int(ty: &Type) -> bool {
    match ty {
        Type::Int | Type::Count => true,
        Type::Optional(of) | Type::Array(of) => takes_int(of),
        Type::Either(one, other) => takes_int(one) || takes_int(other),
        _ => false,
    }
}

/// An error if a path contains a control character such as a tab, which `"C:\temp"` contains
/// instead of `\t`. An existing file with such a name is accepted.
fn check_path(function: &str, ty: &Type, value: &Dynamic) -> Result<()> {
    if !super::value::has_paths(ty) {
        return Ok(());
    }
    if let Some(array) = value.read_lock::<Array>() {
        let mut paths = array.iter();
        return paths.try_for_each(|path| check_path(function, ty, path));
    }
    let Some(path) = value.read_lock::<rhai::ImmutableString>() else {
        return Ok(());
    };
    match path.chars().find(|c| c.is_control()) {
        Some(c) if !std::path::Path::new(path.as_str()).exists() => {
            let name = match c {
                '\t' => "a tab".to_owned(),
                '\n' | '\r' => "a line break".to_owned(),
                c => format!("the character {}", c.escape_default()),
            };
            let error = Error::new(format!(
                "{function} got the path {:?}, which contains {name}",
                path.as_str()
            ));
            Err(error.hint(crate::script::language::hints::BACKSLASH))
        }
        _ => Ok(()),
    }
}
