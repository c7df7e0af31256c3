//! Help, and a summary of what an array contains.

use crate::draw::terminal;
use crate::error::Result;
use crate::ops::array::describe::{self, VideoDescription};
use crate::script::{builtins, docs};
use crate::text::wrap::wrapped;
use crate::video::Video;

builtins! {
    /// Prints the documentation of a function or module; without a name, lists all by topic.
    ///
    /// Fails if there is no function or module of that name; the error suggests a similar one.
    ///
    /// ```
    /// help("crop")
    /// ```
    ///
    /// See also: `describe`, `print_properties`
    fn help(
        &context,
        /// Name of a function or module.
        name: Option<String> = None,
    ) -> Result<()> {
        let text = match name {
            Some(name) => docs::help(context, &name)?,
            None => docs::overview(context),
        };
        let text = match terminal::size() {
            Some((columns, _)) => wrapped(&text, columns),
            None => text,
        };
        context.print(text.trim_end());
        Ok(())
    }

    /// Summarizes all samples: range, mean, deviation, drift, NaN and saturated samples.
    ///
    /// Reads every sample once. Range, mean and standard deviation (`ddof` 0) are those of the
    /// finite samples. `saturated` counts samples with the largest value of their int type, and
    /// `drift` is the difference of the mean of the last frame from that of the first, in percent;
    /// undefined properties are `()`, such as the drift of an image.
    ///
    /// Returns a `Description`. It prints as a block of lines; its properties are `shape`, `dtype`,
    /// `min`, `max`, `mean`, `std`, `nan`, `infinite`, `saturated`, `drift` and `nbytes`.
    ///
    /// ```
    /// print(describe(example_video()))
    /// describe(example_video(10, 20, 30)).nan // => 0
    /// describe(example_video(10, 20, 30)).shape // => [10, 20, 30]
    /// ```
    ///
    /// See also: `print_properties`, `histogram`, `count`
    fn describe(
        /// Video, image or trace.
        video: Video,
    ) -> Result<VideoDescription> {
        describe::describe(video)
    }
}
