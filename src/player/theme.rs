//! Style of the player: colors, text sizes and distances in pixels.

use crate::color::Color;
use crate::draw::colorbar::Style;

/// Background; also shown for NaN.
pub const BACKGROUND: Color = 0x17_18_1b;
/// Background of the controls.
pub const SURFACE: Color = 0x20_22_26;
/// Lines between areas and around bars.
pub const LINE: Color = 0x2f_32_38;
/// Slider after the current frame.
pub const TRACK: Color = 0x43_47_4f;
/// Slider up to the current frame, and the handle.
pub const ACCENT: Color = 0x6c_b2_f0;
/// Main text and icons.
pub const TEXT: Color = 0xe8_ea_ed;
/// Secondary text.
pub const DIM: Color = 0x93_99_a3;

/// Colors of markers and their traces in order of use: those of Okabe and Ito (2008), which are
/// distinguishable for the color-blind, brightened for the dark background.
pub const MARKERS: [Color; 8] = [
    0xff_9f_40, 0x56_b4_e9, 0x3d_d6_a3, 0xf0_e4_42, 0xff_6b_6b, 0xd0_8c_e0, 0xa5_d6_4f, 0xff_a8_c8,
];

/// Sizes and distances for a display scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThemeSizes {
    /// Scale relative to a display of 1.
    pub scale: f32,
    /// Font size at which the digits of labels are whole pixels high.
    pub label: f32,
    /// Font size at which the lowercase letters of titles are whole pixels high.
    pub title: f32,
    /// Height of the title line.
    pub title_height: usize,
    /// Height of the controls.
    pub controls_height: usize,
    /// Height of the trace plot, in a window of usual height.
    pub trace_plot_height: usize,
    /// Height of the histogram with its handles and buttons.
    pub contrast_height: usize,
    /// Width of the list of regions, in a window of usual width.
    pub region_list_width: usize,
    /// Height of a line with text and room around it.
    pub line_height: usize,
    /// Side of the square that reacts as a button.
    pub button: usize,
    /// Margin around the image, in a window with enough room.
    pub margin: usize,
    /// Distance between neighbors.
    pub gap: usize,
    /// Width of a colorbar.
    pub colorbar: usize,
    /// Radius of the slider's handle.
    pub handle: usize,
}

impl ThemeSizes {
    /// Sizes for a display scale: 1 for a usual display, 2 for one with pixels half as large.
    pub fn new(scale: f32) -> Self {
        let scale = if scale.is_finite() { scale } else { 1.0 };
        let scale = scale.clamp(0.5, 4.0);
        let size = |length: usize| (length as f32 * scale).round() as usize;
        Self {
            scale,
            label: 12.6 * scale,
            title: 14.9 * scale,
            title_height: size(36),
            controls_height: size(44),
            trace_plot_height: size(130),
            contrast_height: size(110),
            region_list_width: size(190),
            line_height: size(26),
            button: size(28),
            margin: size(14),
            gap: size(12),
            colorbar: size(10),
            handle: size(7),
        }
    }

    /// Converts a length in pixels at scale 1 to pixels of this display.
    pub fn px(&self, length: usize) -> usize {
        (length as f32 * self.scale).round() as usize
    }
}

/// Style of colorbars.
pub fn bar_style(sizes: &ThemeSizes) -> Style {
    Style {
        label_size: sizes.label,
        text: DIM,
        line: LINE,
    }
}
