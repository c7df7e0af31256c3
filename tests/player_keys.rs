//! What keys and the mouse do to a player, without a window.

use std::time::Duration;

use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::Colormap;
use optimap::ops::mask::shape::RegionShape;
use optimap::player::region::ProbeRegion;
use optimap::player::sync_group::LinkAlignment;
use optimap::player::{Controls, Event, Key, Panel, PictureLook, Player, Rect, Show, Span};
use optimap::video::{Strided, Video};
use optimap::view::annotations::{Annotations, ScaleBar, TimeUnit};
use proptest::prelude::*;

use super::golden::check_picture;

pub(super) const SIZE: (usize, usize) = (640, 480);
pub(super) const MS: Duration = Duration::from_millis(1);

/// A video whose samples are all different.
pub(super) fn ramp(frames: usize, height: usize, width: usize) -> Video {
    let samples = (0..frames * height * width).map(|i| i as f32).collect();
    Video::new(Strided::from_vec(&[frames, height, width], samples))
}

pub(super) fn panel(video: Video, title: &str) -> Panel {
    let colors = ColorSettings::new(Colormap::gray(), None, None);
    Panel::video(video, title.into(), &colors).unwrap()
}

pub(super) fn player(panels: Vec<Panel>) -> Player {
    let show = Show {
        panels,
        interval_ms: 10,
        step: 1,
        annotations: Annotations::default(),
    };
    let player = Player::new(show).unwrap();
    player.set_playing(false);
    player
}

pub(super) fn single() -> Player {
    player(vec![panel(ramp(20, 30, 40), "ramp")])
}

pub(super) fn press(player: &Player, key: char) {
    player.handle(Event::Key(Key::Char(key)), SIZE);
}

pub(super) fn video_of(player: &Player, panel: usize) -> Rect {
    player.layout(SIZE).panels[panel].video
}

/// The place in the window of a part of a panel's video.
pub(super) fn position(player: &Player, panel: usize, (x, y): (f32, f32)) -> (f32, f32) {
    let rect = video_of(player, panel);
    let (width, height) = (rect.width as f32, rect.height as f32);
    (rect.left as f32 + x * width, rect.top as f32 + y * height)
}

pub(super) fn point(player: &Player, panel: usize, at: (f32, f32)) {
    let (x, y) = position(player, panel, at);
    player.handle(Event::Move(x, y), SIZE);
}

pub(super) fn points(player: &Player) -> Vec<(usize, usize, usize)> {
    let probes = player.probes().into_iter();
    let points = probes.filter_map(|probe| match probe.region {
        ProbeRegion::Point { y, x } => Some((probe.panel, y, x)),
        ProbeRegion::Shape(_) => None,
    });
    points.collect()
}

