//! Figures for papers: panels of maps and plots on a page.

use std::path::PathBuf;

use super::shared::{ArrangementParams, MapLookParams, MapParams, PageParams};
use crate::error::Result;
use crate::export;
use crate::script::call::convert::Traces;
use crate::script::types::drawing::AnyColor;
use crate::script::types::figure_panel::{FigureWidth, PanelsParam};
use crate::script::{Provenance, builtins};
use crate::video::Video;
use crate::view::annotations::TimeUnit;
use crate::view::figure::{
    self, BoxOptions, Figure, FigurePanel, HistogramOptions, MapPanel, PanelContent,
    ScatterOptions, TracePanelOptions,
};

/// Colors without the type that scripts write them in.
fn plain(colors: Vec<AnyColor>) -> Vec<crate::color::Color> {
    colors.into_iter().map(|color| color.0).collect()
}

builtins! {
    /// Saves a map as a figure for a paper: colors, colorbar, scale bar, isochrones and more.
    ///
    /// The file is `.pdf` or `.svg` with text as text and lines as lines, or an image of `dpi`
    /// pixels per inch. The figure is `width` mm wide, and as high as the map needs; text has the
    /// size `font_size`, and lines and distances scale with it. Pixels that are NaN or outside of
    /// `mask` are transparent. Where values are beyond `vmin` or `vmax`, the colorbar has a pointed
    /// end. The scale bar is in the corner where it is seen best, in black or white.
    ///
    /// Isochrones are the lines of equal value, linearly interpolated between pixels, of the map
    /// smoothed with a Gaussian of `smooth` pixels (without NaN), and their corners are rounded by
    /// less than half a pixel.
    ///
    /// Fails if `map` is not an image, has no finite sample to show, or is in color and has
    /// isochrones; if `mask`, `background`, `times`, `outlines` or `arrows` do not fit it; if a
    /// scale bar needs a pixel size that is not known or is longer than the map; or if the figure
    /// has no room for its text or the extension is unknown.
    ///
    /// ```
    /// let p = phantom(#{frames: 120, apd_gradient: 20});
    /// let apd = apd_map(p.video, 80).apply_mask(p.mask);
    /// map_figure("apd80.pdf", apd, #{label: "APD80 (ms)"})
    /// map_figure("activation.svg", p.activation, #{label: "Activation (ms)", isochrones: 5, outlines: p.mask, width: 60})
    /// map_figure("apd80.png", apd, #{label: "APD80 (ms)", width: 50, dpi: 200})
    /// load_image("apd80.png").shape[1] // => 394
    /// ```
    ///
    /// See also: `figure`, `map_panel`, `export_image`, `activation_map`, `apd_map`.
    ///
    /// Source: isolines by marching squares (Lorensen & Cline 1987, doi:10.1145/37402.37422),
    /// corners as in Chaikin 1974, doi:10.1016/0146-664X(74)90028-8.
    fn map_figure(
        /// File to write: `.pdf`, `.svg`, `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: PathBuf,
        /// Map `{y, x}`, or an image in color `{y, x, channel}`.
        map: Video,
        look: ..MapLookParams,
        drawn: ..MapParams,
        /// Width of the figure, or that of a column of a journal: "single" (85 mm) or "double"
        /// (178 mm).
        width: FigureWidth [mm] = FigureWidth(85.0),
        paper: ..PageParams,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let title = look.title.clone();
        let options = drawn.options("map_figure", look)?;
        let map = MapPanel::new("map_figure", &map, &options)?;
        let figure = Figure {
            rows: vec![vec![FigurePanel::new(PanelContent::Map(map), title, 1.0)?]],
            has_columns: false,
            width: width.0,
            height: None,
            font_size: paper.font_size,
            has_letters: false,
        };
        let script = provenance.script();
        export::save_page(&filename, &figure.page()?, Some(paper.dpi), paper.quality, script)
    }

    /// Saves panels as a figure for a paper.
    ///
    /// Panels are put in rows, or are given as rows: `[[a, b], [c]]` has a wide panel below two.
    /// In a row, panels are as wide as their `share` says; maps keep the shape of their pixels, and
    /// plots beside them are as high as they are. Axes above each other begin and end at the same
    /// positions. Several panels have the letters A, B, C, … unless `letters` is false.
    ///
    /// The file is `.pdf` or `.svg` with text as text and lines as lines, or an image of `dpi`
    /// pixels per inch. Text has the size `font_size`, and lines and distances scale with it.
    ///
    /// Fails if there are no panels or more than 26, the figure is too narrow or too low for them,
    /// `height` is given and each row has a map, or the extension is unknown.
    ///
    /// ```
    /// let p = phantom(#{frames: 400, noise: 0.05});
    /// let beats = find_beats(p.video);
    /// let map = map_panel(p.activation, #{label: "Activation (ms)", points: [[20, 20], [40, 40]]});
    /// let traces = trace_panel([p.video.trace(20, 20), p.video.trace(40, 40)], #{events: beats.time, ylabel: "F"});
    /// figure("page.pdf", [map, traces], #{width: "double"})
    /// figure("page.svg", [[map, histogram_panel(p.apd, #{xlabel: "APD (ms)"})], [traces]])
    /// ```
    ///
    /// See also: `show_figure`, `map_figure`, `map_panel`, `trace_panel`, `histogram_panel`,
    /// `scatter_panel`, `box_panel`.
    fn figure(
        /// File to write: `.pdf`, `.svg`, `.png`, `.tif`, `.jpg` or `.bmp`.
        filename: PathBuf,
        /// Panels, or an array of panels for each row.
        panels: PanelsParam,
        arranged: ..ArrangementParams,
        paper: ..PageParams,
        /// Keep the history in the file: the script that makes it again, see `history`. "paths"
        /// keeps the paths of files as they were given, true only their names.
        provenance: Provenance = Provenance::default(),
    ) -> Result<()> {
        let page = arranged.figure("figure", panels, paper.font_size)?.page()?;
        let script = provenance.script();
        export::save_page(&filename, &page, Some(paper.dpi), paper.quality, script)
    }

    /// Panel of a figure with a map or an image.
    ///
    /// It is drawn as by `map_figure`.
    ///
    /// Returns a panel for `figure`.
    ///
    /// Fails as `map_figure` does, or if `share` is not positive.
    ///
    /// ```
    /// let p = phantom();
    /// let panel = map_panel(p.apd, #{label: "APD80 (ms)", mask: p.mask, isochrones: 10});
    /// panel.kind // => "map"
    /// figure("maps.pdf", [panel, map_panel(p.video[30], #{cmap: "gray", colorbar: false})])
    /// ```
    ///
    /// See also: `figure`, `map_figure`, `trace_panel`.
    fn map_panel(
        /// Map `{y, x}`, or an image in color `{y, x, channel}`.
        map: Video,
        look: ..MapLookParams,
        drawn: ..MapParams,
        /// Width relative to the other panels of its row.
        share: f64 = 1.0,
    ) -> Result<FigurePanel> {
        let title = look.title.clone();
        let options = drawn.options("map_panel", look)?;
        let map = MapPanel::new("map_panel", &map, &options)?;
        FigurePanel::new(PanelContent::Map(map), title, share)
    }

    /// Panel of a figure with traces over time.
    ///
    /// Time is in ms, or in s from 10 s on, if the frame rate is known, else in frames. NaN samples
    /// leave gaps. With `sd`, a band of one standard deviation is around each trace; with `mean`,
    /// the mean of all traces is drawn with their sample standard deviation instead of them.
    ///
    /// Returns a panel for `figure`.
    ///
    /// Fails if there are no traces, one of them has more than one axis, they differ in frame rate,
    /// there are more labels or colors than traces, the lists of `sd` or the traces of a `mean`
    /// differ in length, or limits are not in order.
    ///
    /// ```
    /// let p = phantom(#{frames: 400, noise: 0.1});
    /// let traces = [p.video.trace(20, 20), p.video.trace(40, 40)];
    /// let panel = trace_panel(traces, #{labels: ["base", "apex"], ylabel: "ΔF/F₀", events: find_beats(p.video).time});
    /// let average = trace_panel(traces, #{mean: true, xmin: 40, xmax: 200});
    /// figure("traces.pdf", [panel, average], #{columns: 1, width: "single"})
    /// ```
    ///
    /// See also: `figure`, `plot_traces`, `find_beats`, `ensemble_average`.
    fn trace_panel(
        /// Trace, or list of traces, to plot.
        traces: Traces,
        /// Names of the traces in the legend.
        labels: Vec<String> = Vec::new(),
        /// Title above the panel.
        title: String = String::new(),
        /// Label of the time axis; default: "Time (ms)", "Time (s)" or "Frame".
        xlabel: Option<String> = None,
        /// Label of the vertical axis, with its unit.
        ylabel: String = String::new(),
        /// Lower limit of the time axis, in its unit; default: 0.
        xmin: Option<f64> = None,
        /// Upper limit of the time axis, in its unit; default: the end of the longest trace.
        xmax: Option<f64> = None,
        /// Lower limit of the vertical axis; default: the minimum of what is shown with a margin.
        ymin: Option<f64> = None,
        /// Upper limit of the vertical axis; default: the maximum of what is shown with a margin.
        ymax: Option<f64> = None,
        /// Times of events, each a line with a triangle above: from the first frame, in frames if
        /// the frame rate is not known. The column `time` of `find_beats`.
        events: Option<Video> [ms] = None,
        /// Values of horizontal lines, such as a threshold.
        levels: Vec<f64> = Vec::new(),
        /// Standard deviations, one for each trace.
        sd: Traces = Traces(Vec::new()),
        /// Draw the mean of the traces and their standard deviation.
        mean: bool = false,
        /// Colors of the traces; default: those of `plot_traces`.
        colors: Vec<AnyColor> = Vec::new(),
        /// Unit of time.
        unit: TimeUnit = TimeUnit::Auto,
        /// Frame rate; default: that of the traces.
        fps: Option<f64> [Hz] = None,
        /// Width relative to the other panels of its row.
        share: f64 = 1.0,
    ) -> Result<FigurePanel> {
        let options = TracePanelOptions {
            labels,
            colors: plain(colors),
            xlabel,
            ylabel,
            fps,
            unit,
            x_limits: [xmin, xmax],
            y_limits: [ymin, ymax],
            events,
            levels,
            sd: sd.0,
            is_mean: mean,
        };
        let axes = figure::trace_panel(&traces.0, &options)?;
        FigurePanel::new(PanelContent::Axes(axes), title, share)
    }

    /// Panel of a figure with histograms of the samples of one array or several.
    ///
    /// NaN and infinite samples are left out. Several histograms have the same bins, and are
    /// transparent. The last bin includes its upper edge.
    ///
    /// Returns a panel for `figure`.
    ///
    /// Fails if an array has no finite samples, there are more labels or colors than arrays, `bins`
    /// is not 1 to 10000, or `xmin` is not below `xmax`; samples beyond these are left out with a
    /// warning.
    ///
    /// ```
    /// let p = phantom(#{apd_gradient: 20});
    /// let panel = histogram_panel(p.apd, #{xlabel: "APD80 (ms)", bins: 20});
    /// let both = histogram_panel([p.apd, p.apd + 10], #{labels: ["control", "drug"], density: true});
    /// figure("histograms.pdf", [panel, both])
    /// ```
    ///
    /// See also: `figure`, `histogram`, `box_panel`.
    ///
    /// Source: number of bins as in `numpy.histogram_bin_edges` with "auto".
    fn histogram_panel(
        /// Array of any shape, or a list of them.
        arrays: Traces,
        /// Names of the arrays in the legend.
        labels: Vec<String> = Vec::new(),
        /// Title above the panel.
        title: String = String::new(),
        /// Label of the horizontal axis, with its unit.
        xlabel: String = String::new(),
        /// Label of the vertical axis; default: "Count" or "Density".
        ylabel: Option<String> = None,
        /// Number of bins; default: the larger of those of Sturges and of Freedman and Diaconis.
        bins: Option<usize> = None,
        /// Lower edge of the first bin; default: the minimum.
        xmin: Option<f64> = None,
        /// Upper edge of the last bin; default: the maximum.
        xmax: Option<f64> = None,
        /// Divide by the number of samples and the width of a bin, so that each area is 1.
        density: bool = false,
        /// Colors of the histograms; default: those of `plot_traces`.
        colors: Vec<AnyColor> = Vec::new(),
        /// Width relative to the other panels of its row.
        share: f64 = 1.0,
    ) -> Result<FigurePanel> {
        let options = HistogramOptions {
            bins,
            labels,
            colors: plain(colors),
            xlabel,
            ylabel,
            x_limits: [xmin, xmax],
            is_density: density,
        };
        let axes = figure::histogram_panel(&arrays.0, &options)?;
        FigurePanel::new(PanelContent::Axes(axes), title, share)
    }

    /// Panel of a figure with one quantity against another, and a line fitted to them.
    ///
    /// Pairs with a NaN or infinite sample are left out. With `fit`, a straight line is fitted to
    /// all other pairs by least squares; its equation, R² and the number of pairs are above it.
    ///
    /// Returns a panel for `figure`.
    ///
    /// Fails if `x` and `y` differ in shape or have no pairs of finite samples, or limits are not
    /// in order; with `fit`, if there are fewer than 3 pairs or all have the same `x`.
    ///
    /// ```
    /// let p = phantom(#{apd_gradient: 20});
    /// let panel = scatter_panel(p.activation, p.apd, #{fit: true, xlabel: "Activation (ms)", ylabel: "APD80 (ms)"});
    /// figure("scatter.pdf", [panel], #{width: "single"})
    /// ```
    ///
    /// See also: `figure`, `histogram_panel`, `box_panel`.
    fn scatter_panel(
        /// Array for the horizontal axis.
        x: Video,
        /// Array of the same shape for the vertical axis.
        y: Video,
        /// Fit a straight line.
        fit: bool = false,
        /// Title above the panel.
        title: String = String::new(),
        /// Label of the horizontal axis, with its unit.
        xlabel: String = String::new(),
        /// Label of the vertical axis, with its unit.
        ylabel: String = String::new(),
        /// Lower limit of the horizontal axis; default: the minimum with a margin.
        xmin: Option<f64> = None,
        /// Upper limit of the horizontal axis; default: the maximum with a margin.
        xmax: Option<f64> = None,
        /// Lower limit of the vertical axis; default: the minimum with a margin.
        ymin: Option<f64> = None,
        /// Upper limit of the vertical axis; default: the maximum with a margin.
        ymax: Option<f64> = None,
        /// Color of the dots; default: the first of `plot_traces`.
        color: Option<AnyColor> = None,
        /// Width relative to the other panels of its row.
        share: f64 = 1.0,
    ) -> Result<FigurePanel> {
        let options = ScatterOptions {
            has_fit: fit,
            xlabel,
            ylabel,
            x_limits: [xmin, xmax],
            y_limits: [ymin, ymax],
            color: color.map(|color| color.0),
        };
        let axes = figure::scatter_panel(&x, &y, &options)?;
        FigurePanel::new(PanelContent::Axes(axes), title, share)
    }

    /// Panel of a figure with box plots of groups of samples.
    ///
    /// A box is from the first to the third quartile, interpolated linearly, with a line at the
    /// median. Whiskers reach the farthest samples within 1.5 of its height; samples beyond them
    /// are dots, or all samples with `points`. NaN and infinite samples are left out; n below the
    /// names, if it fits there, is the number of the others.
    ///
    /// Returns a panel for `figure`.
    ///
    /// Fails if a group has no finite samples, there is not one label for each group, there are
    /// more colors than groups, or `ymin` is not below `ymax`.
    ///
    /// ```
    /// let panel = box_panel([[3, 4, 4.5, 5, 9], [6, 7, 7.5, 8]], #{labels: ["control", "drug"], ylabel: "APD80 (ms)"});
    /// figure("groups.pdf", [panel], #{width: 60})
    /// ```
    ///
    /// See also: `figure`, `histogram_panel`, `percentile`.
    fn box_panel(
        /// Group of samples, an array of any shape, or a list of groups.
        groups: Traces,
        /// Names of the groups.
        labels: Vec<String> = Vec::new(),
        /// Title above the panel.
        title: String = String::new(),
        /// Label of the horizontal axis.
        xlabel: String = String::new(),
        /// Label of the vertical axis, with its unit.
        ylabel: String = String::new(),
        /// Lower limit of the vertical axis; default: the minimum with a margin.
        ymin: Option<f64> = None,
        /// Upper limit of the vertical axis; default: the maximum with a margin.
        ymax: Option<f64> = None,
        /// Draw every sample as a dot.
        points: bool = false,
        /// Colors of the boxes; default: those of `plot_traces`.
        colors: Vec<AnyColor> = Vec::new(),
        /// Width relative to the other panels of its row.
        share: f64 = 1.0,
    ) -> Result<FigurePanel> {
        let options = BoxOptions {
            labels,
            colors: plain(colors),
            xlabel,
            ylabel,
            y_limits: [ymin, ymax],
            has_points: points,
        };
        let axes = figure::box_panel(&groups.0, &options)?;
        FigurePanel::new(PanelContent::Axes(axes), title, share)
    }
}
