//! Round-trip tests: everything that is saved loads unchanged, whatever the samples, including
//! those that compress to hardly any bytes.

use std::path::Path;

use super::{Export, MovieSource, export_video};
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::io::*;
use crate::video::{DType, Element, Strided, Video, map_samples, with_dtype};

/// Content of the samples of a video.
#[derive(Debug, Clone, Copy, PartialEq)]
enum SampleContent {
    Zero,
    Constant,
    /// All NaN.
    Nan,
    /// Mostly zeros.
    Sparse,
    /// Arbitrary, but only in the middle of each frame.
    Masked,
    Random,
}

use SampleContent::{Constant, Masked, Nan, Random, Sparse, Zero};

const CONTENTS: [SampleContent; 6] = [Zero, Constant, Nan, Sparse, Masked, Random];

impl SampleContent {
    /// The sample at an index, for a type whose largest value is `most`.
    fn sample(self, shape: &[usize], at: usize, most: f64) -> f64 {
        let noise = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let random = (noise as f64 / (1u64 << 24) as f64 * (most + 1.0)).floor();
        match self {
            Zero => 0.0,
            Constant => most.min(10.0),
            Nan => f64::NAN,
            Sparse => f64::from(u8::from(noise.is_multiple_of(5003))),
            Masked => {
                let columns = shape.get(2).copied().unwrap_or(1);
                let column = at % columns;
                match (columns / 4..columns - columns / 4).contains(&column) {
                    true => random,
                    false => 0.0,
                }
            }
            Random => random,
        }
    }

    fn video(self, shape: &[usize], dtype: DType) -> Video {
        let most = match dtype {
            DType::Bool => 1.0,
            DType::I8 => 127.0,
            DType::U8 => 255.0,
            DType::I16 => 32767.0,
            _ => 65535.0,
        };
        let len = shape.iter().product();
        with_dtype!(dtype, T => {
            // Most of a large array is copied, which is faster than computing it.
            let period = match self {
                Zero | Constant | Nan => 1,
                _ => len,
            };
            let samples = (0..period).map(|at| T::from_f64(self.sample(shape, at, most)));
            let mut samples: Vec<T> = samples.collect();
            samples.resize(len, samples.first().copied().unwrap_or_default());
            Video::new(Strided::from_vec(shape, samples))
        })
    }
}

/// The bytes of all samples.
fn bytes(video: &Video) -> Vec<u8> {
    map_samples!(video.samples(), array => {
        let array = array.copy().unwrap();
        bytemuck::cast_slice(array.as_slice().unwrap()).to_vec()
    })
}

/// A way to save, and the types it supports.
struct RoundTripSaver {
    name: &'static str,
    save: fn(&Path, &Video) -> Result<()>,
    dtypes: &'static [DType],
}

fn tiff_as(path: &Path, video: &Video, compression: Compression) -> Result<()> {
    let saving = SaveOptions {
        compression: Some(compression),
        ..SaveOptions::default()
    };
    save_video_as(path, video, &saving)
}

fn sequence(path: &Path, video: &Video, format: &str) -> Result<()> {
    save_image_sequence(
        path,
        &ImageSequence::Frames(video.clone()),
        None,
        ("frame_{:05d}", format),
        &ImageOptions::default(),
    )
}

/// Types that images preserve; bools become black and white.
const GRAYS: &[DType] = &[DType::U8, DType::U16];

const SAVERS: &[RoundTripSaver] = &[
    RoundTripSaver {
        name: "a.npy",
        save: save_video,
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "a.npz",
        save: save_video,
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "a.mat",
        save: save_video,
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "a.h5",
        save: save_video,
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "zstd.zarr",
        save: |path, video| tiff_as(path, video, Compression::Zstd),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "deflate.zarr",
        save: |path, video| tiff_as(path, video, Compression::Deflate),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "none.zarr",
        save: |path, video| tiff_as(path, video, Compression::None),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "none.tif",
        save: |path, video| tiff_as(path, video, Compression::None),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "lzw.tif",
        save: |path, video| tiff_as(path, video, Compression::Lzw),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "deflate.tif",
        save: |path, video| tiff_as(path, video, Compression::Deflate),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "zstd.tif",
        save: |path, video| tiff_as(path, video, Compression::Zstd),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "packbits.tif",
        save: |path, video| tiff_as(path, video, Compression::Packbits),
        dtypes: DType::ALL,
    },
    RoundTripSaver {
        name: "png",
        save: |path, video| sequence(path, video, ".png"),
        dtypes: GRAYS,
    },
    RoundTripSaver {
        name: "tif",
        save: |path, video| sequence(path, video, ".tif"),
        dtypes: GRAYS,
    },
];

