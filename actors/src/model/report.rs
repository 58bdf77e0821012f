//! A report: what one machine said of itself at one moment, already read and checked by the edge.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Facts, Gap, MachineId, Metric, Samples, Section, Whereabouts};
use crate::clock::Timestamp;

/// Where a report stands in its agent's spool; lets the fleet tell a repeat from a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Delivery {
    /// Which spool numbered it: drawn at random when the spool's folder is made.
    pub spool: u64,
    /// Its number in that spool, from 1, without gaps unless reports were dropped.
    pub seq: u64,
}

/// One report of one machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The machine that speaks, as its credential proved.
    pub machine: MachineId,
    /// Its place in the agent's spool; none from agents of 2.0, which number nothing.
    pub delivery: Option<Delivery>,
    /// When the values were measured; none when the agent's clock gives no zone (2.0): then the
    /// moment of receipt stands for it.
    pub taken_at: Option<Timestamp>,
    /// What a clock without a zone showed (2.0): only good to tell that it is days off.
    pub zoneless_time: Option<Timestamp>,
    /// When it was sent, by the agent's clock; tells how far that clock is off.
    pub sent_at: Option<Timestamp>,
    /// The agent's reporting interval, when it says so.
    pub interval_s: Option<u32>,
    /// Reports that the agent's full spool has dropped so far.
    pub dropped: u64,
    /// The values.
    pub samples: Samples,
    /// Sums since boot, from which rates are made for agents that send none.
    pub counters: Counters,
    /// What the machine is.
    pub facts: Arc<Facts>,
    /// Behind what it is; nothing when the report does not say.
    pub whereabouts: Option<Whereabouts>,
    /// When it was away, and why, as its agent knows.
    pub explains: Vec<Gap>,
    /// All measured values as the agent sent them, for reading back; opaque here.
    pub document: Bytes,
    /// What seldom changes.
    pub sections: Vec<Section>,
}

/// Sums of bytes since the machine's boot, as agents of 2.0 send them in place of rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Received over the network.
    pub received: Option<u64>,
    /// Sent over the network.
    pub sent: Option<u64>,
    /// Read from disks.
    pub read: Option<u64>,
    /// Written to disks.
    pub written: Option<u64>,
}

impl Counters {
    /// Fills in the rates that `samples` lacks: bytes a second since the earlier counters. A counter
    /// that fell began anew with a boot, and then nobody knows.
    pub fn fill_rates(&self, earlier: &Self, elapsed: Duration, samples: &mut Samples) {
        let pairs = [
            (Metric::NetReceived, self.received, earlier.received),
            (Metric::NetSent, self.sent, earlier.sent),
            (Metric::DiskRead, self.read, earlier.read),
            (Metric::DiskWrite, self.written, earlier.written),
        ];
        for (metric, now, before) in pairs {
            let passed = now.zip(before).and_then(|(now, before)| now.checked_sub(before));
            if samples.get(metric).is_none() && !elapsed.is_zero() {
                samples.set(metric, passed.map(|bytes| per_second(bytes, elapsed)));
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than seven digits"
)]
fn per_second(bytes: u64, elapsed: Duration) -> f64 {
    bytes as f64 / elapsed.as_secs_f64()
}

/// What gave away that two processes use the credential of one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloneEvidence {
    /// A number below the highest came that was never given out before.
    NumbersInterleave,
    /// A number came again with another report.
    NumberReused,
    /// A spool came back after another had taken its place.
    SpoolCameBack,
    /// A key came back after the agent had moved to a newer one.
    KeyCameBack,
}

impl fmt::Display for CloneEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NumbersInterleave => "the numbers of its reports interleave",
            Self::NumberReused => "two reports have the same number",
            Self::SpoolCameBack => "two spools take turns",
            Self::KeyCameBack => "it uses a key that it had left behind",
        })
    }
}

/// The answer to a report that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// It had been accepted before; nothing was stored again.
    pub duplicate: bool,
    /// Commands that wait for this machine.
    pub commands_due: u32,
    /// Somebody looks at the machine: the next report should come soon.
    pub report_now: bool,
    /// The report gave away that two processes may use its agent's credential.
    pub suspicion: Option<CloneEvidence>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_rates_of_counters_and_none_over_a_boot() {
        let at = |received| Counters {
            received: Some(received),
            ..Counters::default()
        };
        let mut samples = Samples::default();
        at(4_000).fill_rates(&at(1_000), Duration::from_secs(30), &mut samples);
        assert_eq!(samples.get(Metric::NetReceived), Some(100.0));
        assert_eq!(samples.get(Metric::NetSent), None);
        let mut samples = Samples::default();
        at(10).fill_rates(&at(1_000), Duration::from_secs(30), &mut samples);
        assert_eq!(samples.get(Metric::NetReceived), None);
    }
}
