//! The script types in addition to Rhai's own.

pub mod colormap;
pub mod drawing;
pub mod figure_panel;
pub(in crate::script) mod frame_source;
pub(in crate::script) mod frames;
pub(in crate::script) mod importer;
pub(in crate::script) mod index;
pub(in crate::script) mod json;
mod mask_history;
pub(crate) mod members;
pub(in crate::script) mod metadata;
pub(in crate::script) mod player;
mod player_regions;
pub(in crate::script) mod progress;
pub(in crate::script) mod provenance;
pub(in crate::script) mod regions;
pub(in crate::script) mod tables;
pub(in crate::script) mod text;
