//! Regions of ImageJ: the fields of its `.roi` files, as ImageJ's source describes them.
//!
//! Numbers are big-endian. For areas, ImageJ counts from the corner of the first pixel, and this
//! program from its center, half a pixel away; for lines both count from the center.

use crate::bail;
use crate::color::Color;
use crate::error::{Error, Result};
use crate::ops::mask::shape::{Region, RegionShape};

const MAGIC: &[u8] = b"Iout";

/// Version of the files that are written: the first with coordinates between pixels for all types.
const VERSION: u16 = 227;

/// Length of each of the two headers.
const HEADER: usize = 64;

/// Bit of the options: coordinates are floats.
const IS_SUBPIXEL: u16 = 128;

/// Bit of the options: the line is a spline through the points.
const IS_SPLINE: u16 = 1;

/// Opacity of a stroke color.
const OPAQUE: u32 = 0xff_00_00_00;

const POLYGON: u8 = 0;
const RECT: u8 = 1;
const OVAL: u8 = 2;
const LINE: u8 = 3;
const FREEHAND_LINE: u8 = 4;
const SEGMENTED_LINE: u8 = 5;
const FREEHAND: u8 = 7;
const TRACED: u8 = 8;

/// Names of the other types.
const OTHERS: &[(u8, &str)] = &[(6, "none"), (9, "angle"), (10, "points")];

/// Subtypes that are stored as another type.
const SUBTYPES: &[(u16, &str)] = &[
    (1, "text"),
    (2, "arrow"),
    (4, "image"),
    (5, "rotated rectangle"),
];

/// What a `.roi` file holds.
pub(super) struct DecodedRoi {
    pub(super) name: Option<String>,
    /// The shape, or the type of one that is not read.
    pub(super) shape: Result<RegionShape, &'static str>,
    pub(super) color: Option<Color>,
}

