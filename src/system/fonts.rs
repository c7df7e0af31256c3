//! Folders in which systems keep their fonts.

use std::env;
use std::path::PathBuf;

/// Folders of fonts, those of the user first; not all of them need to exist.
pub fn font_folders() -> Vec<PathBuf> {
    let in_variable = |name: &str, rest: &str| {
        let folder = env::var_os(name).filter(|value| !value.is_empty());
        folder.map(|folder| PathBuf::from(folder).join(rest))
    };
    let known: Vec<Option<PathBuf>> = if cfg!(windows) {
        vec![
            in_variable("LOCALAPPDATA", r"Microsoft\Windows\Fonts"),
            in_variable("SystemRoot", "Fonts"),
        ]
    } else if cfg!(target_vendor = "apple") {
        vec![
            in_variable("HOME", "Library/Fonts"),
            Some("/Library/Fonts".into()),
            Some("/System/Library/Fonts".into()),
            Some("/System/Library/AssetsV2/com_apple_MobileAsset_Font7".into()),
        ]
    } else {
        let data = env::var_os("XDG_DATA_DIRS").unwrap_or_default();
        let data: Vec<PathBuf> = env::split_paths(&data)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("fonts"))
            .collect();
        let mut folders = vec![
            in_variable("XDG_DATA_HOME", "fonts"),
            in_variable("HOME", ".local/share/fonts"),
            in_variable("HOME", ".fonts"),
            Some("/usr/local/share/fonts".into()),
            Some("/usr/share/fonts".into()),
        ];
        folders.extend(data.into_iter().map(Some));
        folders
    };
    known.into_iter().flatten().collect()
}
