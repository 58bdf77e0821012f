//! Batches in steps, and batches that more than one operator signs: what is decided about them, and
//! what that does.

use super::book::{CommandBook, CommandEvent, end};
use super::command::{Command, CommandId, CommandState, OperatorSignature, Outcome};
use super::messages::{SignBatch, SignError};
use crate::clock::Timestamp;
use crate::model::MachineId;

/// Signatures of one command at most, as machines take them beside the server's.
const SIGNATURES_MAX: usize = 4;

impl CommandBook {
    /// Its place now: one that waited for its step may have been overtaken, and moves back. One that an
    /// operator has signed can't.
    pub(super) fn seq_now(&self, command: &Command) -> u64 {
        let last = self
            .machines
            .get(&command.order.machine)
            .map_or(0, |place| place.last_seq);
        match command.deliveries == 0 && command.order.signatures.is_empty() {
            true => command.order.seq.max(last + 1),
            false => command.order.seq,
        }
    }

    pub(super) fn open_wave(&mut self, batch: CommandId) -> Vec<MachineId> {
        let Some(entry) = self.batches.get_mut(&batch) else {
            return Vec::new();
        };
        entry.wave += 1;
        let ids: Vec<_> = entry.commands.iter().copied().collect();
        self.change_all(&ids, |_| {})
    }

    pub(super) fn stop_waves(&mut self, batch: CommandId, at: Timestamp) -> Vec<MachineId> {
        let Some(entry) = self.batches.get(&batch) else {
            return Vec::new();
        };
        let wave = entry.wave;
        let held: Vec<_> = entry
            .commands
            .iter()
            .copied()
            .filter(|id| self.is_held(*id, wave))
            .collect();
        self.change_all(&held, |command| {
            end(command, CommandState::Cancelled, at);
            command.outcome = Some(Outcome {
                state: CommandState::Cancelled,
                code: "wave_stopped".to_owned(),
                message: "Too many of the machines before it did not succeed.".to_owned(),
                exit_code: None,
                is_cut: false,
            });
        })
    }

    /// Whether a command waits for a step after that one.
    pub(super) fn is_held(&self, id: CommandId, wave: u32) -> bool {
        let command = self.commands.get(&id);
        command.is_some_and(|command| command.state == CommandState::Queued && command.order.wave > wave)
    }

    pub(super) fn sign(&mut self, signatures: Vec<(CommandId, OperatorSignature)>) -> Vec<MachineId> {
        let mut about = Vec::with_capacity(signatures.len());
        for (id, signature) in signatures {
            if let Some(command) = self.commands.get_mut(&id) {
                command.order.signatures.push(signature);
                about.push(command.order.machine.clone());
            }
        }
        about
    }

    /// Whether its step has begun and enough operators have signed it.
    pub(super) fn is_released(&self, command: &Command) -> bool {
        self.batches.get(&command.batch).is_some_and(|entry| {
            let signed = command.order.signatures.len();
            let is_signed = command.is_for_2_0() || signed >= usize::from(entry.batch.signatures);
            command.order.wave <= entry.wave && is_signed
        })
    }

    /// Whether a batch goes in steps.
    #[must_use]
    pub fn is_in_waves(&self, batch: CommandId) -> bool {
        self.batches
            .get(&batch)
            .is_some_and(|entry| entry.batch.waves.is_some())
    }

    /// What comes next of a batch in steps; nothing when its step is not over.
    #[must_use]
    pub fn decide_wave(&self, batch: CommandId, now: Timestamp) -> Option<CommandEvent> {
        let entry = self.batches.get(&batch)?;
        let waves = entry.batch.waves?;
        let is_held = |id: &CommandId| self.is_held(*id, entry.wave);
        let (held, begun): (Vec<&CommandId>, Vec<_>) = entry.commands.iter().partition(|id| is_held(id));
        if held.is_empty() {
            return None;
        }
        let states = begun
            .iter()
            .filter_map(|id| self.commands.get(id))
            .map(|command| command.state);
        let states: Vec<_> = states.collect();
        let failed = states
            .iter()
            .filter(|state| !state.is_open() && **state != CommandState::Succeeded);
        if failed.count() >= waves.failures_max as usize {
            return Some(CommandEvent::WavesStopped { batch, at: now });
        }
        let is_over = states.iter().all(|state| !state.is_open());
        is_over.then_some(CommandEvent::WaveOpened { batch })
    }

    /// The batches that some commands of are settled by that event.
    #[must_use]
    pub fn batches_of(&self, event: &CommandEvent) -> Vec<CommandId> {
        let of = |id: &CommandId| self.commands.get(id).map(|command| command.batch);
        match event {
            CommandEvent::Settled { id, .. } => of(id).into_iter().collect(),
            CommandEvent::Cancelled { ids, .. } => ids.iter().filter_map(of).collect(),
            CommandEvent::TimePassed { at } => self.over(*at).iter().filter_map(of).collect(),
            CommandEvent::WaveOpened { batch } => vec![*batch],
            _ => Vec::new(),
        }
    }

