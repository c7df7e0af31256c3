//! Reductions beside loops.

use std::cmp::Ordering;

use optimap::ops::array::reduce;
use optimap::video::{DType, Video};
use proptest::prelude::*;

use super::case::Case;
use super::plain::{Plain, Sample, for_each};
use super::{Checked, close, same};

/// The samples that each result is made of, in row-major order.
pub(super) fn parts(plain: &Plain, is_reduced: &[bool]) -> (Vec<usize>, Vec<Vec<Sample>>) {
    let axes =
        |reduced: bool| (0..plain.shape.len()).filter(move |axis| is_reduced[*axis] == reduced);
    let shape: Vec<_> = axes(false).map(|axis| plain.shape[axis]).collect();
    let inner: Vec<_> = axes(true).map(|axis| plain.shape[axis]).collect();
    let mut parts = Vec::new();
    for_each(&shape, |outer| {
        let mut part = Vec::new();
        for_each(&inner, |at| {
            let mut coordinates = vec![0; plain.shape.len()];
            axes(false)
                .zip(outer)
                .for_each(|(axis, at)| coordinates[axis] = *at);
            axes(true)
                .zip(at)
                .for_each(|(axis, at)| coordinates[axis] = *at);
            part.push(plain.at(&coordinates));
        });
        parts.push(part);
    });
    (shape, parts)
}

pub(super) fn check_reductions(mut case: Case) -> Checked {
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
    let coordinates = |part: &[Sample], order: Ordering| {
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
        if parts.iter().any(|part| coordinates(part, order).is_none()) {
            prop_assert!(found.is_err());
            continue;
        }
        let expected = expected(DType::I64, &|part| int(coordinates(part, order).unwrap()));
        same(&found.unwrap(), &expected)?;
    }
    check_statistics(&case, axes, is_whole, &shape, &parts)
}

pub(super) fn check_sum(
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
pub(super) fn check_statistics(
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
        let coordinates = q / 100.0 * (part.len() - 1) as f64;
        let (low, high) = (
            part[coordinates.floor() as usize],
            part[coordinates.ceil() as usize],
        );
        low + (high - low) * coordinates.fract()
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
