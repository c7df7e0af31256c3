//! Statistical tests that figures report: t, Wilcoxon, Mann–Whitney, analysis of variance, linear
//! regression.

use statrs::distribution::{ContinuousCDF, FisherSnedecor, Normal, StudentsT};

use super::read_all;
use crate::bail;
use crate::error::{Error, Result};
use crate::video::{Video, shape_text};

/// Values of a sample without NaN; an error unless they are those of a trace.
fn sample(function: &str, name: &str, values: &Video) -> Result<Vec<f64>> {
    if values.ndim() != 1 {
        bail!(
            "{function} needs `{name}` to be numbers or a trace, got a {} of shape {}",
            values.kind(),
            shape_text(values.shape())
        );
    }
    let samples = read_all::<f64>(values);
    match samples.iter().find(|sample| sample.is_infinite()) {
        Some(infinite) => bail!("{function} needs finite numbers in `{name}`, got {infinite}"),
        None => Ok(samples),
    }
}

fn known(samples: Vec<f64>) -> Vec<f64> {
    samples
        .into_iter()
        .filter(|sample| !sample.is_nan())
        .collect()
}

/// Pairs of which both are known.
fn pairs(function: &str, [a, b]: [(&str, &Video); 2]) -> Result<[Vec<f64>; 2]> {
    let first = sample(function, a.0, a.1)?;
    let second = sample(function, b.0, b.1)?;
    if first.len() != second.len() {
        bail!(
            "{function} needs `{}` and `{}` to have the same length, got {} and {}",
            a.0,
            b.0,
            first.len(),
            second.len()
        );
    }
    let both = first.into_iter().zip(second);
    let both = both.filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (first, second) = both.unzip();
    Ok([first, second])
}

fn expect_at_least(function: &str, least: usize, n: usize) -> Result<()> {
    match n < least {
        true => bail!("{function} needs at least {least} values without NaN, got {n}"),
        false => Ok(()),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of the squared differences from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Two-sided p-value of a t statistic.
fn p_of_t(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) if t.is_finite() => 2.0 * distribution.sf(t.abs()),
        Ok(_) if t.is_infinite() => 0.0,
        _ => f64::NAN,
    }
}

/// Result of a t test.
#[derive(Debug, Clone, PartialEq)]
pub struct TTest {
    /// Statistic.
    pub t: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Mean of the first sample minus that of the second.
    pub difference: f64,
    /// Limits of the 95 % confidence interval of the difference.
    pub interval: [f64; 2],
    /// Numbers of values.
    pub n: [usize; 2],
}

/// Student's t test of the difference of two means: of pairs, or of two samples, by default without
/// assuming that their variances are equal (Welch).
pub fn t_test(a: &Video, b: &Video, is_paired: bool, equal_var: bool) -> Result<TTest> {
    let (difference, error, df, n) = match is_paired {
        true => {
            let [a, b] = pairs("t_test", [("a", a), ("b", b)])?;
            expect_at_least("t_test", 2, a.len())?;
            let changes: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
            let n = changes.len() as f64;
            let error = (squares(&changes) / (n - 1.0) / n).sqrt();
            (mean(&changes), error, n - 1.0, [changes.len(); 2])
        }
        false => {
            let a = known(sample("t_test", "a", a)?);
            let b = known(sample("t_test", "b", b)?);
            expect_at_least("t_test", 2, a.len().min(b.len()))?;
            let [n_a, n_b] = [a.len() as f64, b.len() as f64];
            let [var_a, var_b] = [squares(&a) / (n_a - 1.0), squares(&b) / (n_b - 1.0)];
            let (error, df) = match equal_var {
                true => {
                    let df = n_a + n_b - 2.0;
                    let pooled = ((n_a - 1.0) * var_a + (n_b - 1.0) * var_b) / df;
                    ((pooled * (1.0 / n_a + 1.0 / n_b)).sqrt(), df)
                }
                false => {
                    let [part_a, part_b] = [var_a / n_a, var_b / n_b];
                    let below = part_a.powi(2) / (n_a - 1.0) + part_b.powi(2) / (n_b - 1.0);
                    ((part_a + part_b).sqrt(), (part_a + part_b).powi(2) / below)
                }
            };
            (mean(&a) - mean(&b), error, df, [a.len(), b.len()])
        }
    };
    let t = difference / error;
    let reach = match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) => distribution.inverse_cdf(0.975) * error,
        Err(_) => f64::NAN,
    };
    Ok(TTest {
        t,
        df,
        p: p_of_t(t, df),
        difference,
        interval: [difference - reach, difference + reach],
        n,
    })
}

