//! Script type for panels of figures, and the arguments of `figure`.

use rhai::{Array, Dynamic};

use super::members::{Member, Scripted};
use crate::script::call::value::{Type, Value};
use crate::view::figure::FigurePanel;

impl Scripted for FigurePanel {
    const NAME: &'static str = "FigurePanel";
    const DOC: &'static str = "A panel of a figure, made by `map_panel`, `trace_panel`, `histogram_panel`, \
         `scatter_panel` or `box_panel`, and drawn by `figure`.";
    const KIND: Type = Type::FigurePanel;
    const MEMBERS: &'static [Member<Self>] = PANEL_MEMBERS;
    fn text(&self) -> String {
        match self.title.as_str() {
            "" => format!("panel: {}", self.kind()),
            title => format!("panel: {}, {title}", self.kind()),
        }
    }
}

/// Properties of a panel.
const PANEL_MEMBERS: &[Member<FigurePanel>] = &[
    Member {
        name: "kind",
        doc: "What it shows: \"map\", \"traces\", \"histogram\", \"scatter plot\" or \"box plot\".",
        get: |panel| panel.kind().into(),
    },
    Member {
        name: "title",
        doc: "Title, or \"\".",
        get: |panel| panel.title.clone().into_dynamic(),
    },
];

impl Value for FigurePanel {
    const TYPE: Type = Type::FigurePanel;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result()
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self)
    }
}

/// Panels of a figure: an array of them, or an array with an array for each row.
pub enum PanelsParam {
    /// Panels, to be put in rows.
    List(Vec<FigurePanel>),
    /// Rows of panels.
    Rows(Vec<Vec<FigurePanel>>),
}

impl Value for PanelsParam {
    const TYPE: Type = Type::Either(
        &Type::Array(&Type::FigurePanel),
        &Type::Array(&Type::Array(&Type::FigurePanel)),
    );
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let has_rows = value
            .read_lock::<Array>()
            .is_some_and(|array| array.iter().any(Dynamic::is_array));
        match has_rows {
            true => Vec::from_dynamic(value).map(Self::Rows),
            false => Vec::from_dynamic(value).map(Self::List),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::List(panels) => panels.into_dynamic(),
            Self::Rows(rows) => rows.into_dynamic(),
        }
    }
}

impl PanelsParam {
    /// Panels in rows of at most `columns`; default: about as many columns as rows, and the rows
    /// of the argument.
    pub fn rows(self, columns: Option<usize>) -> Vec<Vec<FigurePanel>> {
        match self {
            Self::Rows(rows) => rows,
            Self::List(panels) => {
                let usual = (panels.len() as f64).sqrt().ceil() as usize;
                let columns = columns.unwrap_or(usual).max(1);
                panels.chunks(columns).map(<[_]>::to_vec).collect()
            }
        }
    }
}

/// Widths of a column and of two columns of a journal, in mm.
const WIDTHS: &[(&str, f64)] = &[("single", 85.0), ("double", 178.0)];

/// Width of a figure in mm, or the name of that of a column.
pub struct FigureWidth(pub f64);

impl Value for FigureWidth {
    const TYPE: Type = Type::Either(
        &Type::Float,
        &Type::Choice("a width", || WIDTHS.iter().map(|(name, _)| *name).collect()),
    );
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        let named = value
            .read_lock::<rhai::ImmutableString>()
            .and_then(|name| WIDTHS.iter().find(|(known, _)| *known == name.as_str()))
            .map(|(_, width)| Self(*width));
        match named {
            Some(width) => Ok(width),
            None => f64::from_dynamic(value).map(Self),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        let named = WIDTHS.iter().find(|(_, width)| *width == self.0);
        named.map_or(self.0.into(), |(name, _)| (*name).into())
    }
}
