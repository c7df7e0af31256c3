//! Lines of equal value through an image, as curves rather than as pixels: isochrones and outlines
//! of masks in figures.
//!
//! They are found by marching squares (Lorensen & Cline 1987, in two dimensions): between four
//! neighboring pixels a line runs straight, and crosses each side where the values of its ends,
//! interpolated linearly, equal the level.

/// Position `(x, y)` in pixels; the middle of the first pixel is at (0, 0).
pub type PixelPosition = (f64, f64);

/// No other end.
const NONE: usize = usize::MAX;

/// Lines at a level through the values of an image, given row by row. A closed line ends where it
/// starts. Squares with a value that is not finite have none, so that lines end there.
pub fn isolines(values: &[f64], width: usize, level: f64) -> Vec<Vec<PixelPosition>> {
    let height = values.len() / width.max(1);
    // The crossings that are connected to each; those of horizontal sides have even indices.
    let mut links = vec![[NONE; 2]; 2 * values.len()];
    let mut connect = |a: usize, b: usize| {
        for (from, to) in [(a, b), (b, a)] {
            let free = usize::from(links[from][0] != NONE);
            links[from][free] = to;
        }
    };
    for y in 0..height.saturating_sub(1) {
        for x in 0..width - 1 {
            let at = y * width + x;
            let corners = [at, at + 1, at + width + 1, at + width].map(|at| values[at]);
            if !corners.iter().all(|value| value.is_finite()) {
                continue;
            }
            let [top, right, bottom, left] = [2 * at, 2 * at + 3, 2 * (at + width), 2 * at + 1];
            let is_high = corners.map(|value| value >= level);
            match is_high {
                [a, b, c, d] if a == b && b == c && c == d => {}
                [a, b, c, d] if a == c && b == d => {
                    // A saddle: the mean tells which corners are connected.
                    let middle = corners.iter().sum::<f64>() / 4.0 >= level;
                    match a == middle {
                        true => {
                            connect(top, right);
                            connect(bottom, left);
                        }
                        false => {
                            connect(top, left);
                            connect(bottom, right);
                        }
                    }
                }
                [a, b, c, d] => {
                    let sides = [
                        (a != b, top),
                        (b != c, right),
                        (c != d, bottom),
                        (d != a, left),
                    ];
                    let mut crossed = sides.into_iter().filter(|side| side.0);
                    if let (Some((_, from)), Some((_, to))) = (crossed.next(), crossed.next()) {
                        connect(from, to);
                    }
                }
            }
        }
    }
    let position = |crossing: usize| {
        let at = crossing / 2;
        let (x, y) = ((at % width) as f64, (at / width) as f64);
        let other = if crossing.is_multiple_of(2) {
            at + 1
        } else {
            at + width
        };
        let part = (level - values[at]) / (values[other] - values[at]);
        match crossing % 2 {
            0 => (x + part, y),
            _ => (x, y + part),
        }
    };
    let crossings = joined(&mut links);
    let lines = crossings.into_iter();
    lines
        .map(|line| line.into_iter().map(position).collect())
        .collect()
}

/// Follows the links from one crossing to the next, first from ends, then around closed lines.
fn joined(links: &mut [[usize; 2]]) -> Vec<Vec<usize>> {
    let mut lines = Vec::new();
    for ends_only in [true, false] {
        for start in 0..links.len() {
            let [first, second] = links[start];
            if first == NONE || (ends_only && second != NONE) {
                continue;
            }
            let mut line = vec![start];
            let mut at = start;
            while let Some(side) = links[at].iter().position(|next| *next != NONE) {
                let next = links[at][side];
                links[at][side] = NONE;
                if let Some(back) = links[next].iter_mut().find(|back| **back == at) {
                    *back = NONE;
                }
                line.push(next);
                at = next;
            }
            lines.push(line);
        }
    }
    lines
}

/// Outline of the pixels that are true, along their edges with cut corners.
pub fn outline(mask: &[bool], width: usize) -> Vec<Vec<PixelPosition>> {
    let height = mask.len() / width.max(1);
    // With a border, so that lines are closed at the edges of the image.
    let padded = width + 2;
    let mut values = vec![0.0; padded * (height + 2)];
    for (at, _) in mask.iter().enumerate().filter(|(_, is_inside)| **is_inside) {
        values[(at / width + 1) * padded + at % width + 1] = 1.0;
    }
    let lines = isolines(&values, padded, 0.5).into_iter();
    let moved = |(x, y): PixelPosition| (x - 1.0, y - 1.0);
    lines
        .map(|line| line.into_iter().map(moved).collect())
        .collect()
}

