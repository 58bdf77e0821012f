//! Reads what machines say of their networks, and sums it up for the fleet. What a machine sent in
//! another shape counts as not said.

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_actors::model::{Metric, Presence};
use atlas_actors::roster::{MachineSnapshot, Row};
use serde::Deserialize;

use super::report_v1::{DiagnosisV1, SpeedResultV1, SpeedtestV1, TroubleV1};
use super::views::{NetworkGroupView, NetworkMachineView, NetworkView, SpeedTestView, TestSummaryView};

/// Machines and tests of one list.
const LISTED_MAX: usize = 20;
/// Groups of one list: more are nobody's to read.
const GROUPS_MAX: usize = 200;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Measured {
    diagnosis: Option<DiagnosisV1>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tested {
    speedtest: Option<SpeedtestV1>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    ssid: Option<String>,
    gateway: Option<String>,
}

fn read<T: Default + for<'de> Deserialize<'de>>(document: &[u8]) -> T {
    serde_json::from_slice(document).unwrap_or_default()
}

fn is_present(machine: &MachineSnapshot) -> bool {
    matches!(machine.presence, Presence::Online | Presence::Warning)
}

/// How one machine's network is.
#[must_use]
pub fn machine(machine: &MachineSnapshot) -> NetworkMachineView<'_> {
    let measured: Measured = read(&machine.document);
    let place: Place = read(&machine.facts.document);
    let value = |metric| machine.samples.get(metric);
    let diagnosis = measured.diagnosis;
    let trouble = diagnosis.as_ref().map(|diagnosis| diagnosis.trouble.word());
    let (severity, summary, evidence, since) = diagnosis.map_or_else(Default::default, |diagnosis| {
        (
            Some(diagnosis.severity),
            Some(diagnosis.summary),
            diagnosis.evidence,
            Some(diagnosis.since),
        )
    });
    NetworkMachineView {
        machine_id: machine.id.as_str(),
        name: &machine.facts.name,
        ssid: place.ssid,
        gateway: place.gateway,
        trouble,
        severity,
        summary,
        evidence,
        since,
        latency_ms: value(Metric::PingLatency),
        loss_percent: value(Metric::PingLoss),
        gateway_latency_ms: value(Metric::GatewayLatency),
        gateway_loss_percent: value(Metric::GatewayLoss),
        signal_dbm: value(Metric::WifiSignal),
        mos: value(Metric::Mos),
    }
}

impl NetworkMachineView<'_> {
    /// Whether it has trouble.
    #[must_use]
    pub fn is_troubled(&self) -> bool {
        self.trouble
            .is_some_and(|trouble| trouble != TroubleV1::None.word())
    }

    fn is_measured(&self) -> bool {
        self.trouble.is_some() || self.latency_ms.is_some() || self.loss_percent.is_some()
    }
}

/// All machines that report in time, the worst network first.
#[must_use]
pub fn machines(rows: &[Arc<Row>]) -> Vec<NetworkMachineView<'_>> {
    let present = rows.iter().filter(|row| is_present(&row.snapshot));
    let mut all: Vec<_> = present
        .map(|row| machine(&row.snapshot))
        .filter(NetworkMachineView::is_measured)
        .collect();
    all.sort_by(|one, other| {
        let rank = |view: &NetworkMachineView<'_>| {
            (view.is_troubled(), view.severity.as_deref() == Some("critical"))
        };
        let by = |value: fn(&NetworkMachineView<'_>) -> Option<f32>| {
            value(other)
                .unwrap_or(-1.0)
                .total_cmp(&value(one).unwrap_or(-1.0))
        };
        (rank(other).cmp(&rank(one)))
            .then(by(|view| view.loss_percent))
            .then(by(|view| view.latency_ms))
    });
    all
}

/// How the fleet's networks are.
#[must_use]
pub fn fleet(rows: &[Arc<Row>]) -> NetworkView<'_> {
    let machines = machines(rows);
    let mut troubles = BTreeMap::new();
    for trouble in machines
        .iter()
        .filter(|one| one.is_troubled())
        .filter_map(|one| one.trouble)
    {
        *troubles.entry(trouble).or_default() += 1;
    }
    let mut speed_tests = tests(rows);
    speed_tests.truncate(LISTED_MAX);
    NetworkView {
        machines: rows.iter().filter(|row| is_present(&row.snapshot)).count(),
        measured: machines.len(),
        troubles,
        by_ssid: groups(&machines, |machine| machine.ssid.as_deref()),
        by_gateway: groups(&machines, |machine| machine.gateway.as_deref()),
        worst: machines.into_iter().take(LISTED_MAX).collect(),
        speed_tests,
    }
}

