//! What is written and drawn on the first video: time, speed, frame number, scale bar.

use std::time::Duration;

use super::layout::Layout;
use super::picks::Place;
use super::scene::Scene;
use super::{Panel, Player};
use crate::bail;
use crate::draw::notes::{Notes, ScaleBar, length_text, recorded_fps, speed_text};
use crate::draw::stamp::Stamp;
use crate::draw::{Image, Rect};
use crate::error::Result;

impl Player {
    /// Shows notes; an error if something is not known that they need.
    pub(super) fn annotate(&self, notes: Notes) -> Result<()> {
        let panels = self.state().panels.clone();
        let Some(first) = panels.first() else {
            return Ok(());
        };
        let metadata = first.base().metadata();
        notes.clock(metadata, 1)?;
        if let Some(bar) = notes.scale_bar {
            let width = first.frame_size().0;
            bar.length(width as f64 * notes.pixel_width(metadata)?)?;
        }
        let (width, height) = first.frame_size();
        for [y, x] in notes.traces.iter().copied() {
            if width <= x || height <= y {
                bail!(
                    "`traces` has the pixel [{y}, {x}], which is outside of frames of \
                     {height}×{width}"
                );
            }
            self.pick(0, Place::Point { y, x });
        }
        self.state().notes = notes.into();
        Ok(())
    }
}

/// The time from one frame shown to the next, `step` frames on, at so many frames per second.
pub(super) fn interval(step: usize, fps: f64) -> Result<Duration> {
    let seconds = step as f64 / fps;
    match Duration::try_from_secs_f64(seconds) {
        Ok(interval) => Ok(interval),
        Err(_) => bail!("`speed` is too small: frames would stay for {seconds} s"),
    }
}

/// How many lines of text a video has room for whose notes are drawn.
const SMALLEST: f32 = 7.0;

/// Draws the notes in the corners of the first video, as far as they have room there.
pub(super) fn draw(image: &mut Image, layout: &Layout, scene: &Scene) {
    let (Some(panel), Some(place)) = (scene.panels.first(), layout.panels.first()) else {
        return;
    };
    let label = scene.needs.sizes.label;
    let shorter = place.video.width.min(place.video.height) as f32;
    let font = (shorter / 26.0).clamp(label, 2.2 * label);
    if shorter < SMALLEST * font {
        return;
    }
    let inset = (font * 0.4) as usize;
    let room = place.video.inset(inset, inset);
    let (notes, frame) = (&scene.notes, scene.playback.frame());
    let clock = notes.clock(panel.base().metadata(), scene.playback.last() + 1);
    let write = |text: String| Stamp::text(&text, font);
    let time = clock.ok().flatten().map(|clock| write(clock.text(frame)));
    let number = notes.frame_number.then(|| write(format!("frame {frame}")));
    let speed = speed(panel, scene).map(|speed| write(speed_text(speed)));
    let bar = bar(panel, place.video, scene, font);
    draw_row(image, room, [time, speed], |_| room.top);
    draw_row(image, room, [number, bar], |stamp| {
        room.bottom() - stamp.height()
    });
}

/// Draws what stands at the left and the right end of a row; the right one only beside the left.
fn draw_row(
    image: &mut Image,
    room: Rect,
    [left, right]: [Option<Stamp>; 2],
    top: impl Fn(&Stamp) -> usize,
) {
    let fits = |stamp: &Stamp, width| stamp.width() <= width;
    let left = left.filter(|stamp| fits(stamp, room.width));
    let taken = left.as_ref().map_or(0, Stamp::width);
    if let Some(stamp) = left {
        stamp.draw(image, (room.left, top(&stamp)));
    }
    if let Some(stamp) = right.filter(|stamp| fits(stamp, room.width - taken)) {
        stamp.draw(image, (room.right() - stamp.width(), top(&stamp)));
    }
}

/// The speed compared to what was recorded, which keys can change, if it is to be shown.
fn speed(panel: &Panel, scene: &Scene) -> Option<f64> {
    scene.notes.speed?;
    let (playback, recorded) = (&scene.playback, recorded_fps(panel.base().metadata())?);
    let frames = playback.step() as f64 * playback.speed();
    Some(frames / playback.interval().as_secs_f64() / recorded)
}

/// The scale bar, in the size of what is seen; one that has become too long gives way to another.
fn bar(panel: &Panel, video: Rect, scene: &Scene, font: f32) -> Option<Stamp> {
    let bar = scene.notes.scale_bar?;
    let pixel = scene.notes.pixel_width(panel.base().metadata()).ok()?;
    let seen = scene.view.part(panel.frame_size()).width;
    let field = seen * pixel;
    let length = bar
        .length(0.9 * field)
        .or_else(|_| ScaleBar::Auto.length(field))
        .ok()?;
    let width = length / field * video.width as f64;
    Some(Stamp::bar(
        width.round().max(1.0) as usize,
        &length_text(length),
        font,
    ))
}
