//! Help, a summary of what an array contains, and how it was made.

use crate::draw::terminal;
use crate::error::Result;
use crate::history::{self, Paths};
use crate::ops::array::describe::{self, VideoDescription};
use crate::script::{Chained, builtins, docs};
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

    /// Prints how an array was made, as a script that makes the same samples again.
    ///
    /// The script begins with the files that were read, each with its size, its time and a
    /// fingerprint, and holds every call of a builtin with all its parameters, defaults included,
    /// every operator, index and change. Calls within functions and modules are written as if they
    /// had been made directly. Values that are no videos appear as they were: an array of beats is
    /// an array of numbers.
    ///
    /// `v.history` is the same text. Saved files hold it, too, and `optimap info FILE` prints it;
    /// `optimap rerun FILE` makes the file again and compares the samples.
    ///
    /// A value that cannot be written, such as a function or an array of more than 4096 numbers,
    /// and a history of more than 1000 calls make the script begin with `throw`, which says what is
    /// missing.
    ///
    /// ```
    /// history(example_video(20).crop(8) * 2)
    /// let v = example_video(20).crop(8) * 2;
    /// all(eval(v.history) == v) // => true
    /// ```
    ///
    /// See also: `explain`, `describe`, `save_video`, `save_session`
    fn history(
        &context,
        /// Video, image or trace.
        array: Chained,
    ) -> () {
        context.print(history::text(array.0.history(), Paths::Given).trim_end());
    }
}
