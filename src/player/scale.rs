//! Scales a part of a frame to a rectangle of the window: nearest neighbor, or smoothed. Own code,
//! as it reads and colors only the visible samples.

use std::ops::Range;

use super::theme;
use super::view::VisibleRegion;
use crate::color::colormap::{BAD, Rgba};
use crate::color::{Color, pack, unpack};
use crate::draw::{Image, Rect, mix};

/// Rectangle that a frame is drawn in.
pub(super) struct DrawTarget<'a> {
    pub(super) image: &'a mut Image,
    pub(super) rect: Rect,
}

/// Draws a part of a frame of the given size. `colors` returns the colors of a range of columns of
/// a row; rows and columns that are not visible are not requested.
pub(super) fn draw(
    target: DrawTarget<'_>,
    part: &VisibleRegion,
    size: (usize, usize),
    smooth: bool,
    colors: impl Fn(usize, Range<usize>, &mut [Rgba]),
) {
    if target.rect.is_empty() {
        return;
    }
    let across = ScaledAxis::new(part.left, part.width, target.rect.width, size.0);
    let down = ScaledAxis::new(part.top, part.height, target.rect.height, size.1);
    if smooth {
        draw_smooth(target, &across, &down, colors);
    } else {
        draw_nearest(target, &across, &down, colors);
    }
}

/// One axis: which samples each pixel shows.
struct ScaledAxis {
    start: f64,
    per_pixel: f64,
    pixels: usize,
    samples: usize,
}

impl ScaledAxis {
    fn new(start: f64, length: f64, pixels: usize, samples: usize) -> Self {
        Self {
            start,
            per_pixel: length / pixels as f64,
            pixels,
            samples,
        }
    }

    /// Sample under the center of a pixel.
    fn nearest(&self, pixel: usize) -> usize {
        // A small addition, as products such as 3 × ⅓ may fall below an integer.
        let position = self.start + (pixel as f64 + 0.5) * self.per_pixel + 1e-9;
        (position as usize).min(self.samples - 1)
    }

    /// Samples that are nearest to some pixel.
    fn seen(&self) -> Range<usize> {
        self.nearest(0)..self.nearest(self.pixels - 1) + 1
    }

    /// Samples that a pixel mixes, and their weights: the two around its center where the frame is
    /// magnified, all that it covers where it is reduced.
    fn weights(&self, pixel: usize) -> (Range<usize>, Vec<f32>) {
        let last = self.samples - 1;
        if self.per_pixel <= 1.0 {
            let position = self.start + (pixel as f64 + 0.5) * self.per_pixel - 0.5;
            let position = position.clamp(0.0, last as f64);
            let first = (position as usize).min(last);
            let weight = (position - first as f64) as f32;
            if first == last {
                return (first..first + 1, vec![1.0]);
            }
            return (first..first + 2, vec![1.0 - weight, weight]);
        }
        let from = self.start + pixel as f64 * self.per_pixel;
        let to = from + self.per_pixel;
        let first = (from as usize).min(last);
        let end = (to.ceil() as usize).clamp(first + 1, self.samples);
        let weights = (first..end).map(|sample| {
            let covered = to.min(sample as f64 + 1.0) - from.max(sample as f64);
            (covered.max(0.0) / self.per_pixel) as f32
        });
        (first..end, weights.collect())
    }
}

/// Draws each pixel in the color of the nearest sample.
fn draw_nearest(
    DrawTarget { image, rect }: DrawTarget<'_>,
    across: &ScaledAxis,
    down: &ScaledAxis,
    colors: impl Fn(usize, Range<usize>, &mut [Rgba]),
) {
    let seen = across.seen();
    let columns: Vec<usize> = (0..rect.width)
        .map(|x| across.nearest(x) - seen.start)
        .collect();
    let mut row_colors = vec![BAD; seen.len()];
    let mut drawn = None;
    for y in rect.top..rect.bottom() {
        let row = down.nearest(y - rect.top);
        if drawn == Some(row) {
            copy_row_above(image, rect, y);
            continue;
        }
        drawn = Some(row);
        colors(row, seen.clone(), &mut row_colors);
        let shown = image.row_mut(rect.left, y, rect.width);
        for (pixel, column) in shown.iter_mut().zip(&columns) {
            *pixel = over_background(row_colors[*column]);
        }
    }
}

fn copy_row_above(image: &mut Image, rect: Rect, y: usize) {
    let start = (y - 1) * image.width + rect.left;
    let above = start..start + rect.width;
    image.pixels.copy_within(above, start + image.width);
}

