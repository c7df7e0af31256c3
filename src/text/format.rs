//! Formatting of values by the rules of Python's `str.format`: `{:>8.3f}`, `{:,d}`, `{name:05}`.

use crate::bail;
use crate::error::{Error, Result, counted};

/// Maximum width and precision, far beyond any practical use.
const MAX_WIDTH: usize = 1000;

/// A value to be formatted.
#[derive(Debug, Clone, PartialEq)]
pub enum FormatArgument {
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text, or the printed form of anything else.
    Text(String),
}

/// Replaces the fields of a template by values: `{}` by the next one, `{0}` by the one with that
/// index, `{name}` by the value that `named` returns for the name; `{{` and `}}` are literal
/// braces.
pub fn format(
    template: &str,
    values: &[FormatArgument],
    named: impl Fn(&str) -> Option<FormatArgument>,
) -> Result<String> {
    let mut text = String::new();
    let mut rest = template;
    let mut fields = FieldCounter::default();
    while let Some(at) = rest.find(['{', '}']) {
        text += &rest[..at];
        let bracket = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(bracket) {
            text += bracket;
            rest = after;
            continue;
        }
        let Some((field, after)) = rest.split_once('}').filter(|_| bracket == "{") else {
            let error = Error::new(format!("format finds a single `{bracket}` in {template:?}"));
            return Err(error.hint(format!(
                "write `{bracket}{bracket}` for the character itself"
            )));
        };
        rest = after;
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let value = match fields.index(name)? {
            Some(index) => values.get(index).cloned(),
            None => named(name),
        };
        let Some(value) = value else {
            return Err(missing(name, fields.next, values.len()));
        };
        text += &FormatSpec::parse(spec)?.apply(&value)?;
    }
    let used = fields.next.max(fields.numbered);
    if used < values.len() && !fields.is_numbered {
        bail!(
            "format has placeholders for {used} of {} in {template:?}",
            counted(values.len(), "value")
        );
    }
    Ok(text + rest)
}

fn missing(name: &str, next: usize, given: usize) -> Error {
    match name {
        "" => Error::new(format!(
            "format has a placeholder for value {next}, got {given}"
        )),
        name if name.bytes().all(|b| b.is_ascii_digit()) => {
            Error::new(format!("format has no value {{{name}}} among {given}"))
        }
        name => Error::new(format!("format has no value for {{{name}}}"))
            .hint(format!("pass it in a map: format(…, #{{{name}: …}})")),
    }
}

/// Numbering of the fields so far: automatic or explicit.
#[derive(Default)]
struct FieldCounter {
    next: usize,
    numbered: usize,
    is_numbered: bool,
}

impl FieldCounter {
    /// Index of the value of a field; `None` if the field has a name.
    fn index(&mut self, name: &str) -> Result<Option<usize>> {
        let index = match name {
            "" => {
                self.next += 1;
                self.next - 1
            }
            name => match name.parse::<usize>() {
                Ok(index) => {
                    self.is_numbered = true;
                    self.numbered = self.numbered.max(index.saturating_add(1));
                    index
                }
                Err(_) => return Ok(None),
            },
        };
        if self.is_numbered && self.next > 0 {
            bail!("format needs placeholders either with or without numbers, not both");
        }
        Ok(Some(index))
    }
}

