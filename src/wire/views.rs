//! What the API answers with: one type for each shape. The OpenAPI document is made from these, and
//! the dashboard's types from that document.

use std::collections::BTreeMap;

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

/// A user's role.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleView {
    /// May look.
    Viewer,
    /// May act on machines.
    Operator,
    /// May do everything.
    Admin,
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
}

/// A sign of life on the live stream.
#[derive(Serialize, ToSchema)]
pub struct TickFrame {
    /// The server's time.
    pub server_time: String,
}

/// A machine's whole record (contract, section 3), with what ATLAS adds.
#[derive(Serialize, ToSchema)]
pub struct MachineView<'a> {
    /// Its id.
    pub machine_id: &'a str,
    /// What it says of itself; see `MachineInfo` in docs/api.md.
    #[schema(value_type = Object)]
    pub info: &'a RawValue,
    /// When its first report came.
    pub first_seen: String,
    /// When its newest report came.
    pub last_seen: String,
    /// Whether it is there.
    #[schema(value_type = PresenceView)]
    pub status: &'a str,
    /// Its newest values as its agent sent them; see `Metrics` in docs/api.md.
    #[schema(value_type = Object, required)]
    pub latest_metrics: Option<&'a RawValue>,
    /// Its tags.
    pub tags: Vec<&'a str>,
    /// Since when it is `status`.
    pub presence_since: String,
    /// How often it reports, in seconds.
    pub interval_s: u32,
    /// Who reports for it.
    pub agent: AgentView<'a>,
}

/// Who reports for a machine.
#[derive(Serialize, ToSchema)]
pub struct AgentView<'a> {
    /// `atlas`, or `2.0` for agents of 1.x and 2.0.
    pub kind: &'a str,
    /// The agent's version.
    #[schema(required)]
    pub version: Option<&'a str>,
    /// Reports that its full spool dropped.
    pub dropped_reports: u64,
    /// Reports that came after newer ones.
    pub late_reports: u64,
}

/// All machines.
#[derive(Serialize, ToSchema)]
pub struct MachinesView<'a> {
    /// The machines, by id.
    pub machines: Vec<MachineView<'a>>,
    /// How many there are in all; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// How many were passed over; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// How many at most; only when a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The fleet in numbers (contract, section 3).
#[derive(Serialize, ToSchema)]
pub struct SummaryView<'a> {
    /// All machines.
    pub total_machines: usize,
    /// Those that report in time.
    pub online: usize,
    /// Those that missed a report.
    pub warning: usize,
    /// Those that are away.
    pub offline: usize,
    /// Those that sleep.
    pub asleep: usize,
    /// Mean over online machines; null when none is.
    #[schema(required)]
    pub avg_cpu: Option<f32>,
    /// As above.
    #[schema(required)]
    pub avg_memory: Option<f32>,
    /// As above.
    #[schema(required)]
    pub avg_disk: Option<f32>,
    /// The values that stand out.
    pub alerts: Vec<AlertView<'a>>,
    /// The server's time.
    pub timestamp: String,
}

/// A value that stands out.
#[derive(Serialize, ToSchema)]
pub struct AlertView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// Which.
    #[serde(rename = "type")]
    #[schema(value_type = AlarmView)]
    pub kind: &'a str,
    /// Always `critical`.
    pub severity: &'a str,
    /// In a sentence.
    pub message: String,
}

/// The server's state, without sign-in.
#[derive(Serialize, ToSchema)]
pub struct HealthView<'a> {
    /// `ok`.
    pub status: &'a str,
    /// Machines that are known.
    pub agents: usize,
    /// Machines that report in time.
    pub online: usize,
    /// The server's version.
    pub version: &'a str,
    /// Whether all machines have been read from disk since the start.
    pub complete: bool,
    /// The server's time.
    pub timestamp: String,
}

/// The answer to a report that is on disk.
#[derive(Serialize, ToSchema)]
pub struct ReceiptView<'a> {
    /// `ok`.
    pub status: &'a str,
    /// Whether the report came sealed.
    pub e2ee_verified: bool,
    /// Always false: ATLAS keeps no agent's database key.
    pub db_key_stored: bool,
    /// Whether it had been accepted before; then nothing was stored again.
    pub duplicate: bool,
    /// How many commands wait for this machine.
    pub commands_due: u32,
}

/// Recent reports of one machine (contract, section 3), newest last.
#[derive(Serialize, ToSchema)]
pub struct HistoryView {
    /// The reports.
    pub history: Vec<HistoryEntryView>,
}

/// One report of the past.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntryView {
    /// When it was measured.
    pub timestamp: String,
    /// The values that history keeps, in the shape of the report.
    pub metrics: serde_json::Value,
}

