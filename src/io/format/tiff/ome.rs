//! The description of OME-TIFF: XML that describes the pages, in this file and in others.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::axes::{MAX_CHANNELS, PageAxis};
use super::unit::Spacing;
use crate::bail;
use crate::error::{Error, Result, counted};

/// Content of the XML.
#[derive(Debug, Default)]
pub(super) struct Ome {
    /// Unique ID of the file.
    pub(super) uuid: Option<String>,
    /// The file that contains the XML instead of this one.
    pub(super) metadata_file: Option<String>,
    pub(super) images: Vec<OmeImage>,
}

/// One recording of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct OmeImage {
    pub(super) name: String,
    /// Lengths of the axes Z, C and T; of C in pages.
    pub(super) lens: [usize; 3],
    /// Number of samples per pixel of a page.
    pub(super) samples: usize,
    /// The indices of Z, C and T in the order of planes, fastest first.
    order: [usize; 3],
    pub(super) blocks: Vec<PlaneRun>,
    /// Frames per second, if stated.
    pub(super) fps: Option<f64>,
    /// Times of the first frames in seconds.
    pub(super) times: Vec<f64>,
    /// Height and width of a pixel in µm.
    pub(super) pixel_size: Option<[f64; 2]>,
    pub(super) date: Option<String>,
    pub(super) comment: Option<String>,
    /// Warnings about it.
    pub(super) warnings: Vec<String>,
}

/// A run of planes stored in consecutive pages.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PlaneRun {
    /// The first page.
    pub(super) page: usize,
    /// Indices of the first plane along Z, C and T.
    first: [usize; 3],
    /// Number of planes; default: all that follow.
    pub(super) count: Option<usize>,
    /// The file that contains the pages, if stated, and its unique ID.
    pub(super) file: Option<String>,
    pub(super) uuid: Option<String>,
}

/// Whether a text is an OME-TIFF description.
pub(super) fn is_ome(text: &str) -> bool {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    text.starts_with('<') && (text.contains("<OME") || text.contains(":OME"))
}

impl Ome {
    /// Reads a description.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{FEFF}').trim();
        // Some writers append zeros to the text.
        let text = text.split('\0').next().unwrap_or_default();
        let document = Document::parse(text)
            .map_err(|e| Error::new(format!("its OME description is not valid XML: {e}")))?;
        let root = document.root_element();
        if root.tag_name().name() != "OME" {
            bail!(
                "its OME description begins with `{}`",
                root.tag_name().name()
            );
        }
        let images = children(root, "Image");
        Ok(Self {
            uuid: root.attribute("UUID").map(str::to_owned),
            metadata_file: children(root, "BinaryOnly")
                .find_map(|node| node.attribute("MetadataFile"))
                .map(str::to_owned),
            images: images.map(OmeImage::parse).collect::<Result<_>>()?,
        })
    }
}

impl OmeImage {
    fn parse(node: Node<'_, '_>) -> Result<Self> {
        let name = node.attribute("Name").or(node.attribute("ID"));
        let name = name.unwrap_or_default().to_owned();
        let Some(pixels) = children(node, "Pixels").next() else {
            bail!("its OME description has no `Pixels` in the image {name:?}");
        };
        let mut image = Self {
            name,
            date: text_of(node, "AcquisitionDate").or_else(|| text_of(node, "AcquiredDate")),
            comment: text_of(node, "Description"),
            ..Self::default()
        };
        let [slices, channels, times] = ["SizeZ", "SizeC", "SizeT"].map(|name| {
            let len = pixels
                .attribute(name)
                .map_or(Some(1), |text| text.trim().parse().ok());
            len.filter(|len: &usize| *len > 0)
                .ok_or_else(|| Error::new(format!("its OME description has no valid `{name}`")))
        });
        let samples = children(pixels, "Channel")
            .next()
            .and_then(|channel| number::<usize>(channel, "SamplesPerPixel"))
            .filter(|samples| *samples > 0);
        let (slices, channels, times) = (slices?, channels?, times?);
        image.samples = samples.unwrap_or(1);
        if !channels.is_multiple_of(image.samples) {
            bail!(
                "its OME description specifies {} of {} each",
                counted(channels, "channel"),
                counted(image.samples, "sample")
            );
        }
        image.lens = [slices, channels / image.samples, times];
        image.order = order(pixels.attribute("DimensionOrder").unwrap_or("XYCZT"))?;
        image.blocks = children(pixels, "TiffData").map(PlaneRun::parse).collect();
        if image.blocks.is_empty() {
            image.blocks.push(PlaneRun::default());
        }
        image.read_scales(pixels);
        Ok(image)
    }

