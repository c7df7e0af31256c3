//! What is done in windows becomes part of saved sessions, which then run without them.

use optimap::player::{Event, Key, Player};
use optimap::script::Settings;
use optimap::session::Session;

use super::with_slashes;

const SIZE: (usize, usize) = (640, 480);

/// A session as at the prompt, without a display.
struct Prompt {
    session: Session,
    last: rhai::Dynamic,
    folder: tempfile::TempDir,
}

impl Prompt {
    fn start() -> Self {
        let session = Session::new(Settings {
            print: Box::new(|_| ()),
            windows: None,
            interactive: true,
        });
        let folder = tempfile::tempdir().unwrap();
        let last = rhai::Dynamic::UNIT;
        Self {
            session,
            last,
            folder,
        }
    }

    #[track_caller]
    fn enter(&mut self, text: &str) {
        let result = self.session.run_entry(text);
        let value = result.unwrap_or_else(|failure| panic!("{text}: {}", failure.error()));
        if !value.is_unit() {
            self.last = value;
        }
    }

    fn player(&self, name: &str) -> Player {
        if name == "_" {
            return self.last.clone().cast();
        }
        let variables = self.session.variables();
        let found = variables.into_iter().find(|(known, _)| known == name);
        found.unwrap().1.cast()
    }

    /// Presses keys in the window of a player.
    fn keys(&self, name: &str, keys: &str) {
        for key in keys.chars() {
            self.player(name).handle(Event::Key(Key::Char(key)), SIZE);
        }
    }

    /// Drags the mouse in the window of a player, from and to fractions of the first video.
    fn drag(&self, name: &str, from: (f32, f32), to: (f32, f32)) {
        let player = self.player(name);
        let video = player.layout(SIZE).panels[0].video;
        let at = |(x, y): (f32, f32)| {
            let (width, height) = (video.width as f32, video.height as f32);
            (video.left as f32 + x * width, video.top as f32 + y * height)
        };
        let ((x, y), to) = (at(from), at(to));
        player.handle(Event::Press(x, y), SIZE);
        player.handle(Event::Drag(to.0, to.1), SIZE);
        player.handle(Event::Release, SIZE);
    }

    fn click(&self, name: &str, at: (f32, f32)) {
        self.drag(name, at, at);
    }

    /// The saved session, without its first line.
    fn saved(&mut self) -> String {
        let path = self.folder.path().join("saved.rhai");
        self.enter(&format!("save_session(\"{}\")", with_slashes(&path)));
        let text = std::fs::read_to_string(path).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    }

    /// The saved session, which gives a value that is the same as in the session.
    #[track_caller]
    fn same(&mut self, value: &str) -> String {
        let text = self.saved();
        let mut again = super::session();
        let code = format!("{text}\n{value}");
        let found = again.run("saved", &code);
        let found = found.unwrap_or_else(|failure| panic!("{}\n{code}", failure.error()));
        let expected = self.session.run_entry(value).unwrap();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{text}");
        text
    }
}

#[test]
fn picks_become_numbers_and_windows_are_left_out() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let p = show_video(v)");
    prompt.click("p", (0.25, 0.5));
    prompt.click("p", (0.75, 0.5));
    prompt.keys("p", "}c");
    prompt.enter("let t = p.points.map(|at| v.trace(at[0], at[1]).mean())");
    prompt.enter("let limits = [p.vmin, p.vmax]");
    prompt.keys("p", "}[");
    prompt.enter("p.playing = false");
    prompt.enter("let more = `${p.vmax} ${p.cmap}`");
    prompt.enter("p.close()");
    prompt.enter("show_video(v)");
    let text = prompt.same("[t, limits, more]");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "let p = #{points: [[24, 16], [24, 48]]};");
    assert!(
        !text.contains("show_video") && !text.contains("close"),
        "{text}"
    );
    assert!(
        !text.contains("speed") && !text.contains("playing"),
        "{text}"
    );
    assert_eq!(text.matches("p.vmax = ").count(), 2, "{text}");
    assert_eq!(text.matches("p.vmin = ").count(), 1, "{text}");
    assert!(text.contains("p.cmap = \"viridis\";"), "{text}");
}

#[test]
fn players_that_are_passed_on_are_set_without_a_window() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let w = v.normalize()");
    prompt.enter("let p = show_videos([v, w])");
    prompt.keys("p", "V");
    prompt.keys("p", "}}}>[");
    prompt.keys("p", "2");
    prompt.drag("p", (0.2, 0.2), (0.6, 0.7));
    prompt.enter("let t = p.traces().map(|t| t.mean())");
    prompt.keys("p", "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<");
    prompt.enter("fn about(p) { [p.limits, p.speed, p.regions] }");
    prompt.enter("let about = about(p)");
    let text = prompt.same("[t, about]");
    assert!(text.starts_with("set_headless(true);\n"), "{text}");
    // What `traces` does not depend on is set later.
    let [first, second] = ["p.regions = ", "p.limits = "].map(|part| text.find(part).unwrap());
    assert!(first < second, "{text}");
    assert_eq!(text.matches("p.limits = ").count(), 1, "{text}");
}

