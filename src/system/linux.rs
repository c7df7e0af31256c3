//! Linux: everything is read from files in `/proc` and `/sys`.

use std::fs;
use std::path::Path;
use std::process::Child;

/// Physical memory of the machine, or the memory limit of the control group if that is less.
pub fn memory_of_machine() -> Option<usize> {
    let total = kilobytes(Path::new("/proc/meminfo"), "MemTotal:")?;
    let granted = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let granted = granted.and_then(|text| text.trim().parse().ok());
    Some(total.min(granted.unwrap_or(total)))
}

/// Current memory use of the program in bytes.
pub fn memory() -> Option<usize> {
    kilobytes(Path::new("/proc/self/status"), "VmRSS:")
}

/// Peak memory use of the program in bytes.
pub fn peak_memory() -> Option<usize> {
    kilobytes(Path::new("/proc/self/status"), "VmHWM:")
}

/// Peak memory use of another program in bytes.
pub fn peak_memory_of(child: &Child) -> Option<usize> {
    let status = format!("/proc/{}/status", child.id());
    // A process that is starting or has just ended has none.
    kilobytes(Path::new(&status), "VmHWM:").filter(|bytes| *bytes > 0)
}

/// Scale factor of the display, known only from environment variables.
pub fn display_scale() -> Option<f32> {
    None
}

/// A field of a table, in bytes.
fn kilobytes(table: &Path, field: &str) -> Option<usize> {
    let table = fs::read_to_string(table).ok()?;
    let value = table.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: usize = value.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}
