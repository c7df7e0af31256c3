use std::io::Write;

use serde_json::json;

use super::*;
use crate::io::{Selection, load_video};
use crate::video::Video;

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The numbers of a ramp of shape 3×4×5 that a chunk of shape 2×4×5 has, as big-endian uint16.
fn chunk(first: u16) -> Vec<u8> {
    (first..first + 40).flat_map(u16::to_be_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn load(path: &Path, fieldname: Option<&str>) -> Result<Video> {
    let options = Options {
        fieldname: fieldname.map(str::to_owned),
        ..Options::default()
    };
    load_video(path, &Selection::ALL, &options)
}

fn values(video: &Video) -> Vec<u16> {
    let Samples::U16(array) = video.samples() else {
        panic!("{:?}", video.dtype())
    };
    array.view().iter().copied().collect()
}

/// A group of version 2 with an array, the second chunk of which was never written.
fn version_2(path: &Path) {
    let array = json!({
        "zarr_format": 2, "shape": [3, 4, 5], "chunks": [2, 4, 5], "dtype": ">u2", "order": "C",
        "compressor": {"id": "gzip", "level": 1}, "filters": null, "fill_value": 7,
    });
    write(&path.join(".zgroup"), br#"{"zarr_format": 2}"#);
    write(
        &path.join(".zattrs"),
        br#"{"fps": 250, "comment": "rabbit"}"#,
    );
    write(&path.join("raw/.zarray"), array.to_string().as_bytes());
    write(&path.join("raw/0.0.0"), &gzip(&chunk(0)));
}

#[test]
fn version_2_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    version_2(folder.path());
    let video = load(folder.path(), None).unwrap();
    assert_eq!(video.shape(), [3, 4, 5]);
    assert_eq!(video.metadata().fps, Some(250.0));
    assert!(values(&video).into_iter().eq((0..40).chain([7; 20])));
    let error = load(folder.path(), Some("rw")).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("it has no array `rw`: it holds raw (3×4×5 uint16)")
    );
    assert!(load(folder.path(), Some("../x")).is_err());
}

#[test]
fn shards_of_version_3_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zarr");
    let array = json!({
        "zarr_format": 3, "node_type": "array", "shape": [3, 4, 5], "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 4, 5]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "attributes": {"fps": 100},
        "codecs": [{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [2, 4, 5],
            "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}, {"name": "gzip"}],
            "index_codecs": [{"name": "bytes"}, {"name": "crc32c"}],
        }}],
    });
    write(&path.join("zarr.json"), array.to_string().as_bytes());
    let packed = gzip(&chunk(0));
    let mut shard = packed.clone();
    for word in [0, packed.len() as u64, MISSING, MISSING] {
        shard.extend(word.to_le_bytes());
    }
    shard.extend([0; 4]);
    write(&path.join("c/0/0/0"), &shard);
    let video = load(&path, None).unwrap();
    assert!(values(&video).into_iter().eq((0..40).chain([0; 20])));
    assert_eq!(video.metadata().fps, Some(100.0));
    shard.truncate(20);
    write(&path.join("c/0/0/0"), &shard);
    assert!(load(&path, None).is_err());
}

#[test]
fn images_of_ome_have_their_axes_and_scale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let attributes = json!({"multiscales": [{
        "axes": [{"name": "t", "unit": "millisecond"}, {"name": "c"},
            {"name": "y", "unit": "micrometer"}, {"name": "x", "unit": "micrometer"}],
        "datasets": [{"path": "0", "coordinateTransformations": [
            {"type": "scale", "scale": [2.0, 1.0, 0.5, 0.25]}]}, {"path": "1"}],
    }]});
    let array = json!({
        "zarr_format": 2, "shape": [3, 2, 2, 1], "chunks": [3, 2, 2, 1], "dtype": ">u2",
        "order": "F", "compressor": null, "dimension_separator": "/", "fill_value": 0,
    });
    write(&path.join(".zattrs"), attributes.to_string().as_bytes());
    write(&path.join(".zgroup"), b"{}");
    write(&path.join("0/.zarray"), array.to_string().as_bytes());
    write(&path.join("0/0/0/0/0"), &chunk(0)[..24]);
    let video = load(path, None).unwrap();
    assert_eq!(video.shape(), [3, 2, 1, 2]);
    // Sample (t, c, y) is number t + 3c + 6y of the file.
    assert_eq!(values(&video), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    assert_eq!(video.metadata().fps, Some(500.0));
    assert_eq!(video.metadata().pixel_size, Some([0.5, 0.25]));
}

/// Variants of metadata, the same ones each time.
#[test]
fn damage_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    version_2(path);
    let file = path.join("raw/.zarray");
    let text = std::fs::read_to_string(&file).unwrap();
    for (at, _) in text.char_indices() {
        for with in ["", "9999999999", "[", "null"] {
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            std::fs::write(&file, changed).unwrap();
            let _ = load(path, Some("raw"));
        }
    }
}
