//! The file that a window shows, and the way to the others of its folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::comparison::VideoComparison;
use super::panel::Panel;
use super::playback::Playback;
use super::probes::Probe;
use super::state::PlayerState;
use super::view::View;
use super::{Player, Show};
use crate::color::colormap::ScaledColormap;
use crate::error::{Result, counted};
use crate::fs::files;
use crate::fs::natural_order::natural_order;
use crate::io;
use crate::task;
use crate::view::annotations::Annotations;

/// Opens the files of a window, and remembers the colors in which they were seen.
pub trait ViewFiles: Send + Sync {
    /// Panel of a file.
    fn open(&self, path: &Path) -> Result<Panel>;

    /// Colors in which a file was seen last, if they were not the initial ones.
    fn remembered(&self, path: &Path) -> Option<ScaledColormap>;

    /// Remembers the colors in which a file was seen; `None` for the initial ones.
    fn remember(&self, path: &Path, scale: Option<&ScaledColormap>);
}

/// The file that a window shows.
#[derive(Clone)]
pub(super) struct ShownFile {
    path: PathBuf,
    pub(super) files: Arc<dyn ViewFiles>,
    /// Whether another one is being opened.
    is_leaving: bool,
}

/// A file that was found and opened.
struct OpenedFile {
    path: PathBuf,
    panel: Panel,
    /// Its number in the folder from 1, and the number of files.
    place: (usize, usize),
    /// Number of files on the way that cannot be shown.
    skipped: usize,
}

impl Player {
    /// Plays a file; keys show the next and the previous one of its folder. Its colors are those in
    /// which it was seen last.
    pub fn of_file(path: &Path, files: Arc<dyn ViewFiles>, interval_ms: u64) -> Result<Self> {
        let player = Self::new(Show {
            panels: vec![files.open(path)?],
            interval_ms,
            step: 1,
            annotations: Annotations::default(),
        })?;
        let mut state = player.state();
        state.file = Some(ShownFile {
            path: path.to_owned(),
            files,
            is_leaving: false,
        });
        let is_known = state.recall_colors();
        if is_known {
            state.say("colors of the last time; `A` shows the initial ones");
        }
        drop(state);
        Ok(player)
    }

    /// File that it shows, if it is one of a folder.
    pub fn file(&self) -> Option<PathBuf> {
        self.state().file.as_ref().map(|file| file.path.clone())
    }

    /// Remembers the colors in which the file is seen, if the player shows one.
    pub(super) fn remember_colors(&self) {
        let state = self.state();
        let Some(file) = state.file.clone() else {
            return;
        };
        let scale = state.changed_scale();
        drop(state);
        file.files.remember(&file.path, scale.as_ref());
    }

    /// Shows the next file of the folder, or the previous one; it is opened in the background.
    pub(super) fn change_file(&self, is_forward: bool) {
        let mut state = self.state();
        let Some(file) = &mut state.file else {
            return state.say("this window shows no file: `optimap view FILE` does");
        };
        if std::mem::replace(&mut file.is_leaving, true) {
            return;
        }
        let file = file.clone();
        state.say("opening…");
        drop(state);
        let weak = self.downgrade();
        let work = move || {
            let opened = neighbor(&file, is_forward);
            if let Some(player) = weak.upgrade() {
                player.arrive(opened);
            }
        };
        let thread = thread::Builder::new().name("open".into());
        let thread = thread.stack_size(task::STACK_SIZE);
        if thread.spawn(task::in_this_job(work)).is_err() {
            let mut state = self.state();
            state.stay();
            state.say("cannot start a thread that opens the file");
        }
    }

