//! What each command says of itself is a promise: a golden file for each in snapshots/, so that the
//! command line can't change unseen. After a change: `INSTA_UPDATE=always cargo test --test help`, and
//! read what `git diff` shows.

#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory;

/// All commands that are shown, as they are typed.
fn commands(command: &clap::Command, typed: &[String]) -> Vec<Vec<String>> {
    let inner = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help");
    let deeper = inner.flat_map(|inner| {
        let mut typed = typed.to_vec();
        typed.push(inner.get_name().to_owned());
        commands(inner, &typed)
    });
    std::iter::once(typed.to_vec()).chain(deeper).collect()
}

fn help(command: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_atlas"))
        .env_clear()
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn name(command: &[String]) -> String {
    [&["help-atlas".to_owned()], command].concat().join("-")
}

#[test]
fn each_command_says_what_it_said() {
    let commands = commands(&atlas::cli::Cli::command(), &[]);
    assert!(commands.len() > 8, "{commands:?}");
    for command in &commands {
        insta::with_settings!({
            snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true
        }, {
            insta::assert_snapshot!(name(command), help(command));
        });
    }
    let expected: BTreeSet<_> = commands
        .iter()
        .map(|command| format!("{}.snap", name(command)))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let kept = std::fs::read_dir(folder).unwrap().flatten();
    let kept: BTreeSet<_> = kept
        .filter_map(|file| file.file_name().into_string().ok())
        .filter(|file| file.starts_with("help-") && file.ends_with(".snap"))
        .collect();
    assert_eq!(
        kept, expected,
        "a golden file of a command that is gone: remove it"
    );
}
