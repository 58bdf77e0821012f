//! The wireless network: signal, noise, channel, rate, and changes of the access point. From `iw` on
//! Linux (without it, the little that the kernel's file says), from `system_profiler` on macOS.

pub mod linux;
pub mod mac;
pub mod roaming;

use std::time::Duration;

use atlas_actors::clock::{Clock, SystemClock};
use futures_util::future::LocalBoxFuture;

use self::roaming::Roaming;
use super::tool::{self, unexpected};
use super::{Finding, Missing, Monitor};
use crate::config::Config;
use crate::config::schema::SignalThresholds;
use crate::wire::report_v1::{MachineInfoV1, MetricsV1, Unavailable, WifiV1};

/// The tool of macOS takes seconds itself.
const MAC_INTERVAL_MIN: Duration = Duration::from_secs(60);

/// What a system said of its wireless network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Radio {
    pub(super) interface: String,
    pub(super) ssid: Option<String>,
    pub(super) bssid: Option<String>,
    pub(super) signal_dbm: Option<i32>,
    pub(super) noise_dbm: Option<i32>,
    pub(super) channel: Option<u32>,
    pub(super) width_mhz: Option<u32>,
    pub(super) frequency_mhz: Option<u32>,
    pub(super) rate_mbps: Option<f64>,
    pub(super) phy_mode: Option<String>,
    pub(super) security: Option<String>,
    pub(super) is_connected: bool,
}

/// Looks at the wireless network.
pub struct Wifi {
    thresholds: SignalThresholds,
    roaming: Roaming,
}

impl Wifi {
    /// Nothing seen so far.
    #[must_use]
    pub const fn new(thresholds: SignalThresholds) -> Self {
        Self {
            thresholds,
            roaming: Roaming::new(),
        }
    }

    /// Seconds between two looks, by the settings and what this system's tool takes.
    #[must_use]
    pub fn interval_s(config: &Config) -> u64 {
        let asked = config.network.wifi.update_interval;
        if cfg!(target_os = "macos") {
            asked.max(MAC_INTERVAL_MIN.as_secs())
        } else {
            asked
        }
    }

    fn find(&mut self, radio: Radio, at: String) -> Finding {
        self.roaming.note(&radio, self.thresholds.poor, at);
        let ssid = radio.ssid.clone();
        Finding {
            metrics: MetricsV1 {
                wifi_roaming: Some(self.roaming.in_words_of_2_0(&radio)),
                wifi: Some(self.reported(radio)),
                ..MetricsV1::default()
            },
            facts: MachineInfoV1 {
                ssid,
                ..MachineInfoV1::default()
            },
            ..Finding::default()
        }
    }

    fn reported(&self, radio: Radio) -> WifiV1 {
        let band = radio.frequency_mhz.map(band).map(ToOwned::to_owned);
        WifiV1 {
            interface: Some(radio.interface),
            is_connected: Some(radio.is_connected),
            snr_db: radio
                .signal_dbm
                .zip(radio.noise_dbm)
                .map(|(signal, noise)| signal - noise),
            quality: radio.signal_dbm.map(|dbm| word(dbm, self.thresholds).to_owned()),
            quality_score: radio.signal_dbm.map(score),
            ssid: radio.ssid,
            roams: self.roaming.roams(),
            last_roam: self.roaming.last(),
            bssid: radio.bssid,
            signal_dbm: radio.signal_dbm,
            noise_dbm: radio.noise_dbm,
            channel: radio.channel,
            width_mhz: radio.width_mhz,
            band,
            rate_mbps: radio.rate_mbps,
            phy_mode: radio.phy_mode,
            security: radio.security,
        }
    }
}

/// The signal in a word.
fn word(dbm: i32, thresholds: SignalThresholds) -> &'static str {
    match dbm {
        dbm if dbm >= thresholds.excellent => "excellent",
        dbm if dbm >= thresholds.good => "good",
        dbm if dbm >= thresholds.fair => "fair",
        dbm if dbm >= thresholds.poor => "poor",
        _ => "unusable",
    }
}

/// The signal as 0 (-100 dBm) to 100 (-50 dBm), as most systems show it.
fn score(dbm: i32) -> u32 {
    u32::try_from((dbm.saturating_add(100).saturating_mul(2)).clamp(0, 100)).unwrap_or_default()
}

/// A signal or noise that can be one; others are a driver's way to say that it does not know.
pub(super) fn plausible_dbm(dbm: i32) -> Option<i32> {
    (-130..0).contains(&dbm).then_some(dbm)
}

fn band(frequency_mhz: u32) -> &'static str {
    match frequency_mhz {
        0..3_000 => "2.4 GHz",
        3_000..5_925 => "5 GHz",
        _ => "6 GHz",
    }
}

impl Monitor for Wifi {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let radio = if cfg!(target_os = "linux") {
                linux::look().await?
            } else if cfg!(target_os = "macos") {
                let args = ["SPAirPortDataType", "-json"];
                let said = tool::run("/usr/sbin/system_profiler", &args).await?.when_well()?;
                mac::parse(&said).ok_or_else(|| unexpected(&said))?
            } else {
                return Err(Unavailable::Unsupported.into());
            };
            Ok(self.find(radio, SystemClock.now().to_string()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_called_what_the_contract_calls_it() {
        let thresholds = SignalThresholds::default();
        for (dbm, said, points) in [
            (-40, "excellent", 100),
            (-50, "excellent", 100),
            (-51, "good", 98),
            (-60, "good", 80),
            (-70, "fair", 60),
            (-80, "poor", 40),
            (-81, "unusable", 38),
            (i32::MIN, "unusable", 0),
        ] {
            assert_eq!((word(dbm, thresholds), score(dbm)), (said, points), "{dbm}");
        }
        assert_eq!(
            (plausible_dbm(-46), plausible_dbm(0), plausible_dbm(-256)),
            (Some(-46), None, None)
        );
    }

    #[test]
    fn what_is_found_says_how_far_the_signal_is_above_the_noise() {
        let radio = Radio {
            interface: "en0".to_owned(),
            ssid: Some("Studio".to_owned()),
            signal_dbm: Some(-46),
            noise_dbm: Some(-96),
            frequency_mhz: Some(5_180),
            is_connected: true,
            ..Radio::default()
        };
        let found = Wifi::new(SignalThresholds::default()).find(radio, String::new());
        let wifi = found.metrics.wifi.unwrap();
        assert_eq!((wifi.snr_db, wifi.band.as_deref()), (Some(50), Some("5 GHz")));
        assert_eq!(
            wifi.roams, None,
            "without access points no change of them can be seen"
        );
        assert_eq!(found.facts.ssid.as_deref(), Some("Studio"));
    }
}
