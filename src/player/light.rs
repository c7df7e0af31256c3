//! Dark text on white, for papers: the colors around the videos with inverted lightness.

use super::layout::PlayerLayout;
use super::theme;
use crate::color::{Color, pack, unpack};
use crate::draw::Image;

/// Inverts the lightness of everything but the videos and the colorbars. Hues stay, and so do the
/// soft edges of text and lines.
pub(super) fn lighten(image: &mut Image, layout: &PlayerLayout) {
    let kept: Vec<_> = layout
        .panels
        .iter()
        .flat_map(|panel| [panel.video, panel.colorbar])
        .collect();
    for y in 0..image.height {
        let width = image.width;
        for (x, pixel) in image.row_mut(0, y, width).iter_mut().enumerate() {
            let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
            if !kept.iter().any(|rect| rect.contains(x, y)) {
                *pixel = inverted(*pixel);
            }
        }
    }
}

/// A color of the same hue and the inverse lightness; the background becomes white.
fn inverted(color: Color) -> Color {
    let invert = |color: Color| {
        let parts = unpack(color).map(u32::from);
        let ends = parts.iter().max().zip(parts.iter().min());
        let ends = ends.map_or(0, |(most, least)| most + least);
        parts.map(|part| 255 + part - ends)
    };
    let white = invert(theme::BACKGROUND).into_iter().min().unwrap_or(255);
    pack(invert(color).map(|part| (part * 255 / white).min(255) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_white_text_dark_and_hues_stay() {
        assert_eq!(inverted(theme::BACKGROUND), 0xff_ff_ff);
        assert!(unpack(inverted(theme::TEXT)).iter().all(|part| *part < 32));
        for color in theme::MARKERS {
            let order = |color: Color| {
                let [red, green, blue] = unpack(color);
                (red.cmp(&green), green.cmp(&blue))
            };
            assert_eq!(order(inverted(color)), order(color), "{color:06x}");
        }
    }
}
