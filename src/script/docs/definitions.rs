//! Definition files (`.d.rhai`), with which editors that support Rhai complete and check scripts.

use std::fmt::Write;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{Library, param_facts, text_of, unindented};
use crate::error::{Error, Result};
use crate::fs::atomic;
use crate::script::call::builtin::Builtin;
use crate::script::call::context::Context;
use crate::script::call::value::Type;
use crate::script::types::members::{ScriptType, TYPES};

/// Writes definition files into a folder: one for the builtins and one for each library.
pub fn write_definitions(context: &Context, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, &e))?;
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        let fill = |file: &mut fs::File| file.write_all(text.as_bytes());
        atomic::write(&path, |file| {
            fill(file).map_err(|e| Error::io("write", &path, &e))
        })
    };
    write("optimap.d.rhai", definitions(context))?;
    for library in context.libraries() {
        let name = format!("{}.d.rhai", library.name);
        write(&name, library_definitions(library))?;
    }
    Ok(())
}

/// Definitions of the builtins: each with its required parameters, and with all of them.
pub fn definitions(context: &Context) -> String {
    let mut text = String::from("module static;\n");
    for builtin in context.builtins() {
        builtin_definitions(&mut text, builtin);
    }
    for ty in TYPES {
        member_definitions(&mut text, ty);
    }
    text
}

fn builtin_definitions(text: &mut String, builtin: &Builtin) {
    let mut doc = comment(&text_of(builtin));
    if !builtin.params.is_empty() {
        doc += "///\n/// # Parameters\n///\n";
    }
    for param in builtin.params {
        let what = unindented(param.doc).replace('\n', " ");
        let (name, facts) = (param.name, param_facts(param));
        let _ = writeln!(doc, "/// * `{name}` ({facts}): {}", what.trim());
    }
    let required = builtin
        .params
        .iter()
        .filter(|param| param.default.is_none())
        .count();
    let mut counts = vec![required, builtin.params.len()];
    counts.dedup();
    for count in counts {
        let params = builtin.params[..count].iter();
        let params = params.map(|param| format!("{}: {}", param.name, definition_type(&param.ty)));
        let (params, returns) = (list(params), definition_type(&builtin.returns));
        let _ = write!(text, "\n{doc}fn {}({params}) -> {returns};\n", builtin.name);
    }
}

fn member_definitions(text: &mut String, ty: &ScriptType) {
    let name = ty.name;
    for (member, doc) in (ty.members)() {
        let _ = write!(text, "\n/// {doc}\nfn get {member}(of: {name}) -> ?;\n");
    }
}

fn library_definitions(library: &Library) -> String {
    let mut text = format!("module {};\n", library.name);
    for function in &library.functions {
        let params = list(function.params.iter().map(|param| format!("{param}: ?")));
        let doc = comment(&function.doc);
        let _ = write!(text, "\n{doc}fn {}({params}) -> ?;\n", function.name);
    }
    text
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Type in the grammar of definition files.
fn definition_type(ty: &Type) -> String {
    match ty {
        Type::Any | Type::Rest => "?".into(),
        Type::Unit => "()".into(),
        Type::Text | Type::Path | Type::Choice(..) => "String".into(),
        Type::Map | Type::Table(_) => "Map".into(),
        Type::Blob => "Blob".into(),
        Type::Size => "int | String".into(),
        Type::Operand => "Video | float | int".into(),
        Type::Array(_) => "Array".into(),
        Type::Optional(of) => format!("{} | ()", definition_type(of)),
        Type::Either(one, other) => {
            format!("{} | {}", definition_type(one), definition_type(other))
        }
        ty => ty.to_string(),
    }
}

fn comment(doc: &str) -> String {
    doc.lines().fold(String::new(), |text, line| {
        text + format!("/// {line}").trim_end() + "\n"
    })
}
