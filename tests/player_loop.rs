//! Windows of the player and their event loop, on a screen that is not there.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use optimap::color::color_settings::ColorSettings;
use optimap::color::colormap::{Colormap, ScaledColormap};
use optimap::error::{Error, Result};
use optimap::io::{FrameSelection, LoadOptions, load_video, save_video};
use optimap::ops::mask::shape::{Region, RegionShape};
use optimap::player::event_loop::{self, EventLoopProxy};
use optimap::player::screen::Screen;
use optimap::player::window;
use optimap::player::{Event, Image, Key, Panel, Player, ViewFiles};
use optimap::system::display_rect::DisplayRect;
use optimap::video::{Strided, Video};

use super::player::{MS, player};

/// A window that is not there: what it was given to show, and what it reports.
#[derive(Default)]
struct Fake {
    title: String,
    size: (usize, usize),
    closed: bool,
    gone: bool,
    is_full: bool,
    place: Option<DisplayRect>,
    events: Vec<Event>,
    shown: Image,
    times_shown: usize,
}

type Fakes = Arc<Mutex<Vec<Arc<Mutex<Fake>>>>>;

/// The display of such windows.
const AREA: DisplayRect = DisplayRect {
    left: 0,
    top: 20,
    width: 1600,
    height: 980,
};

struct FakeScreen(Arc<Mutex<Fake>>);

impl Screen for FakeScreen {
    fn is_open(&self) -> bool {
        !self.0.lock().unwrap().closed
    }

    fn size(&self) -> (usize, usize) {
        self.0.lock().unwrap().size
    }

    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap().events)
    }

    fn set_title(&mut self, title: &str) {
        title.clone_into(&mut self.0.lock().unwrap().title);
    }

    fn set_full_screen(&mut self, is_full: bool) -> Result<()> {
        self.0.lock().unwrap().is_full = is_full;
        Ok(())
    }

    fn work_area(&self) -> Result<DisplayRect> {
        Ok(AREA)
    }

    fn place(&mut self, to: DisplayRect) -> Result<()> {
        self.0.lock().unwrap().place = Some(to);
        Ok(())
    }

    fn present(&mut self, image: &Image) -> Result<()> {
        let mut fake = self.0.lock().unwrap();
        fake.shown = image.clone();
        fake.times_shown += 1;
        Ok(())
    }
}

impl Drop for FakeScreen {
    fn drop(&mut self) {
        self.0.lock().unwrap().gone = true;
    }
}

/// Runs a script on another thread beside the window loop, until both have ended.
fn beside_windows(script: impl FnOnce(EventLoopProxy, Fakes) + Send + 'static) {
    let fakes = Fakes::default();
    let opened = fakes.clone();
    let (windows, main_loop) = event_loop::with_screens(Box::new(move |title, width, height| {
        let fake = Arc::new(Mutex::new(Fake {
            title: title.into(),
            size: (width, height),
            ..Fake::default()
        }));
        opened.lock().unwrap().push(fake.clone());
        Ok(Box::new(FakeScreen(fake)))
    }));
    let script = thread::spawn(move || script(windows, fakes));
    main_loop.run();
    script.join().unwrap();
}

fn fake(fakes: &Fakes, index: usize) -> Arc<Mutex<Fake>> {
    fakes.lock().unwrap()[index].clone()
}

#[track_caller]
pub(super) fn until(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < 5000 * MS, "nothing happens");
        thread::sleep(MS);
    }
}

#[test]
fn two_windows_live_and_close_by_themselves() {
    beside_windows(|windows, fakes| {
        let players = [(); 2].map(|()| player(&[9, 2, 2], vec![0u8; 36]));
        for player in &players {
            windows.open(player.clone()).unwrap();
            player.set_playing(false);
        }
        let (first, second) = (fake(&fakes, 0), fake(&fakes, 1));
        first.lock().unwrap().events.push(Event::Key(Key::Right));
        until(|| players[0].frame() == 1);
        first
            .lock()
            .unwrap()
            .events
            .push(Event::Key(Key::Char('q')));
        players[0].wait().unwrap();
        until(|| first.lock().unwrap().gone);
        assert!(players[1].is_open() && players[1].frame() == 0);
        second.lock().unwrap().closed = true;
        players[1].wait().unwrap();
    });
}

/// Shows files without colors that it would remember.
struct PlainFiles;

