//! Commands of the prompt: lines that are not code. A line is one only if it has exactly the form
//! of a command, and no variable of that name makes it an expression.

/// A command.
#[derive(Debug, PartialEq)]
pub(super) enum PromptCommand<'a> {
    /// Help on a name, or on everything.
    Help(Option<&'a str>),
    /// Source of a function.
    Source(&'a str),
    /// Functions whose names or docs contain a word.
    Search(&'a str),
    /// Table of the variables.
    Variables,
    /// Variables to remove.
    Clear(Vec<&'a str>),
    /// Code to measure the cost of.
    Time(&'a str),
    /// Code to run several times, to measure how long it takes.
    TimeRepeatedly(&'a str),
    /// The last entries; how many.
    History(usize),
    /// Script to open in the text editor; by default the last entry.
    Edit(Option<String>),
    /// Empties the screen.
    ClearScreen,
    /// Script to run, and its arguments.
    Run(Vec<String>),
    /// Folder to change to; home by default.
    Go(Option<String>),
    /// Folder to list.
    List(Option<String>),
    /// Name of the current folder.
    Folder,
    /// Command of the system.
    Shell(&'a str),
    /// Restart of the session.
    Restart,
    /// End of the prompt.
    Leave,
}

/// Words that begin a command, for completion.
pub(super) const WORDS: &[&str] = &[
    "cd", "clc", "clear", "edit", "exit", "help", "history", "ls", "pwd", "quit", "restart", "run",
    "time", "timeit", "vars", "who", "whos",
];

/// Number of entries that `history` lists.
const HISTORY: usize = 25;

/// Commands and their meanings, for `help`.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    (
        "help TOPIC",
        "list the functions of a topic, such as help filters",
    ),
    ("name?", "describe a function or a variable"),
    ("name??", "show the source of a script function"),
    ("?word", "search the functions for a word"),
    (
        "x = 5",
        "define a variable; in scripts, blocks and functions, write let x = 5",
    ),
    (
        "_, ans",
        "the last value; a line that begins with a dot continues it: .crop(8)",
    ),
    ("vars, who, whos", "list the variables and their memory use"),
    ("clear NAME…", "delete variables"),
    ("clc", "clear the screen, like Ctrl-L"),
    ("history [N]", "list the last entries"),
    (
        "edit [FILE]",
        "write the last entry, or a script, in the text editor of $EDITOR",
    ),
    ("time CODE", "run code and measure its time and memory"),
    (
        "timeit CODE",
        "run code several times, on copies of the variables, and measure its time",
    ),
    (
        "run FILE [ARG…]",
        "run a script in this session, keeping its variables and functions",
    ),
    ("cd, ls, pwd", "change, list and print the current folder"),
    ("!COMMAND", "run a shell command"),
    ("restart", "reset the session"),
    ("exit", "quit, like Ctrl-D"),
    (
        "Tab",
        "complete a name, option, value or path; Tab and arrows choose, Enter takes",
    ),
    ("Ctrl-R", "search the history"),
    ("Alt-Enter", "insert a new line"),
    ("Ctrl-X Ctrl-E", "go on with the entry in the text editor"),
];

impl<'a> PromptCommand<'a> {
    /// Parses a line as a command, if it is one.
    pub(super) fn parse(line: &'a str, is_variable: impl Fn(&str) -> bool) -> Option<Self> {
        let line = line.trim();
        let is_measured = line.starts_with("time ") || line.starts_with("timeit ");
        if line.contains('\n') && !is_measured {
            return None;
        }
        if let Some(command) = marked(line, &is_variable) {
            return Some(command);
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if !WORDS.contains(&word) || is_variable(word) || continues_expression(rest) {
            return None;
        }
        let path = || one_path(rest);
        Some(match word {
            "help" if rest.is_empty() => Self::Help(None),
            "help" if is_name(rest) => Self::Help(Some(rest)),
            "vars" | "who" | "whos" if rest.is_empty() => Self::Variables,
            "clc" if rest.is_empty() => Self::ClearScreen,
            "history" if rest.is_empty() => Self::History(HISTORY),
            "history" => Self::History(rest.parse().ok()?),
            "edit" => Self::Edit(path()?),
            "pwd" if rest.is_empty() => Self::Folder,
            "restart" if rest.is_empty() => Self::Restart,
            "exit" | "quit" if rest.is_empty() => Self::Leave,
            "clear" if rest.split_whitespace().all(is_name) => {
                Self::Clear(rest.split_whitespace().collect())
            }
            "time" if !rest.is_empty() => Self::Time(rest),
            "timeit" if !rest.is_empty() => Self::TimeRepeatedly(rest),
            "run" if !rest.is_empty() => Self::Run(words(rest)?),
            "cd" => Self::Go(path()?),
            "ls" => Self::List(path()?),
            _ => return None,
        })
    }
}

/// Parses commands with a mark before or after: `?word`, `name?`, `name??`, `!command`.
fn marked<'a>(line: &'a str, is_variable: impl Fn(&str) -> bool) -> Option<PromptCommand<'a>> {
    if let Some(rest) = line.strip_prefix('?') {
        let word = rest.trim();
        return Some(match word {
            "" => PromptCommand::Help(None),
            word => PromptCommand::Search(word),
        });
    }
    if let Some(name) = line.strip_suffix("??").map(str::trim) {
        return is_name(name).then_some(PromptCommand::Source(name));
    }
    if let Some(name) = line.strip_suffix('?').map(str::trim) {
        return is_name(name).then_some(PromptCommand::Help(Some(name)));
    }
    let rest = line.strip_prefix('!')?.trim();
    let first = rest
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    let is_code = first.is_empty() && !rest.starts_with(['.', '/', '~'])
        || is_variable(first)
        || matches!(first, "true" | "false")
        || rest[first.len()..].starts_with(['(', '.']) && !first.is_empty();
    (!is_code).then_some(PromptCommand::Shell(rest))
}

/// Whether the rest makes a word an expression, such as `time = 5` or `run.len`.
fn continues_expression(rest: &str) -> bool {
    let is_path = rest.starts_with("./") || rest.starts_with("..") || rest == "." || rest == "/";
    let mut signs = rest.chars();
    match (signs.next(), signs.next()) {
        _ if is_path => false,
        (Some('=' | '.' | '*' | '%' | ';' | ',' | '?'), _) => true,
        (Some('+' | '-' | '/' | '<' | '>' | '&' | '|' | '^'), Some(' ' | '=')) => true,
        _ => false,
    }
}

fn is_name(text: &str) -> bool {
    let mut parts = text.split("::");
    parts.all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Splits a line into words; words with spaces are quoted. `None` if a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.chars().next()? {
            quote @ ('"' | '\'') => rest[1..].split_once(quote)?,
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

/// Parses at most one path, which may be quoted or contain unquoted spaces.
#[allow(clippy::option_option)]
fn one_path(rest: &str) -> Option<Option<String>> {
    if rest.is_empty() {
        return Some(None);
    }
    if rest.starts_with('(') {
        return None;
    }
    match words(rest)?.as_slice() {
        [path] => Some(Some(path.clone())),
        _ => Some(Some(rest.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<PromptCommand<'_>> {
        PromptCommand::parse(line, |name| name == "mask" || name == "vars")
    }

    #[test]
    fn commands_have_an_exact_form() {
        assert_eq!(parse("crop?"), Some(PromptCommand::Help(Some("crop"))));
        assert_eq!(
            parse("waves::film??"),
            Some(PromptCommand::Source("waves::film"))
        );
        assert_eq!(parse("?noise"), Some(PromptCommand::Search("noise")));
        assert_eq!(parse("?"), Some(PromptCommand::Help(None)));
        assert_eq!(parse("help crop"), Some(PromptCommand::Help(Some("crop"))));
        assert_eq!(
            parse("clear a b"),
            Some(PromptCommand::Clear(vec!["a", "b"]))
        );
        assert_eq!(
            parse("time v.mean()"),
            Some(PromptCommand::Time("v.mean()"))
        );
        assert_eq!(parse("time (1 + 2)"), Some(PromptCommand::Time("(1 + 2)")));
        assert_eq!(parse("cd"), Some(PromptCommand::Go(None)));
        assert_eq!(parse("cd .."), Some(PromptCommand::Go(Some("..".into()))));
        assert_eq!(
            parse("cd my data"),
            Some(PromptCommand::Go(Some("my data".into())))
        );
        assert_eq!(
            parse("ls \"a b\""),
            Some(PromptCommand::List(Some("a b".into())))
        );
        assert_eq!(parse("!ls -l"), Some(PromptCommand::Shell("ls -l")));
        assert_eq!(parse("!./a.sh"), Some(PromptCommand::Shell("./a.sh")));
        let run = ["a b.rhai", "x"].map(str::to_owned).to_vec();
        assert_eq!(parse("run 'a b.rhai' x"), Some(PromptCommand::Run(run)));
        assert_eq!(parse("exit"), Some(PromptCommand::Leave));
        for line in ["who", "whos"] {
            assert_eq!(parse(line), Some(PromptCommand::Variables));
        }
        assert_eq!(parse("clc"), Some(PromptCommand::ClearScreen));
        assert_eq!(parse("history"), Some(PromptCommand::History(HISTORY)));
        assert_eq!(parse("history 3"), Some(PromptCommand::History(3)));
        assert_eq!(parse("edit"), Some(PromptCommand::Edit(None)));
        let path = Some("a.rhai".to_owned());
        assert_eq!(parse("edit a.rhai"), Some(PromptCommand::Edit(path)));
        assert_eq!(
            parse("timeit v.mean()"),
            Some(PromptCommand::TimeRepeatedly("v.mean()"))
        );
    }

    #[test]
    fn code_stays_code() {
        for line in [
            "vars",
            "vars.len",
            "time = 5",
            "time + 1",
            "let run = 3",
            "run.len",
            "help(\"crop\")",
            "exit(1)",
            "!mask",
            "!(v > 1)",
            "!is_open(p)",
            "!true",
            "a ? b",
            "clear(x)",
            "ls(\"a\")",
            "history(v)",
            "history(20)",
            "history = 5",
            "who.len",
            "edit(x)",
            "timeit = 5",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
