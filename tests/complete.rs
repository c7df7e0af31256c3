//! What the prompt offers while an entry is typed.

use std::collections::BTreeSet;

use optimap::session::Session;

use super::session;

fn prepared() -> Session {
    let mut session = session();
    let code = "let v = example_video(2, 8, 8); let m = #{alpha: 1, beta: v}; let a = [v]; let s = \"x\"; \
                fn twice(n, times) { n * times }";
    let _ = session.run_entry(code).unwrap();
    let _ = session.run_entry("import \"waves\" as w").unwrap();
    session
}

fn offered(text: &str) -> BTreeSet<String> {
    let completion = prepared().complete(text);
    completion
        .candidates
        .into_iter()
        .map(|candidate| candidate.text)
        .collect()
}

#[track_caller]
fn offers(text: &str, names: &[&str]) {
    let offered = offered(text);
    for name in names {
        assert!(offered.contains(*name), "{text}: {name} not in {offered:?}");
    }
}

#[track_caller]
fn offers_only(text: &str, names: &[&str]) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(offered(text), names, "{text}");
}

#[test]
fn names_begin_expressions() {
    offers("", &["crop(", "v", "waves", "w", "twice(", "let", "NaN"]);
    offers_only("example_v", &["example_video("]);
    offers_only("1 + twi", &["twice("]);
}

#[test]
fn members_follow_the_type_before_the_dot() {
    offers("v.", &["shape", "crop(", "fps"]);
    offers_only("v.sha", &["shape"]);
    offers_only("v.crop(2).sha", &["shape"]);
    offers_only("v[0].crop(2)[1].sha", &["shape"]);
    offers_only("(v + 1).sha", &["shape"]);
    offers_only("a[0].sha", &["shape"]);
    offers_only("m.beta.sha", &["shape"]);
    offers_only("m.", &["alpha", "beta"]);
    offers_only("m[\"", &["alpha\"", "beta\""]);
    offers_only("s.to_up", &["to_upper("]);
    offers_only("\"abc\".to_up", &["to_upper("]);
    offers("[1, 2].", &["push(", "map("]);
    offers("v.shape.", &["push(", "reduce("]);
    offers_only("let k = v.crop(1); k.sha", &["shape"]);
    assert!(!offered("v.shape.").contains("crop("));
    assert!(!offered("describe(v).").contains("crop("));
    offers("describe(v).", &["saturated", "mean"]);
    offers("|x| x.", &["shape", "crop(", "frame"]);
    offers_only("v.metadata.comm", &["comment"]);
}

#[test]
fn modules_offer_their_functions() {
    offers_only("w::enh", &["enhance("]);
    offers_only("import \"waves\" as q; q::enh", &["enhance("]);
    offers_only("import \"wav", &["waves\""]);
}

#[test]
fn options_and_their_values_are_offered() {
    offers_only("normalize(v, #{ymi", &["ymin: "]);
    offers_only("normalize(v, #{ymin: 0, ym", &["ymax: "]);
    offers_only("load_video(s, #{as_g", &["as_gray: "]);
    offers_only("load_video(s, #{as_grey: true, as_g", &[]);
    offers_only("v.normalize(#{dtype: \"uint1", &["uint16\""]);
    offers_only("astype(v, \"float3", &["float32\""]);
    offers_only("v.astype(\"float3", &["float32\""]);
    offers_only("help(\"example_v", &["example_video\""]);
}

#[test]
fn paths_are_offered_in_strings() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("heart.npy"), "").unwrap();
    std::fs::create_dir(folder.path().join("heap")).unwrap();
    let dir = super::with_slashes(folder.path());
    let (file, inner) = (format!("{dir}/heart.npy\""), format!("{dir}/heap/"));
    offers_only(&format!("load_video(\"{dir}/he"), &[&file, &inner]);
    offers_only(&format!("let p = \"{dir}/hear"), &[&file]);
    offers_only(&format!("[load_video(\"{dir}/heart.n"), &[&file]);
}

#[test]
fn hints_tell_what_could_follow() {
    let hint = |text: &str| prepared().hint(text).map(|hint| hint.text);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(hint("crop("), some("video, width)"));
    assert_eq!(hint("crop(v"), some(", width)"));
    assert_eq!(hint("crop(v,"), some(" width)"));
    assert_eq!(hint("v.crop("), some("width)"));
    assert_eq!(hint("v.crop(2"), some(")"));
    assert_eq!(hint("v.crop(2)"), None);
    assert_eq!(hint("twice("), some("n, times)"));
    assert_eq!(hint("w::enhance(v, "), some("window)"));
    assert_eq!(hint("v.astype(\"uint1"), some("6\""));
    assert!(
        hint("normalize(v, #{")
            .unwrap()
            .starts_with("ymin = 0.0, ymax = ()")
    );
    assert_eq!(hint("normalize(v, #{ymin: "), some("a number"));
    assert_eq!(hint("let x = 1"), None);
}
