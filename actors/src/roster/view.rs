//! The whole fleet at one moment, immutable: what every reader gets, without asking an actor.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{MachineSnapshot, Outage};
use crate::messages::Frame;
use crate::model::{AgentKind, Metric, Presence};

/// One machine of the view.
#[derive(Debug)]
pub struct Row {
    /// How it looks.
    pub snapshot: Arc<MachineSnapshot>,
    /// The same, encoded for live pages.
    pub card: Bytes,
}

/// Sums over the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// All machines.
    pub machines: usize,
    /// Those that report in time.
    pub online: usize,
    /// Those that missed a report.
    pub warning: usize,
    /// Those that are away.
    pub offline: usize,
    /// Those that sleep.
    pub asleep: usize,
    /// Those whose agent is one of 1.x or 2.0.
    pub legacy: usize,
    /// The mean over machines that are online and know the value.
    pub cpu_percent: Option<f32>,
    /// As above.
    pub memory_percent: Option<f32>,
    /// As above.
    pub disk_percent: Option<f32>,
}

/// The fleet at one revision.
#[derive(Debug, Default)]
pub struct FleetView {
    revision: u64,
    rows: Vec<Arc<Row>>,
    outages: Vec<Outage>,
    serials: OnceLock<HashMap<String, usize>>,
    frames: VecDeque<Frame>,
    totals: OnceLock<Totals>,
    encoded: OnceLock<Bytes>,
    compressed: OnceLock<Bytes>,
}

impl FleetView {
    /// A view of these rows, which are sorted by id.
    #[must_use]
    pub fn new(revision: u64, rows: Vec<Arc<Row>>, outages: Vec<Outage>, frames: VecDeque<Frame>) -> Self {
        Self {
            revision,
            rows,
            outages,
            frames,
            ..Self::default()
        }
    }

    /// Grows with every change.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// All machines, by id.
    #[must_use]
    pub fn rows(&self) -> &[Arc<Row>] {
        &self.rows
    }

    /// Machines that were lost together, by what they share.
    #[must_use]
    pub fn outages(&self) -> &[Outage] {
        &self.outages
    }

    /// The machine of that id or that serial number.
    #[must_use]
    pub fn find(&self, id_or_serial: &str) -> Option<&Arc<Row>> {
        let by_id = self
            .rows
            .binary_search_by(|row| row.snapshot.id.as_str().cmp(id_or_serial))
            .ok();
        let index = by_id.or_else(|| self.serials().get(id_or_serial).copied())?;
        self.rows.get(index)
    }

    fn serials(&self) -> &HashMap<String, usize> {
        self.serials.get_or_init(|| {
            let serial = |(index, row): (usize, &Arc<Row>)| Some((row.snapshot.facts.serial.clone()?, index));
            self.rows.iter().enumerate().filter_map(serial).collect()
        })
    }

    /// The frames after that revision; `None` when some of them are gone or it was never published.
    #[must_use]
    pub fn frames_after(&self, revision: u64) -> Option<Vec<Frame>> {
        if revision == self.revision {
            return Some(Vec::new());
        }
        let missed: Vec<_> = self
            .frames
            .iter()
            .filter(|frame| frame.revision > revision)
            .cloned()
            .collect();
        missed.first().filter(|oldest| oldest.revision == revision + 1)?;
        Some(missed)
    }

    /// Sums over the fleet.
    #[must_use]
    pub fn totals(&self) -> Totals {
        *self.totals.get_or_init(|| Totals::of(&self.rows))
    }

    /// The view encoded by `encode`, which runs once for each revision.
    #[must_use]
    pub fn encoded(&self, encode: impl FnOnce(&[Arc<Row>]) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| encode(&self.rows)).clone()
    }

    /// The encoded view compressed by `compress`, which runs once for each revision.
    #[must_use]
    pub fn compressed(&self, compress: impl FnOnce() -> Bytes) -> Bytes {
        self.compressed.get_or_init(compress).clone()
    }
}

impl Totals {
    fn of(rows: &[Arc<Row>]) -> Self {
        let count = |presence| {
            rows.iter()
                .filter(|row| row.snapshot.presence == presence)
                .count()
        };
        Self {
            machines: rows.len(),
            online: count(Presence::Online),
            warning: count(Presence::Warning),
            offline: count(Presence::Offline),
            asleep: count(Presence::Asleep),
            legacy: rows
                .iter()
                .filter(|row| row.snapshot.facts.agent == AgentKind::Legacy)
                .count(),
            cpu_percent: mean(rows, Metric::CpuPercent),
            memory_percent: mean(rows, Metric::MemoryPercent),
            disk_percent: mean(rows, Metric::DiskPercent),
        }
    }
}

fn mean(rows: &[Arc<Row>], metric: Metric) -> Option<f32> {
    let online = rows
        .iter()
        .filter(|row| row.snapshot.presence == Presence::Online);
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for value in online.filter_map(|row| row.snapshot.samples.get(metric)) {
        sum += f64::from(value);
        count += 1;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean of f32 values fits into one"
    )]
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}
