//! optimap
pub mod error;
pub mod io;
pub mod ops;
pub mod player;
pub mod task;
pub mod video;
