//! What the live stream carries: cards of machines and frames of changes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// One machine as the live page shows it.
#[derive(Serialize, ToSchema)]
pub struct CardView<'a> {
    /// Its id.
    pub id: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// Its host name.
    pub hostname: &'a str,
    /// `macos`, `linux`, `windows` or `other`.
    #[schema(value_type = OsView)]
    pub os: &'a str,
    /// The system's version.
    pub os_version: &'a str,
    /// The hardware's model.
    #[schema(required)]
    pub model: Option<&'a str>,
    /// Its address in its own network.
    #[schema(required)]
    pub ip: Option<&'a str>,
    /// Its tags.
    pub tags: Vec<&'a str>,
    /// Whether it is there.
    #[schema(value_type = PresenceView)]
    pub presence: &'a str,
    /// Since when (RFC 3339).
    pub presence_since: String,
    /// Why it is away; null while it is there.
    #[schema(required, value_type = Option<CauseView>)]
    pub presence_cause: Option<&'a str>,
    /// When its first report came.
    pub first_seen: String,
    /// When its newest report came.
    pub last_seen: String,
    /// How often it reports, in seconds.
    pub interval_s: u32,
    /// Processor in use, 0 to 100.
    #[schema(required)]
    pub cpu_percent: Option<f32>,
    /// Memory in use, 0 to 100.
    #[schema(required)]
    pub memory_percent: Option<f32>,
    /// Main disk in use, 0 to 100.
    #[schema(required)]
    pub disk_percent: Option<f32>,
    /// Load average over a minute.
    #[schema(required)]
    pub load_1: Option<f32>,
    /// Received, bytes a second.
    #[schema(required)]
    pub recv_bytes_per_s: Option<f32>,
    /// Sent, bytes a second.
    #[schema(required)]
    pub sent_bytes_per_s: Option<f32>,
    /// The processor's temperature.
    #[schema(required)]
    pub temperature_c: Option<f32>,
    /// The battery's charge, 0 to 100.
    #[schema(required)]
    pub battery_percent: Option<f32>,
    /// Seconds since boot.
    #[schema(required)]
    pub uptime_s: Option<f32>,
    /// The newest processor percentages, newest last, 20 at most.
    #[schema(value_type = Vec<u8>)]
    pub cpu_recent: &'a [u8],
    /// The values that stand out: `cpu`, `memory`, `disk`.
    #[schema(value_type = Vec<AlarmView>)]
    pub alarms: Vec<&'a str>,
    /// Whether an agent of 1.x or 2.0 reports for it.
    pub legacy: bool,
}

/// Whether a machine is there.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PresenceView {
    /// Reports in time.
    Online,
    /// Missed a report or two.
    Warning,
    /// Silent for long.
    Offline,
    /// Said that it goes to sleep.
    Asleep,
}

/// Why a machine is, or was, away.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseView {
    /// It slept.
    Asleep,
    /// It was shut down, or lost its power.
    PoweredOff,
    /// It ran, and reached nobody.
    NetworkDown,
    /// It ran, and its agent did not.
    AgentStopped,
    /// Its agent was being replaced.
    AgentUpgrading,
    /// The server itself was away.
    ServerDown,
    /// Nobody knows, or not yet.
    Unknown,
}

/// Machines that were lost together: one event, not many.
#[derive(Serialize, ToSchema)]
pub struct OutageView<'a> {
    /// What they share: `gateway 10.4.0.1` or `ssid office`.
    pub key: &'a str,
    /// The ids of the first 100.
    pub machines: Vec<&'a str>,
    /// How many they are.
    pub count: usize,
    /// When the first of them was heard last.
    pub since: String,
}

/// A family of operating systems.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OsView {
    /// macOS.
    Macos,
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// Anything else.
    Other,
}

/// A value that stands out.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlarmView {
    /// The processor.
    Cpu,
    /// The memory.
    Memory,
    /// The main disk.
    Disk,
}

/// The first frames of the live stream: all machines, in parts.
#[derive(Serialize, ToSchema)]
pub struct SnapshotFrame<'a> {
    /// What the deltas build on.
    pub revision: String,
    /// The server's time.
    pub server_time: String,
    /// Which part this is, from 1.
    pub part: usize,
    /// How many parts there are.
    pub parts: usize,
    /// The machines of this part.
    #[schema(value_type = Vec<CardView>)]
    pub machines: Vec<&'a RawValue>,
    /// The outages that go on.
    pub outages: Vec<OutageView<'a>>,
}

/// A later frame of the live stream: what changed.
#[derive(Serialize, ToSchema)]
pub struct DeltaFrame<'a> {
    /// The revision that it leads to.
    pub revision: String,
    /// The server's time.
    pub server_time: String,
    /// The machines that changed, whole.
    #[schema(value_type = Vec<CardView>)]
    pub changed: Vec<&'a RawValue>,
    /// The machines that are gone.
    pub removed: Vec<&'a str>,
    /// All outages that go on; only when they are others than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outages: Option<Vec<OutageView<'a>>>,
}

/// A sign of life on the live stream.
#[derive(Serialize, ToSchema)]
pub struct TickFrame {
    /// The server's time.
    pub server_time: String,
}