    /// Shows a file that was opened, or says why there is none.
    fn arrive(&self, opened: Result<Option<OpenedFile>>) {
        let opened = match opened {
            Ok(Some(opened)) => opened,
            Ok(None) => {
                let mut state = self.state();
                state.stay();
                return state.say("there is no other file in this direction");
            }
            Err(error) => {
                let mut state = self.state();
                state.stay();
                return state.say(error.message());
            }
        };
        self.remember_colors();
        let mut state = self.state();
        let is_alike = state.frame_size(0) == opened.panel.frames.frame_size();
        let kept = state.show_file(&opened.path, opened.panel);
        let is_known = state.recall_colors();
        drop(state);
        if is_alike {
            for probe in kept {
                self.probe(0, probe.region);
                let mut state = self.state();
                let at = state.probes.len().saturating_sub(1);
                if let Some(last) = state.probes.last_mut() {
                    (last.name, last.color) = (probe.name, probe.color);
                    last.is_velocity = probe.is_velocity;
                }
                if probe.is_velocity {
                    // That of the file before.
                    state.probes[at].name = None;
                    drop(state);
                    self.measure_velocity(at);
                }
            }
        }
        self.frame_changed();
        let name = opened.path.file_name().unwrap_or_default();
        let (number, count) = opened.place;
        let mut message = format!("{} ({number} of {count})", name.to_string_lossy());
        if 0 < opened.skipped {
            let skipped = counted(opened.skipped, "file");
            message.push_str(&format!(", {skipped} on the way cannot be shown"));
        }
        if is_known {
            message.push_str(", colors of the last time");
        }
        let mut state = self.state();
        state.renew_needs();
        state.stay();
        state.say(message);
    }
}

impl PlayerState {
    /// Colors that differ from the initial ones.
    fn changed_scale(&self) -> Option<ScaledColormap> {
        let [now, before] = [&self.panels, &self.original].map(|panels| panels.first());
        let (now, before) = (now?.frames.scale()?, before?.frames.scale()?);
        let all = |scale: &ScaledColormap| (scale.low(), scale.high(), scale.gamma());
        let is_same = all(now) == all(before) && now.colormap() == before.colormap();
        (!is_same).then(|| now.clone())
    }

    /// Shows the file in the colors in which it was seen last; false if there are none.
    fn recall_colors(&mut self) -> bool {
        let file = self.file.as_ref();
        let Some(scale) = file.and_then(|file| file.files.remembered(&file.path)) else {
            return false;
        };
        let mut is_recalled = false;
        self.recolor(|panel| {
            if let Some(own) = panel.frames.scale_mut() {
                *own = scale.clone();
                is_recalled = true;
            }
        });
        is_recalled
    }

    /// No other file is being opened.
    fn stay(&mut self) {
        if let Some(file) = &mut self.file {
            file.is_leaving = false;
        }
    }

    /// Shows another file from its first frame; returns the probes of the one before.
    fn show_file(&mut self, path: &Path, panel: Panel) -> Vec<Probe> {
        if let Some(file) = &mut self.file {
            file.path = path.to_owned();
        }
        let before = &self.playback;
        let mut playback = Playback::new(0, panel.frames.len(), before.step(), before.interval());
        playback.set_speed(before.speed());
        playback.set_looping(before.is_looping());
        playback.set_every_frame(before.shows_every_frame());
        playback.set_playing(before.is_playing());
        if self.frame_size(0) != panel.frames.frame_size() {
            self.view = View::WHOLE;
        }
        self.playback = playback;
        self.panels = Arc::new(vec![panel]);
        self.original = self.panels.clone();
        self.comparison = VideoComparison::OFF;
        (self.each_frame, self.contrast, self.contrast_frame) = (false, None, None);
        (self.sketch, self.selected) = (None, None);
        self.bookmarks.clear();
        self.undone.clear();
        self.redone.clear();
        std::mem::take(&mut self.probes)
    }
}

