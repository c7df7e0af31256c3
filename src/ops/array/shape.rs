//! Shape of arrays: views of the same samples where possible; joining arrays.

use super::axes::{axis_of, forget_axes};
use super::elementwise::astype;
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::{
    DType, Element, Layout, Samples, Strided, Video, map_samples, read_run, shape_text, with_bits,
};

/// Number of samples that one parallel step copies.
const STEP: usize = 1 << 16;

/// The same samples, in the same row-major order, in another shape; one length may be -1 and is
/// then inferred. Shares the samples if they are contiguous.
pub fn reshape(video: &Video, shape: &[i64]) -> Result<Video> {
    let shape = resolve(video, shape)?;
    let in_order = match video.layout().is_contiguous() {
        true => video.samples().clone(),
        false => map_samples!(video.samples(), array => Element::wrap(array.copy()?)),
    };
    let strides = Layout::contiguous(&shape);
    let layout = Layout::new(in_order.layout().offset(), &shape, strides.strides());
    let (known, mut metadata) = (video.shape(), video.metadata().clone());
    if known[0] != shape[0] {
        metadata.fps = None;
    }
    if known.len().min(shape.len()) < 3 || known[1..3] != shape[1..3] {
        metadata.pixel_size = None;
        metadata.origin = None;
    }
    Ok(Video::with_metadata(in_order.with_layout(layout), metadata))
}

/// Lengths of the axes, with -1 inferred.
fn resolve(video: &Video, shape: &[i64]) -> Result<Vec<usize>> {
    let from = shape_text(video.shape());
    let lens = shape
        .iter()
        .filter(|len| **len != -1)
        .map(|len| usize::try_from(*len));
    let (Ok(lens), 1..=4) = (lens.collect::<Result<Vec<_>, _>>(), shape.len()) else {
        bail!("reshape needs `shape` to be 1 to 4 lengths >= 0 or -1, got {shape:?}");
    };
    let known = lens
        .iter()
        .try_fold(1usize, |product, len| product.checked_mul(*len));
    let len = video.layout().len();
    let missing = match (shape.len() - lens.len(), known) {
        (0, Some(known)) if known == len => 0,
        (1, Some(known)) if known > 0 && len.is_multiple_of(known) => len / known,
        (0 | 1, _) => {
            let error = format!("reshape cannot turn {len} samples of shape {from} into {shape:?}");
            return Err(Error::new(error));
        }
        _ => bail!("reshape can infer only one length, got {shape:?}"),
    };
    Ok(shape
        .iter()
        .map(|len| usize::try_from(*len).unwrap_or(missing))
        .collect())
}

/// Axes in another order; default: reversed. Shares the samples.
pub fn transpose(video: &Video, axes: Option<&[i64]>) -> Result<Video> {
    let ndim = video.ndim();
    let order: Vec<usize> = match axes {
        None => (0..ndim).rev().collect(),
        Some(axes) => {
            let order = axes.iter().map(|axis| axis_of("transpose", video, *axis));
            order.collect::<Result<_>>()?
        }
    };
    if order.len() != ndim || (0..ndim).any(|axis| !order.contains(&axis)) {
        bail!(
            "transpose needs `axes` to be each of the {ndim} axes once, got {:?}",
            axes.unwrap_or_default()
        );
    }
    let mut turned = video.with_layout(ordered(video.layout(), &order));
    if turned.layout().is_crosswise() && (turned.is_mmap() || turned.is_scratch()) {
        // Reading each frame would access the whole file.
        turned = map_samples!(turned.samples(), array => turned.with_samples(array.copy()?));
    }
    let first_row = usize::from(ndim > 2);
    let metadata = turned.metadata_mut();
    if order[0] != 0 {
        metadata.fps = None;
    }
    match order.get(first_row..first_row + 2) {
        Some(rows) if rows == [first_row, first_row + 1] => {}
        Some(rows) if rows == [first_row + 1, first_row] => {
            metadata.transpose();
            metadata.origin = metadata.origin.map(|[y, x]| [x, y]);
        }
        _ => (metadata.pixel_size, metadata.origin) = (None, None),
    }
    Ok(turned)
}

/// Layout with its axes in another order.
fn ordered(layout: &Layout, order: &[usize]) -> Layout {
    let shape: Vec<_> = order.iter().map(|axis| layout.shape()[*axis]).collect();
    let strides: Vec<_> = order.iter().map(|axis| layout.strides()[*axis]).collect();
    Layout::new(layout.offset(), &shape, &strides)
}

