//! Guards the house by reading it: who imports whom, what files are called and how long they are,
//! that every shipped file parses, and that the docs name every route and every error. Each guard's
//! core is a plain function from text to faults, and each fault says what to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A non-test source file has at most so many lines: two screens of one noun.
const LINES_MAX: usize = 400;
/// Files that may be longer, how long, and why.
const LONGER: [(&str, usize, &str); 0] = [];

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
const MODULE_LAYERS: [(&str, &[&str], &str); 5] = [
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
        &["http", "wire", "enrolment_desk"],
        "the server imports neither the agent nor the command line: what both know belongs in src/wire",
    ),
    (
        "src/agent",
        &["agent", "wire", "tls", "secret_file"],
        "the agent imports neither the server nor the command line: what both know belongs in src/wire",
    ),
    (
        "src/config",
        &["config"],
        "settings are plain values: whoever needs one is given it",
    ),
];

/// Who may name serde_json in src/, and why. Shapes belong in src/wire.
const JSON: [(&str, &str); 12] = [
    ("src/wire", "it alone knows how things look on the wire"),
    ("src/http/error.rs", "writes the error's body"),
    ("src/http/body.rs", "reads a body into one of the wire's types"),
    ("src/http/commands.rs", "2.0's agents send a result of any shape"),
    (
        "src/http/history.rs",
        "writes rows in the shape that 2.0 gives them",
    ),
    ("src/http/health.rs", "one object of two fields"),
    ("src/agent/spool", "the spool's files are JSON"),
    ("src/agent", "reads the server's answers and the system's tools"),
    ("src/cli", "--json"),
    ("src/backup", "the manifest is JSON"),
    ("src/migrate", "reads the files of 1.x and 2.0"),
    ("src/simulate", "reads the server's answers"),
];

/// Bounds that are written down and not yet kept: mend them, then take them off this list.
const BOUNDS_NOT_YET_KEPT: [&str; 2] = ["STREAMS_PER_CONNECTION", "COMPRESS_INLINE_MAX"];

// ---- the tree ----------------------------------------------------------------------------------

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the tree, as paths from its root: git's list, or a walk where there is no git.
fn tree() -> Vec<String> {
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

fn read(file: &str) -> String {
    String::from_utf8_lossy(&fs::read(root().join(file)).unwrap()).into_owned()
}

fn rust() -> Vec<(String, String)> {
    let files = tree().into_iter().filter(|file| file.ends_with(".rs"));
    files
        .map(|file| (read(&file), file))
        .map(|(text, file)| (file, text))
        .collect()
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split('.').next().unwrap_or(name)
}

fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "benches") || stem(file) == "tests"
}

/// Whether the file is that module, or lies in its folder.
fn is_within(file: &str, module: &str) -> bool {
    let rest = file.strip_prefix(module);
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || rest == ".rs" || module.ends_with('/')
    })
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

// ---- the guards' cores -------------------------------------------------------------------------

/// The text without the lines that are comments.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the text has that name, not as a part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

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

/// Secrets of a workplace: homes and package registries in a text.
fn traces(text: &str) -> Vec<String> {
    let hosts = [
        ["crates", ".io"],
        ["npmjs", ".org"],
        ["npmjs", ".com"],
        ["pypi", ".org"],
        ["pythonhosted", ".org"],
        ["proxy.golang", ".org"],
        ["ghcr", ".io"],
    ];
    let homes = [["/ro", "ot/"], ["/ho", "me/"], ["/wo", "rk/"], ["/Us", "ers/"]];
    let hosts = hosts
        .map(|parts| parts.concat())
        .into_iter()
        .filter(|host| text.contains(host));
    let homes = homes.map(|parts| parts.concat()).into_iter().filter(|home| {
        text.match_indices(home.as_str()).any(|(at, _)| {
            let after = &text[at + home.len()..];
            let begins = !text[..at].ends_with(|c: char| c.is_alphanumeric() || "/.~}-_$".contains(c));
            // Every Mac has that one, and it is nobody's home.
            begins
                && !after.starts_with("Shared")
                && after.starts_with(|c: char| c.is_alphanumeric() || c == '.')
        })
    });
    hosts.chain(homes).collect()
}

/// The bounds that a `limits.rs` names.
fn bounds(limits: &str) -> Vec<&str> {
    let lines = limits.lines().filter_map(|line| line.strip_prefix("pub const "));
    lines.filter_map(|line| line.split(':').next()).collect()
}

