//! Habits from Python, MATLAB and others: how what was typed is written here.

use crate::error::Error;

/// A line of a script with a mistake.
pub(super) struct Line<'a> {
    /// The whole line.
    text: &'a str,
    /// What stands before the place of the mistake.
    before: &'a str,
    /// What stands at the place and after it.
    at: &'a str,
    /// What is wrong, in our words.
    message: &'a str,
    /// The whole script.
    script: &'a str,
    /// The variables defined before.
    variables: &'a [String],
}

/// Words of other languages, and what stands for them.
const WORDS: &[(&str, &str)] = &[
    ("None", "no value is written ()"),
    ("nil", "no value is written ()"),
    ("null", "no value is written ()"),
    ("nan", "not a number is written NaN"),
    ("inf", "infinity is written INF"),
    ("pi", "the number is written PI"),
    ("True", "it is written true"),
    ("False", "it is written false"),
    ("and", "`and` is written &&"),
    ("or", "`or` is written ||"),
    ("not", "`not` is written !, as in if !done { … }"),
    ("is", "`is` is written =="),
    (
        "elif",
        "it is written: if a { … } else if b { … } else { … }",
    ),
    (
        "elseif",
        "it is written: if a { … } else if b { … } else { … }",
    ),
    ("end", "blocks end with a brace: if a { … }"),
    ("pass", "an empty block is written {}"),
    (
        "def",
        "functions are written: fn name(v) { … }, with the value of the last line as result",
    ),
    (
        "function",
        "functions are written: fn name(v) { … }, with the value of the last line as result",
    ),
    ("lambda", "a function without a name is written |x| x + 1"),
    (
        "class",
        "there are no classes; a map holds values by name: #{a: 1}",
    ),
    (
        "from",
        "modules are imported whole: import \"waves\" as waves; the functions of optimap need no import",
    ),
    (
        "np",
        "functions need no module: mean(v) or v.mean() instead of np.mean(v)",
    ),
    (
        "numpy",
        "functions need no module: mean(v) or v.mean() instead of np.mean(v); scripts are imported with import \"name\" as name;",
    ),
    (
        "om",
        "functions need no module: crop(v, 8) or v.crop(8) instead of om.crop(v, 8)",
    ),
    (
        "optimap",
        "functions need no module: crop(v, 8) or v.crop(8) instead of om.crop(v, 8)",
    ),
    (
        "plt",
        "functions need no module; help() lists those that show videos and traces",
    ),
    ("raise", "errors are raised with throw \"message\""),
    ("error", "errors are raised with throw \"message\""),
    (
        "with",
        "files need not be opened and closed: load_video(path) reads, save_video(path, v) writes",
    ),
    ("mut", "all variables can be changed: let x = 5;"),
    ("var", "variables are defined with let: let x = 5;"),
    (
        "int",
        "variables have no types: let x = 5; numbers are converted with to_int and parse_int(\"5\")",
    ),
    (
        "float",
        "dtypes are texts: \"float32\"; numbers are converted with to_float and parse_float(\"5\")",
    ),
    ("str", "texts are made with x.to_string() or `width ${x}`"),
    ("uint8", "dtypes are texts: \"uint8\""),
    ("uint16", "dtypes are texts: \"uint16\""),
    ("float32", "dtypes are texts: \"float32\""),
    ("disp", "it is written print(x)"),
    ("printf", "it is written print(`width ${x}`)"),
    ("fprintf", "it is written print(`width ${x}`)"),
    ("sprintf", "texts with values are written `width ${x}`"),
    ("append", "elements are added with push: a.push(x)"),
    (
        "numel",
        "the number of samples is v.shape.reduce(|a, b| a * b, 1), that of frames v.len",
    ),
    ("size", "the lengths of the axes are v.shape"),
    (
        "range",
        "numbers are counted with 0..10, from 0 to 9, or 0..=9: for i in 0..10 { … }",
    ),
    ("enumerate", "it is written: for (x, i) in a { … }"),
    ("imread", "recordings are loaded with load_video(path)"),
    (
        "imshow",
        "videos and images are shown with show_video(v) or preview(v)",
    ),
    ("quit", "Ctrl-D leaves the prompt"),
];

