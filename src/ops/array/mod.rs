//! Shape, indexing, arithmetic and statistics of arrays, as in NumPy.

pub(in crate::ops) mod axes;
pub mod create;
pub mod describe;
pub mod elementwise;
pub mod equality;
pub mod frames;
pub mod gradient;
pub mod index;
pub mod reduce;
pub mod shape;
