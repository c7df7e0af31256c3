//! Overlays and two videos in one place, in a window of the player.

use optimap::choice::Choice;
use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::Colormap;
use optimap::ops::array::elementwise::Operand;
use optimap::ops::blend::{BlendLook, BlendMode, BlendOptions};
use optimap::player::comparison::CompareMode;
use optimap::player::{Event, Key, Panel, Player};
use optimap::video::{Strided, Video};

use super::golden::check_picture;
use super::player_keys::{
    MS, SIZE, limits, panel, player, point, points, position, press, ramp, single, video_of,
};
use super::player_regions::drag;

#[test]
fn overlays_are_blended() {
    let options = BlendOptions {
        skip_frames: 1,
        base: ColorSettings::new(Colormap::gray(), None, None),
        overlay: ColorSettings::new(Colormap::named("viridis").unwrap(), None, None),
        look: BlendLook::PLAIN,
    };
    let panel = Panel::overlay(ramp(3, 4, 4), ramp(3, 4, 4), None, options, String::new());
    let player = player(vec![panel.unwrap()]);
    player.seek(2);
    let rect = video_of(&player, 0);
    let image = player.render(SIZE.0, SIZE.1);
    let [_, red, green, blue] = image.at(rect.right() - 2, rect.bottom() - 2).to_be_bytes();
    assert!(red > blue && green > blue, "the end of viridis is yellow");
}

/// A video of a ramp, with another one over it.
fn overlaid(title: &str) -> Player {
    let options = BlendOptions {
        skip_frames: 1,
        base: ColorSettings::new(Colormap::gray(), None, None),
        overlay: ColorSettings::new(Colormap::named("viridis").unwrap(), Some(0.0), Some(1200.0)),
        look: BlendLook::PLAIN,
    };
    let alpha = Some(Operand::Float(0.8));
    let videos = [(); 2].map(|()| ramp(20, 30, 40));
    let [base, overlay] = videos;
    player(vec![
        Panel::overlay(base, overlay, alpha, options, title.into()).unwrap(),
    ])
}

/// Two videos, the second brighter by 100 where x is even.
fn pair() -> Player {
    let brighter = (0..20 * 30 * 40).map(|i| (i + if i % 2 == 0 { 100 } else { 0 }) as f32);
    let brighter = Strided::from_vec(&[20, 30, 40], brighter.collect());
    let colors = ColorSettings::new(Colormap::named("viridis").unwrap(), None, None);
    let second = Panel::video(Video::new(brighter), "second".into(), &colors).unwrap();
    player(vec![panel(ramp(20, 30, 40), "first"), second])
}

#[test]
fn two_videos_are_flipped_in_one_place() {
    let player = pair();
    let single = video_of(&single(), 0);
    let shown = |index: usize| video_of(&player, index);
    let side_by_side = (shown(0), shown(1));
    assert!(!shown(0).is_empty() && shown(0).intersect(shown(1)).is_empty());
    press(&player, 'F');
    assert_eq!(player.compare_mode(), CompareMode::First);
    assert!(shown(1).is_empty() && shown(0).height == single.height);
    let place = shown(0);
    press(&player, 'F');
    assert_eq!(player.compare_mode(), CompareMode::Second);
    assert_eq!((shown(0).is_empty(), shown(1)), (true, place));
    // A click is one on the video that is seen.
    point(&player, 1, (0.5, 0.5));
    press(&player, 't');
    assert_eq!(points(&player), [(1, 15, 20)]);
    press(&player, 'S');
    player.handle(Event::Key(Key::Backspace), SIZE);
    assert_eq!((shown(0), shown(1)), side_by_side);
}

