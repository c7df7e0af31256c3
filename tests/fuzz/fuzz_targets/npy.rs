#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| optimap_fuzz::load("a.npy", bytes));