/// The specification after the colon: `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Debug, Clone, Copy)]
struct FormatSpec<'a> {
    text: &'a str,
    fill: char,
    align: Option<char>,
    sign: char,
    is_alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl<'a> FormatSpec<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let mut chars = Chars(text);
        let (mut fill, mut align) = (' ', None);
        let mut first = text.chars();
        let (first, second) = (first.next(), first.next());
        if let (Some(character), Some('<' | '>' | '^' | '=')) = (first, second) {
            (fill, align) = (character, second);
            chars.0 = &text[character.len_utf8() + 1..];
        } else {
            align = chars.one_of("<>^=").or(align);
        }
        let sign = chars.one_of("+- ").unwrap_or('-');
        let is_alternate = chars.one_of("#").is_some();
        if chars.one_of("0").is_some() && align.is_none() {
            (fill, align) = ('0', Some('='));
        }
        let width = chars.number(text)?.unwrap_or(0);
        let group = chars.one_of(",_");
        let precision = match chars.one_of(".") {
            Some(_) => Some(chars.number(text)?.ok_or_else(|| unknown(text))?),
            None => None,
        };
        let kind = chars.one_of("bcdeEfFgGosxX%");
        if !chars.0.is_empty() {
            return Err(unknown(text));
        }
        Ok(Self {
            text,
            fill,
            align,
            sign,
            is_alternate,
            width,
            group,
            precision,
            kind,
        })
    }

    fn apply(&self, value: &FormatArgument) -> Result<String> {
        match (value, self.kind) {
            (FormatArgument::Text(text), None | Some('s')) => {
                if self.align == Some('=') || self.group.is_some() {
                    return Err(self.misfit("text"));
                }
                let len = self.precision.unwrap_or(usize::MAX);
                let text: String = text.chars().take(len).collect();
                Ok(self.padded("", &text, '<'))
            }
            (FormatArgument::Text(_), _) => Err(self.misfit("text")),
            (FormatArgument::Int(int), None | Some('d' | 'b' | 'o' | 'x' | 'X' | 'c')) => {
                self.int(*int)
            }
            (FormatArgument::Int(int), Some(kind)) if kind != 's' => self.float(*int as f64, kind),
            (FormatArgument::Float(float), None) => Ok(self.plain_float(*float)),
            (FormatArgument::Float(float), Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => {
                self.float(*float, self.kind.unwrap_or('g'))
            }
            (FormatArgument::Int(_), _) => Err(self.misfit("an int")),
            (FormatArgument::Float(_), _) => Err(self.misfit("a float")),
        }
    }

    fn misfit(&self, what: &str) -> Error {
        let error = Error::new(format!("format cannot write {what} as `{}`", self.text));
        error.hint("`.3f`, `e` and `g` are for numbers, `d` and `x` for ints, `s` for text")
    }

    fn int(&self, int: i64) -> Result<String> {
        if self.precision.is_some() {
            return Err(self.misfit("an int"));
        }
        let size = int.unsigned_abs();
        let (prefix, digits) = match self.kind {
            Some('b') => ("0b", format!("{size:b}")),
            Some('o') => ("0o", format!("{size:o}")),
            Some('x') => ("0x", format!("{size:x}")),
            Some('X') => ("0X", format!("{size:X}")),
            Some('c') => match u32::try_from(int).ok().and_then(char::from_u32) {
                Some(character) => return Ok(self.padded("", &character.to_string(), '<')),
                None => return Err(self.misfit("an int")),
            },
            _ => ("", size.to_string()),
        };
        let prefix = if self.is_alternate { prefix } else { "" };
        Ok(self.number(int < 0, prefix, &digits, ""))
    }

    /// A float without a type: the shortest text that reads back as the same number, or `g` if
    /// there is a precision.
    fn plain_float(&self, float: f64) -> String {
        let size = float.abs();
        let text = match self.precision {
            _ if !size.is_finite() => special(size),
            None => with_exponent(&format!("{size:?}")),
            Some(precision) => {
                let text = general(size, precision.max(1), false);
                let is_whole = !text.contains(['.', 'e']);
                if is_whole { text + ".0" } else { text }
            }
        };
        self.split(float, &text)
    }

    fn float(&self, float: f64, kind: char) -> Result<String> {
        let precision = self.precision.unwrap_or(6);
        let size = float.abs();
        let text = match kind.to_ascii_lowercase() {
            _ if !size.is_finite() => special(size) + if kind == '%' { "%" } else { "" },
            'e' => with_exponent(&format!("{size:.precision$e}")),
            'f' => format!("{size:.precision$}"),
            'g' => general(size, precision.max(1), self.is_alternate),
            '%' => format!("{:.precision$}%", size * 100.0),
            _ => return Err(self.misfit("a number")),
        };
        Ok(match kind.is_ascii_uppercase() {
            true => self.split(float, &text.to_ascii_uppercase()),
            false => self.split(float, &text),
        })
    }

    /// Groups the digits before the point and appends the rest.
    fn split(&self, float: f64, text: &str) -> String {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        self.number(
            float.is_sign_negative() && !float.is_nan(),
            "",
            &text[..end],
            &text[end..],
        )
    }

    fn number(&self, is_negative: bool, prefix: &str, digits: &str, rest: &str) -> String {
        let sign = match (is_negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            (false, _) => "",
        };
        let head = format!("{sign}{prefix}");
        let mut digits = digits.to_owned();
        let mut text = self.grouped(&digits);
        if (self.fill, self.align) == ('0', Some('=')) && !digits.is_empty() {
            while head.len() + text.len() + rest.len() < self.width {
                digits.insert(0, '0');
                text = self.grouped(&digits);
            }
        }
        self.padded(&head, &(text + rest), '>')
    }

    /// The digits with a separator between groups of three, or of four in hexadecimal and the like.
    fn grouped(&self, digits: &str) -> String {
        let Some(group) = self.group else {
            return digits.to_owned();
        };
        let len = if matches!(self.kind, Some('b' | 'o' | 'x' | 'X')) {
            4
        } else {
            3
        };
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(len) {
                text.push(group);
            }
            text.push(digit);
        }
        text
    }

    fn padded(&self, head: &str, text: &str, default: char) -> String {
        let missing = self
            .width
            .saturating_sub((head.chars().count()) + text.chars().count());
        let fill = |len| std::iter::repeat_n(self.fill, len).collect::<String>();
        match self.align.unwrap_or(default) {
            '<' => format!("{head}{text}{}", fill(missing)),
            '=' => format!("{head}{}{text}", fill(missing)),
            '^' => format!(
                "{}{head}{text}{}",
                fill(missing / 2),
                fill(missing - missing / 2)
            ),
            _ => format!("{}{head}{text}", fill(missing)),
        }
    }
}

