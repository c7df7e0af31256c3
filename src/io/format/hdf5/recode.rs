//! Conversion of numbers of unusual sizes and bit layouts to types of this machine.

use crate::video::DType;

/// Maximum size of a converted number in bytes.
const MAX_SIZE: usize = 16;

/// The bits of an element that contain its number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BitField {
    /// Whether the byte order is big-endian.
    pub(super) big: bool,
    pub(super) offset: usize,
    pub(super) precision: usize,
}

/// A float: the position of its bits, and of its parts within them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Float {
    pub(super) bits: BitField,
    pub(super) sign: u8,
    pub(super) exponent: u8,
    pub(super) exponent_len: u8,
    pub(super) mantissa: u8,
    pub(super) mantissa_len: u8,
    pub(super) bias: u32,
    /// Whether the leading 1 of the mantissa is implied (not stored).
    pub(super) is_implied: bool,
}

/// Conversion of elements to samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recode {
    /// Size of an element in the file in bytes.
    size: usize,
    dtype: DType,
    from: StoredKind,
}

#[derive(Debug, Clone, PartialEq)]
enum StoredKind {
    Int(BitField),
    Float(Float),
}

impl Recode {
    /// Ints of which only some bits are significant; `None` if there are too many.
    pub(super) fn int(size: usize, bits: BitField, dtype: DType) -> Option<Self> {
        let fits = bits.offset + bits.precision <= 8 * size
            && (1..=8 * dtype.size()).contains(&bits.precision);
        fits.then_some(Self {
            size,
            dtype,
            from: StoredKind::Int(bits),
        })
    }

    /// Floats with parts at any bit position; `None` if they exceed the element.
    pub(super) fn float(size: usize, float: Float, dtype: DType) -> Option<Self> {
        let bits = 8 * size;
        let within = |start: u8, len: u8| usize::from(start) + usize::from(len) <= bits;
        let fits = (1..=MAX_SIZE).contains(&size)
            && within(float.sign, 1)
            && within(float.exponent, float.exponent_len)
            && within(float.mantissa, float.mantissa_len)
            && (1..=15).contains(&float.exponent_len)
            && (1..=112).contains(&float.mantissa_len);
        fits.then_some(Self {
            size,
            dtype,
            from: StoredKind::Float(float),
        })
    }

    /// Converts elements to samples in native byte order.
    pub(super) fn apply(&self, elements: &[u8], out: &mut [u8]) {
        let samples = out.chunks_exact_mut(self.dtype.size());
        for (element, sample) in elements.chunks_exact(self.size).zip(samples) {
            match &self.from {
                StoredKind::Int(bits) => {
                    let value = int(word(element, bits.big), *bits, self.is_signed());
                    put(&value.to_le_bytes(), sample);
                }
                StoredKind::Float(layout) => {
                    let value = float(word(element, layout.bits.big), layout);
                    match self.dtype {
                        DType::F32 => put(&(value as f32).to_le_bytes(), sample),
                        _ => put(&value.to_le_bytes(), sample),
                    }
                }
            }
        }
    }

    fn is_signed(&self) -> bool {
        self.dtype.limits().0 < 0.0
    }
}

/// The bytes of an element as one number.
fn word(element: &[u8], big: bool) -> u128 {
    let join = |word: u128, byte: &u8| word << 8 | u128::from(*byte);
    match big {
        true => element.iter().fold(0, join),
        false => element.iter().rev().fold(0, join),
    }
}

/// Writes the low bytes of a number in native byte order.
fn put(low_first: &[u8], sample: &mut [u8]) {
    let len = sample.len();
    sample.copy_from_slice(&low_first[..len]);
    if cfg!(target_endian = "big") {
        sample.reverse();
    }
}

fn field(word: u128, start: u8, len: u8) -> u128 {
    word >> start & ((1 << len) - 1)
}

fn int(word: u128, bits: BitField, signed: bool) -> i128 {
    let value = (word >> bits.offset & ((1 << bits.precision) - 1)) as i128;
    let is_negative = signed && value >> (bits.precision - 1) & 1 == 1;
    if is_negative {
        value - (1 << bits.precision)
    } else {
        value
    }
}

fn float(word: u128, layout: &Float) -> f64 {
    let exponent = field(word, layout.exponent, layout.exponent_len);
    let mantissa = field(word, layout.mantissa, layout.mantissa_len);
    let len = i32::from(layout.mantissa_len);
    let is_last = exponent == (1 << layout.exponent_len) - 1;
    // A stored leading 1 does not distinguish NaN from infinity.
    let fraction = match layout.is_implied {
        true => mantissa,
        false => mantissa & !(1 << (len - 1)),
    };
    let magnitude = if is_last {
        if fraction == 0 {
            f64::INFINITY
        } else {
            f64::NAN
        }
    } else {
        let leading = u128::from(layout.is_implied && exponent > 0) << len;
        let point = if layout.is_implied { len } else { len - 1 };
        let power = exponent.max(1) as i64 - i64::from(layout.bias) - i64::from(point);
        scaled((mantissa | leading) as f64, power)
    };
    match field(word, layout.sign, 1) {
        0 => magnitude,
        _ => -magnitude,
    }
}

/// A number times a power of 2, in steps that do not underflow by themselves.
fn scaled(number: f64, power: i64) -> f64 {
    let power = power.clamp(-4000, 4000) as i32;
    let half = power / 2;
    let quarter = half / 2;
    let powers = [quarter, half - quarter, (power - half) / 2];
    let last = power - powers.iter().sum::<i32>();
    let product = powers.iter().fold(number, |n, p| n * 2f64.powi(*p));
    product * 2f64.powi(last)
}
