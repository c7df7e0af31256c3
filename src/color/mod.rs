//! Colors: packed pixels, luma, colormaps, the mapping of samples to colors, and the coding of colors
//! in movies.

pub mod color_mapping;
pub mod color_settings;
pub mod colormap;
pub mod gradient;
pub mod limits;
pub mod palette;
pub mod yuv;

/// Color as `0xRRGGBB`.
pub type Color = u32;

/// Color of 8-bit components.
pub fn pack([red, green, blue]: [u8; 3]) -> Color {
    u32::from_be_bytes([0, red, green, blue])
}

/// Red, green and blue of a color.
pub fn unpack(color: Color) -> [u8; 3] {
    let [_, rgb @ ..] = color.to_be_bytes();
    rgb
}

/// Names of colors that people know; more are understood.
pub const COLOR_NAMES: &[&str] = &[
    "black", "white", "gray", "silver", "red", "maroon", "orange", "yellow", "olive", "lime",
    "green", "cyan", "teal", "blue", "navy", "magenta", "purple",
];

/// Color of a name or of `#rrggbb`.
pub fn color_of(name: &str) -> Option<Color> {
    let [red, green, blue, _] = name.parse::<colorgrad::Color>().ok()?.to_rgba8();
    Some(pack([red, green, blue]))
}

/// Name of a color, or `#rrggbb`.
pub fn name_of(color: Color) -> String {
    let is_this = |name: &&&str| color_of(name) == Some(color);
    match COLOR_NAMES.iter().find(is_this) {
        Some(name) => (*name).to_owned(),
        None => format!("#{color:06x}"),
    }
}

/// Luma of red, green and blue (ITU-R BT.601), in their unit. For integers it is exact until it is
/// rounded.
pub fn luma([red, green, blue]: [f64; 3]) -> f64 {
    (299.0 * red + 587.0 * green + 114.0 * blue) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_packed_with_red_first() {
        assert_eq!(pack([1, 2, 3]), 0x01_02_03);
        assert_eq!(unpack(0xff_80_01), [255, 128, 1]);
    }

    #[test]
    fn colors_have_names() {
        for color in [0xff_00_00, 0x00_80_00, 0x12_34_56] {
            assert_eq!(color_of(&name_of(color)), Some(color));
        }
        assert_eq!(name_of(0xff_00_00), "red");
        assert_eq!(color_of("no color"), None);
    }

    #[test]
    fn luma_of_integers_is_exact() {
        assert_eq!(luma([77.0; 3]), 77.0);
        assert_eq!(luma([1.0; 3]), 1.0);
        assert_eq!(luma([0.0, 0.0, 250.0]), 28.5);
        assert_eq!(luma([65535.0, 0.0, 0.0]), 19594.965);
    }
}
