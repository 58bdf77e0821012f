//! What the edge may ask about the channels of agents.

use std::sync::Arc;

use arc_swap::Guard;

use super::Busy;
use crate::channels::ChannelTable;
use crate::fleet::Fleet;
use crate::messages::{
    AskReport, CloseChannel, Nudge, OpenChannel, OpenChannelError, RecordPong, ReportAsked, SendNudge,
};
use crate::model::MachineId;

impl Fleet {
    /// How the agents answer, as of a moment ago; costs no message.
    #[must_use]
    pub fn channels(&self) -> Guard<Arc<ChannelTable>> {
        self.channel_table.load()
    }

    /// Takes in a channel that an agent has opened.
    ///
    /// # Errors
    /// When too many are open, or this one was opened before.
    pub async fn open_channel(&self, opened: OpenChannel) -> Result<(), OpenChannelError> {
        let answer = self.ask(&self.channels, opened).await;
        answer.map_err(|Busy| OpenChannelError::Busy)?
    }

    /// Notes that a channel's connection is gone. Refused, it is noticed with the next ping.
    pub fn close_channel(&self, closed: CloseChannel) {
        // A full mailbox: the next ping finds the queue closed.
        let _ = self.channels.try_send(closed);
    }

    /// Takes an answer to a ping; false when nobody asked.
    ///
    /// # Errors
    /// When the channels' owner does not answer.
    pub async fn record_pong(&self, pong: RecordPong) -> Result<bool, Busy> {
        self.ask(&self.channels, pong).await
    }

    /// Tells a machine's agent something at once; false when it has no channel, and hears with the answer
    /// to its next report.
    pub async fn nudge(&self, machine: MachineId, nudge: Nudge) -> bool {
        let told = self.ask(&self.channels, SendNudge { machine, nudge }).await;
        told.unwrap_or(false)
    }

    /// Has a machine report now, since somebody looks at it.
    ///
    /// # Errors
    /// When the channels' owner does not answer.
    pub async fn ask_report(&self, machine: MachineId) -> Result<ReportAsked, Busy> {
        self.ask(&self.channels, AskReport(machine)).await
    }
}
