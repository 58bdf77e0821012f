//! What is published of the channels: how agents answer, and which are to be told with their next
//! report. Immutable; each change publishes a new one, which shares all that did not change.

use std::sync::Arc;

use imbl::HashMap;

use super::messages::{Health, HealthState};
use crate::clock::Timestamp;
use crate::limits::REPORT_ASKED_FOR;
use crate::model::MachineId;

/// The channels, as of a moment ago.
#[derive(Clone, Debug, Default)]
pub struct ChannelTable {
    pub(super) health: HashMap<MachineId, Arc<Health>>,
    /// When somebody looked at a machine whose agent has no channel.
    pub(super) asked: HashMap<MachineId, Timestamp>,
}

impl ChannelTable {
    /// How a machine's agent answered last; nothing when it never had a channel.
    #[must_use]
    pub fn health(&self, machine: &MachineId) -> Option<&Arc<Health>> {
        self.health.get(machine)
    }

    /// Whether the answer to a machine's report should ask for another one soon.
    #[must_use]
    pub fn wants_report(&self, machine: &MachineId, now: Timestamp) -> bool {
        let asked = self.asked.get(machine);
        asked.is_some_and(|asked| now.distance(*asked) < REPORT_ASKED_FOR)
    }

    /// How many channels are open.
    #[must_use]
    pub fn open(&self) -> usize {
        let healths = self.health.values();
        healths
            .filter(|health| health.state != HealthState::Unreachable)
            .count()
    }

    pub(super) fn forget_asked(&mut self, now: Timestamp) {
        self.asked
            .retain(|_, asked| now.distance(*asked) < REPORT_ASKED_FOR);
    }
}
