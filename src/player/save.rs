//! Saves what a player shows as images and movies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Player;
use super::contrast_actions::stretch_all;
use super::light;
use super::origin::{PictureForm, PictureOrigin, SavedPicture};
use super::render;
use super::scene::{Controls, PictureLook, PlayerScene};
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::{Image, Rect};
use crate::error::{Error, Result};
use crate::export::{self, Export, MovieSource, of_image};
use crate::io::{self, Encoder, ImageOptions};
use crate::system::clipboard;
use crate::video::{Frames, Video};

impl Player {
    /// Every step-th frame as the window shows it, with the given controls and look, in a given
    /// size, that of the window or one that suits the videos: images `{y, x, channel}` of uint8.
    pub fn movie(
        &self,
        controls: Controls,
        look: PictureLook,
        size: Option<(usize, usize)>,
    ) -> Frames {
        // In movies traces are complete from the first frame on; one that failed is shown up to the
        // failure.
        let _ = self.traces();
        let mut state = self.state();
        state.renew_needs();
        let playback = state.playback.clone();
        let scene = state.scene().for_picture(controls, look);
        let size = size.or(state.size);
        drop(state);
        let size = size.unwrap_or_else(|| self.window_size());
        let frames = playback.start()..=playback.last();
        let frames: Vec<usize> = frames.step_by(playback.step()).collect();
        let player = self.clone();
        Frames::new(frames.len(), move |index| {
            let mut scene = scene.clone();
            scene.playback.seek(frames[index]);
            player.make_panels(&mut scene)?;
            if scene.each_frame {
                stretch_all((&mut scene.panels, &mut scene.comparison), frames[index]);
            }
            Ok(of_image(&drawn(&scene, size, look)))
        })
    }

    /// Makes the panels of a scene, if a function makes them.
    fn make_panels(&self, scene: &mut PlayerScene) -> Result<()> {
        let Some(producer) = &self.shared.producer else {
            return Ok(());
        };
        let frame = scene.playback.frame();
        let mut panels = self.check_alike(frame, producer.produce(frame)?)?;
        for (panel, before) in panels.iter_mut().zip(scene.panels.iter()) {
            panel.colored_like(before);
        }
        scene.comparison.follow(&panels);
        scene.panels = Arc::new(panels);
        Ok(())
    }

    /// The frame shown, as the window shows it with the given controls and look, in the size of the
    /// window or another.
    pub fn picture(
        &self,
        controls: Controls,
        look: PictureLook,
        size: Option<(usize, usize)>,
    ) -> Result<Image> {
        self.traces()?;
        let mut state = self.state();
        state.renew_needs();
        let mut scene = state.scene().for_picture(controls, look);
        let size = size.or(state.size);
        drop(state);
        self.make_panels(&mut scene)?;
        let size = size.unwrap_or_else(|| self.window_size());
        Ok(drawn(&scene, size, look))
    }

    /// What the window shows now without the controls, without waiting for traces, and its frame.
    fn snapshot_now(&self, size: (usize, usize)) -> (Image, PictureLook, usize) {
        let mut state = self.state();
        let look = state.picture_look;
        let scene = state.scene().for_picture(Controls::NONE, look);
        drop(state);
        (drawn(&scene, size, look), look, scene.playback.frame())
    }

    /// Sets the folder of files that the window saves under relative names; default: the working
    /// folder.
    pub fn set_save_folder(&self, folder: &Path) {
        folder.clone_into(&mut self.state().save_folder);
    }

    /// Writes the window without the controls to a new file in that folder.
    pub(super) fn save_snapshot(&self, size: (usize, usize)) -> Result<PathBuf> {
        let (image, look, frame) = self.snapshot_now(size);
        let folder = self.state().save_folder.clone();
        let path = free_name(&folder, &file_name(&self.window_title()), frame);
        self.save_picture(&path, of_image(&image), (size, look))?;
        Ok(path)
    }

    /// Copies the window without the controls to the clipboard, in the background.
    pub(super) fn copy_snapshot(&self, size: (usize, usize)) {
        let picture = of_image(&self.snapshot_now(size).0);
        self.in_background("the picture", move |_, _| {
            let folder = tempfile::tempdir();
            let folder = folder.map_err(|e| Error::io("create", &std::env::temp_dir(), &e))?;
            let file = folder.path().join("picture.png");
            io::save_image(&file, &picture, &ImageOptions::default())?;
            clipboard::copy_png(&file)?;
            Ok("copied the picture".to_owned())
        });
    }

    /// Saves what the window shows as the movie or the picture that was typed, in the background.
    pub(super) fn save_as(&self, name: &str) {
        if name.trim().is_empty() {
            return;
        }
        let path = self.state().save_folder.join(name.trim());
        if path.exists() {
            return self.say(format!("{} exists: type another name", path.display()));
        }
        let state = self.state();
        let (look, size) = (state.picture_look, state.size);
        drop(state);
        let size = size.unwrap_or_else(|| self.window_size());
        self.say(format!("saving {}…", path.display()));
        let name = path.display().to_string();
        self.in_background(&name, move |player, work| {
            if export::is_image(&path) {
                let picture = player.picture(Controls::NONE, look, Some(size))?;
                player.save_picture(&path, of_image(&picture), (size, look))?;
            } else {
                let origin = player.describe(&path, (size, look));
                let script = origin.as_ref().map(|made| made.script.clone());
                let frames = player.movie(Controls::NONE, look, Some(size));
                let encoder = match export::suits_built_in(&path, &frames)? {
                    true => Encoder::BUILT_IN,
                    false => Encoder::NAMES[0],
                };
                let encoder = Encoder::builtin(encoder)?;
                player.write_movie(
                    &path,
                    work.counted(frames),
                    &MovieWriting {
                        fps: None,
                        encoder,
                        shows_progress: false,
                        script,
                    },
                )?;
                player.note_saved(&path, (size, look), origin);
            }
            Ok(format!("saved {}", path.display()))
        });
    }

