//! Tests of pages rendered as images.

use super::{Anchor, Image, Page, PageItem, PageRect, PageText, PageUnit, Point};
use crate::draw::text;

const WHITE: u32 = 0xff_ff_ff;

fn drawn(scale: f64, shapes: Vec<PageItem>) -> Image {
    let (width, height) = (100.0, 60.0);
    let page = Page {
        width,
        height,
        unit: PageUnit::Pixel,
        shapes,
    };
    page.image(scale)
}

fn line(points: &[Point], width: f64) -> PageItem {
    PageItem::Line {
        points: points.to_vec(),
        width,
        color: 0,
    }
}

fn filled(corners: Vec<Point>) -> PageItem {
    PageItem::Area {
        corners,
        color: 0,
        opacity: 1.0,
    }
}

fn text(text: &str, position: Point, anchor: Anchor, turn: f64) -> PageItem {
    PageItem::Text(PageText {
        text: text.into(),
        position,
        anchor,
        turn,
        size: 14.0,
        is_bold: false,
        color: 0,
    })
}

/// Number of pixels that black ink covers.
fn ink(image: &Image) -> f64 {
    let covered = |pixel: &u32| f64::from(255 - (pixel & 0xff)) / 255.0;
    image.pixels.iter().map(covered).sum()
}

/// First and last column, and first and last row, with ink.
fn inked(image: &Image) -> [usize; 4] {
    let dark = (0..image.pixels.len()).filter(|at| image.pixels[*at] & 0xff < 0x80);
    let positions = dark.map(|at| (at % image.width, at / image.width));
    positions.fold([usize::MAX, 0, usize::MAX, 0], |ends, (x, y)| {
        [
            ends[0].min(x),
            ends[1].max(x),
            ends[2].min(y),
            ends[3].max(y),
        ]
    })
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    let is_near = (found - expected).abs() <= tolerance * expected;
    assert!(is_near, "{found} is not {expected}");
}

/// A line outside of the page by less than its width is kept, but has no pixels.
#[test]
fn a_line_may_go_on_beside_the_page() {
    let points = [(50.0, 10.0), (105.0, 30.0), (105.0, 59.0), (-5.0, 59.0)];
    for width in [1.0, 6.0] {
        assert!(0.0 < ink(&drawn(1.0, vec![line(&points, width)])));
    }
}

#[test]
fn lines_are_as_dark_as_they_are_wide() {
    for width in [0.5, 1.0, 1.5, 4.0] {
        for to in [(70.8, 50.7), (80.1, 12.0), (22.0, 49.5)] {
            let from: Point = (20.3, 10.2);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let ends = std::f64::consts::PI * width * width / 4.0;
            let image = drawn(1.0, vec![line(&[from, to], width)]);
            assert_near(ink(&image), length * width + ends, 0.03);
        }
    }
}

#[test]
fn joints_are_no_darker_than_the_rest() {
    let (from, to) = ((10.0, 12.3), (90.0, 47.1));
    let whole = drawn(1.0, vec![line(&[from, to], 1.5)]);
    let at = |index: i32| {
        let part = f64::from(index) / 200.0;
        (from.0 + part * 80.0, from.1 + part * 34.8)
    };
    let points: Vec<_> = (0..=200).map(at).collect();
    let parts = drawn(1.0, vec![line(&points, 1.5)]);
    for (whole, parts) in whole.pixels.iter().zip(&parts.pixels) {
        assert!((whole & 0xff).abs_diff(parts & 0xff) <= 2);
    }
}

#[test]
fn rules_are_sharp_at_every_scale() {
    for scale in [1.0, 1.7, 3.125] {
        let rule = |from, to| PageItem::Rule {
            from,
            to,
            width: 1.0,
            color: 0,
        };
        let rules = [
            rule((10.0, 20.3), (90.0, 20.3)),
            rule((33.3, 50.0), (33.3, 5.0)),
        ];
        let image = drawn(scale, rules.into());
        assert!(image.pixels.iter().all(|pixel| [0, WHITE].contains(pixel)));
        let width = f64::round(scale);
        assert_near(ink(&image), (80.0 + 45.0) * scale * width, 0.03);
    }
}

