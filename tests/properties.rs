//! What must hold for every video and file.

use std::fs;
use std::path::Path;

use optimap::io::{FrameSelection, LoadOptions, load_video, save_video};
use optimap::ops::edit::geometry;
use optimap::video::{DType, Element, Strided, Video};
use proptest::prelude::*;

const ALL: FrameSelection = FrameSelection {
    start: 0,
    frames: None,
    step: 1,
};

fn samples(video: &Video) -> Vec<f64> {
    let mut out = vec![0.0; video.layout().len()];
    for (frame, out) in out.chunks_mut(video.frame_len().max(1)).enumerate() {
        video.samples().read(frame, 0..out.len(), out);
    }
    out
}

fn same(a: &Video, b: &Video) -> bool {
    (a.shape(), a.dtype()) == (b.shape(), b.dtype()) && samples(a) == samples(b)
}

fn video<T: Element>(shape: [usize; 3], seed: u64) -> Video {
    let mut state = seed;
    let values = (0..shape.iter().product()).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        T::from_f64((state >> 40) as f64 / 256.0 - 20_000.0)
    });
    Video::new(Strided::from_vec(&shape, values.collect()))
}

fn of_dtype(dtype: DType, shape: [usize; 3], seed: u64) -> Video {
    match dtype {
        DType::Bool => video::<bool>(shape, seed),
        DType::U8 => video::<u8>(shape, seed),
        DType::U16 => video::<u16>(shape, seed),
        DType::U32 => video::<u32>(shape, seed),
        DType::U64 => video::<u64>(shape, seed),
        DType::I8 => video::<i8>(shape, seed),
        DType::I16 => video::<i16>(shape, seed),
        DType::I32 => video::<i32>(shape, seed),
        DType::I64 => video::<i64>(shape, seed),
        DType::F32 => video::<f32>(shape, seed),
        DType::F64 => video::<f64>(shape, seed),
    }
}

fn shapes() -> impl Strategy<Value = [usize; 3]> {
    [0usize..6, 0..9, 0..9]
}

fn dtypes() -> impl Strategy<Value = DType> {
    proptest::sample::select(DType::ALL)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn turning_all_the_way_changes_nothing(shape in shapes(), dtype in dtypes(), seed: u64, k in -5i64..5) {
        let video = of_dtype(dtype, shape, seed);
        let rotated = geometry::rotate_right(geometry::rotate_left(video.clone(), k).unwrap(), k).unwrap();
        prop_assert!(same(&video, &rotated));
        let turned = (0..4).fold(video.clone(), |v, _| geometry::rotate_left(v, 1).unwrap());
        prop_assert!(same(&video, &turned));
        let flipped = geometry::flip_up_down(geometry::flip_up_down(video.clone()).unwrap()).unwrap();
        prop_assert!(same(&video, &flipped));
        let flipped = geometry::flip_left_right(geometry::flip_left_right(video.clone()).unwrap()).unwrap();
        prop_assert!(same(&video, &flipped));
    }

    #[test]
    fn what_is_saved_is_loaded(shape in shapes(), dtype in dtypes(), seed: u64, k in 0i64..4) {
        let video = geometry::rotate_left(of_dtype(dtype, shape, seed), k).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.npy", "a.tif", "a.h5", "a.mat", "a.zarr"] {
            let path = folder.path().join(name);
            if name == "a.tif" && video.is_empty() {
                prop_assert!(save_video(&path, &video).is_err());
                continue;
            }
            save_video(&path, &video).unwrap();
            // Single numbers are not taken for videos there.
            if video.layout().len() < 2 && !["a.npy", "a.tif"].contains(&name) {
                continue;
            }
            prop_assert!(same(&video, &load_video(&path, &ALL, &LoadOptions::default()).unwrap()), "{name}");
            if dtype != DType::Bool && !video.is_empty() && name != "a.zarr" {
                let mapped = load_video(&path, &ALL, &LoadOptions::mapped(true)).unwrap();
                prop_assert!(mapped.is_mmap() && same(&video, &mapped), "{name}");
            }
        }
    }

    #[test]
    fn a_part_of_a_file_is_the_part_of_the_video(start in 0usize..7, frames in 1usize..4, step in 1usize..4, seed: u64) {
        let video = video::<u16>([20, 3, 4], seed);
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.npy", "a.tif"] {
            let path = folder.path().join(name);
            save_video(&path, &video).unwrap();
            for use_mmap in [false, true] {
                let selection = FrameSelection { start, frames: Some(frames), step };
                let part = load_video(&path, &selection, &LoadOptions::mapped(use_mmap)).unwrap();
                prop_assert!(same(&video.frames(start, frames, step as isize), &part), "{name}");
            }
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_is_an_error_or_the_frames_it_still_has() {
    let video = video::<u16>([6, 5, 4], 1);
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.npy", "a.tif"] {
        let path = folder.path().join(name);
        save_video(&path, &video).unwrap();
        let bytes = fs::read(&path).unwrap();
        for len in 0..bytes.len() {
            fs::write(&path, &bytes[..len]).unwrap();
            check_cut(&path, &video);
        }
    }
}

#[track_caller]
fn check_cut(path: &Path, video: &Video) {
    for use_mmap in [false, true] {
        if let Ok(found) = load_video(path, &ALL, &LoadOptions::mapped(use_mmap)) {
            assert!(found.len() <= video.len());
            assert!(same(&video.frames(0, found.len(), 1), &found));
        }
    }
}
