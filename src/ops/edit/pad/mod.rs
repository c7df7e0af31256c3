//! Padding of frames, with all modes of `numpy.pad`.

mod axis;

use std::fmt;

use crate::bail;
use crate::choice::Choice;
use crate::error::{Error, Result};
use crate::ops::{apply_to_frames, expect_gray_frames};
use crate::task;
use crate::video::{Element, Number, Strided, Video, read_run, with_dtype};

use axis::{PadAxis, PadFill};

/// Pad mode, named as in NumPy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadMode {
    /// Constant values.
    Constant,
    /// Repeats the last sample.
    Edge,
    /// Linear ramp from the last sample to an end value.
    LinearRamp,
    /// Maximum of the nearby samples.
    Maximum,
    /// Mean of the nearby samples.
    Mean,
    /// Median of the nearby samples.
    Median,
    /// Minimum of the nearby samples.
    Minimum,
    /// Reflects about the last sample, without repeating it.
    Reflect,
    /// Reflects about the edge, repeating the last sample.
    Symmetric,
    /// Wraps around to the other end.
    Wrap,
    /// Undefined values; here zeros.
    Empty,
}

impl Choice for PadMode {
    const NOUN: &'static str = "the name of a padding mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("constant", PadMode::Constant),
        ("edge", PadMode::Edge),
        ("linear_ramp", PadMode::LinearRamp),
        ("maximum", PadMode::Maximum),
        ("mean", PadMode::Mean),
        ("median", PadMode::Median),
        ("minimum", PadMode::Minimum),
        ("reflect", PadMode::Reflect),
        ("symmetric", PadMode::Symmetric),
        ("wrap", PadMode::Wrap),
        ("empty", PadMode::Empty),
    ];
}

/// Kind of reflection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReflectType {
    /// Unchanged samples.
    Even,
    /// Odd reflection: twice the last sample minus the reflected one.
    Odd,
}

impl Choice for ReflectType {
    const NOUN: &'static str = "a kind of reflection";
    const CHOICES: &'static [(&'static str, Self)] =
        &[("even", ReflectType::Even), ("odd", ReflectType::Odd)];
}

/// Values before and after each axis of a video, in the forms that NumPy accepts.
#[derive(Debug, Clone, PartialEq)]
pub enum Sides {
    /// The same value everywhere.
    All(Number),
    /// One value before and one after every axis.
    Both([Number; 2]),
    /// Values before and after each axis: time, rows, columns; of an image, without time.
    Each(Vec<[Number; 2]>),
}

impl Sides {
    /// Values before and after an axis.
    fn of_axis(&self, name: &str, axis: usize) -> Result<[Number; 2]> {
        match self {
            Sides::All(value) => Ok([*value; 2]),
            Sides::Both(values) => Ok(*values),
            Sides::Each(axes) if axes.len() == 1 => Ok(axes[0]),
            Sides::Each(axes) if axes.len() == 3 => Ok(axes[axis]),
            Sides::Each(_) => Err(Error::new(format!(
                "pad needs `{name}` for each of the 3 axes, got {self}"
            ))
            .hint("write [[0, 0], [top, bottom], [left, right]]")),
        }
    }

    /// What is given for the two axes of an image, for those of a video.
    fn of_frame(&self) -> Self {
        match self {
            Sides::Each(axes) if axes.len() == 2 => {
                Sides::Each(vec![[Number::Int(0); 2], axes[0], axes[1]])
            }
            sides => sides.clone(),
        }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let floats = |values: &[Number; 2]| values.map(Number::to_f64);
        match self {
            Sides::All(value) => write!(f, "{value}"),
            Sides::Both(values) => write!(f, "{:?}", floats(values)),
            Sides::Each(axes) => write!(f, "{:?}", axes.iter().map(floats).collect::<Vec<_>>()),
        }
    }
}

