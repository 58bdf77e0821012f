//! Owns the parts of a report that say how packets fare: to the gateway, to the outside, and what
//! that means for voices.

use serde::{Deserialize, Serialize};

part! {
    /// How packets fare since the last report.
    PingV1 {
        /// Seconds that the numbers are about.
        window_s: u64,
        /// To the gateway: the first machine on every way out.
        gateway: PingTargetV1,
        /// To each configured target.
        targets: Vec<PingTargetV1>,
        /// To the outside: the target that fares best, since one that is down is that one's trouble.
        outside: OutsideV1,
        /// Percent of the sent TCP segments that were sent again; missing where nothing was sent.
        tcp_retransmit_percent: f64,
    }
}

/// How packets to one target fare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PingTargetV1 {
    /// What people call it.
    pub name: String,
    /// Its address as it was configured.
    pub address: String,
    /// `icmp` (echo), or `tcp` (how long a connection takes) where the system allows no echo.
    pub method: String,
    /// `ok`, `warning` (more loss or delay than configured) or `lost` (no answer at all).
    pub status: String,
    /// Packets sent.
    pub sent: u32,
    /// Packets that were answered.
    pub received: u32,
    /// Percent that was not answered.
    pub loss_percent: f64,
    /// Milliseconds to the answer, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// The fastest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_min_ms: Option<f64>,
    /// The slowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_max_ms: Option<f64>,
    /// Milliseconds by which two answers in a row differ, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<f64>,
    /// Why nothing could be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

part! {
    /// How packets to the outside fare.
    OutsideV1 {
        /// Milliseconds to the answer, on average.
        latency_ms: f64,
        /// Milliseconds by which two answers in a row differ, on average.
        jitter_ms: f64,
        /// Percent that was not answered.
        loss_percent: f64,
    }
}

/// What voices over this network would sound like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoiceV1 {
    /// Mean opinion score, 1 (bad) to 4.5 (excellent).
    pub mos: f64,
    /// The E-model's rating, 0 to 93.2.
    pub r_factor: f64,
    /// The score in a word.
    pub quality: String,
}
