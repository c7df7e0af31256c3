//! Color coding of H.264 movies: what the sequence parameters of the stream say, else the box
//! `colr` of the file.

use crate::color::yuv::{YuvCoding, YuvMatrix};

/// Profiles whose sequence parameters describe chroma and scaling lists.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Aspect ratio that is followed by two numbers.
const EXTENDED_ASPECT: u32 = 255;

/// What a stream or a file says about its colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ColorTags {
    matrix: Option<YuvMatrix>,
    is_full_range: Option<bool>,
}

impl ColorTags {
    /// Tags of a sequence parameter set; what cannot be read is not tagged.
    pub(super) fn of_sequence(unit: &[u8]) -> Self {
        BitReader::new(unit).sequence().unwrap_or_default()
    }

    /// Tags in the content of a box `colr`.
    pub(super) fn of_box(content: &[u8]) -> Self {
        let number = |at: usize| {
            let bytes = content.get(at..at + 2)?.first_chunk::<2>()?;
            Some(u16::from_be_bytes(*bytes))
        };
        // Other kinds hold an ICC profile.
        let kind = content.get(..4).unwrap_or_default();
        if kind != b"nclx" && kind != b"nclc" {
            return Self::default();
        }
        Self {
            matrix: number(8).and_then(YuvMatrix::from_code),
            is_full_range: content.get(10).map(|flags| flags & 0x80 != 0),
        }
    }

    /// The same tags, completed by those of another place.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            matrix: self.matrix.or(other.matrix),
            is_full_range: self.is_full_range.or(other.is_full_range),
        }
    }

    /// The color coding; what is not tagged is as usual.
    pub(super) fn coding(self) -> YuvCoding {
        let untagged = YuvCoding::UNTAGGED;
        YuvCoding {
            matrix: self.matrix.unwrap_or(untagged.matrix),
            is_full_range: self.is_full_range.unwrap_or(untagged.is_full_range),
        }
    }
}

/// Reader of the bits of a NAL unit; `None` at its end.
struct BitReader {
    bytes: Vec<u8>,
    position: usize,
}

