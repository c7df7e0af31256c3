//! Commands of the prompt.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use console::Term;
use etcetera::home_dir;
use rhai::{Array, Dynamic};
use rustyline::history::History;

use super::command::{COMMANDS, PromptCommand};
use super::{AfterEntry, Repl, pager, show, text_editor};
use crate::draw;
use crate::error::{Error, Result};
use crate::fs::files;
use crate::script::docs::transcript::FOLDER_COMMENT;
use crate::script::host::sandbox;
use crate::script::language::lookup;
use crate::script::{Context, Topic, compute, docs};
use crate::session::Session;
use crate::system;
use crate::terminal;
use crate::text::wrap::wrapped;

/// Time for which `timeit` runs code.
const MEASURED: Duration = Duration::from_secs(1);

impl Repl<'_> {
    pub(super) fn run_command(&mut self, command: PromptCommand<'_>) -> AfterEntry {
        let result = match command {
            PromptCommand::Leave => Ok(AfterEntry::End(None)),
            PromptCommand::Time(code) => Ok(self.time(code)),
            PromptCommand::TimeRepeatedly(code) => Ok(self.time_repeatedly(code)),
            PromptCommand::Run(words) => Ok(self.run_file(words)),
            PromptCommand::History(count) => {
                self.page(&self.history(count));
                Ok(AfterEntry::Entry)
            }
            PromptCommand::Edit(path) => self.edit(path).map(|()| AfterEntry::Entry),
            PromptCommand::Restart => self.restart(),
            PromptCommand::Variables => {
                let width = self.width();
                let variables = show::variables(&self.session.borrow(), width);
                self.page(&variables);
                Ok(AfterEntry::Entry)
            }
            PromptCommand::List(folder) => self.list(folder).map(|()| AfterEntry::Entry),
            command => self.answer(command).map(|text| {
                self.page(&text);
                AfterEntry::Entry
            }),
        };
        result.unwrap_or_else(|error| {
            terminal::print_error(&error);
            AfterEntry::Entry
        })
    }

    /// Runs commands that need only the session, and returns what they have to say.
    fn answer(&mut self, command: PromptCommand<'_>) -> Result<String> {
        let width = self.width();
        let mut session = self.session.borrow_mut();
        match command {
            PromptCommand::Help(None) => return Ok(overview(session.context(), width)),
            PromptCommand::Help(Some(word)) if topic(session.context(), word).is_some() => {
                let found = topic(session.context(), word);
                return Ok(found.map_or_else(String::new, docs::topic_overview));
            }
            PromptCommand::Help(Some(name)) if session.has_variable(name) => {
                return Ok(about_variable(&session, name, width));
            }
            PromptCommand::Help(Some(name)) => return docs::help(session.context(), name),
            PromptCommand::Source(name) => return lookup::source(session.context(), name),
            PromptCommand::Search(word) => return lookup::search(session.context(), word),
            PromptCommand::ClearScreen => {
                // A terminal that cannot be cleared stays as it is.
                let _ = Term::stdout().clear_screen();
            }
            PromptCommand::Clear(names) if names.is_empty() => {
                return Err(Error::new("clear needs the names of variables")
                    .hint("restart resets the session, Ctrl-L clears the screen"));
            }
            PromptCommand::Clear(names) => {
                for name in names {
                    session.forget(name)?;
                }
            }
            PromptCommand::Go(folder) => {
                sandbox::check_free("change the folder")?;
                go(folder)?;
                session.note(&format!("{FOLDER_COMMENT}{}", current_folder()?.display()));
            }
            PromptCommand::Folder => println!("{}", current_folder()?.display()),
            PromptCommand::Shell(line) => {
                sandbox::check_free("run commands")?;
                shell(line)?;
            }
            _ => {}
        }
        Ok(String::new())
    }

    /// Runs code and reports its cost.
    fn time(&mut self, code: &str) -> AfterEntry {
        system::reset_peak_memory();
        let before = system::memory();
        let pending = self.session.borrow().pending_variables();
        let job = self.session.borrow().job().clone();
        self.session.borrow().context().profile.start(&job);
        let start = Instant::now();
        let result = self.session.borrow_mut().run_entry(code);
        // What the entry gives is part of its cost, even if it was put off until it is needed.
        let computed = result.as_ref().map_or(Ok(()), compute);
        let elapsed = start.elapsed();
        let report = self.session.borrow().context().profile.stop(&job);
        let is_done = result.is_ok() && computed.is_ok();
        let next = self.show(result);
        if is_done {
            let width = self.width();
            print!("{}", show::cost(elapsed, before, &report, width));
            for name in self.session.borrow().pending_variables() {
                if !pending.contains(&name) {
                    println!("without `{name}`, which is computed when it is needed");
                }
            }
        }
        next
    }

    /// Runs code several times and reports how long it takes.
    fn time_repeatedly(&mut self, code: &str) -> AfterEntry {
        let measured = self.session.borrow_mut().measure(code, MEASURED);
        match measured {
            Ok(times) => {
                print!("{}", show::times(&times));
                AfterEntry::Entry
            }
            Err(diagnostic) => self.show(Err(diagnostic)),
        }
    }

    /// The last entries, the newest at the end.
    fn history(&self, count: usize) -> String {
        let history = self.editor.history();
        let first = history.len().saturating_sub(count);
        let entries = history.iter().enumerate().skip(first);
        let lines = entries.map(|(index, entry)| {
            let entry = self.without_margins(entry);
            format!("{:>5}  {}\n", index + 1, entry.replace('\n', "\n       "))
        });
        lines.collect()
    }

    /// Opens a script in the text editor, or the last entry, which is then the next one.
    fn edit(&mut self, path: Option<String>) -> Result<()> {
        sandbox::check_free("run commands")?;
        if let Some(path) = path {
            return text_editor::open(Path::new(&path));
        }
        let mut entries = self.editor.history().iter().rev();
        let is_code = |entry: &&String| {
            let is_variable = |name: &str| self.session.borrow().has_variable(name);
            PromptCommand::parse(entry, is_variable).is_none()
        };
        let last = entries.find(is_code);
        let last = last.map_or_else(String::new, |entry| {
            self.without_margins(entry).into_owned()
        });
        self.draft = text_editor::edited(&last)?;
        Ok(())
    }

    /// Prints a text that may be longer than the screen, in lines that fit.
    pub(super) fn page(&mut self, text: &str) {
        let terminal = Term::stdout();
        let rows = draw::terminal::size().map_or(usize::MAX, |(_, rows)| rows);
        let columns = self.width();
        let text = wrapped(text, columns);
        let read_key = || terminal.read_key_raw();
        let kept = pager::page(&text, (columns, rows), &mut io::stdout(), read_key);
        // A terminal that is gone ends the prompt with the next entry.
        if let Ok(Some(first)) = kept {
            self.draft = first.into();
        }
    }

    fn run_file(&mut self, words: Vec<String>) -> AfterEntry {
        let mut words = words.into_iter();
        let path = PathBuf::from(words.next().unwrap_or_default());
        let arguments: Array = words.map(Dynamic::from).collect();
        self.session.borrow_mut().set_constant("ARGS", arguments);
        self.run_script(&path)
    }

    /// Begins a new session; the entries so far stay in the history.
    fn restart(&mut self) -> Result<AfterEntry> {
        let new = (self.new_session)()?;
        *self.session.borrow_mut() = new;
        Ok(self.run_startup_file())
    }

    fn list(&mut self, folder: Option<String>) -> Result<()> {
        let folder = PathBuf::from(folder.as_deref().unwrap_or("."));
        files::check(&folder)?;
        let names = names(&folder)?;
        print!("{}", columns(&names, self.width()));
        Ok(())
    }
}

