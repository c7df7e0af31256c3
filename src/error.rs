//! The error type: a message that states the fact, and hints that say what to do.

use std::fmt;
use std::path::Path;

/// A failure that a script can catch, or the end of the script by Ctrl-C or by itself.
///
/// Messages are lowercase, name the argument and the value, and have no final period.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    message: String,
    hints: Vec<String>,
    kind: ErrorKind,
}

/// Cause of the end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ErrorKind {
    Failure,
    Interruption,
    Exit(u8),
}

/// Result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates a failure with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: Vec::new(),
            kind: ErrorKind::Failure,
        }
    }

    /// Creates the interruption by Ctrl-C; unlike a failure, a script cannot catch it.
    pub fn interrupted() -> Self {
        Self {
            kind: ErrorKind::Interruption,
            ..Self::new("interrupted")
        }
    }

    /// Creates the end that a script asked for, with the exit status of the program.
    pub fn exit(code: u8) -> Self {
        Self {
            kind: ErrorKind::Exit(code),
            ..Self::new(format!("the script ended with exit status {code}"))
        }
    }

    /// Creates the failure that a file needs a feature that this build lacks.
    #[cfg(any(test, not(all(feature = "hdf5", feature = "zarr"))))]
    pub(crate) fn left_out(path: &Path, part: &str, feature: &str) -> Self {
        let path = path.display();
        Self::new(format!("`{path}`: this program was built without {part}")).needs(feature)
    }

    /// Adds a hint at how to build the program with the missing feature.
    #[cfg(any(
        test,
        not(all(
            feature = "window",
            feature = "h264",
            feature = "hdf5",
            feature = "zarr"
        ))
    ))]
    pub(crate) fn needs(self, feature: &str) -> Self {
        self.hint(format!(
            "build it with `cargo build --release --features {feature}`"
        ))
    }

    /// Creates the failure of a file operation; `action` is a verb such as "read".
    pub fn io(action: &str, path: &Path, cause: &std::io::Error) -> Self {
        let error = Self::new(format!(
            "cannot {action} `{}`: {}",
            path.display(),
            io_cause(cause)
        ));
        match cause.kind() {
            std::io::ErrorKind::PermissionDenied => {
                error.hint("check the permissions of the file and of its folder")
            }
            std::io::ErrorKind::FileTooLarge => error.hint(match cfg!(windows) {
                true => "the file system does not support files of this size",
                false => {
                    "the file system does not support files of this size, or `ulimit -f` limits \
                     them"
                }
            }),
            std::io::ErrorKind::StorageFull => {
                error.hint("free space on that disk, then try again")
            }
            _ => error,
        }
    }

    /// Adds a line that says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds "did you mean" if a candidate is close to `name`.
    pub fn did_you_mean<'a>(
        self,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        match closest(name, candidates) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Hints, one line each.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Whether this is an interruption rather than a failure.
    pub fn is_interrupted(&self) -> bool {
        self.kind == ErrorKind::Interruption
    }

    /// Exit status, if the script asked to end.
    pub fn exit_code(&self) -> Option<u8> {
        match self.kind {
            ErrorKind::Exit(code) => Some(code),
            ErrorKind::Failure | ErrorKind::Interruption => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Returns early with an [`Error`] whose message is formatted like `format!`.
#[macro_export]
macro_rules! bail {
    ($($arg:tt)*) => {
        return Err($crate::error::Error::new(format!($($arg)*)))
    };
}

/// A number with its noun, as in "1 frame", "2 frames" and "4 axes".
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    if count == N::from(1) {
        return format!("1 {noun}");
    }
    match (noun.strip_suffix("is"), noun.strip_suffix('y')) {
        (Some(stem), _) => format!("{count} {stem}es"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// Candidate closest to `name`, if it is close enough to be a misspelling.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let tolerance = match name.chars().count() {
        // Any other letter would be close.
        0..3 => 0,
        length => (length / 3).min(3),
    };
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&name, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Cause without the "(os error 2)" that Rust appends and without the final period of Windows, which
/// words frequent failures in the language of the user: they are said as on other systems.
fn io_cause(cause: &std::io::Error) -> String {
    if cfg!(windows) && cause.raw_os_error().is_some() {
        match cause.kind() {
            std::io::ErrorKind::NotFound => return "no such file or directory".into(),
            std::io::ErrorKind::PermissionDenied => return "permission denied".into(),
            std::io::ErrorKind::AlreadyExists => return "file exists".into(),
            _ => {}
        }
    }
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let text = text.trim_end().trim_end_matches('.');
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closest_finds_misspellings_only() {
        let names = ["normalize", "crop", "pad"];
        assert_eq!(closest("normalise", names), Some("normalize"));
        assert_eq!(closest("corp", names), Some("crop"));
        assert_eq!(closest("smooth", names), None);
        assert_eq!(closest("v", ["w", "E"]), None);
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(counted(1_usize, "argument"), "1 argument");
        assert_eq!(counted(0_usize, "frame"), "0 frames");
        assert_eq!(counted(3_u64, "axis"), "3 axes");
        assert_eq!(counted(2_u32, "entry"), "2 entries");
    }

    #[test]
    fn io_errors_read_as_sentences() {
        let cause = std::io::Error::from_raw_os_error(2);
        assert_eq!(
            Error::io("read", Path::new("a.tif"), &cause).message(),
            "cannot read `a.tif`: no such file or directory"
        );
        let windows =
            std::io::Error::other("The system cannot find the file specified. (os error 2)");
        assert_eq!(
            Error::io("read", Path::new("a.tif"), &windows).message(),
            "cannot read `a.tif`: the system cannot find the file specified"
        );
    }
}
