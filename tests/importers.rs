//! Importers in scripts, with a recording made here.

use super::session;

/// A recording of MultiRecorder: 6 frames of 2×3 of 8 bits, 500 per second, whose samples are the
/// number of the frame.
fn recording() -> Vec<u8> {
    let mut bytes = vec![b'f'];
    for int in [0x1A2B_3C4D, 6, 3, 2, 1, 0, 50_000_000u32] {
        bytes.extend(int.to_le_bytes());
    }
    bytes.resize(1024, 0);
    for frame in 0..6u8 {
        bytes.extend([frame; 6]);
        bytes.extend((100 + 2 * u64::from(frame)).to_le_bytes());
    }
    bytes
}

#[test]
fn importers_are_used_like_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heart.dat");
    std::fs::write(&path, recording()).unwrap();
    let mut session = session();
    session.set_constant("FILE", path.display().to_string());
    let importer = "MultiRecorderImporter(FILE)";
    for (code, expected) in [
        ("", "MultiRecorder importer 6×2×3 uint8 500 fps, heart.dat"),
        (".shape", "[6, 2, 3]"),
        (".get_metadata().fps", "500.0"),
        (".get_metadata()[\"Image width\"]", "3"),
        (".get_frametimes()[5]", "110"),
        (".get_frametimes().dtype", "\"uint64\""),
        (".load_video().len", "6"),
        (".load_video(2).len", "4"),
        (".load_video(1, 4, 3).len", "2"),
        (".load_video(1, 4, 3)[[1, 0, 0]]", "4"),
        (
            ".load_video(1, #{frames: 4, step: 3}).fps",
            "166.66666666666666",
        ),
        (".load_video(#{use_mmap: true}).is_mmap", "true"),
        (".load_video(0, (), 1, true).is_mmap", "true"),
    ] {
        let value = session.run_entry(&format!("{importer}{code}"));
        let value = value.unwrap_or_else(|d| panic!("{code}: {}", d.error()));
        assert_eq!(
            session.text(&value, true).as_deref(),
            Some(expected),
            "{code}"
        );
    }
    let value = session
        .run_entry("load_video(FILE, 1, 2, 3).shape")
        .unwrap();
    assert_eq!(session.text(&value, true).as_deref(), Some("[2, 2, 3]"));
}
