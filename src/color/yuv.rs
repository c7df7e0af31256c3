//! YUV coding of colors with 8 bits, as movies hold them: luma and chroma instead of red, green and
//! blue.

/// Weights of red, green and blue in luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YuvMatrix {
    /// ITU-R BT.601, of standard definition and of movies that do not say theirs.
    Bt601,
    /// ITU-R BT.709, of high definition.
    Bt709,
    /// ITU-R BT.2020, of ultra high definition.
    Bt2020,
}

/// How a movie codes its colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YuvCoding {
    /// Matrix.
    pub matrix: YuvMatrix,
    /// Whether luma and chroma use all levels, instead of luma from 16 to 235 and chroma from 16 to
    /// 240.
    pub is_full_range: bool,
}

/// Fraction bits of the integers that weights are stored in.
const BITS: u32 = 16;

/// Conversion of colors to luma from 16 to 235 and chroma from 16 to 240.
pub struct YuvEncoder {
    luma: [i32; 3],
    chroma: [[i32; 3]; 2],
}

/// Conversion of luma and chroma to colors.
pub struct YuvDecoder {
    black: i32,
    luma: i32,
    red: i32,
    green: [i32; 2],
    blue: i32,
}

impl YuvMatrix {
    /// The matrix with a number of ITU-T H.273, which movies store; `None` if it is unspecified or
    /// uncommon.
    pub fn from_code(code: u16) -> Option<Self> {
        match code {
            1 => Some(Self::Bt709),
            5 | 6 => Some(Self::Bt601),
            9 => Some(Self::Bt2020),
            _ => None,
        }
    }

    /// Weights of red and blue; the rest is green.
    fn weights(self) -> (f64, f64) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }

    /// Conversion to luma and chroma of limited range.
    pub fn encoder(self) -> YuvEncoder {
        let (red, blue) = self.weights();
        let (luma_span, chroma_span) = (219.0 / 255.0, 224.0 / 255.0);
        let luma = [red, blue].map(|weight| fixed(weight * luma_span));
        let [cb_red, cr_blue] = [(red, blue), (blue, red)]
            .map(|(weight, own)| fixed(-0.5 * chroma_span * weight / (1.0 - own)));
        let half = fixed(0.5 * chroma_span);
        YuvEncoder {
            // Green gets what the others leave, so that grays are exact and have no chroma.
            luma: [luma[0], fixed(luma_span) - luma[0] - luma[1], luma[1]],
            chroma: [
                [cb_red, -half - cb_red, half],
                [half, -half - cr_blue, cr_blue],
            ],
        }
    }
}

impl YuvCoding {
    /// The coding of movies that do not say theirs.
    pub const UNTAGGED: Self = Self {
        matrix: YuvMatrix::Bt601,
        is_full_range: false,
    };

    /// Conversion to red, green and blue.
    pub fn decoder(self) -> YuvDecoder {
        let (red, blue) = self.matrix.weights();
        let green = 1.0 - red - blue;
        let (black, luma, chroma) = match self.is_full_range {
            true => (0, 1.0, 1.0),
            false => (16, 255.0 / 219.0, 255.0 / 224.0),
        };
        let of = |weight: f64| 2.0 * chroma * (1.0 - weight);
        YuvDecoder {
            black,
            luma: fixed(luma),
            red: fixed(of(red)),
            green: [
                fixed(-of(blue) * blue / green),
                fixed(-of(red) * red / green),
            ],
            blue: fixed(of(blue)),
        }
    }
}

impl YuvEncoder {
    /// Luma of a color.
    pub fn luma(&self, rgb: [u8; 3]) -> u8 {
        let [red, green, blue] = self.luma;
        let weighted =
            red * i32::from(rgb[0]) + green * i32::from(rgb[1]) + blue * i32::from(rgb[2]);
        rounded(weighted + (16 << BITS), BITS)
    }