/// Functions by topic and commands, on about one screen.
fn overview(context: &Context, width: usize) -> String {
    let mut text = String::new();
    for topic in context.topics() {
        let names = topic.builtins.iter().map(|builtin| builtin.name.to_owned());
        text += &format!(
            "{}\n{}",
            topic.title,
            filled(&names.collect::<Vec<_>>(), width)
        );
    }
    let imported = context.imported();
    let libraries = context
        .libraries()
        .iter()
        .map(|library| library.name.clone());
    let libraries = libraries.chain(imported.iter().map(|library| library.name.clone()));
    text += &format!("Modules\n{}", filled(&libraries.collect::<Vec<_>>(), width));
    text += "\nCommands\n";
    for (form, does) in COMMANDS {
        text += &format!("  {form:<16} {does}\n");
    }
    text
}

/// Topic of a name: `help filters`.
fn topic<'a>(context: &'a Context, word: &str) -> Option<&'a Topic> {
    let word = word.to_lowercase();
    let is_meant = |topic: &&Topic| {
        let mut words = topic.title.split(' ').map(str::to_lowercase);
        context.builtin(&word).is_none() && words.any(|known| known == word)
    };
    context.topics().iter().find(is_meant)
}

/// Value of a variable, its properties and its methods.
fn about_variable(session: &Session, name: &str, width: usize) -> String {
    let found = session
        .variables()
        .into_iter()
        .find(|(known, _)| known == name);
    let value = found.and_then(|(_, value)| session.text(&value, true));
    let offered = session.complete(&format!("{name}.")).candidates;
    let offered = offered.into_iter().map(|candidate| candidate.text);
    let (methods, properties): (Vec<_>, Vec<_>) = offered.partition(|text| text.ends_with('('));
    let list = |what: &str, names: Vec<String>| match names.is_empty() {
        true => String::new(),
        false => format!("\n{what}\n{}", filled(&names, width)),
    };
    let methods = methods
        .iter()
        .map(|name| name.trim_end_matches('(').to_owned());
    format!(
        "{}\n{}{}",
        value.unwrap_or_else(|| "()".into()),
        list("Properties", properties),
        list("Methods", methods.collect())
    )
}

