//! Recovery from syntax errors of a script, to find further ones.

use rhai::{EvalAltResult, ParseErrorType};

use super::lexer::{LexState, Lexer};
use super::source_text::{enclosing_function, span};

/// A script in which mistakes are skipped one after the other.
pub struct ErrorRecovery {
    text: String,
    /// Names taken as variables after they were found unknown.
    names: Vec<String>,
    /// Ranges of removed statements or replaced names.
    skipped: Vec<std::ops::Range<usize>>,
}

impl ErrorRecovery {
    /// Creates a script with nothing skipped yet.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            names: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Script without the skipped parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Names to be taken as variables.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Skips a mistake. Returns whether it is new, not a consequence of a skipped one, and whether
    /// there may be more.
    pub fn skip(&mut self, error: &EvalAltResult) -> (bool, bool) {
        let EvalAltResult::ErrorParsing(kind, position) = error else {
            return (true, false);
        };
        let Some(found_range) = span(&self.text, *position) else {
            return (true, false);
        };
        let is_new = !self
            .skipped
            .iter()
            .any(|range| range.contains(&found_range.start));
        if let ParseErrorType::VariableUndefined(name) = kind
            && is_new
            && !found_range.is_empty()
        {
            let is_outside = enclosing_function(&self.text, found_range.start).is_none();
            match is_outside && !self.names.contains(name) {
                true => self.names.push(name.clone()),
                false => {
                    self.text = with_number(&self.text, found_range.clone());
                    self.skipped.push(statement(&self.text, found_range.start));
                }
            }
            return (true, true);
        }
        match without_statement(&self.text, found_range.start) {
            Some((text, range)) => {
                self.text = text;
                self.skipped.push(range);
                (is_new, true)
            }
            None => (is_new, false),
        }
    }
}

/// Removes the statement around a mistake and returns its range; everything else keeps its
/// position. `None` if there is no statement to remove.
fn without_statement(text: &str, mistake: usize) -> Option<(String, std::ops::Range<usize>)> {
    let range = statement(text, mistake);
    let taken = &text[range.clone()];
    if taken.trim().is_empty() {
        return None;
    }
    let mut words = taken.split_whitespace();
    let defined = matches!(words.next(), Some("let" | "const"))
        .then(|| words.next())
        .flatten();
    let name = defined.map(|word| word.trim_end_matches([';', ':', ',', '=']));
    // The name it would define is defined, or each of its uses would be another mistake.
    let instead = name.map_or(String::new(), |name| format!("let {name}=0;"));
    let first_line = taken.trim_start().lines().next().unwrap_or_default();
    let instead = if instead.len() <= first_line.len() {
        instead
    } else {
        String::new()
    };
    let indent = taken.len() - taken.trim_start().len();
    let (before, after) = (
        blank(&taken[..indent]),
        blank(&taken[indent + instead.len()..]),
    );
    let kept = format!("{before}{instead}{after}");
    Some((
        format!("{}{kept}{}", &text[..range.start], &text[range.end..]),
        range,
    ))
}

/// Replaces an unknown name by a number.
fn with_number(text: &str, name: std::ops::Range<usize>) -> String {
    let spaces = " ".repeat(name.len() - 1);
    format!("{}0{spaces}{}", &text[..name.start], &text[name.end..])
}

/// The same number of bytes, all spaces except for line ends.
fn blank(text: &str) -> String {
    let plain = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(plain).collect()
}

/// Words that begin a statement.
const BEGINNINGS: &[&str] = &[
    "let ", "const ", "fn ", "for ", "if ", "while ", "loop ", "return", "import ", "print(",
    "try ", "throw ", "//", "}",
];

/// Statement around an offset: from the end of the previous one to its semicolon, the end of its
/// block, or a line that clearly begins another one.
fn statement(text: &str, found_range: usize) -> std::ops::Range<usize> {
    let blocks = Lexer::of(&text[..found_range]).brackets.into_iter().rev();
    let mut blocks = blocks.filter(|bracket| bracket.kind == '{');
    let block = blocks.next().map_or(0, |bracket| bracket.after);
    let mut is_code = vec![false; text.len()];
    for (range, inside) in Lexer::pieces(text) {
        is_code[range].fill(inside == LexState::Code);
    }
    let code = |range: std::ops::Range<usize>| {
        let chars = text[range.clone()].char_indices();
        chars
            .map(move |(at, c)| (range.start + at, c))
            .filter(|(at, _)| is_code[*at])
    };
    let (mut start, mut depth) = (block, 0);
    for (at, c) in code(block..found_range) {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                start = if depth == 0 { at + 1 } else { start };
            }
            ';' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let mut depth = 0;
    for (at, c) in code(found_range..text.len()) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return start..at,
            '}' if depth == 1 => return start..at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return start..at + 1,
            '\n' if depth == 0 => {
                let next = text[at..].trim_start();
                if BEGINNINGS.iter().any(|word| next.starts_with(word)) {
                    return start..at;
                }
            }
            _ => {}
        }
    }
    start..text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mistake = text.find('?').unwrap();
        let (found, _) = without_statement(text, mistake).unwrap();
        assert_eq!(found, expected);
        assert_eq!(found.len(), text.len());
    }

    #[test]
    fn statements_are_taken_out_and_all_else_stays() {
        check(
            "let a = 1;\nlet b = f(2?;\nb",
            "let a = 1;\nlet b=0;     \nb",
        );
        check("f(1 ?\nlet c = 2;", "     \nlet c = 2;");
        check(
            "fn half(n) { n / ?}\nhalf(2)",
            "fn half(n) {      }\nhalf(2)",
        );
        check("if a { b ? c } else { d }", "if a {       } else { d }");
        check("f(\";\", ?); g()", "           g()");
    }

    #[test]
    fn nothing_is_taken_out_of_nothing() {
        assert_eq!(without_statement("let a = 1;\n", 11), None);
    }
}
