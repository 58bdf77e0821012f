//! Machines that were lost together: behind one gateway, or in one wireless network, within two minutes.
//! That is one event, not many. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::Row;
use crate::clock::Timestamp;
use crate::limits::{OUTAGE_MACHINES_MIN, OUTAGE_NAMED_MAX, OUTAGE_SPAN};
use crate::model::{MachineId, Presence, PresenceCause};

/// Machines that were lost together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What they share: `gateway 10.4.0.1` or `ssid office`.
    pub key: String,
    /// The first of them, in the order of their ids.
    pub machines: Vec<MachineId>,
    /// How many they are.
    pub count: usize,
    /// When the first of them was heard last.
    pub since: Timestamp,
}

/// The outages that go on, by their keys. A machine whose gateway has one is not counted for its
/// wireless network again.
#[must_use]
pub fn outages(rows: &[Arc<Row>]) -> Vec<Outage> {
    let mut lost: BTreeMap<String, Vec<&Arc<Row>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| is_lost(row)) {
        let whereabouts = &row.snapshot.whereabouts;
        let gateway = whereabouts
            .gateway
            .as_ref()
            .map(|gateway| format!("gateway {gateway}"));
        let ssid = whereabouts.ssid.as_ref().map(|ssid| format!("ssid {ssid}"));
        for key in gateway.into_iter().chain(ssid) {
            lost.entry(key).or_default().push(row);
        }
    }
    let mut found: Vec<Outage> = Vec::new();
    for (key, rows) in lost {
        let Some(outage) = together(key, rows) else {
            continue;
        };
        if !found.iter().any(|other| other.machines == outage.machines) {
            found.push(outage);
        }
    }
    found
}

/// Gone, and nobody said why.
fn is_lost(row: &Row) -> bool {
    let cause = row.snapshot.cause;
    row.snapshot.presence == Presence::Offline
        && matches!(
            cause,
            None | Some(PresenceCause::Unknown | PresenceCause::NetworkDown)
        )
}

/// The most of these rows that fell silent within the span.
fn together(key: String, mut rows: Vec<&Arc<Row>>) -> Option<Outage> {
    rows.sort_by_key(|row| row.snapshot.last_seen);
    let within = |from: usize| {
        let first = rows
            .get(from)
            .map(|row| row.snapshot.last_seen)
            .unwrap_or_default();
        let later = rows.iter().skip(from);
        later
            .take_while(|row| row.snapshot.last_seen.since(first) <= OUTAGE_SPAN)
            .count()
    };
    let (from, count) = (0..rows.len())
        .map(|from| (from, within(from)))
        .max_by_key(|(from, count)| (*count, std::cmp::Reverse(*from)))?;
    if count < OUTAGE_MACHINES_MIN {
        return None;
    }
    let lost = rows.get(from..from + count)?;
    let mut machines: Vec<_> = lost.iter().map(|row| row.snapshot.id.clone()).collect();
    machines.sort();
    machines.truncate(OUTAGE_NAMED_MAX);
    Some(Outage {
        key,
        machines,
        count,
        since: lost.first()?.snapshot.last_seen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::record::MachineRecord;
    use crate::model::Whereabouts;

    fn row(name: &str, gateway: &str, ssid: Option<&str>, heard: i64) -> Arc<Row> {
        let id = MachineId::parse(name).unwrap();
        let mut snapshot = MachineRecord::new(id, Timestamp::default()).snapshot();
        snapshot.last_seen = Timestamp::from_secs(1_790_000_000 + heard);
        snapshot.whereabouts = Arc::new(Whereabouts {
            gateway: Some(gateway.to_owned()),
            ssid: ssid.map(ToOwned::to_owned),
        });
        Arc::new(Row {
            snapshot: Arc::new(snapshot),
            card: bytes::Bytes::new(),
        })
    }

    #[test]
    fn who_was_lost_behind_one_gateway_within_two_minutes_is_one_event() {
        let rows = [
            row("a", "10.4.0.1", Some("office"), 0),
            row("b", "10.4.0.1", Some("office"), 60),
            row("c", "10.4.0.1", Some("office"), 110),
            row("long-ago", "10.4.0.1", None, -10_000),
            row("d", "10.5.0.1", None, 0),
            row("e", "10.5.0.1", None, 60),
        ];
        let found = outages(&rows);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].key, "gateway 10.4.0.1");
        assert_eq!(found[0].count, 3);
        let names: Vec<_> = found[0].machines.iter().map(MachineId::as_str).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(found[0].since, rows[0].snapshot.last_seen);
    }

    #[test]
    fn one_wireless_network_of_many_gateways_is_one_event_too() {
        let rows: Vec<_> = (0..150)
            .map(|number| {
                let gateway = format!("10.{number}.0.1");
                row(&format!("m{number:03}"), &gateway, Some("campus"), number % 100)
            })
            .collect();
        let found = outages(&rows);
        assert_eq!((found.len(), found[0].key.as_str()), (1, "ssid campus"));
        assert_eq!((found[0].count, found[0].machines.len()), (150, OUTAGE_NAMED_MAX));
    }

    #[test]
    fn who_said_why_is_not_lost() {
        let rows: Vec<_> = (0..5)
            .map(|number| {
                let row = row(&format!("m{number}"), "10.4.0.1", None, 0);
                let mut snapshot = (*row.snapshot).clone();
                snapshot.cause = Some(PresenceCause::PoweredOff);
                Arc::new(Row {
                    snapshot: Arc::new(snapshot),
                    card: bytes::Bytes::new(),
                })
            })
            .collect();
        assert!(outages(&rows).is_empty());
    }
}
