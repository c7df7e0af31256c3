//! The history of values: which builtin, operator or index made them, from which arguments.
//!
//! Everything that gives scripts a video says so here, and nowhere else; a video from elsewhere has
//! no history rather than a wrong one.

use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::Arc;

use rhai::{Array, Blob, Dynamic, INT, ImmutableString, Map};

use super::bind::{Call, accepts_map};
use super::builtin::{Builtin, Param};
use super::player_record;
use super::value::{Type, Value, describe, has_paths};
use crate::color::colormap::Colormap;
use crate::error::counted;
use crate::history::{History, Literal, Operation, SourceFile};
use crate::io::Importer;
use crate::ops::array::elementwise::Operand;
use crate::ops::array::index::Index;
use crate::player::Player;
use crate::script::types::provenance::{FileScript, Provenance};
use crate::video::{Field, Metadata, Video};
use crate::view::figure::FigurePanel;

/// Parameter of functions that write a file with its history.
pub(in crate::script) const PROVENANCE: &str = "provenance";

/// Largest number of values in an argument that is kept as it is written.
const MAX_VALUES: usize = 4096;

/// Longest string that is kept.
const MAX_TEXT: usize = 16 << 10;

/// A call of a builtin whose result may hold videos.
pub(in crate::script) struct CallRecord(Operation);

impl CallRecord {
    /// Notes the arguments, unless the result can hold no video.
    pub(in crate::script) fn of(call: &Call<'_>) -> Option<Self> {
        may_hold_videos(&call.builtin.returns).then(|| Self(operation(call, PathUse::of(call))))
    }

    /// Links the videos of a result to the call.
    pub(in crate::script) fn attach(self, value: &mut Dynamic) {
        let Self(mut operation) = self;
        if let Some(player) = value.read_lock::<Player>() {
            player_record::attach(&player, History::new(operation));
        } else if let Some(mut panel) = value.write_lock::<FigurePanel>() {
            panel.history = Some(History::new(operation));
        } else if let Some(mut video) = value.write_lock::<Video>() {
            if let (Some(Operation::Recorded(text)), Operation::Call { recorded, .. }) =
                (video.history().map(History::operation), &mut operation)
            {
                *recorded = Some(text.clone());
            }
            video.set_history(History::new(operation));
        } else if has_videos(value) {
            attach_parts(value, &History::new(operation));
        }
    }
}

/// Gives a call that writes a file the script of that file, in place of the argument that asks for
/// it.
pub(in crate::script) fn provide(call: &mut Call<'_>) {
    let Some(index) = call.builtin.position(PROVENANCE) else {
        return;
    };
    if let Some(paths) = Provenance::paths(&call.arguments()[index]) {
        let script = History::new(operation(call, PathUse::Written)).script(paths);
        call.replace(index, Dynamic::from(FileScript(script.into())));
    }
}

/// What the paths of a call are for.
#[derive(Clone, Copy)]
enum PathUse {
    /// Files to read.
    Read,
    /// The file to write.
    Written,
    /// A file that was written besides: the value does not depend on it.
    Besides,
}

impl PathUse {
    fn of(call: &Call<'_>) -> Self {
        match call.builtin.position(PROVENANCE) {
            Some(_) => Self::Besides,
            None => Self::Read,
        }
    }
}

/// Call of a builtin with all its arguments.
fn operation(call: &Call<'_>, paths: PathUse) -> Operation {
    let builtin = call.builtin;
    let pairs = builtin.params.iter().zip(call.arguments());
    let arguments = pairs.map(|(param, value)| (param.name, argument(param, value, paths)));
    Operation::Call {
        function: builtin.name,
        arguments: arguments.collect(),
        positional: positional(builtin),
        has_value: !matches!(builtin.returns, Type::Unit),
        recorded: None,
    }
}

/// Number of arguments to pass by position: the required ones, or all where a map of the others
/// would be taken for an argument.
fn positional(builtin: &Builtin) -> usize {
    let params = builtin.params;
    let required = params.iter().take_while(|param| param.default.is_none());
    let required = required.count();
    let takes_all = |param: &Param| matches!(param.ty, Type::Rest);
    let is_taken = params
        .get(required)
        .is_some_and(|param| accepts_map(&param.ty));
    match is_taken || params.iter().any(takes_all) {
        true => params.len(),
        false => required,
    }
}

