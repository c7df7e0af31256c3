//! Sample types of a video, listed in one place.

use std::fmt;

use super::layout::Layout;
use super::number_text;
use super::storage::Strided;
use crate::choice::Choice;

/// A sample type: the type of one number of an array.
///
/// The trait bounds are those of plain numbers, on which the storage relies.
pub trait Element:
    bytemuck::NoUninit + bytemuck::Zeroable + Default + PartialOrd + fmt::Debug + Send + Sync
{
    /// Runtime name of the type.
    const DTYPE: DType;
    /// Tags an array with its type.
    fn wrap(array: Strided<Self>) -> Samples;
    /// The array, if it has this type.
    fn unwrap(samples: Samples) -> Option<Strided<Self>>;
    /// The array for reading, if it has this type.
    fn unwrap_ref(samples: &Samples) -> Option<&Strided<Self>>;
    /// The array for writing, if it has this type.
    fn unwrap_mut(samples: &mut Samples) -> Option<&mut Strided<Self>>;
    /// Converts to float; large 64-bit ints are rounded.
    fn to_f64(self) -> f64;
    /// Converts to single precision.
    fn to_f32(self) -> f32;
    /// Converts to int, `None` if out of range; floats are truncated.
    fn to_int(self) -> Option<i64>;
    /// Nearest value; saturates out of range.
    fn from_int(value: i64) -> Self;
    /// Truncates toward zero; saturates out of range, and NaN becomes 0 for ints.
    fn from_f64(value: f64) -> Self;
    /// Like [`Element::from_f64`], without a conversion to double precision.
    fn from_f32(value: f32) -> Self;
}

macro_rules! dtypes {
    ($($variant:ident $type:ident $name:literal),* $(,)?) => {
        /// Type of a video's samples, named as in NumPy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum DType { $($variant),* }

        /// Array whose sample type is known at run time.
        #[derive(Clone)]
        #[allow(missing_docs)]
        pub enum Samples { $($variant(Strided<$type>)),* }

        impl DType {
            /// All types, in order.
            pub const ALL: &[DType] = &[$(DType::$variant),*];
            /// Size of one sample in bytes.
            pub fn size(self) -> usize {
                match self { $(DType::$variant => size_of::<$type>()),* }
            }
        }

        impl Choice for DType {
            const NOUN: &'static str = "the name of a dtype";
            const CHOICES: &'static [(&'static str, Self)] = &[$(($name, DType::$variant)),*];
        }

        $(impl Element for $type {
            const DTYPE: DType = DType::$variant;
            fn wrap(array: Strided<Self>) -> Samples { Samples::$variant(array) }
            fn unwrap(samples: Samples) -> Option<Strided<Self>> {
                match samples { Samples::$variant(array) => Some(array), _ => None }
            }
            fn unwrap_ref(samples: &Samples) -> Option<&Strided<Self>> {
                match samples { Samples::$variant(array) => Some(array), _ => None }
            }
            fn unwrap_mut(samples: &mut Samples) -> Option<&mut Strided<Self>> {
                match samples { Samples::$variant(array) => Some(array), _ => None }
            }
            dtypes!(@convert $variant $type);
        })*
    };
    (@convert Bool bool) => {
        fn to_f64(self) -> f64 { f64::from(u8::from(self)) }
        fn to_f32(self) -> f32 { f32::from(u8::from(self)) }
        fn to_int(self) -> Option<i64> { Some(i64::from(self)) }
        fn from_int(value: i64) -> Self { value != 0 }
        fn from_f64(value: f64) -> Self { value != 0.0 }
        fn from_f32(value: f32) -> Self { value != 0.0 }
    };
    (@convert $variant:ident $type:ident) => {
        #[inline]
        fn to_f64(self) -> f64 { self as f64 }
        #[inline]
        fn to_f32(self) -> f32 { self as f32 }
        #[inline]
        fn to_int(self) -> Option<i64> { num_traits::ToPrimitive::to_i64(&self) }
        fn from_int(value: i64) -> Self {
            num_traits::cast(value).unwrap_or(Self::from_f64(value as f64))
        }
        #[inline]
        fn from_f64(value: f64) -> Self { value as $type }
        #[inline(always)]
        fn from_f32(value: f32) -> Self {
            if size_of::<$type>() > 2 {
                return value as $type;
            }
            // Unlike `as`, this compiles to SIMD instructions: added to 1.5 × 2²³, an int is in the
            // lowest bits of the sum.
            let number = if value.is_nan() { 0.0 } else { value };
            let int = number.clamp($type::MIN as f32, $type::MAX as f32).trunc();
            (int + 12_582_912.0).to_bits() as $type
        }
    };
}