/// What is wrong with a property list: its elements must close in order, with no bare `&`.
fn xml_fault(xml: &str) -> Option<String> {
    let (mut open, mut rest) = (Vec::new(), xml);
    while let Some((text, after)) = rest.split_once('<') {
        if text.contains('&')
            && !["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"]
                .iter()
                .any(|e| text.contains(e))
        {
            return Some(format!("a bare & in `{}`", text.trim()));
        }
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map(|(_, rest)| rest)?;
            continue;
        }
        let Some((tag, after)) = after.split_once('>') else {
            return Some("a < without its >".to_owned());
        };
        rest = after;
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return Some(format!("</{name}> closes nothing")),
            Some(_) => {}
            None if tag.starts_with(['?', '!']) || tag.ends_with('/') => {}
            None => open.push(tag.split_whitespace().next().unwrap_or_default()),
        }
    }
    open.pop().map(|name| format!("<{name}> is never closed"))
}

/// The strings that follow a key of a property list: one, or those of an array.
fn plist_strings(xml: &str, key: &str) -> Vec<String> {
    let after = xml
        .split_once(&format!("<key>{key}</key>"))
        .map_or("", |(_, after)| after);
    let value = after.split("<key>").next().unwrap_or_default();
    let strings = value.split("<string>").skip(1);
    strings
        .filter_map(|text| text.split("</string>").next())
        .map(ToOwned::to_owned)
        .collect()
}

/// Reads a systemd unit: section, key and value of each line.
fn unit(text: &str) -> Result<Vec<(String, String, String)>, String> {
    let (mut section, mut entries) = (None, Vec::new());
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let fault = |what: &str| Err(format!("line {}: {what}", at + 1));
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if !["Unit", "Service", "Install"].contains(&name) {
                return fault("systemd has no such section for a service");
            }
            section = Some(name.to_owned());
            continue;
        }
        match (line.split_once('='), &section) {
            (Some((key, value)), Some(section)) if key.chars().all(char::is_alphanumeric) => {
                entries.push((section.clone(), key.to_owned(), value.to_owned()));
            }
            (_, None) => return fault("stands before the first [Section]"),
            _ => return fault("is no Key=value; a comment has a line of its own"),
        }
    }
    Ok(entries)
}

/// The routes of the router's table: method and path.
fn routes(router: &str) -> Vec<(&str, &str)> {
    let methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
    let rows = router.lines().filter_map(|line| {
        let (method, rest) = line.trim().split_once(' ')?;
        let path = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        methods.contains(&method).then_some((method, path))
    });
    rows.collect()
}

/// The words for programs that errors carry: the first text in each call that makes one.
fn error_codes(text: &str) -> BTreeSet<&str> {
    let makers = [
        "ApiError::new(",
        "Self::new(",
        "bad_request(",
        "unauthorized(",
        "=> (\"",
    ];
    let is_code = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let calls = makers.iter().flat_map(|maker| {
        let skip = usize::from(maker.ends_with('"'));
        text.split(maker).skip(1).filter_map(move |call| {
            let call = call.split(';').next().unwrap_or_default();
            call.split('"').nth(1 - skip)
        })
    });
    calls.filter(is_code).collect()
}

