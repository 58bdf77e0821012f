//! A report: what one machine said of itself at one moment, already read and checked by the edge.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Facts, MachineId, Samples};
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
    /// When it was sent, by the agent's clock; tells how far that clock is off.
    pub sent_at: Option<Timestamp>,
    /// The agent's reporting interval, when it says so.
    pub interval_s: Option<u32>,
    /// Reports that the agent's full spool has dropped so far.
    pub dropped: u64,
    /// The values.
    pub samples: Samples,
    /// What the machine is.
    pub facts: Facts,
    /// All measured values as the agent sent them, for reading back; opaque here.
    pub document: Bytes,
}

/// The answer to a report that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// It had been accepted before; nothing was stored again.
    pub duplicate: bool,
    /// Commands that wait for this machine.
    pub commands_due: u32,
}
