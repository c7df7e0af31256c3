//! Cropping, padding, turning, resizing and arranging.

use crate::error::Result;
use crate::ops::collage::{self, Collage};
use crate::ops::elementwise::Operand;
use crate::ops::pad::{self, Pad, PadMode, ReflectType, Sides};
use crate::ops::resize::{self, Interpolation, Resize};
use crate::ops::{edit, frames};
use crate::script::arguments::{Samples, Videos};
use crate::script::builtins;
use crate::video::Video;

builtins! {
    /// Removes `width` pixels from each side of every frame.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// crop(example_video(), 8).shape // => [200, 112, 112]
    /// ```
    fn crop(
        /// Video to crop.
        video: Video,
        /// Pixels to remove on each side; 0 leaves the video as it is.
        width: usize [px],
    ) -> Result<Video> {
        edit::crop(video, width)
    }

    /// Adds `width` pixels on each side of every frame.
    ///
    /// The modes are those of `numpy.pad`, first above and below, then on the left and the right:
    ///
    /// | mode | around `a b c d` | takes |
    /// |---|---|---|
    /// | `constant` | `0 0 a b c d 0 0` | `constant_values` |
    /// | `edge` | `a a a b c d d d` | |
    /// | `linear_ramp` | evenly from the edge to the end | `end_values` |
    /// | `maximum`, `mean`, `median`, `minimum` | that of the row or column | `stat_length` |
    /// | `reflect` | `c b a b c d c b` | `reflect_type` |
    /// | `symmetric` | `b a a b c d d c` | `reflect_type` |
    /// | `wrap` | `c d a b c d a b` | |
    /// | `empty` | zeros | |
    ///
    /// Values are a number for all sides, `[before, after]` or a pair for each axis,
    /// `[[0, 0], [top, bottom], [left, right]]`. Numbers that an int type cannot hold lose their
    /// upper bits, as in NumPy: -1 becomes the largest value of an unsigned type.
    ///
    /// ```
    /// pad(example_video(), 8).shape // => [200, 144, 144]
    /// pad(example_video(2), 8, "reflect")[[0, 0, 0]] == example_video(2)[[0, 8, 8]] // => true
    /// ```
    fn pad(
        /// Video to pad.
        video: Video,
        /// Pixels to add on each side.
        width: usize [px],
        /// What stands in them.
        mode: PadMode = PadMode::Constant,
        /// Numbers for mode `constant`; by default 0.
        constant_values: Option<Sides> = None,
        /// Numbers of samples at the edge that statistics are of; by default all.
        stat_length: Option<Sides> = None,
        /// Numbers at the ends for mode `linear_ramp`; by default 0.
        end_values: Option<Sides> = None,
        /// `even` by default; `odd` takes twice the sample at the edge minus the reflected one.
        reflect_type: Option<ReflectType> = None,
    ) -> Result<Video> {
        pad::pad(video, &Pad { width, mode, constant_values, stat_length, end_values, reflect_type })
    }

    /// Resizes every frame.
    ///
    /// The interpolations are those of OpenCV, to within the rounding of ints: `nearest` repeats or
    /// drops pixels and takes samples of any type; `linear` (2×2 pixels), `cubic` (4×4, a = −0.75) and `lanczos`
    /// (8×8) are for enlarging; `area` takes the mean of the pixels that a larger one covers, which
    /// is best for making frames smaller. Ints are rounded and saturate.
    ///
    /// ```
    /// example_video(5, 100, 80).resize([40, 50]).shape // => [5, 50, 40]
    /// example_video().resize(#{scale: 0.5, interpolation: "area"}).shape // => [200, 64, 64]
    /// ```
    fn resize(
        /// Video or image to resize, gray or coloured.
        video: Video,
        /// Width and height of the result; either this or `scale` is needed.
        shape: Option<Vec<i64>> [px] = None,
        /// Factor for width and height, such as 0.5 for half the size.
        scale: Option<f64> = None,
        /// How samples between pixels are found.
        interpolation: Interpolation = Interpolation::Cubic,
    ) -> Result<Video> {
        resize::resize(&video, &Resize { shape, scale, interpolation })
    }

    /// Arranges videos of one shape in a grid.
    ///
    /// The last row is filled up with empty cells, and so is the first if it has fewer than `ncols`.
    ///
    /// ```
    /// let v = example_video(10);
    /// collage([v, v, v], 2, 4).shape // => [10, 260, 260]
    /// collage([v[0], v[5]], 2).shape // => [128, 256]
    /// ```
    fn collage(
        /// Videos or images, gray or coloured; or an array that holds them along its first axis.
        videos: Videos,
        /// Number of videos in a row.
        ncols: usize = 6,
        /// Pixels between videos.
        padding: usize [px] = 0,
        /// What stands between videos and in empty cells: a number, or one for each channel.
        padding_value: Samples = Samples(Operand::Int(0)),
    ) -> Result<Video> {
        let padding_value = padding_value.0;
        collage::collage(&videos.0, &Collage { ncols, padding, padding_value })
    }

    /// Rotates every frame by 90° counter-clockwise, `k` times.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// example_video(10, 64, 128).rotate_left().shape // => [10, 128, 64]
    /// ```
    fn rotate_left(
        /// Video to rotate.
        video: Video,
        /// How many times to rotate by 90°; negative values rotate clockwise.
        k: i64 = 1,
    ) -> Result<Video> {
        edit::rotate_left(video, k)
    }

    /// Rotates every frame by 90° clockwise, `k` times.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// example_video(10, 64, 128).rotate_right(2).shape // => [10, 64, 128]
    /// ```
    fn rotate_right(
        /// Video to rotate.
        video: Video,
        /// How many times to rotate by 90°; negative values rotate counter-clockwise.
        k: i64 = 1,
    ) -> Result<Video> {
        edit::rotate_right(video, k)
    }

    /// Flips every frame upside down.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// let v = example_video(2);
    /// v.flip_up_down()[[0, 0, 5]] == v[[0, 127, 5]] // => true
    /// ```
    fn flip_up_down(
        /// Video to flip.
        video: Video,
    ) -> Result<Video> {
        edit::flip_up_down(video)
    }

    /// Exchanges left and right in every frame.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video.
    ///
    /// ```
    /// let v = example_video(2);
    /// v.flip_left_right()[[0, 5, 0]] == v[[0, 5, 127]] // => true
    /// ```
    fn flip_left_right(
        /// Video to flip.
        video: Video,
    ) -> Result<Video> {
        edit::flip_left_right(video)
    }

    /// Puts the frames of several videos in turn: the first of each, then the second of each.
    ///
    /// Frame t of video i becomes frame nt + i of the result, whose frame rate is n times that of the
    /// first of the n videos. Videos further back may be one frame shorter.
    ///
    /// ```
    /// let v = example_video(10);
    /// interleave([v, v]).shape // => [20, 128, 128]
    /// ```
    fn interleave(
        /// Videos with frames of one size.
        videos: Vec<Video>,
    ) -> Result<Video> {
        frames::interleave(&videos)
    }

    /// Takes apart a recording of several colours in turn, as cameras make with alternating light.
    ///
    /// Shares the samples: it costs nothing, whatever the size of the video. The frame rate of each
    /// part is that of the recording divided by `n`.
    ///
    /// ```
    /// let parts = deinterleave(example_video(21), 2);
    /// parts.map(|part| part.len) // => [11, 10]
    /// ```
    fn deinterleave(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Number of parts; part i gets the frames i, i + n, i + 2n and so on.
        n: usize = 2,
    ) -> Result<Vec<Video>> {
        frames::deinterleave(&video, n)
    }
}
