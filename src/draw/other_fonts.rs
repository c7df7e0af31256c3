//! Fonts of the system, for characters that the embedded font lacks: Chinese, Japanese, Korean, other
//! alphabets and symbols.
//!
//! Nothing is looked for until such a character is drawn. Then the fonts are read one by one, those
//! that are likely to have it first, until one does; what each of them has is kept, so that none is
//! read twice. Scripts whose letters join, combine or run from right to left need more than glyphs
//! beside each other, and are not drawn.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use ab_glyph::{Font, FontRef, GlyphId};

use crate::system;
use crate::task;

/// Variable with a folder of fonts to use in place of those of the system.
const VARIABLE: &str = "OPTIMAP_FONTS";

/// Parts of the names of fonts, those to look into first.
const PREFERRED: &[&str] = &[
    "notosanscjk",
    "sourcehansans",
    "wqy",
    "droidsansfallback",
    "msyh",
    "yugoth",
    "meiryo",
    "malgun",
    "msgothic",
    "simhei",
    "simsun",
    "pingfang",
    "hiragino",
    "applesdgothic",
    "stheiti",
    "notosans",
    "dejavusans",
    "arialunicode",
    "seguisym",
    "segoeui",
    "applesymbols",
    "unifont",
];

/// Parts of the names of fonts of another style, which are last.
const STYLED: &[&str] = &[
    "bold", "italic", "oblique", "light", "thin", "black", "serif", "mono",
];

/// Largest number of folders in each other, fonts in a file, and bytes that are read in all.
const MAX_DEPTH: usize = 6;
const MAX_FACES: u32 = 64;
const MAX_BYTES: u64 = 1 << 30;

/// Characters of scripts whose letters join, combine or run from right to left.
const COMPLEX: &[(char, char)] = &[
    ('\u{0590}', '\u{109f}'),
    ('\u{1100}', '\u{11ff}'),
    ('\u{1700}', '\u{18af}'),
    ('\u{1900}', '\u{1cff}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{a800}', '\u{abff}'),
    ('\u{fb1d}', '\u{fdff}'),
    ('\u{fe70}', '\u{fefe}'),
    ('\u{10800}', '\u{11fff}'),
];

static FONTS: LazyLock<Mutex<OtherFonts>> =
    LazyLock::new(|| Mutex::new(OtherFonts::in_folders(&folders())));

/// Folders of fonts.
fn folders() -> Vec<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(folder) => vec![folder.into()],
        None => system::font_folders(),
    }
}

/// The font of the system that has a character, and its glyph.
pub(super) fn find(char: char) -> Option<(&'static FontRef<'static>, GlyphId)> {
    lock(&FONTS).find(char)
}

/// Warns of characters that are drawn as boxes, of each one once.
pub(super) fn warn_of_missing(chars: &[char]) {
    static WARNED: Mutex<BTreeSet<char>> = Mutex::new(BTreeSet::new());
    let new: BTreeSet<char> = {
        let mut warned = lock(&WARNED);
        let new = chars.iter().copied().filter(|char| warned.insert(*char));
        new.collect()
    };
    if new.is_empty() {
        return;
    }
    let list = |chars: &[&char]| {
        let each = chars
            .iter()
            .map(|char| format!("`{char}` (U+{:04X})", u32::from(**char)));
        each.collect::<Vec<_>>().join(", ")
    };
    let (complex, unknown): (Vec<&char>, Vec<&char>) =
        new.iter().partition(|char| is_complex(**char));
    if !unknown.is_empty() {
        task::warn(&format!(
            "no font of this system has {}, drawn as boxes: install a font that does, or name its \
             folder in the variable {VARIABLE}",
            list(&unknown)
        ));
    }
    if !complex.is_empty() {
        task::warn(&format!(
            "{} belong to a script whose letters join, combine or run from right to left, which is \
             not supported: they are drawn as boxes",
            list(&complex)
        ));
    }
}

fn is_complex(char: char) -> bool {
    COMPLEX
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&char))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fonts of some folders.
struct OtherFonts {
    /// Files that were not read yet, the next one last.
    unread: Vec<PathBuf>,
    /// Bytes that may still be read.
    allowance: u64,
    /// Fonts that were read.
    faces: Vec<FontFace>,
}

/// A font of a file.
struct FontFace {
    path: PathBuf,
    index: u32,
    /// First and last of its characters that follow each other, in order.
    chars: Vec<(char, char)>,
    /// Kept to the end of the program once it is used.
    font: Option<&'static FontRef<'static>>,
}

impl OtherFonts {
    fn in_folders(folders: &[PathBuf]) -> Self {
        let mut files = BTreeSet::new();
        for folder in folders {
            add_fonts(folder, MAX_DEPTH, &mut files);
        }
        let mut files: Vec<_> = files.into_iter().map(|path| (rank(&path), path)).collect();
        files.sort();
        Self {
            unread: files.into_iter().rev().map(|(_, path)| path).collect(),
            allowance: MAX_BYTES,
            faces: Vec::new(),
        }
    }

    fn find(&mut self, char: char) -> Option<(&'static FontRef<'static>, GlyphId)> {
        if is_complex(char) || char.is_control() {
            return None;
        }
        let mut at = 0;
        loop {
            while at < self.faces.len() {
                if let Some(found) = self.faces[at].glyph(char) {
                    return Some(found);
                }
                at += 1;
            }
            let path = self.unread.pop()?;
            let size = std::fs::metadata(&path).map_or(0, |file| file.len());
            let Some(rest) = self.allowance.checked_sub(size) else {
                continue;
            };
            self.allowance = rest;
            // What cannot be read has no characters.
            let bytes = std::fs::read(&path).unwrap_or_default();
            let faces = (0..MAX_FACES).map_while(|index| FontFace::of(&path, &bytes, index));
            self.faces.extend(faces);
        }
    }
}

