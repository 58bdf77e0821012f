//! The network monitors' CSV logs, as 2.0 wrote them: which log has which columns, and what of a finding
//! goes where. Written on request only.

mod layouts;

use std::path::PathBuf;

use futures_util::future::LocalBoxFuture;

use self::layouts as log;
use super::{Finding, Missing, Monitor};
use crate::agent::csv_log::{Cell, CsvLogs, Layout, Row};
use crate::config::Config;
use crate::config::files::expand_home;
use crate::wire::report_v1::{
    CheckV1, DnsV1, MetricsV1, PingTargetV1, PingV1, RoamV1, SpeedResultV1, TroubleV1, TunnelV1, VpnV1,
    WifiV1,
};

/// Writes what network monitors find.
#[derive(Clone, Debug, Default)]
pub struct NetworkLogs {
    logs: CsvLogs,
    wifi: Place,
    wifi_events: Place,
    diagnostics: Place,
    ping: Place,
    speedtest: Place,
}

/// A file that the config names, and for how many days a row stays.
#[derive(Clone, Debug, Default)]
struct Place {
    path: PathBuf,
    days: u32,
}

impl NetworkLogs {
    /// By the settings.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let network = &config.network;
        let place = |path: &str, days| Place {
            path: expand_home(path),
            days,
        };
        let wifi_days = network.wifi.retention_days;
        Self {
            logs: CsvLogs::of(&config.fleet.agent.csv_logs),
            wifi: place(&network.wifi.log_file, wifi_days),
            wifi_events: place(&network.wifi.events_file, wifi_days),
            diagnostics: place(&network.wifi.diagnostics_file, wifi_days),
            ping: place(&network.ping.log_file, network.ping.retention_days),
            speedtest: place(&network.speedtest.log_file, network.speedtest.retention_days),
        }
    }

    /// Makes monitors whose findings are written into these logs too.
    pub fn logged<M, F: Fn() -> M>(&self, make: F) -> impl Fn() -> Logged<M> + use<M, F> {
        let logs = self.clone();
        move || Logged::new(make(), logs.clone())
    }

    /// Writes what a look found.
    pub async fn note(&self, found: &MetricsV1) {
        if !self.logs.are_written() {
            return;
        }
        if let Some(wifi) = &found.wifi {
            self.at(&self.wifi, &log::WIFI, vec![wifi_row(wifi)]).await;
        }
        if let Some(ping) = &found.ping {
            self.at(&self.ping, &log::PING, ping_rows(ping)).await;
            self.append(&log::UDP, targets(ping).map(target_row).collect())
                .await;
        }
        if let Some(tests) = &found.speedtest {
            self.at(
                &self.speedtest,
                &log::SPEEDTEST,
                tests.last.iter().map(speed_row).collect(),
            )
            .await;
        }
        if let Some(dns) = &found.dns {
            self.append(&log::DNS, dns_rows(dns)).await;
        }
        if let Some(vpn) = &found.vpn {
            self.append(&log::VPN, vpn_rows(vpn)).await;
        }
        if let Some(checks) = &found.checks {
            self.append(&log::SAAS, checks.iter().map(check_row).collect())
                .await;
            let sealed = checks
                .iter()
                .filter(|check| ["https", "tls"].contains(&check.kind.as_str()));
            self.append(&log::TLS, sealed.map(tls_row).collect()).await;
            let http = checks.iter().filter(|check| check.kind.starts_with("http"));
            self.append(&log::HTTP, http.map(http_row).collect()).await;
        }
    }

    /// Writes a change of the access point.
    pub async fn note_roam(&self, wifi: &WifiV1, roam: &RoamV1) {
        self.append(&log::ROAMING, vec![roam_row(roam)]).await;
        let row = vec![
            "roam".into(),
            wifi.ssid.as_ref().into(),
            wifi.bssid.as_ref().into(),
            format!("from {} to {}", roam.from_bssid, roam.to_bssid).into(),
        ];
        self.at(&self.wifi_events, &log::WIFI_EVENTS, vec![row]).await;
    }

    /// Writes a diagnosis with what it is made of.
    pub async fn note_diagnosis(&self, all: &MetricsV1) {
        self.at(
            &self.diagnostics,
            &log::DIAGNOSTICS,
            diagnosis_row(all).into_iter().collect(),
        )
        .await;
    }

    /// Whether anything is written at all.
    #[must_use]
    pub const fn are_written(&self) -> bool {
        self.logs.are_written()
    }

    async fn at(&self, place: &Place, layout: &'static Layout, rows: Vec<Row>) {
        self.logs
            .append_to(Some(place.path.clone()), layout, place.days, rows)
            .await;
    }

    async fn append(&self, layout: &'static Layout, rows: Vec<Row>) {
        self.logs.append(layout, rows).await;
    }
}

/// A monitor whose findings are written into the logs too.
pub struct Logged<M> {
    monitor: M,
    logs: NetworkLogs,
    last_roam: Option<RoamV1>,
}

impl<M> Logged<M> {
    /// Of that monitor, into these logs.
    pub const fn new(monitor: M, logs: NetworkLogs) -> Self {
        Self {
            monitor,
            logs,
            last_roam: None,
        }
    }
}

