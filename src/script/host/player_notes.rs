//! What players hold after each entry of the prompt, and what their windows have changed, for saved
//! sessions.

use rhai::{Array, Dynamic, Map};

use crate::history;
use crate::player::origin::PropertyTexts;
use crate::player::{ChangedSettings, Player, WeakPlayer};
use crate::script::call::player_record::{SETTINGS, properties};
use crate::script::call::register::LAST;

/// Properties of a player that differ from those before.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayerNote {
    /// Expression for the player: a variable, or a part of one.
    pub place: String,
    /// Whether a variable holds a player that was not known before.
    pub is_new: bool,
    /// What differs; all properties of a new player.
    pub values: PropertyTexts,
    /// Which of them its window has changed.
    pub by_window: ChangedSettings,
    /// Method that saves the picture that its window has saved then.
    pub picture: Option<String>,
}

/// Properties of the players of a session, as they were last noted.
#[derive(Default)]
pub struct PlayerNotes {
    known: Vec<KnownPlayer>,
    /// What windows have changed since the last entry that succeeded.
    pub pending: Vec<PlayerNote>,
}

struct KnownPlayer {
    place: String,
    player: WeakPlayer,
    values: PropertyTexts,
}

impl PlayerNotes {
    /// Notes what differs from the last call. Between entries of the prompt only windows change
    /// anything.
    pub fn take<'a>(
        &mut self,
        variables: impl Iterator<Item = (&'a str, &'a Dynamic)>,
        is_between: bool,
    ) -> Vec<PlayerNote> {
        self.known.retain(|known| known.player.upgrade().is_some());
        let mut found: Vec<(String, Player)> = Vec::new();
        for (name, value) in variables {
            collect(name.to_owned(), value, &mut found);
        }
        // A variable rather than the last value.
        let is_last = |place: &str| place.split('[').next() == Some(LAST);
        found.sort_by_key(|(place, _)| is_last(place));
        let mut notes = Vec::new();
        let mut seen: Vec<WeakPlayer> = Vec::new();
        for (place, player) in found {
            let is_first = !seen.iter().any(|seen| seen.is(&player));
            if is_first {
                notes.extend(pictures(&place, &player));
            }
            if is_first || !is_last(&place) {
                notes.extend(self.note(place, &player, is_between, is_first));
            }
            seen.push(player.downgrade());
        }
        notes
    }

    fn note(
        &mut self,
        place: String,
        player: &Player,
        is_between: bool,
        is_first: bool,
    ) -> Option<PlayerNote> {
        let values = properties(player);
        let changed = match is_first {
            true => player.take_window_changes(),
            false => ChangedSettings::new(),
        };
        let known = self.known.iter_mut().find(|known| known.place == place);
        let known = match known {
            Some(known) if known.player.is(player) => known,
            other => {
                let new = KnownPlayer {
                    place: place.clone(),
                    player: player.downgrade(),
                    values: values.clone(),
                };
                match other {
                    Some(other) => *other = new,
                    None => self.known.push(new),
                }
                return Some(PlayerNote {
                    place,
                    is_new: true,
                    values,
                    by_window: changed,
                    picture: None,
                });
            }
        };
        let differs = |(name, value): &(&&'static str, &Option<String>)| {
            known.values.get(**name) != Some(*value)
        };
        let differing = values.iter().filter(differs);
        let differing: PropertyTexts = differing
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        known.values = values;
        let by_window = match is_between {
            true => differing.keys().copied().collect(),
            false => changed,
        };
        (!differing.is_empty()).then_some(PlayerNote {
            place,
            is_new: false,
            values: differing,
            by_window,
            picture: None,
        })
    }
}

/// Pictures that the window of a player has saved.
fn pictures(place: &str, player: &Player) -> Vec<PlayerNote> {
    let saved = player.take_saved_pictures().into_iter();
    saved
        .map(|picture| {
            let (width, height) = picture.size;
            let path = history::quoted(&picture.path.display().to_string());
            let look = picture.look;
            let plain = if look.is_plain { ", plain: true" } else { "" };
            let light = if look.is_light { ", light: true" } else { "" };
            PlayerNote {
                place: place.to_owned(),
                is_new: false,
                values: picture.properties,
                by_window: SETTINGS.iter().copied().collect(),
                picture: Some(format!(
                    "save({path}, #{{hide_framecounter: true, size: [{height}, {width}]{plain}{light}}})"
                )),
            }
        })
        .collect()
}

/// Players in a value, with expressions for them.
fn collect(place: String, value: &Dynamic, found: &mut Vec<(String, Player)>) {
    if let Some(player) = value.read_lock::<Player>() {
        found.push((place, player.clone()));
    } else if let Some(array) = value.read_lock::<Array>() {
        // Arrays hold values of one kind.
        let holds = |value: &Dynamic| value.is::<Player>() || value.is_array() || value.is_map();
        if array.first().is_some_and(holds) {
            for (index, value) in array.iter().enumerate() {
                collect(format!("{place}[{index}]"), value, found);
            }
        }
    } else if let Some(map) = value.read_lock::<Map>() {
        for (key, value) in map.iter() {
            let place = format!("{place}[{}]", history::quoted(key));
            collect(place, value, found);
        }
    }
}
