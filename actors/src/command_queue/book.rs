//! All commands, as a pure core: what an event on disk has done. What is decided is in
//! [`super::decide`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::{Batch, Command, CommandId, CommandState, NewCommand, OperatorSignature, Outcome};
use super::messages::{BatchStanding, CommandInBatch, ListCommands};
use crate::clock::Timestamp;
use crate::limits::{COMMANDS_MAX, COMMANDS_PER_MACHINE_MAX, OUTPUTS_BYTES_MAX};
use crate::model::{MachineId, UserName};

/// Something that happened to commands and is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandEvent {
    /// A batch was queued.
    Queued {
        /// The batch.
        batch: Arc<Batch>,
        /// Its commands.
        commands: Vec<NewCommand>,
    },
    /// A machine fetched commands.
    Leased {
        /// Which.
        ids: Vec<CommandId>,
        /// Until when it should have begun.
        until: Timestamp,
    },
    /// A machine has begun.
    Started {
        /// Which command.
        id: CommandId,
        /// When.
        at: Timestamp,
        /// When it must have ended.
        until: Timestamp,
    },
    /// More of a command's output is here.
    OutputGrew {
        /// Which command.
        id: CommandId,
        /// How many bytes there are now.
        bytes: u32,
    },
    /// A command came to its end.
    Settled {
        /// Which command.
        id: CommandId,
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
    /// Commands were called off.
    Cancelled {
        /// Which.
        ids: Vec<CommandId>,
        /// By whom.
        by: UserName,
        /// When.
        at: Timestamp,
    },
    /// The time of some commands was over.
    TimePassed {
        /// When.
        at: Timestamp,
    },
    /// The next step of a batch begins.
    WaveOpened {
        /// Which batch.
        batch: CommandId,
    },
    /// Too many did not succeed: no further step begins.
    WavesStopped {
        /// Which batch.
        batch: CommandId,
        /// When.
        at: Timestamp,
    },
    /// Another operator has signed commands.
    Signed {
        /// Which, and how.
        signatures: Vec<(CommandId, OperatorSignature)>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MachineOrder {
    /// The highest place that was handed out: nothing is queued before it any more.
    pub(super) last_seq: u64,
    /// By their places, the order in which they are run.
    pub(super) commands: Vec<CommandId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchEntry {
    pub(super) batch: Arc<Batch>,
    pub(super) commands: BTreeSet<CommandId>,
    /// Up to which step its commands are handed out.
    pub(super) wave: u32,
}

/// All commands of all machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandBook {
    pub(super) commands: BTreeMap<CommandId, Command>,
    pub(super) open: BTreeSet<CommandId>,
    pub(super) machines: BTreeMap<MachineId, MachineOrder>,
    pub(super) batches: BTreeMap<CommandId, BatchEntry>,
    output_bytes: u64,
    /// Commands that were dropped and had output; it is to be dropped too.
    dropped_outputs: Vec<CommandId>,
}

impl CommandBook {
    /// Takes in what is on disk now; answers with the machines that it is about.
    pub fn apply(&mut self, event: CommandEvent) -> Vec<MachineId> {
        match event {
            CommandEvent::Queued { batch, commands } => self.add(&batch, commands),
            CommandEvent::Leased { ids, until } => self.lease(&ids, until),
            CommandEvent::Started { id, at, until } => self.change_all(&[id], |command| {
                command.state = CommandState::Started;
                command.started_at = Some(at);
                command.due_at = until;
            }),
            CommandEvent::OutputGrew { id, bytes } => {
                let before = self.commands.get(&id).map_or(0, |command| command.output_bytes);
                self.output_bytes += u64::from(bytes.saturating_sub(before));
                let about = self.change_all(&[id], |command| command.output_bytes = bytes);
                self.make_room();
                about
            }
            CommandEvent::Settled { id, outcome, at } => self.change_all(&[id], |command| {
                command.state = outcome.state;
                command.settled_at = Some(at);
                command.outcome = Some(outcome.clone());
            }),
            CommandEvent::Cancelled { ids, by, at } => self.change_all(&ids, |command| {
                command.cancelled_by = Some(by.clone());
                if command.state == CommandState::Queued && command.deliveries == 0 {
                    end(command, CommandState::Cancelled, at);
                }
            }),
            CommandEvent::TimePassed { at } => self.pass_time(at),
            CommandEvent::WaveOpened { batch } => self.open_wave(batch),
            CommandEvent::WavesStopped { batch, at } => self.stop_waves(batch, at),
            CommandEvent::Signed { signatures } => self.sign(signatures),
        }
    }

    fn add(&mut self, batch: &Arc<Batch>, orders: Vec<NewCommand>) -> Vec<MachineId> {
        let mut machines = Vec::with_capacity(orders.len());
        let mut entry = BatchEntry {
            batch: Arc::clone(batch),
            commands: BTreeSet::new(),
            wave: 0,
        };
        for order in orders {
            let id = order.id;
            let commands = &self.commands;
            let place = self.machines.entry(order.machine.clone()).or_default();
            let is_before =
                |other: &CommandId| commands.get(other).is_some_and(|one| one.order.seq < order.seq);
            let at = place.commands.partition_point(is_before);
            place.commands.insert(at, id);
            machines.push(order.machine.clone());
            entry.commands.insert(id);
            self.open.insert(id);
            self.commands.insert(id, Command::queued(order, batch));
        }
        self.batches.insert(batch.id, entry);
        for machine in &machines {
            self.drop_oldest_of(machine);
        }
        self.make_room();
        machines
    }

    fn lease(&mut self, ids: &[CommandId], until: Timestamp) -> Vec<MachineId> {
        for id in ids {
            let seq = self.commands.get(id).map(|command| self.seq_now(command));
            let Some((command, seq)) = self.commands.get_mut(id).zip(seq) else {
                continue;
            };
            command.order.seq = seq;
            if let Some(place) = self.machines.get_mut(&command.order.machine) {
                place.last_seq = place.last_seq.max(seq);
            }
        }
        self.change_all(ids, |command| {
            command.state = CommandState::Leased;
            command.deliveries += 1;
            command.due_at = until;
        })
    }

    pub(super) fn change_all(
        &mut self,
        ids: &[CommandId],
        mut change: impl FnMut(&mut Command),
    ) -> Vec<MachineId> {
        let mut about = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(command) = self.commands.get_mut(id) {
                change(command);
                if !command.state.is_open() {
                    self.open.remove(id);
                }
                about.push(command.order.machine.clone());
            }
        }
        about
    }

    fn pass_time(&mut self, at: Timestamp) -> Vec<MachineId> {
        let over = self.over(at);
        let batches = std::mem::take(&mut self.batches);
        let about = self.change_all(&over, |command| {
            let not_after = batches.get(&command.batch).map(|entry| entry.batch.not_after);
            let may_wait = not_after.is_some_and(|not_after| not_after > at);
            match command.state {
                CommandState::Queued if command.deliveries == 0 => end(command, CommandState::Expired, at),
                // Never begun as far as is known: handed out again, and its agent knows repeats.
                CommandState::Leased if may_wait && !command.is_for_2_0() => {
                    command.state = CommandState::Queued;
                    command.due_at = not_after.unwrap_or(at);
                }
                _ => end(command, CommandState::Unknown, at),
            }
        });
        self.batches = batches;
        about
    }

    /// Those whose time is over.
    pub(super) fn over(&self, at: Timestamp) -> Vec<CommandId> {
        let is_over = |id: &&CommandId| self.commands.get(id).is_some_and(|command| command.due_at <= at);
        self.open.iter().filter(is_over).copied().collect()
    }

    /// The oldest that came to their end make room; what waits stays.
    fn drop_oldest_of(&mut self, machine: &MachineId) {
        while let Some(order) = self.machines.get(machine) {
            let is_closed = |id: &&CommandId| !self.open.contains(id);
            let oldest = order.commands.iter().find(is_closed).copied();
            match oldest {
                Some(oldest) if order.commands.len() > 2 * COMMANDS_PER_MACHINE_MAX => self.remove(oldest),
                _ => return,
            }
        }
    }

    fn make_room(&mut self) {
        while self.commands.len() > COMMANDS_MAX || self.output_bytes > OUTPUTS_BYTES_MAX {
            let is_closed = |id: &&CommandId| !self.open.contains(id);
            let Some(oldest) = self.commands.keys().find(is_closed).copied() else {
                return;
            };
            self.remove(oldest);
        }
    }

    fn remove(&mut self, id: CommandId) {
        let Some(command) = self.commands.remove(&id) else {
            return;
        };
        self.open.remove(&id);
        self.output_bytes = self.output_bytes.saturating_sub(command.output_bytes.into());
        if command.output_bytes > 0 {
            self.dropped_outputs.push(id);
        }
        if let Some(order) = self.machines.get_mut(&command.order.machine) {
            order.commands.retain(|other| *other != id);
        }
        if let Some(entry) = self.batches.get_mut(&command.batch) {
            entry.commands.remove(&id);
            if entry.commands.is_empty() {
                self.batches.remove(&command.batch);
            }
        }
    }

    /// The commands that were dropped and whose output is still there.
    pub fn take_dropped_outputs(&mut self) -> Vec<CommandId> {
        std::mem::take(&mut self.dropped_outputs)
    }

    /// How many commands there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// The machines that have commands.
    pub fn machines(&self) -> impl Iterator<Item = &MachineId> {
        self.machines.keys()
    }

    /// How many commands wait for a machine, or wait to be called off there.
    #[must_use]
    pub fn due(&self, machine: &MachineId) -> u32 {
        let waits = |command: &&Command| {
            let is_ready = command.state == CommandState::Queued && self.is_released(command);
            is_ready || command.state.is_open() && command.cancelled_by.is_some()
        };
        let waiting = self.of(machine).filter(waits).count();
        u32::try_from(waiting).unwrap_or(u32::MAX)
    }

    /// A machine's commands, in their order.
    pub(super) fn of(&self, machine: &MachineId) -> impl Iterator<Item = &Command> {
        let order = self.machines.get(machine);
        let ids = order.map(|order| order.commands.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| self.commands.get(id))
    }

    /// One command.
    #[must_use]
    pub fn find(&self, id: CommandId) -> Option<CommandInBatch> {
        let command = self.commands.get(&id)?;
        let entry = self.batches.get(&command.batch)?;
        Some((command.clone(), Arc::clone(&entry.batch)))
    }

    /// Commands, newest first.
    #[must_use]
    pub fn list(&self, asked: &ListCommands) -> Vec<CommandInBatch> {
        let wanted = |command: &Command| {
            asked.state.is_none_or(|state| command.state == state)
                && asked.batch.is_none_or(|batch| command.batch == batch)
                && asked
                    .machine
                    .as_ref()
                    .is_none_or(|machine| command.order.machine == *machine)
        };
        let before = |id: &CommandId| asked.before.is_none_or(|before| *id < before);
        let narrowed: Box<dyn Iterator<Item = &CommandId>> = match (&asked.batch, &asked.machine) {
            (Some(batch), _) => Box::new(
                self.batches
                    .get(batch)
                    .into_iter()
                    .flat_map(|b| b.commands.iter().rev()),
            ),
            (None, Some(machine)) => Box::new(
                self.machines
                    .get(machine)
                    .into_iter()
                    .flat_map(|m| m.commands.iter().rev()),
            ),
            (None, None) => Box::new(self.commands.keys().rev()),
        };
        narrowed
            .filter(|id| before(id))
            .filter(|id| self.commands.get(id).is_some_and(wanted))
            .take(asked.limit)
            .filter_map(|id| self.find(*id))
            .collect()
    }

    /// One batch.
    #[must_use]
    pub fn find_batch(&self, id: CommandId) -> Option<BatchStanding> {
        let entry = self.batches.get(&id)?;
        let state = |id: &CommandId| self.commands.get(id).map(|command| command.state);
        let states: Vec<_> = entry.commands.iter().filter_map(state).collect();
        let count = |state: CommandState| states.iter().filter(|other| **other == state).count();
        let counted = CommandState::ALL.into_iter().map(|state| (state, count(state)));
        Some(BatchStanding {
            batch: Arc::clone(&entry.batch),
            states: counted.filter(|(_, count)| *count > 0).collect(),
        })
    }
}

pub(super) fn end(command: &mut Command, state: CommandState, at: Timestamp) {
    command.state = state;
    command.settled_at = Some(at);
}

#[cfg(test)]
pub(super) mod tests;
