//! File name templates with a number field in the style of Python's `str.format`: `frame_{:03d}`.

use crate::error::{Error, Result};

/// A name with number fields.
pub(crate) struct Pattern {
    text: String,
    parts: Vec<TemplatePart>,
}

enum TemplatePart {
    Text(String),
    Number(NumberFormat),
}

/// Format of a number.
#[derive(Default)]
struct NumberFormat {
    fill: Option<char>,
    align: Option<char>,
    plus: Option<char>,
    width: usize,
    kind: char,
}

/// Maximum width of a number.
const MAX_WIDTH: usize = 100;

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let after = &rest[char.len_utf8()..];
            rest = match (char, after.chars().next()) {
                ('{', Some('{')) | ('}', Some('}')) => {
                    plain.push(char);
                    &after[1..]
                }
                ('{', _) => {
                    let (field, after) = after
                        .split_once('}')
                        .ok_or_else(|| bad(text, "a `{` has no `}`"))?;
                    parts.push(TemplatePart::Text(std::mem::take(&mut plain)));
                    parts.push(TemplatePart::Number(
                        NumberFormat::of_field(field).ok_or_else(|| {
                            bad(
                                text,
                                &format!("`{{{field}}}` is not a placeholder for a number"),
                            )
                        })?,
                    ));
                    after
                }
                ('}', _) => return Err(bad(text, "a `}` has no `{`")),
                _ => {
                    plain.push(char);
                    after
                }
            };
        }
        parts.push(TemplatePart::Text(plain));
        Ok(Self {
            text: text.into(),
            parts,
        })
    }

    /// The pattern as written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern contains the number at all.
    pub(crate) fn has_number(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, TemplatePart::Number(_)))
    }

    /// The name for a number.
    pub(crate) fn name(&self, number: usize) -> String {
        let part = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Number(spec) => spec.write(number),
        };
        self.parts.iter().map(part).collect()
    }
}

fn bad(pattern: &str, reason: &str) -> Error {
    Error::new(format!(
        "`filepattern` \"{pattern}\" cannot be used: {reason}"
    ))
    .hint("write it like \"frame_{:03d}\"")
}

impl NumberFormat {
    /// Parses the content of braces: an optional 0 (the only argument), then a colon and the
    /// format.
    fn of_field(field: &str) -> Option<Self> {
        let (index, spec) = field.split_once(':').unwrap_or((field, ""));
        matches!(index, "" | "0").then(|| Self::parse(spec))?
    }

    fn parse(text: &str) -> Option<Self> {
        let mut spec = Self {
            kind: 'd',
            ..Self::default()
        };
        let mut chars: Vec<char> = text.chars().collect();
        let is_align = |char: Option<&char>| matches!(char, Some('<' | '>' | '^' | '='));
        if is_align(chars.get(1)) {
            spec.fill = Some(chars.remove(0));
        }
        if is_align(chars.first()) {
            spec.align = Some(chars.remove(0));
        }
        if let Some('+' | ' ' | '-') = chars.first() {
            spec.plus = Some(chars.remove(0)).filter(|sign| *sign != '-');
        }
        if chars.first() == Some(&'0') {
            chars.remove(0);
            spec.fill = spec.fill.or(Some('0'));
            spec.align = spec.align.or(Some('='));
        }
        if let Some('d' | 'x' | 'X' | 'o' | 'b') = chars.last() {
            spec.kind = chars.pop()?;
        }
        let width: String = chars.into_iter().collect();
        if !width.is_empty() {
            spec.width = width.parse().ok().filter(|width| *width <= MAX_WIDTH)?;
        }
        Some(spec)
    }

    fn write(&self, number: usize) -> String {
        let digits = match self.kind {
            'x' => format!("{number:x}"),
            'X' => format!("{number:X}"),
            'o' => format!("{number:o}"),
            'b' => format!("{number:b}"),
            _ => number.to_string(),
        };
        let sign = self.plus.map_or_else(String::new, String::from);
        let missing = self.width.saturating_sub(sign.len() + digits.len());
        let fill = |count: usize| self.fill.unwrap_or(' ').to_string().repeat(count);
        match self.align {
            Some('<') => format!("{sign}{digits}{}", fill(missing)),
            Some('^') => format!(
                "{}{sign}{digits}{}",
                fill(missing / 2),
                fill(missing - missing / 2)
            ),
            Some('=') => format!("{sign}{}{digits}", fill(missing)),
            _ => format!("{}{sign}{digits}", fill(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_does() {
        let name = |pattern: &str, number| Pattern::parse(pattern).unwrap().name(number);
        assert_eq!(name("frame_{:03d}", 7), "frame_007");
        assert_eq!(name("f{}", 12), "f12");
        assert_eq!(name("{0:04}_{{a}}_{0:x}", 10), "0010_{a}_a");
        assert_eq!(name("{:*>5}|{:<4d}|{:^5}", 42), "***42|42  | 42  ");
        assert_eq!(name("{:+04d}{:#>3}", 5), "+005##5");
        for pattern in [
            "{foo}",
            "{1}",
            "a{",
            "a}",
            "{:.2f}",
            "{:s}",
            "{:999999999999}",
            "{:é}",
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
