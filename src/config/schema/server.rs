//! The server's settings.

use std::time::Duration;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::PresenceRule;
use serde::{Deserialize, Serialize};

use super::HistoryConfig;
use crate::config::SecretText;

/// The server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// The address to listen on.
    pub host: String,
    /// The port to listen on.
    pub port: u16,
    /// Where people and agents reach the server, when that is not its own name and port.
    pub public_url: Option<String>,
    /// More names and addresses for the certificate.
    pub names: Vec<String>,
    /// True: ATLAS speaks nothing but TLS.
    pub ssl_enabled: bool,
    /// The certificate, when it is not the server's own.
    pub ssl: SslConfig,
    /// The authority that signs the certificate, when there is one.
    pub acme: AcmeConfig,
    /// Ranges of private addresses that the server may call.
    pub outbound_networks: Vec<String>,
    /// Addresses of proxies whose word on the client's address is taken.
    pub trusted_proxies: Vec<String>,
    /// Whether changes by a cookie are refused when they don't say which page asked for them.
    pub strict_origin: bool,
    /// Connections at once; who comes then waits until there is room.
    pub max_connections: usize,
    /// Seconds for which somebody stays signed in.
    pub session_timeout: u64,
    /// Seconds without a request after which a session ends.
    pub session_idle_timeout: u64,
    /// Characters that a new password has at least.
    pub min_password_length: usize,
    /// The first administrator's name.
    pub web_username: Option<String>,
    /// The first administrator's password.
    pub web_password: Option<SecretText>,
    /// The key that agents of 1.x and 2.0 share; without it they are refused.
    pub api_key: Option<SecretText>,
    /// The key under which agents of 2.0 seal their reports.
    pub encryption_key: Option<SecretText>,
    /// Whether plain reports of agents of 1.x and 2.0 are refused even without that key.
    pub require_sealed: bool,
    /// The first day (UTC) on which agents of 1.x and 2.0 are no longer taken.
    pub legacy_agents_until: Option<String>,
    /// Bytes of a request's body at most.
    pub max_body_size: usize,
    /// Bytes of a report at most.
    pub max_report_size: usize,
    /// How much history is kept.
    pub history: HistoryConfig,
    /// When silence means what.
    pub presence: PresenceConfig,
}

/// The certificate, when it is not the server's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SslConfig {
    /// The certificate and those that vouch for it (PEM).
    pub cert_file: Option<String>,
    /// Its private key (PEM).
    pub key_file: Option<String>,
    /// The oldest TLS that is spoken: `1.2` or `1.3`.
    pub min_tls_version: String,
}

/// The authority that signs the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeConfig {
    /// Its directory.
    pub directory: Option<String>,
    /// Whom it may write to.
    pub contact: Vec<String>,
    /// The names to certify.
    pub names: Vec<String>,
    /// The port at which it comes to look.
    pub http_port: u16,
    /// Who vouches for the authority itself, when nobody does whom this machine knows.
    pub ca_file: Option<String>,
}

/// When silence means what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PresenceConfig {
    /// Online up to so many seconds of silence, at the least.
    pub online_s: u64,
    /// Warning up to so many seconds of silence, at the least.
    pub warning_s: u64,
    /// Online up to so many of the machine's intervals.
    pub online_intervals: u32,
    /// Warning up to so many of the machine's intervals.
    pub warning_intervals: u32,
}

/// Secrets that machines share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncryptionConfig {
    /// The cluster secret itself, in place of a file.
    pub cluster_secret: Option<SecretText>,
    /// Where the cluster secret is.
    pub cluster_secret_file: Option<String>,
    /// Seconds after which agents get new keys.
    pub key_rotation_interval: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: "0.0.0.0".to_owned(),
            port: 8768,
            public_url: None,
            names: Vec::new(),
            ssl_enabled: true,
            ssl: SslConfig::default(),
            acme: AcmeConfig::default(),
            outbound_networks: Vec::new(),
            trusted_proxies: Vec::new(),
            strict_origin: false,
            max_connections: 25_000,
            session_timeout: 28_800,
            session_idle_timeout: 1_800,
            min_password_length: 12,
            web_username: None,
            web_password: None,
            api_key: None,
            encryption_key: None,
            require_sealed: false,
            legacy_agents_until: None,
            max_body_size: 1024 * 1024,
            max_report_size: 1024 * 1024,
            history: HistoryConfig::default(),
            presence: PresenceConfig::default(),
        }
    }
}

impl ServerConfig {
    /// When agents of 1.x and 2.0 are no longer taken.
    #[must_use]
    pub fn legacy_agents_end(&self) -> Option<Timestamp> {
        let day = self.legacy_agents_until.as_deref()?;
        Timestamp::parse(&format!("{day}T00:00:00Z")).ok()
    }
}

impl Default for SslConfig {
    fn default() -> Self {
        Self {
            cert_file: None,
            key_file: None,
            min_tls_version: "1.2".to_owned(),
        }
    }
}

impl Default for AcmeConfig {
    fn default() -> Self {
        Self {
            directory: None,
            contact: Vec::new(),
            names: Vec::new(),
            http_port: 80,
            ca_file: None,
        }
    }
}

impl Default for PresenceConfig {
    fn default() -> Self {
        let rule = PresenceRule::default();
        Self {
            online_s: rule.online_min.as_secs(),
            warning_s: rule.warning_min.as_secs(),
            online_intervals: rule.online_intervals,
            warning_intervals: rule.warning_intervals,
        }
    }
}

impl From<PresenceConfig> for PresenceRule {
    fn from(config: PresenceConfig) -> Self {
        Self {
            online_min: Duration::from_secs(config.online_s),
            warning_min: Duration::from_secs(config.warning_s),
            online_intervals: config.online_intervals,
            warning_intervals: config.warning_intervals,
        }
    }
}

impl Default for EncryptionConfig {
    fn default() -> Self {
        Self {
            cluster_secret: None,
            cluster_secret_file: None,
            key_rotation_interval: 7_776_000,
        }
    }
}
