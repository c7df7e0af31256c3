//! Faults that `quality::audit` finds in recordings, and whether its fixes work.

use super::session;

/// Faults, and code that puts each of them into a recording `v`.
const FAULTS: &[(&str, &str)] = &[
    ("NaN", "v = v.astype(\"float32\"); v[3] = NaN;"),
    ("saturation", "v = v.clip(0, 2000);"),
    ("repeated frames", "v[30] = v[29];"),
    (
        "two channels",
        "v = v * (1 + 0.2 * (arange(60) % 2)).reshape([60, 1, 1]);",
    ),
    ("flicker", "v = v * (1 + 0.1 * random([60, 1, 1], 1));"),
    (
        "fading",
        "v = v * linspace(1, 0.7, 60).reshape([60, 1, 1]);",
    ),
    ("frame rate", "v.fps = ();"),
    ("polarity", ""),
];

#[test]
fn an_audit_finds_each_fault_and_its_code_fixes_it() {
    for (problem, spoil) in FAULTS {
        let mut session = session();
        let mut run = |code: &str| match session.run_entry(code) {
            Ok(value) => value.into_string().unwrap_or_default(),
            Err(diagnostic) => panic!("{problem}: `{code}`: {}", diagnostic.error()),
        };
        run("import \"quality\" as quality;");
        run("let v = example_video(60, 64, 64);");
        run(spoil);
        let audit = format!("quality::audit(v).filter(|finding| finding.problem == \"{problem}\")");
        run(&format!("let found = {audit};"));
        run(&format!("assert_eq(found.len(), 1, \"{problem}\")"));
        let fix = run("found[0].fix");
        run(&fix);
        run(&format!("assert_eq({audit}, [])"));
    }
}
