//! Values of arguments, as they are written in a script.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use super::{History, SourceFile};

/// Value of an argument.
#[derive(Clone)]
pub enum Literal {
    /// `()`.
    Unit,
    /// `true` or `false`.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Text(Arc<str>),
    /// Path of a file that is written.
    Path(Arc<str>),
    /// File that is read.
    File(Arc<SourceFile>),
    /// `start..end`, or `start..` without an end.
    Range(i64, Option<i64>),
    /// `start..=end`.
    RangeInclusive(i64, i64),
    /// An array.
    Array(Vec<Literal>),
    /// A map.
    Map(Vec<(String, Literal)>),
    /// A video, or what was drawn from one; `None` if it is not known how it came to be.
    Video(Option<History>),
    /// Result of a call that is written in its place: function and arguments.
    Made(&'static str, Vec<Literal>),
    /// A value that cannot be written, described: "a function".
    Unwritable(Cow<'static, str>),
}

impl Literal {
    /// Number of values in it.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Array(values) | Self::Made(_, values) => values.iter().map(Self::len).sum(),
            Self::Map(fields) => fields.iter().map(|(_, value)| value.len()).sum(),
            Self::Text(text) => 1 + text.len() / 16,
            _ => 1,
        }
    }

    /// Adds the histories of the videos in it.
    pub(super) fn histories<'a>(&'a self, found: &mut Vec<&'a History>) {
        match self {
            Self::Video(history) => found.extend(history),
            Self::Array(values) | Self::Made(_, values) => {
                values.iter().for_each(|value| value.histories(found));
            }
            Self::Map(fields) => {
                fields.iter().for_each(|(_, value)| value.histories(found));
            }
            _ => {}
        }
    }

    pub(super) fn into_histories(self, found: &mut Vec<History>) {
        match self {
            Self::Video(history) => found.extend(history),
            Self::Array(values) | Self::Made(_, values) => {
                values
                    .into_iter()
                    .for_each(|value| value.into_histories(found));
            }
            Self::Map(fields) => {
                fields
                    .into_iter()
                    .for_each(|(_, value)| value.into_histories(found));
            }
            _ => {}
        }
    }

    /// Whether it is a number below zero, which an operator needs in parentheses.
    pub(super) fn is_negative(&self) -> bool {
        match self {
            Self::Int(int) => *int < 0,
            Self::Float(float) => float.is_sign_negative() && !float.is_nan(),
            _ => false,
        }
    }
}

/// Text of an int. The smallest has no literal, as its digits alone are too large.
pub(super) fn int_text(int: i64) -> String {
    match int {
        i64::MIN => format!("({} - 1)", i64::MIN + 1),
        _ => int.to_string(),
    }
}

/// Text of a float that reads as the same float.
pub(super) fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "NaN".into();
    }
    if float.is_infinite() {
        return if float > 0.0 { "INF" } else { "-INF" }.into();
    }
    let text = format!("{float:?}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

/// A string in quotes, with escapes.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Key of a map, quoted where it is not a name.
pub(super) fn key_text(key: &str) -> Cow<'_, str> {
    match is_name(key) {
        true => key.into(),
        false => quoted(key).into(),
    }
}

/// Whether a text can be written as a name. Words of the language are no names; quotes never hurt.
pub(super) fn is_name(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "as",
        "async",
        "await",
        "break",
        "call",
        "case",
        "catch",
        "const",
        "continue",
        "curry",
        "debug",
        "default",
        "do",
        "each",
        "else",
        "eval",
        "export",
        "false",
        "fn",
        "for",
        "func",
        "function",
        "global",
        "go",
        "goto",
        "if",
        "import",
        "in",
        "is",
        "is_def_fn",
        "is_def_var",
        "is_shared",
        "let",
        "loop",
        "match",
        "module",
        "new",
        "null",
        "package",
        "print",
        "private",
        "protected",
        "public",
        "return",
        "shared",
        "spawn",
        "static",
        "super",
        "switch",
        "sync",
        "then",
        "this",
        "thread",
        "throw",
        "true",
        "try",
        "type_of",
        "until",
        "use",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    starts && goes_on && !WORDS.contains(&text)
}
