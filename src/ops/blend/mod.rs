//! Blending of one video over another, frame by frame.

mod frames;
mod look;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::slice::ChunksExact;

pub use frames::alpha_blend;
pub use look::{BlendLook, BlendMode};

use super::array::elementwise::Operand;
use super::kernel::{Kernel, run_kernel};
use crate::bail;
use crate::color::color_mapping::ColorMapping;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::{FloatColor, Rgba, ScaledColormap};
use crate::error::{Error, Result};
use crate::video::{Element, Strided, Video, shape_text};

/// Number of pixels blended at a time: they stay in the L1 cache.
const RUN: usize = 512;

/// Which frames of a [`Blend`] are blended, and the colors of its videos.
#[derive(Debug, Clone)]
pub struct BlendOptions {
    /// Blends every n-th frame.
    pub skip_frames: usize,
    /// Colors of a gray base.
    pub base: ColorSettings,
    /// Colors of a gray overlay.
    pub overlay: ColorSettings,
    /// How the overlay is mixed into the base.
    pub look: BlendLook,
}

impl BlendOptions {
    fn check(&self) -> Result<()> {
        if self.skip_frames == 0 {
            bail!("blending needs `skip_frames` to be at least 1, got 0");
        }
        Ok(())
    }
}

/// A base video with an overlay, blended frame by frame on request; no frames are kept.
#[derive(Debug, Clone)]
pub struct Blend {
    base: BlendLayer,
    overlay: BlendLayer,
    opacity: Opacity,
    look: BlendLook,
    len: usize,
}

/// A video and its color mapping.
#[derive(Debug, Clone)]
struct BlendLayer {
    video: Video,
    mapping: ColorMapping,
}

/// Opacity of the overlay.
#[derive(Debug, Clone)]
enum Opacity {
    Constant(f32),
    Samples(Video),
    /// One opacity per channel.
    Channels(Video),
    /// The samples of a gray overlay.
    OverlaySamples,
    /// The opacity of an overlay in color.
    OfOverlay,
}

/// Videos to be blended, whose frames fit each other. Their samples may be still to be computed.
#[derive(Debug, Clone)]
pub struct BlendInput {
    base: Video,
    overlay: Video,
    opacity: Opacity,
    look: BlendLook,
}

impl BlendInput {
    /// A base with an overlay; `alpha` is 0 where only the base is visible and 1 where only the
    /// overlay is: a number, an image or a video; default: the samples of a gray overlay, or the
    /// opacity of one in color.
    pub fn new(
        base: Video,
        overlay: Video,
        alpha: Option<Operand>,
        look: BlendLook,
    ) -> Result<Self> {
        expect_video("overlay", &overlay)?;
        let base = stretch_image(base, &overlay);
        expect_video("base", &base)?;
        expect_one_size(&base, &overlay)?;
        let is_rgb = [&base, &overlay].map(|video| video.shape().get(3) == Some(&3));
        let channels = if is_rgb == [true; 2] { 3 } else { 4 };
        look.check(&overlay)?;
        Ok(Self {
            opacity: Opacity::new(alpha, &overlay, channels)?,
            base,
            overlay,
            look,
        })
    }

    /// Number of frames: that of the shortest video.
    pub fn len(&self) -> usize {
        let shortest = self.base.len().min(self.overlay.len());
        self.opacity
            .video()
            .map_or(shortest, |video| shortest.min(video.len()))
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its videos: the base, the overlay, and the opacity if that is another one.
    pub fn videos(&self) -> impl Iterator<Item = &Video> {
        [&self.base, &self.overlay]
            .into_iter()
            .chain(self.opacity.video())
    }

    /// The same with other frames of its videos, which are in the order of
    /// [`videos`](BlendInput::videos).
    ///
    /// # Panics
    /// If there are fewer videos.
    #[must_use]
    pub fn with_videos(&self, videos: Vec<Video>) -> Self {
        let (base, overlay, opacity) = in_order(videos);
        Self {
            base,
            overlay,
            opacity: self.opacity.with_video(opacity),
            look: self.look,
        }
    }
}

/// The base, the overlay, and the opacity if there is one.
fn in_order(videos: Vec<Video>) -> (Video, Video, Option<Video>) {
    let mut videos = videos.into_iter();
    let mut next = || videos.next().expect("a base and an overlay");
    (next(), next(), videos.next())
}

impl Blend {
    /// Blends the overlay over the base, see [`BlendInput::new`].
    pub fn new(
        base: Video,
        overlay: Video,
        alpha: Option<Operand>,
        options: BlendOptions,
    ) -> Result<Self> {
        options.check()?;
        Self::of(
            BlendInput::new(base, overlay, alpha, options.look)?,
            &options,
        )
    }

