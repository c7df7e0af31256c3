//! Sessions in one process do not stop each other, use up each other's memory, or report to each
//! other.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use optimap::script::Settings;
use optimap::session::{STACK_SIZE, Session};
use optimap::task::{Job, OperationProgress, Reporter};

use super::session;

/// The value of code as a number.
#[track_caller]
fn number(session: &mut Session, code: &str) -> i64 {
    let value = session.run_entry(code);
    let value = value.unwrap_or_else(|failure| panic!("{code}: {}", failure.error()));
    value.as_int().unwrap()
}

#[test]
fn an_interruption_stops_one_session() {
    let endless = "let v = random([20, 50, 50]); print(\"begun\"); loop { v.median_filter(3, 3) }";
    let (begun, has_begun) = channel();
    let job = Job::new();
    let of_thread = job.clone();
    let thread = thread::Builder::new().stack_size(STACK_SIZE);
    let running = thread.spawn(move || {
        let settings = Settings {
            print: Box::new(move |_| begun.send(()).unwrap()),
            windows: None,
            interactive: false,
        };
        let mut session = Session::in_job(settings, of_thread);
        let failure = session.run("endless", endless).unwrap_err();
        assert!(failure.is_interrupted());
        // A new entry begins without the interruption.
        assert_eq!(number(&mut session, "1 + 1"), 2);
    });
    has_begun.recv().unwrap();
    let mut other = session();
    assert_eq!(
        number(&mut other, "random([20, 50, 50]).median_filter(3, 3).len"),
        20
    );
    job.interrupt();
    let code =
        "let sum = 0; for i in 0..1000 { sum += i } sum + median_filter(ones([9, 9, 9]), 3, 3).len";
    assert_eq!(number(&mut other, code), 499_509);
    assert!(!other.job().is_interrupted());
    running.unwrap().join().unwrap();
}

#[test]
fn memory_budgets_and_limits_belong_to_a_session() {
    let (mut one, mut other) = (session(), session());
    let before = number(&mut other, "memory().budget");
    // 8 MB: beyond the budget of one session, not of the other.
    let code = "let v = zeros([2, 1000, 1000], \"float32\"); memory()";
    number(&mut one, "set_memory_budget(\"1 MB\"); memory().budget");
    for session in [&mut one, &mut other] {
        let _ = session.run_entry(code).unwrap();
    }
    for (session, in_use, scratch) in [(&mut one, 0, 8_000_000), (&mut other, 8_000_000, 0)] {
        assert_eq!(number(session, "memory().in_use"), in_use);
        assert_eq!(number(session, "memory().scratch"), scratch);
    }
    assert_eq!(number(&mut other, "memory().budget"), before);
    one.limit_memory("8 GB".parse().unwrap()).unwrap();
    let failure = one
        .run_entry("zeros([9, 1000000, 1000], \"uint8\")")
        .unwrap_err();
    let message = failure.error().message().to_owned();
    assert!(message.contains("scripts may hold"), "{message}");
    assert_eq!(number(&mut other, "v = (); memory().in_use"), 0);
    assert_eq!(number(&mut one, "memory().scratch"), 8_000_000);
}

/// What a session reports, without the progress between begin and end.
#[derive(Clone, Default)]
struct KeptReports(Arc<Mutex<Vec<String>>>);

impl Reporter for KeptReports {
    fn warn(&self, message: &str) {
        self.0.lock().unwrap().push(message.into());
    }
    fn note(&self, message: &str) {
        self.warn(message);
    }
    fn progress(&self, progress: &OperationProgress<'_>) {
        if progress.done == progress.total {
            self.warn(&format!("{}: {}", progress.operation, progress.total));
        }
    }
    fn finished(&self, _: &str) {}
}

#[test]
fn reports_go_to_the_session_that_makes_them() {
    let reports = ["one", "other"].map(|name| {
        let kept = KeptReports::default();
        let settings = Settings {
            print: Box::new(|_| ()),
            windows: None,
            interactive: false,
        };
        let mut session = Session::in_job(settings, Job::reporting_to(Box::new(kept.clone())));
        let code = format!("for i in progress(3, \"{name}\") {{ }} warn(\"{name} is done\")");
        thread::spawn(move || session.run(name, &code).map(drop).unwrap())
            .join()
            .unwrap();
        kept.0.lock().unwrap().clone()
    });
    assert_eq!(reports[0], ["one: 3", "one is done"]);
    assert_eq!(reports[1], ["other: 3", "other is done"]);
}
