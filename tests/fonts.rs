//! Characters that the embedded font lacks: drawn with fonts of the system, or named in a warning.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use flate2::read::ZlibDecoder;

use super::with_slashes;

#[path = "../src/draw/tiny_font.rs"]
mod tiny_font;

/// Plots a trace under a title to a file with the fonts of a folder; what is said meanwhile.
fn plot(title: &str, path: &Path, fonts: &Path) -> String {
    let code = format!(
        "plot_traces([linspace(0, 1, 20)], \"{}\", #{{title: \"{title}\", provenance: false}})",
        with_slashes(path)
    );
    let output = Command::new(env!("CARGO_BIN_EXE_optimap"))
        .args(["-e", &code])
        .env("OPTIMAP_FONTS", fonts)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// The first stream of a PDF file, which draws the page.
fn content(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let start = b"\nstream\n";
    let at = bytes
        .windows(start.len())
        .position(|part| part == start)
        .unwrap();
    let mut text = Vec::new();
    ZlibDecoder::new(&bytes[at + start.len()..])
        .read_to_end(&mut text)
        .unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn characters_are_drawn_with_other_fonts_in_pictures_and_figures() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (with, without) = (place("with"), place("without"));
    fs::create_dir_all(&with).unwrap();
    fs::create_dir_all(&without).unwrap();
    fs::write(with.join("han.ttf"), tiny_font::tiny_font('漢')).unwrap();
    let said = plot("漢 ΔF", &place("with.png"), &with);
    assert_eq!(said, "");
    let said = plot("漢 ΔF", &place("without.png"), &without);
    assert!(
        said.contains("no font of this system has `漢` (U+6F22)"),
        "{said}"
    );
    let [one, other] = ["with.png", "without.png"].map(|name| fs::read(place(name)).unwrap());
    assert_ne!(one, other);
    assert_eq!(plot("漢 ΔF", &place("with.pdf"), &with), "");
    assert_eq!(plot("ΔF", &place("plain.pdf"), &with), "");
    let [drawn, plain] = ["with.pdf", "plain.pdf"].map(|name| content(&place(name)));
    assert!(drawn.contains("/ActualText") && !plain.contains("/ActualText"));
    assert!(drawn.matches("f\n").count() > plain.matches("f\n").count());
    assert_eq!(plot("漢 ΔF", &place("with.svg"), &with), "");
    assert!(
        fs::read_to_string(place("with.svg"))
            .unwrap()
            .contains("漢 ΔF")
    );
}

#[test]
fn letters_that_join_are_named_and_not_drawn() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.ttf"), tiny_font::tiny_font('ع')).unwrap();
    let said = plot("ع 漢 ع", &folder.path().join("a.png"), folder.path());
    assert!(said.contains("`ع` (U+0639) belong to a script"), "{said}");
    assert!(said.contains("has `漢`"), "{said}");
}
