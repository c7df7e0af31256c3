use hdf5_pure::{AttrValue, FileBuilder};

use super::*;
use crate::io::{Selection, damage, info, load_metadata, load_video};
use crate::video::{Samples, Video};

/// A file with a plain video, a compressed one in chunks that do not divide it, and an image.
fn file() -> Vec<u8> {
    let mut file = FileBuilder::new();
    file.set_attr("comment", AttrValue::String("rabbit".into()));
    let plain: Vec<u8> = (0..60).collect();
    let ramp: Vec<u16> = (0..60).collect();
    file.create_dataset("aaa_image")
        .with_u16_data(&ramp[..20])
        .with_shape(&[4, 5]);
    file.create_dataset("stack")
        .with_u16_data(&ramp)
        .with_shape(&[3, 4, 5])
        .with_chunks(&[2, 3, 2])
        .with_shuffle()
        .with_deflate(4)
        .set_attr("fps", AttrValue::F64(500.0));
    file.create_dataset("plain")
        .with_u8_data(&plain)
        .with_shape(&[3, 4, 5]);
    file.create_dataset("gain")
        .with_f64_data(&[2.5])
        .with_shape(&[]);
    file.finish().unwrap()
}

fn load(selection: &Selection, options: &Options) -> Result<Video> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    std::fs::write(&path, file()).unwrap();
    load_video(&path, selection, options)
}

fn field(name: &str, use_mmap: bool) -> Options {
    Options {
        fieldname: Some(name.into()),
        ..Options::mapped(use_mmap)
    }
}

#[test]
fn the_first_video_is_loaded() {
    let video = load(&Selection::ALL, &Options::default()).unwrap();
    let Samples::U16(array) = video.samples() else {
        panic!("{:?}", video.dtype())
    };
    assert_eq!(array.shape(), [3, 4, 5]);
    assert!(array.view().iter().copied().eq(0..60));
    assert_eq!(video.metadata().fps, Some(500.0));
    assert_eq!(video.metadata().comment.as_deref(), Some("rabbit"));
    let part = Selection {
        start: 0,
        frames: Some(2),
        step: 2,
    };
    let video = load(&part, &Options::default()).unwrap();
    let Samples::U16(array) = video.samples() else {
        panic!("{:?}", video.dtype())
    };
    assert!(array.view().iter().copied().eq((0..20).chain(40..60)));
}

#[test]
fn plain_samples_are_mapped() {
    let video = load(&Selection::ALL, &field("/plain", true)).unwrap();
    assert!(video.is_mmap());
    assert_eq!((video.dtype(), video.shape()), (DType::U8, &[3, 4, 5][..]));
    let error = load(&Selection::ALL, &field("stack", true)).unwrap_err();
    assert!(error.message().ends_with("its samples are in chunks"));
}

#[test]
fn datasets_are_named() {
    let error = load(&Selection::ALL, &field("stakc", false)).unwrap_err();
    assert!(error.message().contains("stack (3×4×5 uint16)"), "{error}");
    assert_eq!(error.hints(), ["did you mean `stack`?"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    std::fs::write(&path, file()).unwrap();
    assert_eq!(info(&path).unwrap().shape, [3, 4, 5]);
    let fields = load_metadata(&path).unwrap().fields;
    assert_eq!(fields["gain"], Field::Float(2.5));
    assert!(
        fields["datasets"]
            .to_string()
            .contains("aaa_image (4×5 uint16)")
    );
}

#[test]
fn damage_is_an_error() {
    damage::check(&file(), 1500, "h5");
}
