//! Tests of HDF5 files.

use std::path::{Path, PathBuf};

use super::*;
use crate::io::recording::FrameSelection;
use crate::io::{corruption, info, load_metadata, load_video};
use crate::video::{Samples, Video, map_samples};

/// A file created by `tests/data/hdf5.py`.
fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5");
    folder.join(name)
}

fn load(name: &str, selection: &FrameSelection, options: &LoadOptions) -> Result<Video> {
    load_video(&file(name), selection, options)
}

fn load_field(name: &str, fieldname: &str) -> Result<Video> {
    load(name, &FrameSelection::ALL, &field(fieldname, false))
}

fn field(name: &str, use_mmap: bool) -> LoadOptions {
    LoadOptions {
        fieldname: Some(name.into()),
        ..LoadOptions::mapped(use_mmap)
    }
}

fn values(video: &Video) -> Vec<f64> {
    map_samples!(video.samples(), array => {
        array.view().iter().map(|sample| Element::to_f64(*sample)).collect()
    })
}

/// Whether the samples are 0, 1, 2, ….
fn is_ramp(video: &Video) -> bool {
    let values = values(video);
    values
        .iter()
        .copied()
        .eq((0..values.len()).map(|v| v as f64))
}

#[test]
fn every_layout_index_filter_and_type_is_read() {
    let mut count = 0;
    for name in [
        "layouts_old.h5",
        "layouts_new.h5",
        "types_old.h5",
        "types_new.h5",
        "index_growing.h5",
        "index_two.h5",
        "index_third.h5",
    ] {
        for dataset in &contents(&file(name)).unwrap().datasets {
            let video = load_field(name, &dataset.name).unwrap();
            assert!(is_ramp(&video), "{name} {dataset}");
            count += 1;
        }
    }
    assert_eq!(count, 54);
}

#[test]
fn parts_of_chunked_datasets_are_read() {
    let part = FrameSelection {
        start: 1,
        frames: Some(3),
        step: 2,
    };
    for dataset in ["fixed_shuffled", "one_lzf", "implicit", "contiguous"] {
        let all = values(&load_field("layouts_new.h5", dataset).unwrap());
        let frames = [1, 3, 5].map(|frame| &all[frame * 99..(frame + 1) * 99]);
        let video = load("layouts_new.h5", &part, &field(dataset, false)).unwrap();
        assert_eq!(values(&video), frames.concat(), "{dataset}");
    }
}

#[test]
fn samples_that_were_never_written_have_the_fill_value() {
    let get = |name: &str| values(&load_field("blanks.h5", name).unwrap());
    assert!(get("never").iter().all(|v| *v == -3.0));
    assert!(get("never_chunks").iter().all(|v| *v == -3.0));
    let coordinate = |v: usize| [v / 99, v / 11 % 9, v % 11];
    let sparse = get("sparse").into_iter().enumerate();
    for (index, value) in sparse {
        let [t, y, x] = coordinate(index);
        let is_set = t == 3 && (2..7).contains(&y) && x >= 4;
        assert_eq!(value, if is_set { 2.0 } else { 1.5 });
    }
    for (index, value) in get("offset").into_iter().enumerate() {
        let is_set = (1..3).contains(&coordinate(index)[0]);
        assert_eq!(value, if is_set { 4.0 } else { 9.0 });
    }
    for (index, value) in get("smaller").into_iter().enumerate() {
        let [t, y, x] = [index / 96, index / 12 % 8, index % 12];
        let expected = if x < 11 { t * 99 + y * 11 + x } else { 0 };
        assert_eq!(value, expected as f64);
    }
    let pages = values(&load_field("index_pages.h5", "fixed").unwrap());
    let is_set = |index: usize| (1030..1040).contains(&index);
    let expected = (0..1500).map(|index| if is_set(index) { 7.0 } else { 0.0 });
    assert!(pages.into_iter().eq(expected));
}

#[test]
fn differences_and_scaled_floats_are_unpacked() {
    let get = |name: &str| values(&load_field("blanks.h5", name).unwrap());
    for name in ["eighths4", "eighths8"] {
        for (index, value) in get(name).into_iter().enumerate() {
            assert!(
                (value - index as f64 / 8.0).abs() <= 5e-4,
                "{name} {index} {value}"
            );
        }
    }
    let negative = (0..693).map(|v| f64::from(v) - 300.0);
    assert!(get("negative").into_iter().eq(negative));
    assert!(get("constant").iter().all(|v| *v == -7.0));
}

