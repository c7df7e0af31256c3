//! MATLAB files of version 4: matrices with two axes, each preceded by a header of 20 bytes. After
//! "MAT-File Format" (The MathWorks), "Level 4 MAT-File Format".

use super::variable::{DataLocation, NumericData, Variable, VariableContent};
use crate::bail;
use crate::error::Result;
use crate::io::bytes::samples::{self, Conversion, Encoding, SharedFile};
use crate::io::format::metadata_keys;
use crate::video::DType;

/// Size of the header of a variable.
const HEADER: u64 = 20;

/// Maximum number of variables that are read, and maximum length of a name.
const MAX_VARIABLES: usize = 100_000;
const MAX_NAME: u64 = 4096;

/// Maximum length in characters of a text that is read as metadata.
const MAX_TEXT: usize = 1 << 13;

/// The header of a variable.
struct V4Header {
    kind: V4Kind,
    encoding: Encoding,
    dims: [u64; 2],
    complex: bool,
    name_len: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum V4Kind {
    Numbers,
    Text,
    Sparse,
}

/// The variables of a file in order.
pub(super) fn variables(source: &SharedFile) -> Result<Vec<Variable>> {
    if source.len() < HEADER {
        bail!("it is not a MATLAB file");
    }
    let mut variables = Vec::new();
    let mut at = 0;
    while at + HEADER <= source.len() && variables.len() < MAX_VARIABLES {
        let header = read_header(source, at)?;
        let start = at + HEADER + header.name_len;
        let [rows, cols] = header.dims;
        let bytes = rows
            .checked_mul(cols)
            .and_then(|len| len.checked_mul(header.encoding.size() as u64))
            .and_then(|bytes| bytes.checked_mul(1 + u64::from(header.complex)));
        let end = bytes.and_then(|bytes| start.checked_add(bytes));
        let Some(end) = end.filter(|end| *end <= source.len()) else {
            bail!("it ends within variable number {}", variables.len() + 1);
        };
        variables.push(variable(source, at, start, &header)?);
        at = end;
    }
    Ok(variables)
}

fn read_header(source: &SharedFile, at: u64) -> Result<V4Header> {
    let mut bytes = [0; HEADER as usize];
    source.read_at(at, &mut bytes)?;
    let word = |index: usize, swapped: bool| {
        let at = 4 * index;
        let word = u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if swapped { word.swap_bytes() } else { word }
    };
    let swapped = word(0, false) > 9999;
    let [code, rows, cols, complex, name_len] = [0, 1, 2, 3, 4].map(|index| word(index, swapped));
    let dtype = match code / 10 % 10 {
        0 => DType::F64,
        1 => DType::F32,
        2 => DType::I32,
        3 => DType::I16,
        4 => DType::U16,
        5 => DType::U8,
        _ => bail!("it is not a MATLAB file"),
    };
    let kind = match code % 10 {
        0 => V4Kind::Numbers,
        1 => V4Kind::Text,
        2 => V4Kind::Sparse,
        _ => bail!("it is not a MATLAB file"),
    };
    let name_len = u64::from(name_len);
    if code / 1000 > 1 || code / 100 % 10 != 0 || complex > 1 || !(1..=MAX_NAME).contains(&name_len)
    {
        bail!("it is not a MATLAB file");
    }
    Ok(V4Header {
        kind,
        encoding: Encoding {
            dtype,
            half: false,
            swapped,
        },
        dims: [rows.into(), cols.into()],
        complex: complex == 1,
        name_len,
    })
}

fn variable(source: &SharedFile, at: u64, start: u64, header: &V4Header) -> Result<Variable> {
    let mut name = vec![0; header.name_len as usize];
    source.read_at(at + HEADER, &mut name)?;
    let end = name.iter().position(|byte| *byte == 0);
    name.truncate(end.unwrap_or(name.len()));
    let dims: Vec<usize> = header.dims.iter().map(|len| *len as usize).collect();
    let len: usize = dims.iter().product();
    let read = |len| {
        let mut read = |bytes: &mut [u8]| source.read_at(start, bytes);
        samples::read_numbers(header.encoding, len, &mut read)
    };
    let content = match header.kind {
        V4Kind::Sparse => VariableContent::Other("sparse numbers"),
        _ if header.complex => VariableContent::Other("complex numbers"),
        V4Kind::Text if len > MAX_TEXT => VariableContent::Other("long text"),
        V4Kind::Text => {
            let letter = |code: f64| char::from_u32(code as u32).unwrap_or('\u{FFFD}');
            let letters: Vec<char> = read(len)?.into_iter().map(letter).collect();
            VariableContent::Text(super::rows_of_text(&letters, &dims))
        }
        V4Kind::Numbers => {
            let values = match metadata_keys::is_short_list(&dims) {
                true => read(len)?,
                false => Vec::new(),
            };
            let numbers = NumericData {
                conversion: Conversion::none(header.encoding),
                location: DataLocation::Plain(start),
            };
            VariableContent::Numbers(numbers, values)
        }
    };
    Ok(Variable {
        name: String::from_utf8_lossy(&name).into_owned(),
        dims,
        content,
    })
}
