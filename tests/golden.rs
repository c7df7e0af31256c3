//! Pages and messages compared with `tests/golden`; `UPDATE_GOLDEN=1 cargo test` rewrites them.

use std::fs;
use std::path::Path;

use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::Colormap;
use optimap::draw::plot::{Curve, Plot};
use optimap::ops::example::{ExampleOptions, example_video};
use optimap::ops::filter::normalize::normalize_pixelwise_slidingwindow;
use optimap::ops::filter::smooth::smooth_spatiotemporal;
use optimap::player::{Image, Panel, Player, Show};
use optimap::script::docs;
use optimap::view::annotations::Annotations;

use super::{files, project, session, with_slashes};

#[track_caller]
fn check(name: &str, text: &str) {
    let path = project("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let lines = || {
        golden
            .lines()
            .zip(text.lines())
            .find(|(old, new)| old != new)
    };
    assert!(
        golden == text,
        "{} is out of date; if the change is meant, run UPDATE_GOLDEN=1 cargo test and read the \
         diff; the first lines that differ: {:?}",
        path.display(),
        lines()
    );
}

#[test]
fn the_reference_page() {
    check("reference.md", &docs::reference(session().context(), None));
}

/// The names that GitHub gives headings are those that links go to.
#[test]
fn links_of_the_reference_lead_to_headings() {
    let page = docs::reference(session().context(), None);
    let headings = page.lines().filter(|line| line.starts_with("##"));
    let mut anchors = std::collections::BTreeSet::new();
    for heading in headings {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        assert!(anchors.insert(anchor), "{heading} is there twice");
    }
    for link in page.split("](#").skip(1) {
        let target = link.split(')').next().unwrap();
        assert!(anchors.contains(target), "nothing has the name {target}");
    }
}

#[test]
fn the_editor_definitions() {
    check("builtins.d.rhai", &docs::definitions(session().context()));
}

#[test]
fn the_help_of_a_function() {
    check(
        "help_normalize.txt",
        &docs::help(session().context(), "normalize").unwrap(),
    );
}

/// Each script of `tests/errors` fails; how it is told to the user is compared.
#[test]
fn rendered_errors() {
    let mut text = String::new();
    for path in files("tests/errors", "rhai") {
        let name = with_slashes(&path);
        let mut session = session();
        let result = session.run(&name, &fs::read_to_string(&path).unwrap());
        let diagnostic = result.expect_err(&name);
        let rendered = diagnostic.render(session.context(), false);
        // Of modules, the paths are those of the system.
        let rendered = with_slashes(Path::new(&rendered));
        text += &without_folder(&rendered);
        text.push('\n');
    }
    check("errors.txt", &text);
}

/// Text with paths relative to the project. On Windows they may begin with a drive, too.
fn without_folder(text: &str) -> String {
    let folder = with_slashes(&project(""));
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let drives = if cfg!(windows) { "CDZ" } else { "" };
    let text = drives.chars().fold(text.to_owned(), |text, drive| {
        text.replace(&format!("{drive}:{folder}"), "")
    });
    text.replace(&folder, "")
}

/// What looking over each script of `tests/checks` finds.
#[test]
fn findings_of_a_check() {
    let mut text = String::new();
    for path in files("tests/checks", "rhai") {
        let session = session();
        let name = path.file_name().unwrap().to_string_lossy();
        let found = session.check(&name, &fs::read_to_string(&path).unwrap());
        let rendered = found
            .iter()
            .map(|found| found.render(session.context(), false));
        text += &format!("# {name}\n\n{}\n", rendered.collect::<Vec<_>>().join("\n"));
    }
    check("checks.txt", &text);
}

