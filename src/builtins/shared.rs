//! Parameters that several builtins share.

use rhai::Map;

use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::ops::blend::BlendOptions;
use crate::ops::wave::rotors::Singularity;
use crate::player::Panel;
use crate::script::call::convert::Reduced;
use crate::script::types::drawing::{OneOrEach, Pixels, ScaleBarParam, TimestampParam, for_each};
use crate::script::{Value, columns, parameters};
use crate::text::table::{Column, Table};
use crate::video::{Video, warn_of_pixel_size};
use crate::view::annotations::Annotations;

/// Creates a table from its columns.
pub(super) fn table<'a>(columns_by_name: impl IntoIterator<Item = (&'a str, Column)>) -> Map {
    let (names, cells): (Vec<_>, Vec<_>) = columns_by_name.into_iter().unzip();
    let names = names.into_iter().map(str::to_owned).collect();
    columns(Table {
        names,
        columns: cells,
    })
}

/// Columns of a table of singularities.
pub(super) fn singularity_columns(points: &[Singularity]) -> [(&'static str, Column); 4] {
    let ints = |int: fn(&Singularity) -> i64| Column::Ints(points.iter().map(int).collect());
    let floats =
        |float: fn(&Singularity) -> f64| Column::Floats(points.iter().map(float).collect());
    [
        ("frame", ints(|point| point.frame as i64)),
        ("y", floats(|point| point.y)),
        ("x", floats(|point| point.x)),
        ("charge", ints(|point| point.charge)),
    ]
}

/// Creates a map of images, or of numbers for a trace.
pub(super) fn maps<const N: usize>(images: [(&str, Video); N]) -> Map {
    let images = images.into_iter();
    images
        .map(|(name, image)| (name.into(), Reduced(image).into_dynamic()))
        .collect()
}

parameters! {
    /// How one video is played.
    struct PlayParams {
        /// Show every n-th frame.
        skip_frame | skip_frames: usize [frames] = 1,
        /// Title of the window.
        title: String = String::new(),
        /// Lower color limit: the sample value of the colormap's low end; default: minimum of the
        /// frames that `range` names.
        vmin: Option<f64> = None,
        /// Upper color limit: the sample value of the colormap's high end; default: maximum of the
        /// frames that `range` names.
        vmax: Option<f64> = None,
        /// Colormap of a gray video: a name, an array of colors, or a `colormap`.
        cmap: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
    }

    /// Colors of a video and its overlay.
    struct OverlayParams {
        /// Colormap of a gray base: a name, an array of colors, or a `colormap`.
        cmap_base: Colormap = Colormap::gray(),
        /// Colormap of a gray overlay: a name, an array of colors, or a `colormap`.
        cmap_overlay: Colormap = Colormap::purples(),
        /// Lower color limit of a gray base; default: minimum of its first frame with finite
        /// samples.
        vmin_base: Option<f64> = None,
        /// Upper color limit of a gray base; default: maximum of its first frame with finite
        /// samples.
        vmax_base: Option<f64> = None,
        /// Lower color limit of a gray overlay; default: minimum of all its frames.
        vmin_overlay: Option<f64> = None,
        /// Upper color limit of a gray overlay; default: maximum of all its frames.
        vmax_overlay: Option<f64> = None,
    }

    /// Colors of several videos.
    struct ColormapEach {
        /// Colormap of the gray videos, or an array with one for each video.
        cmaps: OneOrEach<Colormap> = OneOrEach::One(Colormap::gray()),
        /// Lower color limit, or an array with one for each video; default: minimum of the
        /// frames that `range` names, of each.
        vmins: OneOrEach<Option<f64>> = OneOrEach::One(None),
        /// Upper color limit, or an array with one for each video; default: maximum of the
        /// frames that `range` names, of each.
        vmaxs: OneOrEach<Option<f64>> = OneOrEach::One(None),
    }

    /// Annotations over a video and traces under it.
    struct AnnotationParams {
        /// Show the time in the recording: true for a suitable unit, or the unit "ms" or "s".
        timestamp: TimestampParam = TimestampParam(None),
        /// Show the frame number: the index in the video.
        frame_number: bool = false,
        /// Playback speed relative to the recording, such as 0.05; replaces `fps` or `interval` and
        /// is shown.
        speed: Option<f64> = None,
        /// Length of a scale bar; true: a suitable round length.
        scale_bar: ScaleBarParam [um] = ScaleBarParam(None),
        /// Width of a pixel for the scale bar; default: that of the recording.
        pixel_size: Option<f64> [um] = None,
        /// Pixels `[[y, x], …]` whose traces are plotted below, each the mean of the 5 × 5 pixels
        /// around it, as for `trace`; of several videos, those of the first.
        traces: Pixels = Pixels(Vec::new()),
    }

    /// Magnification of the videos in a movie.
    struct MagnifyParams {
        /// Integer magnification, 1 to 256: each pixel becomes a square.
        scale: Option<usize> = None,
        /// Magnify by the largest integer factor at which width and height do not exceed this size.
        size: Option<usize> [px] = None,
    }
}

impl AnnotationParams {
    /// The annotations without the types that scripts write them in.
    pub(super) fn annotations(self) -> Annotations {
        warn_of_pixel_size(self.pixel_size.as_slice());
        Annotations {
            timestamp: self.timestamp.0,
            frame_number: self.frame_number,
            speed: self.speed,
            scale_bar: self.scale_bar.0,
            pixel_size: self.pixel_size,
            traces: self.traces.0,
        }
    }
}

impl PlayParams {
    /// What a window shows of the video, and the step and the interval.
    pub(super) fn panel(self, video: Video, range: RangeExtent) -> Result<(Panel, (usize, usize))> {
        let colors = ColorSettings {
            range,
            ..ColorSettings::new(self.cmap, self.vmin, self.vmax)
        };
        let panel = Panel::video(video, self.title, &colors)?;
        Ok((panel, (self.skip_frame, self.interval)))
    }
}

impl OverlayParams {
    /// The options for every n-th frame.
    pub(super) fn options(self, skip_frames: usize) -> BlendOptions {
        BlendOptions {
            skip_frames,
            base: ColorSettings::new(self.cmap_base, self.vmin_base, self.vmax_base),
            overlay: ColorSettings {
                cmap: self.cmap_overlay,
                vmin: self.vmin_overlay,
                vmax: self.vmax_overlay,
                range: RangeExtent::All,
            },
        }
    }
}

impl ColormapEach {
    /// The color settings of each of `count` videos.
    pub(super) fn each(self, count: usize) -> Result<Vec<ColorSettings>> {
        let cmaps = for_each("cmaps", self.cmaps, count)?;
        let vmins = for_each("vmins", self.vmins, count)?;
        let vmaxs = for_each("vmaxs", self.vmaxs, count)?;
        let limits = vmins.into_iter().zip(vmaxs);
        let all = cmaps.into_iter().zip(limits);
        Ok(all
            .map(|(cmap, (vmin, vmax))| ColorSettings::new(cmap, vmin, vmax))
            .collect())
    }
}