fn argument(param: &Param, value: &Dynamic, paths: PathUse) -> Literal {
    match has_paths(&param.ty) {
        true => path_literal(value, paths),
        false => literal(value),
    }
}

/// A path, or paths in an array, or another value in their place.
fn path_literal(value: &Dynamic, paths: PathUse) -> Literal {
    if let Some(array) = value.read_lock::<Array>() {
        let literals = array.iter().map(|value| path_literal(value, paths));
        return Literal::Array(literals.collect());
    }
    let Some(path) = value.read_lock::<ImmutableString>() else {
        return literal(value);
    };
    match paths {
        PathUse::Read => Literal::File(Arc::new(SourceFile::of(Path::new(path.as_str())))),
        PathUse::Written => Literal::Path(path.as_str().into()),
        PathUse::Besides => Literal::Unit,
    }
}

/// Whether values of a type may be or contain videos, or are drawn from them.
pub(in crate::script) fn may_hold_videos(ty: &Type) -> bool {
    match ty {
        Type::Any | Type::Map | Type::Video | Type::Operand | Type::FigurePanel | Type::Player => {
            true
        }
        Type::Optional(of) | Type::Array(of) => may_hold_videos(of),
        Type::Either(one, other) => may_hold_videos(one) || may_hold_videos(other),
        _ => false,
    }
}

/// Whether a result with several values holds videos. Arrays hold values of one kind.
fn has_videos(value: &Dynamic) -> bool {
    if let Some(array) = value.read_lock::<Array>() {
        return array.first().is_some_and(has_videos);
    }
    match value.read_lock::<Map>() {
        Some(map) => map.values().any(has_videos),
        None => value.is::<Video>(),
    }
}

/// Links the videos in a result to their places in it.
fn attach_parts(value: &mut Dynamic, history: &History) {
    let part = |index| {
        let of = Literal::Video(Some(history.clone()));
        History::new(Operation::Part { of, index })
    };
    if let Some(mut video) = value.write_lock::<Video>() {
        video.set_history(history.clone());
        return;
    }
    if let Some(mut array) = value.write_lock::<Array>() {
        for (index, value) in array.iter_mut().enumerate() {
            if has_videos(value) {
                attach_parts(value, &part(Literal::Int(index as i64)));
            }
        }
        return;
    }
    if let Some(mut map) = value.write_lock::<Map>() {
        for (key, value) in map.iter_mut() {
            if has_videos(value) {
                attach_parts(value, &part(Literal::Text(key.as_str().into())));
            }
        }
    }
}

/// A value as a script writes it.
pub(in crate::script) fn literal(value: &Dynamic) -> Literal {
    let mut room = MAX_VALUES;
    within(value, &mut room).unwrap_or_else(|| {
        Literal::Unwritable(match value.read_lock::<Array>() {
            Some(array) => format!("an array of {}", counted(array.len(), "value")).into(),
            None => describe(value).into(),
        })
    })
}

/// A value with at most as many values in it as there is room for.
fn within(value: &Dynamic, room: &mut usize) -> Option<Literal> {
    *room = room.checked_sub(1)?;
    if let Some(video) = value.read_lock::<Video>() {
        return Some(video_literal(&video));
    }
    if let Some(array) = value.read_lock::<Array>() {
        let values = array.iter().map(|value| within(value, room));
        return values.collect::<Option<_>>().map(Literal::Array);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let fields = map.iter();
        let fields = fields.map(|(key, value)| Some((key.to_string(), within(value, room)?)));
        return fields.collect::<Option<_>>().map(Literal::Map);
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return (text.len() <= MAX_TEXT).then(|| Literal::Text(text.as_str().into()));
    }
    Some(scalar_literal(value))
}

