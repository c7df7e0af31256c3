//! Sync groups: players that show the same frame or time and the same part, each in its own window.

use std::sync::{Arc, Weak};

use super::{Player, SharedPlayer};
use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};

/// What linked players have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAlignment {
    /// The index of the frame.
    Frame,
    /// The time in the recording.
    Time,
}

impl Choice for LinkAlignment {
    const NOUN: &'static str = "what linked players have in common";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("frame", LinkAlignment::Frame),
        ("time", LinkAlignment::Time),
    ];
}

/// Players that follow each other.
pub(super) struct SyncGroup {
    members: Vec<GroupMember>,
}

/// A player of a group.
struct GroupMember {
    player: Weak<SharedPlayer>,
    /// Frames in a unit of the common time.
    rate: f64,
    /// Frame at the origin of the common time.
    origin: usize,
}

impl SyncGroup {
    fn players(&self) -> impl Iterator<Item = Player> {
        let alive = self
            .members
            .iter()
            .filter_map(|member| member.player.upgrade());
        alive.map(|shared| Player { shared })
    }

    fn member(&self, player: &Player) -> Option<&GroupMember> {
        let mut members = self.members.iter();
        members.find(|member| std::ptr::eq(member.player.as_ptr(), Arc::as_ptr(&player.shared)))
    }
}

impl GroupMember {
    /// The frame at the time of a frame of another member; it may be outside of the recording.
    fn frame_with(&self, other: &Self, frame: usize) -> i64 {
        let ahead = frame as f64 - other.origin as f64;
        self.origin as i64 + (ahead * self.rate / other.rate).round() as i64
    }
}

impl Player {
    /// Puts players into a sync group: an action in one window applies to all. They begin at the
    /// frame of the first, or at its time; `triggers` are frames that belong together.
    pub fn link(
        players: &[Player],
        alignment: LinkAlignment,
        triggers: Option<&[usize]>,
    ) -> Result<()> {
        if let Some(triggers) = triggers {
            check_triggers(players, triggers)?;
        }
        let mut members = Vec::new();
        for (index, player) in players.iter().enumerate() {
            let fps = player.state().fps();
            let rate = match (alignment, fps) {
                (LinkAlignment::Frame, _) => 1.0,
                (LinkAlignment::Time, Some(fps)) => fps,
                (LinkAlignment::Time, None) => {
                    return Err(Error::new(format!(
                        "players are aligned by time if their frame rates are known, \
                         but that of player {index} is not"
                    ))
                    .hint("set it before the video is shown: `v.fps = 500`"));
                }
            };
            members.push(GroupMember {
                player: Arc::downgrade(&player.shared),
                rate,
                origin: triggers.map_or(0, |triggers| triggers[index]),
            });
        }
        let group = Arc::new(SyncGroup { members });
        for player in players {
            *player.group() = Some(group.clone());
        }
        if let Some(first) = players.first() {
            first.lead();
            first.share_view();
        }
        Ok(())
    }

    /// The other players of the group.
    pub(super) fn linked(&self) -> Vec<Player> {
        let group = self.group().clone();
        let players = group.iter().flat_map(|group| group.players());
        let is_other = |player: &Player| !Arc::ptr_eq(&player.shared, &self.shared);
        players.filter(is_other).collect()
    }

    /// Whether another player advances this one: the first one of the group with a window does.
    pub(super) fn is_led(&self) -> bool {
        let Some(group) = self.group().clone() else {
            return false;
        };
        let leader = group.players().find(Player::is_open);
        leader.is_some_and(|leader| !Arc::ptr_eq(&leader.shared, &self.shared))
    }

    /// Moves the players of the group to the frame of this one, or to its time.
    pub(super) fn lead(&self) {
        let Some(group) = self.group().clone() else {
            return;
        };
        let Some(own) = group.member(self) else {
            return;
        };
        let playback = self.state().playback.clone();
        for other in self.linked() {
            let Some(member) = group.member(&other) else {
                continue;
            };
            let mut state = other.state();
            let before = &state.playback;
            let (first, last) = (before.start() as i64, before.last() as i64);
            let there = |frame: usize| member.frame_with(own, frame).clamp(first, last) as usize;
            let mut after = before.clone();
            after.follow(&playback);
            if member.rate != own.rate {
                after.set_step(before.step());
            }
            after.set_part(playback.part().map(|(from, to)| (there(from), there(to))));
            let wanted = member.frame_with(own, playback.frame());
            if after.frame() != there(playback.frame()) {
                after.seek(there(playback.frame()));
            }
            let has_moved = after.frame() != before.frame();
            if *before != after {
                state.playback = after;
                state.changed();
            }
            if has_moved && !(first..=last).contains(&wanted) {
                state.say("nothing was recorded at this time");
            }
            drop(state);
            other.frame_changed();
        }
    }

    /// Shows the part that this player shows in all players of the group.
    pub(super) fn share_view(&self) {
        let view = self.state().view;
        for other in self.linked() {
            let mut state = other.state();
            if state.view != view {
                state.view = view;
                state.changed();
            }
        }
    }
}

/// An error unless there is a trigger for each player, within its frames.
fn check_triggers(players: &[Player], triggers: &[usize]) -> Result<()> {
    if triggers.len() != players.len() {
        bail!(
            "`triggers` must have one frame for each of the {} players, got {}",
            players.len(),
            triggers.len()
        );
    }
    for (index, (player, trigger)) in players.iter().zip(triggers).enumerate() {
        let last = player.playback().last();
        if last < *trigger {
            bail!("`triggers` has frame {trigger} of player {index}, whose last frame is {last}");
        }
    }
    Ok(())
}
