//! The contents of a file in words, for errors.

/// The first 20 texts, and an ellipsis if there are more.
pub(crate) fn few(parts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = parts.take(21).collect();
    if texts.len() > 20 {
        texts[20] = "…".into();
    }
    texts
}

/// The contents of a file in words.
pub(crate) fn listing(parts: impl Iterator<Item = String>) -> String {
    match few(parts).as_slice() {
        [] => ": it is empty".into(),
        texts => format!(": it holds {}", texts.join(", ")),
    }
}