    /// Blends videos. Those that are still to be computed stay so if every frame is blended; then a
    /// frame is that of a blend [with its samples](Blend::with_videos).
    pub fn of(input: BlendInput, options: &BlendOptions) -> Result<Self> {
        let step = options.skip_frames;
        let len = input.len().div_ceil(step);
        Ok(Self {
            overlay: BlendLayer::new(input.overlay, &options.overlay)?.every(step, len),
            base: BlendLayer::new(input.base, &options.base)?.every(step, len),
            opacity: input.opacity.every(step, len),
            look: input.look,
            len,
        })
    }

    /// Its videos, in the order of [`BlendInput::videos`].
    pub fn videos(&self) -> impl Iterator<Item = &Video> {
        let both = [&self.base.video, &self.overlay.video];
        both.into_iter().chain(self.opacity.video())
    }

    /// The same blend of other frames of its videos, equally many of each.
    ///
    /// # Panics
    /// If there are fewer videos.
    #[must_use]
    pub fn with_videos(&self, videos: Vec<Video>) -> Self {
        let (base, overlay, opacity) = in_order(videos);
        Self {
            len: overlay.len(),
            base: self.base.with_video(base),
            overlay: self.overlay.with_video(overlay),
            opacity: self.opacity.with_video(opacity),
            look: self.look,
        }
    }

    /// How the overlay is mixed into the base.
    pub fn look(&self) -> BlendLook {
        self.look
    }

    /// Changes how the overlay is mixed into the base.
    pub fn set_look(&mut self, look: BlendLook) -> Result<()> {
        look.check(&self.overlay.video)?;
        self.look = look;
        Ok(())
    }

    /// Colormap and color limits of a gray overlay, to change them.
    pub fn overlay_scale_mut(&mut self) -> Option<&mut ScaledColormap> {
        match &mut self.overlay.mapping {
            ColorMapping::Mapped(scale) => Some(scale),
            ColorMapping::Direct { .. } => None,
        }
    }

    /// Number of frames: that of the shortest video.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The base, whose metadata, rows and columns are those of the result.
    pub fn base(&self) -> &Video {
        &self.base.video
    }

    /// The overlay.
    pub fn overlay(&self) -> &Video {
        &self.overlay.video
    }

    /// Color mapping of the base.
    pub fn base_coloring(&self) -> &ColorMapping {
        &self.base.mapping
    }

    /// Color mapping of the overlay.
    pub fn overlay_coloring(&self) -> &ColorMapping {
        &self.overlay.mapping
    }

    /// Blends a frame `{y, x, channel}` with samples from 0 to 1: red, green, blue, and opacity
    /// unless both videos have three channels.
    ///
    /// # Panics
    /// If the frame is out of bounds.
    pub fn frame(&self, frame: usize) -> Result<Video> {
        let mut array = Strided::for_writing(&self.shape()[1..])?;
        self.components(frame, array.as_mut_slice()?);
        let image = self.base.video.frame(frame);
        Ok(image.with_samples(array))
    }

    /// Colors of a run of pixels of one frame, counted in row-major order.
    ///
    /// # Panics
    /// If the run exceeds the frame or `out` has another length.
    pub fn colors(&self, frame: usize, pixels: Range<usize>, out: &mut [Rgba]) {
        assert_eq!(pixels.len(), out.len(), "room for all pixels");
        let mut memory = BlendBuffers::new();
        for (first, out) in pixels.step_by(RUN).zip(out.chunks_mut(RUN)) {
            let colors = self.blend(frame, first..first + out.len(), &mut memory);
            run_kernel(&ToBytes, (colors, out));
        }
    }

    /// Shape of all frames together.
    fn shape(&self) -> [usize; 4] {
        let shape = self.base.video.shape();
        let channels = [&self.base, &self.overlay].map(|layer| layer.mapping.channels());
        let channels = if channels == [3, 3] { 3 } else { 4 };
        [self.len, shape[1], shape[2], channels]
    }

    /// Samples of a frame.
    fn components(&self, frame: usize, out: &mut [f32]) {
        let channels = self.shape()[3];
        let n_pixels = out.len() / channels;
        let mut memory = BlendBuffers::new();
        let firsts = (0..n_pixels).step_by(RUN);
        for (first, out) in firsts.zip(out.chunks_mut(RUN * channels)) {
            let pixels = first..first + out.len() / channels;
            let colors = self.blend(frame, pixels, &mut memory);
            if channels == 4 {
                out.copy_from_slice(colors.as_flattened());
                continue;
            }
            for (out, color) in out.chunks_exact_mut(channels).zip(colors) {
                out.copy_from_slice(&color[..channels]);
            }
        }
    }