/// Values of one machine over time; all lists are as long as `times`.
#[derive(Serialize, ToSchema)]
pub struct SeriesView<'a> {
    /// Whose.
    pub machine_id: &'a str,
    /// From when.
    pub from: String,
    /// To when.
    pub to: String,
    /// The length of a step in seconds.
    pub step_s: u32,
    /// How fine the stored values are.
    pub tier: &'a str,
    /// The beginning of each step, unix seconds. Steps without values are left out.
    pub times: Vec<i64>,
    /// By the metric's name.
    pub series: BTreeMap<&'a str, SeriesColumnView<'a>>,
}

/// One metric's values; null where none is known.
#[derive(Serialize, ToSchema)]
pub struct SeriesColumnView<'a> {
    /// `percent`, `bytes`, `bytes_per_s`, `celsius`, `seconds` or `count`.
    pub unit: &'a str,
    /// The mean of each step.
    pub avg: Vec<Option<f32>>,
    /// The least of each step.
    pub min: Vec<Option<f32>>,
    /// The greatest of each step.
    pub max: Vec<Option<f32>>,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct UserView<'a> {
    /// The name.
    pub username: &'a str,
    /// What they may do.
    #[schema(value_type = RoleView)]
    pub role: &'a str,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// The answer to something that has no other.
#[derive(Serialize, ToSchema)]
pub struct SuccessView<'a> {
    /// True.
    pub success: bool,
    /// What was done.
    pub message: &'a str,
}

/// A machine's tags.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsView {
    /// All of them.
    pub tags: Vec<String>,
}

/// Asks for an enrolment token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// How many machines may use it; 1 unless said, 100,000 at most.
    #[serde(default = "one")]
    pub max_uses: u32,
    /// For how many seconds; an hour unless said, 30 days at most.
    #[serde(default = "an_hour")]
    pub ttl_s: u64,
}

const fn one() -> u32 {
    1
}

const fn an_hour() -> u64 {
    3_600
}

/// An enrolment token; shown this once.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its name.
    pub token_id: String,
    /// The token itself.
    pub token: String,
    /// When it ends.
    pub expires_at: String,
    /// How many machines may use it.
    pub max_uses: u32,
    /// What to type on the machine.
    pub command: String,
}

/// Asks for a command (contract, section 3).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    /// `kill_process`, `restart_agent` or `clear_dns_cache`.
    pub action: String,
    /// For `kill_process`: `{"pid": number}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub params: CommandParams,
}

/// What an action needs to know.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandParams {
    /// Which process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

/// A command was queued.
#[derive(Serialize, ToSchema)]
pub struct CommandCreatedView {
    /// Its id.
    pub command_id: String,
    /// `created`.
    pub status: &'static str,
}

/// A machine's commands.
#[derive(Serialize, ToSchema)]
pub struct CommandsView {
    /// The commands.
    pub commands: Vec<CommandView>,
}

/// One command.
#[derive(Serialize, ToSchema)]
pub struct CommandView {
    /// Its id.
    pub id: String,
    /// What to do.
    pub action: String,
    /// What the action needs to know.
    #[schema(value_type = Object)]
    pub params: CommandParams,
    /// Where it stands; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it was asked for; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Who asked; not told to agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the machine said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// An agent's word on a command (contract, section 2: both forms).
#[derive(Deserialize, ToSchema)]
pub struct CommandAckRequest {
    /// Which command, unless the path says it.
    #[serde(default)]
    pub id: Option<String>,
    /// `completed` or `success`; anything else means that it failed.
    #[serde(default)]
    pub status: String,
    /// What the agent says of it: a text, or an object with a `message`.
    #[serde(default)]
    pub result: serde_json::Value,
}

/// `{"status":"ok"}`.
#[derive(Serialize, ToSchema)]
pub struct StatusView<'a> {
    /// `ok`.
    pub status: &'a str,
}

/// Messages that made an actor panic, newest first.
#[derive(Serialize, ToSchema)]
pub struct QuarantineView {
    /// The messages.
    pub messages: Vec<QuarantinedMessageView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
pub struct QuarantinedMessageView {
    /// When.
    pub at: String,
    /// Which actor.
    pub actor: String,
    /// The message as text.
    pub message: String,
    /// What the panic said.
    pub reason: String,
}

/// An error's body.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody<'a> {
    /// What went wrong.
    pub error: ErrorView<'a>,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub struct ErrorView<'a> {
    /// A word for programs.
    pub code: &'a str,
    /// A sentence for people: what was wrong and what to do.
    pub message: &'a str,
    /// Finds the request in the server's log.
    pub request_id: &'a str,
    /// The server's time, when the agent's clock is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_time: Option<String>,
}

/// An error's body on the routes of 2.0 whose clients read `error` as a text (contract, sections 2
/// and 3).
#[derive(Serialize, ToSchema)]
pub struct LegacyErrorBody<'a> {
    /// The text that 2.0 sends.
    pub error: &'a str,
    /// As in `ErrorView`.
    pub code: &'a str,
    /// As in `ErrorView`.
    pub message: &'a str,
    /// As in `ErrorView`.
    pub request_id: &'a str,
    /// Only with `decrypt_failed`: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2ee_verified: Option<bool>,
}
