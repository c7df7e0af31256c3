//! Conversion of values between scripts and Rust; each type describes what it expects.

use std::fmt;
use std::path::PathBuf;

use rhai::{Array, Dynamic, FLOAT, INT, ImmutableString, Map};

use super::convert::of_numbers;
use crate::choice::Choice;
use crate::color::colormap::Colormap;
use crate::error::{Error, Result};
use crate::io::Series;
use crate::ops::array::describe::VideoDescription;
use crate::ops::array::elementwise::Operand;
use crate::player::Player;
use crate::script::language::dialect::Exact;
use crate::script::types::members::ScriptType;
use crate::task;
use crate::video::memory::ByteSize;
use crate::video::{DType, Element, Field, Frames, Metadata, Video, any_pending, map_samples};

/// Type of a parameter or result, for messages and documentation.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// Anything.
    Any,
    /// Nothing, `()`.
    Unit,
    /// `true` or `false`.
    Bool,
    /// An int.
    Int,
    /// A nonnegative int.
    Count,
    /// A float, or an int in its place.
    Float,
    /// A string.
    Text,
    /// A string with the path of a file or folder.
    Path,
    /// A number of bytes, or a string with a unit.
    Size,
    /// An object map.
    Map,
    /// An object map of columns, some of which it must have.
    Table(&'static [&'static str]),
    /// Bytes.
    Blob,
    /// A video, image or trace.
    Video,
    /// A video, image or trace, or a number.
    Operand,
    /// Frames made on demand.
    Frames,
    /// Result of `describe`.
    Description,
    /// A player.
    Player,
    /// A script function.
    Function,
    /// A colormap.
    Colormap,
    /// An importer.
    Importer,
    /// A panel of a figure.
    FigurePanel,
    /// Progress of a loop.
    Progress,
    /// A caught failure.
    Error,
    /// One of a set of names: a noun for the name, and the names.
    Choice(&'static str, fn() -> Vec<&'static str>),
    /// An array.
    Array(&'static Type),
    /// A value or `()`.
    Optional(&'static Type),
    /// A value of one of two types.
    Either(&'static Type, &'static Type),
    /// All remaining arguments.
    Rest,
}

/// A Rust type that scripts can pass and receive.
pub trait Value: Sized {
    /// Type in scripts.
    const TYPE: Type;
    /// Whether samples may still be pending; else they are computed before the conversion.
    const TAKES_PENDING: bool = false;
    /// Converts from a script value; returns the value unchanged if it has another type.
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic>;
    /// Converts to a script value.
    fn into_dynamic(self) -> Dynamic;
}

/// Return type of a builtin's body: a value, or a result of one.
pub trait Returned {
    /// Type in scripts.
    const TYPE: Type;
    /// Value for the script, or the failure.
    fn into_result(self) -> Result<Dynamic>;
}

impl<T: Value> Returned for T {
    const TYPE: Type = T::TYPE;
    fn into_result(self) -> Result<Dynamic> {
        Ok(self.into_dynamic())
    }
}

impl<T: Value> Returned for Result<T> {
    const TYPE: Type = T::TYPE;
    fn into_result(self) -> Result<Dynamic> {
        self.map(Value::into_dynamic)
    }
}

/// Implements [`Value`] for types that Rhai stores unchanged.
macro_rules! plain_values {
    ($($type:ty => $TYPE:expr),* $(,)?) => {
        $(impl Value for $type {
            const TYPE: Type = $TYPE;
            fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
                value.try_cast_result()
            }
            fn into_dynamic(self) -> Dynamic {
                Dynamic::from(self)
            }
        })*
    };
}

plain_values! {
    () => Type::Unit,
    bool => Type::Bool,
    Map => Type::Map,
    Frames => Type::Frames,
    Player => Type::Player,
    VideoDescription => Type::Description,
}

/// A plain array of numbers converts to a trace, nested arrays to an image or a video.
impl Value for Video {
    const TYPE: Type = Type::Video;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result().or_else(|value: Dynamic| {
            let made = value.read_lock::<Array>().map(|array| of_numbers(&array));
            made.and_then(Result::ok).ok_or(value)
        })
    }
    /// An array without axes becomes a number in scripts.
    fn into_dynamic(self) -> Dynamic {
        if self.ndim() > 0 {
            return Dynamic::from(self);
        }
        map_samples!(self.samples(), array => {
            array.view().first().map_or(Dynamic::UNIT, |sample| scalar(*sample))
        })
    }
}

