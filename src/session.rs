//! A session: the engine with the builtins, the standard library and the state of the scripts run.

#[cfg(test)]
mod chains;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use etcetera::BaseStrategy;
use rhai::{
    AST, Dynamic, Engine, EvalAltResult, Expr, Module, ModuleResolver, Position, Scope, Shared,
    Stmt,
};

use crate::builtins::TOPICS;
use crate::error::Error;
use crate::fs::files;
use crate::script::call::register;
use crate::script::docs::{Library, LibraryFunction};
use crate::script::host::limits::{self, TimeLimit};
use crate::script::host::modules::{Modules, read_script};
use crate::script::host::player_notes::PlayerNote;
use crate::script::language::check::Check;
use crate::script::language::complete::{
    Completion, CompletionScope, Hint, Methods, complete, hint,
};
use crate::script::language::diagnostic::{Diagnostic, parse_failure};
use crate::script::language::dialect;
use crate::script::language::entry;
use crate::script::language::error_recovery::ErrorRecovery;
use crate::script::language::no_effect::{EffectCheck, floor_divisions};
use crate::script::language::recorded;
use crate::script::{Context, LAST, PromptEntry, Settings, compute, forget_reads, raise};
use crate::task::{EnteredJob, Job};
use crate::video::Video;
use crate::video::memory::{self, ByteSize};

/// Largest depth of calls between script functions.
const CALL_DEPTH: usize = 256;

/// Largest number of mistakes reported for a script.
const MAX_MISTAKES: usize = 50;

/// Stack that a thread running scripts needs for these depths.
pub use crate::task::STACK_SIZE;

/// An engine and the state that scripts have left: variables, functions, imports.
pub struct Session {
    engine: Engine,
    scope: Scope<'static>,
    context: Arc<Context>,
    modules: Modules,
    imported: BTreeMap<String, Arc<Library>>,
    functions: Vec<LibraryFunction>,
    methods: OnceLock<Methods>,
    learnt: Arc<Mutex<EngineChanges>>,
    lines: usize,
    clock: Option<TimeLimit>,
}

/// Additions of earlier entries of the prompt to the engine.
#[derive(Default)]
struct EngineChanges {
    functions: Vec<Shared<Module>>,
    imports: Vec<(String, Shared<Module>)>,
}

impl EngineChanges {
    /// Adds them to another engine.
    fn add_hint(&self, engine: &mut Engine) {
        for functions in &self.functions {
            engine.register_global_module(functions.clone());
        }
        for (alias, module) in &self.imports {
            engine.register_static_module(alias, module.clone());
        }
    }
}

/// Creates an engine with the builtins and the standard library.
fn new_engine(context: &Arc<Context>, modules: &Modules) -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::EXPRESSION_DEPTH)
        .set_max_call_levels(CALL_DEPTH)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_module_resolver(modules.clone());
    let printer = context.clone();
    engine.on_print(move |text| printer.print(text));
    engine.on_debug(|text, source, position| {
        eprintln!("{}{position:?} | {text}", source.unwrap_or_default());
    });
    let job = context.job().clone();
    engine.on_progress(move |_| limits::must_stop(&job).then(|| "interrupted".into()));
    register::register(&mut engine, context);
    engine
}

impl Session {
    /// Creates a session with the builtins and the standard library only. Other sessions neither
    /// stop it nor count for its memory budget.
    pub fn new(settings: Settings) -> Self {
        Self::in_job(settings, Job::new())
    }

