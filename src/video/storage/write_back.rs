//! Asking the system to write a part of a file to disk.
#![allow(unsafe_code)]

use std::fs::File;

/// Begins to write bytes of a file to disk that are so far only in the system's memory; does not wait
/// for it, and does nothing on systems that cannot be asked.
#[cfg(target_os = "linux")]
pub fn begin_write_back(file: &File, start: u64, len: u64) {
    use std::os::fd::AsRawFd;

    let (start, len) = (start.cast_signed(), len.cast_signed());
    // SAFETY: a call of the system with an open file and numbers, of which it refuses impossible ones.
    unsafe { libc::sync_file_range(file.as_raw_fd(), start, len, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Begins to write bytes of a file to disk that are so far only in the system's memory; does not wait
/// for it, and does nothing on systems that cannot be asked.
#[cfg(not(target_os = "linux"))]
pub fn begin_write_back(_: &File, _: u64, _: u64) {}
