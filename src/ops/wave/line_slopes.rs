//! Slopes of least-squares lines through windows of a trace: the derivatives of a Savitzky–Golay filter
//! of first order.

/// Slopes per frame through windows of one length.
pub(super) struct LineSlopes {
    /// Distance of each frame of a window from its middle.
    distances: Vec<f64>,
    squares: f64,
}

impl LineSlopes {
    /// Slopes through windows of an odd number of frames.
    pub(super) fn new(window: usize) -> Self {
        let half = (window / 2) as f64;
        let distances: Vec<f64> = (0..window).map(|frame| frame as f64 - half).collect();
        let squares = distances.iter().map(|distance| distance * distance).sum();
        Self { distances, squares }
    }

    /// Slopes of a trace; the first is that in the middle of the first window.
    pub(super) fn of(&self, trace: &[f64]) -> impl Iterator<Item = f64> {
        let windows = trace.windows(self.distances.len());
        windows.map(|window| {
            let pairs = window.iter().zip(&self.distances);
            let sum: f64 = pairs.map(|(sample, distance)| sample * distance).sum();
            sum / self.squares
        })
    }
}
