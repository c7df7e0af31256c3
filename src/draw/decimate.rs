//! Decimation of curves to the points that are visible.

use super::page::Point;

/// Pieces of a curve between its gaps. Of the points in the same column of width `unit`, only the
/// first, the lowest, the highest and the last are kept.
pub(crate) fn runs(positions: impl Iterator<Item = Option<Point>>, unit: f64) -> Vec<Vec<Point>> {
    let mut runs = vec![Vec::new()];
    let mut column: Vec<Point> = Vec::new();
    for position in positions {
        let run = runs.last_mut().expect("one from the start");
        let Some(position) = position else {
            flush(&mut column, run);
            if !run.is_empty() {
                runs.push(Vec::new());
            }
            continue;
        };
        let is_next = column
            .first()
            .is_some_and(|first| (first.0 / unit).floor() != (position.0 / unit).floor());
        if is_next {
            flush(&mut column, run);
        }
        column.push(position);
    }
    flush(&mut column, runs.last_mut().expect("one from the start"));
    runs.retain(|run| !run.is_empty());
    runs
}

/// Moves the visible points of a column to the run.
fn flush(column: &mut Vec<Point>, run: &mut Vec<Point>) {
    let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
    let lowest = (0..column.len()).min_by(by_height);
    let highest = (0..column.len()).max_by(by_height);
    let ends = [Some(0), lowest, highest, column.len().checked_sub(1)];
    let mut kept: Vec<usize> = ends.into_iter().flatten().collect();
    kept.sort_unstable();
    kept.dedup();
    run.extend(kept.iter().filter_map(|index| column.get(*index)));
    column.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_leaves_a_gap() {
        let points = [Some(1.0), Some(2.0), None, None, Some(4.0)];
        let points = points.into_iter().enumerate();
        let positions = points.map(|(index, value)| value.map(|value| (index as f64, value)));
        assert_eq!(
            runs(positions, 0.1),
            [vec![(0.0, 1.0), (1.0, 2.0)], vec![(4.0, 4.0)]]
        );
        assert!(runs([].into_iter(), 1.0).is_empty());
    }

    #[test]
    fn of_many_points_those_that_show_are_kept() {
        let position = |index| (f64::from(index) / 1000.0, f64::from(index % 10));
        let values = (0..1000).map(|index| Some(position(index)));
        let kept = runs(values, 1.0);
        assert_eq!(kept, [vec![(0.0, 0.0), (0.999, 9.0)]]);
    }
}
