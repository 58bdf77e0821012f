//! Reads `iw dev IF link`, `iw dev IF info` and `/proc/net/wireless`. Never run with a radio here: the
//! fixtures have the shape that iw 5 and 6 print.

use std::fs;
use std::path::Path;

use super::{Radio, plausible_dbm};
use crate::agent::monitors::tool::{self, unexpected};
use crate::agent::monitors::{Missing, tool::Said};
use crate::wire::report_v1::Unavailable;

/// Looks at the first wireless interface.
pub(super) async fn look() -> Result<Radio, Missing> {
    let interface = wireless_interface().ok_or(Unavailable::Unsupported)?;
    let kernel = fs::read_to_string("/proc/net/wireless").unwrap_or_default();
    let (signal, noise) = parse_kernel(&kernel, &interface);
    let mut radio = match tool::run("iw", &["dev", &interface, "link"]).await {
        Ok(link) => with_iw(link, &interface).await?,
        Err(missing) if signal.is_none() => return Err(missing),
        Err(_) => Radio {
            is_connected: signal.is_some(),
            ..Radio::default()
        },
    };
    radio.signal_dbm = radio.signal_dbm.or(signal);
    radio.noise_dbm = noise;
    radio.interface = interface;
    Ok(radio)
}

async fn with_iw(link: Said, interface: &str) -> Result<Radio, Missing> {
    let link = link.when_well()?;
    let mut radio = parse_link(&link).ok_or_else(|| unexpected(&link))?;
    if radio.is_connected
        && let Ok(info) = tool::run("iw", &["dev", interface, "info"]).await
    {
        (radio.channel, radio.width_mhz) = parse_info(&info.out);
    }
    Ok(radio)
}

/// Wireless interfaces have a folder `wireless` or a link `phy80211`.
fn wireless_interface() -> Option<String> {
    let mut names: Vec<_> = fs::read_dir("/sys/class/net")
        .ok()?
        .flatten()
        .filter(|entry| is_wireless(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().next()
}

fn is_wireless(folder: &Path) -> bool {
    folder.join("wireless").exists() || folder.join("phy80211").exists()
}

/// Reads `iw dev IF link`.
fn parse_link(said: &str) -> Option<Radio> {
    if said.trim_start().starts_with("Not connected") {
        return Some(Radio::default());
    }
    let bssid = said.trim_start().strip_prefix("Connected to ")?;
    let value = |name: &str| {
        let line = said.lines().find_map(|line| line.trim_start().strip_prefix(name));
        line.map(str::trim).filter(|value| !value.is_empty())
    };
    let number = |text: &str| -> Option<f64> { text.split_whitespace().next()?.parse().ok() };
    let rate = value("tx bitrate:");
    let signal = value("signal:").and_then(|text| text.split_whitespace().next()?.parse().ok());
    Some(Radio {
        ssid: value("SSID:").map(ToOwned::to_owned),
        bssid: bssid
            .split_whitespace()
            .next()
            .filter(|text| is_hardware_address(text))
            .map(ToOwned::to_owned),
        signal_dbm: signal.and_then(plausible_dbm),
        frequency_mhz: value("freq:").and_then(number).and_then(whole),
        rate_mbps: rate
            .and_then(number)
            .filter(|rate| rate.is_finite() && *rate >= 0.0),
        phy_mode: rate.map(|rate| phy_mode(rate).to_owned()),
        is_connected: true,
        ..Radio::default()
    })
}

fn is_hardware_address(text: &str) -> bool {
    let is_byte = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(':').count() == 6 && text.split(':').all(is_byte)
}

/// Frequencies have a fraction since iw 6.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "looked at before"
)]
fn whole(mhz: f64) -> Option<u32> {
    (mhz > 0.0 && mhz < 100_000.0).then_some(mhz as u32)
}