fn any_event() -> impl Strategy<Value = Event> {
    let keys =
        "lec[]aA+-0giomtrnhq?CxXbBfpPvVyY<>{}jk,.()x123456789dDuNKzZwLOITRUMFWXS;:HJ#/*!sE@&%";
    let at = || (0f32..700.0, 0f32..500.0);
    prop_oneof![
        4 => proptest::sample::select(keys.chars().collect::<Vec<_>>()).prop_map(|c| Event::Key(Key::Char(c))),
        4 => proptest::sample::select(vec![
            Key::Space, Key::Left, Key::Right, Key::Up, Key::Down, Key::Home, Key::End, Key::Escape, Key::Backspace, Key::Enter, Key::PageUp, Key::PageDown, Key::Tab, Key::F11,
        ]).prop_map(Event::Key),
        2 => at().prop_map(|(x, y)| Event::Press(x, y)),
        2 => at().prop_map(|(x, y)| Event::Drag(x, y)),
        1 => Just(Event::Release),
        1 => Just(Event::Menu),
        1 => at().prop_map(|(x, y)| Event::ShiftPress(x, y)),
        1 => at().prop_map(|(x, y)| Event::Move(x, y)),
        1 => Just(Event::Leave),
        1 => (-4i32..5).prop_map(Event::Wheel),
        1 => (-4i32..5).prop_map(Event::Zoom),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_a_user_does_leads_astray(
        panels in 1usize..4,
        events in prop::collection::vec((any_event(), 0u64..40), 0..60),
        size in (1usize..400, 1usize..300),
    ) {
        let videos = (0..panels).map(|i| panel(ramp(7, 3 + i, 5), if i == 1 { "title" } else { "" }));
        let player = player(videos.collect());
        // The menu runs every command, also those that save.
        let folder = tempfile::tempdir().unwrap();
        player.set_save_folder(folder.path());
        for (event, elapsed) in events {
            player.handle(event, SIZE);
            player.advance(Duration::from_millis(elapsed));
            player.mark_shown(SIZE);
            let playback = player.playback();
            prop_assert!(playback.frame() < 7 && 1 <= playback.step());
            prop_assert!((1.0 / 64.0..=64.0).contains(&playback.speed()));
        }
        while player.is_saving() {
            std::thread::sleep(MS);
        }
        for (panel, y, x) in points(&player) {
            prop_assert!(panel < panels && y < 3 + panel && x < 5);
        }
        prop_assert_eq!(player.render(size.0, size.1).pixels.len(), size.0 * size.1);
    }
}

#[test]
fn every_key_changes_what_is_seen() {
    for key in "lecCa+giohmbw[]".chars() {
        let player = single();
        player.seek(3);
        point(&player, 0, (0.4, 0.4));
        if key == 'o' {
            press(&player, '+');
        }
        let before = player.render(SIZE.0, SIZE.1);
        press(&player, key);
        assert_ne!(before, player.render(SIZE.0, SIZE.1), "{key}");
    }
}

#[test]
fn messages_go_after_a_while() {
    let player = single();
    let before = player.render(SIZE.0, SIZE.1);
    press(&player, ']');
    press(&player, '[');
    assert_ne!(before, player.render(SIZE.0, SIZE.1));
    player.advance(5000 * MS);
    assert_eq!(before, player.render(SIZE.0, SIZE.1));
}

#[test]
fn contrast_and_colormap_come_back() {
    let player = single();
    player.seek(9);
    let seen = || {
        player.advance(5000 * MS);
        player.render(SIZE.0, SIZE.1)
    };
    let first = seen();
    press(&player, 'a');
    let stretched = seen();
    press(&player, 'c');
    let colored = seen();
    assert!(first != stretched && stretched != colored);
    press(&player, 'C');
    assert_eq!(seen(), stretched);
    press(&player, 'A');
    assert_eq!(seen(), first);
}

#[test]
fn a_part_is_looped_and_left_by_keys_and_the_mouse() {
    let player = single();
    player.seek(5);
    press(&player, '(');
    player.seek(8);
    press(&player, ')');
    assert_eq!(player.playback().part(), Some((5, 8)));
    player.set_playing(true);
    let frames = [0; 6].map(|_| {
        player.advance(10 * MS);
        player.frame()
    });
    assert_eq!(frames, [5, 6, 7, 8, 5, 6]);
    player.handle(Event::Key(Key::Char('l')), SIZE);
    player.seek(7);
    player.advance(50 * MS);
    assert_eq!((player.frame(), player.is_playing()), (8, false));
    player.set_playing(true);
    assert_eq!(player.frame(), 5);
    player.set_playing(false);
    press(&player, 'x');
    assert_eq!(player.playback().part(), None);
    let slider = player.layout(SIZE).slider;
    let y = slider.middle() as f32;
    let column = |frame| player.layout(SIZE).slider_column(frame, &player.playback());
    player.handle(Event::ShiftPress(column(12), y), SIZE);
    player.handle(Event::Drag(column(4), y), SIZE);
    player.handle(Event::Release, SIZE);
    assert_eq!(
        (player.playback().part(), player.frame()),
        (Some((4, 12)), 4)
    );
    player.handle(Event::ShiftPress(column(2), y), SIZE);
    player.handle(Event::Drag(column(2), y), SIZE);
    player.handle(Event::Release, SIZE);
    assert_eq!((player.playback().part(), player.frame()), (None, 2));
}

#[test]
fn frames_are_typed_bookmarked_and_reached_in_steps_of_ten() {
    let player = single();
    let keys = |text: &str| text.chars().for_each(|char| press(&player, char));
    keys("j12");
    player.handle(Event::Key(Key::Backspace), SIZE);
    keys("7");
    assert_eq!(player.frame(), 0);
    player.handle(Event::Key(Key::Enter), SIZE);
    assert_eq!(player.frame(), 17);
    keys("j5");
    player.handle(Event::Key(Key::Escape), SIZE);
    assert_eq!(player.frame(), 17);
    keys("k");
    player.handle(Event::Key(Key::PageUp), SIZE);
    assert_eq!(player.frame(), 7);
    keys("k");
    assert_eq!(player.bookmarks(), [7, 17]);
    keys(".");
    assert_eq!(player.frame(), 17);
    keys(".");
    assert_eq!(player.frame(), 7);
    keys(",");
    assert_eq!(player.frame(), 17);
    keys("k");
    assert_eq!(player.bookmarks(), [7]);
    player.handle(Event::Key(Key::PageDown), SIZE);
    assert_eq!(player.frame(), 19);
}

pub(super) fn limits(player: &Player) -> Vec<(f64, f64, f64)> {
    let scales = player.scales().into_iter().flatten();
    scales
        .map(|scale| (scale.low(), scale.high(), scale.gamma()))
        .collect()
}

#[test]
fn color_limits_are_set_by_keys() {
    // Each frame of the ramp has 1200 samples.
    let player = single();
    player.seek(2);
    let after = |key| {
        press(&player, key);
        limits(&player)[0]
    };
    assert_eq!(after('a'), (2400.0, 3599.0, 1.0));
    let (low, high, _) = after('p');
    assert!(
        (low - 2401.2).abs() < 0.01 && (high - 3597.8).abs() < 0.01,
        "{low} {high}"
    );
    let (low, high, _) = after('P');
    assert!(
        (low - 24.0).abs() < 0.1 && (high - 23975.0).abs() < 0.1,
        "{low} {high}"
    );
    press(&player, 'a');
    let (low, high, _) = after('>');
    assert!((low - 2340.05).abs() < 1e-9 && (high - 3539.05).abs() < 1e-9);
    press(&player, 'a');
    let (low, high, _) = after('{');
    assert!((high - low - 1199.0 * 1.1).abs() < 1e-9);
    assert!((after('y').2 - 1.0 / 1.1).abs() < 1e-9);
    assert_eq!(after('Y').2, 1.0);
    assert_eq!(after('A'), (0.0, 1199.0, 1.0));
    let name = |player: &Player| {
        player.scales()[0]
            .as_ref()
            .unwrap()
            .colormap()
            .name()
            .to_owned()
    };
    press(&player, 'v');
    assert_eq!(name(&player), "gray_r");
    press(&player, 'v');
    assert_eq!(name(&player), "gray");
}

#[test]
fn limits_of_each_frame_follow_the_frame_in_windows_and_movies() {
    let player = single();
    press(&player, 'f');
    for frame in [0, 7, 19] {
        player.seek(frame);
        player.render(SIZE.0, SIZE.1);
        let low = 1200.0 * frame as f64;
        assert_eq!(limits(&player)[0], (low, low + 1199.0, 1.0));
    }
    let movie = player.movie(Controls::NONE, PictureLook::OF_WINDOW, None);
    let middle = |frame| {
        let image = movie.frame(frame).unwrap();
        let image = image.with_layout(image.layout().insert_axis(0));
        let pixel = (SIZE.1 / 2 * SIZE.0 + SIZE.0 / 2) * 3;
        let mut level = [0.0f64];
        image.samples().read(0, pixel..pixel + 1, &mut level);
        level[0]
    };
    assert!((100.0..160.0).contains(&middle(3)) && middle(3) == middle(15));
    press(&player, 'f');
    player.seek(4);
    player.render(SIZE.0, SIZE.1);
    assert_eq!(limits(&player)[0].0, 1200.0 * 19.0);
}

#[test]
fn videos_with_the_same_limits_keep_the_same_also_in_linked_windows() {
    let dim = |video: Video| {
        let colors = ColorSettings::new(Colormap::gray(), Some(0.0), Some(10.0));
        Panel::video(video, String::new(), &colors).unwrap()
    };
    let other = player(vec![panel(ramp(20, 30, 40), "")]);
    let here = player(vec![
        panel(ramp(20, 30, 40), ""),
        dim(ramp(20, 5, 5)),
        panel(ramp(20, 30, 40), ""),
    ]);
    Player::link(&[here.clone(), other.clone()], LinkAlignment::Frame, None).unwrap();
    press(&here, '}');
    let found = limits(&here);
    assert_eq!((found[0], found[1]), (found[2], (0.0, 10.0, 1.0)));
    assert_eq!(limits(&other), [found[0]]);
    assert_ne!(found[0].1, 1199.0);
    press(&here, 'V');
    press(&here, 'A');
    press(&here, '}');
    let found = limits(&here);
    assert_eq!(found[2], (0.0, 1199.0, 1.0));
    assert_ne!(found[0], found[2]);
}

#[test]
fn linked_windows_show_the_same_part_at_the_same_time() {
    let at = |fps: f64, frames| {
        let mut video = ramp(frames, 6, 8);
        video.metadata_mut().fps = Some(fps);
        player(vec![panel(video, "")])
    };
    let (fast, slow) = (at(500.0, 100), at(200.0, 30));
    let both = [fast.clone(), slow.clone()];
    Player::link(&both, LinkAlignment::Time, Some(&[20, 10])).unwrap();
    // The frames 20 and 10 are at one time, and 5 frames of one last as long as 2 of the other.
    for (frame, there) in [(20, 10), (30, 14), (10, 6), (0, 2), (70, 29)] {
        fast.seek(frame);
        assert_eq!(slow.frame(), there, "{frame}");
    }
    slow.seek(20);
    assert_eq!(fast.frame(), 45);
    fast.change(|playback| playback.set_part(Some((20, 45))));
    assert_eq!(slow.playback().part(), Some((10, 20)));
    // Outside of a recording its end stays, and its window says so.
    slow.advance(5000 * MS);
    let quiet = slow.render(SIZE.0, SIZE.1);
    fast.seek(99);
    assert_eq!(slow.frame(), 29);
    let told = slow.render(SIZE.0, SIZE.1);
    slow.advance(5000 * MS);
    assert!(quiet != told && told != slow.render(SIZE.0, SIZE.1));
    press(&slow, '+');
    press(&slow, '+');
    assert_eq!(fast.zoomed(), slow.zoomed());
    assert!(1.5 < fast.zoomed()[0]);
    press(&fast, '0');
    assert_eq!(slow.zoomed()[0], 1.0);
    fast.set_zoomed([2.0, 0.3, 0.6]);
    assert_eq!(slow.zoomed(), [2.0, 0.3, 0.6]);
    let unknown = [fast, single()];
    let error = Player::link(&unknown, LinkAlignment::Time, None).unwrap_err();
    assert!(error.message().contains("that of player 1 is not"));
    let beyond = Player::link(&unknown, LinkAlignment::Frame, Some(&[5, 20])).unwrap_err();
    assert_eq!(
        beyond.message(),
        "`triggers` has frame 20 of player 1, whose last frame is 19"
    );
    assert!(Player::link(&unknown, LinkAlignment::Frame, Some(&[5])).is_err());
}

#[test]
fn the_handles_of_the_histogram_are_dragged_and_its_buttons_clicked() {
    let player = single();
    press(&player, 'b');
    let layout = player.layout(SIZE);
    let (strip, rect) = (layout.contrast, layout.histogram);
    assert!(!rect.is_empty() && strip.intersect(layout.panels[0].video).is_empty());
    let y = rect.middle() as f32;
    let column = |part: f32| rect.left as f32 + 0.5 + part * (rect.width - 1) as f32;
    player.handle(Event::Press(column(0.0), y), SIZE);
    player.handle(Event::Drag(column(0.25), y), SIZE);
    player.handle(Event::Release, SIZE);
    player.handle(Event::Press(column(1.0), y), SIZE);
    player.handle(Event::Drag(column(0.75), y), SIZE);
    player.handle(Event::Release, SIZE);
    let (low, high, gamma) = limits(&player)[0];
    assert!(
        (low - 299.75).abs() < 2.0 && (high - 899.25).abs() < 2.0,
        "{low} {high}"
    );
    assert_eq!(gamma, 1.0);
    player.handle(Event::Press(column(0.5), y), SIZE);
    player.handle(Event::Drag(column(0.375), y), SIZE);
    player.handle(Event::Release, SIZE);
    assert!((limits(&player)[0].2 - 0.5).abs() < 0.02);
    assert!(
        player.probes().is_empty(),
        "a click here is none on the video"
    );
    // The button at the right end restores the initial limits.
    player.handle(
        Event::Press(strip.right() as f32 - 4.0, strip.top as f32 + 12.0),
        SIZE,
    );
    assert_eq!(limits(&player)[0], (0.0, 1199.0, 1.0));
    press(&player, 'b');
    assert!(player.layout(SIZE).contrast.is_empty());
}

#[test]
fn golden_picture_of_the_histogram() {
    let player = full(2);
    press(&player, 'b');
    press(&player, 'y');
    press(&player, 'c');
    player.change(|playback| playback.set_part(Some((4, 15))));
    player.set_bookmarks([6, 18]);
    player.advance(5000 * MS);
    check_picture("player_contrast.png", &player.render(640, 480));
}

#[test]
fn zooming_keeps_what_is_under_the_pointer() {
    let player = single();
    let at = (0.31, 0.72);
    point(&player, 0, at);
    let (x, y) = position(&player, 0, at);
    let before = player.render(SIZE.0, SIZE.1).at(x as usize, y as usize);
    for _ in 0..6 {
        press(&player, '+');
    }
    let after = player.render(SIZE.0, SIZE.1);
    assert_eq!(after.at(x as usize, y as usize), before);
    press(&player, 't');
    let probed = points(&player)[0];
    for _ in 0..9 {
        press(&player, '-');
    }
    point(&player, 0, at);
    press(&player, 't');
    assert_eq!(points(&player)[1], probed);
}

#[test]
fn dragging_moves_what_is_seen_and_zero_shows_all() {
    let player = single();
    press(&player, '+');
    press(&player, '+');
    let before = player.render(SIZE.0, SIZE.1);
    let (from, to) = (
        position(&player, 0, (0.5, 0.5)),
        position(&player, 0, (0.6, 0.5)),
    );
    player.handle(Event::Press(from.0, from.1), SIZE);
    player.handle(Event::Drag(to.0, to.1), SIZE);
    player.handle(Event::Release, SIZE);
    assert_ne!(before, player.render(SIZE.0, SIZE.1));
    assert!(player.probes().is_empty(), "a drag is no click");
    press(&player, '0');
    player.advance(5000 * MS);
    assert_eq!(single_at_rest(), player.render(SIZE.0, SIZE.1));
}

fn single_at_rest() -> optimap::player::Image {
    single().render(SIZE.0, SIZE.1)
}

#[test]
fn a_click_pins_a_trace_and_backspace_removes_it() {
    let player = player(vec![
        panel(ramp(20, 30, 40), "a"),
        panel(ramp(20, 10, 10), "b"),
    ]);
    let (x, y) = position(&player, 1, (0.55, 0.25));
    player.handle(Event::Press(x, y), SIZE);
    player.handle(Event::Release, SIZE);
    assert_eq!(points(&player), [(1, 2, 5)]);
    assert!(!player.layout(SIZE).trace_plot.is_empty());
    let traces = player.traces().unwrap();
    let mut samples = vec![0.0; 20];
    traces[0].samples().read_frames(0..20, 0..1, &mut samples);
    assert_eq!((samples[0], samples[19]), (25.0, 1925.0));
    player.handle(Event::Key(Key::Backspace), SIZE);
    assert!(player.probes().is_empty() && player.layout(SIZE).trace_plot.is_empty());
}

#[test]
fn a_region_is_drawn_with_the_mouse() {
    let player = single();
    press(&player, 'r');
    let (from, to) = (
        position(&player, 0, (0.75, 0.5)),
        position(&player, 0, (0.25, 0.1)),
    );
    player.handle(Event::Press(from.0, from.1), SIZE);
    player.handle(Event::Drag(to.0, to.1), SIZE);
    player.handle(Event::Release, SIZE);
    let probes = player.probes();
    let rectangle = RegionShape::Rectangle([3, 10, 15, 30]);
    assert_eq!(probes[0].region.shape(), Some(&rectangle));
    // Without a tool and a selected region, a drag moves what is seen again.
    player.handle(Event::Key(Key::Escape), SIZE);
    player.handle(Event::Press(from.0, from.1), SIZE);
    player.handle(Event::Drag(to.0, to.1), SIZE);
    player.handle(Event::Release, SIZE);
    assert_eq!(player.probes().len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.csv");
    player.save_csv(&path).unwrap();
    let table = std::fs::read_to_string(path).unwrap();
    assert!(table.starts_with("frame,y3-15_x10-30\n0,"), "{table}");
    assert_eq!(table.lines().count(), 21);
}

#[test]
fn a_click_in_the_strip_shows_that_frame() {
    let player = single();
    player.probe(0, ProbeRegion::Point { y: 1, x: 1 });
    let trace_plot = player.layout(SIZE).trace_plot;
    let right = trace_plot.right() as f32 - 1.0;
    player.handle(Event::Press(right, trace_plot.middle() as f32), SIZE);
    player.handle(Event::Release, SIZE);
    assert_eq!(player.frame(), 19);
}

#[test]
fn the_menu_runs_what_is_chosen_and_escape_leaves_it() {
    let player = single();
    let plain = player.render(SIZE.0, SIZE.1);
    for open in [
        Event::Key(Key::Char('m')),
        Event::Key(Key::Char('?')),
        Event::Menu,
    ] {
        player.handle(open, SIZE);
        assert_ne!(player.render(SIZE.0, SIZE.1), plain);
        player.handle(Event::Key(Key::Escape), SIZE);
        assert_eq!(player.render(SIZE.0, SIZE.1), plain);
    }
    // The second command is one step back, the third one step forward.
    player.handle(Event::Menu, SIZE);
    for key in [Key::Down, Key::Down, Key::Down, Key::Enter] {
        player.handle(Event::Key(key), SIZE);
    }
    assert_eq!(player.frame(), 1);
    assert_eq!(
        player.render(SIZE.0, SIZE.1).pixels.len(),
        plain.pixels.len()
    );
    // A key does what it does, and closes the menu.
    player.handle(Event::Menu, SIZE);
    player.handle(Event::Key(Key::End), SIZE);
    assert_eq!(player.frame(), 19);
    player.handle(Event::Key(Key::Home), SIZE);
    assert_eq!(player.render(SIZE.0, SIZE.1), plain);
    // So does a click beside it, which is no click on the video.
    player.handle(Event::Menu, SIZE);
    player.handle(Event::Press(2.0, 2.0), SIZE);
    assert_eq!(player.render(SIZE.0, SIZE.1), plain);
}

#[test]
fn every_frame_is_seen_where_that_is_asked_for() {
    let player = single();
    player.set_playing(true);
    press(&player, 'e');
    player.mark_shown(SIZE);
    player.advance(75 * MS);
    assert_eq!(player.frame(), 1, "frame 2 waits until 1 has been seen");
    player.advance(75 * MS);
    assert_eq!(player.frame(), 1);
    player.mark_shown(SIZE);
    player.advance(10 * MS);
    assert_eq!(player.frame(), 2);
    press(&player, 'e');
    player.advance(40 * MS);
    assert_eq!(player.frame(), 6, "true speed leaves frames out");
}

#[test]
fn speed_changes_the_pace() {
    let player = single();
    player.set_playing(true);
    press(&player, '[');
    player.advance(39 * MS);
    assert_eq!(player.frame(), 1);
    press(&player, ']');
    press(&player, ']');
    player.advance(10 * MS);
    assert_eq!(player.frame(), 3);
}

#[test]
fn linked_players_show_the_same_frame() {
    let players = [single(), single(), single()];
    players[0].seek(4);
    Player::link(&players, LinkAlignment::Frame, None).unwrap();
    assert_eq!(players[2].frame(), 4);
    players[1].handle(Event::Wheel(-3), SIZE);
    assert_eq!(players.each_ref().map(Player::frame), [7, 7, 7]);
    players[2].handle(Event::Key(Key::Space), SIZE);
    assert!(players.iter().all(Player::is_playing));
    players[0].advance(10 * MS);
    assert_eq!(players.each_ref().map(Player::frame), [8, 8, 8]);
}

#[test]
fn videos_played_together_are_equally_long() {
    let show = |frames: [usize; 2]| Show {
        panels: frames.map(|frames| panel(ramp(frames, 2, 2), "")).into(),
        interval_ms: 10,
        step: 1,
        annotations: Annotations::default(),
    };
    assert!(Player::new(show([3, 5])).is_ok());
    let error = Player::new(show([5, 3])).err().unwrap();
    assert_eq!(
        error.message(),
        "videos played together must have the same number of frames: video 0 has 5 frames, video 1 has 3"
    );
}

#[test]
fn frames_made_by_a_function_are_shown_when_they_are_ready() {
    let span = Span {
        start: 2,
        end: 8,
        step: 1,
        interval_ms: 10,
    };
    let make = |frame: usize| {
        if frame == 5 {
            return Err(optimap::error::Error::new("five"));
        }
        let gray = vec![frame as u8 * 10; 12];
        let image = Strided::from_vec(&[2, 2, 3], gray);
        Ok(vec![Video::new(image.clone()), Video::new(image)])
    };
    let player =
        Player::with_producer(std::sync::Arc::new(make), span, Annotations::default()).unwrap();
    let color = || {
        let rect = video_of(&player, 1);
        player
            .render(SIZE.0, SIZE.1)
            .at(rect.left + 3, rect.top + 3)
            & 0xff
    };
    assert_eq!((player.frame(), color()), (2, 20));
    player.seek(7);
    super::player_loop::until(|| color() == 70);
    player.set_playing(true);
    player.seek(5);
    super::player_loop::until(|| !player.is_playing());
    assert_eq!(color(), 70, "what was there stays");
    let movie = player.movie(Controls::ALL, PictureLook::OF_WINDOW, None);
    assert_eq!(movie.len(), 6);
    assert_eq!(movie.frame(0).unwrap().shape()[2], 3);
    assert!(movie.frame(3).is_err());
}

/// A window with everything in it, small.
fn full(panels: usize) -> Player {
    let names = ["first", "second", "third", "fourth"];
    let videos = (0..panels).map(|index| panel(ramp(20, 12, 16), names[index]));
    let player = player(videos.collect());
    player.seek(7);
    for panel in 0..panels {
        player.probe(panel, ProbeRegion::Point { y: 4, x: 3 + panel });
    }
    player.traces().unwrap();
    press(&player, 'a');
    player
}

#[test]
fn golden_pictures_of_small_windows() {
    let player = full(1);
    for key in ['c', 'g', 'i'] {
        press(&player, key);
    }
    player.handle(Event::Move(150.0, 70.0), (300, 240));
    player.advance(5000 * MS);
    check_picture("player_300x240.png", &player.render(300, 240));
    let player = full(4);
    player.advance(5000 * MS);
    check_picture("player_4_videos.png", &player.render(320, 300));
    press(&player, 'm');
    check_picture("player_menu.png", &player.render(640, 480));
}

#[test]
fn pictures_are_saved_without_annotations_or_on_white() {
    let player = full(2);
    player.advance(5000 * MS);
    let picture = |is_plain, is_light| {
        let look = PictureLook { is_plain, is_light };
        player
            .picture(Controls::NONE, look, Some((640, 480)))
            .unwrap()
    };
    check_picture("player_light.png", &picture(false, true));
    // The videos are 12 × 16 pixels, beside each other.
    let plain = picture(true, false);
    // Between them it is dark, or white.
    let between = |image: &optimap::player::Image| {
        let (x, y) = (image.width / 2, image.height / 2);
        image.at(x, y)
    };
    assert_ne!(between(&plain), 0xff_ff_ff);
    assert_eq!(between(&picture(true, true)), 0xff_ff_ff);
    let [top, bottom] = [0, plain.height - 1].map(|y| plain.at(0, y) & 0xff);
    assert!(top < 10 && 230 < bottom, "{top} {bottom}");
    let movie = player.movie(
        Controls::ALL,
        PictureLook {
            is_plain: true,
            is_light: false,
        },
        Some((640, 480)),
    );
    assert!(movie.frame(3).is_ok());
}

#[test]
fn movies_are_named_after_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let player = player(vec![panel(ramp(3, 20, 20), "heart.2.tif")]);
    player.set_save_folder(folder.path());
    press(&player, 'E');
    (0..3).for_each(|_| player.handle(Event::Key(Key::Backspace), SIZE));
    "gif".chars().for_each(|char| press(&player, char));
    player.handle(Event::Key(Key::Enter), SIZE);
    while player.is_saving() {
        std::thread::sleep(MS);
    }
    assert!(folder.path().join("heart.2.gif").exists());
}

#[test]
fn movies_and_pictures_are_saved_under_typed_names() {
    let folder = tempfile::tempdir().unwrap();
    let player = single();
    let save = |name: &str| {
        press(&player, 'E');
        (0..40).for_each(|_| player.handle(Event::Key(Key::Backspace), SIZE));
        let path = folder.path().join(name);
        path.display()
            .to_string()
            .chars()
            .for_each(|char| press(&player, char));
        player.handle(Event::Key(Key::Enter), SIZE);
        while player.is_saving() {
            std::thread::sleep(MS);
        }
        path
    };
    press(&player, 'H');
    let path = save("a.gif");
    let movie = optimap::io::info(&path).unwrap();
    let video = video_of(&player, 0);
    assert_eq!(movie.shape[0], 20);
    assert!(movie.shape[1] * 4 >= video.height * 3, "{:?}", movie.shape);
    assert_eq!(movie.shape[2] * 3, movie.shape[1] * 4);
    press(&player, 'H');
    let image = save("b.png");
    assert_eq!(optimap::io::info(&image).unwrap().shape[1..3], [480, 640]);
}

#[test]
fn up_to_twelve_videos_stand_beside_each_other() {
    let cut = |rect: Rect| (rect.left, rect.top, rect.right(), rect.bottom());
    for n in 1..=12 {
        let factor = |index: usize| 10f32.powi(index as i32);
        let scaled = (0..n).map(|index| {
            let samples = (0..72).map(|i| i as f32 * factor(index)).collect();
            panel(Video::new(Strided::from_vec(&[1, 8, 9], samples)), "title")
        });
        let player = player(scaled.collect());
        for size in [(300, 200), (640, 480), (1920, 1080), (500, 1400)] {
            let layout = player.layout(size);
            let videos: Vec<Rect> = layout.panels.iter().map(|panel| panel.video).collect();
            for (index, video) in videos.iter().enumerate() {
                let (_, _, right, bottom) = cut(*video);
                assert!(!video.is_empty() && right <= size.0 && bottom <= size.1);
                assert_eq!(
                    (video.width, video.height),
                    (videos[0].width, videos[0].height)
                );
                let others = videos[..index].iter();
                assert!(
                    others
                        .into_iter()
                        .all(|other| other.intersect(*video).is_empty())
                );
            }
        }
    }
    let four = player((0..4).map(|_| panel(ramp(2, 8, 8), "")).collect());
    let tops = four
        .layout(SIZE)
        .panels
        .iter()
        .map(|panel| panel.video.top)
        .collect::<Vec<_>>();
    assert!(tops[0] == tops[1] && tops[2] == tops[3] && tops[0] < tops[2]);
}

#[test]
fn frames_made_by_a_function_have_traces() {
    let span = Span {
        start: 1,
        end: 300,
        step: 1,
        interval_ms: 10,
    };
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = calls.clone();
    let make = move |frame: usize| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let gray = vec![frame as f32; 100];
        Ok(vec![Video::new(Strided::from_vec(&[10, 10], gray))])
    };
    let make = std::sync::Arc::new(make);
    let player = Player::with_producer(make, span, Annotations::default()).unwrap();
    player.set_playing(false);
    for y in [2, 7] {
        player.probe(0, ProbeRegion::Point { y, x: 2 });
    }
    let traces = player.traces().unwrap();
    let mut values = vec![0.0f64; 300];
    traces[1].samples().read_frames(0..300, 0..1, &mut values);
    assert!(values[0].is_nan());
    assert!(
        values[1..]
            .iter()
            .enumerate()
            .all(|(at, value)| *value == at as f64 + 1.0)
    );
    let made = calls.load(std::sync::atomic::Ordering::Relaxed);
    assert!(made < 620, "{made} calls");
}

