//! The look of the player: colours, text sizes and distances in pixels.

use crate::draw::Color;

/// Behind everything; what is not a number shows it too.
pub const BACKGROUND: Color = 0x17_18_1b;
/// Behind the controls.
pub const SURFACE: Color = 0x20_22_26;
/// Lines between areas and around bars.
pub const LINE: Color = 0x2f_32_38;
/// What is still to come on the slider.
pub const TRACK: Color = 0x43_47_4f;
/// What has been shown already, and the handle.
pub const ACCENT: Color = 0x6c_b2_f0;
/// Text to read, and icons.
pub const TEXT: Color = 0xe8_ea_ed;
/// Text beside it.
pub const DIM: Color = 0x93_99_a3;

/// The colours of markers and their traces, in the order in which they are given out: those of Okabe
/// and Ito (2008), which the colour blind tell apart too, brightened for the dark ground.
pub const MARKERS: [Color; 8] = [
    0xff_9f_40, 0x56_b4_e9, 0x3d_d6_a3, 0xf0_e4_42, 0xff_6b_6b, 0xd0_8c_e0, 0xa5_d6_4f, 0xff_a8_c8,
];

/// Sizes and distances for a display of a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThemeSizes {
    /// How many times as large as on a usual display everything is.
    pub scale: f32,
    /// Size at which the digits of labels are whole pixels high.
    pub label: f32,
    /// Size at which the small letters of titles are whole pixels high.
    pub title: f32,
    /// Height of the line with a title.
    pub title_height: usize,
    /// Height of the controls.
    pub controls_height: usize,
    /// Height of the strip with traces, in a window of usual height.
    pub trace_plot_height: usize,
    /// Side of the square in which a button reacts.
    pub button: usize,
    /// Distance of the picture from what surrounds it, in a window with room.
    pub margin: usize,
    /// Distance between neighbours.
    pub gap: usize,
    /// Width of a colorbar.
    pub colorbar: usize,
    /// Radius of the slider's handle.
    pub handle: usize,
}

impl ThemeSizes {
    /// The sizes for a display of a scale: 1 for a usual one, 2 for one with pixels half as large.
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
            trace_plot_height: size(110),
            button: size(28),
            margin: size(14),
            gap: size(12),
            colorbar: size(10),
            handle: size(7),
        }
    }

    /// A length in pixels of a usual display, in those of this one.
    pub fn px(&self, length: usize) -> usize {
        (length as f32 * self.scale).round() as usize
    }
}
