//! Regions of frames: masks, and traces of the pixels within a region.

use std::path::PathBuf;

use rhai::{Array, Dynamic, Map};

use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::export;
use crate::io;
use crate::ops::array::elementwise::Operand;
use crate::ops::array::reduce;
use crate::ops::chain::Stage;
use crate::ops::mask::background;
use crate::ops::mask::profile;
use crate::ops::mask::region::{self, TraceWindow, Window};
use crate::ops::mask::shape::{self, Region};
use crate::script::{Chained, Value, builtins, region_from, region_to_map};
use crate::video::{Number, Video};

builtins! {
    /// Trace of a pixel, averaged over a region around it.
    ///
    /// The mean of the samples in each frame, weighted by `window`. Pixels outside of the frame and
    /// NaN samples are left out. A square or disc of even size has no middle pixel and reaches one
    /// pixel further up and left.
    ///
    /// Returns a trace {t}, or {t, channel} for a color video, with the frame rate of the video:
    /// float64 for float64 and for ints of more than 16 bits, else float32. A frame with nothing
    /// but NaN in the region gives NaN.
    ///
    /// Fails if `video` has no frames {t, y, x}, or if the pixel is outside of them.
    ///
    /// ```
    /// let v = example_video(20);
    /// trace(v, 64, 64).shape // => [20]
    /// trace(v, 64, 64, 9, "disc").fps // => 500.0
    /// trace(v, 3, 5, 1)[0] == v[[0, 3, 5]] // => true
    /// ```
    ///
    /// See also: `region_traces`, `set_default_trace_window`, `plot_traces`, `traces`.
    fn trace(
        &context,
        /// Video; each channel of a color video gives a trace.
        video: Chained,
        /// Row of the pixel, the first of its position `[y, x]`; rows count from the top.
        y: i64 [px],
        /// Column of the pixel, the second of its position `[y, x]`.
        x: i64 [px],
        /// Width of the square, diameter of the disc, or full width at half maximum (FWHM) of the
        /// Gaussian.
        size: usize [px] = 5,
        /// Weights of the region: a square or a disc of equal weights, or a Gaussian; default:
        /// "rect", or what `set_default_trace_window` has set.
        window: Option<Window> = None,
    ) -> Result<Video> {
        let window = window.unwrap_or(*context.trace_window());
        region::trace(&video.0, &TraceWindow { y, x, size, window })
    }

    /// Traces of several regions at once: the mean of the pixels of each, in every frame.
    ///
    /// A region is a map, as `load_regions` and `player.regions` give it, a mask (bool image), or
    /// the bounds `[y0, x0, y1, x1]` of a rectangle. NaN samples are left out.
    ///
    /// Returns an array with a trace {t} for each region, in their order, or {t, channel} for a
    /// color video, with the frame rate of the video: float64 for float64 and for ints of more than
    /// 16 bits, else float32.
    ///
    /// Fails if `video` has no frames {t, y, x}, or if a region has no pixel within them, is a mask
    /// of another shape, or is not a region.
    ///
    /// ```
    /// let v = example_video(20);
    /// let left = #{name: "left", type: "rectangle", bounds: [50, 20, 80, 60]};
    /// region_traces(v, [left, mask_disc(v.shape, 64, 90, 10)]).map(|t| t.len) // => [20, 20]
    /// ```
    ///
    /// See also: `trace`, `load_regions`, `region_mask`, `plot_traces`.
    fn region_traces(
        /// Video; each channel of a color video gives a trace.
        video: Chained,
        /// Regions: maps, masks or bounds.
        regions: Array,
    ) -> Result<Array> {
        let video = video.0;
        let shape: Vec<i64> = video.shape().iter().map(|len| *len as i64).collect();
        let masks = regions.iter().map(|region| {
            let region = of_script("region_traces", region)?;
            region.shape.mask("region_traces", &shape)
        });
        let masks = masks.collect::<Result<Vec<_>>>()?;
        let traces = region::mask_traces("region_traces", &video, &masks)?;
        Ok(traces.into_iter().map(Value::into_dynamic).collect())
    }

    /// Sets the window of traces for calls of `trace` that give none.
    ///
    /// It holds until the end of the session.
    ///
    /// Returns `()`.
    ///
    /// ```
    /// set_default_trace_window("disc")
    /// let v = example_video(5);
    /// equals(v.trace(64, 64, 9), v.trace(64, 64, 9, "disc")) // => true
    /// set_default_trace_window("rect")
    /// ```
    ///
    /// See also: `get_default_trace_window`, `trace`.
    ///
    /// Source: `optimap.trace.set_default_trace_window` of the Python package.
    fn set_default_trace_window(
        &context,
        /// Weights of the region: a square or a disc of equal weights, or a Gaussian.
        window: Window,
    ) -> () {
        *context.trace_window() = window;
    }

    /// Window of traces for calls of `trace` that give none.
    ///
    /// Returns a string.
    ///
    /// ```
    /// get_default_trace_window() // => "rect"
    /// ```
    ///
    /// See also: `set_default_trace_window`, `trace`.
    ///
    /// Source: `optimap.trace.get_default_trace_window` of the Python package.
    fn get_default_trace_window(
        &context,
    ) -> String {
        context.trace_window().name().to_owned()
    }

    /// Mask of the pixels whose centers are inside a polygon.
    ///
    /// By the even–odd rule: where a polygon that crosses itself is wound twice, it has a hole. Of
    /// pixel centers on an edge, those on an upper or right edge are inside, as in ImageJ.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `shape` is not that of an image or video, if there are fewer than 3 points, or if a
    /// number is not finite.
    ///
    /// ```
    /// count(mask_polygon([9, 9], [[1, 1], [1, 5], [5, 1]])) // => 10
    /// ```
    ///
    /// See also: `mask_disc`, `mask_rect`, `region_mask`, `apply_mask`.
    fn mask_polygon(
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
        /// Corners `[[y, x], …]`, three or more.
        points: Vec<Vec<f64>>,
    ) -> Result<Video> {
        let corner = |point: Vec<f64>| match point[..] {
            [y, x] => Ok([y, x]),
            _ => Err(Error::new(format!(
                "mask_polygon needs `points` to be pairs [y, x], got {point:?}"
            ))),
        };
        let corners = points.into_iter().map(corner).collect::<Result<Vec<_>>>()?;
        shape::mask_polygon(&shape, &corners)
    }

    /// Mask of the pixels of a region.
    ///
    /// Those whose centers are inside, or those under a line: the same pixels as in a window.
    ///
    /// A region is a map with a `type` and coordinates, in which the center of the first pixel is
    /// `[0, 0]`:
    ///
    /// | type | coordinates |
    /// |---|---|
    /// | `"rectangle"` | `bounds`: whole pixels `[y0, x0, y1, x1]`, exclusive at the end |
    /// | `"ellipse"` | `center` `[y, x]`, and `radii` along y and x |
    /// | `"polygon"`, `"freehand"` | `points` `[[y, x], …]`, three or more |
    /// | `"line"` | `points`, two or more |
    /// | `"mask"` | `mask`: a bool image of the shape of the frames |
    ///
    /// It may have a `name`, a `color`, and the index `video` of its video in a window of several.
    /// `"rect"` and `"oval"` are understood, too.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `region` is not a region, if `shape` is not that of an image or video, or if it is
    /// not that of a mask.
    ///
    /// ```
    /// let apex = #{name: "apex", type: "ellipse", center: [4, 4], radii: [2.5, 3.5]};
    /// count(region_mask(apex, [9, 9])) // => 31
    /// let p = show_video(example_video(5), #{block: false});
    /// p.regions = [apex];
    /// equals(region_mask(p.regions[0], [128, 128]), p.masks[0]) // => true
    /// ```
    ///
    /// See also: `load_regions`, `region_traces`, `mask_polygon`, `mask_disc`.
    fn region_mask(
        /// Region: a map, a mask, or the bounds `[y0, x0, y1, x1]` of a rectangle.
        region: Dynamic,
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
    ) -> Result<Video> {
        of_script("region_mask", &region)?.shape.mask("region_mask", &shape)
    }

    /// Loads regions by name: JSON, or ImageJ's `.roi` and `RoiSet.zip`.
    ///
    /// JSON is a list of the maps that `region_mask` takes; of a mask it has the `shape` of the
    /// frames and the `runs` of pixels `[y, x0, x1]`, without column `x1`. Of ImageJ, rectangles,
    /// ovals, polygons, freehand and traced regions, and lines are read, lines without their width;
    /// others, such as points and splines, are left out with a warning. Coordinates are those of
    /// this program: ImageJ's are half a pixel larger, except for lines.
    ///
    /// Returns an array of maps, as `region_mask` and `player.regions` take them.
    ///
    /// Fails if the file cannot be read, is damaged, or holds something else.
    ///
    /// ```
    /// save_regions("heart.json", [#{name: "LV", type: "rectangle", bounds: [50, 20, 80, 60]}]);
    /// load_regions("heart.json")[0].name // => "LV"
    /// let v = example_video(5);
    /// region_traces(v, load_regions("heart.json")).len() // => 1
    /// let p = show_video(v, #{block: false});
    /// p.regions = load_regions("heart.json");
    /// p.regions[0].bounds // => [50, 20, 80, 60]
    /// ```
    ///
    /// See also: `save_regions`, `region_traces`, `region_mask`.
    ///
    /// Source: the fields of ImageJ's `RoiDecoder`.
    fn load_regions(
        /// File to load: `.json`, `.roi` or `.zip`.
        filename: PathBuf,
    ) -> Result<Vec<Map>> {
        Ok(io::load_regions(&filename)?.iter().map(region_to_map).collect())
    }

    /// Saves regions by name; the extension decides the format.
    ///
    /// `.json` is a list with a line for each region; `.zip` is opened by ImageJ's ROI Manager, and
    /// `.roi` holds one region. ImageJ stores coordinates in single precision, in frames of up to
    /// 32767 pixels, and no masks.
    ///
    /// Returns `()`.
    ///
    /// Fails if one is not a region, if it is a mask and the file is ImageJ's, if the extension is
    /// another, or if the file cannot be written.
    ///
    /// ```
    /// let lv = #{name: "LV", type: "polygon", points: [[5, 5], [5, 20], [30, 12]]};
    /// save_regions("RoiSet.zip", [lv]);
    /// load_regions("RoiSet.zip")[0].points[2] // => [30.0, 12.0]
    /// ```
    ///
    /// See also: `load_regions`, `region_mask`, `save_mask`.
    ///
    /// Source: the fields of ImageJ's `RoiDecoder`.
    fn save_regions(
        /// File to write: `.json`, `.roi` or `.zip`.
        filename: PathBuf,
        /// Regions, as `region_mask` takes them, such as `player.regions`.
        regions: Array,
    ) -> Result<()> {
        let regions = regions.iter().map(|region| of_script("save_regions", region));
        io::save_regions(&filename, &regions.collect::<Result<Vec<_>>>()?)
    }

    /// Loads a mask from an image file or `.npy`, painted in any way.
    ///
    /// If any of the image is transparent, the mask is true where its opacity exceeds one half.
    /// Otherwise it is true where the brightest channel exceeds half of the largest sample. A file
    /// of black and white is that mask.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if the file is not an image that can be read.
    ///
    /// ```
    /// let m = mask_disc([64, 64], 30, 30, 10);
    /// save_mask("mask.png", m);
    /// equals(load_mask("mask.png"), m) // => true
    /// ```
    ///
    /// See also: `save_mask`, `foreground_mask`, `apply_mask`.
    ///
    /// Source: `optimap.image.load_mask` of the Python package.
    fn load_mask(
        /// File to load: `.png`, `.tif`, `.jpg`, `.bmp` or `.npy`.
        filename: PathBuf,
    ) -> Result<Video> {
        export::load_mask(&filename)
    }

    /// Saves a mask as an image: transparent where it is false.
    ///
    /// What is opaque is white, or the image, scaled from its minimum and maximum to 8 bits: erase
    /// or paint on it in any program for images, and load the result. `.npy` holds the mask itself.
    ///
    /// Returns `()`.
    ///
    /// Fails if `mask` is not a bool image, if `image` has another shape, if the extension is
    /// another, or if the file cannot be written.
    ///
    /// ```
    /// let frame = example_video(1)[0];
    /// save_mask("heart.png", foreground_mask(frame), frame);
    /// load_image("heart.png").shape // => [128, 128, 4]
    /// ```
    ///
    /// See also: `load_mask`, `save_image`, `save_regions`.
    ///
    /// Source: `optimap.image.save_mask` of the Python package.
    fn save_mask(
        /// File to write: `.png`, `.tif`, `.tiff` or `.npy`.
        filename: PathBuf,
        /// Mask to save.
        mask: Video,
        /// Image to show where the mask is true.
        image: Option<Video> = None,
    ) -> Result<()> {
        export::save_mask(&filename, &mask, image.as_ref())
    }

    /// Values along a line: the profile of an image, the kymograph of a video.
    ///
    /// The values are one pixel apart, from the first point on, and interpolated linearly between
    /// pixels. NaN where a pixel beside the line is NaN. Parallel lines outside of the frame are
    /// left out.
    ///
    /// Returns a trace {distance} for an image, an image {t, distance} for a video: float64 for
    /// float64 and for ints of more than 16 bits, else float32. The frame rate stays.
    ///
    /// Fails if `video` is neither an image nor a gray video, if there are fewer than two points,
    /// if one is outside of the frame, or if `width` is 0.
    ///
    /// ```
    /// let v = video([[[0, 1, 2, 3], [4, 5, 6, 7]]]);
    /// line_profile(v[0], [[0, 0], [0, 3]]).to_array() // => [0.0, 1.0, 2.0, 3.0]
    /// line_profile(v, [[0.5, 0], [0.5, 2]]).to_array() // => [[2.0, 3.0, 4.0]]
    /// line_profile(example_video(20), [[20, 20], [50, 60]], 3).shape // => [20, 51]
    /// ```
    ///
    /// See also: `trace`, `plot_traces`, `show_video`.
    fn line_profile(
        /// Image {y, x} or video {t, y, x}.
        video: Video,
        /// Positions `[[y, x], …]` on the line, at least two; whole numbers are the centers of
        /// pixels. Those of a line drawn in a window are `player.regions[0].points`.
        points: Vec<Vec<f64>> [px],
        /// Number of parallel lines, one pixel apart, whose mean is returned.
        width: usize [px] = 1,
    ) -> Result<Video> {
        profile::line_profile(&video, &points, width)
    }

    /// Mask of the pixels less than `radius` away from a point.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `shape` is not that of an image or video, if `radius` is negative, or if a number
    /// is not finite.
    ///
    /// ```
    /// count(mask_disc([128, 128], 64, 64, 10)) // => 305
    /// let v = example_video(2);
    /// v.apply_mask(mask_disc(v.shape, 64, 64, 50)).dtype // => "float32"
    /// ```
    ///
    /// See also: `mask_rect`, `mask_threshold`, `apply_mask`.
    fn mask_disc(
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
        /// Row of the center, the first of its position `[y, x]`.
        y: f64 [px],
        /// Column of the center, the second of its position `[y, x]`.
        x: f64 [px],
        /// Radius of the disc.
        radius: f64 [px],
    ) -> Result<Video> {
        region::mask_disc(&shape, y, x, radius)
    }

    /// Mask of the pixels of a rectangle.
    ///
    /// What is outside of the frame is cut off.
    ///
    /// Returns a bool image {y, x}.
    ///
    /// Fails if `shape` is not that of an image or video, or if y0 > y1 or x0 > x1.
    ///
    /// ```
    /// count(mask_rect([128, 128], 10, 20, 14, 25)) // => 20
    /// ```
    ///
    /// See also: `roi_bounds`, `mask_disc`, `apply_mask`.
    fn mask_rect(
        /// Shape of an image or a video, such as `video.shape`.
        shape: Vec<i64>,
        /// First row; the top left corner is `[y0, x0]`.
        y0: i64 [px],
        /// First column; the top left corner is `[y0, x0]`.
        x0: i64 [px],
        /// Row to stop before (exclusive); the bottom right corner is just before `[y1, x1]`.
        y1: i64 [px],
        /// Column to stop before (exclusive); the bottom right corner is just before `[y1, x1]`.
        x1: i64 [px],
    ) -> Result<Video> {
        region::mask_rect(&shape, [y0, x0, y1, x1])
    }

    /// Mask of the samples above a threshold, by default Otsu's.
    ///
    /// Otsu's threshold separates bright from dark best: it maximizes the variance between the two
    /// classes. It is searched among all values of ints of at most 16 bits, and in 256 bins for
    /// other types. NaN samples are false.
    ///
    /// Returns a bool array of the shape of the input.
    ///
    /// Fails if no threshold is given and there are only NaN samples or a float sample is infinite.
    ///
    /// ```
    /// mask_threshold(video([[1, 2], [8, 9]])).to_array() // => [[false, false], [true, true]]
    /// example_video(9).mean(0).mask_threshold().roi_bounds().len() // => 4
    /// ```
    ///
    /// See also: `mask_disc`, `apply_mask`, `histogram`.
    ///
    /// Source: Otsu 1979, doi:10.1109/TSMC.1979.4310076, as in scikit-image's `threshold_otsu`.
    fn mask_threshold(
        /// Image or video, often the mean or maximum of a video over time.
        image: Video,
        /// Value that samples must exceed; default: Otsu's threshold of the samples.
        threshold: Option<f64> = None,
    ) -> Result<Video> {
        region::mask_threshold(&image, threshold)
    }

    /// Mask of the background: the samples at or below a threshold.
    ///
    /// The threshold of `detect_background_threshold`, unless another is given. NaN is neither
    /// background nor foreground.
    ///
    /// Returns a bool array of the shape of the input.
    ///
    /// Fails if no threshold is given and there are only NaN samples or one is infinite.
    ///
    /// ```
    /// let frame = example_video(1)[0];
    /// equals(background_mask(frame), !foreground_mask(frame)) // => true
    /// ```
    ///
    /// See also: `foreground_mask`, `detect_background_threshold`, `mask_threshold`.
    ///
    /// Source: `optimap.image.background_mask` of the Python package, which leaves the samples
    /// equal to the threshold out of both masks.
    fn background_mask(
        /// Image or video.
        image: Video,
        /// Largest sample of the background; default: found by `detect_background_threshold`.
        threshold: Option<f64> = None,
    ) -> Result<Video> {
        background::background_mask(&image, threshold)
    }

    /// Mask of the foreground: the samples above a threshold.
    ///
    /// The threshold of `detect_background_threshold`, unless another is given.
    ///
    /// Returns a bool array of the shape of the input.
    ///
    /// Fails if no threshold is given and there are only NaN samples or one is infinite.
    ///
    /// ```
    /// let heart = foreground_mask(example_video(20).mean(0)).largest_component();
    /// heart[[64, 64]] // => true
    /// ```
    ///
    /// See also: `background_mask`, `mask_threshold`, `largest_component`, `fill_holes`.
    ///
    /// Source: `optimap.image.foreground_mask` of the Python package.
    fn foreground_mask(
        /// Image or video.
        image: Video,
        /// Largest sample of the background; default: found by `detect_background_threshold`.
        threshold: Option<f64> = None,
    ) -> Result<Video> {
        background::foreground_mask(&image, threshold)
    }

    /// Threshold between a dark background and a brighter foreground.
    ///
    /// Generalized histogram thresholding without priors: the threshold at which two normal
    /// distributions, one for each class, fit the samples best; unlike Otsu's threshold
    /// (`mask_threshold`) they may be of very different widths. It is searched among all values of
    /// ints of at most 16 bits, without 0 and the largest value of unsigned ones, and in 4096 bins
    /// for other types. A class is at least as wide as rounding makes it. NaN is ignored.
    ///
    /// Returns a float.
    ///
    /// Fails if there are only NaN samples or one is infinite.
    ///
    /// ```
    /// detect_background_threshold(video([[10, 11, 12, 11], [90, 70, 110, 100]], "uint8")) // => 40.5
    /// ```
    ///
    /// See also: `background_mask`, `foreground_mask`, `mask_threshold`.
    ///
    /// Source: Barron 2020, doi:10.1007/978-3-030-58558-7_14;
    /// `optimap.image.detect_background_threshold` of the Python package.
    fn detect_background_threshold(
        /// Image or video.
        image: Video,
    ) -> Result<f64> {
        reduce::ght("detect_background_threshold", &image)
    }

    /// Sets the samples where a mask is false to a fill value.
    ///
    /// If the sample type cannot represent `fill_value`, ints become float32, or float64 if they
    /// have more than 16 bits.
    ///
    /// Returns an array of the shape of the input.
    ///
    /// Fails if `mask` is not bool, or if it has neither the shape of the frames nor that of the
    /// video.
    ///
    /// ```
    /// let v = video([[[1, 2], [3, 4]]]);
    /// apply_mask(v, v[0] > 2, 0).to_array() // => [[[0, 0], [3, 4]]]
    /// ```
    ///
    /// See also: `where`, `mask_disc`, `mask_rect`, `mask_threshold`.
    fn apply_mask(
        /// Video or image to mask.
        video: Chained,
        /// Mask of the shape of the frames or of the video; true keeps the samples.
        mask: Chained,
        /// Value of the samples where the mask is false.
        fill_value: Number = Number::Float(f64::NAN),
    ) -> Result<Video> {
        let stage = Stage::of_frames("apply_mask");
        stage.apply_with(video.0, vec![Operand::Array(mask.0)], move |video, operands| {
            let [Operand::Array(mask)] = operands else { unreachable!("one mask") };
            region::apply_mask(video, mask, fill_value)
        })
    }

    /// Bounding box of the true samples of a mask: `[y0, x0, y1, x1]`.
    ///
    /// Row `y1` and column `x1` are exclusive, as in `mask_rect`. A mask of a video gives the box
    /// over all frames.
    ///
    /// Returns an array of four ints.
    ///
    /// Fails if `mask` is not bool, has fewer than two axes, or is true nowhere.
    ///
    /// ```
    /// roi_bounds(mask_rect([128, 128], 10, 20, 14, 25)) // => [10, 20, 14, 25]
    /// ```
    ///
    /// See also: `mask_rect`, `crop`, `argwhere`.
    fn roi_bounds(
        /// Mask of a frame or of a video.
        mask: Video,
    ) -> Result<Vec<usize>> {
        Ok(region::roi_bounds(&mask)?.into())
    }
}

/// A region of a script.
fn of_script(function: &str, region: &Dynamic) -> Result<Region> {
    region_from(region).map_err(|error| {
        let of_function = Error::new(format!("{function}: {}", error.message()));
        error
            .hints()
            .iter()
            .fold(of_function, |error, hint| error.hint(hint))
    })
}
