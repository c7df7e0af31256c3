//! The whole reference as a page of Markdown.

use std::fmt::Write;

use super::builtin::{Builtin, Param};
use super::context::Context;
use super::docs::{Function, Library, default_text, signature, unindented};
use super::types::{MEMBERS, Members};
use super::value::Type;

/// How to read the page.
const INTRODUCTION: &str = "\
# Reference

## How functions are called

* **By position**, in the order of the parameters: `normalize(v, 0, 255)`.
* **By name**, in a map as last argument: `normalize(v, #{ymax: 255, dtype: \"uint8\"})`. What is \
left out has its default.
* **As a method** of the first argument: `v.normalize(0, 255).crop(4)`.

`()` stands for none. An int is accepted wherever a float is. Sample types have NumPy's names. Axes \
are `{t, y, x}`, and `{t, y, x, channel}` for color. `// =>` shows what the line before it gives.
";

/// The whole reference: contents, types, functions by topic, modules.
pub fn reference(context: &Context) -> String {
    let mut text = String::from(INTRODUCTION);
    contents(&mut text, context);
    text.push_str("\n## Types\n");
    for (name, doc, members) in MEMBERS {
        type_reference(&mut text, name, doc, members);
    }
    for topic in context.topics() {
        let _ = write!(text, "\n## {}\n\n| function | |\n|---|---|\n", topic.title);
        for builtin in topic.builtins {
            let _ = writeln!(text, "| {} | {} |", link(builtin.name), builtin.summary());
        }
        for builtin in topic.builtins {
            builtin_reference(&mut text, builtin);
        }
    }
    for library in context.libraries() {
        library_reference(&mut text, library);
    }
    text
}

/// A link to the heading of a function; those of modules have the module before them.
fn link(name: &str) -> String {
    format!("[`{name}`](#{})", anchor(name))
}

/// The name that GitHub and others give a heading.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn contents(text: &mut String, context: &Context) {
    text.push_str("\n## Contents\n\n");
    let mut line = |title: &str, heading: &str, links: Vec<String>| {
        let _ = writeln!(
            text,
            "* [{title}](#{}): {}",
            anchor(heading),
            links.join(" · ")
        );
    };
    line(
        "Types",
        "Types",
        MEMBERS.iter().map(|(name, ..)| link(name)).collect(),
    );
    for topic in context.topics() {
        let names = topic.builtins.iter().map(|builtin| link(builtin.name));
        line(topic.title, topic.title, names.collect());
    }
    for library in context.libraries() {
        let name = |function: &Function| {
            let heading = heading(library, function);
            format!("[`{}`](#{})", function.name, anchor(&heading))
        };
        let title = format!("Module {}", library.name);
        line(&title, &title, library.functions.iter().map(name).collect());
    }
}

fn type_reference(text: &mut String, name: &str, doc: &str, members: &Members) {
    let _ = write!(text, "\n### {name}\n\n{doc}\n\n| property | |\n|---|---|\n");
    for (member, doc) in members() {
        let _ = writeln!(text, "| `.{member}` | {} |", cell(doc));
    }
}

fn builtin_reference(text: &mut String, builtin: &Builtin) {
    let _ = write!(
        text,
        "\n### {}\n\n```rhai\n{}\n```\n\n",
        builtin.name,
        signature(builtin)
    );
    text.push_str(&marked(&unindented(builtin.doc)));
    if builtin.params.is_empty() {
        return;
    }
    text.push_str("\n| parameter | type | unit | default | |\n|---|---|---|---|---|\n");
    for param in builtin.params {
        let (ty, default) = (cell(&param.ty.to_string()), default_cell(param));
        let doc = param_doc(param);
        let _ = writeln!(
            text,
            "| `{}` | {ty} | {} | {default} | {doc} |",
            param.name, param.unit
        );
    }
}

fn default_cell(param: &Param) -> String {
    match default_text(param) {
        None if matches!(param.ty, Type::Rest) => String::new(),
        None => "required".into(),
        Some(default) => format!("`{}`", cell(&default)),
    }
}

/// What a parameter means, and the names that it can have.
fn param_doc(param: &Param) -> String {
    let mut doc = cell(unindented(param.doc).replace('\n', " ").trim());
    let choices = param.ty.choices();
    if !choices.is_empty() && choices.len() <= 12 {
        let names: Vec<_> = choices.iter().map(|name| format!("`\"{name}\"`")).collect();
        let _ = write!(doc, " One of {}.", names.join(", "));
    }
    doc
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A doc comment whose blocks of code say their language.
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

fn heading(library: &Library, function: &Function) -> String {
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
