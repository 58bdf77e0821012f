//! What happens to commands, step by step.

use std::time::Duration;

use super::super::action::Action;
use super::super::command::{Batch, CommandId, CommandState, NewCommand, Outcome};
use super::super::messages::{
    CancelCommands, CancelError, EnqueueBatch, EnqueueError, Lease, LeaseCommands, ListCommands,
    SettleCommand, SettleError, Told,
};
use super::*;
use crate::limits::{BUDGET_MACHINES, COMMAND_VALID, LEASE_FOR, RESULT_GRACE, TARGETS_MAX};

const START: Timestamp = Timestamp::from_secs(1_760_000_000);

pub(in super::super) fn mac(name: &str) -> MachineId {
    MachineId::parse(name).unwrap()
}

pub(in super::super) fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

pub(in super::super) fn batch_of(machines: &[&str], now: Timestamp) -> EnqueueBatch {
    let id = CommandId::draw(now).unwrap();
    let batch = Batch {
        id,
        action: Action::RestartAgent,
        by: UserName::parse("ann").unwrap(),
        reason: String::new(),
        created_at: now,
        not_before: now,
        not_after: now.plus(COMMAND_VALID),
        waves: None,
        signatures: 0,
    };
    let command = |machine: &&str| NewCommand {
        id: CommandId::draw(now).unwrap(),
        machine: mac(machine),
        agent_id: Some(format!("agent of {machine}")),
        seq: 0,
        policy_rev: String::new(),
        signatures: Vec::new(),
        wave: 0,
    };
    EnqueueBatch {
        batch,
        commands: machines.iter().map(command).collect(),
    }
}

fn queue(book: &mut CommandBook, machines: &[&str], now: Timestamp) -> Vec<CommandId> {
    let asked = batch_of(machines, now);
    let event = book.decide_enqueue(&asked, now).unwrap().unwrap();
    book.apply(event);
    asked.commands.iter().map(|command| command.id).collect()
}

fn asking(machine: &str) -> LeaseCommands {
    LeaseCommands {
        machine: mac(machine),
        agent_id: Some(format!("agent of {machine}")),
        limit: 10,
    }
}

pub(in super::super) fn lease(book: &mut CommandBook, machine: &str, now: Timestamp) -> Vec<CommandId> {
    let (Lease { commands, .. }, event) = book.decide_lease(&asking(machine), now);
    event.map(|event| book.apply(event));
    commands.iter().map(|(command, _)| command.id()).collect()
}

pub(in super::super) fn outcome(state: CommandState) -> Told {
    Told::Ended(Outcome {
        state,
        code: String::new(),
        message: "said".into(),
        exit_code: Some(0),
        is_cut: false,
    })
}

pub(in super::super) fn tell(
    book: &mut CommandBook,
    machine: &str,
    id: CommandId,
    told: Told,
    now: Timestamp,
) {
    let told = SettleCommand {
        machine: mac(machine),
        agent_id: Some(format!("agent of {machine}")),
        id,
        told,
    };
    let (_, event) = book.decide_settle(&told, now).unwrap();
    event.map(|event| book.apply(event));
}

fn pass(book: &mut CommandBook, now: Timestamp) {
    let event = book.decide_time(now);
    event.map(|event| book.apply(event));
}

pub(in super::super) fn state(book: &CommandBook, id: CommandId) -> CommandState {
    book.find(id).unwrap().0.state
}

#[test]
fn goes_from_queued_to_its_end() {
    let mut book = CommandBook::default();
    let id = queue(&mut book, &["a"], at(0))[0];
    assert_eq!((state(&book, id), book.due(&mac("a"))), (CommandState::Queued, 1));
    assert_eq!(lease(&mut book, "a", at(1)), [id]);
    assert_eq!((state(&book, id), book.due(&mac("a"))), (CommandState::Leased, 0));
    tell(&mut book, "a", id, Told::Started, at(2));
    assert_eq!(state(&book, id), CommandState::Started);
    tell(&mut book, "a", id, outcome(CommandState::Succeeded), at(3));
    let (command, _) = book.find(id).unwrap();
    assert_eq!(command.state, CommandState::Succeeded);
    assert_eq!(command.settled_at, Some(at(3)));
    tell(&mut book, "a", id, outcome(CommandState::Failed), at(4));
    assert_eq!(state(&book, id), CommandState::Succeeded, "the first word counts");
}