/// Options of [`pad`]; each mode uses only its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Pad {
    /// Number of pixels added on each side.
    pub width: usize,
    /// How to fill the added pixels.
    pub mode: PadMode,
    /// Values for [`PadMode::Constant`]; default: 0.
    pub constant_values: Option<Sides>,
    /// Number of samples used for statistics; default: all.
    pub stat_length: Option<Sides>,
    /// End values for [`PadMode::LinearRamp`]; default: 0.
    pub end_values: Option<Sides>,
    /// Kind of reflection for [`PadMode::Reflect`] and [`PadMode::Symmetric`]; default: even.
    pub reflect_type: Option<ReflectType>,
}

/// Adds `width` pixels on each side of every frame, or of an image: first at the top and bottom,
/// then on the left and right of the result.
pub fn pad(video: Video, options: &Pad) -> Result<Video> {
    if video.ndim() == 2 {
        let sides = |sides: &Option<Sides>| sides.as_ref().map(Sides::of_frame);
        let options = Pad {
            constant_values: sides(&options.constant_values),
            stat_length: sides(&options.stat_length),
            end_values: sides(&options.end_values),
            ..options.clone()
        };
        return apply_to_frames(video, |video| pad(video, &options));
    }
    expect_gray_frames(&video, "pad")?;
    check_options(options)?;
    let (width, needs_samples) = (
        options.width,
        !matches!(options.mode, PadMode::Constant | PadMode::Empty),
    );
    if needs_samples && width > 0 && video.shape()[1..].contains(&0) {
        let mode = options.mode.name();
        bail!("pad cannot fill frames without samples in mode \"{mode}\"");
    }
    let fills = [PadFill::new(options, 1)?, PadFill::new(options, 2)?];
    for number in fills.iter().flat_map(PadFill::numbers) {
        if !video.dtype().holds(number) {
            let dtype = video.dtype();
            let error = format!("{number} cannot be stored in samples of {dtype}");
            return Err(Error::new(error).hint("convert the video first: `v.astype(\"float32\")`"));
        }
    }
    if width == 0 {
        return Ok(video);
    }
    let mut padded = with_dtype!(video.dtype(), T => pad_frames::<T>(&video, width, fills)?);
    if let Some([row, col]) = padded.metadata().origin {
        let width = i64::try_from(width).unwrap_or(i64::MAX);
        let origin = [row.saturating_sub(width), col.saturating_sub(width)];
        padded.metadata_mut().origin = Some(origin);
    }
    Ok(padded)
}

fn check_options(options: &Pad) -> Result<()> {
    let given = [
        ("constant_values", options.constant_values.is_some()),
        ("stat_length", options.stat_length.is_some()),
        ("end_values", options.end_values.is_some()),
        ("reflect_type", options.reflect_type.is_some()),
    ];
    let taken = match options.mode {
        PadMode::Constant => "constant_values",
        PadMode::LinearRamp => "end_values",
        PadMode::Maximum | PadMode::Mean | PadMode::Median | PadMode::Minimum => "stat_length",
        PadMode::Reflect | PadMode::Symmetric => "reflect_type",
        PadMode::Edge | PadMode::Wrap | PadMode::Empty => "",
    };
    let unused = given
        .iter()
        .find(|(name, is_given)| *is_given && *name != taken);
    let Some((name, _)) = unused else {
        return Ok(());
    };
    let error = Error::new(format!(
        "pad does not support `{name}` with mode \"{}\"",
        options.mode.name()
    ));
    Err(match taken {
        "" => error,
        taken => error.hint(format!("this mode supports `{taken}`")),
    })
}