#[test]
fn two_videos_meet_at_a_line_that_is_moved() {
    let player = pair();
    let seen = |at: (f32, f32)| {
        player.advance(5000 * MS);
        let (x, y) = position(&player, 0, at);
        player.render(SIZE.0, SIZE.1).at(x as usize, y as usize)
    };
    press(&player, 'F');
    let first = [seen((0.2, 0.5)), seen((0.9, 0.5))];
    press(&player, 'W');
    assert_eq!(player.wipe(), 0.5);
    let at_line = [seen((0.2, 0.5)), seen((0.9, 0.5))];
    assert_eq!(at_line[0], first[0]);
    assert_ne!(at_line[1], first[1]);
    press(&player, ';');
    press(&player, ';');
    assert!((player.wipe() - 0.4).abs() < 1e-9);
    // On both sides a click is one on the video there; the line itself is dragged.
    for at in [0.2, 0.9] {
        drag(&player, &[(at, 0.5)]);
    }
    assert_eq!(points(&player), [(0, 15, 8), (1, 15, 36)]);
    drag(&player, &[(0.4, 0.2), (0.95, 0.2)]);
    assert!((player.wipe() - 0.95).abs() < 0.01, "{}", player.wipe());
    assert_eq!(seen((0.9, 0.9)), {
        press(&player, 'F');
        seen((0.9, 0.9))
    });
    let changed = player.take_window_changes();
    assert!(changed.contains("compare") && changed.contains("wipe"));
}

#[test]
fn the_difference_of_two_videos_has_colors_of_its_own() {
    let player = pair();
    let before = limits(&player);
    press(&player, 'X');
    assert_eq!(limits(&player), [(-100.0, 100.0, 1.0)]);
    let [even, odd] = [(0.5 / 40.0, 0.5), (1.5 / 40.0, 0.5)].map(|at| {
        let (x, y) = position(&player, 0, at);
        let [_, red, _, blue] = player
            .render(SIZE.0, SIZE.1)
            .at(x as usize, y as usize)
            .to_be_bytes();
        i16::from(blue) - i16::from(red)
    });
    assert!(100 < even && odd.abs() < 20, "{even} {odd}");
    press(&player, '{');
    let (low, high, _) = limits(&player)[0];
    assert!((low + 110.0).abs() < 1e-9 && (high - 110.0).abs() < 1e-9);
    press(&player, 'p');
    assert_eq!(limits(&player), [(-100.0, 100.0, 1.0)]);
    press(&player, 'b');
    press(&player, 'A');
    assert!(!player.layout(SIZE).contrast.is_empty());
    let changed = player.take_window_changes();
    assert!(changed.contains("compare") && changed.contains("limits"));
    // The videos have kept theirs.
    press(&player, 'X');
    assert_eq!(limits(&player), before);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let message = |player: &Player, mode| {
        let error = player.set_compare_mode(mode).unwrap_err();
        error.message().to_owned()
    };
    assert_eq!(
        message(&single(), CompareMode::Wipe),
        "only two videos can be compared, this window shows 1"
    );
    let unlike = player(vec![panel(ramp(20, 30, 40), ""), panel(ramp(20, 3, 4), "")]);
    assert_eq!(
        message(&unlike, CompareMode::First),
        "videos can only be compared if their frames have one size"
    );
    for key in "FWX;:S".chars() {
        press(&unlike, key);
        unlike.render(SIZE.0, SIZE.1);
    }
    assert_eq!(unlike.compare_mode(), CompareMode::Off);
}

#[test]
fn golden_pictures_of_two_videos_in_one_place() {
    let player = pair();
    player.seek(4);
    press(&player, 'a');
    press(&player, 'W');
    player.advance(5000 * MS);
    check_picture("player_wipe.png", &player.render(640, 480));
    press(&player, 'X');
    player.advance(5000 * MS);
    check_picture("player_difference.png", &player.render(640, 480));
}