#[test]
fn nothing_is_drawn_outside_of_a_clip() {
    let bounds = PageRect {
        left: 20.0,
        top: 10.0,
        right: 60.0,
        bottom: 40.0,
    };
    let corners = vec![(-1e6, 30.0), (1e6, 30.0), (1e6, 1e6), (-1e6, 1e6)];
    let shapes = vec![
        line(&[(0.0, 0.0), (70.0, 55.0), (90.0, 1e12)], 5.0),
        line(&[(0.0, 25.0), (100.0, 25.0)], 3.0),
        filled(corners),
        text("clipped away", (0.0, 15.0), Anchor::Start, 0.0),
    ];
    let clip = PageItem::Clip { bounds, shapes };
    let outer = PageItem::Clip {
        bounds: bounds.grow(3.0),
        shapes: vec![clip.clone()],
    };
    let inner = PageItem::Clip {
        bounds,
        shapes: vec![PageItem::Clip {
            bounds: bounds.grow(3.0),
            shapes: vec![clip.clone()],
        }],
    };
    let image = drawn(1.0, vec![clip]);
    assert_eq!(image, drawn(1.0, vec![outer]));
    assert_eq!(image, drawn(1.0, vec![inner]));
    assert_eq!(inked(&image), [20, 59, 10, 39]);
    assert_eq!(image.at(59, 25), 0);
    for (at, pixel) in image.pixels.iter().enumerate() {
        let is_inside = (20..60).contains(&(at % 100)) && (10..40).contains(&(at / 100));
        assert!(is_inside || *pixel == WHITE);
    }
}

#[test]
fn areas_cover_what_they_surround() {
    let corners = vec![(10.2, 10.4), (60.7, 22.0), (31.1, 55.3)];
    let shape = filled(corners);
    let area = 0.5 * ((50.5 * 44.9) - (20.9 * 11.6));
    for scale in [1.0, 2.5] {
        let image = drawn(scale, vec![shape.clone()]);
        assert_near(ink(&image), area * scale * scale, 0.01);
    }
    let corners = vec![(-50.0, -20.0), (25.0, -20.0), (25.0, 500.0), (-50.0, 500.0)];
    let image = drawn(1.0, vec![filled(corners)]);
    assert_near(ink(&image), 25.0 * 60.0, 1e-6);
    assert_eq!(inked(&image), [0, 24, 0, 59]);
}

#[test]
fn text_stands_at_its_anchor_and_turns_about_it() {
    let word = "Hül";
    let width = text::exact_width(word, 14.0);
    let start = drawn(1.0, vec![text(word, (30.0, 40.0), Anchor::Start, 0.0)]);
    let [left, right, top, bottom] = inked(&start);
    assert!((31..34).contains(&left) && (39 - 12..39 - 8).contains(&top));
    assert_eq!(bottom, 39);
    assert!(right as f64 <= 30.0 + width && 30.0 + width - 4.0 <= right as f64);
    let end = drawn(1.0, vec![text(word, (30.0, 40.0), Anchor::End, 0.0)]);
    assert!(inked(&end)[1] <= 30 && 26 <= inked(&end)[1]);
    let middle = drawn(1.0, vec![text(word, (30.0, 40.0), Anchor::Middle, 0.0)]);
    let [left, right, ..] = inked(&middle);
    assert!((left + right).abs_diff(60) <= 3);
    let up = drawn(1.0, vec![text(word, (30.0, 40.0), Anchor::Start, -90.0)]);
    assert_near(ink(&up), ink(&start), 0.02);
    let [_, right, top, bottom] = inked(&up);
    assert_eq!(right, 29);
    assert!(bottom < 40 && (top as f64) < 40.0 - width + 4.0);
}

#[test]
fn text_beside_the_page_is_cut_off() {
    for position in [(-500.0, 20.0), (95.0, 20.0), (-8.0, 3.0), (40.0, 65.0)] {
        let image = drawn(1.0, vec![text("Wide text", position, Anchor::Start, 0.0)]);
        assert!(ink(&image) < 150.0);
    }
}
