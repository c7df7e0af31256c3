//! Everything that keys do, by topic: the table that runs them and that the menu shows.

use super::Player;
use super::comparison::CompareMode;
use super::playback::Key;
use super::sketch::RegionTool;
use super::state::PlayerState;

/// Runs a command of a player whose window has a width and height; it gets the key pressed.
type RunCommand = fn(&Player, Key, (usize, usize));

/// Keys of a command, what it does, and the function that does it. The menu shows the first key.
pub(super) type Command = (&'static [Key], &'static str, RunCommand);

/// Zoom factor of one key press or notch of the wheel.
pub(super) const ZOOM: f64 = 1.25;

/// Part of the distance of the color limits by which a key moves them.
const SHIFT: f64 = 0.05;

/// Factor by which a key changes their distance, and another gamma.
const STRETCH: f64 = 1.1;
const GAMMA_STEP: f64 = 1.1;

/// Part by which a key changes the opacity of an overlay, and part of the distance of the color
/// limits by which it moves the threshold.
const OPACITY_STEP: f64 = 0.1;
const THRESHOLD_STEP: f64 = 0.05;

/// Part of the width by which a key moves the line between two videos.
const WIPE_STEP: f64 = 0.05;

/// Factor by which a key changes the brush.
const BRUSH: f64 = 1.25;

/// Commands of a topic.
pub(super) struct CommandTopic {
    pub(super) name: &'static str,
    commands: &'static [Command],
    /// Whether the menu shows them.
    applies: fn(&PlayerState) -> bool,
}

/// Commands by topic, the most important first.
pub(super) const TOPICS: [CommandTopic; 8] = [
    CommandTopic::new("Play", PLAY),
    CommandTopic::new("View", VIEW),
    CommandTopic {
        name: "Two videos",
        commands: COMPARE,
        applies: |state| state.panels.len() == 2,
    },
    CommandTopic::new("Colors", COLORS),
    CommandTopic {
        name: "Overlay",
        commands: OVERLAY,
        applies: PlayerState::has_overlay,
    },
    CommandTopic::new("Traces and regions", TRACES),
    CommandTopic {
        name: "Files",
        commands: FILES,
        applies: |state| state.file.is_some(),
    },
    CommandTopic::new("Window", WINDOW),
];

/// Which of the [`TOPICS`] apply.
pub(super) type AppliedTopics = [bool; TOPICS.len()];

impl CommandTopic {
    const fn new(name: &'static str, commands: &'static [Command]) -> Self {
        Self {
            name,
            commands,
            applies: |_| true,
        }
    }
}

/// Which topics apply to a player.
pub(super) fn applied(state: &PlayerState) -> AppliedTopics {
    TOPICS.map(|topic| (topic.applies)(state))
}

/// Topics that apply, with their commands.
pub(super) fn topics(
    applied: AppliedTopics,
) -> impl Iterator<Item = (&'static str, &'static [Command])> {
    let topics = TOPICS.into_iter().zip(applied);
    topics
        .filter(|(_, applies)| *applies)
        .map(|(topic, _)| (topic.name, topic.commands))
}

/// Keys of the menu.
pub(super) const MENU_KEYS: &[Key] = &[Key::Char('m'), Key::Char('h'), Key::Char('?')];

/// What only the mouse does in its own way; a key of the table does the same.
pub(super) const MOUSE: &[(&str, &str)] = &[
    ("click", "trace; select a region"),
    ("drag", "pan; move a region"),
    ("Shift drag", "part to play; region"),
    ("wheel", "one step"),
    ("Ctrl wheel", "zoom at the pointer"),
    ("right click", "this menu"),
];

