//! Histories as scripts, and their size.

use std::path::PathBuf;
use std::sync::Arc;

use super::{History, Literal, Operation, Paths, SourceFile};

fn source(path: &str) -> Literal {
    Literal::File(Arc::new(SourceFile {
        path: PathBuf::from(path),
        size: Some(3),
        modified: None,
        fingerprint: Some(7),
    }))
}

fn call(function: &'static str, first: Literal) -> History {
    History::new(Operation::Call {
        function,
        arguments: vec![("first", first), ("second", Literal::Float(-1e-7))],
        positional: 1,
        has_value: true,
        recorded: None,
    })
}

fn of(history: &History) -> Literal {
    Literal::Video(Some(history.clone()))
}

fn statements(history: &History) -> String {
    let script = history.script(Paths::Names);
    script.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn graphs_are_written_in_order_and_variables_used_again() {
    let loaded = call("load_video", source("/data/heart.rsh"));
    let filtered = call("normalize", of(&loaded));
    let difference = History::new(Operation::Binary("-", of(&filtered), of(&loaded)));
    let changed = History::new(Operation::Change {
        of: of(&difference),
        index: Some(Literal::Array(vec![Literal::Unit, Literal::Range(2, None)])),
        operator: "=",
        value: Literal::Float(f64::NAN),
    });
    assert_eq!(
        statements(&changed),
        "let source1 = \"heart.rsh\"; // 3 bytes, fingerprint 0000000000000007\n\
         let a = load_video(source1, #{second: -1.0e-7});\n\
         let b = normalize(a, #{second: -1.0e-7});\n\
         b = b - a;\n\
         b[[(), 2..]] = NaN;\n\
         b\n"
    );
}

#[test]
fn equal_names_get_the_folders_that_tell_them_apart() {
    let one = call("load_video", source("/data/1/heart.tif"));
    let other = call("load_video", source("/data/2/heart.tif"));
    let sum = History::new(Operation::Binary("+", of(&one), of(&other)));
    let script = statements(&sum);
    assert!(
        script.contains("let source1 = \"1/heart.tif\";"),
        "{script}"
    );
    assert!(
        script.contains("let source2 = \"2/heart.tif\";"),
        "{script}"
    );
}

#[test]
fn values_that_cannot_be_written_stop_the_script() {
    let video = call("map", Literal::Unwritable("a function".into()));
    assert_eq!(
        statements(&video),
        "throw \"this history cannot be run again: it needs a function\";\n\
         let a = map(() /* a function */, #{second: -1.0e-7});\n\
         a\n"
    );
}

#[test]
fn long_histories_are_forgotten_and_say_so() {
    let mut history = call("zeros", Literal::Int(3));
    for _ in 0..100_000 {
        history = History::new(Operation::Unary("-", of(&history)));
    }
    assert!(history.in_order().len() <= super::MAX_LINKS);
    let script = statements(&history);
    assert!(
        script.starts_with("throw \"this history cannot be run again"),
        "{script}"
    );
    let kept = script.matches("= -").count();
    let forgotten = 100_001 - kept;
    assert!(
        script.contains(&format!("the result of {forgotten} calls")),
        "{script}"
    );
}

#[test]
fn shared_links_count_once() {
    let mut history = call("zeros", Literal::Int(3));
    for _ in 0..super::MAX_LINKS - 1 {
        history = History::new(Operation::Binary("+", of(&history), of(&history)));
    }
    assert_eq!(history.in_order().len(), super::MAX_LINKS);
    assert!(statements(&history).starts_with("let a = zeros(3"));
    let more = History::new(Operation::Unary("-", of(&history)));
    assert_eq!(more.in_order().len(), 1);
}

#[test]
fn a_graph_that_parts_and_joins_again_is_counted_exactly() {
    let mut history = call("zeros", Literal::Int(3));
    for _ in 0..100 {
        let mean = call("mean", of(&history));
        let scaled = History::new(Operation::Binary("*", of(&mean), of(&history)));
        history = History::new(Operation::Binary("-", of(&history), of(&scaled)));
    }
    assert!(history.0.extent.is_exact);
    assert_eq!(history.0.extent.calls, 301);
    let other = call("ones", Literal::Int(3));
    let sum = History::new(Operation::Binary("+", of(&history), of(&other)));
    assert!(!sum.0.extent.is_exact);
    assert_eq!(sum.0.extent.calls, 303);
}
