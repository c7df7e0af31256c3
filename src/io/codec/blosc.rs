//! Blosc's container, version 1: blocks of shuffled bytes in one of several compressions, after a
//! header of 16 bytes and the offsets of the blocks.
//!
//! The decoder is our own: the crates for Blosc compile its C library with the C libraries of all
//! its compressions. Nearly all of those are crates here anyway, and the rest is this file. A chunk
//! is decoded by the thread that loads it, into its part of the result, and no size that it claims
//! is trusted.

use flate2::read::ZlibDecoder;

use super::{corrupted, fill, repeat, unpack_lz4, unpack_zstd, unshuffle};
use crate::bail;
use crate::error::Result;

const HEADER: usize = 16;

/// Maximum distance of a short BloscLZ reference.
const MAX_DISTANCE: usize = 8191;

/// The fields of the header.
struct BloscHeader {
    flags: u8,
    /// Size of a sample in bytes.
    size: usize,
    len: usize,
    block_len: usize,
}

impl BloscHeader {
    const SHUFFLED: u8 = 1;
    const STORED: u8 = 2;
    const BITS_SHUFFLED: u8 = 4;
    const WHOLE_BLOCKS: u8 = 16;

    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Number of separately compressed parts of a block.
    fn parts(&self, block_len: usize) -> usize {
        let is_split = !self.is(Self::WHOLE_BLOCKS)
            && (1..=16).contains(&self.size)
            && self.block_len / self.size >= 128
            && block_len == self.block_len;
        if is_split { self.size } else { 1 }
    }
}

/// Decodes into `out`; returns the number of bytes written.
pub(in crate::io) fn decode(bytes: &[u8], out: &mut [u8]) -> Result<usize> {
    let header = read_header(bytes)?;
    let Some(out) = out.get_mut(..header.len) else {
        return Err(corrupted());
    };
    if header.is(BloscHeader::STORED) {
        let stored = bytes.get(HEADER..HEADER + header.len);
        out.copy_from_slice(stored.ok_or_else(corrupted)?);
        return Ok(header.len);
    }
    let mut shuffled = Vec::new();
    for (index, block) in out.chunks_mut(header.block_len).enumerate() {
        let start = word(bytes, HEADER + 4 * index)?;
        if header.is(BloscHeader::SHUFFLED) || header.is(BloscHeader::BITS_SHUFFLED) {
            shuffled.resize(block.len(), 0);
            unpack(&header, bytes, start, &mut shuffled)?;
            if header.is(BloscHeader::SHUFFLED) {
                unshuffle(&shuffled, header.size, block);
            } else {
                unshuffle_bits(&shuffled, header.size, block);
            }
        } else {
            unpack(&header, bytes, start, block)?;
        }
    }
    Ok(header.len)
}

fn read_header(bytes: &[u8]) -> Result<BloscHeader> {
    let &[version, _, flags, size, ..] = bytes else {
        return Err(corrupted());
    };
    if !(1..=2).contains(&version) {
        bail!(
            "its chunks are compressed by version {version} of Blosc; versions 1 and 2 are \
             supported"
        );
    }
    let header = BloscHeader {
        flags,
        size: size.into(),
        len: word(bytes, 4)?,
        block_len: word(bytes, 8)?,
    };
    if header.block_len == 0 || header.size == 0 || header.len > 0 && bytes.len() < HEADER {
        return Err(corrupted());
    }
    Ok(header)
}

fn word(bytes: &[u8], at: usize) -> Result<usize> {
    let word = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
    let word = word.ok_or_else(corrupted)?;
    Ok(u32::from_le_bytes(*word) as usize)
}

