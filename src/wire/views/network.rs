//! How the fleet's networks are: by wireless network, by gateway, by machine; and 2.0's words on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the fleet's networks are. Values are of machines that report in time.
#[derive(Serialize, ToSchema)]
pub struct NetworkView<'a> {
    /// Machines that report in time.
    pub machines: usize,
    /// Those that say how their network is.
    pub measured: usize,
    /// How many have trouble, by its place: `machine`, `wifi`, `local_network`, `provider`, `vpn`, `dns`,
    /// `service`.
    pub troubles: BTreeMap<&'a str, usize>,
    /// By wireless network, most troubled first.
    pub by_ssid: Vec<NetworkGroupView>,
    /// By gateway, most troubled first.
    pub by_gateway: Vec<NetworkGroupView>,
    /// The machines whose network is worst, at most 20.
    pub worst: Vec<NetworkMachineView<'a>>,
    /// The newest speed tests, at most 20.
    pub speed_tests: Vec<SpeedTestView>,
}

/// Machines that share a network.
#[derive(Serialize, ToSchema)]
pub struct NetworkGroupView {
    /// The wireless network's name, or the gateway's address.
    pub name: String,
    /// How many report in time.
    pub machines: usize,
    /// How many of these have trouble.
    pub troubled: usize,
    /// Milliseconds to the outside, of the machine in the middle.
    #[schema(required)]
    pub latency_ms_median: Option<f32>,
    /// The same of the worst.
    #[schema(required)]
    pub latency_ms_worst: Option<f32>,
    /// Percent of packets lost, of the machine in the middle.
    #[schema(required)]
    pub loss_percent_median: Option<f32>,
    /// The same of the worst.
    #[schema(required)]
    pub loss_percent_worst: Option<f32>,
    /// The wireless signal in dBm, of the machine in the middle.
    #[schema(required)]
    pub signal_dbm_median: Option<f32>,
}

/// How one machine's network is.
#[derive(Serialize, ToSchema)]
pub struct NetworkMachineView<'a> {
    /// Its id.
    pub machine_id: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// Its wireless network.
    #[schema(required)]
    pub ssid: Option<String>,
    /// Its gateway.
    #[schema(required)]
    pub gateway: Option<String>,
    /// Where its trouble is; `none` when all is well, null when it does not say.
    #[schema(required)]
    pub trouble: Option<&'a str>,
    /// `ok`, `warning` or `critical`.
    #[schema(required)]
    pub severity: Option<String>,
    /// The diagnosis in a sentence.
    #[schema(required)]
    pub summary: Option<String>,
    /// How that is known.
    pub evidence: Vec<String>,
    /// Since when.
    #[schema(required)]
    pub since: Option<String>,
    /// Milliseconds to the outside.
    #[schema(required)]
    pub latency_ms: Option<f32>,
    /// Percent of packets lost.
    #[schema(required)]
    pub loss_percent: Option<f32>,
    /// Milliseconds to the gateway.
    #[schema(required)]
    pub gateway_latency_ms: Option<f32>,
    /// Percent of packets to it that were lost.
    #[schema(required)]
    pub gateway_loss_percent: Option<f32>,
    /// The wireless signal in dBm.
    #[schema(required)]
    pub signal_dbm: Option<f32>,
    /// What voices would sound like, 1 to 4.5.
    #[schema(required)]
    pub mos: Option<f32>,
}

/// One speed test.
#[derive(Clone, Serialize, ToSchema)]
pub struct SpeedTestView {
    /// Whose.
    pub machine_id: String,
    /// When.
    pub timestamp: String,
    /// Against whom.
    pub server: String,
    /// Megabits a second towards the machine.
    #[schema(required)]
    pub download: Option<f64>,
    /// Megabits a second from it.
    #[schema(required)]
    pub upload: Option<f64>,
    /// Milliseconds.
    #[schema(required)]
    pub ping: Option<f64>,
    /// Milliseconds.
    #[schema(required)]
    pub jitter: Option<f64>,
    /// Whether it was slower than its machine's config allows.
    pub is_slow: bool,
}

/// 2.0's report of network trouble (contract, section 3).
#[derive(Serialize, ToSchema)]
pub struct NetworkAnalysisView<'a> {
    /// The server's time.
    pub timestamp: String,
    /// Machines that were looked at.
    pub machines_analyzed: usize,
    /// Those with trouble.
    pub machines_with_issues: usize,
    /// The machines; with trouble first.
    pub machines: Vec<NetworkMachineView<'a>>,
}

/// What voices over a network would sound like.
#[derive(Serialize, ToSchema)]
pub struct MosView {
    /// Mean opinion score, 1 (bad) to 4.5 (excellent).
    pub mos: f64,
    /// The E-model's rating, 0 to 93.2.
    pub r_factor: f64,
    /// In a word: `excellent`, `good`, `fair`, `poor`, `bad`.
    pub quality: &'static str,
}

/// How a network fares, for a voice score.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MosRequest {
    /// Milliseconds to the other side and back.
    pub latency_ms: f64,
    /// Milliseconds by which that varies.
    #[serde(default)]
    pub jitter_ms: f64,
    /// Percent.
    #[serde(default)]
    pub packet_loss: f64,
}

/// Whom machines test against.
#[derive(Serialize, ToSchema)]
pub struct TestServersView<'a> {
    /// The servers.
    pub servers: Vec<TestServerView<'a>>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct TestServerView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is.
    pub url: &'a str,
}

/// Each machine's test values.
#[derive(Serialize, ToSchema)]
pub struct TestMetricsView<'a> {
    /// The machines.
    pub metrics: Vec<NetworkMachineView<'a>>,
    /// How many.
    pub count: usize,
}

/// Sums over all machines.
#[derive(Serialize, ToSchema)]
pub struct TestSummaryView {
    /// Machines with values.
    pub machines: usize,
    /// Milliseconds to the outside, on average.
    #[schema(required)]
    pub avg_latency_ms: Option<f32>,
    /// Milliseconds by which that varies, on average.
    #[schema(required)]
    pub avg_jitter_ms: Option<f32>,
    /// Percent of packets lost, on average.
    #[schema(required)]
    pub avg_packet_loss: Option<f32>,
    /// The voice score on average.
    #[schema(required)]
    pub avg_mos: Option<f32>,
    /// The worst.
    #[schema(required)]
    pub min_mos: Option<f32>,
}