    /// Like [`Session::new`], with a job whose other threads stop together with it.
    pub fn in_job(settings: Settings, job: Arc<Job>) -> Self {
        let context = Arc::new(Context::new(settings, TOPICS, job));
        context.set_library_folders(library_folders());
        let modules = Modules::new(context.clone());
        let learnt = Arc::new(Mutex::new(EngineChanges::default()));
        let (weak, known) = (Arc::downgrade(&context), learnt.clone());
        context.set_make_engine(move || match weak.upgrade() {
            Some(context) => {
                let modules = Modules::new(context.clone());
                let mut engine = new_engine(&context, &modules);
                let known = known.lock().expect("no panic while holding it");
                known.add_hint(&mut engine);
                engine
            }
            None => Engine::new(),
        });
        Self {
            engine: new_engine(&context, &modules),
            learnt,
            scope: Scope::new(),
            context,
            modules,
            imported: BTreeMap::new(),
            functions: Vec::new(),
            methods: OnceLock::new(),
            lines: 0,
            clock: None,
        }
    }

    /// State shared by the builtins.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Job that its scripts run in.
    pub fn job(&self) -> &Arc<Job> {
        self.context.job()
    }

    /// Makes its job that of this thread.
    fn enter(&self) -> EnteredJob {
        self.job().enter()
    }

    /// Confines untrusted scripts to a folder, as all of the program from then on, and limits their
    /// memory.
    pub fn confine(&mut self, folder: &Path) -> Result<(), Error> {
        if self.job().memory().limit().is_none() {
            self.limit_memory(memory::careful_limit())?;
        }
        files::confine(folder)
    }

    /// Limits the memory and scratch files of its scripts; the values of other sessions count, too,
    /// but not their videos.
    pub fn limit_memory(&mut self, limit: ByteSize) -> Result<(), Error> {
        let _entered = self.enter();
        memory::set_limit(limit)
    }

    /// Limits the time of each script or entry of the prompt.
    pub fn limit_time(&mut self, clock: TimeLimit) {
        self.clock = Some(clock);
    }

    /// Defines a constant that scripts can read, also in their functions.
    pub fn set_constant(&mut self, name: &str, value: impl Into<Dynamic>) {
        let value = value.into();
        let mut module = Module::new();
        module.set_var(name, value.clone());
        let module: Shared<Module> = module.into();
        self.learnt().functions.push(module.clone());
        self.engine.register_global_module(module);
        self.scope.push_constant_dynamic(name, value);
    }

    /// Runs a whole script; `name` is its path, or its name in messages.
    pub fn run(&mut self, name: &str, text: &str) -> Result<Dynamic, Diagnostic> {
        self.context.add_source(name, text);
        self.guarded(name, |session| {
            let ast = session.compiled(name, text)?;
            session.context.find_last_uses(name, &ast);
            session.engine.eval_ast_with_scope(&mut session.scope, &ast)
        })
    }

    /// An error if a script that was found in a file does more than histories do.
    pub fn check_recorded(&self, name: &str, text: &str) -> Result<(), Error> {
        let _entered = self.enter();
        match self.compile(name, text) {
            Ok(ast) => recorded::check(&ast, &self.context),
            Err(error) => Err(Error::new(error.to_string())),
        }
    }

