//! Documentation broken into lines for a terminal.

use console::measure_text_width;

/// Columns that the text beside a name needs; with fewer it goes below the name.
const MIN_BESIDE: usize = 24;

/// Indentation of what goes below.
const BELOW: usize = 4;

/// A text whose lines have at most `width` columns, where their words allow it. The columns of
/// lists and tables stay; examples are left as they are.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut is_example = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_fence = line.trim_start().starts_with("```");
        is_example ^= is_fence;
        if line.starts_with('|') && !is_example {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(row);
            }
            table(&mut out, &rows, width);
        } else if is_example || is_fence {
            out += line;
            out.push('\n');
        } else if !is_prose(line) {
            fitted(&mut out, line, width);
        } else {
            let indent = indent_of(line);
            let mut paragraph = vec![line];
            while let Some(line) = lines.next_if(|line| indent_of(line) == indent && is_prose(line))
            {
                paragraph.push(line);
            }
            // Only paragraphs with a line that is too long are broken anew.
            if paragraph
                .iter()
                .all(|line| measure_text_width(line) <= width)
            {
                paragraph
                    .iter()
                    .for_each(|line| fitted(&mut out, line, width));
                continue;
            }
            let rest = paragraph[1..]
                .iter()
                .map(|line| format!(" {}", line.trim()));
            let mut whole = paragraph[0].trim_end().to_owned();
            whole.extend(rest);
            words(&mut out, &whole, width, indent);
        }
    }
    out
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a line is part of a paragraph: not of a list, a table, an example or columns.
fn is_prose(line: &str) -> bool {
    let text = line.trim();
    let is_marked = ["- ", "* ", "|", "#", "```"]
        .iter()
        .any(|mark| text.starts_with(mark));
    !text.is_empty() && !is_marked && !text.contains("  ")
}

/// A line as it is, or broken into lines that fit.
fn fitted(out: &mut String, line: &str, width: usize) {
    if measure_text_width(line) <= width {
        out.push_str(line);
        out.push('\n');
    } else {
        long_line(out, line, width);
    }
}

/// A Markdown table in columns.
fn table(out: &mut String, rows: &[&str], width: usize) {
    let cells = |row: &str| -> Vec<String> {
        let row = row.trim().trim_start_matches('|');
        let row = row.strip_suffix('|').unwrap_or(row);
        row.replace("\\|", "\u{0}")
            .split('|')
            .map(|cell| cell.trim().replace('\u{0}', "|"))
            .collect()
    };
    let is_rule = |row: &&&str| row.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    let rows: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| !is_rule(row))
        .map(|row| cells(row))
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| measure_text_width(cell))
            .max()
            .unwrap_or(0)
    };
    // The last column may be broken into lines, the others only as a whole.
    let before: Vec<usize> = (0..columns.saturating_sub(1)).map(width_of).collect();
    let start = 2 + before.iter().map(|width| width + 2).sum::<usize>();
    let fits = start + MIN_BESIDE.min(width_of(columns.saturating_sub(1))) <= width;
    for row in &rows {
        let mut line = String::from("  ");
        if fits {
            for (index, cell) in row.iter().enumerate() {
                line += cell;
                if let Some(width) = before.get(index) {
                    let spaces = width + 2 - measure_text_width(cell);
                    line.extend(std::iter::repeat_n(' ', spaces));
                }
            }
            words(out, line.trim_end(), width, start);
        } else {
            line += row.first().map_or("", String::as_str);
            words(out, &line, width, BELOW);
            for cell in row.iter().skip(1).filter(|cell| !cell.is_empty()) {
                let line = format!("{}{cell}", " ".repeat(2 + BELOW));
                words(out, &line, width, 2 + BELOW);
            }
        }
    }
}

fn long_line(out: &mut String, line: &str, width: usize) {
    let indent = indent_of(line);
    let gap = line[indent..].find("  ").map(|at| indent + at);
    let Some(gap) = gap else {
        let is_item = line.trim_start().starts_with("- ");
        words(out, line, width, indent + if is_item { 2 } else { 0 });
        return;
    };
    let (name, text) = (&line[..gap], line[gap..].trim_start());
    let beside = measure_text_width(&line[..line.len() - text.len()]);
    if beside + MIN_BESIDE <= width {
        words(out, line, width, beside);
    } else {
        words(out, name, width, indent);
        let below = indent + BELOW;
        words(out, &format!("{}{text}", " ".repeat(below)), width, below);
    }
}

/// Breaks a line between words; what follows the first line is indented. Spaces at its start, and
/// within what fits, stay.
fn words(out: &mut String, line: &str, width: usize, indent: usize) {
    let mut rest = line;
    let mut start = 0;
    loop {
        let room = width.saturating_sub(start).max(1);
        if measure_text_width(rest) <= room {
            break;
        }
        let content = rest.len() - rest.trim_start().len();
        let spaces = rest[content..]
            .match_indices(' ')
            .map(|(at, _)| content + at);
        let mut fitting = spaces.clone();
        let last = fitting
            .by_ref()
            .take_while(|at| measure_text_width(&rest[..*at]) <= room)
            .last();
        // A word that is too long is left whole.
        let Some(at) = last.or_else(|| spaces.clone().next()) else {
            break;
        };
        out.push_str(rest[..at].trim_end());
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        start = indent;
        rest = rest[at..].trim_start();
    }
    out.push_str(rest.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_move_to_the_next_line() {
        let text = "Removes pixels from each side.\n\nFails if none are left.\n";
        let expected = "Removes pixels\nfrom each side.\n\nFails if none\nare left.\n";
        assert_eq!(wrapped(text, 15), expected);
        assert_eq!(wrapped(text, 80), text);
        assert_eq!(
            wrapped("a/very/long/path and more", 8),
            "a/very/long/path\nand more\n"
        );
        assert_eq!(
            wrapped("    two words here", 13),
            "    two words\n    here\n"
        );
    }

    #[test]
    fn paragraphs_are_broken_anew_as_a_whole() {
        let text = "    one two three four\n    five six\n    - seven\n\n    eight\n    nine\n";
        assert_eq!(
            wrapped(text, 17),
            "    one two three\n    four five six\n    - seven\n\n    eight\n    nine\n"
        );
        assert_eq!(wrapped(text, 22), text);
    }

    #[test]
    fn columns_stay_or_go_below() {
        let line = "  crop      Removes pixels from each side of every frame";
        assert_eq!(
            wrapped(line, 40),
            "  crop      Removes pixels from each\n            side of every frame\n"
        );
        assert_eq!(
            wrapped(line, 24),
            "  crop\n      Removes pixels\n      from each side of\n      every frame\n"
        );
    }

    #[test]
    fn tables_have_columns_without_bars() {
        let table = "| key | does |\n|---|---|\n| Space | play or pause |\n| `\\|` | a bar |\n";
        assert_eq!(
            wrapped(table, 40),
            "  key    does\n  Space  play or pause\n  `|`    a bar\n"
        );
        assert_eq!(
            wrapped(table, 16),
            "  key\n      does\n  Space\n      play or\n      pause\n  `|`\n      a bar\n"
        );
    }

    #[test]
    fn examples_stay_as_they_are() {
        let text = "```\nlet v = example_video(10, 64, 64); v\n```\n";
        assert_eq!(wrapped(text, 10), text);
    }
}
