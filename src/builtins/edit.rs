//! Cropping, turning and flipping.

use crate::error::Result;
use crate::ops::edit;
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
}
