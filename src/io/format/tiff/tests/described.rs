//! Tests of OME-TIFF files, which describe their pages.

use std::path::PathBuf;

use super::unusual::add_directory;
use super::*;
use crate::io::{Series, corruption, load_image};

/// A tag with its type, its number of values, and the value or the offset of the values.
pub(super) type TestTag = (u16, u16, u32, u32);

/// A file that grows page by page; pages have 1×2 bytes.
pub(super) struct TestTiff {
    pub(super) bytes: Vec<u8>,
    link: usize,
}

impl TestTiff {
    /// A file with a header before its first page.
    pub(super) fn new(header: &[u8]) -> Self {
        Self {
            bytes: [b"II*\0\0\0\0\0", header].concat(),
            link: 4,
        }
    }

    /// Appends bytes and returns their offset.
    pub(super) fn put(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(2), 0);
        let at = self.bytes.len() as u32;
        self.bytes.extend(bytes);
        at
    }

    /// Adds a page with a description and other tags.
    pub(super) fn page(&mut self, samples: [u8; 2], text: &[u8], others: &[TestTag]) -> u32 {
        let at = self.put(&samples);
        let text_at = self.put(text);
        let mut tags = vec![
            (256, 4, 1, 2),
            (257, 4, 1, 1),
            (258, 4, 1, 8),
            (262, 4, 1, 1),
            (273, 4, 1, at),
            (279, 4, 1, 2),
        ];
        if !text.is_empty() {
            tags.push((270, 2, text.len() as u32, text_at));
        }
        tags.extend(others);
        tags.sort_unstable();
        self.directory(&tags)
    }

    pub(super) fn directory(&mut self, tags: &[TestTag]) -> u32 {
        self.put(&[]);
        let at = self.bytes.len() as u32;
        self.link = add_directory(&mut self.bytes, self.link, tags);
        at
    }

    /// A file of pages whose samples are 0 and 0, 1 and 1, …, the first with a description.
    pub(super) fn counting(pages: u8, text: &str) -> Vec<u8> {
        Self::counting_from(0, pages, text)
    }

    pub(super) fn counting_from(first: u8, pages: u8, text: &str) -> Vec<u8> {
        let mut file = Self::new(&[]);
        for page in first..first + pages {
            let text = if page == first { text } else { "" };
            file.page([page, page], text.as_bytes(), &[]);
        }
        file.bytes
    }
}

/// An OME-TIFF description.
fn ome(attributes: &str, images: &[(&str, &str)]) -> String {
    let image = |(pixels, parts): &(&str, &str)| {
        format!(
            "<Image ID=\"Image:0\" Name=\"{}\"><Pixels {pixels}>{parts}</Pixels></Image>",
            pixels.len()
        )
    };
    let images: String = images.iter().map(image).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" {attributes}>{images}</OME>"
    )
}

/// The shape and the first sample of each page, with channels apart.
pub(super) fn firsts(video: &Video) -> (Vec<usize>, Vec<f64>) {
    let channels = video.shape().get(3).copied().unwrap_or(1);
    let values = values(video);
    let frames = values.chunks(2 * channels);
    let firsts = frames.flat_map(|frame| frame[..channels].to_vec());
    (video.shape().to_vec(), firsts.collect())
}

/// A folder with files, the first of which is loaded.
pub(super) fn load_first(
    files: &[(&str, Vec<u8>)],
    options: &LoadOptions,
) -> crate::error::Result<Video> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    load_video(&paths[0], &FrameSelection::ALL, options)
}

pub(super) fn series(series: Series) -> LoadOptions {
    LoadOptions {
        series: Some(series),
        ..LoadOptions::default()
    }
}

