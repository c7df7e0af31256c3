//! Directory entries to be written.

/// An entry of a directory.
pub(super) struct WrittenTag {
    pub(super) tag: u16,
    pub(super) kind: u16,
    /// Size of each value.
    size: usize,
    pub(super) bytes: Vec<u8>,
}

/// Types of the values of an entry; BigTIFF adds 64-bit numbers.
pub(super) mod value_type {
    pub(in crate::io::format::tiff) const BYTE: u16 = 1;
    pub(in crate::io::format::tiff) const ASCII: u16 = 2;
    pub(in crate::io::format::tiff) const SHORT: u16 = 3;
    pub(in crate::io::format::tiff) const LONG: u16 = 4;
    pub(in crate::io::format::tiff) const RATIONAL: u16 = 5;
    pub(in crate::io::format::tiff) const UNDEFINED: u16 = 7;
    pub(in crate::io::format::tiff) const IFD: u16 = 13;
    pub(in crate::io::format::tiff) const LONG8: u16 = 16;
    pub(in crate::io::format::tiff) const IFD8: u16 = 18;
}

/// Sample formats.
pub(super) mod sample_format {
    pub(in crate::io::format::tiff) const UINT: u64 = 1;
    pub(in crate::io::format::tiff) const INT: u64 = 2;
    pub(in crate::io::format::tiff) const FLOAT: u64 = 3;
    pub(in crate::io::format::tiff) const UNDEFINED: u64 = 4;
    pub(in crate::io::format::tiff) const COMPLEX_INT: u64 = 5;
    pub(in crate::io::format::tiff) const COMPLEX_FLOAT: u64 = 6;
}

/// Predictors: differences that are stored instead of samples and compress better.
pub(super) mod predictor {
    pub(in crate::io::format::tiff) const NONE: u64 = 1;
    pub(in crate::io::format::tiff) const HORIZONTAL: u64 = 2;
    pub(in crate::io::format::tiff) const FLOAT: u64 = 3;
}

/// Units of the resolution; the last two are those used by tifffile.
pub(super) mod resolution_unit {
    pub(in crate::io::format::tiff) const NONE: u64 = 1;
    pub(in crate::io::format::tiff) const CENTIMETER: u64 = 3;
    pub(in crate::io::format::tiff) const MILLIMETER: u64 = 4;
    pub(in crate::io::format::tiff) const MICROMETER: u64 = 5;
}

/// Denominator of fractions.
const PARTS: f64 = 1e6;

impl WrittenTag {
    /// 16-bit integers.
    pub(super) fn shorts(tag: u16, values: &[u16]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_ne_bytes());
        Self::new(tag, value_type::SHORT, 2, bytes.collect())
    }

    /// A 32-bit integer.
    pub(super) fn long(tag: u16, value: u64) -> Self {
        Self::new(
            tag,
            value_type::LONG,
            4,
            (value as u32).to_ne_bytes().to_vec(),
        )
    }

    /// A 64-bit integer, used only in large files.
    pub(super) fn long8(tag: u16, value: u64) -> Self {
        Self::new(tag, value_type::LONG8, 8, value.to_ne_bytes().to_vec())
    }

    /// A fraction, with the precision of its denominator.
    pub(super) fn fraction(tag: u16, value: f64) -> Self {
        let parts = (value * PARTS).round() as u32;
        let bytes = [parts, PARTS as u32].map(u32::to_ne_bytes).concat();
        Self::new(tag, value_type::RATIONAL, 8, bytes)
    }

    /// A text.
    pub(super) fn text(tag: u16, text: &str) -> Self {
        Self::new(tag, value_type::ASCII, 1, [text.as_bytes(), &[0]].concat())
    }

    fn new(tag: u16, kind: u16, size: usize, bytes: Vec<u8>) -> Self {
        Self {
            tag,
            kind,
            size,
            bytes,
        }
    }

    /// Number of values.
    pub(super) fn count(&self) -> u64 {
        (self.bytes.len() / self.size) as u64
    }
}
