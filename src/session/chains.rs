//! Chains of filters give the same files as filters run one by one, whatever the blocks.

use std::fs;

use proptest::prelude::*;

use crate::script::Settings;
use crate::session::Session;
use crate::video::{TEST_LIMITS, Video};

/// Sources: small videos of all kinds of samples and layouts.
fn source() -> impl Strategy<Value = String> {
    const DTYPES: &[&str] = &["uint8", "uint16", "int32", "float32", "float64", "bool"];
    const VIEWS: &[&str] = &[
        "",
        ".slice(0, (), 2)",
        ".flip_left_right()",
        ".rotate_left()",
    ];
    (1..14usize, 5..9usize, 5..9usize)
        .prop_flat_map(|size| {
            (
                Just(size),
                prop::sample::select(DTYPES),
                prop::sample::select(VIEWS),
                any::<bool>(),
            )
        })
        .prop_map(|((t, y, x), dtype, view, has_nan)| {
            let video = format!("example_video({t}, {y}, {x}).astype(\"{dtype}\"){view}");
            match has_nan && dtype.starts_with("float") {
                true => format!("{{ let v = {video}; v[[0, 1, 2]] = NaN; v }}"),
                false => video,
            }
        })
}

/// A filter, applied to `v`.
fn filter() -> impl Strategy<Value = String> {
    let size = 0..9i64;
    let mode = prop::sample::select(&["nearest", "reflect", "mirror", "wrap", "constant"][..]);
    prop_oneof![
        Just("v = v.normalize();".to_owned()),
        Just("v = v.normalize(#{vmin: 500, dtype: \"uint8\"});".to_owned()),
        size.clone()
            .prop_map(|w| format!("v = v.normalize_pixelwise_slidingwindow({w});")),
        (0.0..4.0, 0.0..2.0, any::<bool>()).prop_map(|(t, s, ignores)| {
            format!("v = v.smooth_spatiotemporal({t:?}, {s:?}, {ignores});")
        }),
        (size.clone(), 1..4i64, mode.clone(), any::<bool>()).prop_map(|(t, s, mode, ignores)| {
            format!("v = v.mean_filter({t}, {s}, \"{mode}\", {ignores});")
        }),
        (size.clone(), 1..4i64, mode, any::<bool>()).prop_map(|(t, s, mode, ignores)| {
            format!("v = v.median_filter({t}, {s}, \"{mode}\", {ignores});")
        }),
        (1..16i64, any::<bool>())
            .prop_map(|(n, center)| format!("v = v.temporal_difference({n}, 0.5, {center});")),
        Just("v = v.smoothstep(0.1, 900);".to_owned()),
        Just("v = v.crop(1);".to_owned()),
        Just("v = v.flip_up_down().rotate_right();".to_owned()),
        Just("v = v.resize([7, 6]);".to_owned()),
        Just("v = v * 2 - 0.5;".to_owned()),
        Just("v = 3 / v;".to_owned()),
        Just("v = v ** 2 % 7;".to_owned()),
        Just("v = -v;".to_owned()),
        Just("v = v - v[0];".to_owned()),
        Just("let w = v + 1; v = w * v; w = ();".to_owned()),
        Just("v = (v > 0.4) | (v == 0);".to_owned()),
    ]
}

/// The bytes of the file that a script saves, or its error.
fn saved(script: &str, limits: (usize, usize)) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.npy");
    let script = script.replace("RESULT", &path.display().to_string());
    let mut session = Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    });
    TEST_LIMITS.set(Some(limits));
    let result = session.run("chain.rhai", &script);
    TEST_LIMITS.set(None);
    match result {
        Ok(_) => Ok(fs::read(path).unwrap()),
        Err(diagnostic) => Err(diagnostic.error().message().to_owned()),
    }
}

#[test]
fn histories_compute_nothing() {
    let mut session = Session::new(Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    });
    let script = "let v = example_video(9, 8, 8).normalize() * 2; history(v); v.history; v";
    TEST_LIMITS.set(Some((0, 1)));
    let value = session.run("history.rhai", script);
    TEST_LIMITS.set(None);
    let video = value.unwrap().cast::<Video>();
    assert!(video.is_pending());
    assert!(video.history().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn chains_give_what_single_filters_give(
        source in source(),
        filters in prop::collection::vec(filter(), 1..6),
        block in 1..9usize,
        keeps in any::<bool>(),
    ) {
        let filters = filters.join(" ");
        let end = match keeps {
            // The variable keeps the video, which is computed whole.
            true => "save_video(\"RESULT\", v);",
            false => "let last = [v]; v = (); save_video(\"RESULT\", last.pop());",
        };
        let script = format!("let v = {source}; {filters} {end}");
        let expected = saved(&script, (usize::MAX, 1));
        prop_assert_eq!(saved(&script, (0, block)), expected, "{}", script);
    }
}