    /// Mistakes in a script that can be found without running it, and code without effect, in order
    /// of position. Continues with the next statement after a syntax error.
    pub fn check(&self, name: &str, text: &str) -> Vec<Diagnostic> {
        let _entered = self.enter();
        self.context.add_source(name, text);
        let check = Check {
            engine: &self.engine,
            context: &self.context,
            modules: &self.modules,
        };
        let mut found = Vec::new();
        let mut without_effect = floor_divisions(text);
        let mut left = ErrorRecovery::new(text);
        while found.len() < MAX_MISTAKES {
            match self.compile_among(name, left.text(), left.names()) {
                Ok(compiled) => {
                    let ast = dialect::parse(left.text()).unwrap_or(compiled);
                    let variables = |name: &str| self.scope.get(name).cloned();
                    let script = self.script(text, &ast, &variables);
                    found.extend(check.mistakes(&script, name));
                    without_effect = script.without_effect();
                    break;
                }
                Err(error) => {
                    let (is_new, goes_on) = left.skip(&error);
                    if is_new {
                        found.push(self.diagnose(*error, name));
                    }
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        let without_effect = without_effect.into_iter();
        found.extend(
            without_effect.map(|(error, position)| Diagnostic::warning(error, name, position)),
        );
        found.sort_by_key(|found| (found.position().line(), found.position().position()));
        found
    }

    /// Code without effect in a script.
    fn without_effect(&self, text: &str) -> Vec<(Error, Position)> {
        let Ok(ast) = dialect::parse(text) else {
            return Vec::new();
        };
        let variables = |name: &str| self.scope.get(name).cloned();
        self.script(text, &ast, &variables).without_effect()
    }

    fn script<'a>(
        &'a self,
        text: &'a str,
        ast: &'a AST,
        variables: &'a dyn Fn(&str) -> Option<Dynamic>,
    ) -> EffectCheck<'a> {
        EffectCheck {
            text,
            ast,
            context: &self.context,
            variables,
        }
    }

    /// Compiles a script, and warns of valid code that was probably not meant.
    fn compiled(&self, name: &str, text: &str) -> Result<AST, Box<EvalAltResult>> {
        let ast = self.compile(name, text);
        let without_effect = match &ast {
            Ok(_) => self.without_effect(text),
            // A division taken for a comment often leaves an expression open.
            Err(_) => floor_divisions(text),
        };
        for (error, position) in without_effect {
            let line = position.line().unwrap_or(1);
            let hints = error.hints().join("; ");
            self.job()
                .warn(&format!("line {line}: {}: {hints}", error.message()));
        }
        ast
    }

    /// Removes the variables that scripts have defined.
    pub fn forget_all(&mut self) {
        self.scope.clear();
    }

    /// Runs one entry of the prompt; its variables, functions and imports stay, and its value is
    /// named `_`. An entry that begins with a dot continues the last value, and the first
    /// assignment of a variable needs no `let`.
    pub fn run_entry(&mut self, text: &str) -> Result<Dynamic, Diagnostic> {
        self.lines += 1;
        let name = format!("<{}>", self.lines);
        let script = self.script_of(text)?;
        self.run_kept(&name, &script)
    }

    /// An entry of the prompt as a script.
    fn script_of(&self, text: &str) -> Result<String, Diagnostic> {
        let has_last = self.scope.contains(LAST);
        if !continues_last(text) {
            let is_variable = |name: &str| self.has_variable(name);
            return Ok(entry::as_script(text, is_variable, has_last));
        }
        if !has_last {
            let error = Error::new(
                "a line that begins with a dot continues the last value, and there is none yet",
            );
            return Err(Diagnostic::without_position(error));
        }
        Ok(format!("{LAST}{}", text.trim_start()))
    }

    /// Runs an entry of the prompt again and again for about as long as `limit`, at least three
    /// times after a first run, and measures each run with the time to compute what is pending. Each
    /// run has copies of the variables, so that nothing changes.
    pub fn measure(&mut self, text: &str, limit: Duration) -> Result<RunTimes, Diagnostic> {
        const MIN_RUNS: usize = 3;
        const MAX_RUNS: usize = 100_000;
        const NAME: &str = "<timeit>";
        let script = self.script_of(text)?;
        self.context.add_source(NAME, &script);
        self.job().clear_interrupt();
        self.name_last_value(&script);
        let mut times = RunTimes::default();
        let failed = |error| raise(error, Position::NONE);
        let result = self.guarded(NAME, |session| {
            let ast = session.compiled(NAME, &script)?;
            if ast.has_functions() || !imports(&ast).is_empty() {
                let error = Error::new("timeit cannot measure definitions of functions or imports");
                return Err(failed(
                    error.hint("define them before, and measure their calls"),
                ));
            }
            let known = session.pending_variables();
            let run = |session: &Self| -> Result<Duration, Box<EvalAltResult>> {
                let mut scope = session.scope.clone();
                let start = Instant::now();
                let value = session
                    .engine
                    .eval_ast_with_scope::<Dynamic>(&mut scope, &ast)?;
                compute(&value).map_err(failed)?;
                let new = scope
                    .iter_raw()
                    .filter(|(name, ..)| !known.iter().any(|known| known == name));
                for (.., value) in new {
                    compute(value).map_err(failed)?;
                }
                Ok(start.elapsed())
            };
            let start = Instant::now();
            times.first = run(session)?;
            while times.others.len() < MIN_RUNS
                || start.elapsed() < limit && times.others.len() < MAX_RUNS
            {
                times.others.push(run(session)?);
            }
            Ok(Dynamic::UNIT)
        });
        self.context.name_last_value(false);
        times.others.sort_unstable();
        result.map(|_| times)
    }

    /// Names of variables whose samples are still to be computed.
    pub fn pending_variables(&self) -> Vec<String> {
        let pending = self
            .scope
            .iter_raw()
            .filter(|(.., value)| is_pending(value));
        pending.map(|(name, ..)| name.to_owned()).collect()
    }

    /// Lets a script use the last value by its name, unless that would be the default of a switch.
    fn name_last_value(&self, script: &str) {
        let has_last = self.scope.contains(LAST) && !script.contains("switch");
        self.context.name_last_value(has_last);
    }

    /// Runs a script at the prompt; its variables, functions and imports stay.
    pub fn run_file(&mut self, path: &Path) -> Result<Dynamic, Diagnostic> {
        let text = read_script(path).map_err(Diagnostic::without_position)?;
        self.run_kept(&path.display().to_string(), &text)
    }

    fn run_kept(&mut self, name: &str, text: &str) -> Result<Dynamic, Diagnostic> {
        self.context.add_source(name, text);
        self.job().clear_interrupt();
        self.name_last_value(text);
        let notes = self.player_notes(true);
        self.context.player_notes().pending.extend(notes);
        let result = self.guarded(name, |session| {
            let ast = session.compiled(name, text)?;
            let value = session.eval_entry(&ast, name)?;
            session.remember(text, &ast, !value.is_unit());
            Ok(value)
        });
        self.context.name_last_value(false);
        let value = result?;
        if !value.is_unit() {
            self.scope.set_or_push(LAST, value.clone());
        }
        self.note_players();
        Ok(value)
    }

    /// What differs in the players of variables since the last call.
    fn player_notes(&self, is_between: bool) -> Vec<PlayerNote> {
        // The latest definition of each comes first.
        let mut names = BTreeSet::new();
        let latest = self
            .scope
            .iter_raw()
            .filter(|(name, ..)| names.insert(*name));
        let variables = latest.map(|(name, _, value)| (name, value));
        self.context.player_notes().take(variables, is_between)
    }

    /// Adds what an entry and windows have changed to the entry.
    fn note_players(&mut self) {
        let after = self.player_notes(false);
        let mut before = std::mem::take(&mut self.context.player_notes().pending);
        // An entry that waits for a window uses what was changed in it.
        let meanwhile = after
            .iter()
            .filter(|note| !note.is_new && !note.by_window.is_empty());
        before.extend(meanwhile.cloned());
        if let Some(entry) = self.context.entries().last_mut() {
            (entry.before, entry.after) = (before, after);
        }
    }

    /// Runs something that may fail or panic: a panic is a defect of the program, but no reason to
    /// lose the session.
    fn guarded(
        &mut self,
        name: &str,
        run: impl FnOnce(&mut Self) -> Result<Dynamic, Box<EvalAltResult>>,
    ) -> Result<Dynamic, Diagnostic> {
        let _entered = self.enter();
        forget_reads();
        let clock = self.clock.map(TimeLimit::start);
        let result = catch_unwind(AssertUnwindSafe(|| run(self)));
        drop(clock);
        match result {
            Ok(result) => result.map_err(|error| self.diagnose(*error, name)),
            // Samples that were needed could not be computed.
            Err(panic) if panic.is::<Error>() => {
                let error = panic.downcast::<Error>().expect("just asked for");
                Err(Diagnostic::without_position(*error))
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or(panic.downcast_ref::<&str>().copied());
                let text = text.unwrap_or("no details are known");
                let error = Error::new(format!("a bug in optimap: {text}"));
                Err(Diagnostic::without_position(error.hint(
                    "please report it, with what you did and the lines above",
                )))
            }
        }
    }

    /// Records an entry that succeeded, for `save_session` and for completion.
    fn remember(&mut self, text: &str, ast: &AST, has_value: bool) {
        let mut names = Vec::new();
        if ast.has_functions() {
            let functions = Library::parse("", text).functions;
            names.extend(functions.iter().map(|function| function.name.clone()));
            self.functions.retain(|known| !names.contains(&known.name));
            self.functions.extend(functions);
        }
        self.context.entries().push(PromptEntry {
            text: text.trim().to_owned(),
            has_value,
            functions: names,
            is_definition: ast.statements().is_empty(),
            before: Vec::new(),
            after: Vec::new(),
        });
    }

    /// Adds a comment to the output of `save_session`.
    pub fn note(&mut self, comment: &str) {
        self.context.entries().push(PromptEntry {
            text: comment.to_owned(),
            has_value: false,
            functions: Vec::new(),
            is_definition: true,
            before: Vec::new(),
            after: Vec::new(),
        });
    }

    /// Text of a value as the prompt or `print` shows it; `None` for `()`.
    pub fn text(&self, value: &Dynamic, quoted: bool) -> Option<String> {
        if value.is_unit() {
            return None;
        }
        let _entered = self.enter();
        let mut scope = Scope::new();
        scope.push_dynamic("value", value.clone());
        let code = if quoted {
            "to_debug(value)"
        } else {
            "to_string(value)"
        };
        Some(
            self.engine
                .eval_with_scope(&mut scope, code)
                .unwrap_or_else(|_| value.to_string()),
        )
    }

    /// Completes the text being typed.
    pub fn complete(&self, text: &str) -> Completion {
        if !continues_last(text) {
            return complete(text, &self.completion_scope());
        }
        let mut completion = complete(&format!("{LAST}{text}"), &self.completion_scope());
        completion.start -= LAST.len();
        completion
    }

    /// Hint at what could follow the text being typed.
    pub fn hint(&self, text: &str) -> Option<Hint> {
        match continues_last(text) {
            true => hint(&format!("{LAST}{text}"), &self.completion_scope()),
            false => hint(text, &self.completion_scope()),
        }
    }

    /// Variables with their values, the latest definition of each.
    pub fn variables(&self) -> Vec<(String, Dynamic)> {
        let mut found = BTreeMap::new();
        for (name, _, value) in self.scope.iter_raw() {
            found.entry(name).or_insert(value);
        }
        let variables = found.into_iter().filter(|(name, _)| *name != LAST);
        variables
            .map(|(name, value)| (name.to_owned(), value.clone().flatten()))
            .collect()
    }

    /// Whether a variable exists.
    pub fn has_variable(&self, name: &str) -> bool {
        self.scope.contains(name)
    }

    /// Removes a variable.
    pub fn forget(&mut self, name: &str) -> Result<(), Error> {
        if !self.scope.contains(name) {
            let names = self.names();
            let names = names.iter().map(String::as_str);
            return Err(
                Error::new(format!("there is no variable `{name}`")).did_you_mean(name, names)
            );
        }
        let mut kept = Scope::new();
        for (known, is_constant, value) in self.scope.iter() {
            if known != name {
                let known = known.to_owned();
                match is_constant {
                    true => kept.push_constant_dynamic(known, value),
                    false => kept.push_dynamic(known, value),
                };
            }
        }
        self.scope = kept;
        Ok(())
    }

    fn completion_scope(&self) -> CompletionScope<'_> {
        CompletionScope {
            context: &self.context,
            scope: &self.scope,
            modules: &self.imported,
            functions: &self.functions,
            methods: self.methods.get_or_init(|| Methods::of(&self.engine)),
        }
    }

