//! Asks the system to write a part of a file to disk.
#![allow(unsafe_code)]

use std::fs::File;

/// Starts writing bytes of a file that are only in the system's memory to disk, without waiting;
/// does nothing on systems that have no such call.
#[cfg(target_os = "linux")]
pub fn begin_write_back(file: &File, start: u64, len: u64) {
    use std::os::fd::AsRawFd;

    let (start, len) = (start.cast_signed(), len.cast_signed());
    // SAFETY: a system call with an open file and numbers; impossible numbers are refused.
    unsafe { libc::sync_file_range(file.as_raw_fd(), start, len, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Starts writing bytes of a file that are only in the system's memory to disk, without waiting;
/// does nothing on systems that have no such call.
#[cfg(not(target_os = "linux"))]
pub fn begin_write_back(_: &File, _: u64, _: u64) {}
