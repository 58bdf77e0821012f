//! Owns the part of a report about mains and battery.

use serde::{Deserialize, Serialize};

part! {
    /// Mains and battery.
    PowerV1 {
        /// Whether there is a battery.
        battery_installed: bool,
        /// Whether the machine has mains.
        ac_connected: bool,
        /// Charge, 0 to 100.
        percent: f64,
        /// Whether it is being charged.
        is_charging: bool,
        /// Seconds until it is empty, or full while it is being charged.
        time_left_s: u64,
        /// What it holds now of what it held when it was new; a new one may be above 100.
        health_percent: f64,
        /// How often it was emptied and filled.
        cycle_count: u64,
        /// What it held when it was new, in `capacity_unit`.
        design_capacity: f64,
        /// What it holds when it is full.
        max_capacity: f64,
        /// What it holds now.
        current_capacity: f64,
        /// "mAh" or "mWh", as the battery counts.
        capacity_unit: String,
        /// Millivolts.
        voltage_mv: f64,
        /// Milliamperes; negative while it is being emptied.
        amperage_ma: f64,
        /// Degrees Celsius.
        temperature_c: f64,
        /// "Good" and the like, in the system's words.
        condition: String,
    }
}
