//! How large the graph of a history is, without a walk through it at every call.

use super::{History, Operation};

/// Largest number of links that are looked at where a call has several inputs.
const MAX_LOOKS: usize = 32;

/// How much of a graph ends with a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    /// Number of links that it takes the memory of.
    pub(super) links: usize,
    /// Number of calls, also of those that were forgotten.
    pub(super) calls: usize,
    /// Length of the longest chain, so that what a link used is always less deep.
    depth: usize,
    /// Whether links and calls are exact; otherwise links that several inputs share may be counted
    /// several times.
    pub(super) is_exact: bool,
}

impl Extent {
    const EMPTY: Self = Self {
        links: 0,
        calls: 0,
        depth: 0,
        is_exact: true,
    };

    /// Extent of the graph that ends with an operation.
    pub(super) fn of(operation: &Operation) -> Self {
        let inputs = operation.inputs();
        let own = Self::alone(operation);
        let depth = inputs.iter().map(|input| input.0.extent.depth).max();
        let before = match inputs.as_slice() {
            [] => return own,
            [input] => input.0.extent,
            _ => {
                let extents = inputs.iter().map(|input| input.0.extent);
                let sum = extents.fold(Self::EMPTY, Self::plus);
                Self::joined(inputs).unwrap_or(Self {
                    is_exact: false,
                    ..sum
                })
            }
        };
        Self {
            depth: 1 + depth.unwrap_or(0),
            ..own.plus(before)
        }
    }

    /// Extent of a graph all of whose links are given.
    pub(super) fn of_all(links: Vec<&History>) -> Self {
        let extents = links.iter().map(|link| Self::alone(link.operation()));
        let depth = links.iter().map(|link| link.0.extent.depth).max();
        Self {
            depth: depth.unwrap_or(0),
            ..extents.fold(Self::EMPTY, Self::plus)
        }
    }

    /// Extent of the graphs that end with several links, if a few looks find the link with which
    /// all that they share ends: as in `v - v.mean(0)`, which would otherwise count all before `v`
    /// twice.
    fn joined(mut open: Vec<&History>) -> Option<Self> {
        let mut found = Self::EMPTY;
        for _ in 0..MAX_LOOKS {
            // The deepest last: no other one uses it.
            open.sort_by_key(|link| (link.0.extent.depth, link.key()));
            open.dedup_by_key(|link| link.key());
            let last = open.pop()?;
            if open.is_empty() {
                return Some(found.plus(last.0.extent));
            }
            found = found.plus(Self::alone(last.operation()));
            open.extend(last.operation().inputs());
        }
        None
    }

    /// Extent of an operation without what it used.
    fn alone(operation: &Operation) -> Self {
        let calls = match operation {
            Operation::Forgotten(calls) => *calls,
            _ => 1,
        };
        Self {
            links: operation.weight(),
            calls,
            depth: 0,
            is_exact: true,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            links: self.links.saturating_add(other.links),
            calls: self.calls.saturating_add(other.calls),
            depth: self.depth.max(other.depth),
            is_exact: self.is_exact && other.is_exact,
        }
    }
}