#[test]
fn is_handed_out_again_when_its_machine_never_began_and_never_after_it_did() {
    let mut book = CommandBook::default();
    let id = queue(&mut book, &["a"], at(0))[0];
    assert_eq!(lease(&mut book, "a", at(1)), [id]);
    assert_eq!(lease(&mut book, "a", at(2)), [], "still leased");
    let over = at(2).plus(LEASE_FOR);
    pass(&mut book, over);
    assert_eq!(state(&book, id), CommandState::Queued);
    assert_eq!(lease(&mut book, "a", over), [id], "again");
    tell(&mut book, "a", id, Told::Started, over);
    let late = over.plus(Action::RestartAgent.timeout() + RESULT_GRACE);
    pass(&mut book, late);
    assert_eq!(state(&book, id), CommandState::Unknown);
    assert_eq!(lease(&mut book, "a", late), []);
    tell(&mut book, "a", id, outcome(CommandState::Succeeded), late);
    assert_eq!(
        state(&book, id),
        CommandState::Succeeded,
        "a late word still counts"
    );
}

#[test]
fn what_was_handed_out_and_not_heard_of_is_unknown_not_expired() {
    let mut book = CommandBook::default();
    let never = queue(&mut book, &["a"], at(0))[0];
    let fetched = queue(&mut book, &["b"], at(0))[0];
    lease(&mut book, "b", at(1));
    pass(&mut book, at(1).plus(LEASE_FOR));
    assert_eq!(state(&book, fetched), CommandState::Queued);
    pass(&mut book, at(0).plus(COMMAND_VALID));
    assert_eq!(state(&book, never), CommandState::Expired);
    assert_eq!(state(&book, fetched), CommandState::Unknown);
}

#[test]
fn a_machine_gets_its_commands_in_their_order_and_one_at_a_time() {
    let mut book = CommandBook::default();
    let first = queue(&mut book, &["a"], at(0))[0];
    let second = queue(&mut book, &["a", "b"], at(0))[0];
    assert_eq!(lease(&mut book, "a", at(1)), [first]);
    assert_eq!(
        lease(&mut book, "b", at(1)).len(),
        1,
        "another machine does not wait"
    );
    tell(&mut book, "a", first, Told::Started, at(1));
    assert_eq!(lease(&mut book, "a", at(2)), []);
    tell(&mut book, "a", first, outcome(CommandState::Failed), at(3));
    assert_eq!(lease(&mut book, "a", at(3)), [second]);
    let seqs: Vec<_> = book.of(&mac("a")).map(|command| command.order.seq).collect();
    assert!(seqs[0] < seqs[1], "{seqs:?}");
}

#[test]
fn nobody_settles_or_fetches_what_is_anothers() {
    let mut book = CommandBook::default();
    let id = queue(&mut book, &["a"], at(0))[0];
    for (machine, agent) in [("b", "agent of b"), ("a", "agent of b"), ("b", "agent of a")] {
        let told = SettleCommand {
            machine: mac(machine),
            agent_id: Some(agent.into()),
            id,
            told: outcome(CommandState::Succeeded),
        };
        assert!(matches!(
            book.decide_settle(&told, at(1)),
            Err(SettleError::Unknown)
        ));
        let asked = LeaseCommands {
            agent_id: Some(agent.into()),
            ..asking(machine)
        };
        assert_eq!(book.decide_lease(&asked, at(1)).1, None, "{machine} {agent}");
    }
}

#[test]
fn calling_off_ends_what_was_not_handed_out_and_tells_the_machine_of_the_rest() {
    let mut book = CommandBook::default();
    let asked = batch_of(&["a", "b"], at(0));
    book.apply(book.decide_enqueue(&asked, at(0)).unwrap().unwrap());
    let (a, b) = (asked.commands[0].id, asked.commands[1].id);
    lease(&mut book, "b", at(1));
    let cancel = CancelCommands {
        id: asked.batch.id,
        by: UserName::parse("bob").unwrap(),
    };
    book.apply(book.decide_cancel(&cancel, at(2)).unwrap());
    assert_eq!(state(&book, a), CommandState::Cancelled);
    assert_eq!((state(&book, b), book.due(&mac("b"))), (CommandState::Leased, 1));
    let (told, event) = book.decide_lease(&asking("b"), at(3));
    assert_eq!((told.cancelled, event), (vec![b], None));
    tell(&mut book, "b", b, outcome(CommandState::Cancelled), at(4));
    assert!(matches!(
        book.decide_cancel(&cancel, at(5)),
        Err(CancelError::Ended)
    ));
}

