//! Reads `system_profiler SPAirPortDataType -json`. Without permission for its location the names are
//! hidden: then there is a signal and no name. Never run on a Mac.

use serde_json::Value;

use super::{Radio, plausible_dbm};

/// What macOS writes in place of a name that it hides.
const HIDDEN: &str = "<redacted>";

/// The first interface; in a network, if any is.
pub(super) fn parse(said: &str) -> Option<Radio> {
    let whole: Value = serde_json::from_str(said).ok()?;
    let cards = whole.get("SPAirPortDataType")?.as_array()?;
    let interfaces: Vec<_> = cards
        .iter()
        .filter_map(|card| card.get("spairport_airport_interfaces")?.as_array())
        .flatten()
        .collect();
    let connected = interfaces.iter().find_map(|interface| {
        let network = interface.get("spairport_current_network_information")?;
        Some(connected(name(interface), network))
    });
    connected.or_else(|| {
        Some(Radio {
            interface: name(interfaces.first()?),
            ..Radio::default()
        })
    })
}

fn name(of: &Value) -> String {
    text(of, "_name").unwrap_or_default()
}

fn text(of: &Value, key: &str) -> Option<String> {
    let text = of.get(key)?.as_str()?.trim();
    (!text.is_empty() && text != HIDDEN).then(|| text.to_owned())
}

fn connected(interface: String, network: &Value) -> Radio {
    let channel = text(network, "spairport_network_channel").unwrap_or_default();
    let both = text(network, "spairport_signal_noise").unwrap_or_default();
    let mut dbm = both
        .split('/')
        .map(|part| part.trim().trim_end_matches("dBm").trim().parse().ok());
    let rate = network.get("spairport_network_rate");
    Radio {
        interface,
        ssid: text(network, "_name"),
        bssid: text(network, "spairport_network_bssid"),
        signal_dbm: dbm.next().flatten().and_then(plausible_dbm),
        noise_dbm: dbm.next().flatten().and_then(plausible_dbm),
        channel: channel
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok()),
        width_mhz: within(&channel, "MHz"),
        frequency_mhz: within(&channel, "GHz").map(|ghz: u32| ghz * 1_000),
        rate_mbps: rate.and_then(|rate| rate.as_f64().or_else(|| rate.as_str()?.trim().parse().ok())),
        phy_mode: text(network, "spairport_network_phymode"),
        security: text(network, "spairport_security_mode")
            .map(|mode| mode.trim_start_matches("spairport_security_mode_").to_owned()),
        is_connected: true,
    }
}

/// The number before a unit in a text as `36 (5GHz, 80MHz)`.
fn within(channel: &str, unit: &str) -> Option<u32> {
    let before = channel
        .split(unit)
        .next()
        .filter(|before| before.len() < channel.len())?;
    let digits = before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|number| *number < 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields as recorded on a Mac, put together.
    fn recorded(name: &str) -> String {
        format!(
            r#"{{"SPAirPortDataType":[{{"spairport_airport_interfaces":[{{"_name":"en0",
            "spairport_current_network_information":{{"_name":"{name}","spairport_network_channel":"36 (5GHz, 80MHz)",
            "spairport_network_phymode":"802.11ax","spairport_network_rate":1200,
            "spairport_security_mode":"spairport_security_mode_wpa2_personal",
            "spairport_signal_noise":"-46 dBm / -96 dBm"}},
            "spairport_airport_other_local_wireless_networks":[]}},{{"_name":"awdl0"}}]}}]}}"#
        )
    }

    #[test]
    fn reads_what_was_recorded() {
        let radio = parse(&recorded("Studio")).unwrap();
        assert_eq!(
            (radio.interface.as_str(), radio.ssid.as_deref()),
            ("en0", Some("Studio"))
        );
        assert_eq!((radio.signal_dbm, radio.noise_dbm), (Some(-46), Some(-96)));
        assert_eq!(
            (radio.channel, radio.width_mhz, radio.frequency_mhz),
            (Some(36), Some(80), Some(5_000))
        );
        assert_eq!(
            (radio.rate_mbps, radio.security.as_deref()),
            (Some(1200.0), Some("wpa2_personal"))
        );
    }

    #[test]
    fn a_hidden_name_is_no_name() {
        let radio = parse(&recorded("<redacted>")).unwrap();
        assert_eq!(
            (radio.ssid, radio.bssid, radio.signal_dbm),
            (None, None, Some(-46))
        );
    }

    #[test]
    fn without_a_network_it_is_not_connected_and_other_text_is_not_understood() {
        let idle = r#"{"SPAirPortDataType":[{"spairport_airport_interfaces":[{"_name":"en0"}]}]}"#;
        let radio = parse(idle).unwrap();
        assert!(!radio.is_connected && radio.signal_dbm.is_none());
        for said in ["", "{", "[]", "{\"SPAirPortDataType\":7}", &recorded("a")[..80]] {
            assert_eq!(parse(said), None, "{said:?}");
        }
        let odd = recorded("a")
            .replace("36 (5GHz, 80MHz)", "99999999999999 (xGHz, MHz)")
            .replace("-46 dBm", "9e9");
        let radio = parse(&odd).unwrap();
        assert_eq!(
            (radio.channel, radio.width_mhz, radio.signal_dbm),
            (None, None, None)
        );
    }
}
