//! Nothing tells where it was written: no homes, no package registries.

use crate::tree::{assert_none, read, tree};

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