fn pad_frames<T: Element>(video: &Video, width: usize, [y, x]: [PadFill; 2]) -> Result<Video> {
    let (n_frames, rows, cols) = (video.len(), video.shape()[1], video.shape()[2]);
    let wider = |len: usize| width.checked_mul(2).and_then(|both| len.checked_add(both));
    let (Some(out_rows), Some(out_cols)) = (wider(rows), wider(cols)) else {
        bail!("pad needs `width` to be smaller, got {width}");
    };
    let shape = [n_frames, out_rows, out_cols];
    let mut result = match y {
        PadFill::Nothing => Strided::<T>::zeroed(&shape)?,
        _ => Strided::for_writing(&shape)?,
    };
    let source = T::unwrap(video.samples().clone()).expect("of the type just dispatched on");
    let down = PadAxis::new(width, rows, out_cols, width..width + cols, 1);
    let across = PadAxis::new(width, cols, 1, 0..out_rows, out_cols);
    let (y, x) = (y.prepare(&source, &down, None), x);
    let x = x.prepare(&source, &across, Some(&y));
    let frames = result
        .as_mut_slice()?
        .chunks_mut(out_rows * out_cols)
        .enumerate();
    task::for_each_init("padding", frames, Vec::new, |scratch, (t, out)| {
        for row in 0..rows {
            let offset = (width + row) * out_cols + width;
            let run = row * cols..(row + 1) * cols;
            read_run(&source, t, run, &mut out[offset..offset + cols]);
        }
        y.fill(&down, out, scratch);
        x.fill(&across, out, scratch);
        Ok(())
    })?;
    Ok(video.with_samples(result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{check_threads, noise, ramp, values, video};

    const PAD: Pad = Pad {
        width: 3,
        mode: PadMode::Constant,
        constant_values: None,
        stat_length: None,
        end_values: None,
        reflect_type: None,
    };

    /// Samples around those of a row of 4.
    fn around(row: [u8; 4], options: &Pad) -> Vec<f64> {
        let padded = pad(video(&[1, 1, 4], row.to_vec()), options).unwrap();
        let middle = options.width * (4 + 2 * options.width);
        values(&padded)[middle..middle + 4 + 2 * options.width].to_vec()
    }

    #[test]
    fn every_mode_is_that_of_numpy() {
        let row = |mode| around([1, 2, 4, 8], &Pad { mode, ..PAD });
        let expected: [(PadMode, [i32; 10]); 10] = [
            (PadMode::Constant, [0, 0, 0, 1, 2, 4, 8, 0, 0, 0]),
            (PadMode::Empty, [0, 0, 0, 1, 2, 4, 8, 0, 0, 0]),
            (PadMode::Edge, [1, 1, 1, 1, 2, 4, 8, 8, 8, 8]),
            (PadMode::LinearRamp, [0, 0, 0, 1, 2, 4, 8, 5, 2, 0]),
            (PadMode::Maximum, [8, 8, 8, 1, 2, 4, 8, 8, 8, 8]),
            (PadMode::Minimum, [1, 1, 1, 1, 2, 4, 8, 1, 1, 1]),
            (PadMode::Mean, [4, 4, 4, 1, 2, 4, 8, 4, 4, 4]),
            (PadMode::Median, [3, 3, 3, 1, 2, 4, 8, 3, 3, 3]),
            (PadMode::Reflect, [8, 4, 2, 1, 2, 4, 8, 4, 2, 1]),
            (PadMode::Symmetric, [4, 2, 1, 1, 2, 4, 8, 8, 4, 2]),
        ];
        for (mode, expected) in expected {
            assert_eq!(row(mode), expected.map(f64::from), "{mode:?}");
        }
        assert_eq!(row(PadMode::Wrap), [2., 4., 8., 1., 2., 4., 8., 1., 2., 4.]);
    }

    #[test]
    fn odd_reflections_go_on_as_the_samples_do() {
        let reflect_type = Some(ReflectType::Odd);
        let reflect = Pad {
            mode: PadMode::Reflect,
            reflect_type,
            ..PAD
        };
        assert_eq!(
            around([10, 20, 30, 40], &reflect),
            [236., 246., 0., 10., 20., 30., 40., 50., 60., 70.]
        );
        let symmetric = Pad {
            mode: PadMode::Symmetric,
            reflect_type,
            ..PAD
        };
        assert_eq!(
            around([10, 11, 12, 13], &symmetric),
            [8., 9., 10., 10., 11., 12., 13., 13., 14., 15.]
        );
    }

    #[test]
    fn options_are_for_sides_and_axes() {
        let pair = |before, after| [before, after].map(Number::Float);
        let sides = vec![pair(0.0, 0.0), pair(1.0, 2.0), pair(3.0, 4.0)];
        let sides = Some(Sides::Each(sides));
        let options = Pad {
            width: 1,
            constant_values: sides,
            ..PAD
        };
        let padded = pad(video(&[1, 1, 1], vec![9u16]), &options).unwrap();
        assert_eq!(values(&padded), [3., 1., 4., 3., 9., 4., 3., 2., 4.]);
        let length = Some(Sides::Both(pair(2.0, 1.0)));
        let mean = Pad {
            mode: PadMode::Mean,
            stat_length: length,
            ..PAD
        };
        assert_eq!(
            around([2, 4, 8, 9], &mean)[2..],
            [3., 2., 4., 8., 9., 9., 9., 9.]
        );
    }

    #[test]
    fn numbers_stay_what_they_are_or_are_refused() {
        let constant = |value| Pad {
            width: 1,
            constant_values: Some(Sides::All(value)),
            ..PAD
        };
        let frame = || video(&[1, 1, 1], vec![9u16]);
        for wrong in [Number::Int(-1), Number::Int(65536), Number::Float(f64::NAN)] {
            assert!(pad(frame(), &constant(wrong)).is_err());
        }
        let large = Number::Int(9_007_199_254_740_993);
        let padded = pad(video(&[1, 1, 1], vec![0i64]), &constant(large)).unwrap();
        let padded = i64::unwrap(padded.samples().clone()).unwrap();
        assert_eq!(padded.as_slice().unwrap()[0], 9_007_199_254_740_993);
    }

    #[test]
    fn options_of_other_modes_are_refused() {
        let reflect_type = Some(ReflectType::Even);
        let error = pad(
            ramp(&[1, 2, 2]),
            &Pad {
                reflect_type,
                ..PAD
            },
        )
        .unwrap_err();
        assert_eq!(
            error.message(),
            "pad does not support `reflect_type` with mode \"constant\""
        );
        let stat_length = Some(Sides::All(Number::Int(0)));
        let options = Pad {
            mode: PadMode::Maximum,
            stat_length,
            ..PAD
        };
        assert!(pad(ramp(&[1, 2, 2]), &options).is_err());
        let nothing = video::<f32>(&[1, 0, 2], vec![]);
        assert!(
            pad(
                nothing.clone(),
                &Pad {
                    mode: PadMode::Edge,
                    ..PAD
                }
            )
            .is_err()
        );
        assert_eq!(pad(nothing, &PAD).unwrap().shape(), [1, 6, 8]);
        assert!(
            pad(
                ramp(&[1, 2, 2]),
                &Pad {
                    width: usize::MAX,
                    ..PAD
                }
            )
            .is_err()
        );
    }

    #[test]
    fn cropping_takes_off_what_was_added() {
        let turned = ramp(&[3, 4, 5]);
        let turned = turned.with_layout(turned.layout().swap(1, 2));
        for (_, mode) in PadMode::CHOICES {
            for width in [0, 1, 4, 11] {
                let padded = pad(
                    turned.clone(),
                    &Pad {
                        mode: *mode,
                        width,
                        ..PAD
                    },
                )
                .unwrap();
                let back = crate::ops::edit::geometry::crop(padded, width).unwrap();
                assert_eq!(values(&back), values(&turned), "{mode:?} {width}");
            }
        }
        let frames = video(&[7, 6, 5], noise(210, 2));
        check_threads(|| {
            pad(
                frames.clone(),
                &Pad {
                    mode: PadMode::Mean,
                    ..PAD
                },
            )
        });
    }
}
