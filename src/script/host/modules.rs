//! Script modules. `import "waves" as waves;` searches the folder of the importing script, the
//! folders of `OPTIMAP_PATH`, the user's library folder, and the standard library inside the
//! program. A module whose file has changed is loaded again at the next import.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use include_dir::{Dir, include_dir};
use rhai::{Dynamic, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use crate::error::Error;
use crate::fs::files::{self, SandboxFolder};
use crate::script::call::context::Context;
use crate::script::docs::Library;
use crate::script::language::diagnostic::parse_failure;

static STDLIB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// Modules of the standard library: name and text.
pub fn stdlib() -> impl Iterator<Item = (&'static str, &'static str)> {
    STDLIB.files().filter_map(|file| {
        let name = file.path().file_stem()?.to_str()?;
        Some((name, file.contents_utf8()?))
    })
}

/// Reads a script that the user has named. The first line may be a shebang.
pub fn read_script(path: &Path) -> Result<String, Error> {
    let file = files::open_anywhere(path).map_err(|error| error.hint("`-` runs standard input"))?;
    script_text(path, &file)
}

fn script_text(path: &Path, mut file: &File) -> Result<String, Error> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|e| Error::io("read", path, &e))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::new(format!("`{}` is not a text file in UTF-8", path.display())).hint(
            "scripts are text files; `optimap view FILE` shows a recording, `load_video` loads it",
        )
    })?;
    Ok(plain_script(&text))
}

/// Script without parts for other programs; lines keep their numbers and get Unix line endings, so
/// that multi-line strings are the same everywhere.
pub fn plain_script(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n");
    match text.strip_prefix("#!") {
        Some(rest) => format!("// {rest}"),
        None => text,
    }
}

/// One name for a file that may have several, short if it is below the current folder.
fn one_name(path: PathBuf) -> PathBuf {
    let full = files::full(&path).unwrap_or(path);
    let folder = std::env::current_dir().and_then(|folder| files::full(&folder));
    let short = folder
        .ok()
        .and_then(|folder| full.strip_prefix(folder).map(Path::to_owned).ok());
    short.unwrap_or(full)
}

/// Finds, loads and caches modules. Clones share the cache.
#[derive(Clone)]
pub struct Modules(Arc<ModuleCache>);

struct ModuleCache {
    context: Arc<Context>,
    loaded: Mutex<HashMap<String, CachedModule>>,
    loading: Mutex<Vec<ModuleInProgress>>,
}

/// A module with its files at the time of loading.
struct CachedModule {
    module: Shared<Module>,
    files: Vec<ModuleStamp>,
}

/// A module that is being loaded, and the files known to belong to it.
struct ModuleInProgress {
    source: String,
    files: Vec<ModuleStamp>,
}

/// A file with its modification time and its size.
#[derive(Debug, Clone, PartialEq)]
struct ModuleStamp(PathBuf, Option<SystemTime>, u64);

/// A module that has been found.
struct ModuleSource {
    /// Name in messages.
    source: String,
    /// File, and its open handle, unless it is part of the program.
    file: Option<(PathBuf, File)>,
}

impl Modules {
    /// Creates a resolver that searches the folders of the context after that of the importing
    /// script.
    pub fn new(context: Arc<Context>) -> Self {
        let (loaded, loading) = (Mutex::default(), Mutex::default());
        Self(Arc::new(ModuleCache {
            context,
            loaded,
            loading,
        }))
    }

    /// Text of the module that a script imports by a name.
    pub fn text(&self, importer: Option<&str>, name: &str) -> Result<String, Error> {
        let found = self.0.find(importer, name)?;
        self.0.text(&found, name)
    }
}

impl ModuleStamp {
    fn of(path: &Path) -> Self {
        let facts = fs::metadata(path).ok();
        let changed = facts.as_ref().and_then(|facts| facts.modified().ok());
        let size = facts.map_or(0, |facts| facts.len());
        Self(path.to_owned(), changed, size)
    }

    fn is_current(&self) -> bool {
        *self == Self::of(&self.0)
    }
}

impl ModuleCache {
    /// Folders in which a script searches for modules.
    fn folders(&self, importer: Option<&str>) -> Vec<PathBuf> {
        let beside = importer.and_then(|path| Path::new(path).parent());
        let mut folders = vec![beside.unwrap_or(Path::new("")).to_owned()];
        folders.extend(self.context.library_folders());
        folders
    }

    fn find(&self, importer: Option<&str>, name: &str) -> Result<ModuleSource, Error> {
        let file_name = format!("{}.rhai", name.trim_end_matches(".rhai"));
        let folders = self.folders(importer);
        for folder in &folders {
            let file = folder.join(&file_name);
            if file.is_file() {
                return self.allowed(folder, one_name(file));
            }
        }
        if stdlib().any(|(known, _)| known == name) {
            return Ok(ModuleSource {
                source: format!("stdlib/{name}.rhai"),
                file: None,
            });
        }
        let names = self.context.module_names();
        Err(Error::new(format!("there is no module `{name}`"))
            .did_you_mean(name, names.iter().map(String::as_str))
            .hint(format!(
                "looked for {file_name} in {}, and in the standard library",
                folder_list(&folders)
            )))
    }

