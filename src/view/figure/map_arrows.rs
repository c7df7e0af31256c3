//! Arrows of a vector field on a map, and the key above it that says how long they are.

use crate::bail;
use crate::color::Color;
use crate::draw::page::{PageItem, Point};
use crate::draw::ticks::round_step;
use crate::error::{Error, Result};
use crate::ops::read_all;
use crate::video::{Video, number_text, shape_text};
use crate::view::arrows::{REACH, long_one, spacing};

/// Arrows of a vector field.
#[derive(Debug, Clone)]
pub struct Arrows {
    /// Vectors `{y, x, 2}`: down and to the right.
    pub vectors: Video,
    /// Distance between arrows in pixels; default: about 15 of them along the longer side.
    pub every: Option<usize>,
    /// Key above the map.
    pub key: Option<ArrowKey>,
}

/// Arrow that says how long the others are.
#[derive(Debug, Clone)]
pub struct ArrowKey {
    /// Length of its vector; default: a round one.
    pub length: Option<f64>,
    /// Unit of the vectors.
    pub unit: String,
}

/// Start and end of an arrow, relative to the size of the map.
pub(super) type ArrowEnds = (Point, Point);

/// Length of the arrow in the key relative to the width of the map, and label.
pub(super) type KeyArrow = (f64, String);

/// Start and end of each arrow, whose middle is at a pixel, and the key.
pub(super) fn ends(
    function: &str,
    arrows: &Arrows,
    mask: Option<&[bool]>,
    (width, height): (usize, usize),
) -> Result<(Vec<ArrowEnds>, Option<KeyArrow>)> {
    let vectors = &arrows.vectors;
    if *vectors.shape() != [height, width, 2] {
        let shape = shape_text(vectors.shape());
        let error = format!("{function} needs `arrows` of shape {height}×{width}×2, got {shape}");
        return Err(
            Error::new(error).hint("vectors down and to the right: `stack([wave.vy, wave.vx], 2)`")
        );
    }
    let every = arrows.every.unwrap_or_else(|| spacing(width.max(height)));
    if every == 0 {
        bail!("{function} needs `arrow_every` of at least 1 pixel, got 0");
    }
    let samples = read_all::<f64>(vectors);
    let rows = (every / 2..height).step_by(every);
    let pixels = rows.flat_map(|y| (every / 2..width).step_by(every).map(move |x| (x, y)));
    let found = pixels.filter_map(|(x, y)| {
        let at = y * width + x;
        let is_shown = mask.is_none_or(|mask| mask[at]);
        let (down, right) = (samples[2 * at], samples[2 * at + 1]);
        let is_finite = down.is_finite() && right.is_finite();
        (is_shown && is_finite).then_some((x as f64, y as f64, down, right))
    });
    let found: Vec<_> = found.collect();
    let mut lengths: Vec<f64> = found
        .iter()
        .map(|(_, _, down, right)| down.hypot(*right))
        .collect();
    let Some(long) = long_one(&mut lengths).filter(|long| *long > 0.0) else {
        return Ok((Vec::new(), None));
    };
    let scale = REACH * every as f64 / long;
    let key = arrows.key.as_ref().map(|key| {
        let length = key.length.unwrap_or_else(|| round_step(long));
        if !(length > 0.0 && length.is_finite()) {
            bail!("{function} needs `arrow_key` to be a number > 0, got {length}");
        }
        let part = scale * length / width as f64;
        if part > 0.6 {
            let error = format!("{function} has no room for an arrow of {length} above the map");
            return Err(Error::new(error).hint("give a smaller `arrow_key`"));
        }
        let label = format!("{} {}", number_text(length), key.unit);
        Ok((part, label.trim_end().to_owned()))
    });
    let key = key.transpose()?;
    let ends = found.into_iter().map(|(x, y, down, right)| {
        let part = match key {
            // Next to a key, every arrow is as long as it says.
            Some(_) => scale,
            None => scale.min(1.3 * every as f64 / down.hypot(right)),
        };
        let (dx, dy) = (right * part / 2.0, down * part / 2.0);
        let place = |x: f64, y: f64| ((x + 0.5) / width as f64, (y + 0.5) / height as f64);
        (place(x - dx, y - dy), place(x + dx, y + dy))
    });
    let ends = ends.collect();
    Ok((ends, key))
}

/// Line with a filled head.
pub(super) fn shapes(from: Point, to: Point, em: f64, color: Color) -> Vec<PageItem> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    if length < 0.15 * em {
        return Vec::new();
    }
    let (dx, dy) = (dx / length, dy / length);
    let head = (0.45 * em).min(0.6 * length);
    let (half, base) = (0.38 * head, (to.0 - head * dx, to.1 - head * dy));
    vec![
        PageItem::Line {
            points: vec![from, base],
            width: 0.09 * em,
            color,
        },
        PageItem::Area {
            corners: vec![
                to,
                (base.0 - half * dy, base.1 + half * dx),
                (base.0 + half * dy, base.1 - half * dx),
            ],
            color,
            opacity: 1.0,
        },
    ]
}