/// Wraps names to lines of at most `width` columns that are still easy to read.
fn filled(names: &[String], width: usize) -> String {
    let width = width.min(100);
    let mut text = String::from(" ");
    let mut length = 1;
    for name in names {
        if length + name.len() + 1 >= width {
            text += "\n ";
            length = 1;
        }
        text += &format!(" {name}");
        length += name.len() + 1;
    }
    text + "\n"
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|e| Error::io("find", Path::new("the current folder"), &e))
}

fn go(folder: Option<String>) -> Result<()> {
    let home = || home_dir().map_err(|_| Error::new("there is no home folder"));
    let folder = match Path::new(folder.as_deref().unwrap_or("~")) {
        path if let Ok(rest) = path.strip_prefix("~") => home()?.join(rest),
        path => path.to_owned(),
    };
    std::env::set_current_dir(&folder).map_err(|e| Error::io("go to", &folder, &e))
}

fn shell(line: &str) -> Result<()> {
    let mut shell = system::shell(line);
    let status = shell.status();
    let status = status.map_err(|e| Error::io("run", Path::new(shell.get_program()), &e))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Error::new(format!("the command ended with status {code}"))),
        None => Err(Error::new("the command was stopped")),
    }
}

/// Sorted names in a folder, folders with a slash; hidden ones are left out.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("list", folder, &e))?;
    let name = |entry: std::fs::DirEntry| {
        let mut name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            name.push('/');
        }
        name
    };
    let mut names: Vec<String> = entries.flatten().map(name).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort_by_key(|name| name.to_lowercase());
    Ok(names)
}

/// Arranges names in columns, to be read downwards.
fn columns(names: &[String], width: usize) -> String {
    let longest = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let count = (width / (longest + 2)).clamp(1, names.len().max(1));
    let rows = names.len().div_ceil(count);
    let mut text = String::new();
    for row in 0..rows {
        let in_row = names.iter().skip(row).step_by(rows.max(1));
        let line: String = in_row
            .map(|name| format!("{name:<0$}", longest + 2))
            .collect();
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_are_read_downwards() {
        let names = ["a", "bb", "c", "d", "e"].map(str::to_owned);
        assert_eq!(columns(&names, 8), "a   d\nbb  e\nc\n");
        assert_eq!(columns(&names, 1), "a\nbb\nc\nd\ne\n");
        assert_eq!(columns(&[], 80), "");
    }
}
