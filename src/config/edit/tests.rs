//! Edits of files as people write them.

use super::*;
use crate::config::keys::{self, KEYS};

fn edited(text: &str, name: &str, value: &str) -> Result<String, EditError> {
    let key = keys::find(name).unwrap();
    let value = key.kind.read(&Written::One(value.to_owned())).unwrap().unwrap();
    set(text, key, &value, false)
}

#[test]
fn changes_a_value_and_keeps_comments_and_order() {
    let text =
        "# mine\nfleet:   # all\n  server:\n    host: ::1\n    port: 1 # why\n  # end\nother: {x: 1}\n";
    assert_eq!(
        edited(text, "fleet.server.port", "9000").unwrap(),
        text.replace("port: 1 #", "port: 9000 #")
    );
}

#[test]
fn adds_a_key_to_the_deepest_group_that_is_there() {
    let text = "fleet:\n  server:\n    port: 1 # why\n\n  # the agent\n  agent:\n    timeout: 5\n";
    assert_eq!(
        edited(text, "fleet.server.host", "::1").unwrap(),
        text.replace("# why\n", "# why\n    host: \"::1\"\n")
    );
    assert_eq!(
        edited(text, "fleet.agent.retry.enabled", "no").unwrap(),
        format!("{text}    retry:\n      enabled: false\n")
    );
    assert_eq!(
        edited(text, "logging.level", "debug").unwrap(),
        format!("{text}logging:\n  level: debug\n")
    );
}

#[test]
fn begins_a_file_and_fills_empty_groups() {
    assert_eq!(
        edited("", "logging.level", "debug").unwrap(),
        "logging:\n  level: debug\n"
    );
    assert_eq!(
        edited("# nothing yet", "logging.level", "debug").unwrap(),
        "# nothing yet\nlogging:\n  level: debug\n"
    );
    let key = keys::find("fleet.server.port").unwrap();
    assert_eq!(
        set("", key, &1.into(), true).unwrap(),
        "{\"fleet\": {\"server\": {\"port\": 1}}}\n"
    );
    for (text, expected) in [
        ("logging:\n", "logging:\n  level: debug\n"),
        (
            "logging: # here\nfleet:\n",
            "logging: # here\n  level: debug\nfleet:\n",
        ),
        (
            "logging: null # here\nfleet:\n",
            "logging: # here\n  level: debug\nfleet:\n",
        ),
        ("logging: {}\n", "logging: {\"level\": \"debug\"}\n"),
        (
            "logging:\n  level:\n  format: text\n",
            "logging:\n  level: debug\n  format: text\n",
        ),
    ] {
        assert_eq!(
            edited(text, "logging.level", "debug").unwrap(),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn edits_json_as_json() {
    let text = "{\n  \"fleet\": {\n    \"server\": {\"port\": 1}\n  }\n}\n";
    assert_eq!(
        edited(text, "fleet.server.port", "2").unwrap(),
        text.replace('1', "2")
    );
    assert_eq!(
        edited(text, "fleet.server.host", "h").unwrap(),
        text.replace("{\"port\"", "{\"host\": \"h\",\"port\"")
    );
    assert_eq!(
        edited(text, "logging.level", "debug").unwrap(),
        text.replacen("{\n", "{\n  \"logging\": {\"level\": \"debug\"},\n", 1)
    );
}

#[test]
fn edits_a_key_under_the_name_that_it_has_there() {
    let text = "fleet_server: {network: {port: 1}}\n";
    assert_eq!(
        edited(text, "fleet.server.port", "2").unwrap(),
        "fleet_server: {network: {port: 2}}\n"
    );
    let text = "fleet.server.port: 1\n";
    assert_eq!(
        edited(text, "fleet.server.port", "2").unwrap(),
        "fleet.server.port: 2\n"
    );
}

#[test]
fn edits_lists_and_keeps_what_it_does_not_understand() {
    let text = "fleet:\n  server:\n    names:\n      - a\n      - b\n    port: 1\nodd: |\n  x\n  y\n";
    let after = edited(text, "fleet.server.names", "c, d e").unwrap();
    assert!(
        after.contains("[c, \"d e\"]") && after.ends_with("    port: 1\nodd: |\n  x\n  y\n"),
        "{after}"
    );
}

#[test]
fn quotes_what_would_be_read_as_something_else() {
    for value in [
        "yes", "12", "a: b", "# x", "\"", "a\\b", "*x", "- a", "ü\u{7}", "null", "@a", "a,b", "x:",
    ] {
        for text in [
            "",
            "fleet:\n  server:\n    api_key: old # why\n",
            "{\"fleet\": {\"server\": {\"api_key\": \"o\"}}}",
        ] {
            let after = edited(text, "fleet.server.api_key", value).unwrap();
            let leaves = Node::parse(&after).unwrap().unwrap().leaves();
            assert_eq!(leaves[0].written, Written::One(value.to_owned()), "{after}");
        }
    }
}

#[test]
fn every_key_can_be_set_in_the_documented_file_and_nothing_else_changes() {
    let text = crate::config::DOCUMENTED;
    for key in KEYS {
        let value = crate::config::layers::default_tree();
        let value = key.path.split('.').fold(&value, |node, part| &node[part]).clone();
        let after = set(text, key, &value, false).unwrap();
        let changed = text.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
        assert!(
            changed <= 1 && text.lines().count() == after.lines().count(),
            "{}",
            key.path
        );
    }
}

#[test]
fn refuses_what_it_can_not_edit() {
    assert!(matches!(
        edited("a: {b: 1\n", "logging.level", "debug"),
        Err(EditError::Unreadable { .. })
    ));
    assert!(edited("logging: 5\n", "logging.level", "debug").is_err());
}
