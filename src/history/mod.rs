//! How videos came to be: each value is linked to the call that made it, and through the arguments
//! of that call to the calls before. Links hold no samples, and are shared by all that follow.
//!
//! A graph of calls is ours because it has to be written as a script: recorders of other languages
//! keep bytecode or frames of an interpreter.

mod extent;
mod literal;
mod recorded;
mod script;
mod source;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use extent::Extent;
pub use literal::{Literal, quoted};
pub use recorded::{RecordedScript, RecordedSource};
pub use script::{Paths, SOURCE, TARGET, VERSION, expression, text};
pub use source::SourceFile;

/// Largest number of links of a history, in which [`VALUES_OF_A_LINK`] plain values count as
/// another one. A longer one is forgotten, so that loops do not collect memory without end.
const MAX_LINKS: usize = 1000;

/// Beginning of every script of a history.
pub const BEGINNING: &str = "// optimap ";

/// Number of plain values that take about as much memory as a link.
const VALUES_OF_A_LINK: usize = 16;

/// The call that made a value, linked to those that made its arguments. Clones share it.
#[derive(Clone)]
pub struct History(Arc<HistoryLink>);

/// A call, and how much of a graph ends with it.
struct HistoryLink {
    operation: Operation,
    extent: Extent,
}

/// What was done.
pub enum Operation {
    /// A function was called.
    Call {
        /// Name in scripts.
        function: &'static str,
        /// Names and values of all parameters, in their order.
        arguments: Vec<(&'static str, Literal)>,
        /// Number of arguments that are passed by position.
        positional: usize,
        /// Whether it has a value.
        has_value: bool,
        /// History of the file that was loaded, as it was found there.
        recorded: Option<Arc<str>>,
    },
    /// An operator was applied to two operands.
    Binary(&'static str, Literal, Literal),
    /// An operator was applied to one operand.
    Unary(&'static str, Literal),
    /// A part was taken: `of[index]`.
    Part {
        /// Array, or a result with several.
        of: Literal,
        /// Index or key.
        index: Literal,
    },
    /// A copy was changed: `of += value`, `of[index] = value`.
    Change {
        /// What was changed.
        of: Literal,
        /// Index of the part; `None` for all.
        index: Option<Literal>,
        /// Assignment operator.
        operator: &'static str,
        /// Value on the right.
        value: Literal,
    },
    /// Metadata was set: `of.name = value`.
    Metadata {
        /// Whose metadata.
        of: Literal,
        /// Fields with their values; `()` for those that were removed.
        fields: Vec<(String, Literal)>,
    },
    /// Properties of a player were set: `of.name = value`.
    Settings {
        /// The player.
        of: Literal,
        /// Properties with their values, in the order in which they are set.
        fields: Vec<(&'static str, Literal)>,
    },
    /// A file was loaded that holds the script which made it.
    Recorded(Arc<str>),
    /// Many calls, which are not kept.
    Forgotten(usize),
}

impl Operation {
    /// Calls a function with each value of the operation.
    fn for_each_value<'a>(&'a self, each: &mut dyn FnMut(&'a Literal)) {
        match self {
            Self::Call { arguments, .. } => arguments.iter().for_each(|(_, value)| each(value)),
            Self::Binary(_, left, right) => [left, right].into_iter().for_each(each),
            Self::Unary(_, operand) => each(operand),
            Self::Part { of, index } => [of, index].into_iter().for_each(each),
            Self::Change {
                of, index, value, ..
            } => {
                each(of);
                index.iter().for_each(&mut *each);
                each(value);
            }
            Self::Metadata { of, fields } => {
                each(of);
                fields.iter().for_each(|(_, value)| each(value));
            }
            Self::Settings { of, fields } => {
                each(of);
                fields.iter().for_each(|(_, value)| each(value));
            }
            Self::Recorded(_) | Self::Forgotten(_) => {}
        }
    }

    /// Histories of the videos that it used, in order.
    fn inputs(&self) -> Vec<&History> {
        let mut inputs = Vec::new();
        self.for_each_value(&mut |value| value.histories(&mut inputs));
        inputs
    }

    /// Adds the histories of the videos that it used.
    fn into_inputs(self, found: &mut Vec<History>) {
        match self {
            Self::Call { arguments, .. } => {
                let values = arguments.into_iter().map(|(_, value)| value);
                values.for_each(|value| value.into_histories(found));
            }
            Self::Binary(_, left, right) => {
                left.into_histories(found);
                right.into_histories(found);
            }
            Self::Unary(_, operand) => operand.into_histories(found),
            Self::Part { of, index } => {
                of.into_histories(found);
                index.into_histories(found);
            }
            Self::Change {
                of, index, value, ..
            } => {
                of.into_histories(found);
                value.into_histories(found);
                index
                    .into_iter()
                    .for_each(|index| index.into_histories(found));
            }
            Self::Metadata { of, .. } => of.into_histories(found),
            Self::Settings { of, fields } => {
                of.into_histories(found);
                let values = fields.into_iter().map(|(_, value)| value);
                values.for_each(|value| value.into_histories(found));
            }
            Self::Recorded(_) | Self::Forgotten(_) => {}
        }
    }

    /// Number of links that it takes the memory of.
    fn weight(&self) -> usize {
        let mut values = 0;
        self.for_each_value(&mut |value| values += value.len());
        1 + values / VALUES_OF_A_LINK
    }
}

impl History {
    /// Links an operation to the histories of its arguments.
    pub fn new(operation: Operation) -> Self {
        let extent = Extent::of(&operation);
        let history = Self(Arc::new(HistoryLink { operation, extent }));
        match extent.links > MAX_LINKS {
            true => history.bounded(),
            false => history,
        }
    }

    /// The same history with an exact extent, or the note that it is forgotten.
    fn bounded(mut self) -> Self {
        let mut extent = self.0.extent;
        if !extent.is_exact {
            extent = Extent::of_all(self.in_order());
        }
        match Arc::get_mut(&mut self.0) {
            Some(link) if extent.links <= MAX_LINKS => {
                link.extent = extent;
                self
            }
            _ => Self::new(Operation::Forgotten(extent.calls)),
        }
    }

    /// Identity of the link.
    fn key(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }

    /// All links, each once and after those that it used.
    fn in_order(&self) -> Vec<&History> {
        let (mut order, mut seen) = (Vec::new(), HashSet::new());
        let mut open = vec![(self, false)];
        while let Some((history, is_ready)) = open.pop() {
            if is_ready {
                order.push(history);
            } else if seen.insert(history.key()) {
                open.push((history, true));
                let inputs = history.0.operation.inputs().into_iter().rev();
                open.extend(inputs.map(|input| (input, false)));
            }
        }
        order
    }

    /// What was done last.
    pub fn operation(&self) -> &Operation {
        &self.0.operation
    }
}

/// Only that there is one: a history may be long.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("History")
    }
}

/// Long histories are dropped link by link: threads of the pool have small stacks.
impl Drop for HistoryLink {
    fn drop(&mut self) {
        let take = |link: &mut Self, open: &mut Vec<History>| {
            let operation = std::mem::replace(&mut link.operation, Operation::Forgotten(0));
            operation.into_inputs(open);
        };
        let mut open = Vec::new();
        take(self, &mut open);
        while let Some(history) = open.pop() {
            if let Some(mut link) = Arc::into_inner(history.0) {
                take(&mut link, &mut open);
            }
        }
    }
}
