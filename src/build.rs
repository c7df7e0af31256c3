//! Build script: passes the commit and the enabled features to the program.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let feature = |(name, _): (String, String)| {
        let name = name.strip_prefix("CARGO_FEATURE_")?.to_lowercase();
        (name != "default").then_some(name)
    };
    let mut features: Vec<_> = std::env::vars().filter_map(feature).collect();
    features.sort();
    println!("cargo:rustc-env=OPTIMAP_FEATURES={}", features.join(" "));
    // Only release builds are rebuilt for each commit.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = is_release.then(commit).flatten();
    println!(
        "cargo:rustc-env=OPTIMAP_COMMIT={}",
        commit.unwrap_or_default()
    );
}

/// Commit and its date, in a checkout with git installed.
fn commit() -> Option<String> {
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo:rerun-if-changed={log}");
    git(&["log", "-1", "--format=%h %cs"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
