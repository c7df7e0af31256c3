//! What a terminal does to the entry being typed when its width changes: most break its lines anew,
//! of which the line editor knows nothing.

use console::measure_text_width;

/// The entry as it was last drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawn {
    /// Text from the prompt to the cursor.
    pub(super) text: String,
    /// Text from the prompt to the end of the hint.
    pub(super) whole: String,
    /// Columns of the terminal.
    pub(super) columns: usize,
}

/// Whether the terminal breaks lines anew when its width changes, by the variables that it sets.
pub(super) fn breaks_lines_anew(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    let is_one_of = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
    let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    match has("TMUX") {
        true => true,
        false => !has("XTERM_VERSION") && !is_one_of(&["linux", "rxvt", "screen", "st-", "vt"]),
    }
}

/// Output that leads from where the terminal put the cursor to where the line editor expects it,
/// below an empty place for the entry. `None` if nothing has moved.
pub(super) fn correction(before: &Drawn, columns: usize) -> Option<String> {
    if before.columns == columns || before.columns == 0 || columns == 0 {
        return None;
    }
    let (expected, found) = (
        rows_above(&before.text, before.columns),
        rows_above(&before.text, columns),
    );
    if expected == found {
        return None;
    }
    let up = |rows: usize| match rows {
        0 => String::new(),
        rows => format!("\x1b[{rows}A"),
    };
    let below = rows_above(&before.whole, before.columns).max(expected);
    // Line feeds make room where the entry was at the bottom of the screen.
    Some(format!(
        "{}\r\x1b[J{}{}",
        up(found),
        "\n".repeat(below),
        up(below - expected)
    ))
}

/// Rows of the screen between the start of a text and its end.
fn rows_above(text: &str, columns: usize) -> usize {
    let mut rows = 0;
    let mut column = 0;
    let mut bytes = [0; 4];
    for c in text.chars() {
        if c == '\n' {
            rows += 1;
            column = 0;
            continue;
        }
        let width = measure_text_width(c.encode_utf8(&mut bytes));
        column += width;
        if columns < column {
            rows += 1;
            column = width;
        }
    }
    // The line editor moves on where a line is full.
    rows + usize::from(column == columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_terminals_break_lines() {
        for (text, columns, rows) in [
            ("", 10, 0),
            ("123456789", 10, 0),
            ("1234567890", 10, 1),
            ("12345678901", 10, 1),
            ("a\nb", 10, 1),
            ("1234\n1234", 2, 4),
            ("漢字漢字漢", 9, 1),
        ] {
            assert_eq!(rows_above(text, columns), rows, "{text}");
        }
    }

    #[test]
    fn the_cursor_is_moved_by_the_rows_that_came_or_went() {
        let drawn = |columns| Drawn {
            text: "x".repeat(50),
            whole: "x".repeat(70),
            columns,
        };
        assert_eq!(correction(&drawn(80), 80), None);
        assert_eq!(correction(&drawn(80), 60), None);
        assert_eq!(correction(&drawn(80), 20).unwrap(), "\x1b[2A\r\x1b[J");
        let output = correction(&drawn(20), 80).unwrap();
        assert_eq!(output, "\r\x1b[J\n\n\n\x1b[1A");
        assert_eq!(correction(&Drawn::default(), 80), None);
    }

    #[test]
    fn terminals_are_known_by_their_variables() {
        let of = |variables: &[(&str, &str)]| {
            breaks_lines_anew(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(of(&[("TERM", "xterm-256color")]));
        assert!(of(&[("TERM", "screen"), ("TMUX", "/tmp/x")]));
        assert!(!of(&[("TERM", "screen")]));
        assert!(!of(&[("TERM", "xterm"), ("XTERM_VERSION", "XTerm(390)")]));
        assert!(!of(&[("TERM", "linux")]));
    }
}