/// Bytes at offsets, all of which are checked.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        let end = at.checked_add(N).and_then(|end| self.0.get(at..end));
        let truncated = || Error::new("it is truncated");
        Ok(end
            .ok_or_else(truncated)?
            .try_into()
            .expect("as many bytes as asked for"))
    }

    fn short(&self, at: usize) -> Result<i16> {
        Ok(i16::from_be_bytes(self.bytes(at)?))
    }

    fn count(&self, at: usize) -> Result<u16> {
        Ok(u16::from_be_bytes(self.bytes(at)?))
    }

    fn offset(&self, at: usize) -> Result<usize> {
        Ok(u32::from_be_bytes(self.bytes(at)?) as usize)
    }

    fn float(&self, at: usize) -> Result<f64> {
        let value = f64::from(f32::from_be_bytes(self.bytes(at)?));
        match value.is_finite() {
            true => Ok(value),
            false => bail!("one of its coordinates is {value}"),
        }
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<DecodedRoi> {
    if !bytes.starts_with(MAGIC) {
        bail!("it is not a region of ImageJ");
    }
    let fields = Fields(bytes);
    let [kind] = fields.bytes(6)?;
    Ok(DecodedRoi {
        name: name(&fields)?,
        shape: shape(&fields, kind)?,
        color: color(&fields)?,
    })
}

/// Name of a region, in the second header.
fn name(fields: &Fields<'_>) -> Result<Option<String>> {
    let second = fields.offset(60)?;
    if second == 0 {
        return Ok(None);
    }
    let (at, len) = (fields.offset(second + 16)?, fields.offset(second + 20)?);
    if at == 0 || len == 0 {
        return Ok(None);
    }
    let end = len.checked_mul(2).and_then(|len| at.checked_add(len));
    let Some(text) = end.and_then(|end| fields.0.get(at..end)) else {
        bail!("its name is truncated");
    };
    let units: Vec<u16> = text
        .chunks_exact(2)
        .map(|c| u16::from_be_bytes([c[0], c[1]]))
        .collect();
    Ok(Some(String::from_utf16_lossy(&units)))
}

/// Color of the outline; without opacity there is none.
fn color(fields: &Fields<'_>) -> Result<Option<Color>> {
    let color = u32::from_be_bytes(fields.bytes(40)?);
    Ok((color & OPAQUE != 0).then_some(color & !OPAQUE))
}

fn shape(fields: &Fields<'_>, kind: u8) -> Result<Result<RegionShape, &'static str>> {
    let version = fields.count(4)?;
    if let Some((_, name)) = OTHERS.iter().find(|(other, _)| *other == kind) {
        return Ok(Err(name));
    }
    let subtype = fields.count(48)?;
    if let Some((_, name)) = SUBTYPES.iter().find(|(other, _)| *other == subtype) {
        return Ok(Err(name));
    }
    if fields.offset(36)? > 0 {
        return Ok(Err("composite"));
    }
    let [top, left, bottom, right] = [8, 10, 12, 14].map(|at| fields.short(at));
    let [top, left, bottom, right] = [top?, left?, bottom?, right?].map(i64::from);
    let options = fields.count(50)?;
    if options & IS_SPLINE != 0 && kind != RECT && kind != OVAL {
        return Ok(Err("spline"));
    }
    let is_subpixel = version >= 222 && options & IS_SUBPIXEL != 0;
    let box_of = |fields: &Fields<'_>| -> Result<[f64; 4]> {
        match is_subpixel && version >= 223 {
            true => {
                let [x, y] = [fields.float(18)?, fields.float(22)?];
                Ok([y, x, y + fields.float(30)?, x + fields.float(26)?])
            }
            false => Ok([top, left, bottom, right].map(|v| v as f64)),
        }
    };
    match kind {
        RECT => {
            if fields.count(54)? > 0 {
                return Ok(Err("rounded rectangle"));
            }
            let [y0, x0, y1, x1] = box_of(fields)?;
            if [y0, x0, y1, x1].iter().all(|at| at.fract() == 0.0) {
                let bounds = [y0, x0, y1, x1].map(|at| at as i64);
                return Ok(Ok(RegionShape::Rectangle(bounds)));
            }
            let corners = [[y0, x0], [y0, x1], [y1, x1], [y1, x0]];
            Ok(Ok(RegionShape::Polygon(
                corners.map(|corner| corner.map(|at| at - 0.5)).into(),
            )))
        }
        OVAL => {
            let [y0, x0, y1, x1] = box_of(fields)?;
            if y1 <= y0 || x1 <= x0 {
                bail!("its oval has no area");
            }
            Ok(Ok(RegionShape::ellipse_in([y0, x0, y1, x1])))
        }
        LINE => {
            let [x0, y0, x1, y1] = [18, 22, 26, 30].map(|at| fields.float(at));
            let points = vec![[y0?, x0?], [y1?, x1?]];
            Ok(Ok(RegionShape::Line(points)))
        }
        POLYGON | FREEHAND | TRACED | FREEHAND_LINE | SEGMENTED_LINE => {
            let is_line = matches!(kind, FREEHAND_LINE | SEGMENTED_LINE);
            let (least, shift) = if is_line { (2, 0.0) } else { (3, 0.5) };
            let count = match fields.count(16)? {
                0 => fields.offset(18)?,
                count => usize::from(count),
            };
            let truncated = || Error::new("it is truncated");
            if count < least || count > fields.0.len() / 4 {
                return Err(truncated());
            }
            let corner = |at: usize| -> Result<[f64; 2]> {
                let [y, x] = match is_subpixel {
                    true => {
                        let start = HEADER + 4 * count;
                        [
                            fields.float(start + 4 * (count + at))?,
                            fields.float(start + 4 * at)?,
                        ]
                    }
                    false => {
                        let x = fields.short(HEADER + 2 * at)?;
                        let y = fields.short(HEADER + 2 * (count + at))?;
                        [(i64::from(y) + top) as f64, (i64::from(x) + left) as f64]
                    }
                };
                Ok([y - shift, x - shift])
            };
            let points = (0..count).map(corner).collect::<Result<_>>()?;
            Ok(Ok(match kind {
                POLYGON => RegionShape::Polygon(points),
                FREEHAND | TRACED => RegionShape::Freehand(points),
                _ => RegionShape::Line(points),
            }))
        }
        kind => bail!("its type {kind} is not known"),
    }
}

/// The bytes of a `.roi` file.
pub(super) fn encode(region: &Region) -> Result<Vec<u8>> {
    let outside = || {
        let name = &region.name;
        Error::new(format!(
            "the region \"{name}\" is too far from the frame for ImageJ"
        ))
    };
    let short = |value: f64| -> Result<[u8; 2]> {
        let fits = (f64::from(i16::MIN)..=f64::from(i16::MAX)).contains(&value);
        match fits {
            true => Ok((value as i16).to_be_bytes()),
            false => Err(outside()),
        }
    };
    let (kind, shift, corners): (u8, f64, &[[f64; 2]]) = match &region.shape {
        RegionShape::Rectangle(_) => (RECT, 0.0, &[]),
        RegionShape::Ellipse { .. } => (OVAL, 0.5, &[]),
        RegionShape::Polygon(corners) => (POLYGON, 0.5, corners),
        RegionShape::Freehand(points) => (FREEHAND, 0.5, points),
        RegionShape::Line(points) if points.len() == 2 => (LINE, 0.0, points),
        RegionShape::Line(points) => (SEGMENTED_LINE, 0.0, points),
        RegionShape::Mask { .. } => {
            let error = Error::new(format!(
                "the region \"{}\" is a mask, which files of ImageJ do not hold",
                region.name
            ));
            return Err(error.hint("save it to a `.json` file, or with `save_mask`"));
        }
    };
    let bounds = match &region.shape {
        RegionShape::Rectangle(bounds) => bounds.map(|at| at as f64),
        RegionShape::Ellipse {
            center: [y, x],
            radii: [along_y, along_x],
        } => {
            let [y, x] = [y + shift, x + shift];
            [y - along_y, x - along_x, y + along_y, x + along_x]
        }
        _ => {
            let of = |axis: usize| corners.iter().map(move |corner| corner[axis] + shift);
            let least = |axis: usize| of(axis).fold(f64::INFINITY, f64::min);
            let most = |axis: usize| of(axis).fold(f64::NEG_INFINITY, f64::max);
            [least(0), least(1), most(0), most(1)]
        }
    };
    let listed = if kind == LINE { &[] } else { corners };
    let [y0, x0, y1, x1] = bounds;
    let mut bytes = vec![0; HEADER];
    let mut set = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    set(0, MAGIC);
    set(4, &VERSION.to_be_bytes());
    set(6, &[kind]);
    for (at, value) in [
        (8, y0.floor()),
        (10, x0.floor()),
        (12, y1.ceil()),
        (14, x1.ceil()),
    ] {
        set(at, &short(value)?);
    }
    let count = u16::try_from(listed.len());
    let many = |_| {
        Error::new(format!(
            "the region \"{}\" has too many points for ImageJ",
            region.name
        ))
    };
    set(16, &count.map_err(many)?.to_be_bytes());
    if kind != RECT {
        set(50, &IS_SUBPIXEL.to_be_bytes());
    }
    let floats = match (kind, corners) {
        (OVAL, _) => Some([x0, y0, x1 - x0, y1 - y0]),
        (LINE, [from, to]) => Some([from[1], from[0], to[1], to[0]]),
        _ => None,
    };
    for (place, value) in floats.iter().flatten().enumerate() {
        set(18 + 4 * place, &(*value as f32).to_be_bytes());
    }
    if let Some(color) = region.color {
        set(40, &(OPAQUE | color).to_be_bytes());
    }
    for (axis, first) in [(1, x0.floor()), (0, y0.floor())] {
        for corner in listed {
            bytes.extend(short((corner[axis] + shift - first).round())?);
        }
    }
    for axis in [1, 0] {
        for corner in listed {
            bytes.extend(((corner[axis] + shift) as f32).to_be_bytes());
        }
    }
    let units: Vec<u16> = region.name.encode_utf16().collect();
    let second = bytes.len();
    bytes.resize(second + HEADER, 0);
    let mut set = |at: usize, value: usize| {
        bytes[at..at + 4].copy_from_slice(&(value as u32).to_be_bytes());
    };
    set(60, second);
    if !units.is_empty() {
        set(second + 16, second + HEADER);
        set(second + 20, units.len());
    }
    bytes.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a file as ImageJ writes it.
    fn header(kind: u8, [top, left, bottom, right]: [i16; 4], count: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4..6].copy_from_slice(&228u16.to_be_bytes());
        bytes[6] = kind;
        for (at, value) in [(8, top), (10, left), (12, bottom), (14, right)] {
            bytes[at..at + 2].copy_from_slice(&value.to_be_bytes());
        }
        bytes[16..18].copy_from_slice(&count.to_be_bytes());
        bytes
    }

    #[test]
    fn files_of_imagej_are_read() {
        let rect = decode(&header(RECT, [3, 4, 10, 20], 0)).unwrap();
        assert_eq!(rect.shape, Ok(RegionShape::Rectangle([3, 4, 10, 20])));
        assert_eq!((rect.name, rect.color), (None, None));
        let oval = decode(&header(OVAL, [0, 0, 3, 5], 0)).unwrap().shape;
        let expected = RegionShape::Ellipse {
            center: [1.0, 2.0],
            radii: [1.5, 2.5],
        };
        assert_eq!(oval, Ok(expected));
        let mut freehand = header(FREEHAND, [5, 7, 9, 10], 3);
        for value in [0i16, 3, 1, 0, 0, 4] {
            freehand.extend(value.to_be_bytes());
        }
        let found = decode(&freehand).unwrap().shape;
        let corners = vec![[4.5, 6.5], [4.5, 9.5], [8.5, 7.5]];
        assert_eq!(found, Ok(RegionShape::Freehand(corners.clone())));
        freehand[6] = SEGMENTED_LINE;
        let found = decode(&freehand).unwrap().shape;
        let corners = corners.iter().map(|corner| corner.map(|at| at + 0.5));
        assert_eq!(found, Ok(RegionShape::Line(corners.collect())));
        freehand[51] = 1;
        assert_eq!(decode(&freehand).unwrap().shape, Err("spline"));
        let mut line = header(LINE, [0; 4], 0);
        for (place, value) in [2.0f32, 3.5, 10.0, 4.0].into_iter().enumerate() {
            line[18 + 4 * place..22 + 4 * place].copy_from_slice(&value.to_be_bytes());
        }
        line[40..44].copy_from_slice(&[255, 255, 128, 0]);
        let found = decode(&line).unwrap();
        let points = vec![[3.5, 2.0], [4.0, 10.0]];
        assert_eq!(found.shape, Ok(RegionShape::Line(points)));
        assert_eq!(found.color, Some(0xff_80_00));
        assert_eq!(decode(&header(10, [0; 4], 1)).unwrap().shape, Err("points"));
        let mut composite = header(RECT, [0, 0, 9, 9], 0);
        composite[39] = 8;
        assert_eq!(decode(&composite).unwrap().shape, Err("composite"));
    }

    #[test]
    fn damaged_files_are_errors() {
        let corners = vec![[0.0, 0.0], [0.0, 5.0], [5.0, 0.0]];
        let region = Region {
            name: "left".into(),
            ..Region::of_shape(RegionShape::Polygon(corners))
        };
        let whole = encode(&region).unwrap();
        assert_eq!(decode(&whole).unwrap().name.as_deref(), Some("left"));
        for len in 0..whole.len() {
            assert!(decode(&whole[..len]).is_err(), "{len}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xFF;
            let _ = decode(&damaged);
        }
        assert!(decode(&header(99, [0; 4], 0)).is_err());
        let far = Region::of_shape(RegionShape::Rectangle([0, 0, 40_000, 1]));
        assert!(encode(&far).is_err());
    }
}
