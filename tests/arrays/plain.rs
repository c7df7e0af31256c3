//! Arrays as simply as can be: a list of samples, and loops over coordinates.

use optimap::video::{DType, Samples, Strided, Video};

/// A sample: an int with all its digits, or a float.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    Int(i128),
    Float(f64),
}

impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Sample::Int(a), Sample::Int(b)) => a == b,
            (Sample::Float(a), Sample::Float(b)) => a == b || a.is_nan() && b.is_nan(),
            _ => false,
        }
    }
}

impl Sample {
    pub(super) fn float(self) -> f64 {
        match self {
            Sample::Int(int) => int as f64,
            Sample::Float(float) => float,
        }
    }

    pub(super) fn is_nan(self) -> bool {
        self.float().is_nan()
    }

    pub(super) fn is_zero(self) -> bool {
        self.float() == 0.0
    }

    /// Compares as numbers on paper; `None` with NaN.
    pub(super) fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Sample::Int(a), Sample::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    /// As a sample of a type: toward zero, and saturated.
    pub(super) fn cast(self, dtype: DType) -> Self {
        match dtype {
            DType::F32 => Sample::Float(match self {
                Sample::Int(int) => f64::from(int as f32),
                Sample::Float(float) => f64::from(float as f32),
            }),
            DType::F64 => Sample::Float(self.float()),
            DType::Bool => Sample::Int((self.is_nan() || !self.is_zero()).into()),
            _ => {
                let (low, high) = limits(dtype);
                Sample::Int(match self {
                    Sample::Int(int) => int.clamp(low, high),
                    Sample::Float(float) => (float as i128).clamp(low, high),
                })
            }
        }
    }
}

/// The smallest and the largest int of a type.
pub(super) fn limits(dtype: DType) -> (i128, i128) {
    match dtype {
        DType::Bool => (0, 1),
        DType::U8 => (0, u8::MAX.into()),
        DType::U16 => (0, u16::MAX.into()),
        DType::U32 => (0, u32::MAX.into()),
        DType::U64 => (0, u64::MAX.into()),
        DType::I8 => (i8::MIN.into(), i8::MAX.into()),
        DType::I16 => (i16::MIN.into(), i16::MAX.into()),
        DType::I32 => (i32::MIN.into(), i32::MAX.into()),
        DType::I64 => (i64::MIN.into(), i64::MAX.into()),
        DType::F32 | DType::F64 => panic!("a type of ints"),
    }
}

/// An array of any number of axes in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plain {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    pub(super) samples: Vec<Sample>,
}

impl Plain {
    /// An array whose samples follow from their coordinates.
    pub(super) fn new(
        dtype: DType,
        shape: &[usize],
        mut sample: impl FnMut(&[usize]) -> Sample,
    ) -> Self {
        let mut samples = Vec::new();
        for_each(shape, |coordinates| samples.push(sample(coordinates)));
        Self {
            dtype,
            shape: shape.to_vec(),
            samples,
        }
    }

    pub(super) fn at(&self, coordinates: &[usize]) -> Sample {
        self.samples[self.index(coordinates)]
    }

    pub(super) fn set(&mut self, coordinates: &[usize], sample: Sample) {
        let index = self.index(coordinates);
        self.samples[index] = sample;
    }

    fn index(&self, coordinates: &[usize]) -> usize {
        let axes = coordinates.iter().zip(&self.shape);
        axes.fold(0, |index, (at, len)| {
            assert!(at < len);
            index * len + at
        })
    }

    /// The sample at a place of a shape that the array is stretched to.
    pub(super) fn stretched(&self, coordinates: &[usize]) -> Sample {
        let coordinates = &coordinates[coordinates.len() - self.shape.len()..];
        let coordinates = coordinates.iter().zip(&self.shape);
        let coordinates: Vec<_> = coordinates
            .map(|(at, len)| if *len == 1 { 0 } else { *at })
            .collect();
        self.at(&coordinates)
    }

