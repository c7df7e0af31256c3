//! Help, and what scripts need besides videos.

use crate::error::Result;
use crate::ops::describe::{self, Description};
use crate::script::{builtins, docs};
use crate::video::Video;

builtins! {
    /// Shows what a function does; without a name, all functions by topic.
    ///
    /// ```
    /// help("crop")
    /// ```
    fn help(
        &context,
        /// Name of a function or module.
        name: Option<String> = None,
    ) -> Result<()> {
        let text = match name {
            Some(name) => docs::help(context, &name)?,
            None => docs::overview(context),
        };
        context.print(text.trim_end());
        Ok(())
    }

    /// Looks at all samples of a video: range, mean, deviation, drift, NaN and saturated samples.
    ///
    /// Printed, the description is a block of lines; its properties are `shape`, `dtype`, `min`,
    /// `max`, `mean`, `std`, `nan`, `infinite`, `saturated`, `drift` (by how many percent the mean of
    /// the last frame differs from that of the first) and `nbytes`.
    ///
    /// ```
    /// print(describe(example_video()))
    /// describe(example_video(10, 20, 30)).nan // => 0
    /// describe(example_video(10, 20, 30)).shape // => [10, 20, 30]
    /// ```
    fn describe(
        /// Video, image or trace.
        video: Video,
    ) -> Result<Description> {
        describe::describe(video)
    }
}
