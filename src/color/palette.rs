//! Palettes: at most 256 colors for the pixels of an image, for formats that store no more.

use std::collections::{HashMap, HashSet};

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// Largest number of colors.
const MAX_COLORS: usize = 256;

/// Smallest number of colors for pixels without a color of the colormap, such as text.
const MIN_OTHERS: usize = 32;

/// Largest number of colors that such pixels get at the cost of the colormap.
const MAX_OTHERS: usize = 192;

/// Number of the most frequent other colors that are taken for areas of one color, which need no
/// more than one color each.
const FLAT: usize = 8;

/// At most 256 colors, and which of them each color of an image becomes.
pub struct Palette {
    colors: Vec<Rgb>,
    index: HashMap<Rgb, u8>,
}

/// A color and its number of pixels.
type Counted = (Rgb, u32);

impl Palette {
    /// Palette of the pixels of an image: all of their colors, if there are 256 at most. Otherwise
    /// those of a colormap, low end first, of which the fewest possible are replaced by their
    /// neighbors, and the best for the other pixels.
    pub fn new(pixels: impl Iterator<Item = Rgb>, colormap: &[Rgb]) -> Self {
        let mut counts: HashMap<Rgb, u32> = HashMap::new();
        let mut run: Option<Counted> = None;
        for pixel in pixels {
            match &mut run {
                // Neighbors are often equal.
                Some((color, count)) if *color == pixel => *count += 1,
                _ => {
                    if let Some((color, count)) = run.replace((pixel, 1)) {
                        *counts.entry(color).or_default() += count;
                    }
                }
            }
        }
        if let Some((color, count)) = run {
            *counts.entry(color).or_default() += count;
        }
        let mut found: Vec<Counted> = counts.into_iter().collect();
        found.sort_unstable();
        let colors = match found.len() <= MAX_COLORS {
            true => found.iter().map(|(color, _)| *color).collect(),
            false => chosen(&found, colormap),
        };
        let index = found
            .iter()
            .map(|(color, _)| (*color, nearest(*color, &colors)));
        Self {
            index: index.collect(),
            colors,
        }
    }

    /// The colors.
    pub fn colors(&self) -> &[Rgb] {
        &self.colors
    }

    /// Index of the color that a pixel of the image becomes.
    pub fn index(&self, pixel: Rgb) -> u8 {
        self.index.get(&pixel).copied().unwrap_or(0)
    }
}

/// The colors for more than 256.
fn chosen(found: &[Counted], colormap: &[Rgb]) -> Vec<Rgb> {
    let present: HashSet<Rgb> = found.iter().map(|(color, _)| *color).collect();
    let mut known = HashSet::new();
    let mapped = colormap.iter().copied();
    let mapped: Vec<Rgb> = mapped
        .filter(|color| present.contains(color) && known.insert(*color))
        .collect();
    let others = found.iter().copied();
    let others: Vec<Counted> = others.filter(|(color, _)| !known.contains(color)).collect();
    let room = room_for_others(&others, found, mapped.len());
    let mut colors = thinned(&mapped, MAX_COLORS - room);
    colors.extend(averages(others, room));
    colors
}

/// Number of colors for pixels without a color of the colormap: what it leaves, but more the more
/// of the image they fill.
fn room_for_others(others: &[Counted], found: &[Counted], mapped: usize) -> usize {
    let count = |colors: &[Counted]| {
        colors
            .iter()
            .map(|(_, count)| f64::from(*count))
            .sum::<f64>()
    };
    let mut mixed = others.to_vec();
    mixed.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mixed = mixed.get(FLAT..).unwrap_or_default();
    let part = count(mixed) / count(found);
    let wanted = ((part * MAX_OTHERS as f64) as usize).max(MIN_OTHERS);
    wanted
        .min(others.len())
        .max(MAX_COLORS.saturating_sub(mapped))
}

/// Colors at equal distances in a list, with its ends.
fn thinned(colors: &[Rgb], count: usize) -> Vec<Rgb> {
    if colors.len() <= count {
        return colors.to_vec();
    }
    let last = colors.len() - 1;
    let steps = (count - 1).max(1);
    let at = |step: usize| colors[(step * last + steps / 2) / steps];
    (0..count).map(at).collect()
}

/// Averages of groups of similar colors: the group whose colors differ most is divided in two as
/// long as there are fewer than `count`.
fn averages(colors: Vec<Counted>, count: usize) -> Vec<Rgb> {
    let mut groups = vec![ColorGroup::new(colors)];
    while groups.len() < count {
        let widest = groups.iter().enumerate();
        let widest = widest.max_by(|(_, a), (_, b)| a.spread.total_cmp(&b.spread));
        let Some((index, group)) = widest.filter(|(_, group)| group.spread > 0.0) else {
            break;
        };
        let (channel, mean) = (group.channel, group.mean[group.channel]);
        let group = groups.swap_remove(index);
        let (below, above) = group
            .colors
            .into_iter()
            .partition(|(color, _)| f64::from(color[channel]) <= mean);
        groups.extend([below, above].map(ColorGroup::new));
    }
    let averages = groups
        .iter()
        .map(|group| group.mean.map(|mean| mean.round() as u8));
    averages.collect()
}

