//! Small systems of linear equations.

/// Solves linear equations by elimination; `None` if they are singular.
pub(in crate::ops) fn solve<const N: usize>(
    mut equations: [[f64; N]; N],
    mut right: [f64; N],
) -> Option<[f64; N]> {
    for column in 0..N {
        let size = |row: &usize| equations[*row][column].abs();
        let pivot = (column..N).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        equations.swap(column, pivot);
        right.swap(column, pivot);
        if equations[column][column].abs() < 1e-9 {
            return None;
        }
        let pivot = equations[column];
        for row in column + 1..N {
            let factor = equations[row][column] / pivot[column];
            for (value, pivot) in equations[row].iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut solution = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N)
            .map(|at| equations[row][at] * solution[at])
            .sum();
        solution[row] = (right[row] - known) / equations[row][row];
    }
    Some(solution)
}
