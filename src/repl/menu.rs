//! The menu of completions: it is drawn below the entry as a hint, and every key that does not move
//! in it goes on with the entry, so that no key is lost.

use console::measure_text_width;

/// Largest number of rows of candidates that are shown at once.
const MAX_ROWS: usize = 8;

/// Rows of the terminal that the entry and the line below the menu need.
const OTHER_ROWS: usize = 3;

/// Space between columns.
const GAP: usize = 2;

/// An open menu.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Menu {
    /// The entry and the position of the cursor for which it is open.
    line: String,
    position: usize,
    /// Start of the text that a candidate replaces.
    pub(super) start: usize,
    /// Candidates: how each is shown, and the text that replaces the typed one.
    pub(super) candidates: Vec<(String, String)>,
    selected: Option<usize>,
    /// Rows by which the menu was last arranged.
    rows: usize,
}

/// A move in the menu.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MenuStep {
    Next,
    Previous,
    Left,
    Right,
}

impl Menu {
    /// Opens a menu below an entry.
    pub(super) fn new(
        line: String,
        position: usize,
        start: usize,
        candidates: Vec<(String, String)>,
    ) -> Self {
        Self {
            line,
            position,
            start,
            candidates,
            selected: None,
            rows: 1,
        }
    }

    /// Whether the entry is still the one for which the menu was opened.
    pub(super) fn is_for(&self, line: &str, position: usize) -> bool {
        self.position == position && self.line == line
    }

    /// Text of the selected candidate.
    pub(super) fn selected(&self) -> Option<&str> {
        let (_, text) = &self.candidates[self.selected?];
        Some(text)
    }

    /// Moves the selection, around the ends.
    pub(super) fn step(&mut self, step: MenuStep) {
        let len = self.candidates.len();
        let Some(selected) = self.selected else {
            self.selected = Some(match step {
                MenuStep::Next | MenuStep::Right => 0,
                MenuStep::Previous | MenuStep::Left => len - 1,
            });
            return;
        };
        let columns = len.div_ceil(self.rows);
        let (column, row) = (selected / self.rows, selected % self.rows);
        // The last column may be shorter than the others.
        let in_column = |column: usize| (column * self.rows + row).min(len - 1);
        self.selected = Some(match step {
            MenuStep::Next => (selected + 1) % len,
            MenuStep::Previous => (selected + len - 1) % len,
            MenuStep::Right => in_column((column + 1) % columns),
            MenuStep::Left => in_column((column + columns - 1) % columns),
        });
    }

    /// Arranges the menu for a terminal: lines below the entry, of which the selected candidate is
    /// marked by `>`.
    pub(super) fn lines(&mut self, (columns, rows): (usize, usize)) -> Vec<String> {
        let len = self.candidates.len();
        let shown = self.candidates.iter().map(|(shown, _)| shown.as_str());
        let widest = shown.clone().map(measure_text_width).max().unwrap_or(0);
        // One column stays free: a full line would break.
        let room = columns.saturating_sub(2).max(1);
        let width = widest.min(room);
        let across = ((room + GAP) / (width + GAP + 1)).max(1);
        self.rows = len.div_ceil(across);
        let visible = rows.saturating_sub(OTHER_ROWS).clamp(1, MAX_ROWS);
        let visible = visible.min(self.rows);
        let selected_row = self.selected.map_or(0, |selected| selected % self.rows);
        // The selected row is at the bottom, or above it.
        let first = (selected_row + 1).saturating_sub(visible);
        let mut lines = Vec::new();
        for row in first..first + visible {
            let mut line = String::new();
            for (index, shown) in shown.clone().enumerate().skip(row).step_by(self.rows) {
                let mark = if self.selected == Some(index) {
                    '>'
                } else {
                    ' '
                };
                line.push(mark);
                let shown = cut(shown, width);
                line += &shown;
                line.extend(std::iter::repeat_n(
                    ' ',
                    width + GAP - measure_text_width(&shown),
                ));
            }
            lines.push(line.trim_end().to_owned());
        }
        if visible < self.rows {
            let at = self.selected.map_or(0, |selected| selected + 1);
            lines.push(cut(&format!(" {at} of {len}, Tab: next"), room));
        }
        lines
    }
}

/// Start of a text that fits a width.
fn cut(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width < measure_text_width(&kept) + 2 {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// Longest common start of texts.
pub(super) fn common_start<'a>(mut texts: impl Iterator<Item = &'a str>) -> &'a str {
    let first = texts.next().unwrap_or_default();
    texts.fold(first, |common, text| {
        let pairs = common.char_indices().zip(text.chars());
        let mut different = pairs.filter(|((_, a), b)| a != b);
        let end = different.next().map(|((at, _), _)| at);
        let end = end.unwrap_or(common.len().min(text.len()));
        &common[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu(names: &[&str]) -> Menu {
        let candidates = names
            .iter()
            .map(|name| ((*name).to_owned(), format!("{name}(")));
        Menu::new("v.".into(), 2, 2, candidates.collect())
    }

    #[test]
    fn candidates_are_read_downwards() {
        let mut menu = menu(&["crop", "div", "exp", "flip_up_down", "log"]);
        let expected = [
            " crop           flip_up_down",
            " div            log",
            " exp",
        ];
        assert_eq!(menu.lines((40, 24)), expected);
        menu.step(MenuStep::Next);
        assert_eq!(menu.selected(), Some("crop("));
        menu.step(MenuStep::Right);
        assert_eq!(menu.selected(), Some("flip_up_down("));
        assert_eq!(menu.lines((40, 24))[0], " crop          >flip_up_down");
        menu.step(MenuStep::Right);
        menu.step(MenuStep::Previous);
        assert_eq!(menu.selected(), Some("log("));
        menu.step(MenuStep::Next);
        assert_eq!(menu.selected(), Some("crop("));
    }

    #[test]
    fn small_terminals_show_the_part_around_the_selection() {
        let names: Vec<String> = (0..30).map(|n| format!("name_{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut menu = menu(&names);
        let lines = menu.lines((12, 6));
        assert_eq!(lines, [" name_0", " name_1", " name_2", " 0 of 30,…"]);
        for _ in 0..5 {
            menu.step(MenuStep::Next);
        }
        let lines = menu.lines((12, 6));
        assert_eq!(lines, [" name_2", " name_3", ">name_4", " 5 of 30,…"]);
        for columns in 1..100 {
            let lines = menu.lines((columns, 24));
            let fits = |line: &String| measure_text_width(line) < columns.max(4);
            assert!(lines.iter().all(fits), "{columns}: {lines:?}");
        }
    }

    #[test]
    fn a_menu_belongs_to_one_entry() {
        let menu = menu(&["a", "b"]);
        assert!(menu.is_for("v.", 2));
        assert!(!menu.is_for("v.c", 3) && !menu.is_for("v.", 1));
    }

    #[test]
    fn common_starts_end_at_characters() {
        let common = |texts: &[&'static str]| common_start(texts.iter().copied());
        assert_eq!(common(&["crop", "cross"]), "cro");
        assert_eq!(common(&["ä1", "äö", "ä"]), "ä");
        assert_eq!(common(&["ab", "abc"]), "ab");
        assert_eq!(common(&["a", "b"]), "");
        assert_eq!(common(&[]), "");
    }
}