/// Similar colors.
struct ColorGroup {
    colors: Vec<Counted>,
    mean: [f64; 3],
    /// Channel in which they differ most.
    channel: usize,
    /// Sum of squared distances from the mean in that channel.
    spread: f64,
}

impl ColorGroup {
    fn new(colors: Vec<Counted>) -> Self {
        let sum = |of: &dyn Fn(&Rgb) -> f64| -> f64 {
            let terms = colors
                .iter()
                .map(|(color, count)| f64::from(*count) * of(color));
            terms.sum()
        };
        let count = sum(&|_| 1.0).max(1.0);
        let mean = [0, 1, 2].map(|channel| sum(&|color| f64::from(color[channel])) / count);
        let spreads = [0, 1, 2].map(|channel: usize| {
            sum(&|color| (f64::from(color[channel]) - mean[channel]).powi(2))
        });
        let mut channel = 0;
        for other in [1, 2] {
            if spreads[channel] < spreads[other] {
                channel = other;
            }
        }
        Self {
            // Colors that are equal in each channel have no spread except by rounding.
            spread: if colors.len() > 1 {
                spreads[channel]
            } else {
                0.0
            },
            colors,
            mean,
            channel,
        }
    }
}

/// Index of the nearest of at most 256 colors.
fn nearest(color: Rgb, colors: &[Rgb]) -> u8 {
    let distance = |other: &Rgb| -> i32 {
        let parts = color.iter().zip(other);
        parts
            .map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2))
            .sum()
    };
    let nearest = colors
        .iter()
        .enumerate()
        .min_by_key(|(_, other)| distance(other));
    nearest.map_or(0, |(index, _)| index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::colormap::Colormap;

    fn colormap(name: &str) -> Vec<Rgb> {
        let colormap = Colormap::named(name).unwrap();
        colormap
            .colors()
            .iter()
            .map(|[r, g, b, _]| [*r, *g, *b])
            .collect()
    }

    /// Largest difference of a channel between a color and what it becomes.
    fn off(palette: &Palette, color: Rgb) -> u8 {
        let found = palette.colors()[usize::from(palette.index(color))];
        let parts = color.iter().zip(found).map(|(a, b)| a.abs_diff(b));
        parts.max().unwrap()
    }

    #[test]
    fn few_colors_are_exact() {
        let pixels = (0..=255).map(|level| [level, 255 - level, 7]);
        let palette = Palette::new(pixels.clone(), &colormap("viridis"));
        assert_eq!(palette.colors().len(), 256);
        assert!(pixels.into_iter().all(|color| off(&palette, color) == 0));
    }

    #[test]
    fn the_colormap_comes_before_text_over_it() {
        for name in ["viridis", "jet", "hsv", "coolwarm"] {
            let colormap = colormap(name);
            // Each color fills an area, and gray text is blended over some of them.
            let area = colormap
                .iter()
                .flat_map(|color| std::iter::repeat_n(*color, 400));
            let text = (0..3000u32).map(|index| {
                let below = colormap[(index % 256) as usize];
                below
                    .map(|part| ((u32::from(part) * (index % 9) + 230 * (9 - index % 9)) / 9) as u8)
            });
            let palette = Palette::new(area.chain(text), &colormap);
            assert_eq!(palette.colors().len(), 256);
            let errors: Vec<u8> = colormap.iter().map(|color| off(&palette, *color)).collect();
            assert!(errors.iter().all(|off| *off <= 6), "{name}: {errors:?}");
            let exact = errors.iter().filter(|off| **off == 0).count();
            assert!(exact >= 224, "{name}: {exact} colors are exact");
            // White text stays white.
            assert!(off(&palette, [230; 3]) <= 8, "{name}");
        }
    }

    #[test]
    fn mixed_colors_get_more_room_the_more_there_are() {
        let colormap = colormap("viridis");
        let mixed = (0..60_000u32).map(|index| {
            let hash = index.wrapping_mul(2_654_435_761);
            [hash >> 24, hash >> 16 & 0xff, 128].map(|part| part as u8)
        });
        let bar = colormap.iter().copied();
        let palette = Palette::new(mixed.clone().chain(bar), &colormap);
        let errors: f64 = mixed
            .clone()
            .map(|color| f64::from(off(&palette, color)))
            .sum();
        assert!(errors / 60_000.0 < 9.0, "{}", errors / 60_000.0);
        let worst = colormap.iter().map(|color| off(&palette, *color)).max();
        assert!(worst <= Some(6), "{worst:?}");
    }

    #[test]
    fn nothing_needs_no_colors() {
        assert!(Palette::new(std::iter::empty(), &[]).colors().is_empty());
    }
}
