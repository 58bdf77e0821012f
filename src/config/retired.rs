//! Keys of 1.x and 2.0 that mean nothing to ATLAS: read, and said once in the log, so that an old
//! config goes on being one.

/// A key that means nothing any more, or all keys of a group (`security.*`).
#[derive(Debug, PartialEq, Eq)]
pub struct RetiredKey {
    path: &'static str,
    variable: Option<&'static str>,
    /// Why, in a few words.
    pub why: &'static str,
}

const fn retired(path: &'static str, why: &'static str) -> RetiredKey {
    RetiredKey {
        path,
        variable: None,
        why,
    }
}

const ALWAYS_SEALED: &str = "ATLAS's own agents always seal what they send";
const BY_TIME: &str = "history is kept by time and bytes, see fleet.server.history";
const ONE_SERVER: &str = "one server serves; there is no cluster yet";
const BUILT_IN: &str = "built in, and not to be changed";

static RETIRED: &[RetiredKey] = &[
    retired(
        "fleet.server.data_store",
        "standard and improved are the same store now",
    ),
    retired("fleet.server.history_size", BY_TIME),
    RetiredKey {
        path: "fleet.agent.e2ee_enabled",
        variable: Some("E2EE_ENABLED"),
        why: ALWAYS_SEALED,
    },
    retired("fleet.encryption.algorithm", "it is always AES-256-GCM"),
    retired("fleet_server.network.backlog", BUILT_IN),
    retired("fleet_server.ssl.max_tls_version", "TLS 1.3 is always spoken"),
    retired(
        "fleet_server.ssl.verify_client_certs",
        "agents prove who they are by their own keys",
    ),
    retired("fleet_server.auth.api_key_header", "it is always X-API-Key"),
    retired("fleet_server.auth.session_cookie_name", BUILT_IN),
    retired("fleet_server.auth.password_hash_rounds", "bcrypt runs at cost 12"),
    retired(
        "fleet_server.auth.require_password_complexity",
        "length counts, not the sorts of characters",
    ),
    retired(
        "fleet_server.storage.data_dir",
        "ATLAS keeps its data where --data-dir says",
    ),
    retired(
        "fleet_server.storage.persistence_file",
        "ATLAS keeps its data where --data-dir says",
    ),
    retired(
        "fleet_server.storage.encrypted_persistence_file",
        "ATLAS keeps its data where --data-dir says",
    ),
    retired("fleet_server.storage.max_history_per_machine", BY_TIME),
    retired(
        "fleet_server.storage.max_command_queue_size",
        "50 commands may wait for a machine",
    ),
    retired(
        "fleet_server.agent.health_check_timeout",
        "agents report; nobody calls them",
    ),
    retired(
        "fleet_server.body_limits.max_json_body_size",
        "fleet.server.max_body_size counts",
    ),
    retired(
        "fleet_server.e2ee.enabled",
        "fleet.server.encryption_key says whether old agents seal",
    ),
    retired(
        "fleet_server.e2ee.encryption_key_file",
        "put the key itself into fleet.server.encryption_key",
    ),
    retired("fleet_server.cluster.*", ONE_SERVER),
    retired("fleet_server.rate_limit.*", BUILT_IN),
    retired("fleet_server.logging.format", "see logging.format: text or json"),
    retired("fleet_server.logging.backup_count", "one old log is kept"),
    retired("fleet_agent.identity.organization_name", "it was shown nowhere"),
    retired(
        "fleet_agent.server.api_key",
        "ATLAS's own agents have keys of their own",
    ),
    retired(
        "fleet_agent.server.verify_ssl",
        "agents always check the server's key",
    ),
    retired(
        "fleet_agent.collection.*",
        "agents report all that they can measure",
    ),
    retired("fleet_agent.e2ee.*", ALWAYS_SEALED),
    retired("fleet_agent.daemon.*", "launchd or systemd runs the agent"),
    RetiredKey {
        path: "server.db_encryption_key",
        variable: Some("FLEET_DB_KEY"),
        why: "only the data of 2.0 was sealed with it",
    },
    retired("display.*", "there is no such display"),
    retired("package.*", "ATLAS builds no installers"),
    retired("security.*", BUILT_IN),
];

impl RetiredKey {
    /// Why the key of that name means nothing any more, if it once did.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        RETIRED
            .iter()
            .find(|retired| match retired.path.strip_suffix('*') {
                Some(group) => name.starts_with(group),
                None => name == retired.path,
            })
    }

    /// As [`RetiredKey::find`], for a variable of the environment.
    #[must_use]
    pub fn find_variable(name: &str) -> Option<&'static Self> {
        RETIRED.iter().find(|retired| retired.variable == Some(name))
    }

    /// All names, for tests and for guessing what was meant.
    pub fn names() -> impl Iterator<Item = &'static str> {
        RETIRED.iter().map(|retired| retired.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn is_no_key_and_finds_whole_groups() {
        assert!(RetiredKey::names().all(|name| keys::find(name).is_none()));
        assert!(RetiredKey::find("security.csp.enabled").is_some());
        assert!(RetiredKey::find("security").is_none() && RetiredKey::find("fleet.server.port").is_none());
        assert!(RetiredKey::find_variable("E2EE_ENABLED").is_some());
    }
}
