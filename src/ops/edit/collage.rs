//! Collages: videos arranged in a grid.

use crate::bail;
use crate::error::Result;
use crate::ops::array::elementwise::{Operand, typed};
use crate::ops::array::shape::{common_dtype, misfit};
use crate::task;
use crate::video::{Element, Strided, Video, read_run, shape_text, with_dtype};

/// Arrangement of the videos.
#[derive(Debug, Clone)]
pub struct Collage {
    /// Number of videos in a row.
    pub ncols: usize,
    /// Number of pixels between videos.
    pub padding: usize,
    /// Fill value between videos and in empty cells: a number, or one per channel.
    pub padding_value: Operand,
}

/// Arranges videos of one shape, or images, in rows of `ncols`; empty cells complete the last row.
pub fn collage(videos: &[Video], options: &Collage) -> Result<Video> {
    let Some(first) = videos.first() else {
        bail!("collage needs at least one video, got none");
    };
    if options.ncols == 0 {
        bail!("collage needs `ncols` to be at least 1, got 0");
    }
    if let Some(other) = videos.iter().find(|video| video.shape() != first.shape()) {
        return Err(misfit("collage", first, other));
    }
    match first.ndim() {
        2 => {
            let frame = |video: &Video| video.with_layout(video.layout().insert_axis(0));
            let videos: Vec<_> = videos.iter().map(frame).collect();
            let image = collage(&videos, options)?;
            return Ok(image.with_layout(image.layout().index(0, 0)));
        }
        3 | 4 if !first.is_empty() => (),
        _ => bail!(
            "collage needs images or videos with frames, got shape {}",
            shape_text(first.shape())
        ),
    }
    let dtypes = videos.iter().map(Video::dtype);
    let dtype = dtypes.reduce(common_dtype).unwrap_or(first.dtype());
    let mut result = with_dtype!(dtype, T => arrange::<T>(videos, options)?);
    if result.metadata().origin.is_some() {
        result.metadata_mut().origin = None;
    }
    Ok(result)
}

fn arrange<T: Element>(videos: &[Video], options: &Collage) -> Result<Video> {
    let first = &videos[0];
    let [rows, cols] = [first.shape()[1], first.shape()[2]];
    let channels = first.shape().get(3).copied().unwrap_or(1);
    let grid_rows = videos.len().div_ceil(options.ncols);
    let length = |cells: usize, len: usize| {
        let padding = (cells - 1).checked_mul(options.padding)?;
        cells.checked_mul(len)?.checked_add(padding)
    };
    let sizes = (length(grid_rows, rows), length(options.ncols, cols));
    let (Some(height), Some(width)) = sizes else {
        let (ncols, padding) = (options.ncols, options.padding);
        bail!("collage cannot make {ncols} columns with a `padding` of {padding}");
    };
    let mut shape = first.shape().to_vec();
    (shape[1], shape[2]) = (height, width);
    let empty = padding_pixel::<T>(first, channels, &options.padding_value)?;
    let sources = videos.iter().map(|video| {
        let video = crate::ops::array::elementwise::astype(video.clone(), T::DTYPE)?;
        Ok(T::unwrap(video.into_parts().0).expect("just converted"))
    });
    let sources = sources.collect::<Result<Vec<Strided<T>>>>()?;
    let mut result = Strided::<T>::for_writing(&shape)?;
    let frame_len = height * width * channels;
    let is_covered = options.padding == 0 && videos.len().is_multiple_of(options.ncols);
    let frames = result.as_mut_slice()?.chunks_mut(frame_len).enumerate();
    task::for_each("arranging", frames, |(frame, out)| {
        if !is_covered {
            fill_pixels(out, &empty);
        }
        for (cell, source) in sources.iter().enumerate() {
            let top = cell / options.ncols * (rows + options.padding);
            let left = cell % options.ncols * (cols + options.padding);
            for row in 0..rows {
                let offset = ((top + row) * width + left) * channels;
                let run = row * cols * channels..(row + 1) * cols * channels;
                let out = &mut out[offset..offset + run.len()];
                read_run(source, frame, run, out);
            }
        }
        Ok(())
    })?;
    Ok(first.with_samples(result))
}

