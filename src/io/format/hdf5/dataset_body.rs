//! What a dataset is stored as: the parts of its header that are needed to read samples.

use std::sync::Arc;

use super::cursor::corrupted;
use super::datatype::Datatype;
use super::file::Hdf5File;
use super::filters::{self, ChunkFilter};
use super::header::{Message, kind};
use super::layout::{self, DataLayout, Dataspace, Piece};
use super::recode::Recode;
use crate::error::Result;
use crate::io::bytes::samples::Encoding;

/// Data needed to read samples.
pub(super) struct DatasetBody {
    pub(super) file: Arc<Hdf5File>,
    /// Address of the header.
    pub(super) address: u64,
    pub(super) space: Dataspace,
    pub(super) datatype: Datatype,
    pub(super) recode: Option<Recode>,
    pub(super) layout: DataLayout,
    pub(super) filters: Vec<ChunkFilter>,
    /// Bytes of the fill value, if it is not zero.
    pub(super) fill: Option<Vec<u8>>,
    /// Sections of external files that contain the samples.
    pub(super) pieces: Vec<Piece>,
}

impl DatasetBody {
    /// From the messages of an object.
    pub(super) fn new(file: &Arc<Hdf5File>, address: u64, messages: &[Message]) -> Result<Self> {
        let find = |kind| messages.iter().find(|message| message.kind == kind);
        let need = |kind, what: &str| {
            let message = find(kind).ok_or_else(|| corrupted(what))?;
            message.body()
        };
        let space = need(kind::DATASPACE, "its axes are missing")?;
        let datatype = need(kind::DATATYPE, "its type is missing")?;
        let datatype = Datatype::read(&mut file.cursor(datatype))?;
        let layout = need(kind::LAYOUT, "its layout is missing")?;
        let filters = match find(kind::FILTERS) {
            Some(message) => filters::read(file.cursor(message.body()?), datatype.size)?,
            None => Vec::new(),
        };
        let fill = match (find(kind::FILL), find(kind::OLD_FILL)) {
            (Some(new), _) => layout::fill(file.cursor(new.body()?), false)?,
            (None, Some(old)) => layout::fill(file.cursor(old.body()?), true)?,
            (None, None) => None,
        };
        let pieces = match find(kind::EXTERNAL_FILES) {
            Some(message) => layout::pieces(file, file.cursor(message.body()?))?,
            None => Vec::new(),
        };
        let recode = datatype.encoding().ok().and_then(|(_, recode)| recode);
        Ok(Self {
            file: file.clone(),
            address,
            space: layout::space(file.cursor(space))?,
            recode,
            layout: layout::layout(file.cursor(layout))?,
            filters,
            fill: fill.filter(|fill| fill.len() == datatype.size),
            pieces,
            datatype,
        })
    }

    /// Reads elements and converts them to samples.
    pub(super) fn decode(
        &self,
        out: &mut [u8],
        bytes: usize,
        read: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let Some(recode) = &self.recode else {
            return read(out);
        };
        let mut elements = vec![0; bytes];
        read(&mut elements)?;
        recode.apply(&elements, out);
        Ok(())
    }

    /// The fill value of the samples.
    pub(super) fn fill_value(&self, stored: Encoding) -> Vec<u8> {
        let Some(fill) = &self.fill else {
            return Vec::new();
        };
        let mut fill_value = fill.clone();
        if let Some(recode) = &self.recode {
            fill_value = vec![0; stored.size()];
            recode.apply(fill, &mut fill_value);
        }
        fill_value
    }
}
