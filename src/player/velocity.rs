//! Distance and speed between two points of a video, drawn as one line.

use std::ops::Range;

use super::Player;
use super::region::ProbeRegion;
use super::state::PlayerState;
use crate::bail;
use crate::error::{Error, Result};
use crate::ops::mask::shape::RegionShape;
use crate::ops::wave::velocity::alignment::align_traces;
use crate::ops::wave::velocity::line::{LineOptions, velocity_between};
use crate::video::{Video, number_text};
use crate::view::annotations::length_text;
use crate::view::trace_plot::TRACE_SIZE;

/// Smallest lag in frames that gives a speed.
const MIN_LAG: f64 = 0.1;

/// A line over a video, and what is needed for the speed along it.
struct VelocityLine {
    panel: usize,
    region: ProbeRegion,
    video: Video,
    /// Start and end, `[y, x]`.
    ends: [[f64; 2]; 2],
    /// Frames that are aligned.
    frames: Range<usize>,
    /// Whether the image says that its samples are times in ms.
    is_time_map: bool,
}

/// A speed, and what it was computed from.
#[derive(Debug, PartialEq)]
struct MeasuredSpeed {
    /// Speed with its unit.
    text: String,
    /// Distance, delay and method.
    basis: String,
}

impl PlayerState {
    fn velocity_line(&self, index: usize) -> Option<VelocityLine> {
        let probe = self.probes.get(index)?;
        let Some(RegionShape::Line(points)) = probe.region.shape() else {
            return None;
        };
        let (first, last) = (*points.first()?, *points.last()?);
        let panel = self.panels.get(probe.panel)?;
        let (first_frame, last_frame) = self
            .playback
            .part()
            .unwrap_or((self.playback.start(), self.playback.last()));
        let words = |text: &str| {
            let mut words = text.split(|char: char| !char.is_alphanumeric());
            words.any(|word| word == "ms")
        };
        Some(VelocityLine {
            panel: probe.panel,
            region: probe.region.clone(),
            video: panel.frames.explained().clone(),
            ends: [first, last],
            frames: first_frame..last_frame + 1,
            is_time_map: words(&self.annotations.label),
        })
    }
}

impl Player {
    /// Computes the speed along a line again, whose name it becomes.
    pub(super) fn measure_velocity(&self, index: usize) {
        let state = self.state();
        let Some(line) = state.velocity_line(index) else {
            return;
        };
        drop(state);
        let is_made = self.shared.producer.is_some();
        self.say("measuring the speed…");
        self.in_background("the speed", move |player, _| {
            if is_made {
                bail!("frames that are made when they are shown have no speed between two points");
            }
            let speed = line.measure()?;
            let mut state = player.state();
            let is_it = |probe: &&mut super::probes::Probe| {
                probe.is_velocity && probe.panel == line.panel && probe.region == line.region
            };
            if let Some(probe) = state.probes.iter_mut().find(is_it) {
                probe.name = Some(speed.text.clone());
                probe.basis = Some(speed.basis.clone());
            }
            state.renew_needs();
            Ok(format!("{}: {}", speed.text, speed.basis))
        });
    }
}

impl VelocityLine {
    fn measure(&self) -> Result<MeasuredSpeed> {
        let [start, end] = self.ends;
        let pixel = self.video.metadata().pixel_size;
        let [height, width] = pixel.unwrap_or([1.0; 2]);
        let distance = ((end[0] - start[0]) * height).hypot((end[1] - start[1]) * width);
        if distance == 0.0 {
            bail!("the speed needs two different points");
        }
        let far = match pixel {
            Some(_) => length_text(distance),
            None => format!("{} px", number_text(rounded(distance))),
        };
        if self.video.len() == 1 {
            return self.speed_from_times((distance, &far), pixel.is_some());
        }
        let [one, other] = self.ends.map(|at| self.trace(at));
        let found = align_traces(&one, &other)?;
        if found.lag.abs() < MIN_LAG {
            let error =
                format!("no speed: the traces at both ends, {far} apart, have the same time");
            return Err(Error::new(error).hint("draw the line in the direction of the wave"));
        }
        let fps = self.video.metadata().fps;
        let (delay, unit) = match fps {
            Some(fps) => (found.lag.abs() * 1000.0 / fps, "ms"),
            None => (found.lag.abs(), "frames"),
        };
        let way = if found.lag < 0.0 {
            ", towards its start"
        } else {
            ""
        };
        let several = match found.is_one_of_several {
            true => "; of several lags the smallest: play one beat only, `(` and `)`",
            false => "",
        };
        Ok(MeasuredSpeed {
            text: speed_text(distance / delay, pixel.is_some(), fps.is_some()),
            basis: format!(
                "{far} in {} {unit}{way}; {TRACE_SIZE}×{TRACE_SIZE} traces at its ends aligned, \
                 frames {} to {}, correlation {:.3}{several}",
                number_text(rounded(delay)),
                self.frames.start,
                self.frames.end - 1,
                found.correlation
            ),
        })
    }

    /// The speed from the times that an image shows.
    fn speed_from_times(
        &self,
        (distance, far): (f64, &str),
        has_size: bool,
    ) -> Result<MeasuredSpeed> {
        if !self.is_time_map {
            let error = Error::new("this image does not say that its samples are times in ms");
            return Err(error.hint("`show_image(times, #{label: \"activation (ms)\"})` does"));
        }
        let image = self.video.frame(0);
        // With pixels of 1 µm, the result is a tenth of pixels per ms.
        let options = LineOptions {
            ends: self.ends,
            width: 1,
            pixel_size: Some([1.0; 2]),
        };
        let speed = 10.0 * velocity_between(&image, &options)?;
        let [start, end] = self.ends;
        let pixels = (end[0] - start[0]).hypot(end[1] - start[1]);
        let delay = pixels / speed;
        Ok(MeasuredSpeed {
            text: speed_text(distance / delay, has_size, true),
            basis: format!(
                "{far} in {} ms, from the times of this image at its ends",
                number_text(rounded(delay))
            ),
        })
    }

    /// Mean of the square of pixels around a point in each frame.
    fn trace(&self, [y, x]: [f64; 2]) -> Vec<f64> {
        let (height, width) = (self.video.shape()[1], self.video.shape()[2]);
        let nearest = |at: f64, len: usize| (at.round().max(0.0) as usize).min(len - 1);
        let point = ProbeRegion::Point {
            y: nearest(y, height),
            x: nearest(x, width),
        };
        let runs = point.runs((width, height));
        let mut samples = Vec::new();
        let frames = self.frames.clone();
        frames
            .map(|frame| super::probe_trace::mean(&self.video, frame, &runs, &mut samples))
            .collect()
    }
}

/// A distance in µm or pixels per ms or frame as text.
fn speed_text(speed: f64, has_size: bool, has_rate: bool) -> String {
    // 1 µm/ms is 0.1 cm/s.
    let (speed, unit) = match (has_size, has_rate) {
        (true, true) => (0.1 * speed, "cm/s"),
        (true, false) => (speed, "µm/frame"),
        (false, true) => (speed, "px/ms"),
        (false, false) => (speed, "px/frame"),
    };
    format!("{} {unit}", number_text(rounded(speed)))
}

/// A number with three figures.
fn rounded(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let scale = 10f64.powi(2 - number.abs().log10().floor() as i32);
    (number * scale).round() / scale
}