    /// Names of the variables.
    fn names(&self) -> Vec<String> {
        let names = self.scope.iter_raw().map(|(name, ..)| name.to_owned());
        names.collect()
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, Box<EvalAltResult>> {
        self.compile_among(name, text, &[])
    }

    /// Compiles a script with additional variables that are taken as defined.
    fn compile_among(
        &self,
        name: &str,
        text: &str,
        more: &[String],
    ) -> Result<AST, Box<EvalAltResult>> {
        let mut known = register::constants();
        known.extend(more.iter().map(|name| (name.clone(), false, Dynamic::UNIT)));
        // Rhai evaluates constants at compile time, but not with the operators of videos.
        let variables = self.scope.iter().map(|(name, is_constant, value)| {
            (name.to_owned(), is_constant && !value.is::<Video>(), value)
        });
        known.extend(variables);
        let functions = self.functions.iter().map(|function| function.name.as_str());
        let functions: Vec<&str> = functions.collect();
        let compiled = dialect::compile(&self.engine, &known, &functions, text);
        let mut ast = compiled.map_err(parse_failure)?;
        ast.set_source(name);
        Ok(ast)
    }

    /// Moves functions and imports of the entry into the engine, where later entries find them:
    /// Rhai itself forgets imports at the end of an evaluation.
    fn eval_entry(&mut self, ast: &AST, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        for (path, alias, position) in imports(ast) {
            let (engine, importer) = (&self.engine, Some(name));
            let module = self.modules.resolve(engine, importer, &path, position)?;
            self.learnt().imports.push((alias.clone(), module.clone()));
            self.engine.register_static_module(&alias, module);
            if let Some(library) = self.context.library(&path) {
                self.imported.insert(alias, library);
            }
        }
        if ast.has_functions() {
            let functions = ast.clone_functions_only();
            let module = Module::eval_ast_as_new(Scope::new(), &functions, &self.engine)?;
            let module: Shared<Module> = module.into();
            self.learnt().functions.push(module.clone());
            self.engine.register_global_module(module);
        }
        let mut statements = ast.clone();
        statements.clear_functions();
        self.engine
            .eval_ast_with_scope(&mut self.scope, &statements)
    }

    fn learnt(&self) -> MutexGuard<'_, EngineChanges> {
        self.learnt.lock().expect("no panic while holding it")
    }

