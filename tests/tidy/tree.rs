//! The tree as the guards read it: its files, its Rust sources, and plain questions about texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the tree, as paths from its root: git's list, or a walk where there is no git.
pub(crate) fn tree() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let mut files: Vec<String> = match listed {
        Ok(listed) if listed.status.success() && !listed.stdout.is_empty() => {
            let names = String::from_utf8_lossy(&listed.stdout).into_owned();
            names.split('\0').map(ToOwned::to_owned).collect()
        }
        _ => walk(&root()),
    };
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    assert!(files.len() > 50, "the tree was not found at {}", root().display());
    files
}

fn walk(top: &Path) -> Vec<String> {
    let skipped = ["target", "node_modules", ".git", "dist"];
    let (mut found, mut folders) = (Vec::new(), vec![top.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            // In a worktree .git is a file.
            if skipped.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(top).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

pub(crate) fn read(file: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(file)).unwrap()).into_owned()
}

pub(crate) fn rust() -> Vec<(String, String)> {
    let files = tree().into_iter().filter(|file| file.ends_with(".rs"));
    files
        .map(|file| (read(&file), file))
        .map(|(text, file)| (file, text))
        .collect()
}

pub(crate) fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

pub(crate) fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "benches") || stem(file) == "tests"
}

/// Whether the file is that module, or lies in its folder.
pub(crate) fn is_within(file: &str, module: &str) -> bool {
    let rest = file.strip_prefix(module);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || rest == ".rs" || module.ends_with('/')
    })
}

pub(crate) fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The text without the lines that are comments.
pub(crate) fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the text has that name, not as a part of a longer one.
pub(crate) fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[test]
fn a_name_is_found_whole_and_not_in_comments() {
    assert!(names("use clap::Parser;", "clap") && !names("overlap(clap_height)", "clap"));
    assert_eq!(code("// clap\nlet a = 1;\n  //! clap"), "let a = 1;");
}
