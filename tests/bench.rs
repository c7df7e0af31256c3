//! How long each filter takes, beside copying as many bytes: `cargo bench [-- NAME]`.
//!
//! Prints for each filter and video: the best time of some, the bytes of input and result per
//! second, and how many times longer it takes than copying that many bytes on one core. Results go
//! to memory that the run before has left, except for those marked `in place`, whose input is a
//! temporary. Then the same for chains from file to file, and how long the player takes to draw a
//! window.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use optimap::color::color_settings::{ColorSettings, RangeExtent};
use optimap::color::colormap::Colormap;
use optimap::error::Result;
use optimap::io::save_video;
use optimap::ops::blend::{BlendLook, BlendOptions, alpha_blend};
use optimap::ops::edit::geometry::rotate_left;
use optimap::ops::edit::pad::{Pad, PadMode, pad};
use optimap::ops::edit::resize::{Interpolation, Resize, resize};
use optimap::ops::filter::jitter::evolve_jitter_filter;
use optimap::ops::filter::mean::{MeanFilter, mean_filter};
use optimap::ops::filter::median::{MedianFilter, median_filter};
use optimap::ops::filter::normalize::{
    Normalize, normalize, normalize_pixelwise, normalize_pixelwise_slidingwindow,
};
use optimap::ops::filter::smooth::smooth_spatiotemporal;
use optimap::ops::filter::smoothstep::smoothstep;
use optimap::ops::filter::temporal::{TemporalDifference, temporal_difference};
use optimap::ops::kernel::border::Border;
use optimap::player::{Event, Image, Key, Panel, Player, Show};
use optimap::script::Settings;
use optimap::session::Session;
use optimap::video::{DType, Element, Strided, Video};
use optimap::view::annotations::Annotations;

/// How often each filter runs.
const RUNS: usize = 5;

const NORMALIZE: Normalize = Normalize {
    ymin: 0.0,
    ymax: None,
    vmin: None,
    vmax: None,
    dtype: DType::F32,
    clip: true,
};

const TO_U8: Normalize = Normalize {
    vmin: Some(300.0),
    vmax: Some(5000.0),
    dtype: DType::U8,
    ..NORMALIZE
};

const DIFFERENCE: TemporalDifference = TemporalDifference {
    n: 3,
    fill_value: 0.0,
    center: false,
};

const BOX: MeanFilter = MeanFilter {
    size_temporal: 3,
    size_spatial: 5,
    mode: Border::Nearest,
};

const MEDIAN: MedianFilter = MedianFilter {
    size_temporal: 1,
    size_spatial: 3,
    mode: Border::Reflect,
    ignores_nan: false,
};

const PAD: Pad = Pad {
    width: 10,
    mode: PadMode::Constant,
    constant_values: None,
    stat_length: None,
    end_values: None,
    reflect_type: None,
};

const REFLECT: Pad = Pad {
    mode: PadMode::Reflect,
    ..PAD
};

/// The options for frames of another size.
fn scaled(scale: f64, interpolation: Interpolation) -> Resize {
    Resize {
        shape: None,
        scale: Some(scale),
        interpolation,
    }
}

/// Blends a tenth of the frames with themselves.
fn blend(video: Video) -> Result<Video> {
    let part = video.frames(0, video.len() / 10, 1);
    let options = BlendOptions {
        skip_frames: 1,
        base: ColorSettings::new(Colormap::gray(), None, None),
        overlay: ColorSettings {
            range: RangeExtent::All,
            ..ColorSettings::new(Colormap::purples(), None, None)
        },
        look: BlendLook::PLAIN,
    };
    let blended = alpha_blend(part.clone(), part, None, &options)?;
    blended.compute()?;
    Ok(blended)
}

type Filter = fn(Video) -> Result<Video>;

