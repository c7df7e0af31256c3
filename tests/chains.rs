//! A chain of calls reuses the memory of its temporaries.

use std::sync::{Arc, Mutex};

use optimap::builtins::TOPICS;
use optimap::script::call::register;
use optimap::script::{Context, Settings};
use optimap::task::Job;
use optimap::video::{Element, Video};
use rhai::Engine;

/// The addresses of the samples at each `probe(…)` of a script.
fn probed(script: &str) -> Vec<usize> {
    let settings = Settings {
        print: Box::new(|_| ()),
        windows: None,
        interactive: false,
    };
    let context = Arc::new(Context::new(settings, TOPICS, Job::new()));
    let mut engine = Engine::new();
    register::register(&mut engine, &context);
    let addresses = Arc::new(Mutex::new(Vec::new()));
    let seen = addresses.clone();
    engine.register_fn("probe", move |video: Video| {
        seen.lock().unwrap().push(address(&video));
        video
    });
    engine.run(script).unwrap();
    Arc::try_unwrap(addresses)
        .unwrap_or_else(|seen| Mutex::new(seen.lock().unwrap().clone()))
        .into_inner()
        .unwrap()
}

fn address(video: &Video) -> usize {
    let floats = f32::unwrap(video.samples().clone());
    let counts = u16::unwrap(video.samples().clone());
    let floats = floats
        .as_ref()
        .and_then(|a| a.as_slice())
        .map(|s| s.as_ptr() as usize);
    floats
        .or_else(|| Some(counts?.as_slice()?.as_ptr() as usize))
        .unwrap()
}

/// A script that saves the example and loads it in a chain of filters.
fn chain(load: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = super::with_slashes(&folder.path().join("example.npy"));
    // The folder must outlive the script.
    std::mem::forget(folder);
    format!(
        "save_video(\"{path}\", {load}); \
         probe(probe(probe(load_video(\"{path}\")).normalize()).smooth_spatiotemporal(1, 2))"
    )
}

#[test]
fn float_samples_stay_where_they_were_loaded() {
    let addresses = probed(&chain("example_video(50).normalize()"));
    assert_eq!(addresses.len(), 3);
    assert!(
        addresses.iter().all(|address| *address == addresses[0]),
        "{addresses:?}"
    );
}

#[test]
fn int_samples_are_widened_once() {
    let addresses = probed(&chain("example_video(50)"));
    assert_ne!(addresses[0], addresses[1]);
    assert_eq!(addresses[1], addresses[2]);
}

#[test]
fn method_and_function_calls_are_alike_and_variables_are_safe() {
    let addresses = probed(
        "let v = example_video(50).normalize(); \
         probe(v); probe(smooth_spatiotemporal(v, 0, 1)); probe(v); \
         probe(smooth_spatiotemporal(probe(normalize(v)), 0, 1));",
    );
    assert_eq!(addresses[0], addresses[2]);
    assert_ne!(addresses[0], addresses[1]);
    assert_eq!(addresses[3], addresses[4]);
}
