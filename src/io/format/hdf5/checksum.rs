//! Checksums of HDF5: Jenkins' for its structures, Fletcher's for chunks.

use super::cursor::corrupted;
use crate::error::Result;

/// The bytes before the checksum at the end, if it is correct.
pub(super) fn verified(bytes: &[u8]) -> Result<&[u8]> {
    let split = bytes.split_last_chunk::<4>();
    let (content, sum) = split.ok_or_else(|| corrupted("it ends early"))?;
    if lookup3(content) != u32::from_le_bytes(*sum) {
        return Err(corrupted("a checksum is wrong"));
    }
    Ok(content)
}

/// Jenkins' "lookup3" hash.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEF_u32.wrapping_add(bytes.len() as u32);
    let mut state = [start; 3];
    let mut rest = bytes;
    while rest.len() > 12 {
        add(&mut state, &rest[..12]);
        mix(&mut state);
        rest = &rest[12..];
    }
    if !rest.is_empty() {
        add(&mut state, rest);
        finish(&mut state);
    }
    state[2]
}

/// Mixes up to 12 bytes into the three words.
fn add(state: &mut [u32; 3], bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        let word = u32::from(*byte) << (8 * (index % 4));
        state[index / 4] = state[index / 4].wrapping_add(word);
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: &mut u32, z: u32, bits| {
        *x = x.wrapping_sub(*y) ^ y.rotate_left(bits);
        *y = y.wrapping_add(z);
    };
    step(a, c, *b, 4);
    step(b, a, *c, 6);
    step(c, b, *a, 8);
    step(a, c, *b, 16);
    step(b, a, *c, 19);
    step(c, b, *a, 4);
}

fn finish([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: u32, bits| *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

/// Fletcher's 32-bit checksum over pairs of bytes.
pub(super) fn fletcher32(bytes: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
    let (mut low, mut high) = (0u32, 0u32);
    for block in bytes.chunks(720) {
        for pair in block.chunks(2) {
            let second = pair.get(1).copied().unwrap_or(0);
            low += u32::from(pair[0]) << 8 | u32::from(second);
            high += low;
        }
        (low, high) = (fold(low), fold(high));
    }
    fold(high) << 16 | fold(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_author() {
        assert_eq!(lookup3(b""), 0xDEAD_BEEF);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }

    #[test]
    fn sums_of_pairs_wrap_at_sixteen_bits() {
        assert_eq!(fletcher32(&[0, 1, 0, 2]), 4 << 16 | 3);
        assert_eq!(fletcher32(&[1]), 0x0100_0100);
        assert_eq!(fletcher32(&[0xFF; 4]), 0xFFFF_FFFF);
    }
}
