//! Random arrays, seen in random ways.

use optimap::io::{FrameSelection, LoadOptions, load_video, save_video};
use optimap::ops::array::{index, shape};
use optimap::ops::edit::geometry;
use optimap::video::{DType, Video};

use super::plain::{Plain, Sample, limits};

/// Random numbers that follow from a seed.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mix = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mix = (mix ^ (mix >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mix ^ (mix >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A sample of a type: often small, sometimes at the limits, NaN or infinite.
    pub(super) fn sample(&mut self, dtype: DType) -> Sample {
        let small = self.below(2000) as f64 / 8.0 - 100.0;
        if dtype.is_float() {
            return Sample::Float(match self.below(40) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => 0.0,
                _ => small,
            });
        }
        let (low, high) = limits(dtype);
        match self.below(20) {
            0 => Sample::Int(low + self.below(2) as i128),
            1 => Sample::Int(high - self.below(2) as i128),
            _ => Sample::Float(small).cast(dtype),
        }
    }

    pub(super) fn array(&mut self, dtype: DType, shape: &[usize]) -> Plain {
        Plain::new(dtype, shape, |_| self.sample(dtype))
    }

    /// A shape that can be stretched to another, or nearly.
    pub(super) fn part_of(&mut self, shape: &[usize]) -> Vec<usize> {
        let mut part = shape[self.below(shape.len())..].to_vec();
        for len in &mut part {
            *len = match self.below(12) {
                0..=2 => 1,
                3 => *len + 1,
                _ => *len,
            };
        }
        part
    }
}

/// An array and what it should hold.
pub(super) struct Case {
    pub(super) random: Random,
    pub(super) video: Video,
    pub(super) plain: Plain,
}

impl Case {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let ndim = random.of(&[1, 2, 3, 3, 3, 4]);
        let least = usize::from(!random.one_in(6));
        let shape: Vec<_> = (0..ndim).map(|_| least + random.below(6)).collect();
        let dtype = random.of(DType::ALL);
        let plain = random.array(dtype, &shape);
        let can_map = ndim > 2 && !plain.samples.is_empty() && dtype != DType::Bool;
        let is_mapped = can_map && random.one_in(8);
        let video = if is_mapped {
            mapped(&plain)
        } else {
            plain.video()
        };
        let mut case = Self {
            random,
            video,
            plain,
        };
        for _ in 0..case.random.below(4) {
            case.change_view();
        }
        case
    }

    /// Looks at the array in another way.
    pub(super) fn change_view(&mut self) {
        let (video, plain, ndim) = (self.video.clone(), &self.plain, self.plain.shape.len());
        let has_frames = ndim > 2;
        let (video, plain) = match self.random.below(7) {
            0 if has_frames && plain.shape[1..3].iter().all(|len| *len > 2) => {
                let inner = |axis: usize| (1..plain.shape[axis] - 1).collect::<Vec<_>>();
                let cropped = plain.taken(1, &inner(1)).taken(2, &inner(2));
                (geometry::crop(video, 1).unwrap(), cropped)
            }
            1 if has_frames => (geometry::flip_up_down(video).unwrap(), plain.flipped(1)),
            2 if has_frames => (geometry::flip_left_right(video).unwrap(), plain.flipped(2)),
            3 if has_frames => {
                let quarters = self.random.below(4);
                let axes: &[usize] = if ndim == 3 { &[0, 2, 1] } else { &[0, 2, 1, 3] };
                let turn = |plain: Plain, _| plain.transposed(axes).flipped(1);
                let turned = (0..quarters).fold(plain.clone(), turn);
                let rotated = geometry::rotate_left(video, quarters as i64).unwrap();
                (rotated, turned)
            }
            4 => {
                let mut axes: Vec<usize> = (0..ndim).collect();
                for axis in 0..ndim {
                    axes.swap(axis, self.random.below(ndim));
                }
                let order: Vec<i64> = axes.iter().map(|axis| *axis as i64).collect();
                let turned = shape::transpose(&video, Some(&order)).unwrap();
                (turned, plain.transposed(&axes))
            }
            5 => (
                index::slice(&video, None, None, -1).unwrap(),
                plain.flipped(0),
            ),
            _ => {
                let len = plain.shape[0];
                let (start, step) = (self.random.below(len + 1), 1 + self.random.below(3));
                let selected: Vec<_> = (start..len).step_by(step).collect();
                let sliced = index::slice(&video, Some(start as i64), None, step as i64);
                (sliced.unwrap(), plain.taken(0, &selected))
            }
        };
        (self.video, self.plain) = (video, plain);
    }

    /// Another array whose shape fits, or nearly.
    pub(super) fn other(&mut self, shape: &[usize]) -> (Video, Plain) {
        let shape = self.random.part_of(shape);
        let dtype = match self.random.one_in(3) {
            true => self.plain.dtype,
            false => self.random.of(DType::ALL),
        };
        let plain = self.random.array(dtype, &shape);
        (plain.video(), plain)
    }
}

/// The array in a file that is mapped into memory.
pub(super) fn mapped(plain: &Plain) -> Video {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    save_video(&path, &plain.video()).unwrap();
    load_video(&path, &FrameSelection::ALL, &LoadOptions::mapped(true)).unwrap()
}
