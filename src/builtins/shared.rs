//! Parameters that several builtins share.

use crate::bail;
use crate::draw::notes::Notes;
use crate::error::Result;
use crate::ops::blend::BlendOptions;
use crate::player::Panel;
use crate::script::film::{Bar, OneOrEach, Pixels, Timestamp};
use crate::script::parameters;
use crate::video::colormap::Colormap;
use crate::video::{Video, warn_of_pixel_size};

parameters! {
    /// How one video is played.
    struct Played {
        /// Show every n-th frame.
        skip_frame: usize [frames] = 1,
        /// Title of the window.
        title: String = String::new(),
        /// Sample value of the colormap's low end; by default the smallest of the first frame.
        vmin: Option<f64> = None,
        /// Sample value of the colormap's high end; by default the largest of the first frame.
        vmax: Option<f64> = None,
        /// Colormap.
        cmap: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
    }

    /// How a video and its overlay become colours.
    struct Overlaid {
        /// Colormap of a gray base.
        cmap_base: Colormap = Colormap::gray(),
        /// Colormap of a gray overlay.
        cmap_overlay: Colormap = Colormap::purples(),
        /// Sample value of the base at the low end of its colormap; by default the smallest of its first frame.
        vmin_base: Option<f64> = None,
        /// Sample value of the base at the high end of its colormap; by default the largest of its first frame.
        vmax_base: Option<f64> = None,
        /// Sample value of the overlay at the low end of its colormap; by default the smallest of the video.
        vmin_overlay: Option<f64> = None,
        /// Sample value of the overlay at the high end of its colormap; by default the largest of the video.
        vmax_overlay: Option<f64> = None,
    }

    /// How several videos become colours.
    struct Looks {
        /// Colormap of gray videos, or one for each.
        cmaps: OneOrEach<Colormap> = OneOrEach::One(Colormap::gray()),
        /// Sample value of the colormap's low end, or one for each; by default the smallest of each first frame.
        vmins: OneOrEach<Option<f64>> = OneOrEach::One(None),
        /// Sample value of the colormap's high end, or one for each; by default the largest of each first frame.
        vmaxs: OneOrEach<Option<f64>> = OneOrEach::One(None),
    }

    /// What is written and drawn on a video and under it.
    struct Noted {
        /// Show the time in the recording, in a suitable unit or in "ms" or "s".
        timestamp: Timestamp = Timestamp(None),
        /// Show the number of the frame.
        frame_number: bool = false,
        /// Speed relative to what was recorded, such as 0.05, in place of `fps` or `interval`; it is shown.
        speed: Option<f64> = None,
        /// Length of a scale bar, or true for a suitable one.
        scale_bar: Bar [μm] = Bar(None),
        /// Width of a pixel for the scale bar; by default what is known of the recording.
        pixel_size: Option<f64> [μm] = None,
        /// Pixels `[[y, x], …]` whose courses are drawn below; of several videos, those of the first.
        traces: Pixels = Pixels(Vec::new()),
    }

    /// How much a film magnifies its videos.
    struct Magnified {
        /// Magnify by this whole factor, each pixel a square.
        scale: Option<usize> = None,
        /// Magnify by the largest whole factor up to this width and height of the video.
        size: Option<usize> [px] = None,
    }
}

impl Noted {
    /// The same without the types that scripts write them in.
    pub(super) fn notes(self) -> Notes {
        warn_of_pixel_size(self.pixel_size.as_slice());
        Notes {
            timestamp: self.timestamp.0,
            frame_number: self.frame_number,
            speed: self.speed,
            scale_bar: self.scale_bar.0,
            pixel_size: self.pixel_size,
            traces: self.traces.0,
        }
    }
}

impl Played {
    /// What a window shows of the video, and the step and the interval.
    pub(super) fn panel(self, video: Video) -> Result<(Panel, (usize, usize))> {
        let panel = Panel::video(video, self.title, self.cmap, (self.vmin, self.vmax))?;
        Ok((panel, (self.skip_frame, self.interval)))
    }
}

impl Overlaid {
    /// The same for every so-manieth frame.
    pub(super) fn options(self, skip_frames: usize) -> BlendOptions {
        BlendOptions {
            skip_frames,
            cmap_base: self.cmap_base,
            cmap_overlay: self.cmap_overlay,
            vmin_base: self.vmin_base,
            vmax_base: self.vmax_base,
            vmin_overlay: self.vmin_overlay,
            vmax_overlay: self.vmax_overlay,
        }
    }
}

/// The colormap of a video and the sample values of its ends.
pub(super) type Look = (Colormap, (Option<f64>, Option<f64>));

impl Looks {
    /// The look of each of so many videos.
    pub(super) fn each(self, count: usize) -> Result<Vec<Look>> {
        let cmaps = for_each("cmaps", self.cmaps, count)?;
        let vmins = for_each("vmins", self.vmins, count)?;
        let vmaxs = for_each("vmaxs", self.vmaxs, count)?;
        let ranges = vmins.into_iter().zip(vmaxs);
        Ok(cmaps.into_iter().zip(ranges).collect())
    }
}

/// One value for each of so many videos.
pub(super) fn for_each<T: Clone>(name: &str, values: OneOrEach<T>, count: usize) -> Result<Vec<T>> {
    match values {
        OneOrEach::One(value) => Ok(vec![value; count]),
        OneOrEach::Each(values) if values.len() == count => Ok(values),
        OneOrEach::Each(values) => {
            bail!(
                "`{name}` must have one value for each of the {count} videos, got {}",
                values.len()
            )
        }
    }
}
