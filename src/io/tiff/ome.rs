//! What OME-TIFF and ImageJ say about the axes of a stack: the order of its pages and their scale.

use super::description::Description;

/// The most channels that ImageJ shows together.
const MAX_CHANNELS: usize = 7;

/// How the pages of a stack with channels follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Order {
    /// The number of frames.
    pub(super) frames: usize,
    /// The number of channels of a frame, each a page.
    pub(super) channels: usize,
    /// Whether the channels of a frame follow each other, else the frames of a channel do.
    pub(super) channel_is_fast: bool,
}

impl Order {
    /// The page of a frame's channel.
    pub(super) fn page(&self, frame: usize, channel: usize) -> usize {
        if self.channel_is_fast {
            frame * self.channels + channel
        } else {
            channel * self.frames + frame
        }
    }
}

impl Description {
    /// The order of a number of pages, if they are the channels of frames.
    pub(super) fn order(&self, pages: usize) -> Option<Order> {
        let size = |imagej, ome| {
            let text = self.imagej(imagej).or_else(|| self.ome(ome));
            text.map_or(Some(1), |text| text.parse::<usize>().ok())
        };
        let channels = size("channels", "SizeC")?;
        let (slices, times) = (size("slices", "SizeZ")?, size("frames", "SizeT")?);
        let frames = slices.checked_mul(times)?;
        // Writers that know nothing of the axes call frames channels.
        let are_channels = (2..=MAX_CHANNELS).contains(&channels) && frames > 1;
        if !are_channels || frames.checked_mul(channels) != Some(pages) {
            return None;
        }
        // The axes from that of neighbouring pages on, without those of one place.
        let axes = self
            .ome("DimensionOrder")
            .map_or("CZT", |axes| axes.trim_start_matches("XY"));
        let axes: String = axes
            .chars()
            .filter(|axis| !matches!((axis, slices, times), ('Z', 1, _) | ('T', _, 1)))
            .collect();
        let channel_is_fast = axes.starts_with('C');
        (channel_is_fast || axes.ends_with('C')).then_some(Order {
            frames,
            channels,
            channel_is_fast,
        })
    }

    /// Frames per second as OME-TIFF has them.
    pub(super) fn ome_fps(&self) -> Option<f64> {
        let period: f64 = self.ome("TimeIncrement")?.parse().ok()?;
        let unit = match self.ome("TimeIncrementUnit").unwrap_or("s") {
            "s" => 1.0,
            "ms" => 1e-3,
            "µs" | "us" | "&#181;s" => 1e-6,
            "min" => 60.0,
            _ => return None,
        };
        Some(1.0 / (period * unit))
    }

    /// Height and width of a pixel in µm as OME-TIFF has them.
    pub(super) fn ome_pixel_size(&self) -> Option<[f64; 2]> {
        let size = [self.length("PhysicalSizeY")?, self.length("PhysicalSizeX")?];
        let is_size = |size: &f64| size.is_finite() && *size > 0.0;
        size.iter().all(is_size).then_some(size)
    }

    fn length(&self, key: &str) -> Option<f64> {
        let length: f64 = self.ome(key)?.parse().ok()?;
        let unit = match self.ome(&format!("{key}Unit")).unwrap_or("µm") {
            "µm" | "um" | "&#181;m" | "&#xB5;m" => 1.0,
            "nm" => 1e-3,
            "mm" => 1e3,
            _ => return None,
        };
        Some(length * unit)
    }

    /// Whether OME-TIFF or ImageJ say what the pages are.
    pub(super) fn tells_of_pages(&self) -> bool {
        self.ome("DimensionOrder").is_some() || self.imagej("images").is_some()
    }

    /// An attribute of the pixels in OME's description.
    fn ome(&self, key: &str) -> Option<&str> {
        let (_, tag) = self.text().split_once("Pixels ")?;
        let tag = tag.split('>').next()?;
        let (_, value) = tag.split_once(&format!(" {key}=\"")).or_else(|| {
            let first = format!("{key}=\"");
            tag.starts_with(&first).then(|| ("", &tag[first.len()..]))
        })?;
        value.split('"').next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_found_in_either_order() {
        let order = |text: &str, pages| {
            let order = Description::of(text).order(pages)?;
            Some((order.frames, order.channels, order.channel_is_fast))
        };
        assert_eq!(
            order("ImageJ=1\nchannels=2\nframes=5\n", 10),
            Some((5, 2, true))
        );
        assert_eq!(order("ImageJ=1\nchannels=2\nframes=5\n", 9), None);
        assert_eq!(order("ImageJ=1\nframes=5\n", 5), None);
        assert_eq!(order("ImageJ=1\nchannels=5\n", 5), None);
        assert_eq!(order("ImageJ=1\nchannels=8\nslices=2\n", 16), None);
        let ome = |axes, z, t| {
            format!(
                "<OME><Image><Pixels DimensionOrder=\"{axes}\" SizeC=\"2\" SizeT=\"{t}\" SizeZ=\"{z}\"/>"
            )
        };
        assert_eq!(order(&ome("XYCZT", 1, 3), 6), Some((3, 2, true)));
        assert_eq!(order(&ome("XYTCZ", 1, 3), 6), Some((3, 2, false)));
        assert_eq!(order(&ome("XYZCT", 1, 3), 6), Some((3, 2, true)));
        assert_eq!(order(&ome("XYZCT", 2, 3), 12), None);
        let slow = Order {
            frames: 3,
            channels: 2,
            channel_is_fast: false,
        };
        assert_eq!((slow.page(1, 0), slow.page(1, 1)), (1, 4));
    }

    #[test]
    fn scales_have_units() {
        let ome = Description::of(
            "<OME:Pixels PhysicalSizeX=\"500\" PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"0.25\" \
             TimeIncrement=\"2\" TimeIncrementUnit=\"ms\">",
        );
        assert_eq!(ome.ome_pixel_size(), Some([0.25, 0.5]));
        assert_eq!(ome.ome_fps(), Some(500.0));
        assert_eq!(Description::of("").ome_pixel_size(), None);
    }
}
