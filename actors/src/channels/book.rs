//! Which channels are open and how their agents answer, as a pure core: time comes in as a value. The
//! only thing that leaves is what is put into a channel's own queue.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::messages::{
    ChannelId, ChannelMessage, Health, HealthState, Nudge, OpenChannel, OpenChannelError, ReportAsked,
};
use super::table::ChannelTable;
use crate::clock::Timestamp;
use crate::limits::{
    CHANNEL_OPENINGS_MAX, CHANNEL_OPENINGS_SPAN, CHANNELS_MAX, PING_PERIOD, PONG_TIMEOUT, REPORT_ASKED_AGAIN,
};
use crate::model::MachineId;

/// A moment on both clocks: spans are measured by the one that never steps back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) instant: Instant,
    pub(super) wall: Timestamp,
}

/// All open channels.
#[derive(Debug, Default)]
pub(super) struct Book {
    open: HashMap<MachineId, Open>,
    openings: HashMap<String, VecDeque<(ChannelId, Instant)>>,
    asked: HashMap<MachineId, Instant>,
    pings: u64,
    table: ChannelTable,
    is_changed: bool,
}

#[derive(Debug)]
struct Open {
    agent_id: String,
    kid: String,
    channel: ChannelId,
    agent_version: Arc<str>,
    messages: mpsc::Sender<ChannelMessage>,
    next_ping: Instant,
    /// The ping that waits for its answer.
    asked: Option<(u64, Instant)>,
    latency: Option<Duration>,
    uptime: Option<Duration>,
}

impl Open {
    fn health(&self, state: HealthState, checked_at: Timestamp) -> Health {
        Health {
            state,
            checked_at,
            latency: self.latency,
            agent_version: Arc::clone(&self.agent_version),
            uptime: self.uptime,
        }
    }

    /// Puts a message into the channel's queue; false when it is gone or reads nothing.
    fn say(&self, message: ChannelMessage) -> bool {
        self.messages.try_send(message).is_ok()
    }
}

impl Book {
    /// What changed since the last time, to be published.
    pub(super) fn take_table(&mut self) -> Option<ChannelTable> {
        std::mem::take(&mut self.is_changed).then(|| self.table.clone())
    }

    fn note(&mut self, machine: &MachineId, health: Health) {
        self.table.health.insert(machine.clone(), Arc::new(health));
        self.is_changed = true;
    }

    pub(super) fn open(&mut self, msg: OpenChannel, now: Moment) -> Result<(), OpenChannelError> {
        if self.open.len() >= CHANNELS_MAX && !self.open.contains_key(&msg.machine) {
            return Err(OpenChannelError::TooMany);
        }
        self.note_opening(&msg.agent_id, msg.channel, now.instant)?;
        let open = Open {
            agent_id: msg.agent_id,
            kid: msg.kid,
            channel: msg.channel,
            agent_version: msg.agent_version,
            messages: msg.messages,
            next_ping: now.instant,
            asked: None,
            latency: None,
            uptime: None,
        };
        let health = open.health(HealthState::Reachable, now.wall);
        // The one before is dropped here, and ends.
        self.open.insert(msg.machine.clone(), open);
        self.note(&msg.machine, health);
        self.ping(&msg.machine, now);
        Ok(())
    }

    /// An opening that somebody recorded must not take the place of the agent's own.
    fn note_opening(
        &mut self,
        agent_id: &str,
        channel: ChannelId,
        now: Instant,
    ) -> Result<(), OpenChannelError> {
        let openings = self.openings.entry(agent_id.to_owned()).or_default();
        forget_old(openings, now);
        if openings.iter().any(|(earlier, _)| *earlier == channel) {
            return Err(OpenChannelError::Repeated);
        }
        if openings.len() >= CHANNEL_OPENINGS_MAX {
            return Err(OpenChannelError::TooOften);
        }
        openings.push_back((channel, now));
        Ok(())
    }

    pub(super) fn close(&mut self, machine: &MachineId, channel: ChannelId, now: Moment) {
        let is_that = |open: &Open| open.channel == channel;
        if self.open.get(machine).is_some_and(is_that) {
            self.end(machine, now);
        }
    }

    fn end(&mut self, machine: &MachineId, now: Moment) {
        if let Some(open) = self.open.remove(machine) {
            self.note(machine, open.health(HealthState::Unreachable, now.wall));
        }
    }

    pub(super) fn record_pong(
        &mut self,
        machine: &MachineId,
        channel: ChannelId,
        ping: u64,
        uptime: Duration,
        now: Moment,
    ) -> bool {
        let Some(open) = self.open.get_mut(machine).filter(|open| open.channel == channel) else {
            return false;
        };
        let Some((_, sent)) = open.asked.take_if(|(asked, _)| *asked == ping) else {
            return false;
        };
        open.latency = Some(now.instant.saturating_duration_since(sent));
        open.uptime = Some(uptime);
        let health = open.health(HealthState::Reachable, now.wall);
        self.note(machine, health);
        true
    }