#[test]
fn painted_masks_are_written_as_polygons() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let p = show_video(v)");
    prompt.keys("p", "6");
    prompt.drag("p", (0.2, 0.2), (0.6, 0.7));
    prompt.keys("p", "7");
    prompt.drag("p", (0.4, 0.1), (0.3, 0.6));
    prompt.keys("p", "7");
    prompt.enter("let m = v.apply_mask(p.masks[0], 0)");
    prompt.enter("let count = count(p.masks[0])");
    prompt.enter("let again = equals(eval(m.history), m)");
    let text = prompt.same("[m.sum(), count, again]");
    assert!(
        text.contains("let p = #{masks: [mask_polygon([48, 64], "),
        "{text}"
    );
    assert!(text.lines().count() < 8, "{text}");
}

#[test]
fn entries_that_wait_use_what_was_done_meanwhile() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let players = [show_video(v), show_video(v)]");
    let player: Player = {
        let players: rhai::Array = prompt.session.variables().remove(0).1.cast();
        players[1].clone().cast()
    };
    let clicking = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        player.handle(Event::Key(Key::Char('}')), SIZE);
    });
    prompt.enter(
        "while players[1].limits == players[0].limits { sleep(0.01) } let l = players[1].limits",
    );
    clicking.join().unwrap();
    let text = prompt.same("l");
    assert!(text.contains("players[1].limits = ["), "{text}");
}

#[test]
fn the_last_value_is_set_too() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("show_video(v)");
    prompt.click("_", (0.5, 0.5));
    prompt.enter("let at = _.points");
    prompt.enter("show_video(v)");
    prompt.click("_", (0.25, 0.5));
    prompt.enter("v.len");
    prompt.enter("_ + 1");
    let text = prompt.same("at");
    assert!(
        text.contains("let last = show_video(v);\nlast.points = [[24, 32]];"),
        "{text}"
    );
    assert_eq!(text.matches("points = ").count(), 1, "{text}");
}

impl Prompt {
    /// Types a text that a key asks for.
    fn typed(&self, name: &str, key: &str, text: &str) {
        self.keys(name, key);
        let player = self.player(name);
        for _ in 0..60 {
            player.handle(Event::Key(Key::Backspace), SIZE);
        }
        for char in text.chars() {
            let key = if char == ' ' {
                Key::Space
            } else {
                Key::Char(char)
            };
            player.handle(Event::Key(key), SIZE);
        }
        player.handle(Event::Key(Key::Enter), SIZE);
    }
}

/// All properties of a player that keys and the mouse change, apart from whether it plays.
const ALL: &str = "[p.frame, p.step, p.speed, p.looping, p.every_frame, p.loop_range, p.bookmarks, \
    p.compare, p.wipe, p.limits, p.gamma, p.cmap, p.opacity, p.threshold, p.blend_mode, p.zoom, \
    p.smooth, p.grid, p.colorbars, p.one_scale, p.points, p.regions]";

#[test]
fn everything_that_is_set_by_hand_is_set_again() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("v.fps = 100");
    prompt.enter("let p = show_video(v)");
    prompt.enter("p.playing = false");
    prompt.typed("p", "j", "120 ms");
    prompt.keys("p", "(");
    prompt.typed("p", "j", "-4");
    prompt.keys("p", ")k");
    prompt.typed("p", "j", "14");
    prompt.keys("p", "kl[e}}>yyvC+ogwn");
    prompt.player("p").handle(Event::Key(Key::Up), SIZE);
    prompt.click("p", (0.25, 0.5));
    for tool in ["r", "2", "4", "5", "6"] {
        prompt.keys("p", tool);
        prompt.drag("p", (0.2, 0.2), (0.6, 0.7));
    }
    // Puts the brush away.
    prompt.keys("p", "6");
    prompt.typed("p", "N", "left atrium");
    prompt.keys("p", "K");
    prompt.enter("fn of(p) { p }");
    prompt.enter("let last = of(p)");
    let text = prompt.same(ALL);
    for part in [
        "p.loop_range = [12, 17]",
        "p.bookmarks = [14, 16]",
        "left atrium",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn overlays_and_comparisons_are_set_again() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let p = show_video_overlay(v, v.normalize())");
    prompt.keys("p", "IIITTM}yc");
    prompt.typed("p", "U", "0.35");
    prompt.enter("let seen = [p]");
    let text = prompt.same(ALL);
    assert!(text.contains("p.threshold = 0.35"), "{text}");

    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let p = show_video_pair(v, v.mean_filter(5))");
    // The first video alone, then a line between both, then their difference in its own colors.
    prompt.keys("p", "V}c");
    prompt.keys("p", "VW;;;");
    prompt.enter("let seen = [p]");
    let text = prompt.same(ALL);
    assert!(text.contains("p.compare = \"wipe\""), "{text}");
    prompt.keys("p", "X}}c");
    prompt.enter("let again = [p]");
    let text = prompt.same(ALL);
    assert!(text.contains("p.compare = \"difference\""), "{text}");
    prompt.keys("p", "S");
    prompt.enter("let third = [p]");
    prompt.same(ALL);
}

