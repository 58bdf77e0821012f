//! What files are called, how they open and how long they are; lints, lock files.

use crate::tree::{assert_none, is_test, rust, stem, tree};

/// A non-test source file has at most so many lines: two screens of one noun.
const LINES_MAX: usize = 400;

/// Files that may be longer, how long, and why.
const LONGER: [(&str, usize, &str); 0] = [];

/// Attributes that silence a lint without saying why.
fn silent_allowances(text: &str) -> usize {
    let marks = [concat!("[al", "low("), concat!("[ex", "pect(")];
    let attributes = marks.iter().flat_map(|mark| text.split(mark).skip(1));
    attributes
        .filter(|rest| !rest.split(")]").next().unwrap_or_default().contains("reason"))
        .count()
}

/// What is wrong with a file's name.
fn bad_name(file: &str) -> Option<&'static str> {
    let dumping_grounds = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    if [".bak", ".orig", ".rej", ".swp", "~"]
        .iter()
        .any(|end| file.ends_with(end))
    {
        Some("is left over from an edit: remove it")
    } else if dumping_grounds.contains(&stem(file)) {
        Some("says nothing by its name: find the noun, or move what it holds where it belongs")
    } else if file.ends_with("/mod.rs") && !is_test(file) {
        // cargo takes each file of tests/ for a test of its own, so what they share needs a folder.
        Some("should be foo.rs beside foo/")
    } else {
        None
    }
}

#[test]
fn every_source_file_opens_with_what_it_is() {
    let bare = rust().into_iter().filter(|(_, text)| !text.starts_with("//! "));
    let fault = |(file, _)| format!("{file}: open it with `//! `: what it owns, receives, emits");
    assert_none(&bare.map(fault).collect::<Vec<_>>());
}

#[test]
fn every_file_has_a_name_that_says_something() {
    let fault = |file: String| bad_name(&file).map(|what| format!("{file} {what}"));
    assert_none(&tree().into_iter().filter_map(fault).collect::<Vec<_>>());
}

#[test]
fn no_source_file_holds_two_things() {
    let mut faults = Vec::new();
    for (file, text) in rust().iter().filter(|(file, _)| !is_test(file)) {
        let longer = LONGER.iter().find(|(name, ..)| name == file);
        let (limit, lines) = (
            longer.map_or(LINES_MAX, |(_, limit, _)| *limit),
            text.lines().count(),
        );
        if lines > limit {
            faults.push(format!(
                "{file} has {lines} lines of {limit}: part it where it holds two nouns"
            ));
        }
        if longer.is_some() && lines <= LINES_MAX {
            faults.push(format!(
                "{file} is short enough now: take it off LONGER in tests/tidy/files.rs"
            ));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_exception_from_a_lint_has_its_reason() {
    let silent = rust().into_iter().filter(|(_, text)| silent_allowances(text) > 0);
    let fault = |(file, _)| format!("{file} silences a lint: say why with #[expect(.., reason = \"..\")]");
    assert_none(&silent.map(fault).collect::<Vec<_>>());
}

#[test]
fn the_lock_files_are_there() {
    let tree = tree();
    for file in ["Cargo.lock", "dashboard/package-lock.json"] {
        let is_there = tree.iter().any(|one| one == file);
        assert!(
            is_there,
            "{file} is missing: commit it, so that everybody builds the same"
        );
    }
}

#[test]
fn an_allowance_without_a_reason_is_found() {
    let attribute = |rest: &str| ["#[al", "low(dead_code", rest, ")]"].concat();
    assert_eq!(silent_allowances(&attribute("")), 1);
    assert_eq!(silent_allowances(&attribute(", reason = \"why\"")), 0);
}

#[test]
fn a_bad_name_is_found() {
    for file in [
        "src/utils.rs",
        "src/http/mod.rs",
        "a/router.rs.bak",
        "dashboard/src/helpers.ts",
    ] {
        assert!(bad_name(file).is_some(), "{file}");
    }
    for file in [
        "src/http/router.rs",
        "tests/running/mod.rs",
        "docs/common-questions.md",
    ] {
        assert!(bad_name(file).is_none(), "{file}");
    }
}
