//! Labels in the corners of a video: time and speed above, frame number and scale bar below.

use super::annotations::{FrameClock, length_text};
use crate::draw::label::Label;
use crate::draw::{Image, Rect};

/// What the corners of a video show.
#[derive(Debug, Clone)]
pub(crate) struct CornerLabels {
    /// Text size.
    pub(crate) font: f32,
    /// Format of the time.
    pub(crate) clock: Option<FrameClock>,
    /// Whether the frame number is shown.
    pub(crate) is_numbered: bool,
    pub(crate) speed: Option<Label>,
    pub(crate) scale_bar: Option<Label>,
    /// Key of the arrows, above the scale bar.
    pub(crate) arrow_key: Option<Label>,
}

impl CornerLabels {
    /// Draws the labels of a frame, which has a number in the recording, over the video in a
    /// rectangle; only those that fit. Returns whether all do.
    pub(crate) fn draw(
        &self,
        image: &mut Image,
        video: Rect,
        (frame, number): (usize, usize),
    ) -> bool {
        let inset = (self.font * 0.4) as usize;
        let room = video.inset(inset, inset);
        let time = self.clock.map(|clock| clock.text(frame));
        let number = self.is_numbered.then(|| format!("frame {number}"));
        let [time, number] =
            [time, number].map(|text| text.map(|text| Label::text(&text, self.font)));
        let bottom = |label: &Label| room.bottom().saturating_sub(label.height());
        let rows = [
            draw_row(image, room, [time.as_ref(), self.speed.as_ref()], |_| {
                room.top
            }),
            draw_row(
                image,
                room,
                [number.as_ref(), self.scale_bar.as_ref()],
                bottom,
            ),
        ];
        rows == [true; 2] && self.draw_key(image, room)
    }

    /// Draws the key of the arrows if it fits between the rows; returns whether it does.
    fn draw_key(&self, image: &mut Image, room: Rect) -> bool {
        let Some(key) = &self.arrow_key else {
            return true;
        };
        let gap = (self.font * 0.4) as usize;
        let below = self.scale_bar.as_ref().map_or(0, |bar| bar.height() + gap);
        let above = match self.clock.is_some() || self.speed.is_some() {
            true => (self.font * 1.8) as usize,
            false => 0,
        };
        let fits = key.width() <= room.width && above + key.height() + below <= room.height;
        if fits {
            let top = room.bottom() - below - key.height();
            key.draw(image, (room.right() - key.width(), top));
        }
        fits
    }
}

/// Draws the left and the right label of a row; the right one only if it fits next to the left.
/// Returns whether both are drawn.
fn draw_row(
    image: &mut Image,
    room: Rect,
    labels: [Option<&Label>; 2],
    top: impl Fn(&Label) -> usize,
) -> bool {
    let mut free = room.width;
    let mut are_both = true;
    for (side, label) in labels.into_iter().enumerate() {
        let Some(label) = label else { continue };
        if free < label.width() {
            are_both = false;
            continue;
        }
        free -= label.width();
        let left = match side {
            0 => room.left,
            _ => room.right() - label.width(),
        };
        label.draw(image, (left, top(label)));
    }
    are_both
}

/// Scale bar of a length over a video that is `width` pixels wide and shows a field of view of a
/// given width in the same unit, µm.
pub(crate) fn scale_bar(length: f64, field: f64, width: usize, font: f32) -> Label {
    let width = (length / field * width as f64).round().max(1.0);
    Label::bar(width as usize, &length_text(length), font)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_next_to_the_left_label_is_left_out_and_reported() {
        let labels = |speed: Option<Label>| CornerLabels {
            font: 12.0,
            clock: None,
            is_numbered: true,
            speed,
            scale_bar: Some(scale_bar(500.0, 2000.0, 200, 12.0)),
            arrow_key: None,
        };
        let drawn = |width: usize, speed| {
            let mut image = Image::new(width, 60);
            image.fill(image.area(), 0x80_80_80);
            let video = image.area();
            let are_all = labels(speed).draw(&mut image, video, (0, 7));
            let right = (width / 2..width).any(|x| (0..60).any(|y| image.at(x, y) == 0xff_ff_ff));
            (are_all, right)
        };
        assert_eq!(drawn(200, None), (true, true));
        assert_eq!(drawn(100, None), (false, false));
        let wide = || Some(Label::text("1/20 real time", 12.0));
        assert_eq!(drawn(40, wide()), (false, false));
    }
}
