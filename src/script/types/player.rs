//! Script type for players: properties that can be read and set during playback.

use rhai::{Dynamic, Engine, INT, ImmutableString, NativeCallContext};

use super::drawing::{OneOrEach, for_each};
use super::members::{Member, Scripted};
use super::player_regions;
use crate::bail;
use crate::color::colormap::{Colormap, ScaledColormap};
use crate::error::Result;
use crate::ops::blend::BlendLook;
use crate::player::Player;
use crate::script::call::register::or_raise;
use crate::script::call::setters::{is_unchanged, note_value};
use crate::script::call::value::{Type, Value, describe};

impl Scripted for Player {
    const NAME: &'static str = "InteractivePlayer";
    const DOC: &'static str = "A window that plays videos, returned by `show_video` and others.";
    const KIND: Type = Type::Player;
    const MEMBERS: &'static [Member<Self>] = PLAYER_MEMBERS;
    fn text(&self) -> String {
        let state = if self.is_open() { "open" } else { "closed" };
        format!("player ({state}), frame {}", self.frame())
    }
    fn register_more(engine: &mut Engine) {
        register_setters(engine);
    }
}

/// Properties of a player.
const PLAYER_MEMBERS: &[Member<Player>] = &[
    Member {
        name: "frame",
        doc: "Index of the frame shown; can be set.",
        get: |player| player.frame().into_dynamic(),
    },
    Member {
        name: "playing",
        doc: "Whether it is playing; can be set.",
        get: |player| player.is_playing().into_dynamic(),
    },
    Member {
        name: "step",
        doc: "Number of frames per step; can be set.",
        get: |player| player.step().into_dynamic(),
    },
    Member {
        name: "speed",
        doc: "Playback speed as a multiple of the normal speed; can be set.",
        get: |player| player.playback().speed().into_dynamic(),
    },
    Member {
        name: "looping",
        doc: "Whether playback loops after the last frame; can be set.",
        get: |player| player.playback().is_looping().into_dynamic(),
    },
    Member {
        name: "every_frame",
        doc: "true: show every frame; false: drop frames to keep time; can be set.",
        get: |player| player.playback().shows_every_frame().into_dynamic(),
    },
    Member {
        name: "loop_range",
        doc: "Part that is played, `[start, end]` without frame `end`, or `()` for all frames; can be set.",
        get: |player| match player.playback().part() {
            Some((first, last)) => vec![first, last + 1].into_dynamic(),
            None => Dynamic::UNIT,
        },
    },
    Member {
        name: "bookmarks",
        doc: "Frames that are bookmarked, in order; can be set.",
        get: |player| player.bookmarks().into_dynamic(),
    },
    Member {
        name: "compare",
        doc: "How two videos are compared: \"off\", \"first\", \"second\", \"wipe\" or \"difference\", whose colors `vmin`, `cmap`, … then are; can be set.",
        get: |player| player.compare_mode().into_dynamic(),
    },
    Member {
        name: "wipe",
        doc: "Position of the line between two videos, from 0 at the left to 1; can be set.",
        get: |player| player.wipe().into_dynamic(),
    },
    Member {
        name: "vmin",
        doc: "Lower color limit, of several videos an array; can be set.",
        get: |player| of_scales(player, |scale| scale.low().into_dynamic()),
    },
    Member {
        name: "vmax",
        doc: "Upper color limit, of several videos an array; can be set.",
        get: |player| of_scales(player, |scale| scale.high().into_dynamic()),
    },
    Member {
        name: "limits",
        doc: "Both color limits `[vmin, vmax]`, of several videos an array of them; can be set.",
        get: |player| {
            of_scales(player, |scale| {
                vec![scale.low(), scale.high()].into_dynamic()
            })
        },
    },
    Member {
        name: "gamma",
        doc: "Power of the position between the color limits, of several videos an array; can be set.",
        get: |player| of_scales(player, |scale| scale.gamma().into_dynamic()),
    },
    Member {
        name: "cmap",
        doc: "Name of the colormap, of several videos an array; can be set.",
        get: |player| {
            of_scales(player, |scale| {
                scale.colormap().name().to_owned().into_dynamic()
            })
        },
    },
    Member {
        name: "opacity",
        doc: "Factor from 0 to 1 for the opacity of an overlay, `()` without one; can be set.",
        get: |player| of_look(player, |look| look.opacity.into_dynamic()),
    },
    Member {
        name: "threshold",
        doc: "Samples of an overlay below it are not shown, `()` for none; can be set.",
        get: |player| of_look(player, |look| look.threshold.into_dynamic()),
    },
    Member {
        name: "blend_mode",
        doc: "Blend mode of an overlay, as for `show_video_overlay`, `()` without one; can be set.",
        get: |player| of_look(player, |look| look.mode.into_dynamic()),
    },
    Member {
        name: "zoom",
        doc: "Zoom factor from 1 on, and the center of the part shown in fractions of the height and width, `[factor, y, x]`; can be set.",
        get: |player| player.zoomed().to_vec().into_dynamic(),
    },
    Member {
        name: "smooth",
        doc: "Whether pixels are smoothed; can be set.",
        get: |player| player.is_smooth().into_dynamic(),
    },
    Member {
        name: "grid",
        doc: "Whether there is a grid; can be set.",
        get: |player| player.has_grid().into_dynamic(),
    },
    Member {
        name: "colorbars",
        doc: "Whether there are colorbars; can be set.",
        get: |player| player.has_colorbars().into_dynamic(),
    },
    Member {
        name: "one_scale",
        doc: "Whether all traces have one scale; can be set.",
        get: |player| player.has_one_scale().into_dynamic(),
    },
    Member {
        name: "is_open",
        doc: "Whether its window is open.",
        get: |player| player.is_open().into_dynamic(),
    },
    Member {
        name: "points",
        doc: "Pixels probed in its window, `[[y, x], …]`; can be set.",
        get: player_regions::points,
    },
    Member {
        name: "regions",
        doc: "Regions probed in its window, maps as those of `load_regions`; can be set.",
        get: player_regions::regions,
    },
    Member {
        name: "masks",
        doc: "Regions probed in its window, each as a bool image {y, x}; can be set.",
        get: player_regions::masks,
    },
];