#[test]
fn the_first_video_is_loaded() {
    let video = load("first.h5", &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    let Samples::U16(array) = video.samples() else {
        panic!("{:?}", video.dtype())
    };
    assert_eq!(array.shape(), [3, 4, 5]);
    assert!(is_ramp(&video));
    assert_eq!(video.metadata().fps, Some(500.0));
    assert_eq!(video.metadata().comment.as_deref(), Some("rabbit"));
    let part = FrameSelection {
        start: 0,
        frames: Some(2),
        step: 2,
    };
    let video = load("first.h5", &part, &LoadOptions::default()).unwrap();
    assert!(
        values(&video)
            .into_iter()
            .eq((0..20).chain(40..60).map(f64::from))
    );
}

#[test]
fn plain_samples_are_mapped() {
    let video = load("first.h5", &FrameSelection::ALL, &field("/plain", true)).unwrap();
    assert!(video.is_mmap());
    assert_eq!((video.dtype(), video.shape()), (DType::U8, &[3, 4, 5][..]));
    let error = load("first.h5", &FrameSelection::ALL, &field("stack", true)).unwrap_err();
    assert!(error.message().ends_with("its samples are in chunks"));
}

#[test]
fn datasets_are_named() {
    let error = load_field("first.h5", "stakc").unwrap_err();
    assert!(error.message().contains("stack (3×4×5 uint16)"), "{error}");
    assert_eq!(error.hints(), ["did you mean `stack`?"]);
    assert_eq!(info(&file("first.h5")).unwrap().shape, [3, 4, 5]);
    let fields = load_metadata(&file("first.h5")).unwrap().fields;
    assert_eq!(fields["gain"], Field::Float(2.5));
    let list = fields["datasets"].to_string();
    assert!(list.contains("aaa_image (4×5 uint16)"), "{list}");
}

#[test]
fn what_is_no_video_is_said() {
    for name in ["attributes_old.h5", "attributes_new.h5"] {
        for (dataset, kind) in [
            ("text", "others/text (text)"),
            ("complex", "others/complex (3×4 complex numbers)"),
            ("records", "others/records (3 records)"),
            ("null", "others/null (empty)"),
            ("five_axes", "others/five_axes (2×2×2×2×2 uint8)"),
            ("lists", "others/lists (2 variable-length lists)"),
            ("arrays", "others/arrays (2 arrays)"),
            ("bytes", "others/bytes (bytes)"),
        ] {
            let error = load_field(name, &format!("others/{dataset}")).unwrap_err();
            let expected = format!("its dataset {kind} is not a video");
            assert!(error.message().ends_with(&expected), "{error}");
        }
    }
}

#[test]
fn attributes_are_read_however_many_there_are() {
    for name in ["attributes_old.h5", "attributes_new.h5"] {
        let metadata = load_metadata(&file(name)).unwrap();
        let fields = &metadata.fields;
        assert_eq!(metadata.comment.as_deref(), Some("rabbit"));
        assert_eq!(fields["fixed"], "abc".into());
        assert_eq!(fields["names"], Field::list(["a", "bcd"]));
        assert_eq!(fields["list"], Field::list([1.5, 2.5]));
        assert_eq!(fields["large"], Field::Int(9_007_199_254_740_993));
        for number in 0..40 {
            assert_eq!(fields[&format!("number {number}")], Field::Int(number));
        }
        assert_eq!(fields["others/text"], "hello".into());
        assert_eq!(fields["others/fixed_text"], "hi".into());
    }
}

#[test]
fn groups_of_many_names_are_listed_in_order() {
    for form in ["old", "new"] {
        let contents = contents(&file(&format!("names_{form}.h5"))).unwrap();
        let mut names: Vec<String> = contents.datasets.into_iter().map(|d| d.name).collect();
        names.sort();
        let expected = (0..40).map(|number| format!("{form}/{number:02}"));
        assert!(names.into_iter().eq(expected));
    }
}

#[test]
fn links_are_followed() {
    for name in ["links_old.h5", "links_new.h5"] {
        for dataset in [
            "group/raw",
            "alias",
            "same",
            "elsewhere",
            "group/relative",
            "same_group/raw",
            "group/back/group/back/alias",
        ] {
            let video = load_field(name, dataset).unwrap();
            assert!(
                is_ramp(&video) && video.shape() == [3, 4, 5],
                "{name} {dataset}"
            );
        }
        for (dataset, reason) in [
            (
                "broken",
                "it is a link to `/nowhere/raw`, but there is no `nowhere` there",
            ),
            ("loop", "its links form a cycle"),
            (
                "lost",
                "it links to `no such file.h5`, but there is no file",
            ),
        ] {
            let error = load_field(name, dataset).unwrap_err();
            assert!(error.message().contains(reason), "{error}");
        }
        let list = load_metadata(&file(name)).unwrap().fields["datasets"].to_string();
        assert!(list.contains("broken (broken link)"), "{list}");
        assert!(!list.contains("alias"), "{list}");
    }
}

#[test]
fn samples_in_other_files_are_read_from_the_folder_only() {
    assert!(is_ramp(&load_field("external.h5", "raw").unwrap()));
    let error = load_field("external.h5", "away").unwrap_err();
    let reason = "it links to `../external.raw`, which is not in the folder of the file";
    assert!(error.message().ends_with(reason), "{error}");
}

#[test]
fn one_broken_object_does_not_take_the_others_with_it() {
    let mut bytes = std::fs::read(file("first.h5")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    // The headers of the datasets are recognized by their layout: chunks of two frames.
    let chunks: Vec<u8> = [2u32, 3, 2, 2]
        .iter()
        .flat_map(|len| len.to_le_bytes())
        .collect();
    let at = bytes.windows(16).position(|part| part == chunks).unwrap();
    bytes[at..at + 16].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let video = load_video(&path, &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    assert_eq!((video.dtype(), video.shape()), (DType::U8, &[3, 4, 5][..]));
    let error = load_video(&path, &FrameSelection::ALL, &field("stack", false)).unwrap_err();
    let reason = "its dataset `stack` cannot be read: its structure cannot be read \
                  (its chunks have an impossible size)";
    assert!(error.message().ends_with(reason), "{error}");
}

#[test]
fn more_samples_than_a_file_can_have_are_an_error() {
    let bytes = std::fs::read(file("first.h5")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let shape = |frames: u64| -> Vec<u8> {
        [frames, 4, 5]
            .iter()
            .flat_map(|len| len.to_le_bytes())
            .collect()
    };
    for frames in [1 << 47, u64::MAX, 1 << 40] {
        let mut bytes = bytes.clone();
        while let Some(at) = bytes.windows(24).position(|part| part == shape(3)) {
            bytes[at..at + 24].copy_from_slice(&shape(frames));
        }
        std::fs::write(&path, bytes).unwrap();
        for name in ["stack", "plain"] {
            let error = load_video(&path, &FrameSelection::ALL, &field(name, false)).unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
    }
}

#[test]
fn series_of_nwb_have_rates_and_sizes() {
    let video = load("series.nwb", &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    let metadata = video.metadata();
    assert_eq!(metadata.fps, Some(250.0));
    assert_eq!(metadata.pixel_size, Some([1.0, 2.0]));
    assert_eq!(metadata.date.as_deref(), Some("2024-05-06T07:08:09+02:00"));
    assert_eq!(metadata.comment.as_deref(), Some("rabbit"));
    let video = load_field("series.nwb", "acquisition/b/data").unwrap();
    assert!((video.metadata().fps.unwrap() - 100.0).abs() < 1e-9);
}

#[test]
fn time_points_and_channels_of_imaris_are_frames() {
    let video = load("images.ims", &FrameSelection::ALL, &LoadOptions::default()).unwrap();
    assert_eq!(video.shape(), [4, 3, 5, 2]);
    let expected = (0..120).map(|v| {
        let (time, pixel, channel) = (v / 30, v / 2 % 15, v % 2);
        f64::from(pixel + 100 * time + 1000 * channel)
    });
    assert!(values(&video).into_iter().eq(expected));
    assert_eq!(video.metadata().fps, Some(2.0));
    assert_eq!(video.metadata().pixel_size, Some([1.0, 2.0]));
    let one = FrameSelection {
        start: 2,
        frames: Some(1),
        step: 1,
    };
    let video = load("images.ims", &one, &LoadOptions::default()).unwrap();
    assert_eq!(values(&video)[..4], [200.0, 1200.0, 201.0, 1201.0]);
}

#[test]
fn what_matlab_refers_to_is_loaded_by_path() {
    for (name, first) in [
        ("t/v", 0.0),
        ("c{2}", 0.0),
        ("s(1)/v", 0.0),
        ("s(2)/v", 100.0),
    ] {
        let video = load_field("cells.mat", name).unwrap();
        assert_eq!(video.shape(), [4, 2, 3], "{name}");
        // In MATLAB's order the first axis varies fastest.
        let expected = (0..24).map(|v| {
            let (t, y, x) = (v / 6, v / 3 % 2, v % 3);
            first + f64::from(t * 6 + x * 2 + y)
        });
        assert!(values(&video).into_iter().eq(expected), "{name}");
    }
    // The number stored next to the chosen video is its frame rate.
    let metadata = load_metadata(&file("cells.mat")).unwrap();
    assert_eq!(metadata.fps, Some(500.0));
    assert!(!metadata.fields.contains_key("c{1}"));
    let error = load_field("cells.mat", "o").unwrap_err();
    let reason = "its variable o (1×2 object) is not a video";
    assert!(error.message().ends_with(reason), "{error}");
}

#[test]
fn corruption_is_an_error() {
    for name in [
        "first.h5",
        "layouts_old.h5",
        "layouts_new.h5",
        "types_new.h5",
        "attributes_new.h5",
        "names_new.h5",
        "index_two.h5",
        "index_growing.h5",
        "images.ims",
        "cells.mat",
    ] {
        let bytes = std::fs::read(file(name)).unwrap();
        let extension = file(name)
            .extension()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        corruption::check(&bytes, 200, &extension);
    }
}