/// A video, image or trace whose samples may still be pending.
pub struct Chained(pub Video);

impl Value for Chained {
    const TYPE: Type = Type::Video;
    const TAKES_PENDING: bool = true;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Video::from_dynamic(value).map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

/// Computes the samples of all pending videos in a value.
pub(crate) fn compute(value: &Dynamic) -> Result<()> {
    if !any_pending() {
        return Ok(());
    }
    if let Some(video) = value.read_lock::<Video>() {
        return video.compute();
    }
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().try_for_each(compute);
    }
    match value.read_lock::<Map>() {
        Some(map) => map.values().try_for_each(compute),
        None => Ok(()),
    }
}

/// Converts a sample to a script number. Ints cannot hold the largest values of `uint64`.
pub(in crate::script) fn scalar<T: Element>(sample: T) -> Dynamic {
    let value = sample.to_f64();
    match T::DTYPE {
        DType::Bool => (value != 0.0).into(),
        dtype if dtype.is_float() => value.into(),
        _ => sample.to_int().map_or_else(
            || {
                task::warn(&format!(
                    "the sample {sample:?} is rounded: it is too large for an int"
                ));
                value.into()
            },
            Dynamic::from_int,
        ),
    }
}

/// Whether a value is an array of videos rather than of numbers.
pub(in crate::script) fn has_videos(value: &Dynamic) -> bool {
    value
        .read_lock::<Array>()
        .is_some_and(|array| array.first().is_none_or(Dynamic::is::<Video>))
}

impl Value for Dynamic {
    const TYPE: Type = Type::Any;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Ok(value)
    }
    fn into_dynamic(self) -> Dynamic {
        self
    }
}

impl Value for FLOAT {
    const TYPE: Type = Type::Float;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.as_int() {
            Ok(int) => Ok(int as FLOAT),
            Err(_) => value.try_cast_result(),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.into()
    }
}

impl Value for INT {
    const TYPE: Type = Type::Int;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        whole(&value).ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        self.into()
    }
}

/// Converts to int, also from a float with an integer value: `/` gives floats, and `v[v.len / 2]`
/// is meant as an index.
pub(in crate::script) fn whole(value: &Dynamic) -> Option<INT> {
    /// Larger floats skip ints.
    const MAX_EXACT: FLOAT = (1_u64 << 53) as FLOAT;
    match value.as_float() {
        Ok(float) if float.fract() == 0.0 && float.abs() <= MAX_EXACT => Some(float as INT),
        _ => value.as_int().ok(),
    }
}

impl Value for usize {
    const TYPE: Type = Type::Count;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        whole(&value)
            .and_then(|int| int.try_into().ok())
            .ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        (self as INT).into()
    }
}

impl Value for String {
    const TYPE: Type = Type::Text;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value
            .try_cast_result::<ImmutableString>()
            .map(ImmutableString::into_owned)
    }
    fn into_dynamic(self) -> Dynamic {
        self.into()
    }
}

impl Value for PathBuf {
    const TYPE: Type = Type::Path;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        String::from_dynamic(value).map(PathBuf::from)
    }
    /// With `/` on Windows too, so that scripts do the same with it as elsewhere; there it is none in
    /// paths that begin with `\\?\`.
    fn into_dynamic(self) -> Dynamic {
        let text = self.display().to_string();
        match cfg!(windows) && !text.starts_with(r"\\?\") {
            true => text.replace('\\', "/").into(),
            false => text.into(),
        }
    }
}

impl<T: Value> Value for Option<T> {
    const TYPE: Type = Type::Optional(&T::TYPE);
    const TAKES_PENDING: bool = T::TAKES_PENDING;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if value.is_unit() {
            Ok(None)
        } else {
            T::from_dynamic(value).map(Some)
        }
    }
    fn into_dynamic(self) -> Dynamic {
        self.map_or(Dynamic::UNIT, T::into_dynamic)
    }
}

impl<T: Value> Value for Vec<T> {
    const TYPE: Type = Type::Array(&T::TYPE);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let array: Array = value.try_cast_result()?;
        array.into_iter().map(T::from_dynamic).collect()
    }
    fn into_dynamic(self) -> Dynamic {
        self.into_iter()
            .map(T::into_dynamic)
            .collect::<Array>()
            .into()
    }
}