#[test]
fn keys_change_the_look_of_an_overlay() {
    let player = overlaid("");
    let rect = video_of(&player, 0);
    let seen = || {
        player.advance(5000 * MS);
        let image = player.render(SIZE.0, SIZE.1);
        let [_, red, green, blue] = image.at(rect.left + 2, rect.top + 2).to_be_bytes();
        [red, green, blue]
    };
    // The base is black here, the overlay dark blue.
    let [red, _, blue] = seen();
    assert!(red < blue);
    press(&player, 'I');
    press(&player, 'I');
    assert_eq!(player.overlay_look().unwrap().opacity, 0.8);
    assert!(seen()[2] < blue);
    for _ in 0..3 {
        press(&player, 'O');
    }
    assert_eq!(player.overlay_look().unwrap().opacity, 1.0);
    assert_eq!(seen()[2], blue);
    press(&player, 'T');
    assert_eq!(player.overlay_look().unwrap().threshold, Some(60.0));
    assert_eq!(seen(), [0; 3], "below the threshold only the base is seen");
    press(&player, 'R');
    assert_eq!(player.overlay_look().unwrap().threshold, None);
    "U12.5".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    assert_eq!(player.overlay_look().unwrap().threshold, Some(12.5));
    let mode = |player: &Player| player.overlay_look().unwrap().mode;
    for (expected, _) in BlendMode::CHOICES.iter().skip(1) {
        press(&player, 'M');
        assert_eq!(mode(&player).name(), *expected);
    }
    press(&player, 'M');
    assert_eq!(mode(&player), BlendMode::Normal);
    // The keys of colors change the overlay.
    press(&player, 'a');
    assert_eq!(limits(&player), [(0.0, 1199.0, 1.0)]);
    press(&player, 'c');
    assert_eq!(
        player.scales()[0].as_ref().unwrap().colormap().name(),
        "magma"
    );
    let changed = player.take_window_changes();
    for name in ["opacity", "threshold", "blend_mode", "cmap", "limits"] {
        assert!(changed.contains(name), "{name} of {changed:?}");
    }
    let plain = single();
    for key in "OITRUM".chars() {
        press(&plain, key);
    }
    assert!(plain.overlay_look().is_none() && plain.take_window_changes().is_empty());
}

#[test]
fn threshold_and_opacity_of_an_overlay_are_dragged() {
    const WIDE: (usize, usize) = (1200, 700);
    let player = overlaid("");
    player.handle(Event::Key(Key::Char('b')), WIDE);
    let layout = player.layout(WIDE);
    let (strip, rect) = (layout.contrast, layout.histogram);
    let drag = |from: (f32, f32), to: f32| {
        player.handle(Event::Press(from.0, from.1), WIDE);
        player.handle(Event::Drag(to, from.1), WIDE);
        player.handle(Event::Release, WIDE);
        player.overlay_look().unwrap()
    };
    let top = rect.top as f32 + 4.0;
    let column = |part: f32| rect.left as f32 + 0.5 + part * (rect.width - 1) as f32;
    let threshold = drag((column(0.0) + 3.0, top), column(0.5))
        .threshold
        .unwrap();
    assert!((threshold - 600.0).abs() < 2.0, "{threshold}");
    assert_eq!(limits(&player), [(0.0, 1200.0, 1.0)]);
    // Lower down at the same column it is the handle of gamma that is dragged.
    drag((column(0.5), rect.middle() as f32), column(0.25));
    assert!((limits(&player)[0].2 - 0.5).abs() < 0.02);
    assert_eq!(drag((column(0.5) + 3.0, top), column(-0.1)).threshold, None);
    let y = strip.top as f32 + 13.0;
    let along = (strip.left..strip.right()).map(|x| (x as f32, y));
    let dragged = along
        .map(|at| drag(at, at.0).opacity)
        .filter(|opacity| *opacity < 1.0);
    let dragged: Vec<f64> = dragged.collect();
    assert!(100 < dragged.len() && dragged[0] < 0.02, "{dragged:?}");
    assert!(dragged.is_sorted() && *dragged.last().unwrap() > 0.9);
}

#[test]
fn golden_picture_of_an_overlay() {
    let player = overlaid("overlay");
    player.seek(2);
    press(&player, 'a');
    press(&player, 'U');
    "3000".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    press(&player, 'b');
    player.advance(5000 * MS);
    check_picture("player_overlay.png", &player.render(640, 480));
    press(&player, 'I');
    player.advance(5000 * MS);
    check_picture("player_overlay_wide.png", &player.render(1100, 480));
}
