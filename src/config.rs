//! What can be set: defaults, then a file, then the environment, then the command line.
//! `config/atlas.yaml` lists every key with its default and its reason.

use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_actors::limits::INTERVAL_DEFAULT;
use atlas_actors::model::PresenceRule;
use serde::Deserialize;

mod keys;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server and the agent.
    pub fleet: FleetConfig,
    /// The log.
    pub logging: LoggingConfig,
    /// Settings of 2.0's network monitors: understood, not yet used.
    network: Option<serde_yaml::Value>,
    /// Settings of 2.0's system monitors: understood, not yet used.
    system: Option<serde_yaml::Value>,
}

/// The server and the agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetConfig {
    /// The server.
    pub server: ServerConfig,
    /// The agent.
    pub agent: AgentConfig,
    /// Settings of 2.0's encryption: understood, not yet used.
    encryption: Option<serde_yaml::Value>,
}

/// The server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
    /// Seconds for which somebody stays signed in.
    pub session_timeout: u64,
    /// The key that agents of 1.x and 2.0 share; without it they are refused.
    pub api_key: Option<String>,
    /// The key under which agents of 2.0 seal their reports.
    pub encryption_key: Option<String>,
    /// When silence means what.
    pub presence: PresenceConfig,
    /// `standard` or `improved` in 2.0; both mean the same now.
    pub data_store: Option<String>,
    /// Of 2.0; history is kept by time now.
    history_size: Option<u64>,
    /// Of 2.0; ATLAS speaks nothing but TLS.
    pub ssl_enabled: Option<bool>,
}

/// When silence means what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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

/// The agent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// The server, when the agent is not enrolled.
    pub server_url: Option<String>,
    /// The id to report under; the host name unless said.
    pub machine_id: Option<String>,
    /// Seconds between two reports.
    pub report_interval: u64,
    /// Settings of 2.0: understood, not yet used.
    e2ee_enabled: Option<bool>,
    /// As above.
    retry_max_attempts: Option<u64>,
    /// As above.
    retry: Option<serde_yaml::Value>,
    /// As above.
    circuit_breaker: Option<serde_yaml::Value>,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoggingConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            host: "0.0.0.0".to_owned(),
            port: 8768,
            public_url: None,
            names: Vec::new(),
            session_timeout: 28_800,
            api_key: None,
            encryption_key: None,
            presence: PresenceConfig::default(),
            data_store: None,
            history_size: None,
            ssl_enabled: None,
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

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            server_url: None,
            machine_id: None,
            report_interval: INTERVAL_DEFAULT.as_secs(),
            e2ee_enabled: None,
            retry_max_attempts: None,
            retry: None,
            circuit_breaker: None,
        }
    }
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// The settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named can't be read.
    #[error("the config file {path} can't be read ({source}): check its name and permissions")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the config file {path} is broken: {what}")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What and where.
        what: String,
    },
    /// A variable of the environment is not what it should be.
    #[error("the environment variable {name} must be {expected}")]
    Variable {
        /// Which one.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A value makes no sense.
    #[error("{key} must be {expected}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl Config {
    /// Reads the file that was named, or the one in the home folder if there is one, and then the
    /// environment.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let mut config = match named.map(Path::to_owned).or_else(in_home) {
            Some(path) => Self::read(&path)?,
            None => Self::default(),
        };
        config.take_environment(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
        config.check()?;
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|what| ConfigError::Broken {
            path: path.to_owned(),
            what,
        })
    }

    /// Reads YAML, of which JSON is a part. An empty file sets nothing.
    ///
    /// # Errors
    /// What is wrong and where, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text
            .lines()
            .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error| keys::explain(&error.to_string()))
    }

    fn take_environment(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        for name in ["FLEET_PORT", "FLEET_SERVER_PORT"] {
            if let Some(port) = variable(name) {
                self.fleet.server.port = port.parse().map_err(|_| ConfigError::Variable {
                    name: "FLEET_SERVER_PORT",
                    expected: "a port number, 0 to 65535",
                })?;
            }
        }
        let server = &mut self.fleet.server;
        server.host = variable("FLEET_HOST").unwrap_or_else(|| std::mem::take(&mut server.host));
        server.api_key = variable("FLEET_API_KEY").or_else(|| server.api_key.take());
        server.encryption_key = variable("FLEET_ENCRYPTION_KEY").or_else(|| server.encryption_key.take());
        let agent = &mut self.fleet.agent;
        agent.server_url = variable("FLEET_SERVER_URL").or_else(|| agent.server_url.take());
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, expected| Err(ConfigError::Value { key, expected });
        if !(1..=3_600).contains(&self.fleet.agent.report_interval) {
            return wrong("fleet.agent.report_interval", "1 to 3600 seconds");
        }
        if self.fleet.server.session_timeout < 60 {
            return wrong("fleet.server.session_timeout", "60 seconds at least");
        }
        if self.fleet.server.ssl_enabled == Some(false) {
            return wrong("fleet.server.ssl_enabled", "true: ATLAS speaks nothing but TLS");
        }
        Ok(())
    }
}

/// The file in the home folder, YAML before JSON (contract, section 1).
fn in_home() -> Option<PathBuf> {
    let folder = std::env::home_dir()?.join(".fleet_monitoring");
    ["config.yaml", "config.json"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yaml_and_json_and_nothing_at_all() {
        assert_eq!(Config::parse("# nothing\n").unwrap(), Config::default());
        let yaml = Config::parse("fleet:\n  server:\n    port: 9000\n").unwrap();
        assert_eq!(yaml.fleet.server.port, 9000);
        assert_eq!(
            yaml,
            Config::parse(r#"{"fleet":{"server":{"port":9000}}}"#).unwrap()
        );
    }

    #[test]
    fn names_an_unknown_key_its_place_and_the_nearest_right_one() {
        let what = Config::parse("fleet:\n  server:\n    prot: 9000\n").unwrap_err();
        assert!(
            what.contains("prot") && what.contains("port") && what.contains("line 3"),
            "{what}"
        );
    }

    #[test]
    fn takes_a_config_of_2_0() {
        let text = "fleet:\n  server: {port: 8768, ssl_enabled: true, data_store: improved, history_size: 1000}\n  \
                    agent: {report_interval: 30, e2ee_enabled: true, retry: {enabled: true}}\n\
                    network: {wifi: {update_interval: 10}}\nsystem: {logging: {level: info}}\n";
        assert!(Config::parse(text).is_ok());
    }

    #[test]
    fn the_environment_wins() {
        let mut config = Config::default();
        let set = |name: &str| (name == "FLEET_SERVER_PORT").then(|| "9001".to_owned());
        config.take_environment(set).unwrap();
        assert_eq!(config.fleet.server.port, 9001);
        let wrong = |name: &str| (name == "FLEET_SERVER_PORT").then(|| "many".to_owned());
        assert!(config.take_environment(wrong).is_err());
    }

    #[test]
    fn the_documented_file_gives_the_defaults() {
        let documented = Config::parse(include_str!("../config/atlas.yaml")).unwrap();
        assert_eq!(documented, Config::default());
    }
}
