//! The menu: every command with its key, to read, to click, or to choose with the arrow keys.

use super::Player;
use super::commands::{self, AppliedTopics, Command, MENU_KEYS, MOUSE};
use super::playback::Key;
use super::theme::{self, ThemeSizes};
use crate::draw::{Image, Rect, mix, text};

/// Height of a line relative to the text.
const LINE: f32 = 1.45;

/// The same where a window is too small for them.
const TIGHT_LINE: f32 = 1.3;

/// Menu that is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PlayerMenu {
    /// Topics that it shows.
    applied: AppliedTopics,
    /// First line shown, in a window with too little room for all of them.
    first: usize,
    /// Line that is highlighted.
    selected: Option<usize>,
}

/// Line of the menu.
enum MenuLine {
    Topic(&'static str),
    Command(&'static Command),
    /// What the mouse does.
    Mouse(&'static str, &'static str),
}

/// Positions of the lines.
struct MenuLayout {
    panel: Rect,
    label: f32,
    /// Height of a line.
    line: usize,
    rows: usize,
    columns: usize,
    /// Width of a column, and of the keys in it.
    column: usize,
    keys: usize,
}

fn lines(applied: AppliedTopics) -> Vec<MenuLine> {
    let mut lines = Vec::new();
    for (topic, commands) in commands::topics(applied) {
        lines.push(MenuLine::Topic(topic));
        lines.extend(commands.iter().map(MenuLine::Command));
    }
    lines.push(MenuLine::Topic("Mouse"));
    lines.extend(MOUSE.iter().map(|(what, does)| MenuLine::Mouse(what, does)));
    lines
}

impl MenuLine {
    /// The key or the action of the mouse, and what it does.
    fn texts(&self) -> (String, &'static str) {
        match self {
            Self::Topic(topic) => (String::new(), topic),
            Self::Command((keys, does, _)) => (commands::key_text(keys[0]), does),
            Self::Mouse(what, does) => ((*what).into(), does),
        }
    }
}

impl MenuLayout {
    /// As few columns as hold all lines; in a small window the text shrinks before lines are left
    /// out.
    fn new(lines: &[MenuLine], (width, height): (usize, usize), sizes: &ThemeSizes) -> Self {
        let texts: Vec<_> = lines.iter().map(MenuLine::texts).collect();
        let arranged = |(shrink, line): (f32, f32), columns: usize| {
            let label = sizes.label * shrink;
            let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
            let gap = label as usize;
            let keys = widest(&mut texts.iter().map(|(key, _)| text::width(key, label))) + gap;
            let does = widest(&mut texts.iter().map(|(_, does)| text::width(does, label)));
            let (line, column) = ((label * line) as usize, keys + does + 2 * gap);
            let rows = lines.len().div_ceil(columns);
            let most = height.saturating_sub(2 * gap) / line.max(1);
            let shown = rows.clamp(1, most.max(1));
            let area = Rect {
                width,
                height,
                ..Rect::default()
            };
            let layout = Self {
                panel: area.center(column * columns + gap, shown * line + gap),
                label,
                line,
                rows: shown,
                columns,
                column,
                keys,
            };
            (layout, column * columns + gap <= width && rows <= most)
        };
        let shrinks = [
            (1.0, LINE),
            (0.9, LINE),
            (0.8, LINE),
            (0.8, TIGHT_LINE),
            (0.72, LINE),
        ];
        let choices = shrinks
            .into_iter()
            .flat_map(|shrink| (1..=4).map(move |columns| (shrink, columns)));
        let fitting = choices.map(|(shrink, columns)| arranged(shrink, columns));
        match fitting.into_iter().find(|(_, fits)| *fits) {
            Some((layout, _)) => layout,
            None => {
                let columns = (1..=3).rev();
                let mut narrow = columns.map(|columns| arranged((0.8, LINE), columns).0);
                let fits = |layout: &Self| layout.column * layout.columns <= width;
                narrow
                    .find(fits)
                    .unwrap_or_else(|| arranged((0.72, LINE), 1).0)
            }
        }
    }

    /// Number of lines shown at a time.
    fn visible(&self) -> usize {
        self.rows * self.columns
    }

    /// Rectangle of a line, counted from the first one shown.
    fn rect(&self, index: usize) -> Rect {
        let inset = self.label as usize / 2;
        Rect {
            left: self.panel.left + inset + index / self.rows * self.column,
            top: self.panel.top + inset + index % self.rows * self.line,
            width: self.column,
            height: self.line,
        }
        .intersect(self.panel)
    }

    /// Line at a position, counted from the first one shown.
    fn at(&self, (x, y): (f32, f32)) -> Option<usize> {
        (0..self.visible()).find(|index| self.rect(*index).contains(x, y))
    }
}

impl PlayerMenu {
    /// A menu of some topics, at its first line.
    fn new(applied: AppliedTopics) -> Self {
        Self {
            applied,
            first: 0,
            selected: None,
        }
    }

    /// Shows other lines, as far as there are some that are not shown.
    fn scroll(&mut self, by: isize, lines: usize, visible: usize) {
        let last = lines.saturating_sub(visible);
        self.first = self.first.saturating_add_signed(by).min(last);
    }

    /// Highlights the next or the previous command.
    fn step(&mut self, by: isize, lines: &[MenuLine], visible: usize) {
        let count = lines.len() as isize;
        let start = match (self.selected, by) {
            (Some(line), _) => line as isize,
            (None, 1..) => -1,
            (None, _) => 0,
        };
        let others = (1..=count).map(|far| (start + far * by).rem_euclid(count) as usize);
        let is_command = |line: &usize| matches!(lines[*line], MenuLine::Command(_));
        self.selected = others.into_iter().find(is_command);
        if let Some(line) = self.selected {
            self.first = self.first.clamp((line + 1).saturating_sub(visible), line);
        }
    }
}

impl Player {
    /// Opens or closes the menu.
    pub(super) fn toggle_menu(&self, size: (usize, usize)) {
        let mut state = self.state();
        state.menu = match state.menu {
            Some(_) => None,
            None => Some(PlayerMenu::new(commands::applied(&state))),
        };
        state.size = Some(size);
        state.changed();
    }

    /// Handles a key while the menu is open; false if it is not.
    pub(super) fn menu_key(&self, key: Key, size: (usize, usize)) -> bool {
        let mut state = self.state();
        let Some(mut menu) = state.menu else {
            return false;
        };
        let lines = lines(menu.applied);
        let visible = MenuLayout::new(&lines, size, &state.inputs().sizes).visible();
        match key {
            Key::Up => menu.step(-1, &lines, visible),
            Key::Down => menu.step(1, &lines, visible),
            Key::Escape => {
                state.menu = None;
                state.changed();
                return true;
            }
            Key::Enter => {
                drop(state);
                if let Some(line) = menu.selected {
                    self.choose(&lines[line], size);
                }
                return true;
            }
            _ => {
                let is_menu = MENU_KEYS.contains(&key);
                if !is_menu {
                    state.menu = None;
                    state.changed();
                }
                return false;
            }
        }
        state.menu = Some(menu);
        state.changed();
        true
    }

    /// Handles a click while the menu is open; false if it is not.
    pub(super) fn menu_press(&self, position: (f32, f32), size: (usize, usize)) -> bool {
        let state = self.state();
        let Some(menu) = state.menu else {
            return false;
        };
        let lines = lines(menu.applied);
        let layout = MenuLayout::new(&lines, size, &state.inputs().sizes);
        drop(state);
        let clicked = layout.at(position).map(|index| menu.first + index);
        match clicked.and_then(|line| lines.get(line)) {
            Some(line) => self.choose(line, size),
            None if layout.panel.contains(position.0, position.1) => {}
            None => self.toggle_menu(size),
        }
        true
    }

    /// Highlights the command under the pointer; false if the menu is not open.
    pub(super) fn menu_point(&self, position: Option<(f32, f32)>, size: (usize, usize)) -> bool {
        let mut state = self.state();
        let Some(mut menu) = state.menu else {
            return false;
        };
        let lines = lines(menu.applied);
        let layout = MenuLayout::new(&lines, size, &state.inputs().sizes);
        let line = position.and_then(|position| layout.at(position));
        let line = line.map(|index| menu.first + index);
        menu.selected = line.filter(|line| matches!(lines.get(*line), Some(MenuLine::Command(_))));
        if state.menu != Some(menu) {
            state.menu = Some(menu);
            state.changed();
        }
        true
    }

    /// Scrolls the menu; false if it is not open.
    pub(super) fn menu_turn(&self, notches: i32, size: (usize, usize)) -> bool {
        let mut state = self.state();
        let Some(mut menu) = state.menu else {
            return false;
        };
        let lines = lines(menu.applied);
        let visible = MenuLayout::new(&lines, size, &state.inputs().sizes).visible();
        menu.scroll(-3 * notches as isize, lines.len(), visible);
        state.menu = Some(menu);
        state.changed();
        true
    }

    /// Closes the menu and runs the command of a line.
    fn choose(&self, line: &MenuLine, size: (usize, usize)) {
        let MenuLine::Command((keys, _, run)) = line else {
            return;
        };
        let mut state = self.state();
        state.menu = None;
        state.changed();
        drop(state);
        if !MENU_KEYS.contains(&keys[0]) {
            run(self, keys[0], size);
        }
    }
}

/// Draws the menu over a darkened image.
pub(super) fn draw(image: &mut Image, menu: &PlayerMenu, sizes: &ThemeSizes) {
    for pixel in &mut image.pixels {
        *pixel = mix(*pixel, theme::BACKGROUND, 160);
    }
    let lines = lines(menu.applied);
    let layout = MenuLayout::new(&lines, (image.width, image.height), sizes);
    image.rounded(layout.panel.grow(1), layout.label / 2.0, theme::LINE);
    image.rounded(layout.panel, layout.label / 2.0, theme::SURFACE);
    let last = lines.len().saturating_sub(layout.visible());
    let first = menu.first.min(last);
    for (index, line) in lines.iter().skip(first).take(layout.visible()).enumerate() {
        let rect = layout.rect(index);
        if menu.selected == Some(first + index) {
            image.rounded(rect, layout.label / 3.0, theme::TRACK);
        }
        let (key, does) = line.texts();
        let inset = layout.label as usize / 2;
        let draw = |image: &mut Image, left: usize, label: &str, color| {
            let room = (rect.right()).saturating_sub(left + inset);
            let label = text::fit(label, layout.label, room);
            text::draw(image, (left, rect.middle()), &label, layout.label, color);
        };
        let left = rect.left + inset;
        match line {
            MenuLine::Topic(topic) => draw(image, left, topic, theme::DIM),
            MenuLine::Command(_) => {
                draw(image, left, &key, theme::ACCENT);
                draw(image, left + layout.keys, does, theme::TEXT);
            }
            MenuLine::Mouse(..) => {
                draw(image, left, &key, theme::DIM);
                draw(image, left + layout.keys, does, theme::TEXT);
            }
        }
    }
    if layout.visible() < lines.len() {
        draw_scrollbar(image, &layout, (first, lines.len()));
    }
}

/// Draws which part of the lines is shown at the right edge.
fn draw_scrollbar(image: &mut Image, layout: &MenuLayout, (first, lines): (usize, usize)) {
    let width = (layout.label / 4.0) as usize;
    let mut bar = layout.panel.inset(width, width * 2);
    let mut bar = bar.cut_right(width);
    image.rounded(bar, width as f32 / 2.0, theme::LINE);
    bar.top += bar.height * first / lines;
    bar.height = bar.height * layout.visible() / lines;
    image.rounded(bar, width as f32 / 2.0, theme::DIM);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::commands::TOPICS;

    #[test]
    fn every_line_can_be_reached_in_windows_of_any_size() {
        // Of the topics of two videos, an overlay and files, one applies at a time.
        for (hidden, size) in [[2, 4], [2, 6], [4, 6]].into_iter().flat_map(|hidden| {
            let sizes = [(60, 40), (200, 120), (300, 240), (640, 480), (1600, 1000)];
            sizes.map(|size| (hidden, size))
        }) {
            let mut applied = [true; TOPICS.len()];
            hidden.into_iter().for_each(|topic| applied[topic] = false);
            let lines = lines(applied);
            let layout = MenuLayout::new(&lines, size, &ThemeSizes::new(1.0));
            let (panel, visible) = (layout.panel, layout.visible());
            assert!(panel.right() <= size.0 && panel.bottom() <= size.1);
            if 480 <= size.1 {
                assert!(lines.len() <= visible && layout.label >= 10.0, "{size:?}");
            }
            let mut menu = PlayerMenu::new(applied);
            let mut seen = vec![false; lines.len()];
            for _ in 0..lines.len() {
                menu.step(1, &lines, visible);
                let line = menu.selected.unwrap();
                assert!((menu.first..menu.first + visible).contains(&line));
                let rect = layout.rect(line - menu.first);
                let middle = (rect.left as f32 + 1.0, rect.middle() as f32);
                assert_eq!(layout.at(middle), Some(line - menu.first), "{size:?}");
                seen[line] = true;
            }
            let commands = lines.iter().zip(&seen);
            let missed =
                |(line, seen): &(&MenuLine, &bool)| matches!(line, MenuLine::Command(_)) && !**seen;
            assert_eq!(commands.filter(missed).count(), 0);
            menu.scroll(999, lines.len(), visible);
            assert!(
                menu.first + visible >= lines.len() && (menu.first == 0 || visible < lines.len())
            );
        }
    }
}
