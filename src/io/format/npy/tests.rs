//! Tests of reading and writing arrays.

use super::*;
use crate::io::recording::{FrameSelection, LoadOptions};
use crate::io::{load_video, save_video};
use crate::video::{Strided, map_samples};

/// A file with the given header entries and bytes.
fn file(descr: &str, fortran: bool, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let len = (text.len() as u16).to_le_bytes();
    [MAGIC, &[1, 0], &len, text.as_bytes(), bytes].concat()
}

fn with_file<R>(bytes: &[u8], run: impl FnOnce(&Path) -> R) -> R {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    std::fs::write(&path, bytes).unwrap();
    run(&path)
}

fn load(bytes: &[u8]) -> Result<Video> {
    with_file(bytes, |path| {
        load_video(path, &FrameSelection::ALL, &LoadOptions::default())
    })
}

fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => array.view().iter().map(|v| v.to_f64()).collect())
}

#[test]
fn byte_orders_and_types_load() {
    let video = load(&file(
        "'>u2'",
        false,
        "(2, 1, 2)",
        &[0, 1, 0, 2, 1, 0, 255, 255],
    ))
    .unwrap();
    assert_eq!((video.dtype(), video.shape()), (DType::U16, &[2, 1, 2][..]));
    assert_eq!(values(&video), [1.0, 2.0, 256.0, 65535.0]);
    let halves = load(&file("'<f2'", false, "(2,)", &[0, 0x3c, 0, 0xc0])).unwrap();
    assert_eq!(
        (halves.dtype(), values(&halves)),
        (DType::F32, vec![1.0, -2.0])
    );
    let bools = load(&file("'|b1'", false, "(3,)", &[0, 1, 7])).unwrap();
    assert_eq!(
        (bools.dtype(), values(&bools)),
        (DType::Bool, vec![0.0, 1.0, 1.0])
    );
}

#[test]
fn fortran_order_loads_in_c_order_and_maps_with_strides() {
    let bytes = file("'|u1'", true, "(2, 3)", &[1, 4, 2, 5, 3, 6]);
    with_file(&bytes, |path| {
        for use_mmap in [false, true] {
            let video =
                load_video(path, &FrameSelection::ALL, &LoadOptions::mapped(use_mmap)).unwrap();
            assert_eq!(values(&video), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
            assert_eq!(video.is_mmap(), use_mmap);
            assert_eq!(video.layout().is_contiguous(), !use_mmap);
        }
    });
}

#[test]
fn fortran_order_loads_from_any_offset() {
    let video = |padding: &str| {
        let shape = format!("(2, 2){padding}");
        load(&file("'<u2'", true, &shape, &[1, 0, 3, 0, 2, 0, 4, 0])).unwrap()
    };
    for padding in ["", " "] {
        assert_eq!(values(&video(padding)), [1.0, 2.0, 3.0, 4.0]);
    }
}

#[test]
fn the_other_byte_order_is_loaded_instead_of_mapped() {
    for fortran in [false, true] {
        let bytes = file("'>u2'", fortran, "(4,)", &[0, 1, 0, 2, 0, 3, 0, 4]);
        let selection = FrameSelection {
            start: 1,
            ..FrameSelection::ALL
        };
        let video = with_file(&bytes, |path| {
            load_video(path, &selection, &LoadOptions::mapped(true))
        })
        .unwrap();
        assert_eq!(values(&video), [2.0, 3.0, 4.0]);
        assert!(!video.is_mmap());
    }
    let halves = file("'>f2'", false, "(1,)", &[0, 0]);
    assert!(
        with_file(&halves, |path| load_video(
            path,
            &FrameSelection::ALL,
            &LoadOptions::mapped(true)
        ))
        .is_err()
    );
}

#[test]
fn only_the_frames_asked_for_are_loaded() {
    let bytes = file("'|u1'", false, "(6, 2)", &(0..12).collect::<Vec<u8>>());
    let selection = FrameSelection {
        start: 1,
        frames: Some(2),
        step: 3,
    };
    with_file(&bytes, |path| {
        for use_mmap in [false, true] {
            let video = load_video(path, &selection, &LoadOptions::mapped(use_mmap)).unwrap();
            assert_eq!(values(&video), [2.0, 3.0, 8.0, 9.0]);
        }
    });
}

#[test]
fn every_type_is_saved_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    for dtype in DType::ALL {
        let video = with_dtype!(*dtype, T => {
            let samples = (0..24).map(|v| T::from_f64(f64::from(v) - 3.0)).collect();
            Video::new(Strided::<T>::from_vec(&[4, 3, 2], samples))
        });
        let flipped = video.with_layout(video.layout().flip(1).swap(1, 2));
        save_video(&path, &flipped).unwrap();
        let loaded = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
        assert_eq!((loaded.dtype(), loaded.shape()), (*dtype, flipped.shape()));
        assert_eq!(values(&loaded), values(&flipped));
        assert_eq!(
            load_video(&path, &FrameSelection::ALL, &LoadOptions::mapped(true)).is_ok(),
            *dtype != DType::Bool
        );
    }
}

#[test]
fn what_is_not_numbers_is_named() {
    let message = |descr, shape, bytes: &[u8]| {
        let error = load(&file(descr, false, shape, bytes)).unwrap_err();
        error.message().rsplit(": ").next().unwrap().to_owned()
    };
    assert_eq!(
        message("'<c8'", "(1,)", &[0; 8]),
        "it holds complex numbers, but a video needs real numbers"
    );
    assert!(message("[('x', '<f4')]", "(1,)", &[0; 4]).contains("structured records"));
    assert!(message("'|O'", "(1,)", &[0; 4]).contains("Python objects"));
    assert!(message("'<U2'", "(1,)", &[0; 8]).contains("text"));
    assert!(message("'<f8'", "()", &[0; 8]).contains("an array of 0 axes"));
    assert!(message("'|u1'", "(1, 1, 1, 1, 1)", &[0]).contains("an array of 5 axes"));
}

#[test]
fn claims_beyond_the_file_are_refused_before_allocation() {
    let error = load(&file("'<f8'", false, "(1000000, 1000, 1000)", &[0; 80])).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("claims 8000000000000 bytes of samples, but the file has 80")
    );
    for shape in [
        "(99999999999, 99999999999)",
        "(0, 99999999999, 99999999999)",
    ] {
        let error = load(&file("'<f8'", false, shape, &[0; 8])).unwrap_err();
        assert!(error.message().contains("more than 2^63"), "{error}");
    }
    let trailing = load(&file("'|u1'", false, "(2,)", &[1, 2, 3])).unwrap();
    assert_eq!(values(&trailing), [1.0, 2.0]);
}

#[test]
fn damaged_files_never_panic() {
    let valid = file("'<u2'", true, "(3, 4, 5)", &[7; 120]);
    crate::io::corruption::check(&valid, 1500, "npy");
}

#[test]
fn other_readers_read_what_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    // The samples of the larger one start at a page boundary.
    for shape in [[2, 3, 4], [2, 1024, 1024]] {
        let len: usize = shape.iter().product();
        let samples: Vec<u16> = (0..len).map(|index| index as u16).collect();
        let video = Video::new(Strided::from_vec(&shape, samples.clone()));
        save_video(&path, &video).unwrap();
        let array: ndarray::ArrayD<u16> = ndarray_npy::read_npy(&path).unwrap();
        assert_eq!(array.shape(), shape);
        assert_eq!(array.into_raw_vec_and_offset().0, samples);
    }
}
