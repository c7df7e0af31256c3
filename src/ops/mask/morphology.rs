//! Mask operations: connected components, hole filling, dilation and erosion by a disc, `argwhere`.
//!
//! The code is our own, with the results of SciPy and scikit-image. `ndarray-ndimage`, the crate
//! after SciPy, works on masks of three axes on one core; here a mask may be any view of an image
//! or video, a disc has any radius, and frames are processed in parallel.

use super::bit_rows::BitRows;
use super::components::Components;
use crate::bail;
use crate::error::{Error, Result};
use crate::task::{self, Task};
use crate::video::{Element, Samples, Strided, Video, read_run, shape_text};

/// Largest number of iterations.
const MAX_ITERATIONS: usize = 10_000;

/// Radius from which on distances are faster than bits, as a disc then has many rows.
const SMALL_RADIUS: f64 = 64.0;

/// Largest margin around frames in pixels.
const MAX_MARGIN: usize = 1000;

/// Computes each frame of a result from the same frame of a mask: `kernel` gets the pixels of the
/// frame, its width, and the destination of the results.
fn map_masks<T: Element>(
    function: &str,
    mask: &Video,
    kernel: impl Fn(&[bool], usize, &mut [T]) + Sync,
) -> Result<Video> {
    let (Samples::Bool(array), 2 | 3) = (mask.samples(), mask.ndim()) else {
        let error = Error::new(format!(
            "{function} needs `mask` to be a bool image or video, got {} of shape {} of {}",
            mask.kind_with_article(),
            shape_text(mask.shape()),
            mask.dtype()
        ));
        return Err(error.hint("create a mask: `image > 0` or `mask_threshold(image)`"));
    };
    let frames = match mask.ndim() {
        2 => array.with_layout(array.layout().insert_axis(0)),
        _ => array.clone(),
    };
    let (frame_len, width) = (frames.shape()[1] * frames.shape()[2], frames.shape()[2]);
    let mut results = Strided::<T>::zeroed(mask.shape())?;
    let steps = results
        .as_mut_slice()?
        .chunks_mut(frame_len.max(1))
        .enumerate();
    task::for_each_init(
        "changing the mask",
        steps,
        Vec::new,
        |pixels, (frame, results)| {
            pixels.resize(frame_len, false);
            read_run(&frames, frame, 0..frame_len, pixels);
            kernel(pixels, width, results);
            Ok(())
        },
    )?;
    Ok(mask.with_samples(results))
}

/// Labels the connected components of each frame from 1 on, in the order of their first pixels; the
/// background is 0. Pixels are 4-connected, or 8-connected with `diagonal`.
pub fn connected_components(mask: &Video, diagonal: bool) -> Result<Video> {
    map_masks(
        "connected_components",
        mask,
        |pixels, width, labels: &mut [i32]| {
            let components = Components::new(&BitRows::new(pixels, width), diagonal);
            for (row, columns, number) in components.runs() {
                labels[row * width..][columns].fill(number as i32 + 1);
            }
        },
    )
}

/// Largest connected component of each frame; the first one of equal ones.
pub fn largest_component(mask: &Video, diagonal: bool) -> Result<Video> {
    map_masks("largest_component", mask, |pixels, width, results| {
        let components = Components::new(&BitRows::new(pixels, width), diagonal);
        let sizes = components.sizes.iter().enumerate().rev();
        let largest = sizes.max_by_key(|(_, size)| **size).map(|(at, _)| at);
        for (row, columns, number) in components.runs() {
            if Some(number) == largest {
                results[row * width..][columns].fill(true);
            }
        }
    })
}

/// Fills holes: background not 4-connected to the border.
pub fn fill_holes(mask: &Video) -> Result<Video> {
    map_masks("fill_holes", mask, |pixels, width, results| {
        let mut background = BitRows::new(pixels, width);
        background.invert();
        let components = Components::new(&background, false);
        let last = pixels.len() / width.max(1) - 1;
        let mut is_open = vec![false; components.sizes.len()];
        for (row, columns, number) in components.runs() {
            let is_at_side = columns.start == 0 || columns.end == width;
            is_open[number] |= is_at_side || row == 0 || row == last;
        }
        results.copy_from_slice(pixels);
        for (row, columns, number) in components.runs() {
            if !is_open[number] {
                results[row * width..][columns].fill(true);
            }
        }
    })
}

