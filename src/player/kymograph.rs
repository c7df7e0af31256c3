//! The kymograph of a line that was drawn, in a window of its own.

use super::panel::Panel;
use super::state::PlayerState;
use super::{Player, Show};
use crate::bail;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{Colormap, ScaledColormap};
use crate::error::{Error, Result};
use crate::ops::mask::profile::line_profile;
use crate::ops::mask::shape::RegionShape;
use crate::video::Video;
use crate::view::annotations::Annotations;

/// A line over a video, and how its values are shown.
struct DrawnLine {
    video: Video,
    points: Vec<Vec<f64>>,
    scale: Option<ScaledColormap>,
    title: String,
}

impl PlayerState {
    /// The selected line, or else the last one.
    fn drawn_line(&self) -> Option<DrawnLine> {
        let probes = self.selected.and_then(|index| self.probes.get(index));
        let mut probes = probes.into_iter().chain(self.probes.iter().rev());
        probes.find_map(|probe| {
            let Some(RegionShape::Line(points)) = probe.region.shape() else {
                return None;
            };
            let frames = &self.panels.get(probe.panel)?.frames;
            Some(DrawnLine {
                video: frames.explained().clone(),
                points: points.iter().map(|point| point.to_vec()).collect(),
                scale: frames.scale().cloned(),
                title: format!("kymograph of {}", probe.label(self.panels.len())),
            })
        })
    }
}

impl Player {
    /// Opens a window with the kymograph of the selected line, made in the background.
    pub(super) fn show_kymograph(&self) {
        let line = self.state().drawn_line();
        let is_made = self.shared.producer.is_some();
        self.say("computing the kymograph…");
        self.in_background("the kymograph", move |player, _| {
            if is_made {
                bail!("frames that are made when they are shown are not there for a kymograph");
            }
            let line = line.ok_or_else(|| Error::new("draw a line first: `5`"))?;
            player.state().to_open.push(kymograph(&line)?);
            Ok("time runs to the right, the line from top to bottom".to_owned())
        });
    }

    /// Players whose windows are to be opened.
    pub fn take_windows_to_open(&self) -> Vec<Player> {
        std::mem::take(&mut self.state().to_open)
    }
}

/// A player of the values along a line: an image {distance, t}.
fn kymograph(line: &DrawnLine) -> Result<Player> {
    let profile = line_profile(&line.video, &line.points, 1)?;
    let image = profile.with_layout(profile.layout().swap(0, 1));
    let colors = match &line.scale {
        Some(scale) => {
            let (low, high) = (scale.low(), scale.high());
            ColorSettings::new(scale.colormap().clone(), Some(low), Some(high))
        }
        None => ColorSettings::new(Colormap::gray(), None, None),
    };
    Player::new(Show {
        panels: vec![Panel::video(image, line.title.clone(), &colors)?],
        interval_ms: 10,
        step: 1,
        annotations: Annotations::default(),
    })
}