/// The next or the previous file of a folder that can be shown.
fn neighbor(file: &ShownFile, is_forward: bool) -> Result<Option<OpenedFile>> {
    let path = files::full(&file.path).unwrap_or_else(|_| file.path.clone());
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = |path: &PathBuf| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let mut found = files::list(folder)?;
    found.retain(|other| {
        let is_array = other
            .extension()
            .is_some_and(|extension| extension == "zarr");
        *other == path || (other.is_file() || is_array) && io::is_recording(other)
    });
    found.sort_by(|a, b| natural_order(&name(a), &name(b)));
    let Some(at) = found.iter().position(|other| *other == path) else {
        return Ok(None);
    };
    let others: Vec<usize> = match is_forward {
        true => (at + 1..found.len()).collect(),
        false => (0..at).rev().collect(),
    };
    let mut first_error = None;
    for (skipped, index) in others.into_iter().enumerate() {
        match file.files.open(&found[index]) {
            Ok(panel) => {
                return Ok(Some(OpenedFile {
                    path: found[index].clone(),
                    panel,
                    place: (index + 1, found.len()),
                    skipped,
                }));
            }
            Err(error) if error.is_interrupted() => return Err(error),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::color_settings::ColorSettings;
    use crate::color::colormap::Colormap;
    use crate::ops::testing::ramp;
    use crate::player::region::ProbeRegion;
    use crate::player::{Event, Key};
    use std::sync::Mutex;
    use std::time::Duration;

    type Remembered = (String, Option<(f64, f64)>);

    #[derive(Default)]
    struct Files(Mutex<Vec<Remembered>>);

    fn name(path: &Path) -> String {
        path.file_name().unwrap().to_string_lossy().into_owned()
    }

    impl ViewFiles for Files {
        fn open(&self, path: &Path) -> Result<Panel> {
            let video =
                io::load_video(path, &io::FrameSelection::ALL, &io::LoadOptions::default())?;
            let gray = ColorSettings::new(Colormap::gray(), None, None);
            Panel::video(video, name(path), &gray)
        }

        fn remembered(&self, path: &Path) -> Option<ScaledColormap> {
            let is_known = name(path) == "b10.npy";
            is_known.then(|| ScaledColormap::new(Colormap::gray(), -7.0, 7.0))
        }

        fn remember(&self, path: &Path, scale: Option<&ScaledColormap>) {
            let limits = scale.map(|scale| (scale.low(), scale.high()));
            self.0.lock().unwrap().push((name(path), limits));
        }
    }

    fn press(player: &Player, key: char) {
        player.handle(Event::Key(Key::Char(key)), (640, 480));
        let is_leaving = || player.state().file.as_ref().unwrap().is_leaving;
        while is_leaving() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn keys_lead_through_the_files_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        for (file, shape) in [
            ("b2.npy", [3, 4, 5]),
            ("b10.npy", [6, 4, 5]),
            ("c.npy", [2, 8, 9]),
        ] {
            io::save_video(&folder.path().join(file), &ramp(&shape)).unwrap();
        }
        std::fs::write(folder.path().join("b3.npy"), "no array").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no video").unwrap();
        let files = Arc::new(Files::default());
        let player = Player::of_file(&folder.path().join("b2.npy"), files.clone(), 10).unwrap();
        player.probe(0, ProbeRegion::Point { y: 1, x: 2 });
        let shown = || (name(&player.file().unwrap()), player.playback().last());
        let message = || player.state().scene().message.unwrap_or_default();
        press(&player, '/');
        assert_eq!(shown(), ("b2.npy".into(), 2));
        assert!(message().contains("no other file"), "{}", message());
        press(&player, 'a');
        player.state().recolor(|panel| panel.stretch_to(2).unwrap());
        press(&player, '*');
        assert_eq!(shown(), ("b10.npy".into(), 5));
        assert_eq!(
            message(),
            "b10.npy (3 of 4), 1 file on the way cannot be shown, colors of the last time"
        );
        let limits = |player: &Player| player.scales()[0].as_ref().map(|scale| scale.low());
        assert_eq!(limits(&player), Some(-7.0));
        // Frames of one size keep the points, whose traces are those of the new file.
        assert_eq!(player.traces().unwrap()[0].len(), 6);
        press(&player, 'A');
        assert_eq!(limits(&player), Some(0.0));
        press(&player, '*');
        assert_eq!(shown(), ("c.npy".into(), 1));
        assert!(player.probes().is_empty());
        player.set_open(true);
        player.close();
        let seen = files.0.lock().unwrap().clone();
        let expected = [
            ("b2.npy".into(), Some((40.0, 59.0))),
            ("b10.npy".into(), None),
            ("c.npy".into(), None),
        ];
        assert_eq!(seen, expected);
    }
}
