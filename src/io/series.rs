//! Selection of one of several images of a file.

use std::path::Path;

use crate::bail;
use crate::error::{Error, Result};
use crate::task;

/// An image of a file that contains several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Series {
    /// By its index in the file, from 0.
    Index(usize),
    /// By its name.
    Name(String),
}

impl Series {
    /// Index of the requested image among the given names; without a request, the main image of the
    /// file, with a warning about the others.
    pub(super) fn choose(
        series: Option<&Self>,
        path: &Path,
        names: &[String],
        usual: usize,
    ) -> Result<usize> {
        let list = || {
            let label = |(index, name): (usize, &String)| match name.as_str() {
                "" => index.to_string(),
                name => format!("{index} {name:?}"),
            };
            super::listing::listing(names.iter().enumerate().map(label))
        };
        let path = path.display();
        match series {
            None => {
                if names.len() > 1 {
                    task::warn(&format!(
                        "`{path}` has {} images: loading {usual}, choose another with `series`{}",
                        names.len(),
                        list()
                    ));
                }
                Ok(usual)
            }
            Some(Self::Index(index)) if *index < names.len() => Ok(*index),
            Some(Self::Index(index)) => {
                let images = if names.len() == 1 { "image" } else { "images" };
                let error = Error::new(format!(
                    "`{path}` has {} {images}, no `series` {index}",
                    names.len()
                ));
                Err(error.hint(format!("image indices start at 0{}", list())))
            }
            Some(Self::Name(name)) => {
                let mut found = (0..names.len()).filter(|index| names[*index] == *name);
                match (found.next(), found.next()) {
                    (Some(index), None) => Ok(index),
                    (Some(_), Some(_)) => {
                        let error =
                            Error::new(format!("`{path}` has several images named {name:?}"));
                        Err(error.hint(format!("pass `series` as a number{}", list())))
                    }
                    (None, _) => {
                        let error = Error::new(format!("`{path}` has no image named {name:?}"));
                        Err(error.hint(format!("choose one{}", list())))
                    }
                }
            }
        }
    }

    /// An error if an image is requested from a file format that cannot contain several.
    pub(super) fn refuse(series: Option<&Self>, path: &Path, format: &str) -> Result<()> {
        if series.is_some() {
            bail!(
                "`{}` has no `series`: only TIFF files have one, and it holds {format} data",
                path.display()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_chosen_by_index_or_name() {
        let names = ["a", "b", "b"].map(String::from);
        let choose =
            |series: Option<Series>| Series::choose(series.as_ref(), Path::new("x.tif"), &names, 0);
        assert_eq!(choose(None).unwrap(), 0);
        assert_eq!(choose(Some(Series::Index(2))).unwrap(), 2);
        assert_eq!(choose(Some(Series::Name("a".into()))).unwrap(), 0);
        let error = choose(Some(Series::Index(3))).unwrap_err();
        assert_eq!(error.message(), "`x.tif` has 3 images, no `series` 3");
        assert!(choose(Some(Series::Name("b".into()))).is_err());
        let error = choose(Some(Series::Name("c".into()))).unwrap_err();
        assert_eq!(error.message(), "`x.tif` has no image named \"c\"");
        assert!(
            error.hints()[0].contains("it holds 0 \"a\", 1 \"b\""),
            "{:?}",
            error.hints()
        );
    }
}
