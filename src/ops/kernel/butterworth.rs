//! Butterworth filters as second-order sections: poles of the analog filter, moved to the band and
//! mapped by the bilinear transform (Oppenheim & Schafer 2010, chapter 7).

use std::f64::consts::PI;

use rustfft::num_complex::Complex64;

/// Pass band, as fractions of half the frame rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ops) enum Band {
    /// Low-pass.
    Low(f64),
    /// High-pass.
    High(f64),
    /// Band-pass.
    Between(f64, f64),
}

/// Second-order section or, if both last coefficients are zero, first-order: numerator and
/// denominator, the latter without its leading 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::ops) struct Biquad {
    pub(in crate::ops) b: [f64; 3],
    pub(in crate::ops) a: [f64; 2],
}

impl Biquad {
    /// Section with two poles; a missing one makes it first-order.
    fn new(b: [f64; 3], poles: [Complex64; 2]) -> Self {
        let [p, q] = poles;
        Self {
            b,
            a: [-(p + q).re, (p * q).re],
        }
    }

    /// Magnitude response at an angular frequency in radians per frame.
    fn response(&self, angle: f64) -> f64 {
        let delay = Complex64::from_polar(1.0, -angle);
        let value = |[c0, c1, c2]: [f64; 3]| c0 + (c1 + c2 * delay) * delay;
        (value(self.b) / value([1.0, self.a[0], self.a[1]])).norm()
    }

    /// Steady state of the section for a constant input of 1.
    pub(in crate::ops) fn settled(&self) -> [f64; 2] {
        let gain = self.gain();
        [gain - self.b[0], self.b[2] - self.a[1] * gain]
    }

    /// Gain for a constant input.
    pub(in crate::ops) fn gain(&self) -> f64 {
        self.b.iter().sum::<f64>() / (1.0 + self.a[0] + self.a[1])
    }
}

/// Sections of a filter whose amplitude is √½ at the ends of the band.
pub(in crate::ops) fn design(order: usize, band: Band) -> Vec<Biquad> {
    let warp = |frequency: f64| (PI * frequency / 2.0).tan();
    let unwarp = |frequency: f64| 2.0 * frequency.atan();
    // Poles of the analog filter at 1; those below the real axis are the conjugates.
    let upper = (0..order.div_ceil(2)).map(|k| {
        let angle = PI * (2 * k + 1 + order) as f64 / (2 * order) as f64;
        let is_real = 2 * k + 1 == order;
        if is_real {
            Complex64::new(-1.0, 0.0)
        } else {
            Complex64::from_polar(1.0, angle)
        }
    });
    let bilinear = |pole: Complex64| (1.0 + pole) / (1.0 - pole);
    let one_sided = |zero: f64, analog: &dyn Fn(Complex64) -> Complex64| {
        let sections = upper.clone().map(|pole| {
            let digital = bilinear(analog(pole));
            if pole.im == 0.0 {
                return Biquad::new([1.0, -zero, 0.0], [digital, Complex64::ZERO]);
            }
            Biquad::new([1.0, -2.0 * zero, 1.0], [digital, digital.conj()])
        });
        sections.collect::<Vec<_>>()
    };
    let (mut sections, center) = match band {
        Band::Low(high) => (one_sided(-1.0, &|pole| pole * warp(high)), 0.0),
        Band::High(low) => (one_sided(1.0, &|pole| warp(low) / pole), PI),
        Band::Between(low, high) => {
            let (low, high) = (warp(low), warp(high));
            let sections = upper.flat_map(|pole| {
                let middle = pole * ((high - low) / 2.0);
                let distance = (middle * middle - low * high).sqrt();
                let poles = [bilinear(middle + distance), bilinear(middle - distance)];
                let section = |poles| Biquad::new([1.0, 0.0, -1.0], poles);
                if pole.im == 0.0 {
                    return vec![section(poles)];
                }
                poles.map(|pole| section([pole, pole.conj()])).to_vec()
            });
            (sections.collect(), unwarp((low * high).sqrt()))
        }
    };
    for section in &mut sections {
        let gain = section.response(center);
        section.b = section.b.map(|b| b / gain);
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amplitude_is_1_inside_and_half_the_power_at_the_ends() {
        let amplitude = |sections: &[Biquad], frequency: f64| -> f64 {
            sections
                .iter()
                .map(|s| s.response(PI * frequency))
                .product()
        };
        for order in 1..=8 {
            for (band, ends) in [
                (Band::Low(0.3), vec![0.3]),
                (Band::High(0.3), vec![0.3]),
                (Band::Between(0.01, 0.3), vec![0.01, 0.3]),
                (Band::Between(0.05, 0.98), vec![0.05, 0.98]),
            ] {
                let sections = design(order, band);
                for end in ends {
                    let error = amplitude(&sections, end) - 0.5f64.sqrt();
                    assert!(error.abs() < 1e-9, "{order} {band:?} {error}");
                }
            }
        }
    }
}
