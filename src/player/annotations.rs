//! Annotations of the first video: time, speed, frame number, scale bar.

use std::time::Duration;

use super::layout::PlayerLayout;
use super::probes::ProbeRegion;
use super::scene::PlayerScene;
use super::{Panel, Player};
use crate::bail;
use crate::draw::annotations::{Annotations, ScaleBar, length_text, recorded_fps, speed_text};
use crate::draw::label::Label;
use crate::draw::{Image, Rect};
use crate::error::Result;

impl Player {
    /// Shows annotations; an error if metadata that they need is missing.
    pub(super) fn annotate(&self, annotations: Annotations) -> Result<()> {
        let panels = self.state().panels.clone();
        let Some(first) = panels.first() else {
            return Ok(());
        };
        let metadata = first.base().metadata();
        annotations.clock(metadata, 1)?;
        if let Some(bar) = annotations.scale_bar {
            let width = first.frame_size().0;
            bar.length(width as f64 * annotations.pixel_width(metadata)?)?;
        }
        let (width, height) = first.frame_size();
        for [y, x] in annotations.traces.iter().copied() {
            if width <= x || height <= y {
                bail!(
                    "`traces` has the pixel [{y}, {x}], which is outside of frames of \
                     {height}×{width}"
                );
            }
            self.probe(0, ProbeRegion::Point { y, x });
        }
        self.state().annotations = annotations.into();
        Ok(())
    }
}

/// Time from one frame shown to the next, `step` frames later, at `fps` frames per second.
pub(super) fn interval(step: usize, fps: f64) -> Result<Duration> {
    let seconds = step as f64 / fps;
    match Duration::try_from_secs_f64(seconds) {
        Ok(interval) => Ok(interval),
        Err(_) => bail!("`speed` is too small: frames would stay for {seconds} s"),
    }
}

/// Lines of text that a video must have room for if its annotations are to be drawn.
const MIN_LINES: f32 = 7.0;

/// Draws the annotations in the corners of the first video, as far as there is room.
pub(super) fn draw(image: &mut Image, layout: &PlayerLayout, scene: &PlayerScene) {
    let (Some(panel), Some(panel_layout)) = (scene.panels.first(), layout.panels.first()) else {
        return;
    };
    let label = scene.inputs.sizes.label;
    let shorter = panel_layout.video.width.min(panel_layout.video.height) as f32;
    let font = (shorter / 26.0).clamp(label, 2.2 * label);
    if shorter < MIN_LINES * font {
        return;
    }
    let inset = (font * 0.4) as usize;
    let room = panel_layout.video.inset(inset, inset);
    let (annotations, frame) = (&scene.annotations, scene.playback.frame());
    let clock = annotations.clock(panel.base().metadata(), scene.playback.last() + 1);
    let write = |text: String| Label::text(&text, font);
    let time = clock.ok().flatten().map(|clock| write(clock.text(frame)));
    let number = annotations
        .frame_number
        .then(|| write(format!("frame {frame}")));
    let speed = speed(panel, scene).map(|speed| write(speed_text(speed)));
    let bar = bar(panel, panel_layout.video, scene, font);
    draw_row(image, room, [time, speed], |_| room.top);
    draw_row(image, room, [number, bar], |text_label| {
        room.bottom() - text_label.height()
    });
}

/// Draws the left and the right label of a row; the right one only if it fits next to the left.
fn draw_row(
    image: &mut Image,
    room: Rect,
    [left, right]: [Option<Label>; 2],
    top: impl Fn(&Label) -> usize,
) {
    let fits = |text_label: &Label, width| text_label.width() <= width;
    let left = left.filter(|text_label| fits(text_label, room.width));
    let taken = left.as_ref().map_or(0, Label::width);
    if let Some(text_label) = left {
        text_label.draw(image, (room.left, top(&text_label)));
    }
    if let Some(text_label) = right.filter(|text_label| fits(text_label, room.width - taken)) {
        text_label.draw(image, (room.right() - text_label.width(), top(&text_label)));
    }
}

/// Speed relative to the recording, which keys can change, if it is to be shown.
fn speed(panel: &Panel, scene: &PlayerScene) -> Option<f64> {
    scene.annotations.speed?;
    let (playback, recorded) = (&scene.playback, recorded_fps(panel.base().metadata())?);
    let frames = playback.step() as f64 * playback.speed();
    Some(frames / playback.interval().as_secs_f64() / recorded)
}

/// Scale bar at the current zoom; a bar that has become too long is replaced by a shorter one.
fn bar(panel: &Panel, video: Rect, scene: &PlayerScene, font: f32) -> Option<Label> {
    let bar = scene.annotations.scale_bar?;
    let pixel = scene
        .annotations
        .pixel_width(panel.base().metadata())
        .ok()?;
    let seen = scene.view.part(panel.frame_size()).width;
    let field = seen * pixel;
    let length = bar
        .length(0.9 * field)
        .or_else(|_| ScaleBar::Auto.length(field))
        .ok()?;
    let width = length / field * video.width as f64;
    Some(Label::bar(
        width.round().max(1.0) as usize,
        &length_text(length),
        font,
    ))
}
