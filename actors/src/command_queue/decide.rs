//! What is decided about commands; nothing changes here. What a decision does, [`CommandBook::apply`]
//! knows, once it is on disk.

use std::sync::Arc;

use super::book::{CommandBook, CommandEvent};
use super::command::{Command, CommandId, CommandState, NewCommand};
use super::messages::{
    CancelCommands, CancelError, CommandInBatch, EnqueueBatch, EnqueueError, Heard, Lease, LeaseCommands,
    SettleCommand, SettleError, Told,
};
use crate::clock::Timestamp;
use crate::limits::{
    BUDGET_MACHINES, BUDGET_PERIOD, COMMANDS_MAX, COMMANDS_PER_MACHINE_MAX, LEASE_FOR, RESULT_GRACE,
    TARGETS_MAX,
};
use crate::model::{MachineId, UserName};

/// What a machine says of a command is cut off here.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// How long an agent of 2.0 may take before nobody knows how it went.
const UNKNOWN_AFTER: std::time::Duration = std::time::Duration::from_secs(600);

impl CommandBook {
    /// What queueing that batch does; nothing when it is there already.
    ///
    /// # Errors
    /// See [`EnqueueError`].
    pub fn decide_enqueue(
        &self,
        asked: &EnqueueBatch,
        now: Timestamp,
    ) -> Result<Option<CommandEvent>, EnqueueError> {
        let known = self.batches.get(&asked.batch.id);
        if let Some(known) = known {
            let is_same = known.batch.by == asked.batch.by && known.batch.action == asked.batch.action;
            return match asked.commands.first() {
                _ if is_same => Ok(None),
                Some(first) => Err(EnqueueError::Outdated(first.machine.clone())),
                None => Err(EnqueueError::NoTargets),
            };
        }
        self.check_bounds(asked, now)?;
        let mut commands = Vec::with_capacity(asked.commands.len());
        for order in &asked.commands {
            commands.push(self.place(order, asked.batch.not_before.max(now))?);
        }
        Ok(Some(CommandEvent::Queued {
            batch: Arc::new(asked.batch.clone()),
            commands,
        }))
    }

    fn check_bounds(&self, asked: &EnqueueBatch, now: Timestamp) -> Result<(), EnqueueError> {
        let targets = asked.commands.len();
        if targets == 0 {
            return Err(EnqueueError::NoTargets);
        }
        if targets > TARGETS_MAX {
            return Err(EnqueueError::TooManyTargets { max: TARGETS_MAX });
        }
        if self.open.len() + targets > COMMANDS_MAX {
            return Err(EnqueueError::TooMany);
        }
        let touched = self.touched_by(&asked.batch.by, now) + targets;
        if touched > BUDGET_MACHINES {
            return Err(EnqueueError::OverBudget {
                asked: touched,
                max: BUDGET_MACHINES,
            });
        }
        Ok(())
    }

    /// On how many machines somebody has acted of late.
    fn touched_by(&self, user: &UserName, now: Timestamp) -> usize {
        let of_late = |created: Timestamp| now.since(created) < BUDGET_PERIOD;
        let batches = self.batches.values().rev();
        batches
            .filter(|entry| of_late(entry.batch.created_at) && entry.batch.by == *user)
            .map(|entry| entry.commands.len())
            .sum()
    }

    /// Gives a command its place in its machine's order.
    fn place(&self, order: &NewCommand, not_before: Timestamp) -> Result<NewCommand, EnqueueError> {
        let machine = &order.machine;
        let open = self.of(machine).filter(|command| command.state.is_open()).count();
        if open >= COMMANDS_PER_MACHINE_MAX {
            return Err(EnqueueError::QueueFull(machine.clone()));
        }
        let seq = match order.seq {
            0 => self.next_seq(machine, not_before),
            drafted => drafted,
        };
        let last = self.machines.get(machine).map_or(0, |place| place.last_seq);
        if seq <= last || self.has_seq(machine, seq) || self.commands.contains_key(&order.id) {
            return Err(EnqueueError::Outdated(machine.clone()));
        }
        Ok(NewCommand { seq, ..order.clone() })
    }

    fn has_seq(&self, machine: &MachineId, seq: u64) -> bool {
        self.of(machine).any(|command| command.order.seq == seq)
    }

    /// The first free place in a machine's order from that moment on: microseconds, so that places grow
    /// even if all is forgotten, and what is to wait until then comes after what is not.
    fn next_seq(&self, machine: &MachineId, from: Timestamp) -> u64 {
        let last = self.machines.get(machine).map_or(0, |place| place.last_seq);
        let micros = from.as_millis().unsigned_abs().saturating_mul(1_000);
        let mut seq = micros.max(last + 1);
        while self.has_seq(machine, seq) {
            seq += 1;
        }
        seq
    }

