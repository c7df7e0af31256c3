//! The command line: runs scripts, evaluates code, shows documentation, starts the prompt.

mod manual;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use optimap::error::{Error, Result};
use optimap::player::event_loop::{self, EventLoopProxy};
use optimap::runner::batch;
use optimap::runner::batch_settings::{Batch, BatchShard};
use optimap::runner::record::RunRecord;
use optimap::runner::rerun::Rerun;
use optimap::runner::{self, compare, desktop, timing, view, watch};
use optimap::script::host::limits::TimeLimit;
use optimap::script::host::modules::{plain_script, read_script};
use optimap::script::language::diagnostic::Diagnostic;
use optimap::script::{Context, Settings, docs};
use optimap::session::{STACK_SIZE, Session};
use optimap::task::{self, Stop};
use optimap::text::wrap::wrapped;
use optimap::video::memory::ByteSize;
use optimap::video::shape_text;
use optimap::{gallery, repl, terminal};
use rhai::{Array, Dynamic};

/// Scripts for scientific videos: load, clean, compare, export and play optical-mapping recordings.
///
/// Without arguments it starts the prompt, or runs standard input if that is not a terminal.
#[derive(Parser)]
#[command(version, long_version = long_version(), disable_help_subcommand = true)]
#[command(override_usage = "optimap [--headless] [FILE.rhai [ARG]... | -e CODE | COMMAND]")]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    /// Evaluate CODE and print its value.
    #[arg(short = 'e', value_name = "CODE", allow_hyphen_values = true)]
    code: Option<String>,
    /// Open no windows.
    #[arg(long, global = true)]
    headless: bool,
    #[command(flatten)]
    how: RunArgs,
}

/// How scripts are run.
#[derive(Args, Clone)]
struct RunArgs {
    /// Define the constant NAME: a number, true, false, an array or a string.
    #[arg(long = "arg", global = true, value_name = "NAME=VALUE")]
    constants: Vec<String>,
    /// Re-run the script when it is saved; unchanged recordings stay cached.
    #[arg(long, global = true)]
    watch: bool,
    /// Check the script without running it.
    #[arg(long, global = true, conflicts_with_all = ["watch", "time"])]
    check: bool,
    /// Profile the script by line and by function.
    #[arg(long, global = true)]
    time: bool,
    /// Keep the run in a folder: script, modules, arguments, versions, files with their hashes,
    /// warnings, time and memory, as run.json and run.md.
    #[arg(long, global = true, value_name = "DIR", conflicts_with_all = ["watch", "check", "time"])]
    record: Option<PathBuf>,
    /// Restrict scripts to reading and writing in DIR, and forbid commands.
    #[arg(long, global = true, value_name = "DIR")]
    sandbox: Option<PathBuf>,
    /// Stop scripts that take longer than SECONDS.
    #[arg(long, global = true, value_name = "SECONDS")]
    limit_time: Option<f64>,
    /// Limit the memory of scripts: videos in memory and in scratch files, and other values, which
    /// may take half of the limit. [default in a sandbox: half of the machine's memory]
    #[arg(long, global = true, value_name = "SIZE")]
    limit_memory: Option<ByteSize>,
}