fn register_setters(engine: &mut Engine) {
    for member in PLAYER_MEMBERS {
        let get = member.get;
        engine.register_get(
            member.name,
            move |native: NativeCallContext, player: &mut Player| {
                let value = get(player);
                note_value(&native, &value);
                value
            },
        );
    }
    for name in [
        "frame",
        "playing",
        "step",
        "speed",
        "looping",
        "every_frame",
        "points",
        "regions",
        "masks",
        "loop_range",
        "bookmarks",
        "compare",
        "wipe",
        "vmin",
        "vmax",
        "limits",
        "gamma",
        "cmap",
        "opacity",
        "threshold",
        "blend_mode",
        "zoom",
        "smooth",
        "grid",
        "colorbars",
        "one_scale",
    ] {
        engine.register_set(
            name,
            move |native: NativeCallContext, player: &mut Player, value: Dynamic| {
                match is_unchanged(&native, &value) {
                    true => Ok(()),
                    false => or_raise(set(player, name, value), &native),
                }
            },
        );
    }
}

fn set(player: &Player, name: &str, value: Dynamic) -> Result<()> {
    match name {
        "frame" => {
            let last = player.playback().last();
            let frame: INT = read(name, value, "an int")?;
            let from_start = if frame < 0 {
                frame + last as INT + 1
            } else {
                frame
            };
            player.seek(usize::try_from(from_start).unwrap_or(0));
        }
        "playing" => player.set_playing(read(name, value, "true or false")?),
        "step" => match read(name, value, "an int >= 1")? {
            0 => bail!("`step` must be at least 1, got 0"),
            step => player.set_step(step),
        },
        "speed" => {
            let speed: f64 = read(name, value, "a number")?;
            if !(0.0 < speed && speed.is_finite()) {
                bail!("`speed` must be greater than 0, got {speed}");
            }
            player.change(|playback| playback.set_speed(speed));
        }
        "looping" => {
            let looping = read(name, value, "true or false")?;
            player.change(|playback| playback.set_looping(looping));
        }
        "points" => player_regions::set_points(player, value)?,
        "regions" => player_regions::set_regions(player, value)?,
        "masks" => player_regions::set_masks(player, value)?,
        "loop_range" => {
            let expected = "two frames `[start, end]`, or ()";
            let range: Option<Vec<usize>> = read(name, value, expected)?;
            let len = player.playback().last() + 1;
            let part = match range.as_deref() {
                None => None,
                Some([start, end]) if start < end && *end <= len => Some((*start, *end - 1)),
                Some([start, end]) => {
                    bail!("`loop_range` must be within 0 to {len}, got {start} to {end}")
                }
                Some(frames) => bail!("`loop_range` must be {expected}, got {frames:?}"),
            };
            player.change(|playback| playback.set_part(part));
        }
        "bookmarks" => {
            let frames: Vec<usize> = read(name, value, "an array of frames")?;
            let last = player.playback().last();
            if let Some(frame) = frames.iter().find(|frame| last < **frame) {
                bail!("`bookmarks` has frame {frame}, but the last is {last}");
            }
            player.set_bookmarks(frames);
        }
        "compare" => {
            let mode = read(name, value, "how two videos are compared")?;
            player.set_compare_mode(mode)?;
        }
        "wipe" => {
            let wipe: f64 = read(name, value, "a number from 0 to 1")?;
            if !(0.0..=1.0).contains(&wipe) {
                bail!("`wipe` must be from 0 to 1, got {wipe}");
            }
            player.set_wipe(wipe);
        }
        "vmin" => set_scales(player, name, value, "a number", |scale, low: f64| {
            scale.with_limits(low, scale.high())
        })?,
        "vmax" => set_scales(player, name, value, "a number", |scale, high: f64| {
            scale.with_limits(scale.low(), high)
        })?,
        "limits" => set_scales(
            player,
            name,
            value,
            "two numbers",
            |scale, limits: Limits| {
                let Limits([low, high]) = limits;
                scale.with_limits(low, high)
            },
        )?,
        "gamma" => set_scales(player, name, value, "a number", |scale, gamma: f64| {
            scale.with_gamma(gamma)
        })?,
        // A colormap of a script's own colors is not found by its name.
        "cmap" if is_name_of_all(player, &value) => {}
        "cmap" => set_scales(
            player,
            name,
            value,
            "a colormap",
            |scale, cmap: Colormap| scale.with_colormap(cmap),
        )?,
        // What a chain has only read of a player without an overlay.
        "opacity" | "threshold" | "blend_mode"
            if value.is_unit() && player.overlay_look().is_none() => {}
        "opacity" => {
            let opacity = read(name, value, "a number from 0 to 1")?;
            player.set_overlay_look(|look| look.opacity = opacity)?;
        }
        "threshold" => {
            let threshold = read(name, value, "a number, or ()")?;
            player.set_overlay_look(|look| look.threshold = threshold)?;
        }
        "blend_mode" => {
            let mode = read(name, value, "a blend mode")?;
            player.set_overlay_look(|look| look.mode = mode)?;
        }
        "zoom" => {
            let expected = "three numbers `[factor, y, x]`";
            let zoom: Vec<f64> = read(name, value, expected)?;
            match zoom[..] {
                [factor, y, x] if factor >= 1.0 && [factor, y, x].iter().all(|n| n.is_finite()) => {
                    player.set_zoomed([factor, y, x]);
                }
                _ => bail!("`zoom` must be {expected} with a factor from 1 on, got {zoom:?}"),
            }
        }
        "smooth" => player.set_smooth(read(name, value, "true or false")?),
        "grid" => player.set_grid(read(name, value, "true or false")?),
        "colorbars" => player.set_colorbars(read(name, value, "true or false")?),
        "one_scale" => player.set_one_scale(read(name, value, "true or false")?),
        _ => {
            let every = read(name, value, "true or false")?;
            player.change(|playback| playback.set_every_frame(every));
        }
    }
    Ok(())
}

