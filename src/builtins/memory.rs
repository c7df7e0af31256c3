//! Memory that videos use, and its budget.

use rhai::Map;

use crate::script::{Chained, Value, builtins};
use crate::video::memory::{self, ByteSize};
use crate::video::{Needs, StageInfo, Video, size_text};

builtins! {
    /// Sets how much memory videos may use together before results go to scratch files.
    ///
    /// By default half of the machine's memory, or the value of the environment variable
    /// `OPTIMAP_MEMORY`. A result that would exceed the budget is written to a file on disk that is
    /// memory-mapped and deleted with the value: in the folder that `OPTIMAP_SCRATCH` names, else
    /// in the system's folder for temporary files. Everything works as before, at the speed of the
    /// disk. Recordings that are memory-mapped (`use_mmap`) do not count.
    ///
    /// Fails if `budget` is not an amount of memory.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// set_memory_budget(1_500_000_000)
    /// memory().budget // => 1500000000
    /// ```
    ///
    /// See also: `memory`, `load_video`.
    fn set_memory_budget(
        /// Number of bytes, or a string with kB, MB, GB, TB or KiB, MiB, GiB, TiB.
        budget: ByteSize [bytes],
    ) -> () {
        memory::set_budget(budget);
    }

    /// Memory that videos use, in bytes.
    ///
    /// Videos below 4 MB are not counted, nor is the buffer pool: memory of dropped arrays that is
    /// kept a few seconds for the next ones.
    ///
    /// Returns a map of ints: `budget`, the memory they may use; `in_use`, the memory they use,
    /// temporaries included; `scratch`, the size of scratch files; `mapped`, the size of the
    /// recordings that are memory-mapped.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// memory().in_use >= 0 // => true
    /// ```
    ///
    /// See also: `set_memory_budget`, `copy`.
    fn memory() -> Map {
        let usage = memory::usage();
        let numbers = [
            ("budget", usage.budget),
            ("in_use", usage.in_use),
            ("scratch", usage.scratch),
            ("mapped", usage.mapped),
        ];
        let numbers = numbers.into_iter();
        numbers.map(|(name, bytes)| (name.into(), bytes.into_dynamic())).collect()
    }

    /// Computes the samples of an array now.
    ///
    /// Filters, operators and edits of large videos only say how their result is to be
    /// computed: the operators; functions of single samples (`clip`, `astype`, `where`,
    /// `fill_nan`, `isnan`, `isfinite`, `abs`, `sqrt`, `exp`, `log` and others); `slice`,
    /// `crop`, `pad`, `resize`, `rotate_left`, `rotate_right`, `flip_up_down`,
    /// `flip_left_right`, `collage`, `apply_mask`, `warp_affine`, `warp_video`,
    /// `alpha_blend_videos`, `downsample_time`; `normalize`, `normalize_pixelwise`,
    /// `normalize_pixelwise_slidingwindow`, `smooth_spatiotemporal`, `mean_filter`,
    /// `median_filter`, `minimum_filter`, `maximum_filter`, `temporal_difference`,
    /// `smoothstep`, `contrast_enhancement`, `evolve_jitter_filter`; `dff`, `ratio`,
    /// `bleach_correct`, `zscore`, `detrend`, `bandpass`, `savgol_filter` and `hilbert_phase`.
    /// Other functions compute what they are given as a whole. Shape, sample type and metadata
    /// are known before.
    ///
    /// The samples are computed once, when something needs them: an index, a reduction, a file.
    ///
    /// | needed by | computed | in memory |
    /// |---|---|---|
    /// | one call that saves, exports or reduces it | all, block by block | blocks |
    /// | such a call that needs all frames first | all, block by block | blocks; a scratch file |
    /// | a window, if a frame needs few others | the frames that are shown | some frames |
    /// | anything else, or several calls | the whole, which is kept | the whole |
    ///
    /// Nothing else needs it in `save_video(p, v.normalize())` or `v.normalize().std(0)`, and in a
    /// script file also if it is a variable that no later line names. All frames come first for
    /// movies with `traces`, or with color limits that depend on all of them (give the limits);
    /// for MATLAB files, in which the samples of each pixel follow each other; and for `median`
    /// and `percentile` along time. With the blocks are in memory the frames that filters in time
    /// need around them.
    ///
    /// A stage that reads its whole input first (`normalize` without `vmin` or `vmax`,
    /// `normalize_pixelwise`, `dff`, `bleach_correct`, `evolve_jitter_filter`) reads a file twice,
    /// and keeps what other stages make for it in a scratch file. One that needs all frames of a
    /// pixel (`zscore`, `detrend`, `bandpass`, `savgol_filter`, `hilbert_phase`) keeps its input
    /// and its result in scratch files, and has some pixels at a time in memory. What takes less
    /// than an eighth of the memory budget is kept in memory instead, which is faster.
    ///
    /// A window, or an `InteractivePlayer`, computes the whole before it opens if a frame depends
    /// on more than an eighth of all frames, the windows of all stages taken together, or if a file
    /// has to be decoded from its start on.
    ///
    /// Large recordings are loaded as they are needed, too, if nobody has written to their files in
    /// the last minute: those that are stored as they are in memory; TIFF, HDF5 and Zarr with
    /// compressed pages or chunks; folders of images; and, from the first frame on, movies and
    /// deflated arrays of `.npz`. At once are loaded MATLAB files, arrays in Fortran order, bools,
    /// Zarr arrays with chunks that were never written, movies that end too early, and those of
    /// codecs other than H.264, HEVC and FFV1 whose frames depend on others. A file that changes
    /// between loading and use is an error, unless it was replaced by another and can still be read
    /// as it was; so is a frame that proves to be damaged. `compute(load_video(path))` loads a file
    /// at once.
    ///
    /// Returns the same array.
    ///
    /// Fails if the samples cannot be computed, for example if the script is interrupted.
    ///
    /// ```
    /// compute(example_video().normalize()).dtype // => "float32"
    /// ```
    ///
    /// See also: `explain`, `copy`.
    fn compute(
        /// Video, image or trace.
        array: Video,
    ) -> Video {
        array
    }

    /// Prints by which stages the samples of an array are still to be computed.
    ///
    /// For each stage: the function and the line that called it, the frames of its input that one
    /// frame of its result needs, whether it first reads the whole input, and the size of its
    /// result. At the end, what it takes to save the array block by block, if nothing else uses
    /// it: the bytes read from files and arrays, put aside on the way, and written; how often it
    /// goes through all frames; and the memory, also that of the whole. Last, what a window
    /// computes before it opens.
    ///
    /// ```
    /// explain(example_video().normalize());
    /// explain(example_video(500).smooth_spatiotemporal(1, 2) * 2);
    /// ```
    ///
    /// See also: `compute`, `memory`.
    fn explain(
        &context,
        /// Video, image or trace.
        array: Chained,
    ) -> () {
        context.print(&plan(&array.0));
    }
}

