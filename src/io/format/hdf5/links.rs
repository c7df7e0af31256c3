//! The links of a group, in the old and the new style.

use super::btree1;
use super::btree2;
use super::cursor::{Cursor, corrupted};
use super::file::Hdf5File;
use super::header::{Message, kind};
use super::heap::{FractalHeap, LocalHeap};
use crate::error::{Error, Result};

/// Maximum number of links of a group that are read.
const MAX_LINKS: usize = 100_000;

/// A name in a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) target: LinkTarget,
    /// Creation order, if it was stored.
    order: Option<u64>,
}

/// Target of a link.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LinkTarget {
    /// Hard link: the address of the object's header.
    Object(u64),
    /// Soft link: a path.
    Path(String),
    /// External link: a path in another file.
    External { file: String, path: String },
    /// User-defined link, known only to the program that wrote it.
    Unknown,
}

/// The links of a group, and why others could not be read.
#[derive(Default)]
pub(super) struct Links {
    pub(super) all: Vec<Link>,
    pub(super) failure: Option<Error>,
}

impl Links {
    pub(super) fn find(&self, name: &str) -> Option<&Link> {
        self.all.iter().find(|link| link.name == name)
    }

    /// Records a failure and continues.
    fn note(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }

    fn push(&mut self, link: Link) -> Result<()> {
        if self.all.len() == MAX_LINKS {
            return Err(corrupted("a group has too many links"));
        }
        self.all.push(link);
        Ok(())
    }
}

/// Whether an object with these messages is a group.
pub(super) fn is_group(messages: &[Message]) -> bool {
    let kinds = [kind::SYMBOL_TABLE, kind::LINK_INFO, kind::LINK];
    messages.iter().any(|message| kinds.contains(&message.kind))
}

/// The links of a group, in creation order if the file stores it, otherwise by name.
pub(super) fn of(file: &Hdf5File, messages: &[Message]) -> Links {
    let mut links = Links::default();
    for message in messages {
        let result = message.body().and_then(|body| {
            let cursor = file.cursor(body);
            match message.kind {
                kind::LINK => links.push(link(cursor)?),
                kind::SYMBOL_TABLE => read_table(file, cursor, &mut links),
                kind::LINK_INFO => read_dense(file, cursor, &mut links),
                _ => Ok(()),
            }
        });
        links.note(result);
    }
    match links.all.iter().all(|link| link.order.is_some()) {
        true => links.all.sort_by_key(|link| link.order),
        false => links.all.sort_by(|a, b| a.name.cmp(&b.name)),
    }
    links
}

/// Reads a new-style link.
fn link(mut cursor: Cursor<'_>) -> Result<Link> {
    if cursor.u8()? != 1 {
        return Err(corrupted("a link of an unknown version"));
    }
    let flags = cursor.u8()?;
    let class = match flags & 8 != 0 {
        true => cursor.u8()?,
        false => 0,
    };
    let order = match flags & 4 != 0 {
        true => Some(cursor.uint(8)?),
        false => None,
    };
    cursor.skip(if flags & 16 != 0 { 1 } else { 0 })?;
    let len = cursor.uint(1 << (flags & 3))?;
    let len = usize::try_from(len).map_err(|_| corrupted("a name is too long"))?;
    let name = text(cursor.take(len)?);
    let target = match class {
        0 => LinkTarget::Object(cursor.required_address()?),
        1 => {
            let len = usize::from(cursor.u16()?);
            LinkTarget::Path(text(cursor.take(len)?))
        }
        64 => {
            let len = usize::from(cursor.u16()?);
            let mut names = Cursor::new(cursor.take(len)?, cursor.sizes);
            names.skip(1)?;
            LinkTarget::External {
                file: names.text()?,
                path: names.text()?,
            }
        }
        _ => LinkTarget::Unknown,
    };
    Ok(Link {
        name,
        target,
        order,
    })
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches('\0').to_owned()
}

/// Reads the links of an old-style group: a tree of tables with offsets of names.
fn read_table(file: &Hdf5File, mut cursor: Cursor<'_>, links: &mut Links) -> Result<()> {
    let (tree, heap) = (cursor.required_address()?, cursor.required_address()?);
    let names = LocalHeap::open(file, heap)?;
    for node in btree1::name_nodes(file, tree)? {
        let result = read_node(file, node, &names, links);
        links.note(result);
    }
    Ok(())
}

fn read_node(file: &Hdf5File, address: u64, names: &LocalHeap, links: &mut Links) -> Result<()> {
    const SOFT: u32 = 2;
    let start = file.read(address, 8)?;
    let mut cursor = file.cursor(&start);
    cursor.expect(b"SNOD")?;
    cursor.skip(2)?;
    let count = u64::from(cursor.u16()?);
    let entry = 2 * file.sizes.offset + 24;
    let bytes = file.read(address + 8, count * entry as u64)?;
    for entry in bytes.chunks_exact(entry) {
        let mut cursor = file.cursor(entry);
        let name = cursor.uint(file.sizes.offset)?;
        let object = cursor.address()?;
        let kind = cursor.u32()?;
        cursor.skip(4)?;
        let name = names.text(name);
        let target = match (kind, object) {
            (SOFT, _) => names.text(u64::from(cursor.u32()?)).map(LinkTarget::Path),
            (_, Some(object)) => Ok(LinkTarget::Object(object)),
            (_, None) => Err(corrupted("a link has no target")),
        };
        let result = name.and_then(|name| {
            links.push(Link {
                name,
                target: target?,
                order: None,
            })
        });
        links.note(result);
    }
    Ok(())
}

/// Reads links stored in a heap, indexed by a tree of their names.
fn read_dense(file: &Hdf5File, mut cursor: Cursor<'_>, links: &mut Links) -> Result<()> {
    const BY_NAME: u8 = 5;
    cursor.skip(1)?;
    let flags = cursor.u8()?;
    cursor.skip(if flags & 1 != 0 { 8 } else { 0 })?;
    let (Some(heap), Some(tree)) = (cursor.address()?, cursor.address()?) else {
        return Ok(());
    };
    let heap = FractalHeap::open(file, heap)?;
    for record in btree2::records(file, tree, &[BY_NAME])?.iter() {
        let result = record
            .get(4..)
            .ok_or_else(|| corrupted("it ends early"))
            .and_then(|id| heap.object(file, id))
            .and_then(|body| links.push(link(file.cursor(&body))?));
        links.note(result);
    }
    Ok(())
}