impl FontFace {
    fn of(path: &Path, bytes: &[u8], index: u32) -> Option<Self> {
        let font = FontRef::try_from_slice_and_index(bytes, index).ok()?;
        let mut all: Vec<char> = font.codepoint_ids().map(|(_, char)| char).collect();
        all.sort_unstable();
        let mut chars: Vec<(char, char)> = Vec::new();
        for char in all {
            match chars.last_mut() {
                Some((_, last)) if u32::from(char) <= u32::from(*last) + 1 => *last = char,
                _ => chars.push((char, char)),
            }
        }
        Some(Self {
            path: path.to_owned(),
            index,
            chars,
            font: None,
        })
    }

    /// The glyph of a character, if it has an outline.
    fn glyph(&mut self, char: char) -> Option<(&'static FontRef<'static>, GlyphId)> {
        let at = self.chars.partition_point(|(first, _)| *first <= char);
        let (_, last) = self.chars[..at].last()?;
        if *last < char {
            return None;
        }
        let font = match self.font {
            Some(font) => font,
            None => {
                let bytes: &'static [u8] = std::fs::read(&self.path).ok()?.leak();
                let font = FontRef::try_from_slice_and_index(bytes, self.index).ok()?;
                *self.font.insert(Box::leak(Box::new(font)))
            }
        };
        let id = font.glyph_id(char);
        // Pictures of emojis have none.
        let is_drawn = char.is_whitespace() || font.outline(id).is_some();
        (id.0 != 0 && is_drawn).then_some((font, id))
    }
}

/// Adds the fonts in a folder and in those in it.
fn add_fonts(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) {
    // A folder of the list need not exist.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let extension = path.extension().map(|name| name.to_ascii_lowercase());
        let extension = extension.as_ref().and_then(|name| name.to_str());
        if matches!(extension, Some("ttf" | "otf" | "ttc" | "otc")) {
            files.insert(path);
        } else if depth > 0 && path.is_dir() {
            add_fonts(&path, depth - 1, files);
        }
    }
}

/// Place of a font among those to look into.
fn rank(path: &Path) -> (usize, bool) {
    let name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let name = name.replace([' ', '-', '_'], "");
    let known = PREFERRED.iter().position(|part| name.contains(part));
    let is_styled = STYLED.iter().any(|part| name.contains(part));
    (known.unwrap_or(PREFERRED.len()), is_styled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::tiny_font::tiny_font;

    fn fonts(files: &[(&str, &[u8])]) -> (OtherFonts, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        (OtherFonts::in_folders(&[folder.path().to_owned()]), folder)
    }

    #[test]
    fn a_character_is_found_in_the_font_that_has_it() {
        let (han, hangul) = (tiny_font('漢'), tiny_font('한'));
        let (mut fonts, _folder) = fonts(&[
            ("b.ttf", &hangul),
            ("deep/a.TTF", &han),
            ("broken.otf", b"no font"),
            ("other.txt", &han),
        ]);
        let (font, id) = fonts.find('漢').unwrap();
        assert!(font.outline(id).is_some());
        assert!(fonts.find('한').is_some());
        assert!(fonts.find('字').is_none());
        // Everything was read, and is found again.
        assert!(fonts.unread.is_empty() && fonts.faces.len() == 2);
        assert!(std::ptr::eq(fonts.find('漢').unwrap().0, font));
    }

    #[test]
    fn likely_fonts_are_read_first_and_no_more_than_needed() {
        let (han, other) = (tiny_font('漢'), tiny_font('字'));
        let (mut fonts, _folder) = fonts(&[
            ("A.ttf", &other),
            ("NotoSansCJK-Bold.ttc", &han),
            ("NotoSansCJK-Regular.ttc", &han),
        ]);
        assert!(fonts.find('漢').is_some());
        assert_eq!(fonts.unread.len(), 2);
        assert!(fonts.faces[0].path.ends_with("NotoSansCJK-Regular.ttc"));
    }

    #[test]
    fn a_second_font_of_a_collection_is_found() {
        // A collection: a header with the offsets of its fonts, whose tables are where they say.
        let shifted = |font: &[u8], by: u32| {
            let mut font = font.to_vec();
            let tables = u16::from_be_bytes([font[4], font[5]]);
            for table in 0..usize::from(tables) {
                let at = 12 + 16 * table + 8;
                let offset = u32::from_be_bytes(font[at..at + 4].try_into().unwrap()) + by;
                font[at..at + 4].copy_from_slice(&offset.to_be_bytes());
            }
            font
        };
        let (first, second) = (tiny_font('字'), tiny_font('漢'));
        let ends = [20, 20 + first.len() as u32];
        let header = [b"ttcf".as_slice(), &[0, 1, 0, 0], &2u32.to_be_bytes()].concat();
        let offsets = ends.map(u32::to_be_bytes).concat();
        let whole = [
            header,
            offsets,
            shifted(&first, ends[0]),
            shifted(&second, ends[1]),
        ]
        .concat();
        let (mut fonts, _folder) = fonts(&[("both.ttc", &whole)]);
        assert!(fonts.find('漢').is_some() && fonts.find('字').is_some());
        assert_eq!(fonts.faces.iter().map(|face| face.index).max(), Some(1));
    }

    #[test]
    fn letters_that_join_are_not_drawn_one_by_one() {
        let (mut fonts, _folder) = fonts(&[("a.ttf", &tiny_font('ع'))]);
        assert!(fonts.find('ع').is_none());
        assert!(!is_complex('漢') && !is_complex('한') && !is_complex('→') && !is_complex('ア'));
    }
}