fn plan(video: &Video) -> String {
    let stages = video.stages();
    if stages.is_empty() {
        return format!("the samples are there: {}", size_text(video.nbytes()));
    }
    let line = |stage: &StageInfo| {
        let needs = match stage.needs {
            Needs::File => "the file".to_owned(),
            Needs::FileInOrder => "the file from its start on".to_owned(),
            Needs::All => "the whole input first".to_owned(),
            Needs::EveryFrame => "all frames".to_owned(),
            Needs::Frames(0, 0) => "the frame itself".to_owned(),
            Needs::Frames(0, after) => format!("the frame and {after} after it"),
            Needs::Frames(before, 0) => format!("the frame and {before} before it"),
            Needs::Frames(before, after) => format!("{before} frames before to {after} after"),
        };
        let origin = stage.origin.as_ref();
        let origin = origin.map_or(String::new(), |origin| format!(" ({origin})"));
        let size = size_text(stage.nbytes);
        format!("{}{origin}: needs {needs}, makes {size}", stage.name)
    };
    let mut lines: Vec<_> = stages.iter().map(line).collect();
    let is_pass = |stage: &&StageInfo| matches!(stage.needs, Needs::All | Needs::EveryFrame);
    let passes = match stages.iter().filter(is_pass).count() {
        0 => "1 pass".to_owned(),
        before => format!("{} passes", before + 1),
    };
    let moved = stages.iter().map(|stage| stage.moves).sum::<usize>() + video.nbytes();
    lines.push(format!(
        "saved block by block it moves about {} in {passes} and takes about {} of memory, as a \
         whole {}",
        size_text(moved),
        size_text(video.streaming_bytes()),
        size_text(video.nbytes())
    ));
    let is_in_order = |stage: &StageInfo| stage.needs == Needs::FileInOrder;
    lines.push(match video.is_peekable() {
        true => "a window computes the frames that it shows".to_owned(),
        false if stages.iter().any(is_in_order) => {
            "a window computes the whole first: the file has to be decoded from its start on"
                .to_owned()
        }
        false => "a window computes the whole first: a frame depends on more than an eighth of all"
            .to_owned(),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::chain::Stage;
    use crate::ops::filter::smooth::smooth_within;
    use crate::video::{Origin, Strided, TEST_LIMITS, TestLimits};

    #[test]
    fn stages_are_explained_until_they_are_run() {
        let video = Video::new(Strided::from_vec(&[9, 2, 3], vec![1u8; 54]));
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 1,
            per_call: 1,
        }));
        let filter = |video, frames| smooth_within(video, frames, 0.5, 0.0);
        let smoothed = Stage::around("smooth_spatiotemporal", 2, 2).apply_within(video, filter);
        let pending = Stage::of_frames("crop").apply(smoothed.unwrap(), Ok);
        TEST_LIMITS.set(None);
        let pending = pending.unwrap();
        pending.set_origin(|| Origin {
            source: None,
            line: 3,
        });
        let expected = "smooth_spatiotemporal: needs 2 frames before to 2 after, makes 216 B\n\
                        crop (line 3): needs the frame itself, makes 216 B\n\
                        saved block by block it moves about 270 B in 1 pass and takes about \
                        240 B of memory, as a whole 216 B\n\
                        a window computes the whole first: a frame depends on more than an eighth \
                        of all";
        assert_eq!(plan(&pending), expected);
        pending.compute().unwrap();
        assert_eq!(plan(&pending), "the samples are there: 216 B");
    }

    #[test]
    fn what_is_put_aside_is_moved_again() {
        TEST_LIMITS.set(Some(TestLimits {
            pending: 0,
            block: 1,
            per_call: 1,
        }));
        let smoothed = || {
            let video = Video::new(Strided::from_vec(&[9, 2, 3], vec![1u8; 54]));
            let filter = |video, frames| smooth_within(video, frames, 0.5, 0.0);
            Stage::around("smooth_spatiotemporal", 2, 2).apply_within(video, filter)
        };
        let same = |video, _, _: &()| Ok(video);
        let twice = Stage::of_frames("dff").apply_after(smoothed().unwrap(), |_| Ok(()), same, Ok);
        let traces = Stage::of_frames("zscore").apply_to_traces(smoothed().unwrap(), Ok);
        TEST_LIMITS.set(None);
        let twice = plan(&twice.unwrap());
        assert!(twice.contains("moves about 702 B in 2 passes"), "{twice}");
        let traces = plan(&traces.unwrap());
        assert!(
            traces.contains("moves about 1.1 kB in 2 passes"),
            "{traces}"
        );
    }
}
