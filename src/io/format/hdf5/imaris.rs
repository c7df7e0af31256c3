//! Recordings of Imaris: one dataset per time point and channel, which become frames.

use std::path::{Path, PathBuf};

use super::attribute::Attributes;
use super::dataset::Dataset;
use super::nwb::micrometers;
use super::times;
use super::tree::Contents;
use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::{self, Conversion, Encoding};
use crate::io::recording::{FrameRange, cannot_load, cannot_map};
use crate::video::{DType, Field, Metadata, Samples};

/// Group of the full-resolution images.
const IMAGES: &str = "DataSet/ResolutionLevel 0";

/// The images of a recording.
pub(super) struct ImarisImages {
    path: PathBuf,
    /// Images by time point and channel.
    images: Vec<Vec<Dataset>>,
    encoding: Encoding,
    /// Height and width without the padding to whole chunks.
    size: [usize; 2],
}

impl ImarisImages {
    /// The images of an Imaris file that has several, each of one plane.
    pub(super) fn find(path: &Path, contents: &mut Contents) -> Result<Option<Self>> {
        let count = |contents: &mut Contents, path: &str, begin: &str| {
            let names = contents.names(path);
            names.iter().filter(|name| name.starts_with(begin)).count()
        };
        let points = count(contents, IMAGES, "TimePoint ");
        let first = format!("{IMAGES}/TimePoint 0");
        let channels = count(contents, &first, "Channel ");
        if points * channels < 2 || contents.names("DataSetInfo").is_empty() {
            return Ok(None);
        }
        let own = contents.attributes_of(&format!("{first}/Channel 0"));
        let info = contents.attributes_of("DataSetInfo/Image");
        let len = |own_name: &str, name: &str| {
            let known = integer(&own, own_name).or_else(|| integer(&info, name));
            known.and_then(|len| usize::try_from(len).ok())
        };
        let data = contents.find(&format!("{first}/Channel 0/Data"))?;
        let &[planes, rows, columns] = data.shape.as_slice() else {
            return Ok(None);
        };
        if len("ImageSizeZ", "Z").unwrap_or(planes) != 1 {
            return Ok(None);
        }
        let size = [
            len("ImageSizeY", "Y").unwrap_or(rows),
            len("ImageSizeX", "X").unwrap_or(columns),
        ];
        let mut images = Vec::new();
        for point in 0..points {
            let channels = (0..channels).map(|channel| {
                let name = format!("{IMAGES}/TimePoint {point}/Channel {channel}/Data");
                let missing = |e| Error::new(format!("its image `{name}` cannot be read: {e}"));
                let image = contents.find(&name).map_err(missing)?;
                if let Some(error) = image.failure() {
                    return Err(missing(error.clone()));
                }
                if image.shape != data.shape || image.encoding != data.encoding {
                    bail!("its images {data} and {image} differ");
                }
                Ok(image)
            });
            images.push(channels.collect::<Result<Vec<Dataset>>>()?);
        }
        let Ok(encoding) = data.encoding else {
            bail!("its images are {data}");
        };
        if size[0] > rows || size[1] > columns || size.contains(&0) {
            bail!("its images have invalid sizes");
        }
        Ok(Some(Self {
            path: path.to_owned(),
            images,
            encoding,
            size,
        }))
    }

    pub(super) fn layout(&self) -> (Vec<usize>, DType) {
        let channels = self.images[0].len();
        let shape = [&[self.images.len()], &self.size[..], &[channels]].concat();
        let axes = if channels == 1 { 3 } else { 4 };
        (shape[..axes].to_vec(), self.encoding.dtype)
    }

    pub(super) fn load(&self, range: FrameRange) -> Result<Samples> {
        let (mut shape, dtype) = self.layout();
        shape[0] = range.len;
        let per_frame = shape[1..].iter().product();
        let native = Encoding {
            dtype,
            half: false,
            swapped: false,
        };
        let mut frames = range.indices();
        let loaded = samples::load_in_order(dtype, &shape, per_frame, |out| {
            let frame = frames.next().unwrap_or(0);
            out.fill(native, &mut |bytes| self.read_frame(frame, bytes))
        });
        loaded.map_err(|e| cannot_load(&self.path, &e))
    }

    pub(super) fn map(&self) -> Error {
        cannot_map(&self.path, "its frames are stored separately")
    }

    /// Reads the channels of a frame, interleaved.
    fn read_frame(&self, frame: usize, out: &mut [u8]) -> Result<()> {
        let images = &self.images[frame];
        let [height, width] = self.size;
        let size = self.encoding.dtype.size();
        let one = FrameRange {
            start: 0,
            len: 1,
            step: 1,
        };
        for (channel, image) in images.iter().enumerate() {
            let samples = image.read(Conversion::none(self.encoding), one)?;
            let columns = image.shape[2];
            samples::with_frame(&samples, 0, |bytes| {
                for row in 0..height {
                    let start = row * columns * size;
                    let from = bytes[start..start + width * size].chunks_exact(size);
                    let to = out[row * width * images.len() * size..].chunks_exact_mut(size);
                    let to = to.skip(channel).step_by(images.len());
                    from.zip(to).for_each(|(from, to)| to.copy_from_slice(from));
                }
            });
        }
        Ok(())
    }
}

/// Adds the frame rate, the pixel size and the recording date.
pub(super) fn describe(path: &Path, contents: &mut Contents, metadata: &mut Metadata) {
    let points = contents.attributes_of("DataSetInfo/TimeInfo");
    let times = (1..).map_while(|number: usize| text(&points, &format!("TimePoint{number}")));
    let times: Option<Vec<f64>> = times.map(|text| times::seconds(&text)).collect();
    if let Some(rate) = times.and_then(|times| times::rate(path, &times)) {
        metadata.fps = Some(rate);
    }
    let info = contents.attributes_of("DataSetInfo/Image");
    let number = |name: String| text(&info, &name)?.trim().parse::<f64>().ok();
    let size = |axis: usize, len: &str| {
        let unit = micrometers(&text(&info, "Unit").unwrap_or("um".into()))?;
        let extent = number(format!("ExtMax{axis}"))? - number(format!("ExtMin{axis}"))?;
        let size = extent.abs() / number(len.into())? * unit;
        (size.is_finite() && size > 0.0).then_some(size)
    };
    if let (Some(height), Some(width)) = (size(1, "Y"), size(0, "X")) {
        metadata.pixel_size = Some([height, width]);
    }
    if let Some(date) = text(&info, "RecordingDate") {
        metadata.date.get_or_insert(date.trim().into());
    }
    if let Some(comment) = text(&info, "Description") {
        metadata.comment.get_or_insert(comment);
    }
}

/// Text that Imaris stores as a list of characters.
fn text(attributes: &Attributes, name: &str) -> Option<String> {
    Some(match attributes.get(name)? {
        Field::Text(text) => text.clone(),
        Field::List(letters) => letters.iter().map(Field::to_string).collect(),
        Field::Int(number) => number.to_string(),
        Field::Float(number) => number.to_string(),
    })
}

fn integer(attributes: &Attributes, name: &str) -> Option<u64> {
    text(attributes, name)?.trim().parse().ok()
}