/// By the words that only one generation's rates have.
fn phy_mode(rate: &str) -> &'static str {
    let generations = [
        ("EHT", "802.11be"),
        ("HE-", "802.11ax"),
        ("VHT", "802.11ac"),
        ("MCS", "802.11n"),
    ];
    let found = generations.into_iter().find(|(word, _)| rate.contains(word));
    found.map_or("802.11a/b/g", |(_, mode)| mode)
}

/// Reads a line as `channel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz` of `iw dev IF info`.
fn parse_info(said: &str) -> (Option<u32>, Option<u32>) {
    let line = said
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("channel "));
    let first = |text: &str| text.split_whitespace().next()?.parse().ok();
    let width = line.and_then(|line| line.split_once("width:"));
    (line.and_then(first), width.and_then(|(_, width)| first(width)))
}

/// Reads signal and noise of an interface from `/proc/net/wireless`, whose numbers end in dots.
fn parse_kernel(text: &str, interface: &str) -> (Option<i32>, Option<i32>) {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let mut rows = lines.filter(|(name, _)| name.trim() == interface);
    let Some((_, row)) = rows.next() else {
        return (None, None);
    };
    let number = |index: usize| {
        let field = row.split_whitespace().nth(index)?;
        plausible_dbm(field.trim_end_matches('.').parse().ok()?)
    };
    (number(2), number(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "Connected to 24:f5:a2:01:02:03 (on wlp2s0)\n\tSSID: Studio 5\n\tfreq: 5180.0\n\
        \tRX: 1234567 bytes (4321 packets)\n\tTX: 7654 bytes (21 packets)\n\tsignal: -52 dBm\n\
        \trx bitrate: 433.3 MBit/s VHT-MCS 9 80MHz short GI VHT-NSS 1\n\
        \ttx bitrate: 390.0 MBit/s VHT-MCS 8 80MHz VHT-NSS 1\n\n\tbss flags:\tshort-slot-time\n\tdtim period:\t1\n";

    #[test]
    fn reads_a_connection() {
        let radio = parse_link(LINK).unwrap();
        assert_eq!(radio.ssid.as_deref(), Some("Studio 5"));
        assert_eq!(radio.bssid.as_deref(), Some("24:f5:a2:01:02:03"));
        assert_eq!((radio.signal_dbm, radio.frequency_mhz), (Some(-52), Some(5_180)));
        assert_eq!(
            (radio.rate_mbps, radio.phy_mode.as_deref()),
            (Some(390.0), Some("802.11ac"))
        );
        let info = "Interface wlp2s0\n\tifindex 3\n\tssid Studio 5\n\tchannel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz\n";
        assert_eq!(parse_info(info), (Some(36), Some(80)));
    }

    #[test]
    fn no_connection_is_known_and_other_words_are_not_understood() {
        assert_eq!(parse_link("Not connected.\n"), Some(Radio::default()));
        for said in [
            "",
            "Nicht verbunden.",
            "command failed: No such device (-19)",
            "\u{0}\u{1}",
        ] {
            assert_eq!(parse_link(said), None, "{said:?}");
        }
        let odd =
            parse_link("Connected to \n\tsignal: 99999999999 dBm\n\tfreq: NaN\n\ttx bitrate: inf\n").unwrap();
        assert_eq!(
            (odd.bssid, odd.signal_dbm, odd.frequency_mhz, odd.rate_mbps),
            (None, None, None, None)
        );
        assert_eq!(parse_info("channel"), (None, None));
    }

    #[test]
    fn reads_the_kernels_file() {
        let text = "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n \
            face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n\
            wlp2s0: 0000   58.  -52.  -256        0      0      0      0      9        0\n";
        assert_eq!(parse_kernel(text, "wlp2s0"), (Some(-52), None));
        assert_eq!(parse_kernel(text, "wlan1"), (None, None));
        assert_eq!(parse_kernel("wlp2s0: 0000 58.", "wlp2s0"), (None, None));
    }
}
