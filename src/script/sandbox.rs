//! A folder that scripts cannot leave: what they read and write has to lie in it.

use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use rhai::{Dynamic, ImmutableString};

use super::value::Type;
use crate::bail;
use crate::error::{Error, Result};

/// The folder, once there is one.
#[derive(Debug, Default)]
pub struct Sandbox(OnceLock<PathBuf>);

impl Sandbox {
    /// Confines scripts to a folder from now on.
    pub fn confine(&self, folder: &Path) -> Result<()> {
        let full = std::fs::canonicalize(folder).map_err(|e| Error::io("open", folder, &e))?;
        if !full.is_dir() {
            bail!("`{}` is not a folder", folder.display());
        }
        // The first folder counts.
        let _ = self.0.set(full);
        Ok(())
    }

    /// Whether scripts are confined.
    pub fn is_closed(&self) -> bool {
        self.0.get().is_some()
    }

    /// An error if scripts must not touch a path, which need not exist yet.
    pub fn check(&self, path: &Path) -> Result<()> {
        let Some(folder) = self.0.get() else {
            return Ok(());
        };
        match real(path) {
            Some(real) if real.starts_with(folder) => Ok(()),
            _ => Err(
                Error::new(format!("`{}` is outside the sandbox", path.display())).hint(format!(
                    "with --sandbox, scripts read and write in {} only",
                    folder.display()
                )),
            ),
        }
    }

    /// An error if scripts must not do something that has effects beyond files.
    pub fn check_free(&self, action: &str) -> Result<()> {
        if self.is_closed() {
            return Err(
                Error::new(format!("the sandbox does not allow to {action}"))
                    .hint("run it without --sandbox if you trust it"),
            );
        }
        Ok(())
    }

    /// An error if the value of a parameter is or contains a path that scripts must not touch.
    pub(super) fn check_argument(&self, ty: &Type, value: &Dynamic) -> Result<()> {
        if !self.is_closed() || !super::value::has_paths(ty) {
            return Ok(());
        }
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return self.check(Path::new(text.as_str()));
        }
        if let Some(array) = value.read_lock::<rhai::Array>() {
            return array
                .iter()
                .try_for_each(|value| self.check_argument(ty, value));
        }
        Ok(())
    }
}

/// Where a path leads, links resolved; nothing if that cannot be told.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut existing = path.as_path();
    let mut rest = Vec::new();
    loop {
        if let Ok(real) = std::fs::canonicalize(existing) {
            let mut real = real;
            real.extend(rest.iter().rev());
            return Some(real);
        }
        // A link that leads nowhere yet may lead outside once it does.
        if existing.is_symlink() {
            return None;
        }
        match existing.components().next_back()? {
            Component::Normal(name) => rest.push(name),
            _ => return None,
        }
        existing = existing.parent()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_inside_or_are_refused() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("in");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(outer.path().join("secret"), "").unwrap();
        let sandbox = Sandbox::default();
        assert!(sandbox.check(Path::new("/etc/passwd")).is_ok());
        sandbox.confine(&inner).unwrap();
        for path in ["new.npy", "deep/er/new.npy", "../in/new.npy", "."] {
            assert!(sandbox.check(&inner.join(path)).is_ok(), "{path}");
        }
        for path in ["../secret", "no/../../secret", "/etc/passwd", ".."] {
            assert!(sandbox.check(&inner.join(path)).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_outside() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("in");
        std::fs::create_dir(&inner).unwrap();
        std::os::unix::fs::symlink(outer.path(), inner.join("out")).unwrap();
        std::os::unix::fs::symlink(outer.path().join("none"), inner.join("dangling")).unwrap();
        let sandbox = Sandbox::default();
        sandbox.confine(&inner).unwrap();
        assert!(sandbox.check(&inner.join("out/file")).is_err());
        assert!(sandbox.check(&inner.join("dangling")).is_err());
    }
}
