//! Arrays beside loops over their samples: views, indexing, assignment, arithmetic, comparison and
//! reductions of random shapes and types.

mod plain;

use std::cmp::Ordering;

use optimap::io::{Options, Selection, load_video, save_video};
use optimap::ops::elementwise::{
    Arithmetic, Comparison, Operand, arithmetic, astype, compare, select,
};
use optimap::ops::index::{self, Index};
use optimap::ops::{edit, reduce, shape};
use optimap::video::{DType, Video};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use plain::{Plain, Sample, common_shape, for_each, limits};

/// Random numbers that follow from a seed.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mix = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mix = (mix ^ (mix >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mix ^ (mix >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A sample of a type: often small, sometimes at the limits, NaN or infinite.
    fn sample(&mut self, dtype: DType) -> Sample {
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

    fn array(&mut self, dtype: DType, shape: &[usize]) -> Plain {
        Plain::new(dtype, shape, |_| self.sample(dtype))
    }

    /// A shape that can be stretched to another, or nearly.
    fn part_of(&mut self, shape: &[usize]) -> Vec<usize> {
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
struct Case {
    random: Random,
    video: Video,
    plain: Plain,
}

impl Case {
    fn new(seed: u64) -> Self {
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
    fn change_view(&mut self) {
        let (video, plain, ndim) = (self.video.clone(), &self.plain, self.plain.shape.len());
        let has_frames = ndim > 2;
        let (video, plain) = match self.random.below(7) {
            0 if has_frames && plain.shape[1..3].iter().all(|len| *len > 2) => {
                let inner = |axis: usize| (1..plain.shape[axis] - 1).collect::<Vec<_>>();
                let cropped = plain.taken(1, &inner(1)).taken(2, &inner(2));
                (edit::crop(video, 1).unwrap(), cropped)
            }
            1 if has_frames => (edit::flip_up_down(video).unwrap(), plain.flipped(1)),
            2 if has_frames => (edit::flip_left_right(video).unwrap(), plain.flipped(2)),
            3 if has_frames => {
                let quarters = self.random.below(4);
                let axes: &[usize] = if ndim == 3 { &[0, 2, 1] } else { &[0, 2, 1, 3] };
                let turn = |plain: Plain, _| plain.transposed(axes).flipped(1);
                let turned = (0..quarters).fold(plain.clone(), turn);
                let rotated = edit::rotate_left(video, quarters as i64).unwrap();
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
                let places: Vec<_> = (start..len).step_by(step).collect();
                let sliced = index::slice(&video, Some(start as i64), None, step as i64);
                (sliced.unwrap(), plain.taken(0, &places))
            }
        };
        (self.video, self.plain) = (video, plain);
    }

    /// Another array whose shape fits, or nearly.
    fn other(&mut self, shape: &[usize]) -> (Video, Plain) {
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
fn mapped(plain: &Plain) -> Video {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    save_video(&path, &plain.video()).unwrap();
    load_video(&path, &Selection::ALL, &Options::mapped(true)).unwrap()
}

/// What of each axis an index takes: the axes of a group are walked together, and axes in no group
/// are gone.
struct Taken {
    gone: Vec<(usize, usize)>,
    groups: Vec<Vec<(usize, Vec<usize>)>>,
}

impl Taken {
    fn shape(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group[0].1.len()).collect()
    }

    /// The place in the array of a place in the part.
    fn source(&self, place: &[usize]) -> Vec<usize> {
        let mut source = vec![0; 4];
        for (axis, at) in &self.gone {
            source[*axis] = *at;
        }
        for (at, group) in place.iter().zip(&self.groups) {
            for (axis, places) in group {
                source[*axis] = places[*at];
            }
        }
        source
    }

    fn get(&self, array: &Plain) -> Plain {
        let ndim = array.shape.len();
        Plain::new(array.dtype, &self.shape(), |place| {
            array.at(&self.source(place)[..ndim])
        })
    }

    fn set(&self, array: &mut Plain, value: impl Fn(&[usize]) -> Sample) {
        let ndim = array.shape.len();
        for_each(&self.shape(), |place| {
            array.set(&self.source(place)[..ndim], value(place));
        });
    }
}

/// A random index, and what it takes unless it is wrong.
fn random_index(random: &mut Random, shape: &[usize]) -> (Vec<Index>, Option<Taken>) {
    let mut indices = Vec::new();
    let (mut gone, mut groups, mut ok) = (Vec::new(), Vec::new(), true);
    let mut points: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut slot = None;
    let mut is_apart = false;
    let list_len = random.below(4);
    let count = 1 + random.below(shape.len());
    let mut axis = 0;
    while axis < count {
        let len = shape[axis];
        let signed = |random: &mut Random, at: usize| match random.one_in(2) {
            true => at as i64,
            false => at as i64 - len as i64,
        };
        match random.below(9) {
            0 | 1 => {
                let places = len + usize::from(random.one_in(20));
                let at = random.below(places);
                ok &= at < len;
                indices.push(Index::At(match at < len {
                    true => signed(random, at),
                    false => at as i64,
                }));
                gone.push((axis, at));
            }
            2 | 3 => {
                let (start, end) = (random.below(len + 1), random.below(len + 1));
                let places: Vec<_> = (start..end.max(start)).collect();
                let start = if start < len {
                    signed(random, start)
                } else {
                    start as i64
                };
                let end = if end < len {
                    signed(random, end)
                } else {
                    end as i64
                };
                indices.push(Index::Range(start, Some(end)));
                groups.push(vec![(axis, places)]);
            }
            4 => {
                let start = random.below(len + 1);
                indices.push(Index::Range(start as i64, None));
                groups.push(vec![(axis, (start..len).collect())]);
            }
            5 => {
                indices.push(Index::All);
                groups.push(vec![(axis, (0..len).collect())]);
            }
            6 | 7 => {
                let list_len = if len == 0 { 0 } else { list_len };
                let places: Vec<_> = (0..list_len).map(|_| random.below(len)).collect();
                let signed = places.iter().map(|at| signed(random, *at)).collect();
                indices.push(Index::Places(signed));
                is_apart |= slot.is_some_and(|slot| slot + 1 != groups.len());
                if slot.is_none() {
                    slot = Some(groups.len());
                    groups.push(Vec::new());
                }
                points.push((axis, places));
            }
            _ => {
                let width = (1 + random.below(2)).min(shape.len() - axis);
                let mask = random.array(DType::Bool, &shape[axis..axis + width]);
                indices.push(Index::Mask(mask.video()));
                is_apart |= slot.is_some_and(|slot| slot + 1 != groups.len());
                if slot.is_none() {
                    slot = Some(groups.len());
                    groups.push(Vec::new());
                }
                let mut chosen = vec![Vec::new(); width];
                for_each(&mask.shape, |place| {
                    if !mask.at(place).is_zero() {
                        (0..width).for_each(|at| chosen[at].push(place[at]));
                    }
                });
                points.extend((axis..).zip(chosen));
                axis += width - 1;
            }
        }
        axis += 1;
    }
    for (axis, len) in shape.iter().enumerate().skip(axis) {
        groups.push(vec![(axis, (0..*len).collect())]);
    }
    // A mask of the frames' shape is one of every frame.
    if let ([Index::Mask(mask)], [_, rest @ ..]) = (&indices[..], shape)
        && mask.shape() == rest
        && shape.len() > 2
    {
        let frames = (0..shape[0]).collect();
        points = Vec::new();
        let chosen = Plain::of(mask);
        points.extend((1..shape.len()).map(|axis| (axis, Vec::new())));
        for_each(rest, |place| {
            if !chosen.at(place).is_zero() {
                (0..rest.len()).for_each(|at| points[at].1.push(place[at]));
            }
        });
        groups = vec![vec![(0, frames)], points];
        return (indices, Some(Taken { gone, groups }));
    }
    ok &= !is_apart
        && points
            .iter()
            .all(|(_, places)| places.len() == points[0].1.len());
    if let Some(slot) = slot {
        groups[slot] = points;
    }
    (indices, ok.then_some(Taken { gone, groups }))
}

type Checked = Result<(), TestCaseError>;

fn same(found: &Video, expected: &Plain) -> Checked {
    prop_assert_eq!(&Plain::of(found), expected);
    Ok(())
}

/// Like [`same`], for results that are rounded: by how much, in parts of the largest number that
/// went into each.
fn close(found: &Video, expected: &Plain, scales: &[f64]) -> Checked {
    let found = Plain::of(found);
    prop_assert_eq!(
        (&found.shape, found.dtype),
        (&expected.shape, expected.dtype)
    );
    let part = if expected.dtype == DType::F32 {
        1e-6
    } else {
        1e-13
    };
    let samples = found.samples.iter().zip(&expected.samples).zip(scales);
    for ((found, expected), scale) in samples {
        let distance = (found.float() - expected.float()).abs();
        let is_close = found == expected || distance <= part * scale;
        prop_assert!(is_close, "{:?} for {:?}", found, expected);
    }
    Ok(())
}

fn check_views(mut case: Case) -> Checked {
    same(&case.video, &case.plain)?;
    for dtype in [case.random.of(DType::ALL), case.plain.dtype] {
        let expected = Plain {
            dtype,
            samples: case.plain.samples.iter().map(|v| v.cast(dtype)).collect(),
            ..case.plain.clone()
        };
        same(&astype(case.video.clone(), dtype).unwrap(), &expected)?;
    }
    Ok(())
}

fn check_indexing(mut case: Case) -> Checked {
    let (indices, taken) = random_index(&mut case.random, &case.plain.shape);
    let found = index::get(&case.video, &indices);
    let Some(taken) = taken else {
        prop_assert!(found.is_err(), "{:?}", indices);
        return Ok(());
    };
    same(&found.unwrap(), &taken.get(&case.plain))
}

fn check_assignment(mut case: Case) -> Checked {
    let (indices, taken) = random_index(&mut case.random, &case.plain.shape);
    let kept = case.video.clone();
    let before = case.plain.clone();
    let dtype = case.plain.dtype;
    let shape = taken.as_ref().map(Taken::shape).unwrap_or_default();
    let (value, plain) = match shape.is_empty() || case.random.one_in(2) {
        true => {
            let number = match case.random.sample(dtype) {
                Sample::Int(int) => i64::try_from(int).map_or(Operand::Float(1.0), Operand::Int),
                Sample::Float(float) => Operand::Float(float),
            };
            let sample = match number {
                Operand::Int(int) => Sample::Int(int.into()),
                _ => Sample::Float(number.number().unwrap()),
            };
            (number, Plain::new(dtype, &[], |_| sample.cast(dtype)))
        }
        false => {
            let (video, plain) = case.other(&shape);
            (Operand::Array(video), plain)
        }
    };
    let found = index::set(&mut case.video, &indices, &value);
    let fits = common_shape(&shape, &plain.shape).as_ref() == Some(&shape);
    let is_masked = matches!(&indices[..], [Index::Mask(mask)] if mask.shape() == before.shape);
    match taken {
        Some(taken) if fits => {
            found.unwrap();
            taken.set(&mut case.plain, |place| plain.stretched(place).cast(dtype));
        }
        // Where a mask is true, the samples of an array like the whole one can be taken.
        Some(taken) if is_masked && plain.shape == before.shape => {
            found.unwrap();
            let ndim = before.shape.len();
            let source = |place: &[usize]| plain.at(&taken.source(place)[..ndim]).cast(dtype);
            taken.set(&mut case.plain, source);
        }
        _ => prop_assert!(found.is_err(), "{:?}", indices),
    }
    same(&case.video, &case.plain)?;
    same(&kept, &before)
}

/// The samples of two arrays at each place of their common shape.
fn pairs(
    a: &Plain,
    b: &Plain,
    dtype: DType,
    f: impl Fn(Sample, Sample) -> Sample,
) -> Option<Plain> {
    let shape = common_shape(&a.shape, &b.shape)?;
    Some(Plain::new(dtype, &shape, |place| {
        f(a.stretched(place), b.stretched(place))
    }))
}

/// An array or a number for the other side of an operator; a number has no type.
fn operand(case: &mut Case) -> (Operand, Plain, Option<DType>) {
    match case.random.below(4) {
        0 => {
            let int = case.random.sample(DType::I64);
            let Sample::Int(value) = int else {
                panic!("an int")
            };
            (
                Operand::Int(value as i64),
                Plain::new(DType::I64, &[], |_| int),
                None,
            )
        }
        1 => {
            let float = case.random.below(2000) as f64 / 8.0 - 100.0;
            let plain = Plain::new(DType::F64, &[], |_| Sample::Float(float));
            (Operand::Float(float), plain, None)
        }
        _ => {
            let shape = case.plain.shape.clone();
            let (video, plain) = case.other(&shape);
            let dtype = plain.dtype;
            (Operand::Array(video), plain, Some(dtype))
        }
    }
}

fn check_arithmetic(mut case: Case) -> Checked {
    let operations = [
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Remainder,
    ];
    let operation = case.random.of(&operations);
    let (other, plain, other_dtype) = operand(&mut case);
    let is_wide = [Some(case.plain.dtype), other_dtype]
        .into_iter()
        .flatten()
        .any(|dtype| !matches!(dtype.size(), 1 | 2) && dtype != DType::F32);
    let dtype = if is_wide { DType::F64 } else { DType::F32 };
    let compute = |a: Sample, b: Sample| {
        let [a, b] = [a, b].map(|sample| Sample::Float(sample.float()).cast(dtype).float());
        let exact = match operation {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            _ => {
                let rest = a % b;
                let is_opposed = rest != 0.0 && (rest < 0.0) != (b < 0.0);
                if is_opposed { rest + b } else { rest }
            }
        };
        Sample::Float(exact).cast(dtype)
    };
    let (left, right, expected) = match case.random.one_in(2) {
        true => {
            let expected = pairs(&case.plain, &plain, dtype, compute);
            (Operand::Array(case.video), other, expected)
        }
        false => {
            let expected = pairs(&plain, &case.plain, dtype, compute);
            (other, Operand::Array(case.video), expected)
        }
    };
    let found = arithmetic(operation, left, right);
    match expected {
        Some(expected) => same(&found.unwrap(), &expected),
        None => {
            prop_assert!(found.is_err());
            Ok(())
        }
    }
}

/// Whether a comparison holds for the order of two samples.
type Holds = fn(Option<Ordering>) -> bool;

fn check_comparison(mut case: Case) -> Checked {
    let (other, plain, _) = operand(&mut case);
    let operations: [(Comparison, Holds); 6] = [
        (Comparison::Equal, |o| o == Some(Ordering::Equal)),
        (Comparison::NotEqual, |o| o != Some(Ordering::Equal)),
        (Comparison::Less, |o| o == Some(Ordering::Less)),
        (Comparison::LessOrEqual, |o| o.is_some_and(Ordering::is_le)),
        (Comparison::Greater, |o| o == Some(Ordering::Greater)),
        (Comparison::GreaterOrEqual, |o| {
            o.is_some_and(Ordering::is_ge)
        }),
    ];
    let (operation, holds) = case.random.of(&operations);
    let flag = |a: Sample, b: Sample| Sample::Int(holds(a.compare(b)).into());
    let expected = pairs(&case.plain, &plain, DType::Bool, flag);
    let found = compare(operation, Operand::Array(case.video.clone()), other.clone());
    let Some(expected) = expected else {
        prop_assert!(found.is_err());
        return Ok(());
    };
    let mask = found.unwrap();
    same(&mask, &expected)?;
    let swapped = pairs(&plain, &case.plain, DType::Bool, flag).unwrap();
    let found = compare(operation, other, Operand::Array(case.video.clone())).unwrap();
    same(&found, &swapped)?;
    // What a mask chooses.
    let chosen = select(&mask, &Operand::Array(case.video), &Operand::Int(1)).unwrap();
    let one = Sample::Int(1).cast(case.plain.dtype);
    let expected = Plain::new(case.plain.dtype, &expected.shape, |place| {
        let is_chosen = !expected.at(place).is_zero();
        if is_chosen {
            case.plain.stretched(place)
        } else {
            one
        }
    });
    same(&chosen, &expected)
}

/// The samples that each result is made of, in row-major order.
fn parts(plain: &Plain, is_reduced: &[bool]) -> (Vec<usize>, Vec<Vec<Sample>>) {
    let axes =
        |reduced: bool| (0..plain.shape.len()).filter(move |axis| is_reduced[*axis] == reduced);
    let shape: Vec<_> = axes(false).map(|axis| plain.shape[axis]).collect();
    let inner: Vec<_> = axes(true).map(|axis| plain.shape[axis]).collect();
    let mut parts = Vec::new();
    for_each(&shape, |outer| {
        let mut part = Vec::new();
        for_each(&inner, |at| {
            let mut place = vec![0; plain.shape.len()];
            axes(false)
                .zip(outer)
                .for_each(|(axis, at)| place[axis] = *at);
            axes(true).zip(at).for_each(|(axis, at)| place[axis] = *at);
            part.push(plain.at(&place));
        });
        parts.push(part);
    });
    (shape, parts)
}

fn check_reductions(mut case: Case) -> Checked {
    let ndim = case.plain.shape.len();
    let mut is_reduced: Vec<bool> = (0..ndim).map(|_| case.random.one_in(2)).collect();
    let is_whole = !is_reduced.contains(&true) || case.random.one_in(4);
    if is_whole {
        is_reduced.fill(true);
    }
    let signed = |axis: usize| axis as i64 - if axis % 2 == 1 { ndim as i64 } else { 0 };
    let axes = (0..ndim).filter(|axis| is_reduced[*axis]).map(signed);
    let axes: Option<Vec<i64>> = (!is_whole).then(|| axes.collect());
    let is_whole = !is_reduced.contains(&false);
    let (video, axes) = (&case.video, axes.as_deref());
    let (shape, parts) = parts(&case.plain, &is_reduced);
    let dtype = case.plain.dtype;
    let expected = |dtype: DType, f: &dyn Fn(&[Sample]) -> Sample| Plain {
        dtype,
        shape: shape.clone(),
        samples: parts.iter().map(|part| f(part)).collect(),
    };
    let numbers = |part: &[Sample]| -> Vec<Sample> {
        part.iter()
            .copied()
            .filter(|sample| !sample.is_nan())
            .collect()
    };
    let int = |value: usize| Sample::Int(value as i128);

    let is_set = |sample: &&Sample| !sample.is_nan() && !sample.is_zero();
    let counted = expected(DType::I64, &|part| match dtype {
        DType::Bool => int(part.iter().filter(is_set).count()),
        _ => int(numbers(part).len()),
    });
    same(&reduce::count(video, axes).unwrap(), &counted)?;
    let any = expected(DType::Bool, &|part| {
        int(part.iter().any(|v| is_set(&v)).into())
    });
    same(&reduce::any(video, axes).unwrap(), &any)?;
    let all = |part: &[Sample]| numbers(part).iter().all(|v| !v.is_zero());
    let all = expected(DType::Bool, &|part| int(all(part).into()));
    same(&reduce::all(video, axes).unwrap(), &all)?;
    check_sum(&case, axes, is_whole, &expected(dtype, &|_| int(0)), &parts)?;

    if parts.iter().any(Vec::is_empty) {
        prop_assert!(reduce::min(video, axes).is_err() && reduce::mean(video, axes).is_err());
        prop_assert!(reduce::argmax(video, axes).is_err() && reduce::median(video, axes).is_err());
        return Ok(());
    }
    let extreme = |part: &[Sample], order: Ordering| {
        let better = |a: Sample, b: Sample| if b.compare(a) == Some(order) { b } else { a };
        numbers(part).into_iter().reduce(better)
    };
    let nan = Sample::Float(f64::NAN);
    let min = expected(dtype, &|part| extreme(part, Ordering::Less).unwrap_or(nan));
    same(&reduce::min(video, axes).unwrap(), &min)?;
    let max = expected(dtype, &|part| {
        extreme(part, Ordering::Greater).unwrap_or(nan)
    });
    same(&reduce::max(video, axes).unwrap(), &max)?;
    let place = |part: &[Sample], order: Ordering| {
        let best = extreme(part, order)?;
        part.iter().position(|sample| *sample == best)
    };
    for (function, order) in [
        (
            reduce::argmin as fn(&Video, Option<&[i64]>) -> _,
            Ordering::Less,
        ),
        (reduce::argmax, Ordering::Greater),
    ] {
        let found: Result<Video, _> = function(video, axes);
        if parts.iter().any(|part| place(part, order).is_none()) {
            prop_assert!(found.is_err());
            continue;
        }
        let expected = expected(DType::I64, &|part| int(place(part, order).unwrap()));
        same(&found.unwrap(), &expected)?;
    }
    check_statistics(&case, axes, is_whole, &shape, &parts)
}

fn check_sum(
    case: &Case,
    axes: Option<&[i64]>,
    is_whole: bool,
    shaped: &Plain,
    parts: &[Vec<Sample>],
) -> Checked {
    let found = reduce::sum(&case.video, axes);
    if case.plain.dtype.is_float() {
        let dtype = if is_whole {
            DType::F64
        } else {
            case.plain.dtype
        };
        let floats = |part: &Vec<Sample>| {
            part.iter()
                .map(|v| v.float())
                .filter(|v| !v.is_nan())
                .collect::<Vec<_>>()
        };
        let samples = parts
            .iter()
            .map(|part| Sample::Float(floats(part).iter().sum()));
        let scales: Vec<f64> = parts
            .iter()
            .map(|part| floats(part).iter().map(|v| v.abs()).sum())
            .collect();
        let expected = Plain {
            dtype,
            samples: samples.collect(),
            ..shaped.clone()
        };
        return close(&found.unwrap(), &expected, &scales);
    }
    let sums: Vec<i128> = parts
        .iter()
        .map(|part| {
            part.iter()
                .map(|sample| match sample {
                    Sample::Int(int) => *int,
                    Sample::Float(_) => panic!("ints of an int type"),
                })
                .sum()
        })
        .collect();
    if sums.iter().all(|sum| i64::try_from(*sum).is_ok()) {
        let samples = sums.into_iter().map(Sample::Int).collect();
        return same(
            &found.unwrap(),
            &Plain {
                dtype: DType::I64,
                samples,
                ..shaped.clone()
            },
        );
    }
    if !is_whole {
        prop_assert!(found.is_err());
        return Ok(());
    }
    let samples = sums
        .into_iter()
        .map(|sum| Sample::Float(sum as f64))
        .collect();
    same(
        &found.unwrap(),
        &Plain {
            dtype: DType::F64,
            samples,
            ..shaped.clone()
        },
    )
}

/// Means and what is sorted for, of finite samples.
fn check_statistics(
    case: &Case,
    axes: Option<&[i64]>,
    is_whole: bool,
    shape: &[usize],
    parts: &[Vec<Sample>],
) -> Checked {
    if case
        .plain
        .samples
        .iter()
        .any(|sample| sample.float().is_infinite())
    {
        return Ok(());
    }
    let dtype = case.plain.dtype;
    let is_narrow = dtype.size() <= 2 || dtype == DType::F32;
    let dtype = if is_narrow && !is_whole {
        DType::F32
    } else {
        DType::F64
    };
    let sorted = |part: &Vec<Sample>| {
        let mut floats: Vec<f64> = part
            .iter()
            .map(|v| v.float())
            .filter(|v| !v.is_nan())
            .collect();
        floats.sort_by(f64::total_cmp);
        floats
    };
    let parts: Vec<Vec<f64>> = parts.iter().map(sorted).collect();
    let largest = |part: &Vec<f64>| part.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    let scales: Vec<f64> = parts.iter().map(|part| 4.0 * largest(part)).collect();
    let check = |found: Video, f: &dyn Fn(&[f64]) -> f64| {
        let of = |part: &Vec<f64>| Sample::Float(if part.is_empty() { f64::NAN } else { f(part) });
        let samples = parts.iter().map(of).collect();
        close(
            &found,
            &Plain {
                dtype,
                shape: shape.to_vec(),
                samples,
            },
            &scales,
        )
    };
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let std = |part: &[f64]| {
        let mean = mean(part);
        let squares = part.iter().map(|v| (v - mean) * (v - mean));
        (squares.sum::<f64>() / part.len() as f64).sqrt()
    };
    let percentile = |part: &[f64], q: f64| {
        let place = q / 100.0 * (part.len() - 1) as f64;
        let (low, high) = (part[place.floor() as usize], part[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    let video = &case.video;
    check(reduce::mean(video, axes).unwrap(), &mean)?;
    check(reduce::std(video, axes, 0.0).unwrap(), &std)?;
    check(reduce::median(video, axes).unwrap(), &|part| {
        percentile(part, 50.0)
    })?;
    let found = reduce::percentile(video, &[30.0], false, axes).unwrap();
    check(found, &|part| percentile(part, 30.0))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn views_show_the_samples_they_should(seed in any::<u64>().no_shrink()) {
        check_views(Case::new(seed))?;
    }

    #[test]
    fn an_index_takes_what_loops_take(seed in any::<u64>().no_shrink()) {
        check_indexing(Case::new(seed))?;
    }

    #[test]
    fn assignment_changes_what_the_index_takes(seed in any::<u64>().no_shrink()) {
        check_assignment(Case::new(seed))?;
    }

    #[test]
    fn arithmetic_is_that_of_its_samples(seed in any::<u64>().no_shrink()) {
        check_arithmetic(Case::new(seed))?;
    }

    #[test]
    fn comparisons_are_those_of_their_samples(seed in any::<u64>().no_shrink()) {
        check_comparison(Case::new(seed))?;
    }

    #[test]
    fn reductions_are_those_of_loops(seed in any::<u64>().no_shrink()) {
        check_reductions(Case::new(seed))?;
    }
}
