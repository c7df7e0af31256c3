//! Percentiles of the whole video as color limits, if its frames are made on demand: of some of
//! them, which the thread of the player makes one by one, so that the window stays in use.

use super::Player;
use super::contrast_actions::{self, percentile_limits};
use super::panel::Panel;
use super::playback::Playback;
use super::producer::Producer;
use crate::error::Result;
use crate::ops::array::shape::concatenate;
use crate::video::Video;

/// Evenly spread frames, the color limits of which are to be found.
pub(super) struct FrameSample {
    step: usize,
    n_frames: usize,
    /// Next frame to be made.
    next: usize,
    /// Panels of those before.
    made: Vec<Vec<Panel>>,
}

impl FrameSample {
    /// Frames of a playback.
    pub(super) fn new(playback: &Playback) -> Self {
        Self {
            step: contrast_actions::step_through(playback),
            n_frames: playback.last() + 1,
            next: playback.start(),
            made: Vec::new(),
        }
    }

    fn is_complete(&self) -> bool {
        self.n_frames <= self.next
    }

    /// Color limits of each panel; none without finite samples.
    fn limits(&self) -> Result<Vec<Option<(f64, f64)>>> {
        let count = self.made.first().map_or(0, Vec::len);
        let panels = 0..count;
        panels
            .map(|index| {
                let frames = self.made.iter();
                let frames = frames.map(|panels| panels[index].frames.sampled(0, 1, 1));
                percentile_limits(&concatenate(&frames.collect::<Vec<Video>>(), 0)?)
            })
            .collect()
    }
}

impl Player {
    /// Makes the next frame of the sample; the last one sets the color limits, and an error is
    /// shown in their place. False if there is no sample.
    pub(super) fn extend_sample(&self, producer: &Producer) -> bool {
        let next = self.state().sample.as_ref().map(|sample| sample.next);
        let Some(frame) = next else {
            return false;
        };
        let made = producer.produce(frame);
        let made = made.and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        // It may have been begun anew since then.
        let Some(mut sample) = state.sample.take_if(|sample| sample.next == frame) else {
            return true;
        };
        let limits = made.and_then(|panels| {
            sample.made.push(panels);
            sample.next += sample.step;
            match sample.is_complete() {
                true => sample.limits().map(Some),
                false => Ok(None),
            }
        });
        match limits {
            Ok(None) => state.sample = Some(sample),
            Ok(Some(limits)) => {
                let mut limits = limits.into_iter();
                state.recolor(|panel| panel.set_limits(limits.next().flatten()));
                state.say(contrast_actions::percentiles_text(sample.step));
            }
            Err(error) => state.say(error.message()),
        }
        true
    }
}
