//! Lexer that finds the brackets, string or comment open at the end of a text.
//!
//! The prompt uses it to decide whether a line is complete, and completion to find the call being
//! typed; Rhai's own parser reports neither open comments nor open interpolations, and stops at the
//! first error of a text that is still being typed.

/// State at the end of a text.
#[derive(Debug, Default, PartialEq)]
pub struct Lexer {
    /// Open brackets, outermost first.
    pub brackets: Vec<Bracket>,
    /// Open string or comment.
    pub inside: LexState,
    /// First byte of the last string or comment.
    pub since: usize,
    /// Bytes of each closed bracket and of the one that closes it.
    pub pairs: Vec<(usize, usize)>,
}

/// An open bracket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// `(`, `[` or `{`; `#` for the `#{` of a map, `$` for the `${` of an interpolation.
    pub kind: char,
    /// Byte after the bracket.
    pub after: usize,
}

/// Kind of the surrounding text.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum LexState {
    /// Code.
    #[default]
    Code,
    /// A string, opened by the given quote.
    Text(char),
    /// A comment to the end of the line.
    LineComment,
    /// A comment between `/*` and `*/`.
    BlockComment(usize),
}

impl Lexer {
    /// Scans a text from its start.
    pub fn of(text: &str) -> Self {
        Self::step_by_step(text, |_, _, _| ())
    }

    /// Pieces of a text: bytes of code, of strings with their quotes, and of comments.
    pub fn pieces(text: &str) -> Vec<(std::ops::Range<usize>, LexState)> {
        let mut pieces: Vec<(std::ops::Range<usize>, LexState)> = Vec::new();
        Self::step_by_step(text, |range, before, after| {
            let inside = if before == LexState::Code {
                after
            } else {
                before
            };
            match pieces.last_mut() {
                Some((last, kind)) if kind.same_kind(inside) && before != LexState::Code => {
                    last.end = range.end;
                }
                Some((last, LexState::Code)) if inside == LexState::Code => last.end = range.end,
                _ => pieces.push((range, inside)),
            }
        });
        pieces
    }

    /// Reports the bytes of each step, and the states before and after it.
    fn step_by_step(
        text: &str,
        mut step: impl FnMut(std::ops::Range<usize>, LexState, LexState),
    ) -> Self {
        let mut lexer = Lexer::default();
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let before = lexer.inside;
            let skips_next = match lexer.inside {
                LexState::Code => lexer.code(at, c, next),
                LexState::Text(quote) => lexer.text(quote, at, c, next),
                LexState::LineComment => {
                    if c == '\n' {
                        lexer.inside = LexState::Code;
                    }
                    false
                }
                LexState::BlockComment(depth) => lexer.block_comment(depth, c, next),
            };
            if before == LexState::Code && lexer.inside != LexState::Code {
                lexer.since = at;
            }
            if skips_next {
                chars.next();
            }
            let end = chars.peek().map_or(text.len(), |(end, _)| *end);
            step(at..end, before, lexer.inside);
        }
        lexer
    }

    /// Whether more lines are needed before the text can be run.
    pub fn is_incomplete(&self) -> bool {
        match self.inside {
            LexState::Code | LexState::LineComment => !self.brackets.is_empty(),
            LexState::Text(quote) => quote == '`',
            LexState::BlockComment(_) => true,
        }
    }

    /// Scans a character of code; true if the next one belongs to it, as in the functions below.
    fn code(&mut self, at: usize, c: char, next: Option<char>) -> bool {
        match (c, next) {
            ('/', Some('/')) => self.inside = LexState::LineComment,
            ('/', Some('*')) => self.inside = LexState::BlockComment(1),
            ('#', Some('{')) => self.open('#', at + 2),
            ('"' | '`' | '\'', _) => {
                self.inside = LexState::Text(c);
                return false;
            }
            ('(' | '[' | '{', _) => {
                self.open(c, at + 1);
                return false;
            }
            (')' | ']' | '}', _) => {
                self.close(at);
                return false;
            }
            _ => return false,
        }
        true
    }

    fn text(&mut self, quote: char, at: usize, c: char, next: Option<char>) -> bool {
        match (quote, c, next) {
            ('"' | '\'', '\\', _) => return true,
            ('`', '`', Some('`')) => return true,
            ('`', '$', Some('{')) => {
                self.open('$', at + 2);
                self.inside = LexState::Code;
                return true;
            }
            ('"' | '\'', '\n', _) => self.inside = LexState::Code,
            _ if c == quote => self.inside = LexState::Code,
            _ => {}
        }
        false
    }

    fn block_comment(&mut self, depth: usize, c: char, next: Option<char>) -> bool {
        let depth = match (c, next) {
            ('/', Some('*')) => depth + 1,
            ('*', Some('/')) => depth - 1,
            _ => return false,
        };
        self.inside = if depth == 0 {
            LexState::Code
        } else {
            LexState::BlockComment(depth)
        };
        true
    }

    fn open(&mut self, kind: char, after: usize) {
        self.brackets.push(Bracket { kind, after });
    }

    fn close(&mut self, at: usize) {
        if let Some(open) = self.brackets.pop() {
            self.pairs.push((open.after - 1, at));
            if open.kind == '$' {
                self.inside = LexState::Text('`');
            }
        }
    }
}

impl LexState {
    /// Whether both are code, strings or comments, whatever their quotes and depths.
    fn same_kind(self, other: LexState) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_strings_and_comments_need_more_lines() {
        for text in [
            "f(1,",
            "let a = #{x: 1",
            "fn f() {",
            "/* a /* b */",
            "`a ${b",
            "`two\nlines",
            "[1, \"]\"",
        ] {
            assert!(Lexer::of(text).is_incomplete(), "{text}");
        }
        for text in [
            "f(1)",
            "\"(\"",
            "// (",
            "'('",
            "`a ${b(`}`)} c`",
            "\"open",
            "/* ( */ 1",
            "a``b",
        ] {
            assert!(!Lexer::of(text).is_incomplete(), "{text}");
        }
    }

    #[test]
    fn pieces_are_code_strings_and_comments() {
        let text = "a \"b\" \"c\" `d ${e} f` // g\nh /* i */";
        let pieces = Lexer::pieces(text);
        let shown: Vec<&str> = pieces
            .iter()
            .map(|(range, _)| &text[range.clone()])
            .collect();
        assert_eq!(
            shown,
            [
                "a ", "\"b\"", " ", "\"c\"", " ", "`d ${", "e", "} f`", " ", "// g\n", "h ",
                "/* i */"
            ]
        );
        assert_eq!(Lexer::of("f(\"a\", \"bc").since, 7);
        assert_eq!(Lexer::of("f(g[1])").pairs, [(3, 5), (1, 6)]);
    }

    #[test]
    fn brackets_tell_where_they_open() {
        let lexer = Lexer::of("crop(v, #{wid");
        let found: Vec<_> = lexer.brackets.iter().map(|b| (b.kind, b.after)).collect();
        assert_eq!(found, [('(', 5), ('#', 10)]);
    }
}
