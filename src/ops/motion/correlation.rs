//! Correlation of two images, and the step of a transform towards its maximum (Evangelidis &
//! Psarakis 2008).

use crate::ops::kernel::equations::solve;

/// Part of the known pixels of the reference that must be in the image.
const OVERLAP: f64 = 0.25;

/// Sums over pixels: of the reference r, the image w and its derivatives, and of their products.
pub(super) struct CorrelationSums<const N: usize> {
    /// Number of pixels that the reference has, and of those that both have.
    pub(super) known: f64,
    count: f64,
    r: f64,
    w: f64,
    rr: f64,
    ww: f64,
    rw: f64,
    terms: [f64; N],
    terms_r: [f64; N],
    terms_w: [f64; N],
    products: [[f64; N]; N],
}

impl<const N: usize> CorrelationSums<N> {
    pub(super) fn new() -> Self {
        Self {
            known: 0.0,
            count: 0.0,
            r: 0.0,
            w: 0.0,
            rr: 0.0,
            ww: 0.0,
            rw: 0.0,
            terms: [0.0; N],
            terms_r: [0.0; N],
            terms_w: [0.0; N],
            products: [[0.0; N]; N],
        }
    }

    pub(super) fn add(&mut self, r: f64, w: f64, terms: [f64; N]) {
        self.count += 1.0;
        self.r += r;
        self.w += w;
        self.rr += r * r;
        self.ww += w * w;
        self.rw += r * w;
        for (at, term) in terms.iter().enumerate() {
            self.terms[at] += term;
            self.terms_r[at] += term * r;
            self.terms_w[at] += term * w;
            for (product, other) in self.products[at].iter_mut().zip(&terms) {
                *product += term * other;
            }
        }
    }

    pub(super) fn with(mut self, other: &Self) -> Self {
        self.known += other.known;
        self.count += other.count;
        self.r += other.r;
        self.w += other.w;
        self.rr += other.rr;
        self.ww += other.ww;
        self.rw += other.rw;
        for at in 0..N {
            self.terms[at] += other.terms[at];
            self.terms_r[at] += other.terms_r[at];
            self.terms_w[at] += other.terms_w[at];
            for (sum, part) in self.products[at].iter_mut().zip(&other.products[at]) {
                *sum += part;
            }
        }
        self
    }

    /// Sum of products of the differences from the means.
    fn centered(&self, product: f64, a: f64, b: f64) -> f64 {
        product - a * b / self.count
    }

    /// Correlation of both images; −1 if they do not overlap enough.
    pub(super) fn correlation(&self) -> f64 {
        let [rr, ww, rw] = self.squares();
        let is_known = self.count >= OVERLAP * self.known && rr > 0.0 && ww > 0.0;
        if is_known {
            rw / (rr * ww).sqrt()
        } else {
            -1.0
        }
    }

    fn squares(&self) -> [f64; 3] {
        [
            self.centered(self.rr, self.r, self.r),
            self.centered(self.ww, self.w, self.w),
            self.centered(self.rw, self.r, self.w),
        ]
    }

    /// Step towards the maximum of the correlation, in pixels; `None` if the images have nothing in
    /// common, or do not determine it.
    pub(super) fn step(&self) -> Option<[f64; N]> {
        let [_, ww, rw] = self.squares();
        if self.correlation() <= 0.0 {
            return None;
        }
        let mut products = self.products;
        let mut size = [0.0; N];
        for (at, row) in products.iter_mut().enumerate() {
            for (product, sum) in row.iter_mut().zip(&self.terms) {
                *product = self.centered(*product, self.terms[at], *sum);
            }
            size[at] = row[at].sqrt();
        }
        // With derivatives of length 1, what is singular does not depend on the unit.
        for (row, own) in products.iter_mut().zip(size) {
            for (product, other) in row.iter_mut().zip(size) {
                *product /= own * other;
            }
        }
        let scaled = |sums: &[f64; N], of: f64| -> [f64; N] {
            std::array::from_fn(|at| self.centered(sums[at], self.terms[at], of) / size[at])
        };
        let (with_r, with_w) = (scaled(&self.terms_r, self.r), scaled(&self.terms_w, self.w));
        let (along_r, along_w) = (solve(products, with_r)?, solve(products, with_w)?);
        let dot = |a: &[f64; N], b: &[f64; N]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        // Best contrast of the reference for the linearized image.
        let contrast = (ww - dot(&with_w, &along_w)) / (rw - dot(&with_r, &along_w));
        let step: [f64; N] =
            std::array::from_fn(|at| (contrast * along_r[at] - along_w[at]) / size[at]);
        (contrast > 0.0 && step.iter().all(|part| part.is_finite())).then_some(step)
    }
}
