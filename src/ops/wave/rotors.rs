//! Tracks of phase singularities in time, the tips of rotating waves.

use super::phase::phase_singularities;
use crate::bail;
use crate::error::Result;
use crate::ops::{expect_gray_frames, frame_rate};
use crate::task;
use crate::video::Video;

/// Options of [`track_singularities`].
#[derive(Debug, Clone)]
pub struct TrackOptions {
    /// Largest distance in pixels from a singularity to the next of its track.
    pub max_distance: f64,
    /// Largest number of frames in which the singularity of a track is not found.
    pub max_gap: usize,
    /// Shortest life of a track in ms.
    pub min_life: f64,
    /// Frame rate in Hz; default: that of the video.
    pub fps: Option<f64>,
}

/// Singularity of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Singularity {
    /// Frame.
    pub frame: usize,
    /// Row, between those of the four pixels around it.
    pub y: f64,
    /// Column, likewise.
    pub x: f64,
    /// 1 where the phase increases clockwise around it, else −1.
    pub charge: i64,
}

/// Singularities of one charge that follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct SingularityTrack {
    /// In order of frames, at most one for each.
    pub points: Vec<Singularity>,
}

impl SingularityTrack {
    /// Number of frames from the first to the last point, both included.
    pub fn frames(&self) -> usize {
        self.last().frame - self.points[0].frame + 1
    }

    /// Last point.
    pub fn last(&self) -> &Singularity {
        self.points.last().expect("a track begins with a point")
    }

    /// Length of the path in units of the pixel size.
    pub fn path(&self, [height, width]: [f64; 2]) -> f64 {
        let steps = self.points.windows(2);
        let length = |two: &[Singularity]| {
            let (dy, dx) = (two[1].y - two[0].y, two[1].x - two[0].x);
            (dy * height).hypot(dx * width)
        };
        steps.map(length).sum()
    }

    /// Mean position, `[y, x]`.
    pub fn center(&self) -> [f64; 2] {
        let count = self.points.len() as f64;
        let mean =
            |axis: fn(&Singularity) -> f64| self.points.iter().map(axis).sum::<f64>() / count;
        [mean(|point| point.y), mean(|point| point.x)]
    }
}

/// Tracks of singularities, in order of their first frames.
pub struct SingularityTracks {
    /// The tracks.
    pub tracks: Vec<SingularityTrack>,
    /// Duration of a frame in ms.
    pub to_ms: f64,
}

impl SingularityTracks {
    /// Number of tracks in each of some frames.
    pub fn counts(&self, frames: usize) -> Vec<i64> {
        let mut counts = vec![0; frames];
        for track in &self.tracks {
            let frames = track.points[0].frame..=track.last().frame;
            counts[frames].iter_mut().for_each(|count| *count += 1);
        }
        counts
    }
}

