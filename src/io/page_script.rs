//! The script that made a page, in SVG files as their metadata and in PDF files as XMP metadata
//! (ISO 16684-1): how it is written, and where it is found again.

use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::recording::extension_of;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::history;

const SVG_BEGIN: &str = "<metadata>\n";
const SVG_END: &str = "</metadata>";

/// Beginning and end of an XMP packet, around the property with the script.
const XMP_BEGIN: &str = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
     <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n\
     <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
     <rdf:Description rdf:about=\"\" xmlns:optimap=\"urn:optimap\">\n\
     <optimap:history>";
const XMP_END: &str = "</optimap:history>\n</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n\
     <?xpacket end=\"r\"?>";
const PROPERTY_BEGIN: &str = "<optimap:history>";
const PROPERTY_END: &str = "</optimap:history>";

/// An SVG file with a script.
pub fn svg_with_script(mut svg: String, script: &str) -> String {
    const END: &str = "</svg>\n";
    if svg.ends_with(END) {
        svg.truncate(svg.len() - END.len());
        svg += &format!("{SVG_BEGIN}{}{SVG_END}\n{END}", escaped(script));
    }
    svg
}

/// XMP metadata with a script, for a PDF file.
pub fn xmp_with_script(script: &str) -> String {
    format!("{XMP_BEGIN}{}{XMP_END}", escaped(script))
}

/// Whether a file is a page: a file that holds shapes rather than samples.
fn is_page(path: &Path) -> bool {
    matches!(extension_of(path).as_deref(), Some("svg" | "pdf"))
}

/// The script that made a page; `None` for files of other kinds.
pub(super) fn script_of_page(path: &Path) -> Result<Option<Arc<str>>> {
    if !is_page(path) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = files::open(path)?.read_to_end(&mut bytes);
    read.map_err(|e| Error::io("read", path, &e))?;
    let range = script_range(&bytes);
    let script = range.and_then(|range| std::str::from_utf8(&bytes[range]).ok());
    Ok(script.map(|script| plain(script).into()))
}

/// Bytes of a page that depend on the script in it: in a PDF file all from the last object on, as
/// the table of objects at its end follows.
pub fn range_of_script(page: &[u8]) -> Option<Range<usize>> {
    let script = script_range(page)?;
    match page.starts_with(b"%PDF") {
        true => Some(last(&page[..script.start], b"endobj")?..page.len()),
        false => Some(script),
    }
}

/// Where the script is in a page.
fn script_range(page: &[u8]) -> Option<Range<usize>> {
    let (begin, end) = match page.starts_with(b"%PDF") {
        true => (PROPERTY_BEGIN, PROPERTY_END),
        false => (SVG_BEGIN, SVG_END),
    };
    let start = last(page, begin.as_bytes())? + begin.len();
    let len = first(&page[start..], end.as_bytes())?;
    let is_script = page[start..].starts_with(history::BEGINNING.as_bytes());
    is_script.then_some(start..start + len)
}

fn first(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn last(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).rposition(|window| window == part)
}

/// A text for XML, without the characters that it cannot hold.
fn escaped(text: &str) -> String {
    let is_held = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || is_no_character(*c));
    let text: String = text.chars().filter(is_held).collect();
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

fn is_no_character(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "// optimap 1\nlet a = \"<b> & 'c' ΔF\";\n";

    #[test]
    fn scripts_of_pages_are_what_was_written() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\">\n</svg>\n";
        let svg = svg_with_script(svg.into(), &format!("{SCRIPT}\u{1}"));
        roxmltree::Document::parse(&svg).unwrap();
        let range = range_of_script(svg.as_bytes()).unwrap();
        assert_eq!(plain(&svg[range]), SCRIPT);
        let xmp = xmp_with_script(SCRIPT);
        roxmltree::Document::parse(xmp.trim_start_matches('\u{feff}')).unwrap();
        let pdf = format!("%PDF-1.7\n1 0 obj\nendobj\n2 0 obj\n{xmp}\nendobj\nxref");
        let range = script_range(pdf.as_bytes()).unwrap();
        assert_eq!(plain(&pdf[range]), SCRIPT);
        let rest = range_of_script(pdf.as_bytes()).unwrap();
        assert_eq!(&pdf[..rest.start], "%PDF-1.7\n1 0 obj\n");
        assert_eq!(rest.end, pdf.len());
    }

    #[test]
    fn metadata_of_other_programs_is_no_script() {
        for page in ["<svg><metadata>\nx</metadata></svg>", "%PDF-1.7 endobj", ""] {
            assert_eq!(range_of_script(page.as_bytes()), None);
        }
    }
}
