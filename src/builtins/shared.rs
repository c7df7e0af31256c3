//! Parameters that several builtins share.

use rhai::Map;

use crate::bail;
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::draw::page::Page;
use crate::draw::plot::Plot;
use crate::error::{Error, Result};
use crate::export;
use crate::io;
use crate::ops::blend::{BlendLook, BlendMode, BlendOptions};
use crate::ops::mask::contour::Levels;
use crate::ops::wave::beat_table::BeatTableOptions;
use crate::ops::wave::polarity::Polarity;
use crate::ops::wave::rotors::Singularity;
use crate::ops::wave::transient::{ActivationMethod, RestLevel};
use crate::player::Panel;
use crate::script::call::convert::{Numbers, Reduced};
use crate::script::types::drawing::{
    AnyColor, OneOrEach, Pixels, ScaleBarParam, TimestampParam, for_each,
};
use crate::script::types::figure_panel::{FigureWidth, PanelsParam};
use crate::script::{PathsParam, Value, columns, parameters};
use crate::text::table::{Column, Table};
use crate::video::{Video, warn_of_pixel_size};
use crate::view::annotations::Annotations;
use crate::view::arrows::{ArrowField, ArrowOptions, MovingPaths};
use crate::view::figure::{ArrowKey, Arrows, Figure, Isochrones, MapPanelOptions, ScaleBarChoice};

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

    /// How an overlay is mixed into its base.
    struct BlendParams {
        /// Blend mode: the overlay covers the base ("normal"), or its colors are added to those of
        /// the base, multiplied, …, as in programs for photographs.
        blend_mode: BlendMode = BlendMode::Normal,
        /// Show only samples of a gray overlay that are at least this large.
        threshold: Option<f64> = None,
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
        /// Quantity and unit at the colorbar, such as "ΔF/F (%)".
        label: String = String::new(),
        /// Vectors {t, y, x, 2}, or {y, x, 2} for all frames, down and to the right, such as those
        /// of `estimate_displacements`: arrows over the first video, with a key.
        arrows: Option<Video> = None,
        /// Distance between arrows; default: about 15 of them along the longer side.
        arrow_every: Option<usize> [px] = None,
        /// Length of an arrow for a vector of length 1; default: such that long ones reach from one
        /// arrow to the next.
        arrow_scale: Option<f64> [px] = None,
        /// Length of the vector in the key; default: a suitable round one.
        arrow_key: Option<f64> = None,
        /// Unit of the vectors, which the key shows, such as "px" or "cm/s".
        arrow_unit: String = String::new(),
        /// Color of the arrows.
        arrow_color: AnyColor = AnyColor(0xff_ff_ff),
        /// Points that move over the first video: a table with the columns `frame`, `y` and `x`,
        /// and `track` if there are several, such as `points` of `track_singularities`.
        paths: Option<PathsParam> = None,
        /// Number of frames before the current one whose part of a path is drawn; default: all.
        trail: Option<usize> [frames] = None,
    }

    /// How the panels of a figure are arranged.
    struct ArrangementParams {
        /// Number of panels in a row; default: about that of rows.
        columns: Option<usize> = None,
        /// Width of the figure, or that of a column of a journal: "single" (85 mm) or "double"
        /// (178 mm).
        width: FigureWidth [mm] = FigureWidth(178.0),
        /// Height of the figure, which rows without maps fill; default: what suits the width.
        height: Option<f64> [mm] = None,
        /// Whether panels have the letters A, B, C, …; default: if there are several.
        letters: Option<bool> = None,
    }

    /// Words, axes and size of a plot of traces.
    struct TracePlotParams {
        /// Names of the traces in the legend.
        labels: Vec<String> = Vec::new(),
        /// Title above the plot.
        title: String = String::new(),
        /// Label of the horizontal axis; default: "time (ms)" or "frame".
        xlabel: Option<String> = None,
        /// Label of the vertical axis.
        ylabel: String = String::new(),
        /// Frame rate; default: that of the traces.
        fps: Option<f64> [Hz] = None,
        /// Lower limit of the vertical axis; default: the minimum of the traces with a margin.
        ymin: Option<f64> = None,
        /// Upper limit of the vertical axis; default: the maximum of the traces with a margin.
        ymax: Option<f64> = None,
        /// Width of the plot.
        width: usize [px] = 800,
        /// Height of the plot.
        height: usize [px] = 400,
    }

    /// What is measured of each beat.
    struct BeatMeasureParams {
        /// Time before each beat where it begins; default: a tenth of the median cycle length.
        before: Option<f64> [ms] = None,
        /// Whether activation makes the light brighter or darker.
        polarity: Polarity = Polarity::Positive,
        /// Definition of activation: "derivative" or "half".
        method: ActivationMethod = ActivationMethod::Derivative,
        /// Definition of the baseline.
        baseline: RestLevel = RestLevel::Min,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    }

    /// Colors and words of a map in a figure.
    struct MapLookParams {
        /// Quantity and unit at the colorbar, such as "APD80 (ms)".
        label: String = String::new(),
        /// Title above the map.
        title: String = String::new(),
        /// Colormap: a name, an array of colors, or a `colormap`.
        cmap: Colormap = Colormap::named("viridis").unwrap_or_else(|_| Colormap::gray()),
        /// Lower color limit; default: the minimum of what is shown, and symmetric around 0 for
        /// diverging colormaps.
        vmin: Option<f64> = None,
        /// Upper color limit; default: the maximum of what is shown, and symmetric around 0 for
        /// diverging colormaps.
        vmax: Option<f64> = None,
        /// Mask {y, x} outside of which the map is transparent.
        mask: Option<Video> = None,
        /// Color of pixels that are NaN or outside of the mask; default: transparent.
        bad: Option<AnyColor> = None,
        /// Image {y, x} shown in gray beneath the map.
        background: Option<Video> = None,
        /// Opacity of the map over the background, 0 to 1.
        opacity: f64 = 1.0,
        /// Show a colorbar.
        colorbar: bool = true,
        /// Values of the ticks of the colorbar; default: round ones.
        ticks: Option<Vec<f64>> = None,
    }

    /// What is drawn on a map in a figure.
    struct MapParams {
        /// Length of a scale bar; true: a suitable round length; default: true if the pixel size is
        /// known.
        scale_bar: Option<ScaleBarParam> [um] = None,
        /// Height and width of a pixel, or one number for both; default: that of the map.
        pixel_size: Option<Numbers> [um] = None,
        /// Lines of equal value: a number for all its multiples within the color limits, or an
        /// array of values.
        isochrones: Option<Numbers> = None,
        /// Write the values on the isochrones.
        isochrone_labels: bool = true,
        /// Image {y, x} that the isochrones are lines of; default: the map.
        times: Option<Video> = None,
        /// Standard deviation of the Gaussian that smooths the image before isochrones are drawn.
        smooth: f64 [px] = 1.0,
        /// Mask {y, x}, or an array of them, whose outlines are drawn.
        outlines: OneOrEach<Video> = OneOrEach::Each(Vec::new()),
        /// Vectors {y, x, 2}, down and to the right, drawn as arrows.
        arrows: Option<Video> = None,
        /// Distance between arrows; default: a fifteenth of the longer side of the map.
        arrow_every: Option<usize> [px] = None,
        /// Length of the vector in a key above the map; default: a suitable round one if there is
        /// an `arrow_unit`, else no key. Without a key, outliers are drawn shorter.
        arrow_key: Option<f64> = None,
        /// Unit of the vectors, which the key shows, such as "cm/s".
        arrow_unit: String = String::new(),
        /// Positions of pixels `[[y, x], …]` that are marked in the colors of `trace_panel`.
        points: Pixels = Pixels(Vec::new()),
        /// Color of lines, arrows and the scale bar; default: black or white, by what is beneath.
        line_color: Option<AnyColor> = None,
    }

    /// Paper of a figure.
    struct PageParams {
        /// Size of the text.
        font_size: f64 [pt] = 8.0,
        /// Pixels per inch of an image; `.pdf` and `.svg` need none.
        dpi: f64 = 300.0,
        /// JPEG quality, 1 to 100.
        quality: usize = io::QUALITY,
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
    pub(super) fn annotations(self) -> Result<Annotations> {
        warn_of_pixel_size(self.pixel_size.as_slice());
        let arrows = self.arrows.map(|vectors| {
            ArrowField::new(ArrowOptions {
                vectors,
                every: self.arrow_every,
                scale: self.arrow_scale,
                key: self.arrow_key,
                unit: self.arrow_unit,
                color: self.arrow_color.0,
            })
        });
        Ok(Annotations {
            timestamp: self.timestamp.0,
            frame_number: self.frame_number,
            speed: self.speed,
            scale_bar: self.scale_bar.0,
            pixel_size: self.pixel_size,
            traces: self.traces.0,
            label: self.label,
            arrows: arrows.transpose()?,
            paths: MovingPaths {
                paths: self.paths.map_or(Vec::new(), |paths| paths.0),
                trail: self.trail,
            },
        })
    }
}

