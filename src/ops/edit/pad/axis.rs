//! Filling of the samples before and after one padded axis.

use std::ops::Range;

use ndarray::Axis as ViewAxis;

use super::{Pad, PadMode, ReflectType, Sides};
use crate::bail;
use crate::error::Result;
use crate::ops::kernel::border::Border;
use crate::video::{Element, Number, Strided};

/// One axis of a padded frame, and the lines along it that are filled.
pub(super) struct PadAxis {
    width: usize,
    len: usize,
    /// Stride along a line.
    step: usize,
    lines: Range<usize>,
    /// Stride between lines.
    line_step: usize,
}

impl PadAxis {
    pub(super) fn new(
        width: usize,
        len: usize,
        step: usize,
        lines: Range<usize>,
        line_step: usize,
    ) -> Self {
        Self {
            width,
            len,
            step,
            lines,
            line_step,
        }
    }

    /// Offset in memory of an index of a line.
    fn at(&self, index: usize, line: usize) -> usize {
        index * self.step + line * self.line_step
    }

    /// Indices to fill before and after the samples, from the outside inward.
    fn sides(&self) -> [Vec<usize>; 2] {
        let end = self.len + 2 * self.width;
        [
            (0..self.width).collect(),
            (end - self.width..end).rev().collect(),
        ]
    }

    /// Sets one index of every line.
    fn set<T: Element>(&self, out: &mut [T], index: usize, value: impl Fn(&[T], usize) -> T) {
        for line in self.lines.clone() {
            let value = value(out, line);
            out[self.at(index, line)] = value;
        }
    }
}

/// Statistic of some samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Maximum,
    Mean,
    Median,
    Minimum,
}

/// How an axis is filled before and after its samples.
pub(super) enum PadFill {
    Constant([Number; 2]),
    /// Extends the axis by a boundary mode.
    Border(Border),
    /// Odd reflection around the last sample, which is reflected too or not.
    Odd {
        with_edge: bool,
    },
    /// Linear ramp to an end value. `in_parts` determines how the steps are rounded.
    Ramp {
        ends: [f64; 2],
        in_parts: [bool; 2],
    },
    Statistic(Statistic, [Option<usize>; 2]),
    Nothing,
}

impl PadFill {
    /// Fill for the given options; axis 1 is the rows, axis 2 the columns.
    pub(super) fn new(options: &Pad, axis: usize) -> Result<Self> {
        let sides = |name: &str, sides: &Option<Sides>| match sides {
            Some(sides) => sides.of_axis(name, axis),
            None => Ok([Number::Int(0); 2]),
        };
        let statistic = |statistic| Ok(PadFill::Statistic(statistic, lengths(options, axis)?));
        let is_odd = options.reflect_type == Some(ReflectType::Odd);
        match options.mode {
            PadMode::Constant => Ok(PadFill::Constant(sides(
                "constant_values",
                &options.constant_values,
            )?)),
            PadMode::LinearRamp => Ok(PadFill::Ramp {
                ends: sides("end_values", &options.end_values)?.map(Number::to_f64),
                in_parts: [false; 2],
            }),
            PadMode::Maximum => statistic(Statistic::Maximum),
            PadMode::Mean => statistic(Statistic::Mean),
            PadMode::Median => statistic(Statistic::Median),
            PadMode::Minimum => statistic(Statistic::Minimum),
            PadMode::Reflect if is_odd => Ok(PadFill::Odd { with_edge: false }),
            PadMode::Symmetric if is_odd => Ok(PadFill::Odd { with_edge: true }),
            PadMode::Edge => Ok(PadFill::Border(Border::Nearest)),
            PadMode::Reflect => Ok(PadFill::Border(Border::Mirror)),
            PadMode::Symmetric => Ok(PadFill::Border(Border::Reflect)),
            PadMode::Wrap => Ok(PadFill::Border(Border::Wrap)),
            PadMode::Empty => Ok(PadFill::Nothing),
        }
    }