    /// Blends a run of pixels.
    fn blend<'a>(
        &self,
        frame: usize,
        pixels: Range<usize>,
        memory: &'a mut BlendBuffers,
    ) -> &'a [FloatColor] {
        let len = pixels.len();
        let BlendBuffers {
            base,
            overlay,
            alpha,
            weights,
        } = memory;
        let (base, overlay, alpha) = (&mut base[..len], &mut overlay[..len], &mut alpha[..len]);
        self.base.read(frame, pixels.clone(), base);
        self.overlay.read(frame, pixels.clone(), overlay);
        let run = (frame, pixels.start, len);
        let weights = self.look.weights(&self.overlay, run, weights);
        let mixed = Mix {
            has_opacity: self.overlay.mapping.channels() == 4,
        };
        match &self.opacity {
            Opacity::Constant(opacity) => alpha.fill(*opacity),
            Opacity::Samples(video) => video.samples().read(frame, pixels, alpha),
            Opacity::OverlaySamples => {
                self.overlay.video.samples().read(frame, pixels, alpha);
            }
            Opacity::OfOverlay => {
                for (alpha, color) in alpha.iter_mut().zip(&*overlay) {
                    *alpha = color[3];
                }
            }
            Opacity::Channels(video) => {
                let channels = video.shape()[3];
                let mut alphas = vec![0.0; len * channels];
                let run = pixels.start * channels..pixels.end * channels;
                video.samples().read(frame, run, &mut alphas);
                self.look.compose(base, overlay);
                weigh(&mut alphas, channels, weights);
                run_kernel(
                    &mixed,
                    (&mut *base, &*overlay, alphas.chunks_exact(channels)),
                );
                return base;
            }
        }
        self.look.compose(base, overlay);
        weigh(alpha, 1, weights);
        run_kernel(&mixed, (&mut *base, &*overlay, &*alpha));
        base
    }
}

/// Multiplies the opacities of each pixel, one for each channel, by its weight.
fn weigh(alphas: &mut [f32], channels: usize, weights: Option<&[f64]>) {
    let Some(weights) = weights else {
        return;
    };
    for (alphas, weight) in alphas.chunks_exact_mut(channels).zip(weights) {
        for alpha in alphas {
            *alpha = alpha.clamp(0.0, 1.0) * *weight as f32;
        }
    }
}

impl BlendLayer {
    fn new(video: Video, settings: &ColorSettings) -> Result<Self> {
        let mapping = ColorMapping::new(&video, settings)?;
        Ok(Self { video, mapping })
    }

    fn every(self, step: usize, len: usize) -> Self {
        Self {
            video: every(self.video, step, len),
            mapping: self.mapping,
        }
    }

    fn with_video(&self, video: Video) -> Self {
        Self {
            video,
            mapping: self.mapping.clone(),
        }
    }

    fn read(&self, frame: usize, pixels: Range<usize>, out: &mut [FloatColor]) {
        self.mapping.exact_colors(&self.video, frame, pixels, out);
    }
}

impl Opacity {
    /// Requested opacity for results with the given number of channels.
    fn new(alpha: Option<Operand>, overlay: &Video, channels: usize) -> Result<Self> {
        match (alpha, overlay.shape()) {
            (Some(Operand::Array(alpha)), _) => Self::of_array(alpha, overlay, channels),
            (Some(number), _) => match number.number().unwrap_or_default() {
                number @ 0.0..=1.0 => Ok(Opacity::Constant(number as f32)),
                number => bail!("blending needs `alpha` to be from 0 to 1, got {number}"),
            },
            (None, [_, _, _]) => Ok(Opacity::OverlaySamples),
            (None, [_, _, _, 4]) => Ok(Opacity::OfOverlay),
            (None, shape) => {
                let shape = shape_text(shape);
                let error =
                    format!("blending needs `alpha`, as `overlay` of shape {shape} has no opacity");
                Err(Error::new(error).hint("pass a number from 0 to 1, an image or a video"))
            }
        }
    }

    fn of_array(alpha: Video, overlay: &Video, channels: usize) -> Result<Self> {
        let size = &overlay.shape()[1..3];
        match *alpha.shape() {
            [rows, cols] | [_, rows, cols] if [rows, cols] == *size => {
                Ok(Opacity::Samples(stretch_image(alpha, overlay)))
            }
            [_, rows, cols, 1] if [rows, cols] == *size => Ok(Opacity::Samples(alpha)),
            [_, rows, cols, n] if [rows, cols] == *size && n == channels => {
                Ok(Opacity::Channels(alpha))
            }
            _ => {
                let shape = shape_text(alpha.shape());
                bail!(
                    "blending needs `alpha` to be a number, or an image or a video with frames of {} pixels \
                     and 1 or {channels} channels, got shape {shape}",
                    shape_text(size),
                )
            }
        }
    }