fn unknown(text: &str) -> Error {
    let error = Error::new(format!("format cannot parse `{text}`"));
    error.hint("such as `.3f`, `8.2e`, `>10`, `05d`, `,`: [[fill]align][sign][0][width][,][.precision][type]")
}

fn special(size: f64) -> String {
    if size.is_nan() { "nan" } else { "inf" }.to_owned()
}

/// An exponent with its sign and at least two digits.
fn with_exponent(text: &str) -> String {
    match text.split_once('e') {
        None => text.to_owned(),
        Some((number, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{number}e{sign}{:02}", exponent.abs())
        }
    }
}

/// `precision` significant digits, with an exponent for very small and very large numbers.
fn general(size: f64, precision: usize, keeps_zeros: bool) -> String {
    let scientific = format!("{size:.*e}", precision - 1);
    let exponent = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse::<i32>().ok());
    let exponent = exponent.unwrap_or(0);
    let (number, tail) = if (-4..precision as i32).contains(&exponent) {
        let decimals = (precision as i32 - 1 - exponent) as usize;
        (format!("{size:.decimals$}"), String::new())
    } else {
        let text = with_exponent(&scientific);
        let (number, exponent) = text.split_once('e').unwrap_or((&text, ""));
        (number.to_owned(), format!("e{exponent}"))
    };
    match number.contains('.') && !keeps_zeros {
        true => {
            number
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
                + tail.as_str()
        }
        false => number + tail.as_str(),
    }
}

/// The unread part of a specification.
struct Chars<'a>(&'a str);

