//! Samples in memory order that a reduction reads: those of a whole array, or of the blocks of a chain.

/// Consecutive samples in memory order, in one or several pieces.
pub(super) struct Pieces<'a, T> {
    /// Samples of each piece, and the offset of the first of them in the whole.
    pieces: Vec<(usize, &'a [T])>,
}

impl<'a, T: Copy> Pieces<'a, T> {
    /// Pieces, of which each begins where the one before it ends; the first one begins at an offset
    /// of the whole.
    pub(super) fn new(offset: usize, pieces: impl IntoIterator<Item = &'a [T]>) -> Self {
        let mut next = offset;
        let pieces = pieces.into_iter().map(|piece| {
            let start = next;
            next += piece.len();
            (start, piece)
        });
        Self {
            pieces: pieces.collect(),
        }
    }

    /// Strided samples from an offset on: those in memory, or a copy of them.
    #[inline(always)]
    pub(super) fn slice<'s>(
        &'s self,
        start: usize,
        len: usize,
        stride: usize,
        copy: &'s mut Vec<T>,
    ) -> &'s [T] {
        let last = start + (len - 1) * stride;
        let (first, piece) = self.piece_of(start);
        if last < first + piece.len() {
            return slice(piece, start - first, len, stride, copy);
        }
        copy.clear();
        let mut next = start;
        while next <= last {
            let (first, piece) = self.piece_of(next);
            let rest = piece[next - first..].iter().step_by(stride);
            let taken = rest.len().min(len - copy.len());
            copy.extend(rest.take(taken));
            next += taken * stride;
        }
        copy
    }

    /// The piece that holds the sample of an offset.
    #[inline(always)]
    pub(super) fn piece_of(&self, offset: usize) -> (usize, &'a [T]) {
        let after = self.pieces.partition_point(|(start, _)| *start <= offset);
        self.pieces[after - 1]
    }
}

/// Strided samples: those in memory, or a copy of them.
#[inline(always)]
pub(super) fn slice<'a, T: Copy>(
    storage: &'a [T],
    start: usize,
    len: usize,
    stride: usize,
    copy: &'a mut Vec<T>,
) -> &'a [T] {
    if stride == 1 {
        return &storage[start..start + len];
    }
    copy.clear();
    copy.extend((0..len).map(|i| storage[start + i * stride]));
    copy
}