/// Rounds the corners of a line by cutting a quarter off the ends of each segment, twice (Chaikin
/// 1974). Ends stay, and so do closed lines closed.
pub fn rounded(line: &[PixelPosition]) -> Vec<PixelPosition> {
    let mut line = line.to_vec();
    for _ in 0..2 {
        if line.len() < 3 {
            return line;
        }
        let is_closed = line.first() == line.last();
        let cuts = line.windows(2).flat_map(|ends| {
            let [from, to] = [ends[0], ends[1]];
            [0.25, 0.75].map(|part| {
                (
                    from.0 + part * (to.0 - from.0),
                    from.1 + part * (to.1 - from.1),
                )
            })
        });
        let mut cut: Vec<_> = cuts.collect();
        if is_closed {
            cut.push(cut[0]);
        } else {
            cut[0] = line[0];
            let last = cut.len() - 1;
            cut[last] = line[line.len() - 1];
        }
        line = cut;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cone(width: usize, height: usize, center: (f64, f64)) -> Vec<f64> {
        let at = |index: usize| ((index % width) as f64, (index / width) as f64);
        let distance = |(x, y): (f64, f64)| (x - center.0).hypot(y - center.1);
        (0..width * height)
            .map(|index| distance(at(index)))
            .collect()
    }

    #[test]
    fn circles_around_a_cone_are_closed_and_round() {
        let values = cone(60, 50, (28.3, 24.8));
        let lines = isolines(&values, 60, 17.5);
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(line.first(), line.last());
        for (x, y) in line.iter().chain(&rounded(line)) {
            let radius = (x - 28.3).hypot(y - 24.8);
            assert!((radius - 17.5).abs() < 0.03, "{radius}");
        }
    }

    #[test]
    fn lines_across_a_plane_are_straight_and_end_at_gaps() {
        let mut values: Vec<f64> = (0..40).map(|index| 1.5 * f64::from(index % 8)).collect();
        assert_eq!(
            isolines(&values, 8, 4.0),
            [(0..5)
                .map(|y| (4.0 / 1.5, f64::from(y)))
                .collect::<Vec<_>>()]
        );
        values[2 * 8 + 2] = f64::NAN;
        let lines = isolines(&values, 8, 4.0);
        let ends: Vec<_> = lines
            .iter()
            .map(|line| (line[0].1, line[line.len() - 1].1))
            .collect();
        assert_eq!(ends, [(0.0, 1.0), (3.0, 4.0)]);
        assert!(isolines(&values, 8, 100.0).is_empty());
        assert!(isolines(&[], 0, 1.0).is_empty());
    }

    #[test]
    fn saddles_connect_what_their_middle_is_like() {
        let above = isolines(&[1.0, 0.0, 0.0, 1.0], 2, 0.4);
        assert_eq!(
            above,
            [[(0.6, 0.0), (1.0, 0.4)], [(0.0, 0.6), (0.4, 1.0)]].map(Vec::from)
        );
        let below = isolines(&[1.0, 0.0, 0.0, 1.0], 2, 0.6);
        assert_eq!(
            below,
            [[(0.4, 0.0), (0.0, 0.4)], [(1.0, 0.6), (0.6, 1.0)]].map(Vec::from)
        );
    }

    #[test]
    fn outlines_are_around_pixels() {
        let lines = outline(&[true, true, false, true, true, false], 3);
        assert_eq!(lines.len(), 1);
        let (xs, ys): (Vec<_>, Vec<_>) = lines[0].iter().copied().unzip();
        let range = |values: &[f64]| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            (
                low,
                values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )
        };
        assert_eq!((range(&xs), range(&ys)), ((-0.5, 1.5), (-0.5, 1.5)));
        assert_eq!(lines[0].first(), lines[0].last());
        assert_eq!(outline(&[true, false, true], 3).len(), 2);
        assert!(outline(&[false; 6], 3).is_empty());
    }

    #[test]
    fn corners_are_rounded_and_ends_stay() {
        let line = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)];
        let round = rounded(&line);
        assert_eq!((round[0], round[round.len() - 1]), (line[0], line[2]));
        assert!(!round.contains(&(4.0, 0.0)) && round.len() >= 6);
        assert_eq!(rounded(&line[..2]), line[..2]);
    }
}
