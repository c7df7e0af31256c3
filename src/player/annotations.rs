//! Annotations of the first video: time, speed, frame number, scale bar.

use std::time::Duration;

use super::layout::PlayerLayout;
use super::region::ProbeRegion;
use super::scene::PlayerScene;
use super::{Panel, Player};
use crate::bail;
use crate::draw::label::Label;
use crate::draw::{Image, Rect};
use crate::error::Result;
use crate::view::annotations::{Annotations, ScaleBar, recorded_fps, speed_text};
use crate::view::arrows::FramePlace;
use crate::view::{CornerLabels, scale_bar};

impl Player {
    /// Shows annotations; an error if metadata that they need is missing.
    pub(super) fn annotate(&self, annotations: Annotations) -> Result<()> {
        let panels = self.state().panels.clone();
        let Some(first) = panels.first() else {
            return Ok(());
        };
        let metadata = first.frames.base().metadata();
        annotations.clock(metadata, 1)?;
        if let Some(bar) = annotations.scale_bar {
            let width = first.frames.frame_size().0;
            bar.length(width as f64 * annotations.pixel_width(metadata)?)?;
        }
        if let Some(arrows) = &annotations.arrows {
            arrows.check(first.frames.frame_size(), first.frames.len())?;
        }
        annotations.check_traces(first.frames.frame_size())?;
        for [y, x] in annotations.traces.iter().copied() {
            self.probe(0, ProbeRegion::Point { y, x });
        }
        let mut state = self.state();
        state.annotations = annotations.into();
        state.renew_needs();
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
    let (Some(panel), Some(panel_layout)) = (scene.panels.first(), layout.first_shown()) else {
        return;
    };
    let label = scene.inputs.sizes.label;
    let shorter = panel_layout.video.width.min(panel_layout.video.height) as f32;
    let font = (shorter / 26.0).clamp(label, 2.2 * label);
    let (annotations, frame) = (&scene.annotations, scene.playback.frame());
    let (rect, part) = (
        panel_layout.video,
        scene.view.part(panel.frames.frame_size()),
    );
    let place = FramePlace {
        rect,
        position: &|position| part.in_window(rect, position),
        font,
    };
    annotations.draw_moving(image, &place, frame);
    if shorter < MIN_LINES * font {
        return;
    }
    let clock = annotations.clock(panel.frames.base().metadata(), scene.playback.last() + 1);
    let speed = speed(panel, scene);
    let labels = CornerLabels {
        font,
        clock: clock.ok().flatten(),
        is_numbered: annotations.frame_number,
        speed: speed.map(|speed| Label::text(&speed_text(speed), font)),
        scale_bar: bar(panel, panel_layout.video, scene, font),
        arrow_key: annotations.arrows.as_ref().map(|arrows| {
            let magnification = rect.width as f64 / part.width;
            arrows.key(magnification, rect.width, font)
        }),
    };
    labels.draw(image, panel_layout.video, (frame, frame));
}

/// Speed relative to the recording, which keys can change, if it is to be shown.
fn speed(panel: &Panel, scene: &PlayerScene) -> Option<f64> {
    scene.annotations.speed?;
    let (playback, recorded) = (
        &scene.playback,
        recorded_fps(panel.frames.base().metadata())?,
    );
    let frames = playback.step() as f64 * playback.speed();
    Some(frames / playback.interval().as_secs_f64() / recorded)
}

/// Scale bar at the current zoom; a bar that has become too long is replaced by a shorter one.
fn bar(panel: &Panel, video: Rect, scene: &PlayerScene, font: f32) -> Option<Label> {
    let bar = scene.annotations.scale_bar?;
    let pixel = scene
        .annotations
        .pixel_width(panel.frames.base().metadata())
        .ok()?;
    let seen = scene.view.part(panel.frames.frame_size()).width;
    let field = seen * pixel;
    let length = bar
        .length(0.9 * field)
        .or_else(|_| ScaleBar::Auto.length(field))
        .ok()?;
    Some(scale_bar(length, field, video.width, font))
}
