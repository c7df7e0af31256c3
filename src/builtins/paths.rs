//! Paths, folders and text files.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::script::{Rest, builtins, plain_text};
use crate::text::{self, paths};

builtins! {
    /// Files and folders that match a pattern, in natural order.
    ///
    /// `*` matches any text within a name, `?` any character, `[ab]` one of several characters, and
    /// `**` folders at any depth. Natural order is by the numbers in names: `frame10` follows
    /// `frame9`. Folders that cannot be read are skipped with a warning.
    ///
    /// Returns an array of strings, empty if nothing matches; the paths have `/` on Windows too.
    ///
    /// Fails if the pattern is malformed, such as `[a`.
    ///
    /// ```
    /// for n in [10, 9] { write_text(`frame${n}.txt`, ""); }
    /// glob("frame*.txt") // => ["frame9.txt", "frame10.txt"]
    /// glob("no/such/*.tif") // => []
    /// ```
    ///
    /// See also: `exists`, `basename`, `join_path`.
    fn glob(
        /// Pattern of the paths to find.
        pattern: PathBuf,
    ) -> Result<Vec<PathBuf>> {
        paths::glob(&pattern.to_string_lossy())
    }

    /// Tests whether a file or folder exists.
    ///
    /// Returns a bool.
    ///
    /// ```
    /// exists("no/such/file.tif") // => false
    /// ```
    ///
    /// See also: `glob`, `mkdir`.
    fn exists(
        /// Path to look for.
        path: PathBuf,
    ) -> bool {
        path.exists()
    }

    /// Creates a folder and its parent folders.
    ///
    /// A folder that exists already is not an error.
    ///
    /// Fails if a file has that name, or if the folder cannot be created.
    ///
    /// ```
    /// mkdir("results/figures")
    /// exists("results/figures") // => true
    /// ```
    ///
    /// See also: `exists`, `join_path`.
    fn mkdir(
        /// Folder to create.
        path: PathBuf,
    ) -> Result<()> {
        paths::create_folder(&path)
    }

    /// Last part of a path: the name of the file or folder.
    ///
    /// Returns a string.
    ///
    /// ```
    /// basename("data/heart.tif") // => "heart.tif"
    /// ```
    ///
    /// See also: `dirname`, `stem`, `extension`.
    fn basename(
        /// Path to take apart.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).file_name())
    }

    /// Path of the folder that contains a file or folder.
    ///
    /// Returns a string, empty for a plain name.
    ///
    /// ```
    /// dirname("data/heart.tif") // => "data"
    /// ```
    ///
    /// See also: `basename`, `join_path`.
    fn dirname(
        /// Path to take apart.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).parent().map(Path::as_os_str))
    }

    /// Name of a file without its last extension.
    ///
    /// Returns a string.
    ///
    /// ```
    /// stem("data/heart.tif") // => "heart"
    /// "runs/heart.ome.tif".stem() // => "heart.ome"
    /// ```
    ///
    /// See also: `extension`, `basename`, `join_path`.
    fn stem(
        /// Path to take apart.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).file_stem())
    }

    /// Last extension of a file, without the dot.
    ///
    /// Returns a string, in the case of the name; empty if there is no extension.
    ///
    /// ```
    /// extension("data/heart.tif") // => "tif"
    /// ```
    ///
    /// See also: `stem`, `basename`.
    fn extension(
        /// Path to take apart.
        path: String,
    ) -> String {
        paths::part(Path::new(&path).extension())
    }

    /// Joins parts to a path.
    ///
    /// A part that begins at the root of the file system replaces those before it.
    ///
    /// Returns a string, with `/` on Windows too.
    ///
    /// ```
    /// join_path("results", stem("data/heart.tif") + ".mp4") // => "results/heart.mp4"
    /// ```
    ///
    /// See also: `dirname`, `basename`, `glob`.
    fn join_path(
        /// First part of the path.
        path: String,
        /// Parts that follow.
        parts: Rest,
    ) -> PathBuf {
        parts.0.iter().fold(PathBuf::from(path), |path, part| path.join(plain_text(part)))
    }

    /// Reads a text file (UTF-8).
    ///
    /// A byte order mark is left out.
    ///
    /// Returns a string.
    ///
    /// Fails if the file cannot be read or is not UTF-8.
    ///
    /// ```
    /// write_text("notes.txt", "first\nsecond\n")
    /// read_text("notes.txt").split("\n")[1] // => "second"
    /// ```
    ///
    /// See also: `write_text`, `read_csv`, `read_json`.
    fn read_text(
        /// File to read.
        path: PathBuf,
    ) -> Result<String> {
        text::read(&path)
    }

    /// Writes a text file (UTF-8).
    ///
    /// An existing file is replaced when the new one is complete, and stays as it was if writing
    /// fails.
    ///
    /// Fails if the folder does not exist or the file cannot be written.
    ///
    /// ```
    /// write_text("notes.txt", "dye: Di-4-ANEPPS\n")
    /// read_text("notes.txt") // => "dye: Di-4-ANEPPS\n"
    /// ```
    ///
    /// See also: `read_text`, `write_csv`, `write_json`.
    fn write_text(
        /// File to write.
        path: PathBuf,
        /// Content of the file.
        text: String,
    ) -> Result<()> {
        text::write(&path, &text)
    }
}
