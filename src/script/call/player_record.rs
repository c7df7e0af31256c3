//! The history of players, and of the pictures and movies that they save.

use std::path::Path;

use super::record::literal;
use crate::history::{self, History, Literal, Operation, Paths};
use crate::player::Player;
use crate::player::origin::{PictureForm, PictureOrigin, PlayerOrigin, PropertyTexts};
use crate::script::types::members::Scripted;

/// Properties that a script can set, in the order in which they are set.
pub(in crate::script) const SETTINGS: &[&str] = &[
    "step",
    "speed",
    "looping",
    "every_frame",
    "loop_range",
    "bookmarks",
    "compare",
    "wipe",
    "cmap",
    "limits",
    "gamma",
    "opacity",
    "threshold",
    "blend_mode",
    "points",
    "regions",
    "zoom",
    "smooth",
    "grid",
    "colorbars",
    "one_scale",
    "frame",
    "playing",
];

/// Notes the call that made a player.
pub(super) fn attach(player: &Player, history: History) {
    if player.origin().is_none() {
        player.set_origin(PlayerOrigin {
            history,
            properties: properties(player),
            describe,
        });
    }
}

/// All properties of a player.
pub(in crate::script) fn properties(player: &Player) -> PropertyTexts {
    let members = Player::MEMBERS.iter();
    members
        .map(|member| {
            let value = literal(&(member.get)(player));
            (member.name, history::expression(&value))
        })
        .collect()
}

/// A player as a script makes it: the call, and what has been set since.
pub(super) fn literal_of(player: &Player) -> Literal {
    let Some(origin) = player.origin() else {
        return Literal::Unwritable("a player".into());
    };
    let value = |name: &&'static str| {
        let member = Player::MEMBERS.iter().find(|member| member.name == *name)?;
        let value = literal(&(member.get)(player));
        let is_as_made = origin.properties.get(name) == Some(&history::expression(&value));
        // Whether it plays makes no difference to what it shows.
        (!is_as_made && *name != "playing").then_some((*name, value))
    };
    let fields: Vec<_> = SETTINGS.iter().filter_map(value).collect();
    let of = Literal::Video(Some(origin.history.clone()));
    match fields.is_empty() {
        true => of,
        false => Literal::Video(Some(History::new(Operation::Settings { of, fields }))),
    }
}

/// How a script saves the picture or the movie that a window of a width and height saves.
fn describe(player: &Player, path: &Path, ((width, height), look): PictureForm) -> PictureOrigin {
    let size = [height, width].map(|length| Literal::Int(length as i64));
    let mut arguments = vec![
        ("player", literal_of(player)),
        ("path", Literal::Path(path.display().to_string().into())),
        ("hide_framecounter", Literal::Bool(true)),
        ("size", Literal::Array(size.into())),
    ];
    let looks = [("plain", look.is_plain), ("light", look.is_light)];
    let looks = looks.into_iter().filter(|(_, is_on)| *is_on);
    arguments.extend(looks.map(|(name, _)| (name, Literal::Bool(true))));
    let operation = Operation::Call {
        function: "save",
        arguments,
        positional: 2,
        has_value: false,
        recorded: None,
    };
    PictureOrigin {
        script: History::new(operation).script(Paths::Names).into(),
        properties: properties(player),
    }
}
