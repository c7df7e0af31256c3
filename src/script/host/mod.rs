//! What scripts run in: modules, loading, limits, sandbox, profile.

pub(in crate::script) mod guards;
pub mod limits;
pub(in crate::script) mod loads;
pub mod modules;
pub mod profile;
pub mod sandbox;