impl ViewFiles for PlainFiles {
    fn open(&self, path: &Path) -> Result<Panel> {
        let video = load_video(path, &FrameSelection::ALL, &LoadOptions::default())?;
        let title = path.file_name().unwrap().to_string_lossy().into_owned();
        Panel::video(
            video,
            title,
            &ColorSettings::new(Colormap::gray(), None, None),
        )
    }

    fn remembered(&self, _: &Path) -> Option<ScaledColormap> {
        None
    }

    fn remember(&self, _: &Path, _: Option<&ScaledColormap>) {}
}

#[test]
fn the_title_of_a_window_names_the_file_that_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.npy", "b.npy"] {
        let video = Video::new(Strided::from_vec(&[2, 3, 3], vec![0u8; 18]));
        save_video(&folder.path().join(name), &video).unwrap();
    }
    let path = folder.path().join("a.npy");
    beside_windows(move |windows, fakes| {
        let player = Player::of_file(&path, Arc::new(PlainFiles), 10).unwrap();
        windows.open(player.clone()).unwrap();
        let fake = fake(&fakes, 0);
        let title = || fake.lock().unwrap().title.clone();
        assert_eq!(title(), "a.npy");
        let event = Event::Key(Key::Char('*'));
        fake.lock().unwrap().events.push(event);
        until(|| title() == "b.npy");
        player.close();
    });
}

#[test]
fn windows_fill_the_display_and_share_it() {
    beside_windows(|windows, fakes| {
        let players = [(); 4].map(|()| player(&[9, 2, 2], vec![0u8; 36]));
        for player in &players {
            windows.open(player.clone()).unwrap();
        }
        let press = |index: usize, key| {
            let window = fake(&fakes, index);
            window.lock().unwrap().events.push(Event::Key(key));
        };
        let is_full = |index: usize| fake(&fakes, index).lock().unwrap().is_full;
        press(1, Key::F11);
        until(|| is_full(1));
        // The first one leaves full screen, not the window.
        press(1, Key::Escape);
        until(|| !is_full(1));
        assert!(players[1].is_open());
        press(2, Key::F11);
        until(|| is_full(2));
        press(0, Key::Char('&'));
        let places = || [0, 1, 2, 3].map(|index| fake(&fakes, index).lock().unwrap().place);
        until(|| places().iter().all(Option::is_some));
        assert_eq!(
            places().to_vec(),
            AREA.tiles(4).into_iter().map(Some).collect::<Vec<_>>()
        );
        assert!(!is_full(2));
        press(3, Key::Char('Q'));
        players[0].wait().unwrap();
    });
}

#[test]
fn a_file_whose_name_is_typed_opens_in_a_window() {
    let folder = tempfile::tempdir().unwrap();
    let video = Video::new(Strided::from_vec(&[2, 3, 3], vec![0u8; 18]));
    save_video(&folder.path().join("second.npy"), &video).unwrap();
    let typed = folder.path().join("se").display().to_string();
    beside_windows(move |windows, fakes| {
        let player = player(&[9, 2, 2], vec![0u8; 36]);
        windows.open(player.clone()).unwrap();
        let keys = std::iter::once(Key::Char('@'))
            .chain(typed.chars().map(|char| match char {
                ' ' => Key::Space,
                char => Key::Char(char),
            }))
            .chain([Key::Tab, Key::Enter]);
        let window = fake(&fakes, 0);
        window.lock().unwrap().events.extend(keys.map(Event::Key));
        until(|| fakes.lock().unwrap().len() == 2);
        assert_eq!(fake(&fakes, 1).lock().unwrap().title, "second.npy");
        let event = Event::Key(Key::Char('Q'));
        window.lock().unwrap().events.push(event);
        player.wait().unwrap();
    });
}

#[test]
fn one_key_closes_all_windows() {
    beside_windows(|windows, fakes| {
        let players = [(); 3].map(|()| player(&[9, 2, 2], vec![0u8; 36]));
        for player in &players {
            windows.open(player.clone()).unwrap();
        }
        let event = Event::Key(Key::Char('Q'));
        fake(&fakes, 1).lock().unwrap().events.push(event);
        for (index, player) in players.iter().enumerate() {
            player.wait().unwrap();
            until(|| fake(&fakes, index).lock().unwrap().gone);
        }
    });
}