const PLAY: &[Command] = &[
    (&[Key::Space], "play or pause", Player::play_key),
    (&[Key::Left], "one step back", Player::play_key),
    (&[Key::Right], "one step forward", Player::play_key),
    (&[Key::Up], "longer steps", Player::play_key),
    (&[Key::Down], "shorter steps", Player::play_key),
    (&[Key::Home], "first frame", Player::play_key),
    (&[Key::End], "last frame", Player::play_key),
    (&[Key::PageUp], "ten steps back", Player::play_key),
    (&[Key::PageDown], "ten steps forward", Player::play_key),
    (
        &[Key::Char('j')],
        "jump to frame or time",
        |player, _, _| {
            player.begin_jump();
        },
    ),
    (
        &[Key::Char('k')],
        "set or remove bookmark",
        |player, _, _| {
            player.toggle_bookmark();
        },
    ),
    (&[Key::Char(',')], "previous bookmark", |player, _, _| {
        player.next_bookmark(false);
    }),
    (&[Key::Char('.')], "next bookmark", |player, _, _| {
        player.next_bookmark(true);
    }),
    (&[Key::Char('(')], "play from this frame", Player::play_key),
    (&[Key::Char(')')], "play to this frame", Player::play_key),
    (&[Key::Char('x')], "play all frames", Player::play_key),
    (&[Key::Char('[')], "slower", Player::play_key),
    (&[Key::Char(']')], "faster", Player::play_key),
    (
        &[Key::Char('l')],
        "loop, or stop at the end",
        Player::play_key,
    ),
    (
        &[Key::Char('e')],
        "every frame, or true speed",
        Player::play_key,
    ),
];

const VIEW: &[Command] = &[
    (
        &[Key::Char('+'), Key::Char('=')],
        "zoom in",
        |player, _, size| {
            player.zoom(ZOOM, size);
        },
    ),
    (
        &[Key::Char('-'), Key::Char('_')],
        "zoom out",
        |player, _, size| {
            player.zoom(1.0 / ZOOM, size);
        },
    ),
    (&[Key::Char('0')], "show all", |player, _, _| {
        player.show_whole();
    }),
    (
        &[Key::Char('o')],
        "smooth or sharp pixels",
        |player, _, _| {
            player.toggle(|state| &mut state.smooth, "smooth pixels");
        },
    ),
    (&[Key::Char('w')], "colorbars", |player, _, _| {
        player.toggle_colorbars();
    }),
    (&[Key::Char('g')], "grid", |player, _, _| {
        player.toggle(|state| &mut state.grid, "grid");
    }),
    (
        &[Key::Char('i')],
        "value under the pointer",
        |player, _, _| {
            player.toggle(|state| &mut state.readout, "values");
        },
    ),
];

const COMPARE: &[Command] = &[
    (
        &[Key::Char('F')],
        "flip between two videos",
        |player, _, _| {
            player.flip();
        },
    ),
    (&[Key::Char('W')], "both at a line", |player, _, _| {
        player.toggle_comparison(CompareMode::Wipe);
    }),
    (&[Key::Char(';')], "line to the left", |player, _, _| {
        player.move_wipe(-WIPE_STEP);
    }),
    (&[Key::Char(':')], "line to the right", |player, _, _| {
        player.move_wipe(WIPE_STEP);
    }),
    (&[Key::Char('X')], "their difference", |player, _, _| {
        player.toggle_comparison(CompareMode::Difference);
    }),
    (&[Key::Char('S')], "side by side", |player, _, _| {
        player.toggle_comparison(CompareMode::Off);
    }),
];

