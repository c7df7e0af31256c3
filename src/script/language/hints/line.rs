//! A line of a script with a mistake, and its parts.

use crate::script::call::context::Context;
use crate::script::language::lexer::Lexer;
use crate::script::language::source_text::{self, is_name};

/// A line of a script with a mistake.
pub(super) struct Line<'a> {
    /// The whole line.
    pub(super) text: &'a str,
    /// Text before the mistake.
    pub(super) before: &'a str,
    /// Text from the mistake on.
    pub(super) at: &'a str,
    /// Message, in our words.
    pub(super) message: &'a str,
    /// Whether the failure already has hints.
    pub(super) has_hints: bool,
    /// The whole script.
    pub(super) script: &'a str,
    /// Variables defined before.
    pub(super) variables: &'a [String],
    /// The builtins.
    pub(super) context: &'a Context,
}

impl<'a> Line<'a> {
    pub(super) fn is_syntax(&self) -> bool {
        self.message.starts_with("syntax error")
    }

    /// Unknown variable.
    pub(super) fn unknown(&self) -> Option<&'a str> {
        let rest = self.message.strip_prefix("there is no variable `")?;
        rest.strip_suffix('`')
    }

    /// Unknown function.
    pub(super) fn called(&self) -> Option<&'a str> {
        let rest = self.message.strip_prefix("there is no function `")?;
        rest.split('`').next()
    }

    /// Whether an int was expected.
    pub(super) fn wants_int(&self) -> bool {
        self.message.starts_with("expected an int") || self.message.contains(" be an int")
    }

    /// Whether a float was passed instead.
    pub(super) fn got_float(&self) -> bool {
        let got = self.message.rsplit("got ").next().unwrap_or_default();
        got == "a float" || got.contains('.') && got.parse::<f64>().is_ok()
    }

    /// Operator that does not accept its operands.
    pub(super) fn operator(&self) -> Option<&'a str> {
        let rest = self.message.split_once("the operator `")?.1;
        rest.split('`').next()
    }

    /// Operands of the operator at the mistake.
    pub(super) fn operands(&self) -> Option<(String, String)> {
        let right = self.at.strip_prefix(self.operator()?)?;
        let (left, right) = (operand_before(self.before), operand_after(right));
        (!left.is_empty() && !right.is_empty()).then(|| (left.to_owned(), right.to_owned()))
    }

    /// Offset and content of the innermost open bracket before the mistake, if it is of that kind.
    pub(super) fn inside(&self, bracket: char) -> Option<(usize, &'a str)> {
        let open = Lexer::of(self.before).brackets.pop()?;
        if open.kind != bracket {
            return None;
        }
        let pairs = Lexer::of(self.text).pairs;
        let close = pairs.iter().find(|(start, _)| start + 1 == open.after);
        let end = close.map_or(self.text.len(), |(_, end)| *end);
        Some((open.after - 1, &self.text[open.after..end]))
    }
}

pub(super) fn first_word(text: &str) -> &str {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    &text[..end]
}

/// Word at the end of a text, without spaces.
pub(super) fn last_word(text: &str) -> &str {
    source_text::last_word(text.trim_end())
}

/// Value at the end of a text: a name or number with the calls on it, or an array.
pub(super) fn operand_before(text: &str) -> &str {
    let text = text.trim_end();
    let pairs = Lexer::of(text).pairs;
    let mut start = text.len();
    while start > 0 {
        let head = &text[..start];
        let word = head.len() - last_word(head).len();
        start = match head.chars().next_back() {
            Some(')' | ']') => match pairs.iter().find(|(_, close)| close + 1 == start) {
                Some((open, _)) => *open,
                None => break,
            },
            Some('.') if start < text.len() && !head.ends_with("..") => start - 1,
            Some(c) if is_name(c) && !text[start..].starts_with(is_name) => word,
            _ => break,
        };
    }
    &text[start..]
}

/// Value at the start of a text.
pub(super) fn operand_after(text: &str) -> &str {
    let text = text.trim_start();
    let pairs = Lexer::of(text).pairs;
    let mut end = 0;
    while let Some(next) = text[end..].chars().next() {
        end = match next {
            '(' | '[' => match pairs.iter().find(|(open, _)| *open == end) {
                Some((_, close)) => close + 1,
                None => break,
            },
            '-' if end == 0 => 1,
            '.' if end > 0 && !text[end..].starts_with("..") => end + 1,
            c if is_name(c) => end + first_word(&text[end..]).len(),
            _ => break,
        };
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_names_numbers_arrays_and_calls() {
        for (text, operand) in [
            ("let b = [1, 2] ", "[1, 2]"),
            ("f(v.max(1)[0] ", "v.max(1)[0]"),
            ("1 + 2.5 ", "2.5"),
            ("(a + b) ", "(a + b)"),
            ("0..n", "n"),
            ("", ""),
        ] {
            assert_eq!(operand_before(text), operand, "{text}");
        }
        for (text, operand) in [
            (" [1, 2]; x", "[1, 2]"),
            (" v.max(1)[0] + 1", "v.max(1)[0]"),
            (" -2.5)", "-2.5"),
            (" n..3", "n"),
            (")", ""),
        ] {
            assert_eq!(operand_after(text), operand, "{text}");
        }
    }
}
