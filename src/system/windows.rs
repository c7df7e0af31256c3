//! Windows: memory as counted by the Task Manager, including the pages of mapped files.
#![allow(unsafe_code)]

use std::os::windows::io::AsRawHandle;
use std::process::Child;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Memory::VirtualUnlock;
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use windows_sys::Win32::UI::HiDpi::{
    DPI_AWARENESS_CONTEXT_SYSTEM_AWARE, GetDpiForSystem, SetProcessDpiAwarenessContext,
};

/// Physical memory of the machine.
pub fn memory_of_machine() -> Option<usize> {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the structure contains its length.
    let is_told = unsafe { GlobalMemoryStatusEx(&raw mut status) } != 0;
    is_told
        .then(|| usize::try_from(status.ullTotalPhys).ok())
        .flatten()
}

/// Current memory use of the program in bytes.
pub fn memory() -> Option<usize> {
    Some(counters(this())?.WorkingSetSize)
}

/// Peak memory use of the program in bytes.
pub fn peak_memory() -> Option<usize> {
    Some(counters(this())?.PeakWorkingSetSize)
}

/// Peak memory use of another program in bytes.
pub fn peak_memory_of(child: &Child) -> Option<usize> {
    let bytes = counters(child.as_raw_handle())?.PeakWorkingSetSize;
    Some(bytes).filter(|bytes| *bytes > 0)
}

/// Scale factor of the main display. After this call windows use the pixels of the display;
/// otherwise the system would enlarge and blur them.
pub fn display_scale() -> Option<f32> {
    const USUAL: f32 = 96.0;
    // SAFETY: both take and return numbers. Setting it twice fails without effect.
    let dots = unsafe {
        SetProcessDpiAwarenessContext(DPI_AWARENESS_CONTEXT_SYSTEM_AWARE);
        GetDpiForSystem()
    };
    (dots > 0).then_some(dots as f32 / USUAL)
}

/// Releases `len` bytes of memory from an address on to the system; their content stays, in the
/// file of a mapping or in the page file.
pub(crate) fn leave_working_set(start: usize, len: usize) {
    // SAFETY: no byte is read or written. Pages that are not locked, as all of them are here, are
    // only removed from the working set, which is reported as a failure.
    unsafe { VirtualUnlock(start as *const _, len) };
}

fn this() -> HANDLE {
    // SAFETY: a constant, the pseudo handle of the process.
    unsafe { GetCurrentProcess() }
}

fn counters(process: HANDLE) -> Option<PROCESS_MEMORY_COUNTERS> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let len = size_of_val(&counters) as u32;
    // SAFETY: the handle is that of an open process, and the structure has the stated length.
    let is_told = unsafe { K32GetProcessMemoryInfo(process, &raw mut counters, len) } != 0;
    is_told.then_some(counters)
}