    /// Chroma (Cb and Cr) of four pixels together.
    pub fn chroma(&self, pixels: [[u8; 3]; 4]) -> [u8; 2] {
        let sum = |channel: usize| pixels.iter().map(|pixel| i32::from(pixel[channel])).sum();
        let [red, green, blue]: [i32; 3] = [sum(0), sum(1), sum(2)];
        self.chroma.map(|[of_red, of_green, of_blue]| {
            let weighted = of_red * red + of_green * green + of_blue * blue;
            rounded(weighted + (128 << (BITS + 2)), BITS + 2)
        })
    }
}

impl YuvDecoder {
    /// Red, green and blue of a pixel.
    pub fn rgb(&self, [luma, cb, cr]: [u8; 3]) -> [u8; 3] {
        let luma = self.luma * (i32::from(luma) - self.black);
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        [
            luma + self.red * cr,
            luma + self.green[0] * cb + self.green[1] * cr,
            luma + self.blue * cb,
        ]
        .map(|channel| rounded(channel, BITS))
    }

    /// Gray level of a luma.
    pub fn gray(&self, luma: u8) -> u8 {
        rounded(self.luma * (i32::from(luma) - self.black), BITS)
    }
}

fn fixed(weight: f64) -> i32 {
    (weight * f64::from(1 << BITS)).round() as i32
}

/// The nearest level of a number with fraction bits.
fn rounded(number: i32, bits: u32) -> u8 {
    ((number + (1 << (bits - 1))) >> bits).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRICES: [YuvMatrix; 3] = [YuvMatrix::Bt601, YuvMatrix::Bt709, YuvMatrix::Bt2020];

    #[test]
    fn primary_colors_have_the_levels_of_the_standards() {
        let levels = |matrix: YuvMatrix| {
            let encoder = matrix.encoder();
            [[255, 0, 0], [0, 255, 0], [0, 0, 255]].map(|color| {
                let [cb, cr] = encoder.chroma([color; 4]);
                [encoder.luma(color), cb, cr]
            })
        };
        assert_eq!(
            levels(YuvMatrix::Bt601),
            [[81, 90, 240], [145, 54, 34], [41, 240, 110]]
        );
        assert_eq!(
            levels(YuvMatrix::Bt709),
            [[63, 102, 240], [173, 42, 26], [32, 240, 118]]
        );
    }

    #[test]
    fn grays_are_nearest_and_have_no_chroma() {
        for matrix in MATRICES {
            let encoder = matrix.encoder();
            for level in 0..=255u8 {
                let luma = 16.0 + f64::from(level) * 219.0 / 255.0;
                assert_eq!(encoder.luma([level; 3]), luma.round() as u8);
                assert_eq!(encoder.chroma([[level; 3]; 4]), [128, 128]);
            }
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for matrix in MATRICES {
            let encoder = matrix.encoder();
            let coding = YuvCoding {
                matrix,
                is_full_range: false,
            };
            let decoder = coding.decoder();
            for index in 0..4096u32 {
                let color = [index % 16, index / 16 % 16, index / 256].map(|part| part as u8 * 17);
                let [cb, cr] = encoder.chroma([color; 4]);
                let found = decoder.rgb([encoder.luma(color), cb, cr]);
                // Half a level of luma and of chroma, and rounding.
                let off = color.iter().zip(found).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(2), "{matrix:?}: {color:?} became {found:?}");
            }
        }
    }

    #[test]
    fn full_range_is_not_stretched() {
        let coding = |is_full_range| YuvCoding {
            matrix: YuvMatrix::Bt709,
            is_full_range,
        };
        let grays =
            |coding: YuvCoding| [0, 16, 126, 235, 255].map(|luma| coding.decoder().gray(luma));
        assert_eq!(grays(coding(false)), [0, 0, 128, 255, 255]);
        assert_eq!(grays(coding(true)), [0, 16, 126, 235, 255]);
        assert_eq!(coding(true).decoder().rgb([54, 99, 255]), [254, 0, 0]);
    }
}
