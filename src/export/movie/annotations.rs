//! What is written and drawn on films besides the videos.

use crate::draw::annotations::Annotations;

/// What is written and drawn on a film besides the videos; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct MovieAnnotations {
    /// What is written above the videos, in their order.
    pub titles: Vec<String>,
    /// Whether the colours are explained by colorbars.
    pub colorbar: bool,
    /// What lies on the first video and under it.
    pub annotations: Annotations,
    /// How many pixels of the film show one of the video, in each direction.
    pub scale: Option<usize>,
    /// The width or height that the videos are magnified up to.
    pub size: Option<usize>,
}

impl MovieAnnotations {
    /// Whether anything is written or drawn.
    pub(super) fn is_any(&self) -> bool {
        self.needs_frame() || self.annotations.is_any()
    }

    /// Whether something stands beside the videos rather than on them.
    pub(super) fn needs_frame(&self) -> bool {
        self.has_titles() || self.colorbar || !self.annotations.traces.is_empty()
    }

    pub(super) fn has_titles(&self) -> bool {
        self.titles.iter().any(|title| !title.is_empty())
    }
}
