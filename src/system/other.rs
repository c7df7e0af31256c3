//! Fallback for other systems, which are not queried.

use std::process::Child;

/// Physical memory of the machine.
pub fn memory_of_machine() -> Option<usize> {
    None
}

/// Current memory use of the program in bytes.
pub fn memory() -> Option<usize> {
    None
}

/// Peak memory use of the program in bytes.
pub fn peak_memory() -> Option<usize> {
    None
}

/// Peak memory use of another program in bytes.
pub fn peak_memory_of(_: &Child) -> Option<usize> {
    None
}

/// Scale factor of the display.
pub fn display_scale() -> Option<f32> {
    None
}
