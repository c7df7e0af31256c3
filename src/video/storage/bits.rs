//! Samples viewed as unsigned ints of the same size. Code that only moves samples is compiled for
//! these four types instead of all.

use std::marker::PhantomData;

use super::Strided;
use crate::error::Result;
use crate::video::read::copy_frames;
use crate::video::samples::{DType, Element, Samples};

impl<T: Element> Strided<T> {
    /// The same memory viewed as samples of another type of the same size, for which it must hold
    /// valid values.
    fn seen_as<U: Element>(&self) -> Strided<U> {
        assert_eq!(size_of::<T>(), size_of::<U>(), "samples of one size");
        Strided {
            block: self.block.clone(),
            layout: self.layout.clone(),
            of: PhantomData,
        }
    }

    /// Copies the samples into new memory, in row-major order.
    pub fn copy(&self) -> Result<Self> {
        match size_of::<T>() {
            1 => self.copy_as::<u8>(),
            2 => self.copy_as::<u16>(),
            4 => self.copy_as::<u32>(),
            _ => self.copy_as::<u64>(),
        }
    }

    fn copy_as<B: Element>(&self) -> Result<Self> {
        // Copies of valid samples are valid.
        Ok(copy_bits(&self.seen_as::<B>())?.seen_as())
    }
}

fn copy_bits<B: Element>(bits: &Strided<B>) -> Result<Strided<B>> {
    let mut copy = Strided::for_writing(bits.shape())?;
    copy_frames(bits, copy.as_mut_slice()?)?;
    Ok(copy)
}

impl Samples {
    /// The same samples as unsigned ints of the same size.
    pub fn bits(&self) -> Samples {
        match self {
            Samples::Bool(array) => Samples::U8(array.seen_as()),
            Samples::I8(array) => Samples::U8(array.seen_as()),
            Samples::I16(array) => Samples::U16(array.seen_as()),
            Samples::I32(array) => Samples::U32(array.seen_as()),
            Samples::F32(array) => Samples::U32(array.seen_as()),
            Samples::I64(array) => Samples::U64(array.seen_as()),
            Samples::F64(array) => Samples::U64(array.seen_as()),
            unsigned => unsigned.clone(),
        }
    }

    /// Converts the result of [`Samples::bits`] to samples of a dtype.
    ///
    /// # Panics
    /// If the dtype is bool and a sample is neither 0 nor 1.
    pub fn from_bits(bits: Samples, dtype: DType) -> Samples {
        match (bits, dtype) {
            (Samples::U8(array), DType::Bool) => {
                let is_bool = array
                    .storage()
                    .iter()
                    .fold(true, |all, byte| all & (*byte < 2));
                assert!(is_bool, "bools moved as bytes");
                Samples::Bool(array.seen_as())
            }
            (Samples::U8(array), DType::I8) => Samples::I8(array.seen_as()),
            (Samples::U16(array), DType::I16) => Samples::I16(array.seen_as()),
            (Samples::U32(array), DType::I32) => Samples::I32(array.seen_as()),
            (Samples::U32(array), DType::F32) => Samples::F32(array.seen_as()),
            (Samples::U64(array), DType::I64) => Samples::I64(array.seen_as()),
            (Samples::U64(array), DType::F64) => Samples::F64(array.seen_as()),
            (same, _) => same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_seen_as_bits_share_memory_and_come_back() {
        for dtype in DType::ALL {
            let samples = crate::video::with_dtype!(*dtype, T => {
                T::wrap(Strided::from_vec(&[3], [0, 1, 1].map(T::from_int).to_vec()))
            });
            let bits = samples.bits();
            assert_eq!(bits.dtype().size(), dtype.size());
            let back = Samples::from_bits(bits, *dtype);
            assert_eq!(back.dtype(), *dtype);
            let [before, after] = [samples, back]
                .map(|samples| crate::video::Video::with_metadata(samples, Default::default()));
            assert!(before.shares_samples(&after));
        }
    }

    #[test]
    #[should_panic(expected = "bools moved as bytes")]
    fn other_bytes_are_no_bools() {
        let bytes = Samples::U8(Strided::from_vec(&[2], vec![1, 2]));
        Samples::from_bits(bytes, DType::Bool);
    }
}
