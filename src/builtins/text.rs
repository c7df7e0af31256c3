//! Formatted text, checks, warnings, environment, and the progress of loops.

use std::time::SystemTime;

use rhai::Dynamic;

use crate::error::{Error, Result};
use crate::ops::array::describe;
use crate::script::{self, Progress, Rest, Steps, builtins, is_same, plain_text};
use crate::system::clock;
use crate::task;
use crate::video::Video;

builtins! {
    /// Formats values into a string by the rules of Python's `str.format`.
    ///
    /// `{}` is replaced by the next value, `{0}` by the value of that index, `{name}` by that of a
    /// map that comes last; `{{` and `}}` are literal braces. A format specification may follow a
    /// colon: `[[fill]align][sign][#][0][width][,][.precision][type]`. For example `.3f` is three
    /// decimals, `.2e` an exponent, `.4g` four digits, `.1%` percent, `d` an int, `05d` leading
    /// zeros, `x` hexadecimal, `,` groups of thousands, and `<8`, `>8` and `^8` left, right and
    /// centered in 8 characters.
    ///
    /// Returns a string.
    ///
    /// Fails if values are missing or left over, if a specification is malformed or does not fit
    /// its value, or if numbered and unnumbered fields are mixed.
    ///
    /// ```
    /// format("{:.3f} ± {:.1f} {}", PI, 0.25, "Hz") // => "3.142 ± 0.2 Hz"
    /// format("{:>8,d}|{:<6}|{:05.1f}", 12345, "ab", -2.5) // => "  12,345|ab    |-02.5"
    /// format("{rate:.2f} Hz in {file}", #{rate: 8, file: "a.tif"}) // => "8.00 Hz in a.tif"
    /// "{:.0%}".format(0.5) // => "50%"
    /// ```
    ///
    /// See also: `write_text`, `write_csv`.
    ///
    /// Source: Python's format specification mini-language.
    fn format(
        /// Text with replacement fields.
        template: String,
        /// Values to format.
        values: Rest,
    ) -> Result<String> {
        script::format(&template, values.0)
    }

    /// Checks that a condition is true.
    ///
    /// Fails if `condition` is false, with the error `message`.
    ///
    /// ```
    /// let v = example_video();
    /// assert(v.fps == 500, "recorded at another rate")
    /// ```
    ///
    /// See also: `assert_eq`, `warn`.
    fn assert(
        /// Condition that must be true.
        condition: bool,
        /// Error message.
        message: Option<String> = None,
    ) -> Result<()> {
        match (condition, message) {
            (true, _) => Ok(()),
            (false, Some(message)) => Err(Error::new(message)),
            (false, None) => Err(Error::new("assert failed: the condition is false")),
        }
    }

    /// Checks that two values are equal.
    ///
    /// Ints and floats of the same value are equal, and so is NaN to NaN. Arrays and maps are equal
    /// if all their items are, videos as in `equals`.
    ///
    /// Fails if the values differ; the error names both.
    ///
    /// ```
    /// assert_eq(crop(example_video(), 4).shape, [200, 120, 120])
    /// try { assert_eq(1 + 1, 3); } catch (e) { print(e); }
    /// ```
    ///
    /// See also: `assert`, `equals`, `allclose`.
    fn assert_eq(
        /// Value that was found.
        found: Dynamic,
        /// Value that is expected.
        expected: Dynamic,
        /// Beginning of the error message, before both values.
        message: Option<String> = None,
    ) -> Result<()> {
        let message = message.unwrap_or_else(|| "assert_eq failed".into());
        let differing = || {
            let (found, expected) = (plain_text(&found), plain_text(&expected));
            Error::new(format!("{message}: found {found}, expected {expected}"))
        };
        if is_same(&found, &expected)? { Ok(()) } else { Err(differing()) }
    }

    /// Shows a warning on standard error; the script goes on.
    ///
    /// ```
    /// warn("no frame rate in the file, 500 Hz assumed")
    /// ```
    ///
    /// See also: `assert`, `exit`.
    fn warn(
        /// Warning text.
        message: String,
    ) -> () {
        task::warn(&message);
    }

    /// Ends the script with an exit status.
    ///
    /// It cannot be caught. Windows are closed, and partly written files are removed; at the prompt
    /// it leaves the prompt.
    ///
    /// Fails if `code` is not 0 to 255.
    ///
    /// ```no_run
    /// if ARGS.is_empty() { warn("say which file"); exit(2); }
    /// ```
    ///
    /// See also: `assert`, `warn`.
    fn exit(
        /// Exit status, 0 to 255; 0 means success.
        code: usize = 0,
    ) -> Result<()> {
        Err(match u8::try_from(code) {
            Ok(code) => Error::exit(code),
            Err(_) => Error::new(format!("exit needs `code` to be 0 to 255, got {code}")),
        })
    }

    /// Current date and time, in ISO 8601 and UTC.
    ///
    /// Returns a string such as "2024-05-17T09:30:00Z".
    ///
    /// ```
    /// now().len() // => 20
    /// now().sub_string(10, 1) // => "T"
    /// ```
    ///
    /// See also: `sleep`.
    ///
    /// Source: ISO 8601.
    fn now() -> String {
        clock::iso(SystemTime::now())
    }

    /// Waits for a number of seconds; Ctrl-C ends it.
    ///
    /// Numbers below 0 do not wait.
    ///
    /// Fails if `seconds` is too large to be a time.
    ///
    /// ```
    /// sleep(0.01)
    /// ```
    ///
    /// See also: `wait`, `now`.
    fn sleep(
        /// Number of seconds.
        seconds: f64 [s],
    ) -> Result<()> {
        script::sleep(seconds)
    }

    /// Value of an environment variable.
    ///
    /// Returns a string; `default` if the variable is not set.
    ///
    /// ```
    /// env("OPTIMAP_NO_SUCH_VARIABLE", "data") // => "data"
    /// env("PATH") != () // => true
    /// ```
    ///
    /// See also: `exists`.
    fn env(
        /// Name of the variable.
        name: String,
        /// Value to return if the variable is not set.
        default: Option<String> = None,
    ) -> Option<String> {
        let value = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        value.or(default)
    }

    /// Prints the properties of a video: kind, shape, dtype, range, mean, std, drift, NaN.
    ///
    /// `describe` returns the same as a value.
    ///
    /// ```
    /// print_properties(example_video())
    /// ```
    ///
    /// See also: `describe`.
    fn print_properties(
        &context,
        /// Video, image or trace.
        video: Video,
    ) -> Result<()> {
        context.print(&describe::describe(video)?.to_string());
        Ok(())
    }

    /// Sets whether each function reports its duration and its result on standard error.
    ///
    /// ```
    /// set_verbose(true)
    /// is_verbose() // => true
    /// set_verbose(false)
    /// ```
    ///
    /// See also: `is_verbose`.
    fn set_verbose(
        &context,
        /// Report duration and result of each function.
        state: bool = true,
    ) -> () {
        context.set_verbose(state);
    }

    /// Tests whether each function reports its duration and its result.
    ///
    /// Returns a bool.
    ///
    /// ```
    /// is_verbose() // => false
    /// ```
    ///
    /// See also: `set_verbose`.
    fn is_verbose(&context,) -> bool {
        context.is_verbose()
    }

    /// Creates a progress bar for a loop, shown if standard error is a terminal.
    ///
    /// A `for` loop over it gives 0, 1, …, or the items of an array; elsewhere `step` advances it.
    ///
    /// Returns a `Progress` with the properties `done` and `len`.
    ///
    /// ```
    /// let seen = [];
    /// for file in progress(["a", "b"], "converting") { seen.push(file); }
    /// seen // => ["a", "b"]
    /// let p = progress(3);
    /// p.step(); p.step();
    /// p.done // => 2
    /// ```
    ///
    /// See also: `step`.
    fn progress(
        /// Number of steps, or array of items to loop over.
        of: Steps,
        /// Text next to the bar.
        label: String = "working".into(),
    ) -> Progress {
        Progress::new(of, label)
    }

    /// Advances a progress bar.
    ///
    /// Fails if more steps are done than there are.
    ///
    /// ```
    /// let p = progress(10);
    /// p.step(4);
    /// p.done // => 4
    /// ```
    ///
    /// See also: `progress`.
    fn step(
        /// Progress of a loop.
        progress: Progress,
        /// Number of steps that were done.
        steps: usize = 1,
    ) -> Result<()> {
        progress.advance(steps)
    }
}
