//! Every operator, with arrays of every type and numbers on either side, beside NumPy's results,
//! saved by `tests/data/operators.py`.

use optimap::io::{FrameSelection, LoadOptions, load_video};
use optimap::ops::array::elementwise::{Operand, astype};
use optimap::video::{DType, Strided, Video};
use rhai::Dynamic;

use super::{project, session};

const ARITHMETIC: [&str; 6] = ["+", "-", "*", "/", "%", "**"];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const LOGIC: [&str; 3] = ["&", "|", "^"];

/// The samples of the operands, which every type holds as they are.
fn samples(dtype: DType) -> [f64; 4] {
    match dtype {
        DType::Bool => [0.0, 1.0, 1.0, 0.0],
        DType::U8 => [0.0, 3.0, 100.0, 255.0],
        DType::U16 => [0.0, 3.0, 1000.0, 65535.0],
        DType::U32 => [0.0, 3.0, 100_000.0, 4_294_967_295.0],
        DType::U64 => [0.0, 3.0, 100_000.0, 1_099_511_627_776.0],
        DType::I8 => [-5.0, 0.0, 3.0, 127.0],
        DType::I16 => [-5.0, 0.0, 3.0, 32767.0],
        DType::I32 => [-5.0, 0.0, 3.0, 2_147_483_647.0],
        DType::I64 => [-5.0, 0.0, 3.0, 1_099_511_627_776.0],
        DType::F32 | DType::F64 => [-2.5, 0.0, 3.0, f64::NAN],
    }
}

fn array(dtype: DType, reversed: bool) -> Operand {
    let mut samples = samples(dtype).to_vec();
    if reversed {
        samples.reverse();
    }
    let video = Video::new(Strided::from_vec(&[4], samples));
    Operand::Array(astype(video, dtype).unwrap())
}

/// All pairs of operands, in the order of the results.
fn pairs() -> Vec<[Operand; 2]> {
    let arrays = || DType::ALL.iter().map(|dtype| array(*dtype, false));
    let numbers = [Operand::Int(3), Operand::Int(-2), Operand::Float(2.5)];
    let mut pairs = Vec::new();
    for a in arrays() {
        pairs.extend(DType::ALL.iter().map(|b| [a.clone(), array(*b, true)]));
    }
    for a in arrays() {
        pairs.extend(numbers.iter().map(|number| [a.clone(), number.clone()]));
    }
    for a in arrays() {
        pairs.extend(numbers.iter().map(|number| [number.clone(), a.clone()]));
    }
    pairs
}

fn dtype(operand: &Operand) -> Option<DType> {
    match operand {
        Operand::Array(array) => Some(array.dtype()),
        _ => None,
    }
}

fn value(operand: &Operand) -> Dynamic {
    match operand.clone() {
        Operand::Int(number) => number.into(),
        Operand::Float(number) => number.into(),
        Operand::Array(array) => Dynamic::from(array),
    }
}

/// What a script computes, with an expression for each of the operators.
fn evaluate([a, b]: &[Operand; 2], code: &str, operators: &[&str]) -> Vec<Video> {
    let mut session = session();
    session.set_constant("a", value(a));
    session.set_constant("b", value(b));
    let results = operators.iter().map(|operator| code.replace('?', operator));
    let code = format!("[{}]", results.collect::<Vec<_>>().join(", "));
    let results: rhai::Array = session.run("test", &code).unwrap().cast();
    results.into_iter().map(Dynamic::cast).collect()
}

/// Whether an operator is refused.
fn fails([a, b]: &[Operand; 2], operator: &str) -> bool {
    let mut session = session();
    session.set_constant("a", value(a));
    session.set_constant("b", value(b));
    session.run("test", &format!("a {operator} b")).is_err()
}

fn read(video: &Video) -> Vec<f64> {
    let mut out = vec![0.0; video.len()];
    video.samples().read_frames(0..video.len(), 0..1, &mut out);
    out
}

fn load(name: &str) -> Video {
    let path = project("tests/data").join(name);
    load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap()
}

#[test]
fn arithmetic_and_logic_are_numpys_where_numpy_does_not_wrap_around() {
    let expected = load("operators.npy");
    let mut expected = (0..expected.len()).map(|result| read(&expected.frame(result)));
    for pair in pairs() {
        let [a, b] = [dtype(&pair[0]), dtype(&pair[1])];
        let is_wide = [a, b].into_iter().flatten().any(DType::is_wide);
        let wanted = if is_wide { DType::F64 } else { DType::F32 };
        let logic = if a == b && !a.unwrap().is_float() {
            &LOGIC[..]
        } else {
            &[]
        };
        let operators = [&ARITHMETIC[..], logic].concat();
        // Between ints, `^` is taken for a power, and refused.
        let defined = |operator: &&str| *operator != "^" || a == Some(DType::Bool);
        let defined: Vec<&str> = operators.iter().copied().filter(defined).collect();
        let mut results = evaluate(&pair, "a ? b", &defined).into_iter();
        for operator in &operators {
            let wanted_samples = expected.next().unwrap();
            if !defined.contains(operator) {
                assert!(fails(&pair, operator));
                continue;
            }
            let result = results.next().unwrap();
            if ARITHMETIC.contains(operator) {
                assert_eq!(result.dtype(), wanted, "{pair:?} {operator}");
            } else {
                assert_eq!(Some(result.dtype()), a);
            }
            for (found, expected) in read(&result).iter().zip(&wanted_samples) {
                let found = f64::from(*found as f32);
                let same = found == *expected || (found.is_nan() && expected.is_nan());
                let close = ((found - expected) / expected).abs() < 1e-6;
                assert!(
                    same || close,
                    "{pair:?} {operator}: {found} instead of {expected}"
                );
            }
        }
    }
    assert!(expected.next().is_none());
}

#[test]
fn comparisons_are_numpys() {
    let expected = load("comparisons.npy");
    let mut expected = read(&expected).into_iter().map(|bits| bits as u8);
    for pair in pairs() {
        // Which of a mask and a number is larger, as in `0 < v < 10`, is refused.
        let [a, b] = [dtype(&pair[0]), dtype(&pair[1])];
        let has_order = (a == Some(DType::Bool)) == (b == Some(DType::Bool));
        let defined = &COMPARISONS[..if has_order { 6 } else { 2 }];
        let mut results = evaluate(&pair, "a ? b", defined).into_iter();
        for operator in COMPARISONS {
            let Some(result) = results.next() else {
                assert!(fails(&pair, operator));
                expected.next();
                continue;
            };
            assert_eq!(result.dtype(), DType::Bool);
            let marks = read(&result);
            let found = marks.iter().fold(0, |bits, mark| bits << 1 | *mark as u8) << 4;
            assert_eq!(Some(found), expected.next(), "{pair:?} {operator}");
        }
    }
    assert!(expected.next().is_none());
}

#[test]
fn assigning_operators_do_what_the_operators_do() {
    for pair in pairs().iter().filter(|pair| dtype(&pair[0]).is_some()) {
        let expected = evaluate(pair, "a ? b", &ARITHMETIC);
        let found = evaluate(pair, "{ let c = a; c ?= b; c }", &ARITHMETIC);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.dtype(), expected.dtype());
            let bits = |video: &Video| read(video).iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(found), bits(expected), "{pair:?}");
        }
    }
}
