//! Systems that are not asked.

use std::process::Child;

/// The memory of the machine.
pub fn memory_of_machine() -> Option<usize> {
    None
}

/// The memory the program takes now, in bytes.
pub fn memory() -> Option<usize> {
    None
}

/// The most memory the program has taken so far, in bytes.
pub fn peak_memory() -> Option<usize> {
    None
}

/// The most memory another program has taken so far, in bytes.
pub fn peak_memory_of(_: &Child) -> Option<usize> {
    None
}

/// How much larger than usual things are on the display.
pub fn display_scale() -> Option<f32> {
    None
}
