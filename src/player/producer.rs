//! Players whose frames are made on demand: by a function, or by computing them.
//!
//! That runs on a thread of its own, so that a slow one blocks neither the windows nor the
//! prompt. Of the frames requested while it runs only the latest is made.

use std::sync::{Arc, Mutex, PoisonError};

use super::latest_channel::LatestSender;
use super::panel::Panel;
use super::read_ahead::ReadAhead;
use super::{Player, WeakPlayer};
use crate::bail;
use crate::error::{Error, Result};
use crate::task;
use crate::video::Video;

/// Makes the images of a frame, one for each panel: `{y, x}` or `{y, x, channel}`.
pub type ProduceFrames = dyn Fn(usize) -> Result<Vec<Video>> + Send + Sync;

/// Receives the index of each frame that is shown.
pub type FrameListener = dyn Fn(usize) -> Result<()> + Send + Sync;

/// Makes the panels of a frame.
pub(super) type MakePanels = dyn Fn(usize) -> Result<Vec<Panel>> + Send + Sync;

/// A function that makes frames, and its thread.
pub(super) struct Producer {
    /// Dropped with the player, as nobody else must keep the videos that it shows.
    make: Box<MakePanels>,
    wanted: LatestSender<usize>,
}

impl Producer {
    /// Starts the thread, which works for a player as long as it exists. While no frame is
    /// requested it makes the frames that percentiles or traces lack.
    pub(super) fn start(make: Box<MakePanels>, player: WeakPlayer) -> Result<Self> {
        let work = move |frame| {
            let Some(player) = player.upgrade() else {
                return false;
            };
            let Some(producer) = &player.shared.producer else {
                return false;
            };
            match frame {
                Some(frame) => player.deliver(frame, producer.produce(frame)),
                None => player.extend_sample(producer) || player.trace(producer),
            }
        };
        let wanted = LatestSender::start("frames", task::STACK_SIZE, work).map_err(no_thread)?;
        Ok(Self { make, wanted })
    }

    /// Requests the panels of a frame.
    pub(super) fn want(&self, frame: usize) {
        self.wanted.send(frame);
    }

    /// Requests the frames that percentiles or traces lack.
    pub(super) fn want_missing(&self) {
        self.wanted.wake();
    }

    /// Makes the panels of a frame at once.
    pub(super) fn produce(&self, frame: usize) -> Result<Vec<Panel>> {
        (self.make)(frame)
    }
}

/// Makes panels of the images of a function.
pub(super) fn panels_of_function(produce: Arc<ProduceFrames>) -> Box<MakePanels> {
    Box::new(move |frame| {
        let pictures = produce(frame)?;
        if pictures.is_empty() {
            bail!("the function of the player must return at least one image, got none");
        }
        pictures.iter().map(Panel::picture).collect()
    })
}

/// Makes panels with one frame of panels whose videos are still to be computed.
pub(super) fn panels_of_chains(panels: Vec<Panel>) -> Box<MakePanels> {
    let panels = panels.into_iter();
    let panels: Vec<_> = panels
        .map(|panel| (panel, Mutex::<Vec<ReadAhead>>::default()))
        .collect();
    Box::new(move |frame| {
        let panels = panels.iter();
        panels
            .map(|(panel, read_ahead)| {
                let read_ahead = read_ahead.lock();
                panel.at(
                    frame,
                    &mut read_ahead.unwrap_or_else(PoisonError::into_inner),
                )
            })
            .collect()
    })
}

pub(super) fn no_thread(cause: std::io::Error) -> Error {
    Error::new(format!("cannot start a thread for the player: {cause}"))
}

impl Player {
    /// Shows the panels made for a frame; the first error is reported, and playback stops. True if
    /// percentiles or traces lack more frames.
    fn deliver(&self, frame: usize, produced: Result<Vec<Panel>>) -> bool {
        let produced = produced.and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        match produced {
            Ok(panels) => {
                state.note_traces(frame, &panels);
                state.show_made(frame, panels);
                state.sample.is_some() || state.untraced().is_some()
            }
            Err(error) => {
                state.playback.set_playing(false);
                state.changed();
                let is_news = !std::mem::replace(&mut state.failed, true);
                drop(state);
                if is_news && !error.is_interrupted() {
                    task::warn(&format!("cannot create frame {frame}: {error}"));
                }
                false
            }
        }
    }

    /// Makes a frame that traces lack; true if they lack more.
    fn trace(&self, producer: &Producer) -> bool {
        let Some(frame) = self.state().untraced() else {
            return false;
        };
        let produced = producer
            .produce(frame)
            .and_then(|panels| self.check_alike(frame, panels));
        let mut state = self.state();
        match produced {
            Ok(panels) => {
                state.note_traces(frame, &panels);
                state.untraced().is_some()
            }
            Err(error) if error.is_interrupted() => false,
            Err(error) => {
                for probe in &state.probes {
                    probe.trace.fail(error.clone());
                }
                state.say(format!("no trace: {}", error.message()));
                false
            }
        }
    }

