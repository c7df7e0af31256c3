//! Help, and what scripts need besides videos.

use crate::error::Result;
use crate::script::{builtins, docs};

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
}