/// Pixels at most `radius` away from a pixel of the mask; `iterations` times in turn.
pub fn binary_dilation(mask: &Video, radius: f64, iterations: usize) -> Result<Video> {
    morph(
        "binary_dilation",
        mask,
        radius,
        &[(Step::Dilate, iterations)],
        0,
    )
}

/// Pixels more than `radius` away from all pixels that are not in the mask, which include those
/// outside of the frame; `iterations` times in turn.
pub fn binary_erosion(mask: &Video, radius: f64, iterations: usize) -> Result<Video> {
    morph(
        "binary_erosion",
        mask,
        radius,
        &[(Step::Erode, iterations)],
        0,
    )
}

/// Erosions, then as many dilations: what the disc does not fit into vanishes.
pub fn binary_opening(mask: &Video, radius: f64, iterations: usize) -> Result<Video> {
    let steps = [(Step::Erode, iterations), (Step::Dilate, iterations)];
    morph("binary_opening", mask, radius, &steps, 0)
}

/// Dilations, then as many erosions: gaps that the disc does not fit into are closed. The frame
/// goes on beyond its edges, so that a mask that touches them does not become smaller.
pub fn binary_closing(mask: &Video, radius: f64, iterations: usize) -> Result<Video> {
    let function = "binary_closing";
    check_radius(function, radius)?;
    let margin = radius.ceil() * iterations as f64;
    if margin > MAX_MARGIN as f64 {
        bail!("{function} needs `radius` times `iterations` to be at most {MAX_MARGIN} pixels");
    }
    let steps = [(Step::Dilate, iterations), (Step::Erode, iterations)];
    morph(function, mask, radius, &steps, margin as usize + 1)
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Dilate,
    Erode,
}

/// Applies steps in turn, each some number of times, to frames with a margin of false pixels.
fn morph(
    function: &str,
    mask: &Video,
    radius: f64,
    steps: &[(Step, usize)],
    margin: usize,
) -> Result<Video> {
    check_radius(function, radius)?;
    let most = MAX_ITERATIONS;
    if let Some((_, count)) = steps.iter().find(|(_, count)| !(1..=most).contains(count)) {
        bail!("{function} needs `iterations` to be 1 to {most}, got {count}");
    }
    map_masks(function, mask, |pixels, width, results| {
        if pixels.is_empty() {
            return;
        }
        let wide = width + 2 * margin;
        let inner =
            |row: usize| (row + margin) * wide + margin..(row + margin) * wide + margin + width;
        let mut current = vec![false; (pixels.len() / width + 2 * margin) * wide];
        for (row, pixels) in pixels.chunks_exact(width).enumerate() {
            current[inner(row)].copy_from_slice(pixels);
        }
        if radius < SMALL_RADIUS {
            let mut bits = BitRows::new(&current, wide);
            for (step, count) in steps {
                bits = spread(bits, radius, *step == Step::Erode, *count);
            }
            bits.write(&mut current);
        } else {
            grow_all(&mut current, wide, radius, steps);
        }
        for (row, results) in results.chunks_exact_mut(width).enumerate() {
            results.copy_from_slice(&current[inner(row)]);
        }
    })
}

/// Grows a mask by a small radius, or lets it shrink, some number of times.
fn spread(mut mask: BitRows, radius: f64, is_erosion: bool, count: usize) -> BitRows {
    let reaches = (0..=radius as usize).map(|distance| reach(radius, distance).unwrap_or(0));
    let reaches: Vec<usize> = reaches.collect();
    for _ in 0..count {
        let next = mask.spread(&reaches, is_erosion);
        if next == mask {
            break;
        }
        mask = next;
    }
    mask
}