const FILTERS: &[(&str, Filter)] = &[
    ("normalize", |v| normalize(v, &NORMALIZE)),
    ("normalize to uint8", |v| normalize(v, &TO_U8)),
    ("normalize, rotated", |v| {
        normalize(rotate_left(v, 1)?, &NORMALIZE)
    }),
    ("pixelwise", |v| normalize_pixelwise(v, 0.0, 1.0)),
    ("sliding window 60", |v| {
        normalize_pixelwise_slidingwindow(v, 60, 0.0, 1.0)
    }),
    ("sliding window 301", |v| {
        normalize_pixelwise_slidingwindow(v, 301, 0.0, 1.0)
    }),
    ("smooth 1, 2", |v| smooth_spatiotemporal(v, 1.0, 2.0)),
    ("smooth 3, 5", |v| smooth_spatiotemporal(v, 3.0, 5.0)),
    ("temporal difference", |v| {
        temporal_difference(v, &DIFFERENCE)
    }),
    ("mean 3, 5", |v| mean_filter(v, &BOX)),
    ("median 1, 3", |v| median_filter(v, &MEDIAN)),
    ("jitter", |v| evolve_jitter_filter(v, 500.0, 0.004)),
    ("smoothstep", |v| smoothstep(v, 300.0, 5000.0, 2)),
    ("blend a tenth", blend),
    ("pad constant", |v| pad(v, &PAD)),
    ("pad reflect", |v| pad(v, &REFLECT)),
    ("resize 0.5 area", |v| {
        resize(&v, &scaled(0.5, Interpolation::Area))
    }),
    ("resize 1.5 linear", |v| {
        resize(&v, &scaled(1.5, Interpolation::Linear))
    }),
    ("resize 2 cubic", |v| {
        resize(&v, &scaled(2.0, Interpolation::Cubic))
    }),
    ("resize 2 lanczos", |v| {
        resize(&v, &scaled(2.0, Interpolation::Lanczos))
    }),
];

/// Scripts that pass a recording on from a file: to another, or to a reduction.
const CHAINS: &[(&str, &str)] = &[
    (
        "chain from TIFF",
        "save_video(\"result.npy\", load_video(\"source.tif\").normalize_pixelwise_slidingwindow(60)\
         .smooth_spatiotemporal(1, 1).temporal_difference(3));",
    ),
    (
        "chain of six",
        "save_video(\"result.npy\", load_video(\"source.npy\", #{use_mmap: true}).crop(4)\
         .normalize_pixelwise_slidingwindow(60).smooth_spatiotemporal(1, 1).temporal_difference(3)\
         .clip(-1, 1).normalize(#{vmin: -1, vmax: 1, dtype: \"uint16\"}));",
    ),
    (
        "chain to uint8",
        "save_video(\"result.npy\", load_video(\"source.npy\", #{use_mmap: true})\
         .normalize(#{vmin: 300, vmax: 5000, dtype: \"uint8\"}));",
    ),
    (
        "chain to mean(0)",
        "load_video(\"source.npy\").normalize_pixelwise_slidingwindow(60).mean(0);",
    ),
    (
        "chain to median(0)",
        "load_video(\"source.npy\").smooth_spatiotemporal(0, 1).median(0);",
    ),
];

fn main() {
    // Cargo adds `--bench`; a word of one's own chooses filters by name.
    let chosen = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let chosen = chosen.unwrap_or_default();
    let bandwidth = copied_bytes_per_second();
    println!("copying: {:.1} GB/s\n", bandwidth / 1e9);
    println!(
        "{:24} {:28} {:>8} {:>7} {:>8}",
        "filter", "video", "s", "GB/s", "× copy"
    );
    for shape in [[1000, 128, 128], [1040, 390, 300]] {
        let ints = recording::<u16>(&shape);
        let floats = recording::<f32>(&shape);
        for (name, filter) in FILTERS.iter().filter(|(name, _)| name.contains(&chosen)) {
            report(name, &ints, "", bandwidth, || ints.clone(), filter);
            report(name, &floats, "", bandwidth, || floats.clone(), filter);
            let temporary = || recording::<f32>(&shape);
            report(name, &floats, ", in place", bandwidth, temporary, filter);
        }
    }
    report_chains(&chosen, bandwidth);
    if "player".contains(&chosen) {
        report_player();
    }
}

