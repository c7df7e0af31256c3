//! Indexing as in NumPy: ints, ranges, lists of ints and masks, for reading and writing.

use std::ops::Range;

use super::elementwise::{self, Operand, samples_mut, typed};
use crate::bail;
use crate::error::{Error, Result, counted};
use crate::ops::kernel::{ChunkPlan, OperandSamples};
use crate::task::{self, CriticalSection};
use crate::video::{
    DType, Element, Layout, Samples, Strided, Video, shape_text, with_bits, with_dtype,
};

/// Index of one axis, or of several.
#[derive(Debug, Clone)]
pub enum Index {
    /// One index, counted from the end if negative; removes the axis.
    At(i64),
    /// From a first index to before a second; both count from the end if negative, and none means
    /// the end.
    Range(i64, Option<i64>),
    /// The whole axis.
    All,
    /// Several indices, in any order.
    Indices(Vec<i64>),
    /// The elements where a mask is true; covers as many axes as the mask has.
    Mask(Video),
}

/// Index of one axis, resolved within its bounds.
enum AxisIndex {
    At(usize),
    Range(Range<usize>),
    /// Coordinates of points: all axes with points are indexed together.
    Points(Vec<usize>),
}

/// Part of an array selected by indices, one for each of the first axes. Shares the samples unless
/// there are lists or masks. If every axis has a single index, the result has no axes.
pub fn get(video: &Video, indices: &[Index]) -> Result<Video> {
    if let [Index::Mask(mask)] = indices
        && mask.shape() == video.shape()
    {
        return elementwise::chosen(video, mask);
    }
    let axes = resolve(video.shape(), indices)?;
    let part = view(video, &axes);
    if !axes.iter().any(|axis| matches!(axis, AxisIndex::Points(_))) {
        return Ok(part);
    }
    let selection = IndexSelection::of(video.layout(), &axes);
    let bits = with_bits!(video.dtype(), B => {
        let array = B::unwrap(video.samples().bits()).expect("bits of the size just dispatched on");
        B::wrap(gather(&array, &selection)?)
    });
    let samples = Samples::from_bits(bits, video.dtype());
    Ok(Video::from_parts(samples, part.into_parts().1))
}

/// Sets the part of an array selected by indices to a number or to an array that broadcasts to its
/// shape. It runs to the end even if the user interrupts it.
pub fn set(video: &mut Video, indices: &[Index], value: &Operand) -> Result<()> {
    if let [Index::Mask(mask)] = indices
        && mask.shape() == video.shape()
    {
        return elementwise::assign(video, mask, value);
    }
    let axes = resolve(video.shape(), indices)?;
    let selection = IndexSelection::of(&Layout::contiguous(video.shape()), &axes);
    if let Operand::Array(array) = value
        && array.layout().broadcast(&selection.shape).is_none()
    {
        bail!(
            "cannot assign an array of shape {} to a part of shape {}",
            shape_text(array.shape()),
            shape_text(&selection.shape)
        );
    }
    let _whole = CriticalSection::begin();
    with_dtype!(video.dtype(), T => {
        let value = typed::<T>(value, &selection.shape)?;
        scatter(samples_mut::<T>(video)?, &selection, &value)
    })
}

