//! Version 1 B-trees: the names of old-style groups and the chunks of datasets.

use std::collections::HashSet;

use super::cursor::{Cursor, corrupted};
use super::file::Hdf5File;
use crate::error::Result;

/// Node types of the format.
const GROUP: u8 = 0;
const CHUNKS: u8 = 1;

/// Addresses of a group's symbol table nodes.
pub(super) fn name_nodes(file: &Hdf5File, address: u64) -> Result<Vec<u64>> {
    let mut nodes = Vec::new();
    let key = file.sizes.length;
    walk(file, address, GROUP, key, &mut |_, child| {
        nodes.push(child);
        Ok(())
    })?;
    Ok(nodes)
}

/// Visits the chunks of a dataset with `rank` axes: the content of the key, and the address of the
/// chunk.
pub(super) fn chunks(
    file: &Hdf5File,
    address: u64,
    rank: usize,
    found: &mut dyn FnMut(Cursor<'_>, u64) -> Result<()>,
) -> Result<()> {
    walk(file, address, CHUNKS, 8 + 8 * (rank + 1), found)
}

/// Visits the keys and children of all leaves.
fn walk(
    file: &Hdf5File,
    address: u64,
    kind: u8,
    key_size: usize,
    found: &mut dyn FnMut(Cursor<'_>, u64) -> Result<()>,
) -> Result<()> {
    let mut seen = HashSet::new();
    // A stack: children are pushed in reverse order.
    let mut nodes = vec![(address, None)];
    while let Some((address, above)) = nodes.pop() {
        if !seen.insert(address) {
            return Err(corrupted("a tree contains itself"));
        }
        let start = file.read(address, 8)?;
        let mut cursor = file.cursor(&start);
        cursor.expect(b"TREE")?;
        let (found_kind, level) = (cursor.u8()?, cursor.u8()?);
        // Each level has to be lower than the one above.
        if found_kind != kind || above.is_some_and(|above: u8| above.checked_sub(1) != Some(level))
        {
            return Err(corrupted("a node belongs to another tree"));
        }
        let count = usize::from(cursor.u16()?);
        let siblings = 2 * file.sizes.offset;
        let entry = key_size + file.sizes.offset;
        let bytes = file.read(address, (8 + siblings + count * entry) as u64)?;
        let entries = &bytes[8 + siblings..];
        let children = nodes.len();
        for entry in entries.chunks_exact(entry) {
            let child = file.cursor(&entry[key_size..]).required_address()?;
            match level {
                0 => found(file.cursor(&entry[..key_size]), child)?,
                _ => nodes.push((child, Some(level))),
            }
        }
        nodes[children..].reverse();
    }
    Ok(())
}
