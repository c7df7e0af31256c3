//! Exponential decay of a beat.

use crate::ops::filter::bleach::smallest;

/// Least-squares decay a·exp(−t/τ) + c: τ, and R². For any τ, the best a and c are those of a line,
/// so that only τ is searched for. `None` if there is no decay, or none that a τ can be found for.
pub(super) fn exponential(samples: &[f64]) -> Option<[f64; 2]> {
    const TRIED: usize = 40;
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let total: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    // Sum of squared residuals, and the amplitude a.
    let fit = |log_tau: f64| {
        let ratio = (-1.0 / log_tau.exp()).exp();
        let (mut decay, mut sums) = (1.0, [0.0; 3]);
        for sample in samples {
            sums[0] += decay;
            sums[1] += decay * decay;
            sums[2] += decay * (sample - mean);
            decay *= ratio;
        }
        let alone = sums[1] - sums[0] * sums[0] / count;
        let slope = sums[2] / alone;
        (total - slope * sums[2], slope)
    };
    let (shortest, longest) = (0.25_f64.ln(), (10.0 * count).ln());
    let width = (longest - shortest) / TRIED as f64;
    let tried = (0..=TRIED).map(|step| shortest + step as f64 * width);
    let best = tried.min_by(|a, b| fit(*a).0.total_cmp(&fit(*b).0))?;
    let best = smallest(|log_tau| fit(log_tau).0, [best - width, best + width]);
    let (residual, slope) = fit(best);
    let is_inside = shortest < best && best < longest;
    (is_inside && slope > 0.0 && total > 0.0).then(|| [best.exp(), 1.0 - residual / total])
}
