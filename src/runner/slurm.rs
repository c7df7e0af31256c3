//! Runs a batch as a Slurm job array: each task runs one shard.

use std::fmt::Write;
use std::path::Path;

use super::batch_settings::Batch;
use crate::error::{Error, Result};
use crate::fs::atomic;

impl Batch {
    /// Writes a script for `sbatch` that runs the batch on a cluster; `shards` tasks share the
    /// files, by default one task per file.
    pub fn write_slurm(&self, path: &Path, shards: Option<usize>) -> Result<()> {
        let text = self.slurm_script(shards.unwrap_or(self.files.len()))?;
        std::fs::create_dir_all(&self.out).map_err(|e| Error::io("create", &self.out, &e))?;
        atomic::write(path, |file| {
            std::io::Write::write_all(file, text.as_bytes())
                .map_err(|e| Error::io("write", path, &e))
        })
    }

    fn slurm_script(&self, shards: usize) -> Result<String> {
        let folder = std::env::current_dir()
            .map_err(|e| Error::io("find", Path::new("the current folder"), &e))?;
        let program = std::env::current_exe()
            .map_err(|e| Error::io("find", Path::new("the program itself"), &e))?;
        let name = self
            .script
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let (out, count) = (quoted(&self.out), self.files.len());
        let log = self.out.display().to_string().replace(' ', "\\ ");
        let mut options = String::new();
        for option in &self.options {
            let _ = write!(options, " {}", quoted(Path::new(option)));
        }
        if let Some(folder) = &self.record {
            let _ = write!(options, " --record {}", quoted(folder));
        }
        let mut text = format!(
            "#!/bin/sh\n\
             # Runs {script} on {count} files in {shards} tasks. Submit it with: sbatch FILE\n\
             # Adapt time, memory and cores to what one file needs.\n\
             #SBATCH --job-name=optimap-{name}\n\
             #SBATCH --array=1-{shards}\n\
             #SBATCH --time=01:00:00\n\
             #SBATCH --mem=8G\n\
             #SBATCH --cpus-per-task=4\n\
             #SBATCH --output={log}/slurm-%a.log\n\n\
             cd {folder} || exit 1\n\
             export RAYON_NUM_THREADS=\"${{SLURM_CPUS_PER_TASK:-4}}\"\n\
             exec {program}{options} batch {script} --out {out} --resume \\\n    \
             --shard \"$SLURM_ARRAY_TASK_ID/{shards}\" --",
            script = quoted(&self.script),
            folder = quoted(&folder),
            program = quoted(&program),
        );
        for file in &self.files {
            let _ = write!(text, " \\\n    {}", quoted(file));
        }
        text.push('\n');
        Ok(text)
    }
}

/// Path quoted for the shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=,:@%".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_single_words() {
        assert_eq!(quoted(Path::new("a/b-1.tif")), "a/b-1.tif");
        assert_eq!(quoted(Path::new("a b")), "'a b'");
        assert_eq!(quoted(Path::new("it's")), "'it'\\''s'");
    }
}
