//! Arrays beside loops over their samples: views, indexing, assignment, arithmetic, comparison and
//! reductions of random shapes and types.

mod case;
mod part;
mod plain;
mod reductions;

use std::cmp::Ordering;

use optimap::ops::array::elementwise::{
    Arithmetic, Comparison, Operand, arithmetic, astype, compare, select,
};
use optimap::ops::array::index::{self, Index};
use optimap::video::{DType, Video};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use case::Case;
use part::{Taken, random_index};
use plain::{Plain, Sample, common_shape};
use reductions::check_reductions;

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
            taken.set(&mut case.plain, |coordinates| {
                plain.stretched(coordinates).cast(dtype)
            });
        }
        // Where a mask is true, the samples of an array like the whole one can be taken.
        Some(taken) if is_masked && plain.shape == before.shape => {
            found.unwrap();
            let ndim = before.shape.len();
            let source =
                |coordinates: &[usize]| plain.at(&taken.source(coordinates)[..ndim]).cast(dtype);
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
    Some(Plain::new(dtype, &shape, |coordinates| {
        f(a.stretched(coordinates), b.stretched(coordinates))
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
    let expected = Plain::new(case.plain.dtype, &expected.shape, |coordinates| {
        let is_chosen = !expected.at(coordinates).is_zero();
        if is_chosen {
            case.plain.stretched(coordinates)
        } else {
            one
        }
    });
    same(&chosen, &expected)
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