#[test]
fn a_batch_is_queued_once_and_never_without_machines_or_over_a_bound() {
    let mut book = CommandBook::default();
    let asked = batch_of(&["a"], at(0));
    book.apply(book.decide_enqueue(&asked, at(0)).unwrap().unwrap());
    assert_eq!(book.decide_enqueue(&asked, at(1)).unwrap(), None);
    let refused = |asked: &EnqueueBatch| book.decide_enqueue(asked, at(1)).unwrap_err();
    assert!(matches!(refused(&batch_of(&[], at(0))), EnqueueError::NoTargets));
    let many: Vec<_> = (0..=TARGETS_MAX).map(|n| format!("m{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let too_many = EnqueueError::TooManyTargets { max: TARGETS_MAX }.to_string();
    assert_eq!(refused(&batch_of(&many, at(0))).to_string(), too_many);
    assert!(matches!(
        refused(&batch_of(&many[..BUDGET_MACHINES], at(0))),
        EnqueueError::OverBudget { .. }
    ));
    lease(&mut book, "a", at(1));
    let mut stale = batch_of(&["a"], at(1));
    stale.commands[0].seq = 5;
    assert!(matches!(
        book.decide_enqueue(&stale, at(1)),
        Err(EnqueueError::Outdated(_))
    ));
}

#[test]
fn what_is_to_wait_holds_nothing_up_and_keeps_its_place() {
    let mut book = CommandBook::default();
    let mut later = batch_of(&["a"], at(0));
    later.batch.not_before = at(100);
    book.apply(book.decide_enqueue(&later, at(0)).unwrap().unwrap());
    let later = later.commands[0].id;
    let now = queue(&mut book, &["a"], at(1))[0];
    assert_eq!(lease(&mut book, "a", at(2)), [now]);
    tell(&mut book, "a", now, outcome(CommandState::Succeeded), at(3));
    assert_eq!(lease(&mut book, "a", at(4)), []);
    let after = queue(&mut book, &["a"], at(101))[0];
    assert_eq!(lease(&mut book, "a", at(102)), [later]);
    tell(&mut book, "a", later, outcome(CommandState::Succeeded), at(103));
    assert_eq!(lease(&mut book, "a", at(104)), [after]);
    let seqs: Vec<_> = book.of(&mac("a")).map(|command| command.order.seq).collect();
    assert!(seqs.is_sorted(), "{seqs:?}");
}

#[test]
fn a_machine_has_at_most_so_many_waiting_and_the_oldest_that_ended_make_room() {
    let mut book = CommandBook::default();
    for n in 0..COMMANDS_PER_MACHINE_MAX {
        queue(&mut book, &["a"], at(n as u64));
    }
    let full = book
        .decide_enqueue(&batch_of(&["b", "a"], at(60)), at(60))
        .unwrap_err();
    assert!(matches!(full, EnqueueError::QueueFull(machine) if machine == mac("a")));
    for n in 0..3 * COMMANDS_PER_MACHINE_MAX {
        let id = lease(&mut book, "a", at(250))[0];
        tell(&mut book, "a", id, outcome(CommandState::Succeeded), at(251));
        queue(&mut book, &["a"], at(62 + n as u64));
    }
    assert_eq!(book.len(), 2 * COMMANDS_PER_MACHINE_MAX);
    let listed = book.list(&ListCommands {
        machine: Some(mac("a")),
        state: Some(CommandState::Queued),
        limit: 1_000,
        ..ListCommands::default()
    });
    assert_eq!(listed.len(), COMMANDS_PER_MACHINE_MAX);
}

#[test]
fn the_book_is_the_same_after_it_was_stored() {
    let mut book = CommandBook::default();
    let id = queue(&mut book, &["a", "b"], at(0))[0];
    lease(&mut book, "a", at(1));
    tell(&mut book, "a", id, outcome(CommandState::TimedOut), at(2));
    let stored = crate::stored::encode_second(&book);
    let read: CommandBook = crate::stored::decode_second_only(&stored).unwrap();
    assert_eq!(read, book);
}

#[test]
fn an_agent_of_2_0_is_handed_a_command_once() {
    let mut book = CommandBook::default();
    let mut asked = batch_of(&["old"], at(0));
    asked.commands[0].agent_id = None;
    book.apply(book.decide_enqueue(&asked, at(0)).unwrap().unwrap());
    let polling = LeaseCommands {
        machine: mac("old"),
        agent_id: None,
        limit: 10,
    };
    let (lease, event) = book.decide_lease(&polling, at(1));
    assert_eq!(lease.commands.len(), 1);
    book.apply(event.unwrap());
    pass(&mut book, at(1).plus(Duration::from_secs(601)));
    assert_eq!(state(&book, asked.commands[0].id), CommandState::Unknown);
    assert_eq!(book.decide_lease(&polling, at(700)).1, None);
}
