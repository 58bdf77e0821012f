//! The monitors' settings: which are on, how often each looks, and how long a look may take.

use serde::{Deserialize, Serialize};

/// One monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorConfig {
    /// Whether it looks at all.
    pub enabled: bool,
    /// Seconds between two looks.
    pub interval: u64,
    /// Seconds that a look may take.
    pub timeout: u64,
}

/// One monitor whose interval 2.0 has a key for, under `network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeConfig {
    /// Whether it looks at all.
    pub enabled: bool,
    /// Seconds that a look may take.
    pub timeout: u64,
}

impl ProbeConfig {
    /// The whole settings, with the interval that is kept elsewhere.
    #[must_use]
    pub const fn each(self, interval: u64) -> MonitorConfig {
        MonitorConfig {
            enabled: self.enabled,
            interval,
            timeout: self.timeout,
        }
    }
}

/// All monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonitorsConfig {
    /// What the agent itself costs.
    pub own_cost: MonitorConfig,
    /// The disks' own word on their health (SMART).
    pub disk_health: MonitorConfig,
    /// The battery's state and wear.
    pub power: MonitorConfig,
    /// Temperatures and fans.
    pub thermal: MonitorConfig,
    /// Services of systemd or launchd, and which failed.
    pub services: MonitorConfig,
    /// Disk encryption, firewall and the like.
    pub posture: MonitorConfig,
    /// Updates that wait. Slow, and uses the internet.
    pub updates: MonitorConfig,
    /// What is installed.
    pub software: MonitorConfig,
    /// Programs that crashed.
    pub crashes: MonitorConfig,
    /// What is plugged in, displays among it.
    pub peripherals: MonitorConfig,
    /// The wireless network.
    pub wifi: ProbeConfig,
    /// How long packets take, and how many are lost.
    pub ping: ProbeConfig,
    /// How fast the network is.
    pub speedtest: ProbeConfig,
    /// Whether names are found, and how fast.
    pub dns: MonitorConfig,
    /// The services that are named in network.checks.
    pub checks: MonitorConfig,
    /// Whether a VPN is up.
    pub vpn: MonitorConfig,
}

impl Default for MonitorsConfig {
    fn default() -> Self {
        let each = |interval, timeout| MonitorConfig {
            enabled: true,
            interval,
            timeout,
        };
        let probe = |enabled, timeout| ProbeConfig { enabled, timeout };
        Self {
            own_cost: each(30, 5),
            disk_health: each(3600, 60),
            power: each(60, 20),
            thermal: each(60, 10),
            services: each(60, 20),
            posture: each(3600, 60),
            updates: each(43200, 300),
            software: each(21600, 60),
            crashes: each(600, 30),
            peripherals: each(3600, 60),
            wifi: probe(true, 8),
            ping: probe(true, 5),
            speedtest: probe(false, 60),
            dns: each(60, 10),
            checks: each(60, 20),
            vpn: each(60, 10),
        }
    }
}
