//! All commands, as a pure core: what is decided, and what an event on disk has done.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::DueCommands;
use super::command::{Command, CommandState};
use super::messages::{EnqueueCommand, EnqueueError, SettleCommand, SettleError};
use crate::clock::Timestamp;
use crate::limits::COMMANDS_PER_MACHINE_MAX;
use crate::model::MachineId;

/// How long a command waits for its machine.
const EXPIRES_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// How long a machine may take for it before nobody knows how it went.
const UNKNOWN_AFTER: Duration = Duration::from_secs(600);
/// What a machine says of a command is cut off here.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Something that happened to commands and is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandEvent {
    /// A command was queued.
    Enqueued(Box<Command>),
    /// A machine fetched commands.
    Leased {
        /// Which machine.
        machine: MachineId,
        /// Which commands.
        ids: Vec<String>,
        /// Until when it should have answered.
        until: Timestamp,
    },
    /// Commands came to their end.
    Settled {
        /// Which machine.
        machine: MachineId,
        /// Which command.
        id: String,
        /// How it ended.
        state: CommandState,
        /// What the machine said.
        message: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// The time of some commands was over.
    Expired {
        /// When.
        at: Timestamp,
    },
}

/// All commands of all machines, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandBook {
    machines: BTreeMap<MachineId, Vec<Command>>,
}

impl CommandBook {
    /// What queueing that command does.
    ///
    /// # Errors
    /// When too many wait for its machine.
    pub fn decide_enqueue(
        &self,
        asked: &EnqueueCommand,
        now: Timestamp,
    ) -> Result<(String, CommandEvent), EnqueueError> {
        let open = self
            .list(&asked.machine)
            .iter()
            .filter(|command| command.state.is_open())
            .count();
        if open >= COMMANDS_PER_MACHINE_MAX {
            return Err(EnqueueError::QueueFull);
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| EnqueueError::NoRandomness)?;
        let id = format!("{:032x}", u128::from_le_bytes(random));
        let command = Command {
            id: id.clone(),
            machine: asked.machine.clone(),
            action: asked.action.clone(),
            by: asked.by.clone(),
            state: CommandState::Queued,
            created_at: now,
            expires_at: now.plus(EXPIRES_AFTER),
            settled_at: None,
            message: None,
        };
        Ok((id, CommandEvent::Enqueued(Box::new(command))))
    }

    /// What a machine gets that fetches its commands; nothing when none wait.
    #[must_use]
    pub fn decide_lease(
        &self,
        machine: &MachineId,
        limit: usize,
        now: Timestamp,
    ) -> Option<(Vec<Command>, CommandEvent)> {
        let waits = |command: &&Command| command.state == CommandState::Queued && command.expires_at > now;
        let commands: Vec<_> = self
            .list(machine)
            .iter()
            .filter(waits)
            .take(limit)
            .cloned()
            .collect();
        let ids: Vec<_> = commands.iter().map(|command| command.id.clone()).collect();
        let event = CommandEvent::Leased {
            machine: machine.clone(),
            ids,
            until: now.plus(UNKNOWN_AFTER),
        };
        (!commands.is_empty()).then_some((commands, event))
    }

    /// What a machine's word on a command does; nothing when it was settled before.
    ///
    /// # Errors
    /// When the machine has no such command.
    pub fn decide_settle(
        &self,
        told: &SettleCommand,
        now: Timestamp,
    ) -> Result<Option<CommandEvent>, SettleError> {
        let command = self
            .list(&told.machine)
            .iter()
            .find(|command| command.id == told.id);
        let command = command.ok_or(SettleError::Unknown)?;
        if !command.state.is_open() && command.state != CommandState::Unknown {
            return Ok(None);
        }
        Ok(Some(CommandEvent::Settled {
            machine: told.machine.clone(),
            id: told.id.clone(),
            state: if told.succeeded {
                CommandState::Succeeded
            } else {
                CommandState::Failed
            },
            message: Some(told.message.chars().take(MESSAGE_CHARS_MAX).collect()),
            at: now,
        }))
    }

    /// What the passing of time does.
    #[must_use]
    pub fn decide_expiry(&self, now: Timestamp) -> Option<CommandEvent> {
        let over = |command: &Command| command.state.is_open() && command.expires_at <= now;
        self.machines
            .values()
            .flatten()
            .any(over)
            .then_some(CommandEvent::Expired { at: now })
    }

    /// Takes in what is on disk now.
    pub fn apply(&mut self, event: CommandEvent) {
        match event {
            CommandEvent::Enqueued(command) => self.add(*command),
            CommandEvent::Leased { machine, ids, until } => {
                for command in self.list_mut(&machine).iter_mut().filter(|c| ids.contains(&c.id)) {
                    command.state = CommandState::Leased;
                    command.expires_at = until;
                }
            }
            CommandEvent::Settled {
                machine,
                id,
                state,
                message,
                at,
            } => {
                for command in self
                    .list_mut(&machine)
                    .iter_mut()
                    .filter(|command| command.id == id)
                {
                    (command.state, command.settled_at) = (state, Some(at));
                    command.message.clone_from(&message);
                }
            }
            CommandEvent::Expired { at } => self.expire(at),
        }
    }

