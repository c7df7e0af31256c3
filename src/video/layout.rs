//! Layout of an array in memory: views are arithmetic on offset, shape and strides.

/// Offset, shape and strides of an array in its storage, counted in samples.
///
/// A frame, a range, every n-th frame, a crop, a flip or a rotation differs only in these numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
}

impl Layout {
    /// Row-major order from the start of the storage: the last axis varies fastest.
    pub fn contiguous(shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].max(1) as isize;
        }
        Self {
            offset: 0,
            shape: shape.to_vec(),
            strides,
        }
    }

    /// Creates any layout.
    ///
    /// # Panics
    /// If the number of strides is not the number of axes.
    pub fn new(offset: usize, shape: &[usize], strides: &[isize]) -> Self {
        assert_eq!(shape.len(), strides.len(), "one stride for each axis");
        Self {
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        }
    }

    /// Offset in storage of the element at index 0 of every axis.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Distance between neighbors along each axis.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Whether the elements are contiguous in row-major order.
    pub fn is_contiguous(&self) -> bool {
        self.is_contiguous_from(0)
    }

    /// Whether the elements of one index of the first axis (a frame) are contiguous.
    pub fn has_contiguous_frames(&self) -> bool {
        self.is_contiguous_from(1)
    }

    /// Number of samples of a frame that are one after the other in memory, counted from each multiple
    /// of it in row-major order: all, those of a row, or 1.
    pub fn run_len(&self) -> usize {
        let mut axes = 1..self.shape.len().max(1);
        let axis = axes.find(|axis| self.is_contiguous_from(*axis));
        axis.map_or(1, |axis| {
            self.shape[axis..].iter().product::<usize>().max(1)
        })
    }

    /// Index in the storage of a sample of a frame, counted in row-major order.
    pub fn index_in_frame(&self, frame: usize, mut sample: usize) -> usize {
        let mut index = self.offset;
        let inner = self.shape.iter().zip(&self.strides).skip(1);
        for (&len, &stride) in inner.rev() {
            index = index.wrapping_add_signed((sample % len) as isize * stride);
            sample /= len;
        }
        let stride = self.strides.first().copied().unwrap_or(0);
        index.wrapping_add_signed(frame as isize * stride)
    }

    /// Whether neighbors along the first axis are neighbors in memory: the samples of each frame
    /// are then spread over the whole storage.
    pub fn is_crosswise(&self) -> bool {
        let is_next = |axis: &(&usize, &isize)| *axis.0 > 1 && axis.1.unsigned_abs() == 1;
        let mut axes = self.shape.iter().zip(&self.strides);
        axes.next().as_ref().is_some_and(is_next)
            && axes.next_back().is_some_and(|axis| *axis.0 > 1)
    }

    fn is_contiguous_from(&self, first_axis: usize) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut expected = 1;
        for axis in (first_axis..self.shape.len()).rev() {
            if self.shape[axis] != 1 && self.strides[axis] != expected {
                return false;
            }
            expected *= self.shape[axis] as isize;
        }
        true
    }

    /// Whether the elements fill a contiguous range of memory, in any order of axes and directions.
    pub fn is_dense(&self) -> bool {
        let axes = self.shape.iter().zip(&self.strides);
        let mut axes: Vec<_> = axes.filter(|(len, _)| **len != 1).collect();
        axes.sort_by_key(|(_, stride)| stride.unsigned_abs());
        let mut expected = 1;
        axes.iter().all(|(len, stride)| {
            let fits = stride.unsigned_abs() == expected;
            expected *= **len;
            fits
        })
    }

    /// Lowest offset in storage and one past the highest; `None` on arithmetic overflow.
    pub fn bounds(&self) -> Option<(usize, usize)> {
        if self.is_empty() {
            return Some((0, 0));
        }
        let (mut low, mut high) = (self.offset, self.offset);
        for (&len, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = stride.unsigned_abs().checked_mul(len - 1)?;
            if stride < 0 {
                low = low.checked_sub(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        Some((low, high.checked_add(1)?))
    }

    /// `len` elements along `axis` from index `start`, `step` apart.
    ///
    /// # Panics
    /// If the range exceeds the axis.
    pub fn slice(&self, axis: usize, start: usize, len: usize, step: isize) -> Self {
        let last = start as isize + step * len.saturating_sub(1) as isize;
        let inside = len == 0
            || (start < self.shape[axis] && (0..self.shape[axis] as isize).contains(&last));
        assert!(inside, "slice within the axis");
        let mut layout = self.clone();
        layout.shape[axis] = len;
        if len > 0 {
            layout.offset = layout
                .offset
                .wrapping_add_signed(start as isize * self.strides[axis]);
        }
        if len > 1 {
            layout.strides[axis] *= step;
        }
        layout
    }

    /// Elements at one index of `axis`, without that axis.
    ///
    /// # Panics
    /// If the index exceeds the axis.
    pub fn index(&self, axis: usize, index: usize) -> Self {
        let mut layout = self.slice(axis, index, 1, 1);
        layout.shape.remove(axis);
        layout.strides.remove(axis);
        layout
    }

    /// Reverses `axis`.
    pub fn flip(&self, axis: usize) -> Self {
        let len = self.shape[axis];
        self.slice(axis, len.saturating_sub(1), len, -1)
    }

    /// Swaps two axes.
    pub fn swap(&self, a: usize, b: usize) -> Self {
        let mut layout = self.clone();
        layout.shape.swap(a, b);
        layout.strides.swap(a, b);
        layout
    }

    /// Broadcasts to a shape by NumPy's rules: axes of length 1 and missing leading axes are
    /// stretched; `None` if the shapes are not compatible.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let missing = shape.len().checked_sub(self.shape.len())?;
        let mut strides = vec![0; missing];
        for ((&len, &stride), &wanted) in
            self.shape.iter().zip(&self.strides).zip(&shape[missing..])
        {
            match len {
                _ if len == wanted => strides.push(stride),
                1 => strides.push(0),
                _ => return None,
            }
        }
        Some(Self::new(self.offset, shape, &strides))
    }

    /// Inserts a new axis of length 1 before `axis`.
    pub fn insert_axis(&self, axis: usize) -> Self {
        let mut layout = self.clone();
        layout.shape.insert(axis, 1);
        layout.strides.insert(axis, 0);
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flipping_twice_is_the_identity() {
        let layout = Layout::contiguous(&[3, 4, 5]);
        assert_eq!(layout.flip(1).flip(1), layout);
        assert!(!layout.flip(1).is_contiguous());
    }

    #[test]
    fn turned_frames_are_dense_and_cropped_ones_are_not() {
        let layout = Layout::contiguous(&[3, 4, 5]);
        assert!(layout.swap(1, 2).flip(1).flip(0).is_dense());
        assert!(layout.slice(0, 1, 2, 1).is_dense());
        assert!(!layout.slice(2, 1, 3, 1).is_dense());
        assert!(!layout.slice(0, 0, 2, 2).is_dense());
    }

    #[test]
    fn bounds_cover_negative_strides() {
        let layout = Layout::contiguous(&[3, 4]).flip(0).flip(1);
        assert_eq!(layout.offset(), 11);
        assert_eq!(layout.bounds(), Some((0, 12)));
    }

    #[test]
    fn frames_of_every_second_frame_are_contiguous() {
        let layout = Layout::contiguous(&[6, 4, 5]).slice(0, 1, 3, 2);
        assert_eq!((layout.offset(), layout.shape()), (20, &[3, 4, 5][..]));
        assert!(layout.has_contiguous_frames() && !layout.is_contiguous());
    }

    #[test]
    fn runs_are_frames_rows_or_samples() {
        let layout = Layout::contiguous(&[4, 6, 8]);
        assert_eq!(layout.run_len(), 48);
        let cropped = layout.slice(1, 1, 4, 1).slice(2, 2, 5, 1);
        assert_eq!(cropped.run_len(), 5);
        assert_eq!(cropped.index_in_frame(2, 5), 2 * 48 + 2 * 8 + 2);
        assert_eq!(cropped.flip(1).run_len(), 5);
        assert_eq!(cropped.flip(1).index_in_frame(2, 5), 2 * 48 + 3 * 8 + 2);
        assert_eq!(layout.flip(2).run_len(), 1);
        assert_eq!(layout.swap(1, 2).run_len(), 1);
        assert_eq!(Layout::contiguous(&[4]).run_len(), 1);
    }

    #[test]
    fn huge_layouts_have_no_bounds_instead_of_wrapping() {
        let layout = Layout::new(0, &[usize::MAX, 2], &[isize::MAX, 1]);
        assert_eq!(layout.bounds(), None);
    }
}
