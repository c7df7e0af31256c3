//! Entries of directories that are written.

/// An entry of a directory.
pub(super) struct WrittenTag {
    pub(super) tag: u16,
    pub(super) kind: u16,
    /// The size of each of the values.
    size: usize,
    pub(super) bytes: Vec<u8>,
}

/// The denominator of fractions.
const PARTS: f64 = 1e6;

impl WrittenTag {
    /// Whole numbers of 16 bits.
    pub(super) fn shorts(tag: u16, values: &[u16]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_ne_bytes());
        Self::new(tag, 3, 2, bytes.collect())
    }

    /// A whole number of 32 bits.
    pub(super) fn long(tag: u16, value: u64) -> Self {
        Self::new(tag, 4, 4, (value as u32).to_ne_bytes().to_vec())
    }

    /// A whole number of 64 bits, which only large files have.
    pub(super) fn long8(tag: u16, value: u64) -> Self {
        Self::new(tag, 16, 8, value.to_ne_bytes().to_vec())
    }

    /// A fraction, as precise as its denominator.
    pub(super) fn fraction(tag: u16, value: f64) -> Self {
        let parts = (value * PARTS).round() as u32;
        let bytes = [parts, PARTS as u32].map(u32::to_ne_bytes).concat();
        Self::new(tag, 5, 8, bytes)
    }

    /// A text.
    pub(super) fn text(tag: u16, text: &str) -> Self {
        Self::new(tag, 2, 1, [text.as_bytes(), &[0]].concat())
    }

    fn new(tag: u16, kind: u16, size: usize, bytes: Vec<u8>) -> Self {
        Self {
            tag,
            kind,
            size,
            bytes,
        }
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u64 {
        (self.bytes.len() / self.size) as u64
    }
}
