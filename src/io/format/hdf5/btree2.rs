//! Version 2 B-trees: records of equal length in nodes of equal size.

use std::collections::HashSet;

use super::checksum::verified;
use super::cursor::{bytes_for, corrupted};
use super::file::Hdf5File;
use crate::error::Result;

/// Size of a node's prefix and of its checksum in bytes.
const BEFORE: usize = 6;
const OVERHEAD: usize = BEFORE + 4;

/// Maximum number of levels; more would need more nodes than a file can have.
const MAX_DEPTH: u16 = 32;

/// The records of a tree, in order.
pub(super) struct Records {
    /// Type of the records, as a number of the format.
    pub(super) kind: u8,
    pub(super) size: usize,
    bytes: Vec<u8>,
}

impl Records {
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.size)
    }
}

/// A tree that is being read.
struct Tree<'a> {
    file: &'a Hdf5File,
    node_size: usize,
    record_size: usize,
    /// Number of bytes of a child's record count.
    count_size: usize,
    /// By level from the leaves: number of bytes of the total record count below.
    total_sizes: Vec<usize>,
    seen: HashSet<u64>,
    records: Vec<u8>,
}

/// All records of a tree, which has to be of one of the given types.
pub(super) fn records(file: &Hdf5File, address: u64, kinds: &[u8]) -> Result<Records> {
    let bytes = file.read(address, (22 + file.sizes.offset + file.sizes.length) as u64)?;
    let mut cursor = file.cursor(verified(&bytes)?);
    cursor.expect(b"BTHD")?;
    cursor.skip(1)?;
    let kind = cursor.u8()?;
    let node_size = cursor.u32()? as usize;
    let size = usize::from(cursor.u16()?);
    let depth = cursor.u16()?;
    cursor.skip(2)?;
    let root = cursor.address()?;
    let count = cursor.u16()?;
    let fits = size > 0 && node_size > OVERHEAD + size && depth <= MAX_DEPTH;
    if !fits || !kinds.contains(&kind) {
        return Err(corrupted("a tree has invalid sizes"));
    }
    let leaf_most = ((node_size - OVERHEAD) / size) as u64;
    let mut tree = Tree {
        file,
        node_size,
        record_size: size,
        count_size: bytes_for(leaf_most),
        total_sizes: vec![0],
        seen: HashSet::new(),
        records: Vec::new(),
    };
    let mut most_below = leaf_most;
    for level in 1..=usize::from(depth) {
        let pointer = tree.pointer_size(level);
        let most = (node_size - OVERHEAD).saturating_sub(pointer) / (size + pointer);
        most_below = (most as u64 + 1)
            .saturating_mul(most_below)
            .saturating_add(most as u64);
        tree.total_sizes.push(bytes_for(most_below));
    }
    if let Some(root) = root {
        tree.read(root, usize::from(count), usize::from(depth))?;
    }
    Ok(Records {
        kind,
        size,
        bytes: tree.records,
    })
}

impl Tree<'_> {
    /// Number of bytes per child in a node above the leaves.
    fn pointer_size(&self, level: usize) -> usize {
        self.file.sizes.offset + self.count_size + self.total_sizes[level - 1]
    }

    fn read(&mut self, address: u64, count: usize, level: usize) -> Result<()> {
        if !self.seen.insert(address) {
            return Err(corrupted("a tree contains itself"));
        }
        let pointers = match level {
            0 => 0,
            _ => (count + 1) * self.pointer_size(level),
        };
        let used = BEFORE + count * self.record_size + pointers + 4;
        if used > self.node_size {
            return Err(corrupted("a node of a tree is too long"));
        }
        let bytes = self.file.read(address, used as u64)?;
        let mut cursor = self.file.cursor(verified(&bytes)?);
        cursor.expect(if level == 0 { b"BTLF" } else { b"BTIN" })?;
        cursor.skip(2)?;
        let mut records = cursor;
        if level == 0 {
            let own = records.take(count * self.record_size)?;
            self.records.extend(own);
            return Ok(());
        }
        cursor.skip(count * self.record_size)?;
        for child in 0..=count {
            let child_address = cursor.required_address()?;
            let below = cursor.uint(self.count_size)? as usize;
            cursor.skip(self.total_sizes[level - 1])?;
            self.read(child_address, below, level - 1)?;
            if child < count {
                self.records.extend(records.take(self.record_size)?);
            }
        }
        Ok(())
    }
}
