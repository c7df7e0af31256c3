//! What differs between two files: history, metadata and samples.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::bail;
use crate::error::{Error, Result, counted};
use crate::fs::files;
use crate::io::{self, FrameSelection, LoadOptions};
use crate::task;
use crate::video::{Element, Field, Strided, Video, read_run, shape_text, with_bits};

/// Largest number of lines of two histories that are compared line by line.
const MAX_LINES: usize = 4000;

/// What a comparison found.
pub struct FileComparison {
    /// Whether nothing differs.
    pub is_same: bool,
    /// What differs, for people.
    pub text: String,
}

/// Compares history, metadata and samples of two files.
pub fn diff(one: &Path, other: &Path) -> Result<FileComparison> {
    let scripts = [one, other].map(io::recorded_script);
    let [script, other_script] = scripts;
    let (script, other_script) = (script?, other_script?);
    let mut text = String::new();
    let same_history = script == other_script;
    match (&script, &other_script) {
        (None, None) => text += "history: neither file holds one\n",
        _ if same_history => text += "history: the same\n",
        (None, Some(_)) => text += "history: only the second file holds one\n",
        (Some(_), None) => text += "history: only the first file holds one\n",
        (Some(script), Some(other)) => {
            let _ = writeln!(
                text,
                "history:\n{}",
                line_differences(script, other).trim_end()
            );
        }
    }
    if !(io::is_recording(one) && io::is_recording(other)) {
        let same = contents(one)? == contents(other)?;
        let _ = writeln!(
            text,
            "contents: {}",
            if same { "the same" } else { "they differ" }
        );
        let is_same = same && same_history;
        return Ok(FileComparison { is_same, text });
    }
    let (video, other_video) = (load(one)?, load(other)?);
    let fields = field_differences(&video, &other_video);
    match fields.is_empty() {
        true => text += "metadata: the same\n",
        false => {
            let _ = writeln!(text, "metadata:\n{}", fields.join("\n"));
        }
    }
    let samples = samples(&video, &other_video)?;
    let _ = writeln!(text, "samples: {}", samples.text);
    Ok(FileComparison {
        is_same: same_history && fields.is_empty() && samples.is_same,
        text,
    })
}

/// Compares what two files hold, without their histories: samples, or the bytes of files that are no
/// recordings.
pub fn contents_of(one: &Path, other: &Path) -> Result<FileComparison> {
    if io::is_recording(one) && io::is_recording(other) {
        return samples(&load(one)?, &load(other)?);
    }
    let is_same = contents(one)? == contents(other)?;
    let text = if is_same {
        "the same contents"
    } else {
        "other contents"
    };
    let text = text.to_owned();
    Ok(FileComparison { is_same, text })
}

fn load(path: &Path) -> Result<Video> {
    let options = LoadOptions {
        as_gray: false,
        ..LoadOptions::default()
    };
    io::load_video(path, &FrameSelection::ALL, &options)
}

/// Bytes of a file without the script in it.
fn contents(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::Read::read_to_end(&mut files::open(path)?, &mut bytes);
    read.map_err(|e| Error::io("read", path, &e))?;
    if let Some(range) = io::range_of_script(&bytes) {
        bytes.drain(range);
    }
    Ok(bytes)
}

/// Compares samples bit by bit.
fn samples(one: &Video, other: &Video) -> Result<FileComparison> {
    let kind = |video: &Video| format!("{} {}", shape_text(video.shape()), video.dtype());
    if one.shape() != other.shape() || one.dtype() != other.dtype() {
        let text = format!("{} and {}", kind(one), kind(other));
        return Ok(FileComparison {
            is_same: false,
            text,
        });
    }
    let frames = with_bits!(one.dtype(), B => {
        let bits = |video: &Video| {
            B::unwrap(video.samples().bits()).expect("bits of the size just dispatched on")
        };
        differing(&bits(one), &bits(other), (one, other))
    })?;
    let count: usize = frames.iter().map(|frame| frame.count).sum();
    let mut differing = frames
        .iter()
        .enumerate()
        .filter(|(_, frame)| frame.count > 0);
    let Some((frame, first)) = differing.next() else {
        let text = format!("the same, bit for bit: {}", kind(one));
        return Ok(FileComparison {
            is_same: true,
            text,
        });
    };
    let total: usize = one.shape().iter().product();
    let largest = frames.iter().map(|frame| frame.largest).fold(0.0, f64::max);
    let nan: usize = frames.iter().map(|frame| frame.nan).sum();
    let nan = match nan {
        0 => String::new(),
        nan => format!(", {nan} of which are NaN in only one file"),
    };
    let (one_value, other_value) = first.values;
    let position = position(frame, first.first, &one.shape()[1..]);
    let text = format!(
        "{count} of {} differ by up to {largest}{nan}; the first at {position:?}: {one_value} and \
         {other_value}",
        counted(total, "sample")
    );
    Ok(FileComparison {
        is_same: false,
        text,
    })
}

/// Differences within a frame.
#[derive(Default)]
struct FrameDifference {
    count: usize,
    /// Index in the frame of the first sample that differs, and its values.
    first: usize,
    values: (f64, f64),
    largest: f64,
    /// Number of samples that are NaN in only one of the videos.
    nan: usize,
}