/// A form of other languages: whether a line has it, and how it is written here.
struct Form {
    is_seen: fn(&Line<'_>) -> bool,
    written: fn(&Line<'_>) -> String,
}

/// Forms of other languages, the more special ones first.
const FORMS: &[Form] = &[
    Form {
        is_seen: |line| line.message.contains("invalid character: '"),
        written: |line| format!("texts stand in double quotes: \"{}\"", quoted(line.at)),
    },
    Form {
        is_seen: |line| line.message.contains("escape sequence"),
        written: |_| {
            "in \"…\" a backslash is written \\\\; paths can be written with / everywhere".into()
        },
    },
    Form {
        is_seen: |line| line.is_syntax() && has_slice(line),
        written: |line| {
            let (name, parts) = slice(line).unwrap_or_default();
            format!(
                "parts are written {name}[{}]; indices count from 0",
                ours(&parts)
            )
        },
    },
    Form {
        is_seen: |line| line.is_syntax() && round_slice(line).is_some(),
        written: |line| {
            let (name, parts) = round_slice(line).unwrap_or_default();
            format!(
                "parts are taken with brackets: {name}[{}]; indices count from 0",
                ours(&parts)
            )
        },
    },
    Form {
        is_seen: |line| line.text.trim_start().starts_with("for ") && line.message.contains("'in'"),
        written: |_| "loops are written: for i in 1..=10 { … }".into(),
    },
    Form {
        is_seen: |line| line.message.contains("'{'") && block_head(line).is_some(),
        written: |line| {
            let head = block_head(line).unwrap_or_default();
            format!("blocks stand in braces: {head} {{ … }}")
        },
    },
    Form {
        is_seen: |line| line.unknown().is_some() && keywords(line).is_some(),
        written: |line| {
            let call = keywords(line).unwrap_or_default();
            format!("options are passed by name in a map: {call}")
        },
    },
    Form {
        is_seen: |line| {
            let has_star = line.text.contains("(*") || line.text.contains(", *");
            has_star && (line.is_syntax() || line.unknown().is_some())
        },
        written: |_| {
            "options are passed in a map, which can be a variable: normalize(v, options)".into()
        },
    },
    Form {
        is_seen: |line| {
            line.unknown()
                .is_some_and(|name| assigned(line, name).is_some())
        },
        written: |line| {
            let name = line.unknown().unwrap_or_default();
            let value = assigned(line, name).unwrap_or_default();
            format!("variables are defined with let: let {name} = {value}")
        },
    },
    Form {
        is_seen: |line| line.unknown() == Some("f") && line.at.starts_with("f\""),
        written: |_| "texts with values in them stand in backticks: `width ${x}`".into(),
    },
    Form {
        is_seen: |line| line.text.contains(" for ") && line.before.trim_end().ends_with('['),
        written: |_| {
            "arrays are filled in a loop: let a = []; for x in 0..10 { a.push(2 * x) }".into()
        },
    },
    Form {
        is_seen: |line| {
            let text = line.text.trim_start();
            line.is_syntax() && text.starts_with(['#', '%']) && !text.starts_with("#{")
        },
        written: |_| "comments begin with //".into(),
    },
    Form {
        is_seen: |line| line.message.contains("'print'"),
        written: |line| {
            let what = line
                .at
                .trim_start_matches("print")
                .trim()
                .trim_end_matches(';');
            format!("it is written print({what})")
        },
    },
    Form {
        is_seen: |line| line.message.contains("function `print` for"),
        written: |_| "values are put together in a text: print(`shape ${v.shape}`)".into(),
    },
    Form {
        is_seen: |line| {
            line.message.contains("operator: '++'") || line.message.contains("operator: '--'")
        },
        written: |_| "it is written x += 1".into(),
    },
    Form {
        is_seen: |line| line.message.contains("operator: '?'"),
        written: |_| "it is written: if a { b } else { c }".into(),
    },
    Form {
        is_seen: |line| line.message.contains("operator `^`"),
        written: |_| "powers are written with **".into(),
    },
    Form {
        is_seen: |line| {
            line.is_syntax() && line.text.contains(" if ") && line.text.contains(" else ")
        },
        written: |_| "it is written: let x = if a { 5 } else { 6 };".into(),
    },
    Form {
        is_seen: |line| line.is_syntax() && line.at.starts_with(':') && line.before.contains('{'),
        written: |_| "maps are written #{a: 1, \"b c\": 2}".into(),
    },
    Form {
        is_seen: |line| {
            line.is_syntax()
                && line.at.starts_with(':')
                && line.text.trim_start().starts_with("let ")
        },
        written: |_| "variables have no types: let x = 5;".into(),
    },
    Form {
        is_seen: |line| line.is_syntax() && line.at.starts_with('=') && line.before.contains("#{"),
        written: |_| "maps are written with a colon: #{a: 1}".into(),
    },
    Form {
        is_seen: |line| {
            line.is_syntax()
                && line.at.starts_with(',')
                && line.before.trim_start().starts_with("let ")
        },
        written: |_| {
            "one variable is defined at a time; several values stand in an array: let a = [1, 2];"
                .into()
        },
    },
    Form {
        is_seen: |line| line.called().is_some_and(is_property),
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!("it is a property, without parentheses: v.{name}")
        },
    },
    Form {
        is_seen: |line| {
            line.called()
                .is_some_and(|name| is_closure(line.script, name))
        },
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!("a function in a variable is called with {name}.call(…)")
        },
    },
    Form {
        is_seen: |line| line.called().is_some_and(|name| is_variable(line, name)),
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!(
                "`{name}` is a variable; elements are taken with brackets: {name}[0], counted from 0"
            )
        },
    },
];

