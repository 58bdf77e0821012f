//! The agent's settings.

use atlas_actors::breaker::circuit::CircuitRule;
use atlas_actors::limits::INTERVAL_DEFAULT;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::{CsvLogsConfig, MonitorsConfig};

/// The agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// The server, when that is not where the agent enrolled.
    pub server_url: Option<String>,
    /// The id to report under; the host name unless said.
    pub machine_id: Option<String>,
    /// Seconds between two reports.
    pub report_interval: u64,
    /// Seconds that the server may take to answer.
    pub timeout: u64,
    /// Bytes that reports may take on disk while they wait; the oldest go first.
    pub spool_size: u64,
    /// When a report that did not arrive is sent again.
    pub retry: RetryConfig,
    /// When the agent leaves an unwell server alone.
    pub circuit_breaker: CircuitBreakerConfig,
    /// What it looks at beside the system itself.
    pub monitors: MonitorsConfig,
    /// Whether the server can tell the agent something at once.
    pub channel: ChannelConfig,
    /// What it writes for scripts on its machine.
    pub csv_logs: CsvLogsConfig,
}

/// The connection over which the server can tell the agent something at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    /// Whether the agent keeps one open.
    pub enabled: bool,
}

/// When a report that did not arrive is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryConfig {
    /// Whether it is sent again before the next one is due.
    pub enabled: bool,
    /// Tries of one round; then the agent rests until the next report is due.
    pub max_attempts: u32,
    /// Seconds of the first pause, at most.
    pub backoff: f64,
    /// Each pause is so many times as long as the one before.
    pub multiplier: f64,
    /// Seconds of the longest pause.
    pub max_delay: f64,
    /// The part of all requests of a minute that may be retries, 0 to 1.
    pub budget: f64,
}

/// When the agent leaves an unwell server alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CircuitBreakerConfig {
    /// Whether it does.
    pub enabled: bool,
    /// Failures in a row after which it does.
    pub failure_threshold: u32,
    /// Seconds for which it does.
    pub timeout: f64,
    /// Successes after which all is well again.
    pub success_threshold: u32,
    /// Tries at once before that.
    pub half_open_max: usize,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            server_url: None,
            machine_id: None,
            report_interval: INTERVAL_DEFAULT.as_secs(),
            timeout: 10,
            spool_size: 16 << 20,
            retry: RetryConfig::default(),
            circuit_breaker: CircuitBreakerConfig::default(),
            monitors: MonitorsConfig::default(),
            channel: ChannelConfig::default(),
            csv_logs: CsvLogsConfig::default(),
        }
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            max_attempts: 3,
            backoff: 1.0,
            multiplier: 2.0,
            max_delay: 60.0,
            budget: 0.3,
        }
    }
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        let rule = CircuitRule::default();
        Self {
            enabled: true,
            failure_threshold: rule.failures_to_open,
            timeout: rule.open_for.as_secs_f64(),
            success_threshold: rule.successes_to_close,
            half_open_max: rule.trials_max,
        }
    }
}

impl From<CircuitBreakerConfig> for CircuitRule {
    fn from(config: CircuitBreakerConfig) -> Self {
        Self {
            failures_to_open: if config.enabled {
                config.failure_threshold
            } else {
                // Never within a lifetime.
                u32::MAX
            },
            open_for: Duration::from_secs_f64(config.timeout),
            successes_to_close: config.success_threshold,
            trials_max: config.half_open_max,
        }
    }
}
