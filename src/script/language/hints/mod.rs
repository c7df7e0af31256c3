//! Hints for syntax of Python, MATLAB and other languages: how to write it here.

mod line;
pub(crate) mod words;

use super::source_text::is_name;
use crate::error::Error;
use crate::script::call::context::Context;
use crate::script::types::members::Scripted;
use crate::video::Video;
use line::{Line, first_word, last_word, operand_before};
use words::{MODULES, WORDS, foreign_name};

/// Hint at how to write Windows paths.
pub(in crate::script) const BACKSLASH: &str =
    "write \\\\ for a backslash in \"…\"; paths can use / on every system";

/// Syntax of another language: a test of a line, and how to write it here.
struct SyntaxHint {
    is_seen: fn(&Line<'_>) -> bool,
    written: fn(&Line<'_>) -> String,
}

/// Syntax of other languages, the more specific patterns first.
const SYNTAX_HINTS: &[SyntaxHint] = &[
    SyntaxHint {
        is_seen: |line| line.message.contains("invalid character: '"),
        written: |line| format!("strings use double quotes: \"{}\"", quoted(line.at)),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("escape sequence"),
        written: |_| BACKSLASH.into(),
    },
    SyntaxHint {
        is_seen: |line| line.text.trim_start().starts_with("for ") && line.message.contains("'in'"),
        written: |_| "write loops as: for i in 1..=10 { … }".into(),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("'{'") && block_head(line).is_some(),
        written: |line| {
            let head = block_head(line).unwrap_or_default();
            format!("put blocks into braces: {head} {{ … }}")
        },
    },
    SyntaxHint {
        is_seen: |line| line.is_syntax() && has_slice(line),
        written: |line| {
            let (name, parts) = slice(line).unwrap_or_default();
            format!(
                "write {} instead; indices start at 0",
                part_of(&name, &parts)
            )
        },
    },
    SyntaxHint {
        is_seen: |line| line.is_syntax() && round_slice(line).is_some(),
        written: |line| {
            let (name, parts) = round_slice(line).unwrap_or_default();
            format!(
                "index with brackets: {}; indices start at 0",
                part_of(&name, &parts)
            )
        },
    },
    SyntaxHint {
        is_seen: |line| imported(line).is_some(),
        written: |line| {
            let import = imported(line).unwrap_or_default();
            format!("put the name of a module into quotes: {import}")
        },
    },
    SyntaxHint {
        is_seen: |line| module_function(line).is_some(),
        written: |line| {
            let name = module_function(line).unwrap_or_default();
            match (line.context.builtin(name), foreign_name(name)) {
                (Some(builtin), _) => format!(
                    "functions need no module: {}",
                    crate::script::docs::signature(builtin)
                ),
                (None, Some(known)) => format!("functions need no module; {}", known.hint),
                (None, None) => "functions need no module: mean(v) or v.mean(); help lists all functions, ?word searches them".into(),
            }
        },
    },
    SyntaxHint {
        is_seen: |line| line.unknown().is_some() && keywords(line).is_some(),
        written: |line| {
            let call = keywords(line).unwrap_or_default();
            format!("pass options by name in a map: {call}")
        },
    },
    SyntaxHint {
        is_seen: |line| {
            let has_star = line.text.contains("(*") || line.text.contains(", *");
            has_star && (line.is_syntax() || line.unknown().is_some())
        },
        written: |_| "pass options in a map, which can be a variable: normalize(v, options)".into(),
    },
    SyntaxHint {
        is_seen: |line| {
            line.unknown()
                .is_some_and(|name| assigned(line, name).is_some())
        },
        written: |line| {
            let name = line.unknown().unwrap_or_default();
            let value = assigned(line, name).unwrap_or_default();
            format!("define variables with let: let {name} = {value}")
        },
    },
    SyntaxHint {
        is_seen: |line| line.unknown() == Some("f") && line.at.starts_with("f\""),
        written: |_| "use backticks for strings with values: `width ${x}`".into(),
    },
    SyntaxHint {
        is_seen: |line| line.text.contains(" for ") && line.before.trim_end().ends_with('['),
        written: |_| "fill arrays in a loop: let a = []; for x in 0..10 { a.push(2 * x) }".into(),
    },
    SyntaxHint {
        is_seen: |line| {
            let starts = |text: &str| text.starts_with(['#', '%']) && !text.starts_with("#{");
            let is_after = line.at.starts_with('#') && starts(line.at);
            line.is_syntax() && (is_after || starts(line.text.trim_start()))
        },
        written: |_| "comments start with //".into(),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("'print' is a reserved"),
        written: |line| {
            let what = line
                .at
                .trim_start_matches("print")
                .trim()
                .trim_end_matches(';');
            format!("write print({what})")
        },
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("function `print` for"),
        written: |_| "combine values in a string: print(`shape ${v.shape}`)".into(),
    },
    SyntaxHint {
        is_seen: |line| {
            line.message.contains("operator: '++'") || line.message.contains("operator: '--'")
        },
        written: |_| "write x += 1".into(),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("operator: '?'"),
        written: |_| "write: if a { b } else { c }".into(),
    },
    SyntaxHint {
        is_seen: |line| !line.has_hints && line.message.contains("operator `^`"),
        written: |line| match line.operands() {
            Some((left, right)) => format!("write powers with **: {left} ** {right}"),
            None => "write powers with **: x ** 2".into(),
        },
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("'~'"),
        written: |_| "negate masks and conditions with !: !mask".into(),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("operator `..") && line.message.contains("float"),
        written: |line| {
            let start = operand_before(line.before);
            let end = line.at.trim_start_matches(['.', '=']);
            let end = end
                .split(['{', ';', ')', ']', ','])
                .next()
                .unwrap_or_default();
            match end.split_once('/') {
                Some((a, b)) if !start.is_empty() => format!(
                    "ranges need ints; / is true division, div(a, b) is integer division: {start}..div({}, {})",
                    a.trim(),
                    b.trim()
                ),
                _ => {
                    "ranges need ints; for evenly spaced floats, use linspace(0.0, 1.0, 11)".into()
                }
            }
        },
    },
    SyntaxHint {
        is_seen: |line| line.wants_int() && line.message.ends_with("a range"),
        written: |line| {
            let array = operand_before(
                line.before
                    .rsplit_once('[')
                    .map_or("", |(before, _)| before),
            );
            let array = if array.is_empty() { "a" } else { array };
            format!(
                "slice plain arrays with {array}.extract(0..2), or as numbers with video({array})[0..2]"
            )
        },
    },
    SyntaxHint {
        is_seen: |line| !line.has_hints && line.wants_int() && line.got_float(),
        written: |_| {
            "/ is true division; for ints, use div(a, b), such as div(n, 2), or to_int(x)".into()
        },
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("raised to a negative power"),
        written: |_| "use a float: 2.0 ** -1".into(),
    },
    SyntaxHint {
        is_seen: |line| line.message.contains("integer index, not a float"),
        written: |_| {
            "/ is true division; for ints, use div(a, b), such as div(n, 2), or to_int(x)".into()
        },
    },
    SyntaxHint {
        is_seen: |line| line.message == "expected true or false, got a Video",
        written: |line| {
            match line.text.contains("&&") || line.text.contains("||") {
                true => "combine masks elementwise with & and |: (v > 1) & (v < 5); for a single bool, use any(mask) or all(mask)".into(),
                false => "a condition needs a single bool: any(mask), all(mask), or v.mean() > 1".into(),
            }
        },
    },
    SyntaxHint {
        is_seen: |line| {
            line.message.contains("the operator `")
                && line.message.contains("array")
                && line
                    .operator()
                    .is_some_and(|sign| "+-*/%**<=>=".contains(sign))
        },
        written: |line| {
            let sign = line.operator().unwrap_or_default();
            let (left, right) = line.operands().unwrap_or(("a".into(), "b".into()));
            let types = line.message.rsplit("take ").next().unwrap_or_default();
            let (of_left, of_right) = types.split_once(" and ").unwrap_or_default();
            let video = |text: String, ty: &str| match ty {
                "array" => format!("video({text})"),
                _ => text,
            };
            let (left, right) = (video(left, of_left), video(right, of_right));
            format!(
                "operators work on videos, not on plain arrays: {left} {sign} {right}; + concatenates plain arrays"
            )
        },
    },
    SyntaxHint {
        is_seen: |line| {
            line.called()
                .is_some_and(|name| foreign_name(name).is_some())
        },
        written: |line| {
            let known = line.called().and_then(foreign_name);
            known.map_or_else(String::new, |known| known.hint.into())
        },
    },
    SyntaxHint {
        is_seen: |line| {
            line.is_syntax() && line.text.contains(" if ") && line.text.contains(" else ")
        },
        written: |_| "write: let x = if a { 5 } else { 6 };".into(),
    },
    SyntaxHint {
        is_seen: |line| line.is_syntax() && line.at.starts_with(':') && line.before.contains('{'),
        written: |_| "write maps as #{a: 1, \"b c\": 2}".into(),
    },
    SyntaxHint {
        is_seen: |line| {
            line.is_syntax()
                && line.at.starts_with(':')
                && line.text.trim_start().starts_with("let ")
        },
        written: |_| "variables have no types: let x = 5;".into(),
    },
    SyntaxHint {
        is_seen: |line| line.is_syntax() && line.at.starts_with('=') && line.before.contains("#{"),
        written: |_| "write maps with a colon: #{a: 1}".into(),
    },
    SyntaxHint {
        is_seen: |line| {
            line.is_syntax()
                && line.at.starts_with(',')
                && line.before.trim_start().starts_with("let ")
        },
        written: |_| {
            "define one variable at a time, or put several values into an array: let a = [1, 2];"
                .into()
        },
    },
    SyntaxHint {
        is_seen: |line| line.called().is_some_and(is_property),
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!("it is a property, without parentheses: v.{name}")
        },
    },
    SyntaxHint {
        is_seen: |line| {
            line.called()
                .is_some_and(|name| is_closure(line.script, name))
        },
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!("call a function in a variable with {name}.call(…)")
        },
    },
    SyntaxHint {
        is_seen: |line| line.called().is_some_and(|name| is_variable(line, name)),
        written: |line| {
            let name = line.called().unwrap_or_default();
            format!("`{name}` is a variable; index with brackets: {name}[0]; indices start at 0")
        },
    },
];

