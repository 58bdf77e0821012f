//! What the network monitors look at and what they make of it, under the names of 2.0.

use serde::{Deserialize, Serialize};

/// The network monitors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// The wireless network.
    pub wifi: WifiConfig,
    /// Speed tests.
    pub speedtest: SpeedtestConfig,
    /// Pings.
    pub ping: PingConfig,
    /// What makes an issue of single troubles.
    pub analyzer: AnalyzerConfig,
    /// Name servers.
    pub dns: DnsConfig,
    /// Services that should answer.
    pub checks: ChecksConfig,
}

/// Name servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsConfig {
    /// Whom to ask: addresses, with a port where it is not 53. None: those of the system.
    pub servers: Vec<String>,
}

/// Services that should answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChecksConfig {
    /// Their addresses (https://, http://, tcp://host:port, tls://host:port), and a name after a space.
    pub targets: Vec<String>,
}

/// The wireless network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WifiConfig {
    /// Seconds between two looks.
    pub update_interval: u64,
    /// Values kept in memory.
    pub max_history: u32,
    /// Days for which the logs are kept.
    pub retention_days: u32,
    /// The log of the signal's quality.
    pub log_file: String,
    /// The log of events.
    pub events_file: String,
    /// The log of diagnoses.
    pub diagnostics_file: String,
    /// Whom to ping outside: an address, and a name after a space.
    pub external_ping_targets: Vec<String>,
    /// Names to ask DNS for.
    pub dns_test_domains: Vec<String>,
    /// From which signal on it is what.
    pub signal_thresholds: SignalThresholds,
    /// From which value on it is what.
    pub quality_thresholds: QualityThresholds,
}

/// From which signal on it is what, in dBm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalThresholds {
    /// As good as it gets.
    pub excellent: i32,
    /// Good.
    pub good: i32,
    /// Usable.
    pub fair: i32,
    /// Barely usable.
    pub poor: i32,
}

/// From which value on it is what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityThresholds {
    /// Percent of lost packets.
    pub packet_loss_warning: f64,
    /// Percent of lost packets.
    pub packet_loss_critical: f64,
    /// Milliseconds.
    pub latency_warning: u32,
    /// Milliseconds.
    pub latency_critical: u32,
}

/// Speed tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeedtestConfig {
    /// Seconds between two tests.
    pub update_interval: u64,
    /// Results kept in memory.
    pub max_history: u32,
    /// Days for which the log is kept.
    pub retention_days: u32,
    /// The log.
    pub log_file: String,
    /// Megabits a second below which it is slow.
    pub slow_speed_threshold: f64,
    /// Slow tests in a row that raise an alert.
    pub consecutive_slow_trigger: u32,
    /// Seconds between two such alerts.
    pub slow_alert_cooldown: u64,
    /// Seconds that a test may take.
    pub test_timeout: u64,
    /// Against whom: `atlas`, the server of this agent, or `networkquality`, the tool of macOS.
    pub method: String,
}

/// Pings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PingConfig {
    /// Whom to ping: an address, and a name after a space.
    pub targets: Vec<String>,
    /// Whether the gateway is pinged too.
    pub gateway: bool,
    /// Seconds between two rounds.
    pub update_interval: u64,
    /// Results kept in memory.
    pub max_history: u32,
    /// Days for which the log is kept.
    pub retention_days: u32,
    /// The log.
    pub log_file: String,
    /// Pings of one round.
    pub ping_count: u32,
    /// Seconds to wait for an answer.
    pub ping_timeout: u64,
    /// Percent of lost packets that raise an alert.
    pub packet_loss_threshold: f64,
    /// Milliseconds that raise an alert.
    pub latency_threshold: u32,
}

/// What makes an issue of single troubles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnalyzerConfig {
    /// Seconds that are looked at together.
    pub analysis_window: u64,
    /// Troubles in a row that are an issue.
    pub issue_detection_threshold: u32,
}

/// What an agent measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SystemConfig {
    /// Which groups of metrics.
    pub metrics: SystemMetricsConfig,
}

/// Which groups of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SystemMetricsConfig {
    /// The processor.
    pub cpu: bool,
    /// Memory.
    pub memory: bool,
    /// Disks.
    pub disk: bool,
    /// The network's counters.
    pub network: bool,
    /// Processes.
    pub processes: bool,
}

fn outside() -> Vec<String> {
    ["8.8.8.8 Google DNS", "1.1.1.1 Cloudflare DNS"]
        .map(ToOwned::to_owned)
        .to_vec()
}

impl Default for WifiConfig {
    fn default() -> Self {
        Self {
            update_interval: 10,
            max_history: 60,
            retention_days: 7,
            log_file: "~/wifi_quality.csv".to_owned(),
            events_file: "~/wifi_events.csv".to_owned(),
            diagnostics_file: "~/network_diagnostics.csv".to_owned(),
            external_ping_targets: outside(),
            dns_test_domains: ["google.com", "cloudflare.com", "apple.com"]
                .map(ToOwned::to_owned)
                .to_vec(),
            signal_thresholds: SignalThresholds::default(),
            quality_thresholds: QualityThresholds::default(),
        }
    }
}

impl Default for SignalThresholds {
    fn default() -> Self {
        Self {
            excellent: -50,
            good: -60,
            fair: -70,
            poor: -80,
        }
    }
}

impl Default for QualityThresholds {
    fn default() -> Self {
        Self {
            packet_loss_warning: 5.0,
            packet_loss_critical: 20.0,
            latency_warning: 100,
            latency_critical: 500,
        }
    }
}

impl Default for SpeedtestConfig {
    fn default() -> Self {
        Self {
            update_interval: 60,
            max_history: 20,
            retention_days: 7,
            log_file: "~/speedtest_history.csv".to_owned(),
            slow_speed_threshold: 20.0,
            consecutive_slow_trigger: 5,
            slow_alert_cooldown: 300,
            test_timeout: 60,
            method: "atlas".to_owned(),
        }
    }
}

impl Default for PingConfig {
    fn default() -> Self {
        Self {
            targets: outside(),
            gateway: true,
            update_interval: 5,
            max_history: 100,
            retention_days: 7,
            log_file: "~/ping_history.csv".to_owned(),
            ping_count: 3,
            ping_timeout: 2,
            packet_loss_threshold: 10.0,
            latency_threshold: 100,
        }
    }
}

impl Default for AnalyzerConfig {
    fn default() -> Self {
        Self {
            analysis_window: 3_600,
            issue_detection_threshold: 5,
        }
    }
}

impl Default for SystemMetricsConfig {
    fn default() -> Self {
        Self {
            cpu: true,
            memory: true,
            disk: true,
            network: true,
            processes: true,
        }
    }
}
