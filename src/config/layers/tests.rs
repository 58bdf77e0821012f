//! Layers, aliases, retired keys and problems, as a reader of the config would meet them.

use super::*;
use crate::config::retired::RetiredKey;

fn from(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
    let owned = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_layers(vec![
        file_layer(Path::new("c.yaml"), text),
        environment::read(&owned.collect::<Vec<_>>()),
    ])
}

fn said(text: &str) -> Vec<String> {
    from(text, &[])
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The paths of all values in a tree; an empty list is a value.
fn paths(tree: &Value, name: &str, found: &mut Vec<String>) {
    match tree.as_mapping() {
        Some(group) => {
            for (key, value) in group {
                let key = key.as_str().unwrap();
                let inner = if name.is_empty() {
                    key.to_owned()
                } else {
                    format!("{name}.{key}")
                };
                paths(value, &inner, found);
            }
        }
        None => found.push(name.to_owned()),
    }
}

#[test]
fn every_field_has_a_key_and_every_key_a_field() {
    let mut fields = Vec::new();
    paths(&default_tree(), "", &mut fields);
    let mut keys: Vec<_> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    fields.sort();
    keys.sort();
    assert_eq!(
        fields, keys,
        "a field in schema/ needs a row in keys.rs, and a row its field"
    );
}

#[test]
fn every_default_is_one_that_its_key_takes() {
    for assignment in defaults(&default_tree()) {
        let written = match &assignment.value {
            Value::Null => Written::Nothing,
            Value::Sequence(items) => Written::List(
                items
                    .iter()
                    .map(|item| item.as_str().unwrap().to_owned())
                    .collect(),
            ),
            value => Written::One(
                serde_yaml::to_string(value)
                    .unwrap()
                    .trim()
                    .trim_matches('\'')
                    .to_owned(),
            ),
        };
        let read = assignment.key.kind.read(&written);
        let read = read.unwrap_or_else(|what| panic!("{} {what}", assignment.key.path));
        assert_eq!(
            read.unwrap_or_default(),
            assignment.value,
            "{}",
            assignment.key.path
        );
    }
}

#[test]
fn the_documented_file_sets_every_key_to_its_default() {
    let text = crate::config::DOCUMENTED;
    let settings = from(text, &[]).unwrap();
    assert_eq!(settings.config, Config::default());
    let written: Vec<_> = Node::parse(text).unwrap().unwrap().leaves();
    let written: Vec<_> = written.iter().map(|leaf| leaf.name.as_str()).collect();
    let keys: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(
        written, keys,
        "config/atlas.yaml lists the keys in the order of keys.rs"
    );
    for key in KEYS {
        for variable in key.variables {
            assert!(
                text.contains(variable),
                "config/atlas.yaml does not name {variable}"
            );
        }
    }
    for name in RetiredKey::names() {
        assert!(
            text.contains(&format!("# {name}")),
            "config/atlas.yaml does not name {name}"
        );
    }
}

#[test]
fn the_environment_wins_over_the_file_and_each_value_knows_its_source() {
    let settings = from(
        "fleet:\n  server:\n    port: 1\n    host: ::1\n",
        &[("FLEET_SERVER_PORT", "2")],
    )
    .unwrap();
    assert_eq!(settings.config.fleet.server.port, 2);
    assert_eq!(
        settings.source_of("fleet.server.port"),
        "environment FLEET_SERVER_PORT"
    );
    assert_eq!(settings.source_of("fleet.server.host"), "c.yaml:4");
    assert_eq!(settings.source_of("fleet.server.session_timeout"), "default");
}

#[test]
fn takes_every_key_of_the_guide() {
    let text = include_str!("guide.yaml");
    let settings = from(
        text,
        &[("E2EE_ENABLED", "true"), ("CLUSTER_SECRET", &"a".repeat(64))],
    )
    .unwrap();
    let config = &settings.config;
    assert_eq!(
        (config.fleet.server.port, config.fleet.server.session_timeout),
        (8769, 3_600)
    );
    assert_eq!(config.fleet.agent.retry.max_attempts, 4);
    assert_eq!(config.fleet.agent.circuit_breaker.failure_threshold, 6);
    assert_eq!(config.network.ping.targets, ["10.0.0.1 gateway", "10.0.0.2"]);
    assert_eq!(config.network.speedtest.slow_speed_threshold, 25.5);
    assert_eq!(
        (config.logging.level.as_str(), config.logging.max_size),
        ("warn", 5_000_000)
    );
    let retired: Vec<_> = settings.retired.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        retired,
        [
            "fleet.server.data_store",
            "fleet.server.history_size",
            "fleet.agent.e2ee_enabled",
            "fleet.encryption.algorithm",
            "E2EE_ENABLED"
        ]
    );
}