    fn add(&mut self, command: Command) {
        let list = self.machines.entry(command.machine.clone()).or_default();
        list.push(command);
        // The oldest that came to their end make room; what waits stays.
        while list.len() > 2 * COMMANDS_PER_MACHINE_MAX {
            let Some(oldest) = list.iter().position(|command| !command.state.is_open()) else {
                break;
            };
            list.remove(oldest);
        }
    }

    fn expire(&mut self, at: Timestamp) {
        let open = self
            .machines
            .values_mut()
            .flatten()
            .filter(|command| command.state.is_open());
        for command in open.filter(|command| command.expires_at <= at) {
            command.settled_at = Some(at);
            command.state = match command.state {
                CommandState::Leased => CommandState::Unknown,
                _ => CommandState::Expired,
            };
        }
    }

    fn list(&self, machine: &MachineId) -> &[Command] {
        self.machines.get(machine).map_or(&[], Vec::as_slice)
    }

    fn list_mut(&mut self, machine: &MachineId) -> &mut [Command] {
        self.machines.get_mut(machine).map_or(&mut [], Vec::as_mut_slice)
    }

    /// A machine's commands, newest first.
    #[must_use]
    pub fn of(&self, machine: &MachineId) -> Vec<Command> {
        self.list(machine).iter().rev().cloned().collect()
    }

    /// How many commands wait for each machine.
    #[must_use]
    pub fn due(&self) -> DueCommands {
        let waiting = |list: &[Command]| list.iter().filter(|c| c.state == CommandState::Queued).count();
        self.machines
            .iter()
            .map(|(machine, list)| (machine.clone(), u32::try_from(waiting(list)).unwrap_or(u32::MAX)))
            .filter(|(_, waiting)| *waiting > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Action;
    use super::*;
    use crate::model::UserName;

    fn mac(name: &str) -> MachineId {
        MachineId::parse(name).unwrap()
    }

    fn enqueue(book: &mut CommandBook, machine: &str) -> String {
        let asked = EnqueueCommand {
            machine: mac(machine),
            action: Action::RestartAgent,
            by: UserName::parse("admin").unwrap(),
        };
        let (id, event) = book.decide_enqueue(&asked, Timestamp::from_secs(0)).unwrap();
        book.apply(event);
        id
    }

    fn told(machine: &str, id: &str) -> SettleCommand {
        SettleCommand {
            machine: mac(machine),
            id: id.into(),
            succeeded: true,
            message: "done".into(),
        }
    }

    #[test]
    fn hands_a_command_out_once_and_only_to_its_machine() {
        let mut book = CommandBook::default();
        let id = enqueue(&mut book, "a");
        assert_eq!(book.decide_lease(&mac("b"), 10, Timestamp::from_secs(1)), None);
        let (commands, event) = book.decide_lease(&mac("a"), 10, Timestamp::from_secs(1)).unwrap();
        assert_eq!(commands[0].id, id);
        book.apply(event);
        assert_eq!(book.decide_lease(&mac("a"), 10, Timestamp::from_secs(1)), None);
        assert!(book.due().is_empty());
    }

    #[test]
    fn takes_a_result_only_from_the_commands_own_machine() {
        let mut book = CommandBook::default();
        let id = enqueue(&mut book, "a");
        assert!(matches!(
            book.decide_settle(&told("b", &id), Timestamp::default()),
            Err(SettleError::Unknown)
        ));
        let event = book
            .decide_settle(&told("a", &id), Timestamp::from_secs(2))
            .unwrap()
            .unwrap();
        book.apply(event);
        assert_eq!(book.of(&mac("a"))[0].state, CommandState::Succeeded);
        assert!(matches!(
            book.decide_settle(&told("a", &id), Timestamp::from_secs(3)),
            Ok(None)
        ));
    }

    #[test]
    fn a_command_without_an_answer_is_unknown_and_never_handed_out_again() {
        let mut book = CommandBook::default();
        enqueue(&mut book, "a");
        let (_, event) = book.decide_lease(&mac("a"), 10, Timestamp::from_secs(1)).unwrap();
        book.apply(event);
        book.apply(book.decide_expiry(Timestamp::from_secs(602)).unwrap());
        assert_eq!(book.of(&mac("a"))[0].state, CommandState::Unknown);
        assert_eq!(book.decide_lease(&mac("a"), 10, Timestamp::from_secs(603)), None);
    }

    #[test]
    fn refuses_more_than_a_machine_can_have_waiting() {
        let mut book = CommandBook::default();
        for _ in 0..COMMANDS_PER_MACHINE_MAX {
            enqueue(&mut book, "a");
        }
        let asked = EnqueueCommand {
            machine: mac("a"),
            action: Action::ClearDnsCache,
            by: UserName::parse("admin").unwrap(),
        };
        assert!(matches!(
            book.decide_enqueue(&asked, Timestamp::default()),
            Err(EnqueueError::QueueFull)
        ));
    }
}
