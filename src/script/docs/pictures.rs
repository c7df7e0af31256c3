//! Images of the reference: one line of code for each.

/// An image of the effect of a function.
pub struct Picture {
    /// Function that it is shown next to, and file name without extension.
    pub name: &'static str,
    /// Code that makes the image from the video `v`.
    pub code: &'static str,
    /// Colormap of the image.
    pub cmap: &'static str,
}

const fn picture(name: &'static str, code: &'static str, cmap: &'static str) -> Picture {
    Picture { name, code, cmap }
}

/// Code that makes the video of the images.
pub const SETUP: &str = "let v = example_video(130);";

/// Images in the order of the reference.
pub const PICTURES: &[Picture] = &[
    picture("example_video", "v[60]", "gray"),
    picture("crop", "v.crop(30)[60]", "gray"),
    picture("rotate_left", "v.rotate_left()[60]", "gray"),
    picture("flip_up_down", "v.flip_up_down()[60]", "gray"),
    picture("pad", "v.pad(24, \"reflect\")[60]", "gray"),
    picture(
        "resize",
        "v.resize(#{scale: 0.25, interpolation: \"area\"})[60]",
        "gray",
    ),
    picture("collage", "collage([v, v.rotate_left()], 2, 4)[60]", "gray"),
    picture("clip", "v.clip(500, 1500)[60]", "gray"),
    picture("mean", "v.mean(0)", "gray"),
    picture("std", "v.std(0)", "viridis"),
    picture("mask_disc", "mask_disc(v.shape, 64, 64, 40)", "gray"),
    picture("mask_threshold", "v.mean(0).mask_threshold()", "gray"),
    picture(
        "apply_mask",
        "v.apply_mask(mask_disc(v.shape, 64, 64, 40))[60]",
        "gray",
    ),
    picture(
        "normalize_pixelwise",
        "v.normalize_pixelwise()[60]",
        "viridis",
    ),
    picture(
        "normalize_pixelwise_slidingwindow",
        "v.normalize_pixelwise_slidingwindow(62)[60]",
        "viridis",
    ),
    picture(
        "smooth_spatiotemporal",
        "v.smooth_spatiotemporal(1, 3)[60]",
        "gray",
    ),
    picture("mean_filter", "v.mean_filter(3, 9)[60]", "gray"),
    picture(
        "temporal_difference",
        "v.smooth_spatiotemporal(1, 2).temporal_difference(5)[60]",
        "seismic",
    ),
    picture(
        "smoothstep",
        "v.smooth_spatiotemporal(1, 2).normalize_pixelwise().smoothstep(0.3, 0.7)[60]",
        "viridis",
    ),
    picture(
        "bandpass",
        "v.smooth_spatiotemporal(0, 2).bandpass(4, 40)[60]",
        "viridis",
    ),
    picture(
        "detrend",
        "v.smooth_spatiotemporal(1, 2).detrend()[60]",
        "viridis",
    ),
    picture(
        "binary_dilation",
        "v.mean(0).mask_threshold().binary_dilation(8)",
        "gray",
    ),
    picture(
        "binary_erosion",
        "v.mean(0).mask_threshold().binary_erosion(8)",
        "gray",
    ),
    picture(
        "fill_holes",
        "v.mean(0).mask_threshold().fill_holes()",
        "gray",
    ),
    picture(
        "connected_components",
        "connected_components(v[60] > 2400)",
        "nipy_spectral",
    ),
    picture(
        "largest_component",
        "largest_component(v[60] > 2400)",
        "gray",
    ),
    picture(
        "activation_map",
        "v[0..62].smooth_spatiotemporal(2, 2).activation_map(\"negative\").apply_mask(mask_disc(v.shape, 64, 64, 45))",
        "jet",
    ),
    picture(
        "contours",
        "contours(v[0..62].smooth_spatiotemporal(2, 3).activation_map(\"negative\"), 20) & mask_disc(v.shape, 64, 64, 45)",
        "gray",
    ),
    picture(
        "hilbert_phase",
        "v.detrend().smooth_spatiotemporal(2, 3).hilbert_phase()[60]",
        "hsv",
    ),
    picture(
        "dominant_frequency",
        "v.smooth_spatiotemporal(1, 2).dominant_frequency(4, 40).clip(4, 20)",
        "viridis",
    ),
    picture("shift", "v[60].shift(20, -30)", "gray"),
];
