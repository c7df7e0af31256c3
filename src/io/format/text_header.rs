//! Text headers of camera recordings: named values in a file next to the frames.

use std::path::Path;

use crate::bail;
use crate::error::{Error, Result};
use crate::io::bytes::samples::SharedFile;
use crate::video::Metadata;

/// Maximum length of a header.
const MAX_LEN: usize = 1 << 20;

/// Named values of a header, in their order.
#[derive(Debug, Default, PartialEq)]
pub(in crate::io) struct TextHeader {
    fields: Vec<(String, String)>,
}

impl TextHeader {
    /// Reads a header file; `parse` finds the named values in its text. An error if there are none:
    /// the file is not a header of `format`.
    pub(in crate::io) fn open<H: AsRef<Self>>(
        path: &Path,
        format: &str,
        parse: impl FnOnce(&str) -> H,
    ) -> Result<H> {
        let text = SharedFile::open(path)?.start(MAX_LEN)?;
        let header = parse(&String::from_utf8_lossy(&text));
        if header.as_ref().fields.is_empty() {
            bail!(
                "`{}` is not the header of a {format} recording",
                path.display()
            );
        }
        Ok(header)
    }

    /// Adds a value; blanks around it and its name are ignored.
    pub(in crate::io) fn add(&mut self, name: &str, value: &str) {
        let field = (name.trim().to_owned(), value.trim().to_owned());
        self.fields.push(field);
    }

    /// The first value of a name.
    pub(in crate::io) fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The value of a name as an integer, if there is one; an error if it is something else.
    pub(in crate::io) fn number(&self, name: &str) -> Result<Option<usize>> {
        let Some(text) = self.field(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => bail!("its header has `{name}` = `{text}`, which is not an integer"),
        }
    }

    /// The value of a name that must be there.
    pub(in crate::io) fn required(&self, name: &str) -> Result<usize> {
        let number = self.number(name)?;
        number.ok_or_else(|| Error::new(format!("its header has no `{name}`")))
    }

    /// Adds all values to the metadata of a recording.
    pub(in crate::io) fn copy_to(&self, metadata: &mut Metadata) {
        for (name, value) in &self.fields {
            metadata.set(name, value.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_name_counts() {
        let mut header = TextHeader::default();
        for (name, value) in [(" x ", " 4 "), ("x", "5"), ("y", "wide")] {
            header.add(name, value);
        }
        assert_eq!(header.field("x"), Some("4"));
        assert_eq!(header.required("x"), Ok(4));
        assert_eq!(header.number("z"), Ok(None));
        let message = |name| header.required(name).unwrap_err().message().to_owned();
        assert_eq!(
            message("y"),
            "its header has `y` = `wide`, which is not an integer"
        );
        assert_eq!(message("z"), "its header has no `z`");
    }
}
