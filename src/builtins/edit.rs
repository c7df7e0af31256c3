//! Editing frames: cropping, padding, resizing, rotating, flipping and arranging.

use crate::error::Result;
use crate::ops::array::elementwise::Operand;
use crate::ops::array::frames;
use crate::ops::chain::Stage;
use crate::ops::edit::collage::{self, Collage};
use crate::ops::edit::geometry;
use crate::ops::edit::pad::{self, Pad, PadMode, ReflectType, Sides};
use crate::ops::edit::resize::{self, Interpolation, Resize};
use crate::script::Chained;
use crate::script::builtins;
use crate::script::call::arguments::{SampleValues, Videos};
use crate::video::Video;

builtins! {
    /// Removes `width` pixels from each side of every frame, or of an image.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns a view with frames 2·`width` pixels smaller in height and width; the
    /// metadata field `origin` says where they were cropped.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image, or if no pixel would be left.
    ///
    /// ```
    /// crop(example_video(), 8).shape // => [200, 112, 112]
    /// ```
    ///
    /// See also: `pad`, `apply_mask`, `roi_bounds`
    fn crop(
        /// Video to crop, gray or color, or image.
        video: Chained,
        /// Pixels to remove on each side; 0 leaves the video as it is.
        width: usize [px],
    ) -> Result<Video> {
        let stage = Stage::of_frames("crop");
        stage.apply_view(video.0, move |video| geometry::crop(video, width))
    }

    /// Adds `width` pixels on each side of every frame, or of an image.
    ///
    /// The modes are those of `numpy.pad`, first above and below, then left and right:
    ///
    /// | mode | around `a b c d` | parameter |
    /// |---|---|---|
    /// | `constant` | `0 0 a b c d 0 0` | `constant_values` |
    /// | `edge` | `a a a b c d d d` | |
    /// | `linear_ramp` | linear from the edge to the end value | `end_values` |
    /// | `maximum`, `mean`, `median`, `minimum` | that of the row or column | `stat_length` |
    /// | `reflect` | `c b a b c d c b` | `reflect_type` |
    /// | `symmetric` | `b a a b c d d c` | `reflect_type` |
    /// | `wrap` | `c d a b c d a b` | |
    /// | `empty` | zeros | |
    ///
    /// `constant_values`, `stat_length` and `end_values` are a number for all sides,
    /// `[before, after]`, or a pair for each axis, `[[0, 0], [top, bottom], [left, right]]`; of an
    /// image without the first. As in NumPy, the samples that `reflect_type: "odd"` computes wrap
    /// around in int types: −1 becomes the largest value of an unsigned type.
    ///
    /// Returns an array with frames 2·`width` pixels larger in height and width, in the sample type
    /// of the input.
    ///
    /// Fails if a value does not fit into the sample type, an option belongs to another mode, or
    /// the mode needs samples and the frames have none.
    ///
    /// ```
    /// pad(example_video(), 8).shape // => [200, 144, 144]
    /// pad(example_video(2), 8, "reflect")[[0, 0, 0]] == example_video(2)[[0, 8, 8]] // => true
    /// ```
    ///
    /// See also: `crop`, `collage`, `resize`
    ///
    /// Source: NumPy's `numpy.pad`.
    fn pad(
        /// Gray video {t, y, x} or image to pad.
        video: Chained,
        /// Pixels to add on each side.
        width: usize [px],
        /// How to fill the added pixels.
        mode: PadMode = PadMode::Constant,
        /// Values of the added pixels for mode "constant"; default: 0.
        constant_values: Option<Sides> = None,
        /// Number of samples next to the edge that statistics are computed from; default: all.
        stat_length: Option<Sides> = None,
        /// Values at the outer ends for mode "linear_ramp"; default: 0.
        end_values: Option<Sides> = None,
        /// Reflection: "even" (default) copies samples; "odd" takes twice the edge sample minus the
        /// sample.
        reflect_type: Option<ReflectType> = None,
    ) -> Result<Video> {
        let pad = Pad { width, mode, constant_values, stat_length, end_values, reflect_type };
        Stage::of_frames("pad").apply(video.0, move |video| pad::pad(video, &pad))
    }

    /// Resizes every frame, with the interpolations of OpenCV.
    ///
    /// Enlarge with `linear` (2×2 pixels), `cubic` (4×4, a = −0.75) or `lanczos` (8×8). Shrink with
    /// `area`, the mean of the pixels that a larger one covers. `nearest` repeats or drops pixels
    /// and works for every sample type; the others take uint8, uint16, int16, float32 and float64.
    /// Ints are rounded and saturate.
    ///
    /// Returns a video {t, y, x} or {t, y, x, channel}, or an image, in the sample type of the
    /// input; the pixel size is adjusted.
    ///
    /// Fails if both or none of `shape` and `scale` are given, the result would have no pixel, or
    /// the sample type cannot be interpolated (use `astype`).
    ///
    /// ```
    /// example_video(5, 100, 80).resize([40, 50]).shape // => [5, 50, 40]
    /// example_video().resize(#{scale: 0.5, interpolation: "area"}).shape // => [200, 64, 64]
    /// ```
    ///
    /// See also: `crop`, `pad`, `downsample_time`
    ///
    /// Source: OpenCV's `cv2.resize`, to within the rounding of ints.
    fn resize(
        /// Video or image to resize, gray or color.
        video: Chained,
        /// Width and height of the result, in this order; either this or `scale` is needed.
        shape: Option<Vec<i64>> [px] = None,
        /// Factor for width and height, such as 0.5 for half the size.
        scale: Option<f64> = None,
        /// How samples between pixels are computed.
        interpolation: Interpolation = Interpolation::Cubic,
    ) -> Result<Video> {
        let options = Resize { shape, scale, interpolation };
        Stage::of_frames("resize").apply(video.0, move |video| resize::resize(&video, &options))
    }

    /// Arranges videos of one shape in a grid, row by row.
    ///
    /// The grid always has `ncols` columns: the last row is filled up with empty cells, and so is
    /// the first if there are fewer videos.
    ///
    /// Returns a video {t, y, x} or {t, y, x, channel}, or an image for images, in the common
    /// sample type of the inputs, with the metadata of the first.
    ///
    /// Fails if there is no video, the shapes differ, `ncols` is 0, or `padding_value` does not fit
    /// into the sample type.
    ///
    /// ```
    /// let v = example_video(10);
    /// collage([v, v, v], 2, 4).shape // => [10, 260, 260]
    /// collage([v[0], v[5]], 2).shape // => [128, 256]
    /// ```
    ///
    /// See also: `export_videos`, `contact_sheet`, `concatenate`, `stack`
    fn collage(
        /// Videos or images, gray or color; or an array that holds them along its first axis.
        videos: Videos,
        /// Number of columns of the grid.
        ncols: usize = 6,
        /// Pixels between videos.
        padding: usize [px] = 0,
        /// Value between videos and in empty cells: a number, or one for each channel.
        padding_value: SampleValues = SampleValues(Operand::Int(0)),
    ) -> Result<Video> {
        let padding_value = padding_value.0;
        let options = Collage { ncols, padding, padding_value };
        let stage = Stage::of_frames("collage");
        stage.apply_to_all(videos.each()?, move |videos| collage::collage(&videos, &options))
    }

    /// Rotates every frame by 90° counter-clockwise, `k` times.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns a view; height and width are swapped if `k` is odd.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image {y, x}.
    ///
    /// ```
    /// example_video(10, 64, 128).rotate_left().shape // => [10, 128, 64]
    /// ```
    ///
    /// See also: `rotate_right`, `transpose`, `flip_up_down`
    ///
    /// Source: NumPy's `numpy.rot90` with `axes=(1, 2)`.
    fn rotate_left(
        /// Video to rotate, gray or color, or image.
        video: Chained,
        /// Number of rotations by 90°; negative values rotate clockwise.
        k: i64 = 1,
    ) -> Result<Video> {
        let stage = Stage::of_frames("rotate_left");
        stage.apply_view(video.0, move |video| geometry::rotate_left(video, k))
    }

    /// Rotates every frame by 90° clockwise, `k` times.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns a view; height and width are swapped if `k` is odd.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image {y, x}.
    ///
    /// ```
    /// example_video(10, 64, 128).rotate_right(2).shape // => [10, 64, 128]
    /// ```
    ///
    /// See also: `rotate_left`, `transpose`, `flip_left_right`
    ///
    /// Source: NumPy's `numpy.rot90` with `axes=(2, 1)`.
    fn rotate_right(
        /// Video to rotate, gray or color, or image.
        video: Chained,
        /// Number of rotations by 90°; negative values rotate counter-clockwise.
        k: i64 = 1,
    ) -> Result<Video> {
        let stage = Stage::of_frames("rotate_right");
        stage.apply_view(video.0, move |video| geometry::rotate_right(video, k))
    }

    /// Flips every frame upside down: the first row becomes the last.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns a view with the shape of the input.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image {y, x}.
    ///
    /// ```
    /// let v = example_video(2);
    /// v.flip_up_down()[[0, 0, 5]] == v[[0, 127, 5]] // => true
    /// ```
    ///
    /// See also: `flip_left_right`, `rotate_left`
    fn flip_up_down(
        /// Video to flip, gray or color, or image.
        video: Chained,
    ) -> Result<Video> {
        let stage = Stage::of_frames("flip_up_down");
        stage.apply_view(video.0, geometry::flip_up_down)
    }

    /// Flips every frame left to right: the first column becomes the last.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns a view with the shape of the input.
    ///
    /// Fails if `video` is neither a video {t, y, x} nor an image {y, x}.
    ///
    /// ```
    /// let v = example_video(2);
    /// v.flip_left_right()[[0, 5, 0]] == v[[0, 5, 127]] // => true
    /// ```
    ///
    /// See also: `flip_up_down`, `rotate_left`
    fn flip_left_right(
        /// Video to flip, gray or color, or image.
        video: Chained,
    ) -> Result<Video> {
        let stage = Stage::of_frames("flip_left_right");
        stage.apply_view(video.0, geometry::flip_left_right)
    }

    /// Interleaves the frames of several videos: the first of each, then the second of each.
    ///
    /// Frame t of video i becomes frame `n·t + i` of the result. Later videos may be one frame
    /// shorter.
    ///
    /// Returns a video with as many frames as all n videos together, in their common sample type,
    /// with the metadata of the first and n times its frame rate.
    ///
    /// Fails if there is no video, or the frame shapes or lengths do not fit.
    ///
    /// ```
    /// let v = example_video(10);
    /// interleave([v, v]).shape // => [20, 128, 128]
    /// ```
    ///
    /// See also: `deinterleave`, `concatenate`, `stack`
    fn interleave(
        /// Videos with frames of one shape.
        videos: Vec<Video>,
    ) -> Result<Video> {
        frames::interleave(&videos)
    }

    /// Splits a recording with alternating light or colors into one video for each.
    ///
    /// Takes no time and no memory, whatever the size of the video: the samples are shared.
    ///
    /// Returns an array of `n` views; part i has the frames i, i + n, i + 2n and so on, and the
    /// frame rate of the recording divided by `n`.
    ///
    /// Fails if `n` is not between 1 and the number of frames.
    ///
    /// ```
    /// let parts = deinterleave(example_video(21), 2);
    /// parts.map(|part| part.len) // => [11, 10]
    /// ```
    ///
    /// See also: `interleave`, `slice`, `ratio`
    fn deinterleave(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Number of parts.
        n: usize = 2,
    ) -> Result<Vec<Video>> {
        frames::deinterleave(&video, n)
    }
}