fn differing<B: Element>(
    one: &Strided<B>,
    other: &Strided<B>,
    videos: (&Video, &Video),
) -> Result<Vec<FrameDifference>> {
    let len = videos.0.frame_len();
    let buffers = || (vec![B::default(); len], vec![B::default(); len]);
    task::map(0..videos.0.len(), buffers, |(left, right), frame| {
        read_run(one, frame, 0..len, left);
        read_run(other, frame, 0..len, right);
        let mut found = FrameDifference::default();
        let pairs = left.iter().zip(right.iter()).enumerate();
        for (index, _) in pairs.filter(|(_, (left, right))| left != right) {
            let value = |video: &Video| {
                let mut value = [0.0f64];
                video.samples().read(frame, index..index + 1, &mut value);
                value[0]
            };
            let values = (value(videos.0), value(videos.1));
            if found.count == 0 {
                (found.first, found.values) = (index, values);
            }
            found.count += 1;
            // NaN is counted apart, as `max` ignores it.
            let difference = (values.0 - values.1).abs();
            found.nan += usize::from(values.0.is_nan() != values.1.is_nan());
            found.largest = found.largest.max(difference);
        }
        Ok(found)
    })
}

/// Indices of a sample along all axes.
fn position(frame: usize, mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut indices = Vec::new();
    for len in shape.iter().rev() {
        indices.push(index % len);
        index /= len;
    }
    indices.push(frame);
    indices.reverse();
    indices
}

/// Fields that differ, a line each.
fn field_differences(one: &Video, other: &Video) -> Vec<String> {
    let fields = |video: &Video| -> BTreeMap<String, Field> {
        let mut fields = video.metadata().all_fields();
        fields.remove("source");
        fields
    };
    let (mine, others) = (fields(one), fields(other));
    let names: std::collections::BTreeSet<&String> = mine.keys().chain(others.keys()).collect();
    let text = |field: Option<&Field>| field.map_or("none".to_owned(), Field::to_string);
    let line = |name: &&String| {
        let (mine, other) = (mine.get(*name), others.get(*name));
        (mine != other).then(|| format!("    {name}: {} and {}", text(mine), text(other)))
    };
    names.iter().filter_map(line).collect()
}

/// Lines of only one of two texts, marked `-` and `+`, with the lines of both that are next to them.
fn line_differences(one: &str, other: &str) -> String {
    let one: Vec<&str> = one.lines().take(MAX_LINES).collect();
    let other: Vec<&str> = other.lines().take(MAX_LINES).collect();
    // Lengths of the longest common parts of the rests.
    let width = other.len() + 1;
    let mut common = vec![0u32; (one.len() + 1) * width];
    for row in (0..one.len()).rev() {
        for col in (0..other.len()).rev() {
            common[row * width + col] = match one[row] == other[col] {
                true => common[(row + 1) * width + col + 1] + 1,
                false => common[(row + 1) * width + col].max(common[row * width + col + 1]),
            };
        }
    }
    let (mut row, mut col, mut text) = (0, 0, String::new());
    while row < one.len() || col < other.len() {
        let takes_one = row < one.len()
            && (col == other.len()
                || common[(row + 1) * width + col] >= common[row * width + col + 1]);
        let (mark, line) = if row < one.len() && col < other.len() && one[row] == other[col] {
            (row, col) = (row + 1, col + 1);
            (' ', one[row - 1])
        } else if takes_one {
            row += 1;
            ('-', one[row - 1])
        } else {
            col += 1;
            ('+', other[col - 1])
        };
        let _ = writeln!(text, "  {mark} {line}");
    }
    text
}

/// The script that a file holds; an error if it holds none.
pub(super) fn script_of(path: &Path) -> Result<std::sync::Arc<str>> {
    match io::recorded_script(path)? {
        Some(script) => Ok(script),
        None => bail!(
            "`{}` does not hold the history of its making",
            path.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_compared_bit_by_bit() {
        let video = |values: [f32; 4]| Video::new(Strided::from_vec(&[2, 1, 2], values.to_vec()));
        let one = video([1.0, f32::NAN, 0.0, 4.0]);
        assert!(samples(&one, &one.clone()).unwrap().is_same);
        let found = samples(&one, &video([1.0, f32::NAN, -0.0, 4.5])).unwrap();
        assert_eq!(
            found.text,
            "2 of 4 samples differ by up to 0.5; the first at [1, 0, 0]: 0 and -0"
        );
        let found = samples(&one, &video([1.0, 2.0, 0.0, 3.0])).unwrap();
        assert_eq!(
            found.text,
            "2 of 4 samples differ by up to 1, 1 of which are NaN in only one file; \
             the first at [0, 0, 1]: NaN and 2"
        );
        let other = Video::new(Strided::from_vec(&[4], vec![0u8; 4]));
        let found = samples(&one, &other).unwrap();
        assert_eq!(found.text, "2×1×2 float32 and 4 uint8");
    }

    #[test]
    fn lines_of_both_texts_stay_in_order() {
        assert_eq!(
            line_differences("a\nb\nc", "a\nx\nc\nd"),
            "    a\n  - b\n  + x\n    c\n  + d\n"
        );
    }
}