impl ArrangementParams {
    /// The figure with text of a size.
    pub(super) fn figure(
        self,
        function: &str,
        panels: PanelsParam,
        font_size: f64,
    ) -> Result<Figure> {
        let is_in_rows = matches!(panels, PanelsParam::Rows(_));
        if self.columns == Some(0) || (self.columns.is_some() && is_in_rows) {
            bail!(
                "{function} needs `columns` of at least 1, and only for panels that are not in rows"
            );
        }
        let rows = panels.rows(self.columns);
        Ok(Figure {
            has_letters: self.letters.unwrap_or(rows.iter().flatten().count() > 1),
            rows,
            has_columns: !is_in_rows,
            width: self.width.0,
            height: self.height,
            font_size,
        })
    }
}

impl BeatMeasureParams {
    /// Options with percentages of recovery for durations.
    pub(super) fn options(self, percents: Vec<f64>) -> BeatTableOptions {
        BeatTableOptions {
            percents,
            before: self.before,
            polarity: self.polarity,
            method: self.method,
            baseline: self.baseline,
            fps: self.fps,
        }
    }
}

impl TracePlotParams {
    /// Page of the plot.
    pub(super) fn page(self, function: &str, traces: &[Video]) -> Result<Page> {
        let (curves, is_timed) = export::curves(function, traces, &self.labels, self.fps)?;
        let xlabel = if is_timed { "time (ms)" } else { "frame" };
        let plot = Plot {
            curves,
            title: self.title,
            xlabel: self.xlabel.unwrap_or(xlabel.into()),
            ylabel: self.ylabel,
            yrange: (self.ymin, self.ymax),
            size: (self.width, self.height),
        };
        plot.page()
    }
}