    /// Numbers that become samples.
    pub(super) fn numbers(&self) -> Vec<Number> {
        match self {
            PadFill::Constant(numbers) => numbers.to_vec(),
            PadFill::Ramp { ends, .. } => ends.map(Number::Float).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Determines how the steps of ramps between ints are rounded. NumPy computes all ramps at
    /// once, and differently if one of them has no slope.
    pub(super) fn prepare<T: Element>(
        self,
        source: &Strided<T>,
        axis: &PadAxis,
        rows: Option<&PadFill>,
    ) -> Self {
        let PadFill::Ramp { ends, .. } = self else {
            return self;
        };
        let frames = source.view();
        let along = ViewAxis(if rows.is_some() { 2 } else { 1 });
        let in_parts = [(0, ends[0]), (axis.len.saturating_sub(1), ends[1])].map(|(edge, end)| {
            let edges = frames.index_axis(along, edge);
            edges.iter().any(|sample| sample.to_f64() == end)
                || rows.is_some_and(|rows| {
                    let corners = [0, edges.shape()[1].saturating_sub(1)];
                    corners.iter().zip(0..).any(|(corner, side)| {
                        let corners = edges.index_axis(ViewAxis(1), *corner);
                        let mut corners = corners.iter();
                        corners.any(|edge| {
                            (0..axis.width).any(|step| {
                                let value: T = rows.ramp(side, step, axis.width, *edge);
                                value.to_f64() == end
                            })
                        })
                    })
                })
        });
        PadFill::Ramp { ends, in_parts }
    }

    /// Fills the lines of an axis.
    pub(super) fn fill<T: Element>(&self, axis: &PadAxis, out: &mut [T], scratch: &mut Vec<T>) {
        let last = axis.width + axis.len - 1.min(axis.len);
        for (side, indices) in axis.sides().into_iter().enumerate() {
            let edge = [axis.width, last][side];
            match self {
                PadFill::Nothing | PadFill::Odd { .. } => (),
                PadFill::Constant(values) => {
                    let value = values[side].to_element::<T>();
                    indices
                        .iter()
                        .for_each(|index| axis.set(out, *index, |_, _| value));
                }
                PadFill::Border(border) => {
                    for index in indices {
                        let from = border.sample(index as isize - axis.width as isize, axis.len);
                        copy_index(axis, out, axis.width + from.unwrap_or(0), index);
                    }
                }
                PadFill::Ramp { .. } => {
                    for (step, index) in indices.into_iter().enumerate() {
                        axis.set(out, index, |out, line| {
                            self.ramp(side, step, axis.width, out[axis.at(edge, line)])
                        });
                    }
                }
                PadFill::Statistic(statistic, lengths) => {
                    let len = lengths[side].unwrap_or(axis.len).min(axis.len);
                    let first = [axis.width, last + 1 - len][side];
                    for line in axis.lines.clone() {
                        scratch.clear();
                        scratch.extend((first..first + len).map(|index| out[axis.at(index, line)]));
                        let value = statistic.of(scratch);
                        for index in &indices {
                            out[axis.at(*index, line)] = value;
                        }
                    }
                }
            }
        }
        if let PadFill::Odd { with_edge } = self {
            reflect_odd(axis, out, *with_edge);
        }
    }

    /// Sample of the ramp to an edge, counted from its end.
    fn ramp<T: Element>(&self, side: usize, step: usize, width: usize, edge: T) -> T {
        let PadFill::Ramp { ends, in_parts } = self else {
            return edge;
        };
        let (step, width, slope) = (step as f64, width as f64, edge.to_f64() - ends[side]);
        let rise = match in_parts[side] {
            true => step / width * slope,
            false => step * (slope / width),
        };
        let value = rise + ends[side];
        wrap_around(if is_int::<T>() { value.floor() } else { value })
    }
}

/// Numbers of samples used for statistics.
fn lengths(options: &Pad, axis: usize) -> Result<[Option<usize>; 2]> {
    let Some(sides) = &options.stat_length else {
        return Ok([None; 2]);
    };
    let lengths = sides.of_axis("stat_length", axis)?.map(Number::to_f64);
    let is_extreme = matches!(options.mode, PadMode::Maximum | PadMode::Minimum);
    let least = if is_extreme { 1.0 } else { 0.0 };
    if let Some(len) = lengths
        .iter()
        .find(|len| !(least <= **len && len.fract() == 0.0))
    {
        bail!("pad needs `stat_length` to be an int >= {least}, got {len}");
    }
    Ok(lengths.map(|len| Some(len as usize)))
}

/// Copies one index of every line to another.
fn copy_index<T: Element>(axis: &PadAxis, out: &mut [T], from: usize, to: usize) {
    if axis.line_step == 1 {
        let start = axis.at(from, axis.lines.start);
        let samples = start..start + axis.lines.len();
        out.copy_within(samples, axis.at(to, axis.lines.start));
    } else {
        axis.set(out, to, |out, line| out[axis.at(from, line)]);
    }
}

/// Reflects the growing filled part until nothing is left to fill.
fn reflect_odd<T: Element>(axis: &PadAxis, out: &mut [T], with_edge: bool) {
    let end = axis.len + 2 * axis.width;
    if axis.len == 1 {
        for index in axis.sides().into_iter().flatten() {
            copy_index(axis, out, axis.width, index);
        }
        return;
    }
    // Whole copies of the samples are reflected, or parts of them at the end.
    let period = if with_edge { axis.len } else { axis.len - 1 };
    let skipped = usize::from(!with_edge);
    let (mut first, mut last) = (axis.width, end - axis.width - 1);
    while first > 0 || last + 1 < end {
        let reach = (last + 1 - first - skipped) / period * period;
        let mut reflect = |edge: usize, to: usize, from: usize| {
            axis.set(out, to, |out, line| {
                let [edge, from] = [edge, from].map(|index| out[axis.at(index, line)].to_f64());
                wrap_around(2.0 * edge - from)
            });
        };
        let (before, after) = (reach.min(first), reach.min(end - 1 - last));
        for distance in 1..=before {
            reflect(first, first - distance, first + distance - 1 + skipped);
        }
        for distance in 1..=after {
            reflect(last, last + distance, last + 1 - distance - skipped);
        }
        (first, last) = (first - before, last + after);
    }
}

impl Statistic {
    /// Computes the statistic; for ints it is rounded.
    fn of<T: Element>(self, samples: &mut [T]) -> T {
        let nan = samples.iter().find(|sample| sample.to_f64().is_nan());
        if let Some(nan) = nan {
            return *nan;
        }
        let extreme = |is_better: fn(&T, &T) -> bool| {
            let samples = samples.iter().copied();
            samples.reduce(|best, sample| {
                if is_better(&sample, &best) {
                    sample
                } else {
                    best
                }
            })
        };
        match self {
            Statistic::Maximum => extreme(T::gt).unwrap_or_default(),
            Statistic::Minimum => extreme(T::lt).unwrap_or_default(),
            Statistic::Mean => {
                let sum: f64 = samples.iter().map(|sample| sample.to_f64()).sum();
                rounded(sum / samples.len() as f64)
            }
            Statistic::Median => {
                let values = samples.iter().map(|sample| sample.to_f64());
                match middle(values.zip(0..).collect()) {
                    None => rounded(f64::NAN),
                    Some([a, b]) if a == b => samples[a],
                    Some(pair) => {
                        let [a, b] = pair.map(|at| samples[at].to_f64());
                        rounded((a + b) / 2.0)
                    }
                }
            }
        }
    }
}

/// Indices of the one or two middle values of an array; equal values keep their order.
fn middle(mut values: Vec<(f64, usize)>) -> Option<[usize; 2]> {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let len = values.len();
    (len > 0).then(|| [(len - 1) / 2, len / 2].map(|at| values[at].1))
}

fn is_int<T: Element>() -> bool {
    !T::DTYPE.is_float() && T::DTYPE != crate::video::DType::Bool
}

fn rounded<T: Element>(value: f64) -> T {
    T::from_f64(if is_int::<T>() {
        value.round_ties_even()
    } else {
        value
    })
}

/// Converts a number to a sample; ints are truncated and, as in NumPy, wrap around.
fn wrap_around<T: Element>(value: f64) -> T {
    let bits = 8 * T::DTYPE.size();
    if !is_int::<T>() || bits == 64 {
        return T::from_f64(value);
    }
    let (low, values) = (T::DTYPE.limits().0 as i64, 1i64 << bits);
    T::from_int(((value as i64).wrapping_sub(low)).rem_euclid(values) + low)
}