dtypes! {
    Bool bool "bool",
    U8 u8 "uint8", U16 u16 "uint16", U32 u32 "uint32", U64 u64 "uint64",
    I8 i8 "int8", I16 i16 "int16", I32 i32 "int32", I64 i64 "int64",
    F32 f32 "float32", F64 f64 "float64",
}

/// Runs an expression on the array inside [`Samples`], whatever its type.
macro_rules! map_samples {
    ($samples:expr, $array:pat => $body:expr) => {
        match $samples {
            $crate::video::Samples::Bool($array) => $body,
            $crate::video::Samples::U8($array) => $body,
            $crate::video::Samples::U16($array) => $body,
            $crate::video::Samples::U32($array) => $body,
            $crate::video::Samples::U64($array) => $body,
            $crate::video::Samples::I8($array) => $body,
            $crate::video::Samples::I16($array) => $body,
            $crate::video::Samples::I32($array) => $body,
            $crate::video::Samples::I64($array) => $body,
            $crate::video::Samples::F32($array) => $body,
            $crate::video::Samples::F64($array) => $body,
        }
    };
}
pub(crate) use map_samples;

/// Runs an expression with the type of a [`DType`] bound to a name.
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {{
        use $crate::video::DType;
        match $dtype {
            DType::Bool => $crate::video::with_dtype!(@with bool, $T, $body),
            DType::U8 => $crate::video::with_dtype!(@with u8, $T, $body),
            DType::U16 => $crate::video::with_dtype!(@with u16, $T, $body),
            DType::U32 => $crate::video::with_dtype!(@with u32, $T, $body),
            DType::U64 => $crate::video::with_dtype!(@with u64, $T, $body),
            DType::I8 => $crate::video::with_dtype!(@with i8, $T, $body),
            DType::I16 => $crate::video::with_dtype!(@with i16, $T, $body),
            DType::I32 => $crate::video::with_dtype!(@with i32, $T, $body),
            DType::I64 => $crate::video::with_dtype!(@with i64, $T, $body),
            DType::F32 => $crate::video::with_dtype!(@with f32, $T, $body),
            DType::F64 => $crate::video::with_dtype!(@with f64, $T, $body),
        }
    }};
    (@with $type:ty, $T:ident, $body:expr) => {{
        type $T = $type;
        $body
    }};
}
pub(crate) use with_dtype;

/// Runs an expression with the unsigned int type of the size of a [`DType`] bound to a name.
macro_rules! with_bits {
    ($dtype:expr, $T:ident => $body:expr) => {{
        match $dtype.size() {
            1 => $crate::video::with_dtype!(@with u8, $T, $body),
            2 => $crate::video::with_dtype!(@with u16, $T, $body),
            4 => $crate::video::with_dtype!(@with u32, $T, $body),
            _ => $crate::video::with_dtype!(@with u64, $T, $body),
        }
    }};
}
pub(crate) use with_bits;

/// A sample type that filters compute in.
pub trait Real: Element + num_traits::Float + num_traits::NumAssign {
    /// Converts from a sample of any type.
    fn from_element<T: Element>(value: T) -> Self;
    /// Converts to a sample of any type, as [`Element::from_f64`] does.
    fn to_element<T: Element>(self) -> T;
    /// Nearest integer; ties go to the even number.
    fn round_ties_even(self) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn round_ties_even(self) -> Self {
        self.round_ties_even()
    }

    #[inline]
    fn from_element<T: Element>(value: T) -> Self {
        value.to_f32()
    }

    #[inline(always)]
    fn to_element<T: Element>(self) -> T {
        T::from_f32(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn round_ties_even(self) -> Self {
        self.round_ties_even()
    }

    #[inline]
    fn from_element<T: Element>(value: T) -> Self {
        value.to_f64()
    }

    #[inline(always)]
    fn to_element<T: Element>(self) -> T {
        T::from_f64(self)
    }
}

/// Number as scripts write it: ints keep all their digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
}

impl Number {
    /// Nearest float.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Int(number) => number as f64,
            Number::Float(number) => number,
        }
    }

    /// Formats floats like [`number_text`], and ints with all digits.
    pub fn text(self) -> String {
        match self {
            Number::Int(number) => number.to_string(),
            Number::Float(number) => number_text(number),
        }
    }

    /// Truncates toward zero; saturates out of range, and NaN becomes 0 for ints.
    pub fn to_element<T: Element>(self) -> T {
        match self {
            Number::Int(number) => T::from_int(number),
            Number::Float(number) => T::from_f64(number),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(number) => number.fmt(f),
            Number::Float(number) => number.fmt(f),
        }
    }
}

