//! A build with the agent alone has no code in it that could carry out a command from a server. The
//! program itself is looked at: what the linker has left in it.
//!
//! `cargo test --no-default-features --features agent --test monitor_only` looks at that build,
//! `cargo test --test monitor_only` at the whole program: there the same look must find everything.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use object::{Object, ObjectSymbol};

/// How many functions of the program belong to that module, by the names in its symbol table: each
/// part of a path is written with its length before it.
fn functions_of(path: &[&str]) -> usize {
    let program = std::fs::read(env!("CARGO_BIN_EXE_atlas")).unwrap();
    let program = object::File::parse(&*program).unwrap();
    let mangled: String = path.iter().map(|part| format!("{}{part}", part.len())).collect();
    let names = program
        .symbols()
        .filter_map(|symbol| symbol.name().ok().map(ToOwned::to_owned));
    names.filter(|name| name.contains(&mangled)).count()
}

#[test]
fn the_look_into_the_program_finds_what_is_there() {
    assert!(functions_of(&["agent", "uplink"]) > 10);
    assert_eq!(functions_of(&["agent", "no_such_module"]), 0);
}

#[cfg(not(feature = "commands"))]
#[test]
fn an_agent_alone_can_carry_out_no_command() {
    assert_eq!(functions_of(&["agent", "commands"]), 0);
}

#[cfg(feature = "commands")]
#[test]
fn the_whole_program_has_what_an_agent_alone_has_not() {
    assert!(functions_of(&["atlas", "http", "router"]) > 0);
    let module = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/commands.rs");
    assert_eq!(functions_of(&["agent", "commands"]) > 0, module.exists());
}

#[cfg(not(feature = "server"))]
fn atlas(arguments: &[&str]) -> std::process::Output {
    let home = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_atlas"));
    command.env_clear().env("HOME", home.path()).args(arguments);
    command.output().unwrap()
}

#[cfg(not(feature = "server"))]
#[test]
fn an_agent_alone_has_no_server_and_says_so_plainly() {
    for module in ["http", "migrate", "simulate"] {
        assert_eq!(functions_of(&["atlas", module]), 0, "{module}");
    }
    assert!(atlas(&["agent", "--help"]).status.success());
    assert!(atlas(&["config", "show"]).status.success());
    for unknown in ["up", "server", "user", "simulate"] {
        assert_eq!(atlas(&[unknown]).status.code(), Some(2), "{unknown}");
    }
    let bare = atlas(&[]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bare.stderr).contains("atlas --help"));
}
