//! The whole reference as a Markdown page.

use std::fmt::Write;

use super::pictures::PICTURES;
use super::{Library, LibraryFunction, default_text, signature, text_of, unindented};
use crate::color::colormap::Colormap;
use crate::script::call::builtin::{Builtin, Param, Topic};
use crate::script::call::context::Context;
use crate::script::call::value::Type;
use crate::script::types::members::{ScriptType, TYPES};

/// Introduction to the page.
const INTRODUCTION: &str = "\
# Reference

## How functions are called

* **By position**, in the order of the parameters: `normalize(v, 0, 255)`.
* **By name**, in a map as the last argument: `normalize(v, #{ymax: 255, dtype: \"uint8\"})`. \
Parameters that are omitted have their defaults.
* **As a method** of the first argument: `v.normalize(0, 255).crop(4)`.

`()` means no value, like `None` in Python. An int is accepted wherever a float is. Sample types have \
the names of NumPy dtypes. The axes of a video are `{t, y, x}`, or `{t, y, x, channel}` for color. \
Positions are `[y, x]`: the row, counted from the top, before the column. Plain arrays such as \
`[1, 2, 3]` hold values of any type: `+` concatenates them, and `video([1, 2, 3]) * 2` is elementwise. \
Functions defined in a script see their parameters, but not the variables of the script, and modify \
copies. `// =>` shows the value of the expression before it.

All functions fail if an argument is missing, has a wrong type or is none of the values that are listed, \
and if memory or disk space runs out or the sandbox forbids a path. \"Fails if\" names the errors beyond \
these; functions without it have none. All keep the metadata of a recording, such as its frame rate and \
pixel size, as far as it still applies to the result.
";

/// Whole reference: contents, types, functions by topic, colormaps, modules. `pictures` is the
/// folder of the images, if there are any.
pub fn reference(context: &Context, pictures: Option<&str>) -> String {
    let mut text = String::from(INTRODUCTION);
    contents(&mut text, context);
    text.push_str("\n## Types\n");
    for ty in TYPES {
        type_reference(&mut text, ty);
    }
    for (number, topic) in (1..).zip(context.topics()) {
        let heading = chapter(number, topic);
        let _ = write!(text, "\n## {heading}\n\n| function | |\n|---|---|\n");
        for builtin in topic.builtins {
            let _ = writeln!(text, "| {} | {} |", link(builtin.name), builtin.summary());
        }
        for builtin in topic.builtins {
            builtin_reference(&mut text, builtin, pictures);
        }
    }
    colormap_reference(&mut text, pictures);
    for library in context.libraries() {
        library_reference(&mut text, library);
    }
    text
}

/// Heading of a topic; its number distinguishes it from a function of the same name.
fn chapter(number: usize, topic: &Topic) -> String {
    format!("{number}. {}", topic.title)
}

/// Link to the heading of a function; functions of modules have the module as a prefix.
fn link(name: &str) -> String {
    format!("[`{name}`](#{})", anchor(name))
}

/// Anchor that GitHub and others give a heading.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn contents(text: &mut String, context: &Context) {
    text.push_str("\n## Contents\n\n");
    let mut line = |heading: &str, links: Vec<String>| {
        let links = links.join(" · ");
        let _ = writeln!(text, "* [{heading}](#{}) {links}", anchor(heading));
    };
    let types = TYPES.iter();
    let types = types.map(|ty| format!("[`{0}`](#type-{1})", ty.name, anchor(ty.name)));
    line("Types", types.collect());
    for (number, topic) in (1..).zip(context.topics()) {
        let links = topic.builtins.iter().map(|builtin| link(builtin.name));
        line(&chapter(number, topic), links.collect());
    }
    line("Names of colormaps", Vec::new());
    for library in context.libraries() {
        let link = |function: &LibraryFunction| {
            let heading = heading(library, function);
            format!("[`{}`](#{})", function.name, anchor(&heading))
        };
        let links = library.functions.iter().map(link).collect();
        line(&format!("Module {}", library.name), links);
    }
}

fn type_reference(text: &mut String, ty: &ScriptType) {
    let _ = write!(
        text,
        "\n### Type {}\n\n{}\n\n| property | |\n|---|---|\n",
        ty.name, ty.doc
    );
    for (member, doc) in (ty.members)() {
        let _ = writeln!(text, "| `.{member}` | {} |", cell(doc));
    }
}