const COLORS: &[Command] = &[
    (
        &[Key::Char('b')],
        "histogram and limits",
        |player, _, size| {
            player.toggle_contrast_strip(size);
        },
    ),
    (
        &[Key::Char('B')],
        "that of the next video",
        |player, _, size| {
            player.next_contrast_panel(size);
        },
    ),
    (&[Key::Char('a')], "limits of this frame", |player, _, _| {
        player.stretch_contrast();
    }),
    (&[Key::Char('p')], "its 0.1 to 99.9 %", |player, _, _| {
        player.percentile_contrast(false);
    }),
    (&[Key::Char('P')], "0.1 to 99.9 % of all", |player, _, _| {
        player.percentile_contrast(true);
    }),
    (&[Key::Char('f')], "limits of each frame", |player, _, _| {
        player.toggle_each_frame();
    }),
    (&[Key::Char('A')], "initial colors", |player, _, _| {
        player.restore_contrast();
    }),
    (&[Key::Char('>')], "brighter", |player, _, size| {
        player.shift_contrast(size, -SHIFT, 1.0);
    }),
    (&[Key::Char('<')], "darker", |player, _, size| {
        player.shift_contrast(size, SHIFT, 1.0);
    }),
    (&[Key::Char('}')], "more contrast", |player, _, size| {
        player.shift_contrast(size, 0.0, 1.0 / STRETCH);
    }),
    (&[Key::Char('{')], "less contrast", |player, _, size| {
        player.shift_contrast(size, 0.0, STRETCH);
    }),
    (&[Key::Char('y')], "lower gamma", |player, _, size| {
        player.change_gamma(size, 1.0 / GAMMA_STEP);
    }),
    (&[Key::Char('Y')], "higher gamma", |player, _, size| {
        player.change_gamma(size, GAMMA_STEP);
    }),
    (
        &[Key::Char('V')],
        "this video alone, or all",
        |player, _, _| {
            player.toggle_alone();
        },
    ),
    (&[Key::Char('v')], "invert", |player, _, _| {
        player.invert_colormaps();
    }),
    (&[Key::Char('c')], "next colormap", |player, _, _| {
        player.cycle_colormap(1);
    }),
    (&[Key::Char('C')], "previous colormap", |player, _, _| {
        player.cycle_colormap(-1);
    }),
];

const OVERLAY: &[Command] = &[
    (&[Key::Char('O')], "more opaque", |player, _, _| {
        player.change_opacity(OPACITY_STEP);
    }),
    (&[Key::Char('I')], "less opaque", |player, _, _| {
        player.change_opacity(-OPACITY_STEP);
    }),
    (&[Key::Char('T')], "higher threshold", |player, _, _| {
        player.change_threshold(THRESHOLD_STEP);
    }),
    (&[Key::Char('R')], "lower threshold", |player, _, _| {
        player.change_threshold(-THRESHOLD_STEP);
    }),
    (&[Key::Char('U')], "type the threshold", |player, _, _| {
        player.begin_threshold();
    }),
    (&[Key::Char('M')], "next blend mode", |player, _, _| {
        player.next_blend_mode();
    }),
];

const TRACES: &[Command] = &[
    (
        &[Key::Char('t')],
        "trace of the pixel",
        |player, _, size| {
            player.probe_at_pointer(&player.layout(size));
        },
    ),
    (
        &[Key::Char('r'), Key::Char('1')],
        "rectangle",
        |player, _, _| {
            player.take_tool(RegionTool::Rect);
        },
    ),
    (&[Key::Char('2')], "ellipse", |player, _, _| {
        player.take_tool(RegionTool::Ellipse);
    }),
    (&[Key::Char('3')], "polygon", |player, _, _| {
        player.take_tool(RegionTool::Polygon);
    }),
    (&[Key::Char('4')], "freehand region", |player, _, _| {
        player.take_tool(RegionTool::Freehand);
    }),
    (&[Key::Char('5')], "line", |player, _, _| {
        player.take_tool(RegionTool::Line);
    }),
    (&[Key::Char('6')], "brush", |player, _, _| {
        player.take_tool(RegionTool::Brush);
    }),
    (&[Key::Char('7')], "eraser", |player, _, _| {
        player.take_tool(RegionTool::Eraser);
    }),
    (
        &[Key::Char('8')],
        "brush for a range of values",
        |player, _, _| {
            player.take_tool(RegionTool::ThresholdBrush);
        },
    ),
    (&[Key::Char('9')], "its range", |player, _, _| {
        player.begin_paint_range();
    }),
    (
        &[Key::Char('#')],
        "kymograph of the line",
        |player, _, _| {
            player.show_kymograph();
        },
    ),
    (&[Key::Char('!')], "distance and speed", |player, _, _| {
        player.take_tool(RegionTool::Velocity);
    }),
    (&[Key::Enter], "end the polygon", |player, _, _| {
        player.end_sketch();
    }),
    (&[Key::Char('d')], "smaller brush", |player, _, _| {
        player.resize_brush(1.0 / BRUSH);
    }),
    (&[Key::Char('D')], "larger brush", |player, _, _| {
        player.resize_brush(BRUSH);
    }),
    (&[Key::Char('L')], "list of regions", |player, _, _| {
        player.toggle_region_list();
    }),
    (
        &[Key::Char('u')],
        "select the next region",
        |player, _, _| {
            player.select_next();
        },
    ),
    (&[Key::Char('N')], "name it", |player, _, _| {
        player.begin_name();
    }),
    (&[Key::Char('K')], "its next color", |player, _, _| {
        player.recolor_region();
    }),
    (
        &[Key::Backspace],
        "remove it, or the last",
        |player, _, _| {
            player.remove_probe();
        },
    ),
    (&[Key::Char('z')], "undo", |player, _, _| {
        player.undo(false);
    }),
    (&[Key::Char('Z')], "redo", |player, _, _| {
        player.undo(true);
    }),
    (
        &[Key::Char('n')],
        "one scale, or each its own",
        |player, _, _| {
            player.toggle_trace_scale();
        },
    ),
];