fn groups<'m>(
    machines: &'m [NetworkMachineView<'_>],
    name: fn(&'m NetworkMachineView<'_>) -> Option<&'m str>,
) -> Vec<NetworkGroupView> {
    let mut members: BTreeMap<&str, Vec<&NetworkMachineView<'_>>> = BTreeMap::new();
    for machine in machines {
        if let Some(name) = name(machine) {
            members.entry(name).or_default().push(machine);
        }
    }
    let mut groups: Vec<_> = members
        .into_iter()
        .map(|(name, members)| group(name, &members))
        .collect();
    groups.sort_by(|one, other| {
        let rank = |group: &NetworkGroupView| (group.troubled, group.machines);
        rank(other).cmp(&rank(one))
    });
    groups.truncate(GROUPS_MAX);
    groups
}

fn group(name: &str, members: &[&NetworkMachineView<'_>]) -> NetworkGroupView {
    let values = |value: fn(&NetworkMachineView<'_>) -> Option<f32>| {
        let mut values: Vec<f32> = members.iter().filter_map(|member| value(member)).collect();
        values.sort_by(f32::total_cmp);
        values
    };
    let (latencies, losses) = (values(|one| one.latency_ms), values(|one| one.loss_percent));
    NetworkGroupView {
        name: name.to_owned(),
        machines: members.len(),
        troubled: members.iter().filter(|member| member.is_troubled()).count(),
        latency_ms_median: middle(&latencies),
        latency_ms_worst: latencies.last().copied(),
        loss_percent_median: middle(&losses),
        loss_percent_worst: losses.last().copied(),
        signal_dbm_median: middle(&values(|one| one.signal_dbm)),
    }
}

/// The value in the middle of a sorted list.
fn middle<T: Copy>(sorted: &[T]) -> Option<T> {
    sorted.get(sorted.len() / 2).copied()
}

/// Sums over the machines' network tests.
#[must_use]
pub fn summary(rows: &[Arc<Row>]) -> TestSummaryView {
    let present: Vec<_> = rows.iter().filter(|row| is_present(&row.snapshot)).collect();
    let values = |metric| -> Vec<f32> {
        present
            .iter()
            .filter_map(|row| row.snapshot.samples.get(metric))
            .collect()
    };
    let mean = |metric| {
        let (values, mut sum, mut count) = (values(metric), 0.0_f32, 0.0_f32);
        for value in values {
            (sum, count) = (sum + value, count + 1.0);
        }
        (count > 0.0).then_some(sum / count)
    };
    TestSummaryView {
        machines: values(Metric::PingLoss).len(),
        avg_latency_ms: mean(Metric::PingLatency),
        avg_jitter_ms: mean(Metric::PingJitter),
        avg_packet_loss: mean(Metric::PingLoss),
        avg_mos: mean(Metric::Mos),
        min_mos: values(Metric::Mos).into_iter().reduce(f32::min),
    }
}

/// The speed tests that machines remember, newest first.
#[must_use]
pub fn tests(rows: &[Arc<Row>]) -> Vec<SpeedTestView> {
    let mut all: Vec<_> = rows.iter().flat_map(|row| tests_of(&row.snapshot)).collect();
    // RFC 3339 in UTC sorts as a text.
    all.sort_by(|one, other| other.timestamp.cmp(&one.timestamp));
    all
}

/// The speed tests that one machine remembers, oldest first. Machines that are away still did theirs.
#[must_use]
pub fn tests_of(machine: &MachineSnapshot) -> Vec<SpeedTestView> {
    // Off on most machines: their documents need no reading.
    let key: &[u8] = b"\"speedtest\"";
    if !machine.document.windows(key.len()).any(|part| part == key) {
        return Vec::new();
    }
    let tested: Tested = read(&machine.document);
    let tests = tested.speedtest.unwrap_or_default();
    let all = tests.recent.unwrap_or_default().into_iter().chain(tests.last);
    all.map(|test| speed_test(machine.id.as_str(), test)).collect()
}

fn speed_test(machine_id: &str, test: SpeedResultV1) -> SpeedTestView {
    SpeedTestView {
        machine_id: machine_id.to_owned(),
        timestamp: test.at,
        server: test.server,
        download: test.download_mbps,
        upload: test.upload_mbps,
        ping: test.latency_ms,
        jitter: test.jitter_ms,
        is_slow: test.is_slow,
    }
}
