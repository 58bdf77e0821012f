//! The columns of the network's CSV logs, as 2.0 has them (contract, section 8). Where the config names a
//! file and its days, these count in place of what stands here.

use crate::agent::csv_log::Layout;

/// `wifi_quality.csv`.
pub(super) static WIFI: Layout = Layout {
    name: "wifi_quality",
    columns: &[
        "timestamp",
        "ssid",
        "bssid",
        "rssi",
        "noise",
        "snr",
        "channel",
        "tx_rate",
        "auth_type",
        "quality_score",
    ],
    days_kept: 7,
};

/// `wifi_events.csv`.
pub(super) static WIFI_EVENTS: Layout = Layout {
    name: "wifi_events",
    columns: &["timestamp", "event_type", "ssid", "bssid", "details"],
    days_kept: 7,
};

/// `network_diagnostics.csv`.
pub(super) static DIAGNOSTICS: Layout = Layout {
    name: "network_diagnostics",
    columns: &[
        "timestamp",
        "wifi_quality",
        "gateway_ip",
        "gateway_latency",
        "gateway_loss",
        "internet_latency",
        "internet_loss",
        "dns_working",
        "issue_type",
        "severity",
        "description",
    ],
    days_kept: 7,
};

/// `ping_history.csv`.
pub(super) static PING: Layout = Layout {
    name: "ping_history",
    columns: &["timestamp", "latency", "packet_loss", "status"],
    days_kept: 7,
};

/// `speedtest_history.csv`.
pub(super) static SPEEDTEST: Layout = Layout {
    name: "speedtest_history",
    columns: &["timestamp", "download", "upload", "ping", "jitter", "server"],
    days_kept: 7,
};

/// `vpn.csv`.
pub(super) static VPN: Layout = Layout {
    name: "vpn",
    columns: &[
        "timestamp",
        "vpn_client",
        "interface",
        "status",
        "local_ip",
        "remote_ip",
        "duration_seconds",
    ],
    days_kept: 7,
};

/// `saas.csv`.
pub(super) static SAAS: Layout = Layout {
    name: "saas",
    columns: &[
        "timestamp",
        "endpoint_name",
        "host",
        "category",
        "reachable",
        "latency_ms",
        "dns_time_ms",
        "connect_time_ms",
        "error",
    ],
    days_kept: 7,
};

/// `dns.csv`.
pub(super) static DNS: Layout = Layout {
    name: "dns",
    columns: &[
        "timestamp",
        "resolver_name",
        "resolver_ip",
        "test_domain",
        "query_time_ms",
        "success",
        "error",
    ],
    days_kept: 7,
};

/// `tls.csv`.
pub(super) static TLS: Layout = Layout {
    name: "tls",
    columns: &[
        "timestamp",
        "endpoint",
        "handshake_time_ms",
        "tls_version",
        "cipher",
        "success",
        "error",
    ],
    days_kept: 7,
};

/// `http.csv`.
pub(super) static HTTP: Layout = Layout {
    name: "http",
    columns: &[
        "timestamp",
        "endpoint",
        "response_time_ms",
        "status_code",
        "success",
        "error",
    ],
    days_kept: 7,
};

/// `roaming.csv`.
pub(super) static ROAMING: Layout = Layout {
    name: "roaming",
    columns: &[
        "timestamp",
        "event_type",
        "old_bssid",
        "new_bssid",
        "old_rssi",
        "new_rssi",
        "old_channel",
        "new_channel",
        "roaming_latency_ms",
        "reason",
    ],
    days_kept: 30,
};

/// `udp.csv`.
pub(super) static UDP: Layout = Layout {
    name: "udp",
    columns: &[
        "timestamp",
        "target",
        "packets_sent",
        "packets_received",
        "packet_loss_percent",
        "avg_rtt_ms",
        "min_rtt_ms",
        "max_rtt_ms",
        "jitter_ms",
        "quality_score",
        "quality_rating",
    ],
    days_kept: 7,
};

/// All of them.
#[cfg(test)]
pub(super) static ALL: [&Layout; 12] = [
    &WIFI,
    &WIFI_EVENTS,
    &DIAGNOSTICS,
    &PING,
    &SPEEDTEST,
    &VPN,
    &SAAS,
    &DNS,
    &TLS,
    &HTTP,
    &ROAMING,
    &UDP,
];
