//! JSON in a readable form: maps over several lines, lists of numbers on one line.

use std::fmt::Write;

use serde_json::Value;

/// Maximum length of a list of plain values on one line.
const LINE: usize = 100;

/// The text of a value, indented by `indent` spaces per level, or on one line if `indent` is 0.
pub fn text(value: &Value, indent: usize) -> String {
    let mut text = String::new();
    match indent {
        0 => text = value.to_string(),
        indent => append(&mut text, value, indent, 0),
    }
    text.push('\n');
    text
}

fn append(text: &mut String, value: &Value, indent: usize, level: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                line(text, index, indent, level + 1);
                let _ = write!(text, "{}: ", Value::from(name.as_str()));
                append(text, field, indent, level + 1);
            }
            line(text, 0, indent, level);
            text.push('}');
        }
        Value::Array(items) if !is_line(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                line(text, index, indent, level + 1);
                append(text, item, indent, level + 1);
            }
            line(text, 0, indent, level);
            text.push(']');
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            let _ = write!(text, "[{}]", items.join(", "));
        }
        value => {
            let _ = write!(text, "{value}");
        }
    }
}

/// Starts a new line, after a comma unless it is the first.
fn line(text: &mut String, index: usize, indent: usize, level: usize) {
    if index > 0 {
        text.push(',');
    }
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', indent * level));
}

/// Whether a list is written on one line: always for numbers, for other plain values if they are
/// short.
fn is_line(items: &[Value]) -> bool {
    let is_plain = |item: &Value| !(item.is_object() || item.is_array());
    let is_number = |item: &Value| item.is_number() || item.is_null();
    let len = || {
        items
            .iter()
            .map(|item| item.to_string().len() + 2)
            .sum::<usize>()
    };
    items.iter().all(is_number) || items.iter().all(is_plain) && len() <= LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_stay_in_one_line() {
        let value: Value =
            serde_json::from_str(r#"{"b":[1,2.5,null],"a":{"t":"x\"y"},"c":[[1],[2]],"d":{}}"#)
                .unwrap();
        assert_eq!(
            text(&value, 2),
            "{\n  \"a\": {\n    \"t\": \"x\\\"y\"\n  },\n  \"b\": [1, 2.5, null],\n  \"c\": [\n    \
             [1],\n    [2]\n  ],\n  \"d\": {}\n}\n"
        );
        assert_eq!(
            serde_json::from_str::<Value>(&text(&value, 2)).unwrap(),
            value
        );
        assert_eq!(
            serde_json::from_str::<Value>(&text(&value, 0)).unwrap(),
            value
        );
    }
}