#[track_caller]
fn check(saver: &RoundTripSaver, content: SampleContent, shape: &[usize], dtype: DType) {
    let what = format!("{} {content:?} {shape:?} {dtype}", saver.name);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(saver.name);
    let video = content.video(shape, dtype);
    (saver.save)(&path, &video).unwrap_or_else(|e| panic!("{what}: {e}"));
    let options = LoadOptions::default();
    let loaded = load_video(&path, &FrameSelection::ALL, &options);
    let loaded = loaded.unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!((loaded.shape(), loaded.dtype()), (shape, dtype), "{what}");
    assert!(bytes(&loaded) == bytes(&video), "{what}: other samples");
    let last = FrameSelection {
        start: shape[0] - 1,
        frames: None,
        step: 1,
    };
    let loaded = load_video(&path, &last, &options).unwrap_or_else(|e| panic!("{what}: {e}"));
    let frame = video.frames(shape[0] - 1, 1, 1);
    assert!(
        bytes(&loaded) == bytes(&frame),
        "{what}: another last frame"
    );
}

#[test]
fn everything_saved_comes_back() {
    for saver in SAVERS {
        for &dtype in saver.dtypes {
            for content in CONTENTS {
                if content == Nan && !matches!(dtype, DType::F32 | DType::F64) {
                    continue;
                }
                for shape in [&[3, 17, 23][..], &[1, 5, 40], &[2, 9, 33, 3]] {
                    check(saver, content, shape, dtype);
                }
            }
        }
    }
}

#[test]
fn single_samples_and_none_come_back() {
    let names = ["a.npy", "a.npz", "zstd.zarr", "deflate.zarr", "none.zarr"];
    for saver in SAVERS.iter().filter(|saver| names.contains(&saver.name)) {
        for shape in [
            &[1, 1, 1][..],
            &[1],
            &[1, 1],
            &[4, 1],
            &[7],
            &[0, 5, 6],
            &[3, 0],
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(saver.name);
            let mut video = Random.video(shape, DType::F32);
            video.metadata_mut().fps = Some(500.0);
            (saver.save)(&path, &video).unwrap();
            let loaded = load_video(&path, &FrameSelection::ALL, &LoadOptions::default());
            let loaded = loaded.unwrap_or_else(|e| panic!("{} {shape:?}: {e}", saver.name));
            assert_eq!(loaded.shape(), shape, "{}", saver.name);
            assert!(bytes(&loaded) == bytes(&video), "{} {shape:?}", saver.name);
        }
    }
}

/// Files that are thousands of times smaller than their samples.
#[test]
fn what_compresses_well_comes_back() {
    let shape = [9, 1024, 1024];
    for saver in SAVERS {
        for (content, dtype) in [(Constant, DType::U16), (Nan, DType::F32)] {
            if saver.dtypes.contains(&dtype) {
                check(saver, content, &shape, dtype);
            }
        }
    }
    let zarr = SAVERS
        .iter()
        .find(|saver| saver.name == "zstd.zarr")
        .unwrap();
    check(zarr, Constant, &[400, 200, 200], DType::U16);
}

/// Large images of one color, such as masks.
#[test]
fn large_masks_come_back() {
    for saver in SAVERS {
        if saver.dtypes.contains(&DType::Bool) {
            check(saver, Zero, &[1, 3000, 2000], DType::Bool);
        }
    }
}

#[test]
fn animations_come_back() {
    let export = Export::new(25.0, Encoder::builtin("libx264").unwrap());
    let look = ColorSettings::new(Colormap::gray(), Some(0.0), Some(255.0));
    let folder = tempfile::tempdir().unwrap();
    for (number, content) in [Zero, Constant, Sparse, Masked, Random]
        .into_iter()
        .enumerate()
    {
        for shape in [[12, 34, 46], [1, 20, 40], [3, 512, 640]] {
            let video = content.video(&shape, DType::U8);
            for extension in ["gif", "apng"] {
                let name = format!("{number}_{}.{extension}", shape[0]);
                let path = folder.path().join(name);
                export_video(&path, MovieSource::Video(video.clone()), &look, 8, &export).unwrap();
                let loaded = load_video(&path, &FrameSelection::ALL, &LoadOptions::default());
                let loaded = loaded.unwrap_or_else(|e| panic!("{content:?} {shape:?}: {e}"));
                assert_eq!(loaded.shape(), shape);
                // The colors of a colormap are rounded.
                let differences = bytes(&loaded).into_iter().zip(bytes(&video));
                let most = differences.map(|(a, b)| a.abs_diff(b)).max();
                assert!(most <= Some(1), "{extension} {content:?} {shape:?}");
            }
        }
    }
}
