//! Script modules: `import "waves" as waves;` looks beside the importing script, in the folders of
//! `OPTIMAP_PATH`, and in the standard library inside the program.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use include_dir::{Dir, include_dir};
use rhai::{Dynamic, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use super::context::Context;
use super::diagnostic::parse_failure;
use crate::error::Error;

static STDLIB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The modules of the standard library: name and text.
pub fn stdlib() -> impl Iterator<Item = (&'static str, &'static str)> {
    STDLIB.files().filter_map(|file| {
        let name = file.path().file_stem()?.to_str()?;
        Some((name, file.contents_utf8()?))
    })
}

/// Reads a script or module. The first line may tell the shell what to run it with.
pub fn read_script(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|e| Error::io("read", path, &e))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::new(format!("`{}` is not a text file in UTF-8", path.display()))
            .hint("a script is text; recordings are loaded with load_video")
    })?;
    Ok(plain_script(&text))
}

/// A script without what only other programs need; lines stay where they are.
pub fn plain_script(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("// {rest}"),
        None => text.to_owned(),
    }
}

/// The only name of a file that has several, short if it is below the current folder.
fn one_name(path: PathBuf) -> PathBuf {
    let full = fs::canonicalize(&path).unwrap_or(path);
    let folder = std::env::current_dir().and_then(fs::canonicalize);
    let short = folder
        .ok()
        .and_then(|folder| full.strip_prefix(folder).map(Path::to_owned).ok());
    short.unwrap_or(full)
}

/// Finds, loads and remembers modules. Clones share what is loaded.
#[derive(Clone)]
pub struct Modules(Arc<Shelf>);

struct Shelf {
    context: Arc<Context>,
    folders: Vec<PathBuf>,
    loaded: Mutex<HashMap<String, Shared<Module>>>,
    loading: Mutex<Vec<String>>,
}

impl Modules {
    /// A resolver that looks in the given folders after the importing script's own.
    pub fn new(context: Arc<Context>, folders: Vec<PathBuf>) -> Self {
        let (loaded, loading) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Shelf {
            context,
            folders,
            loaded,
            loading,
        }))
    }
}

impl Shelf {
    /// The name that messages use for a module, and its text.
    fn find(&self, importer: Option<&str>, name: &str) -> Option<Result<(String, String), Error>> {
        let beside = importer
            .and_then(|path| Path::new(path).parent())
            .unwrap_or(Path::new(""));
        let folders = std::iter::once(beside).chain(self.folders.iter().map(PathBuf::as_path));
        let file_name = format!("{}.rhai", name.trim_end_matches(".rhai"));
        let file = folders
            .map(|folder| folder.join(&file_name))
            .find(|path| path.is_file());
        if let Some(path) = file {
            let path = one_name(path);
            let text = read_script(&path);
            return Some(text.map(|text| (path.display().to_string(), text)));
        }
        let (name, text) = stdlib().find(|(known, _)| *known == name)?;
        Some(Ok((format!("stdlib/{name}.rhai"), text.to_owned())))
    }

    fn load(
        &self,
        engine: &Engine,
        source: &str,
        text: &str,
    ) -> Result<Module, Box<EvalAltResult>> {
        self.context.add_source(source, text);
        let constants = super::register::constants();
        let compiled = engine.compile_with_scope(&constants, text);
        let mut ast = compiled.map_err(parse_failure)?;
        ast.set_source(source);
        Module::eval_ast_as_new(Scope::new(), &ast, engine)
    }
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        importer: Option<&str>,
        name: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let not_found = || EvalAltResult::ErrorModuleNotFound(name.into(), position);
        let raise = |error: Error| EvalAltResult::ErrorRuntime(Dynamic::from(error), position);
        let (source, text) = self
            .0
            .find(importer, name)
            .ok_or_else(not_found)?
            .map_err(raise)?;
        if let Some(module) = self
            .0
            .loaded
            .lock()
            .expect("no panic while held")
            .get(&source)
        {
            return Ok(module.clone());
        }
        {
            let mut loading = self.0.loading.lock().expect("no panic while held");
            if loading.contains(&source) {
                let chain = [&loading[..], std::slice::from_ref(&source)]
                    .concat()
                    .join(" → ");
                loading.clear();
                let error = Error::new(format!("modules import each other in a circle: {chain}"));
                return Err(raise(error).into());
            }
            loading.push(source.clone());
        }
        let module = self.0.load(engine, &source, &text);
        self.0
            .loading
            .lock()
            .expect("no panic while held")
            .retain(|loading| *loading != source);
        let module: Shared<Module> = module
            .map_err(|error| EvalAltResult::ErrorInModule(source.clone(), error, position))?
            .into();
        self.0
            .loaded
            .lock()
            .expect("no panic while held")
            .insert(source, module.clone());
        Ok(module)
    }
}
