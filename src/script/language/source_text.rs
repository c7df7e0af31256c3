//! Conversion between positions and bytes of a script's text, and look-up of names and functions.

use std::ops::Range;

use rhai::Position;

use super::lexer::Lexer;

/// Whether a character can be part of a name.
pub(in crate::script) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Word at the end of a text.
pub(in crate::script) fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_name(*c))
        .last();
    start.map_or("", |(start, _)| &text[start..])
}

/// Bytes of the name, string or sign at a position.
pub(in crate::script) fn span(source: &str, position: Position) -> Option<Range<usize>> {
    let (line, column) = (position.line()?, position.position().unwrap_or(1).max(1));
    let line_start: usize = source
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let line = source[line_start..].lines().next().unwrap_or_default();
    let start = line
        .char_indices()
        .nth(column - 1)
        .map_or(line.len(), |(start, _)| start);
    let length = match line[start..].chars().next() {
        Some(first) if is_name(first) => line[start..]
            .find(|c| !is_name(c))
            .unwrap_or(line.len() - start),
        Some('"') => line[start + 1..].find('"').map_or(1, |end| end + 2),
        Some(first) => first.len_utf8(),
        None => 0,
    };
    Some(line_start + start..line_start + start + length)
}

/// Position of a byte.
pub(in crate::script) fn position_of(source: &str, byte: usize) -> Position {
    let before = &source[..byte];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    match (u16::try_from(line), u16::try_from(column)) {
        (Ok(line), Ok(column)) => Position::new(line, column),
        _ => Position::NONE,
    }
}

/// A function in the text of a script.
pub(in crate::script) struct FunctionText<'a> {
    pub(in crate::script) name: &'a str,
    pub(in crate::script) params: &'a str,
    pub(in crate::script) body: Range<usize>,
}

/// Function whose body contains an offset.
pub(in crate::script) fn enclosing_function(text: &str, offset: usize) -> Option<FunctionText<'_>> {
    let pairs = Lexer::of(text).pairs;
    let end_of = |open: usize| {
        pairs
            .iter()
            .find(|(start, _)| *start == open)
            .map(|(_, end)| *end)
    };
    let blocks = Lexer::of(&text[..offset]).brackets.into_iter();
    let mut bodies = blocks
        .filter(|bracket| bracket.kind == '{')
        .map(|bracket| bracket.after - 1);
    bodies.find_map(|open| {
        let head = text[..open].trim_end();
        let (start, _) = pairs.iter().find(|(_, close)| close + 1 == head.len())?;
        let before = head[..*start].trim_end();
        let name = before.rsplit(|c| !is_name(c)).next()?;
        let keyword = before.strip_suffix(name)?;
        let keyword = keyword.rsplit(['\n', ';', '{', '}']).next()?.trim_start();
        let keyword = keyword.strip_prefix("private ").unwrap_or(keyword);
        keyword.starts_with("fn ").then(|| FunctionText {
            name,
            params: &head[start + 1..head.len() - 1],
            body: open..end_of(open).unwrap_or(text.len()),
        })
    })
}
