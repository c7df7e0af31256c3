//! The axes along which the pages of a stack are arranged, and the frames they form.

use crate::bail;
use crate::error::Result;
use crate::video::Metadata;

/// Maximum number of channels that ImageJ displays together.
pub(super) const MAX_CHANNELS: usize = 7;

/// Maximum ratio of claimed to existing pages.
const MARGIN: usize = 64;

/// The dimension in which consecutive pages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageAxis {
    Time,
    Slice,
    Channel,
    /// A position, a tile, or an unnamed dimension.
    Other,
}

/// Arrangement of the pages of a stack as frames.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrangement {
    /// Number of channels of a frame, each a page; `None` if pages have channels of their own.
    pub(super) channels: Option<usize>,
    /// Page index of each channel of each frame, frame by frame; empty if pages are already in this
    /// order.
    pub(super) pages: Vec<usize>,
    /// Number of pages.
    pub(super) count: usize,
    /// Number of frames per time point.
    pub(super) slices: usize,
    /// Number of time points.
    pub(super) times: usize,
}

impl PageAxis {
    /// The axis with the given letter.
    pub(super) fn named(letter: char) -> Self {
        match letter {
            'T' => Self::Time,
            'Z' => Self::Slice,
            'C' => Self::Channel,
            _ => Self::Other,
        }
    }
}

impl Arrangement {
    /// Each page is a frame.
    pub(super) fn in_order(pages: usize) -> Self {
        Self {
            channels: None,
            pages: Vec::new(),
            count: pages,
            slices: 1,
            times: pages,
        }
    }

    /// The frames of pages along some axes, the fastest varying last: a frame contains all
    /// channels, and the frames of a time point are consecutive. An error if there are far fewer
    /// pages than that.
    pub(super) fn along(axes: &[(PageAxis, usize)], present: usize) -> Result<Self> {
        let len = |kind| {
            let lens = axes.iter().filter(move |(axis, _)| *axis == kind);
            lens.map(|(_, len)| *len).product::<usize>()
        };
        let mut lens = axes.iter().map(|(_, len)| *len);
        let count = lens.try_fold(1usize, |n, len| n.checked_mul(len));
        let most = present.saturating_add(MARGIN).saturating_mul(MARGIN);
        let Some(count) = count.filter(|count| *count <= most) else {
            bail!("it claims many more pages than the {present} that it has");
        };
        let rank = |axis| match axis {
            PageAxis::Other => 0,
            PageAxis::Time => 1,
            PageAxis::Slice => 2,
            PageAxis::Channel => 3,
        };
        // The distance in pages between neighbors along each axis, in the order of the frames.
        let mut stride = count;
        let mut order: Vec<(usize, usize, usize)> = Vec::new();
        for (axis, len) in axes {
            stride /= (*len).max(1);
            order.push((rank(*axis), *len, stride));
        }
        order.sort_by_key(|(rank, ..)| *rank);
        let mut pages = vec![0];
        for (_, len, stride) in order {
            let steps = |page: usize| (0..len).map(move |index| page + index * stride);
            pages = pages.into_iter().flat_map(steps).collect();
        }
        let channels = len(PageAxis::Channel);
        Ok(Self {
            channels: axes
                .iter()
                .any(|(axis, _)| *axis == PageAxis::Channel)
                .then_some(channels)
                .filter(|channels| *channels > 1),
            pages,
            count,
            slices: len(PageAxis::Slice),
            times: len(PageAxis::Time),
        })
    }
}

/// The metadata of frames that are slices of several time points, whose order is unknown.
pub(super) fn of_slices(
    arrangement: &Arrangement,
    mut metadata: Metadata,
    warnings: &mut Vec<String>,
) -> Metadata {
    let Arrangement { slices, times, .. } = *arrangement;
    if slices > 1 && times > 1 {
        let rate = match metadata.fps.take() {
            Some(fps) => {
                format!("; its frame rate of {fps:.6} is that of the times, not of the frames")
            }
            None => String::new(),
        };
        warnings.push(format!(
            "has {slices} slices at {times} times, which are loaded as {} frames, with the slices \
             of each time in succession{rate}",
            slices * times
        ));
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_found_in_any_order() {
        let along = |axes: &str, lens: &[usize]| {
            let axes: Vec<_> = axes
                .chars()
                .map(PageAxis::named)
                .zip(lens.iter().copied())
                .collect();
            let found = Arrangement::along(&axes, 0).unwrap();
            (found.channels, found.pages)
        };
        assert_eq!(along("TC", &[2, 3]), (Some(3), vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(along("CT", &[3, 2]), (Some(3), vec![0, 2, 4, 1, 3, 5]));
        assert_eq!(along("ZT", &[2, 3]), (None, vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(along("ZCT", &[1, 2, 3]), (Some(2), vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(
            along("TCZ", &[2, 2, 2]),
            (Some(2), vec![0, 2, 1, 3, 4, 6, 5, 7])
        );
        assert_eq!(along("QC", &[4, 1]), (None, vec![0, 1, 2, 3]));
        assert_eq!(along("", &[]), (None, vec![0]));
    }

    #[test]
    fn many_more_pages_than_there_are_are_an_error() {
        let axes = |times| [(PageAxis::Time, times), (PageAxis::Channel, 2)];
        assert!(Arrangement::along(&axes(1 << 10), 1).is_ok());
        for times in [1 << 40, usize::MAX] {
            assert!(Arrangement::along(&axes(times), 1 << 20).is_err());
        }
    }
}
