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
    for (code, expected) in [
        (
            "let r = MultiRecorderImporter(FILE); r",
            "MultiRecorder importer 6×2×3 uint8 500 fps, heart.dat",
        ),
        ("r.shape", "[6, 2, 3]"),
        ("r.get_metadata().fps", "500.0"),
        ("r.get_metadata()[\"Image width\"]", "3"),
        ("r.get_frametimes()[5]", "110"),
        ("r.get_frametimes().dtype", "\"uint64\""),
        ("r.load_video().len", "6"),
        ("r.load_video(2).len", "4"),
        ("r.load_video(1, 4, 3).len", "2"),
        ("r.load_video(1, 4, 3)[[1, 0, 0]]", "4"),
        ("r.load_video(#{frames: 4, step: 2}).fps", "250.0"),
        ("r.load_video(#{use_mmap: true}).is_mmap", "true"),
        ("r.load_video(0, (), 1, true).is_mmap", "true"),
        ("load_video(FILE, 1, 2, 3).shape", "[2, 2, 3]"),
        ("load_video(FILE, #{is_8bit: true}).dtype", "\"uint8\""),
        (
            "load_video(FILE, #{is_8bit: false, frames: 2}).dtype",
            "\"uint16\"",
        ),
    ] {
        let value = session.run_entry(code);
        let value = value.unwrap_or_else(|d| panic!("{code}: {}", d.error()));
        let shown = session.text(&value, true);
        assert_eq!(shown.as_deref(), Some(expected), "{code}");
    }
}
