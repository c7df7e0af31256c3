//! Saves what a player shows as images and movies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Player;
use super::contrast_actions::stretch_all;
use super::origin::{PictureOrigin, SavedPicture};
use super::render;
use super::scene::{Controls, PlayerScene};
use crate::draw::Image;
use crate::error::Result;
use crate::io::{self, ImageOptions};
use crate::video::{Frames, Strided, Video};

impl Player {
    /// Every step-th frame as the window shows it, with the given controls, in a given size,
    /// that of the window or one that suits the videos: images `{y, x, channel}` of uint8.
    pub fn movie(&self, controls: Controls, size: Option<(usize, usize)>) -> Frames {
        // In movies traces are complete from the first frame on; one that failed is shown up to the
        // failure.
        let _ = self.traces();
        let mut state = self.state();
        state.renew_needs();
        let playback = state.playback.clone();
        let scene = state.scene().with_controls(controls);
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
            Ok(to_video(&drawn(&scene, size)))
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

    /// The frame shown, as the window shows it with the given controls, in the size of the window
    /// or another.
    pub fn picture(&self, controls: Controls, size: Option<(usize, usize)>) -> Result<Image> {
        self.traces()?;
        let mut state = self.state();
        state.renew_needs();
        let mut scene = state.scene().with_controls(controls);
        let size = size.or(state.size);
        drop(state);
        self.make_panels(&mut scene)?;
        Ok(drawn(&scene, size.unwrap_or_else(|| self.window_size())))
    }

    /// Writes the window without the controls to a new file in the working folder.
    pub(super) fn save_snapshot(&self, size: (usize, usize)) -> Result<PathBuf> {
        let controls = Controls {
            slider: false,
            button: false,
            counter: false,
        };
        // Without waiting for traces, as the window shows it now.
        let scene = self.state().scene().with_controls(controls);
        let image = drawn(&scene, size);
        let frame = scene.playback.frame();
        let path = free_name(&file_name(&self.window_title()), frame);
        let described = self
            .origin()
            .map(|origin| (origin.describe)(self, &path, size));
        let mut picture = to_video(&image);
        picture.metadata_mut().provenance = described.as_ref().map(|made| made.script.clone());
        io::save_image(&path, &picture, &ImageOptions::default())?;
        if let Some(PictureOrigin { properties, .. }) = described {
            self.state().saved_pictures.push(SavedPicture {
                path: path.clone(),
                size,
                properties,
            });
        }
        Ok(path)
    }
}

fn drawn(scene: &PlayerScene, (width, height): (usize, usize)) -> Image {
    let mut image = Image::new(width.max(1), height.max(1));
    render::draw(&mut image, scene);
    image
}

fn to_video(image: &Image) -> Video {
    let shape = [image.height, image.width, 3];
    Video::new(Strided::from_vec(&shape, image.to_rgb()))
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
fn free_name(name: &str, frame: usize) -> PathBuf {
    let numbered = (2..).map(|number| format!("{name}-frame{frame}-{number}.png"));
    let mut names = std::iter::once(format!("{name}-frame{frame}.png")).chain(numbered);
    let free = names.find(|name| !Path::new(name).exists());
    free.map(PathBuf::from).unwrap_or_default()
}