/// All remaining arguments, for the last parameter.
pub struct Rest(pub Vec<Dynamic>);

impl Value for Rest {
    const TYPE: Type = Type::Rest;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result::<Array>().map(Self)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into()
    }
}

impl Value for ByteSize {
    const TYPE: Type = Type::Size;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match value.read_lock::<ImmutableString>() {
            Some(text) => text.parse().ok(),
            None => usize::from_dynamic(value.clone()).ok().map(ByteSize),
        }
        .ok_or_else(|| value.clone())
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.into_dynamic()
    }
}

impl Value for Series {
    const TYPE: Type = Type::Either(&Type::Count, &Type::Text);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match usize::from_dynamic(value) {
            Ok(index) => Ok(Series::Index(index)),
            Err(value) => String::from_dynamic(value).map(Series::Name),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Series::Index(index) => index.into_dynamic(),
            Series::Name(name) => name.into_dynamic(),
        }
    }
}

impl Value for Operand {
    const TYPE: Type = Type::Operand;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if let Ok(int) = value.as_int() {
            return Ok(Operand::Int(int));
        }
        if let Ok(flag) = value.as_bool() {
            return Ok(Operand::Int(flag.into()));
        }
        if let Some(exact) = value.read_lock::<Exact>() {
            let Exact(int) = *exact;
            return Ok(Operand::Int(int));
        }
        match value.as_float() {
            Ok(float) => Ok(Operand::Float(float)),
            Err(_) => Video::from_dynamic(value).map(Operand::Array),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Operand::Int(int) => int.into(),
            Operand::Float(float) => float.into(),
            Operand::Array(video) => video.into_dynamic(),
        }
    }
}

impl<T: Choice> Value for T {
    const TYPE: Type = Type::Choice(T::NOUN, T::names);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let choice = value
            .read_lock::<ImmutableString>()
            .and_then(|name| T::from_name(&name));
        choice.ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        self.name().into()
    }
}

impl Value for Colormap {
    const TYPE: Type = Type::Choice("the name of a colormap or an array of colors", || {
        Colormap::names().collect()
    });
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if value.is::<Colormap>() {
            return value.try_cast_result();
        }
        if value.is_array() {
            let colors = Vec::<String>::from_dynamic(value.clone());
            return colors
                .ok()
                .and_then(|colors| Colormap::gradient(&colors).ok())
                .ok_or(value);
        }
        let colormap = value
            .read_lock::<ImmutableString>()
            .and_then(|name| Colormap::named(&name).ok());
        colormap.ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        self.name().into()
    }
}

impl Value for Metadata {
    const TYPE: Type = Type::Map;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        Err(value)
    }
    fn into_dynamic(self) -> Dynamic {
        let fields = self.all_fields().into_iter();
        let fields: Map = fields
            .map(|(name, field)| (name.into(), field.into_dynamic()))
            .collect();
        fields.into()
    }
}

impl Value for Field {
    const TYPE: Type = Type::Any;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        if let Ok(int) = value.as_int() {
            return Ok(Field::Int(int));
        }
        if let Ok(float) = value.as_float() {
            return Ok(Field::Float(float));
        }
        if value.is_array() {
            return Vec::from_dynamic(value).map(Field::List);
        }
        String::from_dynamic(value).map(Field::Text)
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Field::Int(value) => value.into(),
            Field::Float(value) => value.into(),
            Field::Text(value) => value.into(),
            Field::List(values) => values.into_dynamic(),
        }
    }
}

