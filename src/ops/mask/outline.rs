//! Regions by name: outlines with coordinates, as people draw them, and the masks of their pixels.

use super::region::{frame_shape, mask};
use crate::bail;
use crate::error::Result;
use crate::video::Video;

/// A region with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedRegion {
    /// Name; may be empty.
    pub name: String,
    /// Outline.
    pub outline: Outline,
}

/// Outline of a region in rows and columns; the center of the first pixel is at (0, 0).
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// The pixels of a rectangle: first row and column, and those to stop before.
    Rect([i64; 4]),
    /// An ellipse: its center, and its semi-axes along y and x.
    Oval {
        /// Center, `[y, x]`.
        center: [f64; 2],
        /// Semi-axes, along y and along x.
        radii: [f64; 2],
    },
    /// A closed polygon with corners `[y, x]`.
    Polygon(Vec<[f64; 2]>),
}

impl Outline {
    /// Mask of the pixels whose centers are inside, for frames of the shape of an image or video.
    pub fn mask(&self, function: &str, shape: &[i64]) -> Result<Video> {
        let shape = frame_shape(function, shape)?;
        match self {
            Self::Rect([y0, x0, y1, x1]) => {
                let (rows, cols) = (*y0..*y1, *x0..*x1);
                mask(shape, |row, col| {
                    rows.contains(&(row as i64)) && cols.contains(&(col as i64))
                })
            }
            Self::Oval { center, radii } => {
                let [y, x] = *center;
                let [along_y, along_x] = *radii;
                mask(shape, |row, col| {
                    ((row as f64 - y) / along_y).hypot((col as f64 - x) / along_x) < 1.0
                })
            }
            Self::Polygon(corners) => {
                check_corners(function, corners)?;
                mask(shape, |row, col| is_inside(corners, row as f64, col as f64))
            }
        }
    }
}

/// Mask of the pixels whose centers are inside a polygon.
pub fn mask_polygon(shape: &[i64], corners: &[[f64; 2]]) -> Result<Video> {
    Outline::Polygon(corners.to_vec()).mask("mask_polygon", shape)
}

fn check_corners(function: &str, corners: &[[f64; 2]]) -> Result<()> {
    if corners.len() < 3 {
        bail!(
            "{function} needs a polygon of at least 3 points, got {}",
            corners.len()
        );
    }
    match corners.iter().flatten().find(|at| !at.is_finite()) {
        Some(at) => bail!("{function} needs the points of a polygon to be finite, got {at}"),
        None => Ok(()),
    }
}

/// Even–odd rule: whether a ray to the left crosses the polygon an odd number of times. Of points on
/// an edge, those above and to the left of the inside are inside.
fn is_inside(corners: &[[f64; 2]], y: f64, x: f64) -> bool {
    let next = corners.iter().cycle().skip(1);
    let crossings = corners.iter().zip(next).filter(|([y0, x0], [y1, x1])| {
        let is_between = (*y0 <= y) != (*y1 <= y);
        is_between && x0 + (y - y0) / (y1 - y0) * (x1 - x0) <= x
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::values;

    fn drawn(outline: Outline, shape: [i64; 2]) -> Vec<String> {
        let found = values(&outline.mask("mask", &shape).unwrap());
        let rows = found.chunks(shape[1] as usize);
        rows.map(|row| {
            row.iter()
                .map(|v| if *v > 0.0 { '#' } else { '.' })
                .collect()
        })
        .collect()
    }

    #[test]
    fn pixels_are_inside_if_their_centers_are() {
        let square = Outline::Polygon(vec![[1.0, 1.0], [1.0, 4.0], [3.0, 4.0], [3.0, 1.0]]);
        assert_eq!(
            drawn(square, [4, 6]),
            ["......", ".###..", ".###..", "......"]
        );
        let triangle = Outline::Polygon(vec![[-0.5, -0.5], [3.5, -0.5], [3.5, 3.5]]);
        assert_eq!(drawn(triangle, [4, 4]), ["....", "#...", "##..", "###."]);
        // A polygon that crosses itself has a hole where it is wound twice.
        let star = [[0.0, 4.0], [8.0, 7.0], [3.0, 0.0], [3.0, 8.0], [8.0, 1.0]];
        let star = Outline::Polygon(star.into()).mask("mask", &[9, 9]).unwrap();
        assert_eq!(values(&star)[4 * 9 + 4], 0.0);
        assert_eq!(values(&star)[2 * 9 + 4], 1.0);
        let oval = Outline::Oval {
            center: [1.5, 2.0],
            radii: [2.0, 2.5],
        };
        assert_eq!(drawn(oval, [4, 5]), [".###.", "#####", "#####", ".###."]);
        let rect = Outline::Rect([-2, 3, 1, 9]);
        assert_eq!(drawn(rect, [2, 5]), ["...##", "....."]);
    }

    #[test]
    fn areas_without_corners_are_refused() {
        assert!(mask_polygon(&[4, 4], &[[0.0, 0.0], [1.0, 1.0]]).is_err());
        assert!(mask_polygon(&[4, 4], &[[0.0, f64::NAN]; 3]).is_err());
        assert!(mask_polygon(&[4], &[[0.0, 0.0]; 3]).is_err());
    }
}
