//! Editing of frames: padding, resizing, cropping, aligning, arranging.

pub mod collage;
pub mod geometry;
pub mod pad;
pub mod registration;
pub mod resize;
