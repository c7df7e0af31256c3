//! Tests of Zarr folders.

mod codecs;

use std::io::Write;

use serde_json::json;

use super::*;
use crate::io::load_video;
use crate::io::recording::FrameSelection;
use crate::video::Video;

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The numbers of a chunk of shape 2×4×5 in a ramp of shape 3×4×5, as big-endian uint16.
fn chunk(first: u16) -> Vec<u8> {
    (first..first + 40).flat_map(u16::to_be_bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn load(path: &Path, fieldname: Option<&str>) -> Result<Video> {
    let options = LoadOptions {
        fieldname: fieldname.map(str::to_owned),
        ..LoadOptions::default()
    };
    load_video(path, &FrameSelection::ALL, &options)
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
    let list = [0, packed.len() as u64, u64::MAX, u64::MAX]
        .map(u64::to_le_bytes)
        .concat();
    shard.extend(chunk_codecs::Checksum::Crc32c.of(&list).to_le_bytes());
    shard.splice(packed.len()..packed.len(), list);
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

/// Filters and compressions by numcodecs 0.16 of 4×3×5 numbers: 0, 7, 14, … modulo 100, or -3,
/// -2.75, -2.5, …, or bools of which every third is true.
const CODED: &[(&str, &str, &str, &str)] = &[
    (
        "<u2",
        r#"[{"id": "delta", "dtype": "<u2", "astype": "<i2"}]"#,
        "null",
        "000007000700070007000700070007000700070007000700070007000700a3ff0700070007000700070007000700\
         070007000700070007000700a3ff0700070007000700070007000700070007000700070007000700a3ff07000700\
         070007000700070007000700070007000700070007000700a3ff0700",
    ),
    (
        ">u2",
        r#"[{"id": "delta", "dtype": ">u2", "astype": ">u2"}]"#,
        "null",
        "000000070007000700070007000700070007000700070007000700070007ffa30007000700070007000700070007 \
         000700070007000700070007ffa30007000700070007000700070007000700070007000700070007ffa300070007 \
         000700070007000700070007000700070007000700070007ffa30007",
    ),
    (
        "<u2",
        r#"[{"id": "astype", "encode_dtype": "|u1", "decode_dtype": "<u2"}]"#,
        "null",
        "00070e151c232a31383f464d545b62050c131a21282f363d444b525960030a11181f262d343b424950575e01080f\
         161d242b323940474e555c63060d",
    ),
    (
        "<u2",
        "null",
        r#"{"id": "crc32"}"#,
        "a2d94720000007000e0015001c0023002a00310038003f0046004d0054005b00620005000c0013001a0021002800\
         2f0036003d0044004b0052005900600003000a00110018001f0026002d0034003b0042004900500057005e000100\
         08000f0016001d0024002b0032003900400047004e0055005c00630006000d00",
    ),
    (
        "<u2",
        r#"[{"id": "shuffle", "elementsize": 2}]"#,
        r#"{"id": "zlib", "level": 1}"#,
        "78016360e7139551d632b4b077f30d894e62e5119652d4d037b375f10e8a4c60e612949057d335b176f20c088f63\
         e4e0179355d136b27470f70b8d4966e365a0000000eb1b0b4b",
    ),
    (
        "<u2",
        "null",
        r#"{"id": "bz2", "level": 1}"#,
        "425a68313141592653597595a5e9000000ff006bd7ab56ad5ab56ad5ab56ad58002000546680000000000001a00c\
         00680000680000000006efcf7e24b30d01c7a08a49a8aacbb0cb4db8ebcfc018628e49669e8a6aaecb6ebf0c72cf\
         5db7e390f5df9efc10004003f1772453850907595a5e90",
    ),
    (
        "<u2",
        "null",
        r#"{"id": "lzma", "format": 1, "check": -1, "preset": 0, "filters": null}"#,
        "fd377a585a000004e6d6b446020021010c0000008f98419ce00077006e5d00000001858884ed6cd4ddca5b8fe241\
         c3ce4482d431a09bb52e0e1ca5780a81262b35a061787e59d479170daaa6e5ddfe459e9c93ef948abca52fa6053a\
         cd27d3e3f14ca67455d9be0d2f6225c4a320f0f569b39f567d44af70c862ba13e8f90b13ea7ac5718b8627cb0e96\
         72df0000000026ab1768fa722ea400018a0178000000a04295efb1c467fb020000000004595a",
    ),
    (
        "<f4",
        r#"[{"id": "fixedscaleoffset", "scale": 4, "offset": -3, "dtype": "<f4", "astype": "|u1"}]"#,
        "null",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d\
         2e2f303132333435363738393a3b",
    ),
    (
        "<f4",
        r#"[{"id": "fixedscaleoffset", "scale": 4, "offset": -3, "dtype": "<f4", "astype": "<i2"},
            {"id": "delta", "dtype": "<i2", "astype": "|i1"}]"#,
        r#"{"id": "zlib", "level": 1}"#,
        "78016360241f00000726003c",
    ),
    (
        "<f4",
        r#"[{"id": "quantize", "digits": 2, "dtype": "<f4", "astype": "<f2"}]"#,
        "null",
        "00c280c100c180c000c000bf00be00bd00bc00ba00b800b4000000340038003a003c003d003e003f004080400041\
         80410042804200438043004440448044c044004540458045c045004640468046c046004740478047c04700482048\
         404860488048a048c048e04800492049404960498049a049c049e049",
    ),
    (
        "|b1",
        r#"[{"id": "packbits"}]"#,
        "null",
        "049249249249249240",
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
}

#[test]
fn filters_of_numcodecs_are_undone() {
    for (dtype, filters, compressor, hex) in CODED {
        let folder = tempfile::tempdir().unwrap();
        let array = format!(
            r#"{{"zarr_format": 2, "shape": [4, 3, 5], "chunks": [4, 3, 5], "order": "C",
                "dtype": "{dtype}", "fill_value": 0, "filters": {filters},
                "compressor": {compressor}}}"#
        );
        write(&folder.path().join(".zarray"), array.as_bytes());
        write(&folder.path().join("0.0.0"), &bytes(hex));
        let video = load(folder.path(), None).unwrap_or_else(|e| panic!("{filters}: {e}"));
        assert_eq!(video.shape(), [4, 3, 5]);
        let found: Vec<f64> = crate::video::map_samples!(video.samples(), array => {
            array.view().iter().map(|v| crate::video::Element::to_f64(*v)).collect()
        });
        let expected = (0..60).map(|at| match *dtype {
            "<f4" => f64::from(at) * 0.25 - 3.0,
            "|b1" => f64::from(u8::from(at % 3 == 0)),
            _ => f64::from(at * 7 % 100),
        });
        assert!(found.into_iter().eq(expected), "{filters} {compressor}");
        for cut in 0..bytes(hex).len() {
            write(&folder.path().join("0.0.0"), &bytes(hex)[..cut]);
            let _ = load(folder.path(), None);
        }
    }
}

#[test]
fn codecs_that_are_not_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let fail = |array: serde_json::Value, name: &str| {
        let file = folder.path().join(name);
        write(&file, array.to_string().as_bytes());
        let error = load(folder.path(), None).unwrap_err();
        std::fs::remove_file(file).unwrap();
        error.message().to_owned()
    };
    for (filters, compressor, name) in [
        (json!([{"id": "categorize"}]), json!(null), "`categorize`"),
        (json!(null), json!({"id": "zfpy"}), "`zfpy`"),
        (
            json!([{"id": "delta", "dtype": "<i8"}]),
            json!(null),
            "`delta` gives samples of 8 bytes",
        ),
        (json!(null), json!({"id": "lzma", "format": 3}), "`lzma`"),
    ] {
        let array = json!({
            "zarr_format": 2, "shape": [3, 4, 5], "chunks": [2, 4, 5], "dtype": "<u2",
            "order": "C", "compressor": compressor, "filters": filters, "fill_value": 0,
        });
        let message = fail(array, ".zarray");
        assert!(message.contains(name), "{message}");
    }
    let bytes = json!({"name": "bytes"});
    let shards = |after: &serde_json::Value| {
        json!([{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [2, 4, 5], "codecs": [bytes], "index_codecs": [bytes]}}, after])
    };
    for (codecs, name) in [
        (json!([bytes, {"name": "secret"}]), "`secret`"),
        (json!(["secret"]), "`secret`"),
        (json!([{"name": "gzip"}, bytes]), "`gzip` comes before"),
        (json!([]), "encodes samples as bytes"),
        (shards(&json!({"name": "gzip"})), "as a whole by `gzip`"),
        (
            json!([{"name": "numcodecs.delta", "configuration": {"dtype": "uint16"}},
                {"name": "transpose", "configuration": {"order": [2, 0, 1]}}, bytes]),
            "`numcodecs.delta` comes before a transpose",
        ),
        (
            json!([{"name": "transpose", "configuration": {"order": [0, 1]}}, bytes]),
            "order [0,1]",
        ),
        (
            json!([{"name": "bytes", "configuration": {"endian": "vax"}}]),
            "\"vax\"",
        ),
    ] {
        let array = json!({
            "zarr_format": 3, "node_type": "array", "shape": [3, 4, 5], "data_type": "uint16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 4, 5]}},
            "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": codecs,
        });
        let message = fail(array, "zarr.json");
        assert!(message.contains(name), "{message}");
    }
}

