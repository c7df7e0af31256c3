//! The player: its state machine, and what it draws.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::Colormap;
use optimap::error::{Error, Result};
use optimap::player::{
    Event, HitTarget, Image, Key, Outcome, Panel, Playback, Player, Rect, Show, theme,
};
use optimap::video::{Element, Strided, Video};
use optimap::view::annotations::Annotations;
use proptest::prelude::*;

pub(super) const MS: Duration = Duration::from_millis(1);

// --- playback

fn playback(frames: usize, step: usize) -> Playback {
    Playback::new(0, frames, step, 10 * MS)
}

fn any_key() -> impl Strategy<Value = Key> {
    proptest::sample::select(vec![
        Key::Space,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::Home,
        Key::End,
        Key::Char('x'),
    ])
}

proptest! {
    #[test]
    fn no_keys_lead_out_of_the_recording(
        frames in 1usize..50,
        step in 1usize..60,
        keys in prop::collection::vec((any_key(), 0u64..40), 0..100),
    ) {
        let mut playback = Playback::new(5, 5 + frames, step, 10 * MS);
        for (key, elapsed) in keys {
            prop_assert_ne!(playback.key(key), Outcome::Quit);
            playback.advance(Duration::from_millis(elapsed));
            prop_assert!((5..5 + frames).contains(&playback.frame()));
            prop_assert!(1 <= playback.step());
        }
    }

    #[test]
    fn right_undoes_left_within_the_recording(frame in 0usize..100, step in 1usize..20) {
        let mut playback = playback(100, step);
        playback.seek(frame);
        playback.key(Key::Left);
        playback.key(Key::Right);
        prop_assert_eq!(playback.frame(), if step <= frame { frame } else { 0 });
    }

    #[test]
    fn time_passes_alike_in_one_piece_or_many(pieces in prop::collection::vec(0u64..15, 1..30)) {
        let (mut whole, mut parts) = (playback(20, 3), playback(20, 3));
        whole.advance(Duration::from_millis(pieces.iter().sum()));
        for piece in pieces {
            parts.advance(Duration::from_millis(piece));
        }
        prop_assert_eq!(whole, parts);
    }
}

#[test]
fn it_starts_playing_and_loops() {
    let mut playback = playback(3, 2);
    assert!(playback.is_playing());
    assert!(!playback.advance(9 * MS));
    assert!(playback.advance(MS));
    assert_eq!(playback.frame(), 2);
    playback.advance(10 * MS);
    assert_eq!(playback.frame(), 0);
}

#[test]
fn without_looping_it_stops_at_the_last_frame() {
    let mut playback = playback(3, 1);
    playback.set_looping(false);
    playback.advance(100 * MS);
    assert_eq!((playback.frame(), playback.is_playing()), (2, false));
    playback.key(Key::Space);
    assert_eq!((playback.frame(), playback.is_playing()), (0, true));
}

#[test]
fn each_key_does_what_the_reference_says() {
    let mut playback = playback(10, 2);
    playback.key(Key::Space);
    assert!(!playback.is_playing() && !playback.advance(100 * MS));
    let frames = [Key::Right, Key::Left, Key::Left, Key::Right, Key::End].map(|key| {
        playback.key(key);
        playback.frame()
    });
    assert_eq!(frames, [2, 0, 9, 0, 9]);
    let steps = [Key::Up, Key::Down, Key::Down, Key::Down].map(|key| {
        playback.key(key);
        playback.step()
    });
    assert_eq!(steps, [3, 2, 1, 1]);
    assert_eq!(playback.key(Key::Char('q')), Outcome::Quit);
    assert_eq!(playback.key(Key::Escape), Outcome::Quit);
    assert_eq!(playback.key(Key::Char('%')), Outcome::Ignored);
}

// --- rendering

fn video<T: Element>(shape: &[usize], samples: Vec<T>) -> Video {
    Video::new(Strided::from_vec(shape, samples))
}

fn panel(video: Video) -> Result<Panel> {
    let colors = ColorSettings::new(Colormap::gray(), None, None);
    Panel::video(video, "Title".into(), &colors)
}

fn play(panels: Vec<Panel>) -> Player {
    Player::new(show(panels)).unwrap()
}

fn show(panels: Vec<Panel>) -> Show {
    Show {
        panels,
        interval_ms: 10,
        step: 1,
        annotations: Annotations::default(),
    }
}

pub(super) fn player<T: Element>(shape: &[usize], samples: Vec<T>) -> Player {
    play(vec![panel(video(shape, samples)).unwrap()])
}