/// Every `step`-th frame from `start` to before `end`, as in Python slices: negative indices count
/// from the end, a negative step goes backward, and what is out of bounds is ignored.
pub fn slice(video: &Video, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Video> {
    let (first, len) = slice_range(video, start, end, step)?;
    Ok(video.frames(first, len, step as isize))
}

/// Index of the first frame, and number of frames, of [`slice()`].
pub fn slice_range(
    video: &Video,
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
) -> Result<(usize, usize)> {
    if step == 0 {
        bail!("slice needs `step` to be other than 0");
    }
    let len = video.len() as i64;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |coordinate: Option<i64>, default: i64| match coordinate {
        None => default,
        Some(coordinate) if coordinate < 0 => coordinate.saturating_add(len).clamp(low, high),
        Some(coordinate) => coordinate.clamp(low, high),
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let (start, end) = (bound(start, first), bound(end, last));
    let distance = if step > 0 { end - start } else { start - end };
    let count = u64::try_from(distance)
        .unwrap_or(0)
        .div_ceil(step.unsigned_abs()) as usize;
    Ok((start.max(0) as usize, count))
}

/// Resolves indices against the axes.
fn resolve(shape: &[usize], indices: &[Index]) -> Result<Vec<AxisIndex>> {
    // A mask of the shape of a frame selects pixels of every frame. The rows of an image are not
    // frames.
    let of_frame = |mask: &Video| shape.len() > 2 && mask.shape() == &shape[1..];
    let all = Index::All;
    let indices: Vec<&Index> = match indices {
        [mask @ Index::Mask(samples)] if of_frame(samples) => vec![&all, mask],
        _ => indices.iter().collect(),
    };
    let mut axes = Vec::with_capacity(shape.len());
    for index in indices {
        let axis = axes.len();
        let width = match index {
            Index::Mask(mask) => mask.ndim(),
            _ => 1,
        };
        let Some(lens) = shape.get(axis..axis + width) else {
            bail!(
                "there are too many indices for the {} of the array",
                counted(shape.len(), "axis")
            );
        };
        match index {
            Index::At(coordinate) => axes.push(AxisIndex::At(element(*coordinate, lens[0], axis)?)),
            Index::Range(start, end) => {
                axes.push(AxisIndex::Range(range(*start, *end, lens[0], axis)?));
            }
            Index::All => axes.push(AxisIndex::Range(0..lens[0])),
            Index::Indices(positions) => {
                let positions = positions
                    .iter()
                    .map(|coordinate| element(*coordinate, lens[0], axis));
                axes.push(AxisIndex::Points(positions.collect::<Result<_>>()?));
            }
            Index::Mask(mask) => axes.extend(coordinates(mask, lens)?.map(AxisIndex::Points)),
        }
    }
    axes.extend(
        shape[axes.len()..]
            .iter()
            .map(|&len| AxisIndex::Range(0..len)),
    );
    check_points(&axes)?;
    Ok(axes)
}

/// Points must have the same number of coordinates on each of their axes, which must be adjacent
/// once the axes with a single index are removed.
fn check_points(axes: &[AxisIndex]) -> Result<()> {
    let left: Vec<&AxisIndex> = axes
        .iter()
        .filter(|axis| !matches!(axis, AxisIndex::At(_)))
        .collect();
    let groups = left
        .chunk_by(|a, b| matches!((a, b), (AxisIndex::Points(_), AxisIndex::Points(_))))
        .filter(|group| matches!(group[0], AxisIndex::Points(_)));
    if groups.count() > 1 {
        return Err(Error::new("lists and masks must be adjacent")
            .hint("index in two steps: `v[[(), [1, 2]]][[0..5]]`"));
    }
    let mut lens = left.iter().filter_map(|axis| match axis {
        AxisIndex::Points(positions) => Some(positions.len()),
        _ => None,
    });
    if let Some(first) = lens.next()
        && let Some(other) = lens.find(|len| *len != first)
    {
        bail!("lists of {first} and {other} indices cannot be combined");
    }
    Ok(())
}

/// Coordinates on each axis of the elements where a mask is true.
fn coordinates(mask: &Video, lens: &[usize]) -> Result<impl Iterator<Item = Vec<usize>>> {
    if mask.dtype() != DType::Bool || mask.shape() != lens {
        bail!(
            "a mask of shape {} does not match axes of length {}",
            shape_text(mask.shape()),
            shape_text(lens)
        );
    }
    let marks = bool::unwrap(mask.samples().clone()).expect("just checked");
    let mut axes = vec![Vec::new(); lens.len()];
    for (coordinate, _) in marks.view().indexed_iter().filter(|(_, chosen)| **chosen) {
        for (axis, coordinates) in axes.iter_mut().enumerate() {
            coordinates.push(coordinate[axis]);
        }
    }
    Ok(axes.into_iter())
}

/// Index counted from the start, or from the end if negative.
fn element(index: i64, len: usize, axis: usize) -> Result<usize> {
    let from_start = if index < 0 {
        index.checked_add_unsigned(len as u64)
    } else {
        Some(index)
    };
    match from_start.and_then(|index| usize::try_from(index).ok()) {
        Some(index) if index < len => Ok(index),
        _ => Err(outside(&index.to_string(), len, axis)),
    }
}

/// Range of indices; negative bounds count from the end.
fn range(start: i64, end: Option<i64>, len: usize, axis: usize) -> Result<Range<usize>> {
    let bound = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(len as i64)
        } else {
            bound
        };
        usize::try_from(bound).ok().filter(|bound| *bound <= len)
    };
    match (bound(start), bound(end.unwrap_or(len as i64))) {
        (Some(start), Some(end)) => Ok(start..end.max(start)),
        _ => {
            let end = end.map_or_else(String::new, |end| end.to_string());
            Err(outside(&format!("{start}..{end}"), len, axis))
        }
    }
}