/// Tracks the singularities of a video of phases.
///
/// In each frame, singularities continue the tracks of the same charge that ended at most `max_gap`
/// frames before: pairs closer than `max_distance` are joined, the closest first. The others begin
/// tracks.
pub fn track_singularities(phase: &Video, options: &TrackOptions) -> Result<SingularityTracks> {
    expect_gray_frames(phase, "track_singularities")?;
    let fps = frame_rate("track_singularities", phase, options.fps)?;
    let positive = [
        ("max_distance", options.max_distance),
        ("min_life", options.min_life),
    ];
    for (name, value) in positive {
        if !(value >= 0.0 && value.is_finite()) {
            bail!("track_singularities needs `{name}` to be a number >= 0, got {value}");
        }
    }
    let mut tracks: Vec<SingularityTrack> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for found in singularities(phase)? {
        let Some(frame) = found.first().map(|point| point.frame) else {
            continue;
        };
        open.retain(|track| frame - tracks[*track].last().frame <= options.max_gap + 1);
        let mut pairs = Vec::new();
        for (at, point) in found.iter().enumerate() {
            for track in &open {
                let last = tracks[*track].last();
                let distance = (point.y - last.y).hypot(point.x - last.x);
                if point.charge == last.charge && distance <= options.max_distance {
                    pairs.push((distance, *track, at));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut is_joined = vec![false; found.len()];
        for (_, track, at) in pairs {
            let is_continued = tracks[track].last().frame == frame;
            if !is_continued && !is_joined[at] {
                is_joined[at] = true;
                tracks[track].points.push(found[at]);
            }
        }
        let news = found
            .iter()
            .zip(is_joined)
            .filter(|(_, is_joined)| !is_joined);
        for (point, _) in news {
            open.push(tracks.len());
            tracks.push(SingularityTrack {
                points: vec![*point],
            });
        }
    }
    let to_ms = 1000.0 / fps;
    tracks.retain(|track| track.frames() as f64 * to_ms >= options.min_life);
    Ok(SingularityTracks { tracks, to_ms })
}

/// Singularities of each frame, in order of rows and columns.
fn singularities(phase: &Video) -> Result<Vec<Vec<Singularity>>> {
    let charges = phase_singularities(phase)?;
    let (frame_len, width) = (charges.frame_len(), charges.shape()[2]);
    task::map(0..charges.len(), Vec::new, |samples, frame| {
        samples.resize(frame_len, 0.0);
        charges.samples().read::<f64>(frame, 0..frame_len, samples);
        let found = samples
            .iter()
            .enumerate()
            .filter(|(_, charge)| **charge != 0.0);
        let point = |(at, charge): (usize, &f64)| Singularity {
            frame,
            y: (at / width) as f64 + 0.5,
            x: (at % width) as f64 + 0.5,
            charge: *charge as i64,
        };
        Ok(found.map(point).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::phantom::tests::PLAIN;
    use crate::ops::phantom::{Phantom, PhantomOptions, Rotation, Wavefront, phantom};
    use crate::ops::testing::video;
    use crate::ops::wave::phase::hilbert_phase;

    const TRACKS: TrackOptions = TrackOptions {
        max_distance: 5.0,
        max_gap: 2,
        min_life: 0.0,
        fps: None,
    };

    const SPIRAL: PhantomOptions = PhantomOptions {
        frames: 600,
        height: 32,
        width: 40,
        fps: 500.0,
        wavefront: Wavefront::Spiral,
        speed: 60.0,
        ..PLAIN
    };

    /// Tracks of at least 400 ms.
    fn tracks(made: &Phantom) -> Vec<SingularityTrack> {
        let phase = hilbert_phase(made.video.clone()).unwrap();
        // The phase near both ends depends on what was before and after the recording.
        let options = TrackOptions {
            min_life: 400.0,
            ..TRACKS
        };
        let found = track_singularities(&phase.frames(100, 400, 1), &options);
        found.unwrap().tracks
    }

    #[test]
    fn rotors_are_where_the_phantom_has_them() {
        for (rotation, charge) in [(Rotation::Clockwise, -1), (Rotation::Counterclockwise, 1)] {
            let made = phantom(&PhantomOptions { rotation, ..SPIRAL }).unwrap();
            let [rotor] = &tracks(&made)[..] else {
                panic!("one rotor")
            };
            assert_eq!((rotor.points[0].charge, rotor.frames()), (charge, 400));
            let [y, x] = rotor.center();
            assert!((y - 15.5).hypot(x - 19.5) < 1.0, "{y} {x}");
        }
    }

    #[test]
    fn pairs_of_rotors_have_opposite_charges() {
        let made = phantom(&PhantomOptions {
            wavefront: Wavefront::Pair,
            ..SPIRAL
        })
        .unwrap();
        let found = tracks(&made);
        assert_eq!(found.len(), 2);
        for (charge, x) in [(-1, 9.5), (1, 29.5)] {
            let rotor = found.iter().find(|track| track.points[0].charge == charge);
            let [found_y, found_x] = rotor.unwrap().center();
            assert!(
                (found_y - 15.5).hypot(found_x - x) < 1.5,
                "{found_y} {found_x}"
            );
        }
    }

    /// A tip that moves along a circle of 4 pixels once in 1000 ms.
    #[test]
    fn tracks_follow_the_tip() {
        let made = phantom(&PhantomOptions {
            meander: 4.0,
            meander_period: 1000.0,
            ..SPIRAL
        })
        .unwrap();
        let [rotor] = &tracks(&made)[..] else {
            panic!("one rotor")
        };
        let mut worst = 0.0_f64;
        for point in &rotor.points {
            let tip = made.tips.iter().find(|tip| tip.frame == point.frame + 100);
            let tip = tip.unwrap();
            worst = worst.max((point.y - tip.y).hypot(point.x - tip.x));
        }
        assert!(worst < 1.5, "{worst}");
        // 0.8 turns, in steps of whole pixels.
        let path = rotor.path([1.0, 1.0]);
        let truth = 0.8 * std::f64::consts::TAU * 4.0;
        assert!(path > truth && path < 1.6 * truth, "{path} {truth}");
    }

    /// Phases of a singularity in the middle of four pixels.
    fn around(y: usize, x: usize) -> Vec<f32> {
        let phase = |row: usize, col: usize| {
            let (dy, dx) = (row as f32 - y as f32 - 0.5, col as f32 - x as f32 - 0.5);
            dy.atan2(dx)
        };
        (0..10)
            .flat_map(|row| (0..10).map(move |col| phase(row, col)))
            .collect()
    }

    #[test]
    fn tracks_bridge_gaps_and_end_at_jumps() {
        let still = vec![0.0f32; 100];
        let frames = [
            around(2, 2),
            still.clone(),
            around(2, 3),
            around(7, 7),
            still,
            around(7, 6),
        ];
        let mut phase = video(&[6, 10, 10], frames.concat());
        phase.metadata_mut().fps = Some(1000.0);
        let found = |options: &TrackOptions| {
            let found = track_singularities(&phase, options).unwrap();
            let counts: i64 = found.counts(6).iter().sum();
            let lives: Vec<_> = found.tracks.iter().map(SingularityTrack::frames).collect();
            assert_eq!(lives.iter().sum::<usize>() as i64, counts);
            lives
        };
        assert_eq!(found(&TRACKS), [3, 3]);
        assert_eq!(
            found(&TrackOptions {
                max_gap: 0,
                ..TRACKS
            }),
            [1, 1, 1, 1]
        );
        assert_eq!(
            found(&TrackOptions {
                max_distance: 9.0,
                ..TRACKS
            }),
            [6]
        );
        assert_eq!(
            found(&TrackOptions {
                min_life: 4.0,
                ..TRACKS
            }),
            [0; 0]
        );
        let long = TrackOptions {
            max_distance: f64::NAN,
            ..TRACKS
        };
        assert!(track_singularities(&phase, &long).is_err());
        phase.metadata_mut().fps = None;
        assert!(track_singularities(&phase, &TRACKS).is_err());
        assert!(track_singularities(&phase.frame(0), &TRACKS).is_err());
    }
}
