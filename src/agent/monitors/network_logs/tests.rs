//! That each row has its columns, and that nothing is written unasked.

use super::*;
use crate::wire::report_v1::{DiagnosisV1, OutsideV1, ResolverV1, SpeedtestV1};

fn check() -> CheckV1 {
    CheckV1 {
        name: "Web".to_owned(),
        target: "https://web/".to_owned(),
        kind: "https".to_owned(),
        is_up: true,
        latency_ms: Some(12.0),
        dns_ms: Some(1.0),
        connect_ms: Some(2.0),
        tls_ms: Some(3.0),
        status: Some(200),
        tls_days_left: Some(9),
        tls_version: Some("1.3".to_owned()),
        error: None,
    }
}

fn roam() -> RoamV1 {
    RoamV1 {
        at: String::new(),
        from_bssid: "a".to_owned(),
        to_bssid: "b".to_owned(),
        from_signal_dbm: Some(-75),
        to_signal_dbm: Some(-50),
        from_channel: None,
        to_channel: Some(36),
    }
}

/// Something of everything.
#[expect(clippy::too_many_lines, reason = "one report with everything in it")]
fn found() -> MetricsV1 {
    let target = PingTargetV1 {
        name: "x".to_owned(),
        address: "192.0.2.1".to_owned(),
        method: "icmp".to_owned(),
        status: "ok".to_owned(),
        sent: 3,
        received: 3,
        loss_percent: 0.0,
        latency_ms: Some(5.0),
        latency_min_ms: Some(4.0),
        latency_max_ms: Some(6.0),
        jitter_ms: Some(1.0),
        error: None,
    };
    let result = SpeedResultV1 {
        at: String::new(),
        server: "s".to_owned(),
        download_mbps: Some(94.0),
        upload_mbps: Some(38.0),
        latency_ms: Some(9.0),
        jitter_ms: Some(1.0),
        responsiveness_rpm: None,
        is_slow: false,
    };
    MetricsV1 {
        ping: Some(PingV1 {
            outside: Some(OutsideV1 {
                latency_ms: Some(5.0),
                jitter_ms: Some(1.0),
                loss_percent: Some(0.0),
            }),
            targets: Some(vec![target]),
            ..PingV1::default()
        }),
        wifi: Some(WifiV1 {
            ssid: Some("=Studio".to_owned()),
            signal_dbm: Some(-52),
            last_roam: Some(roam()),
            ..WifiV1::default()
        }),
        speedtest: Some(SpeedtestV1 {
            last: Some(result),
            ..SpeedtestV1::default()
        }),
        dns: Some(DnsV1 {
            resolvers: Some(vec![ResolverV1 {
                address: "192.0.2.53".to_owned(),
                asked: 3,
                answered: 3,
                latency_ms: Some(7.0),
                error: None,
            }]),
            availability_percent: Some(100.0),
            ..DnsV1::default()
        }),
        vpn: Some(VpnV1 {
            tunnels: Some(vec![TunnelV1 {
                name: "wg0".to_owned(),
                kind: "WireGuard".to_owned(),
                addresses: vec!["10.0.0.2".to_owned()],
                has_default_route: false,
                routes: 0,
            }]),
            ..VpnV1::default()
        }),
        checks: Some(vec![check()]),
        diagnosis: Some(DiagnosisV1 {
            trouble: TroubleV1::Provider,
            severity: "warning".to_owned(),
            summary: "A sentence.".to_owned(),
            evidence: Vec::new(),
            since: String::new(),
            suspected: None,
            troubles_in_window: 1,
        }),
        ..MetricsV1::default()
    }
}

/// Finds the same each time.
struct Same;

impl Monitor for Same {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async { Ok(Finding::from(found())) })
    }
}

fn config(folder: &std::path::Path, enabled: bool) -> Config {
    let mut config = Config::default();
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    config.fleet.agent.csv_logs.enabled = enabled;
    config.fleet.agent.csv_logs.folder = folder.to_string_lossy().into_owned();
    config.network.wifi.log_file = file("wifi_quality.csv");
    config.network.wifi.events_file = file("wifi_events.csv");
    config.network.wifi.diagnostics_file = file("network_diagnostics.csv");
    config.network.ping.log_file = file("ping_history.csv");
    config.network.speedtest.log_file = file("speedtest_history.csv");
    config
}

#[actix_rt::test]
async fn every_log_has_its_columns_and_each_row_as_many_cells() {
    let folder = tempfile::tempdir().unwrap();
    let logs = NetworkLogs::of(&config(folder.path(), true));
    let mut monitor = Logged::new(Same, logs.clone());
    monitor.look().await.unwrap();
    monitor.look().await.unwrap();
    logs.note_diagnosis(&found()).await;
    for layout in log::ALL {
        let path = folder.path().join(format!("{}.csv", layout.name));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", layout.name));
        let mut lines = text.lines();
        assert_eq!(lines.next().unwrap(), layout.columns.join(","));
        let rows: Vec<_> = lines.collect();
        let once = ["wifi_events", "roaming", "network_diagnostics"].contains(&layout.name);
        assert_eq!(rows.len(), if once { 1 } else { 2 }, "{}", layout.name);
        for row in rows {
            assert_eq!(
                row.split(',').count(),
                layout.columns.len(),
                "{}: {row}",
                layout.name
            );
        }
    }
    let wifi = std::fs::read_to_string(folder.path().join("wifi_quality.csv")).unwrap();
    assert!(
        wifi.contains(",'=Studio,"),
        "a network's name is no formula: {wifi}"
    );
}

#[actix_rt::test]
async fn nothing_is_written_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let logs = NetworkLogs::of(&config(folder.path(), false));
    Logged::new(Same, logs.clone()).look().await.unwrap();
    logs.note_diagnosis(&found()).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