    /// Checks that in a sandbox a module is in the sandbox or in the folder that is searched.
    fn allowed(&self, folder: &Path, file: PathBuf) -> Result<ModuleSource, Error> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let beside = match files::sandbox() {
            Some(_) => SandboxFolder::new(folder)?.open(&file).ok(),
            None => None,
        };
        let opened = match beside {
            Some(opened) => opened,
            None => files::open(&file)?,
        };
        Ok(ModuleSource {
            source: file.display().to_string(),
            file: Some((file, opened)),
        })
    }

    /// The cached module, if its files have not changed since.
    fn current(&self, source: &str) -> Option<Shared<Module>> {
        let loaded = self.loaded.lock().expect("no panic while held");
        let found = loaded.get(source)?;
        if !found.files.iter().all(ModuleStamp::is_current) {
            return None;
        }
        self.add_files(&found.files);
        Some(found.module.clone())
    }

    /// Adds files to the module that is being loaded.
    fn add_files(&self, files: &[ModuleStamp]) {
        let mut loading = self.loading.lock().expect("no panic while held");
        if let Some(outer) = loading.last_mut() {
            outer.files.extend_from_slice(files);
        }
    }

    /// Begins loading a module; an error if it is already being loaded.
    fn begin(&self, found: &ModuleSource) -> Result<usize, Error> {
        let mut loading = self.loading.lock().expect("no panic while held");
        if loading.iter().any(|loading| loading.source == found.source) {
            let sources = loading.iter().map(|loading| loading.source.as_str());
            let chain: Vec<&str> = sources.chain([found.source.as_str()]).collect();
            let chain = chain.join(" → ");
            return Err(Error::new(format!("circular import of modules: {chain}")));
        }
        let files = found
            .file
            .iter()
            .map(|(path, _)| ModuleStamp::of(path))
            .collect();
        let source = found.source.clone();
        loading.push(ModuleInProgress { source, files });
        Ok(loading.len() - 1)
    }

    /// Text of a module that was found by a name.
    fn text(&self, found: &ModuleSource, name: &str) -> Result<String, Error> {
        match &found.file {
            Some((path, file)) => script_text(path, file),
            None => {
                let text = stdlib().find(|(known, _)| *known == name);
                Ok(text.map_or_else(String::new, |(_, text)| text.to_owned()))
            }
        }
    }

    /// Loads a module that was found, under a name.
    fn load(
        &self,
        engine: &Engine,
        found: &ModuleSource,
        name: &str,
    ) -> Result<Module, Box<EvalAltResult>> {
        let raise = |error| EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE);
        let text = self.text(found, name).map_err(raise)?;
        self.context.add_source(&found.source, &text);
        let constants = crate::script::call::register::constants();
        let compiled = crate::script::language::dialect::compile(engine, &constants, &[], &text);
        let mut ast = compiled.map_err(parse_failure)?;
        ast.set_source(&found.source);
        if found.file.is_some() {
            self.context.add_library(Library::parse(name, &text));
        }
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
        let shelf = &self.0;
        let raise = |error: Error| EvalAltResult::ErrorRuntime(Dynamic::from(error), position);
        let found = shelf.find(importer, name).map_err(raise)?;
        if let Some(module) = shelf.current(&found.source) {
            return Ok(module);
        }
        let depth = shelf.begin(&found).map_err(raise)?;
        let module = shelf.load(engine, &found, name);
        let files = {
            let mut loading = shelf.loading.lock().expect("no panic while held");
            let ended = loading.drain(depth..).next();
            ended.map_or_else(Vec::new, |ended| ended.files)
        };
        let source = found.source;
        let module: Shared<Module> = module
            .map_err(|error| EvalAltResult::ErrorInModule(source.clone(), error, position))?
            .into();
        shelf.add_files(&files);
        let loaded = CachedModule {
            module: module.clone(),
            files,
        };
        let mut all = shelf.loaded.lock().expect("no panic while held");
        all.insert(source, loaded);
        Ok(module)
    }
}

/// Folders as a list in a sentence.
fn folder_list(folders: &[PathBuf]) -> String {
    let name = |folder: &PathBuf| match folder.as_os_str().is_empty() {
        true => "the current folder".to_owned(),
        false => folder.display().to_string(),
    };
    folders.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::plain_script;

    #[test]
    fn scripts_of_other_systems_are_the_same() {
        let made_on_windows = "\u{feff}#!/usr/bin/optimap\r\n/// Two.\r\nfn two() { 2 }\r\n";
        let plain = plain_script(made_on_windows);
        assert_eq!(plain, "// /usr/bin/optimap\n/// Two.\nfn two() { 2 }\n");
    }
}