/// Applies steps with any radius to pixels in rows of some width.
fn grow_all(pixels: &mut [bool], width: usize, radius: f64, steps: &[(Step, usize)]) {
    let mut grown = vec![false; pixels.len()];
    for (step, count) in steps {
        let is_erosion = *step == Step::Erode;
        for _ in 0..*count {
            if is_erosion {
                pixels.iter_mut().for_each(|pixel| *pixel = !*pixel);
            }
            grow(pixels, width, radius, is_erosion, &mut grown);
            for (pixel, grown) in pixels.iter_mut().zip(&grown) {
                *pixel = *grown != is_erosion;
            }
        }
    }
}

/// Number of pixels that a disc reaches to each side in a row at some distance from its center.
fn reach(radius: f64, distance: usize) -> Option<usize> {
    let squared = radius * radius - (distance * distance) as f64;
    (squared >= 0.0).then(|| squared.sqrt() as usize)
}

fn check_radius(function: &str, radius: f64) -> Result<()> {
    if radius >= 0.0 {
        return Ok(());
    }
    bail!("{function} needs `radius` to be a number >= 0, got {radius}")
}

/// Marks the pixels at most `radius` away from a true pixel; with `is_framed` also those near
/// pixels outside of the frame.
///
/// The distance to the nearest true pixel in a column determines how far it extends along the row.
fn grow(pixels: &[bool], width: usize, radius: f64, is_framed: bool, results: &mut [bool]) {
    let height = pixels.len() / width.max(1);
    let most = height + width + 1;
    let vertical = vertical_distances(pixels, width, is_framed, most);
    let reach = |distance: usize| Some(reach(radius, distance)?.min(most));
    // Number of extents that begin minus number that end at each column.
    let mut changes = vec![0i32; width + 1];
    for (row, results) in vertical
        .chunks_exact(width.max(1))
        .zip(results.chunks_exact_mut(width.max(1)))
    {
        changes.fill(0);
        for (x, distance) in row.iter().enumerate() {
            if let Some(reach) = reach(*distance) {
                changes[x.saturating_sub(reach)] += 1;
                changes[(x + reach + 1).min(width)] -= 1;
            }
        }
        let border = if is_framed { reach(0).unwrap_or(0) } else { 0 };
        let mut open = 0;
        for (x, (change, result)) in changes.iter().zip(results).enumerate() {
            open += change;
            *result = open > 0 || x < border || width - 1 - x < border;
        }
    }
}

/// Distance of each pixel from the nearest true pixel in its column, at most `most`.
fn vertical_distances(pixels: &[bool], width: usize, is_framed: bool, most: usize) -> Vec<usize> {
    let start = if is_framed { 0 } else { most };
    let mut distances = vec![most; pixels.len()];
    let rows = pixels.len() / width.max(1);
    for order in [false, true] {
        let mut nearest = vec![start; width];
        for row in 0..rows {
            let row = if order { rows - 1 - row } else { row };
            for (x, nearest) in nearest.iter_mut().enumerate() {
                let at = row * width + x;
                *nearest = if pixels[at] {
                    0
                } else {
                    (*nearest + 1).min(most)
                };
                distances[at] = distances[at].min(*nearest);
            }
        }
    }
    distances
}

