//! Owns the part of a report that says how the wireless network is.

use serde::{Deserialize, Serialize};

part! {
    /// The wireless network that the machine is in.
    WifiV1 {
        /// The interface.
        interface: String,
        /// Whether it is in a network.
        is_connected: bool,
        /// The network's name; missing where the system hides it.
        ssid: String,
        /// The access point; missing where the system hides it.
        bssid: String,
        /// The signal in dBm: -50 is strong, -80 is weak.
        signal_dbm: i32,
        /// The noise in dBm.
        noise_dbm: i32,
        /// By how many dB the signal stands above the noise.
        snr_db: i32,
        /// The channel's number.
        channel: u32,
        /// The channel's width.
        width_mhz: u32,
        /// `2.4 GHz`, `5 GHz` or `6 GHz`.
        band: String,
        /// The rate at which it sends now, in megabits a second.
        rate_mbps: f64,
        /// The kind of radio, as 802.11ax.
        phy_mode: String,
        /// How it is sealed, as the system names it.
        security: String,
        /// The signal in a word: excellent, good, fair, poor, unusable.
        quality: String,
        /// The signal as 0 to 100.
        quality_score: u32,
        /// How often it went from one access point to another since the agent's start; missing where
        /// the system hides the access points.
        roams: u64,
        /// The last time that it did.
        last_roam: RoamV1,
    }
}

/// From one access point to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoamV1 {
    /// When it was noticed, RFC 3339.
    pub at: String,
    /// From which access point.
    pub from_bssid: String,
    /// To which.
    pub to_bssid: String,
    /// The signal before, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_signal_dbm: Option<i32>,
    /// The signal after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_signal_dbm: Option<i32>,
    /// The channel before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_channel: Option<u32>,
    /// The channel after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_channel: Option<u32>,
}

part! {
    /// 2.0's words on roaming.
    WifiRoamingV1 {
        /// How often it went from one access point to another since the agent's start.
        roaming_events: u64,
        /// How often it clung to a weak one.
        sticky_client_incidents: u64,
        /// Milliseconds that a change took, where the system says so.
        avg_roaming_latency: f64,
        /// The channel's number.
        current_channel: u32,
        /// Percent of the channel's time in use, where the system says so.
        channel_utilization: f64,
        /// Other access points on the same channel, where the system says so.
        interfering_aps: u32,
    }
}
