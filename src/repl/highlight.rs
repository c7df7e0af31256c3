//! Syntax highlighting of entries: keywords, functions, strings, numbers, comments, matching
//! brackets.

use crate::script::language::lexer::{LexState, Lexer};

const RESET: &str = "\x1b[0m";
const KEYWORD: &str = "\x1b[35m";
const FUNCTION: &str = "\x1b[36m";
const TEXT: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[33m";
const COMMENT: &str = "\x1b[90m";
const BRACKET: &str = "\x1b[1;34m";
const UNMATCHED: &str = "\x1b[31m";

/// Color of text that is shown but not part of the entry.
pub(super) const HINT: &str = "\x1b[90m";

const KEYWORDS: &[&str] = &[
    "as", "break", "catch", "const", "continue", "do", "else", "export", "false", "fn", "for",
    "if", "import", "in", "let", "loop", "private", "return", "switch", "this", "throw", "true",
    "try", "until", "while",
];

/// Text in a color.
pub(super) fn colored(text: &str, color: &str) -> String {
    format!("{color}{text}{RESET}")
}

/// Entry in colors, with the bracket that matches the one at the cursor marked.
pub(super) fn highlight(text: &str, cursor: usize) -> String {
    let marked = brackets(text, cursor);
    let mut colors = StyledText {
        out: String::with_capacity(2 * text.len()),
        marked,
    };
    for (range, inside) in Lexer::pieces(text) {
        match inside {
            LexState::Code => colors.code(text, range),
            LexState::Text(_) => colors.push(&text[range], TEXT),
            LexState::LineComment | LexState::BlockComment(_) => colors.push(&text[range], COMMENT),
        }
    }
    colors.out
}

/// Brackets to mark, with their color.
fn brackets(text: &str, cursor: usize) -> Vec<(usize, &'static str)> {
    let lexer = Lexer::of(text);
    let touches = |at: usize| at == cursor || at + 1 == cursor;
    let pair = lexer
        .pairs
        .iter()
        .find(|(open, close)| touches(*open) || touches(*close));
    let Some((open, close)) = pair else {
        return Vec::new();
    };
    let fits = matches!(
        (&text[*open..=*open], &text[*close..=*close]),
        ("(", ")") | ("[", "]") | ("{", "}")
    );
    let color = if fits { BRACKET } else { UNMATCHED };
    vec![(*open, color), (*close, color)]
}

/// Menu of completions with the selected one, which is marked by `>`, in reverse.
pub(super) fn menu_highlighted(menu: &str) -> String {
    let lines = menu.split('\n').map(|line| {
        let marks = line.match_indices('>').map(|(at, _)| at);
        let mut marks = marks.filter(|at| *at == 0 || line[..*at].ends_with("  "));
        let Some(start) = marks.next() else {
            return line.to_owned();
        };
        let end = line[start..].find("  ").map_or(line.len(), |at| start + at);
        let selected = colored(&line[start..end], "\x1b[7m");
        format!("{}{selected}{}", &line[..start], &line[end..])
    });
    lines.collect::<Vec<_>>().join("\n")
}

struct StyledText {
    out: String,
    marked: Vec<(usize, &'static str)>,
}

impl StyledText {
    fn push(&mut self, text: &str, color: &str) {
        self.out += color;
        self.out += text;
        self.out += RESET;
    }

    /// Highlights code, one word or sign at a time.
    fn code(&mut self, text: &str, range: std::ops::Range<usize>) {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let length = match rest.find(|c| !is_name(c)).unwrap_or(rest.len()) {
                0 => first,
                length => length,
            };
            let word = &rest[..length];
            let mark = self.marked.iter().find(|(marked, _)| *marked == at);
            match mark
                .map(|(_, color)| *color)
                .or_else(|| color_of(word, &text[at + length..]))
            {
                Some(color) => self.push(word, color),
                None => self.out += word,
            }
            at += length;
        }
    }
}

fn color_of(word: &str, after: &str) -> Option<&'static str> {
    if KEYWORDS.contains(&word) {
        return Some(KEYWORD);
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(NUMBER);
    }
    let is_call =
        word.starts_with(|c: char| c.is_alphabetic() || c == '_') && after.starts_with('(');
    is_call.then_some(FUNCTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_itself_stays() {
        for text in [
            "let v = crop(\"ä(\", 2.5) // x",
            "f([1, `a ${b}`])",
            "ü)(",
            "",
        ] {
            let colored = highlight(text, 3);
            let mut plain = String::new();
            let mut in_escape = false;
            for c in colored.chars() {
                match c {
                    '\x1b' => in_escape = true,
                    'm' if in_escape => in_escape = false,
                    c if !in_escape => plain.push(c),
                    _ => {}
                }
            }
            assert_eq!(plain, text);
        }
    }

    #[test]
    fn the_selected_completion_is_shown_in_reverse() {
        assert_eq!(
            menu_highlighted("\n a>b  >crop  div\n exp"),
            "\n a>b  \x1b[7m>crop\x1b[0m  div\n exp"
        );
        assert_eq!(menu_highlighted("\n>crop"), "\n\x1b[7m>crop\x1b[0m");
        assert_eq!(menu_highlighted("\n a\n b"), "\n a\n b");
    }

    #[test]
    fn matching_brackets_are_marked_and_others_too() {
        assert_eq!(brackets("f(1)", 4), [(1, BRACKET), (3, BRACKET)]);
        assert_eq!(brackets("f(1]", 4), [(1, UNMATCHED), (3, UNMATCHED)]);
        assert!(brackets("f(1) + 2", 8).is_empty());
    }
}
