//! The canvas that the frames of an animation are composed on. Composition is our own: the decoders
//! of GIF and APNG return the frames one by one, as changes to the canvas.

use crate::bail;
use crate::color::luma;
use crate::error::{Result, counted};

/// Maximum number of pixels of frames with few changes per byte of an animation.
const MAX_EXPANSION: u64 = 1 << 18;

/// An image with this number of pixels is accepted however short its file is.
const SMALL: u64 = 1 << 16;

/// Red, green, blue and alpha.
pub(super) type Pixel = [u16; 4];

/// Position of a frame on the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CanvasRect {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What to do with a frame before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Disposal {
    Keep,
    Clear,
    Restore,
}

/// An image that is drawn on.
pub(super) struct Canvas {
    width: usize,
    /// Sample value of white, or of opaque alpha.
    most: u16,
    is_gray: bool,
    pixels: Vec<Pixel>,
    /// Disposal of the last frame before the next one, with the pixels below it if needed.
    pending: Option<(CanvasRect, Disposal, Vec<Pixel>)>,
}

/// An error if there are no frames, or if they are larger or more than a file of `present` bytes
/// can contain, with at most `per_byte` pixels of one frame per byte.
pub(super) fn check_size(
    width: usize,
    height: usize,
    frames: usize,
    present: u64,
    per_byte: u64,
) -> Result<()> {
    if width == 0 || height == 0 || frames == 0 {
        bail!("it has no frames");
    }
    let pixels = width as u64 * height as u64;
    let all = pixels.checked_mul(frames as u64);
    let is_too_large = pixels > SMALL && pixels / per_byte > present;
    if is_too_large || all.is_none_or(|pixels| pixels / MAX_EXPANSION > present) {
        let frames = counted(frames, "frame");
        bail!("it claims {frames} of {height}×{width} pixels, more than the file can hold");
    }
    Ok(())
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, most: u16, is_gray: bool) -> Result<Self> {
        let Ok(pixels) = bytemuck::try_zeroed_vec(width * height) else {
            bail!("there is not enough memory for a frame of {height}×{width} pixels");
        };
        Ok(Self {
            width,
            most,
            is_gray,
            pixels,
            pending: None,
        })
    }

    /// Draws a frame; with `blend` it is composited over the canvas, otherwise it replaces the
    /// pixels.
    pub(super) fn draw(
        &mut self,
        rect: CanvasRect,
        disposal: Disposal,
        blend: bool,
        pixels: impl Iterator<Item = Pixel>,
    ) {
        self.dispose();
        let below = match disposal {
            Disposal::Restore => self.pixels.clone(),
            _ => Vec::new(),
        };
        let most = u32::from(self.most);
        let mut pixels = pixels;
        for row in 0..rect.height {
            for column in 0..rect.width {
                let Some(above) = pixels.next() else {
                    return;
                };
                if let Some(pixel) = self.pixel(rect.left + column, rect.top + row) {
                    *pixel = if blend {
                        over(above, *pixel, most)
                    } else {
                        above
                    };
                }
            }
        }
        self.pending = Some((rect, disposal, below));
    }

    fn dispose(&mut self) {
        let Some((rect, disposal, below)) = self.pending.take() else {
            return;
        };
        match disposal {
            Disposal::Keep => {}
            Disposal::Restore => self.pixels = below,
            Disposal::Clear => {
                for row in rect.top..rect.top + rect.height {
                    for column in rect.left..rect.left + rect.width {
                        if let Some(pixel) = self.pixel(column, row) {
                            *pixel = [0; 4];
                        }
                    }
                }
            }
        }
    }

    fn pixel(&mut self, x: usize, y: usize) -> Option<&mut Pixel> {
        (x < self.width)
            .then(|| self.pixels.get_mut(y * self.width + x))
            .flatten()
    }

    /// Writes the image as samples of 8 or 16 bits, gray or red, green and blue.
    pub(super) fn write(&self, out: &mut [u8]) {
        let channels = if self.is_gray { 1 } else { 3 };
        let size = if self.most > 255 { 2 } else { 1 };
        for (pixel, out) in self
            .pixels
            .iter()
            .zip(out.chunks_exact_mut(channels * size))
        {
            let gray = self.is_gray.then(|| [gray(*pixel)]);
            let samples = gray.as_ref().map_or(&pixel[..3], |gray| &gray[..]);
            for (sample, out) in samples.iter().zip(out.chunks_exact_mut(size)) {
                match size {
                    1 => out[0] = *sample as u8,
                    _ => out.copy_from_slice(&sample.to_ne_bytes()),
                }
            }
        }
    }
}

/// Gray level of a color.
fn gray([red, green, blue, _]: Pixel) -> u16 {
    luma([red, green, blue].map(f64::from)).round() as u16
}

/// Composites a color over another.
fn over(above: Pixel, below: Pixel, most: u32) -> Pixel {
    let alpha = u32::from(above[3]);
    if alpha == most {
        return above;
    }
    if alpha == 0 {
        return below;
    }
    let under = u64::from(below[3]) * u64::from(most - alpha) / u64::from(most);
    let total = u64::from(alpha) + under;
    let mix = |above: u16, below: u16| {
        ((u64::from(above) * u64::from(alpha) + u64::from(below) * under) / total) as u16
    };
    [
        mix(above[0], below[0]),
        mix(above[1], below[1]),
        mix(above[2], below[2]),
        total as u16,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_drawn_and_taken_away() {
        let mut canvas = Canvas::new(2, 1, 255, true).unwrap();
        let at = |left| CanvasRect {
            left,
            top: 0,
            width: 1,
            height: 1,
        };
        let gray = |level| [[level, level, level, 255]].into_iter();
        let shown = |canvas: &Canvas| {
            let mut out = [0; 2];
            canvas.write(&mut out);
            out
        };
        canvas.draw(at(0), Disposal::Keep, true, gray(9));
        assert_eq!(shown(&canvas), [9, 0]);
        canvas.draw(at(1), Disposal::Restore, true, gray(7));
        assert_eq!(shown(&canvas), [9, 7]);
        canvas.draw(at(0), Disposal::Clear, true, gray(5));
        assert_eq!(shown(&canvas), [5, 0]);
        canvas.draw(at(5), Disposal::Keep, true, gray(3));
        assert_eq!(shown(&canvas), [0, 0]);
    }

    #[test]
    fn claims_beyond_the_file_are_refused() {
        let check = |side: usize, frames, present| check_size(side, side, frames, present, 2731);
        assert!(check(200, 1, 30).is_ok());
        assert!(check(4000, 1, 6000).is_ok());
        assert!(check(4000, 1, 5000).is_err());
        assert!(check(2000, 1000, 1000 * 23 + 1500).is_ok());
        assert!(check(2000, 10_000, 23_000).is_err());
        assert!(check(usize::from(u16::MAX), 1, 10_000).is_err());
        assert!(check(20, usize::MAX, 10_000).is_err());
        assert!(check(0, 1, 100).is_err() && check(1, 0, 100).is_err());
    }

    #[test]
    fn colors_mix_by_how_opaque_they_are() {
        assert_eq!(gray([77, 77, 77, 255]), 77);
        assert_eq!(over([100, 0, 0, 255], [1; 4], 255), [100, 0, 0, 255]);
        assert_eq!(over([100, 0, 0, 0], [1; 4], 255), [1; 4]);
        let mixed = over([200, 200, 200, 128], [0, 0, 0, 255], 255);
        assert_eq!(mixed, [100, 100, 100, 255]);
    }
}
