//! Waves: beats, activation, durations, phase, frequency.

pub mod activation;
pub mod alternans;
pub mod beats;
mod measure;
pub mod peaks;
pub mod phase;
pub mod spectrum;
pub mod transient;
