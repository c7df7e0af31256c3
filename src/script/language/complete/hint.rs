//! Hints at what could be typed next: the parameters of a call, or a name to choose.

use super::Scene;
use super::place::{Argument, Place, ends_in_word};
use super::text::{Wanted, wanted};
use crate::script::call::builtin::{Builtin, Param};
use crate::script::docs::default_text;
use crate::script::language::scan::{Inside, Scan};

/// What is shown after the cursor.
#[derive(Debug, PartialEq)]
pub struct Hint {
    /// The text.
    pub text: String,
    /// Whether the text can be taken over; otherwise it only explains.
    pub can_be_taken: bool,
}

/// What could follow a text, if it ends inside a call.
pub fn hint(text: &str, scene: &Scene<'_>) -> Option<Hint> {
    let scan = Scan::of(text);
    match scan.inside {
        Inside::Text('"') => choice(text, &scan, scene),
        Inside::Code => signature(text, &scan, scene),
        _ => None,
    }
}

/// The rest of the first name that can be chosen.
fn choice(text: &str, scan: &Scan, scene: &Scene<'_>) -> Option<Hint> {
    let typed = &text[scan.since + 1..];
    let Wanted::Names(names) = wanted(&text[..scan.since], scene) else {
        return None;
    };
    let name = names.iter().find(|name| name.starts_with(typed))?;
    Some(Hint {
        text: format!("{}\"", &name[typed.len()..]),
        can_be_taken: true,
    })
}

/// The parameters that are still to come.
fn signature(text: &str, scan: &Scan, scene: &Scene<'_>) -> Option<Hint> {
    let place = Place::of(text, scan)?;
    let builtin = place.builtin(scene.context);
    let (rest, closed) = match (&place.argument, builtin) {
        (Argument::At(index), Some(builtin)) => {
            let skipped = index + usize::from(!place.is_empty);
            (params(builtin, |at, _| at >= skipped), ")")
        }
        (Argument::At(index), None) => {
            let skipped = index + usize::from(!place.is_empty) - usize::from(place.is_method);
            (
                script_params(&place, text, scene)?
                    .into_iter()
                    .skip(skipped)
                    .collect(),
                ")",
            )
        }
        (Argument::Key(used), Some(builtin)) if !ends_in_word(text) => {
            let unused = |_, param: &Param| param.default.is_some() && !used.contains(&param.name);
            (params(builtin, unused), "})")
        }
        (Argument::Option(name), Some(builtin)) if place.is_empty => {
            (value_of(builtin.param(name)?).into_iter().collect(), "")
        }
        _ => return None,
    };
    let between = match (place.is_empty, text.ends_with(',')) {
        (false, _) if !rest.is_empty() => ", ",
        (true, true) => " ",
        _ => "",
    };
    Some(Hint {
        text: format!("{between}{}{closed}", rest.join(", ")),
        can_be_taken: false,
    })
}

fn params(builtin: &Builtin, is_left: impl Fn(usize, &Param) -> bool) -> Vec<String> {
    let params = builtin.params.iter().enumerate();
    let left = params.filter(|(at, param)| is_left(*at, param));
    left.map(|(_, param)| match default_text(param) {
        Some(default) => format!("{} = {default}", param.name),
        None => param.name.to_owned(),
    })
    .collect()
}

/// What the value of an option should be.
fn value_of(param: &Param) -> Option<String> {
    let unit = if param.unit.is_empty() {
        String::new()
    } else {
        format!(" in {}", param.unit)
    };
    Some(format!("{}{unit}", param.ty.expected()))
}

/// The parameters of a function of a module, or of one that was defined at the prompt.
fn script_params(place: &Place<'_>, text: &str, scene: &Scene<'_>) -> Option<Vec<String>> {
    let find = |functions: &[crate::script::docs::Function]| {
        let function = functions
            .iter()
            .find(|function| function.name == place.function)?;
        Some(function.params.clone())
    };
    let Some(alias) = place.module else {
        return find(scene.functions);
    };
    if let Some(library) = scene.modules.get(alias) {
        return find(&library.functions);
    }
    let name = super::imported_as(alias, text).unwrap_or(alias);
    find(&scene.context.library(name)?.functions)
}