impl MapParams {
    /// The options of a map with its look, without the types that scripts write them in.
    pub(super) fn options(self, function: &str, look: MapLookParams) -> Result<MapPanelOptions> {
        let pair = |size: Numbers| size.pair(function, "pixel_size");
        let has_isochrones = self.isochrones.is_some();
        if self.times.is_some() && !has_isochrones {
            return Err(
                Error::new(format!("{function} got `times` without `isochrones`"))
                    .hint("pass the interval of the lines too: `isochrones: 5`"),
            );
        }
        let isochrones = self.isochrones.map(|levels| Isochrones {
            levels: match levels {
                Numbers::One(step) => Levels::Every(step),
                Numbers::Several(levels) => Levels::At(levels),
            },
            times: self.times,
            smooth: self.smooth,
            has_labels: self.isochrone_labels,
        });
        Ok(MapPanelOptions {
            label: look.label,
            colors: ColorSettings::new(look.cmap, look.vmin, look.vmax),
            mask: look.mask,
            bad: look.bad.map(|color| color.0),
            background: look.background,
            opacity: look.opacity,
            has_colorbar: look.colorbar,
            ticks: look.ticks,
            scale_bar: match self.scale_bar {
                None => ScaleBarChoice::IfKnown,
                Some(ScaleBarParam(None)) => ScaleBarChoice::Absent,
                Some(ScaleBarParam(Some(bar))) => ScaleBarChoice::Shown(bar),
            },
            pixel_size: self.pixel_size.map(pair).transpose()?,
            isochrones,
            outlines: match self.outlines {
                OneOrEach::One(mask) => vec![mask],
                OneOrEach::Each(masks) => masks,
            },
            arrows: self.arrows.map(|vectors| Arrows {
                vectors,
                every: self.arrow_every,
                key: (self.arrow_key.is_some() || !self.arrow_unit.is_empty()).then_some(
                    ArrowKey {
                        length: self.arrow_key,
                        unit: self.arrow_unit,
                    },
                ),
            }),
            points: self.points.0,
            ink: self.line_color.map(|color| color.0),
        })
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
    pub(super) fn options(self, skip_frames: usize, look: BlendLook) -> BlendOptions {
        BlendOptions {
            skip_frames,
            base: ColorSettings::new(self.cmap_base, self.vmin_base, self.vmax_base),
            overlay: ColorSettings {
                cmap: self.cmap_overlay,
                vmin: self.vmin_overlay,
                vmax: self.vmax_overlay,
                range: RangeExtent::All,
            },
            look,
        }
    }
}

impl BlendParams {
    /// How the overlay is mixed into its base.
    pub(super) fn look(self) -> BlendLook {
        BlendLook {
            mode: self.blend_mode,
            threshold: self.threshold,
            ..BlendLook::PLAIN
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