/// Indices of the samples that are neither zero nor NaN, one row per sample, as in NumPy.
pub fn argwhere(array: &Video) -> Result<Video> {
    let (frame_len, inner) = (array.frame_len(), &array.shape()[1..]);
    let mut samples = vec![0f64; frame_len];
    let mut positions = Vec::new();
    let task = Task::new("finding indices", array.len());
    for frame in 0..array.len() {
        array.samples().read(frame, 0..frame_len, &mut samples);
        for (at, sample) in samples.iter().enumerate() {
            if *sample != 0.0 && !sample.is_nan() {
                let first = positions.len();
                positions.resize(first + array.ndim(), frame as i64);
                let mut rest = at;
                for (index, len) in positions[first + 1..].iter_mut().zip(inner).rev() {
                    (*index, rest) = ((rest % len) as i64, rest / len);
                }
            }
        }
        task.advance(1)?;
    }
    let shape = [positions.len() / array.ndim(), array.ndim()];
    Ok(Video::new(Strided::from_vec(&shape, positions)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::ops::testing::{check_threads, noise, ramp, values, video};

    /// A mask drawn with `#`.
    fn drawn(rows: &[&str]) -> Video {
        let pixels = rows.iter().flat_map(|row| row.bytes().map(|b| b == b'#'));
        video(&[rows.len(), rows[0].len()], pixels.collect())
    }

    fn check(found: Result<Video>, rows: &[&str]) {
        assert_eq!(values(&found.unwrap()), values(&drawn(rows)));
    }

    #[test]
    fn parts_are_numbered_in_order() {
        let mask = drawn(&["##..#", "..#.#", "#.#.#"]);
        let found = values(&connected_components(&mask, false).unwrap());
        assert_eq!(
            found,
            [1., 1., 0., 0., 2., 0., 0., 3., 0., 2., 4., 0., 3., 0., 2.]
        );
        let found = values(&connected_components(&mask, true).unwrap());
        assert_eq!(
            found,
            [1., 1., 0., 0., 2., 0., 0., 1., 0., 2., 3., 0., 1., 0., 2.]
        );
        check(
            largest_component(&mask, false),
            &["....#", "....#", "....#"],
        );
        check(largest_component(&mask, true), &["##...", "..#..", "..#.."]);
        check(
            largest_component(&drawn(&["..", ".."]), false),
            &["..", ".."],
        );
    }

    #[test]
    fn holes_are_filled_and_bays_are_not() {
        let mask = drawn(&["#####", "#..#.", "#.##.", "##.##"]);
        check(fill_holes(&mask), &["#####", "####.", "####.", "##.##"]);
    }

    #[test]
    fn masks_grow_and_shrink_by_a_radius() {
        let mask = drawn(&[".....", ".....", "..#..", ".....", "....."]);
        check(
            binary_dilation(&mask, 1.0, 1),
            &[".....", "..#..", ".###.", "..#..", "....."],
        );
        check(
            binary_dilation(&mask, 1.5, 1),
            &[".....", ".###.", ".###.", ".###.", "....."],
        );
        check(
            binary_dilation(&mask, 2.0, 1),
            &["..#..", ".###.", "#####", ".###.", "..#.."],
        );
        check(
            binary_dilation(&mask, 0.0, 1),
            &[".....", ".....", "..#..", ".....", "....."],
        );
        let full = drawn(&["####", "####", "####", "####"]);
        check(
            binary_erosion(&full, 1.0, 1),
            &["....", ".##.", ".##.", "...."],
        );
        check(
            binary_erosion(&full, f64::INFINITY, 1),
            &["....", "....", "....", "...."],
        );
        check(
            binary_dilation(&full, f64::INFINITY, 1),
            &["####", "####", "####", "####"],
        );
    }

    /// Pixels at most `radius` away from one of the mask, or for an erosion from none outside of it,
    /// by the distance of each pair.
    fn grown(pixels: &[bool], width: usize, radius: f64, is_erosion: bool) -> Vec<bool> {
        let margin = radius as i64 + 1;
        let (rows, columns) = ((pixels.len() / width) as i64, width as i64);
        let is_inside = |y: i64, x: i64| (0..rows).contains(&y) && (0..columns).contains(&x);
        let pixel = |y: i64, x: i64| is_inside(y, x) && pixels[(y * columns + x) as usize];
        let is_hit = |y: i64, x: i64| {
            let mut near = (-margin..=margin)
                .flat_map(|v| (-margin..=margin).map(move |u| (v, u)))
                .filter(|(v, u)| ((v * v + u * u) as f64).sqrt() <= radius);
            near.any(|(v, u)| pixel(y + v, x + u) != is_erosion) != is_erosion
        };
        let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
        places.map(|(y, x)| is_hit(y, x)).collect()
    }

    proptest! {
        /// Bits and distances give the same: those of the definition.
        #[test]
        fn discs_are_those_of_the_definition(
            width in prop_oneof![1usize..12, 62usize..67],
            pixels in prop::collection::vec(prop::bool::weighted(0.3), 1..300),
            radius in prop_oneof![Just(1.0), Just(2.0), 0.0..5.0],
            is_erosion: bool,
            count in 1usize..4,
        ) {
            let mut pixels = pixels[..pixels.len() / width * width].to_vec();
            if is_erosion {
                pixels.iter_mut().for_each(|pixel| *pixel = !*pixel);
            }
            let mut expected = pixels.clone();
            for _ in 0..count {
                expected = grown(&expected, width, radius, is_erosion);
            }
            let bits = spread(BitRows::new(&pixels, width), radius, is_erosion, count);
            let mut found = pixels.clone();
            bits.write(&mut found);
            prop_assert_eq!(&found, &expected);
            let step = if is_erosion { Step::Erode } else { Step::Dilate };
            grow_all(&mut pixels, width, radius, &[(step, count)]);
            prop_assert_eq!(&pixels, &expected);
        }
    }

    #[test]
    fn iterations_are_one_after_the_other() {
        let mask = drawn(&[".....", ".....", "..#..", ".....", "....."]);
        // A diamond, as with SciPy's default structure; a disc of radius 2 is the same here.
        let twice = binary_dilation(&mask, 1.0, 2).unwrap();
        assert_eq!(
            values(&twice),
            values(&binary_dilation(&mask, 2.0, 1).unwrap())
        );
        check(
            binary_erosion(&twice, 1.0, 2),
            &[".....", ".....", "..#..", ".....", "....."],
        );
        assert!(binary_erosion(&mask, 1.0, 0).is_err());
        assert!(binary_dilation(&mask, 1.0, 10_001).is_err());
        assert!(binary_closing(&mask, 1.0, 1001).is_err());
    }

    #[test]
    fn opening_removes_what_is_thin_and_closing_what_is_narrow() {
        let mask = drawn(&["#....", ".###.", ".####", ".###.", "....."]);
        check(
            binary_opening(&mask, 1.0, 1),
            &[".....", "..##.", ".####", "..##.", "....."],
        );
        let gap = drawn(&["##.##", "##.##", "##.##", ".....", "....."]);
        check(
            binary_closing(&gap, 1.0, 1),
            &["##.##", "#####", "##.##", ".....", "....."],
        );
        // A mask that touches the edge stays as large as it was.
        let corner = drawn(&["##...", "##...", "....."]);
        check(
            binary_closing(&corner, 1.5, 2),
            &["##...", "##...", "....."],
        );
    }

    #[test]
    fn other_arrays_and_empty_ones_are_no_trouble() {
        assert!(binary_dilation(&ramp(&[3, 3]), 1.0, 1).is_err());
        assert!(binary_dilation(&drawn(&["#"]), f64::NAN, 1).is_err());
        for shape in [&[0, 3][..], &[3, 0], &[2, 0, 0]] {
            let nothing = video(shape, Vec::<bool>::new());
            assert_eq!(fill_holes(&nothing).unwrap().shape(), shape);
            assert_eq!(binary_erosion(&nothing, 2.0, 1).unwrap().shape(), shape);
            assert_eq!(largest_component(&nothing, true).unwrap().shape(), shape);
            assert_eq!(argwhere(&nothing).unwrap().shape(), [0, shape.len()]);
        }
        let noisy = video(&[4, 9, 9], noise(324, 2).iter().map(|v| *v > 0.5).collect());
        check_threads(|| largest_component(&binary_dilation(&noisy, 1.0, 1)?, false));
    }

    #[test]
    fn positions_are_listed_in_order() {
        let found = argwhere(&drawn(&[".#", "#."])).unwrap();
        assert_eq!(
            (found.shape(), values(&found)),
            (&[2, 2][..], vec![0., 1., 1., 0.])
        );
    }
}