/// Result of a test of ranks.
#[derive(Debug, Clone, PartialEq)]
pub struct RankTest {
    /// Statistic: W, or U of the first sample.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Numbers of values that were ranked.
    pub n: [usize; 2],
}

/// Ranks from 1 on, with the mean rank for equal values, and Σ (t³ − t) over groups of t equal ones.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut ties = 0.0;
    for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let before = order.partition_point(|at| values[*at] < values[equal[0]]);
        let count = equal.len() as f64;
        for at in equal {
            ranks[*at] = before as f64 + (count + 1.0) / 2.0;
        }
        ties += count.powi(3) - count;
    }
    (ranks, ties)
}

/// Wilcoxon's signed-rank test of pairs. Pairs without a difference are left out.
pub fn wilcoxon(a: &Video, b: &Video) -> Result<RankTest> {
    /// Largest number of pairs for which all signs are counted.
    const MAX_EXACT: usize = 50;
    let [a, b] = pairs("wilcoxon", [("a", a), ("b", b)])?;
    let changes = a.iter().zip(&b).map(|(a, b)| a - b);
    let changes: Vec<f64> = changes.filter(|change| *change != 0.0).collect();
    let n = changes.len();
    if n == 0 {
        bail!("wilcoxon needs pairs that differ, got none");
    }
    let sizes: Vec<f64> = changes.iter().map(|change| change.abs()).collect();
    let (ranks, ties) = ranks(&sizes);
    let signed = changes.iter().zip(&ranks);
    let above: f64 = signed
        .filter(|(change, _)| **change > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let total = n as f64 * (n as f64 + 1.0) / 2.0;
    let statistic = above.min(total - above);
    let p = if n <= MAX_EXACT {
        // Number of choices of signs by twice the sum of ranks, which are halves where there are ties.
        let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank) as usize).collect();
        let mut ways = vec![0.0; doubled.iter().sum::<usize>() + 1];
        ways[0] = 1.0;
        for rank in &doubled {
            for sum in (*rank..ways.len()).rev() {
                ways[sum] += ways[sum - rank];
            }
        }
        let below: f64 = ways[..=(2.0 * statistic) as usize].iter().sum();
        2.0 * below / 2.0_f64.powi(n as i32)
    } else {
        let n = n as f64;
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
        2.0 * upper_tail((total / 2.0 - statistic) / variance.sqrt())
    };
    Ok(RankTest {
        statistic,
        p: p.min(1.0),
        n: [n; 2],
    })
}

/// Probability that a standard normal number is above a value.
fn upper_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// Mann–Whitney's U test of two samples: exact if one has at most 8 values and there are no ties, else
/// by the normal distribution with corrections for ties and continuity.
pub fn mann_whitney(a: &Video, b: &Video) -> Result<RankTest> {
    const MAX_EXACT: usize = 8;
    let a = known(sample("mann_whitney", "a", a)?);
    let b = known(sample("mann_whitney", "b", b)?);
    expect_at_least("mann_whitney", 1, a.len().min(b.len()))?;
    let (ranks, ties) = ranks(&[&a[..], &b[..]].concat());
    let [n_a, n_b] = [a.len() as f64, b.len() as f64];
    let statistic = ranks[..a.len()].iter().sum::<f64>() - n_a * (n_a + 1.0) / 2.0;
    let larger = statistic.max(n_a * n_b - statistic);
    let few = a.len().min(b.len());
    let p = if few <= MAX_EXACT && ties == 0.0 {
        2.0 * exact_tail(few, a.len().max(b.len()), larger as usize)
    } else {
        let n = n_a + n_b;
        let variance = n_a * n_b / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
        2.0 * upper_tail((larger - n_a * n_b / 2.0 - 0.5) / variance.sqrt())
    };
    Ok(RankTest {
        statistic,
        p: p.min(1.0),
        n: [a.len(), b.len()],
    })
}

/// Probability that U of samples of `few` and `many` values is at least a number.
fn exact_tail(few: usize, many: usize, least: usize) -> f64 {
    // Number of ways to choose `few` of the ranks from 0 on, by how many are chosen and their sum.
    let largest = few * (few + many);
    let mut ways = vec![vec![0.0; largest + 1]; few + 1];
    ways[0][0] = 1.0;
    for rank in 0..few + many {
        for count in (1..=few).rev() {
            for sum in (rank..=largest).rev() {
                ways[count][sum] += ways[count - 1][sum - rank];
            }
        }
    }
    let smallest = few * few.saturating_sub(1) / 2;
    let above: f64 = ways[few][smallest + least..].iter().sum();
    above / ways[few].iter().sum::<f64>()
}

