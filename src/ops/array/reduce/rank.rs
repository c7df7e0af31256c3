//! Ranks: ints with the order of the samples, for sorting.

use num_traits::Unsigned;

use crate::video::Element;

/// An int by which samples are sorted.
pub(super) trait Rank: Unsigned + Ord + bytemuck::Pod + Send + Sync {}

impl<R: Unsigned + Ord + bytemuck::Pod + Send + Sync> Rank for R {}

/// A sample type in which each value has a rank of its own, in the same order; NaN comes last.
pub(super) trait Sortable: Element + bytemuck::Pod {
    /// The rank, of the size of a sample.
    type Rank: Rank;
    /// Rank of a sample, from its bits.
    fn rank(bits: Self::Rank) -> Self::Rank;
    /// Bits of the sample with a rank.
    fn unrank(rank: Self::Rank) -> Self::Rank;
}

macro_rules! sortable_ints {
    ($($type:ty as $rank:ty),* $(,)?) => {
        $(impl Sortable for $type {
            type Rank = $rank;
            #[inline(always)]
            fn rank(bits: $rank) -> $rank {
                bits ^ <$type>::MIN as $rank
            }
            #[inline(always)]
            fn unrank(rank: $rank) -> $rank {
                rank ^ <$type>::MIN as $rank
            }
        })*
    };
}

sortable_ints! {
    u8 as u8, u16 as u16, u32 as u32, u64 as u64, i8 as u8, i16 as u16, i32 as u32, i64 as u64,
}

macro_rules! sortable_floats {
    ($($type:ty as $rank:ty),* $(,)?) => {
        $(impl Sortable for $type {
            type Rank = $rank;
            #[inline(always)]
            fn rank(bits: $rank) -> $rank {
                const SIGN: $rank = 1 << (<$rank>::BITS - 1);
                let in_order = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                // NaN with a sign would come first.
                in_order.wrapping_sub(!<$type>::NEG_INFINITY.to_bits())
            }
            #[inline(always)]
            fn unrank(rank: $rank) -> $rank {
                const SIGN: $rank = 1 << (<$rank>::BITS - 1);
                let in_order = rank.wrapping_add(!<$type>::NEG_INFINITY.to_bits());
                if in_order & SIGN == 0 { !in_order } else { in_order ^ SIGN }
            }
        })*
    };
}

sortable_floats! { f32 as u32, f64 as u64 }

/// Runs an expression on the array inside samples that are not bools.
macro_rules! map_sortable {
    ($samples:expr, $array:pat => $body:expr) => {
        match $samples {
            Samples::Bool(_) => unreachable!("bools are sorted as uint8"),
            Samples::U8($array) => $body,
            Samples::U16($array) => $body,
            Samples::U32($array) => $body,
            Samples::U64($array) => $body,
            Samples::I8($array) => $body,
            Samples::I16($array) => $body,
            Samples::I32($array) => $body,
            Samples::I64($array) => $body,
            Samples::F32($array) => $body,
            Samples::F64($array) => $body,
        }
    };
}
pub(super) use map_sortable;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_in_the_order_of_samples_and_lead_back_to_them() {
        let nans = [
            f32::from_bits(0x7F80_0001),
            f32::NAN,
            f32::from_bits(0xFFFF_FFFF),
        ];
        let numbers = [
            f32::NEG_INFINITY,
            f32::MIN,
            -1e-45,
            -0.0,
            0.0,
            1e-45,
            f32::MAX,
        ];
        let last = [f32::INFINITY].into_iter().chain(nans);
        let bits: Vec<u32> = numbers.into_iter().chain(last).map(f32::to_bits).collect();
        let ranks: Vec<u32> = bits.iter().map(|bits| f32::rank(*bits)).collect();
        assert!(ranks.is_sorted() && ranks[0] == 0);
        let back: Vec<u32> = ranks.iter().map(|rank| f32::unrank(*rank)).collect();
        assert_eq!(back, bits);
        let wide = [
            f64::NEG_INFINITY,
            -2.5,
            0.0,
            f64::INFINITY,
            f64::NAN,
            -f64::NAN,
        ];
        let ranks = wide.map(|value| f64::rank(value.to_bits()));
        assert!(ranks.is_sorted());
        assert_eq!(ranks.map(f64::unrank), wide.map(f64::to_bits));
        let ints = [i16::MIN, -1, 0, 1, i16::MAX];
        let ranks = ints.map(|value| i16::rank(value as u16));
        assert!(ranks.is_sorted());
        assert_eq!(ranks.map(i16::unrank), ints.map(|value| value as u16));
    }
}
