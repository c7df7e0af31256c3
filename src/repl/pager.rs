//! Long texts page by page. The text stays on the screen, and a key that begins an entry ends the
//! text and is kept for the entry.

use std::io::{self, Write};

use console::Key;

/// Prints a text that may be longer than the screen of some columns and rows. Returns the first character of an entry that
/// the user typed instead of going on.
pub(super) fn page(
    text: &str,
    (columns, rows): (usize, usize),
    out: &mut dyn Write,
    mut read_key: impl FnMut() -> io::Result<Key>,
) -> io::Result<Option<char>> {
    let lines: Vec<&str> = text.lines().collect();
    // The last row holds the question.
    let page = rows.saturating_sub(1).max(1);
    let (mut shown, mut next) = (0, page);
    loop {
        let end = next.min(lines.len());
        for line in &lines[shown..end] {
            writeln!(out, "{line}")?;
        }
        shown = end;
        if shown == lines.len() {
            out.flush()?;
            return Ok(None);
        }
        let question = format!("-- {shown} of {} lines; Space: more, q: end", lines.len());
        // A question that fills its line would break.
        let question: String = question.chars().take(columns.saturating_sub(1)).collect();
        write!(out, "{question}")?;
        out.flush()?;
        let answer = answer(&mut read_key)?;
        write!(out, "\r\x1b[K")?;
        out.flush()?;
        next = match answer {
            Answer::Page => shown + page,
            Answer::Line => shown + 1,
            Answer::All => lines.len(),
            Answer::End => return Ok(None),
            Answer::Entry(c) => return Ok(Some(c)),
        };
    }
}

/// What a key asks for.
enum Answer {
    Page,
    Line,
    All,
    End,
    Entry(char),
}

fn answer(read_key: &mut dyn FnMut() -> io::Result<Key>) -> io::Result<Answer> {
    loop {
        return Ok(match read_key()? {
            Key::Char(' ' | 'f') | Key::PageDown | Key::Tab => Answer::Page,
            Key::Enter | Key::ArrowDown => Answer::Line,
            Key::Char('G') | Key::End => Answer::All,
            // Ctrl-C, Ctrl-D
            Key::Char('q' | 'Q' | '\x03' | '\x04') | Key::Escape | Key::CtrlC => Answer::End,
            Key::Char(c) if !c.is_control() => Answer::Entry(c),
            _ => continue,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output and kept key for a text of seven lines on four rows.
    fn paged(keys: &[Key]) -> (String, Option<char>) {
        let mut out = Vec::new();
        let mut keys = keys.iter().cloned();
        let text = (1..=7).map(|n| format!("{n}\n")).collect::<String>();
        let kept = page(&text, (80, 4), &mut out, || Ok(keys.next().unwrap())).unwrap();
        let out = String::from_utf8(out).unwrap().replace("\x1b[K", "");
        let lines = out.split(['\n', '\r']).filter(|line| line.len() == 1);
        (lines.collect(), kept)
    }

    #[test]
    fn short_texts_need_no_key() {
        let mut out = Vec::new();
        let kept = page("1\n2", (80, 3), &mut out, || unreachable!()).unwrap();
        assert_eq!((out.as_slice(), kept), (&b"1\n2\n"[..], None));
    }

    #[test]
    fn keys_show_more_or_all_or_end() {
        let space = Key::Char(' ');
        assert_eq!(paged(&[space.clone(), space.clone()]).0, "1234567");
        assert_eq!(paged(&[Key::Unknown, Key::Enter, Key::Char('q')]).0, "1234");
        assert_eq!(paged(&[Key::Char('G')]), ("1234567".into(), None));
        assert_eq!(paged(&[Key::CtrlC]), ("123".into(), None));
    }

    #[test]
    fn the_question_fits_its_line() {
        let mut out = Vec::new();
        page("1\n2", (12, 2), &mut out, || Ok(Key::Escape)).unwrap();
        assert_eq!(out, b"1\n-- 1 of 2 l\r\x1b[K");
    }

    #[test]
    fn what_begins_an_entry_is_kept() {
        assert_eq!(paged(&[Key::Char('v')]), ("123".into(), Some('v')));
    }
}