/// Result of an analysis of variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Anova {
    /// Statistic.
    pub f: f64,
    /// Degrees of freedom between and within groups.
    pub df: [f64; 2],
    /// p-value.
    pub p: f64,
    /// Part of the sum of squares that is between groups, η².
    pub eta_squared: f64,
    /// Number of values.
    pub n: usize,
}

/// One-way analysis of variance of the means of groups.
pub fn anova(groups: &[Video]) -> Result<Anova> {
    let groups = groups
        .iter()
        .map(|group| Ok(known(sample("anova", "groups", group)?)));
    let groups = groups.collect::<Result<Vec<_>>>()?;
    if groups.len() < 2 {
        bail!("anova needs at least 2 groups, got {}", groups.len());
    }
    for group in &groups {
        expect_at_least("anova", 1, group.len())?;
    }
    let all = groups.concat();
    let df = [groups.len() as f64 - 1.0, (all.len() - groups.len()) as f64];
    if df[1] == 0.0 {
        bail!("anova needs a group with at least 2 values");
    }
    let within: f64 = groups.iter().map(|group| squares(group)).sum();
    let middle = mean(&all);
    let between = groups
        .iter()
        .map(|group| group.len() as f64 * (mean(group) - middle).powi(2));
    let between: f64 = between.sum();
    let f = (between / df[0]) / (within / df[1]);
    let p = match FisherSnedecor::new(df[0], df[1]) {
        Ok(distribution) if f.is_finite() => distribution.sf(f),
        Ok(_) if f.is_infinite() => 0.0,
        _ => f64::NAN,
    };
    Ok(Anova {
        f,
        df,
        p,
        eta_squared: between / (between + within),
        n: all.len(),
    })
}

/// Result of a linear regression y = slope · x + intercept.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
    /// Slope.
    pub slope: f64,
    /// Value at x = 0.
    pub intercept: f64,
    /// Coefficient of determination.
    pub r_squared: f64,
    /// Standard error of the slope.
    pub slope_error: f64,
    /// Two-sided p-value of a slope of 0.
    pub p: f64,
    /// Number of points.
    pub n: usize,
}

/// Line with the smallest sum of squared differences from y.
pub fn linear_fit(x: &Video, y: &Video) -> Result<LinearFit> {
    let [x, y] = pairs("linear_fit", [("x", x), ("y", y)])?;
    expect_at_least("linear_fit", 3, x.len())?;
    LinearFit::of(&x, &y).ok_or_else(|| {
        let all = mean(&x);
        Error::new(format!(
            "linear_fit needs different values in `x`, all are {all}"
        ))
    })
}