fn outside(index: &str, len: usize, axis: usize) -> Error {
    Error::new(format!(
        "index {index} is out of bounds for axis {axis} of length {len}"
    ))
}

/// View selected by ints and ranges; axes with points are kept whole.
fn view(video: &Video, axes: &[AxisIndex]) -> Video {
    let mut layout = video.layout().clone();
    let mut at = 0;
    for axis in axes {
        match axis {
            AxisIndex::At(coordinate) => layout = layout.index(at, *coordinate),
            AxisIndex::Range(range) => {
                layout = layout.slice(at, range.start, range.len(), 1);
                at += 1;
            }
            AxisIndex::Points(_) => at += 1,
        }
    }
    let mut part = video.with_layout(layout);
    let metadata = video.metadata();
    // A result that is not a sequence of frames has no frame rate, and a cropped one has a new
    // origin.
    if !matches!(axes[0], AxisIndex::Range(_)) && metadata.fps.is_some() {
        part.metadata_mut().fps = None;
    }
    let first_row = usize::from(video.ndim() > 2);
    match axes.get(first_row..first_row + 2) {
        Some([AxisIndex::Range(rows), AxisIndex::Range(cols)])
            if [rows.len(), cols.len()] != video.shape()[first_row..first_row + 2] =>
        {
            part.metadata_mut().crop([rows.start, cols.start]);
        }
        Some([AxisIndex::Range(_), AxisIndex::Range(_)]) => {}
        // Without both spatial axes, pixel size and origin have no meaning.
        Some(_) if metadata.pixel_size.is_some() || metadata.origin.is_some() => {
            let metadata = part.metadata_mut();
            (metadata.pixel_size, metadata.origin) = (None, None);
        }
        _ => {}
    }
    part
}

/// Samples to be gathered or scattered: the same ones in several frames.
struct IndexSelection {
    /// Shape of the selection.
    shape: Vec<usize>,
    /// Indices of the frames.
    frames: Vec<usize>,
    /// Distance between consecutive frames in storage; none: all samples together count as one
    /// frame.
    stride: Option<isize>,
    /// Positions of the samples of a frame, relative to its first sample.
    positions: Vec<isize>,
}