    /// Name of a movie of the window, or of a picture if there is only one frame.
    pub(super) fn movie_name(&self) -> String {
        const MAX_CHARS: usize = 30;
        let title = self.window_title();
        // Of a recording, the name without its extension.
        let is_known = |extension: &str| io::extensions().any(|known| known == extension);
        let parts = title.rsplit_once('.');
        let parts = parts.filter(|(_, extension)| is_known(&extension.to_lowercase()));
        let stem = parts.map_or(title.as_str(), |(stem, _)| stem);
        let name: String = file_name(stem).chars().take(MAX_CHARS).collect();
        let playback = self.playback();
        let extension = if playback.start() < playback.last() {
            "mp4"
        } else {
            "png"
        };
        format!("{name}.{extension}")
    }

    /// Writes frames of [`Player::movie`] at the speed at which the player plays, or another.
    pub fn write_movie(&self, path: &Path, frames: Frames, writing: &MovieWriting) -> Result<()> {
        let playback = self.playback();
        let fps = playback.speed() / playback.interval().as_secs_f64();
        let export = Export {
            progress_bar: writing.shows_progress,
            script: writing.script.clone(),
            ..Export::new(writing.fps.unwrap_or(fps), writing.encoder.clone())
        };
        let colors = ColorSettings::new(Colormap::gray(), None, None);
        export::export_video(path, MovieSource::Frames(frames), &colors, 8, &export)
    }

    /// Writes a picture of the window with its history.
    fn save_picture(&self, path: &Path, mut picture: Video, shown: PictureForm) -> Result<()> {
        let origin = self.describe(path, shown);
        picture.metadata_mut().provenance = origin.as_ref().map(|made| made.script.clone());
        io::save_image(path, &picture, &ImageOptions::default())?;
        self.note_saved(path, shown, origin);
        Ok(())
    }

    /// How a script saves a picture or a movie of a size and look, if a script made the player.
    fn describe(&self, path: &Path, shown: PictureForm) -> Option<PictureOrigin> {
        let origin = self.origin();
        origin.map(|origin| (origin.describe)(self, path, shown))
    }

    /// Notes for the session that a picture or a movie was saved.
    fn note_saved(&self, path: &Path, (size, look): PictureForm, origin: Option<PictureOrigin>) {
        if let Some(PictureOrigin { properties, .. }) = origin {
            self.state().saved_pictures.push(SavedPicture {
                path: path.to_owned(),
                size,
                look,
                properties,
            });
        }
    }
}

/// How a movie of a player is written.
pub struct MovieWriting {
    /// Frame rate; default: that at which the player plays.
    pub fps: Option<f64>,
    /// Encoder and its options.
    pub encoder: Encoder,
    /// Whether to show a progress bar.
    pub shows_progress: bool,
    /// Script that makes the movie, to be kept in it.
    pub script: Option<Arc<str>>,
}

fn drawn(scene: &PlayerScene, (width, height): (usize, usize), look: PictureLook) -> Image {
    let mut image = Image::new(width.max(1), height.max(1));
    render::draw(&mut image, scene);
    if look == PictureLook::OF_WINDOW {
        return image;
    }
    let layout = scene.layout((image.width, image.height));
    if look.is_light {
        light::lighten(&mut image, &layout);
    }
    match layout.videos().filter(|_| look.is_plain) {
        Some(videos) => part(&image, videos),
        None => image,
    }
}

/// A part of an image.
fn part(image: &Image, rect: Rect) -> Image {
    let mut part = Image::new(rect.width, rect.height);
    for y in 0..rect.height {
        let start = (rect.top + y) * image.width + rect.left;
        let row = &image.pixels[start..start + rect.width];
        part.row_mut(0, y, rect.width).copy_from_slice(row);
    }
    part
}

/// Title as a file name, without characters that file systems refuse.
fn file_name(title: &str) -> String {
    const MAX_CHARS: usize = 60;
    let plain = title.chars().map(|char| match char {
        char if char.is_alphanumeric() || "-_.".contains(char) => char,
        _ => ' ',
    });
    let plain: String = plain.take(MAX_CHARS).collect();
    let name = plain.split_whitespace().collect::<Vec<_>>().join("-");
    match name.trim_start_matches('.') {
        "" => "optimap".into(),
        name => name.into(),
    }
}

/// First file name that does not exist yet.
fn free_name(folder: &Path, name: &str, frame: usize) -> PathBuf {
    let numbered = (2..).map(|number| format!("{name}-frame{frame}-{number}.png"));
    let mut names = std::iter::once(format!("{name}-frame{frame}.png")).chain(numbered);
    let free = names.find(|name| !folder.join(name).exists());
    folder.join(free.unwrap_or_default())
}
