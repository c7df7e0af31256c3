//! Boundary modes: extension of an axis beyond its ends.

use crate::choice::Choice;

/// Boundary mode, named as in SciPy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Repeats the last sample: `d d | a b c d | d d`.
    Nearest,
    /// Reflects about the edge: `d c | a b c d | d c`.
    Reflect,
    /// Reflects about the center of the last sample: `c b | a b c d | c b`.
    Mirror,
    /// Wraps around to the other end: `c d | a b c d | a b`.
    Wrap,
    /// Zero.
    Constant,
}

impl Choice for Border {
    const NOUN: &'static str = "the name of a border mode";
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("nearest", Border::Nearest),
        ("reflect", Border::Reflect),
        ("mirror", Border::Mirror),
        ("wrap", Border::Wrap),
        ("constant", Border::Constant),
        ("grid-mirror", Border::Reflect),
        ("grid-wrap", Border::Wrap),
        ("grid-constant", Border::Constant),
    ];
}

impl Border {
    /// Index of the sample at any position along an axis; `None` for zero.
    pub(in crate::ops) fn sample(self, position: isize, len: usize) -> Option<usize> {
        let len = len as isize;
        let index = match self {
            Border::Nearest => position.clamp(0, len - 1),
            Border::Reflect => {
                let position = position.rem_euclid(2 * len);
                position.min(2 * len - 1 - position)
            }
            Border::Mirror => {
                let period = (2 * len - 2).max(1);
                let position = position.rem_euclid(period);
                position.min(period - position).min(len - 1)
            }
            Border::Wrap => position.rem_euclid(len),
            Border::Constant if (0..len).contains(&position) => position,
            Border::Constant => return None,
        };
        Some(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_go_on_as_in_scipy() {
        let around = |border: Border| {
            let letter = |index: Option<usize>| index.map_or('0', |i| char::from(b"abcd"[i]));
            (-5..9)
                .map(|position| letter(border.sample(position, 4)))
                .collect::<String>()
        };
        assert_eq!(around(Border::Nearest), "aaaaaabcdddddd");
        assert_eq!(around(Border::Reflect), "ddcbaabcddcbaa");
        assert_eq!(around(Border::Mirror), "bcdcbabcdcbabc");
        assert_eq!(around(Border::Wrap), "dabcdabcdabcda");
        assert_eq!(around(Border::Constant), "00000abcd00000");
        assert_eq!(Border::Mirror.sample(7, 1), Some(0));
    }
}
