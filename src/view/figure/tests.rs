//! Tests of figures: sizes, positions and what they refuse.

use super::axes::AxesLayer;
use super::*;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::page::PageText;
use crate::error::Error;
use crate::ops::mask::contour::Levels;
use crate::video::{Strided, Video};
use crate::view::annotations::{ScaleBar, TimeUnit};

fn image(shape: &[usize], value: impl Fn(usize, usize) -> f64) -> Video {
    let (height, width) = (shape[0], shape[1]);
    let samples = (0..height * width).map(|at| value(at % width, at / width));
    Video::new(Strided::from_vec(shape, samples.collect()))
}

fn slope() -> Video {
    image(&[40, 60], |x, y| {
        2.0 * x as f64 + if y == 0 { f64::NAN } else { 0.0 }
    })
}

fn options() -> MapPanelOptions {
    let colors = ColorSettings::new(Colormap::named("viridis").unwrap(), None, None);
    MapPanelOptions::new(colors)
}

fn panel(content: PanelContent) -> FigurePanel {
    FigurePanel::new(content, String::new(), 1.0).unwrap()
}

fn map(options: &MapPanelOptions) -> FigurePanel {
    let map = MapPanel::new("map_panel", &slope(), options).unwrap();
    panel(PanelContent::Map(map))
}

fn trace(values: &[f64], fps: Option<f64>) -> Video {
    let mut trace = Video::new(Strided::from_vec(&[values.len()], values.to_vec()));
    trace.metadata_mut().fps = fps;
    trace
}

fn trace_options() -> TracePanelOptions {
    TracePanelOptions {
        labels: Vec::new(),
        colors: Vec::new(),
        xlabel: None,
        ylabel: String::new(),
        fps: None,
        unit: TimeUnit::Auto,
        x_limits: [None; 2],
        y_limits: [None; 2],
        events: None,
        levels: Vec::new(),
        sd: Vec::new(),
        is_mean: false,
    }
}

fn axes(traces: &[Video], options: &TracePanelOptions) -> FigurePanel {
    panel(PanelContent::Axes(trace_panel(traces, options).unwrap()))
}

fn figure(rows: Vec<Vec<FigurePanel>>) -> Figure {
    Figure {
        has_letters: rows.iter().flatten().count() > 1,
        rows,
        has_columns: false,
        width: 85.0,
        height: None,
        font_size: 8.0,
    }
}

/// All items, those in clips too.
fn all(shapes: &[PageItem]) -> Vec<PageItem> {
    let items = shapes.iter().flat_map(|shape| match shape {
        PageItem::Clip { shapes, .. } => all(shapes),
        other => vec![other.clone()],
    });
    items.collect()
}

