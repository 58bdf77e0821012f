//! Owns the part of a report about fans, the processor's clock and throttling. The temperatures
//! themselves are `metrics.temperature` and `metrics.temperatures`.

use serde::{Deserialize, Serialize};

part! {
    /// Fans, clock and throttling.
    ThermalV1 {
        /// Which sensor gives the processor's temperature.
        cpu_source: String,
        /// Fans that turn or could.
        fans: Vec<FanV1>,
        /// Megahertz of the processor now, the mean of its cores.
        cpu_mhz: f64,
        /// Megahertz that it may reach.
        cpu_max_mhz: f64,
        /// Percent of its speed to which the system limits it (macOS).
        cpu_limit_percent: f64,
        /// Whether it was slowed for its heat since the last look.
        is_throttled: bool,
        /// How often it was slowed for its heat since the machine was started.
        throttle_count: u64,
        /// "nominal", or the system's word for what is worse (macOS).
        pressure: String,
    }
}

/// One fan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanV1 {
    /// Its name.
    pub label: String,
    /// Turns a minute.
    pub rpm: u64,
}
