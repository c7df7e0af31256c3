//! Saving stacks in the simplest layout for other programs and memory mapping: all samples first,
//! one strip per page, then the directories.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::layout::{StackLayout, TiffStrip};
use super::options::TiffOptions;
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::io::bytes::samples;
use crate::io::codec::compression::Compression;
use crate::task::{self, Task};
use crate::video::{DType, Video};

/// Number of bytes of pages compressed ahead of one write.
const BATCH: usize = 8 << 20;

/// Saves a video with one page per frame.
pub(in crate::io) fn save(path: &Path, video: &Video, options: &TiffOptions) -> Result<()> {
    let frames = samples::as_frames(video);
    let stack = StackLayout::of(&frames, video.shape(), options)?;
    atomic::write(path, |file| {
        let fail = |e| Error::io("write", path, &e);
        let header = vec![0; stack.samples_start() as usize];
        file.write_all(&header).map_err(fail)?;
        let strips = if is_plain(&frames, options) {
            samples::write_samples(&frames, path, file)?;
            stack.plain_strips()
        } else {
            write_pages(&stack, &frames, options, path, file)?
        };
        let mut file = BufWriter::new(file);
        stack.write_directories(&mut file, &strips).map_err(fail)?;
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        file.write_all(&stack.header(&strips)).map_err(fail)?;
        file.flush().map_err(fail)
    })
}

/// The bytes of a file with one page: an image `{y, x}` or `{y, x, channel}`.
pub(in crate::io) fn encode(image: &Video, options: &TiffOptions) -> Result<Vec<u8>> {
    let frame = image.with_layout(image.layout().insert_axis(0));
    let stack = StackLayout::of(&frame, image.shape(), options)?;
    let coded = encode_page(&stack, &frame, 0, options)?;
    let strips = [TiffStrip::new(stack.samples_start(), &coded)];
    let mut file = stack.header(&strips);
    file.extend(coded);
    stack
        .write_directories(&mut file, &strips)
        .expect("memory takes every byte");
    Ok(file)
}

/// Whether the pages are stored as the samples are in memory.
fn is_plain(video: &Video, options: &TiffOptions) -> bool {
    options.compression == Compression::None && video.dtype() != DType::Bool
}

/// Writes the pages in order; each is compressed on one core.
fn write_pages(
    stack: &StackLayout,
    video: &Video,
    options: &TiffOptions,
    path: &Path,
    file: &mut File,
) -> Result<Vec<TiffStrip>> {
    let task = Task::new("saving", video.len()).in_units("frames");
    let per_batch = (BATCH / stack.page_bytes().max(1)).max(task::cores());
    let mut strips = Vec::with_capacity(video.len());
    let mut at = stack.samples_start();
    video.for_each_block(|block| {
        for first in (0..block.len()).step_by(per_batch) {
            let pages = first..block.len().min(first + per_batch);
            let pages = task::map(
                pages,
                || (),
                |(), page| {
                    task::check()?;
                    encode_page(stack, block, page, options)
                },
            );
            for coded in pages? {
                // Strips start at word boundaries.
                let gap = at % 2;
                file.write_all(&[0][..gap as usize])
                    .and_then(|()| file.write_all(&coded))
                    .map_err(|e| Error::io("write", path, &e))?;
                strips.push(TiffStrip::new(at + gap, &coded));
                at += gap + coded.len() as u64;
                task.advance(1)?;
            }
        }
        Ok(())
    })?;
    Ok(strips)
}

fn encode_page(
    stack: &StackLayout,
    video: &Video,
    page: usize,
    options: &TiffOptions,
) -> Result<Vec<u8>> {
    let row_len = stack.row_bytes();
    let coded = samples::with_frame(video.samples(), page, |bytes| match video.dtype() {
        DType::Bool => options.compression.encode(&packed(bytes, stack), row_len),
        _ => options.compression.encode(bytes, row_len),
    });
    coded.map_err(|e| Error::new(format!("cannot compress frame {page}: {e}")))
}

/// Packs bools as bits, highest bit first; every row starts at a byte boundary.
fn packed(bools: &[u8], stack: &StackLayout) -> Vec<u8> {
    let rows = bools.chunks(stack.row_len().max(1));
    let byte = |bits: &[u8]| {
        let bits = bits.iter().enumerate();
        bits.fold(0, |byte, (bit_index, bit)| {
            byte | (bit & 1) << (7 - bit_index)
        })
    };
    rows.flat_map(|row| row.chunks(8).map(byte)).collect()
}
