//! Every shipped file parses: config, launchd, systemd; and starts what exists.

use std::process::Command;

use crate::tree::{assert_none, read, tree};

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