fn texts(page: &Page) -> Vec<PageText> {
    let items = all(&page.shapes).into_iter();
    let texts = items.filter_map(|item| match item {
        PageItem::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

fn images(page: &Page) -> Vec<PageRect> {
    let items = page.shapes.iter();
    let images = items.filter_map(|item| match item {
        PageItem::Image { bounds, .. } => Some(*bounds),
        _ => None,
    });
    images.collect()
}

#[test]
fn a_figure_is_as_wide_as_asked_and_maps_keep_their_shape() {
    let page = figure(vec![vec![map(&options())]]).page().unwrap();
    assert!((page.width - 85.0 * 72.0 / 25.4).abs() < 1e-9);
    let [map, colorbar] = images(&page)[..] else {
        panic!("a map and its colorbar");
    };
    assert!((map.height() / map.width() - 40.0 / 60.0).abs() < 1e-9);
    assert!(colorbar.left > map.right && colorbar.right < page.width);
    let labels: Vec<_> = texts(&page).into_iter().map(|text| text.text).collect();
    assert_eq!(labels, ["0", "20", "40", "60", "80", "100"]);
    let mut tall = options();
    tall.pixel_size = Some([30.0, 10.0]);
    tall.scale_bar = ScaleBarChoice::Absent;
    let page = figure(vec![vec![self::map(&tall)]]).page().unwrap();
    let map = images(&page)[0];
    assert!((map.height() / map.width() - 2.0).abs() < 1e-9);
}

#[test]
fn everything_scales_with_the_text() {
    let page = |width: f64, font_size: f64| {
        let mut figure = figure(vec![
            vec![map(&options()), map(&options())],
            vec![axes(
                &[trace(&[1.0, 3.0, 2.0], Some(500.0))],
                &trace_options(),
            )],
        ]);
        (figure.width, figure.font_size) = (width, font_size);
        figure.page().unwrap()
    };
    let (small, large) = (page(85.0, 8.0), page(170.0, 16.0));
    assert!((large.height - 2.0 * small.height).abs() < 0.2);
    let pairs = texts(&small).into_iter().zip(texts(&large));
    for (small, large) in pairs {
        assert_eq!((&small.text, 2.0 * small.size), (&large.text, large.size));
        assert!((2.0 * small.position.0 - large.position.0).abs() < 0.2);
    }
}

#[test]
fn text_stays_on_the_page_and_panels_have_letters() {
    let mut labeled = options();
    labeled.label = "Activation time after the stimulus (ms)".into();
    labeled.isochrones = Some(Isochrones {
        levels: Levels::Every(20.0),
        times: None,
        smooth: 1.0,
        has_labels: true,
    });
    let mut named = trace_options();
    named.labels = vec!["a trace with a rather long name".into(), "b".into()];
    named.ylabel = "Fluorescence ΔF/F₀ of the tissue".into();
    let traces = [
        trace(&[1e6, 1e6 + 3.0], Some(500.0)),
        trace(&[2e6, 1e6], Some(500.0)),
    ];
    let mut first = map(&labeled);
    first.title = "A title that is much longer than the panel that it is above".into();
    let rows = vec![
        vec![first, axes(&traces, &named)],
        vec![axes(&traces, &named)],
    ];
    let page = figure(rows).page().unwrap();
    for text in texts(&page) {
        let width = crate::draw::text::exact_width(&text.text, text.size);
        if text.turn.abs() == 90.0 || text.turn == 0.0 {
            let (along, side) = match text.turn == 0.0 {
                true => (text.position.0, page.width),
                false => (text.position.1, page.height),
            };
            let part = match text.anchor {
                crate::draw::page::Anchor::Start => 0.0,
                crate::draw::page::Anchor::Middle => 0.5,
                crate::draw::page::Anchor::End => 1.0,
            };
            let start = along - part * width;
            assert!(-0.5 <= start && start + width <= side + 0.5, "{text:?}");
        }
    }
    let bold = texts(&page).into_iter().filter(|text| text.is_bold);
    assert_eq!(bold.map(|text| text.text).collect::<String>(), "ABC");
}

#[test]
fn isochrones_are_where_the_values_are() {
    let mut with_lines = options();
    with_lines.has_colorbar = false;
    with_lines.isochrones = Some(Isochrones {
        levels: Levels::At(vec![19.0]),
        times: None,
        smooth: 0.0,
        has_labels: false,
    });
    let panel = map(&with_lines);
    let PanelContent::Map(map) = &panel.content else {
        panic!("a map");
    };
    let frame = PageRect {
        left: 10.0,
        top: 20.0,
        right: 70.0,
        bottom: 60.0,
    };
    let items = all(&map.draw(&frame, 8.0));
    let lines: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            PageItem::Line { points, color, .. } => Some((points.clone(), *color)),
            _ => None,
        })
        .collect();
    let [(points, color)] = &lines[..] else {
        panic!("{lines:?}");
    };
    // Half of the way from pixel 9 to pixel 10, whose common side is 10 pixels from the left.
    assert!(points.iter().all(|(x, _)| (x - 20.0).abs() < 1e-9));
    // The first row is NaN.
    let top = points
        .iter()
        .map(|point| point.1)
        .fold(f64::INFINITY, f64::min);
    assert!((top - 21.5).abs() < 1e-9, "{top}");
    assert_eq!(*color, style::WHITE);
}

#[test]
fn values_beyond_the_color_limits_show_at_the_colorbar() {
    let areas = |vmin, vmax| {
        let mut limited = options();
        (limited.colors.vmin, limited.colors.vmax) = (vmin, vmax);
        let page = figure(vec![vec![map(&limited)]]).page().unwrap();
        let items = page.shapes.into_iter();
        items
            .filter(|item| matches!(item, PageItem::Area { .. }))
            .count()
    };
    assert_eq!(areas(None, None), 0);
    assert_eq!(areas(Some(0.0), Some(118.0)), 0);
    assert_eq!(areas(Some(0.5), None), 1);
    assert_eq!(areas(Some(10.0), Some(100.0)), 2);
}

#[test]
fn scale_bars_are_where_they_are_seen() {
    let bar = |value: fn(usize, usize) -> f64| {
        let mut gray = options();
        gray.colors.cmap = Colormap::gray();
        gray.colors.vmin = Some(0.0);
        gray.colors.vmax = Some(1.0);
        gray.scale_bar = ScaleBarChoice::Shown(ScaleBar::Micrometers(100.0));
        gray.pixel_size = Some([10.0; 2]);
        let map = MapPanel::new("map_panel", &image(&[40, 40], value), &gray).unwrap();
        let page = figure(vec![vec![panel(PanelContent::Map(map))]])
            .page()
            .unwrap();
        let label = texts(&page)
            .into_iter()
            .find(|text| text.text == "100 µm")
            .unwrap();
        let map = images(&page)[0];
        let is_right = label.position.0 > (map.left + map.right) / 2.0;
        (is_right, label.color)
    };
    assert_eq!(bar(|_, _| 0.0), (true, style::WHITE));
    assert_eq!(bar(|_, _| 0.95), (true, style::INK));
    // Stripes at the right have no contrast to anything.
    assert_eq!(
        bar(|x, _| if x > 15 { (x % 2) as f64 } else { 0.0 }),
        (false, style::WHITE)
    );
}

#[test]
fn traces_have_times_events_and_bands() {
    let mut options = trace_options();
    options.events = Some(trace(&[2.0, 4.0, 500.0], None));
    options.is_mean = true;
    let traces = [
        trace(&[1.0, 2.0, 3.0, 4.0], Some(500.0)),
        trace(&[3.0, 2.0, 5.0, f64::NAN], Some(500.0)),
    ];
    let panel = trace_panel(&traces, &options).unwrap();
    assert_eq!((panel.x, panel.xlabel.as_str()), ((0.0, 6.0), "Time (ms)"));
    assert_eq!(panel.legend[0].0, "mean ± SD (n = 2)");
    let [
        AxesLayer::Region { corners, .. },
        AxesLayer::Curve { points, .. },
        AxesLayer::Events(times),
    ] = &panel.layers[..]
    else {
        panic!("{:?}", panel.layers);
    };
    assert_eq!(points[..3], [(0.0, 2.0), (2.0, 2.0), (4.0, 4.0)]);
    assert!(points[3].1.is_nan());
    let sd = 2f64.sqrt();
    let expected = [
        (0.0, 2.0 - sd),
        (2.0, 2.0),
        (4.0, 4.0 - sd),
        (4.0, 4.0 + sd),
        (2.0, 2.0),
        (0.0, 2.0 + sd),
    ];
    assert_eq!(corners, &expected);
    assert_eq!(times, &[2.0, 4.0, 500.0]);
    let slow = [trace(&[0.0; 200], Some(10.0))];
    let panel = trace_panel(&slow, &trace_options()).unwrap();
    assert!((panel.x.1 - 19.9).abs() < 1e-9);
    assert_eq!(panel.xlabel, "Time (s)");
    let unknown = trace_panel(&[trace(&[1.0; 5], None)], &trace_options()).unwrap();
    assert_eq!((unknown.x.1, unknown.xlabel.as_str()), (4.0, "Frame"));
}

#[test]
fn levels_are_within_the_vertical_axis() {
    let mut options = trace_options();
    options.levels = vec![7.0];
    let panel = trace_panel(&[trace(&[1.0, 2.0], Some(1000.0))], &options).unwrap();
    assert!(matches!(&panel.layers[0], AxesLayer::Levels(levels) if *levels == [7.0]));
    assert!(panel.y.1 > 7.0, "{:?}", panel.y);
    options.levels = vec![f64::NAN];
    assert!(trace_panel(&[trace(&[1.0, 2.0], Some(1000.0))], &options).is_err());
}

#[test]
fn the_vertical_axis_is_that_of_the_part_shown() {
    let mut options = trace_options();
    options.x_limits = [Some(0.0), Some(2.0)];
    let panel = trace_panel(&[trace(&[1.0, 2.0, 90.0], Some(1000.0))], &options).unwrap();
    assert!(panel.y.1 > 80.0, "the last frame is at 2 ms");
    options.x_limits[1] = Some(1.5);
    let panel = trace_panel(&[trace(&[1.0, 2.0, 90.0], Some(1000.0))], &options).unwrap();
    assert!((panel.y.1 - 2.05).abs() < 1e-9);
}

#[test]
fn histograms_count_every_sample_once() {
    let options = HistogramOptions {
        bins: Some(3),
        labels: Vec::new(),
        colors: Vec::new(),
        xlabel: String::new(),
        ylabel: None,
        x_limits: [None; 2],
        is_density: false,
    };
    let values = [trace(&[1.0, 1.0, 2.0, 4.0, f64::NAN], None)];
    let panel = histogram_panel(&values, &options).unwrap();
    let AxesLayer::Region { corners, .. } = &panel.layers[0] else {
        panic!("bars");
    };
    let tops: Vec<_> = corners[1..7].iter().map(|corner| corner.1).collect();
    // numpy.histogram([1, 1, 2, 4], 3)
    assert_eq!(tops, [2.0, 2.0, 1.0, 1.0, 1.0, 1.0]);
    let dense = HistogramOptions {
        is_density: true,
        ..options.clone()
    };
    let panel = histogram_panel(&values, &dense).unwrap();
    assert_eq!(panel.ylabel, "Density");
    let AxesLayer::Region { corners, .. } = &panel.layers[0] else {
        panic!("bars");
    };
    assert!((corners[1].1 - 0.5).abs() < 1e-12);
    let usual = HistogramOptions {
        bins: None,
        ..options
    };
    let many: Vec<f64> = (0..1000).map(|at| f64::from(at) / 10.0).collect();
    let panel = histogram_panel(&[trace(&many, None)], &usual).unwrap();
    let AxesLayer::Region { corners, .. } = &panel.layers[0] else {
        panic!("bars");
    };
    // len(numpy.histogram_bin_edges(numpy.arange(1000) / 10, "auto")) is 12.
    assert_eq!(corners.len(), 2 * 11 + 2);
}

#[test]
fn boxes_are_quartiles_and_whiskers_reach_samples() {
    let options = BoxOptions {
        labels: vec!["control".into()],
        colors: Vec::new(),
        xlabel: String::new(),
        ylabel: String::new(),
        y_limits: [None; 2],
        has_points: false,
    };
    let panel = box_panel(&[trace(&[3.0, 4.0, 4.5, 5.0, 9.0], None)], &options).unwrap();
    assert_eq!(
        panel.categories,
        Some(vec![["control".into(), "n = 5".into()]])
    );
    let boxes = panel.layers.iter().find_map(|layer| match layer {
        AxesLayer::Region { corners, .. } => Some((corners[0].1, corners[2].1)),
        _ => None,
    });
    assert_eq!(boxes, Some((4.0, 5.0)));
    let dots = panel.layers.iter().find_map(|layer| match layer {
        AxesLayer::Dots { points, .. } => Some(points.clone()),
        _ => None,
    });
    assert_eq!(dots, Some(vec![(0.0, 9.0)]));
    let ends = panel.layers.iter().filter_map(|layer| match layer {
        AxesLayer::Curve { points, .. } if points[0].0 == points[1].0 => Some(points[1].1),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [3.0, 5.0]);
}

#[test]
fn axes_above_each_other_are_aligned() {
    let wide = axes(
        &[trace(&[10_000.0, 20_000.0], Some(500.0))],
        &trace_options(),
    );
    let narrow = axes(&[trace(&[1.0, 2.0], Some(500.0))], &trace_options());
    let page = figure(vec![vec![wide], vec![narrow]]).page().unwrap();
    let verticals = page.shapes.iter().filter_map(|item| match item {
        PageItem::Rule { from, to, .. } if from.0 == to.0 && (to.1 - from.1) > 40.0 => Some(from.0),
        _ => None,
    });
    let verticals: Vec<_> = verticals.collect();
    assert_eq!(verticals.len(), 2);
    assert_eq!(verticals[0], verticals[1]);
}

/// A row of its own is as wide as the page; the rest of a list as wide as what is above it.
#[test]
fn last_rows_are_as_wide_as_asked() {
    let plot = || axes(&[trace(&[1.0, 2.0], None)], &trace_options());
    let width = |has_columns: bool| {
        let figure = Figure {
            has_columns,
            ..figure(vec![vec![plot(), plot()], vec![plot()]])
        };
        let page = figure.page().unwrap();
        let rules = page.shapes.iter().filter_map(|item| match item {
            PageItem::Rule { from, to, .. } if from.1 == to.1 => Some((from.1, to.0 - from.0)),
            _ => None,
        });
        let lowest = rules.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        lowest.unwrap().1 / page.width
    };
    assert!(width(false) > 0.8, "{}", width(false));
    assert!(width(true) < 0.5, "{}", width(true));
}

#[test]
fn what_has_no_room_is_an_error() {
    let error = |figure: Figure| -> Error { figure.page().unwrap_err() };
    let narrow = Figure {
        width: 20.0,
        ..figure(vec![vec![map(&options()), map(&options())]])
    };
    let found = error(narrow);
    assert_eq!(
        found.message(),
        "the figure is too narrow for 2 panels in a row"
    );
    let low = Figure {
        height: Some(9.0),
        ..figure(vec![vec![axes(
            &[trace(&[1.0, 2.0], None)],
            &trace_options(),
        )]])
    };
    assert!(error(low).message().starts_with("`height` leaves no room"));
    let high = Figure {
        height: Some(50.0),
        ..figure(vec![vec![axes(
            &[trace(&[1.0, 2.0], None)],
            &trace_options(),
        )]])
    };
    let page = high.page().unwrap();
    assert!(
        (page.height - 50.0 * 72.0 / 25.4).abs() < 1.0,
        "{}",
        page.height
    );
    let maps = Figure {
        height: Some(50.0),
        ..figure(vec![vec![map(&options())]])
    };
    assert!(
        error(maps)
            .message()
            .starts_with("`height` needs a row without maps")
    );
    let none = error(figure(Vec::new()));
    assert_eq!(
        none.message(),
        "a figure needs a panel in every row, got none"
    );
    let far = Figure {
        width: f64::NAN,
        ..figure(vec![vec![map(&options())]])
    };
    assert!(error(far).message().starts_with("`width` must be above 0"));
}