/// A row of samples already mixed horizontally: red, green and blue of each pixel of the window.
type MixedRow = Vec<[f32; 3]>;

/// Draws each pixel as a mixture of the samples around it, or of those it covers.
fn draw_smooth(
    DrawTarget { image, rect }: DrawTarget<'_>,
    across: &ScaledAxis,
    down: &ScaledAxis,
    colors: impl Fn(usize, Range<usize>, &mut [Rgba]),
) {
    let columns: Vec<_> = (0..rect.width).map(|x| across.weights(x)).collect();
    let first = columns.first().map_or(0, |(columns, _)| columns.start);
    let end = columns.last().map_or(0, |(columns, _)| columns.end);
    let mut row_colors = vec![BAD; end - first];
    let mut mix_row = |row: usize| -> MixedRow {
        colors(row, first..end, &mut row_colors);
        let solid: Vec<[f32; 3]> = row_colors.iter().map(|&color| components(color)).collect();
        let mixed = columns.iter().map(|(columns, weights)| {
            let samples = &solid[columns.start - first..columns.end - first];
            weighted(samples.iter().zip(weights))
        });
        mixed.collect()
    };
    // Neighboring rows of the window share rows of the frame.
    let mut known: Vec<(usize, MixedRow)> = Vec::new();
    for y in rect.top..rect.bottom() {
        let (rows, weights) = down.weights(y - rect.top);
        known.retain(|(row, _)| rows.contains(row));
        for row in rows.clone() {
            if !known.iter().any(|(known, _)| *known == row) {
                known.push((row, mix_row(row)));
            }
        }
        known.sort_by_key(|(row, _)| *row);
        let shown = image.row_mut(rect.left, y, rect.width);
        for (x, pixel) in shown.iter_mut().enumerate() {
            let samples = known.iter().map(|(_, row)| &row[x]);
            let [red, green, blue] = weighted(samples.zip(&weights)).map(|value| value + 0.5);
            *pixel = pack([red as u8, green as u8, blue as u8]);
        }
    }
}

fn weighted<'a>(samples: impl Iterator<Item = (&'a [f32; 3], &'a f32)>) -> [f32; 3] {
    samples.fold([0.0; 3], |sum, (sample, weight)| {
        std::array::from_fn(|i| sum[i] + sample[i] * weight)
    })
}

fn components(color: Rgba) -> [f32; 3] {
    unpack(over_background(color)).map(f32::from)
}

fn over_background([red, green, blue, opacity]: Rgba) -> Color {
    let color = pack([red, green, blue]);
    match opacity {
        255 => color,
        0 => theme::BACKGROUND,
        _ => mix(theme::BACKGROUND, color, u32::from(opacity) * 256 / 255),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::view::View;

    /// Draws a frame whose samples are shades of gray.
    fn drawn(size: (usize, usize), view: View, shown: (usize, usize), smooth: bool) -> Vec<u32> {
        let mut image = Image::new(shown.0, shown.1);
        let rect = image.area();
        let target = DrawTarget {
            image: &mut image,
            rect,
        };
        draw(
            target,
            &view.part(size),
            size,
            smooth,
            |row, columns, out| {
                for (out, column) in out.iter_mut().zip(columns) {
                    let gray = (row * size.0 + column) as u8 * 10;
                    *out = [gray, gray, gray, 255];
                }
            },
        );
        image.pixels.iter().map(|pixel| pixel & 0xff).collect()
    }

    #[test]
    fn whole_factors_repeat_samples() {
        let image = drawn((2, 1), View::WHOLE, (6, 2), false);
        assert_eq!(image, [0, 0, 0, 10, 10, 10, 0, 0, 0, 10, 10, 10]);
        let same = drawn((5, 5), View::WHOLE, (5, 5), true);
        assert_eq!(same, (0..25).map(|i| i * 10).collect::<Vec<_>>());
    }

    #[test]
    fn smooth_frames_have_values_between_and_means() {
        assert_eq!(drawn((2, 1), View::WHOLE, (4, 1), true), [0, 3, 8, 10]);
        assert_eq!(drawn((4, 2), View::WHOLE, (2, 1), true), [25, 45]);
    }

    #[test]
    fn a_part_shows_its_samples_only() {
        let mut view = View::WHOLE;
        view.zoom_at(2.0, (1.0, 1.0));
        for smooth in [false, true] {
            assert_eq!(drawn((4, 4), view, (2, 2), smooth), [100, 110, 140, 150]);
        }
    }
}