    /// The video that it is, if it is another than the overlay.
    fn video(&self) -> Option<&Video> {
        match self {
            Opacity::Samples(video) | Opacity::Channels(video) => Some(video),
            Opacity::Constant(_) | Opacity::OverlaySamples | Opacity::OfOverlay => None,
        }
    }

    fn with_video(&self, video: Option<Video>) -> Self {
        match (self, video) {
            (Opacity::Samples(_), Some(video)) => Opacity::Samples(video),
            (Opacity::Channels(_), Some(video)) => Opacity::Channels(video),
            _ => self.clone(),
        }
    }

    fn every(self, step: usize, len: usize) -> Self {
        let video = self.video().cloned().map(|video| every(video, step, len));
        self.with_video(video)
    }
}

/// Every n-th frame of a video; a video that is still to be computed as it is, if it is every frame.
fn every(video: Video, step: usize, len: usize) -> Video {
    match step == 1 && video.is_pending() {
        true => video,
        false => video.frames(0, len, step as isize),
    }
}

/// View of an image as a video of as many frames as the overlay.
fn stretch_image(image: Video, overlay: &Video) -> Video {
    let [rows, cols] = *image.shape() else {
        return image;
    };
    let layout = image.layout().broadcast(&[overlay.len(), rows, cols]);
    image.with_layout(layout.expect("only one axis more"))
}

fn expect_video(name: &str, video: &Video) -> Result<()> {
    if (3..=4).contains(&video.ndim()) && !video.is_empty() {
        return Ok(());
    }
    bail!(
        "blending needs `{name}` to be a video {{t, y, x}} or {{t, y, x, channel}}, got {} of shape {}",
        video.kind(),
        shape_text(video.shape())
    )
}

fn expect_one_size(base: &Video, overlay: &Video) -> Result<()> {
    let [base, overlay] = [base, overlay].map(|video| &video.shape()[1..3]);
    if base == overlay {
        return Ok(());
    }
    Err(Error::new(format!(
        "blending needs frames of the same size, got {} for `base` and {} for `overlay`",
        shape_text(base),
        shape_text(overlay)
    ))
    .hint("resize them to the same size with `resize`"))
}

/// Scratch memory for a run of pixels.
struct BlendBuffers {
    base: Vec<FloatColor>,
    overlay: Vec<FloatColor>,
    alpha: Vec<f32>,
    weights: [f64; RUN],
}

impl BlendBuffers {
    fn new() -> Self {
        Self {
            base: vec![[0.0; 4]; RUN],
            overlay: vec![[0.0; 4]; RUN],
            alpha: vec![0.0; RUN],
            weights: [0.0; RUN],
        }
    }
}

/// Mixes the overlay into the base; where the overlay is NaN, the base is unchanged.
struct Mix {
    has_opacity: bool,
}

impl Mix {
    #[inline(always)]
    fn pixel(&self, base: &mut FloatColor, overlay: &FloatColor, alpha: FloatColor) {
        let opacity = overlay[3];
        let is_missing = opacity.is_nan() || (opacity == 0.0 && !self.has_opacity);
        for ((base, overlay), alpha) in base.iter_mut().zip(overlay).zip(alpha) {
            let alpha = if is_missing {
                0.0
            } else {
                alpha.clamp(0.0, 1.0)
            };
            *base = (*base * (1.0 - alpha) + *overlay * alpha).clamp(0.0, 1.0);
        }
    }
}

/// With one opacity for all channels.
impl Kernel<(&mut [FloatColor], &[FloatColor], &[f32])> for Mix {
    #[inline(always)]
    fn run(&self, (base, overlay, alpha): (&mut [FloatColor], &[FloatColor], &[f32])) {
        for ((base, overlay), alpha) in base.iter_mut().zip(overlay).zip(alpha) {
            self.pixel(base, overlay, [*alpha; 4]);
        }
    }
}

/// With one opacity per channel.
impl Kernel<(&mut [FloatColor], &[FloatColor], ChunksExact<'_, f32>)> for Mix {
    #[inline(always)]
    fn run(
        &self,
        (base, overlay, alphas): (&mut [FloatColor], &[FloatColor], ChunksExact<'_, f32>),
    ) {
        for ((base, overlay), alpha) in base.iter_mut().zip(overlay).zip(alphas) {
            let mut all = [1.0; 4];
            all[..alpha.len()].copy_from_slice(alpha);
            self.pixel(base, overlay, all);
        }
    }
}

/// Truncates colors to 8 bits, as matplotlib does.
struct ToBytes;

impl Kernel<(&[FloatColor], &mut [Rgba])> for ToBytes {
    #[inline(always)]
    fn run(&self, (colors, out): (&[FloatColor], &mut [Rgba])) {
        let bytes = out.as_flattened_mut().iter_mut();
        for (byte, component) in bytes.zip(colors.as_flattened()) {
            *byte = u8::from_f32(*component * 255.0);
        }
    }
}