/// The failure with a hint at how it is written here, if it is a habit from elsewhere; `line` and
/// `column` count from 1.
pub(super) fn teach(
    error: Error,
    script: &str,
    (line, column): (usize, usize),
    variables: &[String],
) -> Error {
    let text = script.lines().nth(line - 1).unwrap_or_default();
    let place = text.char_indices().nth(column.max(1) - 1);
    let (before, at) = text.split_at(place.map_or(text.len(), |(place, _)| place));
    let line = Line {
        text,
        before,
        at,
        message: error.message(),
        script,
        variables,
    };
    let form = FORMS.iter().find(|form| (form.is_seen)(&line));
    let hint = form
        .map(|form| (form.written)(&line))
        .or_else(|| word(&line));
    match hint {
        Some(hint) => Error::new(error.message()).hint(hint),
        None => error,
    }
}

/// What stands for a word that is not known here.
fn word(line: &Line<'_>) -> Option<String> {
    let at = first_word(line.at);
    let quoted = line.message.split(['`', '\'']).nth(1).unwrap_or_default();
    let is_unknown = line.unknown().is_some() || line.called().is_some() || line.is_syntax();
    let known = |word: &str| WORDS.iter().find(|(known, _)| *known == word);
    let found = known(quoted)
        .or_else(|| known(at))
        .or_else(|| known(last_word(line.before)));
    found
        .filter(|_| is_unknown)
        .map(|(_, hint)| (*hint).to_owned())
}

impl<'a> Line<'a> {
    fn is_syntax(&self) -> bool {
        self.message.starts_with("syntax error")
    }

    /// The variable that does not exist.
    fn unknown(&self) -> Option<&'a str> {
        let rest = self.message.strip_prefix("there is no variable `")?;
        rest.strip_suffix('`')
    }

    /// The function that does not exist.
    fn called(&self) -> Option<&'a str> {
        let rest = self.message.strip_prefix("there is no function `")?;
        rest.split('`').next()
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    &text[..end]
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    let start = text.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}

/// What stands in the single quotes at the beginning of a text.
fn quoted(text: &str) -> &str {
    let text = text
        .trim_start_matches(|c| c != '\'')
        .trim_start_matches('\'');
    text.split('\'').next().unwrap_or_default()
}

fn is_property(name: &str) -> bool {
    let members = super::types::VIDEO_MEMBERS;
    members.iter().any(|member| member.name == name)
}

fn is_closure(script: &str, name: &str) -> bool {
    script.contains(&format!("let {name} = |")) || script.contains(&format!("let {name} = Fn("))
}

fn is_variable(line: &Line<'_>, name: &str) -> bool {
    let is_defined = |word| line.script.contains(&format!("{word}{name} "));
    line.variables.iter().any(|known| known == name)
        || ["let ", "const ", "for "].into_iter().any(is_defined)
}

/// The head of a block that ends with a colon, as in `for i in range(10):`, in our words.
fn block_head(line: &Line<'_>) -> Option<String> {
    let text = line.text.trim();
    let head = text
        .split_once(':')
        .map_or(text, |(head, _)| head)
        .trim_end();
    let starts = ["for ", "while ", "if ", "else", "try", "do"];
    if !text.contains(':') || !starts.iter().any(|start| head.starts_with(start)) {
        return None;
    }
    let head = match head.split_once("range(") {
        Some((start, rest)) => {
            let inner = rest.trim_end_matches(')');
            let range = match inner.split_once(',') {
                Some((from, to)) => format!("{}..{}", from.trim(), to.trim()),
                None => format!("0..{inner}"),
            };
            format!("{start}{range}")
        }
        None => head.to_owned(),
    };
    let words = [(" and ", " && "), (" or ", " || "), (" not ", " !")];
    Some(
        words
            .iter()
            .fold(head, |head, (theirs, ours)| head.replace(theirs, ours)),
    )
}

/// The name before an index with colons or commas around the mistake, and its parts.
fn slice(line: &Line<'_>) -> Option<(String, Vec<String>)> {
    let open = line.before.rfind('[')?;
    let name = last_word(&line.before[..open]);
    let inner = &line.text[open + 1..];
    let inner = &inner[..inner.find(']').unwrap_or(inner.len())];
    let is_slice = !name.is_empty() && !inner.contains("for ");
    is_slice.then(|| (name.to_owned(), parts(inner)))
}

