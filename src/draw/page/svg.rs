//! Pages as SVG, written from the same description as images.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Anchor, BOLD_LINE, Page, PageItem, PageRect, PageText, PageUnit, Point, clip};
use crate::video::number_text;

/// Font families; text is measured with the first.
const FONTS: &str = "Noto Sans, Arial, Helvetica, sans-serif";

pub(super) fn render(page: &Page) -> String {
    let (width, height) = (number(page.width), number(page.height));
    let unit = match page.unit {
        PageUnit::Pixel => "",
        PageUnit::Point => "pt",
    };
    let mut svg = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}{unit}\" height=\"{height}{unit}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    draw(&mut svg, &page.shapes, &page.bounds());
    svg.push_str("</svg>\n");
    svg
}

/// Writes the items within the bounds.
fn draw(svg: &mut String, shapes: &[PageItem], bounds: &PageRect) {
    for shape in shapes {
        // `write!` to a string cannot fail.
        let _ = match shape {
            PageItem::Line {
                points,
                width,
                color,
            } => {
                // The ends of clipped lines are outside.
                let runs = clip::line(points, &bounds.grow(*width));
                if runs.is_empty() {
                    continue;
                }
                let path: String = runs.iter().map(|run| path(run)).collect();
                let width = number(*width);
                writeln!(
                    svg,
                    "<path d=\"{path}\" fill=\"none\" stroke=\"#{color:06x}\" \
                     stroke-width=\"{width}\"/>"
                )
            }
            PageItem::Rule {
                from,
                to,
                width,
                color,
            } => {
                let (path, width) = (path(&[*from, *to]), number(*width));
                writeln!(
                    svg,
                    "<path d=\"{path}\" stroke=\"#{color:06x}\" stroke-width=\"{width}\" \
                     stroke-linecap=\"butt\"/>"
                )
            }
            PageItem::Area {
                corners,
                color,
                opacity,
            } => {
                let path = path(&clip::polygon(corners, &bounds.grow(1.0)));
                let opacity = match *opacity {
                    1.0 => String::new(),
                    opacity => format!(" fill-opacity=\"{}\"", number_text(opacity)),
                };
                writeln!(svg, "<path d=\"{path}z\" fill=\"#{color:06x}\"{opacity}/>")
            }
            PageItem::Image { image, bounds } => writeln!(
                svg,
                "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                 image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\" \
                 xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
                 xlink:href=\"data:image/png;base64,{}\"/>",
                number(bounds.left),
                number(bounds.top),
                number(bounds.width()),
                number(bounds.height()),
                STANDARD.encode(image.to_png())
            ),
            PageItem::Text(text) => writeln!(svg, "{}", element(text)),
            PageItem::Clip { bounds, shapes } => {
                let (left, top) = (number(bounds.left), number(bounds.top));
                let (width, height) = (number(bounds.width()), number(bounds.height()));
                // Named after its rectangle, so that files embedded in one page agree.
                let name = format!("clip-{left}-{top}-{width}-{height}");
                let _ = writeln!(
                    svg,
                    "<clipPath id=\"{name}\"><rect x=\"{left}\" y=\"{top}\" width=\"{width}\" \
                     height=\"{height}\"/></clipPath>\n<g clip-path=\"url(#{name})\">"
                );
                draw(svg, shapes, bounds);
                writeln!(svg, "</g>")
            }
        };
    }
}

fn element(text: &PageText) -> String {
    let (x, y) = (number(text.position.0), number(text.position.1));
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let turn = match text.turn {
        0.0 => String::new(),
        turn => format!(" transform=\"rotate({} {x} {y})\"", number(turn)),
    };
    let color = text.color;
    let bold = match text.is_bold {
        true => format!(
            " stroke=\"#{color:06x}\" stroke-width=\"{}\"",
            number_text(text.size * BOLD_LINE)
        ),
        false => String::new(),
    };
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"#{color:06x}\"{bold}{anchor}{turn}>{}</text>",
        number(text.size),
        escaped(&text.text)
    )
}

