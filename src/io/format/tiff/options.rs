//! Options of saving TIFF stacks.

use crate::choice::Choice;
use crate::io::codec::compression::Compression;

/// How programs should display the samples (photometric interpretation).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photometric {
    /// Zero is black.
    MinIsBlack,
    /// Zero is white.
    MinIsWhite,
    /// The channels are red, green, blue and optionally alpha.
    Rgb,
}

impl Choice for Photometric {
    const NOUN: &'static str = "the name of a photometric interpretation";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("minisblack", Photometric::MinIsBlack),
        ("miniswhite", Photometric::MinIsWhite),
        ("rgb", Photometric::Rgb),
    ];
}

/// Options for saving a stack.
#[derive(Debug, Clone, Copy)]
pub(in crate::io) struct TiffOptions {
    /// Default: from the number of channels.
    pub(in crate::io) photometric: Option<Photometric>,
    pub(in crate::io) compression: Compression,
}

impl TiffOptions {
    /// Uncompressed, as the samples are in memory.
    pub(in crate::io) const PLAIN: Self = Self {
        photometric: None,
        compression: Compression::None,
    };
}
