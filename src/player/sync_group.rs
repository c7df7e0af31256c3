//! Sync groups: players that show the same frame, each in its own window.

use std::sync::{Arc, Weak};

use super::{Player, SharedPlayer};

/// Players that follow each other.
#[derive(Default)]
pub(super) struct SyncGroup {
    members: Vec<Weak<SharedPlayer>>,
}

impl SyncGroup {
    fn players(&self) -> impl Iterator<Item = Player> {
        let alive = self.members.iter().filter_map(Weak::upgrade);
        alive.map(|shared| Player { shared })
    }
}

impl Player {
    /// Puts players into a sync group: an action in one window applies to all. They begin at the
    /// frame of the first.
    pub fn link(players: &[Player]) {
        let members = players.iter().map(|player| Arc::downgrade(&player.shared));
        let group = Arc::new(SyncGroup {
            members: members.collect(),
        });
        for player in players {
            *player.group() = Some(group.clone());
        }
        if let Some(first) = players.first() {
            first.lead();
        }
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

    /// Moves the players of the group to the frame of this one.
    pub(super) fn lead(&self) {
        let playback = self.state().playback.clone();
        for other in self.linked() {
            let mut state = other.state();
            let before = state.playback.clone();
            state.playback.follow(&playback);
            if before != state.playback {
                state.changed();
            }
            drop(state);
            other.frame_changed();
        }
    }
}