impl IndexSelection {
    fn of(layout: &Layout, axes: &[AxisIndex]) -> Self {
        let is_points = |axis: &AxisIndex| matches!(axis, AxisIndex::Points(_));
        let first_points = axes.iter().position(is_points);
        let shape = axes.iter().enumerate().filter_map(|(at, axis)| match axis {
            AxisIndex::Range(range) => Some(range.len()),
            AxisIndex::Points(positions) if first_points == Some(at) => Some(positions.len()),
            AxisIndex::Points(_) | AxisIndex::At(_) => None,
        });
        let shape = shape.collect();
        let strides = layout.strides();
        let frames = match &axes[0] {
            AxisIndex::At(coordinate) => vec![*coordinate],
            AxisIndex::Range(range) => range.clone().collect(),
            AxisIndex::Points(positions) if !axes[1..].iter().any(is_points) => positions.clone(),
            // The points are in different frames.
            AxisIndex::Points(_) => {
                return Self {
                    shape,
                    frames: vec![0],
                    stride: None,
                    positions: offsets(axes, strides),
                };
            }
        };
        Self {
            shape,
            frames,
            stride: Some(strides[0]),
            positions: offsets(&axes[1..], &strides[1..]),
        }
    }
}

/// Offsets from the first sample of the samples that the axes select, in row-major order. Axes with
/// points are combined into one, at the position of the first of them.
fn offsets(axes: &[AxisIndex], strides: &[isize]) -> Vec<isize> {
    let mut origin = 0;
    let mut steps: Vec<Vec<isize>> = Vec::new();
    let mut points = None;
    for (axis, &stride) in axes.iter().zip(strides) {
        let offset = |coordinate: usize| coordinate as isize * stride;
        match (axis, points) {
            (AxisIndex::At(coordinate), _) => origin += offset(*coordinate),
            (AxisIndex::Range(range), _) => steps.push(range.clone().map(offset).collect()),
            (AxisIndex::Points(positions), None) => {
                points = Some(steps.len());
                steps.push(positions.iter().copied().map(offset).collect());
            }
            (AxisIndex::Points(positions), Some(at)) => {
                for (step, coordinate) in steps[at].iter_mut().zip(positions) {
                    *step += offset(*coordinate);
                }
            }
        }
    }
    steps.iter().fold(vec![origin], |offsets, steps| {
        let each = |offset| steps.iter().map(move |step| offset + step);
        offsets.into_iter().flat_map(each).collect()
    })
}

fn gather<T: Element>(array: &Strided<T>, selection: &IndexSelection) -> Result<Strided<T>> {
    let mut results = Strided::<T>::for_writing(&selection.shape)?;
    let (storage, origin) = (array.storage(), array.layout().offset());
    let positions = &selection.positions;
    let frames = results.as_mut_slice()?.chunks_mut(positions.len().max(1));
    task::for_each(
        "selecting",
        frames.zip(&selection.frames),
        |(out, &frame)| {
            let start = frame as isize * selection.stride.unwrap_or(0);
            let origin = origin.wrapping_add_signed(start);
            for (out, coordinate) in out.iter_mut().zip(positions) {
                *out = storage[origin.wrapping_add_signed(*coordinate)];
            }
            Ok(())
        },
    )?;
    Ok(results)
}

/// Sets samples of an array in row-major order.
fn scatter<T: Element>(
    out: &mut [T],
    selection: &IndexSelection,
    value: &OperandSamples<T>,
) -> Result<()> {
    let IndexSelection {
        frames,
        stride,
        positions,
        ..
    } = selection;
    if out.is_empty() {
        return Ok(());
    }
    let pieces = ChunkPlan::of(value.layout());
    let frame_len = stride.map_or(out.len(), |stride| stride as usize);
    let mut order: Vec<Option<usize>> = vec![None; out.len() / frame_len];
    for (position, frame) in frames.iter().enumerate() {
        order[*frame] = Some(position);
    }
    let steps = out.chunks_mut(frame_len).zip(order);
    task::for_each_init("assigning", steps, Vec::new, |scratch, (out, position)| {
        let Some(position) = position else {
            return Ok(());
        };
        let values = value.run(
            &pieces,
            position * positions.len(),
            positions.len(),
            scratch,
        );
        for (coordinate, value) in positions.iter().zip(values) {
            out[*coordinate as usize] = *value;
        }
        Ok(())
    })
}
