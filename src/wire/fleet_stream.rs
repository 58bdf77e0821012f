//! The live stream's frames, as server-sent events: `snapshot` in parts, then `delta` and `tick`.
//! Each is encoded once for all viewers.

use std::sync::Arc;

use atlas_actors::clock::Timestamp;
use atlas_actors::model::MachineId;
use atlas_actors::roster::{Changes, FleetView, MachineSnapshot, Row, ViewEncoder};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::machine_json::{self, to_json};
use super::views::{DeltaFrame, SnapshotFrame, TickFrame};

/// Machines in one part of a snapshot: the page shows the first ones while the rest is on its way.
const PART: usize = 500;

/// Encodes frames. A revision is `epoch-number`; the epoch is drawn at the server's start, so that a
/// viewer of an earlier run gets a new snapshot.
#[derive(Clone, Debug)]
pub struct StreamEncoder {
    epoch: String,
}

impl StreamEncoder {
    /// An encoder of that epoch.
    #[must_use]
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch: format!("{epoch:016x}"),
        }
    }

    /// The name of a revision.
    #[must_use]
    pub fn name(&self, revision: u64) -> String {
        format!("{}-{revision}", self.epoch)
    }

    /// The revision that has this name, when it is one of this run.
    #[must_use]
    pub fn revision(&self, name: &str) -> Option<u64> {
        name.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok()
    }

    /// The whole fleet, in parts; one part when it is empty.
    #[must_use]
    pub fn snapshot(&self, view: &FleetView, now: Timestamp) -> Vec<Bytes> {
        let rows = view.rows();
        let parts = rows.len().div_ceil(PART).max(1);
        let part = |index: usize| {
            let rows = rows
                .get(index * PART..rows.len().min((index + 1) * PART))
                .unwrap_or(&[]);
            self.part(view, now, (index + 1, parts), rows)
        };
        (0..parts).map(part).collect()
    }

    fn part(
        &self,
        view: &FleetView,
        now: Timestamp,
        (part, parts): (usize, usize),
        rows: &[Arc<Row>],
    ) -> Bytes {
        let revision = self.name(view.revision());
        let frame = SnapshotFrame {
            revision: revision.clone(),
            server_time: now.to_string(),
            part,
            parts,
            machines: rows.iter().filter_map(|row| raw(&row.card)).collect(),
            outages: machine_json::outages(view.outages()),
        };
        // Only the last part moves a returning viewer forward: before it, the snapshot is not whole.
        event("snapshot", (part == parts).then_some(&*revision), &frame)
    }

    /// A sign of life.
    #[must_use]
    pub fn tick(&self, now: Timestamp) -> Bytes {
        event(
            "tick",
            None,
            &TickFrame {
                server_time: now.to_string(),
            },
        )
    }
}

impl ViewEncoder for StreamEncoder {
    fn card(&self, machine: &MachineSnapshot) -> Bytes {
        Bytes::from(to_json(&machine_json::card(machine)))
    }

    fn delta(&self, revision: u64, now: Timestamp, changes: &Changes<'_>) -> Bytes {
        let revision = self.name(revision);
        let frame = DeltaFrame {
            revision: revision.clone(),
            server_time: now.to_string(),
            changed: changes.changed.iter().filter_map(|card| raw(card)).collect(),
            removed: changes.removed.iter().map(MachineId::as_str).collect(),
            outages: changes.outages.map(machine_json::outages),
        };
        event("delta", Some(&revision), &frame)
    }
}

fn raw(json: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(json).ok()
}

fn event(name: &str, id: Option<&str>, frame: &impl Serialize) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let mut event = format!("{id}event: {name}\ndata: ").into_bytes();
    // JSON has no raw line breaks, so one data line holds it.
    event.extend_from_slice(&to_json(frame));
    event.extend_from_slice(b"\n\n");
    Bytes::from(event)
}