/// Each line of `tests/errors/habits.txt` is written as in another language; the message and the
/// hint at how it is written here are compared.
#[test]
fn habits_of_other_languages() {
    let habits = fs::read_to_string(project("tests/errors/habits.txt")).unwrap();
    let mut text = String::new();
    for habit in habits.lines() {
        let mut session = session();
        let code = format!("let v = example_video(4, 8, 8); let a = 1;\n{habit}");
        let found = match session.run("habit", &code) {
            Ok(value) => format!("is {}", session.text(&value, true).unwrap_or_default()),
            Err(diagnostic) => {
                let error = diagnostic.error();
                let hints = error.hints().iter().map(|hint| format!("\n      {hint}"));
                format!("{}{}", error.message(), hints.collect::<String>())
            }
        };
        text += &format!("{habit}\n    {found}\n");
    }
    check("habits.txt", &text);
}

/// The picture of the README.
#[test]
fn the_picture_of_the_player() {
    check_picture("player.png", &player().render(520, 560));
}

#[test]
fn the_pictures_of_a_plot() {
    let curve = |label: &str, shift: f64| {
        let value = |frame: i32| {
            let phase = (f64::from(frame) - shift).rem_euclid(75.0) / 75.0;
            let is_lost = (90..96).contains(&frame) && shift > 0.0;
            let value = (1.0 - (-40.0 * phase).exp()) / (1.0 + (18.0 * (phase - 0.5)).exp());
            (
                2.0 * f64::from(frame),
                if is_lost { f64::NAN } else { 0.09 * value },
            )
        };
        Curve {
            label: label.into(),
            points: (0..200).map(value).collect(),
        }
    };
    let plot = Plot {
        curves: vec![curve("apex", 0.0), curve("base, <30 µm² deep>", 12.0)],
        title: "Fluorescence & its rest, −5 °C".into(),
        xlabel: "time (ms)".into(),
        ylabel: "ΔF/F₀".into(),
        yrange: (None, Some(0.085)),
        size: (520, 260),
    };
    check_picture("plot.png", &plot.image().unwrap());
    check("plot.svg", &plot.svg().unwrap());
}

/// The picture of a film in the README, by the script that stands there.
#[test]
fn the_image_of_a_movie() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let mut blocks = readme.split("```js");
    let export = blocks.find(|block| block.contains("talk.mp4")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| with_slashes(&folder.path().join(name));
    let script = [
        "let waves = example_video(80).normalize_pixelwise_slidingwindow(60).smooth_spatiotemporal(1, 1.5);",
        &export
            .split("```")
            .next()
            .unwrap()
            .replace("talk.mp4", &path("talk.apng")),
        &format!(
            "let film = load_video({:?}, #{{as_gray: false}});",
            path("talk.apng")
        ),
        &format!("save_image({:?}, film[42]);", path("frame.png")),
    ];
    let result = session().run("film", &script.join("\n"));
    assert!(
        result.is_ok(),
        "{:?}",
        result.err().map(|error| error.error().clone())
    );
    let (width, height, rgb) = read_png(&folder.path().join("frame.png"));
    let mut image = Image::new(width, height);
    for (pixel, rgb) in image.pixels.iter_mut().zip(rgb.chunks(3)) {
        *pixel = u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]);
    }
    check_picture("film.png", &image);
}

