//! Entries of several lines: each line after the first begins with as many spaces as the prompt is
//! wide, over which a continuation prompt is painted, and is indented by the open brackets.

use std::borrow::Cow;

use crate::script::language::lexer::{LexState, Lexer};

/// Indentation of a line by each open bracket.
const INDENT: usize = 4;

/// End of the continuation prompt.
const MARK: &str = "...> ";

/// Layout of the lines after the first, for a prompt of a given width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Continuation {
    /// Columns of the prompt.
    pub(super) margin: usize,
}

impl Continuation {
    /// Line break and indentation to insert at the end of a text; `None` if its last line ends in a
    /// string, where spaces would count.
    pub(super) fn line_break(self, text: &str) -> Option<String> {
        let lexer = Lexer::of(text);
        let is_text = matches!(lexer.inside, LexState::Text(_));
        let spaces = self.margin + INDENT * lexer.brackets.len();
        (!is_text).then(|| format!("\n{}", " ".repeat(spaces)))
    }

    /// Number of characters to remove at the end of a text before a closing bracket is typed, so
    /// that it stands below the start of the line with the open one.
    pub(super) fn before_closing(self, text: &str) -> usize {
        match self.blank_line(text) {
            Some(spaces) if self.margin + INDENT <= spaces => INDENT,
            _ => 0,
        }
    }

    /// Number of characters that Backspace removes at the end of a text: one indentation, or the
    /// line break with its margin.
    pub(super) fn before_backspace(self, text: &str) -> usize {
        match self.blank_line(text) {
            Some(spaces) if self.margin + INDENT <= spaces => INDENT,
            Some(spaces) if spaces == self.margin => spaces + 1,
            _ => 1,
        }
    }

    /// Number of spaces on the last line, if it is not the first and has nothing else.
    fn blank_line(self, text: &str) -> Option<usize> {
        let (_, line) = text.rsplit_once('\n')?;
        let is_blank = line.bytes().all(|byte| byte == b' ');
        (is_blank && Lexer::of(text).inside == LexState::Code).then_some(line.len())
    }

    /// The text without the margins, if all lines that are not inside strings have one.
    pub(super) fn without_margins(self, text: &str) -> Cow<'_, str> {
        let margin = " ".repeat(self.margin);
        let Some(starts) = self.margins(text, &margin) else {
            return text.into();
        };
        let mut plain = text.to_owned();
        for start in starts.into_iter().rev() {
            plain.replace_range(start..start + self.margin, "");
        }
        plain.into()
    }

    /// Bytes at which margins begin; `None` if there are none or if a line has none.
    fn margins(self, text: &str, margin: &str) -> Option<Vec<usize>> {
        let line_starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let in_code =
            |start: &usize| !matches!(Lexer::of(&text[..*start]).inside, LexState::Text(_));
        let starts: Vec<usize> = line_starts.filter(in_code).collect();
        let all = starts
            .iter()
            .all(|start| text[*start..].starts_with(margin));
        (all && !starts.is_empty() && !margin.is_empty()).then_some(starts)
    }

    /// The continuation prompt, as wide as the margin.
    fn prompt(self) -> String {
        let kept = MARK.len().saturating_sub(self.margin);
        format!("{:>1$}", &MARK[kept..], self.margin)
    }

    /// A highlighted text with the continuation prompt, in a color, in place of its margins.
    pub(super) fn painted(
        self,
        text: &str,
        highlighted: String,
        color: impl Fn(&str) -> String,
    ) -> String {
        let Some(starts) = self.margins(text, &" ".repeat(self.margin)) else {
            return highlighted;
        };
        let mut painted = String::with_capacity(highlighted.len() + 16 * starts.len());
        let (mut at, mut margin_end, mut in_escape) = (0, 0, false);
        for c in highlighted.chars() {
            if in_escape || c == '\x1b' {
                in_escape = c != 'm';
                painted.push(c);
                continue;
            }
            if starts.contains(&at) {
                painted += &color(&self.prompt());
                margin_end = at + self.margin;
            }
            if margin_end <= at {
                painted.push(c);
            }
            at += c.len_utf8();
        }
        painted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: Continuation = Continuation { margin: 6 };

    #[test]
    fn lines_are_indented_by_open_brackets() {
        assert_eq!(
            SIX.line_break("f(").unwrap(),
            format!("\n{}", " ".repeat(10))
        );
        assert_eq!(SIX.line_break("f(#{a: 1,").unwrap().len(), 1 + 6 + 8);
        assert_eq!(SIX.line_break("`text"), None);
        assert_eq!(SIX.line_break("/* text").unwrap(), "\n      ");
    }

    #[test]
    fn closing_brackets_and_backspace_take_an_indentation() {
        assert_eq!(SIX.before_closing("f(\n          "), 4);
        assert_eq!(SIX.before_closing("f(\n      "), 0);
        assert_eq!(SIX.before_closing("f(\n          1"), 0);
        assert_eq!(SIX.before_closing("f("), 0);
        assert_eq!(SIX.before_backspace("f(\n          "), 4);
        assert_eq!(SIX.before_backspace("f(\n      "), 7);
        assert_eq!(SIX.before_backspace("f(\n       "), 1);
        assert_eq!(SIX.before_backspace("    "), 1);
    }

    #[test]
    fn margins_are_not_part_of_the_entry() {
        let typed = "fn f() {\n          `a\nb`\n      }";
        assert_eq!(SIX.without_margins(typed), "fn f() {\n    `a\nb`\n}");
        for kept in [
            "fn f() {\n    1\n}",
            "1",
            "`a\n      b`",
            "f(\n      1,\n2)",
        ] {
            assert_eq!(SIX.without_margins(kept), kept);
        }
        let none = Continuation { margin: 0 };
        assert_eq!(none.without_margins("f(\n1)"), "f(\n1)");
    }

    #[test]
    fn the_prompt_of_a_line_is_as_wide_as_the_margin() {
        let painted = |continuation: Continuation, text: &str, highlighted: &str| {
            let color = |text: &str| format!("<{text}>");
            continuation.painted(text, highlighted.to_owned(), color)
        };
        let typed = "f(\n      1)";
        assert_eq!(painted(SIX, typed, typed), "f(\n< ...> >1)");
        let highlighted = "\x1b[36mf\x1b[0m(\n      \x1b[33m1\x1b[0m)";
        assert_eq!(
            painted(SIX, typed, highlighted),
            "\x1b[36mf\x1b[0m(\n< ...> >\x1b[33m1\x1b[0m)"
        );
        let two = Continuation { margin: 2 };
        assert_eq!(painted(two, "f(\n  1)", "f(\n  1)"), "f(\n<> >1)");
        for kept in ["f(\n  1)", "f(\n      1,\n2)", "`a\n      b`"] {
            assert_eq!(painted(SIX, kept, kept), kept);
        }
    }
}