impl DType {
    /// Whether samples can have more digits than single precision.
    pub fn is_wide(self) -> bool {
        self.size() >= 4 && self != DType::F32
    }

    /// Whether samples are floating-point numbers.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Smallest and largest value of an int type or of bool; `None` for floats.
    pub fn int_limits(self) -> Option<(i128, i128)> {
        let bits = 8 * self.size() as u32;
        match self {
            DType::F32 | DType::F64 => None,
            DType::Bool => Some((0, 1)),
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Some((0, (1 << bits) - 1)),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
                Some((-1 << (bits - 1), (1 << (bits - 1)) - 1))
            }
        }
    }

    /// Whether a number, truncated for ints, is within the range of the type.
    pub fn holds(self, number: Number) -> bool {
        let Some((low, high)) = self.int_limits() else {
            return true;
        };
        match number {
            Number::Int(number) => (low..=high).contains(&number.into()),
            Number::Float(number) => !number.is_nan() && (low..=high).contains(&(number as i128)),
        }
    }

    /// Whether a number can be stored without truncation; floats are rounded.
    pub fn represents(self, number: Number) -> bool {
        let is_cut = matches!(number, Number::Float(float) if float.fract() != 0.0);
        self.is_float() || !is_cut && self.holds(number)
    }

    /// Smallest and largest value of an int type; 0 and 1 for bool and floats.
    pub fn limits(self) -> (f64, f64) {
        match self {
            DType::Bool | DType::F32 | DType::F64 => (0.0, 1.0),
            _ => with_dtype!(self, T => {
                (T::from_f64(f64::NEG_INFINITY).to_f64(), T::from_f64(f64::INFINITY).to_f64())
            }),
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Samples {
    /// Type of the samples.
    pub fn dtype(&self) -> DType {
        map_samples!(self, array => array.dtype())
    }

    /// Layout of the samples in memory.
    pub fn layout(&self) -> &Layout {
        map_samples!(self, array => array.layout())
    }

    /// View of the same memory with another layout.
    pub fn with_layout(&self, layout: Layout) -> Samples {
        map_samples!(self, array => Element::wrap(array.with_layout(layout)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casting_from_float_truncates_and_saturates() {
        assert_eq!(u8::from_f64(300.7), 255);
        assert_eq!(u8::from_f64(-3.0), 0);
        assert_eq!(i16::from_f64(-1.9), -1);
        assert_eq!(u16::from_f64(f64::NAN), 0);
        assert!(bool::from_f64(0.5));
        assert_eq!((u8::from_f32(300.7), i8::from_f32(-300.7)), (255, -128));
        assert_eq!((i16::from_f32(-1.9), i8::from_f32(f32::NAN)), (-1, 0));
        assert_eq!(u8::from_f32(f32::from_bits(0x7FC0_00FF)), 0);
        assert_eq!(u32::from_f32(f32::INFINITY), u32::MAX);
        for value in i16::MIN..=i16::MAX {
            assert_eq!(i16::from_f32(f32::from(value)), value);
            assert_eq!(u16::from_f32(f32::from(value as u16) + 0.5), value as u16);
        }
    }

    #[test]
    fn names_lead_back_to_their_types() {
        for dtype in DType::ALL {
            assert_eq!(DType::from_name(dtype.name()), Some(*dtype));
        }
        assert_eq!(DType::from_name("uint12"), None);
    }

    #[test]
    fn limits_are_those_of_the_type() {
        assert_eq!(DType::U8.limits(), (0.0, 255.0));
        assert_eq!(DType::I16.limits(), (-32768.0, 32767.0));
        for dtype in DType::ALL.iter().filter(|dtype| !dtype.is_float()) {
            let (low, high) = dtype.int_limits().unwrap();
            assert_eq!((low as f64, high as f64), dtype.limits());
        }
    }

    #[test]
    fn types_hold_what_is_in_their_range_to_the_last_digit() {
        let two_to_63 = Number::Float(9_223_372_036_854_775_808.0);
        assert!(!DType::I64.holds(two_to_63) && DType::U64.holds(two_to_63));
        assert!(DType::I64.holds(Number::Int(i64::MAX)) && !DType::U64.holds(Number::Int(-1)));
        assert!(DType::U8.holds(Number::Float(255.9)) && !DType::U8.holds(Number::Int(256)));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!DType::I64.holds(Number::Float(number)));
            assert!(DType::F32.holds(Number::Float(number)));
        }
        assert_eq!(
            Number::Int(9_007_199_254_740_993).to_element::<i64>(),
            9_007_199_254_740_993
        );
    }
}