/// Path commands through points, each relative to the one before, in tenths of a unit.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    let mut last = (0, 0);
    for (index, (x, y)) in points.iter().enumerate() {
        let position = (tenths(*x), tenths(*y));
        let step = (position.0 - last.0, position.1 - last.1);
        match index {
            0 => path.push('M'),
            1 => path.push('l'),
            // A step of no length would only take up space.
            _ if step == (0, 0) => continue,
            _ if step.0 >= 0 => path.push(' '),
            _ => {}
        }
        write_tenths(&mut path, step.0);
        if step.1 >= 0 {
            path.push(' ');
        }
        write_tenths(&mut path, step.1);
        last = position;
    }
    path
}

fn tenths(length: f64) -> i64 {
    (length * 10.0).round() as i64
}

fn write_tenths(path: &mut String, length: i64) {
    let (whole, part) = (length.unsigned_abs() / 10, length.unsigned_abs() % 10);
    if length < 0 {
        path.push('-');
    }
    let _ = match (whole, part) {
        (whole, 0) => write!(path, "{whole}"),
        (0, part) => write!(path, ".{part}"),
        (whole, part) => write!(path, "{whole}.{part}"),
    };
}

/// Length with at most one decimal.
fn number(length: f64) -> String {
    let mut text = String::new();
    write_tenths(&mut text, tenths(length));
    text
}

/// Text escaped for XML; characters that XML cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(shapes: Vec<PageItem>) -> String {
        let (width, height) = (100.0, 60.5);
        let page = Page {
            width,
            height,
            unit: PageUnit::Pixel,
            shapes,
        };
        page.svg()
    }

    fn line(points: Vec<Point>) -> PageItem {
        PageItem::Line {
            points,
            width: 1.5,
            color: 0x00_72_b2,
        }
    }

    #[test]
    fn text_is_what_was_written() {
        let written = "<G> & \"F₀\" 'Å' µm² ]]> \u{1}\u{fffe}";
        let text = PageText {
            text: written.into(),
            position: (10.0, 20.04),
            anchor: Anchor::End,
            turn: -90.0,
            size: 12.0,
            is_bold: false,
            color: 0x3c_3c_3c,
        };
        let svg = svg(vec![PageItem::Text(text)]);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("viewBox"), Some("0 0 100 60.5"));
        assert_eq!(root.attribute("width"), Some("100"));
        assert_eq!(root.attribute("height"), Some("60.5"));
        assert!(
            root.attribute("font-family")
                .unwrap()
                .ends_with(", sans-serif")
        );
        let text = document
            .descendants()
            .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
        let text = text.unwrap();
        assert_eq!(text.text(), Some("<G> & \"F₀\" 'Å' µm² ]]> "));
        assert_eq!(text.attribute("text-anchor"), Some("end"));
        assert_eq!(text.attribute("transform"), Some("rotate(-90 10 20)"));
    }

    #[test]
    fn paths_go_from_point_to_point_without_drift() {
        let points = vec![(1.0, 20.0), (1.54, 19.54), (1.54, 19.54), (10.0, 0.06)];
        let svg = svg(vec![line(points)]);
        assert!(svg.contains("d=\"M1 20l.5-.5 8.5-19.4\""), "{svg}");
    }

    #[test]
    fn what_lies_far_outside_is_cut_off() {
        let bounds = PageRect {
            left: 10.0,
            top: 10.0,
            right: 90.0,
            bottom: 50.0,
        };
        let shapes = vec![
            line(vec![(50.0, 30.0), (60.0, 1e300), (70.0, 30.0)]),
            PageItem::Area {
                corners: vec![(20.0, 20.0), (1e300, 20.0), (20.0, 1e300)],
                color: 0,
                opacity: 1.0,
            },
            line(vec![(-50.0, 0.0), (-10.0, 90.0)]),
        ];
        let svg = svg(vec![PageItem::Clip { bounds, shapes }]);
        assert_eq!(svg.matches("<path").count(), 2);
        let paths = svg
            .split("d=\"")
            .skip(1)
            .map(|path| path.split('"').next().unwrap());
        let numbers = paths.flat_map(|path| path.split(|char: char| !"0123456789.".contains(char)));
        for number in numbers.filter(|number| !number.is_empty()) {
            assert!(number.parse::<f64>().unwrap() < 100.0, "{svg}");
        }
        assert!(svg.contains("<clipPath id=\"clip-10-10-80-40\">"));
        assert!(svg.contains("<g clip-path=\"url(#clip-10-10-80-40)\">"));
        roxmltree::Document::parse(&svg).unwrap();
    }
}
