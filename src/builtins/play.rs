//! Windows that play videos.

use super::shared::{AnnotationParams, BlendParams, ColormapEach, OverlayParams, PlayParams};
use crate::color::color_settings::{ColorSettings, RangeExtent};
use crate::color::colormap::Colormap;
use crate::error::Result;
use crate::player::comparison::CompareMode;
use crate::player::{Panel, Player, Show};
use crate::script::types::drawing::{OneOrEach, VideoList, for_each};
use crate::script::{Chained, ChainedOperand, Context, builtins};
use crate::video::Video;
use crate::view::annotations::Annotations;

builtins! {
    /// Plays a video in a window.
    ///
    /// In a script the call returns when the window is closed, at the prompt at once. Without a
    /// display it shows a warning and goes on. Gray videos are shown through the colormap, color
    /// videos as they are; NaN samples are left blank.
    ///
    /// Of a large video that is still to be computed, only the frames that are shown are computed,
    /// so that the window opens at once; see `explain`. Color limits that are not given are then
    /// those of its first frame with finite samples; if that is constant, those of 32 frames spread
    /// evenly over the video. A stage that has to read the whole input first, such as `normalize`,
    /// does so before. Other uses of the video compute all of it once, as if it were not shown.
    ///
    /// | key | does |
    /// |---|---|
    /// | Space | play or pause |
    /// | Left, Right, wheel | one step back or on |
    /// | Up, Down | longer or shorter steps |
    /// | Home, End | first or last frame |
    /// | PageUp, PageDown | ten steps back or on |
    /// | `j`, Enter | jump to a typed frame (`120`, `-1`) or time (`250 ms`, `1.5 s`) |
    /// | `k`, `,` `.` | set or remove a bookmark; previous or next bookmark |
    /// | `(` `)` `x`, Shift drag on the slider | play from or to this frame; all; a part |
    /// | `[` `]` | slower or faster |
    /// | `l`, `e` | loop or stop at the end; every frame, or true speed |
    /// | `b` | histogram with handles for the color limits and gamma |
    /// | `a`, `p`, `P`, `f` | limits of this frame; its 0.1 to 99.9 %; of all; of each frame |
    /// | `<` `>`, `{` `}`, `y` `Y` | darker or brighter; less or more contrast; gamma |
    /// | `F`, `W`, `X`, `S` | two videos: flip; both at a line; difference; side by side |
    /// | `;` `:`, drag | move the line between two videos |
    /// | `c`, `v`, `A` | next colormap; invert; initial colors |
    /// | `I` `O`, `R` `T`, `M` | overlay: opacity; threshold (`U`: typed); next blend mode |
    /// | `+` `-`, drag, `0` | zoom at the pointer; pan; show all |
    /// | `o`, `g`, `i`, `w` | smooth pixels; grid; value under the pointer; colorbars |
    /// | `t` or click | trace of the pixel |
    /// | `r` `2` `3` `4` `5` | rectangle, ellipse, polygon (clicks, then Enter), freehand, line |
    /// | `!` | distance and speed along a line; it is measured again when it is moved |
    /// | `#` | kymograph of the line in a window |
    /// | `6` `7`, `d` `D` | brush and eraser for a mask; smaller or larger |
    /// | `8` `9` | brush that paints values of a range; that range (`20 to 80`, `> 20`) |
    /// | `L` | list of the regions with area and mean; a click selects one |
    /// | click, drag, `u` | select a region; move it or a corner; select the next |
    /// | `N`, `K`, Backspace, `z` `Z` | name, next color, remove; undo, redo |
    /// | `n` | traces on one scale, or each on its own |
    /// | `s`, `E`, `G` | save the image as PNG; as a movie or picture with a typed name; copy it |
    /// | `H`, `J` | what is saved: the videos alone; dark text on white |
    /// | `/` `*` | previous or next file of the folder, in windows of `optimap view` |
    /// | `@` | open a file with a typed name in a window; Tab completes it |
    /// | F11, `&` | full screen; tile all windows |
    /// | `m` or right click | menu of everything, with its keys |
    /// | `q`, Escape, `Q` | close; close all windows |
    ///
    /// The annotations of exported movies (timestamp, scale bar, traces, arrows, paths, …) can be
    /// shown here too, and are saved with the rest, as in the second and third example.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if `video` is not {t, y, x}, a color video or an image, has no frames, if `skip_frame`
    /// is 0, or if an annotation needs a frame rate or a pixel size that is not known, or arrows
    /// for other frames.
    ///
    /// ```
    /// show_video(example_video(), #{title: "heart", cmap: "viridis"}).frame // => 0
    /// ```
    ///
    /// ```
    /// let v = example_video();
    /// v.fps = 500;
    /// v.pixel_size = 100;
    /// show_video(v, #{speed: 0.05, timestamp: true, scale_bar: 2000, traces: [[64, 40]]}).points // => [[64, 40]]
    /// ```
    ///
    /// ```
    /// let p = phantom(#{frames: 20, motion: 3, texture: 0.2});
    /// show_video(p.video, #{arrows: p.displacements, arrow_unit: "px"}).frame // => 0
    /// ```
    ///
    /// See also: `show_videos`, `show_video_overlay`, `export_video`, `preview`.
    fn show_video(
        &context,
        /// Video to play, or an image to show.
        video: Chained,
        played: ..PlayParams,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
        noted: ..AnnotationParams,
        /// Frames from which missing color limits are taken: the "first" with finite samples, or
        /// "all". If the first is constant, as in `v - v[0]`, all are taken, with limits symmetric
        /// around 0 for diverging colormaps.
        range: RangeExtent = RangeExtent::First,
    ) -> Result<Player> {
        let (panel, pace) = played.panel(video.0, range)?;
        play(context, vec![panel], pace, noted.annotations()?, block)
    }

    /// Plays two videos side by side in a window.
    ///
    /// The keys are those of `show_video`. As many frames are played as the first video has.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if `show_video` would, if the second video is shorter than the first, or if videos are
    /// to be compared whose frames differ in size.
    ///
    /// ```
    /// let v = example_video();
    /// show_video_pair(v, v.normalize_pixelwise(), #{title1: "raw", title2: "normalized"}).playing // => true
    /// show_video_pair(v, v.mean_filter(5), #{compare: "difference"}).cmap // => "coolwarm"
    /// ```
    ///
    /// See also: `show_videos`, `show_video`, `export_videos`.
    fn show_video_pair(
        &context,
        /// First video.
        video1: Chained,
        /// Second video, at least as long.
        video2: Chained,
        /// Show every n-th frame.
        skip_frame | skip_frames: usize [frames] = 1,
        /// Title of the first video.
        title1: String = "video1".into(),
        /// Title of the second video.
        title2: String = "video2".into(),
        /// Colormap of the first video.
        cmap1: Colormap = Colormap::gray(),
        /// Colormap of the second video.
        cmap2: Colormap = Colormap::gray(),
        /// Time between two frames.
        interval: usize [ms] = 10,
        /// Lower color limit (sample value) of the first video; default: the minimum of the
        /// frames that `range` names.
        vmin1: Option<f64> = None,
        /// Upper color limit (sample value) of the first video; default: the maximum of the
        /// frames that `range` names.
        vmax1: Option<f64> = None,
        /// Lower color limit (sample value) of the second video; default: the minimum of the
        /// frames that `range` names.
        vmin2: Option<f64> = None,
        /// Upper color limit (sample value) of the second video; default: the maximum of the
        /// frames that `range` names.
        vmax2: Option<f64> = None,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
        noted: ..AnnotationParams,
        /// Frames from which missing color limits are taken: the "first" with finite samples, or
        /// "all". If the first is constant, as in `v - v[0]`, all are taken, with limits symmetric
        /// around 0 for diverging colormaps.
        range: RangeExtent = RangeExtent::First,
        /// How the two are compared: side by side ("off"), one of them in the place of both
        /// ("first" or "second"), on two sides of a line that the mouse drags ("wipe"), or the
        /// "difference" first minus second of gray videos.
        compare: CompareMode = CompareMode::Off,
    ) -> Result<Player> {
        let colors = |cmap, vmin, vmax| ColorSettings { cmap, vmin, vmax, range };
        let panels = vec![
            Panel::video(video1.0, title1, &colors(cmap1, vmin1, vmax1))?,
            Panel::video(video2.0, title2, &colors(cmap2, vmin2, vmax2))?,
        ];
        let pace = (skip_frame, interval);
        play_compared(context, panels, pace, noted.annotations()?, (block, compare))
    }

    /// Plays several videos side by side in a window, synchronized.
    ///
    /// They are arranged in as many rows and columns as suit the window. As many frames are played
    /// as the first video has. The keys are those of `show_video`.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if `show_video` would, if there are no videos, if one is shorter than the first, if
    /// `titles`, `cmaps`, `vmins` or `vmaxs` has not one value for each, or if other than two
    /// videos with frames of one size are to be compared.
    ///
    /// ```
    /// let v = example_video();
    /// let player = show_videos([v, v.flip_left_right(), v.mean_filter(5)], #{cmaps: ["gray", "viridis", "magma"]});
    /// player.step // => 1
    /// ```
    ///
    /// See also: `show_video_pair`, `link`, `collage`, `export_videos`.
    fn show_videos(
        &context,
        /// Videos: an array of them, or one array `{n, t, y, x}`.
        videos: VideoList,
        /// Show every n-th frame.
        skip_frame | skip_frames: usize [frames] = 1,
        /// Titles; default: "Video 0", "Video 1", ….
        titles: Option<Vec<String>> = None,
        looks: ..ColormapEach,
        /// Time between two frames.
        interval: usize [ms] = 10,
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
        noted: ..AnnotationParams,
        /// Frames from which missing color limits are taken: the "first" with finite samples, or
        /// "all". If the first is constant, as in `v - v[0]`, all are taken, with limits symmetric
        /// around 0 for diverging colormaps.
        range: RangeExtent = RangeExtent::First,
        /// How two videos are compared: side by side ("off"), one of them in the place of both
        /// ("first" or "second"), on two sides of a line that the mouse drags ("wipe"), or the
        /// "difference" first minus second of gray videos.
        compare: CompareMode = CompareMode::Off,
    ) -> Result<Player> {
        let panels = panels(videos.0, titles, looks, range)?;
        let pace = (skip_frame, interval);
        play_compared(context, panels, pace, noted.annotations()?, (block, compare))
    }

    /// Plays a video with another one overlaid.
    ///
    /// See `alpha_blend_videos` for how they are blended. The shortest of them decides how many
    /// frames are played. The keys are those of `show_video`; those for colors change the overlay.
    /// Scripts change it while it plays: `p.opacity = 0.5`, `p.threshold`, `p.blend_mode`, and
    /// `p.vmin`, `p.vmax` and `p.cmap` as of other videos.
    ///
    /// Of videos that are still to be computed, only the frames that are shown are computed, as in
    /// `show_video`. Color limits of the overlay that are not given are then those of 32 frames
    /// spread evenly over it, else those of all its frames.
    ///
    /// Returns an `InteractivePlayer`.
    ///
    /// Fails if `show_video` would, or if the frames differ in size.
    ///
    /// ```
    /// let v = example_video(20);
    /// let p = show_video_overlay(v, v.normalize_pixelwise(), #{cmap_overlay: "hot", threshold: 0.5});
    /// p.blend_mode = "add";
    /// [p.threshold, p.opacity] // => [0.5, 1.0]
    /// ```
    ///
    /// See also: `alpha_blend_videos`, `export_video_with_overlay`, `show_video`.
    fn show_video_overlay(
        &context,
        /// Base video, or an image to show below all frames.
        base: Chained,
        /// Video to overlay.
        overlay: Chained,
        /// Opacity of the overlay from 0 to 1: a number, an image or a video, which may have a
        /// channel axis with one opacity for all channels or one for each. Default: the samples of
        /// a gray overlay, or the opacity of an RGBA one.
        alpha: Option<ChainedOperand> = None,
        /// Show every n-th frame.
        skip_frames: usize [frames] = 1,
        overlaid: ..OverlayParams,
        /// Time between two frames.
        interval: usize [ms] = 10,
        /// Window title.
        title: String = String::new(),
        /// Wait until the window is closed; default: only in scripts.
        block: Option<bool> = None,
        noted: ..AnnotationParams,
        mixed: ..BlendParams,
    ) -> Result<Player> {
        let options = overlaid.options(1, mixed.look());
        let alpha = alpha.map(|alpha| alpha.0);
        let panel = Panel::overlay(base.0, overlay.0, alpha, options, title)?;
        play(context, vec![panel], (skip_frames, interval), noted.annotations()?, block)
    }
}

