//! Mapping of the axes of an array to those of a video.

use super::ome::{self, ZarrAxis};
use crate::bail;
use crate::error::{Error, Result};
use crate::video::{Layout, shape_text};

/// The loaded part of an array, and its mapping to a video.
#[derive(Debug, PartialEq)]
pub(super) struct Axes {
    /// The loaded axes of the array, that of the frames first, the others in the order of the
    /// array; `None` is an added axis of length 1.
    pub(super) loaded: Vec<Option<usize>>,
    /// Their lengths.
    lens: Vec<usize>,
    /// Their order in the video.
    order: Vec<usize>,
}

/// Names of the axes in the default order, which needs no names.
const USUAL: [&str; 4] = ["t", "ty", "tyx", "tyxc"];

impl Axes {
    /// Finds the axes of a video among those of an array: from the axes of its image, else from its
    /// axis names, else from the number of axes.
    pub(super) fn new(
        shape: &[usize],
        image: Option<&[ZarrAxis]>,
        names: &[String],
    ) -> Result<Self> {
        if let Some(axes) = image {
            return Self::named(shape, axes);
        }
        let axes = ome::from_names(names.iter().cloned());
        let letters: Option<String> = axes.iter().map(|axis| axis.letter).collect();
        let is_usual = |letters: &str| letters == "yx" || USUAL.contains(&letters);
        match letters {
            Some(letters) if axes.len() == shape.len() && !is_usual(&letters) => {
                Self::named(shape, &axes)
            }
            _ => Self::unnamed(shape),
        }
    }

    fn named(shape: &[usize], axes: &[ZarrAxis]) -> Result<Self> {
        let names: Vec<String> = axes.iter().map(ZarrAxis::to_string).collect();
        let names = names.join(", ");
        if axes.len() != shape.len() {
            let shape = shape_text(shape);
            bail!("its array has the shape {shape}, but its axes are named {names}");
        }
        let find = |letter: char| axes.iter().position(|axis| axis.letter == Some(letter));
        let long = |letter: char| find(letter).filter(|axis| shape[*axis] != 1);
        for (axis, len) in axes.iter().zip(shape) {
            if axis.letter.is_none() && *len != 1 {
                bail!(
                    "its axis `{axis}` of length {len} is not time, depth, a pixel axis or channel"
                );
            }
        }
        let (Some(y), Some(x)) = (find('y'), find('x')) else {
            bail!("its axes are {names}, without `y` and `x`");
        };
        let frames = match (long('t'), long('z')) {
            (Some(_), Some(_)) => {
                let error = "its array has both times and depths, but a video has only one of them";
                return Err(Error::new(error).hint("save one depth by itself"));
            }
            (time, depth) => time.or(depth).or(find('t')).or(find('z')),
        };
        let channel = long('c');
        let video = [Some(y), Some(x), channel];
        let mut rest: Vec<usize> = video.into_iter().flatten().collect();
        rest.sort_unstable();
        let loaded: Vec<Option<usize>> = std::iter::once(frames)
            .chain(rest.into_iter().map(Some))
            .collect();
        let order = [
            Some(frames),
            Some(Some(y)),
            Some(Some(x)),
            channel.map(Some),
        ];
        let position = |axis: Option<usize>| loaded.iter().position(|loaded| *loaded == axis);
        let order = order.into_iter().flatten().filter_map(position).collect();
        Self::checked(shape, loaded, order)
    }

    fn unnamed(shape: &[usize]) -> Result<Self> {
        let is_pixel = |axis: usize| shape.len() <= 4 || axis + 2 >= shape.len();
        let kept = (0..shape.len()).filter(|axis| shape[*axis] != 1 || is_pixel(*axis));
        let loaded: Vec<Option<usize>> = kept.map(Some).collect();
        let order = (0..loaded.len()).collect();
        Self::checked(shape, loaded, order)
    }

    fn checked(shape: &[usize], loaded: Vec<Option<usize>>, order: Vec<usize>) -> Result<Self> {
        let lens: Vec<usize> = loaded
            .iter()
            .map(|axis| axis.map_or(1, |axis| shape[axis]))
            .collect();
        if lens.is_empty() || lens.len() > 4 {
            let error = Error::new(format!(
                "its array has the shape {}, but a video has 1 to 4 axes",
                shape_text(shape)
            ));
            return Err(error.hint("save one channel or one depth by itself"));
        }
        Ok(Self {
            loaded,
            lens,
            order,
        })
    }