    /// What a machine gets that fetches its commands.
    #[must_use]
    pub fn decide_lease(&self, asked: &LeaseCommands, now: Timestamp) -> (Lease, Option<CommandEvent>) {
        let open = || self.of(&asked.machine).filter(|command| command.state.is_open());
        let theirs = |command: &&Command| command.order.agent_id == asked.agent_id;
        let waiting = open().filter(theirs);
        let ready: Vec<CommandId> = match &asked.agent_id {
            None => waiting
                .filter(|c| self.is_ready(c, now))
                .take(asked.limit)
                .map(Command::id)
                .collect(),
            Some(_) => {
                // One at a time, in their order: who has begun ends first.
                let is_busy = open().any(|c| matches!(c.state, CommandState::Leased | CommandState::Started));
                let next = waiting.filter(|c| self.is_ready(c, now)).take(1).map(Command::id);
                next.filter(|_| !is_busy).collect()
            }
        };
        let cancelled = open()
            .filter(theirs)
            .filter(|command| command.cancelled_by.is_some())
            .map(Command::id)
            .collect();
        let until = now.plus(match asked.agent_id {
            Some(_) => LEASE_FOR,
            None => UNKNOWN_AFTER,
        });
        let lease = Lease {
            commands: ready.iter().filter_map(|id| self.handed_out(*id)).collect(),
            cancelled,
        };
        let event = (!ready.is_empty()).then_some(CommandEvent::Leased { ids: ready, until });
        (lease, event)
    }

    /// A command as it is handed out.
    fn handed_out(&self, id: CommandId) -> Option<CommandInBatch> {
        let (mut command, batch) = self.find(id)?;
        command.order.seq = self.seq_now(&command);
        Some((command, batch))
    }

    fn is_ready(&self, command: &Command, now: Timestamp) -> bool {
        let batch = self.batches.get(&command.batch);
        let in_time = batch.is_some_and(|entry| entry.batch.not_before <= now && entry.batch.not_after > now);
        let last = self
            .machines
            .get(&command.order.machine)
            .map_or(0, |place| place.last_seq);
        // An agent takes nothing that comes after what was queued later.
        let is_in_order = command.deliveries > 0 || self.seq_now(command) > last;
        let is_wanted = command.state == CommandState::Queued && command.cancelled_by.is_none();
        is_wanted && in_time && is_in_order && self.is_released(command)
    }

    /// What a machine's word on a command does; nothing when that is known.
    ///
    /// # Errors
    /// When the machine has no such command.
    pub fn decide_settle(
        &self,
        told: &SettleCommand,
        now: Timestamp,
    ) -> Result<(Heard, Option<CommandEvent>), SettleError> {
        let command = self.theirs(&told.machine, told.agent_id.as_deref(), told.id)?;
        let was_settled = is_settled(command.state);
        let event = match &told.told {
            Told::Started if command.state.is_open() && command.state != CommandState::Started => {
                Some(self.started(command, now))
            }
            Told::Ended(outcome) if !was_settled && outcome.state != command.state => {
                let mut outcome = outcome.clone();
                outcome.message = outcome.message.chars().take(MESSAGE_CHARS_MAX).collect();
                outcome.code = outcome.code.chars().take(64).collect();
                Some(CommandEvent::Settled {
                    id: told.id,
                    outcome,
                    at: now,
                })
            }
            _ => None,
        };
        let heard = Heard {
            output_bytes: command.output_bytes,
            is_cancelled: command.cancelled_by.is_some(),
            is_settled: was_settled || matches!(told.told, Told::Ended(_)),
        };
        Ok((heard, event))
    }

    fn started(&self, command: &Command, now: Timestamp) -> CommandEvent {
        let batch = self.batches.get(&command.batch);
        let timeout = batch
            .map(|entry| entry.batch.action.timeout())
            .unwrap_or_default();
        CommandEvent::Started {
            id: command.id(),
            at: now,
            until: now.plus(timeout + RESULT_GRACE),
        }
    }

    /// A command of that very agent.
    pub(super) fn theirs(
        &self,
        machine: &MachineId,
        agent_id: Option<&str>,
        id: CommandId,
    ) -> Result<&Command, SettleError> {
        let is_theirs = |command: &&Command| {
            command.order.machine == *machine && command.order.agent_id.as_deref() == agent_id
        };
        self.commands
            .get(&id)
            .filter(is_theirs)
            .ok_or(SettleError::Unknown)
    }

    /// What calling off does.
    ///
    /// # Errors
    /// When there is nothing of that id, or all of it has ended.
    pub fn decide_cancel(&self, asked: &CancelCommands, now: Timestamp) -> Result<CommandEvent, CancelError> {
        let named: Vec<CommandId> = match self.batches.get(&asked.id) {
            Some(entry) => entry.commands.iter().copied().collect(),
            None if self.commands.contains_key(&asked.id) => vec![asked.id],
            None => return Err(CancelError::Unknown),
        };
        let ids: Vec<_> = named.into_iter().filter(|id| self.open.contains(id)).collect();
        if ids.is_empty() {
            return Err(CancelError::Ended);
        }
        Ok(CommandEvent::Cancelled {
            ids,
            by: asked.by.clone(),
            at: now,
        })
    }

    /// What the passing of time does.
    #[must_use]
    pub fn decide_time(&self, now: Timestamp) -> Option<CommandEvent> {
        (!self.over(now).is_empty()).then_some(CommandEvent::TimePassed { at: now })
    }
}

/// Whether its machine has said how it went. A server that gave up waiting still listens.
pub(super) const fn is_settled(state: CommandState) -> bool {
    matches!(
        state,
        CommandState::Succeeded | CommandState::Failed | CommandState::TimedOut | CommandState::Cancelled
    )
}