fn builtin_reference(text: &mut String, builtin: &Builtin, pictures: Option<&str>) {
    let _ = write!(
        text,
        "\n### {}\n\n```rhai\n{}\n```\n\n",
        builtin.name,
        signature(builtin)
    );
    text.push_str(&marked(&text_of(builtin)));
    let picture = PICTURES.iter().find(|picture| picture.name == builtin.name);
    if let (Some(folder), Some(picture)) = (pictures, picture) {
        let _ = write!(
            text,
            "\n![{}]({folder}/{}.png)\n\n`{}`\n",
            picture.name, picture.name, picture.code
        );
    }
    if builtin.params.is_empty() {
        return;
    }
    text.push_str("\n| parameter | type | default | |\n|---|---|---|---|\n");
    for param in builtin.params {
        let mut ty = cell(&param.ty.to_string());
        if !param.unit.is_empty() {
            let _ = write!(ty, ", in {}", param.unit);
        }
        let (default, doc) = (default_cell(param), param_doc(param));
        let _ = writeln!(text, "| `{}` | {ty} | {default} | {doc} |", param.name);
    }
}

/// Names of the colormaps, next to their images if there are any.
fn colormap_reference(text: &mut String, pictures: Option<&str>) {
    text.push_str(
        "\n## Names of colormaps\n\nThe colormaps of Matplotlib; the suffix `_r` reverses them. An array of \
         colors, such as `[\"black\", \"#ff8800\", \"white\"]`, is a colormap too.\n\n",
    );
    let names = Colormap::names().filter(|name| !name.ends_with("_r"));
    match pictures {
        None => {
            let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
            let _ = writeln!(text, "{}", names.join(", "));
        }
        Some(folder) => {
            text.push_str("| name | |\n|---|---|\n");
            for name in names {
                let _ = writeln!(
                    text,
                    "| `{name}` | ![{name}]({folder}/colormap_{name}.png) |"
                );
            }
        }
    }
}

fn default_cell(param: &Param) -> String {
    match default_text(param) {
        None if matches!(param.ty, Type::Rest) => String::new(),
        None => "required".into(),
        Some(default) => format!("`{}`", cell(&default)),
    }
}

/// Meaning of a parameter, and the names it accepts.
fn param_doc(param: &Param) -> String {
    let mut doc = cell(unindented(param.doc).replace('\n', " ").trim());
    let choices = param.ty.choices();
    if !choices.is_empty() && choices.len() <= 12 {
        let names: Vec<_> = choices.iter().map(|name| format!("`\"{name}\"`")).collect();
        let _ = write!(doc, " One of {}.", names.join(", "));
    }
    if !param.alias.is_empty() {
        let _ = write!(doc, " Also `{}`.", param.alias);
    }
    doc
}

/// Text inside a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Doc comment with the language of each code block.
fn marked(doc: &str) -> String {
    let mut is_open = false;
    let lines = doc.lines().map(|line| match line.strip_prefix("```") {
        Some(_) => {
            is_open = !is_open;
            if is_open { "```rhai\n" } else { "```\n" }.to_owned()
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn heading(library: &Library, function: &LibraryFunction) -> String {
    format!("{}::{}", library.name, function.name)
}

fn library_reference(text: &mut String, library: &Library) {
    let name = &library.name;
    let _ = write!(text, "\n## Module {name}\n\n{}\n\n", library.doc);
    let _ = write!(
        text,
        "```rhai\nimport \"{name}\" as {name};\n```\n\n| function | |\n|---|---|\n"
    );
    for function in &library.functions {
        let anchor = anchor(&heading(library, function));
        let _ = writeln!(
            text,
            "| [`{}`](#{anchor}) | {} |",
            function.name,
            function.summary()
        );
    }
    for function in &library.functions {
        let (heading, signature) = (heading(library, function), function.signature(library));
        let doc = marked(&function.doc);
        let _ = write!(
            text,
            "\n### {heading}\n\n```rhai\n{signature}\n```\n\n{doc}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_linked_as_github_names_them() {
        assert_eq!(anchor("Loading and saving"), "loading-and-saving");
        assert_eq!(anchor("MiCAM05_Importer"), "micam05_importer");
        assert_eq!(anchor("waves::enhance"), "wavesenhance");
        assert_eq!(marked("a\n```no_run\nb\n```\n"), "a\n```rhai\nb\n```\n");
    }
}
