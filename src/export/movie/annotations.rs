//! Annotations of movies: titles, colorbars, and what is drawn on the videos.

use crate::error::{Error, Result};
use crate::view::annotations::Annotations;

/// Annotations of a movie; default: none.
#[derive(Debug, Clone, Default)]
pub struct MovieAnnotations {
    /// Titles above the videos, in order.
    pub titles: Vec<String>,
    /// Whether colorbars are shown.
    pub colorbar: bool,
    /// Annotations of the first video and the trace plot under it.
    pub annotations: Annotations,
    /// Magnification: movie pixels per video pixel, in each direction.
    pub scale: Option<usize>,
    /// Width or height up to which the videos are magnified.
    pub size: Option<usize>,
}

impl MovieAnnotations {
    /// Whether anything is drawn.
    pub(super) fn is_any(&self) -> bool {
        self.needs_frame() || self.annotations.is_any()
    }

    /// Whether something is drawn outside of the videos.
    pub(super) fn needs_frame(&self) -> bool {
        self.has_titles() || self.colorbar || !self.annotations.traces.is_empty()
    }

    /// Quantity and unit at the colorbar.
    pub(super) fn label(&self) -> Result<&str> {
        let label = &self.annotations.label;
        match self.colorbar || label.is_empty() {
            true => Ok(label),
            false => Err(Error::new("`label` needs a colorbar").hint("pass `colorbar: true`")),
        }
    }

    pub(super) fn has_titles(&self) -> bool {
        self.titles.iter().any(|title| !title.is_empty())
    }
}
