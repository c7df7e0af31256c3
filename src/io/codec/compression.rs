//! Compressions of saved files.

use std::io;

use tiff::encoder::compression::{CompressionAlgorithm, Deflate, Lzw, Packbits};

use crate::choice::Choice;

/// Compression of samples in a file; all are lossless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Uncompressed, so that the file can be mapped.
    None,
    /// Readable by every program.
    Lzw,
    /// Small files, as in PNG and ZIP.
    Deflate,
    /// Small files, the fastest to read.
    Zstd,
    /// Run-length encoding of equal bytes only.
    Packbits,
}

impl Choice for Compression {
    const NOUN: &'static str = "the name of a compression";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("none", Compression::None),
        ("lzw", Compression::Lzw),
        ("deflate", Compression::Deflate),
        ("zlib", Compression::Deflate),
        ("zstd", Compression::Zstd),
        ("packbits", Compression::Packbits),
    ];
}

/// Compression level of zstd, its own default.
const ZSTD_LEVEL: i32 = 3;

impl Compression {
    /// Compresses bytes, row by row in rows of `row_len` bytes where the compression needs it.
    pub(in crate::io) fn encode(self, bytes: &[u8], row_len: usize) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(bytes.len());
        match self {
            Compression::None => out.extend_from_slice(bytes),
            Compression::Lzw => {
                Lzw.write_to(&mut out, bytes)?;
            }
            Compression::Deflate => {
                Deflate::default().write_to(&mut out, bytes)?;
            }
            Compression::Zstd => out = zstd::bulk::compress(bytes, ZSTD_LEVEL)?,
            Compression::Packbits => {
                for row in bytes.chunks(row_len.max(1)) {
                    Packbits.write_to(&mut out, row)?;
                }
            }
        }
        Ok(out)
    }
}