impl Chars<'_> {
    fn one_of(&mut self, known: &str) -> Option<char> {
        let first = self.0.chars().next().filter(|c| known.contains(*c))?;
        self.0 = &self.0[first.len_utf8()..];
        Some(first)
    }

    fn number(&mut self, spec: &str) -> Result<Option<usize>> {
        let end = self
            .0
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.0.len());
        if end == 0 {
            return Ok(None);
        }
        let number = self.0[..end]
            .parse::<usize>()
            .ok()
            .filter(|n| *n <= MAX_WIDTH);
        self.0 = &self.0[end..];
        match number {
            Some(number) => Ok(Some(number)),
            None => bail!("format writes at most {MAX_WIDTH} characters, got `{spec}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FormatArgument::{Float, Int, Text};
    use super::*;

    fn one(template: &str, value: FormatArgument) -> String {
        format(template, &[value], |_| None).unwrap()
    }

    /// Compared with the output of Python 3.
    #[test]
    fn numbers_look_as_in_python() {
        for (template, value, text) in [
            ("{:.3f}", Float(1.2345678), "1.235"),
            ("{:8.2f}|", Float(-1.5), "   -1.50|"),
            ("{:<8.2f}|", Float(1.5), "1.50    |"),
            ("{:^9.1f}|", Float(1.5), "   1.5   |"),
            ("{:08.2f}", Float(-1.5), "-0001.50"),
            ("{:+d}", Int(5), "+5"),
            ("{: d}", Int(5), " 5"),
            ("{:,}", Int(1_234_567), "1,234,567"),
            ("{:_}", Int(-1_234_567), "-1_234_567"),
            ("{:,.2f}", Float(1_234_567.891), "1,234,567.89"),
            ("{:04,}", Int(1), "0,001"),
            ("{:010,}", Int(1234), "00,001,234"),
            ("{:e}", Float(12345.678), "1.234568e+04"),
            ("{:.2E}", Float(0.00012), "1.20E-04"),
            ("{:g}", Float(0.0001), "0.0001"),
            ("{:g}", Float(0.00001), "1e-05"),
            ("{:g}", Float(123_456_789.0), "1.23457e+08"),
            ("{:.3g}", Float(100.0), "100"),
            ("{:#.3g}", Float(1.0), "1.00"),
            ("{:g}", Float(0.0), "0"),
            ("{:.1%}", Float(0.1234), "12.3%"),
            ("{:x}", Int(255), "ff"),
            ("{:#X}", Int(255), "0XFF"),
            ("{:b}", Int(5), "101"),
            ("{:#o}", Int(8), "0o10"),
            ("{:c}", Int(65), "A"),
            ("{:_x}", Int(0x1234_5678), "1234_5678"),
            ("{:.2f}", Int(3), "3.00"),
            ("{}", Float(1.0), "1.0"),
            ("{}", Float(1e20), "1e+20"),
            ("{}", Float(0.1), "0.1"),
            ("{:.3}", Float(1.0), "1.0"),
            ("{:.3}", Float(1234.5), "1.23e+03"),
            ("{:f}", Float(f64::NAN), "nan"),
            ("{:6.1f}", Float(f64::NEG_INFINITY), "  -inf"),
            ("{:F}", Float(f64::INFINITY), "INF"),
            ("{:*>6}", Int(42), "****42"),
            ("{:x^5}", Text("a".into()), "xxaxx"),
            ("{:.2s}|", Text("über".into()), "üb|"),
            ("{:6}|", Text("ab".into()), "ab    |"),
            ("{{{}}}", Int(1), "{1}"),
            ("{0}{0}", Int(1), "11"),
            ("{:.0f}", Float(2.5), "2"),
        ] {
            assert_eq!(one(template, value), text, "{template}");
        }
    }

    #[test]
    fn names_and_numbers_choose_values() {
        let values = [Int(1), Text("b".into())];
        let named = |name: &str| (name == "x").then_some(Float(0.5));
        let of = |template| format(template, &values, named);
        assert_eq!(of("{} {} {x:.2f}").unwrap(), "1 b 0.50");
        assert_eq!(of("{1}{0}").unwrap(), "b1");
        for wrong in [
            "{} {} {}", "{", "}", "{2}", "{y}", "{} {0}", "{}", "{:.f} {}", "{:q} {}",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        for wrong in ["{:d}", "{:.99999999999f}", "{:s}"] {
            assert!(format(wrong, &[Float(1.0)], named).is_err(), "{wrong}");
        }
        assert!(format("{:.1f}", &[Text("a".into())], named).is_err());
    }
}