// ---- the guards --------------------------------------------------------------------------------

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
            faults.push(format!("{file} names serde_json: give the shape a type in src/wire, or add it to JSON in tests/tidy.rs with its reason"));
        }
    }
    assert_none(&faults);
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
                "{file} is short enough now: take it off LONGER in tests/tidy.rs"
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
fn every_bound_is_kept() {
    let (sources, mut faults) = (rust(), Vec::new());
    for (file, text) in sources.iter().filter(|(file, _)| file.ends_with("/limits.rs")) {
        for bound in bounds(text) {
            let others = sources
                .iter()
                .filter(|(other, _)| other != file && other != "tests/tidy.rs");
            let is_kept = others.into_iter().any(|(_, text)| names(&code(text), bound));
            let is_known = BOUNDS_NOT_YET_KEPT.contains(&bound);
            if !is_kept && !is_known {
                faults.push(format!("{file}: nobody keeps {bound}: use it, or remove it"));
            }
            if is_kept && is_known {
                faults.push(format!(
                    "{bound} is kept now: take it off BOUNDS_NOT_YET_KEPT in tests/tidy.rs"
                ));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn nothing_tells_where_it_was_written() {
    let mut faults = Vec::new();
    for file in tree() {
        if !file.ends_with("package-lock.json") && !file.ends_with("Cargo.lock") {
            let found = traces(&read(&file));
            faults.extend(found.iter().map(|trace| {
                format!(
                    "{file} names {trace}: paths come from the environment, registries from the lock files"
                )
            }));
        }
    }
    assert_none(&faults);
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
fn every_shipped_file_parses_and_starts_what_exists() {
    let (mut faults, mut started) = (Vec::new(), Vec::new());
    for file in tree() {
        let text = read(&file);
        if file.starts_with("config/") {
            let parsed = serde_yaml::from_str::<serde_yaml::Value>(&text);
            faults.extend(
                parsed
                    .err()
                    .map(|error| format!("{file} is no YAML or JSON: {error}")),
            );
        } else if file.starts_with("launchd/") {
            faults.extend(xml_fault(&text).map(|fault| format!("{file} is not well formed: {fault}")));
            if plist_strings(&text, "Label") != [stem_of_plist(&file)] {
                faults.push(format!(
                    "{file}: its Label must be the file's name, by which launchctl knows it"
                ));
            }
            started.push((file, plist_strings(&text, "ProgramArguments")));
        } else if file.starts_with("systemd/") {
            match unit(&text) {
                Err(fault) => faults.push(format!("{file}, {fault}")),
                Ok(entries) => {
                    let start = entries.iter().find(|(_, key, _)| key == "ExecStart");
                    let words = start.map(|(.., value)| value.split(' ').map(ToOwned::to_owned).collect());
                    started.push((file, words.unwrap_or_default()));
                }
            }
        }
    }
    assert!(
        started.len() >= 4,
        "launchd/ and systemd/ have a server and an agent each"
    );
    for (file, words) in started {
        let (program, arguments) = words
            .split_first()
            .unwrap_or_else(|| panic!("{file} starts nothing"));
        assert_eq!(
            program, "/usr/local/bin/atlas",
            "{file}: docs/operations.md puts the program there"
        );
        let mut atlas = Command::new(env!("CARGO_BIN_EXE_atlas"));
        let said = atlas.args(arguments).arg("--help").output().unwrap();
        if !said.status.success() {
            faults.push(format!("{file}: atlas does not take {arguments:?}"));
        }
    }
    assert_none(&faults);
}

fn stem_of_plist(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".plist").unwrap_or(name)
}

#[test]
fn the_docs_name_every_route_and_every_error() {
    let docs = read("docs/api.md");
    let router = read("src/http/router.rs");
    let mut faults: Vec<_> = routes(&router)
        .into_iter()
        .filter(|(_, path)| !docs.contains(&format!("`{path}`")))
        .map(|(method, path)| {
            format!("docs/api.md lacks {method} `{path}`: say who may call it and what it answers")
        })
        .collect();
    for (file, text) in rust().iter().filter(|(file, _)| is_within(file, "src/http")) {
        let missing = error_codes(text)
            .into_iter()
            .filter(|code| !docs.contains(&format!("`{code}`")));
        faults.extend(
            missing.map(|code| format!("docs/api.md lacks the error `{code}` of {file}: say what to do")),
        );
    }
    assert_none(&faults);
}

// ---- the guards can fail -----------------------------------------------------------------------

#[test]
fn a_name_is_found_whole_and_not_in_comments() {
    assert!(names("use clap::Parser;", "clap") && !names("overlap(clap_height)", "clap"));
    assert_eq!(code("// clap\nlet a = 1;\n  //! clap"), "let a = 1;");
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

#[test]
fn a_trace_of_a_workplace_is_found() {
    for parts in [
        ["see crates", ".io"],
        ["\"/ho", "me/x/.cargo\""],
        ["cd /wo", "rk/main"],
        ["/Us", "ers/ann/a"],
    ] {
        assert_eq!(traces(&parts.concat()).len(), 1, "{parts:?}");
    }
    for text in ["$HOME/.fleet", "a/network/b", "/Users/Shared/a.log", "api/root/x"] {
        assert!(traces(text).is_empty(), "{text}");
    }
}

#[test]
fn a_broken_property_list_is_found() {
    assert_eq!(
        xml_fault("<?xml?><!-- a < b --><a><b/><c x=\"1\">x &amp; y</c></a>"),
        None
    );
    for broken in ["<a><b></a></b>", "<a>", "</a>", "<a", "<a>x & y</a>"] {
        assert!(xml_fault(broken).is_some(), "{broken}");
    }
    let list = "<key>A</key><array><string>x</string><string>y</string></array><key>B</key><true/>";
    assert_eq!(plist_strings(list, "A"), ["x", "y"]);
    assert!(plist_strings(list, "B").is_empty());
}

#[test]
fn a_broken_unit_is_found() {
    assert_eq!(unit("# why\n[Service]\nUser=atlas\n").unwrap().len(), 1);
    for broken in [
        "User=atlas",
        "[Server]\n",
        "[Service]\nUser atlas",
        "[Service]\n  # late",
    ] {
        assert!(unit(broken).is_err(), "{broken}");
    }
}

#[test]
fn routes_bounds_and_error_codes_are_read() {
    let row = "        GET    \"/api/x/{id}\"     VIEWER => x::y;";
    assert_eq!(routes(row), [("GET", "/api/x/{id}")]);
    assert_eq!(
        bounds("/// Why.\npub const A_MAX: usize = 1;\nconst B: u8 = 2;"),
        ["A_MAX"]
    );
    let text = "ApiError::bad_request(\"no_name\", format!(\"x\"));\nSelf::new(StatusCode::CONFLICT, \"taken\", m);\n\
                Self::bad_request(code, sentence(&e));\nA => (\"odd_shape\", None),";
    assert_eq!(
        error_codes(text).into_iter().collect::<Vec<_>>(),
        ["no_name", "odd_shape", "taken"]
    );
}