/// A player with notes on a video of the given size.
fn annotated(height: usize, width: usize) -> Player {
    let mut video = ramp(20, height, width);
    video.metadata_mut().fps = Some(500.0);
    video.metadata_mut().pixel_size = Some([100.0; 2]);
    let annotations = Annotations {
        timestamp: Some(TimeUnit::Auto),
        frame_number: true,
        speed: Some(0.05),
        scale_bar: Some(ScaleBar::Auto),
        ..Annotations::default()
    };
    let show = Show {
        panels: vec![panel(video, "")],
        interval_ms: 10,
        step: 1,
        annotations,
    };
    Player::new(show).unwrap()
}

#[test]
fn notes_stand_in_the_corners_and_follow_the_frame_and_the_zoom() {
    let player = annotated(60, 80);
    player.set_playing(false);
    let video = video_of(&player, 0);
    let corners = |image: &optimap::player::Image| {
        let half = (video.width / 2, video.height / 2);
        [(0, 0), (half.0, 0), (0, half.1), half].map(|(x, y)| {
            let rows = (0..half.1).map(|row| {
                let start = (video.top + y + row) * image.width + video.left + x;
                image.pixels[start..start + half.0].to_vec()
            });
            rows.collect::<Vec<_>>()
        })
    };
    let first = corners(&player.render(SIZE.0, SIZE.1));
    player.change(|playback| playback.set_speed(2.0));
    let faster = corners(&player.render(SIZE.0, SIZE.1));
    let differs = |a: &[Vec<Vec<u32>>; 4], b: &[Vec<Vec<u32>>; 4]| {
        [0, 1, 2, 3].map(|corner| a[corner] != b[corner])
    };
    assert_eq!(differs(&first, &faster), [false, true, false, false]);
    for size in [(90, 90), (130, 130), (200, 160)] {
        player.render(size.0, size.1);
    }
}

#[test]
fn a_speed_decides_how_long_frames_stay() {
    let player = annotated(8, 8);
    assert_eq!(player.playback().interval(), 40 * MS);
}
