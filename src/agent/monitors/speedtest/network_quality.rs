//! Reads `networkQuality -c` of macOS. Never run on a Mac.

use serde::Deserialize;

use crate::agent::collect::hundredth;
use crate::agent::monitors::tool::unexpected;
use crate::agent::monitors::{Missing, tool};
use crate::wire::report_v1::{SpeedResultV1, Unavailable};

/// Bits of a megabit.
const MEGA: f64 = 1_000_000.0;

#[derive(Deserialize)]
struct Printed {
    base_rtt: Option<f64>,
    dl_throughput: Option<f64>,
    ul_throughput: Option<f64>,
    responsiveness: Option<f64>,
    dl_responsiveness: Option<f64>,
    error_code: Option<i64>,
    error_domain: Option<String>,
    test_endpoint: Option<String>,
}

/// Runs the tool.
pub(super) async fn test(at: String) -> Result<SpeedResultV1, Missing> {
    // Its status is not 0 when it is offline, and then it says why.
    let said = tool::run("/usr/bin/networkQuality", &["-c"]).await?;
    parse(&said.out, at)
}

fn parse(said: &str, at: String) -> Result<SpeedResultV1, Missing> {
    let printed: Printed = serde_json::from_str(said).map_err(|_| unexpected(said))?;
    if let Some(code) = printed.error_code {
        let domain = printed.error_domain.unwrap_or_default();
        return Err(Missing {
            why: Unavailable::Unsupported,
            detail: Some(format!("networkQuality: error {code} {domain}")),
        });
    }
    let mbps = |bits: Option<f64>| {
        let bits = bits.filter(|bits| bits.is_finite() && *bits >= 0.0);
        bits.map(|bits| hundredth(bits / MEGA))
    };
    if printed.dl_throughput.is_none() && printed.ul_throughput.is_none() {
        return Err(unexpected(said));
    }
    Ok(SpeedResultV1 {
        at,
        server: printed
            .test_endpoint
            .unwrap_or_else(|| "networkQuality".to_owned()),
        download_mbps: mbps(printed.dl_throughput),
        upload_mbps: mbps(printed.ul_throughput),
        latency_ms: printed.base_rtt.filter(|ms| *ms >= 0.0),
        jitter_ms: None,
        responsiveness_rpm: printed.responsiveness.or(printed.dl_responsiveness),
        is_slow: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded on macOS 27.2, shortened.
    const RECORDED: &str = r#"{"base_rtt":17.81,"dl_bytes_transferred":988658122,"dl_flows":10,
        "dl_throughput":361439456,"end_date":"2026-10-07 04:26:20.940","il_h2_req_resp":[12.9,14.6],
        "interface_name":"en0","os_version":"Version 27.2 (Build 26B5101f)","other":{},"responsiveness":215.5,
        "test_endpoint":"a.example","ul_bytes_transferred":842006528,"ul_flows":14,"ul_throughput":319803552}"#;
    /// Recorded on macOS 14.5, offline.
    const OFFLINE: &str = r#"{"error_code":-1009,"error_domain":"NSURLErrorDomain",
        "os_version":"Version 14.5 (Build 23F79)","other":{},"start_date":"x","end_date":"y"}"#;

    #[test]
    fn reads_what_was_recorded() {
        let result = parse(RECORDED, "now".to_owned()).unwrap();
        assert_eq!(
            (result.download_mbps, result.upload_mbps),
            (Some(361.44), Some(319.8))
        );
        assert_eq!(
            (result.latency_ms, result.responsiveness_rpm),
            (Some(17.81), Some(215.5))
        );
        let offline = parse(OFFLINE, String::new()).unwrap_err();
        assert!(offline.detail.unwrap().contains("-1009"));
    }

    #[test]
    fn other_words_are_not_understood() {
        for said in [
            "",
            "{}",
            "usage: networkQuality",
            "{\"dl_throughput\":\"fast\"}",
            &RECORDED[..60],
        ] {
            assert!(parse(said, String::new()).is_err(), "{said}");
        }
    }
}
