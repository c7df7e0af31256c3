//! Reports the cost of a script: time by line and by builtin, and memory.

use std::fmt::Write;
use std::time::{Duration, Instant};

use rhai::Dynamic;

use crate::script::Context;
use crate::script::host::profile::{Report, time_text};
use crate::script::language::diagnostic::Diagnostic;
use crate::session::Session;
use crate::system::peak_memory;
use crate::video::size_text;

/// Runs a script and reports its cost on standard error, even if it fails.
pub fn run(session: &mut Session, name: &str, text: &str) -> Result<Dynamic, Diagnostic> {
    session.context().profile.start(session.job());
    let start = Instant::now();
    let result = session.run(name, text);
    let elapsed = start.elapsed();
    let report = session.context().profile.stop(session.job());
    eprint!("{}", table(name, elapsed, &report, session.context()));
    result
}

fn table(name: &str, elapsed: Duration, report: &Report, context: &Context) -> String {
    let script = elapsed.saturating_sub(report.total);
    let mut text = format!(
        "{name}: {}, of which {} in builtins and {} in the script itself",
        time_text(elapsed),
        time_text(report.total),
        time_text(script)
    );
    if let Some(peak) = peak_memory() {
        let _ = write!(text, "; peak memory {}", size_text(peak));
    }
    let share = |time: Duration| 100.0 * time.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    text += "\n\nby builtin\n";
    for (name, cost) in &report.by_name {
        let (time, share) = (time_text(cost.time), share(cost.time));
        let _ = writeln!(text, "{time:>10} {share:>4.0} % {:>7} × {name}", cost.calls);
    }
    text += "\nby line\n";
    for ((source, line), cost) in &report.by_line {
        let (time, share) = (time_text(cost.time), share(cost.time));
        let code = line_of(context, source, *line);
        let location = match source == name {
            true => line.to_string(),
            false => format!("{source}:{line}"),
        };
        let calls = cost.calls;
        let _ = writeln!(
            text,
            "{time:>10} {share:>4.0} % {calls:>7} × {location:>4}  {code}"
        );
    }
    text
}

/// Line of a script, shortened.
fn line_of(context: &Context, source: &str, line: usize) -> String {
    let text = context.source(source).unwrap_or_default();
    let line = text
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or_default()
        .trim();
    match line.chars().count() {
        0..=60 => line.to_owned(),
        _ => line.chars().take(59).chain(['…']).collect(),
    }
}