    /// The axis of the array along which the frames are.
    pub(super) fn frames(&self) -> Option<usize> {
        self.loaded[0]
    }

    /// The shape of the video.
    pub(super) fn video_shape(&self) -> Vec<usize> {
        self.order.iter().map(|axis| self.lens[*axis]).collect()
    }

    /// Layout as a video of samples loaded in the order of the array.
    pub(super) fn video_layout(&self, layout: &Layout) -> Layout {
        let mut layout = layout.clone();
        let mut current: Vec<usize> = (0..self.order.len()).collect();
        for (position, axis) in self.order.iter().enumerate() {
            let found = current.iter().position(|current| current == axis);
            let found = found.expect("an order of all axes");
            layout = layout.swap(position, found);
            current.swap(position, found);
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &str) -> Vec<ZarrAxis> {
        ome::from_names(names.chars().map(|name| name.to_string()))
    }

    #[test]
    fn axes_become_those_of_a_video() {
        let shape = |shape: &[usize], names: &str| {
            let axes = named(names);
            let image = (!names.is_empty()).then_some(&axes[..]);
            Axes::new(shape, image, &[]).map(|axes| axes.video_shape())
        };
        assert_eq!(shape(&[9, 1, 1, 5, 6], "tczyx").unwrap(), [9, 5, 6]);
        assert_eq!(shape(&[1, 1, 9, 5, 6], "tczyx").unwrap(), [9, 5, 6]);
        assert_eq!(shape(&[9, 2, 1, 5, 6], "tczyx").unwrap(), [9, 5, 6, 2]);
        assert_eq!(shape(&[1, 2, 1, 5, 6], "tczyx").unwrap(), [1, 5, 6, 2]);
        assert_eq!(shape(&[1, 1, 1, 5, 6], "tczyx").unwrap(), [1, 5, 6]);
        assert_eq!(shape(&[5, 6], "yx").unwrap(), [1, 5, 6]);
        assert_eq!(shape(&[6, 5, 2, 9], "xyct").unwrap(), [9, 5, 6, 2]);
        assert_eq!(shape(&[9, 1, 5, 1], "tcyx").unwrap(), [9, 5, 1]);
        assert_eq!(shape(&[9, 1, 5, 1], "").unwrap(), [9, 1, 5, 1]);
        assert_eq!(shape(&[1, 9, 1, 5, 6], "").unwrap(), [9, 5, 6]);
        assert!(shape(&[9, 2, 3, 5, 6], "tczyx").is_err());
        assert!(shape(&[9, 1, 3, 5, 6], "tczyx").is_err());
        assert!(shape(&[9, 5, 6], "tczyx").is_err());
        assert!(shape(&[9, 2, 5, 6], "tayx").is_err());
        assert!(shape(&[9, 5], "ty").is_err());
        assert_eq!(shape(&[0, 5, 6], "").unwrap(), [0, 5, 6]);
        assert!(shape(&[2, 3, 4, 5, 6], "").is_err());
    }

    #[test]
    fn names_of_an_array_count_where_their_order_is_another() {
        let shape = |shape: &[usize], names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Axes::new(shape, None, &names).unwrap().video_shape()
        };
        assert_eq!(shape(&[6, 5, 9], &["x", "y", "time"]), [9, 5, 6]);
        assert_eq!(
            shape(&[9, 2, 5, 6], &["time", "channel", "y", "x"]),
            [9, 5, 6, 2]
        );
        assert_eq!(shape(&[9, 5, 6, 1], &["t", "y", "x", "c"]), [9, 5, 6, 1]);
        assert_eq!(shape(&[5, 6], &["y", "x"]), [5, 6]);
        assert_eq!(shape(&[9, 5, 6], &["a", "lat", "lon"]), [9, 5, 6]);
    }

    #[test]
    fn samples_lie_in_the_order_of_the_video() {
        let axes = Axes::new(&[6, 5, 2, 9], Some(&named("xyct")), &[]).unwrap();
        assert_eq!(axes.loaded, [Some(3), Some(0), Some(1), Some(2)]);
        let layout = axes.video_layout(&Layout::contiguous(&[9, 6, 5, 2]));
        assert_eq!(layout.shape(), [9, 5, 6, 2]);
        assert_eq!(layout.strides(), [60, 2, 10, 1]);
    }
}