    /// What another operator's signatures do.
    ///
    /// # Errors
    /// When the batch or one of its commands is not there, was handed out, or is signed so already.
    pub fn decide_sign(&self, asked: &SignBatch) -> Result<CommandEvent, SignError> {
        let entry = self.batches.get(&asked.batch).ok_or(SignError::Unknown)?;
        for (id, signature) in &asked.signatures {
            let command = self.commands.get(id).filter(|_| entry.commands.contains(id));
            let command = command.ok_or(SignError::Unknown)?;
            if command.state != CommandState::Queued || command.deliveries > 0 {
                return Err(SignError::HandedOut);
            }
            let signed = &command.order.signatures;
            let is_new = signed.iter().all(|one| one.kid != signature.kid);
            if !is_new || signed.len() >= SIGNATURES_MAX {
                return Err(SignError::Signed);
            }
        }
        Ok(CommandEvent::Signed {
            signatures: asked.signatures.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::{at, batch_of, lease, mac, outcome, state, tell};
    use super::super::command::{OperatorSignature, Waves};
    use super::*;

    fn in_waves(failures_max: u32) -> (CommandBook, CommandId, Vec<CommandId>) {
        let mut asked = batch_of(&["a", "b", "c", "d"], at(0));
        let waves = Waves {
            first: 1,
            step: 2,
            failures_max,
        };
        asked.batch.waves = Some(waves);
        for (number, command) in asked.commands.iter_mut().enumerate() {
            command.wave = waves.of(number);
        }
        let mut book = CommandBook::default();
        book.apply(book.decide_enqueue(&asked, at(0)).unwrap().unwrap());
        let ids = asked.commands.iter().map(|command| command.id).collect();
        (book, asked.batch.id, ids)
    }

    fn run(book: &mut CommandBook, machine: &str, end: CommandState) {
        let id = lease(book, machine, at(1))[0];
        tell(book, machine, id, outcome(end), at(2));
    }

    #[test]
    fn a_step_begins_when_all_of_the_one_before_have_ended() {
        let (mut book, batch, _) = in_waves(1);
        assert_eq!((book.due(&mac("a")), book.due(&mac("b"))), (1, 0));
        assert_eq!(lease(&mut book, "b", at(1)), []);
        assert_eq!(book.decide_wave(batch, at(1)), None);
        run(&mut book, "a", CommandState::Succeeded);
        book.apply(book.decide_wave(batch, at(3)).unwrap());
        assert_eq!((book.due(&mac("b")), book.due(&mac("d"))), (1, 0));
        run(&mut book, "b", CommandState::Succeeded);
        assert_eq!(book.decide_wave(batch, at(3)), None, "c goes on");
        run(&mut book, "c", CommandState::Succeeded);
        book.apply(book.decide_wave(batch, at(3)).unwrap());
        run(&mut book, "d", CommandState::Succeeded);
        assert_eq!(book.decide_wave(batch, at(4)), None);
    }

    #[test]
    fn no_further_step_begins_when_too_many_fail() {
        let (mut book, batch, ids) = in_waves(2);
        run(&mut book, "a", CommandState::Failed);
        book.apply(book.decide_wave(batch, at(3)).unwrap());
        run(&mut book, "b", CommandState::TimedOut);
        book.apply(book.decide_wave(batch, at(3)).unwrap());
        assert_eq!(state(&book, ids[2]), CommandState::Queued, "its step had begun");
        assert_eq!(state(&book, ids[3]), CommandState::Cancelled);
        assert_eq!(book.find(ids[3]).unwrap().0.outcome.unwrap().code, "wave_stopped");
        assert_eq!(book.decide_wave(batch, at(3)), None);
    }

    #[test]
    fn a_command_that_waited_for_its_step_moves_behind_what_overtook_it() {
        let (mut book, batch, ids) = in_waves(1);
        let other = batch_of(&["b"], at(1));
        book.apply(book.decide_enqueue(&other, at(1)).unwrap().unwrap());
        run(&mut book, "b", CommandState::Succeeded);
        let overtook = book.find(other.commands[0].id).unwrap().0.order.seq;
        run(&mut book, "a", CommandState::Succeeded);
        book.apply(book.decide_wave(batch, at(3)).unwrap());
        assert_eq!(lease(&mut book, "b", at(4)), [ids[1]]);
        assert!(book.find(ids[1]).unwrap().0.order.seq > overtook);
    }

    #[test]
    fn waits_until_enough_operators_have_signed_and_takes_each_once() {
        let mut asked = batch_of(&["a"], at(0));
        asked.batch.signatures = 2;
        let signature = |byte: u8| OperatorSignature {
            kid: [byte; 12],
            signature: vec![byte; 64],
        };
        asked.commands[0].signatures = vec![signature(1)];
        let id = asked.commands[0].id;
        let mut book = CommandBook::default();
        book.apply(book.decide_enqueue(&asked, at(0)).unwrap().unwrap());
        assert_eq!(lease(&mut book, "a", at(1)), []);
        let sign = |byte: u8| SignBatch {
            batch: asked.batch.id,
            signatures: vec![(id, signature(byte))],
        };
        assert!(matches!(book.decide_sign(&sign(1)), Err(SignError::Signed)));
        book.apply(book.decide_sign(&sign(2)).unwrap());
        assert_eq!(lease(&mut book, "a", at(1)), [id]);
        assert!(matches!(book.decide_sign(&sign(3)), Err(SignError::HandedOut)));
    }
}
