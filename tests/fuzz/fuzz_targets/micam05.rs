#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (header, data) = optimap_fuzz::halves(bytes);
    optimap_fuzz::load_files("a.gsh", &[("a.gsh", header), ("a.gsd", data)]);
});