impl<M: Monitor> Monitor for Logged<M> {
    fn look(&mut self) -> LocalBoxFuture<'_, Result<Finding, Missing>> {
        Box::pin(async move {
            let found = self.monitor.look().await?;
            if self.logs.are_written() {
                self.logs.note(&found.metrics).await;
                if let Some(wifi) = &found.metrics.wifi
                    && let Some(roam) = &wifi.last_roam
                    && self.last_roam.as_ref() != Some(roam)
                {
                    self.logs.note_roam(wifi, roam).await;
                    self.last_roam = Some(roam.clone());
                }
            }
            Ok(found)
        })
    }
}

fn wifi_row(wifi: &WifiV1) -> Row {
    vec![
        wifi.ssid.as_ref().into(),
        wifi.bssid.as_ref().into(),
        wifi.signal_dbm.into(),
        wifi.noise_dbm.into(),
        wifi.snr_db.into(),
        wifi.channel.into(),
        wifi.rate_mbps.into(),
        wifi.security.as_ref().into(),
        wifi.quality_score.into(),
    ]
}

fn targets(ping: &PingV1) -> impl Iterator<Item = &PingTargetV1> {
    ping.targets.iter().flatten()
}

fn ping_rows(ping: &PingV1) -> Vec<Row> {
    let outside = ping.outside.iter();
    let rows = outside.map(|outside| {
        let status = match outside.loss_percent {
            Some(loss) if loss < 100.0 => "success",
            _ => "failed",
        };
        vec![
            outside.latency_ms.into(),
            outside.loss_percent.into(),
            status.into(),
        ]
    });
    rows.collect()
}

/// Of a target, in 2.0's columns for packets to it.
fn target_row(target: &PingTargetV1) -> Row {
    vec![
        target.address.as_str().into(),
        target.sent.into(),
        target.received.into(),
        target.loss_percent.into(),
        target.latency_ms.into(),
        target.latency_min_ms.into(),
        target.latency_max_ms.into(),
        target.jitter_ms.into(),
        Cell::default(),
        target.status.as_str().into(),
    ]
}

fn speed_row(test: &SpeedResultV1) -> Row {
    vec![
        test.download_mbps.into(),
        test.upload_mbps.into(),
        test.latency_ms.into(),
        test.jitter_ms.into(),
        test.server.as_str().into(),
    ]
}

fn dns_rows(dns: &DnsV1) -> Vec<Row> {
    let resolvers = dns.resolvers.iter().flatten();
    let rows = resolvers.map(|resolver| {
        vec![
            resolver.address.as_str().into(),
            resolver.address.as_str().into(),
            Cell::default(),
            resolver.latency_ms.into(),
            (resolver.answered == resolver.asked).into(),
            resolver.error.as_ref().into(),
        ]
    });
    rows.collect()
}

fn vpn_rows(vpn: &VpnV1) -> Vec<Row> {
    let row = |tunnel: &TunnelV1| {
        vec![
            tunnel.kind.as_str().into(),
            tunnel.name.as_str().into(),
            "connected".into(),
            tunnel.addresses.first().into(),
            Cell::default(),
            Cell::default(),
        ]
    };
    vpn.tunnels.iter().flatten().map(row).collect()
}

fn check_row(check: &CheckV1) -> Row {
    vec![
        check.name.as_str().into(),
        check.target.as_str().into(),
        check.kind.as_str().into(),
        check.is_up.into(),
        check.latency_ms.into(),
        check.dns_ms.into(),
        check.connect_ms.into(),
        check.error.as_ref().into(),
    ]
}

fn tls_row(check: &CheckV1) -> Row {
    vec![
        check.target.as_str().into(),
        check.tls_ms.into(),
        check.tls_version.as_ref().into(),
        Cell::default(),
        check.tls_ms.is_some().into(),
        check.error.as_ref().into(),
    ]
}

fn http_row(check: &CheckV1) -> Row {
    vec![
        check.target.as_str().into(),
        check.latency_ms.into(),
        check.status.into(),
        check.is_up.into(),
        check.error.as_ref().into(),
    ]
}

fn roam_row(roam: &RoamV1) -> Row {
    vec![
        "roam".into(),
        roam.from_bssid.as_str().into(),
        roam.to_bssid.as_str().into(),
        roam.from_signal_dbm.into(),
        roam.to_signal_dbm.into(),
        roam.from_channel.into(),
        roam.to_channel.into(),
        Cell::default(),
        Cell::default(),
    ]
}

/// None while there is no diagnosis.
fn diagnosis_row(all: &MetricsV1) -> Option<Row> {
    let diagnosis = all.diagnosis.as_ref()?;
    let ping = all.ping.clone().unwrap_or_default();
    let (gateway, outside) = (ping.gateway.as_ref(), ping.outside.unwrap_or_default());
    let availability = all.dns.as_ref().and_then(|dns| dns.availability_percent);
    let issue = (diagnosis.trouble != TroubleV1::None).then_some(diagnosis.trouble.word());
    Some(vec![
        all.wifi.as_ref().and_then(|wifi| wifi.quality_score).into(),
        gateway.map(|gateway| gateway.address.as_str()).into(),
        gateway.and_then(|gateway| gateway.latency_ms).into(),
        gateway.map(|gateway| gateway.loss_percent).into(),
        outside.latency_ms.into(),
        outside.loss_percent.into(),
        availability.map(|percent| percent > 0.0).into(),
        issue.into(),
        diagnosis.severity.as_str().into(),
        diagnosis.summary.as_str().into(),
    ])
}

#[cfg(test)]
mod tests;