/// Adds a hint to a failure caused by syntax of another language; `line` and `column` count from 1.
pub(in crate::script) fn add_hint(
    error: Error,
    script: &str,
    (line, column): (usize, usize),
    variables: &[String],
    context: &Context,
) -> Error {
    let text = script.lines().nth(line - 1).unwrap_or_default();
    let found_at = text.char_indices().nth(column.max(1) - 1);
    let (before, at) = text.split_at(found_at.map_or(text.len(), |(found_at, _)| found_at));
    let line = Line {
        text,
        before,
        at,
        message: error.message(),
        has_hints: !error.hints().is_empty(),
        script,
        variables,
        context,
    };
    let rule = SYNTAX_HINTS.iter().find(|rule| (rule.is_seen)(&line));
    let hint = rule
        .map(|rule| (rule.written)(&line))
        .or_else(|| word(&line));
    match hint {
        Some(hint) => Error::new(error.message()).hint(hint),
        None => error,
    }
}

/// Equivalent of a word that is not known here.
fn word(line: &Line<'_>) -> Option<String> {
    let at = first_word(line.at);
    let quoted = line.message.split(['`', '\'']).nth(1).unwrap_or_default();
    let is_unknown = line.unknown().is_some() || line.called().is_some() || line.is_syntax();
    let known = |word: &str| WORDS.iter().find(|(known, _)| *known == word);
    if line.unknown().is_some_and(|name| MODULES.contains(&name)) {
        return Some("functions need no module: mean(v) or v.mean() instead of np.mean(v)".into());
    }
    let found = known(quoted)
        .or_else(|| known(at))
        .or_else(|| known(last_word(line.before)));
    found
        .filter(|_| is_unknown)
        .map(|(_, hint)| (*hint).to_owned())
}