    /// Reads the pixel size and the times of frames.
    fn read_scales(&mut self, pixels: Node<'_, '_>) {
        let size = |name: &str, warnings: &mut Vec<String>| {
            let size = number::<f64>(pixels, name)?;
            let unit = pixels.attribute(format!("{name}Unit").as_str());
            scaled(size, Spacing::length(unit.unwrap_or("µm")), name, warnings)
        };
        let height = size("PhysicalSizeY", &mut self.warnings);
        let width = size("PhysicalSizeX", &mut self.warnings);
        self.pixel_size = height.zip(width).map(|(height, width)| [height, width]);
        let name = "TimeIncrement";
        if let Some(interval) = number::<f64>(pixels, name) {
            let unit = pixels.attribute("TimeIncrementUnit");
            let unit = Spacing::time(unit.unwrap_or("s"));
            self.fps =
                scaled(interval, unit, name, &mut self.warnings).map(|seconds| 1.0 / seconds);
        }
        let mut times = BTreeMap::new();
        for plane in children(pixels, "Plane") {
            let at = |name| number::<usize>(plane, name).unwrap_or(0);
            if at("TheZ") > 0 || at("TheC") > 0 {
                continue;
            }
            let unit = Spacing::time(plane.attribute("DeltaTUnit").unwrap_or("s"));
            if let (Some(time), Spacing::Of(seconds)) = (number::<f64>(plane, "DeltaT"), unit) {
                times.insert(at("TheT"), time * seconds);
            }
        }
        let follow = times.into_iter().enumerate();
        let follow = follow.take_while(|(index, (time, _))| index == time);
        self.times = follow.map(|(_, (_, seconds))| seconds).collect();
    }

    /// Number of planes; `None` if it overflows.
    pub(super) fn planes(&self) -> Option<usize> {
        self.lens
            .iter()
            .try_fold(1usize, |n, len| n.checked_mul(*len))
    }

    /// The axes of planes, fastest last.
    pub(super) fn axes(&self) -> Vec<(PageAxis, usize)> {
        let [slices, channels, times] = self.lens;
        // No microscope has this number of channels, but writers that do not use the axes write
        // frames as channels.
        let channel = match channels > MAX_CHANNELS && slices == 1 && times == 1 {
            true => PageAxis::Time,
            false => PageAxis::Channel,
        };
        let axes = [
            (PageAxis::Slice, slices),
            (channel, channels),
            (PageAxis::Time, times),
        ];
        self.order.iter().rev().map(|index| axes[*index]).collect()
    }

    /// Index of the first plane of a block in the order of planes; `None` if it is out of range.
    pub(super) fn first_plane(&self, block: &PlaneRun) -> Option<usize> {
        let (mut plane, mut stride) = (0, 1);
        for axis in self.order {
            if block.first[axis] >= self.lens[axis] {
                return None;
            }
            plane += block.first[axis] * stride;
            stride *= self.lens[axis];
        }
        Some(plane)
    }
}

impl PlaneRun {
    /// Whether the pages are in the file itself, whatever its name.
    pub(super) fn is_in(&self, ome: &Ome) -> bool {
        self.uuid.is_some() && self.uuid == ome.uuid
    }

    fn parse(node: Node<'_, '_>) -> Self {
        let uuid = children(node, "UUID").next();
        let at = |name| number::<usize>(node, name).unwrap_or(0);
        let page = number::<usize>(node, "IFD");
        Self {
            page: page.unwrap_or(0),
            first: ["FirstZ", "FirstC", "FirstT"].map(at),
            // A page is one plane, unless stated otherwise.
            count: number::<usize>(node, "PlaneCount").or(page.map(|_| 1)),
            file: uuid
                .and_then(|uuid| uuid.attribute("FileName"))
                .map(str::to_owned),
            uuid: uuid
                .and_then(|uuid| uuid.text())
                .map(|text| text.trim().to_owned()),
        }
    }
}