impl Type {
    /// Description of the type, as in "needs `width` to be …".
    pub fn expected(&self) -> String {
        match self {
            Type::Any => "a value".into(),
            Type::Unit => "()".into(),
            Type::Bool => "true or false".into(),
            Type::Int => "an int".into(),
            Type::Count => "an int >= 0".into(),
            Type::Float => "a number".into(),
            Type::Text => "a string".into(),
            Type::Path => "a path (a string)".into(),
            Type::Size => "a number of bytes or a string such as \"2 GB\"".into(),
            Type::Map => "a map `#{…}`".into(),
            Type::Table([]) => "a table (a map of columns)".into(),
            Type::Table(columns) => {
                let columns: Vec<_> = columns.iter().map(|name| format!("`{name}`")).collect();
                format!("a table with {}", columns.join(" and "))
            }
            Type::Blob => "a blob".into(),
            Type::Video => "a video".into(),
            Type::Operand => "a video or a number".into(),
            Type::Frames => "frames".into(),
            Type::Description => "a description".into(),
            Type::Player => "a player".into(),
            Type::Function => "a function".into(),
            Type::Colormap => "a colormap".into(),
            Type::Importer => "an importer".into(),
            Type::FigurePanel => "a panel of a figure".into(),
            Type::Progress => "a progress bar".into(),
            Type::Error => "a caught error".into(),
            Type::Choice(noun, names) => match names() {
                names if names.len() > 12 => (*noun).into(),
                names => {
                    let quoted: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
                    format!("one of {}", quoted.join(", "))
                }
            },
            Type::Array(of) => format!("an array, each {}", of.expected()),
            Type::Optional(of) => format!("{} or ()", of.expected()),
            Type::Either(one, other) => format!("{} or {}", one.expected(), other.expected()),
            Type::Rest => "values".into(),
        }
    }

    /// Names that can be passed, if the type is a set of names.
    pub fn choices(&self) -> Vec<&'static str> {
        match self {
            Type::Choice(_, names) => names(),
            Type::Optional(of) | Type::Array(of) => of.choices(),
            Type::Either(one, other) => [one.choices(), other.choices()].concat(),
            _ => Vec::new(),
        }
    }
}

/// Whether values of a type are, contain or may be paths.
pub(in crate::script) fn has_paths(ty: &Type) -> bool {
    match ty {
        Type::Path => true,
        Type::Optional(of) | Type::Array(of) => has_paths(of),
        Type::Either(one, other) => has_paths(one) || has_paths(other),
        _ => false,
    }
}

/// Type as documentation writes it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Unit => f.write_str("()"),
            Type::Bool => f.write_str("bool"),
            Type::Int | Type::Count => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::Text | Type::Path | Type::Choice(..) => f.write_str("string"),
            Type::Size => f.write_str("int or string"),
            Type::Map => f.write_str("map"),
            Type::Table(_) => f.write_str("table"),
            Type::Blob => f.write_str("blob"),
            Type::Video => f.write_str("Video"),
            Type::Operand => f.write_str("Video or number"),
            Type::Frames => f.write_str("Frames"),
            Type::Description => f.write_str("Description"),
            Type::Player => f.write_str("InteractivePlayer"),
            Type::Function => f.write_str("Fn"),
            Type::Colormap => f.write_str("Colormap"),
            Type::Importer => f.write_str("Importer"),
            Type::FigurePanel => f.write_str("FigurePanel"),
            Type::Progress => f.write_str("Progress"),
            Type::Error => f.write_str("Error"),
            Type::Array(of @ (Type::Optional(_) | Type::Either(..))) => {
                write!(f, "array of ({of})")
            }
            Type::Array(of) => write!(f, "array of {of}"),
            Type::Optional(of) => write!(f, "{of} or ()"),
            Type::Either(one, other) => write!(f, "{one} or {other}"),
            Type::Rest => f.write_str("any number of values"),
        }
    }
}

/// Text of a value as `print` shows it, on its own or in an array.
pub fn plain_text(value: &Dynamic) -> String {
    if let Some(video) = value.read_lock::<Video>() {
        return video.to_string();
    }
    if let Some(error) = value.read_lock::<Error>() {
        return error.to_string();
    }
    if let Some(items) = value.read_lock::<Array>() {
        let items: Vec<String> = items.iter().map(plain_text).collect();
        return format!("[{}]", items.join(", "));
    }
    value.to_string()
}

/// Text of a value in messages: "-1", "\"abc\"", "a video 3×8×10".
pub fn describe(value: &Dynamic) -> String {
    if let Some(video) = value.read_lock::<Video>() {
        return format!(
            "{} {}",
            video.kind_with_article(),
            crate::video::shape_text(video.shape())
        );
    }
    match value.type_name() {
        "array" => "an array".into(),
        "map" => "a map".into(),
        _ if value.is_unit() => "()".into(),
        "Fn" => "a function".into(),
        _ => match ScriptType::of_value(value) {
            Some(ty) => ty.kind.expected(),
            None => format!("{value:?}"),
        },
    }
}