fn has_slice(line: &Line<'_>) -> bool {
    slice(line).is_some_and(|(_, parts)| parts.len() > 1 || parts[0].contains(':'))
}

/// The same with parentheses, as in `v(1, :, :)`.
fn round_slice(line: &Line<'_>) -> Option<(String, Vec<String>)> {
    let open = line.before.rfind('(')?;
    let name = last_word(&line.before[..open]);
    let inner = &line.text[open + 1..];
    let inner = &inner[..inner.find(')').unwrap_or(inner.len())];
    let has_colon = parts(inner).iter().any(|part| part == ":");
    (has_colon && !name.is_empty()).then(|| (name.to_owned(), parts(inner)))
}

fn parts(inner: &str) -> Vec<String> {
    inner
        .split(',')
        .map(|part| part.trim().to_owned())
        .collect()
}

/// The parts of an index as they are written here.
fn ours(parts: &[String]) -> String {
    let part = |part: &String| match part.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        ["", ""] => "()".to_owned(),
        ["", end] => format!("0..{end}"),
        [start, "" | "end"] => format!("{start}.."),
        [start, end] => format!("{start}..{end}"),
        _ => part.clone(),
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    match &parts[..] {
        [one] => one.clone(),
        parts => format!("[{}]", parts.join(", ")),
    }
}

/// The call around the mistake with its `name=value` and `name: value` in a map.
fn keywords(line: &Line<'_>) -> Option<String> {
    let open = line.before.rfind('(')?;
    let start = line.before[..open]
        .rfind(|c| !is_name(c) && c != '.')
        .map_or(0, |at| at + 1);
    let inner = &line.text[open + 1..];
    let inner = &inner[..inner.rfind(')').unwrap_or(inner.len())];
    let (mut values, mut options) = (Vec::new(), Vec::new());
    for part in inner.split(',') {
        let pair = part.split_once('=').or_else(|| part.split_once(':'));
        match pair.map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if name.chars().all(is_name) && !value.starts_with('=') => {
                options.push(format!("{name}: {value}"));
            }
            _ => values.push(part.trim().to_owned()),
        }
    }
    if options.is_empty() || last_word(&line.before[..open]).is_empty() {
        return None;
    }
    values.push(format!("#{{{}}}", options.join(", ")));
    Some(format!(
        "{}({})",
        &line.text[start..open],
        values.join(", ")
    ))
}

/// The value that is assigned to a name that has not been defined.
fn assigned<'a>(line: &Line<'a>, name: &str) -> Option<&'a str> {
    let is_start = line.before.trim().is_empty() || line.before.trim_end().ends_with([';', '{']);
    let rest = line.at.strip_prefix(name)?.trim_start();
    let rest = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?;
    (is_start && !rest.starts_with('=')).then(|| rest.trim().trim_end_matches(';'))
}

/// The line, counted from 1, in which `//` seems meant to divide, though it begins a comment.
fn floor_division(script: &str) -> Option<usize> {
    let is_meant = |line: &str| {
        let (before, after) = line.split_once("//")?;
        let before = before.trim_end();
        let after = after.strip_prefix(' ').unwrap_or(after);
        let number = first_word(after);
        let rest = after[number.len()..].trim_start();
        let is_value = before.ends_with(|c| is_name(c) || matches!(c, ')' | ']'));
        let divides = number.starts_with(|c: char| c.is_ascii_digit())
            && rest.starts_with([';', ')', ',', ']']);
        (is_value && divides && before.matches('"').count() % 2 == 0).then_some(())
    };
    script
        .lines()
        .position(|line| is_meant(line).is_some())
        .map(|at| at + 1)
}

/// What a script should know about a `//` that seems meant to divide.
pub(crate) fn warning(script: &str) -> Option<String> {
    let line = floor_division(script)?;
    Some(format!(
        "line {line}: // begins a comment; ints are divided without a rest by /, as in 7 / 2, which is 3"
    ))
}

#[cfg(test)]
mod tests {
    use super::floor_division;

    #[test]
    fn comments_are_told_from_divisions() {
        assert_eq!(floor_division("let a = 7;\nlet b = a // 2;"), Some(2));
        assert_eq!(floor_division("f(a // 2)"), Some(1));
        for text in [
            "let b = a; // 2;",
            "f(a) // 2 frames",
            "a // two;",
            "\"http://1;\"",
        ] {
            assert_eq!(floor_division(text), None, "{text}");
        }
    }
}