/// The colours in the middle of each pixel of a video of 2×2 pixels.
fn quarters(player: &Player, size: (usize, usize)) -> [u32; 4] {
    let image = player.render(size.0, size.1);
    let Rect {
        left,
        top,
        width,
        height,
    } = player.layout(size).panels[0].video;
    let at = |x: usize, y: usize| image.at(left + width * x / 4, top + height * y / 4);
    [at(1, 1), at(3, 1), at(1, 3), at(3, 3)]
}

#[test]
fn samples_have_the_colors_of_their_position_in_the_first_frames_range() {
    let player = player(&[2, 2, 2], vec![100u16, 200, 150, 100, 0, 999, 100, 200]);
    let gray = [0, 0xff_ff_ff, 0x80_80_80, 0];
    assert_eq!(quarters(&player, (300, 200)), gray);
    assert_eq!(quarters(&player, (1920, 1080)), gray);
    player.seek(1);
    assert_eq!(
        quarters(&player, (640, 480)),
        [0, 0xff_ff_ff, 0, 0xff_ff_ff]
    );
}

#[test]
fn the_range_ignores_what_is_not_finite() {
    let nan = f32::NAN;
    let samples = vec![
        nan,
        nan,
        f32::INFINITY,
        nan,
        nan,
        1.0,
        3.0,
        f32::NEG_INFINITY,
    ];
    let player = player(&[2, 2, 2], samples);
    player.seek(1);
    let colors = quarters(&player, (300, 200));
    assert_eq!(colors, [theme::BACKGROUND, 0, 0xff_ff_ff, 0]);
}

#[test]
fn a_given_limit_leaves_the_other_as_it_is() {
    let video = video(&[1, 2, 2], vec![0u8, 1, 2, 4]);
    let colors = ColorSettings::new(Colormap::gray(), None, Some(8.0));
    let limited = Panel::video(video, String::new(), &colors);
    let player = play(vec![limited.unwrap()]);
    assert_eq!(quarters(&player, (300, 200))[3], 0x80_80_80);
}

#[test]
fn colored_videos_keep_their_colors() {
    let bytes = player(&[1, 1, 1, 3], vec![10u8, 20, 30]);
    assert_eq!(quarters(&bytes, (300, 200)), [0x0a_14_1e; 4]);
    let floats = player(&[1, 1, 1, 3], vec![1.0f32, 0.5, 7.0]);
    assert_eq!(quarters(&floats, (300, 200)), [0xff_7f_ff; 4]);
    let transparent = player(&[1, 1, 1, 4], vec![255u8, 255, 255, 0]);
    assert_eq!(quarters(&transparent, (300, 200)), [theme::BACKGROUND; 4]);
}

#[test]
fn flipped_and_reduced_videos_are_drawn_alike() {
    let samples: Vec<u16> = (0..90_000).map(|i| (i % 300) as u16).collect();
    let straight = player(&[1, 300, 300], samples.clone());
    let mirrored = video(&[1, 300, 300], samples.into_iter().rev().collect());
    let layout = mirrored.layout().flip(1).flip(2);
    let mirrored = play(vec![panel(mirrored.with_layout(layout)).unwrap()]);
    for size in [(200, 200), (500, 500), (800, 900)] {
        assert!(straight.render(size.0, size.1) == mirrored.render(size.0, size.1));
    }
}

#[test]
fn the_aspect_ratio_is_kept_and_pixels_are_square() {
    let player = player(&[1, 40, 30], vec![0u8; 1200]);
    for size in [(300, 200), (640, 480), (1920, 1080), (200, 700)] {
        let Rect { width, height, .. } = player.layout(size).panels[0].video;
        assert!((width * 40).abs_diff(height * 30) <= 40, "{width}×{height}");
    }
    let (width, height) = player.window_size();
    let video = player.layout((width, height)).panels[0].video;
    assert_eq!((video.width % 30, video.height % 40), (0, 0));
}

#[test]
fn any_size_can_be_drawn() {
    let players = [
        player(&[3, 5, 90], vec![0u16; 1350]),
        player(&[3, 90, 5], vec![f64::NAN; 1350]),
        player(&[1, 1, 1, 3], vec![0u8; 3]),
        player(&[2, 200, 2000], vec![7i32; 800_000]),
        player(&[1, 1, 2], vec![-1e300, 1e300]),
    ];
    let sizes = [
        1, 2, 3, 7, 44, 59, 60, 61, 100, 119, 120, 121, 159, 160, 241, 500, 1080,
    ];
    for player in &players {
        for width in sizes {
            for height in sizes {
                let image = player.render(width, height);
                assert_eq!(image.pixels.len(), width * height);
            }
        }
        assert_eq!(player.render(0, 0).pixels.len(), 1);
        let (width, height) = player.window_size();
        assert!(width < 1200 && height < 1200, "{width}×{height}");
    }
}

