//! Percentiles of frames that are still to be computed: without having all of them in memory.

use std::sync::Mutex;

use super::plan::ReductionPlan;
use super::select::{self, Keyed};
use super::{Reduction, percentiles_of};
use crate::error::Result;
use crate::ops::chain::{ChainFrames, PixelOrder, PixelTraces, for_each_window};
use crate::video::{Layout, Strided};

/// Bytes of the samples of pixels that are read in one step.
const TRACES: usize = 4 << 20;

/// Percentiles of each result, and their layout, of frames that nobody else would use; `None` of all
/// others. They are the same as those of the whole video.
///
/// Percentiles within frames are found block by block, those along time group of pixels by group
/// of pixels. For those of both, in which any sample may be the one that is looked for, the frames
/// are kept in a scratch file.
pub(super) fn percentiles<T: Keyed>(
    reduction: &Reduction<'_>,
    q: &[f64],
) -> Result<Option<(Vec<f64>, Layout)>> {
    let video = reduction.video;
    if !video.is_streamable() || video.is_empty() {
        return Ok(None);
    }
    let (along_time, within) = reduction.is_reduced.split_at(1);
    match (along_time[0], within.contains(&true)) {
        (false, _) => within_frames::<T>(reduction, q).map(Some),
        (true, false) => along_traces::<T>(reduction, q).map(Some),
        (true, true) => {
            let Some(stream) = ChainFrames::of(video) else {
                return Ok(None);
            };
            let kept = stream.keep_every(1, video.len(), |_, _| Ok(()))?;
            let array = T::unwrap(kept.samples().clone()).expect("the type of the chain");
            percentiles_of(reduction, &array, q).map(Some)
        }
    }
}

fn within_frames<T: Keyed>(reduction: &Reduction<'_>, q: &[f64]) -> Result<(Vec<f64>, Layout)> {
    let mut all = Vec::new();
    for_each_window(reduction.video, 1, |_, window| {
        let part = Reduction {
            video: window,
            is_reduced: reduction.is_reduced.clone(),
            ..*reduction
        };
        let array = T::unwrap(window.samples().clone()).expect("the type of the chain");
        let (values, layout) = percentiles_of(&part, &array, q)?;
        let (shape, count) = (layout.shape(), q.len());
        let strides = layout
            .strides()
            .iter()
            .map(|stride| stride * count as isize);
        let strides: Vec<_> = strides.chain([1]).collect();
        let layout = Layout::new(
            layout.offset() * count,
            &[shape, &[count]].concat(),
            &strides,
        );
        let values = Strided::from_vec(&[values.len()], values).with_layout(layout);
        all.extend(values.view());
        Ok(())
    })?;
    Ok((all, Layout::contiguous(&reduction.shape())))
}

fn along_traces<T: Keyed>(reduction: &Reduction<'_>, q: &[f64]) -> Result<(Vec<f64>, Layout)> {
    let video = reduction.video;
    let traces = PixelTraces::<T>::of(video, PixelOrder::RowMajor)?;
    let all = Mutex::new(vec![f64::NAN; video.frame_len() * q.len()]);
    traces.for_each("reading samples", TRACES, |first, samples| {
        let array = Strided::from_vec(
            &[samples.len() / video.len(), video.len()],
            samples.to_vec(),
        );
        let plan = ReductionPlan::new(array.layout(), &[false, true], false);
        let found = select::percentiles(&array, &plan, q)?;
        let mut all = all.lock().expect("no panic while copying");
        all[first * q.len()..][..found.len()].copy_from_slice(&found);
        Ok(())
    })?;
    let all = all.into_inner().expect("no panic while copying");
    Ok((all, Layout::contiguous(&reduction.shape())))
}
