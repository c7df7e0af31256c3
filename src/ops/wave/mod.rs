//! Waves: activation, phase, frequency.

pub mod activation;
pub mod phase;
pub mod spectrum;