/// Removes the axes of length 1, or one of them; the last axis is kept. Shares the samples.
pub fn squeeze(video: &Video, axis: Option<i64>) -> Result<Video> {
    let axis = axis
        .map(|axis| axis_of("squeeze", video, axis))
        .transpose()?;
    if let Some(axis) = axis
        && (video.shape()[axis] != 1 || video.ndim() == 1)
    {
        bail!(
            "squeeze cannot drop axis {axis} of {} of shape {}",
            video.kind_with_article(),
            shape_text(video.shape())
        );
    }
    let mut is_gone: Vec<bool> = (0..video.ndim())
        .map(|at| video.shape()[at] == 1 && axis.is_none_or(|axis| axis == at))
        .collect();
    if !is_gone.contains(&false) {
        is_gone[0] = false;
    }
    let kept: Vec<usize> = (0..video.ndim()).filter(|axis| !is_gone[*axis]).collect();
    let mut squeezed = video.with_layout(ordered(video.layout(), &kept));
    forget_axes(squeezed.metadata_mut(), &is_gone);
    Ok(squeezed)
}

/// Joins arrays of one shape along a new axis.
pub fn stack(arrays: Vec<Video>, axis: i64) -> Result<Video> {
    let Some(first) = arrays.first() else {
        bail!("stack needs at least one array, got none");
    };
    let ndim = first.ndim() as i64 + 1;
    if ndim > 4 || !(-ndim..ndim).contains(&axis) {
        bail!(
            "stack makes 1 to 4 axes, got arrays of shape {} and axis {axis}",
            shape_text(first.shape())
        );
    }
    let axis = axis.rem_euclid(ndim) as usize;
    let other = arrays.iter().find(|array| array.shape() != first.shape());
    if let Some(other) = other {
        return Err(misfit("stack", first, other));
    }
    let metadata = first.metadata().clone();
    let insert = |array: &Video| array.with_layout(array.layout().insert_axis(axis));
    let arrays: Vec<_> = arrays.iter().map(insert).collect();
    let mut joined = Video::with_metadata(join(&arrays, axis)?, metadata);
    if axis == 0 {
        joined.metadata_mut().fps = None;
    }
    Ok(joined)
}

/// Joins arrays along an axis; the other axes must be equal.
pub fn concatenate(arrays: &[Video], axis: i64) -> Result<Video> {
    let Some(first) = arrays.first() else {
        bail!("concatenate needs at least one array, got none");
    };
    let axis = axis_of("concatenate", first, axis)?;
    let rest = |array: &Video| {
        let mut shape = array.shape().to_vec();
        (axis < shape.len()).then(|| shape.remove(axis));
        (array.ndim(), shape)
    };
    if let Some(other) = arrays.iter().find(|array| rest(array) != rest(first)) {
        return Err(misfit("concatenate", first, other));
    }
    Ok(Video::with_metadata(
        join(arrays, axis)?,
        first.metadata().clone(),
    ))
}

pub(in crate::ops) fn misfit(function: &str, first: &Video, other: &Video) -> Error {
    Error::new(format!(
        "{function} needs arrays of matching shapes, got {} and {}",
        shape_text(first.shape()),
        shape_text(other.shape())
    ))
}

/// Joins arrays of compatible shapes. They are joined along the first axis in memory, and then
/// viewed as if along another.
fn join(arrays: &[Video], axis: usize) -> Result<Samples> {
    let dtypes = arrays.iter().map(Video::dtype);
    let dtype = dtypes.reduce(common_dtype).expect("at least one array");
    let to_front: Vec<_> = (0..arrays[0].ndim())
        .filter(|other| *other != axis)
        .collect();
    let to_front = [&[axis][..], &to_front].concat();
    let mut back = vec![0; to_front.len()];
    for (at, axis) in to_front.iter().enumerate() {
        back[*axis] = at;
    }
    let turned = |array: &Video| {
        let array = astype(array.clone(), dtype)?;
        Ok(array.with_layout(ordered(array.layout(), &to_front)))
    };
    let arrays = arrays.iter().map(turned).collect::<Result<Vec<_>>>()?;
    with_bits!(dtype, B => {
        let bits = |array: Video| B::unwrap(array.samples().bits()).expect("just converted");
        let joined = join_first::<B>(&arrays.into_iter().map(bits).collect::<Vec<_>>())?;
        let joined = joined.with_layout(ordered(joined.layout(), &back));
        Ok(Samples::from_bits(B::wrap(joined), dtype))
    })
}

