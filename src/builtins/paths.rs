//! Paths, folders and files of text.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::script::{Rest, builtins, plain_text};
use crate::text::{self, paths};

builtins! {
    /// The files and folders that fit a pattern, in natural order.
    ///
    /// `*` stands for any text within a name, `?` for any character, `[ab]` for one of some, and `**`
    /// for folders at any depth. Natural order is that of the numbers in names: `frame10` follows
    /// `frame9`. If nothing fits, the array is empty.
    ///
    /// ```
    /// for n in [10, 9] { write_text(`frame${n}.txt`, ""); }
    /// glob("frame*.txt") // => ["frame9.txt", "frame10.txt"]
    /// glob("no/such/*.tif") // => []
    /// ```
    fn glob(
        /// Pattern that paths are to fit.
        pattern: PathBuf,
    ) -> Result<Vec<PathBuf>> {
        paths::glob(&pattern.to_string_lossy())
    }

    /// Whether there is a file or folder.
    ///
    /// ```
    /// exists("no/such/file.tif") // => false
    /// ```
    fn exists(
        /// Path to look for.
        path: PathBuf,
    ) -> bool {
        path.exists()
    }

    /// Makes a folder, with those that it lies in; one that is there already is fine.
    ///
    /// ```
    /// mkdir("results/figures")
    /// exists("results/figures") // => true
    /// ```
    fn mkdir(
        /// Folder to make.
        path: PathBuf,
    ) -> Result<()> {
        paths::create_folder(&path)
    }

    /// The last part of a path: the name of the file, or of the folder.
    ///
    /// ```
    /// basename("data/heart.tif") // => "heart.tif"
    /// ```
    fn basename(
        /// Path to look at.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).file_name())
    }

    /// The path of the folder that a file or folder lies in; empty for a plain name.
    ///
    /// ```
    /// dirname("data/heart.tif") // => "data"
    /// ```
    fn dirname(
        /// Path to look at.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).parent().map(Path::as_os_str))
    }

    /// The name of a file without its last extension.
    ///
    /// ```
    /// stem("data/heart.tif") // => "heart"
    /// "runs/heart.ome.tif".stem() // => "heart.ome"
    /// ```
    fn stem(
        /// Path to look at.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).file_stem())
    }

    /// The extension of a file, without the dot; empty if there is none.
    ///
    /// ```
    /// extension("data/heart.tif") // => "tif"
    /// ```
    fn extension(
        /// Path to look at.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).extension())
    }

    /// Puts a path together.
    ///
    /// A part that begins at the root of the file system replaces those before it.
    ///
    /// ```
    /// join_path("results", stem("data/heart.tif") + ".mp4") // => "results/heart.mp4"
    /// ```
    fn join_path(
        /// Where the path begins.
        path: String,
        /// Parts that follow.
        parts: Rest,
    ) -> PathBuf {
        parts.0.iter().fold(PathBuf::from(path), |path, part| path.join(plain_text(part)))
    }

    /// Reads a file of text (UTF-8).
    ///
    /// ```
    /// write_text("notes.txt", "first\nsecond\n")
    /// read_text("notes.txt").split("\n")[1] // => "second"
    /// ```
    fn read_text(
        /// File to read.
        path: PathBuf,
    ) -> Result<String> {
        text::read(&path)
    }

    /// Writes a file of text.
    ///
    /// An existing file is replaced when the new one is complete, and stays as it was if writing fails.
    ///
    /// ```
    /// write_text("notes.txt", "dye: Di-4-ANEPPS\n")
    /// read_text("notes.txt") // => "dye: Di-4-ANEPPS\n"
    /// ```
    fn write_text(
        /// File to write.
        path: PathBuf,
        /// What it is to hold.
        text: String,
    ) -> Result<()> {
        text::write(&path, &text)
    }
}
