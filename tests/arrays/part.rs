//! Random indices, and what they take.

use optimap::ops::array::index::Index;
use optimap::video::DType;

use super::case::Random;
use super::plain::{Plain, Sample, for_each};

/// What of each axis an index takes: the axes of a group are walked together, and axes in no group
/// are gone.
pub(super) struct Taken {
    pub(super) gone: Vec<(usize, usize)>,
    pub(super) groups: Vec<Vec<(usize, Vec<usize>)>>,
}

impl Taken {
    pub(super) fn shape(&self) -> Vec<usize> {
        self.groups.iter().map(|group| group[0].1.len()).collect()
    }

    /// The place in the array of a place in the part.
    pub(super) fn source(&self, coordinates: &[usize]) -> Vec<usize> {
        let mut source = vec![0; 4];
        for (axis, at) in &self.gone {
            source[*axis] = *at;
        }
        for (at, group) in coordinates.iter().zip(&self.groups) {
            for (axis, selected) in group {
                source[*axis] = selected[*at];
            }
        }
        source
    }

    pub(super) fn get(&self, array: &Plain) -> Plain {
        let ndim = array.shape.len();
        Plain::new(array.dtype, &self.shape(), |coordinates| {
            array.at(&self.source(coordinates)[..ndim])
        })
    }

    pub(super) fn set(&self, array: &mut Plain, value: impl Fn(&[usize]) -> Sample) {
        let ndim = array.shape.len();
        for_each(&self.shape(), |coordinates| {
            array.set(&self.source(coordinates)[..ndim], value(coordinates));
        });
    }
}

/// A random index, and what it takes unless it is wrong.
pub(super) fn random_index(random: &mut Random, shape: &[usize]) -> (Vec<Index>, Option<Taken>) {
    let mut indices = Vec::new();
    let (mut gone, mut groups, mut ok) = (Vec::new(), Vec::new(), true);
    let mut points: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut slot = None;
    let mut is_apart = false;
    let list_len = random.below(4);
    let count = 1 + random.below(shape.len());
    let mut axis = 0;
    while axis < count {
        let len = shape[axis];
        let signed = |random: &mut Random, at: usize| match random.one_in(2) {
            true => at as i64,
            false => at as i64 - len as i64,
        };
        match random.below(9) {
            0 | 1 => {
                let selected = len + usize::from(random.one_in(20));
                let at = random.below(selected);
                ok &= at < len;
                indices.push(Index::At(match at < len {
                    true => signed(random, at),
                    false => at as i64,
                }));
                gone.push((axis, at));
            }
            2 | 3 => {
                let (start, end) = (random.below(len + 1), random.below(len + 1));
                let selected: Vec<_> = (start..end.max(start)).collect();
                let start = if start < len {
                    signed(random, start)
                } else {
                    start as i64
                };
                let end = if end < len {
                    signed(random, end)
                } else {
                    end as i64
                };
                indices.push(Index::Range(start, Some(end)));
                groups.push(vec![(axis, selected)]);
            }
            4 => {
                let start = random.below(len + 1);
                indices.push(Index::Range(start as i64, None));
                groups.push(vec![(axis, (start..len).collect())]);
            }
            5 => {
                indices.push(Index::All);
                groups.push(vec![(axis, (0..len).collect())]);
            }
            6 | 7 => {
                let list_len = if len == 0 { 0 } else { list_len };
                let selected: Vec<_> = (0..list_len).map(|_| random.below(len)).collect();
                let signed = selected.iter().map(|at| signed(random, *at)).collect();
                indices.push(Index::Indices(signed));
                is_apart |= slot.is_some_and(|slot| slot + 1 != groups.len());
                if slot.is_none() {
                    slot = Some(groups.len());
                    groups.push(Vec::new());
                }
                points.push((axis, selected));
            }
            _ => {
                let width = (1 + random.below(2)).min(shape.len() - axis);
                let mask = random.array(DType::Bool, &shape[axis..axis + width]);
                indices.push(Index::Mask(mask.video()));
                is_apart |= slot.is_some_and(|slot| slot + 1 != groups.len());
                if slot.is_none() {
                    slot = Some(groups.len());
                    groups.push(Vec::new());
                }
                let mut chosen = vec![Vec::new(); width];
                for_each(&mask.shape, |coordinates| {
                    if !mask.at(coordinates).is_zero() {
                        (0..width).for_each(|at| chosen[at].push(coordinates[at]));
                    }
                });
                points.extend((axis..).zip(chosen));
                axis += width - 1;
            }
        }
        axis += 1;
    }
    for (axis, len) in shape.iter().enumerate().skip(axis) {
        groups.push(vec![(axis, (0..*len).collect())]);
    }
    // A mask of the frames' shape is one of every frame.
    if let ([Index::Mask(mask)], [_, rest @ ..]) = (&indices[..], shape)
        && mask.shape() == rest
        && shape.len() > 2
    {
        let frames = (0..shape[0]).collect();
        points = Vec::new();
        let chosen = Plain::of(mask);
        points.extend((1..shape.len()).map(|axis| (axis, Vec::new())));
        for_each(rest, |coordinates| {
            if !chosen.at(coordinates).is_zero() {
                (0..rest.len()).for_each(|at| points[at].1.push(coordinates[at]));
            }
        });
        groups = vec![vec![(0, frames)], points];
        return (indices, Some(Taken { gone, groups }));
    }
    ok &= !is_apart
        && points
            .iter()
            .all(|(_, selected)| selected.len() == points[0].1.len());
    if let Some(slot) = slot {
        groups[slot] = points;
    }
    (indices, ok.then_some(Taken { gone, groups }))
}
