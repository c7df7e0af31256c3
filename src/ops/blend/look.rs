//! How an overlay is mixed into its base: the blend mode, the threshold and the opacity.

use super::{BlendLayer, RUN};
use crate::bail;
use crate::choice::Choice;
use crate::color::colormap::FloatColor;
use crate::error::{Error, Result};
use crate::ops::kernel::{Kernel, run_kernel};
use crate::video::{Video, number_text};

/// Blend mode: what the color of the overlay does to that of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlendMode {
    /// The overlay covers the base.
    Normal,
    /// Sum.
    Add,
    /// Inverted product of the inverted colors: brighter than both.
    Screen,
    /// Product: darker than both.
    Multiply,
    /// The larger of each component.
    Lighten,
    /// The smaller of each component.
    Darken,
}

impl Choice for BlendMode {
    const NOUN: &'static str = "a blend mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("normal", BlendMode::Normal),
        ("add", BlendMode::Add),
        ("screen", BlendMode::Screen),
        ("multiply", BlendMode::Multiply),
        ("lighten", BlendMode::Lighten),
        ("darken", BlendMode::Darken),
    ];
}

/// How an overlay is mixed into its base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlendLook {
    /// Blend mode.
    pub mode: BlendMode,
    /// Samples of a gray overlay below it are not shown.
    pub threshold: Option<f64>,
    /// Factor from 0 to 1 for the opacity of the overlay.
    pub opacity: f64,
}

impl BlendLook {
    /// The overlay covers the base as its opacity says.
    pub const PLAIN: Self = Self {
        mode: BlendMode::Normal,
        threshold: None,
        opacity: 1.0,
    };

    /// An error unless an overlay can be shown like this.
    pub(super) fn check(&self, overlay: &Video) -> Result<()> {
        if !(0.0..=1.0).contains(&self.opacity) {
            let opacity = number_text(self.opacity);
            bail!("the opacity of an overlay must be from 0 to 1, got {opacity}");
        }
        let Some(threshold) = self.threshold else {
            return Ok(());
        };
        if threshold.is_nan() {
            bail!("the threshold of an overlay must be a number, got NaN");
        }
        if overlay
            .shape()
            .get(3)
            .is_some_and(|channels| *channels != 1)
        {
            return Err(Error::new("an overlay in color has no threshold")
                .hint("pass its opacity: `alpha` can be an image or a video"));
        }
        Ok(())
    }

    /// Weights of the opacity of a run of pixels, unless all are 1.
    pub(super) fn weights<'a>(
        &self,
        overlay: &BlendLayer,
        (frame, first, len): (usize, usize, usize),
        memory: &'a mut [f64; RUN],
    ) -> Option<&'a [f64]> {
        let weights = &mut memory[..len];
        match self.threshold {
            None if self.opacity == 1.0 => return None,
            None => weights.fill(self.opacity),
            Some(threshold) => {
                let video = &overlay.video;
                video.samples().read(frame, first..first + len, weights);
                for weight in weights.iter_mut() {
                    *weight = if threshold <= *weight {
                        self.opacity
                    } else {
                        0.0
                    };
                }
            }
        }
        Some(weights)
    }

    /// Gives the overlay the color that covers the base in the normal mode.
    pub(super) fn compose(&self, base: &[FloatColor], overlay: &mut [FloatColor]) {
        match self.mode {
            BlendMode::Normal => {}
            BlendMode::Add => run_kernel(&Compose(|base, over| base + over), (base, overlay)),
            BlendMode::Screen => {
                let screen = |base, over| base + over - base * over;
                run_kernel(&Compose(screen), (base, overlay));
            }
            BlendMode::Multiply => {
                run_kernel(&Compose(|base, over| base * over), (base, overlay));
            }
            BlendMode::Lighten => run_kernel(&Compose(f32::max), (base, overlay)),
            BlendMode::Darken => run_kernel(&Compose(f32::min), (base, overlay)),
        }
    }
}

/// Replaces red, green and blue of an overlay by a function of those of the base and its own.
struct Compose<F>(F);

impl<F: Fn(f32, f32) -> f32 + Sync> Kernel<(&[FloatColor], &mut [FloatColor])> for Compose<F> {
    #[inline(always)]
    fn run(&self, (base, overlay): (&[FloatColor], &mut [FloatColor])) {
        for (base, overlay) in base.iter().zip(overlay) {
            for (base, overlay) in base.iter().zip(overlay).take(3) {
                *overlay = self.0(*base, *overlay);
            }
        }
    }
}