    /// The same samples as the program keeps them.
    pub(super) fn video(&self) -> Video {
        let (shape, samples) = (&self.shape, &self.samples);
        macro_rules! ints {
            ($type:ty) => {{
                let samples = samples.iter().map(|sample| match sample {
                    Sample::Int(int) => <$type>::try_from(*int).unwrap(),
                    Sample::Float(_) => panic!("ints of an int type"),
                });
                Video::new(Strided::from_vec(shape, samples.collect()))
            }};
        }
        let floats = samples.iter().map(|sample| sample.float());
        match self.dtype {
            DType::Bool => Video::new(Strided::from_vec(shape, floats.map(|v| v != 0.0).collect())),
            DType::U8 => ints!(u8),
            DType::U16 => ints!(u16),
            DType::U32 => ints!(u32),
            DType::U64 => ints!(u64),
            DType::I8 => ints!(i8),
            DType::I16 => ints!(i16),
            DType::I32 => ints!(i32),
            DType::I64 => ints!(i64),
            DType::F32 => Video::new(Strided::from_vec(shape, floats.map(|v| v as f32).collect())),
            DType::F64 => Video::new(Strided::from_vec(shape, floats.collect())),
        }
    }

    /// What a video holds, read sample by sample.
    pub(super) fn of(video: &Video) -> Self {
        macro_rules! read {
            ($array:expr, $sample:expr) => {
                $array.view().iter().map(|value| $sample(*value)).collect()
            };
        }
        fn int<T: Into<i128>>(value: T) -> Sample {
            Sample::Int(value.into())
        }
        fn float<T: Into<f64>>(value: T) -> Sample {
            Sample::Float(value.into())
        }
        let samples = match video.samples() {
            Samples::Bool(array) => read!(array, |flag: bool| int(i8::from(flag))),
            Samples::U8(array) => read!(array, int::<u8>),
            Samples::U16(array) => read!(array, int::<u16>),
            Samples::U32(array) => read!(array, int::<u32>),
            Samples::U64(array) => read!(array, int::<u64>),
            Samples::I8(array) => read!(array, int::<i8>),
            Samples::I16(array) => read!(array, int::<i16>),
            Samples::I32(array) => read!(array, int::<i32>),
            Samples::I64(array) => read!(array, int::<i64>),
            Samples::F32(array) => read!(array, float::<f32>),
            Samples::F64(array) => read!(array, float::<f64>),
        };
        Self {
            dtype: video.dtype(),
            shape: video.shape().to_vec(),
            samples,
        }
    }

    /// The axes in another order.
    pub(super) fn transposed(&self, axes: &[usize]) -> Self {
        let shape: Vec<_> = axes.iter().map(|axis| self.shape[*axis]).collect();
        Self::new(self.dtype, &shape, |coordinates| {
            let mut from = vec![0; coordinates.len()];
            for (at, axis) in coordinates.iter().zip(axes) {
                from[*axis] = *at;
            }
            self.at(&from)
        })
    }

    /// Some places of an axis, in the order given.
    pub(super) fn taken(&self, axis: usize, selected: &[usize]) -> Self {
        let mut shape = self.shape.clone();
        shape[axis] = selected.len();
        Self::new(self.dtype, &shape, |coordinates| {
            let mut from = coordinates.to_vec();
            from[axis] = selected[coordinates[axis]];
            self.at(&from)
        })
    }

    pub(super) fn flipped(&self, axis: usize) -> Self {
        let selected: Vec<_> = (0..self.shape[axis]).rev().collect();
        self.taken(axis, &selected)
    }
}

/// All coordinates of a shape in row-major order.
pub(super) fn for_each(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let len: usize = shape.iter().product();
    for mut index in 0..len {
        let mut coordinates = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            coordinates[axis] = index % shape[axis];
            index /= shape[axis];
        }
        visit(&coordinates);
    }
}

/// The shape that two shapes are stretched to.
pub(super) fn common_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let ndim = a.len().max(b.len());
    let at = |shape: &[usize], axis: usize| {
        let missing = ndim - shape.len();
        if axis < missing {
            1
        } else {
            shape[axis - missing]
        }
    };
    (0..ndim)
        .map(|axis| match (at(a, axis), at(b, axis)) {
            (a, b) if a == b || b == 1 => Some(a),
            (1, b) => Some(b),
            _ => None,
        })
        .collect()
}
