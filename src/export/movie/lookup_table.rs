//! Lookup table of the pixels for samples of 8 and 16 bits, which saves computing them.

use crate::color::color_mapping::ColorMapping;
use crate::color::colormap::{BAD, Rgba};
use crate::color::{Color, pack};
use crate::video::{Element, Samples, Strided, Video, convert_run};
use crate::view::colored_frames::ColoredFrames;

/// Pixel of each possible sample, the lowest sample first.
pub(super) struct LookupTable(Vec<Color>);

impl LookupTable {
    /// Lookup table of a gray video of `n_frames`, some of which are given, unless it would be larger
    /// than the video, or the samples have too many possible values.
    pub(super) fn new(colored: &ColoredFrames, n_frames: usize) -> Option<Self> {
        let ColoredFrames::Video(video, mapping @ ColorMapping::Mapped(_)) = colored else {
            return None;
        };
        let samples = match video.samples() {
            Samples::U8(_) => row((u8::MIN..=u8::MAX).collect()),
            Samples::I8(_) => row((i8::MIN..=i8::MAX).collect()),
            Samples::U16(_) => row((u16::MIN..=u16::MAX).collect()),
            Samples::I16(_) => row((i16::MIN..=i16::MAX).collect()),
            _ => return None,
        };
        let len = samples.layout().len();
        if n_frames * video.frame_len() < 2 * len {
            return None;
        }
        let mut colors = vec![BAD; len];
        mapping.colors(&samples, 0, 0..len, &mut colors);
        Some(Self(colors.into_iter().map(pixel).collect()))
    }

    /// Looks up the pixels of a frame.
    pub(super) fn read(&self, video: &Video, frame: usize, out: &mut [Color]) {
        let run = 0..out.len();
        let at = |index: u16| self.0.get(usize::from(index)).copied().unwrap_or(0);
        match video.samples() {
            Samples::U8(array) => convert_run(array, frame, run, out, |sample| at(sample.into())),
            Samples::I8(array) => {
                convert_run(array, frame, run, out, |sample| {
                    at(u16::from(sample.cast_unsigned() ^ 0x80))
                });
            }
            Samples::U16(array) => convert_run(array, frame, run, out, at),
            Samples::I16(array) => {
                convert_run(array, frame, run, out, |sample| {
                    at(sample.cast_unsigned() ^ 0x8000)
                });
            }
            _ => {}
        }
    }
}

/// A video of one frame with one row.
fn row<T: Element>(samples: Vec<T>) -> Video {
    Video::new(Strided::from_vec(&[1, 1, samples.len()], samples))
}

/// The color without its opacity.
pub(super) fn pixel([red, green, blue, _]: Rgba) -> Color {
    pack([red, green, blue])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::color_settings::ColorSettings;
    use crate::color::colormap::Colormap;

    #[track_caller]
    fn check<T: Element>(samples: Vec<T>) {
        let len = samples.len();
        let video = Video::new(Strided::from_vec(&[2, 1, len / 2], samples));
        let viridis = Colormap::named("viridis").unwrap();
        let settings = ColorSettings::new(viridis, Some(-20.0), Some(3000.0));
        let colored = ColoredFrames::new(video.clone(), &settings).unwrap();
        let table = LookupTable::new(&colored, 2).unwrap();
        let (mut colors, mut pixels) = (vec![BAD; len / 2], vec![0; len / 2]);
        for frame in 0..2 {
            colored.colors(frame, 0..len / 2, &mut colors);
            table.read(&video, frame, &mut pixels);
            let expected: Vec<Color> = colors.iter().copied().map(pixel).collect();
            assert_eq!(pixels, expected);
        }
    }

    #[test]
    fn what_is_looked_up_is_what_would_be_computed() {
        check((0..1000).map(|i| i as u8).collect());
        check((0..1000).map(|i| i as i8).collect());
        check((0..140_000).map(|i| i as u16).collect());
        check((0..140_000).map(|i| i as i16).collect());
    }

    #[test]
    fn small_videos_are_computed() {
        let video = row(vec![0u16, 1, 2]);
        let settings = ColorSettings::new(Colormap::gray(), None, None);
        let colored = ColoredFrames::new(video, &settings).unwrap();
        assert!(LookupTable::new(&colored, 1).is_none());
    }
}