    fn ping(&mut self, machine: &MachineId, now: Moment) -> bool {
        self.pings += 1;
        let id = self.pings;
        let Some(open) = self.open.get_mut(machine) else {
            return false;
        };
        open.next_ping = now.instant + PING_PERIOD;
        open.asked = Some((id, now.instant));
        let is_said = open.say(ChannelMessage::Ping { id });
        if !is_said {
            self.end(machine, now);
        }
        is_said
    }

    /// Tells an agent something; false when it has no channel.
    pub(super) fn nudge(&mut self, machine: &MachineId, nudge: Nudge, now: Moment) -> bool {
        let message = match nudge {
            Nudge::Ping => return self.ping(machine, now),
            Nudge::ReportNow => ChannelMessage::ReportNow,
            Nudge::CommandsDue => ChannelMessage::CommandsDue,
        };
        let Some(open) = self.open.get(machine) else {
            return false;
        };
        let is_said = open.say(message);
        if !is_said {
            self.end(machine, now);
        }
        is_said
    }

    pub(super) fn ask_report(&mut self, machine: &MachineId, now: Moment) -> ReportAsked {
        let last = self.asked.get(machine);
        if last.is_some_and(|last| now.instant.saturating_duration_since(*last) < REPORT_ASKED_AGAIN) {
            return ReportAsked::ToldBefore;
        }
        self.asked.insert(machine.clone(), now.instant);
        if self.nudge(machine, Nudge::ReportNow, now) {
            return ReportAsked::Told;
        }
        self.table.asked.insert(machine.clone(), now.wall);
        self.is_changed = true;
        ReportAsked::WithNextReport
    }

    /// Ends the channels whose agents are not let in any more, and forgets what was known of machines
    /// that nobody speaks for.
    pub(super) fn end_those_without(
        &mut self,
        may_speak: impl Fn(&str, &str) -> bool,
        is_spoken_for: impl Fn(&MachineId) -> bool,
        now: Moment,
    ) {
        let refused: Vec<_> = self
            .open
            .iter()
            .filter(|(_, open)| !may_speak(&open.agent_id, &open.kid))
            .map(|(machine, _)| machine.clone())
            .collect();
        for machine in refused {
            tracing::info!(%machine, "its channel is closed: its agent, or its key, is not let in any more");
            self.end(&machine, now);
        }
        let known = self.table.health.len();
        self.table.health.retain(|machine, _| is_spoken_for(machine));
        self.is_changed |= self.table.health.len() < known;
    }

    /// What time brings: pings that are due, answers that did not come, channels that are gone.
    pub(super) fn tick(&mut self, now: Moment) {
        let (mut gone, mut silent, mut due) = (Vec::new(), Vec::new(), Vec::new());
        for (machine, open) in &self.open {
            let waited = open
                .asked
                .map(|(_, sent)| now.instant.saturating_duration_since(sent));
            let is_due = open.next_ping <= now.instant;
            if open.messages.is_closed() || is_due && waited.is_some() {
                gone.push(machine.clone());
            } else if is_due {
                due.push(machine.clone());
            } else if waited.is_some_and(|waited| waited >= PONG_TIMEOUT) && !self.is_timeout(machine) {
                silent.push((machine.clone(), open.health(HealthState::Timeout, now.wall)));
            }
        }
        for machine in gone {
            self.end(&machine, now);
        }
        for machine in due {
            self.ping(&machine, now);
        }
        for (machine, health) in silent {
            self.note(&machine, health);
        }
    }

    fn is_timeout(&self, machine: &MachineId) -> bool {
        let health = self.table.health.get(machine);
        health.is_some_and(|health| health.state == HealthState::Timeout)
    }

    /// Drops what is too old to matter.
    pub(super) fn forget(&mut self, now: Moment) {
        self.openings.retain(|_, openings| {
            forget_old(openings, now.instant);
            !openings.is_empty()
        });
        self.asked
            .retain(|_, asked| now.instant.saturating_duration_since(*asked) < REPORT_ASKED_AGAIN);
        let before = self.table.asked.len();
        self.table.forget_asked(now.wall);
        self.is_changed |= self.table.asked.len() < before;
    }
}

fn forget_old(openings: &mut VecDeque<(ChannelId, Instant)>, now: Instant) {
    openings.retain(|(_, at)| now.saturating_duration_since(*at) < CHANNEL_OPENINGS_SPAN);
}

#[cfg(test)]
mod tests;
