//! A machine's record as JSON: the card of the live page, the whole record, the whole fleet.

use atlas_actors::channels::ChannelTable;
use atlas_actors::messages::{Health, HealthState};
use atlas_actors::model::{AgentKind, Gap, MachineId, Metric, PresenceCause};
use atlas_actors::roster::{MachineSnapshot, Outage, Row};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

use super::views::{AgentView, CardView, GapView, HealthCheckView, MachineView, OutageView};

/// A machine as the live page shows it.
#[must_use]
pub fn card(machine: &MachineSnapshot) -> CardView<'_> {
    let (facts, samples) = (&*machine.facts, &machine.samples);
    let rounded = |metric| samples.get(metric).map(round_to_tenth);
    CardView {
        id: machine.id.as_str(),
        name: &facts.name,
        hostname: &facts.hostname,
        os: facts.os.name(),
        os_version: &facts.os_version,
        model: facts.model.as_deref(),
        ip: facts.local_ip.as_deref(),
        tags: machine.tags.iter().map(|tag| tag.as_str()).collect(),
        presence: machine.presence.name(),
        presence_since: machine.presence_since.to_string(),
        presence_cause: machine.cause.map(PresenceCause::name),
        first_seen: machine.first_seen.to_string(),
        last_seen: machine.last_seen.to_string(),
        interval_s: machine.interval_s,
        cpu_percent: rounded(Metric::CpuPercent),
        memory_percent: rounded(Metric::MemoryPercent),
        disk_percent: rounded(Metric::DiskPercent),
        load_1: samples.get(Metric::Load1),
        recv_bytes_per_s: samples.get(Metric::NetReceived).map(f32::round),
        sent_bytes_per_s: samples.get(Metric::NetSent).map(f32::round),
        temperature_c: rounded(Metric::Temperature),
        battery_percent: rounded(Metric::BatteryPercent),
        uptime_s: samples.get(Metric::Uptime).map(f32::round),
        cpu_recent: &machine.recent_cpu,
        alarms: machine.alarms().map(|alarm| alarm.kind).collect(),
        legacy: facts.agent == AgentKind::Legacy,
    }
}

fn round_to_tenth(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// A machine's whole record, with how its agent answers.
#[must_use]
pub fn machine<'a>(machine: &'a MachineSnapshot, channels: &'a ChannelTable) -> MachineView<'a> {
    MachineView {
        machine_id: machine.id.as_str(),
        info: document(&machine.facts.document).unwrap_or(RawValue::NULL),
        first_seen: machine.first_seen.to_string(),
        last_seen: machine.last_seen.to_string(),
        status: machine.presence.name(),
        latest_metrics: document(&machine.document),
        tags: machine.tags.iter().map(|tag| tag.as_str()).collect(),
        presence_since: machine.presence_since.to_string(),
        presence_cause: machine.cause.map(PresenceCause::name),
        interval_s: machine.interval_s,
        agent: AgentView {
            kind: match machine.facts.agent {
                AgentKind::Atlas => "atlas",
                AgentKind::Legacy => "2.0",
            },
            version: machine.facts.agent_version.as_deref(),
            dropped_reports: machine.dropped,
            late_reports: machine.late,
        },
        health_check: channels.health(&machine.id).map(|health| health_check(health)),
    }
}

fn health_check(health: &Health) -> HealthCheckView<'_> {
    let millis = |latency: Duration| (latency.as_secs_f64() * 10_000.0).round() / 10.0;
    HealthCheckView {
        status: health.state.name(),
        last_check: health.checked_at.to_string(),
        latency_ms: health.latency.map(millis),
        error: match health.state {
            HealthState::Reachable => None,
            HealthState::Timeout => Some("The agent does not answer."),
            HealthState::Unreachable => Some("The agent has no connection to the server."),
        },
        agent_version: &health.agent_version,
        uptime_seconds: health.uptime.map(|uptime| uptime.as_secs()),
        agent_responsive: health.state == HealthState::Reachable,
    }
}

/// Machines that were lost together.
#[must_use]
pub fn outages(outages: &[Outage]) -> Vec<OutageView<'_>> {
    outages.iter().map(outage).collect()
}

fn outage(outage: &Outage) -> OutageView<'_> {
    OutageView {
        key: &outage.key,
        machines: outage.machines.iter().map(MachineId::as_str).collect(),
        count: outage.count,
        since: outage.since.to_string(),
    }
}

/// A span in which a machine was away.
#[must_use]
pub fn gap(gap: &Gap) -> GapView<'static> {
    GapView {
        from: gap.from.to_string(),
        to: gap.to.to_string(),
        cause: gap.cause.name(),
    }
}

/// A document as it was sent; it was valid JSON when it was taken in.
fn document(bytes: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(bytes).ok()
}

/// The whole fleet, as `{"machines":[…]}`.
#[must_use]
pub fn fleet(rows: &[Arc<Row>], channels: &ChannelTable) -> Bytes {
    let mut json = Vec::with_capacity(rows.len() * 2_048 + 16);
    json.extend_from_slice(b"{\"machines\":[");
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&to_json(&machine(&row.snapshot, channels)));
    }
    json.extend_from_slice(b"]}");
    Bytes::from(json)
}

/// A view as JSON.
#[must_use]
pub fn to_json<T: Serialize>(view: &T) -> Vec<u8> {
    // Views are made of texts, numbers and lists, which always serialise.
    serde_json::to_vec(view).unwrap_or_default()
}
