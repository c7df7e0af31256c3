//! optimap
pub mod error;
pub mod ops;
pub mod task;
pub mod video;
