//! The `fill_value` of an array: the value of samples that were never written.

use half::f16;
use serde_json::Value;

use super::chunk_codecs::is_float;
use crate::bail;
use crate::error::Result;
use crate::io::bytes::samples::Encoding;
use crate::video::DType;

/// The bytes of the fill value; `None` if the file leaves it undefined.
pub(super) fn fill_value(value: &Value, encoding: Encoding) -> Result<Option<Vec<u8>>> {
    if value.is_null() {
        return Ok(None);
    }
    let Some(mut bytes) = bytes_of(value, encoding) else {
        bail!(
            "its `fill_value` {value} is not a value of the type {}",
            if encoding.half {
                "float16".to_owned()
            } else {
                encoding.dtype.to_string()
            }
        );
    };
    // The bytes are little-endian so far.
    if encoding.swapped == cfg!(target_endian = "little") {
        bytes.reverse();
    }
    Ok(Some(bytes))
}

/// The bytes of a value in little-endian order.
fn bytes_of(value: &Value, encoding: Encoding) -> Option<Vec<u8>> {
    let size = encoding.size();
    if is_float(encoding) {
        if let Some(bits) = value.as_str().and_then(|text| text.strip_prefix("0x")) {
            let is_whole = bits.len() == 2 * size;
            let bits = u64::from_str_radix(bits, 16).ok().filter(|_| is_whole)?;
            return Some(bits.to_le_bytes()[..size].to_vec());
        }
        let number = float(value)?;
        return Some(match (encoding.half, encoding.dtype) {
            (true, _) => f16::from_f64(number).to_le_bytes().to_vec(),
            (_, DType::F32) => (number as f32).to_le_bytes().to_vec(),
            _ => number.to_le_bytes().to_vec(),
        });
    }
    let number = int(value)?;
    let bits = 8 * size as u32;
    let (low, high) = match encoding.dtype {
        DType::Bool => (0, 1),
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
            (-1i128 << (bits - 1), (1 << (bits - 1)) - 1)
        }
        _ => (0, (1i128 << bits) - 1),
    };
    (low..=high)
        .contains(&number)
        .then(|| number.to_le_bytes()[..size].to_vec())
}

fn float(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return None,
        },
        value => value.as_f64()?,
    })
}

fn int(value: &Value) -> Option<i128> {
    if let Some(value) = value.as_bool() {
        return Some(value.into());
    }
    let whole = value.as_u64().map(i128::from);
    let whole = whole.or_else(|| value.as_i64().map(i128::from));
    whole.or_else(|| {
        let value = value.as_f64()?;
        (value.fract() == 0.0 && value.abs() < 1e18).then_some(value as i128)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::io::format::npy;

    fn bytes(value: Value, dtype: &str) -> Result<Option<Vec<u8>>> {
        fill_value(&value, npy::encoding(dtype).unwrap())
    }

    #[test]
    fn every_form_of_the_specification_is_understood() {
        let of = |value: Value, dtype: &str| bytes(value, dtype).unwrap().unwrap();
        let f4 = f32::to_le_bytes;
        assert_eq!(of(json!(7), "<u2"), [7, 0]);
        assert_eq!(of(json!(7), ">u2"), [0, 7]);
        assert_eq!(of(json!(7.0), "<u2"), [7, 0]);
        assert_eq!(of(json!(-1), "<i4"), [255; 4]);
        assert_eq!(of(json!(u64::MAX), "<u8"), [255; 8]);
        assert_eq!(
            of(json!((1u64 << 53) + 1), "<i8"),
            ((1u64 << 53) + 1).to_le_bytes()
        );
        assert_eq!(of(json!(0.1), "<f4"), f4(0.1));
        assert_eq!(of(json!(1), ">f8"), 1f64.to_be_bytes());
        assert_eq!(of(json!("Infinity"), "<f4"), f4(f32::INFINITY));
        assert_eq!(
            of(json!("-Infinity"), "<f2"),
            f16::NEG_INFINITY.to_le_bytes()
        );
        assert!(f32::from_le_bytes(of(json!("NaN"), "<f4").try_into().unwrap()).is_nan());
        assert_eq!(of(json!("0x7fc00001"), "<f4"), [1, 0, 0xC0, 0x7F]);
        assert_eq!(of(json!("0x7fc00001"), ">f4"), [0x7F, 0xC0, 0, 1]);
        assert_eq!(of(json!("0x3c00"), "<f2"), f16::ONE.to_le_bytes());
        assert_eq!(of(json!(true), "|b1"), [1]);
        assert_eq!(of(json!(1), "|b1"), [1]);
        assert_eq!(bytes(Value::Null, "<u2").unwrap(), None);
    }

    #[test]
    fn other_values_are_errors() {
        for (value, dtype) in [
            (json!(-1), "<u2"),
            (json!(65536), "<u2"),
            (json!(128), "|i1"),
            (json!(2), "|b1"),
            (json!(1.5), "<i4"),
            (json!("NaN"), "<i4"),
            (json!("nothing"), "<f4"),
            (json!("0x7fc0"), "<f4"),
            (json!("0xzzzzzzzz"), "<f4"),
            (json!([0, 0]), "<f4"),
        ] {
            let error = bytes(value.clone(), dtype).unwrap_err();
            assert!(
                error.message().contains(&value.to_string()),
                "{value} {dtype}"
            );
        }
    }
}