    fn diagnose(&self, error: EvalAltResult, name: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(error, name, &self.names(), &self.engine, &self.context);
        match limits::reason(self.job(), self.clock).filter(|_| diagnostic.is_interrupted()) {
            Some(reason) => diagnostic.because(reason),
            None => diagnostic,
        }
    }
}

/// Time of the runs of an entry.
#[derive(Debug, Default)]
pub struct RunTimes {
    /// Of the first run, which also fills caches and gets memory.
    pub first: Duration,
    /// Of the others, the shortest first.
    pub others: Vec<Duration>,
}

/// Whether a value is a video whose samples are still to be computed.
fn is_pending(value: &Dynamic) -> bool {
    let video = value.read_lock::<Video>();
    video.is_some_and(|video| video.is_pending())
}

/// Whether an entry continues the last value: `.crop(8)`.
fn continues_last(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix('.');
    rest.is_some_and(|rest| !rest.starts_with('.'))
}

/// Imports of a script with a fixed path and a name: path, name and position.
fn imports(ast: &AST) -> Vec<(String, String, Position)> {
    let import = |statement: &Stmt| match statement {
        Stmt::Import(import, position) if !import.1.is_empty() => match &import.0 {
            Expr::StringConstant(path, _) => {
                Some((path.to_string(), import.1.name.to_string(), *position))
            }
            _ => None,
        },
        _ => None,
    };
    ast.statements().iter().filter_map(import).collect()
}

/// Folders of `OPTIMAP_PATH`, and the user's library folder.
fn library_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("OPTIMAP_PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    folders.extend(user_folder().map(|folder| folder.join("library")));
    folders
}

/// The user's folder for data of the program: the history of the prompt, script modules.
pub fn user_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.data_dir().join("optimap"))
}
