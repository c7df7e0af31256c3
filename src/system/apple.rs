//! macOS: memory as counted by the Activity Monitor, without the pages of mapped files, which the
//! system can reclaim.
#![allow(unsafe_code)]

use std::process::Child;

/// Physical memory of the machine.
pub fn memory_of_machine() -> Option<usize> {
    let mut bytes = 0_u64;
    let mut len = size_of_val(&bytes);
    // SAFETY: the name is null-terminated, the buffer has the stated length, and nothing is set.
    let status = unsafe {
        libc::sysctlbyname(
            c"hw.memsize".as_ptr(),
            (&raw mut bytes).cast(),
            &raw mut len,
            std::ptr::null_mut(),
            0,
        )
    };
    (status == 0).then(|| usize::try_from(bytes).ok()).flatten()
}

/// Current memory use of the program in bytes.
pub fn memory() -> Option<usize> {
    usize::try_from(usage(std::process::id())?.ri_phys_footprint).ok()
}

/// Peak memory use of the program in bytes.
pub fn peak_memory() -> Option<usize> {
    peak(std::process::id())
}

/// Peak memory use of another program in bytes.
pub fn peak_memory_of(child: &Child) -> Option<usize> {
    peak(child.id())
}

/// Scale factor of the display; the system scales windows itself.
pub fn display_scale() -> Option<f32> {
    None
}

fn peak(process: u32) -> Option<usize> {
    let bytes = usage(process)?.ri_lifetime_max_phys_footprint;
    usize::try_from(bytes).ok().filter(|bytes| *bytes > 0)
}

fn usage(process: u32) -> Option<libc::rusage_info_v4> {
    let process = libc::c_int::try_from(process).ok()?;
    // SAFETY: all zeros is a valid value of this plain structure of numbers.
    let mut usage: libc::rusage_info_v4 = unsafe { std::mem::zeroed() };
    // SAFETY: the requested version matches the structure; the parameter type is that of any
    // version.
    let status =
        unsafe { libc::proc_pid_rusage(process, libc::RUSAGE_INFO_V4, (&raw mut usage).cast()) };
    (status == 0).then_some(usage)
}