/// Times scripts, which find their recording in a folder of their own.
fn report_chains(chosen: &str, bandwidth: f64) {
    let chains = CHAINS.iter().filter(|(name, _)| name.contains(chosen));
    let chains: Vec<_> = chains.collect();
    if chains.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let mut session = Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    });
    let video = recording::<u16>(&[1040, 390, 300]);
    for source in ["source.npy", "source.tif"] {
        save_video(Path::new(source), &video).unwrap();
        // Files are loaded as they are needed when nobody seems to be writing them.
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let file = File::options().append(true).open(source).unwrap();
        file.set_modified(hour_ago).unwrap();
    }
    let length = |path: &str| Path::new(path).metadata().map_or(0, |file| file.len());
    let read = length("source.npy");
    for (name, script) in chains {
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Instant::now();
            assert!(session.run("bench", script).is_ok(), "{name}");
            best = best.min(start.elapsed().as_secs_f64());
        }
        let bytes = (read + length("result.npy")) as f64;
        let (speed, ratio) = (bytes / best / 1e9, best * bandwidth / bytes);
        let text = "[1040, 390, 300] uint16";
        println!("{name:24} {text:28} {best:8.4} {speed:7.1} {ratio:8.1}");
        let _ = std::fs::remove_file("result.npy");
    }
}

/// Times what a window shows of a video of 512×512 pixels, magnified twice.
fn report_player() {
    const FRAMES: usize = 32;
    const SIZE: (usize, usize) = (1200, 1120);
    let colors = ColorSettings::new(Colormap::named("viridis").unwrap(), None, None);
    let video = recording::<u16>(&[FRAMES, 512, 512]);
    let panel = Panel::video(video, "bench".into(), &colors).unwrap();
    let show = Show {
        panels: vec![panel],
        interval_ms: 10,
        step: 1,
        annotations: Annotations::default(),
    };
    let player = Player::new(show).unwrap();
    let mut image = Image::new(SIZE.0, SIZE.1);
    for name in ["player, whole factor", "player, smooth"] {
        let start = Instant::now();
        for frame in 0..FRAMES {
            player.seek(frame);
            player.render_into(&mut image);
        }
        let each = start.elapsed().as_secs_f64() * 1e3 / FRAMES as f64;
        println!("{name:24} {each:.2} ms for each frame");
        player.handle(Event::Key(Key::Char('m')), SIZE);
    }
}

/// Times a filter on the videos that `make` makes, which are like `input`.
fn report(
    name: &str,
    input: &Video,
    note: &str,
    bandwidth: f64,
    make: impl Fn() -> Video,
    filter: &Filter,
) {
    let mut best = f64::INFINITY;
    let mut bytes = 0;
    for _ in 0..RUNS {
        let video = make();
        let start = Instant::now();
        let result = filter(video).unwrap();
        best = best.min(start.elapsed().as_secs_f64());
        bytes = input.nbytes() + black_box(result).nbytes();
    }
    let text = format!("{:?} {}{note}", input.shape(), input.dtype());
    let (speed, ratio) = (bytes as f64 / best / 1e9, best * bandwidth / bytes as f64);
    println!("{name:24} {text:28} {best:8.4} {speed:7.1} {ratio:8.1}");
}

/// Waves of some thousand counts with noise, like those of a camera.
fn recording<T: Element>(shape: &[usize; 3]) -> Video {
    let mut array = Strided::<T>::zeroed(shape).unwrap();
    let mut state = 1u32;
    let frame_len = shape[1] * shape[2];
    for (i, sample) in array.as_mut_slice().unwrap().iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = (i / frame_len * 37 + i % frame_len) % 4096;
        *sample = T::from_f32((wave + (state >> 23) as usize) as f32);
    }
    Video::new(array)
}

/// The bytes read and written per second by copying memory already in use.
fn copied_bytes_per_second() -> f64 {
    let from = vec![1u8; 256 << 20];
    let mut to = vec![2u8; 256 << 20];
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&to);
        best = best.min(start.elapsed().as_secs_f64());
    }
    2.0 * from.len() as f64 / best
}