    /// An error unless the images have the number and sizes of those of the first frame.
    pub(super) fn check_alike(&self, frame: usize, panels: Vec<Panel>) -> Result<Vec<Panel>> {
        let size = |panel: &Panel| panel.frames.frame_size();
        let sizes = |panels: &[Panel]| panels.iter().map(size).collect::<Vec<_>>();
        let (first, found) = (sizes(&self.state().panels), sizes(&panels));
        if first == found {
            return Ok(panels);
        }
        let text = |sizes: &[(usize, usize)]| {
            let sizes = sizes
                .iter()
                .map(|(width, height)| format!("{height}×{width}"));
            sizes.collect::<Vec<_>>().join(", ")
        };
        bail!(
            "the images of frame {frame} are {}, those of earlier frames {}",
            text(&found),
            text(&first)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::color::color_settings::{ColorSettings, RangeExtent};
    use crate::color::colormap::Colormap;
    use crate::color::limits::sampled_range;
    use crate::ops::array::elementwise::{Arithmetic, Operand, arithmetic};
    use crate::ops::blend::{BlendLook, BlendOptions};
    use crate::ops::chain::Stage;
    use crate::ops::testing::{noise, values};
    use crate::player::Show;
    use crate::player::region::ProbeRegion;
    use crate::video::{Strided, TEST_LIMITS, TestLimits};
    use crate::view::annotations::Annotations;

    const N_FRAMES: usize = 50;

    fn recording() -> Video {
        let samples = noise(N_FRAMES * 30, 3);
        let mut video = Video::new(Strided::from_vec(&[N_FRAMES, 5, 6], samples));
        video.metadata_mut().fps = Some(500.0);
        video
    }

    /// The recording minus its frame of a number, as a pending video, and the number of frames
    /// computed so far.
    fn difference(to: usize) -> (Video, Arc<AtomicUsize>) {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 2,
            per_call: 1,
        }));
        let count = Arc::new(AtomicUsize::new(0));
        let (counter, reference) = (count.clone(), recording().frames(to, 1, 1));
        let filter = move |video: Video| {
            counter.fetch_add(video.len(), Relaxed);
            let (left, right) = (Operand::Array(video), Operand::Array(reference.clone()));
            arithmetic(Arithmetic::Subtract, left, right)
        };
        let video = Stage::of_frames("subtract").apply(recording(), filter);
        TEST_LIMITS.set(None);
        count.store(0, Relaxed);
        (video.unwrap(), count)
    }

    fn player(video: &Video, range: RangeExtent) -> Player {
        let colors = ColorSettings {
            range,
            ..ColorSettings::new(Colormap::named("coolwarm").unwrap(), None, None)
        };
        let panel = Panel::video(video.clone(), "difference".into(), &colors).unwrap();
        Player::new(Show {
            panels: vec![panel],
            interval_ms: 10,
            step: 1,
            annotations: Annotations::default(),
        })
        .unwrap()
    }

    fn wait_until(is_done: impl Fn() -> bool) {
        let begin = Instant::now();
        while !is_done() {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "it takes forever"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_chain_is_shown_like_the_whole() {
        let (video, count) = difference(7);
        let shown = player(&video, RangeExtent::First);
        assert!(
            count.load(Relaxed) <= 2,
            "the first picture needs one frame"
        );
        let whole = difference(7).0;
        whole.compute().unwrap();
        let expected = player(&whole, RangeExtent::First);
        assert_eq!(shown.window_title(), expected.window_title());
        for frame in [0, 30, 29, 31, 7, N_FRAMES - 1] {
            shown.seek(frame);
            expected.seek(frame);
            wait_until(|| shown.frame_on_screen() == frame);
            let (found, expected) = (shown.render(300, 240), expected.render(300, 240));
            assert!(found.pixels == expected.pixels, "frame {frame}");
        }
        for player in [&shown, &expected] {
            player.probe(0, ProbeRegion::Point { y: 1, x: 4 });
        }
        let [found, expected] = [&shown, &expected].map(|player| player.traces().unwrap());
        assert_eq!(values(&found[0]), values(&expected[0]));
        assert_eq!(found[0].metadata().fps, Some(500.0));
        assert!(video.is_pending());
        let before = count.load(Relaxed);
        assert_eq!(values(&video), values(&whole));
        video.compute().unwrap();
        assert_eq!(
            count.load(Relaxed),
            before + N_FRAMES,
            "the whole is computed once"
        );
    }

    #[test]
    fn the_limits_of_a_chain_are_those_of_frames_all_over_it() {
        let limits = |player: &Player| {
            let scale = player.scales().remove(0).unwrap();
            (scale.low(), scale.high())
        };
        // The first frame is 0.
        let (video, count) = difference(0);
        let shown = player(&video, RangeExtent::First);
        assert!(count.load(Relaxed) <= 34);
        let sampled = (0..32).map(|at| at * (N_FRAMES - 1) / 31);
        let frames = sampled.map(|frame| video.peek(frame..frame + 1).unwrap());
        let ranges = frames.filter_map(|frame| frame.finite_range().unwrap());
        let farthest = ranges.fold(0.0, |far: f64, (low, high)| far.max(-low).max(high));
        assert_eq!(limits(&shown), (-farthest, farthest));
        assert!(video.is_pending());
        let all = player(&video, RangeExtent::All);
        assert_eq!(Some(limits(&all)), video.finite_range().unwrap());
        assert!(!video.is_pending(), "its range is that of the whole");
    }

    #[test]
    fn percentiles_of_a_chain_are_those_of_the_whole() {
        let whole = difference(7).0;
        whole.compute().unwrap();
        let video = difference(7).0;
        let [found, expected] = [&video, &whole].map(|video| {
            let player = player(video, RangeExtent::First);
            let before = player.scales();
            player.percentile_contrast(true);
            wait_until(|| {
                player.scales()[0].as_ref().unwrap().low() != before[0].as_ref().unwrap().low()
            });
            let scale = player.scales().remove(0).unwrap();
            (scale.low(), scale.high())
        });
        assert_eq!(found, expected);
        assert!(video.is_pending());
    }

    /// A player of an overlay with an opacity.
    fn overlay([base, overlay, alpha]: [Video; 3], vmax: Option<f64>) -> Player {
        let colors = |vmax| ColorSettings {
            range: RangeExtent::All,
            ..ColorSettings::new(Colormap::named("hot").unwrap(), Some(-1.0), vmax)
        };
        let options = BlendOptions {
            skip_frames: 1,
            base: colors(Some(0.9)),
            overlay: colors(vmax),
            look: BlendLook::PLAIN,
        };
        let alpha = Some(Operand::Array(alpha));
        let panel = Panel::overlay(base, overlay, alpha, options, "overlay".into());
        Player::new(Show {
            panels: vec![panel.unwrap()],
            interval_ms: 10,
            step: 1,
            annotations: Annotations::default(),
        })
        .unwrap()
    }

    #[test]
    fn an_overlay_of_chains_is_shown_like_the_whole() {
        let chains = [7, 3, 9].map(difference);
        let counts = || chains.each_ref().map(|(_, count)| count.load(Relaxed));
        let videos = || chains.each_ref().map(|(video, _)| video.clone());
        let shown = overlay(videos(), Some(0.5));
        assert_eq!(counts(), [1; 3], "the first picture needs one frame");
        let wholes = [7, 3, 9].map(|to| {
            let video = difference(to).0;
            video.compute().unwrap();
            video
        });
        let expected = overlay(wholes, Some(0.5));
        for player in [&shown, &expected] {
            player.set_overlay_look(|look| look.opacity = 0.5).unwrap();
        }
        for frame in [30, 29, N_FRAMES - 1] {
            shown.seek(frame);
            expected.seek(frame);
            wait_until(|| shown.frame_on_screen() == frame);
            assert_eq!(shown.overlay_look(), expected.overlay_look());
            let (found, expected) = (shown.render(300, 240), expected.render(300, 240));
            assert!(found.pixels == expected.pixels, "frame {frame}");
        }
        let before = counts();
        let limits = overlay(videos(), None).scales().remove(0).unwrap();
        let sampled = sampled_range(&chains[1].0).unwrap().unwrap();
        assert_eq!((limits.low(), limits.high()), (-1.0, sampled.1));
        assert_eq!(counts()[0] - before[0], 1);
        assert!(chains.iter().all(|(video, _)| video.is_pending()));
    }

    #[test]
    fn what_depends_on_most_frames_is_computed_before() {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 2,
            per_call: 1,
        }));
        let stage = Stage::around("wide", N_FRAMES / 4, 0);
        let wide = stage.apply_within(recording(), |video, frames| {
            Ok(video.frames(frames.start, frames.len(), 1))
        });
        TEST_LIMITS.set(None);
        let wide = wide.unwrap();
        assert!(wide.is_pending());
        player(&wide, RangeExtent::First);
        assert!(!wide.is_pending());
    }

    #[test]
    fn videos_of_a_player_are_dropped_with_it() {
        let (video, _) = difference(7);
        let shown = player(&video, RangeExtent::First);
        assert!(!video.is_streamable());
        shown.seek(9);
        wait_until(|| shown.frame_on_screen() == 9);
        drop(shown);
        wait_until(|| video.is_streamable());
    }
}