/// The children of a node with a name, whatever the version of the schema.
fn children<'a, 'b: 'a>(node: Node<'a, 'b>, name: &'a str) -> impl Iterator<Item = Node<'a, 'b>> {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text = children(node, name).next()?.text()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Option<T> {
    node.attribute(name)?.trim().parse().ok()
}

/// A positive size in its unit.
fn scaled(size: f64, unit: Spacing, name: &str, warnings: &mut Vec<String>) -> Option<f64> {
    if unit == Spacing::Unknown {
        warnings.push(format!("has a `{name}` in an unknown unit: it is ignored"));
    }
    match unit {
        Spacing::Of(factor) => Some(size * factor).filter(|size| size.is_finite() && *size > 0.0),
        Spacing::Pixels | Spacing::Unknown => None,
    }
}

/// The indices of Z, C and T in the order of planes.
fn order(text: &str) -> Result<[usize; 3]> {
    let axes: Vec<usize> = text
        .trim_start_matches("XY")
        .chars()
        .filter_map(|axis| "ZCT".find(axis))
        .collect();
    match axes[..] {
        [a, b, c] if a != b && b != c && a != c => Ok([a, b, c]),
        _ => bail!("its OME description has the unknown `DimensionOrder` {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The image of a description with the given attributes and children of its `Pixels`.
    fn image(pixels: &str, parts: &str) -> Result<OmeImage> {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- Pixels -->\n\
             <o:OME xmlns:o=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\">\
             <o:Image ID=\"Image:0\"><o:Description>Pixels SizeT=\"9\"</o:Description>\
             <o:Pixels {pixels}>{parts}</o:Pixels></o:Image></o:OME>"
        );
        assert!(is_ome(&text));
        Ok(Ome::parse(&text)?.images.remove(0))
    }

    #[test]
    fn scales_have_units() {
        let found = image(
            "PhysicalSizeX=\"500\" PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"0.25\" \
             TimeIncrement=\"2\" TimeIncrementUnit='ms'",
            "",
        )
        .unwrap();
        assert_eq!(found.pixel_size, Some([0.25, 0.5]));
        assert_eq!(found.fps, Some(500.0));
        for unit in ["µm", "μm", "&#181;m", "&#xB5;m", "&#956;m"] {
            let size = format!(
                "PhysicalSizeX=\"2\" PhysicalSizeXUnit=\"{unit}\" PhysicalSizeY=\"3\" PhysicalSizeYUnit=\"{unit}\""
            );
            assert_eq!(
                image(&size, "").unwrap().pixel_size,
                Some([3.0, 2.0]),
                "{unit}"
            );
        }
        let found = image(
            "PhysicalSizeX=\"2\" PhysicalSizeXUnit=\"ell\" PhysicalSizeY=\"2\"",
            "",
        );
        let found = found.unwrap();
        assert_eq!((found.pixel_size, found.warnings.len()), (None, 1));
        let pixels = "PhysicalSizeX=\"1\" PhysicalSizeXUnit=\"pixel\" PhysicalSizeY=\"1\" PhysicalSizeYUnit=\"reference frame\"";
        let found = image(pixels, "").unwrap();
        assert_eq!((found.pixel_size, found.warnings.len()), (None, 0));
    }

    #[test]
    fn times_are_those_of_the_first_channel() {
        let planes = "<o:Plane TheT=\"1\" TheC=\"0\" TheZ=\"0\" DeltaT=\"20\" DeltaTUnit=\"ms\"/>\
                      <o:Plane TheT=\"0\" TheC=\"1\" TheZ=\"0\" DeltaT=\"7\"/>\
                      <o:Plane TheT=\"0\" TheC=\"0\" TheZ=\"0\" DeltaT=\"0.01\"/>\
                      <o:Plane TheT=\"3\" TheC=\"0\" TheZ=\"0\" DeltaT=\"5\"/>";
        assert_eq!(image("SizeT=\"4\"", planes).unwrap().times, [0.01, 0.02]);
    }

    #[test]
    fn blocks_say_where_planes_are() {
        let blocks = "<o:TiffData/><o:TiffData IFD=\"3\" FirstT=\"1\" FirstC=\"1\"/>\
                      <o:TiffData FirstZ=\"9\" PlaneCount=\"2\"><o:UUID FileName=\"b.tif\">urn:uuid:1</o:UUID></o:TiffData>";
        let found = image("DimensionOrder=\"XYTCZ\" SizeT=\"3\" SizeC=\"2\"", blocks).unwrap();
        assert_eq!(found.planes(), Some(6));
        assert_eq!(
            found.axes(),
            [
                (PageAxis::Slice, 1),
                (PageAxis::Channel, 2),
                (PageAxis::Time, 3)
            ]
        );
        let [all, one, other] = &found.blocks[..] else {
            panic!("{:?}", found.blocks)
        };
        assert_eq!(
            (all.page, all.count, found.first_plane(all)),
            (0, None, Some(0))
        );
        assert_eq!(
            (one.page, one.count, found.first_plane(one)),
            (3, Some(1), Some(4))
        );
        assert_eq!((other.count, found.first_plane(other)), (Some(2), None));
        assert_eq!(other.file.as_deref(), Some("b.tif"));
        assert_eq!(other.uuid.as_deref(), Some("urn:uuid:1"));
    }

    #[test]
    fn contradictions_are_errors() {
        for pixels in [
            "SizeT=\"0\"",
            "SizeT=\"many\"",
            "DimensionOrder=\"XYCCT\"",
            "SizeX=\"1\" SizeX=\"2\"",
        ] {
            assert!(image(pixels, "").is_err(), "{pixels}");
        }
        let samples = "<o:Channel SamplesPerPixel=\"3\"/>";
        assert!(image("SizeC=\"4\"", samples).is_err());
        let found = image("SizeC=\"6\"", samples).unwrap();
        assert_eq!((found.lens, found.samples), ([1, 2, 1], 3));
        assert!(Ome::parse("<OME><Image/></OME>").is_err());
        assert!(Ome::parse("<!DOCTYPE a [<!ENTITY b \"c\">]><OME/>").is_err());
    }
}