const FILES: &[Command] = &[
    (
        &[Key::Char('*')],
        "next file of the folder",
        |player, _, _| {
            player.change_file(true);
        },
    ),
    (
        &[Key::Char('/')],
        "previous file of the folder",
        |player, _, _| {
            player.change_file(false);
        },
    ),
];

const WINDOW: &[Command] = &[
    (MENU_KEYS, "this menu", |player, _, size| {
        player.toggle_menu(size);
    }),
    (
        &[Key::Char('s')],
        "save the image as PNG",
        |player, _, size| {
            player.snapshot(size);
        },
    ),
    (
        &[Key::Char('E')],
        "save as movie or picture",
        |player, _, _| {
            player.begin_save();
        },
    ),
    (&[Key::Char('G')], "copy the picture", |player, _, size| {
        player.copy_snapshot(size);
    }),
    (&[Key::Char('H')], "saved: videos alone", |player, _, _| {
        player.toggle(|state| &mut state.picture_look.is_plain, "the videos alone");
    }),
    (&[Key::Char('J')], "saved: dark on white", |player, _, _| {
        player.toggle(
            |state| &mut state.picture_look.is_light,
            "pictures on white",
        );
    }),
    (
        &[Key::Char('@')],
        "open a file in a window",
        |player, _, _| {
            player.begin_open();
        },
    ),
    (&[Key::F11], "full screen", |player, _, _| {
        player.toggle_full_screen();
    }),
    (&[Key::Char('&')], "tile all windows", |player, _, _| {
        player.tile_all();
    }),
    (&[Key::Char('q'), Key::Escape], "close", |player, _, _| {
        player.close();
    }),
    (&[Key::Char('Q')], "close all windows", |player, _, _| {
        player.close_all();
    }),
];

/// The command of a key.
pub(super) fn of_key(key: Key) -> Option<&'static Command> {
    let commands = TOPICS.into_iter().flat_map(|topic| topic.commands);
    commands.into_iter().find(|(keys, ..)| keys.contains(&key))
}

/// Name of a key in the menu.
pub(super) fn key_text(key: Key) -> String {
    let name = match key {
        Key::Char(char) => return char.to_string(),
        Key::Space => "Space",
        Key::Left => "←",
        Key::Right => "→",
        Key::Up => "↑",
        Key::Down => "↓",
        Key::Home => "Home",
        Key::End => "End",
        Key::Escape => "Escape",
        Key::Backspace => "Backspace",
        Key::Enter => "Enter",
        Key::PageUp => "PageUp",
        Key::PageDown => "PageDown",
        Key::Tab => "Tab",
        Key::F11 => "F11",
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_commands() {
        let commands = TOPICS.into_iter().flat_map(|topic| topic.commands);
        let mut keys: Vec<String> = commands
            .flat_map(|(keys, ..)| keys.iter().map(|key| format!("{key:?}")))
            .collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
        assert!(30 < count, "{count} keys");
    }

    #[test]
    fn the_first_key_of_a_command_is_the_one_that_is_shown() {
        let (keys, does, _) = of_key(Key::Char('?')).unwrap();
        assert_eq!((key_text(keys[0]), *does), ("m".into(), "this menu"));
        assert!(of_key(Key::Char('%')).is_none());
    }
}