#[test]
fn the_button_and_the_counter_follow_the_state() {
    let player = player(&[100, 2, 2], vec![0u8; 400]);
    let (layout, playing) = (player.layout((400, 300)), player.render(400, 300));
    player.set_playing(false);
    let paused = player.render(400, 300);
    assert_ne!(part(&playing, layout.button), part(&paused, layout.button));
    assert_eq!(part(&playing, layout.slider), part(&paused, layout.slider));
    player.seek(99);
    let last = player.render(400, 300);
    assert_ne!(part(&last, layout.counter), part(&paused, layout.counter));
    assert_ne!(part(&last, layout.slider), part(&paused, layout.slider));
}

fn part(image: &Image, rect: Rect) -> Vec<u32> {
    assert!(!rect.is_empty());
    let rows = rect.top..rect.bottom();
    rows.flat_map(|y| (rect.left..rect.right()).map(move |x| image.at(x, y)))
        .collect()
}

#[test]
fn the_time_is_shown_when_the_frame_rate_is_known() {
    let mut timed = video(&[10, 2, 2], vec![0u8; 40]);
    let time = |video: &Video| {
        play(vec![panel(video.clone()).unwrap()])
            .layout((640, 480))
            .time
    };
    assert!(time(&timed).is_empty());
    timed.metadata_mut().fps = Some(500.0);
    assert!(!time(&timed).is_empty());
}

#[test]
fn what_cannot_be_played_says_why() {
    let message = |error: Option<Error>| error.unwrap().message().to_owned();
    let refused = |shape: &[usize]| {
        let samples = vec![0u8; shape.iter().product()];
        message(panel(video(shape, samples)).err())
    };
    assert_eq!(
        refused(&[9]),
        "a player needs a video {t, y, x}, got trace of shape 9"
    );
    assert_eq!(
        refused(&[1, 2, 2, 2]),
        "a video of shape 1×2×2×2 cannot be shown: it has 2 channels, not 1, 3 or 4"
    );
    assert_eq!(
        refused(&[0, 2, 2]),
        "there are no frames to play in a video of shape 0×2×2"
    );
    let still = Show {
        step: 0,
        ..show(vec![panel(video(&[1, 1, 1], vec![0u8])).unwrap()])
    };
    assert_eq!(
        message(Player::new(still).err()),
        "the step from frame to frame must be at least 1, got 0"
    );
}

// --- the mouse

const SIZE: (usize, usize) = (640, 480);

#[test]
fn the_slider_can_be_clicked_and_dragged() {
    let player = player(&[101, 2, 2], vec![0u8; 404]);
    let slider = player.layout(SIZE).slider;
    let y = slider.middle() as f32;
    player.handle(Event::Press(slider.left as f32 + 1.0, y), SIZE);
    assert_eq!(player.frame(), 0);
    player.handle(
        Event::Drag((slider.left + slider.width / 2) as f32, 3.0),
        SIZE,
    );
    assert_eq!(player.frame(), 50);
    player.advance(1000 * MS);
    assert_eq!(player.frame(), 50, "held");
    player.handle(Event::Drag(9999.0, y), SIZE);
    assert_eq!(player.frame(), 100);
    player.handle(Event::Release, SIZE);
    player.handle(Event::Drag(0.0, y), SIZE);
    assert_eq!(player.frame(), 100);
}

#[test]
fn the_handle_is_where_a_click_leads() {
    let mut playback = playback(1000, 1);
    let layout = player(&[1000, 1, 1], vec![0u8; 1000]).layout((1920, 1080));
    for frame in [0, 1, 500, 998, 999] {
        playback.seek(frame);
        assert_eq!(layout.frame_at(layout.handle(&playback), &playback), frame);
    }
}

#[test]
fn the_button_plays_and_pauses_and_the_wheel_steps() {
    let player = player(&[9, 2, 2], vec![0u8; 36]);
    let button = player.layout(SIZE).button;
    let (x, y) = (button.left as f32 + 5.0, button.middle() as f32);
    assert_eq!(player.layout(SIZE).target(x, y), Some(HitTarget::Button));
    player.handle(Event::Press(x, y), SIZE);
    assert!(!player.is_playing());
    player.handle(Event::Wheel(-3), SIZE);
    assert_eq!(player.frame(), 3);
    player.handle(Event::Wheel(1), SIZE);
    assert_eq!(player.frame(), 2);
    player.handle(Event::Press(x, y), SIZE);
    assert!(player.is_playing());
}
