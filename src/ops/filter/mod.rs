//! Filters in space and time.

pub mod bandpass;
pub mod bleach;
pub mod contrast;
pub mod extremes;
pub mod jitter;
pub mod mean;
pub mod median;
pub mod nan_mean;
pub mod normalize;
pub mod ratio;
pub mod savgol;
pub mod smooth;
pub mod smoothstep;
mod spline;
pub mod temporal;
pub mod trend;
