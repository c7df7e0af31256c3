//! What scripts say, check and wait for.

use std::time::SystemTime;

use rhai::Dynamic;

use crate::error::{Error, Result};
use crate::ops::describe;
use crate::script::{self, Progress, Rest, Steps, builtins, is_same, plain_text};
use crate::task;
use crate::text::clock;
use crate::video::Video;

builtins! {
    /// Puts values into a text, by the rules of Python's `str.format`.
    ///
    /// Each `{}` stands for the next value, `{0}` for the one of that number, `{name}` for one of a
    /// map that comes last; `{{` and `}}` for brackets. After a colon may stand
    /// `[[fill]align][sign][#][0][width][,][.precision][type]`: `.3f` three decimals, `.2e` with
    /// exponent, `.4g` four digits, `.1%` percent, `d` int, `05d` with leading zeros, `x` hexadecimal, `,`
    /// groups of thousands, `<8`, `>8` and `^8` left, right and in the middle of 8 characters.
    ///
    /// ```
    /// format("{:.3f} ± {:.1f} {}", PI, 0.25, "Hz") // => "3.142 ± 0.2 Hz"
    /// format("{:>8,d}|{:<6}|{:05.1f}", 12345, "ab", -2.5) // => "  12,345|ab    |-02.5"
    /// format("{rate:.2f} Hz in {file}", #{rate: 8, file: "a.tif"}) // => "8.00 Hz in a.tif"
    /// "{:.0%}".format(0.5) // => "50%"
    /// ```
    fn format(
        /// Text with places for values.
        template: String,
        /// Values for them.
        values: Rest,
    ) -> Result<String> {
        script::format(&template, values.0)
    }

    /// Fails unless a condition holds.
    ///
    /// ```
    /// let v = example_video();
    /// assert(v.fps == 500, "recorded at another rate")
    /// ```
    fn assert(
        /// What is to be true.
        condition: bool,
        /// What the error says.
        message: Option<String> = None,
    ) -> Result<()> {
        match (condition, message) {
            (true, _) => Ok(()),
            (false, Some(message)) => Err(Error::new(message)),
            (false, None) => Err(Error::new("assert failed: the condition is false")),
        }
    }

    /// Fails unless two values are equal.
    ///
    /// Ints and floats of the same value are equal, and so is NaN to NaN; arrays and maps are if all they
    /// hold is; videos as in `equals`.
    ///
    /// ```
    /// assert_eq(crop(example_video(), 4).shape, [200, 120, 120])
    /// try { assert_eq(1 + 1, 3); } catch (e) { print(e); }
    /// ```
    fn assert_eq(
        /// Value that was found.
        found: Dynamic,
        /// Value that is expected.
        expected: Dynamic,
        /// What the error says before it names both values.
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
    fn warn(
        /// What the user should know.
        message: String,
    ) -> () {
        task::warn(&message);
    }

    /// Ends the script, with an exit status for whoever runs the program.
    ///
    /// It cannot be caught. Windows are closed and files half written are removed; at the prompt it
    /// leaves the prompt.
    ///
    /// ```no_run
    /// if ARGS.is_empty() { warn("say which file"); exit(2); }
    /// ```
    fn exit(
        /// Exit status, 0 to 255; 0 says that all went well.
        code: usize = 0,
    ) -> Result<()> {
        Err(match u8::try_from(code) {
            Ok(code) => Error::exit(code),
            Err(_) => Error::new(format!("exit needs `code` to be 0 to 255, got {code}")),
        })
    }

    /// The date and time, in ISO 8601 and UTC.
    ///
    /// ```
    /// now().len() // => 20
    /// now().sub_string(10, 1) // => "T"
    /// ```
    fn now() -> String {
        clock::iso(SystemTime::now())
    }

    /// Waits for some seconds; Ctrl-C ends it.
    ///
    /// ```
    /// sleep(0.01)
    /// ```
    fn sleep(
        /// Number of seconds.
        seconds: f64 [s],
    ) -> Result<()> {
        script::sleep(seconds)
    }

    /// The value of an environment variable, or `default` if it is not set.
    ///
    /// ```
    /// env("OPTIMAP_NO_SUCH_VARIABLE", "data") // => "data"
    /// env("PATH") != () // => true
    /// ```
    fn env(
        /// Name of the variable.
        name: String,
        /// What stands for a variable that is not set.
        default: Option<String> = None,
    ) -> Option<String> {
        let value = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        value.or(default)
    }

    /// Prints what a video holds: kind, shape, dtype, range, mean, NaN.
    ///
    /// `describe` gives the same as a value.
    ///
    /// ```
    /// print_properties(example_video())
    /// ```
    fn print_properties(
        &context,
        /// Video, image or trace.
        video: Video,
    ) -> Result<()> {
        context.print(&describe::describe(video)?.to_string());
        Ok(())
    }

    /// Sets whether each function says on standard error how long it took and what it gave.
    ///
    /// ```
    /// set_verbose(true)
    /// is_verbose() // => true
    /// set_verbose(false)
    /// ```
    fn set_verbose(
        &context,
        /// Whether to say it.
        state: bool = true,
    ) -> () {
        context.set_verbose(state);
    }

    /// Whether each function says how long it took.
    ///
    /// ```
    /// is_verbose() // => false
    /// ```
    fn is_verbose(&context,) -> bool {
        context.is_verbose()
    }

    /// Makes a progress for a loop, shown as a bar if standard error is a terminal.
    ///
    /// A `for` loop over it gives 0, 1, …, or the items of an array; elsewhere `step` counts on. Its
    /// properties are `done` and `len`.
    ///
    /// ```
    /// let seen = [];
    /// for file in progress(["a", "b"], "converting") { seen.push(file); }
    /// seen // => ["a", "b"]
    /// let p = progress(3);
    /// p.step(); p.step();
    /// p.done // => 2
    /// ```
    fn progress(
        /// Number of steps, or the items to go through.
        of: Steps,
        /// What is being done.
        label: String = "working".into(),
    ) -> Progress {
        Progress::new(of, label)
    }

    /// Counts steps of a progress as done.
    ///
    /// ```
    /// let p = progress(10);
    /// p.step(4);
    /// p.done // => 4
    /// ```
    fn step(
        /// Progress of a loop.
        progress: Progress,
        /// How many steps were done.
        steps: usize = 1,
    ) -> Result<()> {
        progress.advance(steps)
    }
}