/// A figure with panels of every kind, as shapes and text and as pixels.
#[test]
fn the_figure_of_a_paper() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let script = r#"
        let p = phantom(#{frames: 200, height: 32, width: 40, apd_gradient: 20, pixel_size: 200});
        let wave = conduction_velocity(p.activation);
        let pixels = [[16, 10], [16, 30]];
        let traces = pixels.map(|pixel| p.video.trace(pixel[0], pixel[1]));
        let map = map_panel(p.activation, #{
            title: "Activation", label: "Time (ms)", isochrones: 2, outlines: p.mask, points: pixels,
        });
        let arrows = map_panel(p.apd, #{
            label: "APD80 (ms)", cmap: "turbo", vmax: 105, background: p.video[0], opacity: 0.8,
            arrows: stack([wave.vy, wave.vx], 2), arrow_every: 5, line_color: "black",
        });
        let curves = trace_panel(traces, #{
            labels: ["left", "right"], ylabel: "F₀ (counts)", events: [50, 250],
        });
        let mean = trace_panel(traces, #{mean: true, xmin: 40, xmax: 220});
        let bars = histogram_panel(p.apd, #{xlabel: "APD80 (ms)"});
        let dots = scatter_panel(p.activation, p.apd, #{fit: true, xlabel: "x", ylabel: "y"});
        let boxes = box_panel([[3, 4, 4.5, 5, 9], [6, 7, 7.5, 8]], #{labels: ["control", "drug"]});
        let rows = [[map, arrows], [curves, mean], [bars, dots, boxes]];
        for name in ["figure.svg", "figure.pdf", "figure.png"] {
            figure(FOLDER + "/" + name, rows, #{
                width: 120, font_size: 7, dpi: 110, provenance: false,
            });
        }
    "#;
    let mut session = session();
    session.set_constant("FOLDER", with_slashes(folder.path()));
    let result = session.run("figure", script);
    assert!(
        result.is_ok(),
        "{:?}",
        result.err().map(|error| error.error().clone())
    );
    // Pixels are compared below; libraries may compress them differently.
    let svg = fs::read_to_string(path("figure.svg")).unwrap();
    let mut parts = svg.split("base64,");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text += "base64,…";
        text += &part[part.find('"').unwrap()..];
    }
    check("figure.svg", &text);
    check(
        "figure_pdf.txt",
        &structure(&fs::read(path("figure.pdf")).unwrap()),
    );
    let (width, height, rgb) = read_png(&path("figure.png"));
    let mut image = Image::new(width, height);
    for (pixel, rgb) in image.pixels.iter_mut().zip(rgb.chunks(3)) {
        *pixel = u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]);
    }
    check_picture("figure.png", &image);
}

/// The objects of a PDF file without their streams and what depends on the lengths of these.
fn structure(pdf: &[u8]) -> String {
    let text = String::from_utf8_lossy(pdf);
    let (objects, _) = text.split_once("\nxref\n").unwrap();
    let mut parts = objects.split("\nstream\n");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text += part.split_once("\nendstream").unwrap().1;
    }
    let is_kept = |line: &&str| !line.contains("/Length") && line.is_ascii();
    text.lines().filter(is_kept).collect::<Vec<_>>().join("\n") + "\n"
}

/// Another machine may round a few colours differently.
#[track_caller]
pub(super) fn check_picture(name: &str, image: &Image) {
    let path = project("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        write_png(&path, image);
    }
    let (width, height, golden) = read_png(&path);
    assert_eq!((image.width, image.height), (width, height));
    let found = image.to_rgb();
    let pairs = golden.chunks(3).zip(found.chunks(3));
    let differing = pairs.filter(|(golden, found)| golden != found).count();
    assert!(
        differing < width * height / 500,
        "{differing} pixels differ from {path:?}"
    );
}

fn player() -> Player {
    let example = ExampleOptions {
        frames: 80,
        height: 128,
        width: 128,
        fps: 500.0,
        seed: 0,
    };
    let waves = example_video(&example).unwrap();
    let waves = normalize_pixelwise_slidingwindow(waves, 60, 0.0, 1.0).unwrap();
    let waves = smooth_spatiotemporal(waves, 1.0, 1.5).unwrap();
    let viridis = Colormap::named("viridis").unwrap();
    let colors = ColorSettings::new(viridis, Some(0.0), Some(1.0));
    let panel = Panel::video(waves, "waves".into(), &colors);
    let show = Show {
        panels: vec![panel.unwrap()],
        interval_ms: 20,
        step: 1,
        annotations: Annotations::default(),
    };
    let player = Player::new(show).unwrap();
    player.seek(42);
    player
}

fn write_png(path: &Path, image: &Image) {
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, image.width as u32, image.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&image.to_rgb())
        .unwrap();
}

fn read_png(path: &Path) -> (usize, usize, Vec<u8>) {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, info.height as usize, pixels)
}