/// Shows a player of the panels.
pub(super) fn play(
    context: &Context,
    panels: Vec<Panel>,
    pace: (usize, usize),
    annotations: Annotations,
    block: Option<bool>,
) -> Result<Player> {
    let shown = (block, CompareMode::Off);
    play_compared(context, panels, pace, annotations, shown)
}

/// Shows a player of the panels, two of which may be compared.
fn play_compared(
    context: &Context,
    panels: Vec<Panel>,
    (step, interval): (usize, usize),
    annotations: Annotations,
    (block, compare): (Option<bool>, CompareMode),
) -> Result<Player> {
    let interval_ms = interval as u64;
    let player = Player::new(Show {
        panels,
        interval_ms,
        step,
        annotations,
    })?;
    player.set_compare_mode(compare)?;
    context.show(&player, block)?;
    Ok(player)
}

/// A panel for each video.
pub(super) fn panels(
    videos: Vec<Video>,
    titles: Option<Vec<String>>,
    looks: ColormapEach,
    range: RangeExtent,
) -> Result<Vec<Panel>> {
    let n = videos.len();
    let numbered = || (0..n).map(|index| format!("Video {index}")).collect();
    let titles = titles.unwrap_or_else(numbered);
    let titles = for_each("titles", OneOrEach::Each(titles), n)?;
    let panels = videos.into_iter().zip(titles).zip(looks.each(n)?);
    panels
        .map(|((video, title), colors)| {
            Panel::video(video, title, &ColorSettings { range, ..colors })
        })
        .collect()
}
