//! Units of length and time of NGFF, which are those of UDUNITS-2.

use crate::video::power_of_ten;

/// Powers of ten by unit prefix.
const PREFIXES: [(&str, i32); 21] = [
    ("yotta", 24),
    ("zetta", 21),
    ("exa", 18),
    ("peta", 15),
    ("tera", 12),
    ("giga", 9),
    ("mega", 6),
    ("kilo", 3),
    ("hecto", 2),
    ("deca", 1),
    ("", 0),
    ("deci", -1),
    ("centi", -2),
    ("milli", -3),
    ("micro", -6),
    ("nano", -9),
    ("pico", -12),
    ("femto", -15),
    ("atto", -18),
    ("zepto", -21),
    ("yocto", -24),
];

/// Seconds per unit.
pub(super) fn seconds(unit: &str) -> Option<f64> {
    Some(match singular(unit) {
        "min" | "minute" => 60.0,
        "h" | "hr" | "hour" => 3600.0,
        "d" | "day" => 86400.0,
        "s" | "sec" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" | "μs" => 1e-6,
        "ns" => 1e-9,
        unit => power(prefix(unit.strip_suffix("second")?)?),
    })
}

/// Micrometers per unit.
pub(super) fn micrometers(unit: &str) -> Option<f64> {
    Some(match singular(unit) {
        "m" => 1e6,
        "cm" => 1e4,
        "mm" => 1e3,
        "um" | "µm" | "μm" | "micron" => 1.0,
        "nm" => 1e-3,
        "pm" => 1e-6,
        "angstrom" | "ångström" | "Å" => 1e-4,
        "inch" => 25_400.0,
        "foot" => 304_800.0,
        "yard" => 914_400.0,
        "mile" => 1_609_344_000.0,
        "parsec" => 3.085_677_581_491_367e22,
        unit => {
            let stem = unit
                .strip_suffix("meter")
                .or_else(|| unit.strip_suffix("metre"));
            power(prefix(stem?)? + 6)
        }
    })
}

/// A name without the plural `s`.
fn singular(unit: &str) -> &str {
    let unit = unit.trim();
    match unit.strip_suffix('s') {
        Some(stem) if stem.chars().count() > 2 => stem,
        _ => unit,
    }
}

fn prefix(name: &str) -> Option<i32> {
    let prefix = PREFIXES.iter().find(|(prefix, _)| *prefix == name);
    prefix.map(|(_, exponent)| *exponent)
}

fn power(exponent: i32) -> f64 {
    power_of_ten(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_the_specification_are_known() {
        for unit in "angstrom attometer centimeter decimeter exameter femtometer foot gigameter \
                     hectometer inch kilometer megameter meter micrometer mile millimeter nanometer \
                     parsec petameter picometer terameter yard yoctometer yottameter zeptometer \
                     zettameter"
            .split_whitespace()
        {
            assert!(micrometers(unit).is_some(), "{unit}");
            assert!(seconds(unit).is_none(), "{unit}");
        }
        for unit in "attosecond centisecond day decisecond exasecond femtosecond gigasecond \
                     hectosecond hour kilosecond megasecond microsecond millisecond minute \
                     nanosecond petasecond picosecond second terasecond yoctosecond yottasecond \
                     zeptosecond zettasecond"
            .split_whitespace()
        {
            assert!(seconds(unit).is_some(), "{unit}");
            assert!(micrometers(unit).is_none(), "{unit}");
        }
        for unit in ["", "furlong", "pixel", "meters second"] {
            assert!(
                seconds(unit).is_none() && micrometers(unit).is_none(),
                "{unit}"
            );
        }
    }

    #[test]
    fn units_are_exact() {
        assert_eq!(seconds("millisecond"), Some(1e-3));
        assert_eq!(seconds("microsecond"), Some(1e-6));
        assert_eq!(seconds("hours"), Some(3600.0));
        assert_eq!(micrometers("nanometer"), Some(1e-3));
        assert_eq!(micrometers("millimeter"), Some(1e3));
        assert_eq!(micrometers("µm"), Some(1.0));
        assert_eq!(micrometers("picometer"), Some(1e-6));
    }
}