/// Samples of a pixel outside of the videos; they must fit the type of the first video.
fn padding_pixel<T: Element>(first: &Video, channels: usize, value: &Operand) -> Result<Vec<T>> {
    match value {
        Operand::Array(array) if array.shape() != [channels] || first.ndim() == 3 => bail!(
            "collage needs `padding_value` to be a number or {channels} of them, got shape {}",
            shape_text(array.shape())
        ),
        Operand::Float(value) if value.is_nan() && T::DTYPE.is_float() => {
            return Ok(vec![T::from_f64(*value); channels]);
        }
        _ => (),
    }
    with_dtype!(first.dtype(), F => typed::<F>(value, &[channels]).map(drop))?;
    let mut pixel = vec![T::default(); channels];
    let input = typed::<T>(value, &[channels])?;
    input.read(
        &crate::ops::kernel::ChunkPlan::of(input.layout()),
        0,
        &mut pixel,
    );
    Ok(pixel)
}

fn fill_pixels<T: Element>(out: &mut [T], pixel: &[T]) {
    match pixel {
        [sample] => out.fill(*sample),
        _ => out
            .chunks_exact_mut(pixel.len())
            .for_each(|out| out.copy_from_slice(pixel)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{ramp, values, video};
    use crate::video::DType;

    fn options(ncols: usize, padding: usize, padding_value: Operand) -> Collage {
        Collage {
            ncols,
            padding,
            padding_value,
        }
    }

    #[test]
    fn cells_without_a_video_are_padding() {
        let videos = [1u8, 2, 3].map(|value| video(&[1, 1, 2], vec![value; 2]));
        let grid = collage(&videos, &options(2, 1, Operand::Int(9))).unwrap();
        assert_eq!(grid.shape(), [1, 3, 5]);
        let expected = [[1, 1, 9, 2, 2], [9; 5], [3, 3, 9, 9, 9]].concat();
        assert_eq!(
            values(&grid),
            expected.into_iter().map(f64::from).collect::<Vec<_>>()
        );
    }

    #[test]
    fn colors_and_types_are_common() {
        let videos = [
            video(&[1, 1, 1, 3], vec![1u8; 3]),
            video(&[1, 1, 1, 3], vec![0.5f32; 3]),
        ];
        let color = Operand::Array(video(&[3], vec![7u8, 8, 9]));
        let grid = collage(&videos, &options(2, 1, color.clone())).unwrap();
        assert_eq!(grid.dtype(), DType::F32);
        assert_eq!(values(&grid), [1., 1., 1., 7., 8., 9., 0.5, 0.5, 0.5]);
        assert!(collage(&[ramp(&[1, 1, 1])], &options(2, 1, color)).is_err());
    }

    #[test]
    fn images_make_an_image() {
        let grid = collage(
            &[ramp(&[1, 2]), ramp(&[1, 2])],
            &options(1, 0, Operand::Int(0)),
        );
        assert_eq!(grid.unwrap().shape(), [2, 2]);
    }

    #[test]
    fn what_cannot_be_arranged_is_an_error() {
        let zero = || Operand::Int(0);
        assert!(collage(&[], &options(2, 0, zero())).is_err());
        assert!(collage(&[ramp(&[1, 2, 2])], &options(0, 0, zero())).is_err());
        assert!(collage(&[ramp(&[1, 2, 2])], &options(9, usize::MAX, zero())).is_err());
        let different = [ramp(&[1, 2, 2]), ramp(&[1, 2, 3])];
        assert!(collage(&different, &options(2, 0, zero())).is_err());
        let bytes = [video(&[1, 1, 1], vec![1u8])];
        assert!(collage(&bytes, &options(2, 0, Operand::Int(300))).is_err());
    }
}
