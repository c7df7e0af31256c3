//! Replacement for the built-in H.264 encoder in builds without it.

use std::convert::Infallible;
use std::io::{Seek, Write};
use std::marker::PhantomData;

use super::frame_encoder::FrameEncoder;
use crate::error::{Error, Result};

/// Always an error: there is no encoder that takes frames.
pub(super) fn check_size(_: (usize, usize)) -> Result<()> {
    Err(not_built())
}

fn not_built() -> Error {
    Error::new("this program was built without the H.264 encoder \"openh264\"").needs("h264")
}

/// A writer that can never be created.
pub(super) struct H264Writer<W> {
    never: Infallible,
    writer: PhantomData<W>,
}

impl<W: Write + Seek> H264Writer<W> {
    /// Always an error: MP4 needs ffmpeg or another build of the program.
    pub(super) fn new(
        _: W,
        _: (usize, usize),
        _: f64,
        _: u8,
        _: usize,
        _: Option<&str>,
    ) -> Result<Self> {
        Err(not_built())
    }
}

impl<W: Write + Seek> FrameEncoder for H264Writer<W> {
    type Frame = Vec<u8>;

    fn add(&mut self, _: Vec<u8>) -> Result<()> {
        match self.never {}
    }

    fn finish(self) -> Result<()> {
        match self.never {}
    }
}