fn join_first<T: Element>(arrays: &[Strided<T>]) -> Result<Strided<T>> {
    let mut shape = arrays[0].shape().to_vec();
    shape[0] = arrays.iter().map(|array| array.shape()[0]).sum();
    let mut joined = Strided::<T>::for_writing(&shape)?;
    // A trace is copied as the single row that it is, not sample by sample.
    let is_trace = shape.len() == 1;
    let mut rest = joined.as_mut_slice()?;
    let mut steps = Vec::new();
    for array in arrays.iter().filter(|array| !array.layout().is_empty()) {
        let array = match is_trace {
            true => array.with_layout(array.layout().insert_axis(0)),
            false => array.clone(),
        };
        let (part, others) = rest.split_at_mut(array.layout().len());
        rest = others;
        let frame_len = part.len() / array.shape()[0];
        let frames = (STEP / frame_len).max(1);
        for (step, part) in part.chunks_mut(frames * frame_len).enumerate() {
            steps.push((array.clone(), step * frames, frame_len, part));
        }
    }
    task::for_each("joining", steps, |(array, first, frame_len, part)| {
        for (frame, part) in (first..).zip(part.chunks_mut(frame_len)) {
            read_run(&array, frame, 0..frame_len, part);
        }
        Ok(())
    })?;
    Ok(joined)
}

/// Common sample type of two types, as in NumPy.
pub(in crate::ops) fn common_dtype(a: DType, b: DType) -> DType {
    let is_signed = |dtype| matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
    let (small, large) = if a.size() <= b.size() { (a, b) } else { (b, a) };
    match (a, b) {
        _ if a == b => a,
        (DType::Bool, other) | (other, DType::Bool) => other,
        _ if a.is_float() || b.is_float() => {
            let is_single = |dtype: DType| dtype == DType::F32 || dtype.size() <= 2;
            if is_single(a) && is_single(b) {
                DType::F32
            } else {
                DType::F64
            }
        }
        _ if is_signed(a) == is_signed(b) => large,
        // A signed type holds an unsigned one only if it is larger.
        _ if is_signed(large) && large.size() > small.size() => large,
        _ => match large.size() {
            1 => DType::I16,
            2 => DType::I32,
            4 => DType::I64,
            _ => DType::F64,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, ramp, values, video};

    #[test]
    fn reshaping_shares_what_lies_in_order() {
        let array = ramp(&[4, 6]);
        let reshaped = reshape(&array, &[2, -1, 3]).unwrap();
        assert_eq!(
            (reshaped.shape(), address(&reshaped)),
            (&[2, 4, 3][..], address(&array))
        );
        let turned = reshape(&transpose(&array, None).unwrap(), &[-1]).unwrap();
        assert_eq!(values(&turned)[..3], [0.0, 6.0, 12.0]);
        let cropped = array.with_layout(array.layout().slice(0, 2, 2, 1));
        assert_eq!(values(&reshape(&cropped, &[12]).unwrap())[0], 12.0);
        for shape in [
            &[5, -1][..],
            &[-1, -1],
            &[24, -2],
            &[],
            &[i64::MAX, 4],
            &[0, -1],
        ] {
            assert!(reshape(&array, shape).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn axes_are_swapped_and_removed() {
        let array = ramp(&[2, 1, 3]);
        let turned = transpose(&array, Some(&[2, 0, -2])).unwrap();
        assert_eq!((turned.shape(), values(&turned)[1]), (&[3, 2, 1][..], 3.0));
        assert!(transpose(&array, Some(&[0, 0, 1])).is_err());
        assert_eq!(squeeze(&array, None).unwrap().shape(), [2, 3]);
        assert!(squeeze(&array, Some(0)).is_err());
        assert_eq!(squeeze(&ramp(&[1, 1]), None).unwrap().shape(), [1]);
    }

    #[test]
    fn arrays_are_joined_along_any_axis() {
        let (a, b) = (ramp(&[2, 3]), ramp(&[2, 3]));
        let stacked = stack(vec![a.clone(), b.clone()], -1).unwrap();
        assert_eq!(
            (stacked.shape(), &values(&stacked)[..4]),
            (&[2, 3, 2][..], &[0.0, 0.0, 1.0, 1.0][..])
        );
        let joined = concatenate(&[a.clone(), b], 1).unwrap();
        assert_eq!(values(&joined)[..7], [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0]);
        let traces = [video(&[2], vec![1u8, 2]), video(&[1], vec![-3i8])];
        let joined = concatenate(&traces, 0).unwrap();
        assert_eq!(
            (values(&joined), joined.dtype()),
            (vec![1.0, 2.0, -3.0], DType::I16)
        );
        assert!(concatenate(&[a.clone(), ramp(&[2, 4])], 0).is_err());
        assert!(stack(vec![], 0).is_err() && stack(vec![a], 3).is_err());
    }

    #[test]
    fn common_types_are_those_of_numpy() {
        use DType::*;
        let expected = [
            (Bool, U8, U8),
            (U8, I8, I16),
            (U16, I32, I32),
            (U32, I32, I64),
            (U64, I64, F64),
            (F32, U16, F32),
            (F32, I32, F64),
            (F64, F32, F64),
            (I8, I64, I64),
            (U8, I64, I64),
        ];
        for (a, b, common) in expected {
            assert_eq!((common_dtype(a, b), common_dtype(b, a)), (common, common));
        }
    }
}