#[test]
fn pictures_of_windows_are_made_again_by_the_session_and_by_their_history() {
    let mut prompt = Prompt::start();
    let folder = prompt.folder.path().to_owned();
    let place = |name: &str| with_slashes(&folder.join(name));
    let (source, picture, movie) = (place("v.npy"), place("window.png"), place("window.apng"));
    prompt.enter(&format!(
        "save_video(\"{source}\", example_video(12, 48, 64))"
    ));
    prompt.enter(&format!("let v = load_video(\"{source}\")"));
    prompt.enter("let p = show_video_pair(v, v.mean_filter(5))");
    prompt.enter("p.playing = false");
    prompt.typed("p", "j", "7");
    prompt.keys("p", "W;;;;}c+");
    prompt.keys("p", "2");
    prompt.drag("p", (0.1, 0.2), (0.3, 0.7));
    prompt.player("p").traces().unwrap();
    for path in [&picture, &movie] {
        prompt.typed("p", "E", path);
        while prompt.player("p").is_saving() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    let text = prompt.saved();
    assert_eq!(text.matches("p.save(").count(), 2, "{text}");
    let mut again = super::session();
    let kept = ["before.png", "before.apng"].map(place);
    for (path, kept) in [&picture, &movie].into_iter().zip(&kept) {
        // The history in the file says how to make it, too.
        let made = std::process::Command::new(env!("CARGO_BIN_EXE_optimap"))
            .args(["rerun", path, "--out", &place("again")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        std::fs::rename(path, kept).unwrap();
    }
    let _ = again.run("saved", &text).unwrap();
    for (path, kept) in [&picture, &movie].into_iter().zip(&kept) {
        let code = format!("equals(load_video(\"{path}\"), load_video(\"{kept}\"))");
        assert!(
            again.run("compared", &code).unwrap().cast::<bool>(),
            "{text}"
        );
    }
}

#[test]
fn what_a_script_only_reads_is_not_written_back_over_what_the_window_does() {
    let mut prompt = Prompt::start();
    prompt.enter("let v = example_video(20, 48, 64)");
    prompt.enter("let p = show_video(v)");
    prompt.keys("p", "2");
    prompt.drag("p", (0.2, 0.2), (0.6, 0.7));
    let player = prompt.player("p");
    // Between the reading and the writing back of a chain, the user draws on.
    let drawing = std::thread::spawn(move || {
        for _ in 0..40 {
            for key in ["r", "z", "Z"] {
                let key = Key::Char(key.chars().next().unwrap());
                player.handle(Event::Key(key), SIZE);
            }
            player.handle(Event::Press(200.0, 100.0), SIZE);
            player.handle(Event::Drag(300.0, 200.0), SIZE);
            player.handle(Event::Release, SIZE);
            player.handle(Event::Key(Key::Char(')')), SIZE);
            player.handle(Event::Key(Key::Char('x')), SIZE);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
    prompt.enter(
        "let seen = 0; while seen < 60 { seen += 1; p.masks.map(|m| { sleep(0.001); count(m) }); \
         p.regions.map(|r| { sleep(0.001); r.name }); p.points.len(); }",
    );
    drawing.join().unwrap();
    prompt.enter("let kinds = p.regions.map(|r| r.type)");
    prompt.enter("let count = p.regions.len()");
    let kinds: Vec<String> = prompt
        .player("p")
        .regions()
        .iter()
        .map(|region| region.shape.kind().to_owned())
        .collect();
    assert!(!kinds.contains(&"mask".into()), "{kinds:?}");
    assert_eq!(kinds[0], "ellipse");
    assert_eq!(kinds.len(), 41);
    // Changes of a chain are still made.
    prompt.enter("p.points.push([3, 4]); p.gamma *= 2.0; p.limits[0] = 5.0; p.regions.pop()");
    let player = prompt.player("p");
    assert_eq!(player.regions().len(), 40);
    prompt.enter("let all = [p.points, p.gamma, p.limits[0]]");
    let all = prompt
        .session
        .text(&prompt.session.variables()[0].1.clone(), false);
    assert_eq!(all.unwrap(), "[[[3, 4]], 2.0, 5.0]");
}
