//! Every key: what it takes, what 1.x and 2.0 called it, and which variables of the environment set
//! it. Its default is in `schema`, its reason in `config/atlas.yaml`.

use super::kind::Kind;

/// A key.
#[derive(Debug, PartialEq)]
pub struct Key {
    /// Its name: the groups that it is in, with dots.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Its names in the guide and the code of 1.x and 2.0.
    pub aliases: &'static [&'static str],
    /// Variables of the environment, the last that is set wins.
    pub variables: &'static [&'static str],
    /// Whether ATLAS does something with it already.
    pub is_used: bool,
}

const fn key(path: &'static str, kind: Kind) -> Key {
    Key {
        path,
        kind,
        aliases: &[],
        variables: &[],
        is_used: true,
    }
}

impl Key {
    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn variable(self, variables: &'static [&'static str]) -> Self {
        Self { variables, ..self }
    }

    const fn later(self) -> Self {
        Self {
            is_used: false,
            ..self
        }
    }

    /// Whether it is called that, now or in 1.x or 2.0.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.path == name || self.aliases.contains(&name)
    }

    /// The variable that is made of its name.
    #[must_use]
    pub fn own_variable(&self) -> String {
        format!("ATLAS__{}", self.path.to_uppercase().replace('.', "__"))
    }
}

/// The key of that name, new or old.
#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.is_called(name))
}

const fn seconds(min: i64, max: i64) -> Kind {
    Kind::Whole {
        min,
        max,
        unit: "seconds",
    }
}

const fn count(min: i64, max: i64) -> Kind {
    Kind::Whole { min, max, unit: "" }
}

const fn decimal(min: f64, max: f64, unit: &'static str) -> Kind {
    Kind::Decimal { min, max, unit }
}

const DAY: i64 = 86_400;
const DAYS: Kind = Kind::Whole {
    min: 1,
    max: 3_650,
    unit: "days",
};
const DBM: Kind = Kind::Whole {
    min: -120,
    max: 0,
    unit: "dBm",
};
const PERCENT: Kind = decimal(0.0, 100.0, "percent");
const MILLISECONDS: Kind = Kind::Whole {
    min: 1,
    max: 60_000,
    unit: "milliseconds",
};
const PORT: Kind = Kind::Whole {
    min: 0,
    max: 65_535,
    unit: "",
};
/// Below it not even the largest honest report fits; above it a few requests fill the memory.
const HISTORY: Kind = Kind::Size {
    min: 1024 * 1024,
    max: 1 << 50,
};
const BODY: Kind = Kind::Size {
    min: 64 * 1024,
    max: 16 * 1024 * 1024,
};
const SPOOL: Kind = Kind::Size {
    min: 64 * 1024,
    max: 1 << 30,
};
const LOG_SIZE: Kind = Kind::Size {
    min: 4_096,
    max: 1 << 40,
};