#[test]
fn ome_says_which_page_is_which_plane() {
    let cases = [
        (
            "SizeT=\"4\"",
            "<TiffData/>",
            vec![4, 1, 2],
            vec![0, 1, 2, 3],
        ),
        (
            "SizeT=\"4\"",
            "<TiffData FirstT=\"0\" IFD=\"3\"/><TiffData FirstT=\"1\" IFD=\"0\" PlaneCount=\"3\"/>",
            vec![4, 1, 2],
            vec![3, 0, 1, 2],
        ),
        (
            "DimensionOrder=\"XYCZT\" SizeC=\"2\" SizeT=\"2\"",
            "<TiffData IFD=\"0\" PlaneCount=\"4\"/>",
            vec![2, 1, 2, 2],
            vec![0, 1, 2, 3],
        ),
        (
            "DimensionOrder=\"XYTCZ\" SizeC=\"2\" SizeT=\"2\"",
            "<TiffData/>",
            vec![2, 1, 2, 2],
            vec![0, 2, 1, 3],
        ),
        (
            "DimensionOrder=\"XYTZC\" SizeZ=\"2\" SizeT=\"2\"",
            "<TiffData/>",
            vec![4, 1, 2],
            vec![0, 2, 1, 3],
        ),
        // A missing plane gets the fill value, those after it are kept.
        (
            "SizeT=\"5\"",
            "<TiffData FirstT=\"0\" IFD=\"1\"/><TiffData FirstT=\"2\" IFD=\"2\" PlaneCount=\"2\"/>",
            vec![5, 1, 2],
            vec![1, 0, 2, 3, 0],
        ),
    ];
    for (pixels, blocks, shape, expected) in cases {
        let bytes = TestTiff::counting(4, &ome("", &[(pixels, blocks)]));
        let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
        let loaded = load(&bytes).unwrap();
        assert_eq!(firsts(&loaded), (shape, expected), "{pixels} {blocks}");
        corruption::check(&bytes, 60, "ome.tif");
    }
}

