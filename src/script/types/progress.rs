//! Progress bars of a script's own loops: `for file in progress(files) { … }`, or `.step()`.

use std::any::TypeId;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use rhai::{Dynamic, Engine, INT, Module, Position};

use super::members::{Member, Scripted};
use crate::bail;
use crate::error::{Result, counted};
use crate::script::call::register::raise;
use crate::script::call::value::{Type, Value};
use crate::task::Task;

impl Scripted for Progress {
    const NAME: &'static str = "Progress";
    const DOC: &'static str =
        "Progress of a loop, shown as a progress bar: `for file in progress(files) { … }`.";
    const KIND: Type = Type::Progress;
    const MEMBERS: &'static [Member<Self>] = PROGRESS_MEMBERS;
    fn text(&self) -> String {
        self.to_string()
    }
    fn register_more(engine: &mut Engine) {
        register_iteration(engine);
    }
}

/// Properties of a progress bar.
const PROGRESS_MEMBERS: &[Member<Progress>] = &[
    Member {
        name: "done",
        doc: "Number of steps done.",
        get: |progress| progress.done().into_dynamic(),
    },
    Member {
        name: "len",
        doc: "Total number of steps.",
        get: |progress| progress.len().into_dynamic(),
    },
];

/// Argument of `progress`: a number of steps, or items.
pub enum Steps {
    /// Steps counted from 0.
    Count(usize),
    /// Items of an array.
    Items(Vec<Dynamic>),
}

impl Value for Steps {
    const TYPE: Type = Type::Either(&Type::Count, &Type::Array(&Type::Any));
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        match usize::from_dynamic(value) {
            Ok(count) => Ok(Self::Count(count)),
            Err(value) => Vec::from_dynamic(value).map(Self::Items),
        }
    }
    fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Count(count) => count.into_dynamic(),
            Self::Items(items) => items.into_dynamic(),
        }
    }
}

/// Progress of a loop. Clones share it.
#[derive(Clone)]
pub struct Progress(Arc<ProgressState>);

struct ProgressState {
    steps: Steps,
    done: AtomicUsize,
    /// Ends with the last step, or when the progress is dropped.
    task: Mutex<Option<Task>>,
}

impl Progress {
    /// Creates a progress with nothing done; `label` names the operation.
    pub fn new(steps: Steps, label: String) -> Self {
        let progress = ProgressState {
            done: AtomicUsize::new(0),
            task: Mutex::new(None),
            steps,
        };
        let progress = Self(Arc::new(progress));
        let task = (!progress.is_empty()).then(|| Task::new(label, progress.len()));
        *progress.0.task.lock().expect("no panic while it is held") = task;
        progress
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        match &self.0.steps {
            Steps::Count(count) => *count,
            Steps::Items(items) => items.len(),
        }
    }

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of steps done.
    pub fn done(&self) -> usize {
        self.0.done.load(Relaxed)
    }

    /// Counts steps as done; an error if there are not enough steps left, or if the user asked to
    /// stop.
    pub fn advance(&self, steps: usize) -> Result<()> {
        let (done, len) = (self.done().saturating_add(steps), self.len());
        if done > len {
            let steps = counted(len, "step");
            bail!("a progress of {steps} cannot have {done} done");
        }
        self.0.done.store(done, Relaxed);
        let mut task = self.0.task.lock().expect("no panic while it is held");
        let advanced = task.as_ref().map_or(Ok(()), |task| task.advance(steps));
        if done == len || advanced.is_err() {
            *task = None;
        }
        advanced
    }

    fn item(&self, index: usize) -> Dynamic {
        match &self.0.steps {
            Steps::Count(_) => (index as INT).into(),
            Steps::Items(items) => items[index].clone(),
        }
    }
}

impl Value for Progress {
    const TYPE: Type = Type::Progress;
    fn from_dynamic(value: Dynamic) -> Result<Self, Dynamic> {
        value.try_cast_result()
    }
    fn into_dynamic(self) -> Dynamic {
        Dynamic::from(self)
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "progress, {} of {} done", self.done(), self.len())
    }
}

fn register_iteration(engine: &mut Engine) {
    let mut iteration = Module::new();
    iteration.set_iter_result(TypeId::of::<Progress>(), |progress| {
        let progress = progress.cast::<Progress>();
        let (first, len) = (progress.done(), progress.len());
        // A step is done when the next one is requested.
        Box::new((first..=len).map_while(move |index| {
            if index > first
                && let Err(error) = progress.advance(1)
            {
                return Some(Err(raise(error, Position::NONE)));
            }
            (index < len).then(|| Ok(progress.item(index)))
        }))
    });
    engine.register_global_module(iteration.into());
}
