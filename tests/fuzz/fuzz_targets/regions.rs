#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for name in ["a.json", "a.roi", "a.zip"] {
        optimap_fuzz::load_regions(name, bytes);
    }
});
