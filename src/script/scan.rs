//! Where a piece of script text leaves off: in which brackets, string or comment.
//!
//! The prompt uses it to tell whether a line is complete, and completion to find the call that
//! is being typed; Rhai's own parser reports neither open comments nor open interpolations.

/// What is open at the end of a text.
#[derive(Debug, Default, PartialEq)]
pub struct Scan {
    /// The brackets that are open, outermost first.
    pub brackets: Vec<Bracket>,
    /// The string or comment that is open.
    pub inside: Inside,
}

/// An open bracket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// `(`, `[` or `{`; `#` for the `#{` of a map, `$` for the `${` of an interpolation.
    pub kind: char,
    /// The byte after it.
    pub after: usize,
}

/// What text stands in.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub enum Inside {
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

impl Scan {
    /// Scans a text from its start.
    pub fn of(text: &str) -> Self {
        let mut scan = Scan::default();
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let skips_next = match scan.inside {
                Inside::Code => scan.code(at, c, next),
                Inside::Text(quote) => scan.text(quote, at, c, next),
                Inside::LineComment => {
                    if c == '\n' {
                        scan.inside = Inside::Code;
                    }
                    false
                }
                Inside::BlockComment(depth) => scan.block_comment(depth, c, next),
            };
            if skips_next {
                chars.next();
            }
        }
        scan
    }

    /// Whether more lines are needed before the text can be run.
    pub fn is_incomplete(&self) -> bool {
        match self.inside {
            Inside::Code | Inside::LineComment => !self.brackets.is_empty(),
            Inside::Text(quote) => quote == '`',
            Inside::BlockComment(_) => true,
        }
    }

    /// Whether the character after `c` belongs to it, here and in the functions below.
    fn code(&mut self, at: usize, c: char, next: Option<char>) -> bool {
        match (c, next) {
            ('/', Some('/')) => self.inside = Inside::LineComment,
            ('/', Some('*')) => self.inside = Inside::BlockComment(1),
            ('#', Some('{')) => self.open('#', at + 2),
            ('"' | '`' | '\'', _) => {
                self.inside = Inside::Text(c);
                return false;
            }
            ('(' | '[' | '{', _) => {
                self.open(c, at + 1);
                return false;
            }
            (')' | ']' | '}', _) => {
                if let Some(Bracket { kind: '$', .. }) = self.brackets.pop() {
                    self.inside = Inside::Text('`');
                }
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
                self.inside = Inside::Code;
                return true;
            }
            ('"' | '\'', '\n', _) => self.inside = Inside::Code,
            _ if c == quote => self.inside = Inside::Code,
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
            Inside::Code
        } else {
            Inside::BlockComment(depth)
        };
        true
    }

    fn open(&mut self, kind: char, after: usize) {
        self.brackets.push(Bracket { kind, after });
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
            assert!(Scan::of(text).is_incomplete(), "{text}");
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
            assert!(!Scan::of(text).is_incomplete(), "{text}");
        }
    }

    #[test]
    fn brackets_tell_where_they_open() {
        let scan = Scan::of("crop(v, #{wid");
        let found: Vec<_> = scan.brackets.iter().map(|b| (b.kind, b.after)).collect();
        assert_eq!(found, [('(', 5), ('#', 10)]);
    }
}
