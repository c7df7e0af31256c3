//! Inflating whole sections of deflated bytes, such as the strips of a TIFF file.

use flate2::read::{GzDecoder, ZlibDecoder};
use libdeflater::Decompressor;

use super::fill;

/// The container of deflated bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::io) enum Wrapping {
    Zlib,
    Gzip,
    None,
}

/// Inflates sections one after the other. libdeflate needs two thirds of the time of zlib, but
/// returns nothing if a section is damaged or longer than expected.
pub(in crate::io) struct Inflater(Decompressor);

impl Inflater {
    pub(in crate::io) fn new() -> Self {
        Self(Decompressor::new())
    }

    /// Inflates a section; returns the number of bytes, or `None` if the section is damaged or
    /// `out` is too small.
    pub(in crate::io) fn whole(
        &mut self,
        wrapping: Wrapping,
        bytes: &[u8],
        out: &mut [u8],
    ) -> Option<usize> {
        let len = match wrapping {
            Wrapping::Zlib => self.0.zlib_decompress(bytes, out),
            Wrapping::Gzip => self.0.gzip_decompress(bytes, out),
            Wrapping::None => self.0.deflate_decompress(bytes, out),
        };
        len.ok()
    }

    /// Inflates zlib data as far as `out` has room; returns the number of bytes, or `None` if the
    /// data is damaged.
    pub(in crate::io) fn zlib(&mut self, bytes: &[u8], out: &mut [u8]) -> Option<usize> {
        let len = self.whole(Wrapping::Zlib, bytes, out);
        len.or_else(|| fill(&mut ZlibDecoder::new(bytes), out).ok())
    }

    /// Inflates gzip data as far as `out` has room; returns the number of bytes, or `None` if the
    /// data is damaged.
    pub(in crate::io) fn gzip(&mut self, bytes: &[u8], out: &mut [u8]) -> Option<usize> {
        let len = self.whole(Wrapping::Gzip, bytes, out);
        len.or_else(|| fill(&mut GzDecoder::new(bytes), out).ok())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    #[test]
    fn what_is_too_long_is_inflated_as_far_as_there_is_room() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[5; 1000]).unwrap();
        let bytes = encoder.finish().unwrap();
        let mut inflater = Inflater::new();
        for (room, len) in [(1000, 1000), (10, 10), (2000, 1000)] {
            let mut out = vec![0; room];
            assert_eq!(inflater.zlib(&bytes, &mut out), Some(len));
            assert!(out[..len].iter().all(|byte| *byte == 5));
        }
        assert_eq!(inflater.zlib(&[1, 2, 3], &mut [0; 10]), None);
    }
}
