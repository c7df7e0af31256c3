//! Files below all formats: opening, atomic replacement, natural order and name templates.

pub(crate) mod atomic;
pub mod files;
pub(crate) mod leftovers;
pub(crate) mod natural_order;
pub(crate) mod template;
