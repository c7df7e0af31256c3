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

/// Size at which the digits of labels are 9 whole pixels high.
pub const LABEL_SIZE: f32 = 12.6;
/// Size at which the small letters of titles are 8 whole pixels high.
pub const TITLE_SIZE: f32 = 14.9;

/// Height of the line with the title.
pub const TITLE_HEIGHT: usize = 36;
/// Height of the controls.
pub const CONTROLS_HEIGHT: usize = 44;
/// Side of the square in which a button reacts.
pub const BUTTON: usize = 28;
/// Distance of the picture from what surrounds it, in a window with room.
pub const MARGIN: usize = 14;
/// Distance between neighbours.
pub const GAP: usize = 12;
/// Width of a colorbar.
pub const COLORBAR: usize = 10;
/// Radius of the slider's handle.
pub const HANDLE: usize = 7;
