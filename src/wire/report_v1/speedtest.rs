//! Owns the part of a report that says how fast the network is.

use serde::{Deserialize, Serialize};

part! {
    /// How fast the network is.
    SpeedtestV1 {
        /// The newest test.
        last: SpeedResultV1,
        /// Tests before it, oldest first, at most as many as `network.speedtest.max_history`.
        recent: Vec<SpeedResultV1>,
        /// Slow tests in a row.
        slow_in_a_row: u32,
        /// Whether that is an alarm: `consecutive_slow_trigger` slow ones in a row, and none for
        /// `slow_alert_cooldown` before.
        is_slow_alarm: bool,
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeedResultV1 {
    /// When, RFC 3339.
    pub at: String,
    /// Against whom.
    pub server: String,
    /// Megabits a second received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_mbps: Option<f64>,
    /// Megabits a second sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_mbps: Option<f64>,
    /// Milliseconds to the first byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Milliseconds by which that varies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<f64>,
    /// Round trips a minute under load (`networkQuality`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsiveness_rpm: Option<f64>,
    /// Whether it was slower than `slow_speed_threshold`.
    pub is_slow: bool,
}
