//! Distance and speed between two points, measured in a window.

use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::Colormap;
use optimap::player::{Event, Key, Panel, Player, Show};
use optimap::video::Video;
use optimap::view::annotations::Annotations;

use super::player_keys::{MS, SIZE, press};
use super::player_regions::drag;

fn made(code: &str) -> Video {
    super::session().run("made", code).unwrap().cast()
}

fn player_of(video: Video, label: &str) -> Player {
    let colors = ColorSettings::new(Colormap::gray(), None, None);
    let player = Player::new(Show {
        panels: vec![Panel::video(video, String::new(), &colors).unwrap()],
        interval_ms: 10,
        step: 1,
        annotations: Annotations {
            label: label.into(),
            ..Annotations::default()
        },
    });
    let player = player.unwrap();
    player.set_playing(false);
    player
}

/// Draws the line of a speed, and waits for its name.
fn measured(player: &Player, from: (f32, f32), to: (f32, f32)) -> Option<String> {
    press(player, '!');
    drag(player, &[from, to]);
    settled(player);
    player.regions().last().map(|region| region.name.clone())
}

fn settled(player: &Player) {
    while player.is_saving() {
        std::thread::sleep(MS);
    }
}

/// The number before a unit.
#[track_caller]
fn number(text: &str, unit: &str) -> f64 {
    let number = text.strip_suffix(unit);
    let number = number.and_then(|number| number.trim().parse().ok());
    number.unwrap_or_else(|| panic!("{text}"))
}

const WAVE: &str = "phantom(#{frames: 100, speed: 40}).video";

#[test]
fn a_line_in_the_direction_of_the_wave_gives_its_speed() {
    let player = player_of(made(WAVE), "");
    for (from, to) in [((0.2, 0.5), (0.8, 0.5)), ((0.8, 0.4), (0.3, 0.4))] {
        let name = measured(&player, from, to).unwrap();
        let speed = number(&name, "cm/s");
        assert!((speed - 40.0).abs() < 1.0, "{name}");
    }
    // What it was computed from is told again when the line is selected.
    let probes = player.probes();
    let basis = probes[0].basis.as_deref().unwrap();
    for part in [
        " mm in ",
        " ms",
        "5×5 traces",
        "frames 0 to 99",
        "correlation",
    ] {
        assert!(basis.contains(part), "{part}: {basis}");
    }
    assert_eq!(player.traces().unwrap().len(), 2);
}

#[test]
fn the_unit_is_that_of_what_is_known() {
    let units = [
        (format!("let v = {WAVE}; v.pixel_size = (); v"), "px/ms"),
        (format!("let v = {WAVE}; v.fps = (); v"), "µm/frame"),
        (
            format!("let v = {WAVE}; v.fps = (); v.pixel_size = (); v"),
            "px/frame",
        ),
    ];
    for (code, unit) in units {
        let player = player_of(made(&code), "");
        let name = measured(&player, (0.2, 0.5), (0.8, 0.5)).unwrap();
        assert!(number(&name, unit) > 0.0, "{name}");
    }
}

#[test]
fn a_map_of_times_gives_the_speed_if_it_says_that_it_is_one() {
    let times = format!("activation_map({WAVE})");
    let player = player_of(made(&times), "Activation (ms)");
    let name = measured(&player, (0.2, 0.5), (0.8, 0.5)).unwrap();
    assert!((number(&name, "cm/s") - 40.0).abs() < 1.0, "{name}");
    let player = player_of(made(&times), "");
    assert_eq!(
        measured(&player, (0.2, 0.5), (0.8, 0.5)),
        Some(String::new())
    );
}

#[test]
fn a_line_that_is_moved_is_measured_again() {
    let player = player_of(made(WAVE), "");
    let before = measured(&player, (0.2, 0.5), (0.5, 0.5)).unwrap();
    // Its end is dragged so that it crosses the wave at an angle, which appears faster.
    drag(&player, &[(0.5, 0.5), (0.5, 0.9)]);
    settled(&player);
    let after = player.regions()[0].name.clone();
    assert!(
        number(&after, "cm/s") > 1.2 * number(&before, "cm/s"),
        "{before} {after}"
    );
    // Along a wavefront there is no speed, and the former one is gone.
    drag(&player, &[(0.5, 0.9), (0.2, 0.9)]);
    settled(&player);
    assert_eq!(player.regions()[0].name, "");
    // A name of the user stays.
    press(&player, 'N');
    "front".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    drag(&player, &[(0.2, 0.9), (0.6, 0.5)]);
    settled(&player);
    assert_eq!(player.regions()[0].name, "front");
}
