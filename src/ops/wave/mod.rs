//! Waves: beats, activation, durations, phase, frequency.

pub mod activation;
pub mod alternans;
pub mod beat_maps;
pub mod beat_table;
pub mod beats;
pub mod latency;
mod line_slopes;
mod measure;
mod one_beat;
pub mod peaks;
pub mod phase;
pub mod phase_outliers;
pub mod polarity;
pub mod rotors;
pub mod snr;
pub mod spectrum;
pub mod transient;
pub mod velocity;
pub mod welch;
