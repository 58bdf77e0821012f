//! Who imports whom: crates and the edge's modules, one way.

use std::collections::BTreeSet;

use crate::tree::{assert_none, code, is_within, names, read, rust};

/// Folders and the crates that they never name. The crates' own manifests are looked at as well.
const CRATE_LAYERS: [(&str, &[&str], &str); 2] = [
    (
        "actors/",
        &[
            "actix_web",
            "reqwest",
            "rustls",
            "rusqlite",
            "clap",
            "serde_json",
            "hyper",
            "axum",
            "tokio::net",
        ],
        "the fleet knows no edge: declare a port, and let the edge fill it",
    ),
    (
        "store/",
        &[
            "actix_web",
            "reqwest",
            "rustls",
            "clap",
            "serde_json",
            "hyper",
            "axum",
            "tokio::net",
        ],
        "the store knows bytes and the port, nothing of the edge: translate in src/",
    ),
];

/// Parts of src/ and the only modules of src/ that they may name.
const MODULE_LAYERS: [(&str, &[&str], &str); 6] = [
    (
        "src/wire",
        &["wire"],
        "the wire knows nobody who uses it: pass values in",
    ),
    (
        "src/tls",
        &["tls", "wire", "secret_file"],
        "TLS knows the wire's pins and files of its own",
    ),
    (
        "src/http",
        &[
            "http",
            "wire",
            "enrolment_desk",
            "certificate_keeper",
            "oidc",
            "ip_network",
            "tls",
        ],
        "the server imports neither the agent nor the command line: what both know belongs in src/wire",
    ),
    (
        "src/agent",
        &["agent", "config", "wire", "tls", "secret_file"],
        "the agent imports neither the server nor the command line: what both know belongs in src/wire (its settings it reads as they are)",
    ),
    (
        "src/service",
        &["service"],
        "services are files and commands: whoever wants one says what it starts",
    ),
    (
        "src/config",
        &["config"],
        "settings are plain values: whoever needs one is given it",
    ),
];

/// Who may name serde_json in src/, and why. Shapes belong in src/wire.
const JSON: [(&str, &str); 17] = [
    ("src/wire", "it alone knows how things look on the wire"),
    ("src/http/error.rs", "writes the error's body"),
    ("src/http/body.rs", "reads a body into one of the wire's types"),
    (
        "src/http/legacy_commands.rs",
        "2.0's agents send a result of any shape",
    ),
    (
        "src/http/commands/compose.rs",
        "a script's version is filled in among its arguments",
    ),
    (
        "src/http/sealed_answer.rs",
        "reads a sealed body into one of the wire's types",
    ),
    (
        "src/http/history.rs",
        "writes rows in the shape that 2.0 gives them",
    ),
    ("src/http/health.rs", "one object of two fields"),
    ("src/agent/spool", "the spool's files are JSON"),
    ("src/agent", "reads the server's answers and the system's tools"),
    ("src/cli", "--json"),
    ("src/acme", "the account's file is JSON"),
    ("src/backup", "the manifest is JSON"),
    ("src/local_server.rs", "reads the sentence of a refusal"),
    ("src/oidc", "reads claims of any shape"),
    ("src/migrate", "reads the files of 1.x and 2.0"),
    ("src/simulate", "reads the server's answers"),
];

/// The modules at the top of its crate that a text imports: `crate::x` and `crate::{x, y}`.
fn imported(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let group = rest.strip_prefix('{');
        let (mut depth, mut is_first) = (0, true);
        for (at, c) in rest.char_indices().skip(usize::from(group.is_some())) {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 && group.is_some() => is_first = true,
                c if is_first && c.is_alphabetic() => {
                    let word = rest[at..]
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .next();
                    found.extend(word);
                    is_first = false;
                }
                _ => {}
            }
            if group.is_none() {
                break;
            }
        }
    }
    found
}

#[test]
fn crates_import_one_way() {
    let mut faults = Vec::new();
    for (folder, banned, why) in CRATE_LAYERS {
        for (file, text) in rust().iter().filter(|(file, _)| file.starts_with(folder)) {
            let code = code(text);
            let found = banned.iter().filter(|name| names(&code, name));
            faults.extend(found.map(|name| format!("{file} names {name}: {why}")));
        }
        let manifest = read(&format!("{folder}Cargo.toml"));
        let wanted = manifest.lines().filter_map(|line| line.split(['=', '.']).next());
        let wanted: BTreeSet<_> = wanted.map(|name| name.trim().replace('-', "_")).collect();
        let found = banned.iter().filter(|name| wanted.contains(**name));
        faults.extend(found.map(|name| format!("{folder}Cargo.toml depends on {name}: {why}")));
    }
    assert_none(&faults);
}

#[test]
fn modules_of_the_edge_import_one_way() {
    let mut faults = Vec::new();
    for (file, text) in rust() {
        let code = code(&text);
        let layers = MODULE_LAYERS
            .iter()
            .filter(|(module, ..)| is_within(&file, module));
        for (_, allowed, why) in layers {
            let found = imported(&code).into_iter().filter(|name| !allowed.contains(name));
            // What a module re-exports at its top is named by a capital.
            let found = found.filter(|name| name.starts_with(char::is_lowercase));
            faults.extend(found.map(|name| format!("{file} imports crate::{name}: {why}")));
        }
        let may = JSON.iter().any(|(module, _)| is_within(&file, module));
        if file.starts_with("src/") && !may && names(&code, "serde_json") {
            faults.push(format!("{file} names serde_json: give the shape a type in src/wire, or add it to JSON in tests/tidy/layers.rs with its reason"));
        }
    }
    assert_none(&faults);
}

#[test]
fn an_import_is_found_alone_and_in_a_group() {
    let text =
        "use crate::agent::spool;\nuse crate::{cli, http::{error, limits}, wire};\npub(crate) fn f() {}";
    assert_eq!(
        imported(text).into_iter().collect::<Vec<_>>(),
        ["agent", "cli", "http", "wire"]
    );
    assert!(is_within("src/http.rs", "src/http") && is_within("src/http/body.rs", "src/http"));
    assert!(!is_within("src/httpd.rs", "src/http"));
}