fn scalar_literal(value: &Dynamic) -> Literal {
    if value.is_unit() {
        return Literal::Unit;
    }
    if let Ok(int) = value.as_int() {
        return Literal::Int(int);
    }
    if let Ok(float) = value.as_float() {
        return Literal::Float(float);
    }
    if let Ok(flag) = value.as_bool() {
        return Literal::Bool(flag);
    }
    if let Some(range) = value.read_lock::<Range<INT>>() {
        return Literal::Range(range.start, Some(range.end).filter(|end| *end != INT::MAX));
    }
    if let Some(range) = value.read_lock::<RangeInclusive<INT>>() {
        return Literal::RangeInclusive(*range.start(), *range.end());
    }
    if let Some(colormap) = value.read_lock::<Colormap>() {
        return match Colormap::named(colormap.name()) {
            Ok(named) if named == *colormap => Literal::Text(colormap.name().into()),
            _ => Literal::Unwritable("a colormap made of colors".into()),
        };
    }
    if let Some(panel) = value.read_lock::<FigurePanel>() {
        return Literal::Video(panel.history.clone());
    }
    if let Some(player) = value.read_lock::<Player>() {
        return player_record::literal_of(&player);
    }
    if let Some(importer) = value.read_lock::<Importer>() {
        let file = Literal::File(Arc::new(SourceFile::of(importer.path())));
        let is_8bit = importer.is_8bit().map(Literal::Bool);
        let arguments = [file].into_iter().chain(is_8bit).collect();
        return Literal::Made(importer.camera().constructor(), arguments);
    }
    if let Some(blob) = value.read_lock::<Blob>() {
        return Literal::Unwritable(format!("a blob of {}", counted(blob.len(), "byte")).into());
    }
    Literal::Unwritable(describe(value).into())
}

pub(in crate::script) fn video_literal(video: &Video) -> Literal {
    Literal::Video(video.history().cloned())
}

/// Operand of an operator.
pub(in crate::script) fn operand_literal(operand: &Operand) -> Literal {
    match operand {
        Operand::Int(int) => Literal::Int(*int),
        Operand::Float(float) => Literal::Float(*float),
        Operand::Array(video) => video_literal(video),
    }
}

/// Indices between brackets.
pub(in crate::script) fn index_literal(indices: &[Index]) -> Literal {
    let one = |index: &Index| match index {
        Index::At(position) => Literal::Int(*position),
        Index::Range(start, end) => Literal::Range(*start, *end),
        Index::All => Literal::Unit,
        Index::Mask(mask) => video_literal(mask),
        Index::Indices(positions) if positions.len() > MAX_VALUES => {
            let text = format!("a list of {}", counted(positions.len(), "index"));
            Literal::Unwritable(text.into())
        }
        Index::Indices(positions) => {
            Literal::Array(positions.iter().map(|at| Literal::Int(*at)).collect())
        }
    };
    match indices {
        // A list of indices would be taken for one index of each axis.
        [index] if !matches!(index, Index::Indices(_) | Index::All) => one(index),
        _ => Literal::Array(indices.iter().map(one).collect()),
    }
}

/// Notes that a part of a video was taken.
pub(in crate::script) fn note_part(part: &mut Video, of: &Video, index: Literal) {
    let of = video_literal(of);
    part.set_history(History::new(Operation::Part { of, index }));
}

/// Changes a video and notes how.
pub(in crate::script) fn changed<E>(
    video: &mut Video,
    index: Option<Literal>,
    operator: &'static str,
    value: Literal,
    change: impl FnOnce(&mut Video) -> Result<(), E>,
) -> Result<(), E> {
    let of = video_literal(video);
    change(video)?;
    video.set_history(History::new(Operation::Change {
        of,
        index,
        operator,
        value,
    }));
    Ok(())
}

/// Replaces the metadata of a video and notes which fields differ.
pub(in crate::script) fn set_metadata(video: &mut Video, metadata: Metadata) {
    let (before, after) = (video.metadata().all_fields(), metadata.all_fields());
    let mut fields: Vec<(String, Literal)> = Vec::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        fields.push((name.clone(), Literal::Unit));
    }
    for (name, field) in after {
        if before.get(&name) != Some(&field) {
            fields.push((name, field_literal(field)));
        }
    }
    let of = video_literal(video);
    *video.metadata_mut() = metadata;
    video.set_history(History::new(Operation::Metadata { of, fields }));
}

fn field_literal(field: Field) -> Literal {
    literal(&field.into_dynamic())
}
