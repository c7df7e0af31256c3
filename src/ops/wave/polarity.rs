//! The sign of signals: brighter or darker.

use crate::choice::Choice;

/// Effect of activation on the light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Polarity {
    /// Brighter, as with most calcium dyes.
    Positive,
    /// Darker, as with most voltage-sensitive dyes.
    Negative,
}

impl Polarity {
    /// Factor that makes activation go up.
    pub(in crate::ops) fn sign(self) -> f64 {
        match self {
            Self::Positive => 1.0,
            Self::Negative => -1.0,
        }
    }
}

impl Choice for Polarity {
    const NOUN: &'static str = "a polarity";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("positive", Self::Positive), ("negative", Self::Negative)];
}
