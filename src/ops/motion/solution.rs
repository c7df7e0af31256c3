//! Least-squares solution of the displacements on one level of a pyramid, over a window around each
//! pixel.

use super::expansion::{LocalPolynomial, WEIGHT, X, XX, Y, YX, YY};
use super::pyramid::double;
use crate::ops::kernel::Kernel;
use crate::ops::kernel::row_sums::sum_rows;

/// Part of the mean information of a frame below which the estimate is held where it is.
const HELD: f32 = 1e-3;

/// Displacements on one level, and the equations that they solve.
#[derive(Default)]
pub(super) struct Solution {
    /// Displacements down and to the right.
    pub(super) d: [Vec<f32>; 2],
    half: [Vec<f32>; 2],
    equations: [Vec<f32>; 5],
    /// Sums of the equations over rows of a window, and over all of it.
    vertical: [Vec<f32>; 5],
    sums: [Vec<f32>; 5],
    /// Mean of the information in each equation.
    information: f32,
}

/// Improves a solution on one level.
pub(super) struct Iteration<'a> {
    pub(super) first: &'a [LocalPolynomial],
    pub(super) second: &'a [LocalPolynomial],
    pub(super) window: &'a [f32],
    pub(super) size: [usize; 2],
}

impl Kernel<&mut Solution> for Iteration<'_> {
    #[inline(always)]
    fn run(&self, solution: &mut Solution) {
        solution.set_up(self.first, self.second, self.size);
        solution.improve(self.window, self.size);
    }
}

impl Solution {
    /// Sets all displacements to 0.
    pub(super) fn rest(&mut self, [height, width]: [usize; 2]) {
        for d in &mut self.d {
            d.clear();
            d.resize(height * width, 0.0);
        }
    }

    /// Doubles the size of the displacements, in number and in length.
    pub(super) fn double(&mut self, half_size: [usize; 2], size: [usize; 2]) {
        std::mem::swap(&mut self.d, &mut self.half);
        for (half, d) in self.half.iter().zip(&mut self.d) {
            double(half, half_size, size, d);
        }
    }

    /// Makes room for the equations of a level and a window of some width.
    pub(super) fn resize(&mut self, [height, width]: [usize; 2], window: usize) {
        for equation in &mut self.equations {
            equation.resize(height * width, 0.0);
        }
        for row in &mut self.vertical {
            row.clear();
            row.resize(width + window - 1, 0.0);
        }
        for row in &mut self.sums {
            row.resize(width, 0.0);
        }
    }

    /// Sets up the equations of each pixel: weight · AᵀA and weight · AᵀΔb.
    #[inline(always)]
    fn set_up(
        &mut self,
        first: &[LocalPolynomial],
        second: &[LocalPolynomial],
        [height, width]: [usize; 2],
    ) {
        let (last_y, last_x) = ((height - 1) as f32, (width - 1) as f32);
        let [gyy, gyx, gxx, hy, hx] = &mut self.equations;
        let [dy, dx] = &self.d;
        let mut information = 0.0;
        for y in 0..height {
            let mut in_row = 0.0;
            for x in 0..width {
                let at = y * width + x;
                let (dy, dx) = (dy[at], dx[at]);
                let (to_y, to_x) = (y as f32 + dy, x as f32 + dx);
                let is_inside = to_y >= 0.0 && to_y <= last_y && to_x >= 0.0 && to_x <= last_x;
                let (to_y, to_x) = match is_inside {
                    true => (to_y, to_x),
                    false => (y as f32, x as f32),
                };
                let one = &first[at];
                let two = between(second, [height, width], to_y, to_x);
                let weight = match is_inside {
                    true => one[WEIGHT] * two[WEIGHT],
                    false => 0.0,
                };
                let (scale_one, scale_two) =
                    (0.5 / one[WEIGHT].max(1e-6), 0.5 / two[WEIGHT].max(1e-6));
                let ayy = one[YY] * scale_one + two[YY] * scale_two;
                let axx = one[XX] * scale_one + two[XX] * scale_two;
                let ayx = one[YX] * scale_one + two[YX] * scale_two;
                let by = one[Y] * scale_one - two[Y] * scale_two + ayy * dy + ayx * dx;
                let bx = one[X] * scale_one - two[X] * scale_two + ayx * dy + axx * dx;
                gyy[at] = weight * (ayy * ayy + ayx * ayx);
                gyx[at] = weight * ayx * (ayy + axx);
                gxx[at] = weight * (axx * axx + ayx * ayx);
                hy[at] = weight * (ayy * by + ayx * bx);
                hx[at] = weight * (ayx * by + axx * bx);
                in_row += gyy[at] + gxx[at];
            }
            information += in_row;
        }
        self.information = information / (2 * height * width) as f32;
    }

    /// Solves the equations of the window around each pixel. Where they say little, the solution
    /// stays near the last one.
    #[inline(always)]
    fn improve(&mut self, window: &[f32], [height, width]: [usize; 2]) {
        let radius = window.len() / 2;
        let total: f32 = window.iter().sum();
        let held = HELD * self.information * total * total;
        if held == 0.0 {
            return;
        }
        let columns: Vec<usize> = (0..window.len()).collect();
        for y in 0..height {
            let first = y.saturating_sub(radius);
            let rows: Vec<usize> = (first..(y + radius + 1).min(height))
                .map(|row| row * width)
                .collect();
            let skipped = first + radius - y;
            let parts = self.equations.iter().zip(&mut self.vertical);
            for ((equation, vertical), sums) in parts.zip(&mut self.sums) {
                let middle = &mut vertical[radius..][..width];
                sum_rows(equation, &rows, |k| window[skipped + k], |sum| sum, middle);
                sum_rows(vertical, &columns, |k| window[k], |sum| sum, sums);
            }
            let [gyy, gyx, gxx, hy, hx] = &self.sums;
            let [dy, dx] = &mut self.d;
            let (dy, dx) = (&mut dy[y * width..][..width], &mut dx[y * width..][..width]);
            for x in 0..width {
                let (gyy, gxx, gyx) = (gyy[x] + held, gxx[x] + held, gyx[x]);
                let (hy, hx) = (hy[x] + held * dy[x], hx[x] + held * dx[x]);
                let scale = 1.0 / (gyy * gxx - gyx * gyx);
                dy[x] = (gxx * hy - gyx * hx) * scale;
                dx[x] = (gyy * hx - gyx * hy) * scale;
            }
        }
    }
}

/// Polynomial between pixels, by linear interpolation.
#[inline(always)]
fn between(
    polynomials: &[LocalPolynomial],
    [height, width]: [usize; 2],
    y: f32,
    x: f32,
) -> LocalPolynomial {
    let (top, left) = (y as usize, x as usize);
    let (down, along) = (y - top as f32, x - left as f32);
    let (bottom, right) = ((top + 1).min(height - 1), (left + 1).min(width - 1));
    let weights = [
        (1.0 - down) * (1.0 - along),
        (1.0 - down) * along,
        down * (1.0 - along),
        down * along,
    ];
    let above = &polynomials[top * width..][..width];
    let below = &polynomials[bottom * width..][..width];
    let corners = [&above[left], &above[right], &below[left], &below[right]];
    std::array::from_fn(|term| {
        let [a, b, c, d] = corners.map(|corner| corner[term]);
        (weights[0] * a + weights[1] * b) + (weights[2] * c + weights[3] * d)
    })
}