/// All keys, in the order of `config/atlas.yaml`.
pub static KEYS: &[Key] = &[
    key("fleet.server.host", Kind::Text)
        .also(&["fleet_server.network.host", "server.host"])
        .variable(&["FLEET_HOST"]),
    key("fleet.server.port", PORT)
        .also(&["fleet_server.network.port", "server.port"])
        .variable(&["FLEET_PORT", "FLEET_SERVER_PORT"]),
    key("fleet.server.public_url", Kind::Url),
    key("fleet.server.names", Kind::Texts),
    key(
        "fleet.server.ssl_enabled",
        Kind::OnlyTrue("ATLAS speaks nothing but TLS"),
    )
    .also(&["fleet_server.ssl.enabled", "ssl.enabled"])
    .variable(&["FLEET_SSL_ENABLED", "FLEET_SERVER_SSL_ENABLED"]),
    key("fleet.server.ssl.cert_file", Kind::Path)
        .also(&["fleet_server.ssl.cert_file", "ssl.cert_file"])
        .variable(&["FLEET_SSL_CERT"]),
    key("fleet.server.ssl.key_file", Kind::Path)
        .also(&["fleet_server.ssl.key_file", "ssl.key_file"])
        .variable(&["FLEET_SSL_KEY"]),
    key("fleet.server.ssl.min_tls_version", Kind::TlsVersion).also(&["fleet_server.ssl.min_tls_version"]),
    key("fleet.server.acme.directory", Kind::Url),
    key("fleet.server.acme.contact", Kind::Texts),
    key("fleet.server.acme.names", Kind::Texts),
    key("fleet.server.acme.http_port", PORT),
    key("fleet.server.acme.ca_file", Kind::Path),
    key("fleet.server.outbound_networks", Kind::Texts),
    key("fleet.server.trusted_proxies", Kind::Texts),
    key("fleet.server.strict_origin", Kind::Flag),
    key("fleet.server.max_connections", count(2, 1_000_000)),
    key("fleet.server.session_timeout", seconds(60, 30 * DAY)).also(&["fleet_server.auth.session_expiry"]),
    key("fleet.server.session_idle_timeout", seconds(60, 30 * DAY)),
    key("fleet.server.min_password_length", count(8, 64))
        .also(&[
            "fleet_server.auth.min_password_length",
            "security.password.min_length",
        ])
        .variable(&["FLEET_MIN_PASSWORD_LENGTH"]),
    key("fleet.server.web_username", Kind::Text)
        .also(&["server.web_username"])
        .variable(&["FLEET_WEB_USERNAME"]),
    key("fleet.server.web_password", Kind::Secret)
        .also(&["server.web_password"])
        .variable(&["FLEET_WEB_PASSWORD"]),
    key("fleet.server.api_key", Kind::Secret)
        .also(&["server.api_key"])
        .variable(&["FLEET_API_KEY"]),
    key("fleet.server.encryption_key", Kind::Secret)
        .also(&["server.encryption_key"])
        .variable(&["FLEET_ENCRYPTION_KEY"]),
    key("fleet.server.require_sealed", Kind::Flag),
    key("fleet.server.legacy_agents_until", Kind::Day),
    key("fleet.server.max_body_size", BODY).also(&["fleet_server.body_limits.max_body_size"]),
    key("fleet.server.max_report_size", BODY).also(&["fleet_server.agent.max_report_size"]),
    key("fleet.server.history.raw.days", DAYS).also(&[
        "fleet.server.data_retention_days",
        "fleet_server.storage.data_retention_days",
    ]),
    key("fleet.server.history.raw.max_bytes", HISTORY),
    key("fleet.server.history.five_minutes.days", DAYS),
    key("fleet.server.history.five_minutes.max_bytes", HISTORY),
    key("fleet.server.history.hour.days", DAYS),
    key("fleet.server.history.hour.max_bytes", HISTORY),
    key("fleet.server.presence.online_s", seconds(1, DAY)),
    key("fleet.server.presence.warning_s", seconds(1, DAY)).also(&["fleet_server.agent.offline_threshold"]),
    key("fleet.server.presence.online_intervals", count(1, 1_000)),
    key("fleet.server.presence.warning_intervals", count(1, 1_000)),
    key("fleet.auth.oidc.enabled", Kind::Flag),
    key("fleet.auth.oidc.name", Kind::Text),
    key("fleet.auth.oidc.issuer", Kind::Text),
    key("fleet.auth.oidc.client_id", Kind::Text),
    key("fleet.auth.oidc.client_secret_file", Kind::Path),
    key("fleet.auth.oidc.scopes", Kind::Texts),
    key("fleet.auth.oidc.username_claim", Kind::Text),
    key("fleet.auth.oidc.role_claim", Kind::Text),
    key("fleet.auth.oidc.roles", Kind::Texts),
    key(
        "fleet.auth.oidc.default_role",
        Kind::OneOf(&["viewer", "operator", "admin"]),
    ),
    key("fleet.auth.oidc.create_users", Kind::Flag),
    key("fleet.auth.oidc.allow_private_address", Kind::Flag),
    key("fleet.auth.oidc.ca_file", Kind::Path),
    key("fleet.agent.server_url", Kind::Url)
        .also(&["fleet_agent.server.url"])
        .variable(&["FLEET_SERVER_URL"]),
    key("fleet.agent.machine_id", Kind::Text).also(&["fleet_agent.identity.machine_id"]),
    key("fleet.agent.report_interval", seconds(1, 3_600)).also(&[
        "fleet_agent.reporting.interval",
        "fleet_server.agent.report_interval",
    ]),
    key("fleet.agent.timeout", seconds(1, 55)).also(&["fleet_agent.server.timeout"]),
    key("fleet.agent.spool_size", SPOOL),
    key("fleet.agent.retry.enabled", Kind::Flag),
    key("fleet.agent.retry.max_attempts", count(1, 100)).also(&[
        "fleet.agent.retry_max_attempts",
        "fleet_agent.reporting.retry_attempts",
    ]),
    key("fleet.agent.retry.backoff", decimal(0.2, 3_600.0, "seconds")),
    key("fleet.agent.retry.multiplier", decimal(1.0, 10.0, "times"))
        .also(&["fleet_agent.reporting.retry_backoff"]),
    key("fleet.agent.retry.max_delay", decimal(0.2, 3_600.0, "seconds"))
        .also(&["fleet_agent.reporting.max_retry_delay"]),
    key("fleet.agent.retry.budget", decimal(0.0, 1.0, "")),
    key("fleet.agent.circuit_breaker.enabled", Kind::Flag),
    key("fleet.agent.circuit_breaker.failure_threshold", count(1, 1_000)),
    key(
        "fleet.agent.circuit_breaker.timeout",
        decimal(1.0, 86_400.0, "seconds"),
    ),
    key("fleet.agent.circuit_breaker.success_threshold", count(1, 100)),
    key("fleet.agent.circuit_breaker.half_open_max", count(1, 100)),
    key("fleet.agent.monitors.own_cost.enabled", Kind::Flag),
    key("fleet.agent.monitors.own_cost.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.own_cost.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.disk_health.enabled", Kind::Flag),
    key("fleet.agent.monitors.disk_health.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.disk_health.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.power.enabled", Kind::Flag),
    key("fleet.agent.monitors.power.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.power.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.thermal.enabled", Kind::Flag),
    key("fleet.agent.monitors.thermal.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.thermal.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.services.enabled", Kind::Flag),
    key("fleet.agent.monitors.services.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.services.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.posture.enabled", Kind::Flag),
    key("fleet.agent.monitors.posture.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.posture.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.updates.enabled", Kind::Flag),
    key("fleet.agent.monitors.updates.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.updates.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.software.enabled", Kind::Flag),
    key("fleet.agent.monitors.software.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.software.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.crashes.enabled", Kind::Flag),
    key("fleet.agent.monitors.crashes.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.crashes.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.peripherals.enabled", Kind::Flag),
    key("fleet.agent.monitors.peripherals.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.peripherals.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.wifi.enabled", Kind::Flag),
    key("fleet.agent.monitors.wifi.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.ping.enabled", Kind::Flag),
    key("fleet.agent.monitors.ping.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.speedtest.enabled", Kind::Flag),
    key("fleet.agent.monitors.speedtest.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.dns.enabled", Kind::Flag),
    key("fleet.agent.monitors.dns.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.dns.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.checks.enabled", Kind::Flag),
    key("fleet.agent.monitors.checks.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.checks.timeout", seconds(1, 600)),
    key("fleet.agent.monitors.vpn.enabled", Kind::Flag),
    key("fleet.agent.monitors.vpn.interval", seconds(1, 30 * DAY)),
    key("fleet.agent.monitors.vpn.timeout", seconds(1, 600)),
    key("fleet.agent.channel.enabled", Kind::Flag),
    key("fleet.agent.csv_logs.enabled", Kind::Flag),
    key("fleet.agent.csv_logs.folder", Kind::Path),
    key("fleet.encryption.cluster_secret", Kind::LongSecret(32)).variable(&["CLUSTER_SECRET"]),
    key("fleet.encryption.cluster_secret_file", Kind::Path).also(&["fleet_server.cluster.secret_file"]),
    key(
        "fleet.encryption.key_rotation_interval",
        seconds(3_600, 3_650 * DAY),
    )
    .also(&["fleet_server.e2ee.key_rotation_interval"])
    .later(),
    key("logging.level", Kind::Level).also(&["system.logging.level", "fleet_server.logging.level"]),
    key("logging.format", Kind::OneOf(&["text", "json"])),
    key("logging.file", Kind::Path).also(&["system.logging.file", "fleet_server.logging.log_file"]),
    key("logging.max_size", LOG_SIZE).also(&["system.logging.max_size", "fleet_server.logging.max_log_size"]),
    key("system.metrics.cpu", Kind::Flag),
    key("system.metrics.memory", Kind::Flag),
    key("system.metrics.disk", Kind::Flag),
    key("system.metrics.network", Kind::Flag),
    key("system.metrics.processes", Kind::Flag),
    key("network.wifi.update_interval", seconds(1, DAY)).variable(&["WIFI_UPDATE_INTERVAL"]),
    key("network.wifi.max_history", count(1, 1_000_000)).later(),
    key("network.wifi.retention_days", DAYS),
    key("network.wifi.log_file", Kind::Path),
    key("network.wifi.events_file", Kind::Path),
    key("network.wifi.diagnostics_file", Kind::Path),
    key("network.wifi.external_ping_targets", Kind::Texts).later(),
    key("network.wifi.dns_test_domains", Kind::Texts),
    key("network.wifi.signal_thresholds.excellent", DBM),
    key("network.wifi.signal_thresholds.good", DBM),
    key("network.wifi.signal_thresholds.fair", DBM),
    key("network.wifi.signal_thresholds.poor", DBM),
    key("network.wifi.quality_thresholds.packet_loss_warning", PERCENT),
    key("network.wifi.quality_thresholds.packet_loss_critical", PERCENT),
    key("network.wifi.quality_thresholds.latency_warning", MILLISECONDS),
    key("network.wifi.quality_thresholds.latency_critical", MILLISECONDS),
    key("network.speedtest.update_interval", seconds(1, 30 * DAY)).variable(&["SPEEDTEST_INTERVAL"]),
    key("network.speedtest.max_history", count(1, 1_000_000)),
    key("network.speedtest.retention_days", DAYS),
    key("network.speedtest.log_file", Kind::Path),
    key(
        "network.speedtest.slow_speed_threshold",
        decimal(0.0, 1_000_000.0, "megabits a second"),
    ),
    key("network.speedtest.consecutive_slow_trigger", count(1, 1_000)),
    key("network.speedtest.slow_alert_cooldown", seconds(0, 30 * DAY)),
    key("network.speedtest.test_timeout", seconds(1, 3_600)),
    key(
        "network.speedtest.method",
        Kind::OneOf(&["atlas", "networkquality"]),
    ),
    key("network.ping.targets", Kind::Texts).also(&["network.ping.default_targets"]),
    key("network.ping.gateway", Kind::Flag),
    key("network.ping.update_interval", seconds(1, DAY)).also(&["network.ping.interval"]),
    key("network.ping.max_history", count(1, 1_000_000)),
    key("network.ping.retention_days", DAYS),
    key("network.ping.log_file", Kind::Path),
    key("network.ping.ping_count", count(1, 100)),
    key("network.ping.ping_timeout", seconds(1, 60)),
    key("network.ping.packet_loss_threshold", PERCENT),
    key("network.ping.latency_threshold", MILLISECONDS),
    key("network.analyzer.analysis_window", seconds(1, 30 * DAY)),
    key("network.analyzer.issue_detection_threshold", count(1, 1_000)),
    key("network.dns.servers", Kind::Texts),
    key("network.checks.targets", Kind::Texts),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_name_and_no_variable_means_two_keys() {
        let mut seen = BTreeSet::new();
        for key in KEYS {
            for name in [key.path].iter().chain(key.aliases).chain(key.variables) {
                assert!(seen.insert(*name), "{name}");
            }
        }
    }
}