impl LinearFit {
    /// The line through points, of which there are 3 or more; none if all `x` are equal.
    pub fn of(x: &[f64], y: &[f64]) -> Option<Self> {
        let [mean_x, mean_y] = [mean(x), mean(y)];
        let products = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y));
        let (xx, xy, yy) = (squares(x), products.sum::<f64>(), squares(y));
        if xx == 0.0 {
            return None;
        }
        let slope = xy / xx;
        let df = x.len() as f64 - 2.0;
        let r_squared = if yy > 0.0 {
            (xy * xy / (xx * yy)).min(1.0)
        } else {
            f64::NAN
        };
        let slope_error = ((1.0 - r_squared) * yy / xx / df).sqrt();
        Some(Self {
            slope,
            intercept: mean_y - slope * mean_x,
            r_squared,
            slope_error,
            p: p_of_t(slope / slope_error, df),
            n: x.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{ramp, video};

    const A: [f64; 6] = [81.2, 94.5, 77.3, 88.1, 90.4, 85.0];
    const B: [f64; 6] = [75.1, 89.9, 78.2, 80.3, 84.6, 79.5];
    const C: [f64; 4] = [101.5, 92.3, 99.0, 95.7];

    fn trace(values: &[f64]) -> Video {
        video(&[values.len()], values.to_vec())
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(error < 1e-9 * expected.abs().max(1.0), "{found} {expected}");
    }

    /// `scipy.stats.ttest_ind` and `ttest_rel` of SciPy 1.17.
    #[test]
    fn t_tests_are_those_of_scipy() {
        let found = t_test(&trace(&A), &trace(&B), false, false).unwrap();
        close(found.t, 1.4460668678677533);
        close(found.df, 9.699597910079998);
        close(found.p, 0.1796852299731469);
        close(found.interval[0], -2.6362578104075762);
        close(found.interval[1], 12.269591143740902);
        let found = t_test(&trace(&A), &trace(&B), false, true).unwrap();
        close(found.t, 1.4460668678677535);
        close(found.p, 0.17876191179026749);
        assert_eq!((found.df, found.n), (10.0, [6, 6]));
        let found = t_test(&trace(&A), &trace(&B), true, false).unwrap();
        close(found.t, 3.9455993158020206);
        close(found.p, 0.01089862145113749);
        close(found.interval[0], 1.6785791796630765);
        let gap = [&A[..], &[f64::NAN]].concat();
        let whole = [&B[..], &[3.0]].concat();
        let with_gap = t_test(&trace(&gap), &trace(&whole), true, false).unwrap();
        assert_eq!(with_gap, found);
    }

    /// `scipy.stats.wilcoxon` and `mannwhitneyu` of SciPy 1.17.
    #[test]
    fn tests_of_ranks_are_those_of_scipy() {
        let found = wilcoxon(&trace(&A), &trace(&B)).unwrap();
        assert_eq!((found.statistic, found.p, found.n), (1.0, 0.0625, [6, 6]));
        let ties = trace(&[0.0, 1.0, 5.0, 2.0, 5.0, 3.0]);
        let found = wilcoxon(&trace(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), &ties).unwrap();
        assert_eq!((found.statistic, found.p, found.n), (3.5, 0.375, [5, 5]));
        let series = |factor: i32, modulus: i32, n: i32| {
            let values = (0..n).map(|at| f64::from(at * factor % modulus));
            trace(&values.collect::<Vec<f64>>())
        };
        let found = wilcoxon(&series(7, 31, 60), &series(11, 29, 60)).unwrap();
        assert_eq!(found.statistic, 793.0);
        close(found.p, 0.4872024791756283);
        let found = mann_whitney(&trace(&A), &trace(&C)).unwrap();
        assert_eq!(found.statistic, 1.0);
        close(found.p, 0.01904761904761905);
        let found = mann_whitney(&series(7, 31, 20), &series(11, 29, 25)).unwrap();
        assert_eq!((found.statistic, found.p), (250.5, 1.0));
        let (a, b) = (
            (0..10).map(|n| 1.5 * f64::from(n)),
            (0..12).map(|n| f64::from(n) + 0.25),
        );
        let (a, b): (Vec<f64>, Vec<f64>) = (a.collect(), b.collect());
        let found = mann_whitney(&trace(&a), &trace(&b)).unwrap();
        assert_eq!(found.statistic, 68.0);
        close(found.p, 0.6209281438231145);
    }

    /// `scipy.stats.f_oneway` and `linregress` of SciPy 1.17.
    #[test]
    fn variance_and_regression_are_those_of_scipy() {
        let found = anova(&[trace(&A), trace(&B), trace(&C)]).unwrap();
        close(found.f, 10.45144002573467);
        close(found.p, 0.0019683119754332064);
        close(found.eta_squared, 0.6165517507579247);
        assert_eq!((found.df, found.n), ([2.0, 13.0], 16));
        let found = linear_fit(&trace(&A), &trace(&B)).unwrap();
        close(found.slope, 0.7361294443261657);
        close(found.intercept, 17.898190334255908);
        close(found.r_squared, 0.8794017636606336 * 0.8794017636606336);
        close(found.p, 0.020938915480658567);
        close(found.slope_error, 0.1992586367691894);
    }

    #[test]
    fn samples_that_are_too_small_are_refused() {
        let (one, two) = (trace(&[1.0, f64::NAN]), trace(&[1.0, 2.0]));
        assert!(t_test(&one, &two, false, false).is_err());
        assert!(t_test(&two, &trace(&A), true, false).is_err());
        assert!(t_test(&ramp(&[2, 2]), &two, false, false).is_err());
        assert!(t_test(&trace(&[f64::INFINITY, 1.0]), &two, false, false).is_err());
        assert!(wilcoxon(&two, &two).is_err());
        assert!(mann_whitney(&trace(&[]), &two).is_err());
        assert!(
            anova(std::slice::from_ref(&two)).is_err()
                && anova(&[one.clone(), one.clone()]).is_err()
        );
        assert!(linear_fit(&two, &two).is_err());
        assert!(linear_fit(&trace(&[2.0; 3]), &trace(&[1.0, 2.0, 3.0])).is_err());
    }
}