/// All indices of an array, the last varying fastest.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |indices, len| {
        let longer = |index: Vec<usize>| (0..*len).map(move |last| [&index[..], &[last]].concat());
        indices.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn axes_come_in_the_order_of_a_video() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let attributes = json!({"ome": {"version": "0.5", "multiscales": [{
        "axes": [{"name": "x", "type": "space", "unit": "micrometer"},
            {"name": "y", "type": "space", "unit": "micrometer"},
            {"name": "time", "type": "time", "unit": "millisecond"}],
        "datasets": [{"path": "0", "coordinateTransformations": [
            {"type": "scale", "scale": [0.25, 0.5, 2.0]}]}],
    }]}});
    let group = json!({"zarr_format": 3, "node_type": "group", "attributes": attributes});
    let array = json!({
        "zarr_format": 3, "node_type": "array", "shape": [4, 3, 5], "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 3, 5]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
    });
    write(&path.join("zarr.json"), group.to_string().as_bytes());
    write(&path.join("0/zarr.json"), array.to_string().as_bytes());
    let samples: Vec<u8> = (0..60u16).flat_map(u16::to_be_bytes).collect();
    write(&path.join("0/c/0/0/0"), &samples);
    let video = load(path, None).unwrap();
    assert_eq!(video.shape(), [5, 3, 4]);
    let expected = indices(&[5, 3, 4])
        .into_iter()
        .map(|at| (at[2] * 15 + at[1] * 5 + at[0]) as u16);
    assert!(values(&video).into_iter().eq(expected));
    assert_eq!(video.metadata().fps, Some(500.0));
    assert_eq!(video.metadata().pixel_size, Some([0.5, 0.25]));
    let part = FrameSelection {
        start: 1,
        frames: Some(2),
        step: 2,
    };
    let part = load_video(path, &part, &LoadOptions::default()).unwrap();
    let expected = indices(&[2, 3, 4]).into_iter();
    let expected = expected.map(|at| (at[2] * 15 + at[1] * 5 + 1 + 2 * at[0]) as u16);
    assert!(values(&part).into_iter().eq(expected));
}

/// Variants of metadata; deterministic.
#[test]
fn corruption_is_an_error() {
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