impl BitReader {
    /// Reads the content of a unit, after the byte with its type.
    fn new(unit: &[u8]) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(unit.len());
        let mut zeros = 0;
        for &byte in unit.iter().skip(1) {
            // A 3 after two zeros is there only so that no start code occurs.
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, position: 0 }
    }

    /// Reads the tags of sequence parameters (ITU-T H.264, 7.3.2.1.1 and E.1.1).
    fn sequence(&mut self) -> Option<ColorTags> {
        let profile = self.bits(8)?;
        // Constraints, level, and the number of the set.
        self.bits(16)?;
        self.number()?;
        if HIGH_PROFILES.contains(&profile) {
            self.skip_chroma()?;
        }
        self.number()?;
        self.skip_picture_order()?;
        // Reference frames, gaps, width and height.
        self.number()?;
        self.bits(1)?;
        self.number()?;
        self.number()?;
        let has_only_frames = self.flag()?;
        if !has_only_frames {
            self.bits(1)?;
        }
        self.bits(1)?;
        if self.flag()? {
            for _ in 0..4 {
                self.number()?;
            }
        }
        let has_usability_information = self.flag()?;
        match has_usability_information {
            true => self.usability_information(),
            false => Some(ColorTags::default()),
        }
    }

    fn usability_information(&mut self) -> Option<ColorTags> {
        let has_aspect = self.flag()?;
        if has_aspect && self.bits(8)? == EXTENDED_ASPECT {
            self.bits(32)?;
        }
        let has_overscan = self.flag()?;
        if has_overscan {
            self.bits(1)?;
        }
        let has_signal = self.flag()?;
        if !has_signal {
            return Some(ColorTags::default());
        }
        self.bits(3)?;
        let is_full_range = self.flag()?;
        let has_colors = self.flag()?;
        let matrix = match has_colors {
            true => {
                self.bits(16)?;
                YuvMatrix::from_code(self.bits(8)? as u16)
            }
            false => None,
        };
        Some(ColorTags {
            matrix,
            is_full_range: Some(is_full_range),
        })
    }

    fn skip_chroma(&mut self) -> Option<()> {
        const YUV444: u32 = 3;
        let chroma = self.number()?;
        if chroma == YUV444 {
            self.bits(1)?;
        }
        // Bit depths of luma and chroma, and a flag.
        self.number()?;
        self.number()?;
        self.bits(1)?;
        let has_scaling_lists = self.flag()?;
        if has_scaling_lists {
            for list in 0..if chroma == YUV444 { 12 } else { 8 } {
                if self.flag()? {
                    self.skip_scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        Some(())
    }

    fn skip_scaling_list(&mut self, len: usize) -> Option<()> {
        let mut scale = 8;
        for _ in 0..len {
            scale = (scale + self.signed_number()?) & 0xff;
            // The rest repeats the last scale.
            if scale == 0 {
                break;
            }
        }
        Some(())
    }

    fn skip_picture_order(&mut self) -> Option<()> {
        match self.number()? {
            0 => {
                self.number()?;
            }
            1 => {
                self.bits(1)?;
                self.number()?;
                self.number()?;
                for _ in 0..self.number()? {
                    self.number()?;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn bits(&mut self, count: usize) -> Option<u32> {
        let mut bits = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            bits = bits << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(bits)
    }

    fn flag(&mut self) -> Option<bool> {
        self.bits(1).map(|bit| bit == 1)
    }

    /// Reads an Exp-Golomb number: as many zeros as bits follow the one.
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        let rest = self.bits((zeros < 32).then_some(zeros)?)?;
        Some((1u32 << zeros) - 1 + rest)
    }

    /// Reads a signed Exp-Golomb number: 1, -1, 2, -2, …
    fn signed_number(&mut self) -> Option<i32> {
        let number = i64::from(self.number()?);
        let half = (number + 1) / 2;
        i32::try_from(if number % 2 == 1 { half } else { -half }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL_BT709: ColorTags = ColorTags {
        matrix: Some(YuvMatrix::Bt709),
        is_full_range: Some(true),
    };

    fn unit(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits
            .bytes()
            .filter(|bit| *bit != b' ')
            .map(|bit| bit - b'0')
            .collect();
        let bytes = bits.chunks(8).map(|byte| {
            let value = byte.iter().fold(0, |value, bit| value << 1 | bit);
            value << (8 - byte.len())
        });
        std::iter::once(0x67).chain(bytes).collect()
    }

    #[test]
    fn sequence_parameters_say_matrix_and_range() {
        // Baseline: set 0, frame numbers, order of type 2, 1 reference, 2×2 blocks, frames only.
        let start = "01000010 00000000 00011110 1 1 011 010 0 010 010 1 1 0";
        let colors = "1 0 0 1 101 1 1 00000001 00000001 00000001";
        assert_eq!(
            ColorTags::of_sequence(&unit(&format!("{start}{colors}"))),
            FULL_BT709
        );
        // An extended aspect ratio, order of type 1 with an offset, cropping.
        let start = "01000010 00000000 00011110 1 1 010 0 1 1 010 1 010 0 010 010 0 0 1 1 1 1 1 1";
        let colors = "1 1 11111111 00000000 00000001 00000000 00000001 1 1";
        let signal = "1 101 1 1 00000001 00000001 00000001 1";
        let bits = format!("{start}{colors}{signal}");
        assert_eq!(ColorTags::of_sequence(&unit(&bits)), FULL_BT709);
        // High profile with a scaling list of which one scale is given.
        let high = "01100100 00000000 00011110 1 010 1 1 0 1 1 000010001 0000000";
        let rest = "1 011 010 0 010 010 1 1 0 1 0 0 1 101 1 1 00000001 00000001 00000001";
        assert_eq!(
            ColorTags::of_sequence(&unit(&format!("{high}{rest}"))),
            FULL_BT709
        );
        // No usability information, and units that end early.
        assert_eq!(
            ColorTags::of_sequence(&unit(&format!("{start}0"))),
            ColorTags::default()
        );
        for len in 0..12 {
            assert_eq!(
                ColorTags::of_sequence(&unit(&bits)[..len]),
                ColorTags::default()
            );
        }
    }

    #[test]
    fn bytes_against_start_codes_are_left_out() {
        let mut reader = BitReader::new(&[0x67, 0, 0, 3, 1, 0, 0, 3]);
        assert_eq!(reader.bits(24), Some(1));
        assert_eq!(reader.bits(16), Some(0));
        assert_eq!(reader.bits(1), None);
    }

    #[test]
    fn the_file_says_what_the_stream_does_not() {
        let of_file = ColorTags::of_box(b"nclx\0\x01\0\x01\0\x01\x80");
        assert_eq!(of_file, FULL_BT709);
        assert_eq!(
            ColorTags::of_box(b"nclc\0\x01\0\x01\0\x06").coding(),
            YuvCoding::UNTAGGED
        );
        assert_eq!(
            ColorTags::of_box(b"prof\0\x01\0\x01\0\x01\x80"),
            ColorTags::default()
        );
        assert_eq!(ColorTags::of_box(b"ncl"), ColorTags::default());
        let of_stream = ColorTags {
            matrix: None,
            is_full_range: Some(false),
        };
        let both = of_stream.or(of_file);
        assert_eq!(
            (both.matrix, both.is_full_range),
            (Some(YuvMatrix::Bt709), Some(false))
        );
        assert_eq!(ColorTags::default().coding(), YuvCoding::UNTAGGED);
    }
}
