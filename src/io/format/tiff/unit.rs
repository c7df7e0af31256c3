//! Units of length and time, as written by OME and ImageJ.

/// Prefixes of units and their factors.
const PREFIXES: &[(&str, f64)] = &[
    ("Y", 1e24),
    ("Z", 1e21),
    ("E", 1e18),
    ("P", 1e15),
    ("T", 1e12),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("h", 1e2),
    ("da", 1e1),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("µ", 1e-6),
    ("u", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("f", 1e-15),
    ("a", 1e-18),
    ("z", 1e-21),
    ("y", 1e-24),
];

/// Names of units of length without prefix, in meters.
const LENGTHS: &[(&[&str], f64)] = &[
    (&["m", "meter", "meters", "metre", "metres"], 1.0),
    (
        &[
            "micron",
            "microns",
            "micrometer",
            "micrometers",
            "micrometre",
            "micrometres",
        ],
        1e-6,
    ),
    (
        &["nanometer", "nanometers", "nanometre", "nanometres"],
        1e-9,
    ),
    (
        &["millimeter", "millimeters", "millimetre", "millimetres"],
        1e-3,
    ),
    (
        &["centimeter", "centimeters", "centimetre", "centimetres"],
        1e-2,
    ),
    (
        &["Å", "A", "angstrom", "angstroms", "Angstrom", "Ångström"],
        1e-10,
    ),
    (&["thou"], 2.54e-5),
    (&["li"], 2.54e-2 / 12.0),
    (&["in", "inch", "inches"], 2.54e-2),
    (&["ft"], 0.3048),
    (&["yd"], 0.9144),
    (&["mi", "mile", "miles"], 1609.344),
    (&["pt"], 2.54e-2 / 72.0),
    (&["ua"], 149_597_870_700.0),
    (&["ly"], 9.460_730_472_580_8e15),
    (&["pc"], 3.085_677_581_491_367e16),
];

/// Names of units of time without prefix, in seconds.
const TIMES: &[(&[&str], f64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1.0),
    (&["msec", "msecs", "millisecond", "milliseconds"], 1e-3),
    (&["usec", "µsec", "microsecond", "microseconds"], 1e-6),
    (&["nsec", "nanosecond", "nanoseconds"], 1e-9),
    (&["min", "mins", "minute", "minutes"], 60.0),
    (&["h", "hr", "hrs", "hour", "hours"], 3600.0),
    (&["d", "day", "days"], 86_400.0),
];

/// Pixel size or frame interval stated by a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spacing {
    /// In µm, or in seconds.
    Of(f64),
    /// In pixels, which have no physical size.
    Pixels,
    /// In an unknown unit.
    Unknown,
}

impl Spacing {
    /// A unit of length in µm.
    pub(super) fn length(name: &str) -> Self {
        match name.trim() {
            "" | "pixel" | "pixels" | "px" | "reference frame" => Self::Pixels,
            name => match of(name, LENGTHS, "m") {
                // Avoids the rounding error of multiplying 1e-6 by a million.
                Some(metres) => Self::Of(metres / 1e-6),
                None => Self::Unknown,
            },
        }
    }

    /// A unit of time in seconds.
    pub(super) fn time(name: &str) -> Self {
        match name.trim() {
            "" | "frame" | "frames" => Self::Pixels,
            name => of(name, TIMES, "s").map_or(Self::Unknown, Self::Of),
        }
    }
}

fn of(name: &str, known: &[(&[&str], f64)], base: &str) -> Option<f64> {
    // The Greek letter mu is a different character than the micro sign.
    let name = name.replace('\u{3BC}', "\u{B5}").replace('\u{212B}', "Å");
    let exact = known
        .iter()
        .find(|(names, _)| names.contains(&name.as_str()));
    if let Some((_, size)) = exact {
        return Some(*size);
    }
    let prefix = name.strip_suffix(base)?;
    let (_, factor) = PREFIXES.iter().find(|(known, _)| *known == prefix)?;
    Some(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_the_schema_is_known() {
        let lengths = "Ym Zm Em Pm Tm Gm Mm km hm dam m dm cm mm µm nm pm fm am zm ym Å thou li in ft \
                       yd mi ua ly pc pt";
        for name in lengths.split_whitespace() {
            assert!(
                matches!(Spacing::length(name), Spacing::Of(size) if size > 0.0),
                "{name}"
            );
        }
        let times = "Ys Zs Es Ps Ts Gs Ms ks hs das s ds cs ms µs ns ps fs as zs ys min h d";
        for name in times.split_whitespace() {
            assert!(
                matches!(Spacing::time(name), Spacing::Of(size) if size > 0.0),
                "{name}"
            );
        }
    }

    #[test]
    fn units_are_micrometres_and_seconds() {
        let close = |unit, expected: f64| match unit {
            Spacing::Of(size) => (size / expected - 1.0_f64).abs() < 1e-12,
            _ => false,
        };
        for (name, size) in [
            ("\u{B5}m", 1.0),
            ("\u{3BC}m", 1.0),
            ("um", 1.0),
            ("micron", 1.0),
            ("microns", 1.0),
            ("nm", 1e-3),
            ("mm", 1e3),
            ("Mm", 1e12),
            ("cm", 1e4),
            ("inch", 25_400.0),
            ("Å", 1e-4),
            ("pm", 1e-6),
            ("pt", 25_400.0 / 72.0),
        ] {
            assert!(
                close(Spacing::length(name), size),
                "{name}: {:?}",
                Spacing::length(name)
            );
        }
        assert_eq!(Spacing::length("µm"), Spacing::Of(1.0));
        for (name, size) in [
            ("sec", 1.0),
            ("msec", 1e-3),
            ("ms", 1e-3),
            ("\u{3BC}s", 1e-6),
            ("min", 60.0),
            ("hr", 3600.0),
            ("d", 86_400.0),
        ] {
            assert!(
                close(Spacing::time(name), size),
                "{name}: {:?}",
                Spacing::time(name)
            );
        }
        for name in ["pixel", "pixels", "", "reference frame"] {
            assert_eq!(Spacing::length(name), Spacing::Pixels);
        }
        assert_eq!(
            (Spacing::length("furlong"), Spacing::time("m")),
            (Spacing::Unknown, Spacing::Unknown)
        );
    }
}
