//! Statistical tests, and regression.

use rhai::Map;

use crate::error::Result;
use crate::ops::statistics::{self, RankTest};
use crate::script::call::convert::Traces;
use crate::script::{Value, builtins};
use crate::video::Video;

/// Result of a test of ranks.
fn rank_test(name: &str, found: &RankTest) -> Map {
    Map::from([
        (name.into(), found.statistic.into()),
        ("p".into(), found.p.into()),
        ("n".into(), found.n.to_vec().into_dynamic()),
    ])
}

builtins! {
    /// Student's t test: whether the means of two samples differ.
    ///
    /// By default Welch's test, which does not assume equal variances. With `paired`, the
    /// differences of pairs are tested. NaN is left out, in pairs together with its partner.
    ///
    /// Returns a map: `t`, the degrees of freedom `df`, the two-sided p-value `p`, the `difference`
    /// of the means a − b with the limits `interval` of its 95 % confidence interval, and the
    /// numbers of values `n`.
    ///
    /// Fails if a sample is not a trace or numbers, has infinite or fewer than 2 values, or if
    /// pairs differ in length.
    ///
    /// ```
    /// let control = [81.2, 94.5, 77.3, 88.1, 90.4, 85.0];
    /// let drug = [75.1, 89.9, 78.2, 80.3, 84.6, 79.5];
    /// format("{:.3f}", t_test(control, drug, true).p) // => "0.011"
    /// ```
    ///
    /// See also: `wilcoxon`, `mann_whitney`, `anova`, `group_table`
    ///
    /// Source: Welch 1947, doi:10.1093/biomet/34.1-2.28; equals `scipy.stats.ttest_ind` with
    /// `equal_var=False`, and `ttest_rel`.
    fn t_test(
        /// First sample.
        a: Video,
        /// Second sample.
        b: Video,
        /// Whether the values of both are pairs.
        paired: bool = false,
        /// Whether to assume equal variances (Student), without `paired`.
        equal_var: bool = false,
    ) -> Result<Map> {
        let found = statistics::t_test(&a, &b, paired, equal_var)?;
        Ok(Map::from([
            ("t".into(), found.t.into()),
            ("df".into(), found.df.into()),
            ("p".into(), found.p.into()),
            ("difference".into(), found.difference.into()),
            ("interval".into(), found.interval.to_vec().into_dynamic()),
            ("n".into(), found.n.to_vec().into_dynamic()),
        ]))
    }

    /// Wilcoxon's signed-rank test: whether the differences of pairs are around 0.
    ///
    /// Pairs with NaN or without a difference are left out. Up to 50 pairs, the p-value is exact,
    /// also where differences are equal; above, it is that of the normal distribution with a
    /// correction for ties.
    ///
    /// Returns a map: `w`, the smaller of the sums of ranks of positive and negative differences;
    /// the two-sided p-value `p`; and the numbers of values `n`.
    ///
    /// Fails if the samples are not traces or numbers of the same length, have infinite values, or
    /// do not differ.
    ///
    /// ```
    /// wilcoxon([81.2, 94.5, 77.3, 88.1, 90.4, 85.0], [75.1, 89.9, 78.2, 80.3, 84.6, 79.5]).p // => 0.0625
    /// ```
    ///
    /// See also: `t_test`, `mann_whitney`
    ///
    /// Source: Wilcoxon 1945, doi:10.2307/3001968; SciPy's `scipy.stats.wilcoxon`.
    fn wilcoxon(
        /// First values of the pairs.
        a: Video,
        /// Second values of the pairs.
        b: Video,
    ) -> Result<Map> {
        Ok(rank_test("w", &statistics::wilcoxon(&a, &b)?))
    }

    /// Mann–Whitney's U test (Wilcoxon's rank-sum test): whether two samples are equally large.
    ///
    /// The p-value is exact if a sample has at most 8 values and no values are equal; else it is
    /// that of the normal distribution, with corrections for ties and continuity. NaN is left out.
    ///
    /// Returns a map: `u`, the number of pairs in which the value of `a` is larger, ties counting
    /// half; the two-sided p-value `p`; and the numbers of values `n`.
    ///
    /// Fails if a sample is not a trace or numbers, or has infinite or no values.
    ///
    /// ```
    /// let test = mann_whitney([81.2, 94.5, 77.3, 88.1], [101.5, 92.3, 99.0, 95.7]);
    /// [test.u, format("{:.3f}", test.p)] // => [1.0, "0.057"]
    /// ```
    ///
    /// See also: `t_test`, `wilcoxon`
    ///
    /// Source: Mann & Whitney 1947, doi:10.1214/aoms/1177730491; equals
    /// `scipy.stats.mannwhitneyu`.
    fn mann_whitney(
        /// First sample.
        a: Video,
        /// Second sample.
        b: Video,
    ) -> Result<Map> {
        Ok(rank_test("u", &statistics::mann_whitney(&a, &b)?))
    }

    /// One-way analysis of variance: whether the means of groups differ.
    ///
    /// NaN is left out. The test assumes normal distributions of equal variance.
    ///
    /// Returns a map: `f`, the degrees of freedom `df` between and within groups, the p-value `p`,
    /// the part `eta_squared` of the sum of squares that is between groups, and the number of
    /// values `n`.
    ///
    /// Fails if there are fewer than 2 groups, one is not a trace or numbers or has infinite or no
    /// values, or all have one.
    ///
    /// ```
    /// let test = anova([[81.2, 94.5, 77.3], [75.1, 89.9, 78.2], [101.5, 92.3, 99.0]]);
    /// format("F({:.0f}, {:.0f}) = {:.2f}", test.df[0], test.df[1], test.f) // => "F(2, 6) = 4.19"
    /// ```
    ///
    /// See also: `t_test`, `group_table`
    ///
    /// Source: Fisher 1925; equals `scipy.stats.f_oneway`.
    fn anova(
        /// Groups, each a trace or numbers.
        groups: Traces,
    ) -> Result<Map> {
        let found = statistics::anova(&groups.0)?;
        Ok(Map::from([
            ("f".into(), found.f.into()),
            ("df".into(), found.df.to_vec().into_dynamic()),
            ("p".into(), found.p.into()),
            ("eta_squared".into(), found.eta_squared.into()),
            ("n".into(), found.n.into_dynamic()),
        ]))
    }

    /// Linear regression: the line with the smallest sum of squared differences from points.
    ///
    /// Points with NaN are left out.
    ///
    /// Returns a map: `slope` and `intercept`; the coefficient of determination `r_squared`; the
    /// standard error `slope_error`; the two-sided p-value `p` of a slope of 0; and the number of
    /// points `n`.
    ///
    /// Fails if the two are not traces or numbers of the same length, have infinite values or fewer
    /// than 3 points, or if all `x` are equal.
    ///
    /// ```
    /// let fit = linear_fit([100, 120, 140, 160], [71, 80, 91, 98]);
    /// format("{:.2f} ± {:.2f}", fit.slope, fit.slope_error) // => "0.46 ± 0.03"
    /// ```
    ///
    /// See also: `restitution`, `detrend`
    ///
    /// Source: equals `scipy.stats.linregress`.
    fn linear_fit(
        /// Coordinates x.
        x: Video,
        /// Coordinates y.
        y: Video,
    ) -> Result<Map> {
        let found = statistics::linear_fit(&x, &y)?;
        Ok(Map::from([
            ("slope".into(), found.slope.into()),
            ("intercept".into(), found.intercept.into()),
            ("r_squared".into(), found.r_squared.into()),
            ("slope_error".into(), found.slope_error.into()),
            ("p".into(), found.p.into()),
            ("n".into(), found.n.into_dynamic()),
        ]))
    }
}