/// Both color limits.
#[derive(Clone)]
struct Limits([f64; 2]);

impl Value for Limits {
    const TYPE: Type = Type::Array(&Type::Float);
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let limits = Vec::<f64>::from_dynamic(value.clone());
        let limits = limits.ok().and_then(|limits| limits.try_into().ok());
        limits.map(Self).ok_or(value)
    }
    fn into_dynamic(self) -> Dynamic {
        self.0.to_vec().into_dynamic()
    }
}

/// A property of the colors of the only video, or of each; `()` for one in color.
fn of_scales(player: &Player, get: fn(&ScaledColormap) -> Dynamic) -> Dynamic {
    let scales = player.scales().into_iter();
    let mut values: Vec<Dynamic> = scales
        .map(|scale| scale.as_ref().map_or(Dynamic::UNIT, get))
        .collect();
    match values.len() {
        1 => values.remove(0),
        _ => values.into(),
    }
}

/// A property of how an overlay is mixed into its base; `()` without one.
fn of_look(player: &Player, get: fn(&BlendLook) -> Dynamic) -> Dynamic {
    player.overlay_look().as_ref().map_or(Dynamic::UNIT, get)
}

/// Whether a value is the name that the colormaps of all videos have.
fn is_name_of_all(player: &Player, value: &Dynamic) -> bool {
    let scales = player.scales();
    value.read_lock::<ImmutableString>().is_some_and(|name| {
        let has_name = |scale: &ScaledColormap| scale.colormap().name() == name.as_str();
        scales
            .iter()
            .all(|scale| scale.as_ref().is_some_and(has_name))
    })
}

/// Sets a property of the colors of each video; one value is for all that have it.
fn set_scales<T: Value + Clone>(
    player: &Player,
    name: &str,
    value: Dynamic,
    expected: &str,
    change: fn(&ScaledColormap, T) -> ScaledColormap,
) -> Result<()> {
    let scales = player.scales();
    let is_color = scales.iter().all(Option::is_none);
    let values: OneOrEach<Option<T>> = read(name, value, expected)?;
    if matches!(values, OneOrEach::One(None)) {
        bail!("`{name}` must be {expected}, got ()");
    }
    let is_one = matches!(values, OneOrEach::One(_));
    let values = for_each(name, values, scales.len())?;
    for (panel, (scale, value)) in scales.iter().zip(values).enumerate() {
        // One value is for all videos that have a colormap, () for one that has none.
        if let Some(value) = value.filter(|_| scale.is_some() || !is_one || is_color) {
            player.set_scale(panel, |scale| change(scale, value))?;
        }
    }
    Ok(())
}

fn read<T: Value>(name: &str, value: Dynamic, expected: &str) -> Result<T> {
    T::from_dynamic(value).or_else(|value| {
        bail!("`{name}` must be {expected}, got {}", describe(&value));
    })
}