/// Content of the single quotes at the start of a text.
fn quoted(text: &str) -> &str {
    let text = text
        .trim_start_matches(|c| c != '\'')
        .trim_start_matches('\'');
    text.split('\'').next().unwrap_or_default()
}

fn is_property(name: &str) -> bool {
    let members = Video::MEMBERS;
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

/// Block header that ends with a colon, as in `for i in range(10):`, in our syntax.
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

/// Name before an index with colons or commas around the mistake, and the parts of the index.
fn slice(line: &Line<'_>) -> Option<(String, Vec<String>)> {
    let (open, inner) = line.inside('[')?;
    let name = last_word(&line.before[..open]);
    let is_slice = !name.is_empty() && !KEYWORDS.contains(&name) && !inner.contains("for ");
    is_slice.then(|| (name.to_owned(), parts(inner)))
}

/// Words after which a bracket does not begin an index.
const KEYWORDS: &[&str] = &[
    "in", "return", "else", "throw", "if", "while", "switch", "let",
];

fn has_slice(line: &Line<'_>) -> bool {
    slice(line).is_some_and(|(_, parts)| parts.len() > 1 || parts[0].contains(':'))
}

/// The same with parentheses, as in `v(1, :, :)`.
fn round_slice(line: &Line<'_>) -> Option<(String, Vec<String>)> {
    let (open, inner) = line.inside('(')?;
    let name = last_word(&line.before[..open]);
    let has_colon = parts(inner).iter().any(|part| part == ":");
    (has_colon && !name.is_empty()).then(|| (name.to_owned(), parts(inner)))
}

fn parts(inner: &str) -> Vec<String> {
    inner
        .split(',')
        .map(|part| part.trim().to_owned())
        .collect()
}

/// Slice of an array in our syntax, from the parts of an index of another language.
fn part_of(name: &str, parts: &[String]) -> String {
    let stepped = |part: &str| part.matches(':').count() == 2;
    let (first, rest) = match parts.split_first() {
        Some((first, rest)) if stepped(first) => {
            let [start, end, step] = pieces(first);
            let or = |text: &str, default: &str| match text {
                "" | "end" => default.to_owned(),
                text => text.to_owned(),
            };
            let start = or(start, if step.starts_with('-') { "()" } else { "0" });
            let taken = format!(
                "{name}.slice({start}, {}, {})",
                or(end, "()"),
                or(step, "1")
            );
            (taken, rest)
        }
        _ => (name.to_owned(), parts),
    };
    let is_whole = rest.len() == parts.len();
    let indices = rest
        .iter()
        .enumerate()
        .map(|(axis, part)| match stepped(part) {
            true => {
                let [start, end, step] = pieces(part);
                let start = if start.is_empty() { "0" } else { start };
                let axis = axis + usize::from(!is_whole);
                match end {
                    "" | "end" => format!("arange({start}, {name}.shape[{axis}], {step})"),
                    end => format!("arange({start}, {end}, {step})"),
                }
            }
            false => index(part),
        });
    let mut indices: Vec<String> = indices.collect();
    if !is_whole && !indices.is_empty() {
        indices.insert(0, "()".into());
    }
    match &indices[..] {
        [] => first,
        [one] => format!("{first}[{one}]"),
        indices => format!("{first}[[{}]]", indices.join(", ")),
    }
}

/// Start, end and step of `start:end:step`.
fn pieces(part: &str) -> [&str; 3] {
    let mut pieces = part.splitn(3, ':').map(str::trim);
    std::array::from_fn(|_| pieces.next().unwrap_or_default())
}

/// One part of an index.
fn index(part: &str) -> String {
    match part.split(':').map(str::trim).collect::<Vec<_>>()[..] {
        ["", ""] => "()".to_owned(),
        ["", end] => format!("0..{end}"),
        [start, "" | "end"] => format!("{start}.."),
        [start, end] => format!("{start}..{end}"),
        _ => part.to_owned(),
    }
}

/// Call around the mistake with its `name=value` and `name: value` in a map.
fn keywords(line: &Line<'_>) -> Option<String> {
    let (open, inner) = line.inside('(')?;
    let start = line.before[..open]
        .rfind(|c| !is_name(c) && c != '.')
        .map_or(0, |at| at + 1);
    let (mut values, mut options) = (Vec::new(), Vec::new());
    for part in inner.split(',').filter(|part| !part.trim().is_empty()) {
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

/// Import in our syntax, if the module name has no quotes.
fn imported(line: &Line<'_>) -> Option<String> {
    let rest = line.text.trim().strip_prefix("import ")?.trim_start();
    let module = first_word(rest);
    if module.is_empty() || MODULES.contains(&module) {
        return None;
    }
    let rest = rest[module.len()..].trim_start();
    let alias = first_word(rest.strip_prefix("as ").unwrap_or(module));
    Some(format!("import \"{module}\" as {alias};"))
}

/// Function called in a module of another language: `crop` of `om.video.crop(v, 8)`.
fn module_function<'a>(line: &Line<'a>) -> Option<&'a str> {
    let module = line.unknown()?;
    if !MODULES.contains(&module) || !line.at.starts_with(module) {
        return None;
    }
    let end = line.at.find(|c| !is_name(c) && c != '.');
    let path = &line.at[..end.unwrap_or(line.at.len())];
    let name = path.rsplit('.').next()?;
    (name != module && !name.is_empty()).then_some(name)
}

/// Value that is assigned to an undefined name.
fn assigned<'a>(line: &Line<'a>, name: &str) -> Option<&'a str> {
    let is_start = line.before.trim().is_empty() || line.before.trim_end().ends_with([';', '{']);
    let rest = line.at.strip_prefix(name)?.trim_start();
    let rest = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?;
    (is_start && !rest.starts_with('=')).then(|| rest.trim().trim_end_matches(';'))
}
