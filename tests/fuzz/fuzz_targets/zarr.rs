#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (metadata, chunk) = optimap_fuzz::halves(bytes);
    for files in [
        [("a.zarr/.zarray", metadata), ("a.zarr/0.0.0", chunk)],
        [("a.zarr/zarr.json", metadata), ("a.zarr/c/0/0/0", chunk)],
    ] {
        optimap_fuzz::load_files("a.zarr", &files);
    }
});
