//! Detection of a movie's container from its content, and the input options of ffmpeg.
//!
//! ffmpeg would also follow files that are not movies but lists of other files or addresses:
//! playlists (HLS, DASH, ffconcat), session descriptions, name patterns. Therefore it is told which
//! container to expect, and files of any other type are not passed to it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::bail;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::io::bytes::samples::SharedFile;

/// Number of bytes of a file that are examined.
const BEGINNING: usize = 1 << 16;

/// Packet sizes of MPEG transport streams: plain, with a timecode, with a checksum.
const PACKETS: [usize; 3] = [188, 192, 204];

/// Number of consecutive packets required, if the file is long enough.
const MANY: usize = 8;

/// ffmpeg's name of MP4 and QuickTime.
pub(super) const QUICKTIME: &str = "mov";

/// Signatures of containers, with their offsets and ffmpeg's names.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (4, b"ftyp", QUICKTIME),
    (4, b"moov", QUICKTIME),
    (4, b"mdat", QUICKTIME),
    (4, b"wide", QUICKTIME),
    (4, b"free", QUICKTIME),
    (4, b"skip", QUICKTIME),
    (4, b"pnot", QUICKTIME),
    (0, b"\x1A\x45\xDF\xA3", "matroska"),
    (8, b"AVI ", "avi"),
    (8, b"AVIX", "avi"),
    (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "asf"),
    (0, b"FLV", "flv"),
    (0, b"OggS", "ogg"),
    (0, b"YUV4MPEG2", "yuv4mpegpipe"),
    (0, b"\x00\x00\x01\xBA", "mpeg"),
    (0, b"\x00\x00\x01\xE0", "mpeg"),
    (0, b"\x00\x00\x01\xB3", "mpegvideo"),
    (0, b"\x00\x00\x01\xB0", "m4v"),
    (0, b"nut/multimedia container\0", "nut"),
    (0, b"DKIF", "ivf"),
    (0, b".RMF", "rm"),
    (0, b"\x1F\x07\x00", "dv"),
];

/// Key of the first part of an MXF file, which may be preceded by other data.
const MXF: &[u8] = b"\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02\x01\x01\x02";

/// ffmpeg's name of a movie's container.
pub(super) fn demuxer(path: &Path) -> Result<&'static str> {
    let beginning = SharedFile::open(path)?.start(BEGINNING)?;
    match demuxer_of(&beginning) {
        Some(demuxer) => Ok(demuxer),
        None if is_playlist(&beginning) => Err(Error::new(
            "it is not a movie, but a list of other files or addresses",
        )
        .hint("load the files that it lists one by one")),
        None => bail!("its contents match no known movie format"),
    }
}

fn demuxer_of(bytes: &[u8]) -> Option<&'static str> {
    let begins =
        |at: usize, part: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(part));
    let signature = SIGNATURES.iter().find(|(at, part, _)| begins(*at, part));
    if let Some((_, _, demuxer)) = signature {
        return Some(demuxer);
    }
    if bytes.windows(MXF.len()).any(|window| window == MXF) {
        return Some("mxf");
    }
    is_transport_stream(bytes).then_some("mpegts")
}

/// Whether the bytes are consecutive packets that each start with 0x47; the first may be truncated.
fn is_transport_stream(bytes: &[u8]) -> bool {
    let follow = |size: usize, start: usize| {
        let heads = bytes[start..].iter().step_by(size).take(MANY);
        heads.clone().count() >= 2 && heads.into_iter().all(|head| *head == 0x47)
    };
    let starts = |size: usize| 0..size.min(bytes.len());
    PACKETS
        .iter()
        .any(|&size| starts(size).any(|start| follow(size, start)))
        && bytes.len() >= MANY.min(3) * PACKETS[0]
}

/// Whether a text is one of the playlists that ffmpeg supports.
fn is_playlist(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    ["#EXTM3U", "ffconcat", "v=0", "<?xml", "<MPD", "[playlist]"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// Adds input options such that ffmpeg or ffprobe reads a movie as the given container only. In the
/// sandbox it gets the open file, because the name could lead elsewhere by then.
pub(super) fn add_input(command: &mut Command, path: &Path, demuxer: &str) -> Result<()> {
    command.args(["-protocol_whitelist", "file", "-f", demuxer, "-i"]);
    command.stdin(Stdio::null());
    let file = files::open(path)?;
    if cfg!(target_os = "linux") && files::sandbox().is_some() {
        command.arg("/proc/self/fd/0").stdin(file);
    } else {
        command.arg(files::absolute(path));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_by_their_content() {
        assert_eq!(demuxer_of(b"\0\0\0\x20ftypisom"), Some("mov"));
        assert_eq!(demuxer_of(b"RIFF\x10\0\0\0AVI LIST"), Some("avi"));
        for (size, start) in [(188, 0), (188, 100), (192, 4), (204, 0)] {
            let mut stream = vec![0x40; 4000];
            stream[start..]
                .iter_mut()
                .step_by(size)
                .for_each(|byte| *byte = 0x47);
            assert_eq!(demuxer_of(&stream), Some("mpegts"), "{size} from {start}");
        }
        let late = [b"run-in".as_slice(), MXF].concat();
        assert_eq!(demuxer_of(&late), Some("mxf"));
        for other in [
            &b"#EXTM3U\n"[..],
            b"ffconcat version 1.0",
            b"GGGG",
            b"",
            b"v=0",
        ] {
            assert_eq!(demuxer_of(other), None);
        }
    }

    #[test]
    fn lists_are_told_from_other_texts() {
        for list in [
            "#EXTM3U\n/etc/x",
            "\u{feff}ffconcat version 1.0",
            "v=0\n",
            "<?xml ?><MPD/>",
        ] {
            assert!(is_playlist(list.as_bytes()), "{list}");
        }
        assert!(!is_playlist(b"some text") && !is_playlist(b""));
    }
}