#[test]
fn the_kymograph_of_a_line_opens_in_a_window() {
    beside_windows(|windows, fakes| {
        // The samples are 10 t + x in both rows.
        let samples = (0..6).flat_map(|t| (0..10).map(move |i| 10 * t + i % 5));
        let player = player(&[6, 2, 5], samples.collect::<Vec<u8>>());
        let line = RegionShape::Line(vec![[0.0, 0.0], [0.0, 4.0]]);
        player.set_regions(vec![Region::of_shape(line)]).unwrap();
        windows.open(player.clone()).unwrap();
        let event = Event::Key(Key::Char('#'));
        fake(&fakes, 0).lock().unwrap().events.push(event);
        until(|| fakes.lock().unwrap().len() == 2);
        let title = fake(&fakes, 1).lock().unwrap().title.clone();
        assert!(title.starts_with("kymograph of "), "{title}");
        until(|| !fake(&fakes, 1).lock().unwrap().shown.pixels.is_empty());
        let events = [Event::Key(Key::Char('Q'))];
        fake(&fakes, 1).lock().unwrap().events.extend(events);
        player.wait().unwrap();
    });
}

#[test]
fn a_movie_is_complete_although_its_window_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.gif");
    let typed = path.display().to_string();
    beside_windows(move |windows, fakes| {
        let player = player(&[30, 2, 2], (0..120).collect::<Vec<u8>>());
        windows.open(player.clone()).unwrap();
        let keys = std::iter::once(Key::Char('E'))
            .chain([Key::Backspace; 40])
            .chain(typed.chars().map(Key::Char))
            .chain([Key::Enter, Key::Char('q')]);
        let window = fake(&fakes, 0);
        window.lock().unwrap().events.extend(keys.map(Event::Key));
        player.wait().unwrap();
        assert!(
            player.is_saving(),
            "the window is closed before the movie is written"
        );
    });
    assert_eq!(optimap::io::info(&path).unwrap().shape[0], 30);
}

#[test]
fn a_window_plays_follows_its_size_and_shows_what_render_draws() {
    beside_windows(|windows, fakes| {
        let player = player(&[9, 2, 2], (0..36).collect::<Vec<u8>>());
        windows.open(player.clone()).unwrap();
        windows.open(player.clone()).unwrap();
        assert_eq!(fakes.lock().unwrap().len(), 1, "a player has one window");
        let window = fake(&fakes, 0);
        assert_eq!(window.lock().unwrap().title, "Title");
        until(|| player.frame() == 5);
        player.set_playing(false);
        player.seek(3);
        window.lock().unwrap().size = (333, 222);
        until(|| window.lock().unwrap().shown == player.render(333, 222));
        player.close();
        player.wait().unwrap();
        until(|| window.lock().unwrap().gone);
    });
}

#[test]
fn a_window_at_rest_is_shown_again_now_and_then() {
    beside_windows(|windows, fakes| {
        let player = player(&[1, 2, 2], vec![0u8; 4]);
        player.set_playing(false);
        windows.open(player.clone()).unwrap();
        thread::sleep(450 * MS);
        let times = fake(&fakes, 0).lock().unwrap().times_shown;
        assert!((2..=6).contains(&times), "{times} times");
        windows.quit();
        player.wait().unwrap();
    });
}

#[test]
fn the_loop_ends_when_nobody_can_open_windows() {
    let (windows, main_loop) =
        event_loop::with_screens(Box::new(|_, _, _| Err(Error::new("no screen"))));
    let script = thread::spawn(move || {
        let player = player(&[1, 2, 2], vec![0u8; 4]);
        let error = windows.open(player.clone()).unwrap_err();
        assert_eq!(error.message(), "no screen");
        assert!(!player.is_open());
        player.wait().unwrap();
    });
    main_loop.run();
    script.join().unwrap();
}

#[test]
fn windows_without_a_loop_are_an_error() {
    let (windows, main_loop) = event_loop::new();
    drop(main_loop);
    windows.quit();
    assert!(windows.open(player(&[1, 2, 2], vec![0u8; 4])).is_err());
}

#[test]
#[ignore = "needs a display"]
fn a_real_window_opens_and_shows() {
    let mut screen = window::open("optimap test", 200, 100).unwrap();
    screen.present(&Image::new(200, 100)).unwrap();
    assert!(screen.is_open());
    // The pointer may be anywhere.
    let events = screen.events();
    assert!(events.iter().all(|event| matches!(event, Event::Move(..))));
    assert_eq!(screen.size(), (200, 100));
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn without_a_display_it_says_what_to_do() {
    if ["DISPLAY", "WAYLAND_DISPLAY"].map(std::env::var_os) != [None, None] {
        return;
    }
    let error = window::open("optimap test", 200, 100).err().unwrap();
    assert_eq!(error.message(), "no display to open a window on");
    assert!(error.hints()[0].contains("DISPLAY"));
}