#[derive(Subcommand)]
enum CliCommand {
    /// Run a script; `-` is standard input, and `run` can be left out.
    Run {
        /// Script to run, and its arguments, which are in the array ARGS.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Run a script on many files, each in its own process; ARGS[0] is the file and ARGS[1] the
    /// output folder.
    Batch {
        /// Script to run.
        script: PathBuf,
        /// Files to run it on, or patterns that they match such as `data/*.tif`.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Number of processes to run at the same time.
        #[arg(long, default_value_t = 1)]
        jobs: usize,
        /// Output folder for the table of results and the output of each script.
        #[arg(long, value_name = "DIR", default_value = "batch")]
        out: PathBuf,
        /// Skip files that an earlier run has completed.
        #[arg(long)]
        resume: bool,
        /// Run only the I-th of N parts of the files.
        #[arg(long, value_name = "I/N")]
        shard: Option<BatchShard>,
        /// Write a Slurm job array instead of running; N of --shard is the number of tasks.
        #[arg(long, value_name = "FILE")]
        slurm: Option<PathBuf>,
    },
    /// List the functions by topic, or describe one.
    Help {
        /// Name of a function or module.
        name: Option<String>,
    },
    /// Print the whole reference as Markdown.
    Reference {
        /// Write images of functions and colormaps to a folder, and show them in the page.
        #[arg(long, value_name = "DIR")]
        pictures: Option<PathBuf>,
    },
    /// Write definition files for editors into a folder.
    Definitions {
        /// Folder to write to.
        folder: PathBuf,
    },
    /// Show recordings, movies and images, each in a window; `view` can be left out for one file.
    View {
        /// Files to show.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Install an entry, an icon and file types in the desktop, so that a double click on a recording
    /// shows it.
    InstallDesktop {
        /// Remove them again.
        #[arg(long)]
        remove: bool,
    },
    /// Describe a recording without reading its frames.
    Info {
        /// File of the recording.
        file: PathBuf,
    },
    /// Make a file again from its sources, by the history that it holds, and compare the samples.
    ///
    /// Sources are searched for beside the file and in the folders of OPTIMAP_DATA, by their names
    /// or by their contents.
    Rerun {
        /// File that was saved or exported.
        file: PathBuf,
        /// Folder to write the new file to. [default: it is removed after the comparison]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print what differs between two files: history, metadata and samples.
    Diff {
        /// One file.
        one: PathBuf,
        /// Another file.
        other: PathBuf,
    },
    /// Print the completion script of a shell.
    Completions {
        /// Name of the shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
    /// A script and its arguments.
    #[command(external_subcommand)]
    Script(Vec<OsString>),
}

/// How the program ends.
enum End {
    /// The script has ended; the program ends when its windows are closed.
    Done,
    /// The user left the prompt; the windows are closed too.
    Left,
    Failed(Error),
    /// A script failed; the error has been printed.
    ScriptFailed,
    /// A script asked to end with this exit status.
    Exit(u8),
    Interrupted,
}

impl End {
    /// End of a command that prints its own errors.
    fn of(is_done: bool) -> Self {
        if is_done {
            Self::Done
        } else {
            Self::ScriptFailed
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.code.is_some() && cli.command.is_some() {
        let message = "`-e CODE` cannot be combined with a script or a command";
        Cli::command()
            .error(ErrorKind::ArgumentConflict, message)
            .exit();
    }
    let job = terminal::job();
    let _entered = job.enter();
    let (windows, main_loop) = event_loop::new();
    let engine = std::thread::Builder::new()
        .name("engine".into())
        .stack_size(STACK_SIZE)
        .spawn(task::in_this_job(move || {
            let end = run(cli, &windows).unwrap_or_else(End::Failed);
            if matches!(end, End::Done) {
                windows.finish();
            } else {
                windows.quit();
            }
            end
        }));
    let Ok(engine) = engine else {
        eprintln!("error: cannot start a thread with a stack of {STACK_SIZE} bytes");
        return ExitCode::FAILURE;
    };
    // Windows belong to the main thread; this returns when the engine no longer needs them.
    main_loop.run();
    match engine.join() {
        Ok(End::Done) if job.stopped() == Some(Stop::User) => ExitCode::from(130),
        Ok(End::Done | End::Left) => ExitCode::SUCCESS,
        Ok(End::Failed(error)) if error.is_interrupted() => ExitCode::from(130),
        Ok(End::Failed(error)) => {
            terminal::print_error(&error);
            ExitCode::FAILURE
        }
        Ok(End::ScriptFailed) | Err(_) => ExitCode::FAILURE,
        Ok(End::Exit(code)) => ExitCode::from(code),
        Ok(End::Interrupted) => ExitCode::from(130),
    }
}

fn run(cli: Cli, windows: &EventLoopProxy) -> Result<End> {
    let headless = cli.headless
        || std::env::var_os("OPTIMAP_HEADLESS").is_some_and(|v| v != "0" && !v.is_empty());
    let how = cli.how;
    let session = |interactive| -> Result<Session> {
        let settings = Settings {
            print: Box::new(print_line),
            windows: (!headless).then(|| windows.clone()),
            interactive,
        };
        let mut session = Session::in_job(settings, terminal::job());
        if let Some(limit) = how.limit_memory {
            session.limit_memory(limit)?;
        }
        if let Some(seconds) = how.limit_time {
            session.limit_time(TimeLimit::new(seconds)?);
        }
        match &how.sandbox {
            Some(folder) => session.confine(folder).map(|()| session),
            None => Ok(session),
        }
    };
    match cli.command {
        Some(CliCommand::View { files }) => show_files(session(false)?, &files, windows),
        Some(CliCommand::Script(words)) if words.iter().all(is_recording) => {
            let files: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
            show_files(session(false)?, &files, windows)
        }
        Some(CliCommand::Run { words } | CliCommand::Script(words)) => match words.split_first() {
            Some((file, args)) => run_script(session(how.watch)?, file, args, &how),
            None => Ok(End::Done),
        },
        Some(command @ CliCommand::Batch { .. }) => run_batch(command, &how),
        Some(CliCommand::Help { name }) => print_help(session(false)?.context(), name.as_deref()),
        Some(CliCommand::Reference { pictures }) => {
            print_reference(session(false)?, pictures.as_deref()).map(|()| End::Done)
        }
        Some(CliCommand::Definitions { folder }) => {
            docs::write_definitions(session(false)?.context(), &folder).map(|()| End::Done)
        }
        Some(CliCommand::InstallDesktop { remove }) => {
            print(&desktop::install(remove)?);
            Ok(End::Done)
        }
        Some(CliCommand::Info { file }) => print_info(&file),
        Some(CliCommand::Rerun { file, out }) => make_again(session(false)?, &file, out.as_deref()),
        Some(CliCommand::Diff { one, other }) => {
            let found = compare::diff(&one, &other)?;
            print(&found.text);
            Ok(End::of(found.is_same))
        }
        Some(CliCommand::Completions { shell }) => {
            print(&manual::completions(shell, Cli::command()));
            Ok(End::Done)
        }
        Some(CliCommand::Man) => {
            print(&manual::page(Cli::command()));
            Ok(End::Done)
        }
        None => match cli.code {
            Some(code) => evaluate(session(false)?, &code, &how),
            None if io::stdin().is_terminal() => {
                repl::run(&|| session(true)).map(|code| code.map_or(End::Left, End::Exit))
            }
            None => run_script(session(false)?, "-".as_ref(), &[], &how),
        },
    }
}

/// Whether a word on the command line is a recording instead of a script.
fn is_recording(word: &OsString) -> bool {
    let path = Path::new(word);
    path.extension().is_none_or(|name| name != "rhai") && optimap::io::is_recording(path)
}

/// Shows files in windows, within the limits of a session.
fn show_files(session: Session, files: &[PathBuf], windows: &EventLoopProxy) -> Result<End> {
    let has_windows = session.context().has_windows();
    view::view(files, has_windows.then_some(windows)).map(|()| End::Done)
}

fn run_script(mut session: Session, file: &OsStr, args: &[OsString], how: &RunArgs) -> Result<End> {
    if how.watch {
        if file == "-" {
            return Err(Error::new("standard input cannot be watched"));
        }
        let name = Path::new(file).display().to_string();
        watch::watch(&mut session, &name, |session| {
            if let Err(error) = run_once(session, file, args, how) {
                terminal::print_error(&error);
            }
        });
        return Ok(End::Interrupted);
    }
    run_once(&mut session, file, args, how)
}

fn run_once(session: &mut Session, file: &OsStr, args: &[OsString], how: &RunArgs) -> Result<End> {
    let (name, text) = if file == "-" {
        ("<stdin>".to_owned(), plain_script(&read_standard_input()?))
    } else {
        let path = Path::new(file);
        (path.display().to_string(), read_script(path)?)
    };
    let text_of = |arg: &OsString| Dynamic::from(arg.to_string_lossy().into_owned());
    let args: Array = args.iter().map(text_of).collect();
    let (_, end) = execute(session, &name, &text, args, how)?;
    Ok(end)
}

/// Runs or checks a script; returns its value and how it ended.
fn execute(
    session: &mut Session,
    name: &str,
    text: &str,
    args: Array,
    how: &RunArgs,
) -> Result<(Dynamic, End)> {
    session.set_constant("ARGS", args.clone());
    for constant in &how.constants {
        let (name, value) = runner::constant(constant)?;
        session.set_constant(&name, value);
    }
    if how.check {
        let mistakes = session.check(name, text);
        let is_right = runner::print_mistakes(&mistakes, session.context());
        return Ok((Dynamic::UNIT, End::of(is_right)));
    }
    let result = match (&how.record, how.time) {
        (Some(folder), _) => {
            let record = RunRecord {
                folder,
                name,
                script: text,
                arguments: &args,
                constants: &how.constants,
            };
            record.run(session)?
        }
        (None, true) => timing::run(session, name, text),
        (None, false) => session.run(name, text),
    };
    let value = result.as_ref().cloned().unwrap_or_default();
    Ok((value, finish(session, result)))
}

fn run_batch(command: CliCommand, how: &RunArgs) -> Result<End> {
    let CliCommand::Batch {
        script,
        files,
        jobs,
        out,
        resume,
        shard,
        slurm,
    } = command
    else {
        return Ok(End::Done);
    };
    let mut options: Vec<OsString> = Vec::new();
    for constant in &how.constants {
        let _ = runner::constant(constant)?;
        options.extend(["--arg".into(), constant.into()]);
    }
    if let Some(folder) = &how.sandbox {
        options.extend(["--sandbox".into(), folder.into()]);
    }
    if let Some(seconds) = how.limit_time {
        options.extend(["--limit-time".into(), seconds.to_string().into()]);
    }
    if let Some(ByteSize(bytes)) = how.limit_memory {
        options.extend(["--limit-memory".into(), bytes.to_string().into()]);
    }
    let batch = Batch {
        script,
        files: batch::matching(files)?,
        jobs,
        out,
        resume,
        shard,
        options,
        record: how.record.clone(),
    };
    match slurm {
        Some(path) => {
            batch.write_slurm(&path, shard.map(|shard| shard.count))?;
            eprintln!("wrote {0}; submit it with: sbatch {0}", path.display());
            Ok(End::Done)
        }
        None => batch.run().map(End::of),
    }
}

/// Reads standard input; Ctrl-C alone does not end a read.
fn read_standard_input() -> Result<String> {
    let read = task::interruptibly(|| io::read_to_string(io::stdin()))?;
    let read = read.unwrap_or_else(|| Err(io::Error::other("cannot start a thread to read it")));
    read.map_err(|e| Error::io("read", Path::new("standard input"), &e))
}

fn evaluate(mut session: Session, code: &str, how: &RunArgs) -> Result<End> {
    let (value, end) = execute(&mut session, "-e", code, Array::new(), how)?;
    if let Some(text) = session.text(&value, false) {
        print_line(&text);
    }
    Ok(end)
}

fn finish(session: &Session, result: std::result::Result<Dynamic, Diagnostic>) -> End {
    match result {
        Ok(_) => End::Done,
        Err(diagnostic) if diagnostic.is_interrupted() => {
            eprintln!("interrupted");
            End::Interrupted
        }
        Err(diagnostic) if let Some(code) = diagnostic.exit_code() => End::Exit(code),
        Err(diagnostic) => {
            terminal::print_diagnostic(&diagnostic, session.context());
            End::ScriptFailed
        }
    }
}

fn print_help(context: &Context, name: Option<&str>) -> Result<End> {
    let text = match name {
        Some(name) => docs::help(context, name)?,
        None => docs::overview(context),
    };
    match optimap::draw::terminal::size() {
        Some((columns, _)) => print(&wrapped(&text, columns)),
        None => print(&text),
    }
    Ok(End::Done)
}

fn print_reference(mut session: Session, pictures: Option<&Path>) -> Result<()> {
    if let Some(folder) = pictures {
        gallery::write(&mut session, folder)?;
    }
    let folder = pictures.map(|folder| folder.display().to_string());
    print(&docs::reference(session.context(), folder.as_deref()));
    Ok(())
}

/// Version, commit if known, and enabled features.
fn long_version() -> &'static str {
    const FEATURES: &str = match env!("OPTIMAP_FEATURES").is_empty() {
        true => "none",
        false => env!("OPTIMAP_FEATURES"),
    };
    const COMMIT: &str = env!("OPTIMAP_COMMIT");
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let version = env!("CARGO_PKG_VERSION");
        match COMMIT {
            "" => format!("{version}\nfeatures: {FEATURES}"),
            commit => format!("{version} ({commit})\nfeatures: {FEATURES}"),
        }
    });
    &VERSION
}

/// Runs the script in a file, and says whether the result is the same.
fn make_again(mut session: Session, file: &Path, out: Option<&Path>) -> Result<End> {
    let rerun = Rerun::prepare(file, out)?;
    let name = format!("history of {}", file.display());
    session.check_recorded(&name, &rerun.script).map_err(|e| {
        let error = format!("the history of `{}` is not run: {e}", file.display());
        Error::new(error).hint("`optimap info FILE` prints it")
    })?;
    session.context().set_headless(true);
    let result = session.run(&name, &rerun.script);
    let end = finish(&session, result);
    if !matches!(end, End::Done) {
        return Ok(end);
    }
    let found = rerun.compare()?;
    print_line(&format!("{}: {}", file.display(), found.text));
    if let Some(folder) = out {
        let name = rerun.target.file_name().unwrap_or_default();
        print_line(&format!("the new file is {}", folder.join(name).display()));
    }
    Ok(End::of(found.is_same))
}

fn print_info(file: &Path) -> Result<End> {
    if !optimap::io::is_recording(file)
        && let Some(script) = optimap::io::recorded_script(file)?
    {
        print(&script);
        return Ok(End::Done);
    }
    let info = optimap::io::info(file)?;
    let mut lines = vec![
        ("format".to_owned(), info.format.to_owned()),
        ("shape".to_owned(), shape_text(&info.shape)),
        ("dtype".to_owned(), info.dtype.to_string()),
    ];
    let fields = info.metadata.all_fields().into_iter();
    lines.extend(fields.map(|(name, value)| (name, value.to_string())));
    for (name, value) in lines {
        print_line(&format!("{name:<20} {value}"));
    }
    if let Some(script) = &info.metadata.provenance {
        print_line("history");
        for line in script.lines() {
            print_line(&format!("    {line}"));
        }
    }
    Ok(End::Done)
}

fn print_line(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints to standard output; ends the program quietly if the reader has closed it.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            terminal::print_error(&Error::io("write", Path::new("standard output"), &error));
            std::process::exit(1);
        }
    }
}
