//! The settings as the rest of the program sees them, with their defaults. A field here has a row
//! in `keys.rs` (what it takes, its other names) and an entry in `config/atlas.yaml` (why); tests
//! hold the three together.

mod agent;
mod agent_monitors;
mod auth;
mod csv_logs;
mod history;
mod logging;
mod monitors;
mod server;

use serde::{Deserialize, Serialize};

pub use agent::{AgentConfig, CircuitBreakerConfig, RetryConfig};
pub use agent_monitors::{MonitorConfig, MonitorsConfig, ProbeConfig};
pub use auth::{AuthConfig, OidcConfig};
pub use csv_logs::CsvLogsConfig;
pub use history::{HistoryConfig, KeepConfig};
pub use logging::{LogFormat, LoggingConfig};
pub use monitors::{
    AnalyzerConfig, ChecksConfig, DnsConfig, NetworkConfig, PingConfig, QualityThresholds, SignalThresholds,
    SpeedtestConfig, SystemConfig, SystemMetricsConfig, WifiConfig,
};
pub use server::{AcmeConfig, EncryptionConfig, PresenceConfig, ServerConfig, SslConfig};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server and the agent.
    pub fleet: FleetConfig,
    /// The log.
    pub logging: LoggingConfig,
    /// The network monitors.
    pub network: NetworkConfig,
    /// What an agent measures.
    pub system: SystemConfig,
}

/// The server and the agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetConfig {
    /// The server.
    pub server: ServerConfig,
    /// How people sign in beside name and password.
    pub auth: AuthConfig,
    /// The agent.
    pub agent: AgentConfig,
    /// Secrets that machines share.
    pub encryption: EncryptionConfig,
}