#[test]
fn channels_of_described_files_map_where_they_are_evenly_spaced() {
    for axes in ["XYCZT", "XYTCZ"] {
        let pixels = format!("DimensionOrder=\"{axes}\" SizeC=\"2\" SizeT=\"3\"");
        let description = ome("", &[(&pixels, "<TiffData/>")]);
        // With consecutive pages before all directories.
        let mut file = TestTiff::new(&[]);
        let samples = file.put(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        let text = file.put(description.as_bytes());
        for page in 0..6 {
            file.directory(&[
                (256, 4, 1, 2),
                (257, 4, 1, 1),
                (258, 4, 1, 8),
                (262, 4, 1, 1),
                (270, 2, description.len() as u32, text),
                (273, 4, 1, samples + 2 * page),
                (279, 4, 1, 2),
            ]);
        }
        with_file(&file.bytes, |path| {
            let load = |options| load_video(path, &FrameSelection::ALL, &options).unwrap();
            let (loaded, mapped) = (
                load(LoadOptions::default()),
                load(LoadOptions::mapped(true)),
            );
            assert!(mapped.is_mmap());
            assert_eq!(loaded.shape(), [3, 1, 2, 2]);
            assert_eq!(values(&mapped), values(&loaded));
            let second = if axes == "XYCZT" {
                [4.0, 6.0]
            } else {
                [2.0, 8.0]
            };
            assert_eq!(values(&loaded)[4..6], second);
        });
    }
}

#[test]
fn a_file_can_have_several_images() {
    let one = ("SizeT=\"2\"", "<TiffData IFD=\"0\" PlaneCount=\"2\"/>");
    let other = (
        "SizeT=\"3\" TimeIncrement=\"2\" TimeIncrementUnit=\"ms\"",
        "<TiffData IFD=\"2\" PlaneCount=\"3\"/>",
    );
    let bytes = TestTiff::counting(5, &ome("", &[one, other]));
    let name = other.0.len().to_string();
    let load = |options: &LoadOptions| load_first(&[("a.ome.tif", bytes.clone())], options);
    let first = load(&LoadOptions::default()).unwrap();
    assert_eq!(firsts(&first), (vec![2, 1, 2], vec![0.0, 1.0]));
    for chosen in [Series::Index(1), Series::Name(name)] {
        let second = load(&series(chosen)).unwrap();
        assert_eq!(firsts(&second), (vec![3, 1, 2], vec![2.0, 3.0, 4.0]));
        assert_eq!(second.metadata().fps, Some(500.0));
    }
    for wrong in [Series::Index(2), Series::Name("x".into())] {
        assert!(load(&series(wrong)).is_err());
    }
    let plain = TestTiff::counting(2, "");
    assert!(load_first(&[("a.tif", plain.clone())], &series(Series::Index(0))).is_ok());
    let error = load_first(&[("a.tif", plain)], &series(Series::Index(1))).unwrap_err();
    assert!(
        error.message().ends_with("has 1 image, no `series` 1"),
        "{error}"
    );
}

/// A block of one plane in a named file.
fn block(time: usize, page: usize, file: &str, uuid: &str) -> String {
    format!(
        "<TiffData FirstT=\"{time}\" IFD=\"{page}\" PlaneCount=\"1\">\
         <UUID FileName=\"{file}\">{uuid}</UUID></TiffData>"
    )
}

#[test]
fn planes_can_be_in_other_files() {
    let blocks = [
        block(0, 1, "a.ome.tif", "urn:uuid:a"),
        block(1, 0, "b.ome.tif", "urn:uuid:b"),
        block(2, 1, "b.ome.tif", "urn:uuid:b"),
        block(3, 0, "a.ome.tif", "urn:uuid:a"),
    ]
    .concat();
    let description = ome("UUID=\"urn:uuid:a\"", &[("SizeT=\"4\"", &blocks)]);
    let a = ("a.ome.tif", TestTiff::counting(2, &description));
    let b = ("b.ome.tif", TestTiff::counting_from(5, 2, ""));
    let load = |files: &[(&str, Vec<u8>)]| load_first(files, &LoadOptions::default());
    let all = load(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(firsts(&all), (vec![4, 1, 2], vec![1.0, 5.0, 6.0, 0.0]));
    let without = load(std::slice::from_ref(&a)).unwrap();
    assert_eq!(firsts(&without), (vec![4, 1, 2], vec![1.0, 0.0, 0.0, 0.0]));
    // A renamed file is recognized by its own name in the description.
    let renamed = load(&[("c.ome.tif", a.1.clone()), b.clone()]).unwrap();
    assert_eq!(firsts(&renamed).1, [1.0, 5.0, 6.0, 0.0]);
    // An image in a folder of images is loaded by itself.
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [&a, &b] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let error = load_image(&folder.path().join("a.ome.tif")).unwrap_err();
    assert!(
        error
            .message()
            .ends_with("has 2 pages, but an image has one"),
        "{error}"
    );
}

#[test]
fn of_a_set_of_images_a_file_is_its_own() {
    let images = ["a", "b"].map(|name| block(0, 0, &format!("{name}.tif"), name));
    let pixels = "SizeT=\"1\"";
    let text = |name: &str| {
        let images = [(pixels, images[0].as_str()), (pixels, &images[1])];
        ome(&format!("UUID=\"{name}\""), &images)
    };
    let files = [
        ("b.tif", TestTiff::counting_from(2, 1, &text("b"))),
        ("a.tif", TestTiff::counting_from(1, 1, &text("a"))),
    ];
    let own = load_first(&files, &LoadOptions::default()).unwrap();
    assert_eq!(firsts(&own).1, [2.0]);
    let other = load_first(&files, &series(Series::Index(0))).unwrap();
    assert_eq!(firsts(&other).1, [1.0]);
}

#[test]
fn a_companion_can_have_the_description() {
    let blocks = [
        block(0, 0, "b.ome.tif", "urn:uuid:b"),
        block(1, 0, "a.ome.tif", "urn:uuid:a"),
    ]
    .concat();
    let companion = ome("", &[("SizeT=\"2\" TimeIncrement=\"0.5\"", &blocks)]);
    let only = |name| {
        format!(
            "<OME UUID=\"urn:uuid:{name}\"><BinaryOnly MetadataFile=\"x.companion.ome\" UUID=\"urn:uuid:x\"/></OME>"
        )
    };
    let files = [
        ("a.ome.tif", TestTiff::counting_from(1, 1, &only("a"))),
        ("b.ome.tif", TestTiff::counting_from(2, 1, &only("b"))),
        ("x.companion.ome", companion.into_bytes()),
    ];
    let video = load_first(&files, &LoadOptions::default()).unwrap();
    assert_eq!(firsts(&video), (vec![2, 1, 2], vec![2.0, 1.0]));
    assert_eq!(video.metadata().fps, Some(2.0));
    // Without it the pages are loaded as they are.
    let alone = load_first(&files[..1], &LoadOptions::default()).unwrap();
    assert_eq!(firsts(&alone), (vec![1, 1, 2], vec![1.0]));
}

#[test]
fn names_of_other_files_do_not_lead_out_of_the_folder() {
    let secret = TestTiff::counting_from(7, 1, "");
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("in");
    std::fs::create_dir(&inner).unwrap();
    let outside = folder.path().join("secret.tif");
    std::fs::write(&outside, &secret).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, inner.join("link.tif")).unwrap();
    let absolute = outside.to_str().unwrap();
    let names = ["../secret.tif", absolute, "link.tif"];
    // Elsewhere links take a privilege.
    for name in &names[..if cfg!(unix) { 3 } else { 2 }] {
        let blocks = [block(0, 0, "a.tif", ""), block(1, 0, name, "urn:uuid:x")].concat();
        let path = inner.join("a.tif");
        let description = ome("", &[("SizeT=\"2\"", &blocks)]);
        std::fs::write(&path, TestTiff::counting(1, &description)).unwrap();
        let loaded = load_video(&path, &FrameSelection::ALL, &LoadOptions::default());
        let error = loaded.unwrap_err();
        assert!(error.message().contains("folder"), "{name}: {error}");
    }
}

#[test]
fn descriptions_that_cannot_be_true_do_not_hide_pages() {
    let texts = [
        "<OME><Image>",
        "<?xml version=\"1.0\"?><!DOCTYPE OME [<!ENTITY a \"b\">]><OME/>",
        "<OME xmlns=\"x\"><Image><Pixels SizeT=\"0\"/></Image></OME>",
        "<OME/>",
        "<OME><Image><Pixels SizeT=\"2\"><TiffData IFD=\"9\"/></Pixels></Image></OME>",
    ];
    for text in texts {
        let video = load(&TestTiff::counting(3, text)).unwrap();
        assert_eq!(
            firsts(&video),
            (vec![3, 1, 2], vec![0.0, 1.0, 2.0]),
            "{text}"
        );
    }
    for size in ["99999999999", "18446744073709551615"] {
        let pixels = format!("SizeT=\"{size}\" SizeC=\"4\"");
        let error = load(&TestTiff::counting(
            3,
            &ome("", &[(&pixels, "<TiffData/>")]),
        ))
        .unwrap_err();
        assert!(error.message().contains("more planes"), "{error}");
    }
}

#[test]
fn frames_of_a_described_file_cut_short_are_whole() {
    let description = ome("", &[("SizeC=\"2\" SizeT=\"3\"", "<TiffData/>")]);
    let bytes = TestTiff::counting(6, &description);
    let cut = load(&bytes[..bytes.len() - 60]).unwrap();
    assert_eq!(firsts(&cut), (vec![2, 1, 2, 2], vec![0.0, 1.0, 2.0, 3.0]));
}
