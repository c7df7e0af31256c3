//! A session: the engine with the builtins, the standard library and the state of the scripts run.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use rhai::{
    AST, Dynamic, Engine, EvalAltResult, Expr, Module, ModuleResolver, Position, Scope, Shared,
    Stmt,
};

use crate::builtins::TOPICS;
use crate::script::complete::{Completion, complete};
use crate::script::diagnostic::{Diagnostic, parse_failure};
use crate::script::modules::Modules;
use crate::script::{Context, Settings, register};
use crate::task;
use crate::video::Video;

/// How deeply expressions may be nested: a chain of a few hundred calls is one expression.
const EXPRESSION_DEPTH: usize = 1024;

/// How deeply script functions may call each other.
const CALL_DEPTH: usize = 256;

/// The stack that a thread running scripts needs for these depths.
pub use crate::task::STACK_SIZE;

/// An engine and what the scripts run so far have left: variables, functions, imports.
pub struct Session {
    engine: Engine,
    scope: Scope<'static>,
    context: Arc<Context>,
    modules: Modules,
    learnt: Arc<Mutex<Learnt>>,
    lines: usize,
}

/// What earlier entries of the prompt have added to the engine.
#[derive(Default)]
struct Learnt {
    functions: Vec<Shared<Module>>,
    imports: Vec<(String, Shared<Module>)>,
}

impl Learnt {
    /// Adds it to another engine.
    fn teach(&self, engine: &mut Engine) {
        for functions in &self.functions {
            engine.register_global_module(functions.clone());
        }
        for (alias, module) in &self.imports {
            engine.register_static_module(alias, module.clone());
        }
    }
}

/// An engine with the builtins and the standard library.
fn new_engine(context: &Arc<Context>, modules: &Modules) -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH)
        .set_max_call_levels(CALL_DEPTH)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_module_resolver(modules.clone());
    let printer = context.clone();
    engine.on_print(move |text| printer.print(text));
    engine.on_debug(|text, source, position| {
        eprintln!("{}{position:?} | {text}", source.unwrap_or_default());
    });
    engine.on_progress(|_| task::is_interrupted().then(|| "interrupted".into()));
    register::register(&mut engine, context);
    engine
}

impl Session {
    /// A session with the builtins and the standard library, and nothing else defined.
    pub fn new(settings: Settings) -> Self {
        let context = Arc::new(Context::new(settings, TOPICS));
        let modules = Modules::new(context.clone(), library_folders());
        let learnt = Arc::new(Mutex::new(Learnt::default()));
        let (weak, known) = (Arc::downgrade(&context), learnt.clone());
        context.set_make_engine(move || match weak.upgrade() {
            Some(context) => {
                let modules = Modules::new(context.clone(), library_folders());
                let mut engine = new_engine(&context, &modules);
                known
                    .lock()
                    .expect("no panic while holding it")
                    .teach(&mut engine);
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
            lines: 0,
        }
    }

    /// The state that builtins share.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Defines a constant that scripts can read.
    pub fn set_constant(&mut self, name: &str, value: impl Into<Dynamic>) {
        self.scope.push_constant_dynamic(name, value.into());
    }

    /// Runs a whole script; `name` is its path, or what messages should call it.
    pub fn run(&mut self, name: &str, text: &str) -> Result<Dynamic, Diagnostic> {
        self.context.add_source(name, text);
        self.compile(name, text)
            .and_then(|ast| self.engine.eval_ast_with_scope(&mut self.scope, &ast))
            .map_err(|error| self.diagnose(*error, name))
    }

    /// Runs one entry of the prompt; its variables, functions and imports stay.
    pub fn run_entry(&mut self, text: &str) -> Result<Dynamic, Diagnostic> {
        self.lines += 1;
        let name = format!("<{}>", self.lines);
        self.context.add_source(&name, text);
        task::clear_interrupt();
        self.compile(&name, text)
            .and_then(|ast| self.eval_entry(&ast))
            .map_err(|error| self.diagnose(*error, &name))
    }

    /// A value as the prompt shows it, or as `print` does; nothing for `()`.
    pub fn text(&self, value: &Dynamic, quoted: bool) -> Option<String> {
        if value.is_unit() {
            return None;
        }
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

    /// Completes what is being typed.
    pub fn complete(&self, text: &str) -> Completion {
        complete(text, &self.variables(), &self.context)
    }

    /// The names of the variables.
    fn variables(&self) -> Vec<String> {
        self.scope
            .iter()
            .map(|(name, ..)| name.to_owned())
            .collect()
    }

    fn compile(&self, name: &str, text: &str) -> Result<AST, Box<EvalAltResult>> {
        let mut known = register::constants();
        // Rhai computes with constants when it compiles, but not with the operators of videos.
        let variables = self.scope.iter().map(|(name, is_constant, value)| {
            (name.to_owned(), is_constant && !value.is::<Video>(), value)
        });
        known.extend(variables);
        let mut ast = self
            .engine
            .compile_with_scope(&known, text)
            .map_err(parse_failure)?;
        ast.set_source(name);
        Ok(ast)
    }

    /// Functions and imports move from the entry into the engine, where later entries find them:
    /// Rhai itself forgets imports at the end of an evaluation.
    fn eval_entry(&mut self, ast: &AST) -> Result<Dynamic, Box<EvalAltResult>> {
        for (path, alias, position) in imports(ast) {
            let module = self.modules.resolve(&self.engine, None, &path, position)?;
            let learnt = (alias.clone(), module.clone());
            self.learnt().imports.push(learnt);
            self.engine.register_static_module(alias, module);
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

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().expect("no panic while holding it")
    }

    fn diagnose(&self, error: EvalAltResult, name: &str) -> Diagnostic {
        Diagnostic::new(error, name, &self.variables(), &self.engine, &self.context)
    }
}

/// The imports of a script with a fixed path and a name: path, name and position.
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

/// The folders of `OPTIMAP_PATH`.
fn library_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("OPTIMAP_PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect()
}
