//! What the page of third-party notices must hold.

use std::fs;

use super::project;

#[test]
fn every_package_is_named_in_the_notices() {
    let lock = fs::read_to_string(project("Cargo.lock")).unwrap();
    let notices = fs::read_to_string(project("src/NOTICES.md")).unwrap();
    let named = |name: &str| notices.contains(&format!("| {name} | "));
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = "));
    let names = names.map(|name| name.trim_matches('"'));
    let missing: Vec<_> = names
        .filter(|name| !name.starts_with("optimap") && !named(name))
        .collect();
    assert!(
        missing.is_empty(),
        "name their licenses in src/NOTICES.md: {missing:?}"
    );
}