/// Decompresses the parts of a block, each preceded by its size.
fn unpack(header: &BloscHeader, bytes: &[u8], start: usize, block: &mut [u8]) -> Result<()> {
    let parts = header.parts(block.len());
    let mut at = start;
    for part in block.chunks_exact_mut(block.len() / parts) {
        let len = word(bytes, at)?;
        let end = at.checked_add(4 + len).ok_or_else(corrupted)?;
        let packed = bytes.get(at + 4..end).ok_or_else(corrupted)?;
        let given = match header.flags >> 5 {
            _ if len == part.len() => {
                part.copy_from_slice(packed);
                len
            }
            0 => unpack_blosclz(packed, part).ok_or_else(corrupted)?,
            1 => unpack_lz4(packed, part)?,
            3 => fill(&mut ZlibDecoder::new(packed), part)?,
            4 => unpack_zstd(packed, part)?,
            2 => bail!("its chunks are compressed by Snappy, which is not supported"),
            _ => return Err(corrupted()),
        };
        if given != part.len() {
            return Err(corrupted());
        }
        at = end;
    }
    Ok(())
}

/// Decompresses BloscLZ, a variant of FastLZ: runs of literals and back references.
fn unpack_blosclz(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut input = bytes.iter().copied().map(usize::from);
    let mut control = input.next()? & 31;
    let mut len = 0;
    loop {
        if control < 32 {
            for out in out.get_mut(len..len + control + 1)? {
                *out = input.next()? as u8;
            }
            len += control + 1;
        } else {
            let mut count = (control >> 5) - 1;
            if count == 6 {
                loop {
                    let more = input.next()?;
                    count += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let high = (control & 31) << 8;
            let low = input.next()?;
            let distance = if high == 31 << 8 && low == 255 {
                (input.next()? << 8) + input.next()? + MAX_DISTANCE
            } else {
                high + low
            };
            repeat(out, len, distance + 1, count + 3)?;
            len += count + 3;
        }
        match input.next() {
            Some(next) => control = next,
            None => return Some(len),
        }
    }
}

/// Undoes a bit shuffle, which groups bits by their position in a sample; samples beyond a multiple
/// of eight follow unchanged.
pub(in crate::io) fn unshuffle_bits(bytes: &[u8], size: usize, out: &mut [u8]) {
    let count = bytes.len() / size / 8 * 8;
    let row = count / 8;
    out.fill(0);
    for (plane, bits) in bytes.chunks_exact(row.max(1)).take(size * 8).enumerate() {
        let (byte, bit) = (plane / 8, plane % 8);
        for (index, bits) in bits.iter().enumerate().take(row) {
            for sample in 0..8 {
                out[(index * 8 + sample) * size + byte] |= (bits >> sample & 1) << bit;
            }
        }
    }
    out[count * size..].copy_from_slice(&bytes[count * size..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers 0 to 1199 divided by 7, as uint16, in blocks of 1024 bytes, by numcodecs 0.16.
    const PACKED: &[(&str, &str)] = &[
        (
            "blosclz plain",
            "02010002600900006009000030040000140000000b0200002300000000e00103010100e003010102 \
             00e00301010300e00301010400e00301010500e00301010600e00301010700e00301010800e00301 \
             010900e00301010a00e00301010b00e00301010c00e00301010d00e00301010e00e00301010f00e0 \
             0301011000e00301011100e00301011200e00301011300e00301011400e00301011500e003010116 \
             00e00301011700e00301011800e00301011900e00301011a00e00301011b00e00301011c00e00301 \
             011d00e00301011e00e00301011f00e00301012000e00301012100e00301012200e00301012300e0 \
             0301012400e00301012500e00301012600e00301012700e00301012800e00301012900e00301012a \
             00e00301012b00e00301012c00e00301012d00e00301012e00e00301012f00e00301013000e00301 \
             013100e00301013200e00301013300e00301013400e00301013500e00301013600e00301013700e0 \
             0301013800e00301013900e00301013a00e00301013b00e00301013c00e00301013d00e00301013e \
             00e00301013f00e00301014000e00301014100e00301014200e00301014300e00301014400e00301 \
             014500e00301014600e00301014700e00301014800e00301014900e00301014a00e00301014b00e0 \
             0301014c00e00301014d00e00301014e00e00301014f00e00301015000e00301015100e003010152 \
             00e00301015300e00301015400e0030109550055005500550055000902000025550055005600e003 \
             01015700e00301015800e00301015900e00301015a00e00301015b00e00301015c00e00301015d00 \
             e00301015e00e00301015f00e00301016000e00301016100e00301016200e00301016300e0030101 \
             6400e00301016500e00301016600e00301016700e00301016800e00301016900e00301016a00e003 \
             01016b00e00301016c00e00301016d00e00301016e00e00301016f00e00301017000e00301017100 \
             e00301017200e00301017300e00301017400e00301017500e00301017600e00301017700e0030101 \
             7800e00301017900e00301017a00e00301017b00e00301017c00e00301017d00e00301017e00e003 \
             01017f00e00301018000e00301018100e00301018200e00301018300e00301018400e00301018500 \
             e00301018600e00301018700e00301018800e00301018900e00301018a00e00301018b00e0030101 \
             8c00e00301018d00e00301018e00e00301018f00e00301019000e00301019100e00301019200e003 \
             01019300e00301019400e00301019500e00301019600e00301019700e00301019800e00301019900 \
             e00301019a00e00301019b00e00301019c00e00301019d00e00301019e00e00301019f00e0030101 \
             a000e0030101a100e0030101a200e0030101a300e0030101a400e0030101a500e0030101a600e003 \
             0101a700e0030101a800e0030101a900e0030101aa00e0030105ab00ab00ab00",
        ),
        (
            "blosclz bytes",
            "020101026009000060090000e202000014000000b602000027000000000000000180000002800000 \
             038000000480000005800000068000000780000008800000098000000a8000000b8000000c800000 \
             0d8000000e8000000f80000010800000118000001280000013800000148000001580000016800000 \
             1780000018800000198000001a8000001b8000001c8000001d8000001e8000001f80000020800000 \
             2180000022800000238000002480000025800000268000002780000028800000298000002a800000 \
             2b8000002c8000002d8000002e8000002f8000003080000031800000328000003380000034800000 \
             35800000368000003780000038800000398000003a8000003b8000003c8000003d8000003e800000 \
             3f800000408000004180000042800000438000004480000045800000468000004780000048800000 \
             498000004a8000004b8000004c8000004d8000004e8000004f800000508000005180000052800000 \
             538000005480000055800000568000005780000058800000598000005a8000005b8000005c800000 \
             5d8000005e8000005f80000060800000618000006280000063800000648000006580000066800000 \
             6780000068800000698000006a8000006b8000006c8000006d8000006e8000006f80000070800000 \
             7180000072800000738000007480000075800000768000007780000078800000798000007a800000 \
             7b8000007c8000007d8000007e8000007f8000008080000081800000828000008380000084800000 \
             85800000868000008780000088800000898000008a8000008b8000008c8000008d8000008e800000 \
             8f800000908000009180000092800000938000009480000095800000968000009780000098800000 \
             998000009a8000009b8000009c8000009d8000009e8000009f800000a0800000a1800000a2800000 \
             a3800000a4800000a5800000a6800000a7800000a8800000a9800009aaaaaaaaaaaaaaababab1000 \
             00002300000000e0ffffffffa40302000000",
        ),
        (
            "lz4 bytes",
            "020121026009000060090000de02000014000000b302000012000100120101001202010012030100 \
             120401001205010012060100120701001208010012090100120a0100120b0100120c0100120d0100 \
             120e0100120f01001210010012110100121201001213010012140100121501001216010012170100 \
             1218010012190100121a0100121b0100121c0100121d0100121e0100121f01001220010012210100 \
             1222010012230100122401001225010012260100122701001228010012290100122a0100122b0100 \
             122c0100122d0100122e0100122f0100123001001231010012320100123301001234010012350100 \
             12360100123701001238010012390100123a0100123b0100123c0100123d0100123e0100123f0100 \
             12400100124101001242010012430100124401001245010012460100124701001248010012490100 \
             124a0100124b0100124c0100124d0100124e0100124f010012500100125101001252010012530100 \
             125401001255010012560100125701001258010012590100125a0100125b0100125c0100125d0100 \
             125e0100125f01001260010012610100126201001263010012640100126501001266010012670100 \
             1268010012690100126a0100126b0100126c0100126d0100126e0100126f01001270010012710100 \
             1272010012730100127401001275010012760100127701001278010012790100127a0100127b0100 \
             127c0100127d0100127e0100127f0100128001001281010012820100128301001284010012850100 \
             12860100128701001288010012890100128a0100128b0100128c0100128d0100128e0100128f0100 \
             12900100129101001292010012930100129401001295010012960100129701001298010012990100 \
             129a0100129b0100129c0100129d0100129e0100129f010012a0010012a1010012a2010012a30100 \
             12a4010012a5010012a6010012a7010012a8010012a90100a0aaaaaaaaaaaaaaababab0f0000001f \
             000100ffffffff9b500000000000",
        ),
        (
            "lz4 bits",
            "020124026009000060090000d000000014000000a50000007f803fe00ff803fe07007c7f00c0ff0f \
             00fcff07007c6f000000f0ffff07007d03020012ff01000f0e0075038800030200029c0004020003 \
             15000302000416000202000315000302000214000402000315000302000416000202000315000302 \
             000214000402000315000f02000c042e000f0200010f3b00090f3000010402000f3800130f260009 \
             0f0200090466000f02001d0f5400090f0200670fc6000e50ffffffffff0f0000001f000100ffffff \
             ff9b500000000000",
        ),
        (
            "zlib bytes",
            "02016102600900006009000049010000140000001b010000785e25c1873615000000d01792a4452a \
             235a44d19022142a8a424b03edd2a08588d2ce6850c92a24a3e1fda473baf70602ff2d208450c258 \
             48388b886031912c218aa52c63392b58493431ac2296d5ac612d71c4934022eb482299f56c60239b \
             d84c0aa96c218d74b6b28d0c32d9ce0e76b28b2c7693cd1ef692432efbc8239f02f67380428a28e6 \
             2087384c09a51ce1286594738ce3545049152738c9294e73866ace728ef35ca0865aeab8c8252e73 \
             85ab5ce33a37b8493db7b8cd1deed24023f7b8cf031ef288269a69e131adb4f184763a78ca333a79 \
             ce0b5ef28ad7bce12defe8a29b1e7a79cf073ef2893efaf9cc17be32c037061962981146f9ce0fc6 \
             1867829f4cf28b29a6996196dffce12fff9823180cce033faf8f8212000000785e63601805a36014 \
             8c82a1010004b00001",
        ),
        (
            "zstd bytes",
            "0201910260090000000400003f0100001c0000008b000000fd0000006b00000028b52ffd6000030d \
             0300c40400000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122 \
             232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647484900 \
             4a9810f007001268d0efffff7f06fc82174c536e00000028b52ffd600003250300d40449494a4b4c \
             4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f7071727374 \
             75767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f90919292004a9810f81c001260 \
             10a0dfffffff0cfc69bf602a033e00000028b52ffd606000a5010014029292929292939495969798 \
             999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaababab00199810f8ca180010f4fbffff772c659802",
        ),
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }

    #[test]
    fn every_compression_is_undone() {
        let expected: Vec<u8> = (0..1200u16).flat_map(|n| (n / 7).to_le_bytes()).collect();
        for (name, packed) in PACKED {
            let mut out = vec![0; expected.len()];
            assert_eq!(decode(&bytes(packed), &mut out).unwrap(), 2400, "{name}");
            assert!(out == expected, "{name}");
        }
    }

    #[test]
    fn corruption_is_an_error() {
        for (_, packed) in PACKED {
            let packed = bytes(packed);
            for at in 0..packed.len() {
                for value in [0, 1, 0x7F, 0xFF] {
                    let mut changed = packed.clone();
                    changed[at] = value;
                    let _ = decode(&changed, &mut [0; 2400]);
                }
                assert!(decode(&packed[..at], &mut [0; 2400]).is_err());
            }
        }
    }
}
