//! Owns the part of a report in which the agent says what it costs its machine.

use serde::{Deserialize, Serialize};

part! {
    /// What the agent itself costs.
    OwnCostV1 {
        /// Percent of one core since the last look.
        cpu_percent: f64,
        /// Bytes of memory that are its own and in use (RSS).
        memory_bytes: u64,
        /// Times a second that it was woken up since the last look.
        wakeups_per_s: f64,
        /// Its threads.
        threads: u32,
        /// Monitors that took too long or failed, and look more seldom for it.
        slowed: Vec<SlowedMonitorV1>,
    }
}

/// A monitor that took too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowedMonitorV1 {
    /// Which.
    pub name: String,
    /// Milliseconds that its last look took; its whole time limit when it was cut off.
    pub took_ms: u64,
    /// Seconds between two looks now.
    pub interval_s: u64,
}
