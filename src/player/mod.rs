//! What a player shows.

pub mod playback;

pub use playback::{Key, Outcome, Playback};