#[test]
fn takes_every_key_of_the_code() {
    let settings = from(include_str!("code.json"), &[]).unwrap();
    let (server, agent) = (&settings.config.fleet.server, &settings.config.fleet.agent);
    assert_eq!(
        (server.port, server.session_timeout, server.presence.warning_s),
        (8778, 28_800, 180)
    );
    assert_eq!(
        (server.max_report_size, server.max_body_size),
        (10_485_760, 10_485_760)
    );
    assert_eq!(server.ssl.cert_file.as_deref(), Some("~/.fleet-certs/cert.pem"));
    assert_eq!(server.ssl.min_tls_version, "1.2");
    assert_eq!(
        (agent.report_interval, agent.timeout, agent.retry.max_delay),
        (60, 30, 300.0)
    );
    assert_eq!(agent.server_url.as_deref(), Some("https://localhost:8778"));
    assert_eq!(settings.config.network.ping.targets[0], "8.8.8.8 Google DNS");
    assert!(
        settings
            .retired
            .iter()
            .any(|one| one.name == "security.csp.default_src")
    );
}

#[test]
fn takes_the_oldest_file_and_hides_its_secrets() {
    let text = r#"{"server": {"port": 8700, "host": "::", "api_key": "k1", "web_username": "ann",
        "web_password": "p1", "encryption_key": "e1", "db_encryption_key": "d1"},
        "ssl": {"cert_file": "/c.pem", "key_file": "/k.pem"}}"#;
    let settings = from(text, &[]).unwrap();
    let server = &settings.config.fleet.server;
    assert_eq!(server.api_key.as_ref().unwrap().expose(), "k1");
    assert_eq!((server.port, server.web_username.as_deref()), (8700, Some("ann")));
    let shown = format!("{:?}", settings.config);
    assert!(
        !["k1", "p1", "e1", "d1"]
            .iter()
            .any(|secret| shown.contains(&format!("\"{secret}\""))),
        "{shown}"
    );
}

#[test]
fn the_guides_name_wins_over_the_codes() {
    let text = "fleet_server:\n  network:\n    port: 2\nfleet:\n  server:\n    port: 1\n";
    assert_eq!(from(text, &[]).unwrap().config.fleet.server.port, 1);
    let text = "fleet.server.port: 1\nfleet_server.network.port: 2\n";
    assert_eq!(from(text, &[]).unwrap().config.fleet.server.port, 1);
}

#[test]
fn says_all_that_is_wrong_at_once_with_lines() {
    let text =
        "fleet:\n  server:\n    prot: 9000\n    port: many\n    ssl_enabled: false\n  agent: 5\nnetwork:\n";
    assert_eq!(
        said(text),
        [
            "c.yaml line 3: there is no key `fleet.server.prot`; did you mean `fleet.server.port`?",
            "c.yaml line 4: fleet.server.port must be a whole number, 0 to 65535",
            "c.yaml line 5: fleet.server.ssl_enabled must be true: ATLAS speaks nothing but TLS",
            "c.yaml line 6: fleet.agent is a group: its keys stand below it, indented",
        ]
    );
}

#[test]
fn a_certificate_needs_its_key() {
    let said = said("fleet:\n  server:\n    ssl:\n      cert_file: /c.pem\n");
    assert_eq!(
        said,
        ["c.yaml line 4: fleet.server.ssl.cert_file needs fleet.server.ssl.key_file beside it"]
    );
}
