//! Frame rates from frame times.

use std::path::Path;

use crate::task;

/// Maximum relative deviation of an interval from the mean.
const TOLERANCE: f64 = 0.5;

/// Frames per second from the times of the frames in seconds; a warning if they are not evenly
/// spaced.
pub(super) fn rate(path: &Path, times: &[f64]) -> Option<f64> {
    let (first, last) = (times.first()?, times.last()?);
    let mean = (last - first) / (times.len() - 1) as f64;
    if !(mean.is_finite() && mean > 0.0) {
        return None;
    }
    let is_even = |pair: &[f64]| (pair[1] - pair[0] - mean).abs() <= TOLERANCE * mean;
    if !times.windows(2).all(is_even) {
        task::warn(&format!(
            "the frames of `{}` are not evenly spaced in time: `fps` is their mean rate",
            path.display()
        ));
    }
    Some(1.0 / mean)
}

/// The seconds of `2018-02-14 15:22:04.5`, counted from a fixed day.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (date, time) = text.trim().split_once([' ', 'T'])?;
    let date: Vec<i64> = date
        .split('-')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let time: Vec<f64> = time
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let (&[year, month, day], &[hour, minute, second]) = (date.as_slice(), time.as_slice()) else {
        return None;
    };
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since March 1 of year 0, so that the leap day is the last of its year.
    let years = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    let days = 365 * years + years.div_euclid(4) - years.div_euclid(100)
        + years.div_euclid(400)
        + (153 * months + 2) / 5
        + day;
    Some(days as f64 * 86400.0 + hour * 3600.0 + minute * 60.0 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_count_over_months_and_leap_days() {
        let between = |a, b| seconds(b).unwrap() - seconds(a).unwrap();
        assert_eq!(
            between("2020-02-28 23:59:59.5", "2020-03-01 00:00:00.25"),
            86400.75
        );
        assert_eq!(
            between("2021-02-28 00:00:00", "2021-03-01T00:00:00"),
            86400.0
        );
        assert_eq!(
            between("1999-12-31 23:00:00", "2000-01-01 00:00:00"),
            3600.0
        );
        assert_eq!(
            between("1900-02-28 00:00:00", "1900-03-01 00:00:00"),
            86400.0
        );
        for text in ["", "2020-13-01 00:00:00", "2020-01-01", "a-b-c d:e:f"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_those_of_the_mean_interval() {
        let path = Path::new("a.h5");
        assert_eq!(rate(path, &[1.0, 1.5, 2.0]), Some(2.0));
        assert_eq!(rate(path, &[0.0, 0.1, 2.0]), Some(1.0));
        assert_eq!(rate(path, &[1.0]), None);
        assert_eq!(rate(path, &[2.0, 1.0]), None);
    }
}
