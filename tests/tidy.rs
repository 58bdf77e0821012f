//! Guards the house: layers, headers, names, sizes, and that every shipped file parses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    let all = ["src", "actors/src", "store/src", "tests"]
        .into_iter()
        .flat_map(|folder| files(folder, ".rs"));
    all.map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The names of `banned` that the text uses.
fn used<'a>(text: &str, banned: &[&'a str]) -> Vec<&'a str> {
    let code: Vec<_> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    banned
        .iter()
        .filter(|name| code.iter().any(|line| line.contains(**name)))
        .copied()
        .collect()
}

fn assert_absent(folder: &str, banned: &[&str], why: &str) {
    for path in files(folder, ".rs") {
        let found = used(&fs::read_to_string(&path).unwrap(), banned);
        assert!(found.is_empty(), "{} names {found:?}: {why}", path.display());
    }
}

#[test]
fn a_guard_can_fail() {
    assert_eq!(used("use actix_web::App;", &["actix_web"]), ["actix_web"]);
    assert!(used("// actix_web is absent", &["actix_web"]).is_empty());
}

#[test]
fn imports_run_one_way() {
    let edge = [
        "actix_web",
        "reqwest",
        "rustls",
        "rusqlite",
        "clap::",
        "serde_json",
        "hyper",
        "tokio::net",
    ];
    assert_absent("actors/src", &edge, "the fleet knows no edge; give it a port");
    assert_absent(
        "store/src",
        &["actix_web", "reqwest", "clap::", "serde_json"],
        "the store knows no edge",
    );
    assert_absent(
        "src/http",
        &["crate::agent", "crate::cli"],
        "the server never imports the agent or the command line",
    );
    assert_absent(
        "src/agent",
        &["crate::http", "crate::cli"],
        "the agent never imports the server or the command line",
    );
    assert_absent(
        "src/wire",
        &["crate::http", "crate::agent", "crate::cli"],
        "the wire knows nobody who uses it",
    );
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in sources() {
        assert!(
            text.starts_with("//!"),
            "{} must open with `//!`: what it owns, receives, emits",
            path.display()
        );
    }
}

#[test]
fn no_file_is_a_dumping_ground_or_too_long() {
    for (path, text) in sources() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let banned = ["utils", "helpers", "common", "misc", "manager"];
        assert!(
            !banned.contains(&name.as_str()),
            "{}: find the noun",
            path.display()
        );
        // The list of the API's shapes is one table and stays in one place.
        if !path.ends_with("src/wire/views.rs") && !path.starts_with(root().join("tests")) {
            assert!(
                text.lines().count() <= 460,
                "{} holds two things: part it",
                path.display()
            );
        }
    }
}

#[test]
fn every_exception_has_its_reason() {
    for (path, text) in sources() {
        let mark = concat!("[al", "low(");
        let bare = text.split(mark).skip(1).any(|rest| {
            let attribute = rest.split(")]").next().unwrap_or_default();
            !text.starts_with(mark) && !attribute.contains("reason") && !attribute.contains('"')
        });
        assert!(!bare, "{}: use #[expect(.., reason = \"..\")]", path.display());
    }
}

#[test]
fn every_shipped_file_parses() {
    for path in files("config", ".yaml") {
        let parsed = serde_yaml::from_str::<serde_yaml::Value>(&fs::read_to_string(&path).unwrap());
        assert!(parsed.is_ok(), "{}: {parsed:?}", path.display());
    }
    let plists = files("launchd", ".plist");
    assert!(!plists.is_empty(), "launchd/ has no property list");
    for path in plists {
        assert!(
            is_balanced(&fs::read_to_string(&path).unwrap()),
            "{} is not well formed",
            path.display()
        );
    }
    for path in files("systemd", ".service") {
        let text = fs::read_to_string(&path).unwrap();
        let fits = |line: &str| line.is_empty() || line.starts_with(['#', '[']) || line.contains('=');
        assert!(
            text.lines().all(fits) && text.contains("[Service]"),
            "{}",
            path.display()
        );
    }
}

/// Whether every element is closed in the order in which it was opened.
fn is_balanced(xml: &str) -> bool {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1).filter_map(|part| part.split('>').next()) {
        if tag.starts_with(['?', '!']) || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
    }
    open.is_empty()
}

#[test]
fn a_broken_property_list_is_noticed() {
    assert!(is_balanced("<?xml?><a><b/><c>x</c></a>"));
    assert!(!is_balanced("<a><b></a></b>"));
}

#[test]
fn the_lock_file_is_there() {
    assert!(Path::new(&root()).join("Cargo.lock").is_file());
}
